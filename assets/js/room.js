/** The reading room: papers as data, filtered and searched, drawn as far as one scrolls. */

import { address, byId, make, settled } from "./core/dom.js";
import { begun } from "./core/standing.js";
import * as theme from "./core/theme.js";
import { words } from "./gallery/cards.js";
import { entry, VERDICTS } from "./gallery/room-entry.js";

const BATCH = 8;
const UNMEASURED = "not measured";
const home = document.querySelector(".reading").dataset.home;
const shelf = byId("room-shelf");
const form = byId("room-filters");
const end = make("div", { class: "room-end", "aria-hidden": "true" });

let papers = [];
let hits = [];
let drawn = 0;

/** What the filters offer: name in the address, what it is called, the value of a paper. */
const FILTERS = [
  ["subject", "Subject", (paper) => paper.gallery],
  ["verdict", "Verdict", (paper) => paper.measured?.verdict ?? UNMEASURED],
  ["kind", "Kind of item", (paper) => paper.modality],
  ["since", "Since", (paper) => paper.year],
];

function select([name, title, of]) {
  const values = [...new Set(papers.map(of).filter(Boolean))];
  if (name === "since") values.sort((a, b) => b - a);
  const called = (value) => (name === "verdict" ? (VERDICTS[value] ?? "Not measured") : String(value));
  const count = (value) => papers.filter((paper) => (name === "since" ? of(paper) >= value : of(paper) === value)).length;
  return make(
    "label",
    { class: "room-filter" },
    make("span", { text: title }),
    make("select", { name, id: `room-${name}` }, make("option", { value: "", text: "All" }), ...values.map((value) => make("option", { value, text: `${called(value)} (${count(value)})` }))),
  );
}

const text = (paper) => [paper.number, paper.title, paper.authors, paper.idea, paper.look, paper.claim, paper.gallery].join(" ").toLowerCase();

function matches(paper, asked) {
  for (const [name, , of] of FILTERS) {
    const value = asked.get(name);
    if (!value) continue;
    if (name === "since" ? of(paper) < Number(value) : of(paper) !== value) return false;
  }
  // A number alone is that paper's; words, and a number among them, may stand anywhere.
  const all = words(asked.get("find") ?? "");
  if (all.length === 1 && /^\d+$/.test(all[0])) return String(paper.number) === all[0];
  return all.every((word) => paper.text.includes(word));
}

function search() {
  const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  hits = papers.filter((paper) => matches(paper, asked));
  byId("room-count").value = asked.size ? `${hits.length} of ${papers.length}` : "";
  address(`${asked.size ? `?${asked}` : location.pathname}${location.hash}`);
  shelf.replaceChildren(...(hits.length ? [] : [make("p", { class: "note", text: "No paper fits. Take a filter back, or search for less." })]));
  drawn = 0;
  more();
}

/** Draw the next papers, up to `least` of them at any rate. */
function more(least = 0) {
  const until = Math.min(hits.length, Math.max(drawn + BATCH, least));
  for (; drawn < until; drawn++) {
    const paper = hits[drawn];
    if (paper.gallery !== hits[drawn - 1]?.gallery) shelf.append(make("h2", { class: "gallery", text: paper.gallery }));
    shelf.append(entry(paper, home));
  }
  shelf.dataset.drawn = drawn;
}

/** The paper that the address names is drawn and brought into sight. */
function linked() {
  const at = hits.findIndex((paper) => `#paper-${paper.number}` === location.hash);
  if (at < 0) return;
  if (at >= drawn) more(at + 1);
  byId(`paper-${hits[at].number}`).scrollIntoView();
}

function tally() {
  const found = Object.entries(VERDICTS).map(([kind, name]) => [name.toLowerCase(), papers.filter((paper) => paper.measured?.verdict === kind).length]).filter(([, n]) => n);
  const told = found.map(([name, n]) => `${name} ${n}`).join(", ");
  byId("room-lead").textContent = `${papers.length} papers. Each can be played with, and its central claim was measured again in miniature${told && ` (${told})`}. What did not hold is shown like the rest.`;
}

async function start() {
  const answer = await fetch(`${home}explorer/room.json`);
  if (!answer.ok) throw new Error(answer.status);
  papers = await answer.json();
  for (const paper of papers) paper.text = text(paper);
  tally();
  form.append(...FILTERS.map(select), byId("room-count"));
  const before = new URLSearchParams(location.search);
  for (const field of form.elements) if (before.has(field.name)) field.value = before.get(field.name);
  shelf.after(end);
  search();
  linked();
  shelf.setAttribute("aria-busy", "false");
  new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && more(), { rootMargin: "1200px" }).observe(end);
  // After a batch the end may still be in sight, of which no observer tells again.
  addEventListener("scroll", () => end.getBoundingClientRect().top < innerHeight + 1200 && drawn < hits.length && more(), { passive: true });
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", settled(search, 80));
addEventListener("hashchange", linked);
byId("theme").addEventListener("click", () => theme.next());
begun();
start().catch(() => {
  shelf.setAttribute("aria-busy", "false");
  shelf.replaceChildren(make("p", { class: "error", role: "alert", text: "The papers couldn't be loaded; reload to try again." }));
});

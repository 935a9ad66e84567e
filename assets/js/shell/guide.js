/**
 * The first minute: what this is and three things to do, once; what map, stage, readings and inspector are, in place; and words
 * that explain themselves. Any element with data-term="word" of the glossary shows its explanation to pointer, touch and focus.
 */

import { byId, keep, make, recall } from "../core/dom.js";
import { show } from "../core/dialog.js";
import { load } from "../core/files.js";

const SEEN = "explorer.welcomed";
const NARROW = 900;
const SOON = 350; // milliseconds until a pointer that rests is answered
/** Controls whose name is a word of the glossary. */
const NAMED = { "#tab-attributes": "attribute", "#tab-interpolate": "interpolation", "#tab-resample": "resample", "#tab-directions": "direction", "#tab-selection": "selection", "#difference": "difference", "#spaces": "map" };
/** What stands where: selector and term. */
const PLACES = [["#map-pane", "map"], ["#stage .frames", "stage"], ["#stage .stage-facts", "reading"], ["#inspector", "attribute"]];
const PLACED = `[data-term], ${Object.keys(NAMED).join(", ")}`;

let terms = null;

/** @returns {Promise<Object<string, string>>} word -> explanation */
async function glossary() {
  terms ??= load("explorer/glossary.json").then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)));
  return terms.catch(() => ((terms = null), {}));
}

const termOf = (node) => node.dataset.term ?? NAMED[Object.keys(NAMED).find((selector) => node.matches(selector))];

/** @param {HTMLElement} root */
export function guide(root) {
  welcome();
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address is the scene's
    lead(byId("stage-after").closest("figure") ?? byId("panel"));
  });
  explained(root);
  document.addEventListener("do-explain", () => explain(root));
}

/** The strip under the bar, until it is closed or one of its three things is done. */
function welcome() {
  const strip = byId("welcome");
  const close = () => {
    strip.hidden = true;
    keep(SEEN, true);
  };
  strip.hidden = recall(SEEN, false) === true;
  strip.addEventListener("click", (event) => {
    const what = event.target.closest("[data-guide]")?.dataset.guide;
    if (what === "close") close();
    if (what === "pick") lead(byId("map"));
    if (what === "change") byId("tab-attributes")?.click();
    if (what === "walk") byId("tab-interpolate")?.click();
    if (what === "change" || what === "walk") lead(byId("panel"));
  });
}

/** Bring an element into sight, with the focus and a ring around it for a moment. */
function lead(node) {
  if (!node.matches("button, a, input, [tabindex]")) node.tabIndex = -1;
  node.scrollIntoView({ block: "nearest" });
  node.focus({ preventScroll: true });
  node.classList.add("led");
  setTimeout(() => node.classList.remove("led"), 1600);
}

/** Explain each part of the page where it stands; on a narrow page, where they lie below each other, in a list. */
async function explain(root) {
  root.querySelector(".explained-all")?.remove();
  const known = await glossary();
  const list = make("dl", { class: "glossary" }, ...Object.entries(known).flatMap(([term, sentence]) => [make("dt", { text: term }), make("dd", { text: sentence })]));
  if (innerWidth < NARROW) {
    show(byId("explain").title, list);
    return;
  }
  const all = () => show("Words and signs", list);
  const layer = make("div", { class: "explained-all", role: "dialog", "aria-label": byId("explain").title, tabindex: -1 });
  for (const [selector, term] of PLACES) {
    const box = root.querySelector(selector)?.getBoundingClientRect();
    if (!box?.width || !known[term]) continue;
    const note = make("div", { class: "explained" }, make("strong", { text: term }), make("p", { text: known[term] }));
    const width = Math.max(220, Math.min(box.width - 32, 340));
    const at = { top: Math.max(box.top + 12, 0), left: Math.min(box.left + 16, innerWidth - width - 16), width };
    note.style.cssText = `top: ${at.top}px; left: ${at.left}px; width: ${at.width}px`;
    layer.append(note);
  }
  const done = () => {
    layer.remove();
    byId("explain").focus();
  };
  layer.append(
    make("div", { class: "explained-end row" }, make("button", { type: "button", class: "button", text: "All words", click: () => (done(), all()) }), make("button", { type: "button", class: "button primary", text: "Got it", click: done })),
  );
  layer.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    done();
  });
  layer.addEventListener("click", (event) => event.target === layer && done());
  root.append(layer);
  layer.querySelector(".primary").focus();
}

/** Words that explain themselves. */
function explained(root) {
  const tip = make("p", { class: "term-tip", id: "term-tip", role: "tooltip", hidden: true });
  root.append(tip);
  let soon = 0;
  let owner = null;
  const hide = () => {
    clearTimeout(soon);
    tip.hidden = true;
    owner?.removeAttribute("aria-describedby");
    owner = null;
  };
  const tell = async (node) => {
    const sentence = (await glossary())[termOf(node)];
    if (!sentence || !node.isConnected) return;
    hide();
    owner = node;
    tip.textContent = sentence;
    tip.hidden = false;
    node.setAttribute("aria-describedby", tip.id);
    const at = node.getBoundingClientRect();
    const below = at.bottom + tip.offsetHeight + 12 < innerHeight;
    tip.style.top = `${below ? at.bottom + 6 : Math.max(4, at.top - tip.offsetHeight - 6)}px`;
    tip.style.left = `${Math.max(8, Math.min(at.left, innerWidth - tip.offsetWidth - 8))}px`;
  };
  const later = (event) => {
    const node = event.target.closest?.(PLACED);
    if (node === owner) return;
    hide();
    if (node) soon = setTimeout(() => tell(node), SOON);
  };
  root.addEventListener("pointerover", (event) => event.pointerType !== "touch" && later(event));
  root.addEventListener("pointerleave", hide);
  root.addEventListener("focusin", (event) => event.target.matches?.(":focus-visible") && later(event));
  root.addEventListener("focusout", hide);
  root.addEventListener("click", (event) => {
    if (event.detail) hide(); // a pointer's click; that of a key comes with the focus, whose explanation stays
    const node = event.target.closest?.("[data-term]");
    if (node?.matches("summary")) hide(); // what it opens stands in the same place
    else if (node) tell(node);
  });
  root.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}

/** The page on which data are brought: one file is sent, and what comes back is shown line by line. */

import { byId, make } from "../core/dom.js";
import { begun } from "../core/standing.js";
import * as theme from "../core/theme.js";

const place = document.querySelector(".bring-place");
const told = byId("bring-told");
const form = byId("bring-guesses");
let brought = null; // the file, to be made anew
let asked = new AbortController();

/** What was said wrong, or how far it is; a screen reader hears it. */
const say = (text) => byId("bring-wait").replaceChildren(text);

/** What each column was taken for, to be changed. @param {{columns: Object<string, string>, roles: Object<string, string>}} guesses */
function ask({ columns, roles }) {
  const rows = Object.entries(columns).map(([title, role]) => {
    const options = Object.entries(roles).map(([value, text]) => make("option", { value, text, selected: value === role }));
    return make("label", {}, make("span", { text: title }), make("select", { name: title, "data-role": role }, ...options));
  });
  byId("bring-columns").replaceChildren(...rows);
  form.hidden = !rows.length;
}

/** What a person has said: of each column that isn't as it was guessed, or was said before. */
const said = () => Object.fromEntries([...form.querySelectorAll("select")].filter((one) => one.value !== one.dataset.role || one.name in kept).map((one) => [one.name, one.value]));
let kept = {};

function show({ text, link, error, guesses }) {
  if (error) return say(error);
  if (guesses) return ask(guesses);
  if (text) {
    told.hidden = false;
    told.append(`${text}\n`);
  }
  if (link) {
    byId("bring-done").hidden = false;
    byId("bring-link").href = `./${link}`;
    say("The map is there. What takes longer, such as neighbours, is being made behind it.");
  }
}

async function bring(file, roles = {}) {
  if (file !== brought) form.hidden = true;
  [brought, kept] = [file, roles];
  asked.abort(); // what is made of it now ends with the request
  const { signal } = (asked = new AbortController());
  told.replaceChildren();
  byId("bring-done").hidden = true;
  byId("workspace").dataset.state = "busy";
  say(`Reading ${file.name}`);
  try {
    const answer = await fetch(`bring/${encodeURIComponent(file.name)}?roles=${encodeURIComponent(JSON.stringify(roles))}`, { method: "POST", body: file, signal });
    if (!answer.ok) throw new Error(answer.status === 413 ? "This file is too large." : "The server didn't take this file.");
    let rest = "";
    for (const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader(); ; ) {
      const { value, done } = await reader.read();
      const lines = (rest + (value ?? "")).split("\n");
      rest = lines.pop();
      for (const line of lines) show(JSON.parse(line));
      if (done) break;
    }
    if (!byId("bring-done").hidden) say("All of it is made.");
  } catch (error) {
    if (signal.aborted) return;
    say(error instanceof TypeError ? "The connection was lost; try again." : error.message);
  } finally {
    if (!signal.aborted) byId("workspace").dataset.state = "ready";
  }
}

byId("bring-file").addEventListener("change", ({ target }) => target.files[0] && bring(target.files[0]));
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    place.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files[0]) bring(event.dataTransfer.files[0]);
  });
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  bring(brought, said());
});
byId("theme").addEventListener("click", () => theme.next());
begun();

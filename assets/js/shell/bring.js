/** The page on which data are brought: one file is sent, and what comes back is shown line by line. */

import { byId } from "../core/dom.js";
import { begun } from "../core/standing.js";
import * as theme from "../core/theme.js";

const place = document.querySelector(".bring-place");
const told = byId("bring-told");

/** What was said wrong, or how far it is; a screen reader hears it. */
const say = (text) => byId("bring-wait").replaceChildren(text);

function show({ text, link, error }) {
  if (error) return say(error);
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

async function bring(file) {
  told.replaceChildren();
  byId("bring-done").hidden = true;
  byId("workspace").dataset.state = "busy";
  say(`Reading ${file.name}`);
  try {
    const answer = await fetch(`bring/${encodeURIComponent(file.name)}`, { method: "POST", body: file });
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
    say(error instanceof TypeError ? "The connection was lost; try again." : error.message);
  } finally {
    byId("workspace").dataset.state = "ready";
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
byId("theme").addEventListener("click", () => theme.next());
begun();

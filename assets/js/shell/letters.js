/** Letters of one's own for the tab Type: pictures or a font are chosen, and the design that they tell comes on stage. Also the text as SVG. */

import { compute } from "../compute/compute.js";
import { byId, make } from "../core/dom.js";
import { settle, tell, toast, waiting } from "../core/notices.js";
import { offer } from "./download.js";
import { dataUrl, tooLarge } from "./own.js";

const ACCEPT = "image/*,.svg,.ttf,.otf,.woff,.woff2";
const INK = "#000";
const WHERE = "letters";

/**
 * @param {import("../core/scene.js").Store} store
 * @param {import("./own.js").OwnItem} own keeps what was brought, so that the stage can show it
 */
export function letters(store, own) {
  const file = make("input", { type: "file", id: "letters-file", class: "visually-hidden", tabindex: -1, multiple: true, accept: ACCEPT, "aria-label": "Letters of your own, or a font" });
  byId("own-item").after(file);
  document.addEventListener("do-letters", () => file.click());
  document.addEventListener("do-type-svg", save);
  file.addEventListener("change", async () => {
    const chosen = [...file.files];
    file.value = "";
    if (chosen.length) await bring(store, own, chosen, store.scene.view.options.type?.said ?? "");
  });
  document.addEventListener("do-letters-draw", async () => {
    const { draw } = await import("./draw.js");
    draw((picture, said) => bring(store, own, [picture], said));
  });
}

/** @param {Blob[]} chosen @param {string} told what they say, empty where they are to be read */
async function bring(store, own, chosen, told) {
  const refusal = chosen.map((file) => tooLarge(file, "files")).find(Boolean);
  if (refusal) {
    tell(refusal, WHERE);
    return;
  }
  const said = told.trim();
  const { model } = store.scene;
  waiting("bar", true);
  try {
    const { point, read, fitted, psnr } = await compute.letters(await Promise.all(chosen.map(dataUrl)), said);
    if (store.scene.model !== model) return;
    settle(WHERE);
    own.keep(point.start.sha256, { fitted: fitted[0], psnr, readings: {}, node: null, sound: null, note: `Taken from ${read.length > 1 ? "the letters" : "the letter"} ${[...read].join(" ")}.` });
    store.update((scene) => Object.assign(scene, { condition: {}, edits: [] }, structuredClone(point)));
    byId("panel").scrollTop = 0; // to the text, which has changed
    toast(`${said ? "Taken as" : "Read as"} ${[...read].join(" ")}: the other letters follow`);
  } catch (error) {
    tell(error.sentence ?? error.message, error.where ?? WHERE, "error", WHERE);
  } finally {
    waiting("bar", false);
  }
}

/** The text on stage, as it stands there, as a file. */
function save() {
  const drawn = byId("type-specimen").cloneNode(true);
  for (const { name } of [...drawn.attributes]) if (name !== "viewBox") drawn.removeAttribute(name);
  drawn.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  drawn.setAttribute("fill", INK);
  for (const path of drawn.children) path.setAttribute("fill-rule", "evenodd");
  offer(new Blob([new XMLSerializer().serializeToString(drawn)], { type: "image/svg+xml" }), "specimen.svg");
}

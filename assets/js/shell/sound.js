/** Listening: a button (data-do="listen") plays the point around it; a line runs through its picture meanwhile. */

import { byId } from "../core/dom.js";
import { pointOf } from "../core/scene.js";
import { tell } from "../core/notices.js";

const KEPT = 64;

/**
 * @param {import("../core/scene.js").Store} store
 * @param {(request: object) => Promise<object>} ask
 * @param {(sha256: string) => string|undefined} own the sound of a person's own item as it was fitted
 */
export function sound(store, ask, own) {
  const heard = new Map(); // point -> data URL, the newest last
  let playing = null;

  const stop = () => {
    if (!playing) return;
    const { audio, button, line } = playing;
    playing = null;
    audio.pause();
    button.setAttribute("aria-pressed", "false");
    line?.remove();
  };

  /** Where a button's point is: its own, its cell's, or what the frame of the stage shows. */
  const pointAt = (button) => {
    const holder = button.closest("[data-point]");
    if (holder) return JSON.parse(holder.dataset.point);
    const point = pointOf(store.scene);
    return button.dataset.which === "before" ? { start: point.start } : point;
  };

  const fetched = async (point) => {
    const { start = { item: 0 }, condition = {}, edits = [] } = point;
    const scene = { ...store.scene, start, condition, edits, view: {} };
    const key = JSON.stringify([scene.model, start, condition, edits]);
    if (!heard.has(key)) {
      const answer = await ask({ do: "listen", scene });
      if (!answer.ok) {
        tell(answer.error, answer.where ?? "stage");
        return null;
      }
      heard.set(key, answer.sound);
      if (heard.size > KEPT) heard.delete(heard.keys().next().value);
    }
    return heard.get(key);
  };

  async function listen(button) {
    const again = playing?.button === button;
    stop();
    if (again) return;
    const url = button.dataset.ownSound ? own(button.dataset.ownSound) : await fetched(pointAt(button));
    if (!url) return;
    stop();
    const audio = new Audio(url);
    const face = button.closest("figure, .cell")?.querySelector(".face, .cell-face");
    const line = face && face.appendChild(Object.assign(document.createElement("span"), { className: "playhead" }));
    playing = { audio, button, line };
    const step = () => {
      if (playing?.audio !== audio) return;
      line?.style.setProperty("--at", audio.duration ? audio.currentTime / audio.duration : 0);
      requestAnimationFrame(step);
    };
    audio.addEventListener("ended", () => playing?.audio === audio && stop());
    try {
      await audio.play();
      button.setAttribute("aria-pressed", "true");
      byId("workspace").dataset.heard = Number(byId("workspace").dataset.heard ?? 0) + 1;
      step();
    } catch {
      stop();
      tell("This browser doesn't play the sound; save it as a file instead.", "stage");
    }
  }

  document.addEventListener("do-listen", ({ detail: { node } }) => listen(node ?? document.querySelector('.listen[data-which="after"]')));
  store.on("model", stop);
}

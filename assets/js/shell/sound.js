/** Listening: a button (data-do="listen") plays the point around it; a line runs through its picture meanwhile. */

import { compute } from "../compute/compute.js";
import { byId } from "../core/dom.js";
import { pointOf } from "../core/scene.js";
import { tell } from "../core/notices.js";

/**
 * @param {import("../core/scene.js").Store} store
 * @param {(sha256: string) => string|undefined} own the sound of a person's own item as it was fitted
 */
export function sound(store, own) {
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
    return button.dataset.which === "after" ? point : { start: point.start };
  };

  const fetched = async (point) => {
    try {
      return (await compute.listen([point]))[0];
    } catch (error) {
      tell(error.sentence ?? error.message, error.where ?? "stage");
      return null;
    }
  };

  async function listen(button) {
    const again = playing?.button === button;
    stop();
    if (again) return;
    const real = button.dataset.which === "real" ? own(store.scene.start.sha256) : null;
    const url = real ?? (await fetched(pointAt(button)));
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

/** Play and pause: a button (data-do="play", data-for) runs a slider to and fro, as a hand would, until it is paused. */

const SWEEP = 2600;

/** @param {import("../core/scene.js").Store} store another model or tab ends what plays */
export function player(store) {
  let playing = null;

  /** @param {boolean} rest whether the scene comes to rest where the slider is */
  const stop = (rest = true) => {
    if (!playing) return;
    const { button, slider } = playing;
    playing = null;
    button.textContent = "Play";
    button.setAttribute("aria-pressed", "false");
    if (rest && slider.isConnected) slider.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const step = (time) => {
    if (!playing) return;
    const { slider } = playing;
    if (!slider.isConnected) {
      stop(false);
      return;
    }
    playing.from ??= time - position(slider) * SWEEP;
    const phase = ((time - playing.from) / SWEEP) % 2;
    const share = phase < 1 ? phase : 2 - phase;
    slider.value = Number(slider.min) + share * (slider.max - slider.min);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    requestAnimationFrame(step);
  };

  document.addEventListener("do-play", ({ detail: { node } }) => {
    if (playing) {
      stop();
      return;
    }
    playing = { button: node, slider: document.getElementById(node.dataset.for) };
    node.textContent = "Pause";
    node.setAttribute("aria-pressed", "true");
    requestAnimationFrame(step);
  });
  store.on("model", () => stop(false));
  store.on("elsewhere", () => stop(false));
  document.addEventListener("pointerdown", (event) => playing && event.target !== playing.button && stop());
  document.addEventListener("keydown", (event) => playing && event.target !== playing.button && stop());
}

const position = (slider) => (slider.value - slider.min) / (slider.max - slider.min);

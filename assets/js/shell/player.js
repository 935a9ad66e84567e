/** Play and pause: a button (data-do="play", data-for) runs a slider to and fro, as a hand would. */

const SWEEP = 2600;

/** Listen for play. */
export function player() {
  let playing = null;

  const stop = () => {
    if (!playing) return;
    const { button, slider } = playing;
    playing = null;
    button.textContent = "Play";
    button.setAttribute("aria-pressed", "false");
    slider.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const step = (time) => {
    if (!playing) return;
    const { slider } = playing;
    if (!slider.isConnected) {
      playing = null;
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
  document.addEventListener("pointerdown", (event) => playing && event.target !== playing.button && stop());
  document.addEventListener("keydown", (event) => playing && event.target !== playing.button && stop());
}

const position = (slider) => (slider.value - slider.min) / (slider.max - slider.min);

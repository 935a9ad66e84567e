/** The frame of a person's own picture, moved by hand: what lies in the square becomes the item. */

import { show } from "../core/dialog.js";
import { make } from "../core/dom.js";
import { placed } from "../engine/fit.js";

const SIDE = 512; // pixels that a cut picture has at most, many times what a model takes
const LEAST = 0.05; // of the picture's longer side
const STEP = 0.01;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @typedef {{left: number, top: number, side: number}} Square pixels of the picture; it may reach beyond */

/** The square within the picture by more than its half, so that it can't get lost. @param {Square} square */
export function bounded({ left, top, side }, width, height) {
  const size = Math.min(Math.max(side, LEAST * Math.max(width, height)), 2 * Math.max(width, height));
  const middle = (at, length) => Math.min(Math.max(at + side / 2, 0), length) - size / 2;
  return { left: middle(left, width), top: middle(top, height), side: size };
}

/**
 * Ask for the frame of a picture.
 * @param {string} picture data URL
 * @param {object} facts of the model
 * @param {Square|null} before where it was put the last time
 * @param {(cut: string, square: Square) => void} taken
 */
export async function crop(picture, { card, model }, before, taken) {
  const blob = await (await fetch(picture)).blob();
  const { bitmap, ground, square: usual } = await placed(blob, card.shape, model.modality.framing);
  const { width, height } = bitmap;
  let square = before ?? usual;
  const longer = Math.max(width, height);

  const frame = make("div", { class: "crop-frame", id: "crop-frame", tabindex: 0, role: "application", "aria-label": "Frame: drag it, or use the arrow keys; plus and minus change its size" });
  const image = make("img", { src: picture, alt: "Your picture", draggable: "false" });
  const size = make("input", { type: "range", id: "crop-size", min: LEAST, max: 2, step: STEP, input: () => resize(Number(size.value)) });
  const preview = make("canvas", { class: "crop-preview", width: card.shape[2], height: card.shape[1], role: "img", "aria-label": "What the model gets" });

  function draw(next) {
    square = bounded(next, width, height);
    const share = (value, whole) => `${(100 * value) / whole}%`;
    Object.assign(frame.style, { left: share(square.left, width), top: share(square.top, height), width: share(square.side, width), height: share(square.side, height) });
    size.value = square.side / longer;
    paint(preview.getContext("2d"), preview.width);
  }

  /** Change the size, and leave the middle where it is. @param {number} share of the picture's longer side */
  function resize(share) {
    const side = share * longer;
    draw({ left: square.left + (square.side - side) / 2, top: square.top + (square.side - side) / 2, side });
  }

  function paint(context, pixels) {
    const scale = pixels / square.side;
    context.fillStyle = ground;
    context.fillRect(0, 0, pixels, pixels);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, -square.left * scale, -square.top * scale, width * scale, height * scale);
  }

  frame.addEventListener("pointerdown", (down) => {
    down.preventDefault();
    frame.focus();
    frame.setPointerCapture(down.pointerId);
    const start = square;
    const scale = width / image.getBoundingClientRect().width;
    frame.onpointermove = ({ clientX, clientY }) => draw({ ...start, left: start.left + (clientX - down.clientX) * scale, top: start.top + (clientY - down.clientY) * scale });
    frame.onpointerup = frame.onpointercancel = () => (frame.onpointermove = null);
  });
  frame.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (move) draw({ ...square, left: square.left + move[0] * STEP * longer, top: square.top + move[1] * STEP * longer });
    else if (event.key === "+" || event.key === "-") resize(square.side / longer + (event.key === "+" ? STEP : -STEP));
    else return;
    event.preventDefault();
  });

  const take = make("button", {
    type: "button", class: "button primary", id: "crop-take", text: "Take this frame",
    click: () => {
      const side = Math.max(1, Math.min(SIDE, Math.round(square.side)));
      const canvas = make("canvas", { width: side, height: side });
      paint(canvas.getContext("2d"), side);
      dialog.close();
      taken(canvas.toDataURL("image/png"), square);
    },
  });
  const dialog = show(
    "Move the frame",
    make("p", { class: "note", text: "What lies in the square is what the model gets." }),
    make("div", { class: "crop" }, make("div", { class: "crop-picture" }, image, frame), preview),
    make("label", { class: "row" }, make("span", { class: "label", text: "Size" }), size),
    make("div", { class: "row" }, take, make("button", { type: "button", class: "button", id: "crop-usual", text: "As it was put at first", click: () => draw(usual) })),
  );
  dialog.addEventListener("close", () => bitmap.close(), { once: true });
  draw(square);
}

/** Letters drawn by hand, in a dialog: between a line to stand on and one for the top of capitals. */

import { show } from "../core/dialog.js";
import { make } from "../core/dom.js";

const [WIDTH, HEIGHT] = [900, 360]; // pixels
const [TOP, LINE] = [70, 270]; // of capitals, and what letters stand on
const PENS = { Thin: 10, Medium: 24, Thick: 44 };

/** @param {(picture: Blob, said: string) => void} take called with a PNG, black on white, and what the person says that it says */
export function draw(take) {
  const canvas = make("canvas", { id: "draw-letters", width: WIDTH, height: HEIGHT, role: "img", "aria-label": "Where you draw letters" });
  const context = canvas.getContext("2d");
  Object.assign(context, { lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
  const pens = make("select", { id: "draw-pen", "aria-label": "Pen" }, ...Object.keys(PENS).map((name) => make("option", { text: name, value: name, selected: name === "Medium" })));
  const said = make("input", { class: "text", id: "draw-said", maxlength: 8, autocomplete: "off", spellcheck: "false", placeholder: "such as Rag", "aria-label": "What they say" });
  const clear = () => {
    context.clearRect(0, 0, WIDTH, HEIGHT);
    context.fillStyle = "#fff";
    context.fillRect(0, 0, WIDTH, HEIGHT);
    use.disabled = true;
  };
  const use = make("button", {
    type: "button", class: "button primary", id: "draw-use", text: "Use these letters",
    click: () => canvas.toBlob((picture) => {
      dialog.close();
      take(picture, said.value);
    }, "image/png"),
  });
  let last = null;
  const at = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return [((clientX - box.left) * WIDTH) / box.width, ((clientY - box.top) * HEIGHT) / box.height];
  };
  const line = (event) => {
    const to = at(event);
    context.lineWidth = PENS[pens.value];
    context.beginPath();
    context.moveTo(...last);
    context.lineTo(...to);
    context.stroke();
    last = to;
    use.disabled = false;
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    line(event);
  });
  canvas.addEventListener("pointermove", (event) => last && line(event));
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (last = null));
  clear();
  const sheet = make("div", { class: "draw-sheet", style: `--top:${TOP / HEIGHT};--line:${LINE / HEIGHT}` }, canvas);
  const dialog = show(
    "Draw letters",
    make("p", { class: "note", text: "One to eight letters, with room between them: capitals from line to line." }),
    sheet,
    make("div", { class: "row" }, pens, said, make("button", { type: "button", class: "button quiet", text: "Clear", click: clear }), use),
  );
}

/** What lies behind the points of a map that is a decoded plane. */

import { make } from "../core/dom.js";

/** Whether a picture is light or dark where nothing is drawn: at its corner. */
export function ground(img) {
  const canvas = make("canvas", { width: 1, height: 1 });
  const context = canvas.getContext("2d");
  context.drawImage(img, 0, 0, 1, 1, 0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data[0] < 128 ? "dark" : "light";
}

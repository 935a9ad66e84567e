/**
 * The one renderer of nodes, see explorer/core/nodes.py: what tabs, lenses and plays show, as data.
 *
 * An element stays as long as its id and kind do: value, focus, scroll, what a person opened, and a slider under the hand.
 */

import { bars } from "./bars.js";
import { canvas } from "./canvas.js";
import { Cells, codegrid, grid, matrix, picture, strip, usual } from "./cells.js";
import * as controls from "./controls.js";
import { figure } from "./figure.js";
import { items } from "./items.js";
import { patch } from "./patch.js";
import { specimen } from "./specimen.js";
import * as words from "./words.js";

const KINDS = {
  labelled: controls.labelled, chips: controls.chips, select: controls.select, slider: controls.slider, number: controls.number, text: controls.text, button: controls.button,
  note: words.note, row: words.row, section: words.section, table: words.table, sentence: words.sentence, meter: words.meter, strip, grid, matrix, picture, codegrid, figure, canvas, specimen, items, bars,
};

/**
 * @typedef {object} Context what a page knows that nodes don't say
 * @property {object} compute `picture(points)`, `difference(pairs)`, `nodes(groups)`, `trust(points)`, `one(ask, extra)`
 * @property {import("../core/scene.js").Store} store the point on stage
 * @property {(point: object) => string} [recipe] a point in words
 * @property {(item: number) => Promise<string|null>} [real] the picture of an item itself, null where it isn't known
 * @property {(points: object[]) => Promise<{share: number, far: boolean, text: string, words?: string}[]>} [trusts] how far points lie from real items
 */

/**
 * Make `host` show these nodes.
 * @param {Element} host @param {object[]} nodes @param {Context} context
 * @returns {Promise<void>} done when every picture has come
 */
export function render(host, nodes, context) {
  const { compute, store } = context;
  const whole = { recipe: () => "", trusts: usual(compute), sounds: store.model?.modality?.sounds ?? false, ...context };
  const pictures = new Cells(whole);
  const draw = (all) =>
    all.flatMap((node) => {
      const kind = Object.hasOwn(KINDS, node.kind) ? KINDS[node.kind] : null;
      if (!kind) throw new Error(`no such kind of node: ${node.kind}`);
      return [kind(node, draw, pictures)].flat().filter(Boolean);
    });
  patch(host, draw(nodes));
  return Promise.all(pictures.waiting).then(() => {});
}

/** What a step of the history changed, in words. */

import { compact, origin, same, untouched } from "./point.js";
import * as words from "./words.js";

const FIRST = { item: 0 };

/** One edit; one that leads to another point names it: `toward item 12, 50%`. */
function step(facts, edit) {
  const { to, t } = edit.params ?? {};
  if (!to || typeof t !== "number") return words.step(facts, edit);
  return `toward ${words.start(facts, to.start ?? FIRST)}, ${words.step(facts, { op: edit.op, params: { t, label: " " } }).trim()}`;
}

/**
 * What tells a point from the one before: `Glasses round`, `Toward item 12, 50%`.
 * @param {import("./facts.js").Facts} facts @param {object|null} before null: a beginning @param {object} after
 */
export function changed(facts, before, after) {
  const whole = () => words.sentence(words.recipe(facts, after));
  if (!before) return whole();
  const onward = after.start.of && same(compact({ start: FIRST, ...after.start.of }), compact(before));
  if (!onward && !same(compact(origin(after)), compact(origin(before)))) return whole();
  if (!onward && untouched(after)) return `Back to ${words.start(facts, after.start)}`;
  const { condition, edits } = onward ? origin(after) : before;
  const said = [];
  for (const attribute of facts.attributes) {
    const [old, now] = [condition, after.condition].map((asked) => asked[attribute.name] ?? null);
    if (!same(old, now)) said.push(`${attribute.label.toLowerCase()} ${now === null ? "as it was" : words.value(attribute, now)}`);
  }
  const shared = edits.findIndex((edit, k) => !same(edit, after.edits[k]));
  const [gone, come] = [edits, after.edits].map((all) => all.slice(shared < 0 ? edits.length : shared));
  said.push(...come.map((edit) => step(facts, edit)));
  if (!come.length) said.push(...gone.map((edit) => `without ${step(facts, edit)}`));
  return said.length ? words.sentence(said.join(", ")) : whole();
}

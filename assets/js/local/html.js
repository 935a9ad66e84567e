/** HTML by calls, as `explorer/page/views/html.py`: text is escaped, markup nests, and what isn't there is left out. */

const VOID = new Set(["br", "hr", "img", "input"]);
const MARKS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;" };

/** Text that is HTML already. */
export class Markup {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

const escaped = (text) => String(text).replace(/[&<>'"]/g, (mark) => MARKS[mark]);
const written = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

/**
 * One element.
 * @param {string} tag
 * @param {Object<string, any>} attributes true gives the bare name; null, undefined and false leave it out; lists and tables become JSON
 * @param {...any} children Markup, text, null (left out), or lists of these
 */
export function el(tag, attributes = {}, ...children) {
  const parts = Object.entries(attributes ?? {})
    .filter(([, value]) => value !== null && value !== undefined && value !== false)
    .map(([name, value]) => (value === true ? ` ${name}` : ` ${name}="${escaped(written(value))}"`));
  const open = `<${tag}${parts.join("")}>`;
  return new Markup(VOID.has(tag) ? open : `${open}${join(...children)}</${tag}>`);
}

/** Children one after the other, without an element around them. */
export function join(...children) {
  const text = children.flat(Infinity).map((child) => {
    if (child === null || child === undefined || child === false) return "";
    return child instanceof Markup ? child.text : escaped(child);
  });
  return new Markup(text.join(""));
}

/** Class names in one attribute; null for none at all. */
export const names = (...all) => all.filter((name) => typeof name === "string" && name).join(" ") || null;

/** The few helpers that every module uses. */

/** @param {string} id @returns {HTMLElement} */
export const byId = (id) => document.getElementById(id);

/**
 * Make an element. Attributes that are functions become listeners; `text` sets the text; null and false are left out.
 * @param {string} tag
 * @param {Object<string, any>} [attributes]
 * @param {...(Node|string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for SVG. */
export function shape(tag, attributes = {}) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** Call at most once a frame, with the last arguments. */
export function everyFrame(fn) {
  let waiting = null;
  return (...args) => {
    if (waiting === null) requestAnimationFrame(() => {
      const last = waiting;
      waiting = null;
      fn(...last);
    });
    waiting = args;
  };
}

/** Call once things have been quiet for `ms`. */
export function settled(fn, ms) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...args), ms);
  };
}

/** Resolves after so many milliseconds. */
export const later = (ms) => new Promise((done) => setTimeout(done, ms));

/** 12345 -> "12,345" */
export const count = (n) => n.toLocaleString("en");

/** The unit after a number: ° and % stand close to it. */
export const unitOf = ({ unit }) => (!unit || /^[°%]/.test(unit) ? (unit ?? "") : ` ${unit}`);

/** Write the address. A browser refuses where it had too many in a short time (Safari: 100 in 30 s): then the next change is written. */
export function address(url, { state = null, further = false } = {}) {
  try {
    if (further) history.pushState(state, "", url);
    else history.replaceState(state, "", url);
  } catch {
    // Nothing else hangs on it.
  }
}

/** Read JSON that this browser keeps. */
export function recall(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Keep JSON in this browser. @returns {boolean} whether it fitted */
export function keep(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Put text on the clipboard. @returns {Promise<boolean>} whether the browser lets the page */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

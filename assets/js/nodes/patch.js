/** Elements as data, and the page made to follow them: what has the same key, tag and type stays the element that it was. */

const OURS = new WeakMap(); // element -> names of the attributes that were set here; others belong to whoever set them
const KEYS = new WeakMap();
const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "path"]);

/**
 * An element as data.
 * @param {string} tag
 * @param {Object<string, any>} attributes true gives the bare name; null, undefined and false leave it out; lists and tables become JSON. `key`: what
 *   tells it from its siblings; `after`: called with the element once it and its children are up to date
 * @param {...any} children elements as data, text, null (left out), or lists of these
 */
export function h(tag, { key = null, after = null, ...attributes } = {}, ...children) {
  const inside = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");
  return { tag, key: key ?? attributes.id ?? null, after, attributes, children: inside };
}

/** Class names in one attribute; null for none at all. */
export const names = (...all) => all.filter((name) => typeof name === "string" && name).join(" ") || null;

/** Make the children of `host` these, touching what differs alone. @param {Element} host @param {any[]} wanted */
export function patch(host, wanted) {
  const old = [...host.childNodes].filter((node) => !node.dataset || !("added" in node.dataset));
  const kept = match(old, wanted);
  const stay = new Set(kept);
  for (const node of old) if (!stay.has(node)) node.remove();
  let here = host.firstChild;
  wanted.forEach((want, k) => {
    const node = kept[k] ?? create(want);
    if (node === here) here = here.nextSibling;
    else if (kept[k] && node.contains(document.activeElement)) {
      // An element that is moved loses the focus, so the others make way.
      while (here !== node) {
        const next = here.nextSibling;
        host.append(here);
        here = next;
      }
      here = node.nextSibling;
    } else host.insertBefore(node, here);
    follow(node, want);
  });
}

/** For each that is wanted the node that it is already, or null. */
function match(old, wanted) {
  const keyed = new Map();
  const loose = [];
  for (const node of old) {
    const key = KEYS.get(node);
    if (key !== undefined) keyed.set(key, node);
    else loose.push(node);
  }
  return wanted.map((want) => {
    if (typeof want !== "object") return take(loose, (node) => node.nodeType === Node.TEXT_NODE);
    if (want.key === null) return take(loose, (node) => fits(node, want));
    const node = keyed.get(want.key);
    keyed.delete(want.key);
    return node && fits(node, want) ? node : null;
  });
}

function take(list, test) {
  const at = list.findIndex(test);
  return at < 0 ? null : list.splice(at, 1)[0];
}

const fits = (node, { tag, attributes }) => node.localName === tag && (node.getAttribute("type") ?? null) === (attributes.type ?? null);

function create(want) {
  if (typeof want !== "object") return document.createTextNode(want);
  const node = DRAWN.has(want.tag) ? document.createElementNS(SVG, want.tag) : document.createElement(want.tag);
  if (want.key !== null) KEYS.set(node, want.key);
  if (want.attributes.open) node.open = true; // afterwards it is the person who opens and closes
  return node;
}

function follow(node, want) {
  if (typeof want !== "object") {
    const text = String(want);
    if (node.nodeValue !== text) node.nodeValue = text;
    return;
  }
  const kept = keeps(node);
  dress(node, want.attributes, kept);
  if (!kept.has("children")) patch(node, want.children);
  value(node, want.attributes);
  want.after?.(node);
}

const NOTHING = new Set();
const HELD = new Set(["style", "value"]);
const PLAYING = new Set(["aria-pressed", "children"]);
const FOREIGN = new Set(["children", "class", "style"]); // what another program draws in, such as plotly

/** What the hand or the browser alone decides at the moment. */
function keeps(node) {
  if (node.type === "range" && node.matches(":active")) return HELD;
  if (node.localName === "output" && document.getElementById(node.htmlFor.value)?.matches(":active")) return new Set(["children"]);
  if ("foreign" in (node.dataset ?? NOTHING)) return FOREIGN;
  if (node.dataset?.do === "play" && node.getAttribute("aria-pressed") === "true") return PLAYING;
  return NOTHING;
}

function dress(node, attributes, kept) {
  const before = OURS.get(node) ?? NOTHING;
  const now = new Set();
  for (const [name, given] of Object.entries(attributes)) {
    if (given === null || given === undefined || given === false || name === "open") continue;
    now.add(name);
    const text = given === true ? "" : typeof given === "object" ? JSON.stringify(given) : String(given);
    if (!kept.has(name) && node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
  for (const name of before) if (!now.has(name)) node.removeAttribute(name);
  OURS.set(node, now);
}

/** The property beside the attribute, which a person changes. */
function value(node, attributes) {
  if (node.localName === "select") {
    if (node.value !== attributes["data-chosen"]) node.value = attributes["data-chosen"];
  } else if (node.localName === "input") {
    if (node.type === "radio" || node.type === "checkbox") node.checked = Boolean(attributes.checked);
    else if (!(node.type === "range" ? node.matches(":active") : node === document.activeElement)) {
      if (node.value !== String(attributes.value ?? "")) node.value = attributes.value ?? "";
    }
  }
}

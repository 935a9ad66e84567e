/** Find items by what is typed: `glasses: round smile`, `bearded man with glasses`, `#123`. */

const JOINING = new Set(["a", "an", "and", "in", "of", "or", "the", "with"]);
const NONE = "none"; // the value of an attribute that isn't there
const STEM = 4; // letters of a value that a longer word may begin with: bearded

const clean = (text) => text.toLowerCase().trim();

/**
 * Read a query. Words are looked for among the values of the attribute named before them, else among all values.
 * @param {string} text
 * @param {object[]} attributes of the model
 * @param {string[]} names of its items, if they have any: what no attribute knows is looked for there
 * @returns {{item: number|null, terms: {attribute: string, code: number}[][], unknown: string[], called: string[]}}
 *   an item must meet every term, by any of a term's choices, and its name hold the beginning of every word of `called`
 */
export function read(text, attributes, names = []) {
  const number = /^\s*#(\d+)\s*$/.exec(text);
  if (number) return { item: Number(number[1]), terms: [], unknown: [], called: [] };
  const terms = new Map();
  const [unknown, called] = [[], []];
  let within = null;
  for (const part of clean(text).match(/[^\s,;:]+:?/g) ?? []) {
    if (part.endsWith(":")) {
      within = attributes.find((a) => named(a, part.slice(0, -1))) ?? null;
      if (!within) unknown.push(part);
      continue;
    }
    if (JOINING.has(part)) continue;
    const hits = among(within ? [within] : attributes, part);
    const found = [hits, among(attributes, part), any(attributes, part), stem(attributes, part)].find((all) => all.length) ?? [];
    if (!found.length) (names.some((name) => holds(name, part)) ? called : unknown).push(part);
    else {
      const key = [...new Set(found.map((hit) => hit.attribute))].join();
      terms.set(key, [...(terms.get(key) ?? []), ...found]);
    }
  }
  return { item: null, terms: [...terms.values()], unknown, called };
}

const holds = (name, word) => clean(name).split(/[\s_-]+/).some((part) => part.startsWith(word));

/** An attribute's own name: whatever value but none. */
const any = (attributes, word) =>
  attributes.filter((a) => a.values.includes(NONE) && named(a, word)).flatMap((a) => a.values.flatMap((value, code) => (value === NONE ? [] : [{ attribute: a.name, code }])));

/** Values of which a word begins with one of their words. */
const stem = (attributes, word) =>
  attributes.flatMap((a) => a.values.flatMap((value, code) => (clean(value).split(/[\s_-]+/).some((w) => w.length >= STEM && word.startsWith(w)) ? [{ attribute: a.name, code }] : [])));

const named = (a, word) => clean(a.name).startsWith(word) || clean(a.label).startsWith(word) || clean(a.label).split(" ").includes(word);

function among(attributes, word) {
  const exact = [];
  const begins = [];
  for (const a of attributes) {
    a.values.forEach((value, code) => {
      const hit = { attribute: a.name, code };
      if (clean(value) === word) exact.push(hit);
      else if (clean(value).split(/[\s_-]+/).some((w) => w.startsWith(word))) begins.push(hit);
    });
  }
  return exact.length ? exact : begins;
}

/**
 * @param {{attribute: string, code: number}[][]} terms
 * @param {Object<string, Uint8Array>} codes by attribute
 * @param {number} n
 * @param {string[]} called words that the items' names hold
 * @param {string[]} names
 * @returns {Uint8Array} 1 where an item meets all terms
 */
export function matches(terms, codes, n, called = [], names = []) {
  const mask = Uint8Array.from({ length: n }, (_, k) => called.every((word) => holds(names[k], word)));
  for (const term of terms) {
    for (let i = 0; i < n; i++) if (mask[i] && !term.some((t) => codes[t.attribute][i] === t.code)) mask[i] = 0;
  }
  return mask;
}

/** Answers by their recipe: bounded in number and in size, the least used forgotten first. */
export class Memory {
  /** @param {number} most entries @param {number} size characters of all answers together */
  constructor(most, size) {
    Object.assign(this, { most, size, held: 0, map: new Map() });
  }

  /** @returns {{value: any}|undefined} */
  get(key) {
    const known = this.map.get(key);
    if (known) {
      this.map.delete(key);
      this.map.set(key, known);
    }
    return known;
  }

  set(key, value) {
    this.drop(key);
    const weight = key.length + weigh(value);
    if (weight > this.size / 4) return; // one answer never drives out most of the others
    this.map.set(key, { value, weight });
    this.held += weight;
    while (this.map.size > this.most || this.held > this.size) this.drop(this.map.keys().next().value);
  }

  drop(key) {
    const known = this.map.get(key);
    if (!known) return;
    this.map.delete(key);
    this.held -= known.weight;
  }

  clear() {
    this.map.clear();
    this.held = 0;
  }
}

/** About how much an answer holds, in characters. */
function weigh(value) {
  if (typeof value === "string") return value.length;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (value === null || typeof value !== "object") return 8;
  return Object.values(value).reduce((sum, one) => sum + weigh(one), 16);
}

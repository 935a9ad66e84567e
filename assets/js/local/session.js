/**
 * Runs scenes on one checkpoint, as `explorer/play/session.py`: the tabs ask this, and this asks the engine. What it keeps are
 * bounded caches of pure functions.
 */

import { engine } from "../engine/engine.js";
import { ExplorerError } from "./error.js";
import { compact, item, origin, same } from "./scene.js";
import { Conditions } from "./schema.js";

const CACHED = 2048;

/** The engine as long as it is about one checkpoint: what another one would say must never be kept as an answer of this one. */
function guarded(url) {
  const check = () => {
    if (engine.url !== url) throw Object.assign(new Error("another checkpoint was opened"), { fallback: true });
  };
  const call = (name) => async (...args) => {
    check();
    const answer = await engine[name](...args);
    check();
    return answer;
  };
  return new Proxy({}, { get: (_, name) => call(name) });
}

/** Something of the registry that travels in the facts, by name; see `registry.find`. */
class Shelf {
  constructor(room, all) {
    Object.assign(this, { room, all });
  }

  find(name) {
    if (Object.hasOwn(this.all, name)) return this.all[name];
    throw new ExplorerError(`There is no '${name}' among the ${this.room}: ${Object.keys(this.all).join(", ") || "none"}.`);
  }
}

export class Session {
  /**
   * @param {object} facts what `explorer/page/site.py` says of a checkpoint (facts.json)
   * @param {{alone?: boolean, files?: string[]|null}} how `alone`: there is no server; `files`: kinds that can be saved, null for all
   */
  constructor(facts, { alone = false, files = null } = {}) {
    Object.assign(this, { facts, alone, files });
    this.engine = guarded(new URL(facts.model.urls.engine, document.baseURI).href);
    this.model = facts.model;
    this.card = facts.card;
    this.conditions = new Conditions(facts.model.attributes);
    this.operations = new Shelf("operations", facts.operations);
    this.kept = new Map();
    this.ground = null;
  }

  /** What `make` gave for this key before, or gives now; the least used is forgotten first, and so is what failed. */
  remember(key, make) {
    const { kept } = this;
    const known = kept.get(key) ?? make();
    kept.delete(key);
    kept.set(key, known);
    if (kept.size > CACHED) kept.delete(kept.keys().next().value);
    known?.catch?.(() => kept.get(key) === known && kept.delete(key));
    return known;
  }

  /** Whether the model has an encoder. */
  get encodes() {
    return this.card.capabilities.includes("encode");
  }

  /** Whether a kind of file can be saved here. @param {string} kind */
  saves(kind) {
    return this.files === null || this.files.includes(kind);
  }

  /** The map of that name, or the one that opens. */
  map(name) {
    if (name === null || name === undefined) return this.model.maps[0];
    const found = this.model.maps.find((map) => map.name === name);
    if (found) return found;
    throw new ExplorerError(`${this.card.title} has no map named '${name}'.`, "map");
  }

  /** A point's picture as a data URL. */
  picture(point) {
    return this.remember(`picture ${JSON.stringify(compact(point))}`, () => this.engine.picture(compact(point)));
  }

  /** Where two points' pictures differ, as a data URL. */
  difference(a, b) {
    return this.engine.difference(compact(a), compact(b));
  }

  /** What a point's picture is asked to show: value, blend or null of each attribute. */
  condition(point) {
    return this.remember(`condition ${JSON.stringify(compact(point))}`, () => this.engine.condition(compact(point)));
  }

  /** Where points lie on a map. */
  places(points, name) {
    return this.engine.places(points.map(compact), this.map(name).name);
  }

  /** How near real data points are: `{nearest, distance, percentile}` of each. */
  trusts(points) {
    return this.engine.trust(points.map(compact));
  }

  async trust(point) {
    return (await this.remember(`trust ${JSON.stringify(compact(point))}`, () => this.trusts([point])))[0];
  }

  /** The k items nearest to a point in a space: [[item, distance]], without the item it starts from. */
  neighbours(point, k, space = "latent") {
    return this.remember(`near ${k} ${space} ${JSON.stringify(compact(point))}`, () => this.engine.neighbours(compact(point), k, space));
  }

  /** The judge's reading of a point's picture, or null where the checkpoint has no judge. */
  judge(point) {
    return this.card.judge ? this.remember(`judge ${JSON.stringify(compact(point))}`, () => this.engine.judge(compact(point))) : null;
  }

  /** A tensor of the items, `{data, shape}`. */
  tensor(name) {
    return this.remember(`tensor ${name}`, () => this.engine.tensor(name));
  }

  /** The usual distance between neighbours in the latent: the unit in which the page says how far. */
  typical() {
    return this.remember("typical", () => this.engine.typical());
  }

  /** Is the nearest item another one than a point starts at? */
  elsewhere(nearest, point) {
    return !same(compact(item(nearest)), compact(origin(point)));
  }
}

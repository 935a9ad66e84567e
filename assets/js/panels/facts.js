/** What the panels know of the model that is open: its attributes, its card, what can be done with it, and how what anyone sends is checked. */

import { fitting, Misfit } from "../compute/check.js";
import { number, percent } from "../compute/numbers.js";
import { refuse } from "../compute/refusals.js";

const WHOLE = new Set(["audio", "chart", "table", "text"]);

export class Facts {
  /**
   * @param {object} told what `explorer/page/facts.py` says of a checkpoint
   * @param {{files?: string[]|null}} how `files`: kinds that can be saved where there is no server, null for all
   */
  constructor({ model, card, operations, rules }, { files = null } = {}) {
    Object.assign(this, { model, card, operations, rules, files });
  }

  /** Attributes in the order of the condition. */
  get attributes() {
    return this.model.attributes;
  }

  /** Those that the decoder is told, so that they can be asked for. */
  get asked() {
    return this.attributes.filter(({ name }) => !this.card.unasked.includes(name));
  }

  /** An attribute by its name; undefined where there is none. */
  attribute(name) {
    return this.attributes.find((one) => one.name === name);
  }

  /** @param {string} capability */
  can(capability) {
    return this.card.capabilities.includes(capability);
  }

  /** An operation by its name. */
  operation(name) {
    if (Object.hasOwn(this.operations, name)) return this.operations[name];
    throw refuse("unknown", { name, room: "operations", known: Object.keys(this.operations) });
  }

  /** A point with all that is left out as by default. */
  whole(point) {
    return fitting(this.rules.point, point, this.rules.defs);
  }

  /** A tab's options of a scene, whole; one that doesn't fit (a link comes from anyone) is told. @param {object} [schema] where the server has none */
  options(scene, tab, schema = this.rules.options[tab]) {
    try {
      return fitting(schema, scene.view.options[tab] ?? {}, this.rules.defs);
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      throw refuse("option", { misfit: error.phrase });
    }
  }

  /** The map of that name, or the one that opens. */
  map(name) {
    return this.model.maps.find((map) => map.name === name) ?? this.model.maps[0];
  }

  /** What one item is called: picture, sound, series. */
  get noun() {
    return this.model.modality.noun;
  }

  /** Does a picture show only the outline of an item? See `Modality.node`. */
  get outlined() {
    return WHOLE.has(this.model.modality.view);
  }

  /** Is an item a text? */
  get text() {
    return this.model.modality?.view === "text";
  }

  /** Kinds of file for several items, with their names; texts can be had as lines, too. @param {Object<string, string>} kinds of pictures and numbers */
  kinds(kinds) {
    return this.text ? { item: this.model.modality.suffix.toUpperCase(), ...kinds } : kinds;
  }

  /** How alike an item and its reconstruction are, see `Modality.alike`: decibels, or of a text the share of words in their places. */
  likeness(value) {
    return this.text ? `${percent(value / 100)} of its words` : `${number(value, 1)} dB`;
  }

  /** The same as the beginning of a sentence. @param {string} from what it is compared with */
  near(value, from) {
    return this.text ? `The reconstruction has ${percent(value / 100)} of the words of ${from} in their places` : `The reconstruction lies ${number(value, 1)} dB from ${from}`;
  }

  /** Whether a kind of file can be saved here. @param {string} kind */
  saves(kind) {
    return this.files === null || this.files.includes(kind);
  }
}

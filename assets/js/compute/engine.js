/** The engine in the page as an answerer: the model itself, in a worker of this browser. */

import { checked } from "./check.js";
import { own } from "./own.js";
import { pack } from "./link.js";
import { refuse } from "./refusals.js";

const SLOW = new Set(["picture", "difference", "judge", "real", "encode", "listen", "distant"]); // made one after the other, the urgent ones first

/** Question -> how the engine answers one entry. `e` is the engine, `p` a point or whatever an entry is about. */
const ANSWERS = {
  condition: (e, p) => e.condition(p),
  state: async (e, p) => {
    const { z, c } = await e.state(p);
    return { z: pack(z), c: pack(c) };
  },
  picture: (e, p) => e.picture(p),
  difference: (e, [a, b]) => e.difference(a, b),
  places: (e, p, { map }) => e.place(p, map),
  spots: (e, p) => (p.start?.map ? e.spot(p.start) : Promise.reject(refuse("no-spot"))),
  trust: async (e, p) => {
    const [[trust], unit] = await Promise.all([e.trust([p]), e.typical()]);
    return { ...trust, ratio: trust.distance / unit };
  },
  real: (e, p, _, { card }) => (card.real ? e.real(p) : e.state(p).then(() => null)),
  neighbours: (e, p, { k, space }, { model }) => {
    const known = [...new Set(["latent", ...model.maps.map((map) => map.space)])].sort();
    return known.includes(space) ? e.neighbours(p, k, space) : Promise.reject(refuse("space", { known, name: `'${space}'` }));
  },
  judge: (e, p, _, { card }) => (card.judge ? e.judge(p) : e.state(p).then(() => null)),
  listen: (_, p, __, { model, card }) => Promise.reject(model.modality.sounds ? server() : refuse("no-sound", { title: card.title })),
  glyphs: (e, p) => e.glyph(p),
  distant: (e, group) => e.distant(group),
  direction: (e, pair) => e.direction({ name: "This group", minus: null, ...pair }),
  tensor: async (e, _, { name }) => whole(await e.tensor(name)),
  encode: (e, _, asked, facts) => own(e, asked, facts),
};

const server = () => Object.assign(new Error("the server's"), { fallback: true });

/** Numbers of the types in which the server sends them: float32, int32, and bytes for what is yes or no. */
function whole({ data, shape }) {
  const kept = data instanceof Float32Array || data instanceof Uint8Array;
  return { data: kept ? data : Int32Array.from(data), shape };
}

export class InPage {
  /** @param {import("../engine/engine.js").Engine} engine */
  constructor(engine) {
    Object.assign(this, { engine, slow: [], busy: false });
  }

  /** Can it answer this kind of question of this model, now? @param {object} facts of the model that is open */
  can(ask, facts) {
    return Object.hasOwn(ANSWERS, ask) && this.engine.ready(facts.model);
  }

  /**
   * @param {import("./compute.js").Entry[]} entries each is given a value or an error, in its time
   * @param {object} facts of the model that they ask about
   * @param {(entries: object[], error: Error) => void} otherwise told what can't be answered here
   */
  ask(entries, facts, otherwise) {
    for (const entry of entries) {
      if (SLOW.has(entry.ask)) this.slow.push({ entry, facts, otherwise });
      else this.answer(entry, facts, otherwise);
    }
    this.work();
  }

  async work() {
    if (this.busy) return;
    this.busy = true;
    while ((this.slow = this.slow.filter(({ entry }) => entry.wanted)).length) {
      const urgent = this.slow.findIndex(({ entry }) => entry.urgent);
      const [{ entry, facts, otherwise }] = this.slow.splice(Math.max(urgent, 0), 1);
      await this.answer(entry, facts, otherwise);
    }
    this.busy = false;
  }

  async answer(entry, facts, otherwise) {
    const { ask, extra, point } = entry;
    try {
      const { rules } = facts;
      const asked = checked(rules, rules.questions[ask], { ...extra, ...(point === undefined ? {} : { points: [point] }) }, "question");
      if (this.engine.url !== new URL(facts.model.urls.engine, document.baseURI).href) throw server(); // another model is open meanwhile
      entry.give(await ANSWERS[ask](this.engine, point, asked, facts));
    } catch (error) {
      if (error.sentence) entry.fail(error);
      else otherwise([entry], error);
    }
  }
}

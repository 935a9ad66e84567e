/** The server as an answerer: batches of questions through Gradio's one function, two in flight, one of them for what a hand waits for. */

import { settle, tell } from "../core/notices.js";
import { ExplorerError } from "./error.js";

/** What is said where nothing comes back. */
export const SILENT = "The server doesn't answer. Nothing is lost; the next change tries again.";
const TYPES = { f4: Float32Array, i4: Int32Array, u1: Uint8Array };
const MOST = 64; // entries in one request: it is answered within about two seconds, and what waits can still be overtaken

/** Numbers as they travel -> a typed array with its shape. */
export function numbers({ type, shape, data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  return { data: new TYPES[type](bytes.buffer), shape };
}

/** Where it is said of a question that the server is busy: where its answer would stand. */
const PLACES = { panel: "panel", encode: "own-item", places: "map", spots: "map" };
const placeOf = ({ ask: name, urgent }) => PLACES[name] ?? (name === "picture" && !urgent ? "panel" : "stage");
const BUSY = "busy"; // the part of the page whose notices are about that

/**
 * One request: always an answer, never an exception. Of a server that is busy is told, and it is asked again, once, when it says so.
 * @param {(request: object) => Promise<object>} send see wire.js
 * @param {string|null} where to tell of it; null: where the server says
 */
export async function ask(send, request, where = null) {
  let answer = await once(send, request);
  if (answer.after) {
    tell(answer.error, where ?? answer.where, "warning", BUSY);
    await new Promise((resolve) => setTimeout(resolve, 1000 * answer.after));
    answer = await once(send, request);
    if (answer.after) tell(answer.error, where ?? answer.where, "error", BUSY);
  }
  if (answer.ok) settle(BUSY);
  return answer;
}

async function once(send, request) {
  try {
    const answer = await send(request);
    if (answer && typeof answer === "object") return answer;
  } catch {
    // Falls through to the sentence: what the network throws isn't meant for people.
  }
  return { ok: false, error: SILENT, where: "stage" };
}

export class Server {
  /** @param {(request: object) => Promise<object>} send see wire.js */
  constructor(send) {
    Object.assign(this, { send, waiting: [], flying: { urgent: false, other: false } });
  }

  /** @param {import("./compute.js").Entry[]} entries each is given a value or an error, in its time */
  ask(entries) {
    this.waiting.push(...entries);
    this.next();
  }

  next() {
    this.waiting = this.waiting.filter((entry) => entry.wanted);
    for (const lane of ["urgent", "other"]) {
      const pool = this.waiting.filter((entry) => entry.urgent === (lane === "urgent"));
      if (this.flying[lane] || !pool.length) continue;
      const batch = pool.filter((entry) => entry.model === pool[0].model).slice(0, MOST);
      this.waiting = this.waiting.filter((entry) => !batch.includes(entry));
      this.flying[lane] = true;
      this.carry(batch).finally(() => {
        this.flying[lane] = false;
        this.next();
      });
    }
  }

  /** One request: entries of the same question and arguments travel as one question. */
  async carry(batch) {
    const groups = new Map();
    for (const entry of batch) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
    const questions = [...groups.values()].map((entries) => {
      const { ask, extra, point } = entries[0];
      return { ask, ...extra, ...(point === undefined ? {} : { points: entries.map((entry) => entry.point) }) };
    });
    const answer = await ask(this.send, { do: "ask", model: batch[0].model, questions }, placeOf(batch[0]));
    if (!answer.ok) batch.forEach((entry) => entry.fail(new ExplorerError(answer.error, answer.where)));
    else [...groups.values()].forEach((entries, k) => this.settle(entries, answer.answers[k]));
  }

  /** What one question was answered; what isn't answered yet waits again. */
  settle(entries, { ok, value, error, where, later }) {
    const [first] = entries;
    if (!ok && entries.length === 1) first.fail(new ExplorerError(error, where));
    else if (!ok) this.again(entries.map((entry) => Object.assign(entry, { group: entry.key }))); // one is at fault: each alone
    else {
      const known = first.point !== undefined ? (value ?? []) : later ? [] : [value];
      known.forEach((one, k) => entries[k].give(first.ask === "tensor" ? numbers(one) : one));
      this.again(entries.slice(known.length));
    }
  }

  again(entries) {
    this.waiting.unshift(...entries);
  }
}

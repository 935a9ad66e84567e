/** How the page talks to a class on the server, see `explorer/page/classes/routes.py`: requests, and a stream of events that goes on after a drop. */

import { keep, later, recall } from "../core/dom.js";

const KEPT = "explorer.classes"; // code -> {secret, teaches, lesson}
const QUIET = 45_000; // milliseconds: the server says something every 15 s, so the line is dead
const LONGEST = 15_000; // between two tries
const AWAY = "The server can't be reached; what you do is kept and sent later.";

/** A code as a person types it -> as it is kept; as `normal` of codes.py. */
export const normal = (text) => text.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");

/** A code as people read it. */
export const written = (code) => `${code.slice(0, 4)}-${code.slice(4)}`;

/** 128 bits that nobody can guess; works where the page came by plain http, too. */
export function secret() {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/** The classes that this browser is in, or teaches. @returns {Object<string, {secret: string, teaches: boolean, lesson: string}>} */
export function known() {
  const all = recall(KEPT, {});
  return all && typeof all === "object" && !Array.isArray(all) ? all : {};
}

/** Remember a class, or forget it. @param {string} code @param {object|null} what */
export function remember(code, what) {
  const all = known();
  if (what) all[code] = what;
  else delete all[code];
  keep(KEPT, all);
}

/** A refusal with its sentence; `status` 0 where the server wasn't reached. */
const refusal = (sentence, status) => Object.assign(new Error(sentence), { sentence, status });

/** @param {string} path below `/class` @returns {Promise<Response>} */
async function request(path, secret, { method = "GET", body, ...more } = {}) {
  const headers = { ...(secret ? { Authorization: `Bearer ${secret}` } : {}), ...(body ? { "Content-Type": "application/json" } : {}), ...more.headers };
  let answer;
  try {
    answer = await fetch(new URL(`class${path}`, document.baseURI), { method, cache: "no-store", ...more, headers, body: body && JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw refusal(AWAY, 0);
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => null);
  throw refusal(said?.error ?? AWAY, said?.error ? answer.status : 0); // no sentence of ours: something between us and the server
}

/** Open a class. @param {{lesson: string, text?: string}} what a lesson's name, or its file @returns {Promise<{code: string, secret: string}>} */
export const opened = async (what) => (await request("", null, { method: "POST", body: what })).json();

export class Talk {
  /** @param {string} code @param {string} secret */
  constructor(code, secret) {
    Object.assign(this, { code, secret, over: new AbortController(), last: null });
  }

  ask(method, path = "", body = undefined) {
    return request(`/${this.code}${path}`, this.secret, { method, body, signal: this.over.signal });
  }

  /** Hang up. */
  close() {
    this.over.abort();
  }

  /**
   * Hear what happens, until the class is over or `close`.
   * @param {(kind: string, data: object) => void} hear `gone` comes last
   * @param {(away: boolean) => void} line whether the server can't be reached at the moment
   */
  async listen(hear, line) {
    for (let pause = 500; !this.over.signal.aborted; pause = Math.min(2 * pause, LONGEST)) {
      try {
        const gone = await this.stream((kind, data) => {
          pause = 500;
          line(false);
          hear(kind, data);
        });
        if (gone) return;
      } catch (error) {
        if (this.over.signal.aborted) return;
        if (error.status === 404 || error.status === 403) {
          hear("gone", { sentence: error.sentence });
          return;
        }
      }
      line(true);
      await later(pause * (0.5 + Math.random())); // not all at once
    }
  }

  /** One connection. @returns {Promise<boolean>} whether the class is over */
  async stream(hear) {
    const dead = new AbortController();
    const stop = () => dead.abort();
    this.over.signal.addEventListener("abort", stop);
    let clock = setTimeout(stop, QUIET);
    try {
      const headers = this.last === null ? {} : { "Last-Event-ID": this.last };
      const answer = await request(`/${this.code}/stream`, this.secret, { headers, signal: dead.signal });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let held = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return false;
        clearTimeout(clock);
        clock = setTimeout(stop, QUIET);
        const parts = (held + value.replaceAll("\r", "")).split("\n\n");
        held = parts.pop();
        for (const part of parts) {
          const event = parsed(part);
          if (!event) continue;
          hear(event.event, JSON.parse(event.data));
          this.last = event.id ?? this.last;
          if (event.event === "gone") return true;
        }
      }
    } finally {
      clearTimeout(clock);
      this.over.signal.removeEventListener("abort", stop);
    }
  }
}

/** The lines of a server-sent event -> its fields; null for a comment. */
function parsed(text) {
  const fields = text.split("\n").filter((line) => line && !line.startsWith(":")).map((line) => /^([^:]*): ?(.*)$/.exec(line)).filter(Boolean);
  return fields.length ? Object.fromEntries(fields.map(([, name, value]) => [name, value])) : null;
}

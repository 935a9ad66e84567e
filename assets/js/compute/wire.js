/**
 * The server's one function (`act` of explorer/page/act.py), asked at the address at which Gradio has it. By the page itself, since
 * Gradio's client would swallow a refusal with its status and its sentence.
 */

import { current } from "../core/updated.js";
import { refuse } from "./refusals.js";

/** Whose turn it is: the server's queue goes round among the pages that are open (explorer/page/serving/turns.py). */
export const VISITOR = crypto.getRandomValues(new Uint32Array(3)).join("-");
const SESSION = "page"; // the same for all: Gradio copies its app for each, and nothing is kept in one
export const TOO_LARGE = 413;

/** @returns {(request: object) => Promise<object>} rejects where nothing can be made of the answer; `after`: seconds to another try */
export function wire() {
  const { root, api_prefix: prefix = "", components } = window.gradio_config;
  const { id } = components.find(({ props }) => props.elem_id === "explorer");
  const headers = { "Content-Type": "application/json", "X-Explorer-Visitor": VISITOR };
  return async (request) => {
    const body = JSON.stringify({ data: request, component_id: id, fn_name: "act", session_hash: SESSION });
    const answer = await fetch(`${root}${prefix}/component_server/`, { method: "POST", headers, body });
    if (answer.status === TOO_LARGE) {
      const { sentence, where } = refuse("body-large");
      return { ok: false, error: sentence, where };
    }
    current(answer.headers.get("X-Explorer-Assets"));
    const after = Number(answer.headers.get("Retry-After")) || null;
    if (!answer.ok && !after) throw new Error(answer.statusText);
    return { ...(await answer.json()), after };
  };
}

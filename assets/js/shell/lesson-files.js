/**
 * Lessons of one's own: a file that is chosen or dropped, or a link that carries one. Its text is kept in this browser, and read by
 * the server each time it is opened (`explorer/museum/lessons/shelf.py`), since there is one reader of lessons.
 */

import { deflated, inflated } from "../compute/link.js";
import { copy, keep, make, recall } from "../core/dom.js";
import { toast } from "../core/notices.js";

const KEPT = "explorer.lesson-files";
export const OWN = "own:"; // before the name of one
const CARRIES = "lesson=";
const LONGEST_LINK = 32768; // characters, as a scene's
const LARGEST = 262144; // bytes that a link may unfold to, and that are read of a file: more than the server takes

const refusal = (sentence) => Object.assign(new Error("lesson"), { sentence });

function all() {
  const kept = recall(KEPT, {});
  return kept && typeof kept === "object" ? kept : {};
}

/** A file -> its name and text. @param {File} file */
export async function textOf(file) {
  const { name } = file;
  if (file.size > LARGEST) throw refusal(`${name} is far too large for a lesson.`);
  try {
    return { name, text: new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()) };
  } catch {
    throw refusal(`${name} holds no text that can be read.`);
  }
}

/** The hash of an address -> the same. @param {string} hash */
export async function carried(hash) {
  const code = hash.slice(1 + CARRIES.length);
  const whole = code.length <= LONGEST_LINK ? await inflated(code, LARGEST).catch(() => null) : null;
  if (whole === null) throw refusal("This link carries no lesson that can be read; part of it may be missing.");
  const [name] = whole.split("\n", 1);
  return { name, text: whole.slice(name.length + 1) };
}

/** What is kept under a name. @param {string} name with `own:` */
export function kept(name) {
  const known = all();
  const short = name.slice(OWN.length);
  if (!Object.hasOwn(known, short)) throw refusal("This lesson is kept in another browser; ask for its file, or for a link that carries it.");
  return known[short];
}

/**
 * Have a lesson read, and keep its text.
 * @param {(request: object) => Promise<object>} ask
 * @param {{name: string, text: string}} file
 * @returns {Promise<object>} as the server gives it, under a name of its own
 */
export async function read(ask, { name, text }) {
  const answer = await ask({ do: "lesson", name, text });
  if (!answer.ok) throw refusal(answer.error);
  const { lesson } = answer;
  const { title, goal, minutes, level, steps } = lesson;
  const entry = { title, goal, minutes, level, steps: steps.length };
  if (!keep(KEPT, { ...all(), [lesson.name]: { name, text, entry } })) toast("This browser keeps no more; it is gone when the page is closed");
  return { ...lesson, name: OWN + lesson.name };
}

/** Put a link that carries it on the clipboard. */
async function copyLink({ name, text }) {
  const code = await deflated(`${name}\n${text}`);
  if (code.length > LONGEST_LINK) toast("It is too long for a link; send its file");
  else toast((await copy(`${location.origin}${location.pathname}#${CARRIES}${code}`)) ? "Link copied" : "The browser keeps the page from copying");
}

/**
 * The part of the list that is one's own.
 * @param {{row: (entry: object, ...more: Node[]) => Node, again: () => void, begin: (file: File) => void}} list
 * @returns {{entries: object[], rows: Node[], ways: Node[]}} what is kept, a row for each that is kept, and the controls by which one is opened
 */
export function section({ row, again, begin }) {
  const file = make("input", { type: "file", id: "lesson-file", accept: ".md,.markdown,text/markdown", class: "visually-hidden", tabindex: -1, "aria-label": "The file of a lesson", change: () => {
    const [one] = file.files;
    file.value = "";
    if (one) begin(one);
  } });
  const forget = (name) => {
    const { [name]: _, ...rest } = all();
    keep(KEPT, rest);
    again();
  };
  const small = (text, name, click) => make("button", { type: "button", class: "small-action", "data-own": name, text, click });
  const known = Object.entries(all()).map(([name, one]) => ({ name, one, entry: { ...one.entry, name: OWN + name } }));
  const rows = known.map(({ name, one, entry }) =>
    row(entry, make("p", { class: "row lesson-own" }, make("small", { text: one.name }), small("Copy its link", name, () => copyLink(one)), small("Remove", name, () => forget(name)))));
  return { entries: known.map(({ entry }) => entry), rows, ways: [file, make("button", { type: "button", class: "button", id: "lesson-open", text: "Open a lesson's file", click: () => file.click() })] };
}

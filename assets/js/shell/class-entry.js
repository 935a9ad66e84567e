/** The ways into a class: by its code, by the address, or by opening one. */

import { make } from "../core/dom.js";
import { Student } from "./class-student.js";
import { known, normal, opened, remember, secret, written } from "./class-talk.js";
import { Teacher } from "./class-teacher.js";
import { OWN, kept } from "./lesson-files.js";

/**
 * Be in a class, as its teacher where this browser opened it.
 * @param {string} text its code
 * @param {object} page as `lessons` in lessons.js has it, with `leave`
 * @returns {Promise<{held: Teacher|Student, lesson: string}>}
 */
export async function enter(text, page) {
  const code = normal(text).slice(0, 16);
  if (!/^[0-9A-Z]+$/.test(code)) throw Object.assign(new Error("code"), { sentence: "A class's code has eight letters and digits." });
  const mine = known()[code];
  const own = mine?.secret ?? secret();
  const held = mine?.teaches ? new Teacher(code, own, page) : new Student(code, own, page);
  try {
    const lesson = await held.begin();
    remember(code, { secret: own, teaches: Boolean(mine?.teaches), lesson });
    return { held, lesson };
  } catch (error) {
    held.close();
    if (error.status === 404) remember(code, null);
    throw error;
  }
}

/** What stands of classes in the list of lessons. @param {{name: string, title: string}[]} all lessons @param {(code: string, shows?: boolean) => Promise<void>} go */
export function section(all, go) {
  const warning = make("p", { class: "warning", id: "class-warning", role: "status" });
  const doing = async (work) => {
    warning.textContent = "";
    try {
      await work();
    } catch (error) {
      warning.textContent = error.sentence ?? error.message;
    }
  };
  const code = make("input", { class: "text", id: "class-code", autocomplete: "off", spellcheck: "false", maxlength: 16, placeholder: "ABCD-EFGH", "aria-label": "Code of the class" });
  const join = (event) => {
    event.preventDefault();
    doing(() => go(code.value));
  };
  const lesson = make("select", { id: "class-lesson", "aria-label": "Lesson of the class" }, ...all.map(({ name, title }) => make("option", { value: name, text: title })));
  const open = (event) => {
    event.preventDefault();
    doing(async () => {
      const own = lesson.value.startsWith(OWN) && kept(lesson.value);
      const made = await opened(own ? { lesson: own.name, text: own.text } : { lesson: lesson.value });
      remember(made.code, { secret: made.secret, teaches: true, lesson: lesson.value });
      await go(made.code, true);
    });
  };
  const back = Object.entries(known()).map(([one, { teaches }]) => make("button", { type: "button", class: "button quiet", "data-class-code": one, text: `${teaches ? "Your class" : "Class"} ${written(one)}`, click: () => doing(() => go(one)) }));
  return make(
    "section",
    { class: "class-entry", id: "class-entry" },
    make("h3", { text: "With a class" }),
    make("form", { class: "row", submit: join }, code, make("button", { type: "submit", class: "button", id: "class-join", text: "Join" })),
    make("form", { class: "row", submit: open }, lesson, make("button", { type: "submit", class: "button", id: "class-open", text: "Open a class" })),
    ...(back.length ? [make("div", { class: "row" }, ...back)] : []),
    warning,
  );
}

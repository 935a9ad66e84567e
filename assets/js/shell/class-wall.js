/** The teacher's wall: how to join, what came in of a step, and what is done with it. */

import { byId, copy, make } from "../core/dom.js";
import { toast } from "../core/notices.js";
import { chart, draw } from "./class-chart.js";
import { written } from "./class-talk.js";
import { offer } from "./download.js";

export class Wall {
  /** @param {import("./class-teacher.js").Teacher} teacher whose class it is */
  constructor(teacher) {
    Object.assign(this, { teacher, step: null, hidden: false, names: false });
    this.node = make("dialog", { class: "dialog wall", id: "wall", "aria-labelledby": "wall-title" });
    byId("dialog").after(this.node);
  }

  open() {
    this.draw();
    if (!this.node.open) this.node.showModal();
    this.code();
  }

  close() {
    this.node.remove();
  }

  /** The step that is looked at: the one that was chosen, or that the class is at, or the last one before it that asks something. */
  get at() {
    const { steps } = this.teacher.panel.lesson;
    if (this.step !== null) return this.step;
    for (let k = Math.min(this.teacher.state.step, steps.length - 1); k >= 0; k--) if (steps[k].end) return k;
    return steps.findIndex(({ end }) => end);
  }

  /** Draw anew what a change touches; the dialog's frame stays, and with it the focus. */
  refresh() {
    if (this.node.open) this.draw();
  }

  draw() {
    const { teacher } = this;
    if (!this.body) this.frame();
    const { steps } = teacher.panel.lesson;
    const { at } = this;
    const step = steps[at];
    byId("wall-joined").textContent = `${teacher.names.size} joined`;
    const freeze = byId("wall-freeze");
    freeze.setAttribute("aria-pressed", String(teacher.state.frozen));
    byId("wall-hide").setAttribute("aria-pressed", String(this.hidden));
    byId("wall-names").setAttribute("aria-pressed", String(this.names));
    const { spotlight } = teacher.state;
    byId("wall-show").setAttribute("aria-pressed", String(spotlight?.step === at));
    byId("wall-step").value = String(at);
    const answers = teacher.of(at);
    byId("wall-count").textContent = `${answers.length} of ${teacher.names.size} answered`;
    byId("wall-ask").textContent = step?.end?.ask ?? "This lesson asks for nothing.";
    const reveal = Boolean(step) && teacher.panel.ended(step);
    const values = answers.map(({ number, value }) => (value?.how ? { ...value, who: number, label: this.called(number) } : value));
    const truth = teacher.panel.kept.said[step?.title]?.truth ?? null;
    const shown = step?.end && !this.hidden ? chart(step.end, values, { reveal, truth, press: (who) => teacher.spotlight(at, who, this.names) }) : make("p", { class: "note", text: "Hidden." });
    const { who } = document.activeElement?.dataset ?? {};
    this.body.replaceChildren(shown);
    if (who) this.body.querySelector(`[data-who="${who}"]`)?.focus();
    draw(this.body, teacher.facts());
  }

  called(number) {
    return (this.names && this.teacher.names.get(number)) || `student ${number}`;
  }

  frame() {
    const { teacher } = this;
    const { steps } = teacher.panel.lesson;
    const close = make("button", { type: "button", class: "tool", "aria-label": "Close", click: () => this.node.close(), text: "×" });
    const button = (id, text, title, click) => make("button", { type: "button", class: "button quiet", id, title, text, click });
    const toggle = (id, text, title, click) => {
      const made = button(id, text, title, click);
      made.setAttribute("aria-pressed", "false");
      return made;
    };
    const choose = make("select", { id: "wall-step", change: () => {
      this.step = Number(choose.value);
      this.draw();
    } }, ...steps.flatMap(({ title, end }, k) => (end ? [make("option", { value: k, text: `${k + 1}. ${title}` })] : [])));
    const address = make("input", { class: "text", id: "wall-address", readonly: true, value: teacher.address, "aria-label": "Address of the class", focus: (event) => event.target.select() });
    const copied = async () => toast((await copy(teacher.address)) ? "Copied" : "Select the address and copy it");
    this.body = make("div", { class: "wall-chart", id: "wall-chart" });
    const here = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
    this.node.replaceChildren(
      make("div", { class: "dialog-head" }, make("h2", { id: "wall-title", text: `Class ${written(teacher.talk.code)}` }), make("span", { id: "wall-joined", role: "status" }), close),
      make(
        "div",
        { class: "wall-body" },
        make(
          "div",
          { class: "wall-join" },
          make("img", { id: "wall-qr", alt: "The address of the class as a QR code" }),
          make("p", { class: "wall-code", text: written(teacher.talk.code) }),
          address,
          button("wall-copy", "Copy the address", "Copy the address", copied),
          ...(here ? [make("p", { class: "caution", id: "wall-here", text: "This address opens on this machine alone. For other devices start the explorer with EXPLORER_HOST=0.0.0.0 and open it by this machine's address in the network." })] : []),
          make("p", { class: "note", id: "wall-ends" }),
        ),
        make(
          "div",
          { class: "wall-main" },
          make("div", { class: "row wall-what" }, make("label", { for: "wall-step", text: "Step" }), choose, make("span", { id: "wall-count", role: "status" })),
          make("p", { class: "wall-ask", id: "wall-ask" }),
          this.body,
          make("p", { class: "warning", id: "wall-warning", role: "status" }),
          make(
            "div",
            { class: "row wall-tools" },
            toggle("wall-freeze", "Stop answers", "No further answer is taken", () => teacher.change({ frozen: !teacher.state.frozen })),
            toggle("wall-hide", "Hide", "Hide the answers here", () => {
              this.hidden = !this.hidden;
              this.draw();
            }),
            toggle("wall-names", "Names", "Show the names of those who gave one", () => {
              this.names = !this.names;
              this.draw();
            }),
            toggle("wall-show", "Show to all", "Show this chart on the students' pages", () => (teacher.state.spotlight?.step === this.at ? teacher.change({ spotlight: null }) : teacher.spotlight(this.at, null, false))),
            button("wall-save", "Save as CSV", "All answers as a table", () => teacher.table().then((blob) => offer(blob, `class-${written(teacher.talk.code)}.csv`), (error) => this.warn(error))),
            button("wall-delete", "Delete the class", "Delete all that was sent", () => this.ask()),
          ),
        ),
      ),
    );
    byId("wall-ends").textContent = `Everything is deleted at ${new Date(1000 * teacher.ends).toLocaleString([], { dateStyle: "short", timeStyle: "short" })}, or by the button.`;
  }

  warn(error) {
    byId("wall-warning").textContent = error.sentence ?? error.message;
  }

  /** Once more before all is deleted. */
  ask() {
    const button = byId("wall-delete");
    if (button.dataset.sure) {
      this.teacher.end().catch((error) => this.warn(error));
      return;
    }
    button.dataset.sure = "yes";
    button.textContent = "Delete all, really";
    setTimeout(() => {
      delete button.dataset.sure;
      button.textContent = "Delete the class";
    }, 4000);
  }

  /** The QR code, drawn by the server. */
  async code() {
    const image = byId("wall-qr");
    if (image.src) return;
    try {
      image.src = URL.createObjectURL(await this.teacher.qr());
    } catch (error) {
      this.warn(error);
    }
  }
}

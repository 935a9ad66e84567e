/** The keyboard. */

import { byId, recall } from "../core/dom.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const TYPING = "input:not([type=range]):not([type=radio]):not([type=checkbox]):not([type=button]), textarea, select";
const OWN_ARROWS = `${TYPING}, input, [role=tab], summary`;

/** The picture that has the focus, if any: what keys do to the stage they then do to it. */
const cellOf = (event) => event.target.closest?.(".cell[data-point]") ?? undefined;

const SINGLE = "explorer.keys"; // whether keys without Ctrl do anything; switched in the dialog of keys

/** @param {{store: object, hands: object, run: (name: string) => void}} app */
export function keys({ store, hands, run }) {
  const plain = {
    d: () => run("difference"),
    p: (event) => run("pin", cellOf(event)),
    a: (event) => run("to-a", cellOf(event)),
    b: (event) => run("to-b", cellOf(event)),
    x: () => hands.middle(),
    h: () => run("history"),
    "?": () => run("keys"),
    l: () => hands.setMode("lasso"),
    r: () => hands.setMode("box"),
    m: () => hands.setMode("pan"),
    "+": () => hands.zoom(1.5),
    "=": () => hands.zoom(1.5),
    "-": () => hands.zoom(1 / 1.5),
    0: () => hands.zoom(0),
    "/": () => byId("search").focus(),
    g: () => byId("checkpoint").click(),
    s: (event) => (event.shiftKey ? hands.gatherSeen() : hands.gather()),
  };

  document.addEventListener("keydown", (event) => {
    if (!store.scene || document.querySelector("dialog[open]")) return;
    const typing = event.target.matches?.(TYPING);
    if ((event.ctrlKey || event.metaKey) && !typing) {
      const way = event.target.id === "map" && ARROWS[event.key];
      if (way) {
        event.preventDefault();
        hands.move(...way);
        return;
      }
      const key = event.key.toLowerCase();
      if (key === "z" || key === "y") {
        event.preventDefault();
        run(key === "y" || event.shiftKey ? "redo" : "undo");
      }
      return;
    }
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    if (event.key === "Escape") {
      hands.clear();
      if (typing) event.target.blur();
      return;
    }
    if (typing) return;
    if (event.key === "Enter" && event.target.id === "map") {
      hands.deeper();
      return;
    }
    const arrow = ARROWS[event.key];
    if (arrow && !event.target.matches?.(OWN_ARROWS) && !event.target.closest?.(".cells, .lesson")) {
      event.preventDefault();
      hands.step(...arrow, event.shiftKey);
      return;
    }
    if (recall(SINGLE, true) === false && event.key !== "?") return;
    const tab = /^[1-9]$/.test(event.key) && document.querySelectorAll("#tabs [role=tab]")[Number(event.key) - 1];
    if (tab) tab.click();
    else if (plain[event.key.toLowerCase()]) {
      event.preventDefault();
      plain[event.key.toLowerCase()](event);
    }
  });
}

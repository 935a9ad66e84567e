/** Moves one control of the panel after the other, as a hand would, and tells which of them change nothing. */
(() => {
  const PATIENCE = 12000; // milliseconds in which a page at rest shows what a control did
  const byId = (id) => document.getElementById(id);
  const panel = () => byId("panel");
  const wait = (time) => new Promise((done) => setTimeout(done, time));
  const ready = () => byId("workspace").dataset.state === "ready";
  const seen = (node) => node.checkVisibility?.({ visibilityProperty: true }) && node.getClientRects().length > 0;

  /** Something short that differs where the text does. */
  function digest(text) {
    let sum = 7;
    for (let k = 0; k < text.length; k++) sum = (sum * 31 + text.charCodeAt(k)) | 0;
    return `${text.length}:${sum}`;
  }

  /** What can be seen of an element, without the states that a control has of itself. */
  function look(node, without) {
    const out = [];
    const walk = (one) => {
      if (one === without || (one.matches?.("output") && without?.id && one.htmlFor?.contains?.(without.id))) return;
      if (one.nodeType === 3) return one.data.trim() && out.push(one.data.trim());
      if (one.nodeType !== 1 || one.hidden) return;
      const { localName: tag } = one;
      if (tag === "img") out.push(one.getAttribute("src") ?? "");
      if (one.namespaceURI.endsWith("svg")) for (const name of ["d", "points", "x", "y", "cx", "cy", "x1", "y1", "x2", "y2"]) if (one.hasAttribute(name)) out.push(one.getAttribute(name));
      if (tag === "canvas" && !one.matches(".live")) out.push(digest(one.toDataURL()));
      if (tag === "details") out.push(one.open);
      if (one.disabled) out.push("disabled");
      if (tag === "a") out.push(one.getAttribute("href"));
      one.childNodes.forEach(walk);
    };
    walk(node);
    return digest(JSON.stringify(out));
  }

  /** Everything a control may change, part by part. */
  const shown = (control) => ({
    after: byId("stage-after").src, before: byId("stage-before").src, panel: look(panel(), control), caption: look(byId("caption")),
    difference: byId("workspace").hasAttribute("data-difference"), pins: look(byId("pins")), overlay: look(document.querySelector("#map .overlay")),
    dialog: Boolean(document.querySelector("dialog[open]")), toast: look(byId("toasts")), listening: document.querySelectorAll('.listen[aria-pressed="true"]').length,
    tab: panel().dataset.tab, files: chosen, said: [...document.querySelectorAll("[data-notice]")].map((one) => one.innerText).join(), groups: look(byId("groups")),
  });
  let chosen = 0; // times that the page asked for a file
  const press = HTMLInputElement.prototype.click;
  HTMLInputElement.prototype.click = function () {
    if (this.type === "file") chosen += 1;
    else press.call(this);
  };
  const differing = (a, b) => Object.keys(a).filter((name) => a[name] !== b[name]);

  /** The reason that a control gives for being off. */
  const reason = (node) => node.title || node.closest("label")?.title || (node.getAttribute("aria-describedby") && byId(node.getAttribute("aria-describedby"))?.innerText) || "";

  /**
   * The controls of the panel, and how to find each again after it was drawn anew.
   * @param {number} most values of each choice @param {boolean} few cells of the first strip alone
   */
  function controls(most, few) {
    const found = [];
    const strips = new Set();
    const add = (node, key, more = {}) => found.push({ key, pressed: node.getAttribute("aria-pressed") === "true", off: Boolean(node.disabled), reason: reason(node), label: (node.getAttribute("aria-label") ?? node.innerText ?? "").trim().slice(0, 60), ...more });
    const groups = new Map();
    for (const node of panel().querySelectorAll("input, select, button, summary, a[download]")) {
      const cell = node.closest(".cell");
      if (node.matches("a[download]")) continue; // files are opened by test_downloads.py
      if (!seen(node.type === "radio" ? (node.closest("label") ?? node) : node) && !cell) continue;
      if (node.matches(".code")) {
        const all = [...node.parentElement.querySelectorAll(".code")];
        const at = all.indexOf(node);
        if (at === 0 || at === all.length - 1) add(node, [`#${node.parentElement.id} .code`, at]);
      } else if (node.type === "radio") {
        const list = groups.get(node.name) ?? groups.set(node.name, []).get(node.name);
        list.push(node);
      } else if (cell) {
        const holder = node.closest(".strip, .matrix, .grid, .nearest, .end") ?? cell;
        const all = [...holder.querySelectorAll(".cell")];
        const last = all.filter((one) => !one.classList.contains("on")).at(-1);
        if (few && strips.size && !strips.has(holder)) continue;
        strips.add(holder);
        const wanted = node.matches(".cell-face") ? cell === last : cell === all[0];
        if (wanted && holder.id) add(node, [`#${holder.id} .cell`, all.indexOf(cell), node.dataset.do ?? ".cell-face"]);
      } else if (node.id) add(node, [`#${CSS.escape(node.id)}`], { type: node.type });
      else if (node.matches("summary")) add(node, ["#panel summary", [...panel().querySelectorAll("summary")].indexOf(node)]);
      else if (node.matches(".tally")) add(node, [`#${node.parentElement.id} .tally`, [...node.parentElement.children].indexOf(node)]);
      else add(node, ["#panel button", [...panel().querySelectorAll("button")].indexOf(node)]);
    }
    for (const [name, all] of groups) {
      const chosen = all.filter((one) => one.checked);
      for (const one of all) if (one.disabled) add(one, [`[name="${name}"]`, all.indexOf(one)]);
      const free = all.filter((one) => !one.disabled && !chosen.includes(one));
      for (const one of free.slice(0, most)) add(one, [`[name="${name}"]`, all.indexOf(one)]);
    }
    return found;
  }

  function locate([selector, at = 0, inner]) {
    const node = document.querySelectorAll(selector)[at];
    if (!inner || !node) return node;
    return inner.startsWith(".") ? node.querySelector(inner) : node.querySelector(`[data-do="${inner}"]`);
  }

  const fire = (node, ...names) => names.forEach((name) => node.dispatchEvent(new Event(name, { bubbles: true })));

  /** Move it: a slider to its farther end, a list to another choice, a number by a step, the rest is pressed. */
  function move(node) {
    if (node.type === "range") {
      const [low, high, now] = [node.min || 0, node.max || 100, node.value].map(Number);
      node.value = now - low > high - now ? low : high;
      fire(node, "input", "change");
    } else if (node.type === "number") {
      const next = Number(node.value) + Number(node.step || 1);
      node.value = node.max && next > Number(node.max) ? node.min : next;
      fire(node, "input", "change");
    } else if (node.localName === "select") {
      const other = [...node.options].findIndex((one, k) => !one.disabled && k !== node.selectedIndex);
      if (other < 0) return false;
      node.selectedIndex = other;
      fire(node, "input", "change");
    } else {
      node.click();
    }
    return true;
  }

  /** Whether it can be pressed where it is. */
  function covered(node) {
    const face = node.type === "radio" ? (node.closest("label") ?? node) : node;
    face.scrollIntoView({ block: "center", inline: "center" });
    const box = face.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return top && !face.contains(top) && !top.contains(face) ? `under ${top.localName}.${top.className}` : null;
  }

  /** Wait until the page rests and shows what `good` wants. */
  async function until(good, patience = PATIENCE) {
    let rested = 0;
    let last = performance.now();
    for (;;) {
      const now = performance.now();
      if (ready()) rested += now - last;
      last = now;
      if (ready() && good()) return true;
      if (rested > patience) return false;
      await wait(30);
    }
  }

  /** Move a control, and tell what it changed; null: nothing. */
  async function turn(key, patience) {
    const node = locate(key);
    if (!node) return { gone: true };
    const over = node.closest(".cell-actions") ? null : covered(node);
    const before = shown(node);
    if (!move(node)) return { single: true };
    const changed = () => differing(before, shown(locate(key) ?? node));
    await until(() => changed().length > 0, patience);
    await until(() => true);
    return { changed: changed(), covered: over };
  }

  /** Back to a scene. */
  async function back(link) {
    document.querySelector("dialog[open]")?.close();
    document.querySelectorAll(".notice-close").forEach((one) => one.click());
    document.querySelectorAll('.listen[aria-pressed="true"], #panel [data-do="play"][aria-pressed="true"]').forEach((one) => one.click());
    byId("select-none")?.click(); // what is selected is no part of the scene
    await until(() => !byId("select-none"));
    if (location.hash !== link) {
      const drawn = byId("workspace").dataset.rendered;
      location.hash = link;
      await until(() => byId("workspace").dataset.rendered !== drawn, 3000);
    }
    await until(() => true);
  }

  window.sweep = { controls, turn, back, until, shown, differing };
})();

/** What is cut, overlaps or leaves its column on the page as it stands; and where controls are. */
(() => {
  const CONTROLS = "button, a[href], input, select, summary, [role=tab], textarea";
  const COLUMNS = "dialog[open], [data-place], .bar, .welcome, .room-bar, main";
  const NEAR = 1.5; // pixels that rounding and outlines take

  const named = (node) => `${node.localName}${node.id ? `#${node.id}` : ""}.${String(node.getAttribute("class") ?? "").split(" ").join(".")} "${(node.innerText ?? node.getAttribute("aria-label") ?? "").trim().slice(0, 30)}"`;
  const scrolls = (node) => /auto|scroll/.test(getComputedStyle(node).overflowX);
  const root = () => document.querySelector("dialog[open]") ?? document.querySelector("#workspace") ?? document.body;

  /** What can be seen: not hidden, not for screen readers alone, not scrolled out of what holds it. */
  function seen(node) {
    if (!node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
    const box = node.getBoundingClientRect();
    if (box.width < 3 || box.height < 3) return false;
    return !node.closest(".visually-hidden, .skip, .explained-all, [aria-hidden=true]");
  }

  /** The box of it that is left where those around it scroll. */
  function left(node) {
    let { left: x, top: y, right, bottom } = node.getBoundingClientRect();
    for (let up = node.parentElement; up; up = up.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(up);
      if (overflowX === "visible" && overflowY === "visible") continue;
      const box = up.getBoundingClientRect();
      [x, y, right, bottom] = [Math.max(x, box.left), Math.max(y, box.top), Math.min(right, box.right), Math.min(bottom, box.bottom)];
    }
    return { left: x, top: y, right, bottom };
  }

  /** Those that lie within a column which they leave to the side, with nothing to scroll in between. */
  function leaving(all) {
    return all.flatMap((node) => {
      const column = node.parentElement.closest(COLUMNS);
      if (!column || getComputedStyle(column).display === "contents") return [];
      for (let up = node.parentElement; up !== column; up = up.parentElement) if (scrolls(up) || getComputedStyle(up).position === "fixed") return [];
      const [a, b] = [node.getBoundingClientRect(), column.getBoundingClientRect()];
      return a.left < b.left - NEAR || a.right > Math.min(b.right, innerWidth) + NEAR ? [`${named(node)} leaves ${named(column).slice(0, 40)}`] : [];
    });
  }

  function overlapping(all) {
    const boxes = all
      .filter((node) => !node.closest(".cell-actions, .divider, .overlay, .hover-card, .term-tip") && !node.matches(".code"))
      .map((node) => (node.type === "radio" ? (node.closest("label") ?? node) : node))
      .map((node) => ({ node, box: left(node) }))
      .filter(({ box }) => box.right - box.left > 3 && box.bottom - box.top > 3);
    const out = [];
    boxes.forEach(({ node, box: a }, k) => {
      for (const { node: other, box: b } of boxes.slice(k + 1)) {
        if (node.contains(other) || other.contains(node)) continue;
        const [wide, high] = [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
        const sticky = [node, other].some((one) => one.closest(".frames, .dialog-head, .map"));
        if (wide > 3 && high > 3 && !sticky) out.push(`${named(node)} overlaps ${named(other)}`);
      }
    });
    return out;
  }

  /** Text that its element is too small for, without dots and a title. */
  function cut() {
    return [...root().querySelectorAll("*")].flatMap((node) => {
      if (!seen(node) || ![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) return [];
      const style = getComputedStyle(node);
      if (style.display === "inline" || style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none") return [];
      const wide = /hidden|clip/.test(style.overflowX) && node.scrollWidth > node.clientWidth + NEAR;
      const high = /hidden|clip/.test(style.overflowY) && node.scrollHeight > node.clientHeight + 3;
      return wide || high ? [`${named(node)} is cut`] : [];
    });
  }

  /** Lines of the stage whose height is set beforehand, and doesn't hold what stands in them. */
  function spilling() {
    return ["#stage-facts > *, #stage-facts li", ".caption > *"].flatMap((selector) =>
      [...document.querySelectorAll(selector)].flatMap((node) => {
        const host = node.closest("#stage-facts, .caption");
        if (!seen(node) || getComputedStyle(node).display === "contents") return [];
        return node.getBoundingClientRect().bottom > host.getBoundingClientRect().bottom + 4 ? [`${named(node)} doesn't fit into ${named(host).slice(0, 30)}`] : [];
      }),
    );
  }

  /** Words and numbers of a chart that lie on each other or leave it. */
  function smeared() {
    return [...root().querySelectorAll(".figure")].filter(seen).flatMap((chart) => {
      const room = chart.getBoundingClientRect();
      const texts = [...chart.querySelectorAll("svg text")].map((node) => ({ said: node.textContent, box: node.getBoundingClientRect() })).filter(({ box }) => box.width > 1);
      const out = texts.filter(({ box }) => box.left < room.left - NEAR || box.right > room.right + NEAR).map(({ said }) => `"${said}" leaves its chart`);
      texts.forEach(({ said, box: a }, k) => {
        for (const { said: other, box: b } of texts.slice(k + 1)) {
          if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3) out.push(`"${said}" lies on "${other}" in a chart`);
        }
      });
      return out;
    });
  }

  function faults() {
    const all = [...root().querySelectorAll(CONTROLS)].filter((node) => (node.type === "radio" ? seen(node.closest("label") ?? node) : seen(node)));
    const wide = document.documentElement.scrollWidth > innerWidth + 1 ? [`the page is ${document.documentElement.scrollWidth} px wide`] : [];
    return [...wide, ...leaving([...all, ...[...root().querySelectorAll("p, img, h2, h3, table, .strip, .note")].filter(seen)]), ...overlapping(all), ...cut(), ...spilling(), ...smeared()];
  }

  /** Where the controls of the page are: [x, y] by id. */
  function places() {
    const out = {};
    for (const node of document.querySelectorAll("#stage [id], #panel [id], #tabs [id], #stage [data-do]")) {
      if (!node.matches(CONTROLS) || !seen(node)) continue;
      const box = node.getBoundingClientRect();
      out[node.id || node.dataset.do] = [box.left, box.top];
    }
    return out;
  }

  window.geometry = { faults, places };
})();

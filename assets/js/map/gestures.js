/** Pointers on the map: click, drag, two fingers, wheel, lasso and box. Says what was done; does nothing itself. */

const STILL = 4;

/**
 * @param {HTMLElement} host
 * @param {{hover: Function, leave: Function, click: Function, pan: Function, zoom: Function, hold: Function, trace: Function, select: Function}} on
 *   positions are pixels within the host; `hold(yes)` while a pointer is down, `trace(points)` while drawing, `select(points, event)` when done
 * @param {() => "pan"|"lasso"|"box"|"off"} mode
 */
export function gestures(host, on, mode) {
  const down = new Map();
  let moved = false;
  let drawn = null;
  let spread = 0;

  const at = (event) => {
    const frame = host.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  };
  const ours = (event) => mode() !== "off" && !event.target.closest("button, select, .groups");
  const outline = (here) => (mode() === "box" ? box(drawn[0], here) : [...drawn, here]);

  host.addEventListener("pointerdown", (event) => {
    if (!ours(event) || event.button > 0) return;
    host.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    moved = down.size > 1;
    drawn = mode() === "pan" || down.size > 1 ? null : [at(event)];
    spread = 0;
    on.hold(true);
  });

  host.addEventListener("pointermove", (event) => {
    const here = at(event);
    const before = down.get(event.pointerId);
    if (!before) {
      if (ours(event) && event.pointerType !== "touch") on.hover(here, event);
      return;
    }
    if (!moved && Math.hypot(here[0] - before[0], here[1] - before[1]) < STILL) return;
    moved = true;
    down.set(event.pointerId, here);
    if (down.size === 2) pinch();
    else if (drawn) {
      if (mode() === "lasso") drawn.push(here);
      on.trace(outline(here));
    } else on.pan(here[0] - before[0], here[1] - before[1]);
  });

  function pinch() {
    const [a, b] = [...down.values()];
    const now = Math.hypot(a[0] - b[0], a[1] - b[1]);
    if (spread) on.zoom(now / spread, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
    spread = now;
  }

  const up = (event) => {
    if (!down.delete(event.pointerId)) return;
    const here = at(event);
    if (event.type === "pointerup" && down.size === 0) {
      if (!moved) on.click(here, event);
      else if (drawn) on.select(outline(here), event);
    }
    if (drawn) on.trace(null);
    drawn = null;
    if (down.size === 0) on.hold(false);
  };
  host.addEventListener("pointerup", up);
  host.addEventListener("pointercancel", up);
  host.addEventListener("pointerleave", () => on.leave());
  host.addEventListener(
    "wheel",
    (event) => {
      if (!ours(event)) return;
      event.preventDefault();
      const step = event.deltaMode === 1 ? 24 : 1;
      on.zoom(Math.exp(-event.deltaY * step * 0.0018), at(event));
    },
    { passive: false },
  );
}

const box = ([a, b], [c, d]) => [[a, b], [c, b], [c, d], [a, d]];

/** Whether a spot lies within a polygon (even-odd rule). */
export function within(polygon, x, y) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [a, b] = polygon[i];
    const [c, d] = polygon[j];
    if (b > y !== d > y && x < ((c - a) * (y - b)) / (d - b) + a) inside = !inside;
  }
  return inside;
}

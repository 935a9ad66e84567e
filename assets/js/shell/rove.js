/**
 * Pictures to press are one Tab stop for each strip, grid or matrix, whichever was pressed last; arrows lead from one to the next.
 *
 * What else can be done with a picture, the keys P, A and B do to the one that has the focus (keys.js).
 */

const GROUP = ".cells, .grid, .matrix";
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const LINES = { ArrowUp: -1, ArrowDown: 1 };

const faces = (group) => [...group.querySelectorAll(".cell-face")];

/** Let this picture be the Tab stop of its group. */
function stop(face, all) {
  for (const other of all) other.tabIndex = other === face ? 0 : -1;
}

/** The picture above or below, nearest to this one's column. */
function beside(face, all, way) {
  const here = face.getBoundingClientRect();
  let best = null;
  for (const other of all) {
    const box = other.getBoundingClientRect();
    const down = (box.top - here.top) * way;
    const far = [down, Math.abs(box.left - here.left)];
    if (down > 2 && (!best || far[0] < best.far[0] - 2 || (far[0] < best.far[0] + 2 && far[1] < best.far[1]))) best = { other, far };
  }
  return best?.other ?? null;
}

/** @param {HTMLElement} root */
export function rove(root) {
  const dress = () => {
    for (const group of root.querySelectorAll(GROUP)) {
      const all = faces(group);
      const stops = all.filter((face) => face.getAttribute("tabindex") === "0");
      if (all.length) stop(stops.length === 1 ? stops[0] : (group.querySelector(".cell.on > .cell-face") ?? all[0]), all);
    }
  };
  document.addEventListener("panel", dress);
  root.addEventListener("focusin", ({ target }) => target.matches(".cell-face") && target.closest(GROUP) && stop(target, faces(target.closest(GROUP))));
  root.addEventListener("keydown", (event) => {
    const group = event.target.matches?.(".cell-face") && event.target.closest(GROUP);
    if (!group || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = faces(group);
    const at = all.indexOf(event.target);
    const ends = { Home: all[0], End: all[all.length - 1] };
    const next = event.key in STEPS ? all[at + STEPS[event.key]] : event.key in LINES ? beside(event.target, faces(group.closest("#panel") ?? group), LINES[event.key]) : ends[event.key];
    if (!(event.key in STEPS || event.key in LINES || event.key in ends)) return;
    event.preventDefault();
    event.stopPropagation(); // elsewhere the arrows walk on the map
    next?.focus();
  });
}

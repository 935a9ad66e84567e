/** Charts: figures that Python made with the `plotly` package, drawn by plotly.js in the page's own colours. */

import { plotly } from "../core/bundles.js";
import { category } from "../core/palette.js";
import { token } from "../core/theme.js";
import { h } from "./patch.js";

const FONT = 12;
const CONFIG = { displayModeBar: false, responsive: true };
const NTH = /^var\(--category-(\d+)\)$/; // the n-th colour that the page tells categories apart by
const TOKEN = /^var\(--([a-z0-9-]+)(?:, (\d+)%)?\)$/; // a colour that Python names by the page's own token, and its opacity

/** @param {{id: string, label: string, figure: {data: object[], layout?: object}, height?: number}} node */
export function figure({ id, label, figure: made, height = 260 }, draw, pictures) {
  const recipe = JSON.stringify(made);
  return h("div", {
    class: "figure", id, role: "img", "aria-label": label, style: `height:${height}px`, "data-kind": "figure",
    after: (host) => {
      const shown = `${recipe}${document.documentElement.dataset.theme}`;
      if (host.dataset.drawn === shown || host.dataset.wanted === shown) return;
      host.dataset.wanted = shown;
      pictures.waiting.push(plot(host, made, shown));
      host.redraw = () => plot(host, made, (host.dataset.wanted = `${recipe}${document.documentElement.dataset.theme}`));
    },
  }, h("div", { key: "plot", class: "figure-plot", "data-foreign": true }));
}

async function plot(host, made, shown) {
  const inner = host.querySelector(".figure-plot");
  try {
    const Plotly = await plotly("cartesian");
    if (host.dataset.wanted !== shown || !inner.isConnected) return;
    const { data, layout = {} } = coloured(made);
    await Plotly.react(inner, data, dressed(layout, inner), CONFIG);
    host.dataset.drawn = shown;
  } catch (error) {
    inner.textContent = error.message;
  }
}

/** The page's type and lines around what the figure says of itself. */
function dressed(layout, inner) {
  const [ink, quiet, line] = [token("ink"), token("ink-2"), token("line")];
  const axis = { gridcolor: line, linecolor: token("line-strong"), zerolinecolor: line, tickfont: { color: quiet }, automargin: true };
  const axes = Object.fromEntries(
    [...new Set(["xaxis", "yaxis", ...Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name))])].map((name) => [name, { ...axis, ...layout[name] }]),
  );
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", autosize: true, margin: { l: 8, r: 8, t: 24, b: 8 }, dragmode: false,
    colorway: Array.from({ length: 8 }, (_, k) => category(k)), hovermode: "closest", ...layout,
    font: { family: getComputedStyle(inner).fontFamily, size: FONT, color: ink, ...layout.font }, ...axes,
  };
}

/** Colours that are named by the page's tokens, `var(--accent)`, `var(--accent, 16%)` or `var(--category-0)`, as they are now. */
function coloured(value) {
  const nth = typeof value === "string" && NTH.exec(value);
  if (nth) return category(Number(nth[1]));
  const named = typeof value === "string" && TOKEN.exec(value);
  if (named) {
    const colour = token(named[1]);
    return named[2] ? `rgba(${[1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16)).join(",")},${named[2] / 100})` : colour;
  }
  if (Array.isArray(value)) return value.map(coloured);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, coloured(one)]));
  return value;
}

document.addEventListener("themechange", () => {
  for (const host of document.querySelectorAll('[data-kind="figure"]')) host.redraw?.();
});

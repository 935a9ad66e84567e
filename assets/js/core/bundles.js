/** Plotly's bundles, each loaded when first needed. All call themselves `Plotly`, so each is kept under its own name. */

import { held } from "./files.js";
import { lost } from "./updated.js";

const loading = {};
const here = {};
const nameOf = (what) => ({ 2: "gl2d", 3: "gl3d" })[what] ?? what;

/** The bundle where it has come already, else null. @param {2|3|"cartesian"} what */
export const loaded = (what) => here[nameOf(what)] ?? null;

/** @param {2|3|"cartesian"} what @returns {Promise<object>} the bundle for maps of so many dimensions, or for charts */
export function plotly(what) {
  const name = nameOf(what);
  if (held()) return Promise.reject(new Error("A page of one file holds no plotly: its map is drawn on a canvas."));
  loading[name] ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(`../plotly-${name}.min.js`, import.meta.url);
    script.onload = () => resolve((here[name] = window.Plotly));
    script.onerror = () => {
      delete loading[name];
      lost(script.src);
      reject(new Error("The drawing part of the page couldn't be loaded; reload to try again."));
    };
    document.head.append(script);
  });
  return loading[name];
}

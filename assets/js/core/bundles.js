/** Plotly's two bundles, each loaded when first needed. Both call themselves `Plotly`, so each is kept under its own name. */

const loading = {};

/** @param {2|3} dims @returns {Promise<object>} the bundle for that many dimensions */
export function plotly(dims) {
  const name = dims === 3 ? "gl3d" : "gl2d";
  loading[name] ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(`../plotly-${name}.min.js`, import.meta.url);
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      delete loading[name];
      reject(new Error("The drawing part of the page couldn't be loaded; reload to try again."));
    };
    document.head.append(script);
  });
  return loading[name];
}

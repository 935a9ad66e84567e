/**
 * The page within a notebook's cell: an anywidget whose model holds `port`, `address`, `height`, `link` and `groups`.
 * What the page tells is put into `link` and `groups`; a `link` that Python writes is opened by the page.
 */

const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

/** Where a port of the kernel's machine is reached from this notebook. */
async function reached(port) {
  const colab = globalThis.google?.colab?.kernel;
  if (colab) return colab.proxyPort(port, { cache: true });
  const own = `http://127.0.0.1:${port}/`;
  if (!location.protocol.startsWith("http") || LOCAL.includes(location.hostname)) return own; // an editor's own window too
  const told = document.getElementById("jupyter-config-data")?.textContent;
  const base = told ? JSON.parse(told).baseUrl : (document.body.dataset.baseUrl ?? "/");
  return new URL(`${base}proxy/${port}/`, location.href).href;
}

async function render({ model, el }) {
  const address = new URL(model.get("address") || (await reached(model.get("port"))), location.href);
  const frame = document.createElement("iframe");
  frame.title = "Latent Explorer";
  frame.style.cssText = `width: 100%; height: ${model.get("height")}px; border: 0`;
  frame.allow = "clipboard-write; fullscreen";
  let shown = model.get("link"); // by the page, as far as it has told
  frame.src = `${address.href.split("#")[0]}#${shown}`;

  const heard = ({ source, data }) => {
    if (source !== frame.contentWindow || data?.explorer !== 1) return;
    shown = data.link;
    model.set("link", data.link);
    model.set("groups", data.groups);
    model.set("chosen", data.chosen);
    model.save_changes();
  };
  const asked = () => {
    const link = model.get("link");
    if (link === shown) return;
    shown = link;
    frame.contentWindow.postMessage({ explorer: 1, link }, address.origin);
  };
  addEventListener("message", heard);
  model.on("change:link", asked);
  el.append(frame);
  return () => {
    removeEventListener("message", heard);
    model.off("change:link", asked);
  };
}

export default { render };

/** A static site is kept by its service worker (`keeper.js`), so that it opens again without a network. Where none is allowed nothing is missing but that. */

import { later } from "../core/dom.js";
import { held } from "../core/files.js";
import { engine } from "../engine/engine.js";

const PATIENCE = 1500; // milliseconds that the engine waits for the worker that is to keep its files

/** Addresses of what this page fetched, of this host. */
const fetched = () => [document.URL.split("#")[0], ...performance.getEntriesByType("resource").map(({ name }) => name)].filter((url) => url.startsWith(location.origin));

const tell = (keep) => navigator.serviceWorker.controller?.postMessage({ keep: [...new Set(keep)] });

/** Install the worker. @returns {Promise<void>} it answers what is fetched from now on, or doesn't soon enough */
export async function install() {
  if (held() || !navigator.serviceWorker || !isSecureContext) return;
  try {
    const controlled = new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
    await navigator.serviceWorker.register(new URL("sw.js", document.baseURI));
    if (!navigator.serviceWorker.controller) await Promise.race([controlled, later(PATIENCE)]);
    tell(fetched());
  } catch {
    // Not on this host, or not in this window: the page works as it is.
  }
}

/** Everything of the model that is open, once its engine is up. @param {object} model its facts */
export async function whole(model) {
  try {
    await engine.whenReady();
    if (held() || navigator.connection?.saveData) return;
    const { urls } = model;
    const own = [...Object.values(urls.points), ...Object.values(urls.attributes), ...urls.sheets, urls.sheet_rows, urls.engine].filter(Boolean);
    tell([...fetched(), ...own.map((url) => new URL(url, document.baseURI).href), ...engine.files()]);
  } catch {
    // Without its engine there is nothing to keep it for.
  }
}

/**
 * The service worker of a static site: keeps what was fetched, so that a second visit needs no network. The site writes VERSION,
 * the name of its folder of assets, in front of this file.
 *
 * What carries its version in its address never changes, and is answered from what is kept; everything else (the document, the
 * facts of a model) is asked for first, and answered from what is kept where nothing comes back. A new version takes over once no
 * page of the old one is open: a page that is open finds all its files until it is closed.
 */

const CACHE = "latent-explorer";
const MOST = 128 << 20; // bytes, the oldest are dropped first
const PATIENCE = 4000; // milliseconds until what is kept is shown in place of what doesn't come
const SIZE = "x-kept-bytes";
const FOLDER = /\/assets\/([0-9a-f]{12})\//;

const lasting = (url) => url.searchParams.has("v") || FOLDER.test(url.pathname);

async function keep(request, response) {
  if (!response.ok || response.status === 206) return;
  const body = await response.blob();
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name); // the body is unpacked already
  headers.set(SIZE, body.size);
  const cache = await caches.open(CACHE);
  await cache.put(request, new Response(body, { headers }));
  await bound(cache);
}

let bounding = Promise.resolve();

function bound(cache) {
  bounding = bounding.then(async () => {
    const all = await cache.keys(); // in the order in which they were put
    const sizes = await Promise.all(all.map(async (request) => Number((await cache.match(request))?.headers.get(SIZE) ?? 0)));
    let held = sizes.reduce((sum, size) => sum + size, 0);
    for (let k = 0; k < all.length && held > MOST; held -= sizes[k++]) await cache.delete(all[k]);
  }).catch(() => {});
  return bounding;
}

const known = async (request) => (await caches.open(CACHE)).match(request);

async function fetched(event) {
  const response = await fetch(event.request);
  event.waitUntil(keep(event.request, response.clone()).catch(() => {})); // a full disk is no reason to answer nothing
  return response;
}

async function newest(event) {
  const network = fetched(event);
  network.catch(() => {});
  const late = new Promise((done) => setTimeout(done, PATIENCE));
  try {
    const answer = await Promise.race([network, late]);
    if (answer) return answer;
  } catch {
    // Offline: what is kept has to do.
  }
  return (await known(event.request)) ?? network;
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || request.headers.has("range")) return;
  event.respondWith(lasting(url) ? known(request).then((answer) => answer ?? fetched(event)) : newest(event));
});

addEventListener("activate", (event) => {
  const clean = async () => {
    const cache = await caches.open(CACHE);
    const old = (await cache.keys()).filter(({ url }) => (FOLDER.exec(url)?.[1] ?? VERSION) !== VERSION);
    await Promise.all(old.map((request) => cache.delete(request)));
    await clients.claim();
  };
  event.waitUntil(clean());
});

/** What a page fetched before it had this worker, or may need later. */
addEventListener("message", (event) => {
  const each = async () => {
    for (const address of event.data.keep) {
      try {
        if (!(await known(address))) await keep(address, await fetch(address));
      } catch {
        return; // offline, or full: the rest comes when it is needed
      }
    }
  };
  event.waitUntil(each());
});

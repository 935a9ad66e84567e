"""From a slider to its picture on both paths: the model in the page, and the server; beside the decoder alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.page.bench.page import PATIENCE, open_page, wait
from explorer.page.bench.report import spread

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ENGINE = "document.querySelector('link[href*=\"/css/\"]').href.split('/css/')[0] + '/js/engine/engine.js'"
UP = f"import({ENGINE}).then((m) => (window.engine = m.engine).whenReady()).then(() => true, () => false)"
# From the input event until the new picture is drawn (an img: decoded), and until the frame after that begins; one by one, each
# at a place of its own. An observer waits for it, since a loop that looks again and again would take a core from the worker.
DRAG = """async ([n, inPage]) => {
  const [slider, image] = [document.querySelector("#scrub"), document.querySelector("#stage-after")];
  const [drawn, shown] = [[], []];
  const change = () => new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("no new picture")), 20000);
    new MutationObserver((_, observer) => { observer.disconnect(); clearTimeout(late); resolve(); })
      .observe(document.querySelector("#frame-after"),
        { subtree: true, attributes: true, attributeFilter: ["data-frame", "src"] });
  });
  slider.step = "any";
  for (let k = 0; k < n + 5; k++) {
    const changed = change();
    const from = performance.now();
    slider.value = 0.01 + 0.98 * ((k * 0.618034) % 1);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await changed;
    if (!inPage && image.src) await image.decode();
    drawn.push(performance.now() - from);
    await new Promise(requestAnimationFrame);
    shown.push(performance.now() - from);
  }
  slider.dispatchEvent(new Event("change", { bubbles: true }));
  return [drawn.slice(5), shown.slice(5)];
}"""
# The engine alone, of pictures that it never made: decode, and draw on a canvas; with a rest in between, as between two frames.
PAINT = """async ([n, items]) => {
  const canvas = document.createElement("canvas");
  const times = [];
  for (let k = 0; k < n + 5; k++) {
    await new Promise((next) => setTimeout(next, 12));
    const from = performance.now();
    await engine.draw({ start: { item: (k * 997 + 13) % items } }, canvas);
    times.push(performance.now() - from);
  }
  return times.slice(5);
}"""
WARM = 40  # the first pictures of a drag, while the page is still fetching what captions and places are made of
FRAMES = """() => {
  window.deltas = [];
  let last = performance.now();
  window.counting = true;
  const tick = (now) => { window.deltas.push(now - last); last = now; if (window.counting) requestAnimationFrame(tick); };
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(tick); });
}"""


def both(browser: Browser, url: str, n: int) -> dict[str, Any]:
    """The two paths, `page` (missing where the model doesn't run there) and `server`, with:

    `drawn` (to the picture, drawn), `shown` (to the frame that shows it), `frames` (lengths of the frames while a pointer
    drags), `requests` and `moves` of that drag. Beside them `decode` (the decoder alone in the page), `paint` (decode and
    draw), `threads`, `how`, and `bytes` on the wire by kind of file.
    """
    figures: dict[str, Any] = {}
    for name in ("page", "server"):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        try:
            sizes: dict[str, int] = {}
            page.on("requestfinished", lambda request, sizes=sizes: _weigh(request, sizes))
            if name == "server":
                page.route("**/engine.json*", lambda route: route.abort())
            open_page(page, url, 1)
            up = page.evaluate(UP)
            if up != (name == "page"):
                continue
            page.click("#tab-interpolate")
            page.wait_for_selector("#scrub")
            wait(page)
            page.evaluate(DRAG, [WARM, up])
            wait(page)
            drawn, shown = page.evaluate(DRAG, [n, up])
            wait(page)
            figures[name] = {"drawn": spread(drawn), "shown": spread(shown), **_pointer(page, n)}
            if up:
                figures["decode"] = spread(page.evaluate("(n) => engine.pace(n)", n))
                figures["paint"] = spread(page.evaluate(PAINT, [n, page.evaluate("engine.manifest.items")]))
                figures["threads"] = page.evaluate("engine.threads")
                figures["how"] = page.evaluate("engine.runs")
                figures["bytes"] = sizes
        finally:
            context.close()
    return figures


def _pointer(page: Page, n: int) -> dict[str, Any]:
    """A pointer drags the slider to and fro: lengths of the frames meanwhile, and what is asked of the server."""
    page.locator("#scrub").scroll_into_view_if_needed()
    box = page.locator("#scrub").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    wait(page)
    asked: list[str] = []
    note = lambda request: asked.append(request.url)  # noqa: E731
    page.on("request", note)
    page.evaluate(FRAMES)
    for k in range(n):
        page.mouse.move(box["x"] + box["width"] * (0.1 + 0.8 * abs((k % 60) / 30 - 1)), y)
    deltas = page.evaluate("() => { window.counting = false; return window.deltas; }")
    page.remove_listener("request", note)
    page.mouse.up()
    wait(page)
    return {"frames": spread(deltas or [0.0]), "requests": len(asked), "moves": n}


def _weigh(request: Any, sizes: dict[str, int]) -> None:
    """Add what a finished request of the engine took on the wire."""
    kinds = {
        "/js/ort/": "runtime",
        "/js/engine/": "scripts",
        "/model/": "model",
        "/items/": "items",
        "/prior/": "prior",
    }
    kind = next((kind for part, kind in kinds.items() if part in request.url), None)
    if kind:
        sizes[kind] = sizes.get(kind, 0) + request.sizes()["responseBodySize"]

"""From a slider to its picture on both paths: the model in the page, and the server; beside the decoder alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.bench.page import PATIENCE, open_page, wait
from explorer.bench.report import spread

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ENGINE = "document.querySelector('link[href*=\"/css/\"]').href.split('/css/')[0] + '/js/engine/engine.js'"
UP = f"import({ENGINE}).then((m) => (window.engine = m.engine).whenReady()).then(() => true, () => false)"
# From the input event until the new picture is drawn (an img: decoded), and until the frame after that begins; one by one.
DRAG = """async ([n, inPage]) => {
  const [slider, image] = [document.querySelector("#scrub"), document.querySelector("#stage-after")];
  const canvas = document.querySelector("#frame-after canvas.live");
  const mark = () => (inPage ? canvas.dataset.frame : image.src);
  const [drawn, shown] = [[], []];
  const breath = new MessageChannel();
  const turn = () => new Promise((next) => { breath.port1.onmessage = next; breath.port2.postMessage(0); });
  for (let k = 0; k < n + 5; k++) {
    const old = mark();
    const from = performance.now();
    slider.value = (((k * 37) % 97) + 1) / 99;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    while (mark() === old) {
      if (performance.now() - from > 20000) throw new Error("no new picture");
      await turn();
    }
    if (!inPage) await image.decode();
    drawn.push(performance.now() - from);
    await new Promise(requestAnimationFrame);
    shown.push(performance.now() - from);
  }
  slider.dispatchEvent(new Event("change", { bubbles: true }));
  return [drawn.slice(5), shown.slice(5)];
}"""
FRAMES = """() => {
  window.deltas = [];
  let last = performance.now();
  window.counting = true;
  const tick = (now) => { window.deltas.push(now - last); last = now; if (window.counting) requestAnimationFrame(tick); };
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(tick); });
}"""


def both(browser: Browser, url: str, n: int) -> dict[str, Any]:
    """The two paths, `page` (missing where the model doesn't run there) and `server`, with:

    `drawn` (to the picture, drawn), `shown` (to the frame that shows it), `frames` (lengths of the frames while a pointer drags),
    `requests` and `moves` of that drag. Beside them `decode` (the decoder alone in the page), `threads`, `how`, and `bytes` on
    the wire by kind of file.
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
            drawn, shown = page.evaluate(DRAG, [n, up])
            wait(page)
            figures[name] = {"drawn": spread(drawn), "shown": spread(shown), **_pointer(page, n)}
            if up:
                figures["decode"] = spread(page.evaluate("(n) => engine.pace(n)", n))
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

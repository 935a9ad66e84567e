"""What a person waits for on the page, measured by the page's own clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.page.bench.report import spread

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE = 120_000
READY = """(n) => document.querySelector('#workspace')?.dataset.state === 'ready'
  && +document.querySelector('#map').dataset.plotted >= n && performance.now() / 1000"""
# Notes when a pointer event came in, and when what it causes was painted.
WATCH = """([event, selector, attribute]) => {
  window.clock = { from: 0, times: [] };
  addEventListener(event, () => (window.clock.from = performance.now()), true);
  new MutationObserver(() => {
    const { from } = window.clock;
    if (!from) return;
    window.clock.from = 0;
    requestAnimationFrame(() => window.clock.times.push(performance.now() - from));
  }).observe(document.querySelector(selector), { attributes: true, attributeFilter: [attribute] });
}"""
COUNTED = "(n) => window.clock.times.length >= n"
FRAMES = """() => {
  window.frames_ = { n: 0, from: performance.now(), on: true };
  const tick = () => { window.frames_.n += 1; if (window.frames_.on) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}"""
FRAMES_END = (
    "() => { window.frames_.on = false; return window.frames_.n / ((performance.now() - window.frames_.from) / 1000); }"
)
WEIGHT = """() => performance.getEntriesByType("resource").filter((e) => /\\/(points|attribute)\\//.test(e.name))
  .map((e) => [e.name, e.encodedBodySize])"""
SETTLED = 3000  # milliseconds in which the page fetches what it makes pictures with
SPOTS = [(0.3, 0.3), (0.5, 0.5), (0.62, 0.4), (0.4, 0.64), (0.55, 0.3), (0.35, 0.5), (0.6, 0.6), (0.45, 0.4)]


def visit(browser: Browser, url: str, n: int) -> dict[str, Any]:
    """Opening, clicks and hovers on the map: times in milliseconds, opening in seconds."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    try:
        first, again = open_page(page, url, 1), open_page(page, url, 1)
        early = clicks(page, 6)
        page.wait_for_timeout(SETTLED)
        click = clicks(page, max(8, n // 4))
        hover = hovers(page, max(16, n // 2))
        return {
            "first_visit_s": first, "again_s": again,
            "early_click": spread(early), "click": spread(click), "hover": spread(hover),
        }  # fmt: skip
    finally:
        context.close()


def map_of(browser: Browser, url: str, size: int, repeat: int) -> dict[str, Any]:
    """First render, frames while panning, bytes on the wire and recolouring of a map."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    try:
        first = open_page(page, url, size)
        weights = page.evaluate(WEIGHT)
        points = sum(weight for name, weight in weights if "/points/" in name)
        colour = max((weight for name, weight in weights if "/attribute/" in name), default=0)
        return {
            "first_render_s": first,
            "bytes_a_point": (points + colour) / size,
            "frames_s": frames(page),
            "recolour": spread(recolours(page, repeat)),
        }
    finally:
        context.close()


def open_page(page: Page, url: str, points: int) -> float:
    """Open the page and wait until its map is drawn and it is ready -> seconds since the navigation began."""
    page.goto("about:blank")
    page.goto(url)
    return page.wait_for_function(READY, arg=points).json_value()


def wait(page: Page) -> None:
    """Until nothing is under way."""
    page.wait_for_selector('#workspace[data-state="ready"]')


def clicks(page: Page, n: int) -> list[float]:
    """From the release of the button to the new picture on stage, painted."""
    page.evaluate(WATCH, ["pointerup", "#stage-after", "src"])
    box = page.locator("#map").bounding_box()
    for k in range(n):
        u, v = SPOTS[k % len(SPOTS)]
        jump = 0.004 * (k // len(SPOTS))
        page.mouse.click(box["x"] + (u + jump) * box["width"], box["y"] + (v - jump) * box["height"])
        wait(page)
    page.wait_for_function("() => window.clock.times.length > 0")
    return page.evaluate("window.clock.times")


def hovers(page: Page, n: int) -> list[float]:
    """From the movement of the pointer to the thumbnail of the item below it, painted."""
    page.wait_for_selector('#map[data-thumbs="ready"]')
    page.evaluate(WATCH, ["pointermove", "#map", "data-hovered"])
    box = page.locator("#map").bounding_box()
    for k in range(40 * n):
        u, v = 0.25 + 0.5 * ((k * 0.618) % 1), 0.25 + 0.5 * ((k * 0.755) % 1)
        page.mouse.move(box["x"] + u * box["width"], box["y"] + v * box["height"])
        if k % 20 == 19 and page.evaluate(COUNTED, n):
            break
    return page.evaluate("window.clock.times")


def frames(page: Page, moves: int = 180) -> float:
    """Frames a second while the map is dragged to and fro."""
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(FRAMES)
    for k in range(moves):
        page.mouse.move(x + 60 * ((k % 60) / 30 - 1), y + 40 * ((k % 44) / 22 - 1))
    rate = page.evaluate(FRAMES_END)
    page.mouse.up()
    return rate


def recolours(page: Page, repeat: int) -> list[float]:
    """From the choice of another attribute to the map in its colours; each attribute's codes are fetched once."""
    page.evaluate(WATCH, ["change", "#map", "data-colour"])
    names = page.eval_on_selector_all("#colour option", "all => all.map((option) => option.value)")
    for k in range(1, repeat * len(names) + 1):
        name = names[k % len(names)]
        if page.get_attribute("#map", "data-colour") != name:
            page.select_option("#colour", name)
            page.wait_for_selector(f'#map[data-colour="{name}"]')
            wait(page)
    return page.evaluate("window.clock.times") or [0.0]

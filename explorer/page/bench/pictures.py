"""The pictures of the README, taken from the running page: `make pictures`."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from explorer.core import link
from explorer.core.scene import Scene
from explorer.page.bench.browser import browser
from explorer.page.bench.page import PATIENCE
from explorer.page.bench.server import running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZE = (1280, 800)
SMALL = (800, 500)
GAP = 12
PAPER = (226, 229, 225)
REST = 2_500  # milliseconds in which a page makes what it makes after everything else


def _row(attribute: str, **view: Any) -> dict[str, Any]:
    """How a scene is looked at that shows every value of an attribute."""
    return view | {"options": {"attributes": {"row": attribute}}}


TYPE = 1194  # the item of the typeface's scene

# The page of the first picture, and the six of the second.
PAGE = {
    "model": "avatars-cvae", "start": {"item": 4883}, "condition": {"expression": "laugh", "glasses": "round"},
    "view": {"map": "features", "colour": "skin", "options": {"attributes": {"row": "expression"}}},
}  # fmt: skip
SIX: tuple[dict[str, Any], ...] = (
    {"model": "typeface", "start": {"item": TYPE}, "view": {"tab": "type", "colour": "kind"}},
    {"model": "icons", "start": {"item": 289}, "condition": {"weight": 20}, "view": _row("weight", colour="weight")},
    {"model": "avatars-cvae", "start": {"item": 40}, "view": {"tab": "interpolate", "colour": "skin"}},
    {"model": "fashion-vqgan", "start": {"item": 698}, "view": {"tab": "codes"}},
    {"model": "faces-caae", "start": {"item": 1170}, "condition": {"smile": 0.9}, "view": _row("age", colour="turn")},
    {
        "model": "engines-cvae",
        "start": {"item": 2411},
        "condition": {"life": 10},
        "view": {"tab": "forecast", "colour": "life"},
    },
)


def taken(driver: Browser, url: str, scene: dict[str, Any]) -> Image.Image:
    """The page on a scene, at rest, 1280 by 800."""
    page = driver.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
    page.set_default_timeout(PATIENCE)
    try:
        page.goto(f"{url}/#{link.write(Scene.model_validate(scene))}")
        page.wait_for_selector('#workspace[data-state="ready"]')
        page.wait_for_function("+document.querySelector('#map').dataset.plotted > 0")
        page.click('[data-guide="close"]')
        page.mouse.move(5, 5)
        page.wait_for_timeout(REST)
        return Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    finally:
        page.close()


def sheet(pictures: list[Image.Image]) -> Image.Image:
    """Pictures of pages, two in a row, made smaller."""
    rows = -(-len(pictures) // 2)
    whole = Image.new("RGB", (2 * SMALL[0] + 3 * GAP, rows * (SMALL[1] + GAP) + GAP), PAPER)
    for k, picture in enumerate(pictures):
        small = picture.resize(SMALL, Image.Resampling.LANCZOS)
        whole.paste(small, (GAP + (k % 2) * (SMALL[0] + GAP), GAP + (k // 2) * (SMALL[1] + GAP)))
    return whole


def main(folder: Path) -> None:
    """Write `page.png` and `scenes.webp`."""
    with running(["app.py"]) as app, browser() as driver:
        taken(driver, app.url, PAGE).save(folder / "page.png", optimize=True)
        sheet([taken(driver, app.url, scene) for scene in SIX]).save(folder / "scenes.webp", quality=82, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

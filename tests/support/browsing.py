"""A visitor in a real browser: does what a person does, and reads what the page shows, in data and in pixels."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Sequence
from urllib.parse import urlparse

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page

from explorer.core import link
from explorer.core.scene import Point, Scene
from explorer.play.session import Session, open_session

PATIENCE = 60_000  # milliseconds; a machine that does other work too


class Visit:
    """One person with one page; closes with the test, which fails if the page had an error or asked another host."""

    def __init__(
        self, browser: Browser, url: str, width: int = 1280, height: int = 800, engine: bool = True, **options
    ) -> None:
        self.url, self.engine = url, engine
        self.context = browser.new_context(viewport={"width": width, "height": height}, **options)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        if not engine:  # then the server makes each picture
            self.page.route("**/engine.json*", lambda route: route.abort())
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def close(self) -> None:
        """End the visit, and judge it."""
        self.context.close()
        here = urlparse(self.url).netloc
        foreign = [
            u for u in self.asked if urlparse(u).scheme in ("http", "https", "ws", "wss") and urlparse(u).netloc != here
        ]
        assert not self.errors, self.errors
        assert not foreign, foreign

    # -- going somewhere

    def open(self, scene: Scene | str | None = None) -> Visit:
        """Open the page on a scene, and wait until scene and map are shown."""
        text = link.write(scene) if isinstance(scene, Scene) else scene
        self.page.goto(f"{self.url}/{f'#{text}' if text else ''}")
        self.settle()
        self.drawn()
        return self

    def settle(self) -> None:
        """Wait until nothing is under way."""
        self.page.wait_for_selector('#workspace[data-state="ready"]')

    def drawn(self) -> None:
        """Wait until the map has its points."""
        self.page.wait_for_function("+document.querySelector('#map').dataset.plotted > 0")

    @property
    def rendered(self) -> int:
        """How many answers the page has shown."""
        return int(self.page.get_attribute("#workspace", "data-rendered"))

    def after(self, act: Callable[[], object]) -> None:
        """Do something that changes the scene, and wait until the change is shown."""
        before = self.rendered
        act()
        self.page.wait_for_function(f"+document.querySelector('#workspace').dataset.rendered > {before}")
        self.settle()

    def drag(self, places: Sequence[Sequence[float]], **how: int) -> None:
        """Press at the first of these pixels, go over the others, and let go at the last; `how`: as a mouse's `move` takes it."""
        mouse = self.page.mouse
        mouse.move(*places[0])
        mouse.down()
        for at in places[1:]:
            mouse.move(*at, **how)
        mouse.up()

    def tab(self, name: str) -> None:
        """Open a tab of the inspector."""
        if self.page.get_attribute(f"#tab-{name}", "aria-selected") != "true":
            self.after(lambda: self.page.click(f"#tab-{name}"))
        self.page.wait_for_selector(f'#panel[data-tab="{name}"]')

    def choose(self, name: str) -> None:
        """Choose a model in the picker."""
        self.page.click("#checkpoint")
        self.page.click(f'.picker-card[data-name="{name}"]')

    # -- what is shown

    @property
    def scene(self) -> Scene:
        """The scene in the address bar, without the build that it names."""
        return self.linked.model_copy(update={"build": None})

    @property
    def linked(self) -> Scene:
        """The scene in the address bar as it is."""
        return link.read(self.page.evaluate("location.hash"))

    @property
    def session(self) -> Session:
        """What the server runs this scene on."""
        return open_session(self.scene.model)

    def pixels(self, selector: str) -> np.ndarray:
        """The picture of an `img` that holds a data URL, or what a hand has painted over it meanwhile, uint8 [H, W, 3]."""
        script = """(image) => {
            const over = image.nextElementSibling;
            return over?.matches('canvas.live:not([hidden])') ? over.toDataURL() : image.src;
        }"""
        return unfold(self.page.eval_on_selector(selector, script))

    def on_stage(self) -> Point:
        """The point on stage, after making sure that the stage shows its very pixels, before and after."""
        point = self.scene.point
        before, after = self.session.render([point.origin, point])
        if self.session.card.modality != "image":  # drawn as lines, which are compared as they are
            for selector, shown in (("#stage-before", before), ("#stage-after", after)):
                assert self.page.get_attribute(selector, "src") == self.session.modality.data_url(shown)
            return point
        self.same(self.pixels("#stage-before"), before)
        self.same(self.pixels("#stage-after"), after)
        return point

    def cells(self, selector: str) -> list[Point]:
        """The points of the cells within an element, after making sure that each shows its very pixels."""
        found = self.page.eval_on_selector_all(
            f"{selector} .cell", "all => all.map((cell) => [cell.dataset.point, cell.querySelector('img').src])"
        )
        points = [Point.model_validate(json.loads(text)) for text, _ in found]
        for picture, (_, src) in zip(self.session.render(points), found, strict=True):
            self.same(unfold(src), picture)
        return points

    def same(self, ours: np.ndarray, theirs: np.ndarray) -> None:
        """Assert that two pictures are the same: what the browser made, but for a step of 255 where rounding falls otherwise."""
        gap = np.abs(ours.astype(int) - theirs.astype(int))
        assert gap.max() <= self.engine and (gap > 0).mean() <= 0.05 * self.engine, (gap.max(), (gap > 0).mean())

    def notice(self, *places: str) -> str:
        """The sentence that the page shows at one of these places."""
        spot = self.page.locator(", ".join(f'[data-notice="{place}"]' for place in places)).first
        sentence = spot.evaluate("node => node.firstChild.textContent").strip()
        assert sentence.endswith(".") and "\n" not in sentence
        return sentence

    # -- the map

    def places(self, name: str | None = None) -> np.ndarray:
        """Where each item of a flat map is on the page: pixels [n, 2]."""
        coords = self.session.checkpoint.items.map(self.session.map(name).name).astype(float)
        box = self.page.locator("#map").bounding_box()
        inner = self.page.evaluate(
            "[document.querySelector('#map').clientWidth, document.querySelector('#map').clientHeight]"
        )
        size = np.array(inner, dtype=float)
        x, y, scale = map(float, self.page.get_attribute("#map", "data-camera").split())
        centred = (coords - [x, y]) * scale * [1, -1]
        border = (np.array([box["width"], box["height"]]) - size) / 2
        return np.array([box["x"], box["y"]]) + border + size / 2 + centred

    def covered(self) -> list[dict]:
        """Boxes of the tools that lie on the map."""
        return [
            box
            for selector in (".map-tools", "#groups")
            if (box := self.page.locator(f"#map {selector}").bounding_box())
        ]

    def free(self, places: np.ndarray, margin: float = 6) -> list[bool]:
        """Which pixels [n, 2] of the map can be pressed: inside, and under no tool."""
        whole, tools = self.page.locator("#map").bounding_box(), self.covered()
        return [within(at, whole, -margin) and not any(within(at, box, margin) for box in tools) for at in places]


def within(at: np.ndarray, box: dict, margin: float) -> bool:
    return (
        box["x"] - margin <= at[0] <= box["x"] + box["width"] + margin
        and box["y"] - margin <= at[1] <= box["y"] + box["height"] + margin
    )


def unfold(src: str) -> np.ndarray:
    """A data URL -> uint8 [H, W, 3]."""
    assert src.startswith(("data:image/png;base64,", "data:image/webp;base64,")), src[:60]  # both without loss
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(src.partition(",")[2]))).convert("RGB"))


def inside(polygon: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Which points [n, 2] lie within a polygon [m, 2], by the even-odd rule -> bool [n]."""
    odd = np.zeros(len(points), dtype=bool)
    for (a, b), (c, d) in zip(polygon, np.roll(polygon, 1, axis=0), strict=True):
        crosses = (b > points[:, 1]) != (d > points[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            odd ^= crosses & (points[:, 0] < (c - a) * (points[:, 1] - b) / (d - b) + a)
    return odd

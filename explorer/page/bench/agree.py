"""Whether the engine in the page and the server say the same: every question, over generated recipes, in a real browser.

Pictures may differ by 1/255, outlines by what their thinning allows, and numbers by a stated tolerance; names, ids and refusals
not at all. What the engine leaves to the server is counted with its reason.
"""

from __future__ import annotations

import base64
import io
import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from explorer.core.refusals import ExplorerError
from explorer.core.scene import unpack
from explorer.learn.modalities.outline import UNITS
from explorer.page.bench.recipes import Recipes
from explorer.page.serving.web import assets_base
from explorer.play import compute
from explorer.play.session import Session, open_session

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PIXELS = 1  # of 255
OUTLINES = 16  # of 255, where a cell is a pixel: a point of an outline more or less moves it by `outline.SLACK`
SVG, SIDE, SHARP = "data:image/svg+xml", 64, 8
# Share of the larger number, or of 1. A place is the mean of eight items, of which the last may be as near as the ninth.
TOLERANCE = {
    "condition": 1e-4, "state": 2e-4, "places": 1e-2, "spots": 1e-3, "trust": 1e-3, "real": 5e-3, "neighbours": 1e-3,
    "judge": 5e-3, "direction": 1e-3, "tensor": 1e-6, "encode": 5e-3,
}  # fmt: skip
TIE = 2e-4  # two distances, or two chances, that differ by less than this share are in no order that float32 knows
AT_ONCE = 24
BLANK = "explorer/blank.html"
OPEN = """async ([base, name]) => {
  const { compute } = await import(`${base}/js/compute/compute.js`);
  const { engine } = await import(`${base}/js/engine/engine.js`);
  const facts = await (await fetch(`explorer/${name}/facts.json`)).json();
  compute.connect(null);
  compute.open(facts);
  await engine.whenReady();
  window.answered = (questions) => Promise.all(questions.map(({ ask, points, ...extra }) => new Promise((resolve) => {
    const give = (value) => resolve({ ok: true, value: value?.data ? { shape: value.shape, data: [...value.data] } : value });
    const fail = ({ sentence, where }) => resolve({ ok: false, error: sentence, where });
    const entry = { ask, extra, point: points?.[0], wanted: true, urgent: false, give, fail };
    compute.here.ask([entry], facts, (_, error) => resolve({ elsewhere: error.message }));
  })));
}"""


@dataclass
class Report:
    """What came of the questions of one model.

    Attributes:
        asked: how many questions; `same` of them were answered alike, `refused` refused alike.
        elsewhere: reasons why the engine left some to the server, and how often.
        apart: what was answered otherwise: a sentence each.
        largest: question -> the largest difference.
    """

    name: str
    asked: int = 0
    same: int = 0
    refused: int = 0
    elsewhere: Counter[str] = field(default_factory=Counter)
    apart: list[str] = field(default_factory=list)
    largest: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    def line(self) -> str:
        """One line for a terminal."""
        gaps = ", ".join(f"{name} {gap:.2g}" for name, gap in sorted(self.largest.items()) if gap)
        left = sum(self.elsewhere.values())
        return (
            f"{self.name}: {self.asked} questions, {self.same} answered alike, {self.refused} refused alike, {left} left to the "
            f"server, {len(self.apart)} apart; largest differences: {gaps or 'none'} ({self.seconds:.0f} s)"
        )


def agree(browser: Browser, url: str, name: str, *, points: int, seed: int) -> Report:
    """Ask both answerers about one checkpoint.

    Args:
        browser: to run the engine in.
        url: of a server that has the checkpoint.
        name: of the checkpoint, whose decoder runs in a page.
        points: how many recipes.
        seed: of the recipes.

    Raises:
        playwright.sync_api.Error: the engine doesn't come up.
    """
    session, report, begun = open_session(name), Report(name), time.monotonic()
    questions = list(Recipes(session, seed).questions(points))
    page = browser.new_page()
    try:
        page.set_default_timeout(300_000)
        page.route(f"**/{BLANK}", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        page.goto(f"{url}/{BLANK}")
        page.evaluate(
            "(root) => document.head.append(Object.assign(document.createElement('base'), { href: root }))", f"{url}/"
        )
        page.evaluate(OPEN, [f"{url}/{assets_base().lstrip('/')}", name])
        for k in range(0, len(questions), AT_ONCE):
            _compare(session, page, questions[k : k + AT_ONCE], report)
    finally:
        page.close()
    report.seconds = time.monotonic() - begun
    return report


def _compare(session: Session, page: Page, questions: Sequence[dict[str, Any]], report: Report) -> None:
    ours = page.evaluate("(questions) => answered(JSON.parse(questions))", json.dumps(questions))
    for question, here in zip(questions, ours, strict=True):
        (there,) = compute.ask(session, [question])
        there = json.loads(json.dumps(there))
        report.asked += 1
        if "elsewhere" in here:
            report.elsewhere[here["elsewhere"]] += 1
        elif here["ok"] != there["ok"] or not there["ok"]:
            if here == there:
                report.refused += 1
            else:
                report.apart.append(_told(question, _short(here), _short(there)))
        else:
            _values(question, here["value"], there["value"], report)


def _values(question: dict[str, Any], here: Any, there: Any, report: Report) -> None:
    ask = question["ask"]
    there = there[0] if "points" in question else there
    try:
        gap = GAPS.get(ask, _numbers)(here, there)
    except Apart as error:
        report.apart.append(_told(question, str(error), ""))
        return
    report.largest[ask] = max(report.largest.get(ask, 0.0), gap)
    if gap > (PIXELS if ask in ("picture", "difference") else TOLERANCE.get(ask, 0.0)):
        report.apart.append(_told(question, _short(here), _short(there)))
    else:
        report.same += 1


def _told(question: dict[str, Any], here: str, there: str) -> str:
    return f"{json.dumps(question)[:400]}: the page says {here}, the server {there}"


def _short(answer: Any) -> str:
    return json.dumps(answer)[:300]


class Apart(Exception):
    """Two answers that no tolerance makes the same."""


def _numbers(here: Any, there: Any) -> float:
    """The largest difference of two values of JSON, as a share; keys, texts and lengths are the same."""
    if isinstance(here, dict) and isinstance(there, dict):
        if here.keys() != there.keys():
            raise Apart(f"other names: {sorted(here.keys() ^ there.keys())}")
        return max((_numbers(here[key], there[key]) for key in here), default=0.0)
    if isinstance(here, list) and isinstance(there, list):
        if len(here) != len(there):
            raise Apart(f"{len(here)} entries, not {len(there)}")
        return max(map(_numbers, here, there), default=0.0)
    if isinstance(here, int | float) and isinstance(there, int | float) and not isinstance(here, bool):
        return abs(here - there) / max(1.0, abs(here), abs(there))
    if here != there:
        raise Apart(f"{_short(here)}, not {_short(there)}")
    return 0.0


def _pixels(here: str, there: str) -> float:
    a, b = (_opened(url) for url in (here, there))
    if a.shape != b.shape:
        raise Apart(f"a picture of {a.shape}, not {b.shape}")
    return float(np.abs(a.astype(int) - b.astype(int)).max()) * (PIXELS / OUTLINES if here.startswith(SVG) else 1)


def _opened(url: str) -> np.ndarray:
    if url.startswith(SVG):
        return _filled(base64.b64decode(url.partition(",")[2]).decode())
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))


def _filled(svg: str) -> np.ndarray:
    """What the path of an SVG fills by the rule `evenodd`, uint8 [SIDE, SIDE]."""
    inside = Image.new("1", (SIDE * SHARP, SIDE * SHARP))
    for line in re.search(r' d="([^"]*)"', svg)[1].split("M")[1:]:
        points = np.array([pair.split() for pair in line.rstrip("Z").split("L")], float) * (SIDE * SHARP / UNITS) - 0.5
        one = Image.new("1", inside.size)
        ImageDraw.Draw(one).polygon([tuple(point) for point in points.tolist()], fill=1)
        inside = ImageChops.logical_xor(inside, one)
    return np.asarray(inside.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX))


def _packed(here: dict[str, str], there: dict[str, str]) -> float:
    """Two packed states or directions."""
    gap = 0.0
    for name, text in there.items():
        if isinstance(text, str):
            a, b = (unpack(packed, len(packed) * 3 // 16).numpy() for packed in (here[name], text))
            gap = max(gap, float(np.abs(a - b).max() / max(1.0, np.abs(b).max())))
        else:
            gap = max(gap, _numbers(here[name], text))
    return gap


def _near(here: list[list[float]], there: list[list[float]]) -> float:
    """Neighbours: the same items in the same order, but for ties."""
    gap = _numbers([d for _, d in here], [d for _, d in there])
    for k, ((a, _), (b, far)) in enumerate(zip(here, there, strict=True)):
        beside = [d for other, (_, d) in enumerate(there) if other != k]
        tied = k == len(there) - 1 or any(abs(d - far) <= TIE * max(d, far, 1e-6) for d in beside)
        if a != b and not tied:
            raise Apart(f"item {a} as neighbour {k}, not {b}")
    return gap


def _trust(here: dict[str, float], there: dict[str, float]) -> float:
    if abs(here["percentile"] - there["percentile"]) > 1:
        raise Apart(f"percentile {here['percentile']}, not {there['percentile']}")
    gap = _numbers([here["distance"], here["ratio"]], [there["distance"], there["ratio"]])
    if here["nearest"] != there["nearest"] and here["distance"] != there["distance"] and gap > TIE:
        raise Apart(f"nearest item {here['nearest']}, not {there['nearest']}")
    return gap


def _judge(here: dict[str, Any] | None, there: dict[str, Any] | None) -> float:
    if here is None or there is None:
        return _numbers(here, there)
    gap = 0.0
    for name, reading in there.items():
        chances = sorted(reading["chances"] or [0.0, 1.0])
        own = dict(here[name])
        if isinstance(reading["value"], str) and chances[-1] - chances[-2] < 10 * TIE:
            own["value"] = reading["value"]
        gap = max(gap, _numbers(own, reading))
    return gap


def _encoded(here: dict[str, Any], there: dict[str, Any]) -> float:
    a, b = here["point"]["start"], there["point"]["start"]
    if a["sha256"] != b["sha256"] or here["note"] != there["note"] or _pixels(here["fitted"], there["fitted"]) > PIXELS:
        raise Apart("another item as fitted")
    latents = _packed({"z": a["latent"]}, {"z": b["latent"]})
    psnr = abs(here["psnr"] - there["psnr"]) / 10  # decibels
    return max(
        latents,
        psnr,
        _numbers(a.get("condition", {}), b.get("condition", {})),
        _judge(here["readings"], there["readings"]),
    )


def _tensor(here: dict[str, Any], there: dict[str, Any]) -> float:
    data = np.frombuffer(base64.b64decode(there["data"]), "<" + there["type"]).astype(np.float64)
    mine = np.array([np.nan if v is None else v for v in here["data"]], dtype=np.float64)
    if here["shape"] != there["shape"] or not np.array_equal(np.isnan(mine), np.isnan(data)):
        raise Apart(f"numbers of shape {here['shape']}, not {there['shape']}")
    return float(np.nanmax(np.abs(mine - data), initial=0.0))


GAPS = {
    "picture": _pixels, "difference": _pixels, "state": _packed, "direction": _packed, "neighbours": _near, "trust": _trust,
    "judge": _judge, "encode": _encoded, "tensor": _tensor,
}  # fmt: skip


def portable(names: Sequence[str] = ()) -> list[str]:
    """Names of the checkpoints whose decoder runs in a page: of these, or of all at hand.

    Raises:
        ExplorerError: one that is named doesn't.
    """
    from explorer.box import checkpoints
    from explorer.box.portable.shipped import shipped

    able = []
    for name in names or checkpoints.available():
        made = shipped(checkpoints.load(name))
        if "decoder" in made.parts:
            able.append(name)
        elif names:
            raise ExplorerError(f"{name} doesn't run in a page: {made.reasons['decoder']}", "checkpoint")
    return able


def everywhere(names: Sequence[str], points: int, seed: int) -> Iterator[Report]:
    """Compare some checkpoints, or all whose decoder runs in a page, behind a server of its own.

    Raises:
        ExplorerError: an unknown checkpoint, one that doesn't run in a page, no browser, or no playwright.
    """
    from explorer.page.bench.browser import browser
    from explorer.page.bench.server import running

    able = portable(names)
    with browser() as driver, running(["app.py"]) as app:
        for name in able:
            yield agree(driver, app.url, name, points=points, seed=seed)

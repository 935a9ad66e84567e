"""The engine: the same scenes, in the page and on the server; and that the page does without it where it must."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from explorer.box.checkpoints import load
from explorer.box.portable.shipped import shipped
from explorer.core.noise import normal, uniform, words
from explorer.core.scene import ItemStart, Point, PriorStart, ResultStart, Scene, SpotStart, UploadStart, View, pack
from explorer.page.act import act
from explorer.play.session import open_session
from tests.conftest import TINY
from tests.support.browsing import Visit

SHAPES = Scene(model="tiny-shapes", view=View(map="both", colour="colour"))
MODULE = "document.querySelector('link[href*=\"/css/\"]').href.split('/css/')[0] + '/js/engine/'"


@pytest.fixture
def visit(browser, url):
    visits = []

    def go(scene=SHAPES, ready=True, refuse=()) -> Visit:
        visits.append(Visit(browser, url))
        for pattern in refuse:
            visits[-1].page.route(pattern, lambda route: route.abort())
        visits[-1].open(scene)
        if ready:
            visits[-1].page.evaluate(
                f"import({MODULE} + 'engine.js').then((m) => (window.engine = m.engine).whenReady())"
            )
        return visits[-1]

    yield go
    for one in visits:
        one.close()


@pytest.fixture(scope="module")
def engines(browser, url):
    """A page for each tiny checkpoint, with its engine up."""
    visits = {}
    for name in TINY:
        visits[name] = Visit(browser, url).open(Scene(model=name))
        visits[name].page.evaluate(
            f"import({MODULE} + 'engine.js').then((m) => (window.engine = m.engine).whenReady())"
        )
    yield {name: visit.page for name, visit in visits.items()}
    for one in visits.values():
        one.close()


def plain(point: Point) -> dict:
    return json.loads(point.model_dump_json(exclude_defaults=True))


def in_page(page, point: Point) -> np.ndarray:
    """The pixels that the page makes of a point, uint8 [H, W, 3]."""
    height, width, flat = page.evaluate(
        "(point) => engine.pixels(point).then((p) => [p.height, p.width, Array.from(p.data)])", plain(point)
    )
    return np.array(flat, np.uint8).reshape(height, width, 4)[..., :3]


def steps(name: str, made) -> int:
    """By how many steps of 255 a pixel may differ: what the card's error comes to, and one for rounding."""
    return math.ceil(255 * shipped(load(name, made)).parts["decoder"].error) + 1


def test_noise_is_threefry_and_the_same_in_the_page(engines):
    known = {  # the vectors that come with Random123, the authors' own implementation
        (0, 0, 0, 0): (0x6B200159, 0x99BA4EFE),
        (0x13198A2E, 0x03707344, 0x243F6A88, 0x85A308D3): (0xC4923A9C, 0x483DF7A0),
    }
    call = "([name, ...given]) => import(BASE + 'noise.js').then((noise) => Array.from(noise[name](...given)))"
    call = call.replace("BASE", MODULE)
    page = engines["tiny-shapes"]
    for (a, b, counter, stream), expected in known.items():
        assert tuple(int(w[0]) for w in words((a, b), np.array([counter]), stream)) == expected
        assert tuple(page.evaluate(call, ["words", a, b, counter, stream])) == expected
    assert page.evaluate(call, ["uniform", 2**31 - 1, 4095, 1001, 1]) == uniform(2**31 - 1, 4095, 1001, 1).tolist()
    here = normal(5, 3, 2001, 2).numpy()
    assert np.array_equal(np.array(page.evaluate(call, ["normal", 5, 3, 2001, 2]), np.float32), here)
    assert abs(here.mean()) < 0.1 and abs(here.std() - 1) < 0.05
    assert abs(np.corrcoef(normal(5, 3, 2000).numpy(), normal(5, 4, 2000).numpy())[0, 1]) < 0.08


def vector(size: int) -> str:
    return pack(np.linspace(-0.5, 0.5, size, dtype=np.float32))


TO = {"start": {"item": 9}}
B = {"start": {"seed": 5, "condition": {"colour": "red", "height": 5.5}}}
POINTS = {
    "item": Point(start=ItemStart(item=17)),
    "asked": Point(start=ItemStart(item=17), condition={"colour": "blue", "height": 6.25}),
    "blend": Point(start=ItemStart(item=3), condition={"colour": {"red": 0.3, "green": 0.2, "blue": 0.4}}),
    "unset": Point(start=ItemStart(item=3), condition={"colour": None, "height": None}),
    "draw": Point(start=PriorStart(seed=4, draw=2, condition={"colour": "red"})),
    "draws-far": Point(start=PriorStart(seed=2**31 - 1, draw=4095, temperature=1.7, condition={"height": 9.0})),
    "cold": Point(start=PriorStart(seed=1, temperature=0)),
    "gaussian": Point(start=PriorStart(seed=12, prior="gaussian", condition={"colour": "green"})),
    "spot": Point(start=SpotStart(map="flat", at=(0.3, -0.4))),
    "spot-solid": Point(start=SpotStart(map="solid", at=(0.1, 0.2, -0.3))),
    "upload": Point(start=UploadStart(sha256="a" * 64, latent=vector(6), condition={"colour": "green", "height": 9.0})),
    "result": Point(
        start=ResultStart(of=Point(start=ItemStart(item=3)).then("principal", index=1, amount=2.0)),
        condition={"height": 12},
    ),
    "lerp": Point(start=ItemStart(item=3)).then("between", to=TO, t=0.35, method="lerp", condition="a"),
    "slerp": Point(start=ItemStart(item=3)).then("between", to=B, t=0.7),
    "dense": Point(start=ItemStart(item=3)).then("between", to=TO, t=0.4, method="dense", condition="b"),
    "dense-end": Point(start=ItemStart(item=3)).then("between", to=TO, t=1, method="dense"),
    "dimension": Point(start=ItemStart(item=60)).then("dimension", index=4, amount=-2.5),
    "principal": Point(start=ItemStart(item=60)).then("principal", index=0, amount=1.5),
    "direction": Point(start=ItemStart(item=60)).then("direction", vector=vector(6), amount=-0.75, label="mine"),
    "arithmetic": Point(start=ItemStart(item=60)).then("arithmetic", minus=TO, plus=B, amount=0.8),
    "corners": Point(start=ItemStart(item=60)).then(
        "corners", right=TO, below=B, opposite={"start": {"item": 2}}, u=0.3, v=0.8
    ),
    "vary": Point(start=ItemStart(item=60)).then("vary", seed=7, draw=11, strength=2.0),
    "several": Point(start=ItemStart(item=60))
    .then("vary", seed=7)
    .then("dimension", index=0)
    .then("between", to=TO, t=0.2),
}
DIGITS = {
    "item": Point(start=ItemStart(item=5)),
    "plane": Point(start=SpotStart(map="plane", at=(0.3, -0.4)), condition={"digit": {"3": 0.25, "8": 0.75}}),
    "draw": Point(start=PriorStart(seed=4, draw=2, condition={"digit": "7"})),
    "dense": Point(start=ItemStart(item=3)).then("between", to=TO, t=0.6, method="dense"),
}
SCENES = [("tiny-shapes", name) for name in POINTS] + [("tiny-digits", name) for name in DIGITS]


@pytest.mark.parametrize(("model", "name"), SCENES)
def test_same_scene_same_picture_on_both_paths(engines, root, model, name):
    page, session = engines[model], open_session(model)
    point = (POINTS if model == "tiny-shapes" else DIGITS)[name]
    state = session.resolve(point)
    there = page.evaluate("(p) => engine.state(p).then(({ z, c }) => [Array.from(z), Array.from(c)])", plain(point))
    assert np.allclose(there[0], state.z.flatten(), atol=2e-5) and np.allclose(there[1], state.c, atol=1e-6)
    gap = np.abs(in_page(page, point).astype(int) - session.render([point])[0].astype(int)).max()
    assert gap <= steps(model, root)
    asked = page.evaluate("(p) => engine.condition(p)", plain(point))
    for attribute, value in session.condition(point).items():
        expected = pytest.approx(value, abs=1e-3) if isinstance(value, int | float | dict) else value
        assert asked[attribute] == expected
    for spec in session.card.maps:
        place = page.evaluate("([p, map]) => engine.place(p, map)", [plain(point), spec.name])
        extent = np.ptp(session.checkpoint.items.map(spec.name), axis=0).max()
        assert np.allclose(place, session.place(point, spec.name), atol=1e-3 * extent)


def test_distances_and_readings_are_the_servers(engines, root):
    page, session = engines["tiny-shapes"], open_session("tiny-shapes")
    points = [POINTS[name] for name in ("item", "draw", "dimension", "spot")]
    trusts = page.evaluate("(points) => engine.trust(points)", [plain(p) for p in points])
    for there, here in zip(trusts, session.trusts(points), strict=True):
        assert there["nearest"] == here.nearest and there["percentile"] == pytest.approx(here.percentile)
        assert there["distance"] == pytest.approx(here.distance, rel=1e-4, abs=1e-5)
    for space in ("latent", "conditioned", "features"):
        near = page.evaluate("([p, space]) => engine.neighbours(p, 5, space)", [plain(POINTS["asked"]), space])
        assert [k for k, _ in near] == [k for k, _ in session.neighbours(POINTS["asked"], 5, space)]
    read = page.evaluate("(p) => engine.judge(p)", plain(POINTS["asked"]))
    expected = session.checkpoint.judge.read(session.output(POINTS["asked"])[None])[0]
    for name, reading in expected.items():
        assert read[name]["probability"] == pytest.approx(reading["probability"], abs=1e-4)
        assert read[name]["value"] == (
            pytest.approx(reading["value"], abs=1e-3) if name == "height" else reading["value"]
        )
    assert read["colour"]["chances"] == pytest.approx([*read["colour"]["chances"]]) and sum(
        read["colour"]["chances"]
    ) == pytest.approx(1)
    spot = page.evaluate("(start) => engine.spot(start)", plain(POINTS["spot"])["start"])
    assert spot["indices"] == session.spot(POINTS["spot"].start).indices.tolist()
    assert spot["distance"] == pytest.approx(session.spot(POINTS["spot"].start).distance, rel=1e-4)


def test_an_own_item_is_encoded_in_the_page(engines, root):
    page, session = engines["tiny-shapes"], open_session("tiny-shapes")
    x = session.output(POINTS["asked"])
    call = "([pixels, condition]) => engine.encode(Float32Array.from(pixels), condition)"
    found = page.evaluate(call, [x.flatten().tolist(), {"height": 7.5}])
    point = session.encode(x, {"height": 7.5}, "b" * 64)
    assert found["condition"] == point.start.condition
    there = UploadStart(sha256="b" * 64, latent=found["latent"], condition=found["condition"])
    assert np.allclose(session.resolve(Point(start=there)).z, session.resolve(point).z, atol=1e-4)
    error = ((session.output(point) - x) ** 2).mean().item()
    assert found["psnr"] == pytest.approx(-10 * math.log10(error), abs=0.01)


def test_what_the_page_cannot_answer_says_whose_it_is(engines, root):
    page = engines["tiny-shapes"]
    outcome = "then(() => 'an answer', (e) => [e.fallback === true, e.sentence ?? null, e.where ?? null])"
    assert page.evaluate(f"() => engine.tensor('teleport').{outcome}") == [True, None, None]
    wrong = [
        ({"start": {"item": 3}, "edits": [{"op": "teleport", "params": {}}]}, "'teleport'", "stage"),
        (
            {"start": {"item": 3}, "edits": [{"op": "dimension", "params": {"index": 1, "amount": 99}}]},
            "amount",
            "panel",
        ),
        ({"start": {"seed": 1, "prior": "oracle"}}, "'oracle'", "tab-resample"),
        ({"start": {"item": 4000}}, "400 items", "map"),
        ({"start": {"item": 4}, "condition": {"colour": "mauve"}}, "mauve", "attribute-colour"),
    ]
    for point, named, where in wrong:
        fallback, sentence, place = page.evaluate(f"(point) => engine.picture(point).{outcome}", point)
        assert not fallback and named in sentence and place == where
        question = {"ask": "picture", "points": [point]}
        (theirs,) = act({"do": "ask", "model": "tiny-shapes", "questions": [question]})["answers"]
        assert theirs == {"ok": False, "error": sentence, "where": where}, "the server says the same"


def test_the_newest_picture_wins(engines, root):
    page = engines["tiny-shapes"]
    call = """async () => {
      const canvas = document.createElement("canvas");
      const done = await Promise.all([1, 2, 3, 4].map((item) => engine.draw({ start: { item } }, canvas)));
      return [done, Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)];
    }"""
    done, flat = page.evaluate(call)
    assert done == [True, False, False, True]
    shown = np.array(flat).reshape(16, 16, 4)[..., :3]
    expected = open_session("tiny-shapes").render([Point(start=ItemStart(item=4))])[0]
    assert np.abs(shown - expected.astype(int)).max() <= steps("tiny-shapes", root)


def test_pictures_are_png_of_the_same_pixels(engines):
    page = engines["tiny-shapes"]
    point = POINTS["asked"]
    call = """async (points) => { const seen = []; const all = await engine.pictures(points, { onPicture: (k) => seen.push(k) });
      return [all, seen]; }"""
    pictures, seen = page.evaluate(call, [plain(point), plain(POINTS["item"])])
    from tests.support.browsing import unfold

    assert np.array_equal(unfold(pictures[0]), in_page(page, point)) and sorted(seen) == [0, 1]
    gap = page.evaluate("([a, b]) => engine.difference(a, b)", [plain(point.origin), plain(point)])
    assert np.abs(unfold(gap).astype(int) - open_session("tiny-shapes").difference(point.origin, point)).max() <= 2


# -- the page


def live_pixels(visit: Visit) -> np.ndarray:
    flat, width, height = visit.page.evaluate(
        """() => { const c = document.querySelector("#frame-after canvas.live"); const { width, height } = c;
        return [Array.from(c.getContext("2d").getImageData(0, 0, width, height).data), width, height]; }"""
    )
    return np.array(flat, np.uint8).reshape(height, width, 4)[..., :3]


def grab(page: Visit, selector: str) -> tuple[dict, float]:
    """Press on the middle of a slider."""
    page.page.locator(selector).scroll_into_view_if_needed()
    box = page.page.locator(selector).bounding_box()
    y = box["y"] + box["height"] / 2
    page.page.mouse.move(box["x"] + box["width"] / 2, y)
    page.page.mouse.down()
    page.settle()
    return box, y


def test_a_drag_asks_the_server_for_nothing_and_shows_the_right_picture(visit, root):
    page = visit(SHAPES.at(Point(start=ItemStart(item=21))))
    box, y = grab(page, "#attribute-height")
    page.page.wait_for_timeout(200)
    asked = len(page.asked)
    places = set()
    for share in (0.2, 0.4, 0.9):
        before = page.rendered
        page.page.mouse.move(box["x"] + share * box["width"], y, steps=5)
        page.page.wait_for_function(f"+document.querySelector('#workspace').dataset.rendered > {before}")
        page.settle()
        point = Point(start=ItemStart(item=21), condition={"height": float(page.page.input_value("#attribute-height"))})
        expected = page.session.render([point])[0].astype(int)
        assert page.page.is_visible("#frame-after canvas.live")
        assert np.abs(live_pixels(page).astype(int) - expected).max() <= steps("tiny-shapes", root)
        places.add(page.page.get_attribute("#map .overlay circle.now", "cx"))
    assert len(places) == 3, "the marker on the map follows"
    assert [u for u in page.asked[asked:] if "/explorer/" not in u] == [], "files at most, no question"
    page.after(page.page.mouse.up)
    page.page.wait_for_selector("#frame-after canvas.live", state="hidden")
    assert page.on_stage() == point


REFUSED = [
    "**/*.wasm",
    "**/engine/worker.js",
    "**/ort.wasm.bundle.min.js",
    "**/model/decoder.onnx*",
    "**/engine.json*",
]


@pytest.mark.parametrize("pattern", REFUSED)
def test_without_the_engine_the_server_does_it_and_nobody_notices(visit, pattern):
    page = visit(SHAPES.at(Point(start=ItemStart(item=21))), ready=False, refuse=[pattern])
    outcome = "m.engine.whenReady().then(() => 'up', (e) => e.fallback)"
    assert page.page.evaluate(f"import({MODULE} + 'engine.js').then((m) => {outcome})") is True
    box, y = grab(page, "#attribute-height")
    before, asked = page.rendered, len(page.asked)
    page.page.mouse.move(box["x"] + 0.8 * box["width"], y, steps=3)
    page.page.wait_for_function(f"+document.querySelector('#workspace').dataset.rendered > {before}")
    page.settle()
    point = Point(start=ItemStart(item=21), condition={"height": float(page.page.input_value("#attribute-height"))})
    assert np.array_equal(page.pixels("#stage-after"), page.session.render([point])[0])
    assert any("component_server" in url for url in page.asked[asked:])
    page.after(page.page.mouse.up)
    page.page.wait_for_selector("#frame-after canvas.live", state="hidden")
    assert page.on_stage() == point
    page.page.click("#about")
    page.page.wait_for_selector("#engine-how")
    assert "on the server" in page.page.text_content("#engine-how")


def test_what_the_engine_refuses_goes_to_the_server(visit):
    """The engine refuses one picture of a drag: the server makes it, and the engine the next."""
    page = visit(SHAPES.at(Point(start=ItemStart(item=21))))
    page.page.evaluate(
        """() => {
          const ask = engine.ask.bind(engine);
          const no = Object.assign(new Error("not here"), { fallback: true });
          let first = null;
          window.refused = new Set();
          engine.ask = (name, given, ...rest) => {
            if (name === "pixels") first ??= JSON.stringify(given);
            if (!["pixels", "picture"].includes(name) || JSON.stringify(given) !== first) return ask(name, given, ...rest);
            refused.add(name);
            return Promise.reject(no);
          };
        }"""
    )
    asked = len(page.asked)
    box, y = grab(page, "#attribute-height")
    page.settle()
    assert page.page.evaluate("[...refused].sort()") == ["picture", "pixels"], "onto the canvas, and as a picture"
    assert any("component_server" in url for url in page.asked[asked:]), "the server made that one"
    asked = len(page.asked)
    page.page.mouse.move(box["x"] + 0.3 * box["width"], y, steps=4)
    page.settle()
    assert not any("component_server" in url for url in page.asked[asked:])
    point = Point(start=ItemStart(item=21), condition={"height": float(page.page.input_value("#attribute-height"))})
    page.after(page.page.mouse.up)
    assert page.on_stage() == point


def test_a_slider_that_is_let_go_where_it_was_taken_up_comes_to_rest(visit):
    """Then the browser tells of no change: the page has to notice by itself."""
    page = visit(SHAPES.at(Point(start=ItemStart(item=21))))
    own = page.page.input_value("#attribute-height")
    grab(page, "#attribute-height")
    page.page.evaluate("addEventListener('change', () => (window.sawChange = true), true)")
    page.page.evaluate(
        """(own) => { const slider = document.querySelector("#attribute-height"); slider.value = own;
        slider.dispatchEvent(new Event("input", { bubbles: true })); }""",
        own,
    )
    page.settle()
    page.after(page.page.mouse.up)
    assert not page.page.evaluate("window.sawChange")
    assert page.on_stage() == Point(start=ItemStart(item=21), condition={"height": float(own)})


def test_the_page_may_share_memory_and_says_where_pictures_are_made(visit):
    page = visit()
    assert page.page.evaluate("crossOriginIsolated") is True
    page.page.click("#about")
    page.page.wait_for_selector("#engine-how")
    assert "in this browser" in page.page.text_content("#engine-how")

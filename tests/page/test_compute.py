"""What the page's panels ask: answered alike, whoever answers; batched, kept, and let go when nobody waits."""

from __future__ import annotations

import pytest

from explorer.core.scene import Point, Scene, View
from explorer.play.session import open_session
from tests.support.browsing import Visit

MODULE = "document.querySelector('link[href*=\"/css/\"]').href.split('/css/')[0] + '/js/compute/compute.js'"
ITEM, OTHER = {"start": {"item": 3}}, {"start": {"item": 9}, "condition": {"colour": "blue"}}


@pytest.fixture(scope="module")
def page(browser, url):
    """A page on which `compute` is at hand, its engine not up, so that the server answers."""
    visit = Visit(browser, url)
    visit.page.route("**/engine.json*", lambda route: route.abort())
    visit.open(Scene(model="tiny-shapes"))
    visit.page.evaluate(f"import({MODULE}).then((m) => (window.compute = m.compute))")
    visit.page.evaluate(
        """() => {
          const { send } = compute.server;
          window.sent = [];
          compute.server.send = (request) => (window.sent.push(request), send(request));
        }"""
    )
    yield visit.page
    visit.close()


def test_the_server_answers_every_question_of_the_page(page, root):
    session = open_session("tiny-shapes")
    point = Point.model_validate(OTHER)
    assert page.evaluate("(p) => compute.condition([p])", OTHER) == [session.condition(point)]
    assert page.evaluate("(p) => compute.places([p], 'flat')", OTHER) == [pytest.approx(session.place(point, "flat"))]
    (trust,) = page.evaluate("(p) => compute.trust([p])", OTHER)
    assert trust["nearest"] == session.trust(point).nearest
    assert page.evaluate("(p) => compute.neighbours([p], 3)", ITEM) == [
        [list(pair) for pair in session.neighbours(Point.model_validate(ITEM), 3)]
    ]
    src, gap = page.evaluate(
        "([a, b]) => Promise.all([compute.picture([a]), compute.difference([[a, b]])])", [ITEM, OTHER]
    )
    assert all(url.startswith("data:image/") for url in (*src, *gap))
    kind, shape = page.evaluate("() => compute.tensor('error').then((t) => [t.data.constructor.name, t.shape])")
    assert kind == "Float32Array" and shape == [session.card.items]
    judged = page.evaluate("(p) => compute.judge([p])", ITEM)
    assert judged[0].keys() == {"colour", "height"}
    assert page.evaluate("(p) => compute.draw(p, document.createElement('canvas'))", OTHER) is True


def test_one_tick_is_one_request_and_an_answer_is_kept(page):
    page.evaluate("() => (sent.length = 0)")
    points = [{"start": {"item": k}} for k in range(40, 46)]
    ask = "(points) => Promise.all([compute.picture(points), compute.condition(points), compute.picture([points[0]])])"
    first = page.evaluate(ask, points)
    assert page.evaluate("() => sent.map(({ questions }) => questions.map((q) => [q.ask, q.points.length]))") == [
        [["picture", 6], ["condition", 6]]
    ]
    assert page.evaluate(ask, points) == first
    assert page.evaluate("() => sent.length") == 1


def test_what_nobody_waits_for_is_never_asked(page):
    page.evaluate("() => (sent.length = 0)")
    told = page.evaluate(
        """async () => {
          const hand = new AbortController();
          const lost = compute.picture([{ start: { item: 77 } }], { signal: hand.signal }).catch((error) => error.name);
          hand.abort();
          await compute.picture([{ start: { item: 78 } }]);
          return lost;
        }"""
    )
    assert told == "AbortError"
    assert page.evaluate("() => sent.flatMap(({ questions }) => questions.flatMap((q) => q.points))") == [
        {"start": {"item": 78}}
    ]


def test_a_refusal_is_an_error_with_its_place_and_spoils_no_other_answer(page):
    told, good = page.evaluate(
        """() => Promise.all([
          compute.picture([{ start: { item: 100000 } }]).catch(({ name, sentence, where }) => [name, sentence, where]),
          compute.picture([{ start: { item: 51 } }]),
        ])"""
    )
    assert told == ["ExplorerError", "Tiny shapes has 400 items; there is no number 100000.", "map"]
    assert good[0].startswith("data:image/")


def test_a_model_that_opens_on_a_special_tab_is_answered_by_the_page(browser, url):
    visit = Visit(browser, url).open(Scene(model="tiny-shapes", view=View(tab="origin")))
    try:
        asked = visit.page.evaluate(
            f"""async () => {{
              const {{ compute }} = await import({MODULE});
              const {{ engine }} = await import({MODULE}.replace("compute/compute.js", "engine/engine.js"));
              await engine.whenReady();
              let asked = 0;
              const {{ send }} = compute.server;
              compute.server.send = (request) => ((asked += request.do === "ask"), send(request));
              const points = [210, 211].map((item) => ({{ start: {{ item }} }}));
              const answers = [compute.picture(points), compute.condition(points), compute.judge(points), compute.trust(points)];
              const [[src]] = await Promise.all(answers);
              await compute.draw(points[1], document.createElement("canvas"));
              return [compute.ready, asked, src.slice(0, 14)];
            }}"""
        )
    finally:
        visit.close()
    assert asked == [True, 0, "data:image/png"]

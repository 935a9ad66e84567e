"""What hosts, proxies and upgrades do to the page: it says so, and goes on where it can."""

from __future__ import annotations

import json
import mimetypes
import re
import urllib.request
from http.server import ThreadingHTTPServer

import pytest

from explorer.core import link
from explorer.core.scene import Point, Scene, View
from explorer.page.bench.light import hosted
from explorer.page.serving import web
from explorer.page.site import FROM_DISK
from tests.conftest import ROOT
from tests.support.browsing import Visit
from tests.support.sites import Plain

SHAPES = Scene(model="tiny-shapes", view=View(map="flat", colour="colour"))


@pytest.fixture
def page(browser):
    """A page whose errors don't count: something is broken on purpose."""
    opened = browser.new_page()
    opened.set_default_timeout(60_000)
    yield opened
    opened.close()


# -- scripts that don't come


@pytest.mark.parametrize("name", ["main.js", "compute/compute.js"])
def test_a_page_without_its_scripts_says_so(page, url, name):
    page.route(f"**/js/{name}", lambda route: route.abort())
    page.goto(url)
    page.wait_for_selector("#unstarted[data-now]", state="visible")
    assert "Reload" in page.inner_text("#unstarted")


def test_the_other_pages_say_so_too_and_none_that_runs_does(page, url):
    page.goto(f"{url}/reading-room")
    page.wait_for_selector("#unstarted", state="detached")
    page.route("**/js/room.js", lambda route: route.abort())
    page.goto(f"{url}/reading-room")
    style = "getComputedStyle(document.querySelector('#unstarted'))"
    assert page.evaluate(f"{style}.visibility") == "hidden" and page.evaluate(f"{style}.animationDelay") == "20s"
    page.add_style_tag(content="#unstarted { animation-delay: 0s !important }")
    page.wait_for_selector("#unstarted", state="visible")


def test_a_browser_that_refuses_the_address_stops_nothing(visit):
    refused = """() => {
      for (const name of ['pushState', 'replaceState']) history[name] = () => { throw new DOMException('too many'); };
    }"""
    page = visit()
    page.page.evaluate(refused)
    page.after(lambda: page.page.click("#attribute-colour label:has(input:not(:checked))"))
    page.page.wait_for_selector('#workspace[data-state="ready"]')
    writes = [p.name for p in (ROOT / "assets" / "js").rglob("*.js") if "history.replaceState" in p.read_text("utf-8")]
    assert writes == ["dom.js"], "all others write the address by `address`, which minds what a browser refuses"


# -- an upgrade while the page is open


def test_an_old_page_offers_to_reload_and_keeps_its_scene(visit):
    page = visit(SHAPES.at(Point().asking(colour="blue")))
    before = page.scene

    def newer(route):
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "x-explorer-assets": "0123456789ab"})

    page.page.route("**/component_server/", newer)
    page.page.click("#about")
    page.page.wait_for_selector("#dialog[open]")
    page.page.keyboard.press("Escape")
    page.page.wait_for_selector("#reload")
    page.page.unroute("**/component_server/")
    page.page.click("#reload")
    page.page.wait_for_selector("#reload", state="detached")
    page.settle()
    assert page.scene == before and page.page.locator("[data-notice]").count() == 0


def test_a_part_of_the_page_that_is_gone_offers_to_reload(visit, url):
    page = visit(SHAPES)
    page.page.route("**/plotly-gl3d*", lambda route: route.fulfill(status=404, body="{}"))
    page.page.locator('#spaces [data-map="solid"]').check(force=True)
    page.page.wait_for_selector("#reload")
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.headers["x-explorer-assets"] == web.assets_base().rpartition("/")[2]


# -- files as hosts send them


class Odd(Plain):
    """A host that declares .gz files as packed on the way, so that browsers unpack them, and knows no type of rarer names."""

    def end_headers(self) -> None:
        """Add to the head of an answer."""
        if self.path.partition("?")[0].endswith(".gz"):
            self.send_header("Content-Encoding", "gzip")
        super().end_headers()

    def guess_type(self, path: str) -> str:
        """The types that any host knows."""
        known = {"html": "text/html", "js": "text/javascript", "css": "text/css", "json": "application/json"}
        return known.get(path.rpartition(".")[2], "")


def test_a_site_works_where_files_come_unpacked_and_without_types(root, browser, site):
    import functools

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Odd, directory=str(site.parent)))
    server.sent = []
    assert not list(site.rglob("*.mjs")), "hosts without a type for .mjs serve it as something that no browser runs"
    with hosted(server):
        visit = Visit(browser, f"http://127.0.0.1:{server.server_port}/{site.name}")
        visit.open(SHAPES)
        visit.after(lambda: visit.page.click("#attribute-colour label:has(input:not(:checked))"))
        visit.page.wait_for_selector(".stage-facts .readings", state="attached")
        visit.same(visit.pixels("#stage-after"), visit.session.render([visit.scene.point])[0])
        visit.close()


def test_a_site_from_the_disk_says_what_to_do(page, site):
    page.goto((site / "index.html").as_uri())
    page.wait_for_selector("#unstarted", state="visible")
    assert page.inner_text("#unstarted") == FROM_DISK


def test_types_are_ours_whatever_the_machine_says(url):
    mimetypes.add_type("text/plain", ".js")
    try:
        for name in ("js/main.js", "js/ort/ort.wasm.bundle.min.js"):
            with urllib.request.urlopen(f"{url}/{web.assets_base()}/{name}", timeout=30) as answer:
                assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    finally:
        mimetypes.add_type("text/javascript", ".js")
    assert all(name[name.rindex(".") :] in web.MEDIA for name in web.assets())


# -- files too large for an address


def test_a_file_of_a_scene_is_asked_for_in_the_body(url, visit):
    large = SHAPES.at(
        Point.model_validate(
            {"edits": [{"op": "dimension", "params": {"index": k % 6, "amount": 0.01}} for k in range(4)]}
        )
    )
    body = json.dumps({"scene": link.compact(large), "as": "csv", "padding": "x" * 100_000}).encode()
    asked = urllib.request.Request(f"{url}/explorer/export", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        assert answer.read().startswith(b"recipe,") and "tiny-shapes-stage.csv" in answer.headers["content-disposition"]
    page = visit(SHAPES)
    sent = []
    page.page.on("request", lambda request: "export" in request.url and sent.append(request.method))
    page.page.click('[data-do="save"]')
    with page.page.expect_download():
        page.page.click('#dialog a[download]:text-is("PNG")')
    assert sent == ["POST"]
    page.page.route("**/explorer/export", lambda route: route.fulfill(status=413, body="too large"))
    page.page.click('#dialog a[download]:text-is("PNG")')
    assert "takes at once" in page.notice("stage")


def test_an_upload_refused_by_a_proxy_is_told_as_that(visit, tmp_path):
    page = visit(SHAPES, engine=False)
    page.page.route("**/component_server/", lambda route: route.fulfill(status=413, body="<html>413</html>"))
    picture = {"name": "own.png", "mimeType": "image/png", "buffer": b"no picture, which nobody gets to see"}
    page.page.set_input_files("#own-file", picture)
    page.page.wait_for_selector("[data-notice]:has-text('takes at once')")


def test_a_scene_too_large_for_a_link_keeps_its_answer_and_its_files(browser, url):
    page = Visit(browser, url)

    def tiny(route):
        answer = route.fetch()
        told = answer.json()
        if "rules" in told:
            told["rules"]["bounds"]["link"] = 8  # characters: as if each scene were too large
        route.fulfill(response=answer, json=told)

    page.page.route("**/component_server/", tiny)
    page.open(SHAPES)
    page.page.wait_for_selector('[data-notice="link"]')
    page.after(lambda: page.page.click('#attribute-colour label:has-text("blue")'))
    page.tab("interpolate")
    page.page.wait_for_selector("#panel #downloads a")
    page.page.click('[data-do="save"]')
    page.page.wait_for_selector('#dialog .note:has-text("too large for a link")')
    with page.page.expect_download() as told:
        page.page.click('#dialog a[download]:text-is("CSV") >> nth=0')
    assert ",blue," in told.value.path().read_text()
    page.close()


def test_no_module_is_taken_for_a_promise():
    """`import()` waits for ever for a module that exports a function `then`."""
    exports = re.compile(
        r"^export (?:const|let|class|(?:async )?function\*?) then\b|^export \{[^}]*\bthen\b", re.MULTILINE
    )
    assert not [path.name for path in (ROOT / "assets" / "js").rglob("*.js") if exports.search(path.read_text("utf-8"))]

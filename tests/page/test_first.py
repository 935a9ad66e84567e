"""What stands first on a static site, with how much, in which order, and what of it a second visit without a network has."""

from __future__ import annotations

import json
import re

import pytest

from explorer.core.schema import ExplorerError
from explorer.page.bench.light import Host, first_pictures, hosted
from explorer.page.serving.bundle import bundle, part
from explorer.page.serving.first import first
from explorer.page.site import write
from explorer.play import compute
from explorer.play.session import open_session

MOST = 300_000  # bytes
LATER = re.compile(r"plotly|/ort/|worker\.js|engine\.json|thumbs|sheet\.bin|/items/|/weights/|/model/|/prior/")
STANDS = """() => +document.querySelector('#map').dataset.plotted > 0 && document.querySelector('#stage-after').src
  && [...document.querySelectorAll('#panel .cell img')].every((image) => image.src)"""
KEPT = """async () => {
  const cache = await caches.open("latent-explorer");
  return (await cache.keys()).map(({ url }) => url);
}"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """The site of the checkpoint that opens first, as it is bundled."""
    folder = tmp_path_factory.mktemp("light") / "site"
    write(["avatars-cvae"], folder)
    return folder


def test_the_first_pictures_take_few_bytes(browser, opened):
    with hosted(Host(opened)) as host:
        found = first_pictures(browser, host.url)
    assert found["bytes"] < MOST and found["requests"] < 40


def test_they_stand_without_anything_that_comes_later_and_before_it_is_asked_for(browser, opened):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, service_workers="block")
    with hosted(Host(opened)) as host:
        page = context.new_page()
        asked: list[str] = []
        page.route(LATER, lambda route: (asked.append(route.request.url), route.abort()))
        page.add_init_script(
            """new MutationObserver(() => {
              if (document.querySelector('#workspace')?.dataset.state === 'ready') window.ready ??= performance.now();
            }).observe(document, { attributes: true, subtree: true, childList: true });"""
        )
        page.goto(host.url)
        page.wait_for_function(STANDS)
        shown = page.eval_on_selector_all("#panel .cell", "all => all.map((cell) => JSON.parse(cell.dataset.point))")
        assert len(shown) == 8 and page.locator("#stage-real").get_attribute("src")
        page.wait_for_selector("#workspace[data-state=ready]")
        page.wait_for_function(
            "() => performance.getEntriesByType('resource').some(({ name }) => name.includes('worker.js'))"
        )
        ready, names = page.evaluate(
            "() => [window.ready, performance.getEntriesByType('resource').map((e) => [e.name, e.startTime])]"
        )
        early = [name for name, start in names if LATER.search(name) and start < ready]
        assert early == [] and any("worker.js" in url for url in asked)
    context.close()


def test_the_answers_are_those_that_the_server_gives(root):
    for name in ("tiny-shapes", "tiny-digits"):
        session = open_session(name)
        made = first(session, session.opening())
        assert {"condition", "picture", "places", "trust"} <= {ask for ask, *_ in made["rows"]}
        for ask, more, about, value in made["rows"]:
            if about is None or ask == "picture":
                continue
            (answer,) = compute.ask(session, [{"ask": ask, "points": [about], **more}])
            assert json.loads(json.dumps(answer["value"][0])) == json.loads(json.dumps(value)), ask


def test_what_a_visit_used_is_there_without_a_network(browser, site):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    try:
        with hosted(Host(site)) as host:
            page.goto(host.url)
            page.wait_for_selector("#workspace[data-state=ready]")
            page.wait_for_function("() => navigator.serviceWorker.controller !== null")
            for part in ("sw-simd-threaded|wasm", "weights/decoder", "items/z.bin", "thumbs", "/points/"):
                page.wait_for_function(
                    f"async () => (await ({KEPT})()).some((url) => /{part.replace('/', '.')}/.test(url))"
                )
            before = page.get_attribute("#stage-after", "src")
        page.goto("about:blank")
        page.goto(host.url)  # nobody answers there any more
        page.wait_for_selector("#workspace[data-state=ready]")
        assert page.get_attribute("#stage-after", "src") == before
        page.click("#tab-interpolate")
        page.wait_for_selector("#scrub")
        page.wait_for_function("() => [...document.querySelectorAll('#panel .cell img')].every((image) => image.src)")
        assert page.locator("#panel .cell img").count() >= 3
    finally:
        context.close()


def test_modules_become_one(tmp_path):
    (tmp_path / "in").mkdir()
    main = [
        'import * as all from "./in/a.js";',
        'import { b as other } from "./in/b.js";',
        '/** import("./nowhere.js") */',
    ]
    main.append("export const out = () => [all.a, other, import.meta.url];\n")
    (tmp_path / "main.js").write_text("\n".join(main))
    again = 'export { b as again } from "./b.js";'
    (tmp_path / "in" / "a.js").write_text(f'import {{ b }} from "./b.js";\n{again}\nexport const a = b + 1;\n')
    (tmp_path / "in" / "b.js").write_text("export const b = 1;\n")
    text = bundle(tmp_path, "main.js")
    assert text.index("$in_b =") < text.index("$in_a =") < text.index("$main =")
    assert "const { b: other } = $in_b;" in text and "again: $in_b.b" in text
    assert "nowhere" not in text and not re.search(r"^(import|export) ", text, re.MULTILINE)
    (tmp_path / "late.js").write_text('import { b } from "./in/b.js";\nexport const late = b;\n')
    (tmp_path / "main.js").write_text("\n".join([*main[:3], 'export const later = () => import("./late.js");', ""]))
    assert "$late" in bundle(tmp_path, "main.js")
    text = bundle(tmp_path, "main.js", apart=["late.js"])
    assert "$late" not in text and 'import(new URL("late.js", $root).href)' in text
    text = part(tmp_path, "late.js", "main.js", (), ["late.js"])
    assert "$in_b =" not in text and "const { b } = $in_b;" in text and "export const all = $late;" in text
    (tmp_path / "in" / "b.js").write_text('import { a } from "./a.js";\nexport const b = a;\n')
    with pytest.raises(ExplorerError, match="import each other"):
        bundle(tmp_path, "main.js")

"""Lessons of one's own in a real browser: from a file, from a link, from a teacher's folder; a stranger's can do nothing else."""

from __future__ import annotations

import pytest

from explorer.museum.lessons.shelf import OWN
from tests.support.browsing import Visit
from tests.support.sites import served

HEAD = """+++
title = "A bag from a shirt"
goal = "Say what a condition changes."
minutes = 10
level = "beginner"
models = ["fashion-cvae"]
+++

"""
SCENE = '```scene\n{"model": "fashion-cvae", "start": {"item": 7}, "view": {"tab": "resample"}}\n```\n\n'
ASK = '```predict\nask = "Does the shade stay?"\nchoices = ["yes", "no"]\nanswer = "yes"\n```\n\nIt does.\n\n'
TEXT = f"{HEAD}## One\n\nLook.\n\n{SCENE}{ASK}## constructor\n\nWander.\n"
MARKUP = "<img src=x onerror=hit=1>"
HOSTILE = f"""{HEAD.replace("A bag from a shirt", MARKUP).replace("Say what", MARKUP)}## {MARKUP.replace("<", "&lt;")} toString

[here](https://a.example/x) [there](javascript:hit=1) <https://b.example> `{MARKUP}`

{SCENE}```predict
ask = "{MARKUP}"
choices = ["{MARKUP}", "</fieldset><script>hit=1</script>"]
answer = "{MARKUP}"
```

\\<script>hit=1\\</script>

## __proto__

```reach
ask = "{MARKUP}"
hint = "{MARKUP}"
example = '{{"model": "fashion-cvae", "start": {{"item": 7}}, "condition": {{"garment": "bag"}}}}'
[goal]
condition = {{garment = "bag"}}
```
"""


@pytest.fixture(params=[1280, 390])
def person(request, browser, box):
    """A visitor on a desk and on a phone."""
    one = Visit(browser, box, width=request.param, permissions=["clipboard-read", "clipboard-write"])
    yield one
    one.close()


def file(text: str, name: str = "my Lesson.md") -> dict:
    return {"name": name, "mimeType": "text/markdown", "buffer": text.encode()}


def choose(visitor: Visit, *given) -> None:
    """Open the list of lessons, and choose a file."""
    visitor.page.click("#lessons")
    visitor.page.wait_for_selector(".lesson-entry")
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.click("#lesson-open")
    chooser.value.set_files(file(*given))


def test_a_file_opens_as_a_lesson_and_is_there_after_a_reload(person):
    page = person.open().page
    choose(person, "## No head\n")
    page.wait_for_function("document.querySelector('#lesson-file-said').textContent.startsWith('bad.md') || true")
    said = page.locator("#lesson-file-said:not(:empty)").inner_text()
    assert said.startswith("my-lesson.md, line 1: ") and not page.locator("#lesson").count()
    page.keyboard.press("Escape")
    choose(person, TEXT)
    page.wait_for_selector('#lesson[data-step="0"]')
    page.wait_for_selector('#panel[data-tab="resample"]')
    assert not page.evaluate("document.querySelector('#dialog').open")
    page.locator("#lesson").get_by_label("yes", exact=True).check()
    page.click("#lesson [type=submit]")
    page.click("#lesson-next")
    page.wait_for_selector('#lesson[data-step="1"]')
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.reload()
    person.settle()
    page.wait_for_selector('#lesson[data-step="1"]')
    page.click("#lesson-back")
    assert page.inner_text(".lesson-outcome") == "As you predicted: yes."
    page.click("#lesson-close")
    page.click("#lessons")
    page.click('[data-lesson="own:my-lesson"] >> text=2 steps')
    page.wait_for_selector('#lesson[data-step="0"]')
    page.click("#lessons")
    page.click('[data-own="my-lesson"] >> text=Remove')
    page.wait_for_function("!document.querySelector('[data-own]')")
    page.goto(f"{person.url}/?lesson=own:my-lesson")
    person.settle()
    assert "another browser" in person.notice("lessons")


def test_a_file_dropped_anywhere_is_taken_as_a_lesson(person):
    page = person.open().page
    drop = """([name, text]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([text], name));
        const event = (type) => new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true });
        for (const type of ["dragenter", "dragover", "drop"]) document.querySelector("#stage").dispatchEvent(event(type));
    }"""
    page.evaluate(drop, ["bad.md", HEAD])
    page.wait_for_selector('[data-notice="lessons"]')
    assert person.notice("lessons").startswith("bad.md, line 1: ")
    page.evaluate(drop, ["drop.md", TEXT])
    page.wait_for_selector('#lesson[data-step="0"]')
    assert page.inner_text(".lesson-name") == "A bag from a shirt"


def test_a_link_carries_a_lesson_to_another_browser(person, browser):
    page = person.open().page
    choose(person, TEXT)
    page.wait_for_selector("#lesson")
    page.click("#lessons")
    page.click('[data-own="my-lesson"] >> text=Copy its link')
    page.wait_for_selector(".toast")
    link = page.evaluate("navigator.clipboard.readText()")
    other = Visit(browser, person.url)
    other.page.goto(link)
    other.settle()
    other.page.wait_for_selector('#lesson[data-step="0"]')
    other.page.wait_for_selector('#panel[data-tab="resample"]')
    assert other.scene.view.tab == "resample", "the scene of its first step stands in the address"
    other.page.reload()
    other.settle()
    other.page.wait_for_selector('#lesson[data-step="0"]')
    other.page.click("#lesson-close")
    scene = other.scene
    other.page.evaluate("hash => { location.hash = hash; }", link.partition("#")[2])
    other.page.wait_for_selector("#lesson")
    assert other.scene == scene, "the scene stays in the address"
    other.page.goto("about:blank")
    other.page.goto(link[: len(link) // 2])
    other.settle()
    assert "part of it may be missing" in other.notice("lessons") and not other.page.locator("#lesson").count()
    other.close()


def test_a_strangers_lesson_is_text_alone(person):
    page = person.open().page
    choose(person, HOSTILE)
    page.wait_for_selector('#lesson[data-step="0"]')
    assert page.inner_text("#lesson-title").endswith("toString") and MARKUP in page.inner_text("#lesson")
    assert "(https://a.example/x)" in page.inner_text("#lesson") and page.get_attribute("#lesson", "data-ended") is None
    page.locator("#lesson input").first.check()
    page.click("#lesson [type=submit]")
    page.wait_for_selector("#lesson[data-ended]")
    assert "<script>" in page.inner_text(".lesson-then")
    page.click("#lesson-next")
    page.wait_for_selector('#lesson[data-step="1"]')
    assert page.get_attribute("#lesson", "data-ended") is None, "a step named as a part of objects isn't done"
    page.click("#lesson-example")
    page.wait_for_selector("#lesson[data-ended]")
    page.click("#lesson-next")
    assert page.inner_text(".lesson-results li:last-child").endswith("done, with the example")
    page.click("#lessons")
    page.wait_for_selector(".lesson-own")
    assert not page.locator(":is(#lesson, .lesson-list) :is(img, script, iframe, a, style)").count()
    assert page.evaluate("typeof hit") == "undefined"


def test_a_teachers_folder_is_listed_first(person, tmp_path, monkeypatch):
    monkeypatch.setenv(OWN, str(tmp_path))
    (tmp_path / "ours.md").write_text(TEXT, encoding="utf-8")
    (tmp_path / "bad.md").write_text(HEAD, encoding="utf-8")
    page = person.page
    page.goto(f"{person.url}/?lesson=ours")
    person.settle()
    page.wait_for_selector('#lesson[data-step="0"]')
    page.click("#lessons")
    page.wait_for_selector(".lesson-entry")
    assert page.get_attribute(".lesson-entry", "data-lesson") == "ours"
    page.goto(f"{person.url}/?lesson=bad")
    person.settle()
    assert person.notice("lessons").startswith("bad.md, line 1: ")


def test_a_static_site_says_that_it_reads_no_files(browser, site):
    with served(site) as server:
        visitor = Visit(browser, server.url)
        visitor.page.goto(f"{server.url}/#lesson=K0ktLuECAA")
        visitor.settle()
        assert "no server" in visitor.notice("lessons")
        visitor.page.click("#lessons")
        visitor.page.wait_for_selector("#match-begin")
        assert not visitor.page.locator("#lesson-open").count()
        visitor.close()

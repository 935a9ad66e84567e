"""Bring your data: a file is uploaded on the page, told, and opened; and what isn't taken is refused in a sentence."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from explorer.box.cards import available, read_card
from explorer.page.serving import bring
from tests.box.test_own import table
from tests.support.browsing import Visit
from tests.support.live import explorer_of


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("brought")


@pytest.fixture(scope="module")
def address(root):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLORER_CACHE", str(root / "cache"))
        patch.setenv(bring.ALLOWED, "1")
        (root / "box").mkdir()
        with explorer_of(root / "box") as url:
            yield url


def test_a_table_is_brought_and_opened(browser, address, root):
    file = table(root / "Fruit of <b>2024.csv", species=["apple", "pear"] * 30)
    visit = Visit(browser, address, width=390)
    try:
        page = visit.page
        page.set_default_timeout(90_000)
        page.goto(f"{address}/bring")
        page.set_input_files("#bring-file", file)
        page.wait_for_selector("#bring-link[href]:visible")
        told = page.inner_text("#bring-told")
        assert "60 rows of 2 numbers" in told and "species" in told and str(root) not in told
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        (name,) = available(root / "box")
        assert name.startswith("own-fruit-of-b-2024-")
        assert (
            page.locator("#bring-columns select").evaluate_all("all => all.map((one) => [one.name, one.value])")
            == GUESSED
        )
        page.select_option('[name="species"]', "number")
        page.click("#bring-guesses button")
        page.wait_for_selector("#bring-wait:has-text('species is no number in row 1')")
        page.select_option('[name="species"]', "leave out")
        page.click("#bring-guesses button")
        page.wait_for_selector("#bring-wait:has-text('All of it is made')")
        assert read_card(root / "box" / name).conditions.attributes == ()
        assert page.locator('[name="species"]').input_value() == "leave out"
        page.select_option('[name="species"]', "category")
        page.click("#bring-guesses button")
        page.wait_for_selector("#bring-link[href]:visible")
        page.click("#bring-link")
        page.wait_for_selector("#map", state="attached")
        visit.drawn()
        assert page.get_attribute("#map", "data-plotted") == "60"
        page.click("#checkpoint")
        assert page.get_attribute("#picker-bring", "href") == "bring"
    finally:
        visit.close()


GUESSED = [["species", "category"], ["width", "item"], ["height", "item"]]
REFUSED = {
    "a program": ("evil.exe", b"x", "evil.exe can't be opened here"),
    "nothing": ("a.csv", b"", "a.csv is empty"),
    "no table": ("a.csv", bytes(range(256)), "isn't a table that can be read"),
    "a way out": ("..%2F..%2Fa.csv", b"a,b\n1,2\n", ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_taken_is_one_sentence(case, address, root):
    name, raw, words = REFUSED[case]
    answer = httpx.post(f"{address}/bring/{name}", content=raw, timeout=240)
    if not words:
        assert answer.status_code == 404 or "holds 1 rows" in answer.text
        return
    (said,) = [json.loads(line)["error"] for line in answer.text.splitlines()]
    assert words in said and "Traceback" not in said
    assert not list((root / "box").glob("own-a*"))


@pytest.mark.parametrize("roles", ["[]", "{", '{"a": "program"}', '{"a": ["item"]}'])
def test_what_is_said_of_columns_is_checked(roles, address):
    answer = httpx.post(f"{address}/bring/a.csv", params={"roles": roles}, content=b"a,b", timeout=240)
    assert "can't be read; load the page again" in answer.json()["error"]


def test_too_many_sets_are_refused(tmp_path):
    for k in range(bring.MOST):
        (tmp_path / f"own-{k}").mkdir()
        (tmp_path / f"own-{k}" / "card.json").touch()
    assert "20 sets are here already" in bring.refusal("a.csv", b"x", tmp_path)


def test_one_set_is_made_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr(bring, "PATIENCE", 0.1)

    async def asked():
        one = asyncio.Lock()
        async with one:
            return [line async for line in bring._lines("a.csv", b"a,b", one)]

    (said,) = ThreadPoolExecutor().submit(asyncio.run, asked()).result()[:1]
    assert "Another set is being made" in said and not list(tmp_path.iterdir())


def test_it_can_be_switched_off(address, monkeypatch):
    monkeypatch.setenv(bring.ALLOWED, "0")
    assert httpx.get(f"{address}/bring").status_code == 404
    assert httpx.post(f"{address}/bring/a.csv", content=b"x").status_code == 404


def test_another_site_may_not_bring(address):
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://example.org"}
    assert httpx.post(f"{address}/bring/a.csv", content=b"x", headers=headers).status_code == 403

"""Many people drag at once: each sends ten moves a second, with one request in flight and only the newest move waiting."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx

from explorer.page.bench.page import open_page, wait
from explorer.page.bench.report import spread

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SESSIONS = 20
RATE = 10.0


def drag(browser: Browser, url: str, seconds: float) -> dict[str, Any]:
    """Twenty sessions for some seconds: times of the answers, answers a second, and the share of moves overtaken by newer ones.

    What they send is a request that the page itself made while its slider was dragged.
    """
    request = _recorded(browser, url)
    with ThreadPoolExecutor(1) as pool:  # this thread's event loop is the browser's
        return pool.submit(asyncio.run, _crowd(*request, seconds)).result()


def _recorded(browser: Browser, url: str) -> tuple[str, dict[str, Any]]:
    """Address and body of a request that the page makes during a drag."""
    page = browser.new_page()
    page.route("**/engine.json*", lambda route: route.abort())  # the page would answer by itself
    try:
        open_page(page, url, 1)
        page.click("#tab-interpolate")
        page.wait_for_selector("#scrub")
        wait(page)
        with page.expect_request(lambda r: r.method == "POST" and '"live"' in (r.post_data or "")) as caught:
            page.evaluate(
                """() => { const slider = document.querySelector("#scrub"); slider.value = 0.5;
                slider.dispatchEvent(new Event("input", { bubbles: true })); }"""
            )
        return caught.value.url, json.loads(caught.value.post_data)
    finally:
        page.close()


async def _crowd(address: str, body: dict[str, Any], seconds: float) -> dict[str, Any]:
    text = json.dumps(body)
    scene = _find(body)
    held = json.dumps(scene["edits"][-1]["params"]["t"])
    times: list[float] = []
    moves = 0

    async def person(client: httpx.AsyncClient, number: int) -> None:
        nonlocal moves
        await asyncio.sleep(number / SESSIONS / RATE)
        begun = time.perf_counter()
        last = -1
        while (now := time.perf_counter()) - begun < seconds:
            tick = int((now - begun) * RATE)
            if tick == last:
                await asyncio.sleep(0.002)
                continue
            moves += tick - last
            last = tick
            t = ((tick * 37 + number * 11) % 97 + 1) / 99
            started = time.perf_counter()
            answer = await client.post(
                address,
                content=text.replace(f'"t": {held}', f'"t": {t}'),
                headers={"Content-Type": "application/json", "X-Explorer-Visitor": str(number)},
            )
            answer.raise_for_status()
            times.append(1000 * (time.perf_counter() - started))

    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=SESSIONS)) as client:
        await asyncio.gather(*(person(client, number) for number in range(SESSIONS)))
    return {
        "sessions": SESSIONS, "answers_s": len(times) / seconds, "dropped": 1 - len(times) / moves, **spread(times),
    }  # fmt: skip


def _find(value: Any) -> dict[str, Any]:
    """The scene within a request's body."""
    if isinstance(value, dict):
        if value.get("edits"):
            return value
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        if found := _find(part):
            return found
    return {}

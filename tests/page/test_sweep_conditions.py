"""Under poor conditions the page opens, an attribute changes and a walk plays: slow, bare, enlarged, still, in forced colours."""

from __future__ import annotations

import pytest

from tests.support.browsing import Visit

SLOW_LINE = {"offline": False, "latency": 200, "downloadThroughput": 1.5e6 / 8, "uploadThroughput": 1.5e6 / 8}
NO_WEBGL = """const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return /webgl/.test(kind) ? null : get.call(this, kind, ...rest);
};"""
CONDITIONS = {
    "no WebGL": {"script": NO_WEBGL},
    "no WASM": {"script": "delete globalThis.WebAssembly;"},
    "a sixth of the speed": {"cdp": ("Emulation.setCPUThrottlingRate", {"rate": 6})},
    "a slow line": {"cdp": ("Network.emulateNetworkConditions", SLOW_LINE)},
    "200 % zoom": {"width": 640, "height": 400, "device_scale_factor": 2},
    "reduced motion": {"reduced_motion": "reduce"},
    "forced colours": {"forced_colors": "active"},
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_page_opens_changes_and_plays(browser, url, name):
    options = dict(CONDITIONS[name])
    script, cdp = options.pop("script", None), options.pop("cdp", None)
    one = Visit(browser, url, **options)
    page = one.page
    page.set_default_timeout(120_000)
    if script:
        page.add_init_script(script)
    if cdp:
        page.context.new_cdp_session(page).send(*cdp)
    one.open(None)
    before = page.get_attribute("#stage-after", "src")
    chip = page.locator("#panel .field :is(.choice, .swatches) label:has(input:not(:checked):not(:disabled))").first
    one.after(chip.click)
    assert page.get_attribute("#stage-after", "src") != before
    one.tab("interpolate")
    start = page.input_value("#scrub")
    page.click("#play")
    page.wait_for_function(f"document.querySelector('#scrub').value !== '{start}'")
    page.click("#play")
    one.settle()
    assert page.get_attribute("#play", "aria-pressed") == "false"
    one.close()

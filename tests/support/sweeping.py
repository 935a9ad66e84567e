"""What the sweeps over models and tabs share: which models, and one visit that goes from scene to scene."""

from __future__ import annotations

import os
from collections.abc import Iterator

from explorer.core import link
from explorer.core.scene import Scene, View
from tests.conftest import ROOT, bundled
from tests.support.browsing import Visit

ALL = os.environ.get("EXPLORER_SWEEP") == "all"
# A flat latent, categories, codes, sound, a series, no encoder, parts with styles of their own.
SOME = (
    "digits-cvae-2d",
    "avatars-cvae",
    "fashion-vqgan",
    "speech-autovc-4",
    "engines-cvae",
    "fashion-acgan",
    "fashion-alae",
)
MODELS = tuple(bundled()) if ALL else SOME
# Tabs that every model has are drawn by the same scripts for all: one model of each modality shows them whole.
EVERYWHERE = {"interpolate", "resample", "directions", "selection", "plugin", "dictionary", "own"}
WHOLE = {"avatars-cvae", "speech-autovc-4", "engines-cvae"}


def script(name: str) -> str:
    """A script of this folder, to be run in the page."""
    return (ROOT / "tests" / "support" / name).read_text(encoding="utf-8")


def open_model(desk: Visit, model: str, tab: str | None = None) -> None:
    """Go to another model within the page, and wait until all of it is shown."""
    scene = Scene(model=model, view=View(tab=tab) if tab else View())
    desk.page.evaluate("(text) => (location.hash = text)", link.write(scene))
    desk.page.wait_for_selector(f'#checkpoint[data-value="{model}"]')
    desk.settle()
    desk.drawn()


def tabs(desk: Visit) -> Iterator[str]:
    """Open one tab after the other -> its name, when it is shown. Those that are off are left out.

    Without `EXPLORER_SWEEP=all` the tabs that every model has are opened in some models alone.
    """
    names = "all => all.map((tab) => tab.id.slice(4))"
    brief = not ALL and desk.page.get_attribute("#checkpoint", "data-value") not in WHOLE
    for name in desk.page.eval_on_selector_all("#tabs [role=tab]:not([aria-disabled])", names):
        if not (brief and name in EVERYWHERE):
            desk.tab(name)
            yield name

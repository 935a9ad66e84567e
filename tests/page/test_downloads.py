"""Every button that promises a file gives one, in a real browser: it is saved, it opens, and it holds what it says."""

from __future__ import annotations

import csv
import io
import zipfile

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

from explorer.core.scene import Point, Scene, View
from explorer.play.session import open_session

SHAPES = Scene(model="tiny-shapes", view=View(map="flat", colour="colour"))
EDITED = SHAPES.at(Point().asking(colour="blue"))


def saved(page, selector: str) -> tuple[str, bytes]:
    """Press a button -> name and bytes of the file that the browser saved."""
    with page.page.expect_download() as told:
        page.page.click(selector)
    return told.value.suggested_filename, told.value.path().read_bytes()


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def latents(rows: list[dict[str, str]]) -> np.ndarray:
    names = [name for name in rows[0] if name[0] == "z" and name[1:].isdigit()]
    return np.array([[float(row[name]) for name in names] for row in rows])


@pytest.fixture
def dialog(visit):
    """A visit with the dialog of *Save* open -> the selector of a link in one of its rows."""
    page = visit(EDITED)
    page.page.click('[data-do="save"]')
    page.page.wait_for_selector("#dialog[open] .field")

    def link(row: str, kind: str) -> str:
        return f'#dialog .field:has(> .label:text-is("{row}")) a[download]:text-is("{kind}")'

    return page, link


def test_each_row_of_save_is_tested(dialog):
    page, _ = dialog
    rows = """all => all.map((field) => [field.querySelector('.label')?.textContent,
        [...field.querySelectorAll('a[download]')].map((a) => a.textContent)])"""
    found = dict(page.page.eval_on_selector_all("#dialog .field", rows))
    assert found.pop("This page", ["Save as a site"]) == ["Save as a site"]
    assert found == {"Picture": ["PNG"], "Latent": ["CSV", "safetensors"], "All items": ["CSV", "safetensors"]}


def test_the_picture_is_that_of_the_stage(dialog):
    page, link = dialog
    name, data = saved(page, link("Picture", "PNG"))
    shown = open_session(EDITED.model).render([EDITED.point])[0]
    made = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    scale = made.shape[0] // shown.shape[0]
    assert name == "tiny-shapes-stage.png" and np.array_equal(made[::scale, ::scale], shown)


def test_the_latent_is_that_of_the_stage(dialog):
    page, link = dialog
    z = open_session(EDITED.model).resolve(EDITED.point).z.numpy().ravel()
    name, data = saved(page, link("Latent", "CSV"))
    (row,) = rows = table(data)
    assert name == "tiny-shapes-stage.csv" and row["colour"] == "blue"
    assert np.allclose(latents(rows)[0], z, rtol=1e-5)
    name, data = saved(page, link("Latent", "safetensors"))
    assert name == "tiny-shapes-stage.safetensors" and np.array_equal(safetensors.numpy.load(data)["z"][0].ravel(), z)


def test_the_items_are_all_of_them(dialog):
    page, link = dialog
    items = open_session(EDITED.model).checkpoint.items
    name, data = saved(page, link("All items", "CSV"))
    rows = table(data)
    assert name == "tiny-shapes-items.csv" and [int(row["item"]) for row in rows] == list(range(400))
    assert np.allclose(latents(rows), items.space("latent"), rtol=1e-5, atol=1e-6)
    name, data = saved(page, link("All items", "safetensors"))
    assert np.array_equal(safetensors.numpy.load(data)["z"], items.z)


def test_the_site_is_a_page_with_its_model(visit):
    page = visit(EDITED)
    ready = "document.querySelector('script[src$=\"early.js\"]').src.replace('early.js', 'engine/engine.js')"
    page.page.evaluate(f"import({ready}).then(({{ engine }}) => engine.whenReady())")
    page.page.click('[data-do="save"]')
    name, data = saved(page, "#export-site")
    assert name == "tiny-shapes-site.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as site:
        assert site.testzip() is None
        names = site.namelist()
        assert "index.html" in names and any(name.endswith("tiny-shapes/facts.json") for name in names)


@pytest.mark.parametrize(
    ("tab", "what", "kinds"),
    [("interpolate", "path", "GIF, WebP, PNG strip"), ("resample", "draws", "PNG, CSV, safetensors")],
)
def test_a_strip_is_saved_in_each_form(visit, tab, what, kinds):
    page = visit(EDITED)
    page.tab(tab)
    assert sorted(page.page.locator("#panel #downloads > *:not(.note)").all_inner_texts()) == sorted(kinds.split(", "))
    for kind in kinds.split(", "):
        name, data = saved(page, f'#panel #downloads > *:text-is("{kind}")')
        assert name == f"tiny-shapes-{what}.{kind.split()[0].lower()}"
        if kind == "CSV":
            assert len(rows := table(data)) > 1 and latents(rows).shape[1] == 6
        elif kind == "safetensors":
            assert len(safetensors.numpy.load(data)["z"]) > 1
        else:
            image = Image.open(io.BytesIO(data))
            assert image.format == kind.split()[0].upper() and min(image.size) >= 16
            assert kind.startswith("PNG") or image.n_frames > 1

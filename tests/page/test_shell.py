"""What stands around the work itself: type and colours, the keyboard, the ways in and out."""

from __future__ import annotations

import re

import gradio
import pytest

from explorer.core.glossary import TERMS
from explorer.page.views.page import STYLES as page_styles
from explorer.page.views.page import workspace
from explorer.page.views.play import STYLES as play_styles
from explorer.page.views.room import STYLES as room_styles
from tests.conftest import ROOT

STYLES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "assets" / "css").glob("*.css"))}
DEFINED = re.compile(r"(--[\w-]+)\s*:")
# Of each element with text of its own: which it is, and how it is set.
TYPE = """() => [...document.querySelectorAll('#workspace *')]
  .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
  .map((node) => {
    const { fontFamily, fontSize, fontWeight, lineHeight } = getComputedStyle(node);
    return [node.tagName, node.id, String(node.className), fontFamily, fontSize, fontWeight, lineHeight].join(' | ');
  })"""


def test_our_variables_have_names_of_their_own():
    """Gradio writes its theme's on `body.dark`, nearer to the page than ours on the document."""
    theme = gradio.themes.Default()._get_theme_css()
    ours = {name for text in STYLES.values() for name in DEFINED.findall(text)}
    assert ours & set(DEFINED.findall(theme)) == set()


def test_every_variable_that_is_used_is_defined():
    scripts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "assets" / "js").rglob("*.js"))
    views = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "explorer").rglob("*.py"))
    known = {name for text in (*STYLES.values(), scripts, views) for name in DEFINED.findall(text)}
    known |= set(re.findall(r"setProperty\([`'\"](--[\w-]+)", scripts))
    for file, text in STYLES.items():
        assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= known, file


@pytest.mark.parametrize("width", [390, 1280])
def test_type_is_the_same_by_day_and_by_night(visit, width):
    shown = {}
    for scheme in ("light", "dark"):
        page = visit(color_scheme=scheme, width=width)
        assert page.page.evaluate("document.body.classList.contains('dark')") == (scheme == "dark")
        assert page.page.evaluate("document.documentElement.dataset.theme") == scheme
        shown[scheme] = page.page.evaluate(TYPE)
    assert len(shown["light"]) > 40
    assert shown["light"] == shown["dark"]


# -- the first minute


def test_three_things_to_do_stand_there_once(visit):
    page = visit(None).page
    assert page.locator("#welcome li").count() == 3 and page.is_visible("#welcome")
    page.click('[data-guide="walk"]')
    page.wait_for_selector('#tab-interpolate[aria-selected="true"]')
    page.click('[data-guide="pick"]')
    assert page.evaluate("document.activeElement.id") == "map"
    page.click('[data-guide="close"]')
    page.reload()
    page.wait_for_selector('#workspace[data-state="ready"]')
    assert page.is_hidden("#welcome")


@pytest.mark.parametrize("width", [390, 1280])
def test_what_am_i_looking_at_is_answered_in_place(visit, width):
    page = visit(None, width=width).page
    page.click("#explain")
    page.wait_for_selector(".explained" if width > 900 else ".glossary dt")
    shown = page.inner_text(".explained-all" if width > 900 else "#dialog")
    assert TERMS["map"] in shown and TERMS["stage"] in shown and TERMS["reading"] in shown
    page.keyboard.press("Escape")
    assert page.locator(".explained-all, #dialog[open]").count() == 0


def test_a_word_explains_itself_to_pointer_touch_and_keyboard(visit):
    page = visit(None).page
    page.hover('#welcome [data-term="latent space"]')
    page.wait_for_selector(f'#term-tip:text-is("{TERMS["latent space"]}")')
    page.mouse.move(2, 2)
    page.wait_for_selector("#term-tip", state="hidden")
    page.click('#welcome [data-term="latent space"]')
    page.wait_for_selector("#term-tip")
    page.keyboard.press("Escape")
    page.focus("#tab-attributes")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(f'#term-tip:text-is("{TERMS["interpolation"]}")')
    assert page.get_attribute("#tab-interpolate", "aria-describedby") == "term-tip"


def test_every_term_that_the_page_names_is_explained():
    script = (ROOT / "assets" / "js" / "shell" / "guide.js").read_text(encoding="utf-8")
    named = set(re.findall(r'"#[\w-]+": "([\w ]+)"', script)) | set(re.findall(r'\["#[^"]+", "([\w ]+)"\]', script))
    named |= set(re.findall(r'data-term="([^"]+)"', workspace()))
    assert len(named) > 6 and named <= set(TERMS)


# -- in and out


def test_back_takes_a_step_back_and_forward_brings_it_again(visit):
    visitor = visit()
    first = visitor.scene
    visitor.after(lambda: visitor.page.click('#panel label:has-text("green")'))
    second = visitor.scene
    assert second.condition == {"colour": "green"}
    visitor.after(visitor.page.go_back)
    assert visitor.scene == first and visitor.page.is_disabled("#undo")
    visitor.after(visitor.page.go_forward)
    assert visitor.scene == second
    visitor.on_stage()


def test_letters_alone_can_be_switched_off(visit):
    page = visit(None).page
    page.keyboard.press("d")
    page.wait_for_selector("#workspace[data-difference]")
    page.keyboard.press("?")
    page.uncheck("#single-keys")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.keyboard.press("g")
    assert page.locator("dialog[open]").count() == 0
    assert page.locator("#workspace[data-difference]").count() == 1, "the second d did nothing"


def test_the_first_tab_stop_leads_past_the_bar(visit):
    page = visit(None).page
    page.evaluate("document.activeElement?.blur()")
    page.focus("#skip")
    page.keyboard.press("Enter")
    assert page.evaluate("Boolean(document.activeElement.closest('#stage'))")


def test_a_picture_of_the_page_is_no_upload_and_of_several_files_the_first_is_told(visit):
    page = visit(None).page
    drag = """([name, files]) => {
      const data = new DataTransfer();
      for (let k = 0; k < files; k++) data.items.add(new File(['no picture'], `${k}.png`, { type: 'image/png' }));
      const how = { dataTransfer: data, bubbles: true, cancelable: true };
      document.querySelector('#stage').dispatchEvent(new DragEvent(name, how));
      return !document.querySelector('#drop').hidden;
    }"""
    assert page.evaluate(drag, ["dragstart", 0]) is False
    assert page.evaluate(drag, ["dragenter", 1]) is False
    page.evaluate(drag, ["dragend", 0])
    assert page.evaluate(drag, ["dragenter", 2]) is True
    assert page.evaluate(drag, ["drop", 2]) is False
    page.wait_for_selector('.toast:has-text("0.png")')


def test_a_deleted_group_comes_back(visit):
    page = visit().page
    for value in ("red", "blue"):
        page.fill("#search", value)
        page.press("#search", "Enter")
        page.wait_for_selector(f'.chip[data-group-name="{value}"]')
    page.click('.chip[data-group-name="red"] .chip-remove')
    page.wait_for_selector('.chip[data-group-name="red"]', state="detached")
    page.click(".chip-restore")
    names = page.eval_on_selector_all(".chip[data-group-name]", "all => all.map((chip) => chip.dataset.groupName)")
    assert names == ["red", "blue"]


def test_each_look_of_what_is_pressed_has_one_in_forced_colours_on_every_page():
    forced = "".join(
        part
        for text in STYLES.values()
        for part in re.findall(r"@media \(forced-colors: active\) \{(.*?)\n  \}", text, re.S)
    )
    pressed = {name for text in STYLES.values() for name in re.findall(r'\.([\w-]+)\[aria-pressed="true"\]', text)}
    assert pressed >= {"tool", "button", "small-action", "code", "listen"}
    for name in pressed:
        assert f'.{name}[aria-pressed="true"]' in forced, name
    for page in (page_styles, room_styles, play_styles):
        assert "controls.css" in page
    assert ".choice :checked" in STYLES["controls.css"].partition("forced-colors")[2]


def test_what_is_chosen_can_be_told_in_forced_colours(visit):
    page = visit(forced_colors="active").page
    look = "([selector]) => { const s = getComputedStyle(document.querySelector(selector)); return s.backgroundColor; }"
    chosen = page.evaluate(look, ['#tabs [role=tab][aria-selected="true"]'])
    assert chosen != page.evaluate(look, ['#tabs [role=tab][aria-selected="false"]'])
    dots = page.eval_on_selector_all(".legend .dot", "all => all.map((dot) => getComputedStyle(dot).backgroundColor)")
    assert len(set(dots)) == 3


def test_pins_of_two_tabs_stay_both_and_a_full_store_is_said(visit):
    mine = visit()
    other = mine.context.new_page()
    other.goto(mine.page.url)
    other.wait_for_selector('#workspace[data-state="ready"]')
    mine.page.click('#stage [data-do="pin"]')
    mine.page.wait_for_selector("#pins .cell")
    other.wait_for_selector("#pins .cell")
    other.click("#attribute-colour label:has(input:not(:checked))")
    other.wait_for_selector('#workspace[data-state="ready"]')
    other.click('#stage [data-do="pin"]')
    other.wait_for_function("document.querySelectorAll('#pins .cell').length === 2")
    mine.page.wait_for_function("document.querySelectorAll('#pins .cell').length === 2")
    mine.page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
    )
    mine.after(lambda: mine.page.click("#attribute-colour label:has(input:not(:checked)) >> nth=1"))
    mine.page.click('#stage [data-do="pin"]')
    mine.page.wait_for_selector('.toast:has-text("storage is full")')


def test_a_reading_explains_its_word(visit):
    page = visit(None).page
    page.hover('.reading-row[data-term="near real items"]')
    page.wait_for_selector(f'#term-tip:text-is("{TERMS["near real items"]}")')

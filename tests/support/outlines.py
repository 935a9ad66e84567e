"""Shapes on the page: a slider under a hand, and how much an outline fills."""

from __future__ import annotations

from explorer.page.bench import agree

DRAG = """(slider, value) => {
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
}"""


def outline(src: str) -> int:
    """How much of a picture its shape fills, of 255, after making sure that it is an outline."""
    assert src.startswith(agree.SVG)
    return int(agree._opened(src).mean())

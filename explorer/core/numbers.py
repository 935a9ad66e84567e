"""Numbers as a person reads them; `assets/js/compute/numbers.js` says the same in the page."""

from __future__ import annotations


def number(value: float, digits: int = 2) -> str:
    """A number without zeros at its end, with a true minus sign."""
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return ("0" if text in ("-0", "") else text).replace("-", "\u2212")

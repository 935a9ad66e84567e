"""What was understood, as rows and sentences that a terminal shows in one screen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from explorer.box.own.columns import shown
from explorer.box.own.found import WHY, Found

ODD, COLUMNS = 12, 14  # sentences and columns that are told at most
START, EACH = 5.0, 0.002  # seconds that the first checkpoint takes on one quiet core, and more for each item
LATER, EACH_LATER = 25.0, 0.006  # what takes longer: the layout of neighbours, and the graphs for the page
METHODS = {"text": "Latent semantic analysis, by shared words,"}
SHAPES = {
    "pictures": "{2}x{1}",
    "sounds": "{1} bands over {2} frames",
    "series": "{1} readings of {0} channels",
    "sentences": "up to {words} words",
}


@dataclass(frozen=True)
class Told:
    """One screen.

    Attributes:
        what: how many of what.
        columns: title, what becomes of it, examples.
        odd: sentences.
        plan: what will be made, and how long it takes.
    """

    what: str
    columns: tuple[tuple[str, str, str], ...]
    odd: tuple[str, ...]
    plan: tuple[str, ...]


def told(found: Found, out: Path, minutes: int = 0) -> Told:
    """What a person reads before anything is made."""
    shape = SHAPES.get(found.noun, "{size} numbers").format(
        *found.shape, size=found.x[0].size, words=found.shape[0] - 1
    )
    colour = {"grey": " in grey", "rgb": " in colour"}.get(found.settings.colour or "", "")
    what = f"{len(found):,} {found.noun} of {shape}{colour} in {found.path.name}"
    used = {attribute.label for attribute in found.conditions.attributes}
    columns = []
    for one in found.columns[:COLUMNS]:
        choice = found.settings.choice(one.title)
        if choice.use == "item":
            role = "the item's text" if found.modality == "text" else "number of the item"
        elif one.usable and (choice.label or shown(one.title)) in used:
            values = f", {len(one.values)} values" if one.kind == "category" else ""
            role = f"attribute: {one.kind}{values}"
        else:
            role = "left out" + (f": {WHY[one.kind].partition(',')[0]}" if one.kind in WHY else "")
        columns.append((shown(one.title), role, "" if one.kind == "empty" else one.examples))
    if (more := len(found.columns) - COLUMNS) > 0:
        columns.append((f"and {more} more", "", ""))
    odd = list(found.odd[:ODD])
    if (more := len(found.odd) - ODD) > 0:
        odd.append(f"And {more} more of the kind.")
    if not used:
        odd.append("No attribute was found: the map has one colour, and nothing can be asked of an item.")
    first = START + EACH * len(found)
    later = LATER + EACH_LATER * len(found)
    plan = [
        f"{METHODS.get(found.modality, 'Principal components')} with a map, in about {first:.0f} seconds: explorable then.",
        f"Then what takes longer (neighbours, the page's own engine), about {later:.0f} seconds more.",
    ]
    if minutes:
        many, line = "s" if minutes > 1 else "", "that" if found.modality in METHODS else "the components"
        plan.append(f"Then a network for {minutes} minute{many}, if it beats {line}.")
    plan.append(f"All of it in {out}; on a busy machine it takes longer.")
    return Told(what, tuple(columns), tuple(odd), tuple(plan))

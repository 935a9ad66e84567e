"""The glyphs of a font file as signed distance fields, and what is measured of them: stem, width and slant.

All faces are drawn at one size of their capitals: `CAP` cells from the baseline to the top of H, so that parts of letters lie
where they lie in other faces. The box of a glyph's ink stands in the middle of its frame; what goes beside it, the side
bearings, is kept apart.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from explorer.core.schema import ExplorerError
from explorer.learn.modalities.shape import field

CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,!?&-'():;/"
SIDE, SCALE, REACH = 48, 4, 4.0  # cells of a frame, pixels of a cell, cells at which a distance is cut off
CAP, BASELINE = 28, 35  # cells: a capital's height, and from the top of the frame to the baseline
LEAST, MEASURED = 60, 400  # pixels of a capital, at least, in a font of so many pixels
MARGIN = 8  # pixels that stay free beside a glyph
CUT_OFF = 3  # glyphs that may be larger than their frame
STEMS = (("HNDBEFL", CAP // 2), ("nhmrd", CAP // 4))  # letters, and cells above the baseline where a stem is cut
WIDE = "HOnoeaSE"
UPRIGHT = "HINl1i"  # letters with an upright stem
FOOT, HEAD = 6, 22  # cells above the baseline between which it leans


class Face(NamedTuple):
    """One typeface at one weight.

    Attributes:
        fields: uint8 [characters, SIDE, SIDE], as `explorer.learn.modalities.shape.field` gives them.
        bearings: cells left and right of a glyph's ink, float32 [characters, 2].
    """

    fields: np.ndarray
    bearings: np.ndarray


class Font:
    """A font file in memory.

    Args:
        data: TrueType, OpenType, or WOFF2 with the package `brotli`.

    Raises:
        ExplorerError: it can't be read, or lacks one of the characters.
    """

    def __init__(self, data: bytes) -> None:
        from fontTools.ttLib import TTFont, TTLibError

        try:
            font = TTFont(io.BytesIO(data))
            known = font.getBestCmap() or {}
            self.axes = (
                {a.axisTag: (a.minValue, a.defaultValue, a.maxValue) for a in font["fvar"].axes}
                if "fvar" in font
                else {}
            )
            font.flavor = None
            font.save(plain := io.BytesIO())
        except (TTLibError, OSError, KeyError, ValueError, AssertionError) as error:
            raise ExplorerError(f"This font can't be read: {error}.") from error
        if lacking := [character for character in CHARACTERS if ord(character) not in known]:
            raise ExplorerError(f"This font lacks {' '.join(lacking[:10])}.")
        self.data = plain.getvalue()

    def places(self) -> list[dict[str, float]]:
        """Where a variable font is looked at: in the middle, and at the ends of each axis that changes its letters."""
        if not self.axes:
            return [{}]
        middle = {axis: usual for axis, (_, usual, _) in self.axes.items()}
        steps: list[tuple[str, float]] = []
        if "wght" in self.axes:
            light, _, heavy = self.axes["wght"]
            middle["wght"] = min(max(400.0, light), heavy)
            steps += [("wght", light), ("wght", min(700.0, heavy)), ("wght", heavy)]
        if "wdth" in self.axes:
            steps += [("wdth", self.axes["wdth"][0]), ("wdth", self.axes["wdth"][2])]
        if "slnt" in self.axes:
            steps.append(("slnt", self.axes["slnt"][0]))
        if "CASL" in self.axes:
            steps.append(("CASL", self.axes["CASL"][2]))
        if "opsz" in self.axes and self.axes["opsz"][2] > 2 * middle["opsz"]:  # a little larger looks the same
            steps.append(("opsz", self.axes["opsz"][2]))
        found = [middle]
        for axis, value in steps:
            if (place := middle | {axis: value}) not in found:
                found.append(place)
        return found

    def at(self, place: Mapping[str, float]) -> Face:
        """Its glyphs at a place of its axes.

        Raises:
            ExplorerError: capitals without height, a character without ink, or glyphs much larger than capitals.
        """
        cap = -self._sized(MEASURED, place).getbbox("H", anchor="ls")[1]
        if cap < LEAST:
            raise ExplorerError("The capitals of this font have no height.")
        font = self._sized(MEASURED * CAP * SCALE / cap, place)
        fields = np.zeros((len(CHARACTERS), SIDE, SIDE), np.uint8)
        bearings = np.zeros((len(CHARACTERS), 2), np.float32)
        cut = 0
        side = SIDE * SCALE
        for k, character in enumerate(CHARACTERS):
            room = Image.new("L", (3 * side, 3 * side))
            ImageDraw.Draw(room).text((side, side + BASELINE * SCALE), character, fill=255, font=font, anchor="ls")
            ink = np.asarray(room) > 127
            columns, rows = np.flatnonzero(ink.any(0)), np.flatnonzero(ink.any(1))
            if not len(columns):
                raise ExplorerError(f"This font draws nothing for {character}.")
            left, right = int(columns[0]), int(columns[-1]) + 1
            begin = (left + right - side) // 2
            fields[k] = field(ink[side : 2 * side, begin : begin + side], SCALE, REACH)
            bearings[k] = (left - side) / SCALE, (side + font.getlength(character) - right) / SCALE
            cut += right - left > side - MARGIN or rows[0] < side or rows[-1] >= 2 * side
        if cut > CUT_OFF:
            raise ExplorerError(f"{cut} glyphs of this font are much larger than its capitals.")
        return Face(fields, bearings)

    def _sized(self, size: float, place: Mapping[str, float]) -> ImageFont.FreeTypeFont:
        font = ImageFont.truetype(io.BytesIO(self.data), size, layout_engine=ImageFont.Layout.BASIC)
        if place:
            font.set_variation_by_axes([place[axis] for axis in self.axes])
        return font


def measured(fields: np.ndarray) -> np.ndarray:
    """Fields of one face uint8 [characters, SIDE, SIDE] -> stem and width in hundredths of a capital's height, slant in degrees.

    A stem is the median of the first run of ink in letters that begin with an upright one; width the mean of eight letters'
    ink; slant that of the upright letters' middle.
    """
    inside = np.clip((fields.astype(np.float32) / 255 - 0.5) * 2 * REACH + 0.5, 0, 1)  # share of a cell that is ink
    at = {character: k for k, character in enumerate(CHARACTERS)}
    stem = np.median([_run(inside[at[one], BASELINE - up]) for letters, up in STEMS for one in letters])
    wide = np.mean([np.ptp(np.flatnonzero((fields[at[one]] > 127).any(0))) + 1 for one in WIDE])
    places = np.arange(SIDE) + 0.5
    head, foot = (inside[[at[one] for one in UPRIGHT], BASELINE - up] for up in (HEAD, FOOT))
    lean = (head @ places) / np.maximum(head.sum(1), 1e-3) - (foot @ places) / np.maximum(foot.sum(1), 1e-3)
    slant = np.degrees(np.arctan(np.median(lean) / (HEAD - FOOT)))
    return np.array([100 * stem / CAP, 100 * wide / CAP, slant], np.float32)


def _run(row: np.ndarray) -> float:
    """Cells of the first run of ink in a row of shares."""
    full = np.flatnonzero(row > 0.5)
    if not len(full):
        return float(row.max())
    ends = np.flatnonzero(row[full[0] :] <= 0.5)
    end = full[0] + (ends[0] if len(ends) else len(row) - full[0])
    return float(row[max(0, full[0] - 1) : end + 1].sum())

"""Letters -> a font file, OpenType with cubic curves (`otf`) or TrueType with quadratic ones (`ttf`), by fontTools."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from explorer.learn.modalities.curves import fitted
from explorer.play.lettering import Glyph

EM = 1000  # units of a font
CAPITAL = 700  # of those, from the line to the top of a capital
TOLERANCE = 1.0
ROUND = 0.5  # units by which a quadratic curve may leave a cubic one
SPACE_AS = "i"  # a space is as wide as this letter
EMPTY = [
    [(50, 0), (50, CAPITAL), (400, CAPITAL), (400, 0)],
    [(100, 50), (350, 50), (350, CAPITAL - 50), (100, CAPITAL - 50)],
]
CREATED = 3_029_529_600  # seconds from 1904 to 2000: always the same, so that the same letters give the same file


def font(
    letters: Mapping[str, Glyph],
    *,
    cell: float,
    baseline: float,
    capital: float,
    name: str,
    about: str,
    kind: Literal["otf", "ttf"],
) -> bytes:
    """Write a font.

    Args:
        letters: by character.
        cell: units of the letters in a cell of their fields.
        baseline, capital: cells from the top of a frame to the line, and from there up to a capital's top.
        name: of the family, in ASCII.
        about: a sentence on where it is from.
        kind: the file's.
    """
    from fontTools.agl import UV2AGL
    from fontTools.fontBuilder import FontBuilder

    scale = CAPITAL / (capital * cell)
    known = {character: UV2AGL.get(ord(character), f"uni{ord(character):04X}") for character in letters}
    drawn = {glyph: _placed(letters[character], scale, baseline * cell) for character, glyph in known.items()}
    widths = {known[c]: max(0, round(one.advance * scale)) for c, one in letters.items()}
    space = widths.get(known.get(SPACE_AS, ""), EM // 4)
    lines = {".notdef": [[np.array([a, b]) for a, b in zip(loop, loop[1:] + loop[:1], strict=True)] for loop in EMPTY]}
    lines |= {"space": []} | {
        glyph: [fitted(loop, cell * scale, TOLERANCE) for loop in loops] for glyph, loops in drawn.items()
    }
    widths = {".notdef": 450, "space": space, **widths}
    made = FontBuilder(EM, isTTF=kind == "ttf")
    made.setupGlyphOrder(list(lines))
    made.setupCharacterMap({ord(" "): "space"} | {ord(character): glyph for character, glyph in known.items()})
    if kind == "ttf":
        glyphs = {glyph: _quadratic(loops) for glyph, loops in lines.items()}
        made.setupGlyf(glyphs)
        begins = {glyph: getattr(one, "xMin", 0) for glyph, one in glyphs.items()}
    else:
        programs = {glyph: _cubic(loops, widths[glyph]) for glyph, loops in lines.items()}
        names = {"FullName": name, "FamilyName": name, "Weight": "Regular"}
        made.setupCFF(name.replace(" ", "") + "-Regular", names, programs, {})
        begins = {
            glyph: int(min((p[:, 0].min() for loop in loops for p in loop), default=0))
            for glyph, loops in lines.items()
        }
    made.setupHorizontalMetrics({glyph: (widths[glyph], begins[glyph]) for glyph in lines})
    top = max(max((y.max() for loop in loops for y in (loop[:, 1],)), default=CAPITAL) for loops in drawn.values())
    bottom = min(min((loop[:, 1].min() for loop in loops), default=0) for loops in drawn.values())
    ascent, descent = round(max(top, 950)), round(min(bottom, -250))
    made.setupHorizontalHeader(ascent=ascent, descent=descent)
    made.setupNameTable({
        "familyName": name, "styleName": "Regular", "fullName": name, "psName": name.replace(" ", "") + "-Regular",
        "uniqueFontIdentifier": name, "version": "Version 1.0", "description": about,
    })  # fmt: skip
    small = max((loop[:, 1].max() for loop in drawn.get("x", ())), default=CAPITAL * 0.7)
    made.setupOS2(
        sTypoAscender=ascent, sTypoDescender=descent, sTypoLineGap=0, usWinAscent=ascent, usWinDescent=-descent,
        sCapHeight=CAPITAL, sxHeight=round(small), fsType=0,
    )  # fmt: skip
    made.setupPost()
    made.font["head"].created = made.font["head"].modified = CREATED
    made.font.recalcTimestamp = False
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _placed(letter: Glyph, scale: float, line: float) -> list[np.ndarray]:
    """Outlines in units of a font: y upwards from the line, the ink at its left side bearing."""
    return [(loop - (letter.begin - letter.left, line)) * (scale, -scale) for loop in letter.loops]


def _drawn(pen: Any, loops: Sequence[Sequence[np.ndarray]], turned: bool) -> None:
    """Closed rows of edges by a pen of fontTools; `turned` goes round the other way."""
    for loop in loops:
        edges = [edge[::-1] for edge in reversed(loop)] if turned else list(loop)
        pen.moveTo(_point(edges[0][0]))
        for edge in edges:
            if len(edge) == 2:
                pen.lineTo(_point(edge[1]))
            else:
                pen.curveTo(*map(_point, edge[1:]))
        pen.closePath()


def _point(at: np.ndarray) -> tuple[int, int]:
    return round(float(at[0])), round(float(at[1]))


def _quadratic(loops: Sequence[Sequence[np.ndarray]]) -> Any:
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    _drawn(Cu2QuPen(pen, ROUND), loops, turned=True)
    return pen.glyph()


def _cubic(loops: Sequence[Sequence[np.ndarray]], width: int) -> Any:
    from fontTools.pens.t2CharStringPen import T2CharStringPen

    pen = T2CharStringPen(width, None)
    _drawn(pen, loops, turned=False)
    return pen.getCharString()

"""Fonts made here: each glyph a block with a stem of its own, so that what is measured of it is known."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from explorer.learn.data import typefaces
from explorer.learn.data._fonts import Faces
from explorer.learn.data._glyphs import CHARACTERS, Font, measured
from explorer.learn.data.typefaces import Typefaces

EM, CAP, SMALL = 1000, 700, 500  # units: of the em, a capital's height, and a small letter's


def faces_of(drawn: Sequence[tuple[str, bytes]], held_out: Callable[[str], bool]) -> Faces:
    """Fonts by the name of their family -> faces as `explorer.learn.data._fonts` gives them, all of one kind."""
    families = np.array([name for name, _ in drawn])
    found = [Font(data).at({}) for _, data in drawn]
    fields = np.stack([face.fields for face in found])
    titles, kept_away = np.array([name.title() for name in families]), np.array([held_out(name) for name in families])
    return Faces(
        fields, np.stack([face.bearings for face in found]), np.stack([measured(one) for one in fields]),
        np.zeros(len(fields), int), families, titles, kept_away,
    )  # fmt: skip


@contextmanager
def instead(monkeypatch: pytest.MonkeyPatch, faces: Faces) -> Iterator[Typefaces]:
    """The data set, with these faces in place of the fetched ones."""
    monkeypatch.setattr(typefaces, "faces", lambda: faces)
    typefaces._known.cache_clear()
    yield Typefaces()
    typefaces._known.cache_clear()


def block(
    *, stem: int = 100, wide: int = 420, bearing: int = 40, lean: int = 0, left_out: str = "", empty: str = ""
) -> bytes:
    """A TrueType font whose glyphs are a stem with a foot.

    Args:
        stem: units of the upright stem.
        wide: units of the foot, and so of the ink.
        bearing: units left and right of the ink.
        lean: units that the top lies further right than the baseline.
        left_out: characters that it lacks.
        empty: characters for which it draws nothing.
    """
    names = {character: f"g{ord(character)}" for character in CHARACTERS if character not in left_out}
    font = FontBuilder(EM, isTTF=True)
    font.setupGlyphOrder([".notdef", *names.values()])
    font.setupCharacterMap({ord(character): name for character, name in names.items()})
    glyphs = {".notdef": TTGlyphPen(None).glyph()}
    for character, name in names.items():
        pen = TTGlyphPen(None)
        height = SMALL if character.islower() else CAP
        if character not in empty:
            over = lean * height // CAP
            corners = [
                (0, 0),
                (over, height),
                (over + stem, height),
                (stem * 9 // 10 + lean // 10, 60),
                (wide, 60),
                (wide, 0),
            ]
            pen.moveTo(corners[0])
            for corner in corners[1:]:
                pen.lineTo(corner)
            pen.closePath()
        glyphs[name] = pen.glyph()
    font.setupGlyf(glyphs)
    font.setupHorizontalMetrics({name: (wide + 2 * bearing, bearing) for name in glyphs})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Block", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    font.setupPost()
    font.save(buffer := io.BytesIO())
    return buffer.getvalue()

"""A font on a sheet of paper: a text from large to small, and every character; as PDF, by fpdf2, the font embedded."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Sequence
from pathlib import Path

SIZES = (64, 40, 26, 17, 11)  # points
ALL = 24  # of the line of all characters
LEAD = 1.35  # of a size, from line to line
MADE = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)  # no date, so that the same letters give the same file
POINT = 25.4 / 72  # mm


def pdf(font: bytes, name: str, text: str, characters: Sequence[str]) -> bytes:
    """Write a specimen.

    Args:
        font: a TrueType file.
        name: of the font, above it.
        text: set in each size, shortened where a line is full; characters that the font lacks are left out.
        characters: those that it has.
    """
    from fpdf import FPDF

    sheet = FPDF(format="A4")
    sheet.set_creation_date(MADE)
    sheet.set_title(name)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "font.ttf"
        file.write_bytes(font)
        sheet.add_font("own", fname=str(file))
    sheet.add_page()
    sheet.set_font("helvetica", size=9)
    sheet.cell(0, 8, name, new_x="LMARGIN", new_y="NEXT")
    known = " ".join("".join(one for one in word if one in characters) for word in text.split()).strip()
    for size in SIZES if known else ():
        sheet.set_font("own", size=size)
        line = known
        while len(line) > 1 and sheet.get_string_width(line) > sheet.epw:
            line = line.rpartition(" ")[0] or line[:-1]
        sheet.cell(0, LEAD * size * POINT, line.strip(), new_x="LMARGIN", new_y="NEXT")
    sheet.ln(4)
    sheet.set_font("own", size=ALL)
    sheet.multi_cell(0, LEAD * ALL * POINT, " ".join(characters), align="L")
    return bytes(sheet.output())

"""Thirty held-out faces drawn from three of their letters: `python -m explorer.page.bench.alphabets docs/typefaces.webp`.

The rule: of all held-out faces, sorted by how much the model's letters overlap the drawn ones, thirty at even distances, from the
best to the worst.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw

from explorer.core.registry import find
from explorer.learn.data._fonts import faces
from explorer.learn.data._glyphs import CHARACTERS
from explorer.learn.modalities.outline import UNITS, raster
from explorer.museum.lenses.alphabet import bits
from explorer.museum.lenses.alphabet import share as overlap
from explorer.play.lettering import Glyph
from explorer.play.session import open_session

SEEN, ASKED = "Rag", "HdemnobfistvQK258"
SHOWN = 30
SIDE = 52  # pixels of a letter's frame
ROW, COLUMN = 168, 760
PAPER, INK, FAINT = 255, 20, 130


class Again(NamedTuple):
    """A face, and what the model makes of three of its letters.

    Attributes:
        share: overlap of the asked letters with the drawn ones, mean.
        title: of the family.
        drawn, beside: fields of the seen and then the asked letters [K, H, W], and cells beside them [K, 2].
        made, own: the model's of the asked ones.
    """

    share: float
    title: str
    drawn: np.ndarray
    beside: np.ndarray
    made: np.ndarray
    own: np.ndarray


def row(face: Again) -> Image.Image:
    """One face: its name, the letters that were seen, those that were asked for as drawn, and the model's below."""
    image = Image.new("L", (COLUMN, ROW), PAPER)
    pen = ImageDraw.Draw(image)
    pen.text((8, 4), f"{face.title}   overlap {face.share:.2f}", fill=FAINT, font_size=15)
    many = len(SEEN)
    left = _line(image, face.drawn[:many], face.beside[:many], 8, 24)
    pen.line([(left + 10, 28), (left + 10, ROW - 12)], fill=FAINT)
    _line(image, face.drawn[many:], face.beside[many:], left + 22, 24)
    _line(image, face.made, face.own, left + 22, 94)
    return image


def _line(image: Image.Image, fields: np.ndarray, bearings: np.ndarray, x: float, y: int) -> float:
    """Set letters from x on -> where they end."""
    unit = SIDE / UNITS
    for letter in map(Glyph.of, fields, bearings):
        if letter.loops:
            at = round(x + (letter.left - letter.begin) * unit)
            image.paste(INK, (at, y), Image.fromarray(raster(letter.loops, SIDE)))
            x += letter.advance * unit
    return x


@torch.inference_mode()
def main(path: Path) -> None:
    """Write the picture."""
    torch.set_num_threads(1)
    session, data, known = open_session("typeface"), find("data", "typefaces")(), faces()
    model, conditions = session.checkpoint.model, session.card.conditions
    fields, codes = data.alphabets("test")
    rows = np.flatnonzero(known.held_out)
    seen, asked = ([CHARACTERS.index(one) for one in some] for some in (SEEN, ASKED))
    c = conditions.encode_codes(np.where(np.arange(codes.shape[-1]) > 0, np.nan, codes[0]))
    made = []
    for face, row_of in zip(fields, rows, strict=True):
        x = torch.from_numpy(face).float() / 255
        z = model.encode_set(x[None, seen], c[None, seen]).mean.expand(len(asked), -1)
        again, own = model.decode(z, c[asked])[:, 0], model.bearings(z, c[asked])
        share = overlap(bits(again), bits(x[asked])).mean().item()
        both, beside = seen + asked, known.bearings[row_of]
        made.append(Again(share, known.titles[row_of], x[both].numpy(), beside[both], again.numpy(), own.numpy()))
    made.sort(key=lambda one: -one.share)
    chosen = [made[k] for k in np.linspace(0, len(made) - 1, SHOWN).round().astype(int)]
    whole = Image.new("L", (2 * COLUMN, ROW * (SHOWN // 2)), PAPER)
    for k, one in enumerate(chosen):
        whole.paste(row(one), (k // (SHOWN // 2) * COLUMN, k % (SHOWN // 2) * ROW))
    whole.save(path, quality=70, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

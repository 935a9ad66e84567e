"""Typefaces: the letters, digits and common signs of free fonts, as signed distance fields at one size of their capitals.

Source: the families of Google Fonts that have all 74 characters, through Fontsource (npm `@fontsource/*` and
`@fontsource-variable/*`, pinned in `_typefaces`). Licences: SIL Open Font License 1.1, some Apache-2.0 and Ubuntu Font
Licence 1.0; who made which family stands in `_typefaces/credits.json`, as the packages tell it.

A *face* is a family at one place: a weight of it, its italic, or an end of a variable font's axis (weight, width, slant,
casual, optical size), which gives the same design at another weight. An item is one character of a face, a field
[1, SIDE, SIDE]; see `_glyphs`. Weight, width and slant are measured on the drawing, so that they mean the same in all families:
stem and mean width of letters in hundredths of a capital's height, and degrees.

One of ten designs is held out. Families whose names begin alike, or whose letters coincide, are one design.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import register
from explorer.core.schema import Attribute, Schema
from explorer.learn.data._fonts import KINDS, faces
from explorer.learn.data._glyphs import CAP, CHARACTERS, REACH, SIDE
from explorer.learn.data.base import DataSet, Items, Split

PRINCIPAL = 600  # faces that the principal components are of

LIGHTER, HEAVIER, ALIKE, UPRIGHT = 4.0, 25.0, 15.0, 2.0  # bounds of how faces differ that are one at two weights
TELLING = "RagQSeGy"
THICKER, WIDER, SPARE = 0.6, 0.1, 0.3  # cells of an outline, share of a width, share of a stem: at most, see `_varied`


class Letters(NamedTuple):
    """Several characters of each of N faces.

    Attributes:
        fields: float32 [N, K, SIDE, SIDE] in [0, 1].
        conditions: float32 [N, K, C].
        bearings: cells left and right of the ink, float32 [N, K, 2].
    """

    fields: Tensor
    conditions: Tensor
    bearings: Tensor


@register("data", "typefaces")
class Typefaces(DataSet):
    """One character of one face an item; `siblings` gives the others of its design."""

    modality = "shape"
    modality_arguments: ClassVar[dict[str, Any]] = {"reach": REACH}
    shape = (1, SIDE, SIDE)
    conditions = Schema(
        attributes=(
            Attribute(name="character", label="Character", values=tuple(CHARACTERS)),
            Attribute(name="weight", label="Weight", kind="continuous", low=2.0, high=45.0, unit="% of a capital"),
            Attribute(name="width", label="Width", kind="continuous", low=35.0, high=110.0, unit="% of a capital"),
            Attribute(name="slant", label="Slant", kind="continuous", low=-10.0, high=25.0, unit="°"),
            Attribute(name="kind", label="Kind", values=KINDS),
        )
    )
    licence = "OFL-1.1, Apache-2.0 and UFL-1.0, by family"
    source = "Google Fonts, https://fonts.google.com/, through Fontsource, https://fontsource.org/"
    share_items = True

    def rows(self, split: Split) -> tuple[np.ndarray, np.ndarray]:
        """Which face (of `faces()`) and which character each row of a split is, int64 [N] each.

        Each round shows every face once, so that the first so many rows are different faces: the first ones at letters that tell
        faces apart, then at all others.
        """
        chosen = np.flatnonzero(faces().held_out == (split == "test"))
        order = [CHARACTERS.index(one) for one in dict.fromkeys(TELLING + CHARACTERS)]
        where = np.arange(len(chosen))
        told = [np.array(order[: len(TELLING)])[(where + turn) % len(TELLING)] for turn in range(len(TELLING))]
        rest = order[len(TELLING) :]
        others = [np.array(rest)[(where + turn) % len(rest)] for turn in range(len(rest))]
        return np.tile(chosen, len(order)), np.concatenate(told + others)

    def load(self, split: Split) -> Items:
        """See `rows` for the order."""
        face, character = self.rows(split)
        return Items(
            x=faces().fields[face, character][:, None], codes=self._codes(face, character[:, None])[:, 0], groups={}
        )

    def named(self, split: Split) -> list[str]:
        """The family and the character of each row of a split."""
        known, (face, character) = faces(), self.rows(split)
        return [f"{known.titles[f]} {CHARACTERS[c]}" for f, c in zip(face, character, strict=True)]

    def alphabets(self, split: Split) -> tuple[np.ndarray, np.ndarray]:
        """Whole faces: fields uint8 [N, 74, SIDE, SIDE], and their codes float32 [N, 74, 5]."""
        known = faces()
        chosen = np.flatnonzero(known.held_out == (split == "test"))
        return known.fields[chosen], self._codes(chosen, np.tile(np.arange(len(CHARACTERS)), (len(chosen), 1)))

    def mates(self, split: Split) -> np.ndarray:
        """Pairs of faces of one family that differ in weight and hardly otherwise, as rows of `alphabets`: int64 [P, 2]."""
        known = faces()
        chosen = np.flatnonzero(known.held_out == (split == "test"))
        apart = np.abs(known.measures[chosen][:, None] - known.measures[chosen])
        same = known.families[chosen][:, None] == known.families[chosen]
        return np.argwhere(same & (apart >= [LIGHTER, 0, 0]).all(2) & (apart <= [HEAVIER, ALIKE, UPRIGHT]).all(2))

    def stem(self, codes: np.ndarray) -> float:
        """The width of a stem in cells, by the codes of an item [5]."""
        return float(codes[1]) * CAP / 100

    def siblings(self, x: Tensor, count: int, varied: float = 0.0) -> tuple[Letters, Letters]:
        """Fields [N, 1, SIDE, SIDE] that `load` gave, in [0, 1] -> characters of the same faces, and of others of their families.

        Of two faces that share a field, either is taken, and of a family with one face that face itself. A share `varied` of the
        families is changed, see `_varied`.

        Raises:
            KeyError: a field is no face's.
        """
        known, told = faces(), _known()
        keys = (255 * x).round().byte().contiguous().cpu().numpy()
        same = np.array([told[key.tobytes()][torch.randint(len(told[key.tobytes()]), ()).item()] for key in keys])
        family = [np.flatnonzero(known.families == known.families[face]) for face in same]
        other = np.array([some[torch.randint(len(some), ()).item()] for some in family])
        both = self._some(same, count), self._some(other, count)
        return self._varied(*both, varied) if varied else both

    def principal(self, parts: int) -> tuple[Tensor, Tensor, Tensor]:
        """Of the training fields: the characters' means [74, SIDE SIDE], the principal components about them [parts, SIDE SIDE],
        and each component's standard deviation [parts].
        """
        known = faces()
        chosen = np.flatnonzero(~known.held_out)
        means = (
            np.stack([known.fields[chosen, k].reshape(len(chosen), -1).mean(0) for k in range(len(CHARACTERS))]) / 255
        )
        some = chosen[:: max(1, len(chosen) // PRINCIPAL)]
        apart = torch.from_numpy(
            (known.fields[some].reshape(len(some), len(CHARACTERS), -1) / 255 - means).astype(np.float32)
        )
        apart = apart.flatten(0, 1)
        # As singular vectors: of a matrix with many equal eigenvalues the solver for symmetric ones gives up.
        vectors, values, _ = torch.linalg.svd(apart.T @ apart / len(apart))
        values, vectors = values[:parts], vectors[:, :parts]
        return torch.from_numpy(means).float(), vectors.T.contiguous(), values.clamp(min=1e-8).sqrt()

    def _varied(self, same: Letters, other: Letters, share: float) -> tuple[Letters, Letters]:
        """A share of the families as somebody else might have drawn them: with other strokes, and wider or narrower.

        A distance field plus a number is that of the outline moved by it. Of a stretched one the outline is right, and its
        distances nearly.
        """
        weight, width = (self.conditions[name] for name in ("weight", "width"))
        w, v = (self.conditions.slices[a.name].start for a in (weight, width))
        changed = (torch.rand(len(same.fields), 1) < share) * torch.tensor([THICKER, WIDER])
        thicker, wider = (changed * (2 * torch.rand(len(changed), 2) - 1)).unbind(1)
        stem = torch.minimum(
            *(weight.low + (x.conditions[:, 0, w] + 1) / 2 * (weight.high - weight.low) for x in (same, other))
        )
        thicker = thicker.maximum(-SPARE * stem * CAP / 100)  # a hairline has no ink to give away
        turn = torch.zeros(len(changed), 2, 3)
        turn[:, 0, 0], turn[:, 1, 1] = 1 / (1 + wider), 1.0
        places = F.affine_grid(turn, [len(changed), 1, SIDE, SIDE], align_corners=False)
        out = []
        for x in (same, other):
            fields = F.grid_sample(x.fields, places, "bilinear", "border", align_corners=False)
            fields = torch.where(
                (fields > 0) & (fields < 1), fields + (thicker / (2 * REACH))[:, None, None, None], fields
            )
            conditions = x.conditions.clone()
            grown = 100 * 2 * thicker / CAP  # in hundredths of a capital
            conditions[..., w] += (2 * grown / (weight.high - weight.low))[:, None]
            span = width.high - width.low
            wide = (conditions[..., v] + 1) / 2 * span + width.low
            wide = wide * (1 + wider[:, None]) + grown[:, None]
            conditions[..., v] = 2 * (wide - width.low) / span - 1
            bearings = x.bearings * (1 + wider)[:, None, None] - thicker[:, None, None]
            out.append(Letters(fields.clamp(0, 1), conditions, bearings))
        return out[0], out[1]

    def _some(self, face: np.ndarray, count: int) -> Letters:
        """Characters of faces, drawn without repetition."""
        character = torch.rand(len(face), len(CHARACTERS)).argsort(1)[:, :count].numpy()
        fields = torch.from_numpy(faces().fields[face[:, None], character]).float() / 255
        codes = self._codes(face, character)
        return Letters(
            fields,
            self.conditions.encode_codes(codes.reshape(-1, codes.shape[-1])).unflatten(0, character.shape),
            torch.from_numpy(faces().bearings[face[:, None], character]),
        )

    def _codes(self, face: np.ndarray, character: np.ndarray) -> np.ndarray:
        """Of faces [N] at characters [N, K], float32 [N, K, 5]."""
        known = faces()
        of_face = np.column_stack([known.measures[face], known.kinds[face]])[:, None]
        columns = [character[..., None], np.broadcast_to(of_face, (*character.shape, of_face.shape[-1]))]
        return np.concatenate(columns, 2).astype(np.float32)


@lru_cache(maxsize=1)
def _known() -> dict[bytes, list[int]]:
    """The faces that have a field, by its bytes."""
    found: dict[bytes, list[int]] = {}
    for face, fields in enumerate(faces().fields):
        for one in fields:
            found.setdefault(one.tobytes(), []).append(face)
    return found

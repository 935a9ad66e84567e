"""Letters of a model that draws them (capability `bearings`): outlines and what stands free beside them; and a face of one's own,
from a few letters as pictures or from a file of type.

Such a model has an attribute `character`, and its items are fields of single letters that stand on one line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from explorer.core.refusals import ExplorerError, refuse
from explorer.core.scene import Point, UploadStart
from explorer.learn.data._glyphs import CHARACTERS, Font
from explorer.learn.latents import psnr
from explorer.learn.modalities.outline import UNITS, outlines, path
from explorer.learn.modalities.shape import DARK, MEASURED
from explorer.play.operations.base import State
from explorer.play.session import Session, one_thread

NAMED = "character"
MOST = 8  # letters that a set encoder was trained on, at most
FROM_FONT = "RHagnest"  # of a whole font these are shown to it
TYPE = (b"\x00\x01\x00\x00", b"OTTO", b"true", b"wOFF", b"wOF2", b"ttcf")  # first bytes of files of type
GUESSES = 3
GAP = 0.01  # of a picture's width: what is nearer belongs to one letter
WHERE = "letters"


class Glyph(NamedTuple):
    """A letter, in UNITS of its frame.

    Attributes:
        loops: closed lines [n, 2], see `outlines`.
        begin, end: where its ink begins and ends from left to right.
        left, right: what stands free on either side.
    """

    loops: list[np.ndarray]
    begin: float
    end: float
    left: float
    right: float

    @classmethod
    def of(cls, field: np.ndarray, free: Sequence[float]) -> Glyph:
        """A field [H, W], and the cells that stand free left and right of its ink."""
        loops = outlines(field)
        across = [line[:, 0] for line in loops] or [np.full(1, UNITS / 2)]
        left, right = (float(cells) * UNITS / max(field.shape) for cells in free)
        return cls(loops, min(x.min() for x in across), max(x.max() for x in across), left, right)

    @property
    def advance(self) -> float:
        """From where this letter begins to where the next one does."""
        return self.left + self.end - self.begin + self.right

    def json_able(self) -> dict[str, Any]:
        """As the page sets it; see `assets/js/nodes/specimen.js`."""
        numbers = {name: round(value, 2) for name, value in self._asdict().items() if name != "loops"}
        return {"d": path(self.loops), **numbers}


def glyph(session: Session, state: State) -> Glyph:
    """The letter of a state.

    Raises:
        ExplorerError: the model draws no letters.
    """
    if "bearings" not in session.card.capabilities:
        raise refuse("no-letters", title=session.card.title)
    with torch.inference_mode(), one_thread():
        free = session.checkpoint.model.bearings(state.z[None], state.c[None])[0]
    return Glyph.of(session.modality.show(session.decode(state)), free.tolist())


def of_point(session: Session, point: Point) -> dict[str, Any]:
    """The letter of a point, as the page sets it."""
    return session.remember(
        ("glyph", point.model_dump_json()), lambda: glyph(session, session.resolve(point)).json_able()
    )


def alphabet(session: Session, point: Point) -> dict[str, Glyph]:
    """Every character of a point's design.

    Raises:
        ExplorerError: the model draws no letters.
    """
    state, where = session.resolve(point), session.card.conditions.slices.get(NAMED)
    found = {}
    for k, name in enumerate(session.card.conditions[NAMED].values if where else ()):
        c = state.c.clone()
        c[where] = torch.eye(where.stop - where.start)[k]
        found[name] = glyph(session, state.moved(c=c))
    return found or {"": glyph(session, state)}


def brought(session: Session, files: Sequence[bytes], text: str) -> dict[str, Any]:
    """The design of a person's own letters.

    Args:
        session: of a model that draws letters and encodes several together.
        files: pictures of one letter or of several side by side, or one file of type.
        text: what the pictures say, in order; empty where the judge is to read them.

    Returns:
        `point` that starts at the design, `read` (what each letter was taken for), `fitted` (each as the model sees it, as a
        data URL), and `psnr` of these letters as they are drawn again, in decibels.

    Raises:
        ExplorerError: the model takes no letters, a file isn't readable, or other letters are seen than told.
    """
    needed = {"assemble", "bearings"}
    if not needed <= set(session.card.capabilities):
        raise refuse("no-letters", title=session.card.title)
    names = session.card.conditions[NAMED].values
    if unknown := [letter for letter in text if letter not in names]:
        raise refuse("lacking", letters=" ".join(unknown))
    if files[0][:4] in TYPE:
        fields, read = _of_font(files[0]), FROM_FONT
    else:
        fields, read = _of_pictures(session, files, text)
    c = session.card.conditions.encode([{NAMED: letter} for letter in read])
    with torch.inference_mode(), one_thread():
        z = session.checkpoint.model.encode_set(fields[None], c[None]).mean[0]
    known = {a.name for a in session.card.conditions.attributes if a.kind == "continuous"}
    seen = [session.read(field[None]) for field in fields]
    condition = {
        name: float(np.mean([one[name] for one in seen])) for name in known if all(name in one for one in seen)
    }
    digest = hashlib.sha256(b"".join(files) + text.encode()).hexdigest()
    start = UploadStart(sha256=digest, latent=session.kind.pack(z), condition={NAMED: read[0], **condition})
    fitted = [session.modality.data_url(session.modality.show(field[None])) for field in fields]
    with torch.inference_mode(), one_thread():
        drawn = torch.stack([session.decode(State(z, one)) for one in c])
    return {
        "point": Point(start=start).model_dump(mode="json", exclude_defaults=True),
        "read": read,
        "fitted": fitted,
        "psnr": psnr(drawn, fields[:, None]).mean().item(),
    }


def _of_font(data: bytes) -> Tensor:
    """Some letters of a font as fields, float32 [K, H, W] in [0, 1]."""
    try:
        font = Font(data)
        face = font.at(font.places()[0])
    except ExplorerError as error:
        raise ExplorerError(str(error), WHERE) from None
    return torch.from_numpy(face.fields[[CHARACTERS.index(letter) for letter in FROM_FONT]]).float() / 255


def _of_pictures(session: Session, files: Sequence[bytes], text: str) -> tuple[Tensor, str]:
    """The letters in pictures as fields, float32 [K, H, W] in [0, 1], and what they are.

    Letters of one picture have one size and stand on one line, which are found from how high those letters usually are.
    """
    pictures = [session.modality.ink(session.modality.open(data)) for data in files]
    found = [_letters(np.asarray(ink) > 255 * DARK) for ink in pictures]
    count = sum(map(len, found))
    if count > MOST:
        raise ExplorerError(f"{count} letters are too many: bring 1 to {MOST}.", WHERE)
    if text and len(text) != count:
        raise ExplorerError(
            f"You say {text!r}, but I see {count} letters that stand apart; leave room between them.", WHERE
        )
    usual = _usual(session)
    fields, read = [], ""
    for ink, boxes in zip(pictures, found, strict=True):
        told = text[len(read) : len(read) + len(boxes)]
        placed = _placed(session, ink, boxes, [usual[letter] for letter in told or "H" * len(boxes)])
        for _ in range(0 if told else GUESSES):  # what is read of them says how high they really are
            read_now = _read(session, placed)
            placed = _placed(session, ink, boxes, [usual[letter] for letter in read_now])
        read += told or read_now
        fields.append(placed)
    return torch.cat(fields), read


def _letters(ink: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of what stands apart in a picture bool [H, W], from left to right."""
    columns = np.flatnonzero(ink.any(0))
    if not len(columns):
        raise ExplorerError("Nothing is drawn in this picture.", WHERE)
    parts = np.split(columns, np.flatnonzero(np.diff(columns) > max(1.0, GAP * ink.shape[1])) + 1)
    out = []
    for part in parts:
        rows = np.flatnonzero(ink[:, part[0] : part[-1] + 1].any(1))
        out.append((int(part[0]), int(rows[0]), int(part[-1]) + 1, int(rows[-1]) + 1))
    return out


def _usual(session: Session) -> dict[str, tuple[float, float]]:
    """From which to which row of its frame the ink of each character usually goes, in cells."""

    def make() -> dict[str, tuple[float, float]]:
        z = session.checkpoint.items.tensor("z").float().mean(0)
        out = {}
        for name in session.card.conditions[NAMED].values:
            field = session.decode(State(z, session.card.conditions.encode([{NAMED: name}])[0]))[0]
            rows = torch.nonzero((field > DARK).any(1)).flatten().tolist() or [0, len(field) - 1]
            out[name] = rows[0], rows[-1] + 1.0
        return out

    return session.remember("usual-letters", make)


def _placed(
    session: Session, ink: Image.Image, boxes: Sequence[tuple[int, int, int, int]], usual: Sequence[tuple[float, float]]
) -> Tensor:
    """Letters of a picture in their frames, by the size and the line under which their boxes fit best to the usual ones."""
    height, width = session.card.shape[-2:]
    ends = np.array(usual).ravel()
    seen = np.array([(top, bottom) for _, top, _, bottom in boxes], float).ravel()
    cell, top = np.linalg.lstsq(np.column_stack([ends, np.ones(len(ends))]), seen, rcond=None)[0]
    if cell <= 0:
        raise ExplorerError("These letters don't stand on one line.", WHERE)
    out = []
    for left, _, right, _ in boxes:
        alone = Image.new("L", ink.size)
        alone.paste(ink.crop((left, 0, right, ink.height)), (left, 0))
        middle = (left + right) / 2
        frame = (middle - width / 2 * cell, top, middle + width / 2 * cell, top + height * cell)
        size = (width * MEASURED, height * MEASURED)
        out.append(
            session.modality.measured(
                np.asarray(alone.transform(size, Image.Transform.EXTENT, frame, Image.Resampling.BICUBIC))
            )[0]
        )
    return torch.stack(out)


def _read(session: Session, fields: Tensor) -> str:
    """What the judge takes letters for."""
    if session.checkpoint.judge is None:
        raise ExplorerError("Say which letters these are.", WHERE)
    return "".join(session.read(field[None])[NAMED] for field in fields)

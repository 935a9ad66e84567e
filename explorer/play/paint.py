"""Painting on the picture: the latent whose picture comes nearest to what was painted (Zhu et al. 2016, arXiv:1609.03552).

From the point on stage, or from where the encoder puts the painted picture if that is nearer, a fixed number of gradient steps
goes downhill on four terms: the pixels under the strokes; the rest, which should stay as it is; how the data set's judge sees
the whole, since pixels alone reward blur; and how far the latent goes. An attribute that the decoder is told isn't in the
latent, so that no latent alone can put on glasses; where a person lets it, each value of each attribute is tried first, and the
best is taken where it brings the picture much nearer. Nothing is drawn at random. What is found is an ordinary point: values
that are asked, and a step along a `direction`. docs/paint.md has how well it works.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from explorer.core.refusals import refuse
from explorer.core.registry import find
from explorer.core.scene import MAX_EDITS, Point, ResultStart, pack
from explorer.core.schema import Attribute, Card, Value
from explorer.play.operations.base import State
from explorer.play.search import downhill
from explorer.play.session import Session, one_thread

STEPS = 30
RATE = 0.15  # of the items' spread
STROKES, REST, SEEN, HELD = 1.0, 0.5, 0.25, 0.003  # weights of the terms
GAIN = 0.1  # of the distance that a value of an attribute must save so as to be taken
VALUES = 9  # of a number that are tried
MOST_ATTRIBUTES = 2  # that one painting changes
LABEL = "painted"
PATIENCE = 8.0  # seconds of a processor core, after which the steps so far must do; a model of the box takes one


def why_not(card: Card) -> str | None:
    """The reason in one sentence why nobody can paint on a model's pictures, or None."""
    if card.modality != "image":
        return "Painting works on pictures; this model makes none."
    if card.latent.kind != "vector":
        return f"Painting moves a latent a little at a time, and this model's is made of {card.latent.kind}."
    if "refine" in card.capabilities:
        return "This model draws a picture in many steps, which is too slow to search through."
    return None


@dataclass(frozen=True)
class Strokes:
    """What was painted.

    Attributes:
        colour: float32 [C, H, W] in [0, 1], meant where `mask` is 1.
        mask: float32 [1, H, W], 0 where nothing was painted.
    """

    colour: Tensor
    mask: Tensor

    def on(self, x: Tensor) -> Tensor:
        """A picture [C, H, W] with the strokes on it."""
        return x + self.mask * (self.colour - x)


def strokes(raw: bytes, shape: tuple[int, ...]) -> Strokes:
    """A PNG of the model's size, transparent where nothing was painted -> what was painted.

    Raises:
        ExplorerError: no such PNG, another size, or nothing painted.
    """
    channels, height, width = shape
    try:
        with Image.open(io.BytesIO(raw), formats=["PNG"]) as image:
            fits = image.size == (width, height)
            pixels = np.asarray(image.convert("RGBA"), np.float32) / 255 if fits else None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise refuse("strokes-unreadable") from None
    if pixels is None:
        raise refuse("strokes-size", width=width, height=height)
    colour, mask = torch.from_numpy(pixels[..., :3].copy()).permute(2, 0, 1), torch.from_numpy(pixels[..., 3].copy())
    if not (mask > 0).any():
        raise refuse("strokes-none")
    return Strokes(colour.mean(0, keepdim=True) if channels == 1 else colour, mask[None])


def painted(session: Session, point: Point, what: Strokes, attributes: bool = True) -> tuple[Point, dict[str, Value]]:
    """The point nearest to what was painted on a point's picture.

    Args:
        session: of a model on which `why_not` finds nothing.
        point: that was painted on.
        what: the strokes.
        attributes: up to `MOST_ATTRIBUTES` of the asked attributes may change too.

    Returns:
        the point, and the values that it asks for beyond what was asked before.

    Raises:
        ExplorerError: nobody can paint on this model's pictures, or the point can't take one more step.
    """
    if reason := why_not(session.card):
        raise refuse("reason", "stage", reason=reason)
    state = session.resolve(point)
    goal = Goal(session, state, session.output(point), what)
    asked = goal.asked(session) if attributes else {}
    base = asking(point, asked) if asked else point
    if len(base.edits) >= MAX_EDITS:
        raise refuse("full", most=MAX_EDITS)
    state = session.resolve(base)
    moved = goal.found(state) - state.z
    return base.then("direction", vector=pack(moved.flatten()), label=LABEL), asked


def asking(point: Point, asked: dict[str, Value]) -> Point:
    """The point with other values asked: below its steps where none of them moves the condition, else from their result."""
    if any(find("operations", edit.op).moves_condition for edit in point.edits):
        return Point(start=ResultStart(of=point), condition=asked)
    return point.model_copy(update={"condition": {**point.condition, **asked}})


class Goal:
    """How far a picture is from what was painted, and how to come nearer."""

    def __init__(self, session: Session, state: State, before: Tensor, what: Strokes) -> None:
        self.model, self.judge, self.card = session.checkpoint.model, session.checkpoint.judge, session.card
        self.state, self.what = state, what
        self.spread = session.checkpoint.items.tensor("z.std").clamp(min=1e-4).reshape(state.z.shape)
        with torch.inference_mode(False), torch.no_grad():
            self.target = what.on(before.clone())
            self.like = self.judge.embed(self.target[None]).clone() if self.judge else None
            self.usual = [float(part.clamp(min=1e-6)) for part in self._parts(before.clone()[None])]

    def _decode(self, z: Tensor, c: Tensor) -> Tensor:
        leaves = {name: leaf.expand(len(z), *leaf.shape) for name, leaf in self.state.leaves.items()}
        return self.model.decode(z, c, **leaves)

    def _parts(self, y: Tensor) -> Iterator[Tensor]:
        gap, mask = (y - self.target).square(), self.what.mask
        yield (gap * mask).flatten(1).sum(1) / (y.shape[1] * mask.sum())
        if self.judge:
            yield (self.judge.embed(y) - self.like).square().flatten(1).mean(1)

    def apart(self, y: Tensor) -> Tensor:
        """Pictures [N, *shape] -> how far each is, 1 and more for the one that was painted on."""
        painted, *seen = (part / usual for part, usual in zip(self._parts(y), self.usual, strict=True))
        # In units of what the strokes ask for: a rest that changes as much as the strokes weighs as much.
        rest = ((y - self.target).square() * (1 - self.what.mask)).flatten(1).sum(1)
        rest = rest / (self.usual[0] * y.shape[1] * self.what.mask.sum())
        return STROKES * painted + REST * rest + (SEEN * seen[0] if seen else 0.0)

    @one_thread()
    def asked(self, session: Session) -> dict[str, Value]:
        """Values of attributes under which the picture comes much nearer, one after the other."""
        schema, z = self.card.conditions, self.state.z
        out: dict[str, Value] = {}
        with torch.inference_mode(False), torch.no_grad():
            c = self.state.c.clone()
            now = float(self.apart(self._decode(z[None].clone(), c[None])))
            for _ in range(MOST_ATTRIBUTES):
                tries = [(a, value) for a in self.card.asked if a.name not in out for value in values(a)]
                if not tries:
                    break
                rows = c.repeat(len(tries), 1)
                for row, (a, value) in zip(rows, tries, strict=True):
                    row[schema.slices[a.name]] = torch.tensor(a.encode(value))
                gaps = self.apart(self._decode(z.expand(len(tries), *z.shape), rows))
                best = int(gaps.argmin())
                if float(gaps[best]) > (1 - GAIN) * now:
                    break
                c, now = rows[best].clone(), float(gaps[best])
                out[tries[best][0].name] = tries[best][1]
        return out

    def _start(self, z: Tensor, c: Tensor) -> Tensor:
        """Where the steps begin, as a move from z in the items' spread: at z, or where the encoder puts the painted picture."""
        stay = torch.zeros_like(z)
        if "encode" not in self.card.capabilities:
            return stay.requires_grad_()
        with torch.no_grad():
            encoded = (self.model.encode(self.target[None], c).mean[0].clone() - z) / self.spread
            nearer = min((stay, encoded), key=lambda move: float(self._loss(z, move, c)))
        return nearer.requires_grad_()

    def _loss(self, z: Tensor, move: Tensor, c: Tensor) -> Tensor:
        return self.apart(self._decode((z + self.spread * move)[None], c)).sum() + HELD * move.square().sum()

    @one_thread()
    def found(self, state: State) -> Tensor:
        """The latent [*latent.shape] that comes nearest, from a state on."""
        end = time.thread_time() + PATIENCE
        with torch.inference_mode(False), torch.enable_grad():
            z, c = state.z.clone(), state.c.clone()[None]
            move = self._start(z, c)
            downhill(move, lambda m: self._loss(z, m, c), steps=STEPS, rate=RATE, over=lambda: time.thread_time() > end)
            return (z + self.spread * move).detach()


def values(attribute: Attribute) -> list[Value]:
    """What is tried of an attribute."""
    if attribute.kind == "categorical":
        return list(attribute.values)
    return np.linspace(attribute.low, attribute.high, VALUES).tolist()

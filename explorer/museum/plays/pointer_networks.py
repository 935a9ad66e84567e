"""Play of paper 48: points on a canvas, what a pointer network makes of them, and the exact answer.

Triangulations are shown exactly alone: a sequence of triangles is several times as long as one of corners, and a network that
answers with them wants far more training than those of hulls and tours have had.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import Field

from explorer.core.nodes import Button, Canvas, Node, Note, Row, Sets, Table
from explorer.core.registry import register
from explorer.learn.data import _geometry as geometry
from explorer.learn.data.points import SIZES, STOP, Problem, answer, drawn
from explorer.learn.models.structured.pointer import Picker, built
from explorer.museum.plays import _weights
from explorer.museum.plays.base import Inputs, Params, Play, Shown, form

FEWEST, MOST = 3, 50
BEAMS = 4
STARTS = 4  # local searches for the best known tour: as many as a hand that drags has time for
Unit = Annotated[float, Field(ge=0, le=1)]
Line = tuple[Literal["found", "exact", "faint"], tuple[tuple[float, float], ...]]


@register("plays", "pointer-networks")
class PointerNetworks(Play):
    """See the module."""

    title = "Pointer networks"
    sentence = (
        "Click to drop points, drag them, or draw some at random. The solid line is the network's answer, the dashed one the "
        "exact: watch where they part, above all beyond ten points, more than any set in training had. Triangulations are exact "
        "alone."
    )
    live = True

    class Params(Params):
        """What is solved, and how many points are drawn."""

        problem: Literal["hull", "delaunay", "tour"] = Field("hull", title="Problem")
        net: Literal["pointer", "seq2seq"] = Field(
            "pointer",
            title="Network",
            description="seq2seq: the same network with a fixed list of classes, no pointers",
        )
        size: int = Field(10, ge=5, le=MOST, title="Points drawn")
        seed: int = Field(0, ge=0, le=999, title="Seed")

    class Inputs(Inputs):
        """Points of the person's own, in place of those drawn."""

        points: tuple[tuple[Unit, Unit], ...] = Field((), max_length=MOST)

    def form(self, params: Params, inputs: Inputs) -> Shown:
        """A network can be chosen where there is one."""
        whole = form(params, live=self.live)
        return [node for node in whole if node.id != "field-net" or params.problem != "delaunay"]

    def run(self, params: Params, inputs: Inputs) -> Shown:
        """See `Play.run`."""
        own = len(inputs.points) > 0
        points = np.array(inputs.points, np.float32) if own else drawn(1, params.size, params.seed)[0]
        again = Button(
            id="draw", text="Draw at random", look="plain",
            sets=Sets(unset=("inputs.points",), patch={"params.seed": (params.seed + 1) % 1000}),
        )  # fmt: skip
        clear = Button(id="clear", text="Start from three points", sets=Sets(patch={"inputs.points": THREE}))
        buttons = Row(id="draws", inside=(again, clear))
        if len(points) < FEWEST:
            plane = _canvas(points, ())
            return [plane, buttons, Note(id="few", text="Drop three points or more.")]
        try:
            exact = _exact(params.problem, points)
        except ValueError:
            sentence = Note(id="line", text="These points lie on one line: they have no hull and no triangles.")
            return [_canvas(points, ()), buttons, sentence]
        if params.problem == "delaunay":
            sides = _sides(exact)
            counts = (("Triangles", len(exact) // 3), ("Sides", len(sides)))
            return [
                _canvas(points, tuple(_line("exact", points[side]) for side in sides)), buttons,
                Table(id="readings", label="The exact answer", columns=("", "Exact"), rows=counts),
                Note(id="untrained", text=UNTRAINED),
            ]  # fmt: skip
        found = picked(params.problem, params.net, points)
        shown: list[Node] = [_canvas(points, _lines(points, found, exact)), buttons]
        shown.append(Table(id="readings", label="How good the answer is", columns=("", "Network", "Exact"),
                           rows=readings(params.problem, points, found, exact)))  # fmt: skip
        longest = max(SIZES[params.problem])
        if len(points) > longest:
            shown.append(Note(id="longer", text=f"More points than any set in training had: {longest} at most."))
        return shown


UNTRAINED = (
    "No network answers here: its sequences would be several times as long as those of hulls, "
    "and it would want far more training."
)
THREE = [[0.2, 0.2], [0.8, 0.3], [0.5, 0.8]]


@lru_cache(maxsize=8)
def network(problem: Problem, kind: str) -> Picker:
    """The network of a problem with the weights of seed 0."""
    tensors, facts = _weights.read(f"{kind}-{problem}")
    net = built(kind, width=facts["width"])
    net.load_state_dict(tensors)
    return net.eval().requires_grad_(False)


def picked(problem: Problem, kind: str, points: np.ndarray) -> np.ndarray:
    """What a network answers for points float32 [n, 2]: indices from 0."""
    tokens = network(problem, kind).solve(
        torch.from_numpy(points)[None], most=len(points) + 1, tour=problem == "tour", beams=BEAMS
    )[0]
    return tokens[tokens > STOP].numpy() - 1


def _exact(problem: Problem, points: np.ndarray) -> np.ndarray:
    if problem == "tour" and len(points) > geometry.EXACT:
        return geometry.local_search(points, starts=STARTS)
    return answer(problem, points)


def readings(
    problem: Problem, points: np.ndarray, found: np.ndarray, exact: np.ndarray
) -> tuple[tuple[str | float | None, ...], ...]:
    """Rows of name, network's value and exact value."""
    if problem == "hull":
        covered = geometry.covered(points, found, exact)
        same = "yes" if np.array_equal(found, exact) else "no"
        return (
            ("Corners", len(found), len(exact)),
            ("Area covered", f"{covered:.1%}" if covered else "none: its sides cross", "100.0%"),
            ("The same hull", same, ""),
        )
    ours, theirs = geometry.length(points, found), geometry.length(points, exact)
    name = "Length, exact" if len(points) <= geometry.EXACT else "Length, best of several local searches"
    return ((name, round(ours, 3), round(theirs, 3)), ("Longer by", f"{ours / theirs - 1:.1%}", ""))


def _sides(triangles: np.ndarray) -> np.ndarray:
    """Triangles as a flat row of indices -> each of their sides once, [sides, 2]."""
    corners = triangles.reshape(-1, 3)
    return np.unique(np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), 1), axis=0)


def _lines(points: np.ndarray, found: np.ndarray, exact: np.ndarray) -> tuple[Line, ...]:
    """Closed lines through the found points and through the exact ones."""
    return tuple(
        _line(tone, points[np.append(order, order[:1])]) for tone, order in (("found", found), ("exact", exact))
    )


def _line(tone: Literal["found", "exact"], way: np.ndarray) -> Line:
    return tone, tuple((round(x, 4), round(y, 4)) for x, y in way.astype(float).tolist())


def _canvas(points: np.ndarray, lines: tuple[Line, ...]) -> Canvas:
    places = tuple((round(x, 4), round(y, 4)) for x, y in points.astype(float).tolist())
    return Canvas(
        id="plane", label="Points; the network's answer is solid, the exact one dashed", points=places, lines=lines,
        most=MOST, sets=Sets(path="inputs.points", eager=True),
    )  # fmt: skip

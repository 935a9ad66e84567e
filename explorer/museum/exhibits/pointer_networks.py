"""Paper 48: networks that answer by pointing at their input, on points in the plane.

Pointer network and rival are the same LSTMs with the same attention, trained on the same batches for the same steps at the same
peak rate; the rival reads one of 50 fixed classes off what it attends to. Both are decoded by the same beam search, tours
under the same rule that each point comes once. As in the paper, a hull whose sides cross covers nothing. Sizes seen are 5 and
10 points, longer ones 12 and 20; tours up to 12 points are compared with exact ones (dynamic programming), those of 20 with the
best of 16 local searches.

What to look for: the solid line on the dashed one up to ten points; beyond, corners that are missed before the polygon
breaks, and a rival that falls apart, since its classes above ten were never right in training.

What a sceptic would ask: is the rival hobbled? It gets the coordinates of what it chose, attention, and a mask for classes
without a point; what it lacks is the pointer. But 1,000 steps of 64 sets, 64,000 where the paper takes a million and several
passes, leave it near the start of what it can learn, and the pointer network short of its best: the gap says who learns faster,
not where both end. Is it fair to ask the rival for 20 points? No fixed vocabulary can answer there, which is the paper's point.
Is it good at all? A local search is better at tours, in milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import register
from explorer.learn.data import _geometry as geometry
from explorer.learn.data.points import STOP, Problem, Solved, drawn, solved
from explorer.learn.models.structured.pointer import Picker
from explorer.learn.training.picking import Lesson, fit
from explorer.museum.exhibits.base import Exhibit, Say

SEEN, LONGER = (5, 10), (12, 20)
COUNT, BEAMS = 200, 4
KINDS = {"pointer": "pointer network", "seq2seq": "seq2seq without pointers"}
TEST_SEED = 77  # of the point sets that are tested; training sets have another
MEASURES = {"exact": "Exact hulls", "area": "Area covered", "tour": "Tour length over the optimum"}
Found = dict[tuple[str, str, int], list[float]]  # measure, network, points -> a value for each seed


@register("exhibits", "pointer-networks")
class PointerNetworks(Exhibit):
    """Pointer networks."""

    number = 48
    title = "Pointer Networks"
    authors = "Oriol Vinyals, Meire Fortunato, Navdeep Jaitly"
    year = 2015
    link = "https://arxiv.org/abs/1506.03134"
    gallery = "P"
    idea = "Let attention point at the input in place of a fixed vocabulary: the answer may be as long as the question."
    claim = (
        "After the same short training, far from where either ends, a pointer network finds more exact hulls, covers more of "
        "their area and gives shorter tours than an attentive LSTM seq2seq without pointers, at sizes seen, and goes on working "
        "at sizes longer than any in training."
    )
    scaled = (
        "Networks of 64 units on 5 to 10 points, 1,000 steps of 64 sets; the paper takes 256 or 512 units, up to 50 points and "
        "a million sets."
    )
    play = "pointer-networks"
    look = "The solid line on the dashed one up to ten points, and what breaks first beyond them."
    control = "#plane"

    def measure(self, seeds: Sequence[int], quick: bool, say: Say) -> Measured:
        """See `Exhibit.measure`."""
        more = {"steps": 40, "count": 200, "width": 16} if quick else {}
        count = 20 if quick else COUNT
        tests = {
            (problem, size): solved(problem, drawn(count, size, TEST_SEED))
            for problem in ("hull", "tour") for size in SEEN + LONGER
        }  # fmt: skip
        found: Found = {}
        for seed in seeds:
            for kind in KINDS:
                for problem in ("hull", "tour"):
                    lesson = Lesson(problem, kind, seed=seed, **more)
                    net = fit(lesson, lesson.folder, say)
                    for size in SEEN + LONGER:
                        for measure, value in scores(net, problem, tests[problem, size]).items():
                            found.setdefault((measure, kind, size), []).append(value)
            said = [f"{measure} {kind} {n}: {v[-1]:.3f}" for (measure, kind, n), v in found.items() if n in (5, 20)]
            say(f"seed {seed}: {', '.join(said)}")
        return outcome(found, count)


def scores(net: Picker, problem: Problem, test: Solved) -> dict[str, float]:
    """Hulls: share that is exact, and mean area covered; tours: mean length over the optimum's."""
    points = torch.from_numpy(test.points)
    size = points.shape[1]
    tokens = net.solve(points, most=size + 1, tour=problem == "tour", beams=BEAMS).numpy()
    orders = [row[row > STOP] - 1 for row in tokens]
    right = [row[row > STOP] - 1 for row in test.tokens]
    together_ = list(zip(test.points, orders, right, strict=True))
    if problem == "tour":
        return {"tour": float(np.mean([geometry.length(p, a) / geometry.length(p, b) for p, a, b in together_]))}
    return {
        "exact": float(np.mean([np.array_equal(a, b) for _, a, b in together_])),
        "area": float(np.mean([geometry.covered(p, a, b) for p, a, b in together_])),
    }


def outcome(found: Found, count: int) -> Measured:
    """Values by measure, network and size -> what is stored."""
    figures = {
        key: Figure(
            label=f"{MEASURES[key[0]]}, {key[2]} points: {KINDS[key[1]]}", values=values,
            better="lower" if key[0] == "tour" else "higher",
        )
        for key, values in found.items()
    }  # fmt: skip

    def mean(measure: str, kind: str, size: int) -> float:
        return figures[measure, kind, size].mean

    first = ("area", "pointer", SEEN[-1])
    rival = ("area", "seq2seq", SEEN[-1])
    return Measured(
        measured=figures[first],
        baselines=(figures[rival],),
        parts=tuple(
            part(figures[measure, "pointer", n], figures[measure, "seq2seq", n])
            for measure in MEASURES
            for n in SEEN + LONGER
        ),
        outcome=(
            f"At 10 points the pointer network has {mean('exact', 'pointer', 10):.0%} of the hulls exactly and covers "
            f"{mean('area', 'pointer', 10):.1%} of their area (rival {mean('exact', 'seq2seq', 10):.0%}, "
            f"{mean('area', 'seq2seq', 10):.1%}), its tours are {mean('tour', 'pointer', 10) - 1:.1%} over the optimum (rival "
            f"{mean('tour', 'seq2seq', 10) - 1:.0%}); at 20, twice what it was trained on, {mean('exact', 'pointer', 20):.0%}, "
            f"{mean('area', 'pointer', 20):.1%} and {mean('tour', 'pointer', 20) - 1:.1%} (rival "
            f"{mean('exact', 'seq2seq', 20):.0%}, {mean('area', 'seq2seq', 20):.1%}, {mean('tour', 'seq2seq', 20) - 1:.0%})."
        ),
        others=tuple(figure for key, figure in figures.items() if key not in (first, rival)),
        data=f"{count} sets of points in the unit square for each size, drawn at random",
    )

"""Paper 48: networks that answer by pointing at their input, on points in the plane.

Pointer network and rival are the same LSTMs with the same attention, trained on the same batches for the same steps, each at the
rate that is best for it on sets kept aside; the rival reads one of 50 fixed classes off what it attends to. Both are decoded by
the same beam search, tours under the same rule that each point comes once. As in the paper, a hull whose sides cross covers
nothing. Sizes seen are 5 to 10 points, longer ones 20, 30 and 50; tours up to 12 points are compared with exact ones (dynamic
programming), longer ones with the best of 16 local searches. Triangulations are left out: their sequences are several times as
long, and want more training than was at hand.

What to look for: the solid line on the dashed one up to ten points; beyond, corners that are missed before the polygon
breaks, and a rival that falls apart, since its classes above ten were never right in training.

What a sceptic would ask: was the rival stopped too soon? On hulls no longer: each network trains at its own best of three
rates, both for four thousand steps, and at sizes seen there is nothing between them (84 % exact at 5 points each; at 10 the
rival equals the pointer network in two seeds of three). Beyond ten points no fixed list of classes can answer, which is the
paper's point: 99 % of the area against 23 % at 20. Have both ended? The loss on hulls fell by a tenth in the last quarter of
the steps, under a rate that falls to nothing, and the rate chosen is the highest of the three; on tours two of three rivals
had hardly left the start, so the lead there is one of speed. Is it good at all? At 30 points its tours are two thirds longer
than those of a local search, which takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import register
from explorer.learn.data import _geometry as geometry
from explorer.learn.data.points import STOP, Problem, Solved, drawn, solved
from explorer.learn.models.structured.pointer import Picker
from explorer.learn.training.picking import Lesson, fit, followed, tuned
from explorer.museum.exhibits.base import Exhibit, Say

SEEN, LONGER = (5, 10), (20, 30, 50)
SIZES_TESTED: dict[Problem, tuple[int, ...]] = {"hull": SEEN + LONGER, "tour": SEEN + LONGER[:2]}
FOLLOWED = {"early": 0.75, "late": 1.0}  # shares of the steps after which the loss on sets kept aside is told
COUNT, BEAMS = 200, 4
STEPS: dict[Problem, int] = {"hull": 4_000, "tour": 3_000}
KINDS = {"pointer": "pointer network", "seq2seq": "seq2seq without pointers"}
TEST_SEED = 77  # of the point sets that are tested; training sets have another
MEASURES = {
    "exact": "Exact hulls", "area": "Area covered", "tour": "Tour length over the optimum",
    "hull early": "Loss of hulls after three quarters of the steps", "hull late": "Loss of hulls after all steps",
    "tour early": "Loss of tours after three quarters of the steps", "tour late": "Loss of tours after all steps",
}  # fmt: skip
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
        "After the same training, a pointer network finds more exact hulls, covers more of their area and gives shorter tours "
        "than an attentive LSTM seq2seq without pointers, at sizes seen in training and at longer ones."
    )
    scaled = (
        "Networks of 64 units on 5 to 10 points, 4,000 steps of 64 sets for hulls and 3,000 for tours; the paper takes 256 or "
        "512 units, up to 50 points and a million sets."
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
            for problem, sizes in SIZES_TESTED.items() for size in sizes
        }  # fmt: skip
        found: Found = {}
        for problem, sizes in SIZES_TESTED.items():
            for kind in KINDS:
                chosen = tuned(lesson(problem, kind, **more), say)
                for seed in seeds:
                    run = replace(chosen, seed=seed)
                    net = fit(run, run.folder, say)
                    curve = dict(followed(run.folder))
                    for when, share in FOLLOWED.items():
                        loss = curve[min(curve, key=lambda step, at=share * run.steps: abs(step - at))]
                        found.setdefault((f"{problem} {when}", kind, 0), []).append(loss)
                    for size in sizes:
                        for measure, value in scores(net, problem, tests[problem, size]).items():
                            found.setdefault((measure, kind, size), []).append(value)
                            say(f"{run.title}: {measure} at {size} points {value:.3f}")
        return outcome(found, count)


def lesson(problem: Problem, kind: str, **more: Any) -> Lesson:
    """How a network of this exhibit is trained, but for its rate."""
    return Lesson(problem, kind, **{"steps": STEPS[problem]} | more)


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
        (measure, kind, size): Figure(
            label=f"{MEASURES[measure]}{f', {size} points' if size else ''}: {KINDS[kind]}", values=values,
            better="higher" if measure in ("exact", "area") else "lower",
        )
        for (measure, kind, size), values in found.items()
    }  # fmt: skip

    def both(measure: str, size: int, form: str) -> str:
        ours, theirs = (format(figures[measure, kind, size].mean, form) for kind in KINDS)
        return f"{ours} ({theirs})"

    first, rival = (("area", kind, SEEN[-1]) for kind in KINDS)
    near, far = SEEN[-1], LONGER[0]
    return Measured(
        measured=figures[first],
        baselines=(figures[rival],),
        parts=tuple(
            part(figures[measure, "pointer", n], figures[measure, "seq2seq", n])
            for measure, kind, n in figures
            if kind == "pointer" and n
        ),
        outcome=(
            f"Rival in brackets: at {near} points {both('exact', near, '.0%')} of the hulls are exact, "
            f"{both('area', near, '.1%')} of their area is covered, and tours are {both('tour', near, '.3f')} of the optimum; at "
            f"{far}, twice what either was trained on, {both('exact', far, '.0%')}, {both('area', far, '.1%')} and "
            f"{both('tour', far, '.3f')}."
        ),
        others=tuple(figure for key, figure in figures.items() if key not in (first, rival)),
        data=f"{count} sets of points in the unit square for each size, drawn at random",
    )

"""Training of pointer networks and of their rival: the same batches, steps and schedule, each at the rate that suits it.

Whatever was stopped goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from explorer.learn.data.points import VALIDATION_SEED, Problem, training_sets
from explorer.learn.models.structured.pointer import WIDTH, Picker, built
from explorer.learn.training.objectives import learning_rate
from explorer.learn.training.once import place

SAVED_EVERY = 250  # steps
ASIDE = 64  # point sets of each size that the loss is followed on
RATES = (4e-3, 8e-3, 1.6e-2)
TRIAL = 0.2  # of the steps, in which a rate is chosen
Sets = list[tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Lesson:
    """How a network is trained.

    Args:
        problem: what is learned.
        kind: `pointer` or `seq2seq`.
        seed: of first weights and of the order of the batches.
        steps: of Adam, each on point sets of one size.
        rate: peak of the learning rate.
        batch: point sets in one step.
        count: solved point sets of each size.
        width: of the network.
        sizes: numbers of points; none takes those of the problem.
    """

    problem: Problem
    kind: str
    seed: int = 0
    steps: int = 4_000
    rate: float = 3e-3
    batch: int = 64
    count: int = 40_000
    width: int = WIDTH
    sizes: tuple[int, ...] = ()

    @property
    def folder(self) -> Path:
        """Where a claim keeps the run, so that one that was stopped goes on."""
        return place(f"{self.kind}-{self.problem}", asdict(self), __name__)

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.problem}, {self.kind}, seed {self.seed}, rate {self.rate:g}"


def fit(lesson: Lesson, folder: Path, say: Callable[[str], None] = lambda text: None) -> Picker:
    """The trained network, in evaluation mode and without gradients; `folder` keeps the state and is picked up again."""
    folder.mkdir(parents=True, exist_ok=True)
    state, kept = folder / "state.pt", folder / "net.safetensors"
    torch.manual_seed(lesson.seed)
    net = built(lesson.kind, width=lesson.width)
    if kept.is_file():
        net.load_state_dict(load_file(kept))
        return net.eval().requires_grad_(False)
    optimiser = torch.optim.Adam(net.parameters(), lesson.rate)
    begun, followed = 0, []
    if state.is_file():
        saved = torch.load(state, weights_only=True)
        net.load_state_dict(saved["net"])
        optimiser.load_state_dict(saved["optimiser"])
        begun, followed = saved["step"], saved["followed"]
    sets = _sets(lesson)
    aside = _sets(replace(lesson, count=ASIDE), VALIDATION_SEED)
    for step in range(begun, lesson.steps):
        generator = torch.Generator().manual_seed(lesson.seed * 1_000_003 + step)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(lesson.rate, step, lesson.steps)
        points, tokens = sets[int(torch.randint(len(sets), (1,), generator=generator))]
        rows = torch.randint(len(points), (lesson.batch,), generator=generator)
        loss = net.loss(points[rows], tokens[rows])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)  # as in the paper, section 4.1
        optimiser.step()
        if (step + 1) % SAVED_EVERY == 0 or step + 1 == lesson.steps:
            followed.append((step + 1, held_out(net, aside)))
            say(f"{lesson.title}: step {step + 1}, loss on sets kept aside {followed[-1][1]:.4f}")
            partial = state.with_suffix(".partial")
            saved = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "step": step + 1}
            torch.save(saved | {"followed": followed}, partial)
            partial.replace(state)
    (folder / "lesson.json").write_text(json.dumps(asdict(lesson) | {"followed": followed}, indent=1) + "\n")
    save_file(net.state_dict(), kept)
    state.unlink(missing_ok=True)
    return net.eval().requires_grad_(False)


def followed(folder: Path) -> list[tuple[int, float]]:
    """Steps and loss on sets kept aside, of a run that has ended."""
    return [(int(step), float(loss)) for step, loss in json.loads((folder / "lesson.json").read_text())["followed"]]


def tuned(lesson: Lesson, say: Callable[[str], None] = lambda text: None) -> Lesson:
    """The lesson at the rate of `RATES` whose loss on sets kept aside is least after a fifth of the steps, by seed 0.

    The rate falls within the trial as it falls within the whole. Nothing that is tested is looked at.
    """
    steps = max(1, round(TRIAL * lesson.steps))
    trials = {rate: replace(lesson, rate=rate, steps=steps, seed=0) for rate in RATES}
    for trial in trials.values():
        fit(trial, trial.folder, say)
    return replace(lesson, rate=min(RATES, key=lambda rate: followed(trials[rate].folder)[-1][1]))


@torch.no_grad()
def held_out(net: Picker, sets: Sets) -> float:
    """Mean loss of a token over point sets, each size counted alike."""
    return float(torch.stack([net.loss(*each) for each in sets]).mean())


def _sets(lesson: Lesson, *seed: int) -> Sets:
    sets = training_sets(lesson.problem, lesson.count, lesson.sizes or None, *seed)
    return [(torch.from_numpy(sets[n].points), torch.from_numpy(sets[n].tokens)) for n in sorted(sets)]

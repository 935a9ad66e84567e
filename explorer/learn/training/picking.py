"""Training of pointer networks and of their rival: the same batches, steps and schedule for both, resuming where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from explorer.learn.data.points import Problem, training_sets
from explorer.learn.models.structured.pointer import Picker, built
from explorer.learn.training.objectives import learning_rate
from explorer.learn.training.once import place

SAVED_EVERY = 300  # steps


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
    steps: int = 1000
    rate: float = 6e-3
    batch: int = 64
    count: int = 20_000
    width: int = 64
    sizes: tuple[int, ...] = ()

    @property
    def folder(self) -> Path:
        """Where a claim keeps the run, so that one that was stopped goes on."""
        return place(f"{self.kind}-{self.problem}", asdict(self), __name__)


def fit(lesson: Lesson, folder: Path, say: Callable[[str], None] = lambda text: None) -> Picker:
    """The trained network, in evaluation mode and without gradients; `folder` keeps the state and is picked up again."""
    folder.mkdir(parents=True, exist_ok=True)
    state, said = folder / "state.pt", folder / "lesson.json"
    torch.manual_seed(lesson.seed)
    net = built(lesson.kind, width=lesson.width)
    optimiser = torch.optim.Adam(net.parameters(), lesson.rate)
    begun, kept = 0, folder / "net.safetensors"
    if kept.is_file():
        net.load_state_dict(load_file(kept))
        return net.eval().requires_grad_(False)
    if state.is_file():
        saved = torch.load(state, weights_only=True)
        net.load_state_dict(saved["net"])
        optimiser.load_state_dict(saved["optimiser"])
        begun = saved["step"]
    sets = training_sets(lesson.problem, lesson.count, lesson.sizes or None)
    sizes = sorted(sets)
    tensors = {n: (torch.from_numpy(each.points), torch.from_numpy(each.tokens)) for n, each in sets.items()}
    total = 0.0
    for step in range(begun, lesson.steps):
        generator = torch.Generator().manual_seed(lesson.seed * 1_000_003 + step)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(lesson.rate, step, lesson.steps)
        points, tokens = tensors[sizes[int(torch.randint(len(sizes), (1,), generator=generator))]]
        rows = torch.randint(len(points), (lesson.batch,), generator=generator)
        loss = net.loss(points[rows], tokens[rows])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)  # as in the paper, section 4.1
        optimiser.step()
        total += loss.item()
        if (step + 1) % SAVED_EVERY == 0:
            say(f"{lesson.problem}, {lesson.kind}, seed {lesson.seed}: step {step + 1}, loss {total / SAVED_EVERY:.3f}")
            total = 0.0
            partial = state.with_suffix(".partial")
            torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(), "step": step + 1}, partial)
            partial.replace(state)
    said.write_text(json.dumps(asdict(lesson), indent=1) + "\n")
    save_file(net.state_dict(), kept)
    state.unlink(missing_ok=True)
    return net.eval().requires_grad_(False)

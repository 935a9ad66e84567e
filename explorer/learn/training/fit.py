"""Recipe -> trained weights: one loop for every family, on Lightning Fabric, resuming where it was stopped.

A run's folder holds `state.safetensors` (weights, averaged weights, optimiser and place, in one file, so that no crash
leaves half a state), `snapshot.safetensors` (the averaged weights alone, ready for the family's `load_state_dict`) and
`history.json`, all written after each epoch. Order and noise of an epoch depend on seed and epoch alone: a run that was
stopped ends where an uninterrupted one would, up to the rounding of the machine's arithmetic.
"""

from __future__ import annotations

import hashlib
import json
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import torch
from lightning_fabric import Fabric
from pydantic import Field, JsonValue, ValidationError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from explorer.core import sources
from explorer.core.registry import find
from explorer.core.schema import NAME, ExplorerError, Frozen, Schema
from explorer.learn.data.base import DataSet, Items
from explorer.learn.models._arithmetic import has_bfloat16
from explorer.learn.models.base import Model
from explorer.learn.training.objectives import learning_rate, moving_average, unset_some

STATE, SNAPSHOT, HISTORY = "state.safetensors", "snapshot.safetensors", "history.json"
VALIDATED = 512  # items that each epoch's figures are measured on


class Training(Frozen):
    """How long and how hard.

    Args:
        epochs: passes over the training items.
        batch: items in one step.
        items: of those for training only so many, the first ones; None takes all.
        rate: peak of the learning rate.
        weight_decay: AdamW's.
        clip: largest norm of the gradient.
        average: decay of the averaged weights (EMA) that are kept in the end.
        unset: share of the items that lose about half of their attributes, see `unset_some`.
        precision: one of Fabric's; `bf16-mixed` doubles the speed on processors with bfloat16 arithmetic, and gives way to
            `32-true` on those without.
        threads: of the processor; None leaves it to torch. One is fastest where other work shares the cores, since
            threads that wait for a delayed one burn its time.
    """

    epochs: int = Field(gt=0)
    batch: int = Field(default=64, gt=0)
    items: int | None = Field(default=None, gt=0)
    rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=1e-4, ge=0)
    clip: float = Field(default=1.0, gt=0)
    average: float = Field(default=0.995, ge=0, lt=1)
    unset: float = Field(default=0.2, ge=0, le=1)
    precision: str = "32-true"
    threads: int | None = Field(default=None, gt=0)


class Recipe(Frozen):
    """Everything that decides the weights, as `recipe.toml` holds it.

    Args:
        name: of the checkpoint.
        data: name of a data set in `explorer/learn/data`.
        family: name of a family in `explorer/learn/models`.
        seed: of first weights, order and noise.
        model: arguments of the family beside `shape` and `condition`.
        training: how long and how hard.
        checkpoint: what the finished folder is assembled with; training ignores it.
    """

    name: str = Field(pattern=NAME)
    data: str
    family: str
    seed: int = Field(default=0, ge=0)
    model: dict[str, JsonValue] = Field(default={})
    training: Training
    checkpoint: dict[str, JsonValue] = Field(default={})

    @classmethod
    def read(cls, path: str | Path) -> Recipe:
        """Read `recipe.toml`.

        Raises:
            ExplorerError: not readable, or a field that is missing, unknown or out of range.
        """
        try:
            return cls.model_validate(tomllib.loads(Path(path).read_text(encoding="utf-8")))
        except OSError:
            raise ExplorerError(f"There is no recipe {path}.") from None
        except tomllib.TOMLDecodeError as error:
            raise ExplorerError(f"The recipe {path} is not TOML: {error}.") from None
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(map(str, problem["loc"]))
            raise ExplorerError(f"The recipe {path} is malformed at {place}: {problem['msg']}.") from None

    def key(self) -> str:
        """Sixteen hex digits of all that decides the weights: what the recipe says, and the code of loss, data and training."""
        told = self.model_dump_json(exclude={"name", "checkpoint"})
        code = sources.of(find("models", self.family), find("data", self.data), fit)
        return hashlib.sha256(f"{told} {code}".encode()).hexdigest()[:16]

    def build(self, data: DataSet) -> Model:
        """The untrained model.

        Raises:
            ExplorerError: the family takes data of another modality.
        """
        torch.manual_seed(self.seed)
        family = find("models", self.family)
        if data.modality not in family.takes:
            known = " and ".join(sorted(family.takes))
            raise ExplorerError(f"The family {self.family} takes {known}; the data {self.data} is {data.modality}.")
        return family.made(data.shape, data.conditions, self.model)


@dataclass
class Run:
    """A training under way: what `state.safetensors` saves and restores."""

    model: nn.Module
    averaged: AveragedModel
    optimisers: list[torch.optim.Optimizer]
    epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    def save(self, out: Path, recipe: Recipe) -> None:
        """Write state, snapshot and history; each file is replaced whole or not at all."""
        average = _plain(self.averaged.module)
        tensors = {f"model.{k}": v for k, v in _plain(self.model).items()} | {
            f"average.{k}": v for k, v in average.items()
        }
        for player, optimiser in enumerate(self.optimisers):
            for index, moments in optimiser.state_dict()["state"].items():
                tensors |= {f"optimiser.{player}.{index}.{k}": v.contiguous() for k, v in moments.items()}
        place = {"epoch": self.epoch, "averaged": int(self.averaged.n_averaged), "history": self.history}
        metadata = {"recipe": recipe.model_dump_json(), "place": json.dumps(place)}
        for name, content in ((STATE, tensors), (SNAPSHOT, average)):
            partial = out / f"{name}.partial"
            save_file(content, partial, metadata=metadata)
            partial.replace(out / name)
        (out / HISTORY).write_text(json.dumps(self.history, indent=1) + "\n")

    def restore(self, out: Path, recipe: Recipe) -> None:
        """Go on from the state in `out`. Length and step sizes may have changed since; the model may not.

        Raises:
            ExplorerError: the folder holds a run of another model, data set or seed.
        """
        with safe_open(out / STATE, "pt") as file:
            metadata = file.metadata()
        before, place = Recipe.model_validate_json(metadata["recipe"]), json.loads(metadata["place"])
        for name in ("data", "family", "seed", "model"):
            if getattr(before, name) != getattr(recipe, name):
                raise ExplorerError(f"The folder {out} holds a run with another {name}; choose another folder.")
        tensors = load_file(out / STATE)
        self.model.load_state_dict(_under("model.", tensors))
        self.averaged.module.load_state_dict(_under("average.", tensors))
        self.averaged.n_averaged.fill_(place["averaged"])
        moments: list[dict[int, dict[str, Tensor]]] = [{} for _ in self.optimisers]
        owned = [[p.detach() for group in o.param_groups for p in group["params"]] for o in self.optimisers]
        for key, value in _under("optimiser.", tensors).items():
            player, index, name = key.split(".", 2)
            parameter = owned[int(player)][int(index)]
            # The fused optimiser walks through memory, so moments must lie there as their parameter does.
            laid_out = torch.empty_like(parameter).copy_(value) if value.shape == parameter.shape else value
            moments[int(player)].setdefault(int(index), {})[name] = laid_out
        for optimiser, state in zip(self.optimisers, moments, strict=True):
            optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
        self.epoch, self.history = place["epoch"], place["history"]


def fit(recipe: Recipe, out: str | Path, resume: bool = True) -> Model:
    """Train, or go on training, and return the model with its averaged weights, in evaluation mode.

    Args:
        recipe: what to train and how.
        out: the run's folder, made where it is missing.
        resume: go on from the state in `out`, if there is one; otherwise begin anew.

    Raises:
        ExplorerError: the data is not at hand, or `out` holds the run of another model.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    data: DataSet = find("data", recipe.data)()
    items, held_out = data.load("train"), data.load("test")
    settings = recipe.training
    items = Items(items.x[: settings.items], items.codes[: settings.items], {})
    if settings.threads:
        torch.set_num_threads(settings.threads)
    fabric = Fabric(devices=1, precision=precision_here(settings.precision))
    # Channels last is the layout that CPU convolutions are fastest in.
    model = recipe.build(data).to(memory_format=torch.channels_last)
    averaged = AveragedModel(model, multi_avg_fn=moving_average(settings.average))
    optimisers = _optimisers(model, settings)
    for group in (group for optimiser in optimisers for group in optimiser.param_groups):
        group["peak"] = group["lr"]  # each player's own, of the common schedule
    run = Run(model, averaged, optimisers)
    if resume and (out / STATE).exists():
        run.restore(out, recipe)
    wrapped, *optimisers = fabric.setup(model, *optimisers)
    wrapped.mark_forward_method("loss")
    averaged.to(fabric.device)

    steps = len(items) // settings.batch
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task = bar.add_task(recipe.name, total=steps * settings.epochs, completed=steps * run.epoch)
        while run.epoch < settings.epochs:
            began = time.monotonic()
            # One generator decides order and unset attributes; the global one decides the model's own noise.
            torch.manual_seed(recipe.seed + 1_000_003 * (run.epoch + 1))
            generator = torch.Generator().manual_seed(recipe.seed + 1_000_003 * (run.epoch + 1))
            order = torch.randperm(len(items), generator=generator)
            wrapped.train()
            for k, rows in enumerate(order[: steps * settings.batch].split(settings.batch)):
                step = run.epoch * steps + k
                model.progress = step / (steps * settings.epochs)
                for group in (group for optimiser in optimisers for group in optimiser.param_groups):
                    group["lr"] = learning_rate(group["peak"], step, steps * settings.epochs)
                x, c = _batch(items, rows, data.conditions)
                c = unset_some(c, data.conditions, settings.unset, generator)
                batch = fabric.to_device((x, c))
                if hasattr(model, "training_step"):
                    model.training_step(batch=batch, fabric=fabric, optimisers=optimisers)
                else:
                    _descend(wrapped, batch, fabric, optimisers[0], settings.clip)
                averaged.update_parameters(model)
                bar.advance(task)
            run.epoch += 1
            figures = validate(averaged.module, held_out, data.conditions)
            run.history.append({"epoch": run.epoch, "seconds": time.monotonic() - began, **figures})
            run.save(out, recipe)
            summary = ", ".join(f"{name} {value:.4g}" for name, value in run.history[-1].items())
            bar.console.print(f"{recipe.name}: {summary}", highlight=False)
    return averaged.module.cpu().eval().requires_grad_(False)


def precision_here(wanted: str) -> str:
    """The precision to train in on this machine: float32 in the place of a bfloat16 that it would have to emulate."""
    able = torch.accelerator.is_available() or has_bfloat16()
    return wanted if able or not wanted.startswith("bf16") else "32-true"


def _optimisers(model: Model, settings: Training) -> list[torch.optim.Optimizer]:
    """Those of the family's players, or one AdamW for all weights."""
    if hasattr(model, "make_optimisers"):
        return model.make_optimisers(settings.rate, settings.weight_decay)
    decay = settings.weight_decay
    return [torch.optim.AdamW(model.parameters(), settings.rate, betas=(0.9, 0.99), weight_decay=decay, fused=True)]


def _descend(
    wrapped: nn.Module, batch: tuple[Tensor, Tensor], fabric: Fabric, optimiser: torch.optim.Optimizer, clip: float
) -> None:
    """One step down the family's loss."""
    terms = wrapped.loss(*batch)
    optimiser.zero_grad()
    fabric.backward(terms["loss"])
    fabric.clip_gradients(wrapped, optimiser, max_norm=clip)
    optimiser.step()


@torch.no_grad()
def validate(model: Model, items: Items, conditions: Schema) -> dict[str, float]:
    """The terms of the loss on held-out items, and the PSNR in dB where the model can encode."""
    model.eval()
    device = next(model.parameters()).device
    x, c = (part.to(device) for part in _batch(items, torch.arange(min(VALIDATED, len(items))), conditions))
    figures = {name: float(value) for name, value in model.loss(x, c).items()} if _has_loss(model) else {}
    if "encode" in model.capabilities:
        error = (model.decode(model.encode(x, c).mean, c) - x).square().flatten(1).mean(1)
        figures["psnr"] = float(-10 * error.clamp(min=1e-10).log10().mean())
    return figures


def _has_loss(model: Model) -> bool:
    """A family that plays a game has no loss of its own."""
    return type(model).loss is not Model.loss


def _batch(items: Items, rows: Tensor, conditions: Schema) -> tuple[Tensor, Tensor]:
    """Some items as x float32 [N, ...], pictures in [0, 1], and c float32 [N, C]."""
    x = torch.from_numpy(items.x[rows.numpy()])
    x = x.float() / 255 if x.dtype == torch.uint8 else x
    if x.ndim == 4:
        x = x.contiguous(memory_format=torch.channels_last)
    return x, conditions.encode_codes(items.codes[rows.numpy()])


def _plain(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}

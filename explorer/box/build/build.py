"""Recipe and trained weights -> a checkpoint folder: latents, maps, neighbours, priors, judge, thumbnails, figures, card.

`make` does it all from the recipe alone. What took long is kept (`cache_folder`): the training's own state, the
encodings and the judge of a data set, so that a build which was stopped goes on where it was. The folder is replaced
file by file, its card last, so that an explorer which is running never sees half of one.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from pydantic import JsonValue
from safetensors.torch import load_file, save_file
from torch import Tensor

from explorer.box import real
from explorer.box.build import assemble, compact, folders
from explorer.box.build.assemble import item_tensors
from explorer.box.build.evaluate import evaluate
from explorer.box.build.plan import Assembly
from explorer.box.build.share import counts, share
from explorer.box.build.stored import decoded, stored, take
from explorer.box.build.together import together
from explorer.box.checkpoints import Checkpoint
from explorer.box.portable import parts
from explorer.box.portable.shipped import DRAWN
from explorer.core import sources
from explorer.core.registry import find
from explorer.core.scene import Scene
from explorer.core.schema import Card
from explorer.learn import latents as encoding
from explorer.learn.data.base import DataSet, Items, cache_folder
from explorer.learn.kinds import base as kinds
from explorer.learn.latents import Latents
from explorer.learn.models.base import Model
from explorer.learn.models.judge import Judge
from explorer.learn.training.fit import Recipe, fit
from explorer.learn.training.judge import train_judge

COLUMNS = 100
PACKAGES = ("torch", "numpy", "safetensors", "umap-learn", "scikit-learn")
Progress = Callable[[float, str], None]


def make(recipe_path: str | Path, out: str | Path | None = None, quick: bool = False) -> Checkpoint:
    """Train and assemble the checkpoint of a recipe; goes on where it was stopped.

    Args:
        recipe_path: a `recipe.toml`.
        out: the checkpoint's folder; the recipe's own where none is given.
        quick: one epoch, few items: for trying a recipe out, not for use.

    Raises:
        ExplorerError: the recipe is malformed, or the data is not at hand.
    """
    path = Path(recipe_path)
    recipe = Recipe.read(path)
    if quick:
        recipe = recipe.model_copy(update={"training": recipe.training.model_copy(update={"epochs": 1})})
    model = fit(recipe, cache_folder("runs") / f"{recipe.name}-{recipe.key()}")
    return build(
        recipe, model.state_dict(), Path(out) if out else path.parent, recipe_text=path.read_text(), quick=quick
    )


def build(
    recipe: Recipe,
    weights: dict[str, Tensor],
    out: Path,
    *,
    recipe_text: str,
    quick: bool = False,
    progress: Progress | None = None,
    order: np.ndarray | None = None,
    measure: Callable[[Checkpoint], dict[str, JsonValue]] | None = None,
    laid: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> Checkpoint:
    """Assemble a checkpoint folder from trained weights.

    Args:
        recipe: as read from `recipe_text`.
        weights: a state of the recipe's model; stored in 16 or 8 bits, and everything else is computed from what is stored.
        out: the folder.
        recipe_text: copied to `recipe.toml`.
        quick: few items, a judge of one epoch.
        progress: called with the share done and a sentence.
        order: how the items stand, as rows of the training items followed by the held-out ones; mixed where none is given.
        measure: gives the card's figures; `evaluate`, with every lens, where none is given.
        laid: places of maps that aren't fitted, float32 [n, dims] by the maps' names, in the order of the items.
    """
    plan, say = Assembly.of(recipe), progress or (lambda share, sentence: None)
    if quick:
        judged = plan.judge if plan.judge is False else {**plan.judge, "epochs": 1}
        plan = plan.model_copy(update={"items": 600, "held_out": 200, "judge": judged})
    data: DataSet = find("data", recipe.data)()
    train, test = data.load("train"), data.load("test")
    weights, model = stored(recipe, data, weights, train)
    shown = plan.items - plan.held_out
    fitted_to = take(train, shown if quick else max(shown, plan.fitted))
    known, unseen = (
        _alike(encoding.encode(together(model, data), items, data.conditions, progress=say), model, items, data)
        for items in (fitted_to, take(test, plan.held_out))
    )
    # Trained-on and held-out items are mixed, so that the first hundred of a list are a fair sample.
    order = np.random.default_rng(recipe.seed).permutation(plan.items) if order is None else order
    latents = Latents(
        *(torch.cat([a[:shown], b])[order] for a, b in zip(_columns(known), _columns(unseen), strict=True))
    )
    codes = np.concatenate([train.codes[:shown], test.codes[: plan.held_out]])[order]

    say(0.3, "laying out the maps")
    items = _items(model, plan, latents, codes=codes, held_out=order >= shown, data=data, seed=recipe.seed, laid=laid)
    if recipe.training.threads:  # UMAP's threads set the number for everything that shares their library
        torch.set_num_threads(recipe.training.threads)
    say(0.5, "fitting the priors")
    priors = _priors(plan.priors, known.mean, data.conditions.encode_codes(fitted_to.codes), data, recipe.seed)
    judge = {} if plan.judge is False else _judge(train, data, plan.judge, recipe.seed, say)
    encodes = "encode" in model.capabilities
    worth = find("modalities", data.modality).view != "text"  # a thumbnail of a text is no text; see `_names`
    shows = "items" if data.share_items and worth and encodes else "reconstructions" if encodes else "draws"
    sheet = counts(out.parent, data.name, plan.thumb_size, (shown, plan.held_out)) if shows == "items" else None
    if sheet:  # the data set's, in its order, so that all its checkpoints show the same file
        row = torch.from_numpy(np.where(order < shown, order, order - shown)).to(torch.int32)
        items["row"] = row.to(torch.uint16) if max(sheet) <= 1 << 16 else row
        pictures = encoding.as_input(np.concatenate([train.x[: sheet[0]], test.x[: sheet[1]]]))
    else:
        pictures = decoded(model, latents.mean, codes, data)
    opening = _opening(plan, data, codes, items, recipe.name, names=(names := _names(data, plan, order)))

    with tempfile.TemporaryDirectory(dir=out.parent if out.parent.is_dir() else None) as scratch:
        folder = Path(scratch) / recipe.name
        folder.mkdir()
        folders.save(folder, model=weights, judge=judge, prior=priors, items=items | _real(judge, data, train, test))
        folders.fill(
            folder,
            {
                **_faces(data, pictures, plan, items=items, opening=opening, sheet=sheet),
                "recipe.toml": recipe_text.encode(),
            },
        )
        card = _card(recipe, plan, data, model, folder).model_copy(
            update={"opening": opening, "thumbs": shows, "sheet": sheet, "names": names}
        )
        folders.write(card, folder)
        if plan.graphs:
            say(0.7, "making the graphs for the page")
            folders.fill(folder, _graphs(Checkpoint.load(folder)))
        card = card.model_copy(update={"sha256": folders.hashes(folder)})
        folders.write(card, folder)
        say(0.8, "measuring")
        metrics = (measure or partial(evaluate, **{"quick": quick, **plan.evaluation}))(Checkpoint.load(folder))
        folders.write(card.model_copy(update={"metrics": metrics}), folder)
        folders.replace(folder, out)
    share(out)
    say(1.0, "done")
    return Checkpoint.load(out)


def _names(data: DataSet, plan: Assembly, order: np.ndarray) -> tuple[str, ...]:
    """What the items are called, where the data set has `named(split)`, the names of a split's rows."""
    if not hasattr(data, "named"):
        return ()
    names = [*data.named("train")[: plan.items - plan.held_out], *data.named("test")[: plan.held_out]]
    return tuple(names[row] for row in order) if names else ()


def _real(weights: dict[str, Tensor], data: DataSet, train: Items, test: Items) -> dict[str, Tensor]:
    """What real items look like to the judge of these weights, see `explorer.box.real`; nothing where there is none."""
    if not weights:
        return {}
    judge = Judge(tuple(data.shape), data.conditions)
    judge.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in weights.items()})
    return real.measured(judge.eval().requires_grad_(False), train.x, test.x)


def _faces(
    data: DataSet,
    pictures: Tensor,
    plan: Assembly,
    *,
    items: dict[str, Tensor],
    opening: dict[str, JsonValue],
    sheet: tuple[int, int] | None,
) -> dict[str, bytes]:
    """The cover, and the sheet where it shows the items themselves: what a model makes of one is drawn when it is looked at.

    Args:
        data: which modality draws them.
        pictures: [n, *shape], in the order of the items, or of the sheet.
        plan: side of a thumbnail, and how long coding takes.
        items: the item table.
        opening: the scene to open on.
        sheet: how many training and held-out items the sheet shows; None where it would show what the model makes.
    """
    modality, size = find("modalities", data.modality)(**data.modality_arguments), plan.thumb_size
    faces = compact.covered(len(items["held_out"]), int(opening.get("start", {}).get("item", 0)))
    if sheet is not None:
        faces = [int(items["row"][k]) + sheet[0] * int(items["held_out"][k]) for k in faces]
    cover = {"cover.webp": compact.cover(modality.thumbs(pictures[faces], size))}
    if sheet is None:
        return cover
    if DRAWN.get(data.modality) == "outline":
        return cover | compact.sheets(modality.sheet(pictures, size), COLUMNS, exact=True)
    return cover | compact.sheets(modality.thumbs(pictures, size), COLUMNS, speed=plan.sheet_speed)


def _card(recipe: Recipe, plan: Assembly, data: DataSet, model: Model, folder: Path) -> Card:
    """The card of the files in `folder`, still without figures and opening."""
    return Card(
        name=recipe.name,
        title=plan.title,
        summary=plan.summary,
        limits=plan.limits,
        order=plan.order,
        dial=plan.dial,
        unasked=plan.unasked,
        family=recipe.family,
        arguments=recipe.model,
        modality=data.modality,
        modality_arguments=data.modality_arguments,
        shape=data.shape,
        latent=model.latent,
        conditions=data.conditions,
        capabilities=tuple(sorted(model.capabilities)),
        data=recipe.data,
        data_licence=data.licence,
        data_source=data.source,
        seed=recipe.seed,
        items=plan.items,
        maps=tuple(entry.spec() for entry in plan.maps),
        priors=plan.priors,
        thumb_size=plan.thumb_size,
        thumb_columns=COLUMNS,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        versions={"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in PACKAGES},
        sha256=folders.hashes(folder),
    )


@torch.inference_mode()
def _alike(latents: Latents, model: Model, items: Items, data: DataSet) -> Latents:
    """With the reconstructions' errors as the data set's modality measures them."""
    alike = find("modalities", data.modality).alike
    if alike is None or "encode" not in model.capabilities:
        return latents
    c = data.conditions.encode_codes(items.codes)
    parts = zip(*(part.split(encoding.BATCH) for part in (latents.mean, c, encoding.as_input(items.x))), strict=True)
    return replace(latents, error=torch.cat([alike(model.decode(z, given), x) for z, given, x in parts]))


def _graphs(checkpoint: Checkpoint) -> dict[str, bytes]:
    """The files of `parts.make`, kept under all that they follow from."""
    card = checkpoint.card
    hashes = sorted((name, digest) for name, digest in card.sha256.items() if name.endswith(".safetensors"))
    key = [card.family, sorted(card.arguments.items()), card.maps, hashes, parts.code(checkpoint), parts.versions()]

    def make() -> dict[str, Tensor]:
        return {
            name: torch.frombuffer(bytearray(data), dtype=torch.uint8) for name, data in parts.make(checkpoint).items()
        }

    return {name: data.numpy().tobytes() for name, data in _kept("graphs", key, make).items()}


def _columns(latents: Latents) -> tuple[Tensor, ...]:
    return latents.mean, latents.variance, latents.features, latents.error


def _kept(kind: str, key: list[object], make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """The tensors that were made under this key before, or that `make` makes now."""
    path = cache_folder(kind) / f"{hashlib.sha256(repr(key).encode()).hexdigest()[:24]}.safetensors"
    if not path.is_file():
        partial = path.with_suffix(".partial")
        save_file({name: tensor.contiguous() for name, tensor in make().items()}, partial)
        partial.replace(path)
    return load_file(path)


def _digest(*arrays: Tensor | np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _judge(train: Items, data: DataSet, arguments: dict[str, Any], seed: int, say: Progress) -> dict[str, Tensor]:
    """The weights of a data set's judge, trained once for all its models."""

    def make() -> dict[str, Tensor]:
        judge = train_judge(train, data.conditions, seed=seed, progress=say, **arguments)
        return {name: compact.halved(tensor) for name, tensor in judge.state_dict().items()}

    return _kept(
        "judges", [_digest(train.x, train.codes), sorted(arguments.items()), seed, sources.of(train_judge)], make
    )


def _items(
    model: Model,
    plan: Assembly,
    latents: Latents,
    *,
    codes: np.ndarray,
    held_out: np.ndarray,
    data: DataSet,
    seed: int,
    laid: Mapping[str, np.ndarray],
) -> dict[str, Tensor]:
    """The item table, see `item_tensors`."""
    specs = tuple(entry.spec() for entry in plan.maps)
    code = sources.of(assemble, *(find("maps", spec.method) for spec in specs))
    return _kept(
        "items",
        [_digest(*_columns(latents), *laid.values()), specs, seed, code],
        lambda: item_tensors(
            latents,
            codes,
            held_out,
            data.conditions,
            maps=specs,
            seed=seed,
            encoder="encode" in model.capabilities,
            kind=kinds.of(model.latent),
            embedded=None if kinds.of(model.latent).metric else _embedded(model, latents.mean),
            decode=lambda z, rows: decoded(model, z, codes[rows], data),
            laid=laid,
        ),
    )


def _priors(names: tuple[str, ...], z: Tensor, c: Tensor, data: DataSet, seed: int) -> dict[str, Tensor]:
    """Priors fitted to latents z [N, *latent.shape] under c [N, C]; the names of the weights begin with the prior's."""

    def make() -> dict[str, Tensor]:
        fitted = {name: find("priors", name).fit(z, c, seed=seed, conditions=data.conditions) for name in names}
        return compact.prior(
            {f"{name}.{key}": t for name, prior in fitted.items() for key, t in prior.state_dict().items()}
        )

    return _kept("priors", [_digest(z, c), names, seed, sources.of(compact, *(find("priors", n) for n in names))], make)


@torch.inference_mode()
def _embedded(model: Model, z: Tensor, batch: int = 1024) -> Tensor:
    """Codes [n, *latent.shape] as vectors, float32 [n, D]."""
    return torch.cat([model.embed(part) for part in z.split(batch)])


def _opening(
    plan: Assembly, data: DataSet, codes: np.ndarray, items: dict[str, Tensor], name: str, *, names: tuple[str, ...]
) -> dict[str, JsonValue]:
    """The scene to open on, as plain JSON.

    Raises:
        ExplorerError: the recipe asks for an attribute or a value that the data doesn't have.
    """
    wanted = data.conditions.encode([plan.opening.item])[0] > 0
    data.conditions.encode([plan.opening.condition])
    fits = items["held_out"] & (data.conditions.encode_codes(codes)[:, wanted] > 0).all(1)
    if plan.opening.called:
        fits &= torch.tensor([each == plan.opening.called for each in names])
    best = torch.where(fits, items["error"].float() if "error" in items else 0.0, -torch.inf).argmax()
    start = {"item": int(best)}
    scene = {"model": name, "start": start, "condition": plan.opening.condition, "view": plan.opening.view}
    return Scene.model_validate(scene).model_dump(mode="json", exclude_defaults=True)

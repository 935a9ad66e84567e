"""What was found -> a checkpoint: the principal components first, a network in their place where it beats them.

The numbers of the plan are a fixed rule of the data alone: as many components as explain `EXPLAINED` of the variance of the
training items, 2 to `MOST_COMPONENTS` and at most a fourth of the items; the map of the components always, a UMAP of at
least `LEAST_UMAP` items. Texts get latent semantic analysis in the place of the components, with `DIRECTIONS` of it.
"""

from __future__ import annotations

import csv
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor

from explorer.box.build.build import build
from explorer.box.build.plan import PRIOR_ITEMS
from explorer.box.checkpoints import Checkpoint
from explorer.box.own import network as trainer
from explorer.box.own.data import Own, as_owned, registered
from explorer.box.own.figures import measure, quality, unit
from explorer.box.own.found import Found, Layout
from explorer.core.disk import cache_folder
from explorer.core.schema import NAME, ExplorerError
from explorer.core.writing import unwritten
from explorer.learn.latents import as_input
from explorer.learn.models.text.lsa import LSA, WORDLESS
from explorer.learn.models.vae.pca import PCA
from explorer.learn.training.fit import Recipe, Training

EXPLAINED = 0.98
MOST_COMPONENTS = 64
DIRECTIONS = 48  # of latent semantic analysis, and at most a fourth of the sentences
FITTED = 3_000  # items that the components of wider items are solved for, at most
LEAST_UMAP, MOST_UMAP = 100, 20_000
ITEMS = "items.csv"
WORST = 3
LOOK_ALIKE = "Items that look alike lie together, whatever is known of them."
LATENT = "Items whose latents are alike lie together."
GIVEN = "As it came with the items, from the program that laid it out."
REST = "What the attributes leave open: the mean of each group is taken off, so that their colours mix."
Progress = Callable[[float, str], None]


def place(out: Path) -> Path:
    """The folder that a checkpoint is to be written to, after making sure that it can be.

    Raises:
        ExplorerError: its name is none for a checkpoint, it holds something else, or it can't be written to.
    """
    if not re.fullmatch(NAME, out.name):
        raise ExplorerError(
            f"A checkpoint can't be named {out.name!r}; small letters, digits, - and _ can stand in a name of up to 64."
        )
    if out.exists() and not out.is_dir():
        raise ExplorerError(f"{out} is a file; a checkpoint is a folder.")
    if out.is_dir() and any(out.iterdir()) and not (out / "card.json").is_file():
        raise ExplorerError(f"The folder {out} holds something else; name a new or an empty one.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ExplorerError(f"Nothing can be written to {out.parent}: {reason}.") from None
    return out


def recipe_of(found: Found, name: str, data: str, family: str, arguments: dict[str, Any], **more: Any) -> Recipe:
    """A recipe as `build` takes it.

    Args:
        found: the items.
        name: of the checkpoint.
        data: under which the items are registered.
        family, arguments: of the model.
        more: `first` makes what is needed to look around alone; `training` of a network; `kind`, where the family is a
            person's own, of its description.
    """
    first = more.get("first", False)
    settings = found.settings
    wanted = len(found) >= LEAST_UMAP if settings.umap is None else settings.umap
    umap = wanted and not first and len(found) <= MOST_UMAP
    kind = more.get("kind", family)
    space = "latent" if "kind" in more else "features"
    near = LATENT if "kind" in more else LOOK_ALIKE
    maps = [_map("alike", "Look alike" if kind == family else "Latent", space, "pca", near)]
    if umap:
        maps.insert(0, _map("alike-umap", f"{maps[0]['title']}, by neighbours", space, "umap", near))
    if found.conditions.attributes and kind == family:
        maps.append(_map("rest", "Attributes taken off", "latent", "pca", REST))
    owned = given(found).items()
    maps = [_map(slug, one.title, space, "given", GIVEN) | {"dims": one.places.shape[1]} for slug, one in owned] + maps
    known = found.conditions.attributes
    view = {"colour": known[0].name} if known else {"tab": "interpolate"}  # there is nothing to change
    checkpoint = {
        "title": found.path.stem or name,
        "summary": f"{len(found):,} {found.noun} of your own, {SUMMARY[kind if known or kind != 'pca' else 'plain']}",
        "limits": LIMITS[kind],
        "order": 1,
        "items": len(found),
        "held_out": len(registered(found)[1].rows["test"]),
        "maps": maps,
        "priors": ["mixture"],
        "fitted": PRIOR_ITEMS,
        "thumb_size": 40,
        "sheet_speed": 7,
        "judge": {} if settings.judge and found.modality == "image" and not first else False,
        "graphs": found.modality == "image" and not first,
        "opening": {"view": view},
    }
    training = more.get("training") or Training(epochs=1, threads=1)
    return Recipe(
        name=name,
        data=data,
        family=family,
        seed=settings.seed,
        model=arguments,
        training=training,
        checkpoint=checkpoint,
    )


SUMMARY = {
    "decoder": "by your own encoder and decoder.",
    "readout": "by your own encoder; a linear read-out of its latent draws them.",
    "plain": "by their principal components, the directions along which they differ most.",
    "pca": "by their principal components: what each attribute adds on average, and the directions that are left.",
    "pca-residual": "by principal components that a network corrects.",
    "lsa": "by the words that they share; nothing new is written, and what is shown is the nearest of them.",
    "daae": "by a network that writes them from a point of the map.",
}
LINE = {"text": "the nearest known one"}
LIMITS = {
    "decoder": "The model itself isn't stored here: it is opened while the model is at hand.",
    "readout": "What is drawn is a linear read-out of the latent, fitted to these items: what the latent holds of them.",
    "pca": "Straight lines through the middle of the data: reconstructions blur, and an attribute moves every item alike.",
    "pca-residual": "Trained in minutes from the principal components; the figures say how far to trust it.",
    "lsa": "The order of the words plays no part, and what lies between two sentences is another one of yours.",
    "daae": "Trained in minutes on these sentences alone; it writes like them, and what it says needn't be true.",
}


def _toml(recipe: Recipe) -> str:
    """What was done, for a person to read; the data are known to their owner alone."""
    head = "# Made by `python -m explorer open`; the numbers follow from the data."
    return f"{head}\nrecipe = {json.dumps(recipe.model_dump_json())}\n"


def given(found: Found) -> dict[str, Layout]:
    """The owner's maps, under names of their own."""
    return {f"given-{k + 1}": layout for k, layout in enumerate(found.layouts)}


def _map(name: str, title: str, space: str, method: str, sentence: str) -> dict[str, Any]:
    return {"name": name, "title": title, "space": space, "method": method, "sentence": sentence}


@torch.no_grad()
def fitted(data: type[Own], latent: int | None = None) -> PCA | LSA:
    """What an item is made of before anything is trained: of texts the directions of their words, else see `components`."""
    if data.modality != "text":
        return components(data, latent)
    items = data().load("train")
    x, c = as_input(items.x), data.conditions.encode_codes(items.codes)
    words = len(data.modality_arguments["words"]) + WORDLESS
    most = min(DIRECTIONS, len(x) // 4, words - WORDLESS - 1)
    model = LSA(x.shape[1:], c.shape[1], words=words, latent=latent or max(2, most), known=len(x))
    return model.solve(x, c).eval().requires_grad_(False)


@torch.no_grad()
def components(data: type[Own], latent: int | None = None) -> PCA:
    """The principal components of a data set's training items; as many as the rule above says where none are asked for."""
    items = data().load("train")
    size = items.x[0].size
    rows = np.random.default_rng(0).permutation(len(items))[: len(items) if size <= FITTED else FITTED]
    x, c = as_input(items.x[rows]), data.conditions.encode_codes(items.codes[rows])
    most = latent or min(MOST_COMPONENTS, size, max(2, len(x) // 4))
    model = PCA(x.shape[1:], c.shape[1], latent=most).solve(x, c)
    if latent is None:
        total = float((x - model.expected(c)).square().flatten(1).sum(1).mean())
        share = model.spread.square().cumsum(0) / max(total, 1e-12)
        model = model.first(int(min(most, max(2, 1 + int((share < EXPLAINED).sum())))))
    return model.eval().requires_grad_(False)


@contextmanager
def one_thread() -> Iterator[None]:
    """Within this torch has one thread: where other work shares the cores, a second one that is delayed burns its time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@one_thread()
def first(found: Found, out: Path, say: Progress | None = None, *, whole: bool = False) -> Checkpoint:
    """Make a checkpoint of principal components, or of texts of the directions of their words.

    Args:
        found: the items.
        out: the folder, see `place`.
        say: called with the share done and a sentence.
        whole: with the UMAP, the graphs for the page and the judge, which take longer.
    """
    name, data = registered(found)
    model = fitted(data)
    given = {"latent": len(model.spread)}
    given |= {"words": model.words, "known": len(model.sentences)} if isinstance(model, LSA) else {}
    recipe = recipe_of(found, out.name, name, model.name, given, first=not whole)
    return assemble(data, recipe, model.state_dict(), out, say)


def assemble(
    data: type[Own], recipe: Recipe, weights: dict[str, Tensor], out: Path, say: Progress | None = None
) -> Checkpoint:
    """Build a checkpoint beside its place and move it there whole."""
    try:
        with tempfile.TemporaryDirectory(prefix=".making-", dir=out.parent) as scratch:
            made = Path(scratch) / out.name
            build(
                recipe, weights, out if out.is_dir() else made, recipe_text=_toml(recipe), progress=say,
                order=as_owned(data), measure=lambda checkpoint: measure(checkpoint, data()),
                laid={name: layout.places - layout.places.mean(0) for name, layout in given(data.found).items()},
            )  # fmt: skip
            if not out.is_dir():
                made.rename(out)
        rows(data, out / ITEMS)
    except OSError as error:
        raise unwritten(out, error) from None
    except SafetensorError as error:
        raise ExplorerError(f"{out} can't be written: {error}.") from None
    except MemoryError:
        raise ExplorerError("The memory doesn't suffice; take fewer items or a smaller side.") from None
    return Checkpoint.load(out)


def rows(data: type[Own], path: Path) -> None:
    """Write which item is which: its number in the explorer, the owner's name of it, and whether it was held out."""
    held_out = set(data.rows["test"].tolist())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["item", "name", "held_out"])
        writer.writerows((k, name, int(k in held_out)) for k, name in enumerate(data.found.ids))


@one_thread()
def network(found: Found, out: Path, minutes: int, say: Progress | None = None) -> tuple[Checkpoint, str]:
    """Train a network, and put it in the place of the components where it beats as many of them on held-out items.

    Args:
        found: the items.
        out: the folder that holds their components.
        minutes: of training, see `network.py`.
        say: called with the share done and a sentence.

    Returns:
        the checkpoint in the folder, and what was decided in one sentence.
    """
    name, data = registered(found)
    before = fitted(data)
    trained, model = trainer.trained(found, name, data, minutes, before)
    test = data().load("test")
    x, c = as_input(test.x), data.conditions.encode_codes(test.codes)
    own, line = quality(model, x, c, data.modality), quality(before, x, c, data.modality)
    told = f"{own:.1f} {unit(data)} on held-out items, and {LINE.get(data.modality, 'as many components')} {line:.1f}"
    if own <= line:
        return Checkpoint.load(
            out
        ), f"The network stays out: it has {told}. More minutes or more items may change that."
    recipe = recipe_of(found, out.name, name, trained.family, trained.model, training=trained.training)
    place = LINE.get(data.modality, "the components")
    return assemble(
        data, recipe, model.state_dict(), out, say
    ), f"The network took the place of {place}: it has {told}."


def verdict(checkpoint: Checkpoint) -> list[str]:
    """What the figures say, in sentences: beside the nearest known item and the mean, and where it does worst."""
    if checkpoint.card.modality == "text":
        return spoken(checkpoint)
    figures = checkpoint.card.metrics["reconstruction"]
    own, nearest, mean = (figures[name] for name in ("psnr", "baseline_psnr", "mean_picture_psnr"))
    better = "better than" if own > nearest else "no better than"
    items = checkpoint.items
    unseen = np.flatnonzero(items.held_out)
    worst = unseen[np.argsort(items.error[unseen])[:WORST]]
    said = ", ".join(f"item {k} ({items.error[k]:.1f} dB)" for k in worst)
    return [
        f"On {figures['n']:,} held-out items the reconstruction has {own:.1f} dB, {better} the nearest known item's "
        f"{nearest:.1f}; their mean has {mean:.1f}.",
        f"It does worst on {said}; {ITEMS} says which those are.",
        *(
            []
            if checkpoint.judge
            else ["Whether attributes obey was not looked at; `judge = true` in the file asks for it."]
        ),
    ]


def spoken(checkpoint: Checkpoint) -> list[str]:
    """The same of texts."""
    figures = checkpoint.card.metrics["sentences"]
    own, nearest = (100 * figures[name]["in_place"] for name in ("reconstruction", "nearest_training"))
    better = "more than" if own > nearest + 0.05 else "no more than"
    return [
        f"On {figures['reconstruction']['n']:,} held-out items {own:.0f} percent of the words come back in their places, "
        f"{better} the most alike known sentence has there: {nearest:.0f}.",
        "Whether attributes obey was not looked at: no judge reads texts of your own.",
    ]


def usual(thing: Path) -> Path:
    """Where a checkpoint goes that nobody placed: the cache's folder `own`, under the thing's own name."""
    name = re.sub(r"[^a-z0-9]+", "-", thing.absolute().stem.lower()).strip("-")[:48] or "own"
    return cache_folder("own") / name

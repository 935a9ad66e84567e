"""A network in the place of the components: its size and its schedule follow from the data and the minutes, by a fixed rule.

| what | rule |
| --- | --- |
| family | `cvae`, for pictures; other items keep their components |
| latent | 16 numbers, from 500 training items 32, from 3,000 on 48 |
| levels | 16 pixels: cells of 2 in two levels; 32: cells of 2 in three; 48 and 64: cells of 4 in three |
| widths | for a minute half of the usual |
| batch | an eighth of the items, 8 to 64 |
| epochs | as many as the minutes hold by the time of a few steps, measured once and kept, at most 400 |
| weights | averaged over a tenth of the steps |

It takes the components' place where its reconstructions of held-out items have a higher PSNR than those of as many components.
"""

from __future__ import annotations

import json
import time

import torch
from pydantic import ValidationError

from explorer.box.own.columns import slug
from explorer.box.own.data import Own
from explorer.box.own.found import Found
from explorer.core.disk import replace
from explorer.core.registry import find
from explorer.core.schema import ExplorerError
from explorer.learn.data.base import cache_folder
from explorer.learn.latents import as_input
from explorer.learn.models.base import Model
from explorer.learn.training.fit import Recipe, Training, fit

FAMILY = "cvae"
MOST_EPOCHS = 400
PROBED, WARM = 6, 2  # steps that are timed, after some that aren't
USED = 0.85  # share of the minutes that the steps may take; the rest validates and saves
LEVELS = {16: (2, 2), 32: (2, 3), 48: (4, 3), 64: (4, 3)}  # side -> side of a cell, levels
WIDTHS = (128, 96, 48)


def why_not(found: Found) -> str:
    """Why no network is trained on these items; empty where one can be."""
    return "" if found.modality == "image" else f"No network is trained on {found.noun}; they keep their components."


def arguments(found: Found, items: int, minutes: int) -> dict:
    """Those of the family, by the rule above.

    Args:
        found: pictures.
        items: for training.
        minutes: of training.
    """
    patch, levels = LEVELS[found.shape[1]]
    widths = [width // (2 if minutes < 5 else 1) for width in WIDTHS[-levels:]]
    latent = 16 if items < 500 else 32 if items < 3_000 else 48
    return {
        "latent": latent, "patch": patch, "widths": widths, "blocks": [1] * levels, "encoder_widths": widths[::-1],
        "encoder_blocks": [1] * levels, "hidden": 128 if minutes < 5 else 256,
    }  # fmt: skip


def schedule(model: Model, data: type[Own], minutes: float) -> Training:
    """How long and how hard, by the rule above; times a few steps of the untrained model."""
    items = data().load("train")
    batch = min(64, max(8, len(items) // 8))
    steps = max(1, len(items) // batch)
    x, c = as_input(items.x[:batch]), data.conditions.encode_codes(items.codes[:batch])
    optimiser = torch.optim.AdamW(model.parameters(), 1e-6)
    for k in range(WARM + PROBED):
        if k == WARM:
            began = time.monotonic()
        optimiser.zero_grad()
        model.train().loss(x, c)["loss"].backward()
        optimiser.step()
    each = (time.monotonic() - began) / PROBED
    epochs = min(MOST_EPOCHS, max(1, int(USED * 60 * minutes / (each * steps))))
    average = 1 - 1 / min(1_000, max(10, epochs * steps // 10))
    return Training(epochs=epochs, batch=batch, rate=1e-3, average=average, unset=0.15, threads=1)


def trained(found: Found, name: str, data: type[Own], minutes: int) -> tuple[Recipe, Model]:
    """Train, or go on where a training of the same items and minutes was stopped -> its recipe, and the model.

    Raises:
        ExplorerError: the items aren't pictures.
    """
    if reason := why_not(found):
        raise ExplorerError(reason)
    folder = cache_folder("runs") / f"{name}-{minutes}"
    kept = folder / "recipe.json"
    items = len(data.rows["train"])
    asked = {"name": slug(found.path.stem, set()), "data": name, "family": FAMILY, "seed": found.settings.seed}
    asked["model"] = arguments(found, items, minutes)
    try:
        recipe = Recipe.model_validate_json(kept.read_text())
        fresh = recipe.model_dump(include=set(asked)) != asked
    except (OSError, ValidationError):
        fresh = True
    if fresh:
        untrained = find("models", FAMILY).made(data.shape, data.conditions, asked["model"])
        recipe = Recipe(**asked, training=schedule(untrained, data, minutes))
        folder.mkdir(parents=True, exist_ok=True)
        replace(kept, json.dumps(recipe.model_dump(mode="json")).encode())
    return recipe, fit(recipe, folder, resume=not fresh)

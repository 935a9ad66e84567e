"""A network in the place of the components: its size and its schedule follow from the data and the minutes, by a fixed rule.

| what | rule | why |
| --- | --- | --- |
| family | `pca-residual` | it begins as the components themselves, so that no minute goes into learning what is known |
| latent | as many numbers as there are components | the comparison is one of like with like |
| hidden, width | 128 and 16 for a minute, from five minutes on 256 and 32 | a step of the smaller one takes a third of the time |
| batch | an eighth of the items, 8 to 64 | small sets get steps enough |
| epochs | as many as the minutes hold by the time of a few steps, at most 400 | small sets are learned by heart |
| weight decay | 0.05 | it draws the correction towards none, which is the components |
| weights | averaged over a tenth of the steps | |

It takes the components' place where its reconstructions of held-out items have a higher PSNR than those of as many components.

Texts get a network that writes, `daae`, at twice the rate: half as wide for a minute, with an eighth of the words deleted from
what its encoder reads. It takes the place of latent semantic analysis where more words of held-out sentences come back.
"""

from __future__ import annotations

import json
import time

import torch
from pydantic import PrivateAttr, ValidationError
from torch import Tensor

from explorer.box.own.columns import slug
from explorer.box.own.data import Own
from explorer.box.own.found import Found
from explorer.core.disk import replace
from explorer.core.registry import find
from explorer.learn.data.base import DataSet, cache_folder
from explorer.learn.latents import as_input
from explorer.learn.models.base import Model
from explorer.learn.models.text.lsa import LSA
from explorer.learn.training.fit import Recipe, Training, fit

FAMILY, WRITER = "pca-residual", "daae"
DECAY = 0.05
DROP = 0.125
MOST_EPOCHS = 400
PROBED, WARM = 6, 2  # steps that are timed, after some that aren't
USED = 0.85  # share of the minutes that the steps may take; the rest validates and saves


def arguments(latent: int, minutes: int, words: int = 0) -> dict[str, float]:
    """Those of the family, by the rule above; of a writer of so many words."""
    brief = minutes < 5
    if words:
        sizes = {"embedding": 64, "encoder": 64, "decoder": 128} if brief else {}
        return {"words": words, "latent": latent, "drop": DROP, **sizes}
    return {"latent": latent, "hidden": 128 if brief else 256, "width": 16 if brief else 32}


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
    rate, decay = (2e-3, 1e-4) if data.modality == "text" else (1e-3, DECAY)
    return Training(epochs=epochs, batch=batch, rate=rate, average=average, unset=0.15, weight_decay=decay, threads=1)


def trained(found: Found, name: str, data: type[Own], minutes: int, start: Model) -> tuple[Recipe, Model]:
    """Train, or go on where a training of the same items and minutes was stopped -> its recipe, and the model.

    Args:
        found: the items.
        name, data: of the data set that they are registered as.
        minutes: of training.
        start: what is there without training, see `make.fitted`.
    """
    folder = cache_folder("runs") / f"{name}-{minutes}"
    kept = folder / "recipe.json"
    words = start.words if isinstance(start, LSA) else 0
    family = WRITER if words else FAMILY
    asked = {"name": slug(found.path.stem, set()), "data": name, "family": family, "seed": found.settings.seed}
    asked["model"] = arguments(start.latent.size, minutes, words)
    try:
        recipe = Recipe.model_validate_json(kept.read_text())
        fresh = recipe.model_dump(include=set(asked)) != asked
    except (OSError, ValidationError):
        fresh = True
    if fresh:
        untrained = find("models", family).made(data.shape, data.conditions, asked["model"])
        recipe = Recipe(**asked, training=schedule(untrained, data, minutes))
        folder.mkdir(parents=True, exist_ok=True)
        replace(kept, json.dumps(recipe.model_dump(mode="json")).encode())
    if words:
        return recipe, fit(recipe, folder, resume=not fresh)
    begun = _Begun.model_construct(**dict(recipe))
    begun._start = start.state_dict()
    return recipe, fit(begun, folder, resume=not fresh)


class _Begun(Recipe):
    """A recipe whose network begins with weights that are there already; the others are drawn by its seed."""

    _start: dict[str, Tensor] = PrivateAttr(default_factory=dict)

    def build(self, data: DataSet) -> Model:
        """See `Recipe.build`."""
        model = super().build(data)
        model.load_state_dict(self._start, strict=False)
        return model

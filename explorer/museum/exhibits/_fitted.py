"""Models for claims: a bundled checkpoint for its own seed, its recipe trained again for the others.

What was trained is kept (`cache_folder("claims")`) under its recipe and the code that it follows from, so that a measurement
which was stopped goes on where it was, and a changed loss is trained anew.
"""

from __future__ import annotations

from typing import Any

from explorer.box import checkpoints
from explorer.learn.data.base import cache_folder
from explorer.learn.models.base import Model
from explorer.learn.training.fit import Recipe, fit
from explorer.museum.exhibits.base import Say


def recipe_of(name: str) -> Recipe:
    """The recipe of a bundled checkpoint."""
    return Recipe.read(checkpoints.default_root() / name / "recipe.toml")


def fitted(recipe: Recipe, seed: int, say: Say, *, training: dict[str, Any] | None = None, **changes: Any) -> Model:
    """The model of a recipe under a seed, in evaluation mode and without gradients.

    Args:
        recipe: of a bundled checkpoint, whose weights are taken where nothing differs from it.
        seed: of first weights, order and noise.
        say: called with a sentence when something has to be trained.
        training: what of the recipe's training is changed.
        changes: of the recipe, such as `family` and `model`.
    """
    if seed == recipe.seed and not training and not changes:
        return checkpoints.load(recipe.name).model
    settings = recipe.training.model_copy(update=training or {})
    changed = recipe.model_copy(update={"seed": seed, "training": settings, **changes})
    say(f"training {changed.family}, seed {seed}")
    return fit(changed, cache_folder("claims") / f"{changed.family}-{changed.key()}")

"""The table `checkpoint` of a recipe: how the finished folder is assembled."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue, ValidationError

from explorer.box.build.assemble import SENTENCES
from explorer.core.schema import Dial, ExplorerError, Frozen, MapSpec
from explorer.learn.training.fit import Recipe

PRIOR_ITEMS = 20_000


class Plan(Frozen):
    """How a map is made; its sentence is the one of its space where the recipe gives none."""

    name: str
    title: str
    space: str
    method: str = "umap"
    dims: int = 2
    sentence: str = ""

    def spec(self) -> MapSpec:
        """What the card says of it."""
        return MapSpec(**{**self.model_dump(), "sentence": self.sentence or SENTENCES[self.space]})


class Opening(Frozen):
    """The scene on which the checkpoint opens: the best reconstructed held-out item that has these values, edited
    (of a model without an encoder the first such draw).

    Args:
        item: values that the item must have.
        called: what it must be called, where items have names.
        condition: what is asked of it.
        view: as in `schema.View`.
    """

    item: dict[str, str | float] = Field(default_factory=dict)
    called: str = ""
    condition: dict[str, JsonValue] = Field(default_factory=dict)
    view: dict[str, JsonValue] = Field(default_factory=dict)


class Assembly(Frozen):
    """The table `checkpoint` of a recipe: what the card says, and what the folder holds.

    Args:
        title, summary, limits, order, dial, unasked: as on the card.
        items: how many items are shown, of which
        held_out: so many come from the test split.
        maps: which maps; the first opens.
        priors: which priors; the first is the one that is used unasked.
        fitted: training items, at least, whose latents they are fitted to.
        thumb_size: side of a thumbnail in pixels.
        sheet_speed: of the coder of coloured thumbnails, 0 to 10; a slow one makes smaller files.
        judge: arguments of `train_judge`; False: no judge.
        graphs: whether parts are made that run in the page.
        evaluation: arguments of `evaluate`.
        opening: the scene to open on.
    """

    title: str
    summary: str
    limits: str = ""
    order: int = 100
    dial: Dial | None = None
    unasked: tuple[str, ...] = ()
    items: int = Field(default=12_000, gt=20)
    held_out: int = Field(default=3_000, gt=0)
    maps: tuple[Plan, ...] = Field(min_length=1)
    priors: tuple[str, ...] = ("mixture", "gaussian")
    fitted: int = Field(default=PRIOR_ITEMS, gt=0)
    thumb_size: int = 28
    sheet_speed: int = Field(default=5, ge=0, le=10)
    judge: dict[str, JsonValue] | Literal[False] = Field(default_factory=dict)
    graphs: bool = True
    evaluation: dict[str, JsonValue] = Field(default_factory=dict)
    opening: Opening = Opening()

    @classmethod
    def of(cls, recipe: Recipe) -> Assembly:
        """The table of a recipe.

        Raises:
            ExplorerError: a field is missing, unknown or out of range.
        """
        try:
            return cls.model_validate(recipe.checkpoint)
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(map(str, problem["loc"]))
            message = f"The recipe of {recipe.name} is malformed at checkpoint.{place}: {problem['msg']}."
            raise ExplorerError(message, "checkpoint") from None

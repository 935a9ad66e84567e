"""What a lesson is: steps of text beside the live page, each with a scene and an end.

An idea of transformer-explainer's `textbookPages.ts` (a guide is data: text, what is shown, done when) and of studies of
interactive teaching: a person who predicts first learns more than one who is shown.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, FiniteFloat

from explorer.core.scene import PriorStart, Scene
from explorer.core.schema import NAME, Frozen

Place = Literal["map", "stage", "inspector"]
PLACES = 5  # of a curve
MOST = 65_536  # bytes of its file; those in the box have some 8,000
LETTERS = "ABCDEF"  # of pictures to choose from


class Bounds(Frozen):
    """A range that a number has to lie in, ends included."""

    least: FiniteFloat | None = None
    most: FiniteFloat | None = None


class Goal(Frozen):
    """What has to hold of the page, all of it.

    Args:
        condition: attribute -> the value asked of the picture on stage, one of several, or the range of a number.
        reads: attribute -> what the data set's judge reads off the picture, one of several.
        distance: from real items, in the page's unit (1: 99 of 100 real items have their nearest other one within it).
        starts: where the recipe on stage begins: at an item, a draw of the prior, or a spot of the map.
        step: an operation that the recipe holds.
        temperature: of the draw at which the recipe begins.
        map: name of the map that is shown.
        tab: name of the tab that is open.
    """

    condition: dict[str, str | tuple[str, ...] | Bounds] = {}
    reads: dict[str, str | tuple[str, ...]] = {}
    distance: Bounds | None = None
    starts: Literal["item", "prior", "spot"] | None = None
    step: str | None = Field(default=None, pattern=NAME)
    temperature: Bounds | None = None
    map: str | None = Field(default=None, pattern=NAME)
    tab: str | None = Field(default=None, pattern=NAME)


class Curve(Frozen):
    """How a reading goes along a slider, measured at `PLACES` places of it.

    Args:
        scene: the recipe that is turned.
        along: what the slider turns: `temperature` of the draw, a parameter of the last step, or an attribute that
            takes a number.
        least, most: its range.
        reads: `distance` from real items, or an attribute that the judge reads as a number.
        low, high: range of the reading that is shown.
        unit: of the reading.
    """

    scene: Scene
    along: str = Field(pattern=NAME)
    least: FiniteFloat
    most: FiniteFloat
    reads: str = Field(pattern=NAME)
    low: FiniteFloat
    high: FiniteFloat
    unit: str = ""

    def at(self, x: float) -> Scene:
        """The scene at a place of the slider; as `assets/js/shell/lesson-curve.js`."""
        start, edits = self.scene.start, self.scene.edits
        if self.along == "temperature" and isinstance(start, PriorStart):
            return self.scene.model_copy(update={"start": start.model_copy(update={"temperature": x})})
        if edits and self.along in edits[-1].params:
            last = edits[-1].model_copy(update={"params": {**edits[-1].params, self.along: x}})
            return self.scene.model_copy(update={"edits": (*edits[:-1], last)})
        return self.scene.model_copy(update={"condition": {**self.scene.condition, self.along: x}})

    def spots(self) -> tuple[float, ...]:
        """The places at which it is drawn and measured."""
        return tuple(self.least + (self.most - self.least) * k / (PLACES - 1) for k in range(PLACES))


class Predict(Frozen):
    """A question that is answered before what follows is shown: by one of `choices` or `pictures`, a place, a curve,
    or a number.

    Args:
        ask: the question.
        choices: two or more texts.
        pictures: two to six scenes of the model that is open, shown as A, B, C, …
        place: a scene; asked is where on its flat map its picture lies.
        curve: asked is how a reading goes along a slider; the true one is measured when it is drawn.
        answer: one of the choices, the letter of a picture, or the number; none for a place or a curve.
        within: how far from the number, on the map from the place, or on average from the curve, still counts as right.
        unit: of the number.
    """

    kind: Literal["predict"] = "predict"
    ask: str = Field(min_length=1)
    choices: tuple[str, ...] = ()
    pictures: tuple[Scene, ...] = Field(default=(), max_length=len(LETTERS))
    place: Scene | None = None
    curve: Curve | None = None
    answer: str | FiniteFloat | None = None
    within: FiniteFloat = Field(default=0, ge=0)
    unit: str = ""

    @property
    def unsound(self) -> str | None:
        """Why it can't be answered, or None."""
        if sum(map(bool, (self.choices, self.pictures, self.place, self.curve))) > 1:
            return "A prediction has choices, pictures, a place or a curve: one of them."
        if self.place or self.curve:
            return self._unmeasured
        if self.pictures:
            letters = LETTERS[: len(self.pictures)]
            if len(letters) < 2 or self.answer not in tuple(letters):
                return "A prediction has two pictures or more, and its answer is the letter of one: A is the first."
            return None
        if self.choices:
            known = len(set(self.choices)) > 1 and self.answer in self.choices
            return None if known else "A prediction has two different choices or more, and its answer is one of them."
        known = isinstance(self.answer, float)
        return None if known else "A prediction without choices is a number, so its answer is one."

    @property
    def _unmeasured(self) -> str | None:
        """Why what is measured in the page can't be compared with, or None."""
        if self.answer is not None or not self.within:
            what = "A curve has no `answer`, but `within`: how far from it on average is still right."
            return (
                what
                if self.curve
                else "A place has no `answer`, but `within`: how far from it on the map is still right."
            )
        known = not self.curve or (self.curve.least < self.curve.most and self.curve.low < self.curve.high)
        return None if known else "Of a curve, `least` is less than `most`, and `low` less than `high`."


class Reach(Frozen):
    """A task: done as soon as the page is as `goal` says.

    Args:
        ask: the task.
        goal: what has to hold.
        example: a scene that reaches it, which a person may ask to be shown.
        hint: shown on request.
    """

    kind: Literal["reach"] = "reach"
    ask: str = Field(min_length=1)
    goal: Goal
    example: Scene
    hint: str = ""


class Find(Reach):
    """A search: the person says when it is found, and is told whether it is."""

    kind: Literal["find"] = "find"


class Step(Frozen):
    """One step.

    Args:
        title: its heading.
        line: of the heading in the file, from 1.
        text: as `prose.told` gives it.
        scene: opened with the step; None leaves the page as it is.
        touch: parts of the page that can be used meanwhile; all of them where none is named.
        end: how it ends; None: when the person goes on.
        then: text that is shown once it has ended.
        reveal: scene that is opened then.
    """

    title: str
    line: int
    text: tuple[Any, ...] = ()
    scene: Scene | None = None
    touch: tuple[Place, ...] = ()
    end: Predict | Reach | Find | None = None
    then: tuple[Any, ...] = ()
    reveal: Scene | None = None

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """All its scenes."""
        named = [getattr(self.end, name, None) for name in ("example", "place")]
        if curve := getattr(self.end, "curve", None):
            named.append(curve.scene)
        all_of_them = (self.scene, self.reveal, *named, *getattr(self.end, "pictures", ()))
        return tuple(scene for scene in all_of_them if scene)


class Lesson(Frozen):
    """A lesson; `goal` is what one can do after it, `minutes` how long it takes, `models` the checkpoints that it opens."""

    name: str = Field(pattern=NAME)
    title: str = Field(min_length=1, max_length=80)
    goal: str = Field(min_length=1, max_length=300)
    minutes: int = Field(ge=1, le=120)
    level: Literal["beginner", "intermediate", "advanced"]
    models: tuple[str, ...] = Field(min_length=1, max_length=12)
    order: int = 100
    steps: tuple[Step, ...] = ()

    def entry(self) -> dict[str, Any]:
        """What a list of lessons says of it, JSON-able."""
        return self.model_dump(mode="json", exclude={"steps", "order"}) | {"steps": len(self.steps)}

    def json_able(self) -> dict[str, Any]:
        """As the page gets it: scenes without what has its default."""
        steps = [step.model_dump(mode="json", exclude_defaults=True, exclude={"line"}) for step in self.steps]
        for step, made in zip(self.steps, steps, strict=True):
            if step.end:
                made["end"]["kind"] = step.end.kind
        return self.entry() | {"steps": steps}

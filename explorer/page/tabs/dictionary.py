"""Dictionary: a sparse dictionary of the items, learned in the page; each feature by its top items, and as a slider."""

from __future__ import annotations

from pydantic import Field

from explorer.core.nodes import (
    Bars,
    Button,
    Cell,
    Chips,
    Choice,
    Labelled,
    Node,
    Note,
    Number,
    Row,
    Section,
    Sets,
    Strip,
)  # fmt: skip
from explorer.core.panel import Panel
from explorer.core.parts import Bar
from explorer.core.registry import register
from explorer.core.scene import ItemStart, Point, Scene
from explorer.core.schema import Card, ExplorerError
from explorer.page.tabs import _mover
from explorer.page.tabs._scaling import scaling
from explorer.play.dictionary import SPACES, Feature, Found, Run, Settings, moved, running, spaces, why_not
from explorer.play.operations.tab import Options, Tab
from explorer.play.scaling import Compared
from explorer.play.session import Session

METHODS = {
    "topk": "TopK",
    "mutual": "Mutual choice",
    "feature": "Feature choice",
    "l1": "ReLU and L1",
    "k-sparse": "k-sparse",
}
SIZES, KS = (16, 32, 64, 128, 256, 512), (1, 2, 4, 8, 16, 32)
SLICE = 0.25  # seconds of learning in one answer: others who wait have their turn between two
PAGE, TOP = 6, 8  # features of a page, items of a feature
REACH = 3.0  # of a slider to either side


class DictionaryOptions(Options, Settings):
    """What is learned.

    Args:
        asked: the settings (`Settings.key`) that a person asked to learn.
        compared: those (`Compared.key`) of which a person asked to compare sizes and k.
        page: of features, from 0.
    """

    compared: str | None = Field(default=None, max_length=80)
    asked: str | None = Field(default=None, max_length=80)
    page: int = Field(default=0, ge=0, le=512)


@register("tabs", "dictionary")
class Dictionary(Tab):
    """Learn a sparse dictionary of the model's items, see what its features stand for, and move along them."""

    title = "Dictionary"
    order = 47
    Options = DictionaryOptions

    def why_not(self, card: Card) -> str | None:
        """See `Tab.why_not`."""
        return why_not(card)

    def panel(self, session: Session, scene: Scene) -> Panel:
        """See `Tab.panel`. Nothing is learned before it is asked for; then each answer learns for a moment more."""
        chosen: DictionaryOptions = self.options(scene)
        settings = Settings(**chosen.model_dump(include=set(Settings.model_fields)))
        if reason := why_not(session.card, settings.space):
            return Panel(
                nodes=(*self._settings(session, chosen), Note(id="no-such-space", text=reason, tone="warning"))
            )
        nodes, again = self._learned(session, scene, chosen, settings)
        compared = Compared(**chosen.model_dump(include=set(Compared.model_fields)))
        # One of the two at a time: what was asked for first goes first.
        section, more = scaling(session, compared, chosen.compared, self.path("compared"), 0.0 if again else SLICE)
        return Panel(nodes=(*self._settings(session, chosen), *nodes, section), again=again or more)

    def _learned(
        self, session: Session, scene: Scene, chosen: DictionaryOptions, settings: Settings
    ) -> tuple[list[Node], bool]:
        """The dictionary, as far as it is, and whether it is still being learned."""
        if chosen.asked != settings.key:
            learn = Button(
                id="learn", text="Learn", look="plain", sets=Sets(patch={self.path("asked"): settings.key}, view=True),
            )  # fmt: skip
            few = {"l1": "a few", "mutual": f"{settings.k} on average", "feature": f"{settings.k} on average"}
            text = (
                f"Writes the {'latent' if settings.space == 'latent' else 'decoder features'} of each of the "
                f"{session.card.items:,} items as a sum of {few.get(settings.method, min(settings.k, settings.size))} of "
                f"{settings.size} features ({METHODS[settings.method]}). Nothing is learned yet; it takes a few seconds."
            )
            return [Row(id="learn-line", role="line", inside=(learn, Note(id="learn-what", text=text)))], False
        run = running(session, settings)
        if (found := run.advance(SLICE)) is None:
            return self._progress(run), True
        return self._features(scene, chosen, found), False

    def _settings(self, session: Session, chosen: DictionaryOptions) -> list[Node]:
        def chips(name: str, label: str, values: dict[object, str], remark: str = "") -> Labelled:
            now = getattr(chosen, name)
            named = values if now in values else {**values, now: str(now)}  # of a link
            group = Chips(
                id=f"dictionary-{name}", value=now, label=label, sets=Sets(path=self.path(name), view=True),
                choices=tuple(Choice(value=value, text=text) for value, text in named.items()),
            )  # fmt: skip
            return Labelled(label=label, remark=remark, inside=(group,))

        known = {space: SPACES[space] for space in spaces(session.card)}
        seed = Number(
            id="dictionary-seed", value=chosen.seed, low=0, high=2**31 - 1, sets=Sets(path=self.path("seed"), view=True),
        )  # fmt: skip
        return [
            *([chips("space", "Learn from", known)] if len(known) > 1 else []),
            chips("size", "Features", {size: str(size) for size in SIZES}),
            *([chips("k", "Used by an item", {k: str(k) for k in KS})] if chosen.method != "l1" else []),
            Section(
                id="dictionary-more", title="Method and seed", folded=chosen.method == "topk" and not chosen.seed,
                inside=(chips("method", "Method", METHODS), Labelled(label="Seed", inside=(seed,))),
            ),
        ]  # fmt: skip

    def _progress(self, run: Run) -> list[Node]:
        step = run.last
        figure = f"step {step.step:,} of {step.steps:,}, {step.loss:.0%} of the variance left over, {step.silent} dead"
        bar = Bar(text="Learning", value=step.step / step.steps, figure=figure)
        stop = Button(id="learn-stop", text="Cancel", sets=Sets(unset=(self.path("asked"),), view=True))
        return [
            Bars(id="learning", label="How far the dictionary is", bars=(bar,), most=1),
            Row(id="stop", inside=(stop,)),
        ]

    def _features(self, scene: Scene, chosen: DictionaryOptions, found: Found) -> list[Node]:
        dead = f"{found.dead} of {chosen.size} features are dead (no item uses them)"
        text = (
            f"{found.loss:.1%} of the variance is left over; {dead}; an item uses {found.used:.1f} on average. The features "
            "that explain most come first, each with the items that use it most."
        )
        pages = max(-(-len(found.features) // PAGE), 1)
        page = min(chosen.page, pages - 1)
        reset = Button(
            id="reset-features", text="Reset all", sets=Sets(patch={"edits": []}),
            disabled=None if scene.point.edits else "Nothing is moved.",
        )  # fmt: skip
        head = Row(id="dictionary-head", role="head", inside=(Note(id="dictionary-said", text=text), reset))
        shown = found.features[page * PAGE : (page + 1) * PAGE]
        rows = [self._feature(scene.point, found, feature) for feature in shown]
        if pages == 1:
            return [head, *rows]
        said = f"{page * PAGE + 1} to {page * PAGE + len(shown)} of {len(found.features)}"
        pager = Row(
            id="features-pager",
            inside=(
                self._turn("features-before", "More used", page - 1, pages, "These are the most used ones."),
                Note(id="features-now", text=said),
                self._turn("features-after", "Less used", page + 1, pages, "These are the least used ones."),
            ),
        )
        return [head, *rows, pager]

    def _turn(self, ident: str, text: str, to: int, pages: int, reason: str) -> Button:
        off = None if 0 <= to < pages else reason
        return Button(id=ident, text=text, disabled=off, sets=Sets(patch={self.path("page"): max(to, 0)}, view=True))

    def _feature(self, point: Point, found: Found, feature: Feature) -> Section:
        ident = f"feature-{feature.index}"
        cells = tuple(
            Cell(
                point=Point(start=ItemStart(item=item)),
                alt=f"Item {item}, which uses feature {feature.index}",
                real=True,
            )
            for item in feature.top[:TOP]
        )
        top = Strip(id=f"{ident}-top", cells=cells, bare=True, fit=True)
        title = f"Feature {feature.index}: {said(feature)}"
        return Section(id=f"{ident}-all", title=title, inside=(top, mover(point, found, feature)))


def said(feature: Feature) -> str:
    """How many items use a feature, and what they have more often than all."""
    text = f"{feature.share:.1%} of the items"
    if (name := feature.named) is None:
        return f"{text}, which no attribute names"
    return f"{text}; {name.attribute.lower()} {name.value}, {name.share:.0%} of its top items, {name.whole:.0%} of all"


def mover(point: Point, found: Found, feature: Feature) -> Labelled:
    """A slider along a feature between the pictures at its ends: moves the step that the point has already, or adds one."""
    ident, label = f"feature-{feature.index}", f"Feature {feature.index}"
    try:
        own = moved(point, found, feature.index, 0.0)
    except ExplorerError as error:
        own, full = None, str(error)
    params = moved(Point(), found, feature.index, 0.0).edits[0].params
    same = [
        k
        for k, edit in enumerate(point.edits)
        if edit.op == "direction" and all(edit.params.get(name) == params[name] for name in ("vector", "label"))
    ]
    if not same and own is None:
        return Labelled(label=label, inside=(Note(id=f"{ident}-full", text=full),))
    at, base = (same[-1], point) if same else (len(point.edits), own)
    return _mover.mover(ident, label, base, at, there=bool(same), low=-REACH, high=REACH)

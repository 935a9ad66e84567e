"""Plug-in: what is selected becomes a control; learned in the page, then drawn from, and a slider towards it."""

from __future__ import annotations

from pydantic import Field

from explorer.core.nodes import (
    Bars,
    Button,
    Chips,
    Labelled,
    Node,
    Note,
    Row,
    Section,
    Strip,
    Text,
)  # fmt: skip
from explorer.core.panel import Overlay, Panel
from explorer.core.parts import Bar, Cell, Choice, Sets
from explorer.core.registry import register
from explorer.core.scene import Point, Scene
from explorer.core.schema import Card, ExplorerError
from explorer.page.tabs import _mover
from explorer.play.operations.tab import Options, Tab
from explorer.play.plugin import Found, Group, Run, at, draws, moved, running, why_not
from explorer.play.session import Session

MOST = 6  # groups of a scene
SHOWN = 12  # draws
SLICE = 0.25  # seconds of learning in one answer: others who wait have their turn between two
SELECT = "Select items on the map with the lasso (L), the box (R) or a search; in the tab Selection, a value's bar does it, too."


class PluginOptions(Options):
    """The groups that a person made controls of, which of them is looked at, and which draws of it."""

    groups: tuple[Group, ...] = Field(default=(), max_length=MOST)
    at: int = Field(default=0, ge=0, lt=MOST)
    seed: int = Field(default=0, ge=0, lt=2**31)


@register("tabs", "plugin")
class Plugin(Tab):
    """Make what is selected a control: draw more like it, and move any item towards it."""

    title = "Plug-in"
    order = 46
    Options = PluginOptions

    def why_not(self, card: Card) -> str | None:
        """See `Tab.why_not`."""
        return why_not(card)

    def panel(self, session: Session, scene: Scene) -> Panel:
        """See `Tab.panel`. A group is in the scene because somebody asked for it; each answer learns for a moment more."""
        if reason := why_not(session.card):
            raise ExplorerError(reason, "panel")
        chosen: PluginOptions = self.options(scene)
        if not chosen.groups:
            text = (
                f"{SELECT} Then make them a control: a small network learns, in seconds, which part of the latent space they "
                "fill. You get more items like them, and a slider that moves any item towards them."
            )
            return Panel(
                nodes=(Row(id="plugin-line", role="line", inside=(make(), Note(id="plugin-what", text=text))),)
            )
        index = min(chosen.at, len(chosen.groups) - 1)
        group = chosen.groups[index]
        head = self._head(chosen, index)
        try:
            run = running(session, group)
        except ExplorerError as error:
            return Panel(nodes=(*head, Note(id="plugin-cannot", text=str(error), tone="warning")))
        if (found := run.advance(SLICE)) is None:
            return Panel(nodes=(*head, *self._progress(run, index)), again=True)
        drawn = draws(session, found, group.name, SHOWN, chosen.seed)
        nodes = (
            *head,
            mover(session, scene.point, found, group.name),
            self._draws(group, drawn, chosen.seed),
            *self._said(run),
        )
        return Panel(nodes=nodes, overlay=Overlay(draws=drawn))

    def _head(self, chosen: PluginOptions, index: int) -> list[Node]:
        group = chosen.groups[index]
        name = Text(
            id="plugin-name", value=group.name, most=60, label="Name",
            sets=Sets(path=self.path(f"groups.{index}.name"), view=True),
        )  # fmt: skip
        remove = Button(
            id="plugin-remove", text="Remove", look="small", title=f"Remove {group.name}; steps towards it stay",
            sets=self._without(index),
        )  # fmt: skip
        nodes: list[Node] = [Row(id="plugin-line", inside=(make(),))]
        if len(chosen.groups) > 1:
            choices = tuple(Choice(value=k, text=one.name) for k, one in enumerate(chosen.groups))
            chips = Chips(
                id="plugin-at",
                value=index,
                label="Plug-in",
                choices=choices,
                sets=Sets(path=self.path("at"), view=True),
            )
            nodes.append(Labelled(label="Plug-in", inside=(chips,)))
        return [*nodes, Labelled(label="Name", inside=(name,), actions=(remove,))]

    def _without(self, index: int) -> Sets:
        return Sets(unset=(self.path(f"groups.{index}"),), patch={self.path("at"): max(index - 1, 0)}, view=True)

    def _progress(self, run: Run, index: int) -> list[Node]:
        step = run.last
        figure = f"step {step.step:,} of {step.steps:,}, error {step.error:.2f}, {step.kl:.1f} nats"
        bar = Bar(text="Learning", value=step.step / step.steps, figure=figure)
        stop = Button(id="plugin-stop", text="Cancel", sets=self._without(index))
        return [
            Bars(id="plugin-learning", label="How far the plug-in is", bars=(bar,), most=1),
            Row(id="plugin-cancel", inside=(stop,)),
        ]

    def _draws(self, group: Group, drawn: tuple[Point, ...], seed: int) -> Strip:
        cells = tuple(Cell(point=p, alt=f"Draw {k + 1} like {group.name}", trust=True) for k, p in enumerate(drawn))
        other = Button(
            id="plugin-others", text="Draw others", look="small",
            sets=Sets(patch={self.path("seed"): (seed + 1) % 2**31}, view=True),
        )  # fmt: skip
        return Strip(id="plugin-draws", title=f"Drawn like {group.name}", cells=cells, actions=(other,))

    def _said(self, run: Run) -> list[Node]:
        found, many = run.found, len(run.found.members)
        bars = [
            Bar(
                text="Draws nearest to its items", value=found.near, beside=found.own,
                figure=f"{found.near:.0%}, its items {found.own:.0%}, chance {found.share:.1%}",
                title="Share of draws whose nearest item is one of the selection; the line: the same of its items",
            ),
            Bar(
                text="Distance between draws", value=min(found.apart, 1.0), beside=1.0,
                figure=f"{found.apart:.2f} times that of its items",
                title="Mean distance of two draws in the latent; the line: of two of its items. Far below, draws are alike",
            ),
            *(
                Bar(
                    text=f"{t.attribute}: {t.value}", value=t.drawn, beside=t.group,
                    figure=f"{t.drawn:.0%}, its items {t.group:.0%}, all {t.whole:.0%}",
                    title="How often the judge reads it in draws; the line: how often the items of the selection have it",
                )
                for t in found.traits
            ),
        ]  # fmt: skip
        text = (
            f"Learned from {many:,} items in {run.seconds:.1f} s; the model itself stays as it was. Each draw is asked for the "
            "attributes of the selected item nearest to it."
        )
        inside = (
            Bars(id="plugin-figures", label="How well it was learned", bars=tuple(bars), most=1),
            Note(id="plugin-said", text=text),
        )
        return [Section(id="plugin-well", title="How well it was learned", inside=inside)]


def make(full: str | None = None) -> Button:
    """The button that takes the map's selection; the page knows it alone (`assets/js/map/selection.js`)."""
    return Button(
        id="plugin-make", text="Make the selection a control", look="plain", do="select-control", disabled=full
    )


def mover(session: Session, point: Point, found: Found, name: str) -> Labelled:
    """A slider towards a group between the pictures at its ends: moves the step that the point has already, or adds one."""
    ident, label = "plugin-towards", f"Towards {name}"
    if (own := at(session, found, point)) is not None:
        return _mover.mover(ident, label, point, own, there=True, low=0.0, high=1.0)
    try:
        base = moved(session, found, name, point, 0.0)
    except ExplorerError as error:
        return Labelled(label=label, inside=(Note(id=f"{ident}-full", text=str(error)),))
    return _mover.mover(ident, label, base, len(point.edits), there=False, low=0.0, high=1.0)

"""Whether a lesson can be walked: its scenes open on the checkpoints at hand, and each goal can be reached but isn't yet."""

from __future__ import annotations

import math
from difflib import get_close_matches

import numpy as np

from explorer.box.cards import available
from explorer.core.refusals import listed
from explorer.core.registry import discover
from explorer.core.scene import ItemStart, PriorStart, ResultStart, Scene, SpotStart, Start
from explorer.core.schema import ExplorerError
from explorer.museum.lessons.lesson import LETTERS, Bounds, Curve, Goal, Lesson, Predict, Step
from explorer.play.session import Session, open_session

STARTS = {"item": ItemStart, "prior": PriorStart, "spot": SpotStart}
FIRST = "attributes"  # the tab of a scene that names none


def faults(lesson: Lesson) -> list[str]:
    """What keeps the lesson from being walked: one sentence each, with its line; nothing where it is sound."""
    missing = [name for name in lesson.models if name not in available()]
    if missing:
        near = [like for name in missing for like in get_close_matches(name, available(), 1)]
        meant = f" Is {listed(near)} meant?" if near else ""
        return [f"There is no checkpoint {listed(missing)} here, which the lesson opens.{meant}"]
    found, before = [], None
    for step in lesson.steps:
        wrong = [said for scene in step.scenes if (said := unfit(scene))]
        before = step.scene or before
        if before is None:
            wrong.append("The first step opens no scene, so that it would be about any page.")
        elif step.end and not wrong:
            asked = isinstance(step.end, Predict)
            wrong += _asked(step, before) if asked else _goal(step.end.goal, before, step.end.example)
        before = step.reveal or before
        found += [f"Line {step.line}, “{step.title}”: {said}" for said in wrong]
    return found


def unfit(scene: Scene) -> str | None:
    """Why a scene can't be shown as it is, or None."""
    try:
        session = open_session(scene.model)
        session.resolve(scene.point)
        session.map(scene.view.map)
        for end in (scene.view.a, scene.view.b):
            if end:
                session.resolve(end)
        if scene.view.colour:
            session.card.conditions[scene.view.colour]
    except ExplorerError as error:
        return str(error)
    tabs = discover("tabs")
    if scene.view.tab not in tabs:
        return f"There is no tab {scene.view.tab}; there is {listed(tabs)}."
    return tabs[scene.view.tab]().why_not(session.card)


def _asked(step: Step, before: Scene) -> list[str]:
    """What keeps a prediction of a picture or a place from being made on the page as the step shows it."""
    end = step.end
    scenes = (*end.pictures, *([end.place] if end.place else []), *([end.curve.scene] if end.curve else []))
    if any(scene.model != before.model for scene in scenes):
        return [f"What is predicted has to be of the model that is open, {before.model}."]
    session = open_session(before.model)
    shown = session.render([scene.point for scene in end.pictures]) if end.pictures else []
    for k, picture in enumerate(shown):
        for other in range(k):
            if np.array_equal(picture, shown[other]):
                return [f"Pictures {LETTERS[other]} and {LETTERS[k]} are the same."]
    if end.curve:
        return _drawn(session, end.curve)
    return _placed(session, step, before) if end.place else []


def curve_of(session: Session, curve: Curve) -> list[float | None]:
    """The true curve, `PLACES` numbers; None where nothing reads it as a number."""
    scenes = [curve.at(x) for x in curve.spots()]
    if curve.reads == "distance":
        return [distance(session, scene) for scene in scenes]
    if not session.checkpoint.judge:
        return [None] * len(scenes)
    seen = [session.read(session.output(scene.point)).get(curve.reads) for scene in scenes]
    return [value if isinstance(value, float) else None for value in seen]


def _drawn(session: Session, curve: Curve) -> list[str]:
    if wrong := next((said for x in curve.spots() if (said := unfit(curve.at(x)))), None):
        return [wrong]
    true = curve_of(session, curve)
    if None in true:
        return [f"Nothing reads {curve.reads} as a number off the pictures of {session.card.title}."]
    if not curve.low <= min(true) <= max(true) <= curve.high:
        found = f"{min(true):.3g} to {max(true):.3g}"
        return [f"The true curve goes from {found}, beyond `low` or `high`, so that nobody could draw it."]
    return []


def _placed(session: Session, step: Step, before: Scene) -> list[str]:
    place, spec = step.end.place, session.map(step.end.place.view.map)
    if spec.dims != 2 or session.map(before.view.map) != spec:
        return ["A place is predicted on the flat map that the step shows, so its scene names the same map."]
    if step.touch and "map" not in step.touch:
        return ["A place is predicted by pressing the map, which can't be touched here."]
    marks = [session.place(point, spec.name) for point in (before.point, before.point.origin)]
    if min(math.dist(mark, session.place(place.point, spec.name)) for mark in marks) <= step.end.within:
        return ["The place is marked on the map before it is asked for."]
    return []


def _goal(goal: Goal, before: Scene, example: Scene) -> list[str]:
    session = open_session(example.model)
    try:
        for name, wanted in {**goal.condition, **goal.reads}.items():
            attribute = session.card.conditions[name]
            values = () if isinstance(wanted, Bounds) else (wanted,) if isinstance(wanted, str) else wanted
            if bool(values) != bool(attribute.values) or not set(values) <= set(attribute.values):
                known = listed(attribute.values) if attribute.values else "a number, so that the goal is a range"
                return [f"{attribute.label} is {known}, and not what the goal asks for."]
        if (goal.reads and not session.checkpoint.judge) or (goal.distance and distance(session, example) is None):
            return [f"The goal is about what is read off the picture, and nothing reads those of {session.card.title}."]
        if before.model == example.model and met(session, goal, before):
            return ["Its goal is reached before anything is done."]
        if not met(session, goal, example):
            return ["Its example doesn't reach the goal."]
    except ExplorerError as error:
        return [str(error)]
    return []


def met(session: Session, goal: Goal, scene: Scene) -> bool:
    """Whether the page is as the goal says when it shows a scene; as `assets/js/shell/lesson-goal.js`."""
    point, root = scene.point, _root(scene.start)
    own = session.condition(point)
    seen = session.read(session.output(point)) if goal.reads else {}
    steps = [edit.op for edit in point.edits]
    return all((
        all(_is(own.get(name), wanted) for name, wanted in goal.condition.items()),
        all(_is(seen.get(name), wanted) for name, wanted in goal.reads.items()),
        goal.distance is None or _within(distance(session, scene), goal.distance),
        goal.starts is None or isinstance(root, STARTS[goal.starts]),
        goal.step is None or goal.step in steps,
        goal.temperature is None or _within(getattr(root, "temperature", None), goal.temperature),
        goal.map is None or (not scene.view.axes and session.map(scene.view.map).name == goal.map),
        goal.tab is None or (scene.view.tab or FIRST) == goal.tab,
    ))  # fmt: skip


def distance(session: Session, scene: Scene) -> float | None:
    """How far the picture and its latent lie from real items, the larger; as `assets/js/panels/trust.js`."""
    seen = session.reals([scene.point])
    if "encode" in session.card.capabilities:
        unit = max(float(session.checkpoint.items.quantiles[99]), 1e-6)
        seen = [*seen, session.trust(scene.point).distance / unit]
    return max((one for one in seen if one is not None), default=None)


def _root(start: Start) -> Start:
    """Where the recipe begins, however many results lie between."""
    while isinstance(start, ResultStart):
        start = start.of.start
    return start


def _is(value: object, wanted: object) -> bool:
    if isinstance(wanted, Bounds):
        return _within(value, wanted)
    return value == wanted if isinstance(wanted, str) else value in wanted


def _within(value: object, bounds: Bounds) -> bool:
    if not isinstance(value, int | float):
        return False
    return (bounds.least is None or value >= bounds.least) and (bounds.most is None or value <= bounds.most)

"""What an author may want to change in a lesson that is sound: one sentence each, with its line where it has one.

The rules come from studies of interactive teaching (ask before you show; keep guidance short; leave room to wander). The time is
an estimate by `SPEED` and `TAKES`, which were chosen so that the eight lessons in the box come out near what their authors say;
nobody has measured it with students.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from explorer.museum.lessons.lesson import Lesson, Predict, Step

SPEED = 130  # words a minute, of a text that is read beside a page with pictures
TAKES = {"predict": 0.8, "reach": 1.5, "find": 2.0, None: 1.5}  # minutes of a step's end; None: one wanders
SLACK = 1.6  # times that an estimate may be off
LONG = 120  # words of a step before its end
ALIKE = 3  # predictions, from which it is odd that the right answer always stands at the same place


def advice(lesson: Lesson) -> list[str]:
    """What could be better, in the order of the file."""
    found = []
    for k, step in enumerate(lesson.steps):
        found += [f"Line {step.line}, “{step.title}”: {said}" for said in _of_step(step, lesson.steps[:k])]
    return found + list(_of_all(lesson))


def estimate(lesson: Lesson) -> float:
    """Minutes that a lesson takes."""
    read = sum(_words(step.text) + _words(step.then) + _asked(step) for step in lesson.steps)
    return read / SPEED + sum(TAKES[getattr(step.end, "kind", None)] for step in lesson.steps)


def _of_step(step: Step, before: tuple[Step, ...]) -> Iterable[str]:
    if not step.scene and before:
        shown = next(one for one in reversed(before) if one.scene)
        yield f"It opens no scene, so that of “{shown.title}” stays; name one where the text is about something else."
    if isinstance(step.end, Predict) and not (step.reveal or step.then):
        yield "Nothing follows the prediction; a scene or a sentence behind it shows why it is so."
    if not step.text and not step.end:
        yield "It has neither text nor an end, so that nobody knows what to do."
    if (count := _words(step.text)) > LONG:
        yield f"{count} words stand before its end; up to {LONG} are read, the rest belongs behind it or into a step of its own."
    if step.touch and getattr(step.end, "kind", None) in ("reach", "find") and "inspector" not in step.touch:
        yield "The inspector can't be used here, where something is to be done; leave `touch` out unless that is meant."


def _of_all(lesson: Lesson) -> Iterable[str]:
    ends = [step.end for step in lesson.steps]
    asked = [end for end in ends if isinstance(end, Predict)]
    if not asked:
        yield "It asks for no prediction; who says first what will happen learns more than who is shown it."
    if ends[-1]:
        yield "It ends in a task; a last step without an end leaves room to wander."
    places = [end.choices.index(end.answer) for end in asked if end.choices]
    if len(places) >= ALIKE and len(set(places)) == 1:
        yield f"The right answer is number {places[0] + 1} of the choices in all {len(places)} predictions."
    unused = [
        name for name in lesson.models if not any(name == scene.model for step in lesson.steps for scene in step.scenes)
    ]
    if unused:
        yield f"No step opens {', '.join(unused)}, which `models` names."
    takes = estimate(lesson)
    if not lesson.minutes / SLACK <= takes <= lesson.minutes * SLACK:
        yield f"It may take some {max(1, round(takes))} minutes, reading and tasks together; `minutes` says {lesson.minutes}."


def _words(parts: Iterable[Any]) -> int:
    return sum(len(part.split()) if isinstance(part, str) else _words(part[2:]) for part in parts)


def _asked(step: Step) -> int:
    return len(" ".join((step.end.ask, *getattr(step.end, "choices", ()))).split()) if step.end else 0

"""Where lessons come from: the box, a teacher's own folder (`$EXPLORER_LESSONS`), and a file that somebody opens in the page."""

from __future__ import annotations

import os
import re
from pathlib import Path

from explorer.box.cards import available
from explorer.core.refusals import listed
from explorer.core.schema import ExplorerError
from explorer.museum.lessons.lesson import MOST, Lesson
from explorer.museum.lessons.prose import unlinked
from explorer.museum.lessons.read import FOLDER, files, parse, read

OWN = "EXPLORER_LESSONS"


def folder() -> Path | None:
    """The teacher's own folder, where one is named."""
    named = os.environ.get(OWN)
    return Path(named) if named else None


def paths() -> dict[str, Path]:
    """Name -> file, of the box and of the own folder, whose files come in place of those of the same name.

    Raises:
        ExplorerError: the own folder is none.
    """
    own = folder()
    if own and not own.is_dir():
        raise ExplorerError(f"There is no folder {own} of lessons.", "lessons")
    return {path.stem: path for path in (*files(FOLDER), *(files(own) if own else ()))}


def survey() -> tuple[list[Lesson], list[str]]:
    """All lessons, the own ones first, and one sentence about each file that is bad.

    Raises:
        ExplorerError: see `paths`.
    """
    sound, faults, own = [], [], folder()
    for path in paths().values():
        try:
            sound.append((path.parent != own, read(path)))
        except ExplorerError as error:
            faults.append(str(error))
    sound.sort(key=lambda one: (one[0], one[1].order, one[1].name))
    return [lesson for _, lesson in sound], faults


def brought(name: str, text: str) -> Lesson:
    """A lesson that somebody opens from a file or a link. It may be a stranger's: its links to the web are shown as text.

    Args:
        name: of the file, as it is.
        text: of the file.

    Raises:
        ExplorerError: it is too large or bad, or opens a checkpoint that isn't here: one sentence, with its line.
    """
    stem = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\.\w+$", "", name[:200]).lower()).strip("-")[:48] or "lesson"
    size = len(text.encode())
    if size > MOST:
        raise ExplorerError(f"This file has {size:,} bytes; a lesson has {MOST:,} at most.", "lessons")
    try:
        lesson = parse(Path(f"{stem}.md"), text)
    except ExplorerError as error:
        raise ExplorerError(str(error), "lessons") from None
    if missing := [one for one in lesson.models if one not in available()]:
        raise ExplorerError(f"{lesson.title} opens {listed(missing)}, which isn't here.", "lessons")
    steps = tuple(
        step.model_copy(update={"text": tuple(unlinked(step.text)), "then": tuple(unlinked(step.then))})
        for step in lesson.steps
    )
    return lesson.model_copy(update={"steps": steps})

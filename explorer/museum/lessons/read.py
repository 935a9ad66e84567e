"""A lesson's file -> a lesson, or one sentence with the line at which it goes wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from markdown_it.token import Token

from explorer.core import link
from explorer.core.checked import Misfit, fitting
from explorer.core.refusals import listed
from explorer.core.scene import Scene
from explorer.core.schema import NAME, ExplorerError
from explorer.museum.lessons.lesson import MOST, Find, Lesson, Place, Predict, Reach, Step
from explorer.museum.lessons.prose import tokens, told

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "lessons"
MARK = "+++"
MOST_STEPS = 40
BLOCKS = ("scene", "touch", "predict", "reach", "find")
ENDS = {"predict": Predict, "reach": Reach, "find": Find}
SCENES = {
    "predict": {"pictures", "place"},
    "reach": {"example"},
    "find": {"example"},
}  # fields that are written as text
CHAIN = re.compile(
    r"""[\w"'-]+(?:\s*\.\s*[\w"'-]+)*"""
)  # a key of TOML with dots, whose reading takes time by its square
MOST_DOTS = 32
AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")


def files(folder: Path = FOLDER) -> list[Path]:
    """The files of a folder that are lessons, by name."""
    return sorted(folder.glob("*.md"))


def lessons(folder: Path = FOLDER) -> list[Lesson]:
    """The lessons of a folder in their order.

    Raises:
        ExplorerError: one of them is bad.
    """
    return sorted(map(read, files(folder)), key=lambda lesson: (lesson.order, lesson.name))


def read(path: Path) -> Lesson:
    """A lesson's file.

    Raises:
        ExplorerError: it can't be read, or is bad: one sentence with its line.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ExplorerError(f"{path} can't be read: {(error.strerror or str(error)).lower()}.") from None
    if len(raw) > MOST:
        raise ExplorerError(f"{path.name} has {len(raw):,} bytes; a lesson has {MOST:,} at most.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _at(path, raw[: error.start].count(b"\n"), "This isn't UTF-8.")
    if not re.fullmatch(NAME, path.stem):
        raise ExplorerError(f"{path.name}: a lesson's name has lower case letters, digits and hyphens alone.")
    return parse(path, text)


def parse(path: Path, text: str) -> Lesson:
    """The same of a file's text.

    Raises:
        ExplorerError: see `read`.
    """
    lines = (text := re.sub(r"\r\n?", "\n", text)).split("\n")
    if lines[0].strip() != MARK:
        _at(path, 0, f"A lesson begins with a line {MARK}, then its title, goal, minutes, level and models.")
    ends = [k for k, one in enumerate(lines[1:], 1) if one.strip() == MARK]
    if not ends:
        _at(path, len(lines) - 1, f"The front matter doesn't end: it has no second line {MARK}.")
    head = _toml(path, "\n".join(lines[1 : ends[0]]), 1)
    try:
        lesson = fitting(Lesson, head | {"name": path.stem})
    except Misfit as error:
        _at(path, _line_of(lines, str(error)), f"The front matter doesn't fit: {error}.")
    body = "\n" * (ends[0] + 1) + "\n".join(lines[ends[0] + 1 :])  # so that lines are counted as in the file
    steps = _steps(path, tokens(body, partial(_at, path)))
    for step in steps:
        for scene in step.scenes:
            if scene.model not in lesson.models:
                _at(path, step.line - 1, f"This step opens {scene.model}, which `models` doesn't name.")
    return lesson.model_copy(update={"steps": tuple(steps)})


def _steps(path: Path, all_of_it: Sequence[Token]) -> list[Step]:
    starts = [
        k
        for k, one in enumerate(all_of_it)
        if one.type == "heading_open" and one.level == 0 and one.tag in ("h1", "h2")
    ]
    first = starts[0] if starts else len(all_of_it)
    if first:
        _at(path, all_of_it[0].map[0], "Text belongs to a step; a step begins with a heading, ## and its title.")
    if not 1 <= len(starts) <= MOST_STEPS:
        _at(path, 0, f"A lesson has 1 to {MOST_STEPS} steps, each begun by a heading; this one has {len(starts)}.")
    ends = [*starts[1:], len(all_of_it)]
    steps = [_step(path, all_of_it[start:end]) for start, end in zip(starts, ends, strict=True)]
    titles = [step.title for step in steps]
    for k, step in enumerate(steps):
        if step.title in titles[:k]:
            _at(path, step.line - 1, "A step above has this title; answers are kept by it, so each has its own.")
    return steps


def _step(path: Path, block: Sequence[Token]) -> Step:
    line = block[0].map[0]
    parts: dict[str, Any] = {"title": block[1].content, "line": line + 1}
    texts: tuple[list[Token], list[Token]] = ([], [])
    for token in block[3:]:
        kind, *more = token.info.split() if token.type == "fence" else [""]
        if not kind:
            texts["end" in parts].append(token)
            continue
        here, at = token.map[0], partial(_at, path, token.map[0])
        if kind not in BLOCKS or more:
            at(f"A step knows no block “{token.info.strip()[:40]}”; it takes {listed(BLOCKS)}.")
        name = "reveal" if kind == "scene" and "end" in parts else kind if kind in ("scene", "touch") else "end"
        if name in parts:
            at("A step has one end." if name == "end" else f"There is a block “{kind}” here already.")
        if kind == "scene":
            parts[name] = _scene(path, here, token.content)
        elif kind == "touch":
            parts[name] = _places(path, here, token.content)
        else:
            parts[name] = _end(path, here, kind, token.content)
    refuse = partial(_at, path)
    return Step(**parts, text=tuple(told(texts[0], refuse)), then=tuple(told(texts[1], refuse)))


def _scene(path: Path, line: int, text: str) -> Scene:
    try:
        return link.read(text)
    except ExplorerError as error:
        _at(path, line, f"This scene can't be used. {error}")


def _places(path: Path, line: int, text: str) -> tuple[str, ...]:
    places, known = tuple(text.replace(",", " ").split()), Place.__args__
    if not places or not set(places) <= set(known):
        _at(path, line, f"What may be touched is one or more of {listed(known)}.")
    return places


def _end(path: Path, line: int, kind: str, text: str) -> Predict | Reach | Find:
    raw = _toml(path, text, line + 1)
    at = partial(_at, path, line)

    def scene(given: Any) -> Any:
        """What is written as text; whatever else it is, is told by the schema."""
        return (
            _scene(path, line, given).model_dump(mode="json", exclude_defaults=True)
            if isinstance(given, str)
            else given
        )

    for name in SCENES[kind] & raw.keys():
        raw[name] = [scene(one) for one in raw[name]] if isinstance(raw[name], list) else scene(raw[name])
    if isinstance(curve := raw.get("curve"), dict) and "scene" in curve and kind == "predict":
        curve["scene"] = scene(curve["scene"])
    try:
        end = fitting(ENDS[kind], raw | {"kind": kind})
    except Misfit as error:
        at(f"This block “{kind}” doesn't fit: {error}.")
    if isinstance(end, Predict):
        if end.unsound:
            at(end.unsound)
    elif end.goal == type(end.goal)():
        at("The goal asks for nothing, so that it is reached before anything is done.")
    return end


def _toml(path: Path, text: str, before: int) -> dict[str, Any]:
    """TOML that begins after so many lines of the file."""
    try:
        if any(found[0].count(".") > MOST_DOTS for found in CHAIN.finditer(text)):
            raise RecursionError
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = AT_LINE.search(str(error))
        line = int(found[1]) - 1 if found and found[1] else text.rstrip("\n").count("\n")
        said = AT_LINE.sub("", str(error))
        _at(path, before + line, f"This isn't TOML: {said[0].lower()}{said[1:]}.")
    except (RecursionError, ValueError):  # nested by the thousand, a number of as many digits
        _at(path, before, "This TOML holds more than a lesson needs.")


def _line_of(lines: Sequence[str], misfit: str) -> int:
    """The line of the field that a misfit names, or the first."""
    field = re.match(r"\w+", misfit)
    return next((k for k, one in enumerate(lines) if field and re.match(rf"\s*{field[0]}\s*=", one)), 0)


def _at(path: Path, line: int, sentence: str) -> NoReturn:
    """Refuse the file at a line, counted from 0."""
    raise ExplorerError(f"{path.name}, line {line + 1}: {sentence}")

"""The commands about lessons: list, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Lessons beside the page: list them, or check one that is being written.", no_args_is_help=True)


@app.command("list")
def list_lessons() -> None:
    """List the lessons in the box: name, title, level, minutes, steps, models."""
    from explorer.museum.lessons.read import lessons

    for one in lessons():
        models = ", ".join(one.models)
        typer.echo(f"{one.name}: {one.title}. {one.level}, {one.minutes} minutes, {len(one.steps)} steps, {models}")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A lesson, Markdown; docs/lessons.md says how one is written.")],
) -> None:
    """Read a lesson and try it: its scenes, and whether each goal can be reached; exit code 1 at a fault."""
    from explorer.museum.lessons.check import faults
    from explorer.museum.lessons.read import read

    lesson = read(file)
    found = faults(lesson)
    for sentence in found:
        typer.echo(sentence)
    if not found:
        typer.echo(f"{lesson.title}: sound, {len(lesson.steps)} steps. Open it in the page by ?lesson={lesson.name}.")
    raise typer.Exit(1 if found else 0)

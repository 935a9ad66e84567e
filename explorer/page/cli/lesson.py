"""The commands about lessons: list, new, check."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Lessons beside the page: list them, or check one that is being written.", no_args_is_help=True)


def own_folder(folder: Path) -> None:
    """Show the lessons of a folder beside those in the box, and say on stderr what is wrong with any.

    Raises:
        ExplorerError: there is no such folder.
    """
    from explorer.museum.lessons.shelf import OWN, survey

    os.environ[OWN] = str(folder.absolute())
    for sentence in survey()[1]:
        typer.echo(sentence, err=True)


OwnFolder = Annotated[
    Path | None, typer.Option("--lessons", help="A folder of lessons of your own, shown first.", file_okay=False)
]


@app.command("list")
def list_lessons(folder: OwnFolder = None) -> None:
    """List the lessons: name, title, level, minutes, steps, models."""
    from explorer.museum.lessons.shelf import survey

    if folder:
        own_folder(folder)
    for one in survey()[0]:
        models = ", ".join(one.models)
        typer.echo(f"{one.name}: {one.title}. {one.level}, {one.minutes} minutes, {len(one.steps)} steps, {models}")


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="Where to write it, such as lessons/my-lesson.md.")],
    model: Annotated[str, typer.Option(help="The checkpoint that it is about.")] = "fashion-cvae",
) -> None:
    """Write a small lesson to begin with, sound as it is: a prediction, a task, a step to wander."""
    from explorer.core.schema import ExplorerError
    from explorer.core.writing import unwritten
    from explorer.museum.lessons.begin import begun

    if file.suffix != ".md":
        raise ExplorerError(f"A lesson is a file of Markdown, so its name ends in .md: {file.with_suffix('.md')}.")
    text = begun(model)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise ExplorerError(f"{file} is there already; choose another name.") from None
    except OSError as error:
        raise unwritten(file, error) from None
    typer.echo(f"{file} is written. Change its text, then try it: python -m explorer lesson check {file}")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A lesson, Markdown; docs/lessons.md says how one is written.")],
) -> None:
    """Read a lesson and try it: its scenes, whether each goal can be reached, what could be better; exit code 1 at a fault."""
    from explorer.museum.lessons.advice import advice, estimate
    from explorer.museum.lessons.check import faults
    from explorer.museum.lessons.read import FOLDER, read

    lesson = read(file)
    found = faults(lesson)
    for sentence in found:
        typer.echo(sentence)
    hints = [] if found else advice(lesson)
    for sentence in hints:
        typer.echo(f"Advice. {sentence}")
    if not found:
        where = (
            f"?lesson={lesson.name}"
            if file.parent.resolve() == FOLDER
            else f"--lessons {file.parent}, or drop it on the page"
        )
        steps = f"{len(lesson.steps)} steps, about {estimate(lesson):.0f} minutes"
        typer.echo(f"{lesson.title}: sound, {steps}, advice: {len(hints) or 'none'}. Open it by {where}.")
    raise typer.Exit(1 if found else 0)

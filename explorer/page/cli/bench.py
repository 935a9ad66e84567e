"""The commands that measure: bench, with its fuzzing, and agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def say(text: str) -> None:
    """What is done next, on stderr, so that stdout holds the result alone."""
    typer.echo(text, err=True)


def bench(  # noqa: PLR0917 - options of a command line go by name
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Also write the JSON to this file.")] = None,
    quick: Annotated[bool, typer.Option(help="Few repetitions: shows that it runs, measures little.")] = False,
    into: Annotated[
        Path | None, typer.Option(help="Write the table into this Markdown file, between its marks.")
    ] = None,
    fuzz: Annotated[
        int, typer.Option(metavar="N", help="Send N made-up scenes, links, requests, files and cards instead.", min=0)
    ] = 0,
    seed: Annotated[int, typer.Option(help="Of what is made up.", min=0)] = 0,
    only: Annotated[
        list[str] | None, typer.Option(help="A part to measure alone, such as greedy; may be repeated.")
    ] = None,
) -> None:
    """Measure latencies and throughputs of this machine, in a headless browser too; or look for what breaks the explorer."""
    if fuzz:
        _fuzz(fuzz, seed)
        return
    from explorer.page.bench import measure, report
    from explorer.page.views.figures import into as write

    figures = measure(quick=quick, say=say, only=only or ())
    text = json.dumps(figures, indent=2)
    if out:
        out.write_text(text + "\n")
    if into:
        write(into, report.BEGIN, report.END, report.markdown(figures))
    typer.echo(text if as_json else report.table(figures))


def _fuzz(cases: int, seed: int) -> None:
    import logging

    from explorer.core.schema import ExplorerError
    from explorer.page.bench.fuzz import fuzz

    logging.basicConfig(level=logging.CRITICAL)  # what is logged as an error is a fault, and told below
    bad = 0
    for report in fuzz(cases, seed, say):
        typer.echo(report.line())
        for line in (*report.faults[:20], *report.slow[:20]):
            typer.echo(f"  {line}")
        bad += len(report.faults) + len(report.slow)
    if bad:
        raise ExplorerError(f"{bad} answers should not have been given, or took too long.")


def agree(
    names: Annotated[list[str] | None, typer.Argument(help="Checkpoints; all that run in a page if left out.")] = None,
    points: Annotated[int, typer.Option(help="Recipes for each checkpoint.", min=1)] = 200,
    seed: Annotated[int, typer.Option(help="Of the recipes.", min=0)] = 0,
) -> None:
    """Ask the engine in the page and the server the same questions, and tell where their answers differ."""
    from explorer.core.schema import ExplorerError
    from explorer.page.bench.agree import everywhere

    apart = 0
    for report in everywhere(names or [], points, seed):
        typer.echo(report.line())
        for reason, count in report.elsewhere.items():
            typer.echo(f"  left to the server, {count} times: {reason}")
        for sentence in report.apart:
            typer.echo(f"  {sentence}")
        apart += len(report.apart)
    if apart:
        raise ExplorerError(f"The page and the server differ in {apart} answers.")

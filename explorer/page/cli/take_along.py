"""`export`: the page with its models as a static site, or as one HTML file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from explorer.page.cli import lesson


def export(
    names: Annotated[list[str], typer.Argument(help="Names of checkpoints; the first one opens first.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The site's folder, new or empty; with --one-file, a file.")],
    *,
    one_file: Annotated[
        bool, typer.Option("--one-file", help="One HTML file that opens from a disk or a USB stick, without a network.")
    ] = False,
    space: Annotated[
        bool, typer.Option("--space", help="A folder for a Hugging Face Space, or for a container.")
    ] = False,
    opens: Annotated[
        str | None, typer.Option("--lesson", help="With --one-file: open on this lesson, by its name or its file.")
    ] = None,
    lessons: lesson.OwnFolder = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Write the page with these models as a static site: any file server shows it, without Python; or as one HTML file."""
    from explorer.core.schema import ExplorerError
    from explorer.page import onefile, site
    from explorer.page.serving.folder import table, weights

    if lessons:
        lesson.own_folder(lessons)
    if space:
        from explorer.page.serving import space as spaces

        if one_file or opens or lessons:
            raise ExplorerError("--space writes a folder with a server; leave out --one-file, --lesson and --lessons.")
        typer.echo(f"{out}: {', '.join(spaces.write(names, out))}")
        return
    if one_file:
        size = onefile.write(names, out, opens)
        said = f"{out}: {size / 1e6:.2f} MB. Open it with a browser; it needs nothing else."
        typer.echo(json.dumps({"file": str(out), "bytes": size}) if as_json else said)
        return
    if opens:
        raise ExplorerError("--lesson goes with --one-file: a folder holds all lessons of its models.")
    rows = weights(site.write(names, out))
    typer.echo(json.dumps(rows, indent=2) if as_json else table(rows))
    if not as_json:
        typer.echo(f"Try it: python -m http.server --directory {out}")

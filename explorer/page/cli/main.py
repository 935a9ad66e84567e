"""The command line: open, list, describe, train, render, export, exhibits, claim, lesson, bench, agree.

What goes wrong is one sentence on stderr and exit code 2.

Nothing heavy is imported before a command needs it, so that `--help` answers at once.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from explorer.page.cli import bench, lesson, own, take_along
from explorer.page.cli.open import open_own

if TYPE_CHECKING:
    from collections.abc import Sequence

    from explorer.core.schema import Card
    from explorer.museum.exhibits.base import Exhibit

app = typer.Typer(
    help="Walk through the latent space of conditional generative models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
UNBROKEN = 4096  # columns of a table that another program reads: one line a row
NARROW = 120  # columns, below which a table leaves some out
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.callback()
def options(
    checkpoints: Annotated[
        Path | None, typer.Option(help="Folder of the checkpoints.", envvar="CHECKPOINTS", file_okay=False)
    ] = None,
) -> None:
    """Walk through the latent space of conditional generative models."""
    if checkpoints:
        os.environ["CHECKPOINTS"] = str(checkpoints)


@app.command("list")
def list_checkpoints(
    as_json: AsJson = False,
    into: Annotated[
        Path | None, typer.Option(help="Write the measured figures into this Markdown file, between its marks.")
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="With --into: a dozen rows alone.")] = False,
) -> None:
    """List the checkpoints at hand: family, data, latent, attributes, capabilities, size."""
    from explorer.box.cards import default_root, survey

    cards, faults = survey()
    if into:
        from explorer.museum.exhibits.base import listed
        from explorer.page.views import figures

        lines = (figures.dozen if short else figures.markdown)(cards.values(), listed())
        figures.into(into, figures.BEGIN, figures.END, lines)
    rows = [_row(card, default_root() / name) for name, card in cards.items()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    elif not into:
        _table(rows)
    for sentence in faults.values():
        typer.echo(sentence, err=True)


@app.command()
def describe(name: Annotated[str, typer.Argument(help="Name of a checkpoint.")], as_json: AsJson = False) -> None:
    """Show what a checkpoint's card says: data, licence, attributes and their values, maps, measured figures."""
    from explorer.box.cards import card_of

    card = card_of(name)
    if as_json:
        typer.echo(card.model_dump_json(indent=2))
        return
    typer.echo(f"{card.title} ({card.name})\n{card.summary}\n")
    if card.limits:
        typer.echo(f"Limits: {card.limits}\n")
    typer.echo(f"Data: {card.data}, {card.data_licence}, {card.data_source}")
    typer.echo(f"Model: {card.family}, {card.parameters:,} parameters, {_latent(card)}")
    for attribute in card.conditions.attributes:
        values = ", ".join(attribute.values) or f"{attribute.low:g} to {attribute.high:g} {attribute.unit}".strip()
        typer.echo(f"Attribute {attribute.name}: {values}")
    for spec in card.maps:
        typer.echo(f"Map {spec.name}: {spec.sentence}")
    typer.echo(f"Priors: {', '.join(card.priors)}")
    typer.echo(json.dumps(card.metrics, indent=2))


@app.command()
def train(
    recipe: Annotated[Path, typer.Argument(help="A recipe.toml, or the folder of a checkpoint that holds one.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The checkpoint's folder; the recipe's own if left out.")
    ] = None,
    quick: Annotated[bool, typer.Option(help="One epoch and few items, to try a recipe out.")] = False,
) -> None:
    """Train from a recipe with a progress bar, and write a checkpoint; goes on where it was stopped."""
    from explorer.box.build.build import make

    made = make(recipe / "recipe.toml" if recipe.is_dir() else recipe, out, quick)
    typer.echo(f"{made.card.name} is ready in {made.folder}.")


@app.command()
def render(
    scene: Annotated[str, typer.Argument(help="A link of the page, a scene's JSON, or a file that holds either.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Where to write it: .png, or .wav for sound, .csv for series.")
    ],
    scale: Annotated[int, typer.Option(min=1, max=16, help="Side of the square that a pixel becomes.")] = 1,
) -> None:
    """Render a scene: the same pixels as the page shows, or the sound or table itself, as the file's name ends."""
    from explorer.core import link
    from explorer.core.schema import ExplorerError
    from explorer.core.writing import writing
    from explorer.learn.modalities.encoding import png
    from explorer.play.session import open_session

    read = link.read(_text(scene))
    session = open_session(read.model)
    if caution := session.card.other_build(read.build):
        typer.echo(caution, err=True)
    modality, ending = session.modality, out.suffix.lower().lstrip(".")
    if ending not in ("", "png", modality.suffix):
        also = "" if modality.suffix == "png" else f" or .{modality.suffix}"
        raise ExplorerError(f"{session.card.title} is rendered as .png{also}, not as .{ending}.")
    if ending == modality.suffix != "png":
        data = modality.write(session.output(read.point))
    else:
        data = png(modality.picture(session.render([read.point])[0]), scale)
    with writing(out):
        out.write_bytes(data)
    typer.echo(str(out))


@app.command()
def exhibits(as_json: AsJson = False) -> None:
    """List the papers of the reading room: number, title, checkpoint, claim, measured beside baseline, verdict."""
    from explorer.museum.exhibits.base import listed

    rows = [_exhibit(exhibit) for exhibit in listed()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        if row["stale"] and not as_json:
            row["verdict"] = f"{row['verdict']} (stale)"
    columns = ("number", "title", "checkpoint", "measured", "baseline", "verdict")
    _print(columns, [[str(row[name] if row[name] is not None else "-") for name in columns] for row in rows], "exhibit")


@app.command()
def claim(  # noqa: PLR0917 - options of a command line go by name
    number: Annotated[int, typer.Argument(help="Number of the paper, as `exhibits` lists it.")],
    quick: Annotated[bool, typer.Option(help="Under a minute, one seed, on a subset.")] = False,
    save: Annotated[bool, typer.Option(help="Store the result for the reading room.")] = False,
    seeds: Annotated[str, typer.Option(help="Other seeds than the room's, such as 7,8,9.")] = "",
    doubt: Annotated[
        bool, typer.Option(help="Compare with the stored result: is each figure within its band?")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure a paper's claim again; exit code 0 when it holds, 1 when it does not or only in part.

    With --doubt the exit code is 0 when the verdict is the stored one and every figure lies within the band of the stored one.
    """
    from explorer.core import claims
    from explorer.core.schema import ExplorerError
    from explorer.museum.exhibits.base import SEEDS, numbered, run, store

    exhibit = numbered(number)
    before = exhibit.stored()
    if doubt and before is None:
        raise ExplorerError(f"No result of paper {number} is stored, so there is none to doubt.")
    chosen = _seeds(seeds) if seeds else SEEDS
    found = run(exhibit, quick=quick, seeds=chosen, say=lambda text: typer.echo(text, err=True))
    if save:
        store(found)
    bands = claims.doubt(before, found) if doubt else ()
    if as_json:
        told = found.model_dump(mode="json")
        if doubt:
            rows = [{**band.model_dump(), "inside": band.inside} for band in bands]
            told |= {"doubt": {"stored_verdict": before.verdict, "bands": rows}}
        typer.echo(json.dumps(told, indent=2))
    else:
        typer.echo(f"{exhibit.title}\n{exhibit.claim}\n")
        for figure in found.figures:
            typer.echo(f"  {figure.label}: {figure.text}")
        for band in bands:
            where = "in" if band.inside else "OUT"
            typer.echo(f"  {where}: {band.label}, {band.measured:.4g} beside {band.low:.4g} to {band.high:.4g}")
        typer.echo(f"\n{found.verdict}: {found.outcome}")
        if doubt:
            typer.echo(
                f"stored: {before.verdict}; {sum(b.inside for b in bands)} of {len(bands)} figures within their bands"
            )
    sound = found.verdict == before.verdict and all(b.inside for b in bands) if doubt else found.verdict == "holds"
    raise typer.Exit(0 if sound else 1)


def _seeds(text: str) -> tuple[int, ...]:
    """`7,8,9` -> (7, 8, 9)."""
    from explorer.core.schema import ExplorerError

    try:
        return tuple(int(seed) for seed in text.split(","))
    except ValueError:
        raise ExplorerError("Seeds are whole numbers with commas between them, such as 7,8,9.") from None


@app.command()
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names or folders of checkpoints; all bundled ones. Or one file or folder of your own data."
        ),
    ] = None,
    model: own.OfModel = None,
    weights: own.Weights = None,
    decoder: own.Decoder = None,
    arguments: own.Arguments = "{}",
) -> None:
    """Look at everything about checkpoints that can be wrong: card, files, hashes, weights, items; exit code 1 at a fault.

    Of your own data it says what would be understood, and with --model what your model does with it; nothing is made.
    """
    from explorer.box import checkpoints

    thing = Path(names[0]) if names and len(names) == 1 else None
    if model and thing:
        own.tried(thing, own.named(model, weights, decoder, arguments))
        return
    if thing and thing.exists() and not (thing / "card.json").is_file() and (thing.is_file() or "/" in names[0]):
        own.looked(thing)
        return

    root = checkpoints.default_root()
    given = [Path(name) if Path(name).is_dir() else root / name for name in names or ()]
    folders = given or sorted(path.parent for path in root.glob("*/card.json"))
    faulty = 0
    for folder in folders:
        faults = checkpoints.check(folder)
        faulty += bool(faults)
        typer.echo(f"{folder.name}: {' '.join(faults) or 'sound'}")
    raise typer.Exit(1 if faulty else 0)


app.command()(take_along.export)
app.command("open")(open_own)
app.command()(own.push)
app.command()(bench.bench)
app.command()(bench.agree)
app.add_typer(lesson.app, name="lesson")


def main() -> None:
    """Run the command line; an `ExplorerError` is one sentence on stderr and exit code 2."""
    try:
        app()
    except Exception as error:
        from explorer.box.cards import CONTROL
        from explorer.core.schema import ExplorerError

        if not isinstance(error, ExplorerError):
            raise
        typer.echo(CONTROL.sub("", str(error)), err=True)  # the name of a file may hold what a terminal obeys
        sys.exit(2)


def _text(scene: str) -> str:
    """The scene itself, or what the file of that name holds."""
    from explorer.core.link import MAX_SCENE

    try:
        path = Path(scene)
        if len(scene) < 4096 and path.is_file():
            with path.open(encoding="utf-8") as file:
                return file.read(MAX_SCENE + 1)
    except (OSError, ValueError):
        pass
    return scene


def _latent(card: Card) -> str:
    return f"{card.latent.kind} latent of {' x '.join(map(str, card.latent.shape))}"


def _row(card: Card, folder: Path) -> dict[str, object]:
    from explorer.box.files import locate

    return {
        "name": card.name,
        "title": card.title,
        "family": card.family,
        "data": card.data,
        "shape": list(card.shape),
        "latent": {"kind": card.latent.kind, "shape": list(card.latent.shape)},
        "attributes": [a.name for a in card.conditions.attributes],
        "capabilities": list(card.capabilities),
        "items": card.items,
        "parameters": card.parameters,
        "bytes": sum(
            path.stat().st_size for path in (folder / "card.json", *(locate(folder, n, card) for n in card.sha256))
        ),
    }


def _exhibit(exhibit: Exhibit) -> dict[str, object]:
    found = exhibit.stored()
    return {
        "number": exhibit.number,
        "name": exhibit.name,
        "title": exhibit.title,
        "checkpoint": exhibit.checkpoints[0] if exhibit.checkpoints else None,
        "scene": exhibit.scene,
        "play": exhibit.play or None,
        "claim": exhibit.claim,
        "measured": found and f"{found.measured.label} {found.measured.text}",
        "baseline": found and f"{found.baselines[0].label} {found.baselines[0].text}",
        "holds": found and found.verdict == "holds",
        "verdict": found and found.verdict,
        "stale": (found and exhibit.stale(found)) or None,
    }


def _table(rows: list[dict[str, object]]) -> None:
    columns = ("name", "family", "data", "latent", "attributes", "can", "items", "size")
    cells = [
        [
            str(row["name"]), str(row["family"]), str(row["data"]), "x".join(map(str, row["latent"]["shape"])),
            ", ".join(row["attributes"]), ", ".join(row["capabilities"]), f"{row['items']:,}",
            f"{row['bytes'] / 1e6:.1f} MB",
        ]
        for row in rows
    ]  # fmt: skip
    _print(columns, cells, "checkpoint in this folder")


def _print(columns: Sequence[str], rows: list[list[str]], what: str) -> None:
    """A table, or that there is none of `what`."""
    from rich.console import Console
    from rich.table import Table

    piped = None if sys.stdout.isatty() or "COLUMNS" in os.environ else UNBROKEN
    console = Console(width=piped)
    if console.width < NARROW:  # what is left out stands in --json, and in the table of a wider window
        left = [k for k, title in enumerate(columns) if title not in ("data", "can", "baseline")]
        columns, rows = [columns[k] for k in left], [[row[k] for k in left] for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in columns:
        figure = title in ("items", "size", "number")
        table.add_column(
            title, overflow="fold", no_wrap=figure or title == "name", justify="right" if figure else "left"
        )
    for row in rows:
        table.add_row(*row)
    console.print(table if rows else f"There is no {what}.")

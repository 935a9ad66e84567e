"""What the command line does with a person's own model, and the screen on their own data."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from explorer.box.own.told import Told

OfModel = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Your own model: module:Class, an encoder's .onnx file, or a folder of diffusers; THING is its items.",
    ),
]
Weights = Annotated[Path | None, typer.Option(help="With --model: safetensors of the class.")]
Decoder = Annotated[Path | None, typer.Option(help="With --model: the decoder's .onnx file.")]
Arguments = Annotated[str, typer.Option(help="With --model: arguments of the class, as JSON.")]


def push(
    thing: Annotated[str, typer.Argument(help="A checkpoint's name or folder.")],
    where: Annotated[str, typer.Argument(help="owner/name on the Hugging Face Hub.")],
    public: Annotated[bool, typer.Option(help="A repository that is made is seen by everybody.")] = False,
) -> None:
    """Copy a checkpoint to the Hugging Face Hub, from where `explorer.load("owner/name")` opens it."""
    from explorer.box.checkpoints import Checkpoint

    folder = Path(thing)
    checkpoint = Checkpoint.load(folder) if folder.is_dir() else Checkpoint.from_pretrained(thing)
    if checkpoint.card.thumbs == "items":
        typer.echo("Its thumbnails, which show the items themselves, are pushed with it.")
    typer.echo(f"Pushed: {checkpoint.push_to_hub(where, public)}")


def named(model: str, weights: Path | None, decoder: Path | None, arguments: str) -> Any:
    """A person's own model by its name, see `explorer.box.own.named`."""
    from explorer.box.own import named

    return named.model(model, weights, decoder, arguments)


def tried(thing: Path, model: Any) -> None:
    """Say what is found of a model by trying it on the items of a file or folder."""
    from explorer.box.own import model as own
    from explorer.box.own.named import items
    from explorer.box.own.settings import Settings

    typer.echo(str(own.check(model, *items(thing, Settings()))))


def looked(thing: Path) -> None:
    """Say what is understood of a person's data; nothing is made or written."""
    from rich.console import Console

    from explorer.box.own import make
    from explorer.box.own.inspect import look
    from explorer.box.own.told import told

    with Console(stderr=True).status("Reading"):
        found = look(thing)
    screen(told(found, make.usual(thing)), None)


def opened(thing: Path, model: Any, out: Path | None, with_: Path | None) -> Path:
    """Make a checkpoint of a person's model and items -> its folder."""
    from explorer.box.own import make
    from explorer.box.own import model as own
    from explorer.box.own.named import items
    from explorer.box.own.settings import Settings

    settings = Settings.read(with_) if with_ else Settings()
    folder = make.place((out or make.usual(thing)).absolute())
    made, said = own.opened(model, *items(thing, settings), folder, settings)
    typer.echo(str(said))
    for line in (f"{made.card.name} is ready in {folder}.", *make.verdict(made)):
        typer.echo(line)
    return folder


def beside_until_stopped(folder: Path, port: int) -> None:
    """Serve it until somebody stops it, and open a browser."""
    import webbrowser

    from explorer.page.ui import beside

    address = beside(folder, port)
    typer.echo(f"Serving {address}")
    webbrowser.open(address)
    typer.echo("Press Ctrl-C to stop serving it.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        typer.echo("Stopped.")


def screen(told: Told, guesses: Path | None) -> None:
    """What was understood, in one screen, and where it can be changed."""
    from rich.console import Console
    from rich.markup import escape as unmarked
    from rich.table import Table

    from explorer.box.cards import CONTROL

    def escape(text: str) -> str:
        """As it is: labels and file names are a stranger's, and a terminal obeys what stands between."""
        return unmarked(CONTROL.sub("", text))

    console = Console()
    console.print(f"[bold]{escape(told.what)}[/bold]", highlight=False)
    if told.columns:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for title in ("column", "becomes", "such as"):
            table.add_column(title, overflow="ellipsis", no_wrap=title != "such as", max_width=60)
        for row in told.columns:
            table.add_row(*map(escape, row))
        console.print(table)
    if told.odd:
        console.print("[bold]Odd[/bold]")
        for sentence in told.odd:
            console.print(f"- {escape(sentence)}", highlight=False)
    console.print("[bold]What will be made[/bold]")
    for sentence in told.plan:
        console.print(f"- {escape(sentence)}", highlight=False, soft_wrap=True)
    if guesses:
        console.print(f"Each guess can be changed in {escape(str(guesses))}; give it back by --with.", soft_wrap=True)

"""The command that opens a person's own data: told in one screen, explorable in seconds."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from explorer.page.cli import own

MINUTES = (0, 1, 5, 15, 60)


def open_own(  # noqa: PLR0915, PLR0917 - options of a command line go by name
    thing: Annotated[
        Path,
        typer.Argument(
            help="A folder of pictures or sounds, an array (.npz, .npy), a table, series or texts (.csv, .tsv, .jsonl, "
            ".parquet, .xlsx, .h5ad, .txt), a .zip of one, a data set of Hugging Face's, a checkpoint's folder, or owner/name "
            "on the Hub."
        ),
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The checkpoint's folder.", file_okay=False)] = None,
    minutes: Annotated[int, typer.Option(help="Train a network for 1, 5, 15 or 60 minutes; 0: none.")] = 0,
    with_: Annotated[
        Path | None, typer.Option("--with", help="The file of guesses, as it was written and changed.")
    ] = None,
    browser: Annotated[
        bool, typer.Option(help="Serve it and open a browser; without, it ends when all is made.")
    ] = True,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Begin without asking.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    model: own.OfModel = None,
    weights: own.Weights = None,
    decoder: own.Decoder = None,
    arguments: own.Arguments = "{}",
) -> None:
    """Open your own data: pictures, sounds, texts, series, vectors or a table become a checkpoint, explorable within seconds."""
    from explorer.box import hub
    from explorer.core.schema import ExplorerError

    if minutes not in MINUTES:
        raise ExplorerError(f"--minutes takes 1, 5, 15 or 60 (or 0 for none), not {minutes}.")
    if model:
        made = own.opened(thing, own.named(model, weights, decoder, arguments), out, with_)
        if browser:
            own.beside_until_stopped(made, port)
        return
    if not thing.exists() and hub.ID.fullmatch(thing.as_posix()):
        thing = hub.fetch(thing.as_posix())
    if (thing / "card.json").is_file():
        _as_it_is(thing, port if browser else None)
        return
    began = time.monotonic()
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("Reading") as status:
        from explorer.box.own import make
        from explorer.box.own.inspect import look
        from explorer.box.own.settings import Settings
        from explorer.box.own.told import told

        settings = Settings.read(with_) if with_ else Settings()
        folder = make.place((out or make.usual(thing)).absolute())
        found = look(thing, settings, lambda share, sentence: status.update(f"{sentence}: {share:.0%}"))
    guesses = folder.with_name(f"{folder.name}.explorer.toml")
    own.screen(told(found, folder, minutes), guesses)
    found.settings.write(guesses)
    if not yes and sys.stdin.isatty() and not typer.confirm("Make it?", default=True):
        raise typer.Exit()
    began_making = time.monotonic()
    with console.status("Making") as status:
        say = lambda share, sentence: status.update(f"{sentence}: {share:.0%}")  # noqa: E731
        make.first(found, folder, say)
    now = time.monotonic()
    typer.echo(f"Explorable after {now - began:.0f} seconds ({now - began_making:.0f} to make it): {folder}")
    server = _serve(folder, port) if browser else None
    try:
        with console.status("Making what takes longer") as status:
            made = make.first(found, folder, say, whole=True)
        if minutes:
            typer.echo(f"Training for {minutes} min; stopped by Ctrl-C, the same command goes on where it was.")
            made, decided = make.network(found, folder, minutes)
            typer.echo(decided)
        typer.echo(f"{made.card.name} is ready in {folder}, after {time.monotonic() - began:.0f} seconds.")
        for line in make.verdict(made):
            typer.echo(line)
        if server:
            typer.echo("Press Ctrl-C to stop serving it.")
            server.wait()
    except KeyboardInterrupt:
        typer.echo(f"Stopped; what is in {folder} can be opened, and the same command goes on.")
    finally:
        if server and server.poll() is None:
            server.terminate()
            server.wait()


def _as_it_is(folder: Path, port: int | None) -> None:
    """Look at everything about a checkpoint, and serve it where there is a port.

    Raises:
        ExplorerError: it is faulty.
    """
    from explorer.box.checkpoints import check
    from explorer.core.schema import ExplorerError

    if faults := check(folder):
        raise ExplorerError(f"{folder.name} is a checkpoint that can't be opened: {' '.join(faults)}")
    typer.echo(f"{folder.name} is a checkpoint, and sound.")
    if port is not None:
        _until_stopped(_serve(folder.resolve(), port))


def _until_stopped(server: subprocess.Popen) -> None:
    typer.echo("Press Ctrl-C to stop serving it.")
    try:
        server.wait()
    except KeyboardInterrupt:
        server.terminate()
        server.wait()


def _serve(folder: Path, port: int) -> subprocess.Popen:
    """The ordinary app on the folder in which a checkpoint lies, in a process of its own, and a browser on it.

    Raises:
        ExplorerError: the port is taken.
    """
    import webbrowser

    from explorer.core import link
    from explorer.core.scene import Scene
    from explorer.core.schema import ExplorerError
    from explorer.page.serving.port import answers, untaken

    untaken(port)
    app = Path(__file__).resolve().parents[3] / "app.py"
    server = subprocess.Popen([sys.executable, str(app), "--port", str(port), "--checkpoints", str(folder.parent)])
    address = f"http://127.0.0.1:{port}/#{link.write(Scene(model=folder.name))}"
    while server.poll() is None:
        if answers(port):
            break
        time.sleep(0.2)
    else:
        raise ExplorerError("The app ended before it served anything; see above.")
    typer.echo(f"Serving {address}")
    webbrowser.open(address)
    return server

"""Latent Explorer: walk through the latent space of a conditional generative model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from explorer.box.own.tried import Tried
    from explorer.page.notebook import Widget
    from explorer.play.handle import Explorer


def load(name: str | Path) -> Explorer:
    """Open a checkpoint by name, folder or place on the Hub (`owner/name`), ready to edit, interpolate, resample and encode.

    See `explorer.play.handle.Explorer`.

    Raises:
        ExplorerError: unknown or broken checkpoint.
    """
    # torch is imported with the first checkpoint, not with the name
    from explorer.play.handle import load as open_checkpoint

    return _handed(open_checkpoint(name))


def open(
    thing: Any,
    items: Any = None,
    attributes: Any = None,
    *,
    out: str | Path | None = None,
    settings: str | Path | None = None,
) -> Explorer:
    """Make your own data, or your own model with its items, explorable within seconds.

    Args:
        thing: path of a folder, an array, a table, a zip, or a checkpoint, which is opened as it is; or a trained model.
        items: of a model: an array or tensor [N, ...] as it takes them, or a Dataset or DataLoader of them.
        attributes: of these items: a mapping of names to N values each, a data frame, or None.
        out: the checkpoint's folder; one in the cache where none is given.
        settings: the file of guesses, `explorer.toml`, as `python -m explorer open` writes it and a person changed it.

    Raises:
        ExplorerError: what is given can't be read, or the folder not written; in one sentence.
    """
    from explorer.play.handle import open_model, open_own

    return _handed(
        open_own(thing, out, settings) if items is None else open_model(thing, items, attributes, out, settings)
    )


def check(model: Any, items: Any, attributes: Any = None) -> Tried:
    """Try a model on items and tell in sentences what was found: shapes, the latent, the condition; nothing is made.

    Args:
        model, items, attributes: as `open` takes them.

    Raises:
        ExplorerError: the model doesn't take the items, or gives nothing that can be walked.
    """
    from explorer.play.handle import check_model

    return check_model(model, items, attributes)


def serve(model: Explorer, port: int = 7860) -> str:
    """Serve the page on a model that was opened here, beside what else this process does -> its address.

    Raises:
        ExplorerError: the port is taken.
    """
    from explorer.page.ui import beside

    return beside(model.folder, port)


def show(model: Explorer, height: int = 720, address: str = "") -> Widget:
    """The page on a model, for a notebook's cell: what a person selects there, and what is on stage, can be read from it.

    Args:
        model: that `load` or `open` gave.
        height: of the cell, in pixels.
        address: where the page is reached from the browser, behind a proxy that the notebook doesn't tell of; its port is the
            widget's `port`.

    Raises:
        ExplorerError: anywidget isn't installed, or the page's server doesn't start.
    """
    from explorer.core.schema import ExplorerError

    try:
        from explorer.page.notebook import show as shown
    except ImportError as error:
        raise ExplorerError(f"A notebook's cell takes the package {error.name}: pip install anywidget.") from None
    return shown(model, height, address)


def _handed(model: Explorer) -> Explorer:
    """A model that shows the page by itself where a notebook runs it and anywidget is installed."""
    import sys
    from importlib.util import find_spec

    if "ipykernel" in sys.modules and find_spec("anywidget"):
        type(model).shown_by = show
    return model

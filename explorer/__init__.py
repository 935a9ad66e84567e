"""Latent Explorer: walk through the latent space of a conditional generative model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from explorer.play.handle import Explorer


def load(name: str | Path) -> Explorer:
    """Open a checkpoint by name or folder, ready to edit, interpolate, resample and encode; see `explorer.play.handle.Explorer`.

    Raises:
        ExplorerError: unknown or broken checkpoint.
    """
    # torch is imported with the first checkpoint, not with the name
    from explorer.play.handle import load as open_checkpoint

    return open_checkpoint(name)


def open(thing: str | Path, out: str | Path | None = None, settings: str | Path | None = None) -> Explorer:
    """Make pictures, sounds, series, vectors or a table explorable, by principal components within seconds.

    Args:
        thing: path of a folder, an array, a table, a zip, or a checkpoint, which is opened as it is.
        out: the checkpoint's folder; one in the cache where none is given.
        settings: the file of guesses, `explorer.toml`, as `python -m explorer open` writes it and a person changed it.

    Raises:
        ExplorerError: what is given can't be read, or the folder not written; in one sentence.
    """
    from explorer.play.handle import open_own

    return open_own(thing, out, settings)

"""Latent Explorer: walk through the latent space of a conditional generative model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer.play.handle import Explorer


def load(name: str) -> Explorer:
    """Open a checkpoint by name, ready to edit, interpolate, resample and encode; see `explorer.play.handle.Explorer`.

    Raises:
        ExplorerError: unknown or broken checkpoint.
    """
    # torch is imported with the first checkpoint, not with the name
    from explorer.play.handle import load as open_checkpoint

    return open_checkpoint(name)

"""Latent Explorer: walk through the latent space of a conditional generative model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer.handle import Explorer


def load(name: str) -> Explorer:
    """Open a checkpoint by name, ready to edit, interpolate, resample and encode; see `explorer.handle.Explorer`.

    Raises:
        ExplorerError: unknown or broken checkpoint.
    """
    from explorer.handle import (
        load as open_checkpoint,  # torch is imported with the first checkpoint, not with the name
    )

    return open_checkpoint(name)

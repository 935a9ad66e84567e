"""What a person is told where a file can't be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer.core.schema import ExplorerError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Write a file or a folder, or what lies in it.

    Raises:
        ExplorerError: the system refuses, with its reason.
    """
    try:
        yield
    except OSError as error:
        raise unwritten(path, error) from None


def unwritten(path: Path, error: OSError) -> ExplorerError:
    """The sentence, for who tells other errors apart."""
    return ExplorerError(f"{path} can't be written: {(error.strerror or str(error)).lower()}.")

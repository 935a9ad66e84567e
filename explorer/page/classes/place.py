"""Where classes are kept. Read at each start, so it imports no database."""

from __future__ import annotations

import os

from explorer.core.disk import cache_folder, cache_root
from explorer.core.schema import ExplorerError

VARIABLE = "EXPLORER_CLASS_DB"
FOLDER, FILE = "classes", "classes-1.sqlite"  # in the cache; the number is that of the tables in `store.py`


def address() -> str:
    """Of the database: `$EXPLORER_CLASS_DB`, an address as SQLAlchemy takes it, or a file in the cache's folder.

    Raises:
        ExplorerError: the folder can't be made.
    """
    if given := os.environ.get(VARIABLE):
        return given
    path = cache_folder(FOLDER) / FILE
    try:
        path.touch(mode=0o600)  # for whom the server runs, and for nobody else on the machine
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ExplorerError(
            f"What classes keep can't be written ({reason}); name another place in {VARIABLE}."
        ) from None
    return f"sqlite:///{path}"


def kept() -> bool:
    """Is there something that may be kept from before, and should be looked after?"""
    if os.environ.get(VARIABLE):
        return True
    try:
        return (cache_root() / FOLDER / FILE).exists()
    except OSError:
        return False

"""Who made what a data set is of, where that is many: `_<data set>/credits.json`, a list of [work, licence, authors]."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=8)
def credits_of(data: str) -> tuple[tuple[str, str, str], ...]:
    """Work, licence and authors, in the order of the works' names; nothing where the data set names them in its source."""
    file = Path(__file__).parent / f"_{data}" / "credits.json"
    return tuple(tuple(one) for one in json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else ()

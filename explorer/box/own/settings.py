"""What a person may change of what was understood: the file `explorer.toml`, written beside the checkpoint and read again."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from explorer.core.schema import ExplorerError, Frozen

LEAST = 24  # items; a map of fewer shows nothing, and each has twelve neighbours
MOST = 10_000  # items that are taken unasked
SIDES = (16, 32, 48, 64)  # of pictures: what the network's grid divides into


class Choice(Frozen):
    """What becomes of one column.

    Args:
        use: `attribute`, `item` (a number of the item itself, or its text: tables alone) or `leave out`.
        kind: of an attribute.
        label: what the page calls it.
    """

    use: Literal["attribute", "item", "leave out"] | None = None
    kind: Literal["category", "number"] | None = None
    label: str = Field(default="", max_length=80)


class Settings(Frozen):
    """How own data is read and shown; what is left out follows from the data.

    Args:
        items: taken at most; a fair sample where there are more.
        held_out: share of the items that nothing is fitted to.
        side: of a picture in pixels.
        colour: whether pictures are read as grey or in colour.
        kind: what the items are; a table or an array can be read in several ways.
        names: the column of the sheet that names the files of a folder.
        pattern: of names of files whose parts are attributes, such as `{digit}_{speaker}_{}`; empty: none are.
        series, time: the columns of a long table that name a series and tell the time of a reading.
        umap: whether a UMAP is laid out beside the principal components.
        judge: whether a classifier is trained that reads the attributes from a picture.
        seed: of the sample, the split and the maps.
        columns: by their titles.
    """

    items: int = Field(default=MOST, ge=LEAST, le=50_000)
    held_out: float = Field(default=0.1, gt=0, le=0.5)
    side: Literal[16, 32, 48, 64] | None = None
    colour: Literal["grey", "rgb"] | None = None
    kind: Literal["pictures", "series", "vectors", "rows", "texts"] | None = None
    names: str | None = None
    pattern: str | None = Field(default=None, max_length=200)
    series: str | None = None
    time: str | None = None
    umap: bool | None = None
    judge: bool = False
    seed: int = Field(default=0, ge=0)
    columns: dict[str, Choice] = {}

    @classmethod
    def read(cls, path: str | Path) -> Settings:
        """Read an `explorer.toml`.

        Raises:
            ExplorerError: not readable, not TOML, or a line that is unknown or out of range.
        """
        path = Path(path)
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError):
            raise ExplorerError(f"The file {path} can't be read.") from None
        except tomllib.TOMLDecodeError as error:
            raise ExplorerError(f"The file {path} is not TOML: {error}.") from None
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(map(str, problem["loc"]))
            raise ExplorerError(f"The file {path} is malformed at {place}: {problem['msg']}.") from None

    def choice(self, title: str) -> Choice:
        """What is asked of a column."""
        return self.columns.get(title, Choice())

    def write(self, path: Path) -> None:
        """Write what `read` reads again, with a line of comment on how to use it."""
        path.write_text(self.toml(), encoding="utf-8")

    def toml(self) -> str:
        """The text of the file."""
        own = self.model_dump(exclude={"columns"}, exclude_none=True)
        lines = ["# What was understood. Change a line, and give this file back: --with explorer.toml", *_lines(own)]
        for title, choice in self.columns.items():
            chosen = choice.model_dump(exclude_none=True, exclude_defaults=True)
            lines += ["", f"[columns.{_text(title)}]", *_lines(chosen)]
        return "\n".join(lines) + "\n"


def _lines(table: dict[str, Any]) -> list[str]:
    return [f"{key} = {_text(value)}" for key, value in table.items()]


def _text(value: Any) -> str:
    """A string, number or truth value as TOML; JSON's are the same, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

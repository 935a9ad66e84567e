"""What was found, as a data set: known to this process alone, under a name that follows from its content."""

from __future__ import annotations

import numpy as np

from explorer.box.own.found import Found
from explorer.core.registry import register
from explorer.learn.data.base import DataSet, Items, Split


class Own(DataSet):
    """A person's items, split once.

    Class attributes:
        found: what was read.
        rows: of each split, in the owner's order.
    """

    found: Found
    rows: dict[Split, np.ndarray]
    licence = "your own"
    share_items = True  # they stay on this machine, and the checkpoint is their owner's

    def load(self, split: Split) -> Items:
        """The items of a split, in the owner's order."""
        rows = self.rows[split]
        return Items(self.found.x[rows], self.found.codes[rows], {})

    def named(self, split: Split) -> list[str]:
        """What the items of a split are called; none where their owner's texts don't say it."""
        return [self.found.called[row] for row in self.rows[split]] if self.found.called else []


def registered(found: Found) -> tuple[str, type[Own]]:
    """Make a data set known -> its name and its class."""
    count = len(found)
    order = np.random.default_rng(found.settings.seed).permutation(count)
    held_out = max(2, round(found.settings.held_out * count))
    own = {
        "__doc__": Own.__doc__,
        "__module__": __name__,
        "found": found,
        "rows": {"test": np.sort(order[:held_out]), "train": np.sort(order[held_out:])},
        "modality": found.modality,
        "modality_arguments": found.modality_arguments,
        "shape": found.shape,
        "conditions": found.conditions,
        "source": found.path.name,
    }
    name = f"own-{found.digest()}"
    return name, register("data", name)(type("Own", (Own,), own))


def as_owned(data: type[Own]) -> np.ndarray:
    """Rows of training items followed by held-out ones -> the owner's order, int64 [n]."""
    return np.argsort(np.concatenate([data.rows["train"], data.rows["test"]]), kind="stable")

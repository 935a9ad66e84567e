"""C-MAPSS FD001: 100 + 100 simulated turbofan engines, run until they fail (Saxena, Goebel, Simon and Eklund 2008).

"Damage propagation modeling for aircraft engine run-to-failure simulation", PHM 2008. Every row is one flight of one
engine: three settings and 21 sensors. FD001 has one operating point and one fault, a wearing high-pressure compressor.

Source: NASA Ames Prognostics Data Repository, "Turbofan Engine Degradation Simulation", here byte copies of its files at a
pinned commit of a public repository, with their checksums. Licence: a work of the US Government; the copy states no
licence, and none could be read, so the items themselves are not bundled with a checkpoint.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np

from explorer.core.registry import register
from explorer.core.schema import Attribute, Schema
from explorer.learn.data._fetch import fetch
from explorer.learn.data.base import DataSet, Items, Split, cache_folder, data_folder

HOME = (
    "https://raw.githubusercontent.com/rajarshiroydev/industry_4.0/b4fd25621133c3d1a38ca2be06152e018f70b4ca/CMAPSSData/"
)
SHA256 = {
    "train_FD001.txt": "1c7a8ced36818e598026aef702f823950696449f0db46427a9a2d6fbaf213c16",
    "test_FD001.txt": "3cda7109ce17bafb5443f2ac926cfcf88154b941b8c4cf95eb55d1ddd6f52851",
    "RUL_FD001.txt": "a19c8ec94931949d0485bdc35118206e9c81c4547b422efb9cf86f4ceddbceca",
}
# Sensor number, what the plot calls it, unit, and the range that becomes [0, 1]: the six that tell most of remaining life.
SENSORS = (
    (4, "Outlet temperature", "°R", 1384.0, 1436.0),
    (7, "Compressor pressure", "psia", 550.5, 555.8),
    (11, "Static pressure", "psia", 46.8, 48.4),
    (12, "Fuel per pressure", "pps/psi", 519.0, 523.2),
    (15, "Bypass ratio", "", 8.32, 8.56),
    (21, "Coolant bleed", "lbm/s", 22.95, 23.60),
)
WINDOW = 30  # flights in one item: the shortest record of the test set has 31
SMOOTH = 5  # flights averaged, that one and those before it: single readings are mostly noise
STRIDE = 3
CAP = 125.0  # remaining life beyond this shows in no sensor, so it counts as this (Heimes 2008)
COLUMNS = 26


@register("data", "engines")
class Engines(DataSet):
    """The last 30 flights of a turbofan engine as six sensors, smoothed; attribute `life`, the flights it has left.

    Windows of the 100 training engines (run until they fail) train, those of the 100 test engines (cut off before; how
    long they would have lasted is known) are held out. Read from `$EXPLORER_DATA/cmapss_fd001` if there.
    """

    modality = "series"
    shape = (len(SENSORS), WINDOW)
    modality_arguments = {
        "channels": [{"label": label, "unit": unit, "low": low, "high": high} for _, label, unit, low, high in SENSORS],
        "time": "flights",
        "step": 1.0,
        "start": 1.0 - WINDOW,
    }
    conditions = Schema(
        attributes=(Attribute(name="life", label="Remaining life", kind="continuous", low=0, high=CAP, unit="flights"),)
    )
    licence = "US Government work; the copy states no licence"
    source = "C-MAPSS FD001, A. Saxena and K. Goebel, NASA Ames Prognostics Data Repository 2008"

    def load(self, split: Split) -> Items:
        """Windows float32 [N, 6, 30] in [0, 1], every third flight and each engine's last; in random, fixed order."""
        return self.windows(split)

    def windows(self, split: Split, which: slice = slice(None), last: bool = False) -> Items:
        """Windows of some engines of a split alone.

        Args:
            split: `train` or `test`.
            which: places among the split's 100 engines, in the order of their numbers.
            last: each engine's last window alone, in that order.
        """
        x, life = [], []
        for sensors, left in _engines(split)[which]:
            ends = np.arange(len(sensors), WINDOW - 1, -STRIDE)[: 1 if last else None]
            x += [sensors[end - WINDOW : end].T for end in ends]
            life += [left[end - 1] for end in ends]
        order = np.arange(len(x)) if last else np.random.default_rng(0).permutation(len(x))
        return Items(np.stack(x)[order], np.array(life, np.float32)[order, None], {})


def _engines(split: Split) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each engine's smoothed sensors float32 [flights, 6] in [0, 1] and its remaining life [flights], capped."""
    rows = _table(f"{split}_FD001.txt")
    beyond = _table("RUL_FD001.txt").ravel() if split == "test" else None
    return engines(rows, beyond)


def engines(rows: np.ndarray, beyond: np.ndarray | None) -> list[tuple[np.ndarray, np.ndarray]]:
    """The rows of a file [n, 26], and the flights left after each engine's last row (None: none) -> see `_engines`."""
    low, high = (np.array([sensor[k] for sensor in SENSORS]) for k in (3, 4))
    columns = [4 + sensor[0] for sensor in SENSORS]
    out = []
    for k, number in enumerate(np.unique(rows[:, 0])):
        own = rows[rows[:, 0] == number]
        total = np.vstack([np.zeros(len(SENSORS)), np.cumsum(own[:, columns], axis=0)])
        ends = np.arange(1, len(own) + 1)
        begins = np.maximum(ends - SMOOTH, 0)
        smooth = (total[ends] - total[begins]) / (ends - begins)[:, None]
        left = len(own) - ends + (0 if beyond is None else beyond[k])
        scaled = np.clip((smooth - low) / (high - low), 0, 1).astype(np.float32)
        out.append((scaled, np.minimum(left, CAP).astype(np.float32)))
    return out


@lru_cache(maxsize=3)
def _table(name: str) -> np.ndarray:
    """One of the published files as numbers [rows, columns]."""
    folder = data_folder("cmapss_fd001")
    path = folder / name if folder else fetch(HOME + name, cache_folder("cmapss_fd001") / name, SHA256[name])
    return np.loadtxt(io.StringIO(path.read_text()), ndmin=2)

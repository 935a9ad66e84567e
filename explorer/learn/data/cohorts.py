"""Three survival tables: METABRIC, GBSG and SUPPORT, as Katzman et al. (2018) prepared them for DeepSurv.

Source: github.com/jaredleekatzman/DeepSurv at a pinned commit, `experiments/data/*/*.h5`, with checksums. The repository is under
the MIT licence; the terms of the clinical data themselves are not stated, so that nothing but weights fitted to them is
bundled, and no row. The files name no covariate: the names here are those of the paper, in an order that their ranges
confirm. GBSG trains on the Rotterdam tumour bank and is tested on the trial of the German group, another population.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from explorer.core.schema import ExplorerError
from explorer.learn.data._fetch import fetch
from explorer.learn.data.base import Split, cache_folder, data_folder

HOME = "https://raw.githubusercontent.com/jaredleekatzman/DeepSurv/41eed003e5b892c81e7855e400861fa7a2d9da4f/experiments/data/"


@dataclass(frozen=True)
class Covariate:
    """A column of a table.

    Args:
        name: as a person reads it.
        kind: `number`, `count` (whole numbers) or `flag` (0 or 1).
        unit: behind the number.
    """

    name: str
    kind: Literal["number", "count", "flag"] = "number"
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """Where a table lies, and what its columns are.

    Args:
        label: as a person reads it.
        event: what ends the time.
        unit: of the times.
        place: of the file below `HOME`.
        digest: its sha256.
        columns: of the covariates, in the file's order.
    """

    label: str
    event: str
    unit: str
    place: str
    digest: str
    columns: tuple[Covariate, ...]


TABLES = {
    "metabric": Table(
        "METABRIC: breast cancer", "death", "months",
        "metabric/metabric_IHC4_clinical_train_test.h5",
        "e959131973c906c7e8b1e662c81160914768156a6da145a9bfed9b9ee8bf3e72",
        (
            Covariate("MKI67", unit="log2"), Covariate("EGFR", unit="log2"), Covariate("PGR", unit="log2"),
            Covariate("ERBB2", unit="log2"), Covariate("Hormone therapy", "flag"), Covariate("Radiotherapy", "flag"),
            Covariate("Chemotherapy", "flag"), Covariate("ER-positive", "flag"), Covariate("Age", unit="years"),
        ),
    ),
    "gbsg": Table(
        "GBSG: breast cancer", "relapse or death", "months",
        "gbsg/gbsg_cancer_train_test.h5",
        "bd455f4395322a8b23040c15cedbef00ad51a447d02c95f1f1d686a6b196484b",
        (
            Covariate("Hormone therapy", "flag"), Covariate("Tumour size", "count", "class 0-2"),
            Covariate("After menopause", "flag"), Covariate("Age", "count", "years"),
            Covariate("Positive nodes", "count"), Covariate("Progesterone receptor", "count", "fmol/l"),
            Covariate("Oestrogen receptor", "count", "fmol/l"),
        ),
    ),
    "support": Table(
        "SUPPORT: seriously ill patients", "death", "days",
        "support/support_train_test.h5",
        "e398f49930e4efc4ecd675a72ac547f0d1ae25ccf13f6a1024cded12ea88a83e",
        (
            Covariate("Age", unit="years"), Covariate("Female", "flag"), Covariate("Other diseases", "count"),
            Covariate("Recorded group", "count", "code"), Covariate("Diabetes", "flag"), Covariate("Dementia", "flag"),
            Covariate("Cancer", "count", "class 0-2"), Covariate("Mean blood pressure", unit="mmHg"),
            Covariate("Heart rate", unit="1/min"), Covariate("Breathing rate", unit="1/min"),
            Covariate("Temperature", unit="°C"), Covariate("Sodium", unit="mmol/l"),
            Covariate("White cells", unit="10^9/l"), Covariate("Creatinine", unit="mg/dl"),
        ),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Cohort:
    """People of a table.

    Attributes:
        x: covariates float32 [N, columns], in their units.
        time: until the event or until the person was lost sight of, float32 [N].
        event: whether it was the event, bool [N].
    """

    x: np.ndarray
    time: np.ndarray
    event: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def rows(self, which: np.ndarray) -> Cohort:
        """Some of the people, by indices or a mask."""
        return Cohort(self.x[which], self.time[which], self.event[which])


def cohort(name: str, split: Split) -> Cohort:
    """The people of a table's split; read from `$EXPLORER_DATA/deepsurv` where that is there.

    Raises:
        ExplorerError: no such table, or its file can't be fetched.
    """
    import h5py

    if name not in TABLES:
        raise ExplorerError(f"There is no table {name!r}; there are {', '.join(TABLES)}.")
    table = TABLES[name]
    own = table.place.split("/")[1]
    folder = data_folder("deepsurv")
    path = folder / own if folder else fetch(HOME + table.place, cache_folder("deepsurv") / own, table.digest)
    with h5py.File(path) as file:
        x, time, event = (np.asarray(file[split][key], np.float32) for key in ("x", "t", "e"))
    return Cohort(x, time, event > 0)

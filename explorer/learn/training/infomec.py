"""InfoMEC: how modular, explicit and compact a latent is, against factors that are known.

Hsu et al., "Disentanglement via latent quantization" (NeurIPS 2023, arXiv:2305.18378), section 4. With factors s_i (of n_s),
latent dimensions z_j (of n_z, those that never change left out) and NMI_ij = I(s_i; z_j) / H(s_i):

    InfoM = (mean_j max_i NMI_ij / sum_i NMI_ij - 1 / n_s) / (1 - 1 / n_s)      each dimension tells of one factor,
    InfoC = (mean_i max_j NMI_ij / sum_j NMI_ij - 1 / n_z) / (1 - 1 / n_z)      each factor is told by one dimension,
    InfoE = mean_i (H_V(s_i) - H_V(s_i | z)) / H_V(s_i)                         a linear classifier reads each factor,

1 is best; a latent unrelated to the factors is near 0. Information between whole numbers is counted from the table of their
pairs; for real numbers it is the nearest-neighbour estimate of Ross, "Mutual information between discrete and continuous
data sets" (PLoS ONE 2014). InfoE is predictive V-information (Xu et al., ICLR 2020) under logistic regression, with codes as
one-hot vectors; unlike the authors' code, which scores the items that it was fitted to, half of the items fit it and the
other half score it, because one-hot codes have many weights to fit. The factors must be independent for the scores to mean
what they say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEIGHBOURS = 10
INACTIVE = 1 / 20  # a real dimension whose range is a smaller share than this of the largest says nothing


@dataclass(frozen=True)
class InfoMEC:
    """The three scores and what they come from.

    Attributes:
        modularity, explicitness, compactness: InfoM, InfoE, InfoC; at most 1.
        table: NMI of each factor with each dimension, float64 [n_s, n_z], 0 for a dimension that never changes.
        active: which dimensions change at all, bool [n_z].
    """

    modularity: float
    explicitness: float
    compactness: float
    table: np.ndarray
    active: np.ndarray


def infomec(z: np.ndarray, factors: np.ndarray, seed: int = 0) -> InfoMEC:
    """Latents z [N, n_z] (integers are codes, floats are numbers) and factors [N, n_s], any values -> the scores."""
    z, classes = np.asarray(z), whole(factors)
    table, active = _told(z, classes, seed)
    used = table[:, active]
    return InfoMEC(_peak(used.T), explicitness(z, classes, seed), _peak(used), table, active)


def modularity(z: np.ndarray, factors: np.ndarray, seed: int = 0) -> float:
    """InfoM alone, which needs no probe: latents z [N, n_z] and factors [N, n_s] as in `infomec`."""
    table, active = _told(np.asarray(z), whole(factors), seed)
    return _peak(table[:, active].T)


def _told(z: np.ndarray, classes: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """What each dimension tells of each factor, NMI [n_s, n_z], and which dimensions change at all, bool [n_z]."""
    spread = np.ptp(z, axis=0)
    active = spread > 0 if _codes(z) else spread > INACTIVE * spread.max()
    table = np.zeros((classes.shape[1], z.shape[1]))
    table[:, active] = information(z[:, active], classes, seed)
    return table, active


def whole(factors: np.ndarray) -> np.ndarray:
    """Factors [N, n_s] of any values -> the rank of each value in its column, int64 [N, n_s]."""
    columns = [np.unique(column, return_inverse=True)[1] for column in np.asarray(factors).T]
    return np.stack(columns, axis=1)


def information(z: np.ndarray, classes: np.ndarray, seed: int = 0) -> np.ndarray:
    """Latents [N, n_z] and classes int64 [N, n_s] -> NMI_ij = I(s_i; z_j) / H(s_i), float64 [n_s, n_z]."""
    from sklearn.feature_selection import mutual_info_classif
    from sklearn.metrics import mutual_info_score

    out = np.zeros((classes.shape[1], z.shape[1]))
    for i, factor in enumerate(classes.T):
        if _codes(z):
            row = [mutual_info_score(factor, column) for column in z.T]
        else:
            scaled = (z - z.mean(0)) / np.maximum(z.std(0), 1e-12)
            row = mutual_info_classif(
                scaled, factor, discrete_features=False, n_neighbors=NEIGHBOURS, random_state=seed
            )
        out[i] = np.asarray(row) / max(mutual_info_score(factor, factor), 1e-12)
    return out


def explicitness(z: np.ndarray, classes: np.ndarray, seed: int = 0) -> float:
    """InfoE of latents [N, n_z] and classes int64 [N, n_s], fitted on one half of the rows and scored on the other."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    order = np.random.default_rng(seed).permutation(len(z))
    fitted, scored = order[: len(z) // 2], order[len(z) // 2 :]
    encoder = OneHotEncoder(handle_unknown="ignore") if _codes(z) else StandardScaler()
    given, new = encoder.fit_transform(z[fitted]), encoder.transform(z[scored])
    shares = []
    for factor in classes.T:
        labels = np.unique(factor[fitted])
        known = np.isin(factor[scored], labels)
        probe = LogisticRegression(max_iter=300).fit(given, factor[fitted])
        frequency = np.array([(factor[fitted] == label).mean() for label in labels])
        blind = -np.log(frequency[np.searchsorted(labels, factor[scored][known])]).mean()
        seeing = log_loss(factor[scored][known], probe.predict_proba(new[known]), labels=labels)
        shares.append((blind - seeing) / blind)
    return float(np.mean(shares))


def _codes(z: np.ndarray) -> bool:
    return np.issubdtype(z.dtype, np.integer)


def _peak(table: np.ndarray) -> float:
    """How much of each row its largest entry holds, on average, from 0 (all alike) to 1 (all in one)."""
    columns = table.shape[1]
    if not table.size or columns < 2:
        return 0.0
    total = table.sum(1)
    share = np.where(total > 0, table.max(1) / np.maximum(total, 1e-12), 1 / columns)
    return float((share.mean() - 1 / columns) / (1 - 1 / columns))

"""Estimators of the path without the change, for every row as its own target in one pass.

All functions take x [R, T] scaled rows and a mask of donors [R] and give `Fit`: row i is fitted from the
donor rows other than i, so that row 0 is the estimate and the others are its placebos, made in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atlarge.effects.simplex import simplex_weights

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

PENALTIES = np.geomspace(
    10.0, 1e-5, 13
)  # of the ridge, as shares of the largest eigenvalue; infinity is added
MAX_FACTORS = 4
MAX_TUNING_ROWS = 200


@dataclass(frozen=True)
class Fit:
    """fitted [R, T]; weights [R, R] on the rows (None where the method has none); tuning value if any."""

    fitted: Floats
    weights: Floats | None
    tuning: float | None = None


def allowed_pairs(n_rows: int) -> Bools:
    """Row 0 is the target and serves nobody; the others serve all but themselves."""
    allowed = ~np.eye(n_rows, dtype=bool)
    allowed[:, 0] = False
    return np.asarray(allowed)


def fit(x: Floats, pre: Bools, size: Floats, method: str) -> Fit:
    """Fit all rows by `method`: "sc", "ascm", "ife" or "did".

    `size` [R] is the mean count behind each row; rows with larger counts are less noisy and weigh more in
    the ridge and in the factors.
    """
    if method == "did":
        return _differences(x, pre, size)
    if method == "sc":
        weights = simplex_weights(x[:, pre], x[:, pre], allowed_pairs(len(x)))
        return Fit(weights @ x, weights)
    if method == "ascm":
        return _augmented(x, pre, size)
    if method == "ife":
        return _factors(x, pre, size)
    raise ValueError(f"unknown method {method!r}: use ascm, sc, ife or did")


def precision(size: Floats) -> Floats:
    """Donor weights: the noise of a scaled count is its own part (like 1 / size) plus a common part."""
    positive = size[size > 0]
    typical = float(np.median(positive)) if len(positive) else 1.0
    share = np.where(size > 0, size / (size + typical), 0.0)
    share[0] = 0.0
    return np.asarray(share)


def _differences(x: Floats, pre: Bools, size: Floats) -> Fit:
    """Own pre-mean moved by the precision-weighted mean path of the others (difference in differences)."""
    weight = precision(size)
    deviation = x - x[:, pre].mean(1, keepdims=True)
    total = weight @ deviation
    left = weight.sum() - weight
    path = (total - weight[:, None] * deviation) / left[:, None]
    share = np.where(allowed_pairs(len(x)), weight[None, :] / left[:, None], 0.0)
    return Fit(path + x[:, pre].mean(1, keepdims=True), share)


def _folds(pre: Bools, n_folds: int) -> list[Bools]:
    """Blocks of consecutive pre-periods: neighbours in time are alike, so single periods would be too
    easy."""
    index = np.flatnonzero(pre)
    folds = []
    for block in np.array_split(index, min(n_folds, max(2, len(index) // 3))):
        mask = np.zeros(len(pre), dtype=bool)
        mask[block] = True
        folds.append(mask)
    return folds


def _tuning_rows(n_rows: int) -> NDArray[np.int64]:
    """Evenly spaced donor rows that choose a tuning value for all: the same for target and placebos."""
    step = max(1, (n_rows - 1) // MAX_TUNING_ROWS)
    return np.arange(1, n_rows, step)[:MAX_TUNING_ROWS]


def _loo_covariance(centred: Floats, weight: Floats, rows: NDArray[np.int64]) -> Floats:
    """sum_j w_j c_j c_j' without row i, for each i of `rows`: [len(rows), T, T]."""
    whole = (centred * weight[:, None]).T @ centred
    own = centred[rows]
    return np.asarray(whole - weight[rows, None, None] * own[:, :, None] * own[:, None, :])


def _ridge_paths(
    x: Floats, train: Bools, weight: Floats, rows: NDArray[np.int64], w: Floats, lam: Floats
) -> Floats:
    """What the ridge adds to the fit of `rows`, for each penalty: [L, len(rows), T].

    Ben-Michael, Feller and Rothstein (2021): the imbalance of the simplex fit before the change, times the
    ridge coefficients of all periods on the pre-periods among the donors.
    """
    centre = (weight @ x) / weight.sum()
    centred = x - centre
    inside = centred[:, train]
    own_cross = weight[rows, None, None] * inside[rows][:, :, None] * centred[rows][:, None, :]
    cross = (inside * weight[:, None]).T @ centred - own_cross
    values, vectors = np.linalg.eigh(_loo_covariance(inside, weight, rows))
    values = np.maximum(values, 0.0)
    imbalance = x[rows][:, train] - w[:, :] @ x[:, train]
    turned = np.einsum("rts,rt->rs", vectors, imbalance)
    top = values[:, -1:]
    added = np.empty((len(lam), len(rows), x.shape[1]))
    for k, share in enumerate(lam):
        shrunk = turned / (values + share * top + 1e-12 * top)
        added[k] = np.einsum("rt,rtu->ru", np.einsum("rts,rs->rt", vectors, shrunk), cross)
    return added


def _augmented(x: Floats, pre: Bools, size: Floats) -> Fit:
    """Ridge-augmented synthetic control; one penalty for all rows, chosen by blocked hold-out."""
    weight = precision(size)
    allowed = allowed_pairs(len(x))
    share = _choose_penalty(x, pre, weight, size)
    rows = np.arange(len(x))
    w = simplex_weights(x[:, pre], x[:, pre], allowed)
    base = w @ x
    if not np.isfinite(share):
        return Fit(base, w, share)
    added = _ridge_paths(x, pre, weight, rows, w, np.array([share]))[0]
    return Fit(base + added, w, share)


def _choose_penalty(x: Floats, pre: Bools, weight: Floats, size: Floats) -> float:
    """The penalty with the least held-out error over donor rows; infinity (no ridge) competes too."""
    rows = _tuning_rows(len(x))
    allowed = allowed_pairs(len(x))[rows]
    error = np.zeros((len(PENALTIES) + 1, len(rows)))
    for held in _folds(pre, 5):
        train = pre & ~held
        w = simplex_weights(x[rows][:, train], x[:, train], allowed)
        gap = x[rows] - w @ x
        added = _ridge_paths(x, train, weight, rows, w, PENALTIES)
        error[0] += (gap[:, held] ** 2).sum(1)
        error[1:] += ((gap[None] - added)[:, :, held] ** 2).sum(2)
    # rows with large counts tell more about the penalty; each error is in units of that row's own noise
    score = (error * size[rows][None, :]).sum(1)
    best = int(score.argmin())
    return float("inf") if best == 0 else float(PENALTIES[best - 1])


def _factors(x: Floats, pre: Bools, size: Floats) -> Fit:
    """Interactive fixed effects: factors of the other donors, loadings of the row from its pre-periods.

    Bai (2009), Xu (2017). With the donors complete the least-squares factors are the leading eigenvectors of
    their period covariance, found here for every left-out row at once; their number is chosen by hold-out.
    """
    weight = precision(size)
    rows = _tuning_rows(len(x))
    most = min(MAX_FACTORS, max(0, int(pre.sum()) // 4 - 1))
    error = np.zeros((most + 1, len(rows)))
    for held in _folds(pre, 5):
        train = pre & ~held
        for r, path in enumerate(_factor_paths(x, train, pre, weight, rows, most)):
            error[r] += ((x[rows] - path)[:, held] ** 2).sum(1)
    r = int((error * size[rows][None, :]).sum(1).argmin())
    path = _factor_paths(x, pre, pre, weight, np.arange(len(x)), r)[r]
    return Fit(path, None, float(r))


def _factor_paths(
    x: Floats, train: Bools, pre: Bools, weight: Floats, rows: NDArray[np.int64], most: int
) -> list[Floats]:
    """Fitted paths [len(rows), T] with 0..most factors."""
    level = x[:, pre].mean(1, keepdims=True)
    deviation = x - level
    left = weight.sum() - weight[rows]
    period = ((weight @ deviation) - weight[rows, None] * deviation[rows]) / left[:, None]
    centred = deviation - (weight @ deviation) / weight.sum()
    _, vectors = np.linalg.eigh(_loo_covariance(centred, weight, rows))
    leading = vectors[:, :, ::-1]
    rest = x[rows] - period
    paths = []
    for r in range(most + 1):
        basis = np.concatenate([np.ones((len(rows), x.shape[1], 1)), leading[:, :, :r]], axis=2)
        inside = basis[:, train]
        gram = inside.transpose(0, 2, 1) @ inside
        gram[:, np.arange(r + 1), np.arange(r + 1)] *= 1 + 1e-9
        gram[:, np.arange(r + 1), np.arange(r + 1)] += 1e-12
        right = np.einsum("rtk,rt->rk", inside, rest[:, train])
        loading = np.linalg.solve(gram, right[:, :, None])[:, :, 0]
        paths.append(period + np.einsum("rtk,rk->rt", basis, loading))
    return paths

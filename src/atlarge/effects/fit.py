"""Estimators of the path without the change, for every row as its own target in one pass.

All functions take x [R, T] scaled rows and a mask of donors [R] and give `Fit`: row i is fitted from the
donor rows other than i, so that row 0 is the estimate and the others are its placebos, computed likewise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atlarge.effects.simplex import simplex_weights
from atlarge.effects.smooth import smooth_simplex_weights
from atlarge.effects.typing import Bools, Floats, Ints
from atlarge.errors import QuestionError

PENALTIES = np.geomspace(10.0, 1e-5, 13)
"""Of the ridge, as shares of the largest eigenvalue; infinity is added."""
NOISE_PENALTY = 3.0  # see `noise_penalty`
MAX_TUNING_ROWS = 200


@dataclass(frozen=True)
class Fit:
    """fitted [F, T] and weights [F, R] of the fitted rows (no weights for some methods); tuning value if
    any."""

    fitted: Floats
    weights: Floats | None
    tuning: float | None = None


def allowed_pairs(n_rows: int) -> Bools:
    """Row 0 is the target and serves nobody; the others serve all but themselves."""
    allowed = ~np.eye(n_rows, dtype=bool)
    allowed[:, 0] = False
    return np.asarray(allowed)


def fit(
    x: Floats,
    pre: Bools,
    size: Floats,
    method: str,
    *,
    tuning: float | None = None,
) -> Fit:
    """Fit all rows by `method`: "sc", "ascm" or "did".

    `size` [R] is the mean count behind each row; rows with larger counts are less noisy and weigh more in
    the ridge and in the factors. `tuning` fixes the tuning value instead of choosing it.
    """
    if method == "did":
        return _differences(x, pre, size)
    if method == "sc":
        weights = simplex_weights(x[:, pre], x[:, pre], allowed_pairs(len(x)))
        return Fit(weights @ x, weights)
    if method == "ascm":
        return _augmented(x, pre, size, tuning)
    raise QuestionError(f"unknown method {method!r}: use ascm, sc or did")


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
    level = x[:, pre].mean(1, keepdims=True)
    deviation = x - level
    left = weight.sum() - weight
    path = ((weight @ deviation) - weight[:, None] * deviation) / left[:, None]
    share = np.where(allowed_pairs(len(x)), weight[None, :] / left[:, None], 0.0)
    return Fit(path + level, share)


def _folds(pre: Bools) -> list[Bools]:
    """Held-out ends of the pre-period: the task is to predict, so validation must predict too."""
    index = np.flatnonzero(pre)
    folds = []
    for share in (0.5, 0.75):
        mask = np.zeros(len(pre), dtype=bool)
        mask[index[max(3, round(share * len(index))) :]] = True
        folds.append(mask)
    return folds


def _tuning_rows(n_rows: int) -> Ints:
    """Evenly spaced donor rows that choose a tuning value for all: the same for target and placebos."""
    step = max(1, (n_rows - 1) // MAX_TUNING_ROWS)
    return np.arange(1, n_rows, step)[:MAX_TUNING_ROWS]


def _loo_covariance(centred: Floats, weight: Floats, rows: Ints) -> Floats:
    """sum_j w_j c_j c_j' without row i, for each i of `rows`: [len(rows), T, T]."""
    whole = (centred * weight[:, None]).T @ centred
    own = centred[rows]
    return np.asarray(whole - weight[rows, None, None] * own[:, :, None] * own[:, None, :])


def _ridge_paths(x: Floats, train: Bools, weight: Floats, rows: Ints, w: Floats, lam: Floats) -> Floats:
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
    top = np.maximum(values[:, -1:], 1e-12)
    added = np.empty((len(lam), len(rows), x.shape[1]))
    for k, share in enumerate(lam):
        shrunk = turned / (values + (share + 1e-12) * top)
        added[k] = np.einsum("rt,rtu->ru", np.einsum("rts,rs->rt", vectors, shrunk), cross)
    return added


def noise_penalty(size: Floats, n_pre: int) -> Floats | None:
    """What a squared weight on each donor costs: `NOISE_PENALTY` times the Poisson noise it would bring in.

    A donor of mean count m, divided by m, has variance 1/m in each of the n_pre periods (more if
    overdispersed). Without this cost the weights chase noise of small donors; the factor is the one
    with the least placebo error in simulated data and is not sensitive (1 to 10 do nearly as well).
    """
    if not (size[1:] > 0).all() or (size == size[0]).all():
        return None  # no noise model for values that are not counts relative to their mean
    return np.asarray(NOISE_PENALTY * n_pre / np.maximum(size, 1e-12))


def _weights(x: Floats, pre: Bools, rows: Ints, cost: Floats | None) -> Floats:
    allowed = allowed_pairs(len(x))[rows]
    if cost is None:
        return simplex_weights(x[rows][:, pre], x[:, pre], allowed)
    return smooth_simplex_weights(x[rows][:, pre], x[:, pre], allowed, cost)


def _augmented(x: Floats, pre: Bools, size: Floats, tuning: float | None) -> Fit:
    """Ridge-augmented synthetic control; one penalty for all rows, chosen by predicting held-out periods."""
    weight = precision(size)
    share = _choose_penalty(x, pre, weight, size) if tuning is None else tuning
    cost = noise_penalty(size, int(pre.sum()))
    rows = np.arange(len(x))
    w = _weights(x, pre, rows, cost)
    base = w @ x
    if not np.isfinite(share):
        return Fit(base, w, share)
    added = _ridge_paths(x, pre, weight, rows, w, np.array([share]))[0]
    return Fit(base + added, w, share)


def _choose_penalty(x: Floats, pre: Bools, weight: Floats, size: Floats) -> float:
    """The penalty with the least held-out error over donor rows; infinity (no ridge) competes too."""
    rows = _tuning_rows(len(x))
    error = np.zeros((len(PENALTIES) + 1, len(rows)))
    for left_out in _folds(pre):
        train = pre & ~left_out
        cost = noise_penalty(size, int(train.sum()))
        w = _weights(x, train, rows, cost)
        gap = x[rows] - w @ x
        added = _ridge_paths(x, train, weight, rows, w, PENALTIES)
        error[0] += (gap[:, left_out] ** 2).sum(1)
        error[1:] += ((gap[None] - added)[:, :, left_out] ** 2).sum(2)
    best = simplest_good(error * size[rows])
    return float("inf") if best == 0 else float(PENALTIES[best - 1])


def simplest_good(error: Floats) -> int:
    """First (simplest) of the choices [K, rows] whose error exceeds the least one by no more than a
    standard error.

    Errors are held-out squared errors of each row, in units of that row's own noise.
    """
    best = int(error.mean(1).argmin())
    excess = error - error[best]
    spread = excess.std(1) / np.sqrt(error.shape[1])
    return int(np.flatnonzero(excess.mean(1) <= spread + 1e-12 * error[best].mean())[0])

"""EARS C1, C2 and C3: is a count above the mean of the last few by so many standard deviations?

Fricker, Hegler and Dunfee (2008); the thresholds are those of the methods' description by the US Centers for
Disease Control, for series too short for a seasonal baseline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from atlarge.errors import QuestionError
from atlarge.surveillance.validation import Bools, Floats, as_counts

Method = Literal["C1", "C2", "C3"]
_LAG = {"C1": 0, "C2": 2, "C3": 2}
_ALPHA = {"C1": 0.001, "C2": 0.001, "C3": 0.025}


@dataclass(frozen=True)
class Ears:
    """Thresholds and alarms [series, T]; NaN and False where the baseline is too short or not whole."""

    upper: Floats
    alarm: Bools


def ears(
    counts: ArrayLike,
    method: Method = "C1",
    *,
    baseline: int = 7,
    min_sigma: float = 0.0,
    alpha: float | None = None,
) -> Ears:
    """Judge counts [series, T] by the `baseline` times before (C1), or those two times earlier (C2, C3).

    C3 adds up how far the two times before were above their own means by more than one standard deviation.
    `alpha`: 0.001 by default, 0.025 for C3. Raises QuestionError for bad counts or options.
    """
    if method not in _LAG:
        raise QuestionError(f"no EARS method {method!r}; there are: C1, C2, C3")
    if baseline < 3:
        raise QuestionError(f"the baseline must hold at least 3 times, not {baseline}")
    if min_sigma < 0:
        raise QuestionError(f"min_sigma must not be negative, not {min_sigma:g}")
    y = as_counts(counts)
    n, lag = y.shape[1], _LAG[method]
    mean, sd = np.full(y.shape, np.nan), np.full(y.shape, np.nan)
    first = baseline + lag
    if n > first:
        windows = np.lib.stride_tricks.sliding_window_view(y, baseline, axis=1)[:, : n - first]
        mean[:, first:] = windows.mean(axis=2)
        sd[:, first:] = np.maximum(windows.std(axis=2, ddof=1), min_sigma)
    from scipy.special import ndtri

    z = float(ndtri(1.0 - (_ALPHA[method] if alpha is None else alpha)))
    upper = mean + z * sd if method != "C3" else _c3(y, mean, sd, z)
    with np.errstate(invalid="ignore"):
        return Ears(upper, y > upper)


def _c3(y: Floats, mean: Floats, sd: Floats, z: float) -> Floats:
    """The bound on the count at which the sum of three excesses reaches z."""
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = np.maximum((y - mean) / sd - 1.0, 0.0)
    upper = np.full(y.shape, np.nan)
    if y.shape[1] > 2:
        before = excess[:, 1:-1] + excess[:, :-2]
        with np.errstate(invalid="ignore"):  # a flat baseline and a rise: no bound is defined
            upper[:, 2:] = np.maximum(y[:, 2:] + sd[:, 2:] * (z - before), 0.0)
    return upper

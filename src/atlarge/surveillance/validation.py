"""What all detectors share: arrays of counts (series x time), checked once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atlarge.errors import QuestionError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def as_counts(y: ArrayLike, units: Sequence[object] = (), times: Sequence[object] = ()) -> Floats:
    """Counts as a float array [series, T]; a single series may be given as [T]. NaN means not observed.

    QuestionError for negative, fractional or infinite values, naming the first one by its number or by its
    name and time where these are given, and for an empty array.
    """
    try:
        counts = np.array(np.ma.filled(np.ma.asarray(y, dtype=np.float64), np.nan), ndmin=2)
    except (TypeError, ValueError):
        raise QuestionError(
            "counts must be an array of numbers [series, time], or a dataframe with unit=, time= and value="
        ) from None
    if y is None:
        raise QuestionError("there are no counts: give at least one series and one time")
    if counts.ndim != 2:
        raise QuestionError(f"counts must be series x time, not an array of {counts.ndim} dimensions")
    if counts.size == 0:
        raise QuestionError("there are no counts: give at least one series and one time")
    for wrong, word in (
        (np.isinf(counts), "infinite"),
        (counts < 0, "negative"),
        (np.isfinite(counts) & (counts != np.floor(counts)), "not a whole number"),
    ):
        if wrong.any():
            series, time = (int(i[0]) for i in np.nonzero(wrong))
            where = f"series {units[series] if len(units) else series}"
            where += f", time {times[time] if len(times) else time}"
            raise QuestionError(
                f"{where}: the count {counts[series, time]:g} is {word}; "
                "counts must be whole numbers from 0, or NaN where nothing was observed"
            )
    return counts


def as_days(times: Sequence[dt.date] | ArrayLike, n_times: int) -> NDArray[np.datetime64]:
    """Times as days [T]; QuestionError unless they are `n_times`, sorted, distinct and evenly spaced."""
    days = np.asarray(times, dtype="datetime64[D]")
    if days.shape != (n_times,):
        raise QuestionError(f"{days.size} times were given for {n_times} columns of counts")
    steps = np.diff(days).astype(np.int64)
    if (steps <= 0).any():
        at = int(np.nonzero(steps <= 0)[0][0]) + 1
        raise QuestionError(f"the times are not in order: {days[at]} follows {days[at - 1]}; sort them first")
    if steps.size and (steps != steps[0]).any():
        at = int(np.nonzero(steps != steps[0])[0][0]) + 1
        raise QuestionError(
            f"the times are not evenly spaced: {days[at - 1]} to {days[at]} is {steps[at - 1]} days, "
            f"not {steps[0]}; put NaN where nothing was observed"
        )
    return days


def days_of(days: ArrayLike) -> NDArray[np.datetime64]:
    """Days as datetime64[D] [T]: of an array, an index of pandas, dates, or ISO strings."""
    try:
        return np.asarray(days).astype("datetime64[D]")
    except (TypeError, ValueError):
        raise QuestionError("give days as dates, datetime64 or ISO strings") from None


def check_level(alpha: float) -> None:
    """QuestionError unless a level lies between 0 and 1."""
    if not 0.0 < alpha < 1.0:
        raise QuestionError(f"alpha must lie between 0 and 1, not {alpha:g}")


def window_sums(values: Floats, length: int) -> Floats:
    """Sums over [t, t + length) for every start t, [series, T]; NaN counts as 0, windows end at T."""
    return sums_from(running_total(values), length)


def running_total(values: Floats) -> Floats:
    """Totals before each time and of all, [series, T + 1]; NaN counts as 0."""
    total = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(np.nan_to_num(values), axis=1, out=total[:, 1:])
    return total


def sums_from(total: Floats, length: int) -> Floats:
    """`window_sums` from the `running_total`, for who needs several lengths."""
    n = total.shape[1] - 1
    whole = max(n - length + 1, 0)  # windows that do not reach the end
    sums: Floats = np.empty((len(total), n))
    np.subtract(total[:, n - whole + 1 :], total[:, :whole], out=sums[:, :whole])
    np.subtract(total[:, n:], total[:, whole:n], out=sums[:, whole:])
    return sums

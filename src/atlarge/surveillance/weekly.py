"""Weeks, tested by their whole count and by their strongest days.

An effort of three days can vanish in a week's count, and one of two weeks in a day's. So a week is tested
twice, by the scan of weeks and by the scan of days, and its p-value is corrected for both tests.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atlarge.surveillance.scan import WEEKS, Scan, describe
from atlarge.surveillance.validation import Bools, Floats, Ints
from atlarge.surveillance.windows import Windows, merge, pick

# Factors on p for seven starts and two scans, which are strongly correlated, by the mean count of a week;
# found on simulated null worlds (benchmarks/surges.py). Thin counts have fewer distinct windows, so their
# factor is smaller.
_MEAN_A_WEEK = np.array([0.7, 2.1, 7.0, 35.0])
_FACTOR = np.array([2.3, 2.65, 3.3, 3.5])
_JOIN_P = 1e-3


def _week_of(days: NDArray[np.datetime64], weeks: NDArray[np.datetime64]) -> Ints:
    """Position of each day's week, -1 for days outside the weeks."""
    at = (days - weeks[0]).astype(np.int64) // 7
    return np.where((at >= 0) & (at < weeks.size), at, -1)


def _best_day(p: Floats, week: Ints, n_weeks: int) -> Floats:
    """Smallest p of the days of each week [series, n_weeks]; 1 where none is known."""
    best = np.ones((len(p), n_weeks))
    inside = week >= 0
    for t in np.nonzero(inside)[0]:
        np.fmin(best[:, week[t]], p[:, t], out=best[:, week[t]])
    return best


def weeks_by_days(
    counts: Floats,
    by_week: Scan,
    weeks: NDArray[np.datetime64],
    by_day: Scan,
    days: NDArray[np.datetime64],
    *,
    alpha: float = 0.05,
    tested: Bools | None = None,
) -> Scan:
    """Join two scans of the same series into one of weeks.

    `counts` [series, weeks]; `weeks` are the first days of weeks, `days` the days of `by_day`. Bursts are
    whole weeks, with the counts, expectations and thresholds of whole weeks and p corrected for both tests.
    """
    n = counts.shape[1]
    week = _week_of(days, weeks)
    both = np.fmin(by_week.p, _best_day(by_day.p, week, n))
    factor = _correction(by_week)
    p = np.where(np.isfinite(by_week.p), np.minimum(factor[:, None] * both, 1.0), np.nan)
    if tested is not None:
        p[:, ~tested] = np.nan
    found = pick(_candidates(by_week, by_day, factor, week, n), counts.shape)
    found = found.take(np.isfinite(p[found.series, found.start]))
    found = merge(found, np.zeros(counts.shape, dtype=bool), WEEKS.gap, _JOIN_P)
    profile = np.ones(1)
    bursts = describe(counts, by_week.baseline, found, p, WEEKS, alpha, profile)
    return replace(by_week, bursts=bursts, p=p, n_tests=int(np.isfinite(p).sum()))


def _correction(by_week: Scan) -> Floats:
    """Factor on p for two tests, by series."""
    mean = by_week.baseline.expected.mean(axis=1)
    mean = np.where(np.isfinite(mean), np.maximum(mean, 1e-9), 1.0)  # unknown for series that are too thin
    factor: Floats = np.interp(np.log(mean), np.log(_MEAN_A_WEEK), _FACTOR)
    return factor


def _candidates(by_week: Scan, by_day: Scan, factor: Floats, week: Ints, n_weeks: int) -> Windows:
    """Bursts of both scans in weeks, with the correction for two tests on their p."""
    w, d = by_week.bursts, by_day.bursts
    first, last = week[d.start], week[d.end]
    inside = (first >= 0) | (last >= 0)
    first = np.where(first < 0, 0, first)
    last = np.where(last < 0, n_weeks - 1, last)
    series = np.concatenate([w.series, d.series[inside]])
    return Windows(
        series,
        np.concatenate([w.start, first[inside]]),
        np.concatenate([w.end, last[inside]]),
        np.minimum(factor[series] * np.concatenate([w.p, d.p[inside]]), 1.0),
    )

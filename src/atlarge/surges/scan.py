"""Bursts in counts: a negative-binomial scan over windows of 1 to L times, all series at once.

Scan statistics over time windows go back to Naus (1965) and Kulldorff (2001); here the mean of each window
is a baseline of its own and the count is overdispersed, so a window is judged by a negative-binomial tail.
The core knows counts and times only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atlarge.surges.arrays import Bools, Floats, Ints, as_counts, window_sums
from atlarge.surges.baseline import Baseline, fit_baseline
from atlarge.surges.fdr import benjamini_hochberg
from atlarge.surges.tails import clumping, level_of_window, mid_tail, price_of_looking, quantile

MIN_COUNT = 5  # a window with fewer events is never called a burst
THIN_SUPPORT = 10.0  # a level that rests on fewer events is thin
_SET_ASIDE_P = 1e-3
_CANDIDATE_P = 0.05
_CHUNK_CELLS = 200_000


@dataclass(frozen=True)
class Settings:
    """How to scan. Lengths are in times (days or weeks), as are `guard` and `reach` of the baseline.

    `gap`: bursts no more than this many times apart are one. `rounds`: how often bursts found are set aside
    and the baseline is fitted anew.
    """

    lengths: int = 14
    guard: int = 14
    reach: int = 56
    gap: int = 1
    rounds: int = 3


DAYS = Settings()
WEEKS = Settings(lengths=2, guard=2, reach=8, gap=0)


@dataclass(frozen=True)
class Bursts:
    """Bursts found, by p; one entry each: series, first and last time (inclusive) and the figures.

    `p` is the chance that the best window from a given start does as well under the baseline; `q` is the
    expected share of false ones among all bursts at least as strong, over all series and times tested.
    """

    series: Ints
    start: Ints
    end: Ints
    observed: Floats
    expected: Floats
    threshold: Floats
    excess_low: Floats
    excess_high: Floats
    p: Floats
    q: Floats
    score: Floats
    thin: Bools


@dataclass(frozen=True)
class Scan:
    """A scan: the bursts, the p of every start time [series, T] (NaN: not tested), and the baseline.

    `too_thin` [series] is True where no window holds enough events to be called a burst, so that nothing
    could have been found; `n_tests` is the number of tests that `q` pays for.
    """

    bursts: Bursts
    p: Floats
    baseline: Baseline
    too_thin: Bools
    n_tests: float


def _profile(base: Baseline, cycle: Ints) -> Floats:
    """Share of the expected count by place in the cycle, over all series."""
    n = int(cycle.max()) + 1
    total = np.bincount(cycle, weights=base.expected.sum(axis=0), minlength=n)
    profile: Floats = np.maximum(total / max(total.mean(), 1e-12), 0.1)
    return profile


def _windows(
    y: Floats, base: Baseline, settings: Settings, worth: float, floor_sd: float
) -> tuple[Floats, tuple[Ints, Ints, Ints, Floats]]:
    """Judge every window: the p of the best one from each start, and the windows worth a place in the list.

    Windows less than `floor_sd` standard deviations above expectation get the p of the normal law, which is
    close enough where nothing depends on it and far cheaper. Returned windows: series, start, length, p.
    """
    from scipy.special import ndtr

    observed = np.isfinite(y)
    due_all = np.where(observed, base.expected, 0.0)
    n = y.shape[1]
    best = np.ones(y.shape)
    listed = []
    for length in range(1, settings.lengths + 1):
        seen, due = window_sums(y, length), window_sums(due_all, length)
        phi = np.broadcast_to(base.dispersion[:, [length - 1]], y.shape)
        sd = (seen - due) / np.sqrt(np.maximum(phi * due, 1e-12))
        p = ndtr(-np.maximum(sd, -8.0))
        whole = observed & np.roll(observed, 1 - length, axis=1) & (np.arange(n)[None, :] + length <= n)
        look = whole & (sd > floor_sd) & (seen >= 1)
        p[look] = mid_tail(seen[look], due[look], phi[look])
        p[~whole] = 1.0
        best = np.minimum(best, p)
        series, start = np.nonzero(look & (p <= worth) & (seen >= MIN_COUNT))
        listed.append((series, start, np.full(series.size, length), p[series, start]))
    series, start, lengths, p = (np.concatenate(part) for part in zip(*listed, strict=True))
    return np.where(observed, best, np.nan), (series, start, lengths, p)


def _pick(
    series: Ints, start: Ints, length: Ints, p: Floats, shape: tuple[int, ...]
) -> tuple[Ints, Ints, Ints, Floats]:
    """Non-overlapping windows, strongest first."""
    busy = np.zeros(shape, dtype=bool)
    taken = []
    for i in np.lexsort((length, start, series, p)):
        row = busy[series[i], start[i] : start[i] + length[i]]
        if not row.any():
            row[:] = True
            taken.append(i)
    index = np.array(taken, dtype=np.int64)
    return series[index], start[index], start[index] + length[index] - 1, p[index]


def _merge(
    series: Ints, start: Ints, end: Ints, p: Floats, quiet: Bools, gap: int, cut: float
) -> tuple[Ints, Ints, Ints, Floats]:
    """Join windows that both pass `cut` and are apart by no more than `gap` times that are not quiet."""
    order = np.lexsort((start, series))
    rows: list[list[float]] = []
    counted = np.concatenate([np.zeros((len(quiet), 1)), np.cumsum(~quiet, axis=1)], axis=1)
    for i in order:
        s, a, b, value = int(series[i]), int(start[i]), int(end[i]), float(p[i])
        last = rows[-1] if rows else None
        if last and last[0] == s and max(value, last[3]) <= cut:
            between = counted[s, a] - counted[s, int(last[2]) + 1]
            if between <= gap:
                last[2], last[3] = b, min(last[3], value)
                continue
        rows.append([s, a, b, value])
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    whole = table[:, :3].astype(np.int64)
    return whole[:, 0], whole[:, 1], whole[:, 2], table[:, 3]


def _sum_between(values: Floats, series: Ints, start: Ints, end: Ints) -> Floats:
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(np.nan_to_num(values), axis=1)], axis=1)
    sums: Floats = total[series, end + 1] - total[series, start]
    return sums


def _describe(
    y: Floats,
    base: Baseline,
    picked: tuple[Ints, Ints, Ints, Floats],
    settings: Settings,
    alpha: float,
    profile: Floats,
    n_tests: float,
) -> Bursts:
    """Figures of each burst, strongest first."""
    series, start, end, p = picked
    expected_seen = np.where(np.isfinite(y), base.expected, 0.0)
    observed = _sum_between(y, series, start, end)
    expected = _sum_between(expected_seen, series, start, end)
    span = np.minimum(end - start, settings.lengths - 1)
    phi = base.dispersion[series, span]
    cut = level_of_window(alpha, profile, settings.lengths)
    threshold = quantile(np.full(p.shape, 1.0 - cut), expected, phi)
    low = observed - quantile(np.full(p.shape, 0.975), expected, phi)
    high = observed - quantile(np.full(p.shape, 0.025), expected, phi)
    score = (observed - expected) / np.maximum(threshold - expected, 0.5)
    middle = (start + end) // 2
    thin = base.support[series, middle] < THIN_SUPPORT
    q = benjamini_hochberg(np.minimum(p, 1.0), max(n_tests, float(p.size)))
    order = np.lexsort((start, series, -(observed - expected), p))
    columns = (series, start, end, observed, expected, threshold, low, high, p, q, score, thin)
    return Bursts(*[column[order] for column in columns])


def scan(
    counts: Floats,
    *,
    cycle: Ints | None = None,
    classes: Ints | None = None,
    settings: Settings = DAYS,
    alpha: float = 0.05,
    tested: Bools | None = None,
) -> Scan:
    """Scan counts [series, T] for bursts.

    `cycle` [T]: place in the week, 0 to 6 (None: no cycle). `classes` [T]: class of day, 0 ordinary (None:
    all ordinary). `tested` [T]: times whose starts are tested (None: all); the others still serve the
    baseline. Raises QuestionError for counts that are negative, fractional or infinite.
    """
    y = as_counts(counts)
    n = y.shape[1]
    cycle = np.zeros(n, dtype=np.int64) if cycle is None else cycle
    classes = np.zeros(n, dtype=np.int64) if classes is None else classes
    set_aside: Floats | None = None
    for turn in range(settings.rounds):
        base = fit_baseline(
            y,
            cycle=cycle,
            classes=classes,
            guard=settings.guard,
            reach=settings.reach,
            lengths=settings.lengths,
            set_aside=set_aside,
        )
        profile = _profile(base, cycle)
        last = turn == settings.rounds - 1
        worth = level_of_window(_CANDIDATE_P if last else _SET_ASIDE_P, profile, settings.lengths)
        best, found = _windows(y, base, settings, worth, 1.0 if last else 2.0)
        paid = price_of_looking(found[3], profile, settings.lengths)
        picked = _pick(*found[:3], paid, y.shape)
        set_aside = np.zeros(y.shape)
        strong = picked[3] <= _SET_ASIDE_P
        for s, a, b in zip(picked[0][strong], picked[1][strong], picked[2][strong], strict=True):
            set_aside[s, a : b + 1] = 1.0
    allowed = np.ones(n, dtype=bool) if tested is None else tested
    p = price_of_looking(best, profile, settings.lengths)
    p[:, ~allowed] = np.nan
    best_sum = window_sums(y, settings.lengths).max(axis=1)
    too_thin = best_sum < MIN_COUNT
    p[too_thin] = np.nan
    n_tests = float(np.isfinite(p).sum()) * clumping(profile, settings.lengths)
    quiet = base.calendar < 0.25
    picked = _merge(*picked, quiet, settings.gap, _SET_ASIDE_P)
    inside = np.array(
        [allowed[a : b + 1].any() for a, b in zip(picked[1], picked[2], strict=True)], dtype=bool
    )
    picked = tuple(column[inside] for column in picked)  # type: ignore[assignment]
    bursts = _describe(y, base, picked, settings, alpha, profile, n_tests)
    return Scan(bursts, p, base, too_thin, n_tests)

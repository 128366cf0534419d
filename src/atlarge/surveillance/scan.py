"""Bursts in counts: a negative-binomial scan over windows of 1 to L times, all series at once.

Scan statistics over time windows go back to Naus (1965) and Kulldorff (2001); here the mean of each window
is a baseline of its own and the count is overdispersed, so a window is judged by a negative-binomial tail.
The core knows counts and times only.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from atlarge.surveillance.baseline import Baseline, fit_baseline
from atlarge.surveillance.calibration import calibrate
from atlarge.surveillance.fdr import benjamini_hochberg, q_at
from atlarge.surveillance.tails import extremal_index, level_of_window, quantile
from atlarge.surveillance.validation import Bools, Floats, Ints, as_counts, window_sums
from atlarge.surveillance.windows import (
    MIN_COUNT,
    Windows,
    covered_by,
    extend,
    judge,
    merge,
    pick,
    sums_between,
)

THIN_SUPPORT = 10.0  # a level that rests on fewer events is thin
_SET_ASIDE_P = 1e-3
_CANDIDATE_P = 0.05
_QUIET_FACTOR = 0.4  # times with less than this share of an ordinary one do not part two bursts


@dataclass(frozen=True)
class Settings:
    """How to scan. Lengths are in times (days or weeks), as are `guard` and `reach` of the baseline.

    `gap`: bursts no more than this many times apart are one (-1: never). `rounds`: how often bursts found are
    set aside and the baseline is fitted anew.
    """

    lengths: int = 14
    guard: int = 14
    reach: int = 56
    gap: int = 1
    rounds: int = 3


DAYS = Settings()
WEEKS = Settings(lengths=2, guard=2, reach=8, gap=-1)


@dataclass(frozen=True)
class Bursts:
    """Bursts found, by p; one entry each: series, first and last time (inclusive) and the figures.

    `p` is the chance that the best window from a given start does as well under the baseline. `q` is its
    false discovery rate over all series and starts tested; `q_burst` is that among bursts, each counted once
    however many starts it makes exceed. `excess_low` and `excess_high` bound observed - expected at
    95 %. `thin`: the baseline rests on few events.
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
    q_burst: Floats
    score: Floats
    thin: Bools


@dataclass(frozen=True)
class Scan:
    """A scan: the bursts, the p of every start time [series, T] (NaN: not tested), and the baseline.

    `baseline` is NaN for series that are `too_thin` [series]: no window holds enough events to be called a
    burst, or too few times are observed to tell a level, so that nothing could have been found. `n_tests`
    is the number of starts tested.
    """

    bursts: Bursts
    p: Floats
    baseline: Baseline
    too_thin: Bools
    n_tests: int


def cycle_profile(base: Baseline, cycle: Ints) -> Floats:
    """Share of the expected count by place in the cycle, over all series."""
    total = np.bincount(cycle, weights=base.expected.sum(axis=0))
    profile: Floats = np.maximum(total / max(total.mean(), 1e-12), 0.1)
    return profile


def _fit(y: Floats, cycle: Ints, classes: Ints, settings: Settings) -> Baseline:
    """The baseline, refitted with the strong bursts found so far set aside."""
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
        if turn < settings.rounds - 1:
            worth = level_of_window(_SET_ASIDE_P, cycle_profile(base, cycle), settings.lengths)
            _, found = judge(y, base.expected, base.dispersion, worth=worth, floor_sd=2.0)
            set_aside = covered_by(pick(found, y.shape), y.shape)
    return base


def describe(
    y: Floats,
    base: Baseline,
    found: Windows,
    p_all: Floats,
    settings: Settings,
    alpha: float,
    profile: Floats,
) -> Bursts:
    """Figures of each burst, strongest first."""
    expected_seen = np.where(np.isfinite(y), base.expected, 0.0)
    observed, expected = sums_between(y, found), sums_between(expected_seen, found)
    phi = base.dispersion[found.series, np.minimum(found.end - found.start, settings.lengths - 1)]
    ones = np.ones(found.p.shape)
    cut = level_of_window(alpha, profile, settings.lengths)
    threshold = quantile((1.0 - cut) * ones, expected, phi)
    tested = p_all[np.isfinite(p_all)]
    separate = max(tested.size * extremal_index(profile, settings.lengths), float(found.p.size))
    columns = Bursts(
        series=found.series,
        start=found.start,
        end=found.end,
        observed=observed,
        expected=expected,
        threshold=threshold,
        excess_low=observed - quantile(0.975 * ones, expected, phi),
        excess_high=observed - quantile(0.025 * ones, expected, phi),
        p=found.p,
        q=q_at(found.p, tested),
        q_burst=benjamini_hochberg(found.p, separate),
        score=(observed - expected) / np.maximum(threshold - expected, 0.5),
        thin=base.support[found.series, (found.start + found.end) // 2] < THIN_SUPPORT,
    )
    order = np.lexsort((found.start, expected - observed, found.p))
    return Bursts(**{name: column[order] for name, column in vars(columns).items()})


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
    baseline. `alpha` sets the thresholds shown. Raises QuestionError for counts that are negative,
    fractional or infinite.
    """
    y = as_counts(counts)
    n = y.shape[1]
    cycle = np.zeros(n, dtype=np.int64) if cycle is None else cycle
    classes = np.zeros(n, dtype=np.int64) if classes is None else classes
    allowed = np.ones(n, dtype=bool) if tested is None else tested
    too_thin = window_sums(y, settings.lengths).max(axis=1) < MIN_COUNT
    too_thin |= np.isfinite(y).sum(axis=1) < settings.reach
    rows = np.nonzero(~too_thin)[0]
    p = np.full(y.shape, np.nan)
    if not rows.size:
        return Scan(_no_bursts(), p, _spread(None, rows, y.shape, settings), too_thin, 0)
    kept = y[rows]
    base = _fit(kept, cycle, classes, settings)
    profile = cycle_profile(base, cycle)
    p_kept, found = _found(kept, base, settings, profile, allowed)
    p[rows] = p_kept
    bursts = describe(kept, base, found, p_kept, settings, alpha, profile)
    bursts = replace(bursts, series=rows[bursts.series])
    return Scan(bursts, p, _spread(base, rows, y.shape, settings), too_thin, int(np.isfinite(p).sum()))


def _found(
    y: Floats, base: Baseline, settings: Settings, profile: Floats, allowed: Bools
) -> tuple[Floats, Windows]:
    """The calibrated p of every start [series, T], and the bursts worth describing."""
    worth = level_of_window(_CANDIDATE_P, profile, settings.lengths)
    best, listed = judge(y, base.expected, base.dispersion, worth=worth, floor_sd=1.0)
    calibration = calibrate(base, profile, settings.lengths)
    # A start that is not observed has no p; 1 stands in while the prices are looked up.
    p = calibration.paid(np.nan_to_num(best, nan=1.0), np.arange(len(y)))
    p[np.isnan(best) | ~allowed] = np.nan
    found = pick(listed, y.shape)
    found = found.take(np.isfinite(p[found.series, found.start]))
    found = Windows(found.series, found.start, found.end, calibration.paid(found.p, found.series))
    found = extend(found, y, base.expected, base.dispersion, strong=_SET_ASIDE_P)
    return p, merge(found, base.calendar < _QUIET_FACTOR, settings.gap, _SET_ASIDE_P)


def _spread(base: Baseline | None, rows: Ints, shape: tuple[int, ...], settings: Settings) -> Baseline:
    """A baseline of some series as one of all, NaN for the others."""
    sizes = {f.name: shape[1] for f in fields(Baseline)} | {"dispersion": settings.lengths}
    whole = {name: np.full((shape[0], size), np.nan) for name, size in sizes.items()}
    for name, values in whole.items():
        if base is not None:
            values[rows] = getattr(base, name)
    return Baseline(**whole)


def _no_bursts() -> Bursts:
    """No bursts at all."""
    whole, number = np.zeros(0, dtype=np.int64), np.zeros(0)
    thin = np.zeros(0, dtype=bool)
    return Bursts(
        whole, whole, whole, number, number, number, number, number, number, number, number, number, thin
    )

"""Bursts in counts: a negative-binomial scan over windows of 1 to L times, all series at once.

Scan statistics over time windows go back to Naus (1965) and Kulldorff (2001); here the mean of each window
is a baseline of its own and the count is overdispersed, so a window is tested by a negative-binomial tail.
The core knows counts and times only.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from atlarge.errors import QuestionError
from atlarge.surveillance.baseline import Baseline, fit_baseline
from atlarge.surveillance.calibration import LEAST_FACTOR, calibrate
from atlarge.surveillance.fdr import benjamini_hochberg, q_at
from atlarge.surveillance.holidays import weekdays
from atlarge.surveillance.series import CountSeries, draw, read_counts, to_frame
from atlarge.surveillance.tails import extremal_index, level_of_window, quantile, scan_adjusted_p
from atlarge.surveillance.validation import Bools, Floats, Ints, check_level, window_sums
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
_QUIET_FACTOR = 0.4  # times with less than this share of a usual time do not separate two bursts


@dataclass(frozen=True)
class Settings:
    """How to scan. Lengths are in times: days or weeks.

    Attributes
    ----------
    lengths : int
        Longest window.
    guard, reach : int
        Times left out around a time, and times that its baseline reaches over, on both sides.
    gap : int
        Bursts no more than this many times apart are one; -1: never.
    rounds : int
        How often bursts found are excluded and the baseline is fitted again.
    """

    lengths: int = 14
    guard: int = 14
    reach: int = 56
    gap: int = 1
    rounds: int = 3


DAYS = Settings()
WEEKS = Settings(lengths=2, guard=2, reach=8, gap=-1)


@dataclass(frozen=True, repr=False)
class Bursts:
    """Bursts found, by p, as columns of one length.

    Attributes
    ----------
    series, start, end : int array [K]
        Row of the series, first and last time, both inside.
    observed, expected, threshold : array [K]
        Counts over the burst: seen, usual, and what would be exceeded by chance at `alpha`.
    excess_low, excess_high : array [K]
        Interval of observed - expected at 95%.
    p : array [K]
        Chance that the best window from that start does as well under the baseline.
    q, q_burst : array [K]
        False discovery rate over all series and starts tested, and among bursts, each counted once however
        many starts it makes exceed.
    score : array [K]
        Excess over the distance from expected to threshold.
    thin : bool array [K]
        Whether the baseline rests on few events.
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

    def __repr__(self) -> str:
        return f"Bursts({self.p.size} in {np.unique(self.series).size} series)"


@dataclass(frozen=True, repr=False)
class Scan:
    """What `scan` found.

    Attributes
    ----------
    bursts
        The bursts, see `Bursts`.
    p
        p-value of every start time, [series, T]; NaN where it was not tested.
    baseline
        Expected counts and dispersion; NaN for series that are `too_thin`.
    too_thin
        Series in which nothing could have been found, [series]: no window holds enough events to be called
        a burst, or too few times are observed to estimate a level.
    n_tests
        Starts tested.
    series
        The counts that were read, with the names of series and times.
    """

    bursts: Bursts
    p: Floats
    baseline: Baseline
    too_thin: Bools
    n_tests: int
    series: CountSeries

    def __repr__(self) -> str:
        found = f"{self.bursts.p.size} candidate bursts in {len(self.p)} series"
        return f"Scan({found}, {self.n_tests} starts tested)"

    def summary(self, q: float = 0.05) -> str:
        """How many bursts at a false discovery rate of `q`, and in how many series none could be found."""
        kept = self.bursts.q <= q
        return (
            f"{int(kept.sum())} {'burst' if kept.sum() == 1 else 'bursts'} at a false discovery rate of "
            f"{q:g} in {np.unique(self.bursts.series[kept]).size} of {len(self.p)} series; "
            f"series too thin to show any: {int(self.too_thin.sum())}."
        )

    def to_frame(self, like: Any = None) -> Any:
        """One row for each burst; of the library the counts came from, or of `like` (a module)."""
        found = dict(vars(self.bursts))
        columns = {
            "unit": self.series.units[found.pop("series")],
            "start": self.series.times[found.pop("start")],
            "end": self.series.times[found.pop("end")],
            **found,
        }
        return to_frame(columns, self.series.frame_library, like)

    def plot(self, unit: Any = None, ax: Any = None, q: float = 0.05) -> Any:
        """Draw a series (None: the first) with expected counts and its bursts; returns the axes."""
        marks = np.full(self.p.shape, np.nan)
        for k in np.nonzero(self.bursts.q <= q)[0]:
            where = self.bursts.series[k], slice(self.bursts.start[k], self.bursts.end[k] + 1)
            marks[where] = self.series.counts[where]
        lines = {"expected": self.baseline.expected, "alarm": marks}
        return draw(self.series, np.arange(self.p.shape[1]), unit, lines, ax)


def cycle_profile(base: Baseline, cycle: Ints) -> Floats:
    """Share of the expected count by place in the cycle, over all series."""
    total = np.bincount(cycle, weights=base.expected.sum(axis=0))
    profile: Floats = np.maximum(total / max(total.mean(), 1e-12), 0.1)
    return profile


def _fit(y: Floats, cycle: Ints, classes: Ints, settings: Settings) -> Baseline:
    """The baseline, refitted with the strong bursts found so far excluded."""
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
    by_burst: bool = True,
) -> Bursts:
    """Figures of each burst, strongest first; `by_burst`: also `q_burst`, which takes a simulation."""
    expected_seen = np.where(np.isfinite(y), base.expected, 0.0)
    observed, expected = sums_between(y, found), sums_between(expected_seen, found)
    phi = base.dispersion[found.series, np.minimum(found.end - found.start, settings.lengths - 1)]
    ones = np.ones(found.p.shape)
    cut = level_of_window(alpha, profile, settings.lengths)
    threshold = quantile((1.0 - cut) * ones, expected, phi)
    tested = p_all[np.isfinite(p_all)]
    q_burst = np.full(found.p.shape, np.nan)
    if by_burst:
        separate = max(tested.size * extremal_index(profile, settings.lengths), float(found.p.size))
        q_burst = benjamini_hochberg(found.p, separate)
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
        q_burst=q_burst,
        score=(observed - expected) / np.maximum(threshold - expected, 0.5),
        thin=base.support[found.series, (found.start + found.end) // 2] < THIN_SUPPORT,
    )
    order = np.lexsort((found.start, expected - observed, found.p))
    return Bursts(**{name: column[order] for name, column in vars(columns).items()})


def settings_for(series: CountSeries) -> Settings:
    """`WEEKS` for times that are a week or more apart, else `DAYS`."""
    return DAYS if series.step is None or 0 < series.step < 7 else WEEKS


def scan(
    counts: Any,
    *,
    unit: str | None = None,
    time: str | None = None,
    value: str | None = None,
    cycle: Ints | None = None,
    classes: Ints | None = None,
    settings: Settings | None = None,
    alpha: float = 0.05,
    tested: Bools | None = None,
    by_burst: bool = True,
    wanted: float = 1.0,
) -> Scan:
    """Scan for bursts of unknown start and length, with a false discovery rate over all series and starts.

    Parameters
    ----------
    counts : array or frame
        Counts [series, T], whole numbers from 0, NaN where nothing was observed; or a pandas, polars or
        pyarrow frame with one row a series and time.
    unit, time, value : str, optional
        Columns of a frame: series, time and count.
    cycle : int array, optional
        Place in the week of each time, [T], 0 to 6 (`weekdays`). None: no cycle, and the days of the week
        for a frame of consecutive days.
    classes : int array, optional
        Class of each day, [T], 0 ordinary (`day_classes`). None: all ordinary.
    settings : Settings, optional
        `DAYS`, `WEEKS` or lengths of your own. None: `WEEKS` for a frame of times a week or more apart, else
        `DAYS`.
    alpha : float
        Level of the thresholds shown.
    tested : bool array, optional
        Times whose starts are tested, [T]; None: all. The others still serve the baseline.
    by_burst : bool
        Whether `q_burst` is worked out (it takes a simulation); else it is NaN.
    wanted : float
        Bursts with a greater `q` are not needed. Where it shows beforehand that there are no others, none
        is described, the simulation that calibrates p-values is left out, and `p` is the least they could be.

    Returns
    -------
    Scan
        Bursts by p-value, with `q`, and the p-value of every start.

    Raises
    ------
    QuestionError
        For counts that are negative, fractional or infinite, and columns that are not there.

    Notes
    -----
    Sources: Kulldorff (2001), J. R. Stat. Soc. A 164 (scan statistics); Benjamini and Hochberg (1995).

    Examples
    --------
    >>> import numpy as np
    >>> days = np.random.default_rng(1).poisson(2, (3, 400))
    >>> days[1, 200:203] += 15
    >>> found = scan(days)
    >>> int(found.bursts.series[0]), int(found.bursts.start[0]), int(found.bursts.end[0])
    (1, 200, 202)
    """
    check_level(alpha)
    series = read_counts(counts, unit=unit, time=time, value=value)
    y = series.counts
    settings = settings_for(series) if settings is None else settings
    if not isinstance(settings, Settings):
        raise QuestionError(f"settings are DAYS, WEEKS or Settings of your own, not {settings!r}")
    if cycle is None and series.step == 1:
        cycle = weekdays(series.times)
    n = y.shape[1]
    cycle = np.zeros(n, dtype=np.int64) if cycle is None else cycle
    classes = np.zeros(n, dtype=np.int64) if classes is None else classes
    allowed = np.ones(n, dtype=bool) if tested is None else tested
    too_thin = window_sums(y, settings.lengths).max(axis=1) < MIN_COUNT
    too_thin |= np.isfinite(y).sum(axis=1) < settings.reach
    rows = np.nonzero(~too_thin)[0]
    p = np.full(y.shape, np.nan)
    if not rows.size:
        return Scan(_no_bursts(), p, _spread(None, rows, y.shape, settings), too_thin, 0, series)
    kept = y[rows]
    base = _fit(kept, cycle, classes, settings)
    profile = cycle_profile(base, cycle)
    worth = level_of_window(_CANDIDATE_P, profile, settings.lengths)
    best, listed = judge(kept, base.expected, base.dispersion, worth=worth, floor_sd=1.0)
    whole = _spread(base, rows, y.shape, settings)
    if wanted < 1.0:
        least = LEAST_FACTOR * scan_adjusted_p(np.where(allowed, best, np.nan), profile, settings.lengths)
        tests = least[np.isfinite(least)]
        if q_at(np.zeros(1), tests)[0] > wanted:
            p[rows] = least
            return Scan(_no_bursts(), p, whole, too_thin, tests.size, series)
    p_kept, found = _found(kept, base, best, listed, settings, profile, allowed)
    p[rows] = p_kept
    bursts = describe(kept, base, found, p_kept, settings, alpha, profile, by_burst)
    bursts = replace(bursts, series=rows[bursts.series])
    return Scan(bursts, p, whole, too_thin, int(np.isfinite(p).sum()), series)


def _found(
    y: Floats,
    base: Baseline,
    best: Floats,
    listed: Windows,
    settings: Settings,
    profile: Floats,
    allowed: Bools,
) -> tuple[Floats, Windows]:
    """The calibrated p of every start [series, T] and the bursts worth describing, of what `judge` gave."""
    calibration = calibrate(base, profile, settings.lengths)
    series, start = np.nonzero(np.isfinite(best) & allowed)  # a start that is not observed has no p
    p = np.full(y.shape, np.nan)
    p[series, start] = calibration.paid(best[series, start], series)
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

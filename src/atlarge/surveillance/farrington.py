"""Farrington flexible: is this week's count above what the same season of earlier years predicts?

Farrington et al. (1996), as improved by Noufaily et al. (2013) and Salmon et al. (2016): a quasi-Poisson
regression per series and time, with a trend kept only if it earns its place, past outbreaks weighted down,
and a threshold from the predictive distribution. All series and all times are fitted at once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from atlarge.errors import QuestionError
from atlarge.surveillance.quasipoisson import (
    Design,
    Fit,
    Rows,
    anscombe,
    fit_levels,
    fit_trend,
    leverage,
    pearson,
    rows_of,
    working_residuals,
)
from atlarge.surveillance.reference_windows import History, histories
from atlarge.surveillance.series import CountSeries, count_alarms, draw, read_counts, to_frame, too_short
from atlarge.surveillance.tails import quantile, upper_tail
from atlarge.surveillance.validation import Bools, Floats, Ints, as_days

ThresholdMethod = Literal["delta", "nbPlugin", "muan"]
_EXPONENT = {"none": 1.0, "1/2": 0.5, "2/3": 2.0 / 3.0}
_METHODS = ("delta", "nbPlugin", "muan")
_CHUNK_CELLS = 50_000
_FIGURES = ("expected", "upper", "p", "score", "alarm", "phi", "slope", "status")

OK = "ok"
INSUFFICIENT = "insufficient"
NO_HISTORY = "no history"
NOT_ESTIMABLE = "not estimable"


@dataclass(frozen=True)
class Options:
    """Options of the method; names in brackets are those of R's `farringtonFlexible`.

    Attributes
    ----------
    years
        Years of past to use (b).
    half_width
        Times on either side of the same time in earlier years (w).
    periods
        Periods of the year, the reference season one of them (noPeriods); 1: reference season only.
    left_out
        Newest times that are no past (pastWeeksNotIncluded); None: `half_width`.
    reweight
        Whether past outbreaks are weighted down.
    weights_threshold
        Anscombe residual above which a time is weighted down (weightsThreshold).
    trend, trend_p
        Whether a trend may be kept, and the p-value under which it is (pThresholdTrend).
    least
        Fewer than so many events in so many newest times give no alarm (limit54).
    power
        Transformation for `method="delta"`: "2/3", "1/2" or "none" (powertrans).
    method
        "delta", "nbPlugin" or "muan" (thresholdMethod).
    alpha
        One-sided level of the threshold.
    frequency
        Times in a year where no days are given; 12 for a frame of months.
    """

    years: int = 5
    half_width: int = 3
    periods: int = 1
    left_out: int | None = None
    reweight: bool = True
    weights_threshold: float = 2.58
    trend: bool = True
    trend_p: float = 0.05
    least: tuple[float, int] = (5, 4)
    power: str = "2/3"
    method: ThresholdMethod = "delta"
    alpha: float = 0.05
    frequency: int = 52

    def check(self) -> None:
        """QuestionError that names the option at fault."""
        if self.years < 1 or self.half_width < 0 or self.periods < 1 or self.frequency < 1:
            raise QuestionError("years, periods and frequency must be at least 1, and half_width at least 0")
        if self.left_out is not None and self.left_out < 0:
            raise QuestionError(f"left_out must not be negative, not {self.left_out}")
        if self.method not in _METHODS:
            raise QuestionError(f"no threshold method {self.method!r}; there are: {', '.join(_METHODS)}")
        if self.power not in _EXPONENT:
            raise QuestionError(f"no power {self.power!r}; there are: {', '.join(_EXPONENT)}")
        if not 0.0 < self.alpha < 0.5:
            raise QuestionError(f"alpha must lie between 0 and 0.5, not {self.alpha:g}")
        if self.least[0] < 0 or self.least[1] < 1:
            raise QuestionError("least: events must not be negative, and times at least 1")


@dataclass(frozen=True, repr=False)
class Farrington:
    """What `farrington_flexible` found; arrays are [series, K] for the K times tested.

    Attributes
    ----------
    at : sequence of int, optional
        Positions of the times tested, [K].
    upper, expected
        Threshold and expected count; NaN unless `status` is "ok".
    p
        One-sided p-value of the count.
    score
        (observed - expected) / (upper - expected); an alarm is a score above 1.
    alarm
        Whether the count exceeds the threshold.
    phi
        Dispersion; 1 is Poisson.
    slope
        Trend per time on the log scale; NaN where none was kept.
    status
        "ok"; "insufficient" (fewer events than `Options.least`: p, phi and slope only); "no history";
        "not estimable" (the count is missing or the fit did not converge).
    series
        The counts that were read, with the names of series and times.
    """

    at: Ints
    upper: Floats
    expected: Floats
    p: Floats
    score: Floats
    alarm: Bools
    phi: Floats
    slope: Floats
    status: NDArray[np.str_]
    series: CountSeries

    def __repr__(self) -> str:
        return (
            f"Farrington({self.upper.shape[0]} series x {self.at.size} times, {int(self.alarm.sum())} alarms)"
        )

    def summary(self) -> str:
        """How many alarms, in how many series, and what could not be tested."""
        left = {s: int((self.status == s).sum()) for s in (INSUFFICIENT, NO_HISTORY, NOT_ESTIMABLE)}
        rest = ", ".join(f"{n} {status}" for status, n in left.items() if n) or "none"
        return (
            f"{count_alarms(self.alarm)}; {int((self.status == OK).sum())} counts tested, not tested: {rest}."
        )

    def to_frame(self, like: Any = None) -> Any:
        """One row for each series and time tested; of the library the counts came from, or of `like`."""
        k = self.at.size
        columns = {
            "unit": np.repeat(self.series.units, k),
            "time": np.tile(self.series.times[self.at], len(self.upper)),
            "observed": self.series.counts[:, self.at].ravel(),
            **{name: getattr(self, name).ravel() for name in _FIGURES},
        }
        return to_frame(columns, self.series.frame_library, like)

    def plot(self, unit: Any = None, ax: Any = None) -> Any:
        """Draw a series (None: the first) with expected counts, threshold and alarms; returns the axes."""
        observed = np.where(self.alarm, self.series.counts[:, self.at], np.nan)
        lines = {"expected": self.expected, "threshold": self.upper, "alarm": observed}
        return draw(self.series, self.at, unit, lines, ax)


@dataclass(frozen=True)
class _Model:
    """A fitted batch, ready to predict at the tested time: link, its variance, dispersions, residual df."""

    fit: Fit
    eta: Floats
    variance: Floats
    phi: Floats
    usable: Bools
    trend_p: Floats


def farrington_flexible(
    counts: Any,
    *,
    unit: str | None = None,
    time: str | None = None,
    value: str | None = None,
    times: Sequence[Any] | None = None,
    at: Sequence[int] | None = None,
    options: Options | None = None,
    threads: int | None = None,
) -> Farrington:
    """Farrington flexible: which counts exceed what the same season of earlier years predicts.

    Parameters
    ----------
    counts : array or frame
        Counts [series, T], whole numbers from 0; NaN is missing and serves neither as past nor as present.
        Or a pandas, polars or pyarrow frame with one row a series and time.
    unit, time, value : str, optional
        Columns of a frame: series, time and count.
    times : sequence of dates, optional
        Days of the columns of an array, evenly spaced: weeks are matched to the nearest same week of
        earlier years. Left out, `options.frequency` times make a year.
    at
        Positions of the times to test; None: every time with enough past.
    options : Options, optional
        See `Options`.
    threads : int, optional
        Threads to use; None: up to four.

    Returns
    -------
    Farrington
        Thresholds, expected counts, p-values and alarms, [series, K].

    Raises
    ------
    QuestionError
        For counts, times or options that cannot be used, and where no time has enough past.

    Notes
    -----
    Equal to `farringtonFlexible` of R's `surveillance` 1.20.3 to 1e-6 over its options. Sources: Farrington
    et al. (1996), J. R. Stat. Soc. A 159; Noufaily et al. (2013), Stat. Med. 32; Salmon, Schumacher and
    Hoehle (2016), J. Stat. Softw. 70.

    Examples
    --------
    >>> import numpy as np
    >>> weeks = np.random.default_rng(1).poisson(20, (1, 6 * 52))
    >>> weeks[0, -1] = 60
    >>> farrington_flexible(weeks, at=[6 * 52 - 1]).alarm
    array([[ True]])
    """
    options = options or Options()
    options.check()
    series = read_counts(counts, unit=unit, time=time, value=value)
    y = series.counts
    n = y.shape[1]
    days = as_days(times, n) if times is not None else series.times if series.step else None
    if series.step == 0:
        options = replace(options, frequency=12)
    if days is not None:
        series = replace(series, times=days)
    tested = np.arange(n) if at is None else np.asarray(at, dtype=np.int64)
    if tested.size and (tested.min() < 0 or tested.max() >= n):
        raise QuestionError(f"the times to test must lie between 0 and {n - 1}")
    patterns = histories(
        tested,
        years=options.years,
        half_width=options.half_width,
        periods=options.periods,
        left_out=options.half_width if options.left_out is None else options.left_out,
        frequency=options.frequency,
        days=days,
    )
    if at is None:
        tested = np.sort(np.concatenate([h.at for h in patterns])) if patterns else tested[:0]
    if not patterns:
        least = options.years * options.frequency + options.half_width + 1
        raise too_short(y, f"none of the {n} times has {options.years} years of past; lower `years`", least)
    result = _empty(series, tested)
    work = [job for h in patterns for job in _jobs(y, h)]
    with ThreadPoolExecutor(threads or min(4, os.cpu_count() or 1)) as pool:
        fitted = pool.map(lambda job: _test_rows(y, job[0], job[1], job[2], options), work)
        for (_, rows, tested_here), figures in zip(work, fitted, strict=True):
            columns = _columns(tested, tested_here)
            for name, values in figures.items():
                getattr(result, name)[np.ix_(rows, columns)] = values
    return result


def _columns(tested: Ints, times: Ints) -> Ints:
    order = np.argsort(tested, kind="stable")
    return order[np.searchsorted(tested[order], times)]


def _empty(series: CountSeries, tested: Ints) -> Farrington:
    shape = (len(series.counts), tested.size)
    blank = {name: np.full(shape, np.nan) for name in _FIGURES if name not in ("alarm", "status")}
    return Farrington(
        at=tested,
        alarm=np.zeros(shape, dtype=bool),
        status=np.full(shape, NO_HISTORY, dtype="<U14"),
        series=series,
        **blank,
    )


def _jobs(y: Floats, history: History) -> list[tuple[History, Ints, Ints]]:
    """Pieces of work that fit a processor's cache: some series at some times of one pattern."""
    each = max(1, _CHUNK_CELLS // history.offsets.size)
    per_time = min(history.at.size, each)
    per_series = max(1, each // per_time)
    series = np.arange(len(y))
    return [
        (history, series[i : i + per_series], history.at[k : k + per_time])
        for i in range(0, len(y), per_series)
        for k in range(0, history.at.size, per_time)
    ]


def _test_rows(
    counts: Floats, history: History, series: Ints, times: Ints, options: Options
) -> dict[str, NDArray[Any]]:
    """Results of one piece of work, each [series, times]."""
    past = counts[series][:, times[:, None] + history.offsets[None, :]].reshape(-1, history.offsets.size)
    now = counts[series][:, times].reshape(-1)
    rows = rows_of(past)
    centre = float(history.offsets.mean())
    design = Design(history.block, history.offsets.astype(np.float64) - centre, history.n_blocks)
    model, has_trend = _choose(rows, design, -centre, options)
    recent = sum(counts[series][:, np.maximum(times - i, 0)] for i in range(options.least[1]))
    enough = np.asarray(recent).reshape(-1) >= options.least[0]
    bound = _threshold(now, model, options)
    fitted = model.usable & np.isfinite(now)
    usable = fitted & np.isfinite(bound["expected"])
    status = np.where(usable, np.where(enough, OK, INSUFFICIENT), NOT_ESTIMABLE)
    shown = usable & enough
    upper, expected = (np.where(shown, bound[name], np.nan) for name in ("upper", "expected"))
    with np.errstate(invalid="ignore"):
        alarm = shown & (now > upper) & (now > 0)
        score = (now - expected) / (upper - expected)
    figures = {
        "upper": upper,
        "expected": expected,
        "p": np.where(usable, bound["p"], np.nan),
        "score": score,
        "alarm": alarm,
        "phi": np.where(fitted, model.phi, np.nan),
        "slope": np.where(fitted & has_trend, model.fit.slope, np.nan),
        "status": status,
    }
    return {name: values.reshape(len(series), len(times)) for name, values in figures.items()}


def _choose(rows: Rows, design: Design, now: float, options: Options) -> tuple[_Model, Bools]:
    """The model of each row: a trend only if significant, over three years or more, and not extrapolating."""
    if not options.trend:
        return _fit(rows, design, now, options, has_trend=False), np.zeros(len(rows.y), dtype=bool)
    sloped = _fit(rows, design, now, options, has_trend=True)
    with np.errstate(over="ignore", invalid="ignore"):
        keep = sloped.usable & (sloped.trend_p < options.trend_p) & (options.years >= 3)
        keep &= np.exp(sloped.eta) <= rows.y.max(axis=1)
    rest = np.nonzero(~keep)[0]
    if rest.size:
        flat = _fit(rows.take(rest), design, now, options, has_trend=False)
        for name in ("eta", "variance", "phi", "usable", "trend_p"):
            getattr(sloped, name)[rest] = getattr(flat, name)
    return sloped, keep


def _fit(rows: Rows, design: Design, now: float, options: Options, *, has_trend: bool) -> _Model:
    """Fit, weight past outbreaks down, fit again, and predict the link at the tested time."""
    method = fit_trend if has_trend else fit_levels
    weights = rows.present
    weighted = weights @ design.indicator
    n_rows = weighted.sum(axis=1)
    degrees = n_rows - (weighted > 0).sum(axis=1) - has_trend
    usable = (degrees > 0) & (weighted[:, -1] > 0)
    degrees = np.maximum(degrees, 1.0)
    fit = method(rows, weights, design)
    usable &= fit.converged
    scale = pearson(working_residuals(rows, fit), weights, fit, degrees)
    phi = np.maximum(scale, 1.0)
    if options.reweight:
        residual = anscombe(rows, fit, leverage(weights, fit, design), phi)
        weights = _weighted_down(residual, weights, n_rows, options.weights_threshold)
        usable &= np.isfinite(weights.sum(axis=1))
        weights = np.where(usable[:, None], weights, rows.present)
        fit = method(rows, weights, design)
        squared = working_residuals(rows, fit)
        phi = np.maximum(pearson(squared, weights, fit, degrees), 1.0)
        # The reference uses prior weights instead of working weights when it scales standard errors.
        scale = np.einsum("ij,ij->i", weights, squared) / degrees
    return _predict(fit, scale, phi, usable, degrees, now, has_trend)


def _weighted_down(residual: Floats, present: Floats, n_rows: Floats, threshold: float) -> Floats:
    """Weights of past times: those far above their fit by the inverse square; they add up to the rows."""
    weights = present.copy()
    with np.errstate(invalid="ignore"):
        far = (residual > threshold) | np.isnan(residual)
    weights[far] *= residual[far] ** -2.0
    weights *= (n_rows / weights.sum(axis=1))[:, None]
    return weights


def _predict(
    fit: Fit, scale: Floats, phi: Floats, usable: Bools, degrees: Floats, now: float, has_trend: bool
) -> _Model:
    """The link at the tested time, its variance, and the p-value of the trend."""
    from scipy.special import stdtr

    eta = fit.level[:, -1].copy()
    spread = 1.0 / fit.block_weight[:, -1]
    trend_p = np.ones(len(eta))
    if has_trend:
        eta += fit.slope * now
        spread = spread + (now - fit.centre[:, -1]) ** 2 / fit.time_weight
        with np.errstate(divide="ignore", invalid="ignore"):
            t = fit.slope / np.sqrt(scale / fit.time_weight)
        trend_p = 2.0 * stdtr(degrees, -np.abs(t))
    return _Model(fit, eta, scale * spread, phi, usable & np.isfinite(eta), trend_p)


def _threshold(now: Floats, model: _Model, options: Options) -> dict[str, Floats]:
    """Upper bound, expectation and p-value under the method chosen."""
    from scipy.special import ndtr, ndtri

    z = float(ndtri(1.0 - options.alpha))
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.exp(model.eta)
        if options.method == "delta":
            exponent = _EXPONENT[options.power]
            tau = model.phi + mean * model.variance
            # Variance of the transformed count, to first order.
            spread = np.sqrt(exponent**2 * mean ** (2.0 * exponent - 1.0) * tau)
            upper = (mean**exponent + z * spread) ** (1.0 / exponent)
            p = ndtr(-(now**exponent - mean**exponent) / spread)
            return {"upper": upper, "expected": mean, "p": p}
        centre = mean if options.method == "nbPlugin" else np.exp(model.eta + z * np.sqrt(model.variance))
    fine = np.isfinite(centre) & np.isfinite(now)
    upper, p = np.full(now.shape, np.nan), np.full(now.shape, np.nan)
    upper[fine] = quantile(np.full(fine.sum(), 1.0 - options.alpha), centre[fine], model.phi[fine])
    p[fine] = upper_tail(now[fine], centre[fine], model.phi[fine])
    # A season without a single past event has no bound by these methods: it cannot be tested.
    return {"upper": upper, "expected": np.where(fine, mean, np.nan), "p": p}

"""Farrington flexible: is this week's count above what the same season of earlier years predicts?

Farrington et al. (1996), as improved by Noufaily et al. (2013) and Salmon et al. (2016): a quasi-Poisson
regression per series and time, with a trend kept only if it earns its place, past outbreaks weighted down,
and a threshold from the predictive distribution. All series and all times are fitted at once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
from atlarge.surveillance.tails import quantile, upper_tail
from atlarge.surveillance.validation import Bools, Floats, Ints, as_counts, as_days

ThresholdMethod = Literal["delta", "nbPlugin", "muan"]
_EXPONENT = {"none": 1.0, "1/2": 0.5, "2/3": 2.0 / 3.0}
_METHODS = ("delta", "nbPlugin", "muan")
_CHUNK_CELLS = 50_000

TOLD = "told"
TOO_THIN = "too thin"
NO_HISTORY = "no history"
NOT_TOLD = "cannot be told"


@dataclass(frozen=True)
class Options:
    """Names and defaults follow the method's papers and R's `farringtonFlexible`.

    `years` (b), `half_width` (w), `periods` (noPeriods; 1: reference season only), `left_out`
    (pastWeeksNotIncluded; None: `half_width`), `weights_threshold`, `trend`, `trend_p` (pThresholdTrend),
    `least` (limit54: fewer than so many events in so many newest times: too thin), `power` (powertrans for
    delta: "2/3", "1/2" or "none"), `method` (thresholdMethod), `frequency`: times in a year if no days are
    given.
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


@dataclass(frozen=True)
class Farrington:
    """Results, all [series, K] for the K times judged.

    `upper`: threshold; `expected`; `p`: one-sided; `score`: (observed - expected) over (upper - expected);
    `alarm`; `phi`: dispersion; `slope`: trend per time on the log scale, NaN where no trend was kept;
    `status`: "told", "too thin" (fewer events than `least`), "no history" or "cannot be told" (not observed
    or no convergence). Everything but `status` is NaN (or False) where nothing is told; `p`, `phi` and
    `slope` are told also where it is too thin.
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


@dataclass(frozen=True)
class _Model:
    """A fitted batch, ready to predict at the time judged: link, its variance, dispersions, residual df."""

    fit: Fit
    eta: Floats
    variance: Floats
    phi: Floats
    usable: Bools
    trend_p: Floats


def farrington_flexible(
    counts: ArrayLike,
    *,
    times: Sequence[Any] | None = None,
    at: Sequence[int] | None = None,
    options: Options | None = None,
    threads: int | None = None,
) -> Farrington:
    """Judge counts [series, T] at the times `at` (positions; None: every time with enough past).

    `times`: days, evenly spaced; weeks are then matched to the nearest same week of earlier years. Left out:
    `options.frequency` times make a year. NaN counts are missing and serve neither as past nor as present.
    Raises QuestionError for bad counts, times or options, and where no time has enough past.
    """
    options = options or Options()
    options.check()
    y = as_counts(counts)
    n = y.shape[1]
    days = None if times is None else as_days(times, n)
    judged = np.arange(n) if at is None else np.asarray(at, dtype=np.int64)
    if judged.size and (judged.min() < 0 or judged.max() >= n):
        raise QuestionError(f"the times to judge must lie between 0 and {n - 1}")
    patterns = histories(
        judged,
        years=options.years,
        half_width=options.half_width,
        periods=options.periods,
        left_out=options.half_width if options.left_out is None else options.left_out,
        frequency=options.frequency,
        days=days,
    )
    if at is None:
        judged = np.sort(np.concatenate([h.at for h in patterns])) if patterns else judged[:0]
    if not patterns:
        raise QuestionError(f"none of the {n} times has {options.years} years of past; lower `years`")
    made = _empty(len(y), judged)
    work = [job for h in patterns for job in _jobs(y, h)]
    with ThreadPoolExecutor(threads or min(4, os.cpu_count() or 1)) as pool:
        results = pool.map(lambda job: _judge(y, job[0], job[1], job[2], options), work)
        for (_, series, judged_here), told in zip(work, results, strict=True):
            columns = _columns(judged, judged_here)
            for name, values in told.items():
                getattr(made, name)[np.ix_(series, columns)] = values
    return made


def _columns(judged: Ints, times: Ints) -> Ints:
    order = np.argsort(judged, kind="stable")
    return order[np.searchsorted(judged[order], times)]


def _empty(n_series: int, judged: Ints) -> Farrington:
    shape = (n_series, judged.size)
    blank = {
        f.name: np.full(shape, np.nan) for f in fields(Farrington) if f.name not in ("at", "alarm", "status")
    }
    return Farrington(
        at=judged, alarm=np.zeros(shape, dtype=bool), status=np.full(shape, NO_HISTORY, dtype="<U14"), **blank
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


def _judge(
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
    told = _threshold(now, model, options)
    fitted = model.usable & np.isfinite(now)
    usable = fitted & np.isfinite(told["expected"])
    status = np.where(usable, np.where(enough, TOLD, TOO_THIN), NOT_TOLD)
    shown = usable & enough
    upper, expected = (np.where(shown, told[name], np.nan) for name in ("upper", "expected"))
    with np.errstate(invalid="ignore"):
        alarm = shown & (now > upper) & (now > 0)
        score = (now - expected) / (upper - expected)
    made = {
        "upper": upper,
        "expected": expected,
        "p": np.where(usable, told["p"], np.nan),
        "score": score,
        "alarm": alarm,
        "phi": np.where(fitted, model.phi, np.nan),
        "slope": np.where(fitted & has_trend, model.fit.slope, np.nan),
        "status": status,
    }
    return {name: values.reshape(len(series), len(times)) for name, values in made.items()}


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
    """Fit, weight past outbreaks down, fit again, and predict the link at the time judged."""
    method = fit_trend if has_trend else fit_levels
    weights = rows.present
    held = weights @ design.indicator
    n_rows = held.sum(axis=1)
    degrees = n_rows - (held > 0).sum(axis=1) - has_trend
    usable = (degrees > 0) & (held[:, -1] > 0)
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
        # The reference takes the prior weights for the working ones when it scales standard errors.
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
    """The link at the time judged, its variance, and the p-value of the trend."""
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
    # A season without a single past event has no bound by these methods: nothing can be told.
    return {"upper": upper, "expected": np.where(fine, mean, np.nan), "p": p}

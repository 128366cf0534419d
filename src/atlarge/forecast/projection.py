"""Quantiles of the next counts of many units, and the scores of quantiles; arrays alone.

A place's next counts are forecast from its own level, older periods discounted, times the usual season of all
places together. Quantiles come from the errors of the same forecast at earlier origins, pooled over places
and origins: the errors that judge an estimate (`effects.learn_errors`) are those that bound a forecast.
"""

from __future__ import annotations

import numpy as np

from atlarge.effects import learn_errors, unsteadiness
from atlarge.effects.typing import Floats
from atlarge.errors import QuestionError

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
DISCOUNTS = (0.5, 0.65, 0.75, 0.85, 0.92, 0.96)
PERIODS_A_YEAR = {"week": 52, "month": 12}
LEAST_HISTORY = {"week": 60, "month": 18}
SEASON_WEIGHTS = (0.0, 0.25, 0.5)
_ORIGINS = 24
_MOST_YEARS = 3
_UNSTEADY_OVER = {"week": 26, "month": 12}


def _season(total: Floats, origin: int, horizon: int, year: int, weight: float) -> Floats:
    """Factor of each next period: how all units rose then in earlier years, less what lasted; damped."""
    logs, before = np.log(np.maximum(total, 1.0)), max(3, year // 6)
    rises = []
    for then in range(origin - year, max(before, origin - _MOST_YEARS * year) - 1, -year):
        level = np.nanmean(logs[then - before : then])
        # a rise that lasted for the rest of that year is a trend, not a season
        kept = np.nanmean(logs[min(then + horizon, then + year - 1) : then + year]) - level
        slope = np.clip(kept, -1.0, 1.0) * np.arange(1, horizon + 1) / horizon
        rises.append(logs[then : then + horizon] - level - slope)
    if not rises or weight == 0:
        return np.ones(horizon)
    found = np.exp(np.mean(rises, axis=0) * weight)
    return np.asarray(np.clip(np.where(np.isfinite(found), found, 1.0), 0.5, 2.0))


def _expected(counts: Floats, origin: int, horizon: int, chosen: tuple[float, float], year: int) -> Floats:
    """Expected counts [places, horizon] from what is known before the origin."""
    discount, season = chosen
    past = counts[:, :origin]
    weights = discount ** np.arange(origin - 1, -1, -1.0)
    seen = np.isfinite(past)
    mass = (seen * weights).sum(1)
    level = np.where(mass > 0, (np.where(seen, past, 0.0) * weights).sum(1) / np.maximum(mass, 1e-12), np.nan)
    return np.asarray(level[:, None] * _season(np.nansum(counts, 0), origin, horizon, year, season)[None, :])


def _origins(n: int, horizon: int, every: str) -> list[int]:
    first = LEAST_HISTORY[every]
    latest = n - horizon
    if latest <= first:
        needed = first + horizon + 1
        raise QuestionError(f"{n} {every}s are covered; a forecast of {horizon} needs {needed}")
    return sorted(set(np.linspace(first, latest, min(_ORIGINS, latest - first + 1)).astype(int).tolist()))


def _choose(counts: Floats, origins: list[int], horizon: int, year: int) -> tuple[float, float]:
    """The discount and weight of the season with the least error at earlier origins, on the root scale."""
    options = [(discount, season) for discount in DISCOUNTS for season in SEASON_WEIGHTS]
    loss = []
    for chosen in options:
        errors = [
            np.sqrt(counts[:, o : o + horizon] + 0.4)
            - np.sqrt(np.maximum(_expected(counts, o, horizon, chosen, year), 0.0) + 0.4)
            for o in origins
        ]
        sizes = np.abs(np.concatenate(errors, axis=1))
        if not np.isfinite(sizes).any():
            raise QuestionError("no count was observed where earlier forecasts can be tried: too few records")
        loss.append(float(np.nanmean(sizes)))
    return options[int(np.argmin(loss))]


def quantiles(counts: Floats, horizon: int, every: str, origin: int | None = None) -> tuple[Floats, float]:
    """Quantiles of the next counts of every unit.

    Parameters
    ----------
    counts : float array
        Counts [units, T]; NaN where nothing was observed. At least five units.
    horizon : int
        Periods ahead.
    every : str
        "week" or "month".
    origin : int, optional
        First period to forecast; nothing from it on is used. None: the one after the last.

    Returns
    -------
    figures : float array [units, horizon, 5]
        Quantiles, at the levels of `QUANTILES`.
    discount : float
        Weight of a period relative to the next one, chosen at earlier origins.

    Raises
    ------
    QuestionError
        For too short a past or too few units.

    Examples
    --------
    >>> weeks = np.random.default_rng(1).poisson(20.0, (8, 120)).astype(float)
    >>> quantiles(weeks, 4, "week")[0].shape
    (8, 4, 5)
    """
    end = counts.shape[1] if origin is None else origin
    known, year = counts[:, :end], PERIODS_A_YEAR[every]
    origins = _origins(end, horizon, every)
    chosen = _choose(known, origins, horizon, year)
    now = _expected(known, end, horizon, chosen, year)
    over = _UNSTEADY_OVER[every]
    unsteady_now = unsteadiness(known, [end], length=over)[:, 0]
    unsteady = unsteadiness(known, origins, length=over)
    before = np.stack([_expected(known, o, horizon, chosen, year) for o in origins], axis=1)
    after = np.stack([known[:, o : o + horizon] for o in origins], axis=1)
    units = np.repeat(np.arange(len(known)), len(origins))
    dates = np.tile(np.array(origins), len(known))
    out = np.zeros((len(known), horizon, len(QUANTILES)))
    for h in range(horizon):
        errors = learn_errors(
            after[:, :, h].ravel(),
            before[:, :, h].ravel(),
            unsteady.ravel(),
            units,
            dates,
            length=1,
            factor=1.0,
        )
        for k, q in enumerate(QUANTILES):
            z = np.full(len(known), errors.quantile(q))
            size = errors.size(now[:, h], unsteady_now)
            centre = np.sqrt(np.maximum(now[:, h], 0.0) + 0.4)
            out[:, h, k] = np.maximum(np.maximum(centre + z * size, 0.0) ** 2 - 0.4, 0.0)
    return np.maximum.accumulate(out, axis=2), chosen[0]


def pinball(observed: Floats, figures: Floats) -> Floats:
    """Mean quantile (pinball) loss of five quantiles.

    Parameters
    ----------
    observed : float array [n]
        Counts.
    figures : float array [n, 5]
        Their quantiles, at the levels of `QUANTILES`.

    Returns
    -------
    float array [n]
        Losses in the units of the counts; 0 is best.

    Notes
    -----
    Gneiting and Raftery (2007), J. Am. Stat. Assoc. 102.

    Examples
    --------
    >>> float(pinball(np.array([10.0]), np.full((1, 5), 8.0))[0])
    2.0
    """
    levels = np.array(QUANTILES)
    gap = observed[:, None] - figures
    return np.asarray(np.maximum(levels * gap, (levels - 1) * gap).mean(1) * 2)


def interval_score(observed: Floats, low: Floats, high: Floats) -> Floats:
    """Interval score of 90% intervals: their width, and 20 times the distance of counts outside.

    Parameters
    ----------
    observed : float array [n]
        Counts.
    low, high : float array [n]
        Ends of the intervals.

    Returns
    -------
    float array [n]
        Scores in the units of the counts; small is good.

    Notes
    -----
    Gneiting and Raftery (2007), J. Am. Stat. Assoc. 102, section 6.2.

    Examples
    --------
    >>> interval_score(np.array([5.0, 12.0]), np.array([0.0, 0.0]), np.array([10.0, 10.0])).tolist()
    [10.0, 50.0]
    """
    outside = np.maximum(low - observed, 0.0) + np.maximum(observed - high, 0.0)
    return np.asarray((high - low) + 20.0 * outside)


def seasonal_naive(counts: Floats, origin: int, horizon: int, year: int) -> Floats:
    """Quantiles of the seasonal naive forecast: the count a year before, with its own past errors.

    Parameters
    ----------
    counts : float array [units, T]
        Counts; NaN where nothing was observed.
    origin : int
        First period to forecast; nothing from it on is used.
    horizon : int
        Periods ahead, at most a year.
    year : int
        Periods in a year.

    Returns
    -------
    float array [units, horizon, 5]
        Quantiles, at the levels of `QUANTILES`; NaN without a year and 8 periods before.

    Examples
    --------
    >>> months = np.tile(np.arange(1.0, 13.0), (1, 3))
    >>> seasonal_naive(months, 24, 3, 12)[0, :, 2].round(6).tolist()
    [1.0, 2.0, 3.0]
    """
    ahead = (
        counts[:, origin - year : min(origin - year + horizon, origin)] if origin >= year else counts[:, :0]
    )
    out = np.full((len(counts), horizon, len(QUANTILES)), np.nan)
    if ahead.shape[1] < horizon or origin < year + 8:
        return out
    error = np.sqrt(counts[:, year:origin] + 0.4) - np.sqrt(counts[:, : origin - year] + 0.4)
    spread = np.full((len(counts), len(QUANTILES)), np.nan)
    seen = np.isfinite(error).sum(axis=1) > 0
    if seen.any():
        spread[seen] = np.nanquantile(error[seen], QUANTILES, axis=1).T
    out[:] = np.maximum(np.sqrt(ahead + 0.4)[:, :, None] + spread[:, None, :], 0.0) ** 2 - 0.4
    return np.asarray(np.maximum(out, 0.0))

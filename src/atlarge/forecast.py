"""Registered forecasts of counts, and their scores when the records come.

A place's next counts are forecast from its own level, older periods discounted, times the usual season of all
places together. Quantiles come from the errors of the same forecast at earlier origins, pooled over places
and origins: the errors that judge an estimate (`effects.learn_errors`) are those that bound a forecast.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.calendar import month_start
from atlarge.effects import learn_errors, unsteadiness
from atlarge.errors import CoverageError, QuestionError
from atlarge.files import write_atomically
from atlarge.panel import measure as measure_of
from atlarge.panel import panel
from atlarge.records.store import Store, open_store

Floats = NDArray[np.float64]
__all__ = [
    "Forecast",
    "Scores",
    "forecast",
    "score",
]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
DISCOUNTS = (0.5, 0.65, 0.75, 0.85, 0.92, 0.96)
PERIODS_A_YEAR = {"week": 52, "month": 12}
MOST_PERIODS = {"week": 26, "month": 12}
_ORIGINS = 24
_LEAST_HISTORY = {"week": 60, "month": 18}
SEASON_WEIGHTS = (0.0, 0.25, 0.5)
_LEAST_MEAN = 1.0
_UNSTEADY_OVER = {"week": 26, "month": 12}


@dataclass(frozen=True, repr=False)
class Forecast:
    """Forecasts of a measure.

    Attributes
    ----------
    measure, by, every, scheme
        What is counted, of which places, by week or month.
    as_of
        Last day of the records used.
    registered
        Day on which the forecast was registered, where that was recorded.
    discount
        Weight of a period against the next newer one, chosen by the loss at earlier origins.
    code, data
        SHA-256 of the program and of the records.
    rows
        One for each place and period: place, place_name, period (its first day), q05, q25, q50, q75, q95.
    left_out
        Places with too few records to forecast.
    """

    measure: str
    by: str
    every: str
    scheme: str
    as_of: dt.date
    discount: float
    code: str
    data: str
    rows: list[dict[str, Any]]
    left_out: list[str] = field(default_factory=list)
    registered: dt.date | None = None

    def __repr__(self) -> str:
        what = f"{self.measure} by {self.by} and {self.every}"
        return f"Forecast({what}, {len(self.rows)} rows, as of {self.as_of})"

    def to_frame(self) -> pl.DataFrame:
        """One row for each place and period."""
        return pl.DataFrame(self.rows, infer_schema_length=None)

    def write(self, path: Path | str) -> None:
        """Write as JSON, to be scored later."""
        text = json.dumps(asdict(self), default=str, indent=1, ensure_ascii=False, sort_keys=True)
        write_atomically(path, (text + "\n").encode())


@dataclass(frozen=True)
class _Series:
    counts: Floats
    places: list[str]
    names: list[str]
    starts: list[dt.date]
    last_day: dt.date


def _series(store: Store, measure: str, by: str, every: str, scheme: str) -> _Series:
    """Counts [places, T] of whole covered periods."""
    frame = panel(store, by=by, every=every, measures=[measure], scheme=scheme).frame
    whole = frame.filter(pl.col("days_covered") == pl.col("days_in_period"))
    if whole.is_empty():
        raise CoverageError(f"no whole {every} of {measure} is covered")
    wide = whole.pivot(on="period", index=["place", "place_name"], values="value").sort("place")
    starts = sorted(dt.date.fromisoformat(str(c)) for c in wide.columns[2:])
    counts = wide.select([str(s) for s in starts]).to_numpy().astype(np.float64)
    last = max(c.end for c in store.coverage(measure_of(measure).table))
    return _Series(counts, wide["place"].to_list(), wide["place_name"].to_list(), starts, last)


def _season(total: Floats, origin: int, horizon: int, year: int, weight: float) -> Floats:
    """Factor of each of the next periods: all units a year before, against the level then; damped."""
    factors = np.ones(horizon)
    if origin < year + horizon:
        return factors
    level = np.nanmean(total[max(0, origin - year - 8) : origin - year])
    ahead = total[origin - year : origin - year + horizon]
    with np.errstate(invalid="ignore", divide="ignore"):
        factors = np.where(np.isfinite(ahead) & (level > 0), ahead / level, 1.0)
    return np.asarray(np.clip(factors, 0.5, 2.0) ** weight)


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
    first = _LEAST_HISTORY[every]
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
        loss.append(float(np.nanmean(np.abs(np.concatenate(errors, axis=1)))))
    return options[int(np.argmin(loss))]


def quantiles(counts: Floats, horizon: int, every: str, origin: int | None = None) -> tuple[Floats, float]:
    """Quantiles of the next counts, [units, horizon, 5], and the discount used.

    Parameters
    ----------
    counts
        Counts [units, T]; NaN where nothing was observed. At least five units.
    horizon
        Periods ahead.
    every
        "week" or "month".
    origin
        First period to forecast; nothing from it on is used. None: the one after the last.

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


def forecast(
    store: Store | Path | str | None = None,
    *,
    by: str = "aor",
    measure: str = "at_large",
    periods: int = 12,
    every: str = "week",
    scheme: str = "ddp",
) -> Forecast:
    """Forecast the next counts of every place of a level.

    Parameters
    ----------
    store
        Store, its folder, or None: the embedded records.
    by, measure, scheme
        As for `panel`.
    periods
        Weeks (up to 26) or months (up to 12) ahead.
    every
        "week" or "month".

    Returns
    -------
    Forecast
        Quantiles by place and period, with hashes of program and records.

    Raises
    ------
    QuestionError, CoverageError
        For an unknown level, measure or period, and for too short a past.

    Examples
    --------
    >>> result = forecast(by="aor", measure="at_large", periods=6, every="month")
    >>> sorted(result.rows[0])[-5:]
    ['q05', 'q25', 'q50', 'q75', 'q95']
    """
    if every not in PERIODS_A_YEAR:
        raise QuestionError(f"no period {every!r}; there are: week, month")
    if not 1 <= periods <= MOST_PERIODS[every]:
        raise QuestionError(f"{periods} {every}s; a forecast is of 1 to {MOST_PERIODS[every]}")
    opened = open_store(store)
    found = _series(opened, measure, by, every, scheme)
    learnt = found if len(found.places) > 10 else _series(opened, measure, "aor", every, scheme)
    is_extra = learnt is not found
    counts = np.concatenate([found.counts, learnt.counts]) if is_extra else found.counts
    recent = np.nanmean(counts[:, -_LEAST_HISTORY[every] :], axis=1)
    kept = np.nonzero(recent >= _LEAST_MEAN)[0]
    figures, discount = quantiles(counts[kept], periods, every)
    step = dt.timedelta(weeks=1)
    starts = [_next(found.starts[-1], every, i + 1, step) for i in range(periods)]
    rows = [
        {
            "place": found.places[row],
            "place_name": found.names[row],
            "period": starts[h],
            **{f"q{round(100 * q):02d}": round(float(figures[i, h, k]), 1) for k, q in enumerate(QUANTILES)},
        }
        for i, row in enumerate(kept.tolist())
        if row < len(found.places)
        for h in range(periods)
    ]
    if not rows:
        raise CoverageError(f"no {by} has {_LEAST_MEAN:g} {measure} a {every}: too few to forecast")
    shown = {row["place"] for row in rows}
    left_out = [place for place in found.places if place not in shown]
    return Forecast(
        measure, by, every, scheme, found.last_day, discount, code_hash(), data_hash(opened), rows, left_out
    )


def _next(last: dt.date, every: str, n: int, step: dt.timedelta) -> dt.date:
    if every == "week":
        return last + n * step
    return month_start(last, n)


def code_hash() -> str:
    """SHA-256 of the program's code and tables."""
    root = Path(str(files("atlarge")))
    digest = hashlib.sha256()
    for path in sorted(p for kind in ("*.py", "*.yaml", "*.csv") for p in root.rglob(kind)):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def data_hash(store: Store) -> str:
    """SHA-256 of the store's manifest, which holds the hash of every release in it."""
    return hashlib.sha256(json.dumps(store.manifest, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, repr=False)
class Scores:
    """Scores of a forecast.

    Attributes
    ----------
    n
        Counts that have come.
    waiting
        Counts that have not.
    coverage_90, coverage_50
        Share of counts within the 90 % and 50 % interval.
    interval_score
        Mean interval score of the 90 % interval: its width, and 20 times the distance of counts outside.
    pinball
        Mean quantile loss over the five quantiles.
    skill
        1 - pinball / that of the seasonal naive forecast (the same week or month a year before, with the
        spread of its own past errors); None where the year before is not covered.
    rows
        The counts beside their quantiles.
    """

    n: int
    waiting: int
    coverage_90: float | None
    coverage_50: float | None
    interval_score: float | None
    pinball: float | None
    skill: float | None
    rows: list[dict[str, Any]]

    def __repr__(self) -> str:
        return f"Scores({self.n} counts, {self.waiting} to come, 90 % coverage {self.coverage_90})"


def pinball(observed: Floats, figures: Floats) -> Floats:
    """Quantile loss [n] of five quantiles [n, 5], their mean."""
    levels = np.array(QUANTILES)
    gap = observed[:, None] - figures
    return np.asarray(np.maximum(levels * gap, (levels - 1) * gap).mean(1) * 2)


def seasonal_naive(counts: Floats, origin: int, horizon: int, year: int) -> Floats:
    """Quantiles [units, horizon, 5] of the seasonal naive forecast; NaN without a year before."""
    ahead = counts[:, origin - year : origin - year + horizon] if origin >= year else counts[:, :0]
    out = np.full((len(counts), horizon, len(QUANTILES)), np.nan)
    if ahead.shape[1] < horizon or origin < year + 8:
        return out
    error = np.sqrt(counts[:, year:origin] + 0.4) - np.sqrt(counts[:, : origin - year] + 0.4)
    spread = np.nanquantile(error, QUANTILES, axis=1).T
    out[:] = np.maximum(np.sqrt(ahead + 0.4)[:, :, None] + spread[:, None, :], 0.0) ** 2 - 0.4
    return np.asarray(np.maximum(out, 0.0))


def score(registered: Forecast | Path | str, store: Store | Path | str | None = None) -> Scores:
    """Score a registered forecast by the records that have come since.

    Parameters
    ----------
    registered
        A `Forecast`, or the file that it was written to.
    store
        Store with the newer records.

    Returns
    -------
    Scores
        Coverage, interval score, quantile loss and skill.

    Raises
    ------
    QuestionError
        For a file that is no forecast.

    Examples
    --------
    >>> result = forecast(by="aor", measure="at_large", periods=2, every="month")
    >>> score(result).waiting == len(result.rows)
    True
    """
    forecasts = registered if isinstance(registered, Forecast) else _read(registered)
    opened = open_store(store)
    found = _series(opened, forecasts.measure, forecasts.by, forecasts.every, forecasts.scheme)
    row_of, column_of = ({v: i for i, v in enumerate(values)} for values in (found.places, found.starts))
    first = min(row["period"] for row in forecasts.rows)
    origin = column_of.get(first)
    horizon = len({row["period"] for row in forecasts.rows})
    naive = None
    if origin is not None:
        naive = seasonal_naive(found.counts, origin, horizon, PERIODS_A_YEAR[forecasts.every])
    rows, observed, figures, other = [], [], [], []
    for row in forecasts.rows:
        at = row_of.get(row["place"]), column_of.get(row["period"])
        value = np.nan if None in at else found.counts[at]
        rows.append({**row, "observed": None if np.isnan(value) else float(value)})
        if np.isnan(value):
            continue
        observed.append(float(value))
        figures.append([row[f"q{round(100 * q):02d}"] for q in QUANTILES])
        assert at[0] is not None and at[1] is not None and naive is not None and origin is not None  # noqa: PT018
        other.append(naive[at[0], at[1] - origin])
    if not observed:
        return Scores(0, len(rows), None, None, None, None, None, rows)
    y, q, n = np.array(observed), np.array(figures), np.array(other)
    low, high = q[:, 0], q[:, 4]
    interval = (high - low) + 20.0 * (np.maximum(low - y, 0.0) + np.maximum(y - high, 0.0))
    loss, peer = pinball(y, q), np.isfinite(n).all(1)
    skill = None
    if peer.any():
        skill = 1.0 - float(loss[peer].mean()) / max(float(pinball(y[peer], n[peer]).mean()), 1e-9)
    return Scores(
        n=len(y),
        waiting=len(rows) - len(y),
        coverage_90=float(((y >= low) & (y <= high)).mean()),
        coverage_50=float(((y >= q[:, 1]) & (y <= q[:, 3])).mean()),
        interval_score=float(interval.mean()),
        pinball=float(loss.mean()),
        skill=skill,
        rows=rows,
    )


def _read(path: Path | str) -> Forecast:
    """A forecast from its file; QuestionError if it is none."""
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
        for row in raw["rows"]:
            row["period"] = dt.date.fromisoformat(row["period"])
        raw["as_of"] = dt.date.fromisoformat(raw["as_of"])
        raw["registered"] = raw["registered"] and dt.date.fromisoformat(raw["registered"])
        return Forecast(**raw)
    except OSError as error:
        raise QuestionError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError):
        raise QuestionError(f"{path}: is no forecast written by `atlarge forecast`") from None

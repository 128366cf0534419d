"""Forecasts registered in a file, with what they rest on, and their scores when the records come."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from atlarge.arguments import one_of
from atlarge.calendar import month_start, months_through
from atlarge.effects.prediction import MIN_UNITS
from atlarge.effects.typing import Floats
from atlarge.errors import CoverageError, QuestionError
from atlarge.files import code_hash, write_atomically
from atlarge.forecast.projection import (
    LEAST_HISTORY,
    PERIODS_A_YEAR,
    QUANTILES,
    interval_score,
    pinball,
    quantiles,
    seasonal_naive,
)
from atlarge.panel import measure as measure_of
from atlarge.panel import panel
from atlarge.records.store import Store, open_store
from atlarge.wording import some

MOST_PERIODS = {"week": 26, "month": 12}
_LATE = 3
"""Last weeks or months of which one at least must be counted: a series that ended has no next count."""
_LEAST_MEAN = 1.0
_FEW_PLACES = 10
_HELPERS = ("aor", "county", "office", "state")
"""Levels whose places help a level of few, the first that the store covers over the same periods."""


@dataclass(frozen=True, repr=False)
class Forecast:
    """Forecasts of a measure.

    Attributes
    ----------
    measure, by, every, scheme
        What is counted, of which places, by week or month.
    as_of
        Last day of the records used.
    registered : Forecast or path
        Day on which the forecast was registered, where that was recorded.
    history
        SHA-256 of the counts that the forecast rests on: it shows whether records of that time were revised.
    seal
        SHA-256 of everything else in the file: it shows whether the file was edited. Empty until written.
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
    history: str = ""
    seal: str = ""

    def __repr__(self) -> str:
        what = f"{self.measure} by {self.by} and {self.every}"
        return f"Forecast({what}, {some(len(self.rows), 'row')}, as of {self.as_of})"

    def to_frame(self) -> pl.DataFrame:
        """One row for each place and period."""
        return pl.DataFrame(self.rows, infer_schema_length=None)

    def write(self, path: Path | str) -> None:
        """Write as JSON, sealed, to be scored later.

        Raises
        ------
        QuestionError
            Where the file is there already: a registered forecast is not written anew.
        """
        if Path(path).exists():
            raise QuestionError(
                f"{path}: is there already; what was registered is not replaced: name another file"
            )
        document = asdict(self) | {"seal": self.sealed()}
        text = json.dumps(document, default=str, indent=1, ensure_ascii=False, sort_keys=True)
        write_atomically(path, (text + "\n").encode())

    def sealed(self) -> str:
        """SHA-256 of everything but the seal."""
        document = {key: value for key, value in asdict(self).items() if key != "seal"}
        text = json.dumps(document, default=str, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class _Series:
    counts: Floats
    places: list[str]
    names: list[str]
    starts: list[dt.date]
    last_day: dt.date


def _every(first: dt.date, last: dt.date, every: str) -> list[dt.date]:
    """First days of all weeks or months from one to another."""
    if every == "month":
        return months_through(first, last)
    return [first + dt.timedelta(weeks=i) for i in range((last - first).days // 7 + 1)]


def _series(
    store: Store, measure: str, by: str, every: str, scheme: str, also: Sequence[dt.date] = ()
) -> _Series:
    """Counts [places, T] of all periods from the first to the last covered, and to those of `also`."""
    frame = panel(store, by=by, every=every, measures=[measure], scheme=scheme).frame
    whole = frame.filter(pl.col("days_covered") == pl.col("days_in_period"))
    if whole.is_empty():
        raise CoverageError(f"no whole {every} of {measure} is covered")
    wide = whole.pivot(on="period", index=["place", "place_name"], values="value").sort("place")
    covered = sorted(dt.date.fromisoformat(str(c)) for c in wide.columns[2:])
    starts = _every(min([covered[0], *also]), max([covered[-1], *also]), every)
    counts = np.full((wide.height, len(starts)), np.nan)  # a period that no release covers is missing
    at = [starts.index(start) for start in covered]
    counts[:, at] = wide.select([str(start) for start in covered]).to_numpy().astype(np.float64)
    last = max(c.end for c in store.coverage(measure_of(measure).table))
    return _Series(counts, wide["place"].to_list(), wide["place_name"].to_list(), starts, last)


def learning_series(store: Store, measure: str, by: str, every: str, scheme: str) -> tuple[Floats, int]:
    """Series from which a forecast learns: those of a level and, where it has few places, of another.

    The errors of a few places say little of their spread. The other level is areas of responsibility or,
    where the store covers no whole area, the next that it covers.

    Parameters
    ----------
    store : Store
        The records.
    measure, by, every, scheme : str
        As of `panel`.

    Returns
    -------
    counts : float array [places, T]
        Counts of the level first, then of the other one; NaN where nothing was observed.
    added : int
        Number of rows of the other level.

    Examples
    --------
    >>> counts, added = learning_series(open_store(None), "at_large", "nation", "month", "ddp")
    >>> len(counts) - added
    1
    """
    found = _series(store, measure, by, every, scheme)
    if len(found.places) > _FEW_PLACES:
        return found.counts, 0
    for other in (level for level in _HELPERS if level != by):
        try:
            added = _series(store, measure, other, every, scheme)
        except CoverageError:
            continue
        if added.starts == found.starts:
            return np.concatenate([found.counts, added.counts]), len(added.counts)
    return found.counts, 0


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
    store : Store or path, optional
        Store, its folder, or None: the embedded records.
    by, measure, scheme : str
        As for `panel`.
    periods : int
        Weeks (up to 26) or months (up to 12) ahead.
    every : str
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
    one_of(every, PERIODS_A_YEAR, "period")
    if not 1 <= periods <= MOST_PERIODS[every]:
        raise QuestionError(f"{periods} {every}s; a forecast is of 1 to {MOST_PERIODS[every]}")
    opened = open_store(store)
    found = _series(opened, measure, by, every, scheme)
    counted = np.nonzero(np.isfinite(found.counts).any(axis=0))[0]
    if counted.size and counted[-1] < len(found.starts) - _LATE:
        last = found.starts[int(counted[-1])]
        raise CoverageError(
            f"{measure} is last counted in the {every} of {last}, and the records go on to {found.last_day}: "
            "what it counts is no longer recorded apart, so that its next counts will not come"
        )
    counts, _ = learning_series(opened, measure, by, every, scheme)
    late = counts[:, -LEAST_HISTORY[every] :]
    recent = np.nansum(late, axis=1) / np.maximum(np.isfinite(late).sum(1), 1)
    goes_on = np.isfinite(counts[:, -_LATE:]).any(axis=1)
    kept = np.nonzero((recent >= _LEAST_MEAN) & goes_on)[0]
    if not (kept < len(found.places)).any():
        raise CoverageError(f"no {by} has {_LEAST_MEAN:g} {measure} a {every}: too few to forecast")
    if len(kept) < MIN_UNITS:
        raise CoverageError(
            f"{len(kept)} places have enough records; the errors of at least {MIN_UNITS} are needed to say "
            "how far a forecast may be off"
        )
    figures, discount = quantiles(counts[kept], periods, every)
    step = dt.timedelta(weeks=1)
    starts = [_next(found.starts[-1], every, i + 1, step) for i in range(periods)]
    rows: list[dict[str, Any]] = [
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
    shown = {row["place"] for row in rows}
    left_out = [place for place in found.places if place not in shown]
    return Forecast(
        measure,
        by,
        every,
        scheme,
        found.last_day,
        discount,
        code_hash(),
        opened.fingerprint,
        rows,
        left_out,
        history=_history(found, rows[0]["period"], sorted(shown)),
    )


def _history(found: _Series, before: dt.date, places: list[str]) -> str:
    """SHA-256 of the counts of some places before a period."""
    known_at = [bool(seen) for seen in np.isfinite(found.counts).sum(axis=0)]
    columns = [i for i, start in enumerate(found.starts) if start < before and known_at[i]]
    row_of = {place: i for i, place in enumerate(found.places)}
    known = [
        np.where(np.isfinite(row := found.counts[row_of[place], columns]), row, -1.0).tolist()
        if place in row_of
        else None
        for place in places
    ]
    starts = [found.starts[i].isoformat() for i in columns]
    return hashlib.sha256(json.dumps([places, starts, known]).encode()).hexdigest()


def _next(last: dt.date, every: str, n: int, step: dt.timedelta) -> dt.date:
    if every == "week":
        return last + n * step
    return month_start(last, n)


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
        Share of counts within the 90% and 50% interval.
    interval_score
        Mean interval score of the 90% interval: its width, and 20 times the distance of counts outside.
    pinball
        Mean quantile loss over the five quantiles.
    skill
        1 - pinball / that of the seasonal naive forecast (the same week or month a year before, with the
        spread of its own past errors); None where the year before is not covered.
    same_program
        Whether the program is the one that made the forecast; its scores do not depend on that.
    same_history
        Whether the counts that the forecast rests on are as they were; False if records of that time were
        revised since, or the store is another one.
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
    same_program: bool | None = None
    same_history: bool | None = None

    def __repr__(self) -> str:
        return f"Scores({some(self.n, 'count')}, {self.waiting} to come, 90% coverage {self.coverage_90})"


def score(registered: Forecast | Path | str, store: Store | Path | str | None = None) -> Scores:
    """Score a registered forecast against the records that have come in since.

    Parameters
    ----------
    registered
        A `Forecast`, or the file that it was written to.
    store : Store or path, optional
        Store with the newer records.

    Returns
    -------
    Scores
        Coverage, interval score, quantile loss and skill.

    Raises
    ------
    QuestionError
        For a file that is not a forecast, or was edited since it was written.

    Examples
    --------
    >>> result = forecast(by="aor", measure="at_large", periods=2, every="month")
    >>> score(result).waiting == len(result.rows)
    True
    """
    forecasts = registered if isinstance(registered, Forecast) else _read(registered)
    opened = open_store(store)
    periods = sorted({row["period"] for row in forecasts.rows})
    first = periods[0]
    found = _series(
        opened, forecasts.measure, forecasts.by, forecasts.every, forecasts.scheme, (first, periods[-1])
    )
    row_of, column_of = ({v: i for i, v in enumerate(values)} for values in (found.places, found.starts))
    origin = column_of[first]
    horizon = column_of[periods[-1]] - origin + 1
    naive = seasonal_naive(found.counts, origin, horizon, PERIODS_A_YEAR[forecasts.every])
    rows, observed, figures, other = [], [], [], []
    for row in forecasts.rows:
        place, column = row_of.get(row["place"]), column_of[row["period"]]
        value = np.nan if place is None else found.counts[place, column]
        rows.append({**row, "observed": None if np.isnan(value) else float(value)})
        if place is None or np.isnan(value):
            continue
        observed.append(float(value))
        figures.append([row[f"q{round(100 * q):02d}"] for q in QUANTILES])
        other.append(naive[place, column - origin])
    about = {
        "same_program": forecasts.code == code_hash() if forecasts.code else None,
        "same_history": _history(found, first, sorted({row["place"] for row in forecasts.rows}))
        == forecasts.history
        if forecasts.history
        else None,
    }
    if not observed:
        return Scores(0, len(rows), None, None, None, None, None, rows, **about)
    y, q, n = np.array(observed), np.array(figures), np.array(other)
    low, high = q[:, 0], q[:, 4]
    interval = interval_score(y, low, high)
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
        **about,
    )


def _read(path: Path | str) -> Forecast:
    """A forecast from its file; QuestionError if it is none."""
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
        for row in raw["rows"]:
            row["period"] = dt.date.fromisoformat(row["period"])
        raw["as_of"] = dt.date.fromisoformat(raw["as_of"])
        raw["registered"] = raw["registered"] and dt.date.fromisoformat(raw["registered"])
        found = Forecast(**raw)
    except OSError as error:
        raise QuestionError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError):
        raise QuestionError(f"{path}: is not a forecast written by `atlarge forecast`") from None
    if not found.rows:
        raise QuestionError(f"{path}: holds no forecasts")
    if found.seal != found.sealed():
        raise QuestionError(f"{path}: was edited after it was registered (its sha256 differs)")
    return found

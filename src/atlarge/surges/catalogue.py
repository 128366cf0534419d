"""The catalogue: bursts of a measure in places, ranked, with what else the records show of each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from atlarge.errors import QuestionError
from atlarge.panel import Panel, panel
from atlarge.surges.arrays import Bools, Floats, Ints, as_days
from atlarge.surges.holidays import day_classes, week_classes, weekdays
from atlarge.surges.scan import DAYS, WEEKS, Scan, scan
from atlarge.surges.witness import Witness, flags_of, witnesses

if TYPE_CHECKING:
    from atlarge.records.store import Store

LEVELS = ("county", "office", "aor", "state", "nation")
PERIODS = ("day", "week")


@dataclass(frozen=True)
class Surge:
    """One burst. Counts are of the measure; `start` and `end` are days, both inside."""

    place: str
    place_name: str
    start: dt.date
    end: dt.date
    observed: int
    expected: float
    threshold: float
    excess: float
    excess_low: float
    excess_high: float
    p: float
    q: float
    score: float
    rank: int
    flags: tuple[str, ...] = ()
    operation_share: float | None = None
    witness: Witness | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values; dates in ISO form."""
        made: dict[str, Any] = {
            "place": self.place,
            "place_name": self.place_name,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "observed": self.observed,
            "expected": round(self.expected, 2),
            "threshold": self.threshold,
            "p": self.p,
            "q": self.q,
            "score": round(self.score, 3),
            "rank": self.rank,
            "excess": {
                "value": round(self.excess, 2),
                "low": round(self.excess_low, 2),
                "high": round(self.excess_high, 2),
            },
            "flags": list(self.flags),
            "operation_share": None if self.operation_share is None else round(self.operation_share, 3),
        }
        if self.witness is not None:
            made["witness"] = self.witness.to_dict()
        return made


@dataclass(frozen=True)
class SurgeList:
    """Surges by rank, the places too thin to be judged, and how the list was made."""

    surges: list[Surge]
    too_thin: list[dict[str, str]]
    about: dict[str, Any]
    _scan: Scan = field(repr=False)
    _values: Floats = field(repr=False)
    _places: list[str] = field(repr=False)
    _periods: list[dt.date] = field(repr=False)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One plain dict a surge, by rank."""
        return [surge.to_dict() for surge in self.surges]

    def figures(self, n: int = 50, margin_days: int = 42) -> list[dict[str, Any]]:
        """Data of small multiples of the first `n` surges: the series around each, and its baseline.

        Each: the surge's own keys, and `series`: lists `period`, `observed` (None where not covered) and
        `expected` (the weekday-adjusted baseline), from `margin_days` before to `margin_days` after.
        """
        row = {place: i for i, place in enumerate(self._places)}
        periods = np.array(self._periods, dtype="datetime64[D]")
        made = []
        for surge in self.surges[:n]:
            first = np.datetime64(surge.start - dt.timedelta(days=margin_days))
            last = np.datetime64(surge.end + dt.timedelta(days=margin_days))
            inside = np.nonzero((periods >= first) & (periods <= last))[0]
            i = row[surge.place]
            seen = self._values[i, inside]
            due = self._scan.baseline.expected[i, inside]
            series = {
                "period": [self._periods[t].isoformat() for t in inside],
                "observed": [None if np.isnan(v) else int(v) for v in seen],
                "expected": [round(float(v), 3) for v in due],
            }
            made.append({**surge.to_dict(), "series": series})
        return made


def find_surges(
    store: Store | None = None,
    *,
    by: str = "aor",
    measure: str = "at_large",
    every: str = "day",
    scheme: str = "ddp",
    start: dt.date | None = None,
    end: dt.date | None = None,
    alpha: float = 0.05,
) -> SurgeList:
    """Find surges of a measure in every place of a level.

    The whole time that the releases cover serves the baseline; `start` and `end` limit the days on which a
    surge is looked for (and so the number of tests paid for). Listed are surges with q <= `alpha`. `store`
    None is the embedded one. Raises QuestionError for an unknown level, period, measure or alpha, and
    CoverageError where no release covers the time.
    """
    if by not in LEVELS:
        raise QuestionError(f"no level {by!r}; there are: {', '.join(LEVELS)}")
    if every not in PERIODS:
        raise QuestionError(f"surges are found by day or week, not by {every!r}")
    if not 0.0 < alpha < 1.0:
        raise QuestionError(f"alpha must lie between 0 and 1, not {alpha:g}")
    if start and end and start > end:
        raise QuestionError(f"the time ends ({end}) before it starts ({start})")
    if store is None:
        from atlarge.records.store import open_store

        store = open_store(None)
    made = panel(store, by=by, every=every, measures=[measure], scheme=scheme)
    values, places, periods = made.matrix(measure, whole=True)
    days = as_days(periods, values.shape[1])
    found = _scan(values, days, every, alpha, _tested(days, every, start, end))
    told = witnesses(store, found, places, days, by=by, measure=measure, every=every, scheme=scheme)
    surges = _surges(found, made, places, days, every, alpha, told)
    about = {
        "by": by,
        "measure": measure,
        "every": every,
        "scheme": scheme,
        "alpha": alpha,
        "places": len(places),
        "tests": found.n_tests,
        "coverage": made.coverage,
    }
    return SurgeList(surges, _thin(found, made, places), about, found, values, places, periods)


def _tested(days: Any, every: str, start: dt.date | None, end: dt.date | None) -> Bools:
    """The periods that touch the time asked about; QuestionError if none does."""
    length = np.timedelta64(1 if every == "day" else 7, "D")
    tested = np.ones(days.size, dtype=bool)
    if start is not None:
        tested &= days + length > np.datetime64(start)
    if end is not None:
        tested &= days <= np.datetime64(end)
    if not tested.any():
        raise QuestionError(f"no {every} between {start} and {end} is covered")
    return tested


def _scan(values: Floats, days: Any, every: str, alpha: float, tested: Bools) -> Scan:
    if every == "day":
        return scan(
            values,
            cycle=weekdays(days),
            classes=day_classes(days),
            settings=DAYS,
            alpha=alpha,
            tested=tested,
        )
    return scan(values, classes=week_classes(days), settings=WEEKS, alpha=alpha, tested=tested)


def _surges(
    found: Scan,
    made: Panel,
    places: list[str],
    days: Any,
    every: str,
    alpha: float,
    told: list[Witness],
) -> list[Surge]:
    """The surges with q <= alpha, by rank."""
    names = made.names()
    bursts = found.bursts
    longer = 0 if every == "day" else 6
    surges: list[Surge] = []
    for i in np.nonzero(bursts.q <= alpha)[0]:
        place = places[int(bursts.series[i])]
        surges.append(
            Surge(
                place=place,
                place_name=names[place],
                start=days[bursts.start[i]].astype(object),
                end=days[bursts.end[i]].astype(object) + dt.timedelta(days=longer),
                observed=int(bursts.observed[i]),
                expected=float(bursts.expected[i]),
                threshold=float(bursts.threshold[i]),
                excess=float(bursts.observed[i] - bursts.expected[i]),
                excess_low=float(bursts.excess_low[i]),
                excess_high=float(bursts.excess_high[i]),
                p=float(bursts.p[i]),
                q=float(bursts.q[i]),
                score=float(bursts.score[i]),
                rank=len(surges) + 1,
                flags=flags_of(bool(bursts.thin[i]), told[i]),
                operation_share=told[i].operation_share,
                witness=told[i],
            )
        )
    return surges


def _thin(found: Scan, made: Panel, places: list[str]) -> list[dict[str, str]]:
    """Places where nothing could have been found, with the reason."""
    from atlarge.surges.windows import MIN_COUNT

    names = made.names()
    reason = f"too thin: no stretch of the length scanned holds {MIN_COUNT} or more"
    thin: Ints = np.nonzero(found.too_thin)[0]
    return [{"place": places[i], "place_name": names[places[i]], "reason": reason} for i in thin]

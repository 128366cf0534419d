"""Catalogue of surges: ranked bursts of a measure, each with corroborating evidence from the records."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.arguments import one_of
from atlarge.calendar import as_day
from atlarge.errors import QuestionError
from atlarge.panel import Panel, panel
from atlarge.records.store import Store, open_store
from atlarge.reference import table
from atlarge.surges.corroboration import Corroboration, corroborations, flags_of
from atlarge.surges.labels import Label, labels
from atlarge.surveillance.clusters import scan_clusters
from atlarge.surveillance.holidays import day_classes, week_classes, weekdays
from atlarge.surveillance.scan import DAYS, WEEKS, Bursts, Scan, scan
from atlarge.surveillance.validation import Bools, Floats, as_days
from atlarge.surveillance.weekly import weeks_by_days
from atlarge.surveillance.windows import MIN_COUNT
from atlarge.wording import notebook, some

LEVELS = ("county", "office", "aor", "state", "nation")
PERIODS = ("day", "week")


@dataclass(frozen=True)
class Surge:
    """One burst. Counts are of the measure.

    Attributes
    ----------
    place, place_name : str
        Code and name; for a burst over neighbours, of the first of them.
    start, end : date
        First and last day, both inside.
    observed, expected, threshold : number
        Count of those days, the usual one, and what chance would exceed at the level of the list.
    excess, excess_low, excess_high : float
        observed - expected, and its 95% interval.
    p, q, q_burst, score : float
        As of `scan`'s bursts.
    rank : int
        Place in the list, from 1.
    flags : tuple of str
        What else is known of those days.
    places : tuple of str
        Codes of the neighbouring places that took part.
    corroboration : Corroboration or None
        What the records say of the days beside the count.
    label : Label or None
        The operation that a source dates to those days and that area.
    """

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
    q_burst: float
    score: float
    rank: int
    flags: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    corroboration: Corroboration | None = None
    label: Label | None = None

    @property
    def operation_share(self) -> float | None:
        """Share of the rows that carry an operation mark; None where the records have no such mark."""
        return self.corroboration.operation_share if self.corroboration else None

    def summary(self) -> str:
        """Place, days, count, expected count and q, in one line."""
        days = f"{self.start}" if self.start == self.end else f"{self.start} to {self.end}"
        return f"{self.place_name}, {days}: {self.observed:,}, expected {self.expected:.1f} (q {self.q:.2g})"

    def __repr__(self) -> str:
        return f"<Surge: {self.summary()}>"

    def to_dict(self) -> dict[str, Any]:
        """Plain values; dates in ISO form."""
        document: dict[str, Any] = {
            "place": self.place,
            "place_name": self.place_name,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "observed": self.observed,
            "expected": round(self.expected, 2),
            "threshold": self.threshold,
            "p": self.p,
            "q": self.q,
            "q_burst": self.q_burst,
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
        document["label"] = self.label
        if self.places:
            document["places"] = list(self.places)
        if self.corroboration is not None:
            document["witness"] = self.corroboration.to_dict()
        return document


@dataclass(frozen=True)
class SurgeList:
    """Surges by rank, and how the list was built. Returned by `find_surges`.

    Attributes
    ----------
    surges : list of Surge
        By rank.
    too_thin : list of dict
        Places with too few records to test, with the reason.
    about : dict
        Measure, level, days and level of the false discovery rate.
    values : array [places, periods]
        Counts of the measure, NaN where not covered; rows sorted by place code.
    periods : list of date
        First day of each period.
    """

    surges: list[Surge]
    too_thin: list[dict[str, str]]
    about: dict[str, Any]
    _scan: Scan
    values: Floats
    _places: list[str]
    periods: list[dt.date]

    def summary(self, top: int = 10) -> str:
        """How many surges in how many places, and a line for each of the first `top`."""
        head = (
            f"{some(len(self.surges), 'surge')} in {some(self.about['places'], 'place')} searched at q <= "
            f"{self.about['alpha']:g}; "
        )
        lines = [f"{head}{some(len(self.too_thin), 'place')} with too few records to be tested"]
        return "\n".join([*lines, *(surge.summary() for surge in self.surges[:top])])

    __str__ = summary

    def __repr__(self) -> str:
        return (
            f"<SurgeList: {some(len(self.surges), 'surge')} of {self.about['measure']} by {self.about['by']}>"
        )

    def _repr_html_(self) -> str:
        columns = ("rank", "place_name", "start", "end", "observed", "expected", "q", "flags")
        rows = [
            {name: getattr(s, name) for name in columns[:-1]} | {"flags": ", ".join(s.flags)}
            for s in self.surges
        ]
        return notebook(self.summary(0), pl.DataFrame(rows))

    def to_dicts(self) -> list[dict[str, Any]]:
        """One plain dict a surge, by rank."""
        return [surge.to_dict() for surge in self.surges]

    @property
    def places(self) -> list[str]:
        """Codes of the places that were searched, those with too few records too."""
        return list(self._places)

    def figures(self, n: int = 50, margin_days: int = 42) -> list[dict[str, Any]]:
        """Data of small multiples of the first `n` surges: the series around each, and its baseline.

        Each: the surge's own keys, and `series`: lists `period`, `observed` (None where not covered) and
        `expected` (the weekday-adjusted baseline), from `margin_days` before to `margin_days` after.
        """
        row = {place: i for i, place in enumerate(self._places)}
        periods = np.array(self.periods, dtype="datetime64[D]")
        result = []
        for surge in self.surges[:n]:
            first = np.datetime64(surge.start - dt.timedelta(days=margin_days))
            last = np.datetime64(surge.end + dt.timedelta(days=margin_days))
            inside = np.nonzero((periods >= first) & (periods <= last))[0]
            rows = np.array([row[place] for place in surge.places or (surge.place,)], dtype=np.int64)
            seen = self.values[np.ix_(rows, inside)].sum(axis=0)
            due = self._scan.baseline.expected[np.ix_(rows, inside)].sum(axis=0)
            series = {
                "period": [self.periods[t].isoformat() for t in inside],
                "observed": [None if np.isnan(v) else int(v) for v in seen],
                "expected": [round(float(v), 3) for v in due],
            }
            result.append({**surge.to_dict(), "series": series})
        return result


def find_surges(
    store: Store | Path | str | None = None,
    *,
    by: str = "aor",
    measure: str = "at_large",
    every: str = "day",
    scheme: str = "ddp",
    start: dt.date | str | None = None,
    end: dt.date | str | None = None,
    alpha: float = 0.05,
    neighbours: bool = False,
    engine: str = "polars",
) -> SurgeList:
    """Find surges of a measure in every place of a level.

    The whole time that the releases cover serves the baseline. By week, a week is tested by its count and
    by its strongest days.

    Parameters
    ----------
    store : Store or path, optional
        Left out: the embedded records.
    by : str
        county, office, aor, state or nation.
    measure : str
        A measure that is reported by day.
    every : str
        day or week.
    scheme : str
        How methods are read: "ddp" or "biglocal".
    start, end : date or ISO string, optional
        Limit the days on which a surge is looked for, and so the number of tests paid for.
    alpha : float
        Surges with q at most this are listed.
    neighbours : bool
        By office: adds bursts that are stronger over several offices of one area and state than in any of
        them.
    engine : str
        polars, duckdb or spark: counts the records.

    Returns
    -------
    SurgeList
        Surges by rank (counts, expected counts, p and q), and the places with too few records.

    Raises
    ------
    QuestionError
        For an unknown level, period, measure, engine or alpha, or a measure that is not reported by day.
    CoverageError
        Where no release covers the time.

    Examples
    --------
    >>> found = find_surges(by="nation", start="2017-02-01", end="2017-02-28")
    >>> found.surges[0].place, found.surges[0].excess > 0
    ('US', True)
    """
    store, start, end = open_store(store), as_day(start), as_day(end)
    _check(by, every, start, end, alpha, neighbours)
    counted = panel(store, by=by, every=every, measures=[measure], scheme=scheme, engine=engine)
    values, places, periods = counted.matrix(measure, whole=True)
    axis = _Axis(as_days(periods, values.shape[1]), every, start, end)
    found = axis.scan(values, alpha)
    if every == "week":
        by_day = panel(store, by=by, every="day", measures=[measure], scheme=scheme, engine=engine)
        daily, _, days = by_day.matrix(measure, whole=True)
        whole = _Axis(as_days(days, daily.shape[1]), "day", start, end)
        found = weeks_by_days(
            values, found, axis.days, whole.scan(daily, alpha), whole.days, alpha=alpha, tested=axis.tested
        )
    drafts = _drafts(found.bursts, [(place,) for place in places], axis, alpha)
    if neighbours:
        drafts += _zone_drafts(values, places, axis, alpha, drafts)
    question = {"by": by, "measure": measure, "scheme": scheme, "engine": engine}
    surges = _ranked(store, drafts, counted.names(), alpha, **question)
    about = {
        "by": by,
        "measure": measure,
        "every": every,
        "scheme": scheme,
        "alpha": alpha,
        "places": len(places),
        "tests": found.n_tests,
        "coverage": counted.coverage,
    }
    return SurgeList(
        surges, _thin(found, counted, places, values, every), about, found, values, places, periods
    )


def _check(
    by: str, every: str, start: dt.date | None, end: dt.date | None, alpha: float, neighbours: bool
) -> None:
    """Raise QuestionError if the arguments make no sense."""
    one_of(by, LEVELS, "level")
    if every not in PERIODS:
        raise QuestionError(f"surges are found by day or week, not by {every!r}")
    if not 0.0 < alpha < 1.0:
        raise QuestionError(f"alpha must lie between 0 and 1, not {alpha:g}")
    if start and end and start > end:
        raise QuestionError(f"the time ends ({end}) before it starts ({start})")
    if neighbours and by != "office":
        raise QuestionError(f"neighbouring places are scanned by office, not by {by}")


class _Axis:
    """The periods of a panel, which of them are tested, and their calendar."""

    def __init__(
        self, days: NDArray[np.datetime64], every: str, start: dt.date | None, end: dt.date | None
    ) -> None:
        self.days = days
        self.every = every
        self.length_days = 1 if every == "day" else 7
        tested = np.ones(days.size, dtype=bool)
        if start is not None:
            tested &= days + np.timedelta64(self.length_days, "D") > np.datetime64(start)
        if end is not None:
            tested &= days <= np.datetime64(end)
        if not tested.any():
            first, last = days[0].item(), days[-1].item()
            requested = f"{start or 'the beginning'} to {end or 'the end'}"
            raise QuestionError(
                f"no {every} of {requested} is covered; {every}s with records start on {first} to {last}"
            )
        self.tested: Bools = tested

    def calendar(self) -> dict[str, Any]:
        """Cycle, classes and settings for a scan."""
        if self.every == "day":
            return {"cycle": weekdays(self.days), "classes": day_classes(self.days), "settings": DAYS}
        return {"classes": week_classes(self.days), "settings": WEEKS}

    def scan(self, values: Floats, alpha: float) -> Scan:
        """Scan values [places, periods]."""
        return scan(values, alpha=alpha, tested=self.tested, **self.calendar())

    def span(self, start: int, end: int) -> tuple[dt.date, dt.date]:
        """First and last day of two periods, both inside."""
        first, last = self.days[start].astype(object), self.days[end].astype(object)
        return first, last + dt.timedelta(days=self.length_days - 1)


def _drafts(
    bursts: Bursts, members: list[tuple[str, ...]], axis: _Axis, alpha: float
) -> list[dict[str, Any]]:
    """Bursts with q <= alpha as keyword arguments of `Surge`; `members` are the places of each series."""
    drafts = []
    for i in np.nonzero(bursts.q <= alpha)[0]:
        places = members[int(bursts.series[i])]
        start, end = axis.span(int(bursts.start[i]), int(bursts.end[i]))
        numbers = {
            name: float(getattr(bursts, name)[i])
            for name in ("expected", "threshold", "excess_low", "excess_high", "p", "q", "q_burst", "score")
        }
        observed = int(bursts.observed[i])
        drafts.append(
            {
                "place": places[0],
                "places": places if len(places) > 1 else (),
                "start": start,
                "end": end,
                "observed": observed,
                "excess": observed - numbers["expected"],
                "is_thin": bool(bursts.thin[i]),
                **numbers,
            }
        )
    return drafts


def _zone_drafts(
    values: Floats, places: list[str], axis: _Axis, alpha: float, alone: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Bursts over offices of one area and state that are stronger together than any of them alone."""
    offices = table("offices").filter(pl.col("office").is_in(places)).drop_nulls(["aor", "state"])
    row = {place: i for i, place in enumerate(places)}
    zones: dict[tuple[str, str], list[int]] = {}
    for office, aor, state in offices.sort("office").select("office", "aor", "state").iter_rows():
        zones.setdefault((aor, state), []).append(row[office])
    several = [zone for _, zone in sorted(zones.items()) if len(zone) > 1]
    if not several:
        return []
    found, took_part = scan_clusters(values, several, alpha=alpha, tested=axis.tested, **axis.calendar())
    # One entry a burst, so that each carries the places that took part in it.
    one_each = replace(found.bursts, series=np.arange(found.bursts.p.size))
    members = [tuple(places[j] for j in part) or ("",) for part in took_part]
    drafts = _drafts(one_each, members, axis, alpha)
    return [draft for draft in drafts if draft["places"] and not _is_outdone(draft, alone)]


def _is_outdone(draft: dict[str, Any], alone: list[dict[str, Any]]) -> bool:
    """Whether one of the places shows a burst at that time that is as strong by itself."""
    return any(
        other["place"] in draft["places"]
        and other["start"] <= draft["end"]
        and other["end"] >= draft["start"]
        and other["p"] <= draft["p"]
        for other in alone
    )


def _ranked(
    store: Store, drafts: list[dict[str, Any]], names: dict[str, str], alpha: float, **question: str
) -> list[Surge]:
    """Surges by p, then by excess, with what else the records show of each.

    Borderline: within `alpha` over places and dates, not so once every burst counts as one.
    """
    drafts = sorted(drafts, key=lambda d: (d["p"], -d["excess"], d["place"], d["start"]))
    spans = [(d["place"], d["start"], d["end"]) for d in drafts]
    beside = corroborations(store, spans, **question)
    named = labels(spans, question["by"])
    surges = []
    for rank, (draft, found, label) in enumerate(zip(drafts, beside, named, strict=True), start=1):
        is_thin = draft.pop("is_thin")
        name = names[draft["place"]]
        flags = ("borderline",) * (draft["q_burst"] > alpha) + flags_of(is_thin, found)
        surges.append(
            Surge(place_name=name, rank=rank, flags=flags, corroboration=found, label=label, **draft)
        )
    return surges


def _thin(found: Scan, counted: Panel, places: list[str], values: Floats, every: str) -> list[dict[str, str]]:
    """Places where nothing could have been found, with the reason."""
    names = counted.names()
    few = f"too thin: no stretch of the length scanned holds {MIN_COUNT} or more"
    least = (DAYS if every == "day" else WEEKS).reach
    short = f"too thin: fewer than {least} {every}s are covered"
    thin = np.nonzero(found.too_thin)[0]
    is_short = np.isfinite(values[thin]).sum(axis=1) < least
    return [
        {"place": places[i], "place_name": names[places[i]], "reason": short if lacks else few}
        for i, lacks in zip(thin, is_short, strict=True)
    ]

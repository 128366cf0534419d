"""Estimate how complete the last weeks of a growing release are, from the vintages in a store.

A release ends where its agency cut it, and records of the last weeks go on coming in. A store that holds two
or more vintages of a series shows how much each week grew; from that follows what share of each of the newest
release's weeks is reported. The end of such a series must not be read as a fall.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from atlarge.errors import QuestionError
from atlarge.records.store import Store
from atlarge.records.tables import DATE_COLUMN, EVENTS
from atlarge.surveillance.delays import Delays, reporting_delays

LONGEST = 26
"""Weeks after which a week is taken to be complete."""
NEARLY = 0.95
_LEAST_APART = 7
_LEAST_OVERLAP = 8
_LEAST_RECORDS = 200
_DRAWS = 100


@dataclass(frozen=True)
class Week:
    """A week of the newest release: records in it, and the share of all that they are, with its interval."""

    start: dt.date
    records: int
    share: float
    low: float
    high: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, dates in ISO form."""
        shares = {name: round(getattr(self, name), 3) for name in ("share", "low", "high")}
        return {"week": self.start.isoformat(), "records": self.records, **shares}


@dataclass(frozen=True)
class Completeness:
    """How complete the end of a table is, as far as that can be estimated.

    `as_of`: last day that the newest release covers. `complete_until`: last day up to which the lower end of
    the share reported is at least 95%; None where that cannot be told, and `why` says the reason. `weeks`:
    the last 26, oldest first. `vintages`: releases compared, oldest first.
    """

    table: str
    as_of: dt.date | None
    complete_until: dt.date | None
    weeks: tuple[Week, ...] = ()
    vintages: tuple[str, ...] = ()
    delays: Delays | None = field(default=None, repr=False)
    why: str = ""

    @property
    def is_known(self) -> bool:
        """Whether shares could be estimated."""
        return self.delays is not None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: table, as_of, complete_until, is_known, why, vintages, weeks.

        Examples
        --------
        >>> Completeness("arrests", None, None, why="the store has no arrests").to_dict()["is_known"]
        False
        """
        return {
            "table": self.table,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "complete_until": self.complete_until.isoformat() if self.complete_until else None,
            "is_known": self.is_known,
            "why": self.why,
            "vintages": list(self.vintages),
            "weeks": [week.to_dict() for week in self.weeks if week.low < NEARLY],
        }


def completeness(store: Store, table: str = "arrests") -> Completeness:
    """Estimate how complete the last weeks of a table are, from the vintages of its releases.

    Parameters
    ----------
    store : Store
        With two or more releases of the same family, the same places and different last days.
    table : str
        A table of events: arrests, detainers, encounters, removals, ...

    Returns
    -------
    Completeness
        `is_known` is False, and `why` gives the reason, where the store cannot show it.

    Examples
    --------
    >>> from atlarge.records.store import open_store
    >>> completeness(open_store()).is_known  # the embedded records are of one vintage
    False
    """
    if table not in EVENTS or table not in store.tables():
        return Completeness(table, None, None, why=f"the store has no events called {table}")
    ends = {span.release_id: span.end for span in store.coverage(table)}
    for span in store.coverage(table):
        ends[span.release_id] = max(ends[span.release_id], span.end)
    as_of = max(ends.values(), default=None)
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for release in store.releases:
        if release["id"] in ends:
            scope = " ".join(sorted({c["scope"] for c in release["coverage"]}))
            groups.setdefault((release["family"], scope), []).append(release)
    group = max(groups.values(), key=lambda rows: max(ends[r["id"]] for r in rows), default=[])
    begins = {r["id"]: min(dt.date.fromisoformat(c["start"]) for c in r["coverage"]) for r in group}
    newest = max((r["id"] for r in group), key=lambda name: (ends[name], name), default="")
    overlapping = dt.timedelta(weeks=_LEAST_OVERLAP)
    group = [r for r in group if begins[newest] + overlapping <= ends[r["id"]]]  # the others hardly overlap
    kept: list[dict[str, Any]] = []
    for release in sorted(group, key=lambda r: (ends[r["id"]], r["rows_read"])):
        if not kept or (ends[release["id"]] - ends[kept[-1]["id"]]).days >= _LEAST_APART:
            kept.append(release)
        else:
            kept[-1] = release
    names = tuple(release["file"] for release in kept)
    if len(kept) < 2:
        why = "one vintage alone does not show how much is still to come"
        return Completeness(table, as_of, None, vintages=names, why=why)
    starts = [begins[release["id"]] for release in kept]
    last = ends[kept[-1]["id"]]
    first = max(*starts, last - dt.timedelta(weeks=4 * LONGEST))
    first += dt.timedelta(days=-first.weekday() % 7)
    weeks = [first + dt.timedelta(weeks=k) for k in range((last - first).days // 7 + 1)]
    by_release = [_by_week(store, release, table) for release in kept]
    counts = np.full((len(weeks), len(kept)), np.nan)
    late = np.full_like(counts, np.nan)
    for v, release in enumerate(kept):
        for w, start in enumerate(weeks):
            whole = (ends[release["id"]] - (start + dt.timedelta(days=6))).days
            if whole >= 0:
                counts[w, v], late[w, v] = by_release[v].get(start, 0), whole // 7
    if np.nansum(counts[:, -1]) < _LEAST_RECORDS:
        why = f"fewer than {_LEAST_RECORDS} records in the last two years"
        return Completeness(table, as_of, None, vintages=names, why=why)
    try:
        found = reporting_delays(counts, late, longest=LONGEST, draws=_DRAWS)
    except QuestionError as error:
        return Completeness(table, as_of, None, vintages=names, why=str(error))
    rows = [
        Week(start, int(counts[w, -1]), *found.at(int(late[w, -1])))
        for w, start in enumerate(weeks)
        if np.isfinite(late[w, -1])
    ][-LONGEST:]
    until = last - dt.timedelta(weeks=found.complete_after(NEARLY))
    return Completeness(table, as_of, until, tuple(rows), names, found)


def open_end(store: Store, table: str = "arrests") -> Completeness | None:
    """How complete the end of a series is that still grows; None where its releases are closed.

    A series grows where vintages show it, or where its family is one of those that are published again and
    again. `is_known` is False where only one vintage of such a series is at hand.

    Examples
    --------
    >>> from atlarge.records.store import open_store
    >>> open_end(open_store()) is None  # the embedded records are closed
    True
    """
    from atlarge.releases import families

    growing = {family for family, one in families().items() if one.latest}
    found = completeness(store, table)
    is_growing = any(r["table"] == table and r["family"] in growing for r in store.releases)
    return found if found.is_known or (is_growing and found.as_of is not None) else None


def _by_week(store: Store, release: dict[str, Any], table: str) -> dict[dt.date, int]:
    """Records of a release by week, including those set aside for a later release."""
    files = [store.path / str(e["path"]) for e in release["tables"] if e["table"] == table]
    if release.get("overlap"):
        files.append(store.path / str(release["overlap"]))
    day = pl.col(DATE_COLUMN[table] or "date")
    parts = [pl.scan_parquet(file, glob=False).select(week=day.dt.truncate("1w"), n="n") for file in files]
    rows = pl.concat(parts).drop_nulls().group_by("week").agg(pl.col("n").sum()).collect()
    return {week: int(n) for week, n in rows.iter_rows()}

"""The release that each part of a series comes from, and the days on which its definition changes.

Breaks are listed in `breaks.yaml`, each with its reason and source; the release of each day's rows is read
from the store.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from atlarge.files import shipped_yaml
from atlarge.messages import Message, render, say
from atlarge.panel.catalogue import measure as measure_of
from atlarge.panel.catalogue import measures as all_measures
from atlarge.records.store import Store
from atlarge.records.tables import DATE_COLUMN

KINDS = ("definition", "source", "coverage")
"""Kinds of dated breaks; a store adds `release` and `incomplete` of its own."""


@dataclass(frozen=True)
class Break:
    """A day on which a series changes what it means or where it is from; `until`: last day of a gap;
    `family`: of the releases that it concerns, empty for any; `params`: what its words name beside."""

    id: str
    date: dt.date
    kind: str
    measures: tuple[str, ...]
    reason: str
    source: str
    until: dt.date | None = None
    family: str = ""
    params: tuple[tuple[str, Any], ...] = ()

    @property
    def says(self) -> Message:
        """What changes, for a reader."""
        return say(f"break.{self.id}", **dict(self.params))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, dates in ISO form."""
        until = {"until": self.until.isoformat()} if self.until else {}
        return {
            "id": self.id,
            "date": self.date.isoformat(),
            **until,
            "kind": self.kind,
            "measures": list(self.measures),
            "says": {language: render(self.says, language) for language in ("en", "es")},
            "reason": self.reason,
            "source": self.source,
        }


@dataclass(frozen=True)
class Segment:
    """The days between the first and the last row that a release gives to a table, and what release it is."""

    release_id: str
    family: str
    title: str
    file: str
    start: dt.date
    end: dt.date

    def to_dict(self) -> dict[str, Any]:
        """Plain values, dates in ISO form."""
        return {
            "release": self.release_id,
            "family": self.family,
            "title": self.title,
            "file": self.file,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
        }


@cache
def all_breaks() -> tuple[Break, ...]:
    """Every dated break, the earliest first."""
    rows = [
        Break(**{**row, "measures": tuple(row["measures"])})
        for row in shipped_yaml(__package__, "breaks.yaml")
    ]
    return tuple(sorted(rows, key=lambda b: (b.date, b.id)))


def breaks(
    measures: Iterable[str],
    start: dt.date | None = None,
    end: dt.date | None = None,
    families: Container[str] | None = None,
) -> list[Break]:
    """Breaks of measures that lie within the days from `start` to `end`.

    Parameters
    ----------
    measures : iterable of str
        Names of the panel or of `reference/detention_monthly`.
    start, end : date, optional
        First and last day of what is shown; a break on the first or the last day is none in it.
    families : container of str, optional
        Families of the releases shown: a break that concerns another is left out. Left out, any.

    Returns
    -------
    list of Break
        The earliest first.

    Examples
    --------
    >>> import datetime as dt
    >>> [b.id for b in breaks(["handoffs"], dt.date(2025, 1, 1), dt.date(2026, 1, 1))]
    ['cap-collapse']
    """
    wanted = set(measures)
    return [
        b
        for b in all_breaks()
        if wanted & set(b.measures)
        and (start is None or start < (b.until or b.date))
        and (end is None or b.date < end)
        and (not b.family or families is None or b.family in families)
    ]


def segments(
    store: Store, table: str, start: dt.date | None = None, end: dt.date | None = None
) -> list[Segment]:
    """Which releases the rows of a table are from, and over which days.

    Rows that a store sets aside, since another release has the same events, are not counted; rows that do not
    name their release give none.

    Examples
    --------
    >>> from atlarge.records.store import open_store
    >>> len(segments(open_store(), "arrests"))  # one file for each fiscal year
    4
    """
    column = DATE_COLUMN.get(table)
    if column is None or table not in store.tables():
        return []
    records = store.scan(table)
    if "release_id" not in records.collect_schema():
        return []
    rows = (
        records.select("release_id", pl.col(column).cast(pl.Date).alias("day"))
        .drop_nulls()
        .filter(
            (pl.lit(start is None) | (pl.col("day") >= (start or dt.date.min)))
            & (pl.lit(end is None) | (pl.col("day") <= (end or dt.date.max)))
        )
        .group_by("release_id")
        .agg(pl.col("day").min().alias("start"), pl.col("day").max().alias("end"))
        .collect()
    )
    from atlarge.releases.catalogue import families

    known, audits = families(), {r["id"]: r for r in store.releases}
    found = []
    for name, first, last in rows.iter_rows():
        audit = audits.get(name, {})
        family = str(audit.get("family", ""))
        title = known[family].title if family in known else family
        found.append(Segment(str(name), family, title, str(audit.get("file", "")), first, last))
    return sorted(found, key=lambda s: (s.start, s.end, s.release_id))


def release_changes(parts: Iterable[Segment], measures: Iterable[str]) -> list[Break]:
    """Days on which the rows begin to come from a release of a different family.

    Files of one family that follow each other (fiscal years, later vintages) are no change.

    Examples
    --------
    >>> from atlarge.records.store import open_store
    >>> release_changes(segments(open_store(), "arrests"), ["arrests"])  # four files of one form
    []
    """
    found: list[Break] = []
    before: Segment | None = None
    for part in sorted(parts, key=lambda s: (s.start, s.end)):
        if before is not None and part.end <= before.end:
            continue  # within the days of another release: no break begins here
        if before is not None and part.family != before.family:
            params = (("day", part.start), ("file", part.file or part.title))
            found.append(
                Break("release", part.start, "release", tuple(measures), part.title, part.file, params=params)
            )
        before = part
    return found


def breaks_within(
    measures: Iterable[str],
    start: dt.date,
    end: dt.date,
    families: Container[str],
    changes: Iterable[Break],
    complete_until: dt.date | None = None,
) -> list[Break]:
    """Breaks of measures within some days: definitions, changes of release, the end of what is complete.

    Parameters
    ----------
    measures : iterable of str
        Names of the panel or of `reference/detention_monthly`.
    start, end : date
        First and last day of what is shown.
    families : container of str
        Of the releases shown.
    changes : iterable of Break
        As `release_changes` gives them.
    complete_until : date, optional
        The last day of which all records are in, where the series grows.

    Returns
    -------
    list of Break
        The earliest first.

    Examples
    --------
    >>> import datetime as dt
    >>> days = dt.date(2025, 1, 1), dt.date(2026, 5, 1)
    >>> found = breaks_within(["handoffs"], *days, {"ddp-arrests-c"}, [], dt.date(2026, 4, 1))
    >>> [one.id for one in found]
    ['cap-collapse', 'incomplete']
    """
    names = list(measures)
    found = breaks(names, start, end, families) + [one for one in changes if start < one.date < end]
    if complete_until and start < complete_until < end:
        found.append(incomplete_from(complete_until, names))
    return sorted(found, key=lambda one: one.date)


def breaks_of_store(
    store: Store, measures: Iterable[str], start: dt.date, end: dt.date, complete_until: dt.date | None = None
) -> list[Break]:
    """Breaks of measures of arrests within some days, as the releases of a store have them.

    Definitions that change, and releases of another form; the end of what ships only where that is in the
    store; the end of what is complete (`complete_until`) where it is given.

    Examples
    --------
    >>> import datetime as dt
    >>> from atlarge.records.store import open_store
    >>> breaks_of_store(open_store(), ["at_large"], dt.date(2016, 1, 1), dt.date(2019, 1, 1))
    []
    """
    names = list(measures)
    families = {str(release["family"]) for release in store.releases}
    changes = release_changes(segments(store, "arrests"), names) if len(families) > 1 else []
    return breaks_within(names, start, end, families, changes, complete_until)


def incomplete_from(until: dt.date, measures: Iterable[str]) -> Break:
    """The day up to which the records of a growing series are all in, as a break.

    Examples
    --------
    >>> import datetime as dt
    >>> incomplete_from(dt.date(2026, 6, 20), ["at_large"]).kind
    'incomplete'
    """
    return Break("incomplete", until, "incomplete", tuple(measures), "", "", params=(("day", until),))


def time_axis(
    store: Store, measures: Iterable[str], start: dt.date | None = None, end: dt.date | None = None
) -> dict[str, Any]:
    """Breaks and releases of measures over some days, as JSON carries them.

    Parameters
    ----------
    store : Store
        Whose releases are shown.
    measures : iterable of str
        Names of the panel.
    start, end : date, optional
        Left out, the days that the store's rows span.

    Returns
    -------
    dict
        `breaks`: id, date, kind, measures, says (en, es), reason, source; `releases`: release, family, title,
        file, start, end.

    Examples
    --------
    >>> from atlarge.records.store import open_store
    >>> found = time_axis(open_store(), ["at_large"])
    >>> found["breaks"], found["releases"][0]["start"]
    ([], '2015-10-01')
    """
    names = list(measures)
    known = all_measures()
    parts = [
        one
        for table in dict.fromkeys(measure_of(n).table for n in names if n in known)
        for one in segments(store, table, start, end)
    ]
    first = start or min((one.start for one in parts), default=None)
    last = end or max((one.end for one in parts), default=None)
    # the end of the shipped records is a break only if something follows
    shown = {one.family for one in parts} or None
    found = [b for b in breaks(names, first, last, shown) if not parts or max(p.end for p in parts) > b.date]
    return {"breaks": [b.to_dict() for b in found], "releases": [one.to_dict() for one in parts]}

"""Detention by month up to 2026, as published in aggregate: for the nation, an area of responsibility or a
county.

Figures are those of `reference/detention_monthly`, in which county means under five people are left out. The
figure of an area is the sum of its counties that are shown, so that none that is left out follows from it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import polars as pl

from atlarge.calendar import fiscal_year, months_through
from atlarge.messages import render
from atlarge.panel.time_axis import Break, breaks
from atlarge.publish import charts
from atlarge.publish.charts import BreakMark
from atlarge.publish.i18n import Words
from atlarge.publish.render import Figure, Table, figure
from atlarge.publish.site_data import PlaceInfo, SiteData
from atlarge.reference import table

HELD = "population_at_midnight"
BOOKED = ("book_ins_ice", "book_ins_cbp")


@dataclass(frozen=True)
class Detention:
    """A series by month: `values` in whole people, None where no figure is published; `partial` where the
    source ends within the month."""

    measure: str
    months: tuple[dt.date, ...]
    values: tuple[int | None, ...]
    partial: tuple[bool, ...]

    @property
    def whole(self) -> tuple[int | None, ...]:
        """Values without those of months in which the source ends: a part of a month looks like a fall."""
        return tuple(None if part else v for v, part in zip(self.values, self.partial, strict=True))

    @property
    def breaks(self) -> list[Break]:
        """Breaks within the months shown."""
        return breaks([self.measure], self.months[0], self.months[-1])


@cache
def _places_with(measure: str) -> frozenset[tuple[str, str]]:
    """Levels and codes of the places that have figures of a measure."""
    rows = table("detention_monthly").filter(pl.col("measure") == measure)
    return frozenset(rows.select("place_kind", "place").unique().iter_rows())


def detention_series(place_kind: str, place: str, measure: str = HELD) -> Detention | None:
    """Detention of the nation, an area of responsibility or a county of facilities, by month.

    Parameters
    ----------
    place_kind : str
        nation, aor or county; of areas and counties only populations are published.
    place : str
        US, the code of the area, or the county's FIPS code.
    measure : str
        population_at_midnight (mean number of people held), book_ins_ice or book_ins_cbp.

    Returns
    -------
    Detention or None
        None where nothing is published for the place.

    Examples
    --------
    >>> detention_series("aor", "SNA").months[0].isoformat()
    '2022-10-01'
    """
    if place_kind != "aor" and (place_kind, place) not in _places_with(measure):
        return None
    rows = table("detention_monthly").filter(pl.col("measure") == measure)
    if place_kind == "aor":
        inside = table("counties").filter(pl.col("aor") == place)["fips"]
        rows = (
            rows.filter((pl.col("place_kind") == "county") & pl.col("place").is_in(inside.implode()))
            .group_by("month")
            .agg(pl.col("value").sum(), pl.col("is_partial").any())
        )
    else:
        rows = rows.filter((pl.col("place_kind") == place_kind) & (pl.col("place") == place))
    if rows.is_empty():
        return None
    by = {row["month"]: row for row in rows.iter_rows(named=True)}
    months = months_through(min(by), max(by))
    found = [by.get(month) for month in months]
    return Detention(
        measure,
        tuple(months),
        tuple(None if row is None else round(row["value"]) for row in found),
        tuple(bool(row and row["is_partial"]) for row in found),
    )


def break_marks_of(found: Iterable[Break], w: Words) -> list[BreakMark]:
    """Breaks as charts draw them, those of one month as one, in the language of the page."""
    by_month: dict[str, list[Break]] = {}
    for one in found:
        by_month.setdefault(w.month(one.date), []).append(one)
    return [
        BreakMark(same[0].date, month, " ".join(render(one.says, w.language) for one in same))
        for month, same in by_month.items()
    ]


def detention_figure(place_kind: str, place: str, name: str, ends: dt.date, w: Words) -> Figure | None:
    """The line of people held by month, with its table and its breaks; None where there is none.

    `ends`: the last month of the arrests, which the line does not continue.
    """
    series = detention_series(place_kind, place)
    if series is None or len(series.months) < 2:
        return None
    whole = [k for k, value in enumerate(series.whole) if value is not None]
    if len(whole) < 2:
        return None
    first, last = whole[0], whole[-1]
    title = w(
        "detention.title",
        place=name,
        a=w.count(series.values[first] or 0),
        b=w.count(series.values[last] or 0),
        first=w.long_month(series.months[first]),
        last=w.long_month(series.months[last]),
    )
    days = {"from": w.long_month(series.months[0]), "to": w.long_month(series.months[-1])}
    sentence = w(f"detention.says_{place_kind}", place=name, **days)
    rows = [
        [w.month(month) + (" *" if part else ""), "–" if value is None else w.count(value)]
        for month, value, part in zip(series.months, series.values, series.partial, strict=True)
    ]
    label = w("detention.line")
    notes = [
        w("detention.no_arrests", ends=w.long_month(ends)),
        w("detention.small") if place_kind != "nation" else "",
    ]
    if any(series.partial):
        notes.append(w("detention.partial"))
    return figure(
        charts.lines_of,
        series.months,
        [charts.Line(label, series.whole)],
        w=w,
        title=title,
        sentence=sentence,
        breaks=break_marks_of(series.breaks, w),
        table=Table(sentence, [w("report.col.period"), label], rows),
        note=" ".join(note for note in notes if note),
        id="detention",
    )


def book_ins_figure(w: Words) -> Figure | None:
    """Book-ins of the nation after arrests by ICE, by month, with its breaks; its table has both agencies."""
    series = detention_series("nation", "US", BOOKED[0])
    if series is None:
        return None
    days = {"from": w.long_month(series.months[0]), "to": w.long_month(series.months[-1])}
    title, sentence = w("detention.book_ins_title"), w("detention.book_ins_says", **days)
    label = w(f"detention.{BOOKED[0]}")
    return figure(
        charts.lines_of, series.months, [charts.Line(label, series.whole)], w=w, title=title,
        sentence=sentence, breaks=break_marks_of(series.breaks, w),
        table=book_ins_table(w),
        note=" ".join(render(one.says, w.language) for one in series.breaks),
        id="book-ins",
    )  # fmt: skip


def book_ins_table(w: Words) -> Table:
    """Book-ins of the nation by fiscal year and arresting agency; years without a workbook are missing."""
    totals: dict[int, dict[str, int]] = {}
    months: dict[int, int] = {}
    for measure in BOOKED:
        series = detention_series("nation", "US", measure)
        assert series is not None
        for month, value, part in zip(series.months, series.values, series.partial, strict=True):
            if value is None or part:
                continue
            year = fiscal_year(month)
            totals.setdefault(year, dict.fromkeys(BOOKED, 0))[measure] += value
            months[year] = months.get(year, 0) + (measure == BOOKED[0])
    rows = [
        [
            w("detention.year", year=str(year)),
            str(months[year]) if year in totals else "–",
            *(w.count(totals[year][m]) if year in totals else "–" for m in BOOKED),
        ]
        for year in range(min(totals), max(totals) + 1)
    ]
    head = [w("detention.fiscal_year"), w("detention.months"), *(w(f"detention.{m}") for m in BOOKED)]
    return Table(w("detention.book_ins"), head, rows)


def since_2015_figure(data: SiteData, nation: PlaceInfo, w: Words) -> Figure | None:
    """Arrests of the records to where they end, and book-ins after arrests by ICE from 2018 on."""
    series, counts = detention_series("nation", "US", BOOKED[0]), data.series(nation, "arrests", "month")
    if series is None or counts is None:
        return None
    booked = {m: v for m, v in zip(series.months, series.whole, strict=True) if v is not None}
    arrests = {m: v for m, v in zip(counts.periods, counts.values, strict=True) if v is not None}
    if not booked or not arrests:
        return None
    axis = months_through(min(arrests), max(*booked, min(arrests)))
    lines = [
        charts.Line(w("detention.arrests"), [arrests.get(m) for m in axis]),
        charts.Line(w("detention.booked"), [booked.get(m) for m in axis]),
    ]
    peak = max(booked, key=lambda m: booked[m])
    title = w("detention.since_title", peak=w.count(booked[peak]), when=w.long_month(peak))
    sentence = w("detention.since_says", ends=w.long_month(max(arrests)))
    found = data.dated(["arrests", series.measure], axis[0], axis[-1])
    rows = [[w.month(m), *(w.count(s[m]) if m in s else "–" for s in (arrests, booked))] for m in axis]
    return figure(
        charts.lines_of, axis, lines, w=w, title=title, sentence=sentence,
        breaks=break_marks_of(found, w), height=300,
        table=Table(sentence, [w("report.col.period"), *(s.label for s in lines)], rows),
        note=" ".join(render(one.says, w.language) for one in found),
        id="since-2015",
    )  # fmt: skip

"""What a reader knows from an earlier report, or from a site of the same records."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from atlarge.detainers.outcomes import charge_of, period_of, place_columns
from atlarge.detainers.report_cells import BESIDE, COUNTS, ReportCells
from atlarge.disclosure.table import SHOWN, UNCOVERED, WITHHELD, believed
from atlarge.errors import QuestionError
from atlarge.records.tables import PLACE_COLUMNS

DEFAULT_THRESHOLD = 5
_NO_REPORT = "an earlier report is not the JSON of atlarge detainers --disclose"


def days_of(report: Mapping[str, Any]) -> tuple[dt.date, dt.date]:
    """First and last day of an earlier report; QuestionError where it is none."""
    try:
        return dt.date.fromisoformat(str(report["from"])), dt.date.fromisoformat(str(report["to"]))
    except (KeyError, ValueError, TypeError):
        raise QuestionError(_NO_REPORT) from None


def earlier_columns(k: int, report: Mapping[str, Any], columns: Sequence[str]) -> list[pl.Expr]:
    """Place and period of a record in an earlier report; null where it lies outside of it."""
    inside = pl.col("date").is_between(*days_of(report))
    try:
        place = place_columns(str(report["by"]), list(columns))[0]
        period = period_of(str(report["every"]))
    except KeyError:
        raise QuestionError(_NO_REPORT) from None
    return [
        inside.alias(f"in{k}"),
        pl.when(inside).then(place).alias(f"place{k}"),
        pl.when(inside).then(period).alias(f"period{k}"),
    ]


def threshold_of(report: Mapping[str, Any]) -> int:
    """Counts of an earlier report from 1 to so many less one were suppressed."""
    return int(report.get("threshold") or DEFAULT_THRESHOLD)


def know_report(cells: ReportCells, k: int, report: Mapping[str, Any]) -> None:
    """Take in what an earlier report published: its counts are known, those it suppressed bear no mark."""
    then = threshold_of(report)
    for section, keys, published in (
        ("rows", [f"place{k}", f"period{k}"], report.get("rows", [])),
        ("total", [], [report.get("total", {})]),
    ):
        start = len(cells.keys)
        cells.outcomes(f"{section}{k}", keys, pl.col(f"in{k}"), shown=False)
        by_key = {
            (row.get("place"), _day(row.get("period"))) if keys else (): row for row in published if row
        }
        for i in range(start, len(cells.keys)):
            _, *key, name = cells.keys[i]
            row = by_key.get(tuple(key))
            if row is None or name not in row:
                continue
            number, value = cells.base.height + i, row[name]
            if cells.values[i] > 0 and value in (None, cells.values[i]):
                mark = WITHHELD if value is None else SHOWN
                cells.least[number], cells.most[number] = believed(mark, cells.values[i], then)


def know_charges(cells: ReportCells, k: int, report: Mapping[str, Any], detainers: pl.DataFrame) -> None:
    """Charges of declined detainers in an earlier report of the same level.

    What lies in one of the two reports alone is a count that must not be small and known either.
    """
    number = {key: cells.base.height + i for i, key in enumerate(cells.keys)}
    then = earlier_columns(k, report, detainers.columns)[0].alias("then")
    place = place_columns(str(report["by"]), detainers.columns)[0].alias("place")
    named = detainers.filter(pl.col("outcome") == "declined").select(
        place, charge_of(detainers.columns), "now", then, pl.col("n").cast(pl.Int64)
    )
    # Days that only one report covers, if any record shows that there are such days.
    kinds = set(named.select("now", "then").unique().rows())
    possible = {name for name, kind in (("here", (True, False)), ("there", (False, True))) if kind in kinds}
    published = {
        (row.get("place"), row.get("charge")): row.get("declined") for row in report.get("declined", [])
    }
    n, is_now, is_then = pl.col("n"), pl.col("now"), pl.col("then")
    sums = named.group_by("place", "charge").agg(
        n.filter(is_now & is_then).sum().alias("both"),
        n.filter(is_now & ~is_then).sum().alias("here"),
        n.filter(~is_now & is_then).sum().alias("there"),
    )
    for where, what, both, here, there in sums.sort("place", "charge", nulls_last=True).iter_rows():
        earlier = published.get((where, what))
        if earlier != both + there or ("charge", where, what) not in number:
            continue
        shared = cells.put((f"both{k}", where, what), both, None, 0.0, shown=False)
        known = cells.put((f"charge{k}", where, what), earlier, None, 0.0, shown=False)
        cells.least[known] = cells.most[known] = earlier
        for name, alone, whole in (("here", here, number[("charge", where, what)]), ("there", there, known)):
            parts = [shared]
            if name in possible:
                parts.append(cells.put((f"{name}{k}", where, what), alone, None, 0.0, shown=False))
            cells.sums.add(parts, [whole])


_SITE_PREFIX = "detainers_"


def detainers_of_site(site: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The counts of detainers that a site published or suppressed, of levels that the records have."""
    levels = ["nation", *(level for level, column in PLACE_COLUMNS.items() if column in columns)]
    names = [f"{_SITE_PREFIX}{name}" for name in COUNTS]
    return site.filter(
        pl.col("measure").is_in(names), pl.col("level").is_in(levels), pl.col("mark") != UNCOVERED
    ).sort("level", "place", "measure", "start", "end")


def edges_of(site: pl.DataFrame) -> list[dt.date]:
    """Days on which a count of a site begins, or is over."""
    return sorted({*site["start"].to_list(), *(end + dt.timedelta(days=1) for end in site["end"].to_list())})


def site_places(columns: Sequence[str]) -> list[pl.Expr]:
    """The places of a record at the levels of a site."""
    known = [
        pl.col(column).alias(f"site_{level}") for level, column in PLACE_COLUMNS.items() if column in columns
    ]
    return [pl.lit("US").alias("site_nation"), *known]


def know_site(cells: ReportCells, site: pl.DataFrame, edges: Sequence[dt.date]) -> None:
    """Take in what a site published: its counts are known, those that it suppressed within their marks."""
    at = {day: i + 1 for i, day in enumerate(edges)}
    for (level,), rows in site.group_by(["level"], maintain_order=True):
        places = cells.base.select("row", "outcome", "atom", "n", pl.col(f"site_{level}").alias("place"))
        by_place = {key[0]: frame for key, frame in places.group_by("place")}
        for place, name, start, end, value, mark, threshold in rows.select(
            "place", "measure", "start", "end", "value", "mark", "threshold"
        ).iter_rows():
            if place not in by_place:
                continue
            first, stop = at[start], at[end + dt.timedelta(days=1)]
            inside = by_place[place].filter(pl.col("atom") >= first, pl.col("atom") < stop)
            outcome = name.removeprefix(_SITE_PREFIX)
            if outcome != "issued":
                inside = inside.filter(pl.col("outcome") == outcome)
            count = int(inside["n"].sum())
            if count == 0 or (mark == SHOWN and value != count):
                continue  # the records have changed since
            numbers = inside["row"].to_list()
            cell = cells.put(("site", level, place, name, start, end), count, numbers, 0.0, shown=False)
            cells.least[cell], cells.most[cell] = believed(mark, count, threshold)


def add_differences_to_site(
    cells: ReportCells, site: pl.DataFrame, edges: Sequence[dt.date], by: str
) -> None:
    """What follows from a count of the report and those of a site by subtraction, which are cells too.

    Of the days that a row of the report counts: those within spans of the site, all others of the row, and
    those that these spans and the ones that the row only touches have beyond it. Once with the spans of which
    the site shows the count alone, once with all; the months of a place apart from its quarters and years.
    """
    at = {day: i + 1 for i, day in enumerate(edges)}
    level = "county" if by == "facility" else by
    spans: dict[tuple[str, str, str, str], list[tuple[int, int, bool]]] = {}
    for where, place, name, period, start, end, mark in site.select(
        "level", "place", "measure", "period", "start", "end", "mark"
    ).iter_rows():
        if where in (level, "nation"):
            days = (at[start], at[end + dt.timedelta(days=1)], mark == SHOWN)
            spans.setdefault((where, place, name.removeprefix(_SITE_PREFIX), period), []).append(days)
    periods = cells.base.filter("now")["period"].drop_nulls()
    # All days, and the periods that the report may cover in part: its first and last.
    windows = [
        pl.col("now"),
        *(
            pl.col("now") & (pl.col("period") == day)
            for day in dict.fromkeys((periods.min(), periods.max()))
            if day is not None
        ),
    ]
    base = cells.base.with_columns(w.alias(f"in{i}") for i, w in enumerate(windows))
    places = {
        where: {key[0]: rows for key, rows in base.group_by(f"site_{where}", maintain_order=True)}
        for where in {key[0] for key in spans}
    }
    seen: set[bytes] = set()
    for (where, place, outcome, period), found in spans.items():
        rows = places[where].get(place, base.clear())
        is_counted = (rows["outcome"] == outcome).to_numpy() | (outcome == "issued")
        atom, n, number = (rows[c].to_numpy() for c in ("atom", "n", "row"))
        for i, only_shown in itertools.product(range(len(windows)), (True, False)):
            now = rows[f"in{i}"].to_numpy()
            within, touched = np.zeros(rows.height, bool), np.zeros(rows.height, bool)
            for first, stop, is_shown in found:
                span = (atom >= first) & (atom < stop)
                if is_shown or not only_shown:
                    within |= span & bool(now[span].all())
                    touched |= span & bool(now[span].any())
            parts = [touched & ~now]
            if where != by or ((now & within & is_counted).any() and (now & ~within & is_counted).any()):
                parts += [now & within, now & ~within]
            for part in parts:
                inside = number[part & is_counted]
                total = int(n[part & is_counted].sum())
                if total and inside.tobytes() not in seen:
                    seen.add(inside.tobytes())
                    key = (BESIDE, where, place, outcome, period, i, len(seen))
                    cells.put(key, total, inside.tolist(), 0.0, shown=False)


def _day(value: Any) -> dt.date | None:
    return dt.date.fromisoformat(str(value)) if value else None

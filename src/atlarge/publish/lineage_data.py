"""The files and sheets that the counts of a store come from, never individual rows nor exact numbers of rows.

With the published months an exact number of rows would give the records of the other days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from atlarge.calendar import month_end
from atlarge.disclosure.table import Disclosed
from atlarge.errors import StoreError
from atlarge.panel import NATION
from atlarge.records.store import Store
from atlarge.wording import printable

UNITS = (100, 1_000, 10_000, 100_000, 1_000_000)
"""What numbers of rows are rounded to."""


@dataclass(frozen=True)
class Origin:
    """A sheet of a file of a release that holds records of a table.

    `has_rows`: whether the store knows the rows, and not only counts of them. `start` and `end` are the days
    that the release covers for the table.
    """

    table: str
    release: str
    file: str
    sheet: str
    has_rows: bool
    start: dt.date
    end: dt.date
    scope: str

    def covers(self, first: dt.date, last: dt.date) -> bool:
        """Whether it covers some day of first..last."""
        return self.start <= last and first <= self.end


def origins(store: Store, tables: list[str]) -> list[Origin]:
    """Every sheet that counts come from, by table, release, file and sheet."""
    files = {str(r["id"]): str(r.get("file") or "") for r in store.manifest.get("releases", [])}
    result = []
    for table in tables:
        spans = {c.release_id: c for c in store.coverage(table)}
        releases = _stored(store, table)
        for release, span in sorted(spans.items()):
            for file, sheet, has_rows in releases.get(release, [("", "", False)]):
                name = printable(file or files.get(release, ""))
                result.append(
                    Origin(table, release, name, sheet or "", has_rows, span.start, span.end, span.scope)
                )
    return result


def _stored(store: Store, table: str) -> dict[str, list[tuple[str, str, bool]]]:
    """By release: its files and sheets, and whether their rows are numbered."""
    try:
        frame = store.scan(table)
    except StoreError:
        return {}
    names = set(frame.collect_schema().names())
    if not {"release_id", "file", "sheet", "row", "n"} <= names:
        return {}
    rows = (
        frame.group_by("release_id", "file", "sheet")
        .agg(pl.col("row").is_not_null().any().alias("numbered"))
        .sort("release_id", "file", "sheet", nulls_last=False)
        .collect()
    )
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for release, file, sheet, numbered in rows.iter_rows():
        if release is not None:
            found.setdefault(str(release), []).append((file or "", printable(sheet or ""), bool(numbered)))
    return found


def row_unit(published: int, threshold: int) -> int:
    """What to round a number of rows to, where so many of them are published by month.

    The rows beyond those months can then be none or at least the threshold, as far as a reader knows. It
    depends on published counts alone, so that the unit itself says nothing more.

    >>> row_unit(1_432, 5), row_unit(1_447, 5)
    (100, 1000)
    """
    same = (u for u in UNITS if rounded(published, u) == rounded(published + threshold, u))
    return next(same, UNITS[-1])


def rounded(n: int, unit: int) -> int:
    """A number rounded to a unit, halves up."""
    return (2 * n + unit) // (2 * unit) * unit


def release_facts(store: Store, shown: Disclosed, groups: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """What is published about each release: file, hash, coverage, and about how many rows were read, kept and
    dropped (None where a published month of it is suppressed, or it is of several tables or places)."""
    facts = []
    for r in sorted(store.manifest.get("releases", []), key=lambda r: str(r["id"])):
        published = _published(r.get("coverage") or [], shown, groups)
        unit = None if published is None else row_unit(published, shown.threshold)
        row = {k: r.get(k) for k in ("id", "file", "family", "sha256", "coverage")} | {"unit": unit}
        row["file"] = row["file"] and printable(str(row["file"]))
        for name in ("rows_read", "rows_kept"):
            row[name] = None if unit is None else rounded(int(r.get(name) or 0), unit)
        dropped = (r.get("rows_dropped") or {}).items()
        row["rows_dropped"] = {k: rounded(int(v), unit) for k, v in dropped} if unit is not None else None
        facts.append(row)
    return facts


def _published(
    coverage: list[dict[str, Any]], shown: Disclosed, groups: Mapping[str, list[str]]
) -> int | None:
    """Records in the published months that a release covers; None where that cannot be summed."""
    if len(coverage) != 1 or coverage[0]["table"] not in groups:
        return None
    span = coverage[0]
    level, _, code = str(span["scope"]).partition(":")
    first, last = (dt.date.fromisoformat(str(span[name])) for name in ("start", "end"))
    months = shown.frame.filter(
        pl.col("every") == "month",
        pl.col("level") == level,
        pl.col("place") == (NATION if level == "nation" else code),
        pl.col("measure") == groups[span["table"]][0],
        pl.col("start") >= first,
        pl.col("end") <= last,
        pl.col("mark") != "uncovered",
    )
    days = sum((month_end(day) - day).days + 1 for day in months["start"].to_list())
    # Apart from the months at both ends, days of another month of the release are not published.
    is_whole = days + 62 > (last - first).days
    return int(months["value"].sum()) if months["value"].null_count() == 0 and is_whole else None

"""Which files, sheets and rows the counts of a store come from. Never which row is whose."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from atlarge.errors import StoreError

if TYPE_CHECKING:
    from atlarge.records.store import Store


@dataclass(frozen=True)
class Origin:
    """A sheet of a file of a release that holds records of a table.

    `rows` is the number of records that are counted from it; it and the row numbers are None where the store
    holds counts instead of rows, or where they are fewer than the threshold. `start` and `end` are the days
    that the release covers for the table.
    """

    table: str
    release: str
    file: str
    sheet: str
    rows: int | None
    first_row: int | None
    last_row: int | None
    start: dt.date
    end: dt.date
    scope: str

    def covers(self, first: dt.date, last: dt.date) -> bool:
        """Whether it covers some day of first..last."""
        return self.start <= last and first <= self.end


def origins(store: Store, tables: list[str], threshold: int) -> list[Origin]:
    """Every sheet that counts come from, by table, release, file and sheet."""
    files = {str(r["id"]): str(r.get("file") or "") for r in store.manifest.get("releases", [])}
    result = []
    for table in tables:
        spans = {c.release_id: c for c in store.coverage(table)}
        releases = _stored(store, table)
        for release, span in sorted(spans.items()):
            sheets: list[dict[str, Any]] = releases.get(release, [])
            small = any(s["rows"] < threshold for s in sheets)
            for s in sheets or [{"file": "", "sheet": "", "rows": 0, "first": None, "last": None}]:
                is_shown = s["first"] is not None and not small
                rows, first, last = (s["rows"], s["first"], s["last"]) if is_shown else (None, None, None)
                name, sheet = s["file"] or files.get(release, ""), s["sheet"] or ""
                result.append(
                    Origin(table, release, name, sheet, rows, first, last, span.start, span.end, span.scope)
                )
    return result


def _stored(store: Store, table: str) -> dict[str, list[dict[str, Any]]]:
    """By release: its files and sheets with the number of rows and the first and last of their numbers."""
    try:
        frame = store.scan(table)
    except StoreError:
        return {}
    names = set(frame.collect_schema().names())
    if not {"release_id", "file", "sheet", "row", "n"} <= names:
        return {}
    rows = (
        frame.group_by("release_id", "file", "sheet")
        .agg(
            pl.col("n").sum().cast(pl.Int64).alias("rows"),
            pl.col("row").min().cast(pl.Int64).alias("first"),
            pl.col("row").max().cast(pl.Int64).alias("last"),
        )
        .sort("release_id", "file", "sheet", nulls_last=False)
        .collect()
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        if row["release_id"] is not None:
            found.setdefault(str(row["release_id"]), []).append(row)
    return found

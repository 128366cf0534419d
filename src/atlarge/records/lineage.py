"""Trace a count back to the file, sheet and rows of the releases behind it."""

from __future__ import annotations

import datetime as dt
from functools import reduce
from operator import or_
from typing import Any

import narwhals as nw
import polars as pl

from atlarge.engines import collect, scan
from atlarge.errors import QuestionError
from atlarge.records.best import FILLED
from atlarge.records.store import Store
from atlarge.records.tables import DATE_COLUMN, PLACE_COLUMNS, TABLES


def lineage(
    store: Store,
    table: str,
    start: dt.date | None = None,
    end: dt.date | None = None,
    place: str | None = None,
    engine: str = "polars",
    *,
    level: str | None = None,
    only: nw.Expr | None = None,
) -> pl.DataFrame:
    """Rows of releases behind the records of a table, days and place: release_id, file, sheet, rows.

    `place` is a code: a county's five digits, an office, an area of responsibility or a state; `level`
    (county, office, aor or state) says which where a code is of several. `only`: a condition on the rows,
    such as what a measure counts. `rows` lists row numbers as a spreadsheet shows them. `engine` (polars,
    duckdb or spark) reads the store.
    QuestionError if the store's rows carry none (the embedded one holds counts), or the table knows no such
    place.
    """
    frame = scan(store, table, engine)
    column = DATE_COLUMN[table]
    if column is not None:
        frame = frame.filter(nw.col(column) >= nw.lit(start)) if start else frame
        frame = frame.filter(nw.col(column) <= nw.lit(end)) if end else frame
    if place is not None:
        columns = PLACE_COLUMNS.values() if level is None else [PLACE_COLUMNS[level]]
        named = [(nw.col(name) == place).fill_null(False) for name in columns if name in TABLES[table]]
        if not named:
            raise QuestionError(f"the table {table} has no place to ask for")
        frame = frame.filter(reduce(or_, named))
    frame = frame if only is None else frame.filter(only)
    names = ["release_id", "file", "sheet", "row"]
    has_fills = FILLED in frame.collect_schema().names()
    rows = collect(frame.select(*names, *([FILLED] if has_fills else [])), engine)
    if has_fills:
        rows = pl.concat([rows.select(names), _filled_from(store, rows[FILLED])], how="vertical_relaxed")
    if rows.height and rows["row"].null_count() == rows.height:
        raise QuestionError(
            "this store holds counts, not rows of releases; name one written by `atlarge ingest`"
        )
    return (
        rows.group_by("release_id", "file", "sheet")
        .agg(pl.col("row").sort().alias("rows"))
        .sort("release_id", "sheet", nulls_last=False)
    )


def _filled_from(store: Store, sources: pl.Series) -> pl.DataFrame:
    """Rows of other releases that gave values to rows of a table."""
    files = {str(r["id"]): str(r["file"]) for r in store.releases}
    parts = sources.drop_nulls().str.split("; ").explode().str.extract_groups(r"^(.+)#(.*)#(\d+): ")
    found = parts.struct.unnest().drop_nulls("1").unique()
    return found.select(
        pl.col("1").alias("release_id"),
        pl.col("1").replace_strict(files, default=None, return_dtype=pl.String).alias("file"),
        pl.when(pl.col("2") != "").then(pl.col("2")).alias("sheet"),
        pl.col("3").cast(pl.UInt32).alias("row"),
    )


def verify(store: Store, engine: str = "polars") -> list[dict[str, Any]]:
    """Rows in the store's files, counted by an engine, against those that its manifest states.

    One entry a release and table: release, table, in_manifest, in_files. StoreError if a file cannot be read.
    """
    stated: dict[tuple[str, str], int] = {}
    for release in store.releases:
        for entry in release["tables"]:
            key = (str(release["id"]), str(entry["table"]))
            stated[key] = stated.get(key, 0) + int(entry["rows"])
    in_files: dict[tuple[str, str], int] = {}
    for table in store.tables():
        counted = scan(store, table, engine).group_by("release_id").agg(nw.len().alias("rows"))
        for release_id, rows in collect(counted, engine).select("release_id", "rows").iter_rows():
            in_files[(str(release_id), table)] = int(rows)
    return [
        {
            "release": key[0],
            "table": key[1],
            "in_manifest": stated.get(key, 0),
            "in_files": in_files.get(key, 0),
        }
        for key in sorted({*stated, *in_files})
    ]


def ranges(numbers: list[int]) -> str:
    """Row numbers as ranges: `7-9, 12`."""
    merged: list[list[int]] = []
    for number in numbers:
        if merged and number == merged[-1][1] + 1:
            merged[-1][1] = number
        else:
            merged.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in merged)

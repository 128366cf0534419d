"""Link records of the same person where identifiers allow it: detainer to arrest to detention.

Only counts leave this module: how many records were linked, and why the others were not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import narwhals as nw
import polars as pl

from atlarge.engines import collect, scans
from atlarge.records.store import Store


@dataclass(frozen=True)
class Link:
    """A kind of link: the right record lies from `before_days` before to `after_days` after the left one."""

    name: str
    left: str
    right: str
    right_date: str
    before_days: int
    after_days: int
    source: str


LINKS = (
    Link(
        "detainer to arrest", "detainers", "arrests", "date", 1, 365,
        "project: a detainer is prepared no later than a day after the arrest it leads to",
    ),
    Link(
        "arrest to detention", "arrests", "stints", "stay_book_in", 5, 10,
        "Deportation Data Project: book-in from 5 days before to 10 days after the arrest, closest each way",
    ),
    Link(
        "detainer to detention", "detainers", "stints", "stay_book_in", 1, 365,
        "project: as detainer to arrest",
    ),
)  # fmt: skip

UNMATCHED = (
    "no identifier",
    "identifier not in the other table",
    "none within the window",
    "taken by a closer one",
)


def pairs(left: pl.DataFrame, right: pl.DataFrame, before_days: int, after_days: int) -> pl.DataFrame:
    """One-to-one pairs of rows: each is the other's closest within the window (left_row, right_row, days).

    Both frames hold subject_key and day (Date). Ties go to the earlier day, then to the earlier row.
    """
    a = left.with_row_index("left_row").drop_nulls("subject_key").select("left_row", "subject_key", "day")
    b = right.with_row_index("right_row").drop_nulls("subject_key")
    both = a.join(b.select("right_row", "subject_key", pl.col("day").alias("other")), on="subject_key")
    days = (pl.col("other") - pl.col("day")).dt.total_days()
    both = both.with_columns(days.alias("days")).filter(pl.col("days").is_between(-before_days, after_days))
    by = [pl.col("days").abs(), pl.col("other"), pl.col("left_row"), pl.col("right_row")]
    both = both.sort(by)
    nearest_left = both.unique("left_row", keep="first", maintain_order=True)
    nearest_right = both.unique("right_row", keep="first", maintain_order=True)
    return (
        nearest_left.join(nearest_right.select("left_row", "right_row"), on=["left_row", "right_row"])
        .select("left_row", "right_row", "days")
        .sort("left_row")
    )


def link(left: pl.DataFrame, right: pl.DataFrame, before_days: int, after_days: int) -> dict[str, Any]:
    """Counts of one kind of link: rows, linked, and the others by reason (they add up to rows)."""
    found = pairs(left, right, before_days, after_days)
    linked = pl.Series(found["left_row"], dtype=pl.UInt32)
    rows = left.with_row_index("left_row")
    has_key = pl.col("subject_key").is_not_null()
    known = pl.col("subject_key").is_in(right["subject_key"].drop_nulls().unique().to_list())
    a = left.with_row_index("left_row").drop_nulls("subject_key")
    near = a.join(
        right.drop_nulls("subject_key").select("subject_key", pl.col("day").alias("other")), on="subject_key"
    )
    days = (pl.col("other") - pl.col("day")).dt.total_days()
    in_window = near.filter(days.is_between(-before_days, after_days))["left_row"].unique()
    why = (
        pl.when(pl.col("left_row").is_in(linked.to_list())).then(pl.lit("linked"))
        .when(~has_key).then(pl.lit(UNMATCHED[0]))
        .when(~known.fill_null(False)).then(pl.lit(UNMATCHED[1]))
        .when(~pl.col("left_row").is_in(in_window.to_list())).then(pl.lit(UNMATCHED[2]))
        .otherwise(pl.lit(UNMATCHED[3]))
    )  # fmt: skip
    counts = dict(rows.select(why.alias("why")).group_by("why").len().iter_rows())
    return {
        "rows": left.height,
        "linked": int(counts.get("linked", 0)),
        "unmatched": {reason: int(counts.get(reason, 0)) for reason in UNMATCHED},
    }


def _side(frame: nw.LazyFrame[Any], table: str, date: str) -> nw.LazyFrame[Any]:
    """Rows of a table that have a day: subject_key and day."""
    days = frame.select("subject_key", nw.col(date).cast(nw.Date).alias("day")).drop_nulls("day")
    if table == "stints" and date == "stay_book_in":
        days = days.unique()  # a stay of several stints is one detention
    return days


def _of_both(frame: nw.LazyFrame[Any], other: nw.LazyFrame[Any], engine: str) -> pl.DataFrame:
    """The rows whose identifier is in the other table, in a fixed order; all others can have no link."""
    keys = other.select("subject_key").drop_nulls().unique()
    found = frame.drop_nulls("subject_key").join(keys, on="subject_key", how="semi")
    return collect(found, engine).sort("day", "subject_key")


def _counts(kind: Link, left: nw.LazyFrame[Any], right: nw.LazyFrame[Any], engine: str) -> dict[str, Any]:
    """Counts for one kind of link; rows that cannot have one are counted without loading them."""
    sizes = collect(left.select(nw.len().alias("rows"), nw.col("subject_key").count().alias("keyed")), engine)
    rows, keyed = (int(value) for value in sizes.row(0))
    known = _of_both(left, right, engine)
    linked = link(known, _of_both(right, left, engine), kind.before_days, kind.after_days)
    linked["rows"] = rows
    linked["unmatched"] |= {UNMATCHED[0]: rows - keyed, UNMATCHED[1]: keyed - known.height}
    return linked


def link_report(store: Store, engine: str = "polars") -> list[dict[str, Any]]:
    """Every kind of link that the store's tables allow, in counts; empty where it holds one table alone.

    `engine` (polars, duckdb or spark) reads the store and finds the rows whose identifier is in both tables.
    """
    available = set(store.tables())
    reports = []
    for kind in LINKS:
        if {kind.left, kind.right} <= available:
            left, right = scans(store, [kind.left, kind.right], engine)
            counts = _counts(
                kind, _side(left, kind.left, "date"), _side(right, kind.right, kind.right_date), engine
            )
            window = {"before_days": kind.before_days, "after_days": kind.after_days}
            reports.append({"link": kind.name, **counts, "window": window, "source": kind.source})
    return reports

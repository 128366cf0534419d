"""What months say of places that are published by the quarter or the fiscal year only.

Such a place has no month on any page, yet its records lie in the months of its state and its area: a month in
which these have few others bounds them. Places that lie in the same wholes can stand for each other, so what
they have together in a month (a part) is all that months can bound. Parts are on no page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from atlarge.disclosure.constraints import LinearConstraints

PART = "part"
"""Period of a month that is on no page, and level of places that are counted together in it."""

LOOSE = 25
"""A month of a whole that has so many records beside those of the places in it bounds none of them."""

_ROW = ["family", "parent_level", "parent", "kind", "start"]
_PERIOD = ["group", "kind", "period"]
_PARTS = {"group": pl.String, "kind": pl.String, "start": pl.Date, "period": pl.Date, "value": pl.Int64}


@dataclass(frozen=True)
class MonthlyTies:
    """Parts, and what they are parts of.

    Attributes
    ----------
    cells
        group, kind, start, period, value, is_whole: one row a part. `period`: first day of the quarter or
        year that it lies in; `is_whole`: the parts of this period are all of its months.
    groups
        level, place, fine, group: the places that a part counts.
    bounds
        family, parent_level, parent, kind, start: months of a whole that bound the places in it.
    members
        family, level, place, parent_level, parent: what lies in what; parts stand for their places.
    """

    cells: pl.DataFrame
    groups: pl.DataFrame
    bounds: pl.DataFrame
    members: pl.DataFrame

    def as_cells(self) -> pl.DataFrame:
        """The parts as cells of the table that they are tied to, none of them published."""
        day, text = pl.col("start"), pl.lit(PART)
        columns = (text.alias("level"), pl.col("group").alias("place"), pl.col("kind").alias("measure"))
        end = day.dt.month_end().alias("end")
        return self.cells.select(*columns, text.alias("every"), day, end, "value", published=pl.lit(False))

    def constraints(self, kinds: pl.DataFrame, first_row: int) -> list[LinearConstraints]:
        """Parts make up the periods of their places, and are no more than the months of what holds them.

        `kinds`: level, place, kind, every, start, row, sign of the published cells; the parts come in the
        rows from `first_row` on.
        """
        if self.cells.is_empty():
            return []
        row = (pl.int_range(pl.len(), dtype=pl.Int64) + first_row).alias("row")
        parts = self.cells.with_columns(row, pl.lit(1, pl.Int64).alias("sign"))
        periods = parts.group_by(_PERIOD).agg(pl.col("is_whole").first()).sort(_PERIOD)
        periods = periods.with_row_index("sum")
        published = kinds.join(self.groups, on=["level", "place"])
        published = published.filter(pl.col("every") == pl.col("fine")).rename({"start": "period"})
        over_time = _sums(
            parts.join(periods, on=_PERIOD),
            published.join(periods, on=_PERIOD),
            ~periods["is_whole"].to_numpy(),
        )
        months = pl.concat(
            [
                kinds.filter(pl.col("every") == "month").select(_CELL),
                parts.select(pl.lit(PART).alias("level"), pl.col("group").alias("place"), *_CELL[2:]),
            ]
        )
        bounds = self.bounds.with_row_index("sum")
        inside = months.join(self.members, on=["level", "place"]).join(bounds, on=_ROW)
        own = self.groups.select(
            pl.col("level").alias("parent_level"), pl.col("place").alias("parent"), "group"
        )
        wholes = bounds.join(own, on=["parent_level", "parent"], how="left")
        wholes = wholes.with_columns(_counted_as("parent_level", "parent"))
        whole = months.join(wholes, on=_CELL[:4])
        return [over_time, _sums(inside, whole, np.ones(bounds.height, bool))]


_CELL = ["level", "place", "kind", "start", "row", "sign"]


def monthly_ties(
    months: pl.DataFrame, fine: pl.DataFrame, within: Sequence[pl.DataFrame], year: pl.Expr
) -> MonthlyTies:
    """Parts of the places that have no months of their own, where a month of a whole bounds them.

    Parameters
    ----------
    months
        level, place, kind, start, value: every place by the month, by the kind of record.
    fine
        level, place, fine: the finest period that each place is published by.
    within
        Families of places (child_level, child, parent_level, parent) that share no record.
    year
        First day of the fiscal year of the column `start`.
    """
    every = [
        frame.select(pl.lit(i, pl.Int32).alias("family"), "child_level", "child", "parent_level", "parent")
        for i, frame in enumerate(within)
        if frame.height
    ]
    nested = pl.concat(every).rename({"child_level": "level", "child": "place"}) if every else None
    coarse = fine.filter(pl.col("fine") != "month")
    if nested is None or coarse.is_empty():
        empty = pl.DataFrame()
        return MonthlyTies(pl.DataFrame(schema=_PARTS), empty, empty, empty)
    groups = _groups(coarse, nested)
    members = nested.join(groups.drop("fine"), on=["level", "place"], how="left")
    standing = members.with_columns(_counted_as("level", "place"))
    children = nested.join(months, on=["level", "place"]).join(groups, on=["level", "place"], how="left")
    inside = children.group_by(_ROW).agg(
        pl.col("value").sum().alias("inside"), pl.col("group").is_not_null().any().alias("has_parts")
    )
    names = {"level": "parent_level", "place": "parent", "value": "whole"}
    parents = months.rename(names).join(
        groups.select(pl.col("level").alias("parent_level"), pl.col("place").alias("parent"), "group"),
        on=["parent_level", "parent"],
        how="left",
    )
    rows = inside.join(parents, on=_ROW[1:])
    bounds = rows.filter(
        pl.col("has_parts") | pl.col("group").is_not_null(), pl.col("whole") - pl.col("inside") < LOOSE
    )
    columns = [*_ROW, "group"]
    inside = children.join(bounds.select(_ROW), on=_ROW, how="semi").select(columns)
    needed = pl.concat([inside, bounds.select(columns)]).drop_nulls("group").unique()
    needed = _bounded_twice(needed.with_columns(year.alias("year")))
    bounds = bounds.join(needed, on=_ROW, how="semi")
    start = pl.col("start")
    period = pl.when(pl.col("fine") == "quarter").then(start.dt.truncate("3mo")).otherwise(year)
    counted = months.join(groups, on=["level", "place"]).with_columns(period.alias("period"))
    counted = counted.group_by(*_PERIOD, "start").agg(pl.col("value").sum())
    chosen = counted.join(needed, on=["group", "kind", "start"], how="semi")
    sizes = counted.group_by(_PERIOD).agg(pl.len().alias("n"))
    cells = chosen.join(sizes, on=_PERIOD).with_columns(
        (pl.len().over(_PERIOD) == pl.col("n")).alias("is_whole")
    )
    return MonthlyTies(
        cells.drop("n").sort(*_PERIOD, "start"),
        groups,
        bounds.select(_ROW).sort(_ROW),
        standing.drop("group").unique(),
    )


def _counted_as(level: str, place: str) -> list[pl.Expr]:
    """Level and place of the cells that count a place: of its group, where it has no months of its own."""
    own = pl.when(pl.col("group").is_null())
    return [
        own.then(level).otherwise(pl.lit(PART)).alias("level"),
        pl.coalesce("group", place).alias("place"),
    ]


def _bounded_twice(needed: pl.DataFrame) -> pl.DataFrame:
    """Rows of _ROW, group, year without those of years in which one whole alone bounds some groups.

    What one whole leaves of its months suffices for places as soon as it does for their periods, and these
    are tied as they are; what two leave need not.
    """
    if needed.is_empty():
        return needed
    where = ("kind", "year")
    nodes = needed.select(
        pl.concat_str(*where, "group", separator="|").rank("dense").alias("group") - 1,
        pl.concat_str(*where, "parent_level", "parent", separator="|").rank("dense").alias("whole") - 1,
    )
    group, whole = nodes["group"].to_numpy().astype(int), nodes["whole"].to_numpy().astype(int)
    n = group.max() + 1, whole.max() + 1
    links = sparse.csr_matrix((np.ones(len(group)), (group, n[0] + whole)), shape=(sum(n), sum(n)))
    _, part = connected_components(links, directed=False)
    wholes = np.bincount(part[n[0] :], minlength=part.max() + 1)
    return needed.filter(pl.Series(wholes[part[group]] > 1))


def _groups(coarse: pl.DataFrame, nested: pl.DataFrame) -> pl.DataFrame:
    """Places without months in the same wholes are counted together; one that holds others, alone."""
    where = pl.concat_str("family", "parent", separator=":")
    lies_in = nested.group_by("level", "place").agg(where.sort().str.join(",").alias("in"))
    holds = nested.select(pl.col("parent_level").alias("level"), pl.col("parent").alias("place")).unique()
    joined = coarse.join(lies_in, on=["level", "place"], how="left").join(
        holds.with_columns(pl.lit(True).alias("holds")), on=["level", "place"], how="left"
    )
    alone = pl.concat_str("level", "place", separator=":")
    group = pl.when(pl.col("holds")).then(alone).otherwise(pl.concat_str("fine", "in", separator=","))
    return joined.select("level", "place", "fine", group.alias("group")).drop_nulls("group")


def _sums(inside: pl.DataFrame, whole: pl.DataFrame, is_inequality: np.ndarray) -> LinearConstraints:
    """Sums from frames of sum, row and sign."""
    return LinearConstraints.sums(
        np.concatenate([inside["sum"].to_numpy(), whole["sum"].to_numpy()]),
        np.concatenate([inside["row"].to_numpy(), whole["row"].to_numpy()]),
        np.concatenate([inside["sign"].to_numpy(), -whole["sign"].to_numpy()]).astype(float),
        is_inequality,
    )

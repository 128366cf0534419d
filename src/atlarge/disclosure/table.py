"""Disclosure control as a type: what has not passed it cannot be drawn, tabled or downloaded.

`disclose` is the only way to make a `Disclosed`; everything that renders asks for one. Counts under the
threshold are hidden (primary), and further cells are hidden until the hidden ones cannot be worked out
from the totals, the months, the counties or the other measures that are published (complementary).
The search for those further cells, and the attacker they must withstand, are in `suppression`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from atlarge.disclosure.suppression import OPEN, PRIMARY, LinearConstraints, suppress
from atlarge.errors import QuestionError

THRESHOLD = 5

SHOWN, SMALL, WITHHELD, UNCOVERED = "shown", "small", "withheld", "uncovered"


class _Seal:
    """Stands in what `disclose` made; a class, so that it survives a trip to another process."""


_SEAL = _Seal


@dataclass(frozen=True)
class Counts:
    """One published series of counts: value None where it is hidden or not covered.

    Made only by `Disclosed.counts`, so that a chart of counts cannot be drawn from raw ones.
    `threshold` tells how small "small" is: such a count lies between 1 and threshold - 1.
    """

    label: str
    periods: tuple[dt.date, ...]
    values: tuple[int | None, ...]
    marks: tuple[str, ...]
    threshold: int
    seal: object = None

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("counts are published through disclose(), which hides the small ones")

    def named(self, label: str) -> Counts:
        """The same series under another label."""
        return replace(self, label=label)

    @property
    def total(self) -> int | None:
        """Sum of the series, or None where any of it is hidden."""
        if SMALL in self.marks or WITHHELD in self.marks:
            return None
        return sum(v for v in self.values if v is not None)


class Disclosed:
    """A table of counts that has passed disclosure control.

    `frame`: the key columns it was given, `value` (Int64, null where hidden or not covered) and `mark`
    (shown, small, withheld, uncovered). Hidden values are not in it.
    """

    def __init__(self, frame: pl.DataFrame, threshold: int, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("a Disclosed table is made by disclose(), which hides the small counts")
        self.frame = frame
        self.threshold = threshold

    def filter(self, *conditions: pl.Expr) -> Disclosed:
        """Part of the table; what was hidden stays hidden."""
        return Disclosed(self.frame.filter(*conditions), self.threshold, _SEAL)

    def with_columns(self, *columns: pl.Expr) -> Disclosed:
        """The table with further columns made from its keys."""
        return Disclosed(self.frame.with_columns(*columns), self.threshold, _SEAL)

    def counts(self, label: str, *conditions: pl.Expr, period: str = "period") -> Counts:
        """One series of the table, in the order of its periods."""
        rows = self.frame.filter(*conditions).sort(period)
        return Counts(
            label,
            tuple(rows[period].to_list()),
            tuple(rows["value"].to_list()),
            tuple(rows["mark"].to_list()),
            self.threshold,
            _SEAL,
        )

    def all_counts(self, *keys: str, period: str = "start") -> dict[tuple[str, ...], Counts]:
        """Every series of the table by its keys, each in the order of its periods; labels are left empty."""
        lists = (
            self.frame.sort(*keys, period)
            .group_by(*keys, maintain_order=True)
            .agg(pl.col(period), pl.col("value"), pl.col("mark"))
        )
        return {
            tuple(row[: len(keys)]): Counts(
                "", tuple(row[-3]), tuple(row[-2]), tuple(row[-1]), self.threshold, _SEAL
            )
            for row in lists.iter_rows()
        }

    def cell(self, *conditions: pl.Expr) -> tuple[int | None, str]:
        """Value and mark of one cell; QuestionError unless exactly one is meant."""
        rows = self.frame.filter(*conditions)
        if rows.height != 1:
            raise QuestionError(f"{rows.height} published cells are meant where one was asked for")
        return rows["value"].item(), rows["mark"].item()

    @property
    def hidden(self) -> dict[str, int]:
        """How many cells are hidden, by reason."""
        marks = self.frame["mark"]
        return {SMALL: int((marks == SMALL).sum()), WITHHELD: int((marks == WITHHELD).sum())}


def disclose(
    cells: pl.DataFrame,
    relations: LinearConstraints | None = None,
    *,
    threshold: int = THRESHOLD,
    cost: Any = None,
    published: Any = None,
) -> Disclosed:
    """Hide small counts, and what would give them away.

    `cells` has any key columns and `value` (integer, null where not covered), one row a published cell.
    `relations` name, by row number, which cells add up to which; left out, cells stand alone. `cost` is
    what a reader loses with each cell (larger is kept longer); default: the count itself. Rows where
    `published` is False are protected but left out of the table.
    """
    raw = cells["value"].cast(pl.Int64)
    covered = raw.is_not_null().to_numpy()
    values = raw.fill_null(0).to_numpy()
    status = suppress(
        values,
        covered,
        relations or LinearConstraints.none(),
        published=published,
        threshold=threshold,
        cost=cost,
    )
    mark = np.where(
        ~covered,
        UNCOVERED,
        np.where(status == PRIMARY, SMALL, np.where(status == OPEN, SHOWN, WITHHELD)),
    )
    frame = cells.drop("value").with_columns(raw.alias("value"), pl.Series("mark", mark.astype(str)))
    frame = frame.with_columns(pl.when(pl.col("mark") == SHOWN).then(pl.col("value")))
    if published is not None:
        frame = frame.filter(pl.Series(np.asarray(published, bool)))
    return Disclosed(frame, threshold, _SEAL)


def mark_text(value: int | None, mark: str, threshold: int, withheld: str, uncovered: str) -> str:
    """A cell as a reader sees it: the count, "<5", or the words for withheld and not covered."""
    if mark == SHOWN and value is not None:
        return f"{value:,}"
    return {SMALL: f"<{threshold}", WITHHELD: withheld}.get(mark, uncovered)


def stack(tables: Sequence[Disclosed]) -> Disclosed:
    """Disclosed tables of the same columns one below the other; the strictest threshold is told."""
    if not tables:
        raise QuestionError("no disclosed table was given")
    frame = pl.concat([t.frame for t in tables])
    return Disclosed(frame, max(t.threshold for t in tables), _SEAL)

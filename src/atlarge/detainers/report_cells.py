"""The counts of a detainer report as cells of one disclosed system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from atlarge.detainers.outcomes import OUTCOMES
from atlarge.disclosure.constraints import NO_END, ConstraintBuilder, Knowledge
from atlarge.disclosure.suppression import ExposedError
from atlarge.disclosure.table import SHOWN, disclose

COUNTS = ("issued", *OUTCOMES)
_WORTH = {"total": 1e6, "rows": 10.0, "volume": 10.0, "facility": 1.0, "charge": 1.0, "all charges": 50.0}
_DECLINED_WORTH = 10.0
"""How many times its count a cell is worth to a reader; the figure that a reader comes for is kept
longest."""

_OF_PLACES = ("rows", "volume", "all charges", "charge", "all facilities", "facility")
"""Sections of a report whose cells have the place after the name of the section."""
BESIDE = "beside"
"""Section of the counts that follow from a report and a site by subtraction, by level and place."""

Key = tuple[Any, ...]


@dataclass
class ReportCells:
    """Published counts, each the sum of some of the finest counts, which stand on no page.

    `is_finer`: the finest counts are finer than any that is published. `left_out`: places of which nothing
    is published, zeros included. `given`: counts that earlier publications leave known to within one without
    any of this report.
    """

    base: pl.DataFrame
    is_finer: bool = False
    keys: list[Key] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    published: list[bool] = field(default_factory=list)
    least: dict[int, int] = field(default_factory=dict)
    most: dict[int, int] = field(default_factory=dict)
    sums: ConstraintBuilder = field(default_factory=ConstraintBuilder)
    left_out: set[Any] = field(default_factory=set)
    given: set[int] = field(default_factory=set)

    def put(self, key: Key, value: int, parts: Sequence[int] | None, worth: float, *, shown: bool) -> int:
        """A further cell and the rows of the base that it is the sum of (None: of no rows); its number."""
        number = self.base.height + len(self.keys)
        self.keys.append(key)
        self.values.append(value)
        self.cost.append(value * worth)
        self.published.append(shown)
        if parts is not None:
            self.sums.add(parts, [number])
        return number

    def outcomes(self, section: str, keys: Sequence[str], keep: pl.Expr, *, shown: bool = True) -> None:
        """The counts of a table: issued and each outcome, by some columns of the base."""
        some = self.base.filter(keep)
        for name in COUNTS:
            rows = some if name == "issued" else some.filter(pl.col("outcome") == name)
            worth = _WORTH.get(section, 1.0) * (_DECLINED_WORTH if name in ("declined", "issued") else 1.0)
            for *key, numbers, value in self._grouped(rows, keys):
                # Records without a place have a row only if there are any.
                is_shown = shown and (value > 0 or not self.is_finer or None not in key[:1])
                self.put((section, *key, name), value, numbers, worth, shown=is_shown)

    def named(self, section: str, keys: Sequence[str], keep: pl.Expr) -> None:
        """One count by some columns of the base."""
        for *key, numbers, value in self._grouped(self.base.filter(keep), keys):
            is_shown = value > 0 or not self.is_finer
            self.put((section, *key), value, numbers, _WORTH.get(section, 1.0), shown=is_shown)

    def within(self, section: str, rows: pl.DataFrame, column: str | None, whole: str) -> None:
        """Counts that make up the count of a place (`column`: by its values), or one that is a part of it."""
        keys = ["place"] if column is None else ["place", column]
        grouped = rows.group_by(keys).agg(pl.col("n").sum()).sort(keys, nulls_last=True)
        number = {key: self.base.height + i for i, key in enumerate(self.keys)}
        parts: dict[Any, list[int]] = {}
        for *key, value in grouped.iter_rows():
            cell = self.put((section, *key), value, None, _WORTH.get(section, 1.0), shown=True)
            parts.setdefault(key[0], []).append(cell)
        for place, inside in parts.items():
            self.sums.add(inside, [number[(whole, place)]], is_inequality=column is None)

    @staticmethod
    def _grouped(rows: pl.DataFrame, keys: Sequence[str]) -> list[tuple[Any, ...]]:
        if not rows.height:
            return []
        if not keys:
            return [(rows["row"].to_list(), int(rows["n"].sum()))]
        grouped = rows.group_by(*keys, maintain_order=True).agg("row", pl.col("n").sum())
        return grouped.rows()

    def leave_out(self, cells: Sequence[int]) -> bool:
        """Publish nothing of the places of these cells, or else of those that have none of some outcome;
        False where there are none such left."""
        numbers = [cell - self.base.height for cell in cells if cell >= self.base.height]
        places = {self.keys[n][1] for n in numbers if self.keys[n][0] in _OF_PLACES}
        places |= {self.keys[n][2] for n in numbers if self.keys[n][0] in ("site", BESIDE)}
        own = {key[1] for key in self.keys if key[0] in _OF_PLACES}
        counted = {(key[1], key[-1]) for key in self.keys if key[0] == "rows"}
        with_zeros = {place for place in own if any((place, name) not in counted for name in OUTCOMES)}
        more = (places & own) - self.left_out or with_zeros - self.left_out
        self.left_out |= more
        for n, key in enumerate(self.keys):
            if key[0] in _OF_PLACES and key[1] in more:
                self.published[n] = False
        return bool(more)

    def know_what_is_given(self, threshold: int) -> None:
        """Find the counts that follow, or are known to within one, with nothing of this report published."""
        published, self.published = self.published, [False] * len(self.keys)
        try:
            self.solved(threshold)
        except ExposedError as exposed:
            self.given = {cell - self.base.height for cell in exposed.cells}
        finally:
            self.published = published

    def solved(self, threshold: int) -> dict[Key, int | None]:
        """Each published count by its key; None where it is suppressed."""
        n, m = self.base.height, len(self.keys)
        shown_here = [is_shown and i not in self.given for i, is_shown in enumerate(self.published)]
        frame = pl.DataFrame({"cell": range(n + m), "value": [*self.base["n"].to_list(), *self.values]})
        known = Knowledge.none(n + m)
        for cell, least in self.least.items():
            known.least[cell], known.most[cell] = least, self.most.get(cell, NO_END)
        for i, key in enumerate(self.keys):
            # Suppressed counts are not zero, and places without detainers have no row.
            is_row = key[0] == "rows" and key[1] in self.left_out and key[-1] == "issued"
            if is_row or (i in self.given and self.published[i]):
                known.least[n + i] = max(known.least[n + i], 1)
        table = disclose(
            frame,
            self.sums.build(),
            threshold=threshold,
            cost=[*([0.0] * n), *self.cost],
            published=[*([False] * n), *shown_here],
            known=known if self.least or self.given or self.left_out else None,
            auxiliary=[self.is_finer] * n + [i in self.given for i in range(m)],
            is_strict=self.is_finer,
            # A report does not say which suppressed counts are small; a site beside it does.
            is_marked=self.is_finer,
        )
        shown = {
            cell: value if mark == SHOWN else None
            for cell, value, mark in table.frame.select("cell", "value", "mark").iter_rows()
        }
        return {key: shown.get(n + i) for i, key in enumerate(self.keys) if self.published[i]}

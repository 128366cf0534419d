"""Known faults of releases, as data: `faults/*.yaml`, each with reason, source and the rows it touches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import polars as pl

from atlarge.files import read_yaml

Action = Literal["drop", "blank", "note"]


@dataclass(frozen=True)
class Fault:
    """One known fault of a family.

    `where`: conditions on the family's columns, all of which hold in the rows touched. `action`: drop the
    rows, blank `columns` in them, or note them. `rows`: how many rows of the whole known release it touches
    (None where the release is not to be had); `whole_sha256`: the files that are that release.
    """

    id: str
    families: tuple[str, ...]
    what: str
    reason: str
    source: str
    action: Action
    where: dict[str, Any]
    columns: tuple[str, ...] = ()
    rows: int | None = None
    whole_sha256: tuple[str, ...] = ()

    def touches(self, columns: list[str]) -> pl.Expr | None:
        """The rows touched, as an expression; None if a column it asks for is not there."""
        by_day = "date" not in columns and "moment" in columns
        column = {name: pl.col(name) for name in columns}
        if by_day:
            column["date"] = pl.col("moment").dt.date()
        if any(name not in column for name in self.where):
            return None
        conditions = [_condition(column[name], wanted) for name, wanted in self.where.items()]
        return pl.all_horizontal(conditions).fill_null(False) if conditions else pl.lit(True)


def _test(column: pl.Expr, test: str, value: Any) -> pl.Expr:
    if test == "from":
        return column.ge(value)
    if test == "before":
        return column.lt(value)
    if test == "is_missing":
        return column.is_null() if value else column.is_not_null()
    raise ValueError(f"a known fault asks for {test!r}; there are: from, before, is_missing")


def _condition(column: pl.Expr, wanted: Any) -> pl.Expr:
    if isinstance(wanted, dict):
        return pl.all_horizontal([_test(column, test, value) for test, value in wanted.items()])
    return column.eq(wanted)


@cache
def faults() -> tuple[Fault, ...]:
    """All known faults, by id."""
    result = []
    folder = files(__package__).joinpath("faults")
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if not entry.name.endswith(".yaml"):
            continue
        for entries in read_yaml(entry.read_text(encoding="utf-8")):
            result.append(
                Fault(
                    **{
                        **entries,
                        "families": tuple(entries["families"]),
                        "columns": tuple(entries.get("columns", ())),
                        "whole_sha256": tuple(entries.get("whole_sha256", ())),
                    }
                )
            )
    return tuple(sorted(result, key=lambda fault: fault.id))


def faults_of(family: str) -> list[Fault]:
    """Known faults of a family."""
    return [fault for fault in faults() if family in fault.families]

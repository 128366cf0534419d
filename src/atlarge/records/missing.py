"""What a file without some of its family's columns cannot answer."""

from __future__ import annotations

import polars as pl

from atlarge.records.tables import TABLES
from atlarge.releases.family import Column, Family

_CLOSES = {
    "method": "at-large and custodial cannot be told apart",
    "landmark": "counties and office areas cannot be told",
    "facility": "facilities and their counties cannot be told",
    "aor": "areas of responsibility are known only where a text tells",
    "state": "states are known only where a text tells",
    "subject": "duplicates cannot be found, nor records linked",
    "criminality": "criminality cannot be told",
    "lift_reason": "outcomes (declined, booked) cannot be told",
    "operation_mark": "arrests under an operation cannot be told",
    "disposition": "dispositions cannot be told",
    "stay_book_in": "stays cannot be told",
    "apprehension_date": "the time from apprehension cannot be told",
}
_COUNTED_BY = ("method", "operation_mark", "outcome", "disposition")
"""Columns that measures count by."""
_ANYWAY = ("operation_mark", "state", "criminality")


def closed_questions(family: Family, header: set[str]) -> list[str]:
    """Notes of the columns that a file lacks and of the questions that this closes.

    `header`: its columns in plain form. A column that not every file of the family has is not missed, unless
    another that the family needs is.
    """
    lacking = {
        name: column for name, column in family.columns.items()
        if name in _CLOSES and not any(spelling in header for spelling in column.plain_names)
    }  # fmt: skip

    def is_missed(name: str, column: Column) -> bool:
        return column.is_needed or name == "subject"

    if not any(is_missed(name, column) for name, column in lacking.items()):
        return []
    return [
        f"no column {column.names[0]!r}: {_CLOSES[name]}"
        for name, column in lacking.items()
        if is_missed(name, column) or name not in _ANYWAY
    ]


def lacks(frame: pl.DataFrame, table: str) -> list[str]:
    """Columns of a table in which no row of a release says anything: nothing counted by them is zero."""
    names = [name for name in TABLES[table] if name in _COUNTED_BY]
    empty = {n for n in names if n not in frame.columns or frame[n].null_count() == frame.height}
    if "outcome" in names and ("lift_reason" not in frame.columns or not frame["lift_reason"].count()):
        empty.add("outcome")
    return sorted(empty)

"""Refusing averages that stand under a header of counts."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from atlarge.errors import ReleaseError
from atlarge.releases.family import Family
from atlarge.releases.marks import bare_words
from atlarge.releases.sheet import Sheet
from atlarge.wording import some

_FRACTION = r"^\s*-?\d*[.,]\d*[1-9]\d*\s*$"
_FEWEST = 20
"""Fewest cells with a fraction before a column of counts is taken to hold averages."""
_SHARE = 0.2
"""Share of the filled cells of a column of counts that must hold a fraction."""


def refuse_averages(path: Path, family: Family, sheet: Sheet) -> None:
    """Raise ReleaseError if a column of counts holds fractions: a moving average is no count of a day.

    Whole numbers in such a column are averages too, so that no row of the file may be taken for a count.
    """
    names = {
        name for column in family.columns.values() if column.kind == "count" for name in column.plain_names
    }
    where = f"sheet {sheet.name!r}, " if sheet.name else ""
    for name in sorted(names & set(sheet.frame.columns)):
        column = sheet.frame[name]
        if column.dtype.is_float():
            broken = (column - column.floor() > 1e-9).fill_null(False)
        elif column.dtype == pl.String:
            column = bare_words(column)
            broken = column.str.contains(_FRACTION).fill_null(False)
        else:
            continue
        count = int(broken.sum())
        if count >= _FEWEST and count >= _SHARE * (len(column) - column.null_count()):
            raise ReleaseError(
                f"{path}: {where}row {sheet.rows.filter(broken)[0]}: the column {name!r} holds fractions "
                f"in {some(count, 'row')}, so it holds averages or rates and not counts; refused: "
                "use the file of "
                "counts that it was computed from"
            )

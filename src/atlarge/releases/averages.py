"""Refusing averages that stand under a header of counts, and counts that stand beside a header of records."""

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
_EVENTS = frozenset({"arrests", "detainers", "encounters", "removals", "stints"})
_FEWEST_ROWS, _EXPECTED = 20, 10


def refuse_counts(path: Path, family: Family, sheet: Sheet) -> None:
    """Raise ReleaseError if the rows are counts of records: grouped by the release's columns, and counted.

    Such a table has no identifier, a column of whole numbers from 1 on, and no two rows alike in the others,
    where records of so few columns would have many.
    """
    frame = sheet.frame
    identifier = family.columns.get("subject")
    if family.table not in _EVENTS or family.is_exact or frame.height < _FEWEST_ROWS:
        return
    if identifier is not None and not frozenset(identifier.plain_names).isdisjoint(frame.columns):
        return
    for name in [n for n in frame.columns if n not in family.plain_known]:
        numbers = frame[name].cast(pl.Int64, strict=False)
        if numbers.null_count() or (numbers < 1).any() or numbers.n_unique() < 2:
            continue
        others = frame.drop(name)
        if others.is_unique().all() and _alike(others) >= _EXPECTED:
            where = f"sheet {sheet.name!r}, " if sheet.name else ""
            raise ReleaseError(
                f"{path}: {where}the column {name!r} seems to count records that are alike in the others; "
                "refused: use the file of records, or take the column out if it counts nothing"
            )


def _alike(frame: pl.DataFrame) -> float:
    """How many pairs of rows would be alike if the columns had nothing to do with each other."""
    pairs = frame.height * (frame.height - 1) / 2
    for column in frame.get_columns():
        pairs *= float((column.value_counts()["count"] / frame.height).pow(2).sum())
    return pairs


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

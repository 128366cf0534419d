"""Refusing what would be counted wrongly: averages, counts beside records, tables that stand twice."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from atlarge.codes import as_texts, is_text
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
_FEWEST_TWICE = 3
_COPIED = 0.9


def refuse_counts(path: Path, family: Family, sheet: Sheet) -> None:
    """Raise ReleaseError if the rows are groups of records: by its columns, counted or averaged.

    Such a table has no identifier, a column of numbers that the release has not, and no two rows alike in the
    release's columns, where records of so few columns would have many.
    """
    frame = sheet.frame
    if family.table not in _EVENTS or family.is_exact or frame.height < _FEWEST_ROWS:
        return
    numbers = [name for name in frame.columns if _is_of_numbers(sheet, name)]
    texts = {n for column in family.columns.values() if column.kind == "text" for n in column.plain_names}
    counted = [n for n in numbers if n in texts or n not in family.plain_known]
    identifier = family.columns.get("subject")
    own = [] if identifier is None else [n for n in identifier.plain_names if n in frame.columns]
    if not counted or any(n not in counted or frame[n].n_unique() * 2 > frame.height for n in own):
        return
    main = () if family.main is None else family.main.plain_names
    grouped = [n for n in frame.columns if n in main or (n in family.plain_known and n not in numbers)]
    others = frame.select(grouped)
    if grouped and _alike(others) >= _EXPECTED and not others.is_duplicated().any():
        where, remedy = (
            ("", "") if sheet.name is None else (f"sheet {sheet.name!r}, ", ", take the sheet out")
        )
        raise ReleaseError(
            f"{path}: {where}the column {counted[0]!r} seems to count records that are alike in the others; "
            f"refused: use the file of records{remedy}, or take the column out if it counts nothing"
        )


def refuse_distinct(path: Path, family: Family, sheet: Sheet) -> None:
    """Raise ReleaseError if no two rows are alike in the columns read where ten pairs would be by chance.

    Among real records far more are, since one operation arrests several persons at once.
    """
    known = sheet.frame.select(n for n in sheet.frame.columns if n in family.plain_known)
    if known.height < _FEWEST_ROWS or (alike := _alike(known)) < _EXPECTED or known.is_duplicated().any():
        return
    where = "" if sheet.name is None else f"sheet {sheet.name!r}, "
    raise ReleaseError(
        f"{path}: {where}no two of its {known.height:,} rows are alike, where {alike:,.0f} pairs of records "
        "would be by chance alone: repeated rows have been taken out (as by SELECT DISTINCT, unique or a "
        "pivot table), and records with them; use the file of records, or keep the column that tells them "
        "apart"
    )


def _is_of_numbers(sheet: Sheet, name: str) -> bool:
    """Whether the filled cells of a column are numbers, and not all the same."""
    cells = sheet.frame[name]
    if is_text(cells):
        words = sheet.words(name)
        cells = words.filter(words != "").cast(pl.Float64, strict=False)
    return (
        cells.dtype.is_numeric()
        and cells.n_unique() > 1
        and (cells.dtype != pl.Float64 or not cells.has_nulls())
    )


def refuse_twice(path: Path, family: Family, sheet: Sheet) -> None:
    """Raise ReleaseError if two tables of the family stand side by side: the second would be lost."""
    names = set(sheet.frame.columns)
    twice = [name for name in sheet.frame.columns if name in family.plain_read and f"{name}_2" in names]
    main = family.main
    if main is None or len(twice) < _FEWEST_TWICE or names.isdisjoint(f"{n}_2" for n in main.plain_names):
        return
    where = f"sheet {sheet.name!r}, " if sheet.name else ""
    raise ReleaseError(
        f"{path}: {where}its header holds {twice[0]!r} and {len(twice) - 1} more columns twice: two tables "
        "stand side by side; put one below the other"
    )


def refuse_repeated_sheets(path: Path, family: Family, sheets: list[Sheet]) -> None:
    """Raise ReleaseError if the rows of a sheet without identifiers stand in another too, as copies do."""
    identifier = family.columns.get("subject")
    shared = [n for n in sheets[0].frame.columns if all(n in sheet.frame.columns for sheet in sheets)]
    has_identifier = identifier is not None and not set(identifier.plain_names).isdisjoint(shared)
    if len(sheets) < 2 or family.table not in _EVENTS or has_identifier:
        return
    rows = pl.concat(
        as_texts(sheet.frame.select(shared)).select(
            pl.struct(shared).hash().alias("row"), pl.lit(number).alias("sheet")
        )
        for number, sheet in enumerate(sheets)
    )
    sums = rows.group_by("sheet").agg(rows=pl.len(), distinct=pl.col("row").n_unique())
    pairs = rows.unique().join(rows.unique(), on="row").filter(pl.col("sheet") != pl.col("sheet_right"))
    found = pairs.group_by("sheet", "sheet_right").agg(both=pl.len()).join(sums, on="sheet")
    is_copy = pl.min_horizontal("both", "distinct") >= _COPIED * pl.col("rows")
    copies = found.filter(is_copy & (pl.col("rows") >= _FEWEST_ROWS)).sort("rows", "sheet", "sheet_right")
    for number, other, both in copies.select("sheet", "sheet_right", "both").head(1).iter_rows():
        raise ReleaseError(
            f"{path}: {both:,} rows of sheet {sheets[number].name!r} stand in sheet {sheets[other].name!r} "
            "too, and no identifier tells whether they are the same: take one of the two sheets out"
        )


def _alike(frame: pl.DataFrame) -> float:
    """How many pairs of rows would be alike if the columns had nothing to do with each other."""
    pairs = frame.height * (frame.height - 1)
    alike = pairs / 2
    for column in frame.get_columns():
        times = column.value_counts()["count"].cast(pl.Float64)
        alike *= float((times * (times - 1)).sum()) / pairs
    return alike


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
        elif is_text(column):
            column = bare_words(column.cast(pl.String))
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

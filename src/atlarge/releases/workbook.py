"""Excel workbooks: every sheet that holds a release's header, its cells read as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from atlarge.errors import ReleaseError
from atlarge.releases.archive import Merged, check_archive
from atlarge.releases.catalogue import header_below, header_of
from atlarge.releases.family import Family, plain
from atlarge.releases.guard import reading
from atlarge.releases.textform import Table, unique_names
from atlarge.releases.unknown import unknown
from atlarge.wording import some

_HEADER_WITHIN_ROWS = 40
_FEWEST_SHARED = 3
FORMULAS = "holds formulas: their values are read as they were saved, no formula is run"
"""The note of a workbook with formulas."""


def _find_header(top: pl.DataFrame) -> tuple[Family, int, list[str]] | None:
    """The header: of two with nothing but single cells between, the one of which more is known."""
    found: tuple[Family, int, list[str]] | None = None
    most = 0
    before: Sequence[str | None] = ()
    for number, cells in enumerate(top.iter_rows()):
        if found is not None and sum(cell is not None for cell in cells) < 2:
            continue
        family, names = header_of(cells)
        if family is None and found is None and any(before):
            family, names = header_below(before, cells)
        before = cells
        known = len(family.plain_known.intersection(names)) if family else 0
        if family is not None and known > most:
            found, most = (family, number, names), known
        elif found is not None:
            break
    return found


def _widest(top: pl.DataFrame) -> frozenset[str]:
    rows = [frozenset(plain(str(cell or "")) for cell in cells) - {""} for cells in top.iter_rows()]
    return max(rows, key=len, default=frozenset())


def _load(reader: Any, sheet: str) -> pl.DataFrame:
    """Cells of a sheet as text; `skip_rows` is given, since without it the reader loses leading blank
    rows."""
    loaded: pl.DataFrame = reader.load_sheet(
        sheet, header_row=None, dtypes="string", skip_whitespace_tail_rows=False, skip_rows=0
    ).to_polars()
    return loaded


def read_workbook(path: Path, content: bytes) -> tuple[dict[str, Table], list[str], list[str]]:
    """Data sheets by name, the names of the sheets that hold no release's header, and notes.

    Of formulas the values are read that the workbook was saved with; none is ever run. ReleaseError if the
    file is no workbook, damaged, unpacks too large, or holds no release.
    """
    import fastexcel

    checked = check_archive(path, content)
    with reading(path, "a workbook"):
        tables, passed, widest = _read_sheets(path, fastexcel.read_excel(content), checked.merged)
    if not tables:
        raise unknown(path, widest, "in any sheet")
    tables = {name: replace(table, from_1904=checked.from_1904) for name, table in tables.items()}
    notes = []
    if checked.has_formulas and not all(table.family.allows_formulas for table in tables.values()):
        notes.append(FORMULAS)
    if checked.hidden_rows:
        notes.append(
            f"the workbook hides {some(checked.hidden_rows, 'row')} (a filter, or by hand), read and counted "
            "like the others; if only what is in sight is meant, copy it into a new sheet"
        )
    return tables, passed, notes


def _read_sheets(
    path: Path, reader: Any, merged: dict[str, list[Merged]]
) -> tuple[dict[str, Table], list[str], frozenset[str]]:
    """Data sheets by name, the names of the other sheets, and the widest row that may have been a header."""
    tables: dict[str, Table] = {}
    passed: dict[str, pl.DataFrame] = {}
    for sheet in reader.sheet_names:
        found = _read_sheet(reader, sheet, merged.get(sheet, []))
        if isinstance(found, Table):
            tables[sheet] = found
        else:
            passed[sheet] = found
    widest = max((_widest(top) for top in passed.values()), key=len, default=frozenset[str]())
    for sheet, top in list(passed.items()):
        block = next((t.family for t in tables.values() if t.family.block), None)
        table = _read_block(reader, sheet, block) if block else None
        if table is not None:
            tables[sheet] = table
            del passed[sheet]
        for name, other in tables.items():
            if sheet in passed and _goes_on(top, other):
                raise ReleaseError(
                    f"{path}: sheet {sheet!r} holds rows like those of sheet {name!r}, but no header: copy "
                    "the header into its first row"
                )
            lacks = _lacks(top, other) if sheet in passed else None
            if lacks is not None:
                raise ReleaseError(
                    f"{path}: sheet {sheet!r} has columns of sheet {name!r}, but none called {lacks!r}: name "
                    "them alike, or take the sheet out"
                )
    return tables, list(passed), widest


def _goes_on(top: pl.DataFrame, table: Table) -> bool:
    """Whether a sheet's first rows have the columns of a table, and dates where it has its dates."""
    beyond = table.frame[:, top.width :]  # a sheet ends with the last column that has a cell
    is_blank = beyond.select(pl.all().replace("", None).is_null().all()).row(0) if beyond.width else ()
    if table.family.main is None or top.width > table.frame.width or not all(is_blank):
        return False
    date = next(
        (name for name in table.frame.columns[: top.width] if name in table.family.main.plain_names), None
    )
    if date is None or top.is_empty():
        return False
    forms = [
        cells.drop_nulls().str.replace_all(r"\d", "0").unique()
        for cells in (top.to_series(table.frame.columns.index(date)), table.frame[date])
    ]
    return len(forms[0]) > 0 and bool(forms[0].is_in(forms[1].to_list()).all()) and "0" in forms[0][0]


def _lacks(top: pl.DataFrame, table: Table) -> str | None:
    """The date that a sheet's header lacks to be that of a table of records; None if it is another's."""
    main = table.family.main
    if main is None:
        return None
    known = table.family.plain_known.intersection(table.frame.columns)
    for cells in top.iter_rows():
        names = {plain(cell or "") for cell in cells} - {""}
        shared = len(names & known)
        if shared >= _FEWEST_SHARED and 2 * shared >= max(len(names), len(known)):
            return next((name for name in table.frame.columns if name in main.plain_names), main.names[0])
    return None


def _filled(whole: pl.DataFrame, merged: list[Merged], after: int) -> pl.DataFrame:
    """The rows with what cells that are merged over several rows hold, in each of them."""
    for column in {one.column for one in merged}:
        at = reduce(lambda number, letter: 26 * number + ord(letter) - 64, column, 0) - 1
        source = np.arange(whole.height)
        for _, first, last in (one for one in merged if one.column == column and one.first > after):
            source[first - 1 : last] = first - 1
        if at < whole.width:
            whole = whole.with_columns(whole.to_series(at).gather(source))
    return whole


def _read_sheet(reader: Any, sheet: str, merged: list[Merged]) -> Table | pl.DataFrame:
    """The rows under a release's header, or the first rows of a sheet that has none."""
    whole = _load(reader, sheet)  # loaded once, since every load reads the sheet from its start
    top = whole.head(_HEADER_WITHIN_ROWS)
    found = _find_header(top)
    if found is None:
        return top
    family, number, names = found
    if merged and family.main is not None:
        whole = _filled(whole, merged, number + 1)
    whole = whole[number + 1 :]
    whole.columns = unique_names(names)
    preamble = [" ".join(str(c) for c in row if c) for row in top.head(number).iter_rows()]
    rows = pl.Series("row", range(number + 2, number + 2 + whole.height), dtype=pl.UInt32)
    return Table(family, whole, rows, [], [p for p in preamble if p])


def _read_block(reader: Any, sheet: str, family: Family) -> Table | None:
    """Rows under a header that stands anywhere in the sheet, down to the first without a first cell."""
    whole = _load(reader, sheet)
    wanted = [plain(name) for name in family.block]
    for number, cells in enumerate(whole.iter_rows()):
        names = [plain(str(cell or "")) for cell in cells]
        for left in range(len(names) - len(wanted) + 1):
            if names[left : left + len(wanted)] == wanted:
                under = whole[number + 1 :, left : left + len(wanted)]
                first = under.to_series(0)
                is_end = first.is_null() | (first.str.strip_chars() == "")
                height = int(is_end.arg_max() or 0) if is_end.any() else under.height
                under = under.head(height)
                under.columns = unique_names(family.block)
                rows = pl.Series("row", range(number + 2, number + 2 + height), dtype=pl.UInt32)
                return Table(family, under, rows, [], [])
    return None

"""Convert cells from published text to typed values, once per distinct text, with a mask of those that cannot
be read.

Nothing is silently set to null: a non-empty cell that cannot be read is flagged and its row goes to
quarantine. Plain rules over Polars expressions serve here instead of a validation library: a rule is
applied once per distinct value (half a million rows have some thousands), and each failing row keeps its
reason.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from atlarge.codes import Coded, code, is_text, repeats
from atlarge.records.dates import Order, bare_clock, read_dates
from atlarge.releases.family import Column
from atlarge.releases.marks import BLANK, bare_words

_OLDEST = "1900-01-01"


class Read(NamedTuple):
    """Typed values of a column, a mask of the cells that cannot be read (None if all can), and, where texts
    or marks repeat, which rows have which. `distinct`: every value at least once."""

    values: pl.Series
    bad: pl.Series | None
    distinct: pl.Series
    coded: Coded | None = None


def _numbers(words: pl.Series) -> pl.Series:
    return words.str.replace_all(r"[$,\s]", "").cast(pl.Float64, strict=False)


def _parse(
    words: pl.Series, column: Column, first: str, last: str, order: Order | None
) -> tuple[pl.Series, pl.Series]:
    """Values of distinct trimmed texts, and which of them cannot be read."""
    if column.kind == "text":
        bad = words.str.starts_with("=")
        return words, bad.fill_null(False) if bad.any() else bad
    if column.kind in ("day", "moment"):
        dates = read_dates(words, order)
        first = first if column.is_main else _OLDEST
        inside = dates.dt.date().is_between(pl.lit(first).str.to_date(), pl.lit(last).str.to_date())
        bad = words.is_not_null() & ~inside.fill_null(False)
        dates = dates.dt.date() if column.kind == "day" else dates
        return dates, bad
    dates = _numbers(words)
    bad = words.is_not_null() & (dates.is_null() | ~dates.is_finite())
    if column.kind == "count":
        bad = bad | ((dates < 0) | (dates != dates.round(0))).fill_null(False)
        dates = dates.to_frame("m").select(pl.when(~bad).then("m").cast(pl.Int64)).to_series()
    return dates, bad


def _spread(values: pl.Series, coded: Coded | None) -> pl.Series:
    """Values of all cells, from those of the distinct texts."""
    return values if coded is None else values[coded.rows]


def read_cells(
    cells: pl.Series,
    column: Column,
    first: str,
    last: str,
    order: Order | None = "month",
    coded: Coded | None = None,
) -> Read:
    """Typed values of a column.

    `first` and `last` (ISO dates) bound what a date may plausibly be; `order` is that of day and month in
    the file. `coded`: the distinct texts of the cells, if they are known.
    """
    if column.kind in ("day", "moment") and (typed := bare_clock(cells)) is not None:
        values, bad = _parse(typed, column, first, last, order)
        return Read(values, bad if bad.any() else None, values)
    if not is_text(cells):
        cells, coded = cells.cast(pl.String), None
    if coded is None and repeats(cells):
        coded = code(cells)
    words = cells.cast(pl.String) if coded is None else coded.words
    if column.kind == "mark":
        trimmed = words.str.strip_chars()
        filled = (trimmed.is_not_null() & ~trimmed.is_in(list(BLANK))).fill_null(False)
        return Read(_spread(filled, coded), None, filled, coded and coded.read_as(filled.cast(pl.String)))
    bare = bare_words(words)
    values, bad = _parse(bare, column, first, last, order)
    is_bad = bool(bad.any())
    if column.kind == "text" and not is_bad and bare.equals(words, null_equal=True):
        return Read(cells, None, words, coded)
    own = coded.read_as(values) if coded is not None and column.kind == "text" else None
    read = _spread(values, coded) if own is None else own.column(cells.name)
    return Read(read, _spread(bad, coded) if is_bad else None, values, own)

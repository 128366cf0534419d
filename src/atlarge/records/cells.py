"""Cells: from published text to typed values, by distinct value, with a mask of what cannot be read.

Nothing is nulled silently: a cell that holds something and cannot be read is flagged, and its row goes
to quarantine. Plain rules over Polars expressions serve here instead of a validation library: a rule is
applied once per distinct value (half a million rows have some thousands), and each failing row keeps its
reason.
"""

from __future__ import annotations

import polars as pl

from atlarge.releases.family import Column
from atlarge.releases.marks import BLANK, REDACTION

_MOMENTS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
)
_DAYS = ("%Y-%m-%d", "%m/%d/%Y")
_EXCEL_DAY = r"^[2-6]\d{4}(?:\.\d+)?$"
_EXCEL_EPOCH = pl.datetime(1899, 12, 30)
_MANY_DISTINCT = 4
_OLDEST = "1900-01-01"

Read = tuple[pl.Series, pl.Series | None]


def _bare(words: pl.Series) -> pl.Series:
    """Trimmed words, blanks and redaction marks null."""
    trimmed = words.str.strip_chars(" \t\r\n\u00a0\ufeff")
    gone = trimmed.is_in(list(BLANK)) | trimmed.str.contains(REDACTION)
    return trimmed.to_frame("w").select(pl.when(~gone).then(pl.col("w"))).to_series()


def _moments(words: pl.Series) -> pl.Series:
    """Dates and times in any of the forms that releases use, Excel's day numbers among them."""
    w = pl.col("w")
    tried = [w.str.to_date(form, strict=False).cast(pl.Datetime("us")) for form in _DAYS]
    tried += [w.str.to_datetime(form, time_unit="us", strict=False) for form in _MOMENTS]
    serial = pl.when(w.str.contains(_EXCEL_DAY)).then(w).cast(pl.Float64, strict=False)
    seconds = (serial * 86400).round(0).cast(pl.Int64)
    tried.append((_EXCEL_EPOCH + pl.duration(seconds=seconds)).cast(pl.Datetime("us")))
    return words.to_frame("w").select(pl.coalesce(tried)).to_series()


def _numbers(words: pl.Series) -> pl.Series:
    return words.str.replace_all(r"[$,\s]", "").cast(pl.Float64, strict=False)


def _parse(words: pl.Series, column: Column, first: str, last: str) -> tuple[pl.Series, pl.Series]:
    """Values of distinct bare words, and which words cannot be read."""
    if column.kind == "text":
        return words, words.str.starts_with("=").fill_null(False)
    if column.kind in ("day", "moment"):
        made = _moments(words)
        first = first if column.is_main else _OLDEST
        inside = made.dt.date().is_between(pl.lit(first).str.to_date(), pl.lit(last).str.to_date())
        bad = words.is_not_null() & ~inside.fill_null(False)
        made = made.dt.date() if column.kind == "day" else made
        return made, bad
    made = _numbers(words)
    bad = words.is_not_null() & (made.is_null() | ~made.is_finite())
    if column.kind == "count":
        bad = bad | ((made < 0) | (made != made.round(0))).fill_null(False)
        made = made.to_frame("m").select(pl.when(~bad).then("m").cast(pl.Int64)).to_series()
    return made, bad


def _spread(cells: pl.Series, words: pl.Series, made: pl.Series) -> pl.Series:
    """Values of all cells, from the values of the distinct words."""
    if len(words) == len(cells):
        return made
    return cells.replace_strict(words, made, return_dtype=made.dtype)


def read_cells(cells: pl.Series, column: Column, first: str, last: str) -> Read:
    """Typed values of a column, and a mask of the cells that cannot be read (None if all can).

    `first` and `last` (ISO dates) bound what a date may plausibly be.
    """
    if cells.dtype != pl.String:
        cells = cells.cast(pl.String)
    words = cells.unique(maintain_order=False)
    if len(words) * _MANY_DISTINCT > len(cells):
        words = cells
    if column.kind == "mark":
        trimmed = words.str.strip_chars()
        filled = (trimmed.is_not_null() & ~trimmed.is_in(list(BLANK))).fill_null(False)
        return _spread(cells, words, filled), None
    bare = _bare(words)
    made, bad = _parse(bare, column, first, last)
    is_bad = bool(bad.any())
    if column.kind == "text" and not is_bad and bare.equals(words, null_equal=True):
        return cells, None
    return _spread(cells, words, made), (_spread(cells, words, bad) if is_bad else None)

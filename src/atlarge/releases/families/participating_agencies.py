"""ICE's lists of agencies that take part in the 287(g) program, as published since 2021."""

from __future__ import annotations

import polars as pl

from atlarge.releases.areas import state_code

_SIGNED = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%B %d, %Y", "%b %d, %Y", "%d-%b-%y", "%m-%d-%Y")
"""Ways in which the lists print a day of signing; a time after the day is dropped first."""

_FIRST = 1996
"""Year of the law that section 287(g) is of: an earlier one is of two digits, read in the wrong form."""


def signing_day(words: pl.Expr) -> pl.Expr:
    """The day that a cell of the column SIGNED prints; null where it prints none that can be read.

    A lost separator ("05/082025") is put back, since only one reading of such a cell is a day.
    """
    corrected = (
        words.str.strip_chars()
        .str.replace(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(\s*[AaPp][Mm])?$", "")
        .str.replace(r"^(\d{1,2})/(\d{2})(\d{4})$", "$1/$2/$3")
        .str.replace(r"^(\d{2})(\d{2})/(\d{4})$", "$1/$2/$3")
    )
    serial = corrected.str.extract(r"^(\d{5})(?:\.0)?$", 1).cast(pl.Int32, strict=False)
    from_serial = pl.date(1899, 12, 30) + pl.duration(days=serial)
    days = [corrected.str.to_date(form, strict=False) for form in _SIGNED]
    return pl.coalesce(*(pl.when(day.dt.year() >= _FIRST).then(day) for day in days), from_serial)


def rows(frame: pl.DataFrame) -> pl.DataFrame:
    """State codes and days of signing; a state that no name fits stays as printed."""
    code = state_code(frame["state"])
    rows = [
        pl.coalesce(pl.lit(code), pl.col("state").str.strip_chars()).alias("state"),
        signing_day(pl.col("signed")).alias("signed"),
        pl.col("signed").alias("signed_printed"),
    ]
    if "last_seen" in frame.columns:
        rows.append(signing_day(pl.col("last_seen").str.replace_all("/", "-")).alias("last_seen"))
    return frame.with_columns(rows)

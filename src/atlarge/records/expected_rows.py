"""Rows that a release lacks by what others say of their number: its publisher's numbers of rows, and national
totals of its months.

A file of every second row, or of rows drawn at random, looks like a smaller whole. Two things can show it:
the Deportation Data Project keeps in its files which row of the agency's workbook each row was, and of some
months it is known how many records there are at least. A file that lacks more than the cut recognised in it
explains has no zeros.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from atlarge.calendar import month_end
from atlarge.files import shipped_yaml
from atlarge.records.duplicates import is_flagged
from atlarge.records.gaps import ANY, NUMBERED, Gap, is_rich, totals
from atlarge.reference import table as reference

if TYPE_CHECKING:
    from atlarge.records.typed import Typed

_NUMBERS = (
    ("row_original", "sheet_original", "file_original"),
    ("row", "sheet", "file"),
)
_NUMBER, _PART = "_number", "_part"
_HEADER = 50
"""The first record stands above this row of a workbook."""
_LEAST, _LEAST_OF_CUT, _TIMES_CUT = 0.85, 0.45, 2.0
"""The least share of the known rows of months that a whole release has; of the rows that the places of a cut
usually have, and how many times the rows usual outside them it may lack."""
_WHOLE = 0.98
_DUPLICATES = 0.2
"""So many rows may be lacking where those that the publisher calls duplicates were left out."""


def number_columns(names: list[str]) -> dict[str, str]:
    """The columns that number the rows of the agency's file, by the names that they have in typing."""
    for number, *parts in _NUMBERS:
        if number in names:
            return {_NUMBER: number} | {f"{_PART}{i}": n for i, n in enumerate(parts) if n in names}
    return {}


@dataclass(frozen=True)
class Numbers:
    """What the numbers of the agency's rows say: by month and part of its file (a sheet) the rows (`n`), the
    first and the last number.

    `left_out`: rows that became no records. `is_once`: whether rows that the publisher calls duplicates were
    left out of the file.
    """

    months: pl.DataFrame
    left_out: int = 0
    is_once: bool = False


def take_numbers(typed: Typed, rows_read: int) -> Numbers:
    """Take the columns of numbers out of typed rows. A number that is none is left out."""
    frame = typed.frame
    if _NUMBER not in frame.columns:
        return Numbers(pl.DataFrame())
    parts = [name for name in frame.columns if name.startswith(_PART)]
    number = pl.col(_NUMBER).cast(pl.String).str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
    numbers = frame.select(
        pl.col("moment").dt.date().dt.truncate("1mo").alias("month"),
        pl.concat_str([pl.col(p).cast(pl.String).fill_null("") for p in parts] or pl.lit("")).alias("part"),
        number.alias("number"),
    ).drop_nulls()
    drop = "published_drop"
    is_once = drop in frame.columns and not frame.select(is_flagged(pl.col(drop)).any()).item()
    typed.frame = frame.drop(_NUMBER, *parts)
    return Numbers(
        _by_month(numbers.with_columns(_ONE, first="number", last="number")),
        rows_read - frame.height,
        is_once,
    )


_ONE = pl.lit(1, pl.Int64).alias("n")


def _by_month(numbers: pl.DataFrame, *by: str) -> pl.DataFrame:
    sums = pl.col("n").sum(), pl.col("first").min(), pl.col("last").max()
    return numbers.group_by(by or ("part", "month")).agg(*sums)


def added_numbers(parts: list[Numbers]) -> Numbers:
    """Combine what the parts of a release say."""
    months = pl.concat([part.months for part in parts], how="diagonal")
    return Numbers(
        months if months.is_empty() else _by_month(months),
        sum(part.left_out for part in parts),
        all(part.is_once for part in parts),
    )


def rows_lacking(
    table: str, seen: pl.DataFrame, numbers: Numbers, share: float, gaps: Iterable[Gap]
) -> list[Gap]:
    """Gaps of all columns, of rows that a release lacks beyond the places and values that it was cut to.

    `seen`: as `gaps.shown` gives it. `share`: what the places that it covers have of a whole release. `gaps`:
    what else it lacks; rows of values that were cut away are not looked for.
    """
    if any(gap.closes and not gap.where and gap.start is None for gap in gaps):
        return []
    found = _by_number(numbers, share)
    months = dict(sorted(totals(seen)["all"].items()))
    inner = list(months)[1:-1]  # the first and the last may be short
    known = _known(table, inner) if share >= _WHOLE and is_rich(seen) else {}
    of, n = sum(known.values()), sum(months[month] for month in known)
    if n < _LEAST * of:
        found.append(Gap(ANY, ("most rows",), of, 1.0))
    return found


@cache
def _arrested() -> dict[str, float]:
    """Book-ins after an arrest by the agency, by month: it makes more arrests than these."""
    book_ins = reference("detention_monthly").filter(
        pl.col("measure") == "book_ins_ice", ~pl.col("is_partial"), pl.col("place") == "US"
    )
    return {str(month): value for month, value in book_ins.select("month", "value").iter_rows()}


def _known(table: str, months: list[str]) -> dict[str, float]:
    """How many rows a whole national release has at least in each of some months, where that is known."""
    if table == "arrests":
        return {month: _arrested()[month] for month in months if month in _arrested()}
    since = shipped_yaml("atlarge.records", "least_rows.yaml").get(table)
    return {month: since["rows"] for month in months if since and month >= str(since["first_month"])}


def _by_number(numbers: Numbers, share: float) -> list[Gap]:
    """Gaps of the months between whose first and last number rows are lacking; one if every month is so, or
    the release is a cut, whose months may have more or fewer rows than usual."""
    if numbers.months.is_empty():
        return []
    length = pl.col("last") - pl.col("first") + 1
    begun = pl.when(pl.col("first") > _HEADER).then(1).otherwise("first").alias("first")
    parts = _by_month(numbers.months, "part").with_columns(begun)
    n, of = parts.select(pl.col("n").sum(), length.sum()).row(0)
    if not _lacks(n, of, share, numbers):
        return []
    months = numbers.months.group_by("month").agg(pl.col("n").sum(), length.sum().alias("of")).sort("month")
    short = [(month, n, of) for month, n, of in months.iter_rows() if _lacks(n, of, share, numbers)]
    if len(short) == months.height or share < _WHOLE:
        return [Gap(ANY, (NUMBERED,), of - n, (of - n) / of)]
    return [
        Gap(ANY, (NUMBERED,), of - n, (of - n) / of, "", month, month_end(month)) for month, n, of in short
    ]


def _lacks(n: int, of: int, share: float, numbers: Numbers) -> bool:
    """Whether `n` of `of` rows are fewer than those that the recognised cut leaves, usually a `share`."""
    allowed = numbers.left_out + _DUPLICATES * numbers.is_once * of
    if share >= _WHOLE:
        return n < of - allowed
    return n < _LEAST_OF_CUT * share * of or of - n > _TIMES_CUT * (1 - share) * of + allowed

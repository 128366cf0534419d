"""ICE's own detention statistics, FY2019 on: facilities, and book-ins by agency and month.

A workbook of a running fiscal year prints 0 for months to come: these are missing. The month that a workbook
ends in is a count to date. A later workbook of the same year gives every figure anew, and is the one counted.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from atlarge.releases.spreads import figures

if TYPE_CHECKING:
    from atlarge.releases.reading import Release


_MONTHS = ("Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep")
_LEVELS = ("level_a", "level_b", "level_c", "level_d")
_SOURCE = re.compile(r"IIDS\)?,?\s*(?:as of\s*)?(\d{1,2})/(\d{1,2})/(\d{4})")
_MEASURES = {
    "adp": "average daily population",
    "alos_days": "average length of stay in days",
    **{level: f"average daily population: {level.replace('_', ' ')}" for level in _LEVELS},
}


def stated_day(preamble: list[str]) -> dt.date | None:
    """The day up to which a workbook's figures count, as the line of its source says; None if it does not."""
    for line in preamble:
        found = _SOURCE.search(line)
        if found:
            month, day, year = (int(part) for part in found.groups())
            return dt.date(year, month, day)
    return None


def stated(release: Release) -> Mapping[str, Any]:
    """The day up to which the figures count, and the fiscal year that a column is named for (`FY25 ALOS`)."""
    names = {name for sheet in release.sheets for name in sheet.frame.columns}
    years = {int(name[2:4]) for name in names if re.fullmatch(r"fy\d\d_alos", name)}
    return {"as_of": stated_day(release.preamble), "stated_year": years.pop() if len(years) == 1 else None}


def _fiscal_year(frame: pl.DataFrame) -> pl.Expr:
    """The fiscal year that the sheet's name states (`Facilities FY25`, `Detention EOFY2024`) or a column."""
    named = pl.col("sheet").str.extract(r"FY\s*(?:20)?(\d\d)", 1).cast(pl.Int32, strict=False)
    stated = [pl.col("stated_year").cast(pl.Int32)] if "stated_year" in frame.columns else []
    return 2000 + pl.coalesce(named, *stated)


def _facilities(frame: pl.DataFrame, year: pl.Expr) -> pl.DataFrame:
    kept = frame.filter(pl.col("facility").is_not_null()).with_columns(
        pl.sum_horizontal(_LEVELS, ignore_nulls=False).alias("adp")
    )
    return figures(
        kept, _MEASURES, date=pl.date(year - 1, 10, 1), every="fiscal year to date",
        place=pl.col("facility"), place_kind="facility", fiscal_year=year, as_of=pl.col("as_of"),
    )  # fmt: skip


def last_month(rows: pl.DataFrame, year: int, as_of: dt.date | None) -> tuple[int, bool]:
    """Index of the last month (0: October) that a table of book-ins covers, and whether it covers it whole.

    The later of the month that the workbook's day lies in and the last one with a figure above 0. A later
    month with a figure begins after that day, so only its beginning is counted.
    """
    filled = [i for i, m in enumerate(_MONTHS) if (rows[m.lower()].fill_null(0) > 0).any()]
    last = max(filled, default=-1)
    if as_of is None:
        return last, last == len(_MONTHS) - 1
    at = (as_of.year - year) * 12 + as_of.month + 2  # months since October of the year before
    if at >= len(_MONTHS):
        return len(_MONTHS) - 1, True
    whole = (as_of + dt.timedelta(days=1)).month != as_of.month
    return (at, whole) if at >= last else (last, False)


def _book_ins(frame: pl.DataFrame) -> pl.DataFrame:
    rows = frame.filter(pl.col("agency").is_not_null()).with_columns(_fiscal_year(frame).alias("_year"))
    parts = []
    for (_, year), inside in rows.group_by("sheet", "_year", maintain_order=True):
        if year is None:
            continue
        as_of = inside["as_of"][0]
        last, whole = last_month(inside, int(str(year)), as_of)
        words = pl.concat_str([pl.lit("initial book-ins: "), pl.col("agency").str.strip_chars()])
        for i, month in enumerate(_MONTHS[: last + 1]):
            parts.append(
                figures(
                    inside, {month.lower(): words}, place="US", place_kind="nation",
                    every="month" if whole or i < last else "month to date",
                    date=pl.date(int(str(year)) - (1 if i < 3 else 0), (9 + i) % 12 + 1, 1),
                    fiscal_year=pl.lit(year), as_of=pl.col("as_of"),
                )
            )  # fmt: skip
    return pl.concat(parts) if parts else _facilities(frame.clear(), _fiscal_year(frame))


def spread(frame: pl.DataFrame) -> pl.DataFrame:
    """Facilities, and book-ins where the workbook has them."""
    parts = [_facilities(frame, _fiscal_year(frame))]
    if "agency" in frame.columns:
        parts.append(_book_ins(frame))
    return pl.concat(parts).sort("sheet", "row", "measure", "date")


def pulls(frame: pl.DataFrame) -> pl.DataFrame:
    """Facilities of the joined file, whose rows carry their own year and day."""
    year = pl.col("fiscal_year").cast(pl.Int32)
    alos = [name for name in frame.columns if name.startswith("alos_fy")]
    own = pl.coalesce(
        pl.when(year == 2000 + int(name[-2:])).then(pl.col(name)) for name in alos
    ) if alos else pl.lit(None, pl.Float64)  # fmt: skip
    frame = frame.with_columns(own.alias("alos_days"), pl.coalesce("pull_date", "file_date").alias("as_of"))
    return _facilities(frame, year)

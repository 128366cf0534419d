"""Statements of 2025 on book-ins by month and arresting agency, from ICE's workbooks by month."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from atlarge.reference import table

from .result import Result

TITLE = "Book-ins of 2025 by month (TRAC, the press)"
MAY, AUGUST, JULY = (f"tracreports.org/whatsnew/email.{day}.html" for day in ("250527", "250815", "250801"))


def series() -> pl.DataFrame:
    """National book-ins by month: ice, cbp, all, and days of the month."""
    rows = table("detention_monthly").filter(pl.col("place") == "US")
    wide = rows.pivot(on="measure", index="month", values="value").sort("month")
    return wide.select(
        "month",
        pl.col("book_ins_ice").alias("ice"),
        pl.col("book_ins_cbp").alias("cbp"),
        (pl.col("book_ins_ice") + pl.col("book_ins_cbp")).alias("all"),
        pl.col("month").dt.days_in_month().alias("days"),
    )


def replicate(data: Path) -> list[Result]:
    """TRAC's, the Guardian's and the New York Times's statements."""
    del data
    wide = series()

    def of(first: str, last: str, what: str) -> float:
        inside = wide.filter(
            pl.col("month").is_between(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
        )
        return float(inside.select(what if what in wide.columns else pl.col("all")).sum().item())

    def daily(first: str, last: str, what: str) -> float:
        days = of(first, last, "days")
        return of(first, last, what) / days

    winter = wide.filter(pl.col("month").is_between(dt.date(2024, 11, 1), dt.date(2025, 4, 1)))["all"]
    ice, both = (of("2025-02-01", "2025-04-01", w) for w in ("ice", "all"))
    june, july = daily("2025-06-01", "2025-06-01", "all"), daily("2025-07-01", "2025-07-01", "all")
    last_year = daily("2024-01-01", "2024-12-01", "ice")
    what = "arrests a day, early June 2025, as a multiple of 2024"
    note = (
        "about 300 a day in 2024 and over 1,000: arrests, where these are book-ins by ICE, of which there "
        "were fewer in 2024; arrests of 2025 by day would be needed"
    )
    ours = round(daily("2025-06-01", "2025-06-01", "ice") / last_year, 2)
    times = Result(
        "The New York Times, June 2025", what, "workingimmigrants.com", 3.0, ours, tolerance=0.17, note=note
    )
    return [
        Result("TRAC, May 2025", "book-ins, October 2024: the most of a month", MAY, 23_616,
               of("2024-10-01", "2024-10-01", "all")),
        Result("TRAC, May 2025", "book-ins, April 2025", MAY, 22_822, of("2025-04-01", "2025-04-01", "all")),
        Result("TRAC, May 2025", "months from November 2024 to April 2025 between 21,000 and 23,000", MAY, 6,
               float(winter.is_between(21_000, 23_000).sum()), tolerance=0.0),
        Result("TRAC, May 2025", "per cent of book-ins arrested by ICE, February to mid-May 2025", MAY, 81,
               round(100 * ice / both, 2), tolerance=0.5 / 81, note="whole months, February to April"),
        Result("TRAC, August 2025", "book-ins a day, June 2025", JULY, 1_224, round(june, 1)),
        Result("TRAC, August 2025", "change a day from June to July 2025, per cent", AUGUST, -17.5,
               round(100 * (july / june - 1), 2), tolerance=0.01),
        Result("The Guardian, July 2025", "book-ins arrested by ICE, July 2025", "freesale.in", 27_483,
               of("2025-07-01", "2025-07-01", "ice"), note="a later workbook"),
        times,
    ]  # fmt: skip

"""ICE's own detention statistics workbooks, FY2024 on: facilities, and book-ins by agency and month."""

from __future__ import annotations

import polars as pl

from atlarge.releases.family import Family, count, number, text
from atlarge.releases.spreads import figures

_FROM = (
    "https://raw.githubusercontent.com/CarwilB/ice-detention/"
    "d4dc30aa135ccc29e0904d737fe7dacabe083862/data/ice/"
)

_MONTHS = ("Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep")
_YEARS = range(2024, 2036)
_LEVELS = ("level_a", "level_b", "level_c", "level_d")


def _fiscal_year() -> pl.Expr:
    """The fiscal year that the sheet's name states: `Facilities FY25`, `Detention EOFY24`."""
    return 2000 + pl.col("sheet").str.extract(r"FY\s*(?:20)?(\d\d)", 1).cast(pl.Int32, strict=False)


def _facilities(frame: pl.DataFrame) -> pl.DataFrame:
    held = frame.filter(pl.col("facility").is_not_null()).with_columns(
        pl.sum_horizontal(_LEVELS, ignore_nulls=False).alias("adp")
    )
    names = {"adp": "average daily population", "alos_days": "average length of stay in days"}
    names |= {level: f"average daily population: {level.replace('_', ' ')}" for level in _LEVELS}
    return figures(
        held, names, date=pl.date(_fiscal_year() - 1, 10, 1), every="fiscal year to date",
        place=pl.col("facility"), place_kind="facility",
    )  # fmt: skip


def _book_ins(frame: pl.DataFrame) -> pl.DataFrame:
    rows = frame.filter(pl.col("agency").is_not_null())
    words = pl.concat_str([pl.lit("initial book-ins: "), pl.col("agency")])
    parts = [
        figures(
            rows, {month.lower(): words}, every="month", place="US", place_kind="nation",
            date=pl.date(_fiscal_year() - (1 if i < 3 else 0), (9 + i) % 12 + 1, 1),
        )
        for i, month in enumerate(_MONTHS)
    ]  # fmt: skip
    return pl.concat(parts)


def _spread(frame: pl.DataFrame) -> pl.DataFrame:
    parts = [_facilities(frame)]
    if "agency" in frame.columns:
        parts.append(_book_ins(frame))
    return pl.concat(parts).sort("sheet", "row", "measure", "date")


FAMILY = Family(
    id="detention-statistics",
    title="ICE detention statistics, FY2024 on",
    publisher="U.S. Immigration and Customs Enforcement",
    url="https://www.ice.gov/detain/detention-management",
    table="aggregates",
    covers="National; facilities with average daily population, and initial book-ins by agency and month.",
    columns={
        "facility": text("Name"),
        "city": text("City"),
        "state": text("State"),
        "aor": text("AOR"),
        "alos_days": number(*[f"FY{year % 100} ALOS" for year in _YEARS]),
        "level_a": number("Level A"),
        "level_b": number("Level B"),
        "level_c": number("Level C"),
        "level_d": number("Level D"),
        "agency": text("Agency", needed=False),
        **{month.lower(): count(month, needed=False) for month in _MONTHS},
    },
    known=("Address", "Zip", "Type Detailed", "Male/Female", "Male Crim", "Male Non-Crim", "Female Crim",
           "Female Non-Crim", "ICE Threat Level 1", "ICE Threat Level 2", "ICE Threat Level 3",
           "No ICE Threat Level", "Mandatory", "Guaranteed Minimum", "Last Inspection Type",
           "Last Inspection End Date", "Last Inspection Standard", "Last Final Rating", "Total",
           *[f"Pending FY{year % 100} Inspection" for year in _YEARS]),
    block=("Agency", *_MONTHS, "Total"),
    allows_formulas=True,
    spread=_spread,
    fetch={
        _FROM + "FY24_detentionStats.xlsx": (
            "a177b8bdfe5eb391ed458ed84de810146a019cb25898387c27178357e20b7e30"
        ),
        _FROM + "FY25_detentionStats09242025.xlsx": (
            "3b9e2d626b1e249b2c87539554758333b27bc0da64a37e5dac99944a210c0782"
        ),
    },
    licence="federal work",
)  # fmt: skip

"""Small published aggregates: Washington and Oregon quarters, Seattle by criminality, arrests by state."""

from __future__ import annotations

import datetime as dt

import polars as pl

from atlarge.releases.family import Family, count, day, number, text
from atlarge.releases.spreads import counties, figures, states


def _quarters(frame: pl.DataFrame) -> pl.DataFrame:
    quarter = pl.col("quarter")
    year = quarter.str.slice(0, 4).cast(pl.Int32, strict=False)
    month = quarter.str.slice(5, 1).cast(pl.Int32, strict=False) * 3 - 2
    return figures(
        frame, {"arrests": "arrests"}, date=pl.date(year, month, 1), every="quarter",
        place=counties(frame, "county", "state"), place_kind="county",
    )  # fmt: skip


def _criminality(frame: pl.DataFrame) -> pl.DataFrame:
    words = pl.concat_str([pl.lit("arrests: "), pl.col("criminality").fill_null("criminality not recorded")])
    return figures(
        frame, {"value": words}, date=pl.col("date"), every="month",
        place=states(frame, "state"), place_kind="state",
    )  # fmt: skip


def _by_state(frame: pl.DataFrame) -> pl.DataFrame:
    return figures(
        frame, {"arrests": "arrests"}, date=pl.lit(dt.date(2025, 1, 1)), every="2025-01-01..2026-07-31",
        place=states(frame, "state"), place_kind="state",
    )  # fmt: skip


FAMILIES = [
    Family(
        id="wa-or-quarters",
        title="Arrests by county and quarter, Washington and Oregon, 2022 to 2025",
        publisher="UWCHR, from I-213 forms",
        url="https://github.com/UWCHR/i-213-sea-22-25",
        table="aggregates",
        covers="Counties of Washington and Oregon, quarters of 2022 to 2025; holds small counts.",
        columns={
            "county": text("county", filled=True),
            "quarter": text("cy_quarter", filled=True),
            "state": text("state", filled=True),
            "arrests": count("arrests", filled=True),
            "population": number("pop", needed=False),
        },
        known=("cy", "arrests_pc", "county_lower"),
        scope="state:OR,WA",
        rules={"quarter": pl.col("quarter").str.contains(r"^20\d\d\.[1-4]$")},
        spread=_quarters,
        licence="none stated",
    ),
    Family(
        id="seattle-criminality-months",
        is_exact=True,
        title="Seattle area arrests by criminality, state and month",
        publisher="UWCHR, from Deportation Data Project releases",
        url="https://github.com/UWCHR/deport-data-proj",
        table="aggregates",
        covers="Seattle area of responsibility, 2023-09 to 2025-09.",
        columns={
            "criminality": text("apprehension_criminality"),
            "date": day("month"),
            "state": text("apprehension_state"),
            "value": count("n", filled=True),
        },
        scope="aor:SEA",
        spread=_criminality,
        licence="none stated",
    ),
    Family(
        id="arrests-by-state",
        is_exact=True,
        title="ICE arrests by state, January 2025 to July 2026",
        publisher="mtkonczal, from Deportation Data Project releases",
        url="https://github.com/mtkonczal/blogs_2026_09_deportations_any_native_benefit",
        table="aggregates",
        covers="States, one figure each for 2025-01-01 to 2026-07-31; duplicates taken out.",
        columns={"state": text("state_name", filled=True), "arrests": count("arrests", filled=True)},
        spread=_by_state,
        licence="none stated",
    ),
]

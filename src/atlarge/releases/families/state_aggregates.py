"""Small published aggregates: Washington and Oregon quarters, Seattle by criminality, arrests by state."""

from __future__ import annotations

import datetime as dt

import polars as pl

from atlarge.releases.spreads import counties, figures, states


def quarters(frame: pl.DataFrame) -> pl.DataFrame:
    """Arrests by county and quarter."""
    quarter = pl.col("quarter")
    year = quarter.str.slice(0, 4).cast(pl.Int32, strict=False)
    month = quarter.str.slice(5, 1).cast(pl.Int32, strict=False) * 3 - 2
    return figures(
        frame, {"arrests": "arrests"}, date=pl.date(year, month, 1), every="quarter",
        place=counties(frame, "county", "state"), place_kind="county",
    )  # fmt: skip


def criminality(frame: pl.DataFrame) -> pl.DataFrame:
    """Arrests by state, month and criminality."""
    words = pl.concat_str([pl.lit("arrests: "), pl.col("criminality").fill_null("criminality not recorded")])
    return figures(
        frame, {"value": words}, date=pl.col("date"), every="month",
        place=states(frame, "state"), place_kind="state",
    )  # fmt: skip


def by_state(frame: pl.DataFrame) -> pl.DataFrame:
    """Arrests by state over the whole time."""
    return figures(
        frame, {"arrests": "arrests"}, date=pl.lit(dt.date(2025, 1, 1)), every="2025-01-01..2026-07-31",
        place=states(frame, "state"), place_kind="state",
    )  # fmt: skip

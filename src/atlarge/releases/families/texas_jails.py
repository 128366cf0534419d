"""Texas county jails: inmates held with an immigration detainer, by county and month."""

from __future__ import annotations

import calendar

import polars as pl

from atlarge.reference import table
from atlarge.releases.areas import county_code

_MONTHS = [name.lower() for name in calendar.month_name[1:]]


def one_month_back(frame: pl.DataFrame) -> pl.DataFrame:
    """The label names the month a report came out: its figures are for the month before."""
    number_of = pl.col("label_month").str.to_lowercase().replace_strict(
        _MONTHS, list(range(1, 13)), default=None, return_dtype=pl.Int64
    )  # fmt: skip
    counties = county_code(frame["county"], pl.repeat("TX", frame.height, eager=True))
    private = pl.col("county").str.contains(r"\(private")
    areas = table("counties").select(pl.col("fips").alias("county_fips"), "aor")
    shifted = frame.with_columns(
        pl.date(pl.col("label_year"), number_of, 1).dt.offset_by("-1mo").alias("month"),
        counties.alias("county_fips"),
        pl.when(private).then(pl.col("county").str.to_titlecase()).alias("facility"),
        pl.lit("TX").alias("state"),
    )
    return shifted.join(areas, on="county_fips", how="left", maintain_order="left")

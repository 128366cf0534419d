"""Detention from 2018 to 2026, as the public records that ship with the package tell it.

python benchmarks/now.py
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl

from atlarge.calendar import fiscal_year
from atlarge.reference import table

OUT = Path(__file__).parent / "results" / "now.json"


def main() -> None:
    """Count, and save."""
    rows = table("detention_monthly")
    nation = rows.filter(pl.col("place") == "US", ~pl.col("is_partial"))
    wide = nation.pivot(on="measure", index="month", values="value").sort("month")
    booked = wide.drop_nulls("book_ins_ice")
    both_agencies = pl.col("book_ins_ice") + pl.col("book_ins_cbp")
    years = (
        booked.with_columns(pl.Series("fiscal_year", [fiscal_year(day) for day in booked["month"].to_list()]))
        .group_by("fiscal_year", maintain_order=True)
        .agg(pl.len().alias("months"), pl.col("book_ins_ice", "book_ins_cbp").sum())
        .with_columns(share_ice=(pl.col("book_ins_ice") / both_agencies).round(3))
    )
    held = wide.drop_nulls("population_at_midnight").select("month", "population_at_midnight")
    first, last = dt.date(2024, 12, 1), held["month"].max()
    counties = table("counties").select(place="fips", county="place_name")
    both = rows.filter(pl.col("place_kind") == "county", pl.col("month").is_in([first, last]))
    growth = (
        both.with_columns(
            when=pl.when(pl.col("month") == first).then(pl.lit("before")).otherwise(pl.lit("after"))
        )
        .pivot(on="when", index="place", values="value")
        .with_columns(pl.col("before").fill_null(0.0))
        .drop_nulls("after")
        .with_columns(more=(pl.col("after") - pl.col("before")).round(1))
        .sort("more", descending=True)
        .join(counties, on="place", how="left", maintain_order="left")
        .head(15)
    )
    result = {
        "book_ins": years.to_dicts(),
        "population": {
            "first": str(held["month"].min()),
            "last": str(last),
            "december_2024": held.filter(pl.col("month") == first)["population_at_midnight"].item(),
            "latest": held.filter(pl.col("month") == last)["population_at_midnight"].item(),
            "highest": held["population_at_midnight"].max(),
            "highest_month": str(held.sort("population_at_midnight")["month"].last()),
        },
        "growth": growth.select("county", "place", "before", "after", "more").to_dicts(),
    }
    OUT.write_text(json.dumps(result, indent=1, default=str) + "\n")
    print(json.dumps(result, indent=1, default=str)[:1500])


if __name__ == "__main__":
    main()

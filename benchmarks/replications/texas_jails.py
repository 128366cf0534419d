"""Inmates with a detainer in Texas county jails, October 2011 to January 2014, from the reports as they are.

The Texas Tribune added up the reports of the Commission on Jail Standards by their labels. Our records leave
out rows with more than 31 days an inmate; here they are in. What still differs cannot be told: counties
correct their reports, and the Tribune's own reading of October 2013 to March 2014 is not at hand.
"""

from __future__ import annotations

import calendar
from pathlib import Path

import polars as pl

from .result import Result

TITLE = "Texas county jails, 2011 to 2014 (Texas Tribune)"
STUDY = "Texas Tribune, from reports of the Texas Commission on Jail Standards"
PAGE = "glenrosecurrent.com"
MONTHS = {month.lower(): n for n, month in enumerate(calendar.month_name) if month}
PUBLISHED = {
    ("", "inmates"): 155_380, ("", "cost"): 187_700_000,
    ("harris", "inmates"): 34_833, ("harris", "days"): 766_806,
    ("bosque", "inmates"): 98, ("bosque", "cost"): 95_328,
    ("erath", "inmates"): 47, ("erath", "cost"): 37_343,
    ("hood", "inmates"): 183, ("hood", "cost"): 189_468,
    ("johnson", "inmates"): 515, ("johnson", "cost"): 439_266,
    ("somervell", "inmates"): 44, ("somervell", "days"): 980,
}  # fmt: skip


def read(data: Path) -> pl.DataFrame:
    """Rows of the labels October 2011 to January 2014, nothing left out."""
    [path] = data.rglob("texas_jails_immigrant_detainer_*.csv")
    rows = pl.read_csv(path, infer_schema=False, null_values="NA")
    month = pl.col("month").str.to_lowercase().replace_strict(MONTHS, return_dtype=pl.Int32)
    rows = rows.with_columns(label=pl.date(pl.col("year").cast(pl.Int32), month, 1))
    return rows.filter(pl.col("label").is_between(pl.date(2011, 10, 1), pl.date(2014, 1, 1))).select(
        "county",
        inmates=pl.col("num_of_inmates").cast(pl.Float64),
        days=pl.col("num_of_inmate_days").cast(pl.Float64),
        cost=pl.col("cost_in_dollars").cast(pl.Float64),
    )


def replicate(data: Path) -> list[Result]:
    """The Tribune's totals of the state and of six counties."""
    rows = read(data)
    results = []
    for (county, what), published in PUBLISHED.items():
        ours = float(rows.filter((pl.col("county") == county) | (county == ""))[what].sum())
        name = f"{county.title()} County" if county else "Texas"
        words = {"inmates": "inmates a month, added up", "days": "inmate-days", "cost": "cost in dollars"}
        results.append(Result(STUDY, f"{name}: {words[what]}", PAGE, published, round(ours)))
    return results

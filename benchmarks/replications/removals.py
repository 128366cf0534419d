"""ICE's and GAO's counts of removals by conviction and citizenship, from the raw files of FY2016 to FY2019.

The package keeps neither citizenship nor convictions of people removed, so that these are counted from the
files themselves. A threat level is given to convicted people alone; the files withhold the level and print NA
where there is none.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from .result import Result

TITLE = "Removals by conviction and citizenship (ICE 2018, GAO 2019)"
ICE = "ICE, Fiscal Year 2018 Enforcement and Removal Operations Report"
GAO = "GAO-20-36"
NORTHERN_TRIANGLE = ("GUATEMALA", "HONDURAS", "EL SALVADOR")


def read(data: Path) -> pl.DataFrame:
    """Removals: day, citizenship, whether convicted, area and disposition."""
    files = sorted(data.rglob("ICERemovals_FY*.csv.gz"))
    parts = [
        pl.read_csv(f, separator="|", skip_rows=5, infer_schema=False, truncate_ragged_lines=True)
        for f in files
    ]
    return pl.concat(parts).select(
        pl.col("Removal Date").str.to_date("%m/%d/%Y").alias("day"),
        pl.col("Citizenship").alias("citizenship"),
        (pl.col("RC Threat Level") != "NA").alias("convicted"),
        pl.col("Area of Responsibility").alias("area"),
        pl.col("Processing Disposition Code").alias("disposition"),
    )


def replicate(data: Path) -> list[Result]:
    """Totals of FY2018 by ICE and of 2018 by GAO."""
    rows = read(data)
    fy = rows.filter(pl.col("day").is_between(pl.date(2017, 10, 1), pl.date(2018, 9, 30)))
    cy = rows.filter(pl.col("day").dt.year() == 2018)
    mexico, triangle = pl.col("citizenship") == "MEXICO", pl.col("citizenship").is_in(NORTHERN_TRIANGLE)
    results = [
        Result(ICE, "removals, FY2018", "documentcloud.org/documents/5767387", 256_085, fy.height),
        Result(ICE, "removals of convicted people, FY2018", "crimmigration.com", 145_262,
               fy["convicted"].sum()),
        Result(ICE, "removals to Mexico, FY2018", "crimmigration.com", 141_045, fy.filter(mexico).height),
        Result(ICE, "removals to Guatemala, Honduras and El Salvador, FY2018", "crimmigration.com", 94_729,
               fy.filter(triangle).height),
    ]  # fmt: skip
    by_country = (("MEXICO", 139_330), ("GUATEMALA", 52_755), ("HONDURAS", 32_180), ("INDIA", 831))
    for country, published in by_country:
        ours = cy.filter(pl.col("citizenship") == country).height
        what = f"removals of citizens of {country.title()}, 2018"
        short = "GAO leaves out some rows; without an identifier it cannot be told which"
        note = short if ours > 1.005 * published else ""
        results.append(Result(GAO, what, "statista.com", published, ours, note=note))
    return results

"""Texas county jails: inmates held with an immigration detainer, by county and month."""

from __future__ import annotations

import calendar

import polars as pl

from atlarge.reference import table
from atlarge.releases.areas import county_code
from atlarge.releases.family import Family, count, number, text

_FROM = (
    "https://raw.githubusercontent.com/jacobkap/texas_jails/"
    "4d76166b5fa74ecb67dbd631cd3f84a189f5ef20/data/clean_data/"
)

_MONTHS = [name.lower() for name in calendar.month_name[1:]]


def _one_month_back(frame: pl.DataFrame) -> pl.DataFrame:
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


FAMILY = Family(
    id="texas-jails",
    title="Texas county jails: inmates with an immigration detainer, by month",
    publisher="Texas Commission on Jail Standards, Immigration Detainer Reports, parsed by jacobkap",
    url="https://github.com/jacobkap/texas_jails",
    table="jail_counts",
    covers="Texas counties, 2011-09 to 2017-10 (labels 2011-10 to 2017-11), as sheriffs report.",
    columns={
        "county": text("county", filled=True),
        "label_year": count("year", filled=True),
        "label_month": text("month", filled=True),
        "inmates": count("num_of_inmates"),
        "inmate_days": count("num_of_inmate_days"),
        "cost_dollars": number("cost_in_dollars"),
    },
    known=("link",),
    scope="state:TX",
    rules={
        "month name": pl.col("label_month").str.to_lowercase().is_in(_MONTHS),
        "more than 31 days an inmate": pl.col("inmate_days") <= 31 * pl.col("inmates"),
    },
    spread=_one_month_back,
    fetch={
        _FROM + "texas_jails_immigrant_detainer_2011_2017.csv": (
            "839e803d19ff98ab87b2ecc333e6a4fa69b0f66424482d8cacad3a14dc7fa331"
        ),
    },
    licence="Texas state reports",
)

"""Small published aggregates of cities: Austin, Travis County, California cities."""

from __future__ import annotations

import polars as pl

from atlarge.releases.family import Family, count, day, text
from atlarge.releases.spreads import figures, states


def _austin(frame: pl.DataFrame) -> pl.DataFrame:
    area = pl.col("geography")
    kind = (
        pl.when(area == "National").then(pl.lit("nation"))
        .when(area == "Texas").then(pl.lit("state")).otherwise(pl.lit("area"))
    )  # fmt: skip
    place = pl.when(area == "National").then(pl.lit("US")).otherwise(states(frame, "geography"))
    return figures(
        frame, {"arrests": "arrests followed by detention"}, date=pl.col("date"), every="month",
        place=place, place_kind=kind,
    )  # fmt: skip


def _travis(frame: pl.DataFrame) -> pl.DataFrame:
    names = {
        "total": "detainers",
        "felony": "detainers: at least one felony",
        "violent": "detainers: at least one violent crime",
    }
    month = (pl.col("label") + "-01").str.to_date("%Y-%m-%d", strict=False)
    return figures(frame, names, date=month, every="month", place="48453", place_kind="county")


def _california(frame: pl.DataFrame) -> pl.DataFrame:
    place = pl.col("city").str.to_titlecase() + pl.lit(", CA")
    return figures(
        frame, {"count": "detainers"}, date=pl.date(pl.col("year"), 1, 1), every="year",
        place=place, place_kind="city",
    )  # fmt: skip


FAMILIES = [
    Family(
        id="austin-area-months",
        is_exact=True,
        title="Arrests followed by detention: Austin area, Texas and the nation, by month",
        publisher="gabrielkutnews, from Deportation Data Project joined data, August 2026",
        url="https://github.com/gabrielkutnews/ice-arrests-austin-area",
        table="aggregates",
        covers="2022-10 to 2026-07; the Austin area is the author's list of city names, not a county.",
        columns={
            "geography": text("geography", filled=True),
            "date": day("month"),
            "arrests": count("arrests", filled=True),
        },
        spread=_austin,
        licence="none stated",
    ),
    Family(
        id="travis-detainer-months",
        is_exact=True,
        title="Travis County detainers by month, 2006 to 2016",
        publisher="Austin American-Statesman, from a county extract of 4 October 2016",
        url="https://github.com/statesman/ice-travis-county",
        table="aggregates",
        covers="Travis County, 2006-09 to 2016-10; taken to be booking months; the last month is partial.",
        columns={
            "label": text("month", filled=True),
            "total": count("total", filled=True),
            "felony": count("has_at_least_one_felony"),
            "violent": count("has_at_least_one_violent_crime"),
        },
        scope="state:TX",
        rules={"month": pl.col("label").str.contains(r"^20\d\d-(?:0[1-9]|1[0-2])$")},
        spread=_travis,
        licence="none stated",
    ),
    Family(
        id="california-detainer-years",
        is_exact=True,
        title="Detainers of selected California cities by year, 2007 to 2015",
        publisher="NPR, from ICE FOIA 15-87693",
        url="https://github.com/nprapps/sanctuary-cities",
        table="aggregates",
        covers="Selected California cities, 2007 to 2015.",
        columns={
            "city": text("city", filled=True),
            "year": count("year", filled=True),
            "count": count("count", filled=True),
        },
        scope="state:CA",
        spread=_california,
        licence="to the best of NPR's knowledge, public domain",
    ),
]

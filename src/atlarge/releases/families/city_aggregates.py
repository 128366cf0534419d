"""Small published aggregates of cities: Austin, Travis County, California cities."""

from __future__ import annotations

import polars as pl

from atlarge.releases.spreads import figures, states


def austin(frame: pl.DataFrame) -> pl.DataFrame:
    """Arrests of the nation, the state and the author's area, by month."""
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


def travis(frame: pl.DataFrame) -> pl.DataFrame:
    """Detainers of the county by month, of all, felonies and violent crimes."""
    names = {
        "total": "detainers",
        "felony": "detainers: at least one felony",
        "violent": "detainers: at least one violent crime",
    }
    month = (pl.col("label") + "-01").str.to_date("%Y-%m-%d", strict=False)
    return figures(frame, names, date=month, every="month", place="48453", place_kind="county")


def california(frame: pl.DataFrame) -> pl.DataFrame:
    """Detainers by city and year."""
    place = pl.col("city").str.to_titlecase() + pl.lit(", CA")
    return figures(
        frame, {"count": "detainers"}, date=pl.date(pl.col("year"), 1, 1), every="year",
        place=place, place_kind="city",
    )  # fmt: skip

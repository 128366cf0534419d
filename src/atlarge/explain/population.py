"""Number of people liable to arrest in a place: published, supplied by the user, or modelled.

The order is: noncitizens that the user's store holds (Census table B05001 or the tabulation of citizens of
voting age), Pew's estimate of the metropolitan area, and the number modelled for 2014
(`reference/unauthorized_modelled`). The kind of number is kept with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from atlarge.records.store import Store
from atlarge.reference import lookup, sidecar, table

Z = 1.645
UNKNOWN_MARGIN = 0.15
TOO_WIDE = 4.0
"""Upper end over lower end of an interval from which on an answer says that the number is hardly known."""

NEARLY_ALL_COUNTIES = 3_100

Kind = Literal["published", "measured", "modelled"]


@dataclass(frozen=True)
class Population:
    """People liable to arrest: an estimate with its 90% interval, for what place and year, from where.

    `kind`: published (by its source, as an estimate), measured (counted by a survey) or modelled (by this
    package). `group`: unauthorized residents or noncitizens. `level` and `counties`: the area it is for.
    """

    place: str
    group: str
    year: int | None
    estimate: float
    low: float
    high: float
    is_margin_known: bool
    source_url: str
    counties: frozenset[str]
    kind: Kind = "published"
    level: str = "metro"
    source: str = "pew_metros"

    @property
    def is_too_wide(self) -> bool:
        """Whether the interval is so wide that the number is hardly known; verdicts are by all of it."""
        return self.high >= TOO_WIDE * max(self.low, 1.0)


def _three_figures(value: float) -> float:
    return float(f"{value:.3g}")


def metro_of(fips: str) -> tuple[str, str, frozenset[str]] | None:
    """Code, name and counties of the core based statistical area of a county; None if it lies in none."""
    metro = table("metro_counties")
    own = metro.filter(pl.col("fips") == fips)
    if own.is_empty():
        return None
    code, name = own["cbsa_code"][0], own["cbsa_name"][0]
    return code, name, frozenset(metro.filter(pl.col("cbsa_code") == code)["fips"].to_list())


def metro_population(fips: str, year: int) -> Population | None:
    """Published unauthorized population of a county's metropolitan area, of the nearest year with a margin.

    Examples
    --------
    >>> metro_population("48453", 2017).estimate  # Travis County, in the Austin area
    100000.0
    """
    metro = metro_of(fips)
    if metro is None:
        return None
    code, name, inside = metro
    rows = table("pew_metros").filter(
        (pl.col("place_kind") == "metro")
        & pl.col("estimate").is_not_null()
        & (
            (pl.col("cbsa_code") == code)
            | (pl.col("place") == name)
            | pl.col("aliases").str.contains(name, literal=True)
        )
    )
    if rows.is_empty():
        return None
    rows = rows.with_columns(
        pl.col("margin").is_null().alias("unsure"), (pl.col("year") - year).abs().alias("apart")
    ).sort("unsure", "apart", "year")
    row = rows.row(0, named=True)
    known = row["margin"] is not None
    margin = row["margin"] if known else UNKNOWN_MARGIN * row["estimate"]
    return Population(
        f"{name} metropolitan area", "unauthorized residents", row["year"], row["estimate"],
        max(1.0, row["estimate"] - margin), row["estimate"] + margin, known, row["source_url"], inside,
    )  # fmt: skip


def nation_population(year: int) -> Population:
    """Unauthorized population of the nation, of one of the years that the metropolitan table has."""
    rows = table("pew_metros").filter((pl.col("place_kind") == "nation") & pl.col("margin").is_not_null())
    row = (
        rows.with_columns((pl.col("year") - year).abs().alias("apart"))
        .sort("apart", "year")
        .row(0, named=True)
    )
    low, high = row["estimate"] - row["margin"], row["estimate"] + row["margin"]
    return Population(
        "United States", "unauthorized residents", row["year"], row["estimate"], low, high, True,
        row["source_url"], frozenset(), level="nation",
    )  # fmt: skip


def modelled_population(level: str, code: str, year: int) -> Population | None:
    """Modelled unauthorized population of a county, metropolitan area, area of responsibility or state.

    The number is for the year of the table; of another year, its interval is wider by what areas' shares of
    the nation move in the time between. None where the model gives no number.

    Examples
    --------
    >>> modelled_population("county", "48453", 2014).kind
    'modelled'
    """
    rows = table("unauthorized_modelled").filter((pl.col("place_kind") == level) & (pl.col("place") == code))
    if rows.is_empty() or not rows["estimate"][0]:
        return None
    row, about = rows.row(0, named=True), sidecar("unauthorized_modelled")
    drift = float(about["model"]["drift_log_sd_by_root_year"])
    wider = float(np.exp(Z * drift * abs(year - row["year"]) ** 0.5))
    if level == "metro":
        metro = table("metro_counties").filter(pl.col("cbsa_code") == code)
        name, inside = f"{metro['cbsa_name'][0]} area", frozenset(metro["fips"].to_list())
    elif level == "county":
        name, inside = lookup("counties", "fips", "place_name").get(code, code), frozenset({code})
    else:
        name, inside = code, frozenset()
    low, high = max(1.0, _three_figures(row["low"] / wider)), _three_figures(row["high"] * wider)
    return Population(
        name, "unauthorized residents", row["year"], row["estimate"], low, high, True, str(about["url"]),
        inside, "modelled", level, "unauthorized_modelled",
    )  # fmt: skip


def _census(store: Store | None) -> pl.DataFrame:
    """The rows of a store's Census tables; none where it holds none."""
    wanted = ["release_id", "every", "as_of", "place_kind", "place", "measure", "value"]
    if store is None or "aggregates" not in store.tables():
        return pl.DataFrame(schema=dict.fromkeys(wanted, pl.String))
    rows = store.scan("aggregates").filter(pl.col("measure").is_in(["noncitizens", "noncitizens: margin"]))
    return rows.select(wanted).collect()


def brought_noncitizens(store: Store | None, level: str, codes: frozenset[str]) -> Population | None:
    """Noncitizens of counties, a state or the nation from a Census table that the user's store holds.

    Every county must be in one table of one survey, the newest that has them all; margins of a sum are the
    root of the sum of squares. None where the store holds no such table.

    Parameters
    ----------
    store : Store or None
        The user's store; None where there is none.
    level : str
        county, state or nation.
    codes : frozenset of str
        FIPS codes of counties, the code of a state, or US.
    """
    rows = _census(store).filter((pl.col("place_kind") == level) & pl.col("place").is_in(list(codes)))
    if rows.is_empty():
        return None
    wide = rows.pivot(
        on="measure",
        index=["release_id", "every", "as_of", "place"],
        values="value",
        aggregate_function="first",
    )
    if "noncitizens" not in wide.columns:
        return None
    if "noncitizens: margin" not in wide.columns:
        wide = wide.with_columns(pl.lit(None, pl.Float64).alias("noncitizens: margin"))
    wide = wide.drop_nulls("noncitizens").unique(["release_id", "every", "place"])
    sums = (
        wide.group_by("release_id", "every", "as_of")
        .agg(
            pl.len().alias("n"),
            pl.col("noncitizens").sum().alias("estimate"),
            (pl.col("noncitizens: margin") ** 2).sum().sqrt().alias("margin"),
            pl.col("noncitizens: margin").null_count().alias("unknown"),
        )
        .filter(pl.col("n") == len(codes), pl.col("estimate") > 0)
        .sort("as_of", "every", "release_id")
    )
    if sums.is_empty():
        return None
    row = sums.row(-1, named=True)
    known = not row["unknown"]
    margin = row["margin"] if known else UNKNOWN_MARGIN * row["estimate"]
    low, high = max(1.0, row["estimate"] - margin), row["estimate"] + margin
    source = f"{row['release_id']}, {row['every']}"
    year = row["as_of"].year if row["as_of"] else None
    return Population(
        "", "noncitizens", year, row["estimate"], low, high, known, "", codes, "measured", level,
        source,
    )  # fmt: skip


def nation_noncitizens(store: Store | None, like: Population) -> Population | None:
    """Noncitizens of the nation to set a place's against: of the same store, else the sum over areas of
    responsibility of the nearest year that ships."""
    found = brought_noncitizens(store, "nation", frozenset({"US"}))
    if found is None:
        counties = _census(store).filter(pl.col("place_kind") == "county")["place"].unique()
        if len(counties) >= NEARLY_ALL_COUNTIES:
            found = brought_noncitizens(store, "county", frozenset(counties))
    if found is not None and found.year == like.year:
        return replace(found, place="United States", level="nation")
    rows = table("populations").filter(pl.col("group") == "noncitizen")
    if rows.is_empty():
        return None
    wanted = rows["year"].max() if like.year is None else like.year
    rows = rows.with_columns((pl.col("year") - wanted).abs().alias("apart")).sort("apart", "year")
    rows = rows.filter(pl.col("year") == rows["year"][0])
    total = float(rows["estimate"].sum())
    slack = float(np.sqrt(np.sum((rows["high"] - rows["low"]).to_numpy() ** 2)) / 2)
    url = str(sidecar("populations")["url"])
    return Population(
        "United States", "noncitizens", rows["year"][0], total, total - slack, total + slack, True, url,
        frozenset(), "measured", "nation", "populations",
    )  # fmt: skip


def born_abroad(level: str, code: str, counties: frozenset[str]) -> float | None:
    """Residents born abroad, of the counties given or of an AOR or state; None where a county has no count.

    Examples
    --------
    >>> born_abroad("county", "48453", frozenset({"48453"}))
    201148.0
    """
    rows = table("county_foreign_born")
    if level in ("aor", "state"):
        inside = table("counties").filter(pl.col(level) == code)["fips"]
        rows = rows.filter(pl.col("fips").is_in(inside.implode()))
    elif level != "nation":
        rows = rows.filter(pl.col("fips").is_in(list(counties)))
        if rows.height < len(counties):
            return None
    counted = rows["foreign_born"].drop_nulls()
    if counted.is_empty() or (level != "nation" and len(counted) < 0.9 * rows.height):
        return None
    return float(counted.sum())

"""The real counties used in a simulated world, and how its records name them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.errors import QuestionError
from atlarge.reference import lookup, table

UNAUTHORIZED_SHARE = (
    0.033  # of the residents of the United States in 2017 (Pew Research Center: 10.5 million)
)


@dataclass(frozen=True)
class Places:
    """Counties of a simulated world, most populous first; one entry a county in every field."""

    fips: list[str]
    name: list[str]
    aor: list[str]
    area_name: list[str]
    office: list[str]
    jail: list[str]
    county: list[str]
    general: list[str]
    city: list[str | None]
    state_name: list[str]
    residents: NDArray[np.float64]

    @property
    def area(self) -> NDArray[np.int64]:
        """Index of the area of responsibility."""
        return np.unique(np.array(self.aor), return_inverse=True)[1].astype(np.int64)


def real_places(n: int) -> Places:
    """The `n` most populous counties of the reference tables. Raises QuestionError if there are not so
    many."""
    counties = (
        table("counties")
        .filter(
            (pl.col("vintage") == "all")
            & pl.col("population_2017").is_not_null()
            & pl.col("aor").is_not_null()
        )
        .sort("population_2017", "fips", descending=[True, False])
    )
    if n > counties.height:
        raise QuestionError(
            f"{n} places requested, but only {counties.height} counties are known: ask for fewer"
        )
    counties = counties.head(n)
    areas = lookup("aors", "aor", "name")
    office = [_office(aor, state) for aor, state in counties.select("aor", "state").iter_rows()]
    seat = _cities()
    upper = [_plain(name) for name in counties["name"]]
    states = counties["state"].to_list()
    return Places(
        fips=counties["fips"].to_list(),
        name=counties["place_name"].to_list(),
        aor=counties["aor"].to_list(),
        area_name=[f"{areas[aor]} Area of Responsibility" for aor in counties["aor"]],
        office=office,
        jail=[f"{name} JAIL, {state}" for name, state in zip(upper, states, strict=True)],
        county=[f"{name}, {state}" for name, state in zip(upper, states, strict=True)],
        general=[f"{code} GENERAL AREA, NON-SPECIFIC" for code in office],
        city=[seat.get(fips) for fips in counties["fips"]],
        state_name=[name.upper() for name in counties["state_name"]],
        residents=counties["population_2017"].to_numpy().astype(np.float64),
    )


def _office(aor: str, state: str) -> str:
    """An office of the area, in the county's state where there is one; else the area's own code."""
    offices = table("offices").filter(
        (pl.col("aor") == aor) & pl.col("kind").is_in(["office", "field office"]) & (pl.col("state") == state)
    )
    return str(offices["office"].sort()[0]) if offices.height else aor


def _cities() -> dict[str, str]:
    """The largest city of each county."""
    cities = table("cities").filter(pl.col("population").is_not_null())
    largest = cities.sort("population", "city", descending=[True, False]).unique("county_fips", keep="first")
    return dict(largest.select("county_fips", "city").iter_rows())


def _plain(name: str) -> str:
    """Capitals without accents, as records have them."""
    spread = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in spread if not unicodedata.combining(letter)).upper()

"""Wider areas around a place, in which a publisher may have counted records that name something else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import accumulate
from json import loads
from math import dist
from typing import Any

import polars as pl

from atlarge.files import shipped_text
from atlarge.panel import measures
from atlarge.reference import table
from atlarge.verify.candidate import Candidate, Difference, columns
from atlarge.verify.counting import Query, StoreCounter
from atlarge.verify.figure import Figure, Spot

NO_OTHER_COUNTY = "what its area of responsibility records without another county"
"""The most that can belong to a county if no record that names another county is counted."""


def geography(difference: Difference) -> Iterator[Candidate]:
    """A county with what lies or is recorded around it; a state with its offices."""
    counter, figure, name, query = difference.counter, difference.figure, difference.name, difference.query
    if name not in measures() or len(query.spots) != 1 or "office" not in columns(name):
        return
    ((level, code),) = query.spots
    if level == "state":
        offices = table("offices").filter(pl.col("state") == code)["office"].to_list()
        areas = [r["aor"] for r in table("aors").to_dicts() if (r["states"] or "").split() == [code]]
        inside = (pl.col("state") == code) | (
            pl.col("state").is_null() & (pl.col("office").is_in(offices) | pl.col("aor").is_in(areas))
        )
        yield Candidate("geography", "the state with the offices and areas of responsibility in it alone",
                        counter.rows(query, inside.fill_null(False)))  # fmt: skip
        for area in (
            areas or table("counties").filter(pl.col("state") == code)["aor"].unique().drop_nulls().to_list()
        ):
            yield Candidate("geography", f"the area of responsibility {area}",
                            counter.count(replace(query, spots=(Spot("aor", area),))))  # fmt: skip
    if level != "county":
        return
    row = table("counties").filter(pl.col("fips") == code).to_dicts()[0]
    county, area = pl.col("county_fips") == code, row["aor"]
    seat = table("offices").filter(pl.col("seat_county_fips") == code)["office"].to_list()
    seated = county | (
        pl.col("county_fips").is_null() & pl.col("office").is_in(seat) & (pl.col("aor") == area)
    )
    near = neighbours(code)
    no_county = pl.col("county_fips").is_null() & (pl.col("aor") == area)
    no_place = no_county & pl.col("office").is_null()
    metros = table("metro_counties")
    own = metros.filter(pl.col("fips") == code)["cbsa_code"].to_list()
    metro = metros.filter(pl.col("cbsa_code").is_in(own))["fips"].to_list()
    options = {
        "the county and the office areas seated in it": seated,
        "the county, the office areas seated in it and what its area records without either":
            seated | no_place,
        "the county and its neighbours": county | pl.col("county_fips").is_in(near),
        "the county, its neighbours and the office areas seated in the county":
            seated | pl.col("county_fips").is_in(near),
        "the counties of its metropolitan area in the same area of responsibility":
            (pl.col("county_fips").is_in(metro) & (pl.col("aor") == area)) | seated,
        NO_OTHER_COUNTY:
            (pl.col("aor") == area) & (pl.col("county_fips").is_null() | county),
        "its area of responsibility": pl.col("aor") == area,
        "the state": pl.col("state") == row["state"],
    }  # fmt: skip
    if seat:
        nearest = seated | pl.col("county_fips").is_in(catchment(code))
        options["the counties nearest to its offices, with their office areas"] = nearest
    for label, inside in options.items():
        yield Candidate("geography", label, counter.rows(query, inside.fill_null(False)))
    if seat:
        low = counter.rows(query, nearest.fill_null(False))
        high = low + counter.rows(query, no_place.fill_null(False))
        label = "the counties nearest to its offices, with up to all that its area records without a place"
        yield Candidate("geography", label, low, low, high)
    base = counter.rows(query, seated.fill_null(False))
    yield from _one_landmark(counter, figure, query, base, no_county)


def _one_landmark(
    counter: StoreCounter, figure: Figure, query: Query, seated: float, no_county: pl.Expr
) -> Iterator[Candidate]:
    """The county, its office areas and a landmark of the area that names no county, if they meet it."""
    if "landmark" not in columns(query.measure):
        return
    rows = counter.selected(query, no_county.fill_null(False))
    by = rows.group_by("landmark").agg(pl.col("n").sum()).drop_nulls().collect()
    for landmark in by.filter(pl.col("n") + seated == figure.value)["landmark"].sort():
        label = "the county, the office areas seated in it and one landmark that names no county"
        yield Candidate("geography", label, figure.value, detail=str(landmark))


@cache
def neighbours(fips: str) -> list[str]:
    """Counties that share a border with a county, from the borders of the map (Census, 2017).

    Examples
    --------
    >>> "34017" in neighbours("34013")
    True
    """
    arcs = {
        code: {n if n >= 0 else ~n for ring in rings for n in ring}
        for code, rings in _shapes()["counties"].items()
    }
    own = arcs.get(fips, set())
    return sorted(code for code, others in arcs.items() if code != fips and own & others)


@cache
def catchment(fips: str) -> list[str]:
    """Counties of a county's area of responsibility whose nearest county with an ICE office it is.

    Examples
    --------
    >>> "34017" in catchment("34013"), "34007" in catchment("34013")
    (True, False)
    """
    counties = table("counties")
    area = counties.filter(pl.col("fips") == fips)["aor"].item()
    is_office = (pl.col("aor") == area) & pl.col("kind").is_in(["office", "field office"])
    seats = {fips, *table("offices").filter(is_office)["seat_county_fips"].drop_nulls()}
    middles = {c: _middle(c) for c in counties.filter(pl.col("aor") == area)["fips"] if _middle(c)}
    return sorted(
        county
        for county, at in middles.items()
        if fips == min(seats & middles.keys(), key=lambda seat: dist(at, middles[seat]))
    )


@cache
def _shapes() -> Any:
    return loads(shipped_text("atlarge", "publish/geometry/counties.json"))


@cache
def _middle(fips: str) -> tuple[float, ...]:
    """Mean of the points of a county's border on the map's grid; empty where it is not on the map."""
    shapes = _shapes()
    points: list[tuple[float, ...]] = []
    for n in (n for ring in shapes["counties"].get(fips, ()) for n in ring):
        arc = shapes["arcs"][n if n >= 0 else ~n]
        points += zip(accumulate(arc[::2]), accumulate(arc[1::2]), strict=True)
    return tuple(sum(axis) / len(points) for axis in zip(*points, strict=True)) if points else ()

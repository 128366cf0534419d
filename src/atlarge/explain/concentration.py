"""Concentration is a question of level: are there more arrests than the people who live there would give?

Arrests per 10,000 unauthorized residents and a year, and the place's share of the nation's arrests over its
share of the unauthorized population. Both carry the population's own margin and the chance in the counts.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from atlarge.explain.answer import Area, Interval
from atlarge.explain.areas import Where, seat_of
from atlarge.explain.data import Daily
from atlarge.explain.verdicts import BAND, level_of
from atlarge.reference import table

Z = 1.645
UNKNOWN_MARGIN = 0.15
PER = 10_000.0


@dataclass(frozen=True)
class Population:
    """People liable to arrest: an estimate with its 90 % margin, for what place and year, from where."""

    place: str
    group: str
    year: int
    estimate: float
    low: float
    high: float
    is_margin_known: bool
    source_url: str
    counties: frozenset[str]


def metro_population(fips: str, year: int) -> Population | None:
    """Unauthorized population of the metropolitan area of a county, of the nearest year with a margin."""
    metro = table("metro_counties")
    own = metro.filter(pl.col("fips") == fips)
    if own.is_empty():
        return None
    code, name = own["cbsa_code"][0], own["cbsa_name"][0]
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
    counties = frozenset(metro.filter(pl.col("cbsa_code") == code)["fips"].to_list())
    return Population(
        f"{name} metropolitan area", "unauthorized residents", row["year"], row["estimate"],
        max(1.0, row["estimate"] - margin), row["estimate"] + margin, known, row["source_url"], counties,
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
        row["source_url"], frozenset(),
    )  # fmt: skip


def per_10k(arrests: float, days: int, people: Population, unplaced: float = 0.0) -> Interval:
    """Arrests per 10,000 people and year, with the population's margin and the chance in the counts.

    `unplaced` arrests of the area of responsibility name no place; the upper end counts them all here.
    """
    scale = PER * 365.25 / days
    slack = Z * float(np.sqrt(arrests))
    return Interval(
        arrests * scale / people.estimate,
        max(0.0, arrests - slack) * scale / people.high,
        (arrests + slack + unplaced) * scale / people.low,
    )


def share_ratio(
    here: float, nation: float, place: Population, whole: Population, unplaced: float = 0.0
) -> Interval:
    """Share of the nation's arrests over share of its unauthorized population; `unplaced` as in `per_10k`."""
    slack = Z * float(np.sqrt(here))
    base = nation / whole.estimate
    return Interval(
        here / place.estimate / base,
        max(0.0, here - slack) / place.high / base * whole.low / whole.estimate,
        (here + slack + unplaced) / place.low / base * whole.high / whole.estimate,
    )


def concentration_of(
    where: Where,
    county: Daily,
    office: Daily,
    nation: Daily,
    start: dt.date,
    end: dt.date,
    measure: str,
    unplaced: float = 0.0,
) -> dict[str, Any]:
    """The level question for a county's or office's metropolitan area over [start, end].

    The count is of records that name a county of the area or an office with its seat there; of the
    `unplaced` ones of its area of responsibility it is unknown, so the upper ends count them too. Keys:
    population and its margin, per_10k, per_10k_nation, share_ratio (value, low, high each), note; all None
    where no estimate of the population is at hand. `area`: codes of the places that are counted.
    """
    fips = where.county.code if where.county else _seat(where.office)
    people = metro_population(fips, start.year) if fips else None
    if people is None:
        return _unknown(where, start)
    whole = nation_population(people.year)
    stop = end + dt.timedelta(days=1)
    days = (stop - start).days
    inside = [k for k, key in enumerate(county.keys) if key in people.counties]
    seated = [k for k, key in enumerate(office.keys) if seat_of(key) in people.counties]
    here = float(county.sums([start], [stop])[inside].sum() + office.sums([start], [stop])[seated].sum())
    total = float(nation.sums([start], [stop]).sum())
    if not np.isfinite(here + total) or total <= 0:
        return _unknown(where, start)
    ratio = share_ratio(here, total, people, whole, unplaced)
    return {
        "measure": measure,
        "group": people.group,
        "population_place": people.place,
        "population_year": people.year,
        "population": people.estimate,
        "population_low": people.low,
        "population_high": people.high,
        "is_margin_known": people.is_margin_known,
        "source_url": people.source_url,
        "arrests": here,
        "area": "+".join([county.keys[k] for k in sorted(inside)] + [office.keys[k] for k in sorted(seated)]),
        "arrests_unplaced_in_aor": round(unplaced),
        "start": start.isoformat(),
        "end": end.isoformat(),
        "per_10k": per_10k(here, days, people, unplaced).to_dict(),
        "per_10k_nation": per_10k(total, days, whole).to_dict(),
        "share_ratio": ratio.to_dict(),
        "band": list(BAND),
        "level": level_of(ratio),
        "note": "Arrests a year per 10,000; records that name a county of the metropolitan area or an ICE "
        "office seated in it. The office's area and the metropolitan area are not the same.",
    }


def _seat(office: Area | None) -> str | None:
    return seat_of(office.code) if office else None


def _unknown(where: Where, start: dt.date) -> dict[str, Any]:
    """No estimate of the unauthorized population: noncitizens of the AOR are given for scale, no verdict."""
    nothing = Interval(None).to_dict()
    about: dict[str, Any] = {
        "measure": None, "group": None, "population_place": None, "population": None,
        "per_10k": nothing, "per_10k_nation": nothing, "share_ratio": nothing, "band": list(BAND),
        "level": "cannot be told",
        "note": f"No estimate of the unauthorized population of {where.own.name} is at hand. Needed "
        "would be one with its margin, for the county, its metropolitan area or the AOR.",
    }  # fmt: skip
    if where.aor is not None:
        rows = table("populations").filter(
            (pl.col("place") == where.aor.code)
            & (pl.col("group") == "noncitizen")
            & (pl.col("year") == start.year)
        )
        if rows.height:
            about["aor_noncitizens"] = rows["estimate"][0]
            about["aor_noncitizens_low"], about["aor_noncitizens_high"] = rows["low"][0], rows["high"][0]
    return about

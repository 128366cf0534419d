"""Concentration: are there more arrests than the number of people living there would lead one to expect?

Arrests per 10,000 people liable to arrest and a year, and the place's share of the nation's arrests over its
share of those people. Both carry the population's own margin and the chance in the counts. `population` says
which number of people is taken; residents born abroad stand beside it as the plain measured one.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from atlarge.explain.answer import Interval
from atlarge.explain.areas import Where, seat_of
from atlarge.explain.daily import Daily
from atlarge.explain.population import (
    Population,
    born_abroad,
    brought_noncitizens,
    metro_of,
    metro_population,
    modelled_population,
    nation_noncitizens,
    nation_population,
)
from atlarge.explain.verdicts import BAND, level_of
from atlarge.records.store import Store
from atlarge.reference import table

Z = 1.645
PER = 10_000.0
NOTES = {
    "metro": "Arrests a year per 10,000; records that name a county of the metropolitan area or an ICE "
    "office seated in it. The office's area and the metropolitan area are not the same.",
    "county": "Arrests a year per 10,000; records that name the county or an ICE office seated in it.",
    "aor": "Arrests a year per 10,000; all records of the area of responsibility.",
    "state": "Arrests a year per 10,000; records that name a place in the state.",
}
MISSING = {
    "population": "No estimate of the unauthorized population of {name} is at hand. Needed would be one with "
    "its margin, for the county, its metropolitan area or the AOR.",
    "nation": "The records at hand do not cover the whole nation in these months, so the share of the "
    "nation's arrests made in {name} is not known.",
    "area": "The records at hand do not cover the whole area of {name} in these months.",
}


def population_of(where: Where, year: int, store: Store | None = None) -> Population | None:
    """People liable to arrest in a county's or office's metropolitan area, else in the county, AOR or state.

    None where no number is at hand (a county in which the survey found nobody born abroad).
    """
    own = where.own
    if own.level in ("aor", "state"):
        found = modelled_population(own.level, own.code, year)
        if own.level == "state" and (brought := brought_noncitizens(store, "state", frozenset({own.code}))):
            found = brought
        return None if found is None else replace(found, place=own.name)
    fips = where.county.code if where.county else seat_of(where.office.code) if where.office else None
    if fips is None:
        return None
    metro = metro_of(fips)
    if metro is not None:
        code, name, inside = metro
        if brought := brought_noncitizens(store, "county", inside):
            return replace(brought, place=f"{name} area", level="metro")
        if where.county and (brought := brought_noncitizens(store, "county", frozenset({fips}))):
            return replace(brought, place=where.county.name)
        if published := metro_population(fips, year):
            return published
        return modelled_population("metro", code, year) or modelled_population("county", fips, year)
    if brought := brought_noncitizens(store, "county", frozenset({fips})):
        return replace(brought, place=where.county.name if where.county else own.name)
    return modelled_population("county", fips, year)


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
    *,
    main: Daily | None = None,
    store: Store | None = None,
) -> dict[str, Any]:
    """The level question for a place over [start, end].

    The count is of records that name a county of the area or an office with its seat there; of the
    `unplaced` ones of its area of responsibility it is unknown, so the upper ends count them too. `main`:
    counts of AORs or states, for a question of one. `store`: where Census tables that the user brought are.
    Keys: population, its interval and population_kind (published, measured, modelled), per_10k,
    per_10k_nation, share_ratio (value, low, high each), born_abroad with the same, note; all None where
    something is `missing`: a number of people (population), or records of the whole nation or area in these
    months. `area`: codes of the places that are counted, of `area_level`.
    """
    people = population_of(where, start.year, store)
    if people is None:
        return _unknown(where, start, "population")
    whole = (
        nation_noncitizens(store, people)
        if people.group == "noncitizens"
        else nation_population(people.year or start.year)
    )
    stop = end + dt.timedelta(days=1)
    days = (stop - start).days
    if people.level in ("aor", "state"):
        row = None if main is None else main.row(where.own.code)
        here = np.nan if main is None or row is None else float(main.sums([start], [stop])[row].sum())
        area = where.own.code
        unplaced = 0.0 if people.level == "aor" else unplaced
    else:
        inside = [k for k, key in enumerate(county.keys) if key in people.counties]
        seated = [k for k, key in enumerate(office.keys) if seat_of(key) in people.counties]
        here = float(county.sums([start], [stop])[inside].sum() + office.sums([start], [stop])[seated].sum())
        area = "+".join([county.keys[k] for k in sorted(inside)] + [office.keys[k] for k in sorted(seated)])
    total = float(nation.sums([start], [stop]).sum())
    if whole is None or not np.isfinite(total) or total <= 0:
        return _unknown(where, start, "population" if whole is None else "nation")
    if not np.isfinite(here):
        return _unknown(where, start, "area")
    ratio = share_ratio(here, total, people, whole, unplaced)
    return {
        "measure": measure,
        "group": people.group,
        "population_kind": people.kind,
        "is_modelled": people.kind == "modelled",
        "population_place": people.place,
        "population_year": people.year,
        "population": people.estimate,
        "population_low": people.low,
        "population_high": people.high,
        "population_source": people.source,
        "is_margin_known": people.is_margin_known,
        "is_margin_too_wide": people.is_too_wide,
        "source_url": people.source_url,
        "arrests": here,
        "area": area,
        "area_level": people.level if people.level in ("aor", "state") else "locality",
        "arrests_unplaced_in_aor": round(unplaced),
        "start": start.isoformat(),
        "end": end.isoformat(),
        "per_10k": per_10k(here, days, people, unplaced).to_dict(),
        "per_10k_nation": per_10k(total, days, whole).to_dict(),
        "share_ratio": ratio.to_dict(),
        "born_abroad": _born_abroad(where, people, here, total, days, unplaced),
        "band": list(BAND),
        "level": level_of(ratio),
        "missing": None,
        "note": NOTES[people.level],
    }


def _born_abroad(
    where: Where, people: Population, here: float, total: float, days: int, unplaced: float
) -> dict[str, Any] | None:
    """The same question by residents born abroad, as the survey of 2012 to 2016 counts them."""
    count = born_abroad(people.level, where.own.code, people.counties)
    nation = born_abroad("nation", "US", frozenset())
    if not count or not nation:
        return None
    own, whole = (
        replace(people, estimate=n, low=n, high=n, group="residents born abroad", kind="measured")
        for n in (count, nation)
    )
    return {
        "residents": count,
        "years": [2012, 2016],
        "per_10k": per_10k(here, days, own, unplaced).to_dict(),
        "per_10k_nation": per_10k(total, days, whole).to_dict(),
        "share_ratio": share_ratio(here, total, own, whole, unplaced).to_dict(),
    }


def _unknown(where: Where, start: dt.date, missing: str) -> dict[str, Any]:
    """No number of people, or no whole records: noncitizens of the AOR are given for scale, no verdict."""
    nothing = Interval(None).to_dict()
    about: dict[str, Any] = {
        "measure": None, "group": None, "population_kind": None, "is_modelled": None,
        "population_place": None, "population": None, "born_abroad": None,
        "per_10k": nothing, "per_10k_nation": nothing, "share_ratio": nothing, "band": list(BAND),
        "level": "cannot be told",
        "missing": missing, "note": MISSING[missing].format(name=where.own.name),
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

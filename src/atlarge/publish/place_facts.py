"""What is known of places beside the records: residents, the areas they lie in, offices seated there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from atlarge.disclosure.table import Counts
from atlarge.explain.areas import office_of
from atlarge.panel import NATION
from atlarge.panel.areas import area_totals
from atlarge.publish.lineage_data import rounded
from atlarge.records.store import Store
from atlarge.reference import county_residents, table

Code = tuple[str, str]


@cache
def residents() -> dict[Code, dict[int, int]]:
    """Residents of counties, states, areas of responsibility and the nation by year (Census estimates)."""
    found: dict[Code, dict[int, int]] = {}
    for level, place, year, people in population_table().sort("level", "place", "year").iter_rows():
        found.setdefault((level, place), {})[year] = people
    return found


@cache
def population_table() -> pl.DataFrame:
    """Residents as a table: level, place, year, people."""
    frames = []
    for level, column in (
        ("county", pl.col("fips")),
        ("state", pl.col("state")),
        ("aor", pl.col("aor")),
        ("nation", pl.lit(NATION)),
    ):
        grouped = county_residents().group_by(column.alias("place"), "year").agg(pl.col("people").sum())
        frames.append(grouped.select(pl.lit(level).alias("level"), "place", "year", "people"))
    return pl.concat(frames).filter(pl.col("place").is_not_null() & (pl.col("people") > 0))


@cache
def residents_until() -> int:
    """The last year whose residents are known."""
    return int(population_table()["year"].max())  # type: ignore[arg-type]


@dataclass(frozen=True)
class Home:
    """Where a county or office area lies: its state, its area of responsibility, its offices."""

    state: str = ""
    aor: str = ""
    offices: tuple[str, ...] = ()


@cache
def homes() -> dict[Code, Home]:
    """Where every county of the country and every known office area lies, by the reference tables."""
    seated: dict[str, list[str]] = {}
    found: dict[Code, Home] = {}
    offices = table("offices").select("office", "kind", "state", "aor", "seat_county_fips", "counties_known")
    for office, kind, state, aor, seat, known in offices.iter_rows():
        found[("office", office)] = Home(state or "", aor or "")
        if kind in ("office", "field office"):
            for fips in {seat, *(known or "").split()} - {None, ""}:
                seated.setdefault(fips, []).append(office)
    for fips, state, aor in table("counties").select("fips", "state", "aor").iter_rows():
        near = office_of(fips, aor)
        serving = sorted(seated.get(fips, [near[0]] if near else []))
        found[("county", fips)] = Home(state or "", aor or "", tuple(serving))
    return found


@cache
def current_counties() -> dict[str, str]:
    """Name by FIPS code of every county of today's map or of the years of the records."""
    some = table("counties").filter(
        pl.col("vintage").is_in(["all", "from 2015", "from 2020", "to 2021", "to 2019"])
    )
    return dict(some.sort("fips").select("fips", "place_name").iter_rows())


def areas_of(code: Code) -> Iterable[Code]:
    """The state and the area of responsibility that hold a county, or the area that holds an office."""
    home = homes().get(code, Home())
    if home.aor:
        yield ("aor", home.aor)
    if home.state and code[0] == "county":
        yield ("state", home.state)


def known_sum(counts: Counts | None) -> int:
    """What the shown counts of a series add up to: its total, or the least that it can be."""
    return 0 if counts is None else sum(v for v in counts.values if v is not None)


def unrated(counts: Mapping[tuple[str, ...], Counts], places: Iterable[Code]) -> dict[Code, str]:
    """Counties whose counts say too little for a rate, with the reason: "area" or "office".

    "area": under half of the arrests of its area of responsibility name any county. "office": more arrests
    name only the area of the office seated in the county than name the county. From published counts alone.
    """
    some = [code for code in places if code[0] == "county"]
    shares = named_shares(counts, some)
    found: dict[Code, str] = {}
    for code in some:
        home = homes().get(code, Home())
        own = known_sum(counts.get((*code, "arrests", "year")))
        beside = sum(known_sum(counts.get(("office", o, "arrests", "year"))) for o in home.offices)
        if beside > own:
            found[code] = "office"
        elif shares.get(home.aor, 1.0) < 0.5:
            found[code] = "area"
    return found


def named_shares(counts: Mapping[tuple[str, ...], Counts], places: Iterable[Code]) -> dict[str, float]:
    """Share of the arrests of each area of responsibility that name some county, at the least."""
    named: dict[str, int] = {}
    for code in places:
        if code[0] == "county":
            area = homes().get(code, Home()).aor
            named[area] = named.get(area, 0) + known_sum(counts.get((*code, "arrests", "year")))
    whole = {area: known_sum(counts.get(("aor", area, "arrests", "year"))) for area in named}
    return {area: min(1.0, named[area] / n) for area, n in whole.items() if n}


RECOVERED_UNIT = 10
"""What the arrests with a recovered area are rounded to: under half of it is none or a few."""


def recovered(store: Store, counts: Mapping[tuple[str, ...], Counts]) -> dict[str, int]:
    """Arrests by area of responsibility whose area is blank and recovered from the landmark, rounded.

    Only areas with a total of 1,000 shown arrests or more; nothing where the store does not say.
    """
    spans = store.coverage("arrests") if "arrests" in store.tables() else []
    if not spans:
        return {}
    found = area_totals(store, start=min(c.start for c in spans), end=max(c.end for c in spans))
    return {
        area: rounded(both - recorded, RECOVERED_UNIT)
        for area, recorded, both in found.select("place", "recorded", "recovered").iter_rows()
        if known_sum(counts.get(("aor", area, "arrests", "year"))) >= 1_000
    }


def unplaced(counts: Mapping[tuple[str, ...], Counts], places: Iterable[Code]) -> int:
    """Arrests of the nation that give no area of responsibility; 0 where any of the counts is hidden."""
    whole = counts.get(("nation", NATION, "arrests", "year"))
    parts = [counts.get((*code, "arrests", "year")) for code in places if code[0] == "aor"]
    if whole is None or whole.total is None or any(p is None or p.total is None for p in parts):
        return 0
    return max(0, whole.total - sum(p.total or 0 for p in parts if p is not None))

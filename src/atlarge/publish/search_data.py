"""What the search knows: places with their state, residents and records, cities, aliases, ZIP codes."""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl

from atlarge.disclosure.table import SMALL, WITHHELD
from atlarge.files import shipped_yaml
from atlarge.publish.i18n import Words
from atlarge.publish.layout import name_of
from atlarge.publish.place_facts import homes, known_sum, residents
from atlarge.publish.site_data import PlaceInfo, SiteData, order
from atlarge.reference import lookup, table


@cache
def aliases() -> dict[str, list[str]]:
    """Codes of places by the names that people use for them, in small letters."""
    return {
        str(name).lower(): [str(code) for code in codes]
        for name, codes in shipped_yaml("atlarge.publish", "search_aliases.yaml").items()
    }


def other_names(data: SiteData) -> dict[str, list[str]]:
    """Counties with a page by the names, in small letters, and codes that their land has had or has now."""
    names = lookup("counties", "fips", "name")
    found: dict[str, list[str]] = {}
    for older, newer in table("county_changes").select("old_fips", "new_fips").iter_rows():
        for gone, kept in ((older, newer), (newer, older)):
            if ("county", gone) in data.places or ("county", kept) not in data.places:
                continue
            name = names.get(gone, gone).lower()
            for spelling in {gone, name, name.removesuffix(" planning region"), name.removesuffix(" county")}:
                found.setdefault(spelling, []).append(kept)
    return found


@cache
def _cities() -> dict[str, list[tuple[str, int]]]:
    """Cities and postal names by county, with their residents in thousands where known; the largest first."""
    some = table("cities").filter(pl.col("county_fips").is_not_null())
    some = some.with_columns(
        pl.col("city").str.to_titlecase(), (pl.col("population").fill_null(0) / 1000).round(0).cast(pl.Int64)
    )
    some = some.filter((pl.col("population") > 0) | (pl.col("source") == "point"))
    found: dict[str, list[tuple[str, int]]] = {}
    for fips, city, people in (
        some.sort("county_fips", "population", "city", descending=[False, True, False])
        .select("county_fips", "city", "population")
        .iter_rows()
    ):
        found.setdefault(fips, []).append((city, people))
    return found


def people_of(place: PlaceInfo) -> int:
    """Residents in the latest year known; 0 where nobody counts them."""
    years = residents().get((place.level, place.code), {})
    return years[max(years)] if years else 0


def records_of(data: SiteData, place: PlaceInfo) -> int:
    """Arrests that the page shows, -1 where all are hidden, 0 where no record names the place."""
    counts = data.series(place, "arrests", "year")
    known = known_sum(counts)
    if known or counts is None:
        return known
    return -1 if SMALL in counts.marks or WITHHELD in counts.marks else 0


def full_name(data: SiteData, place: PlaceInfo, w: Words) -> str:
    """Name of a place with its state written out: Harris County, Texas."""
    name = name_of(place, w)
    state = (
        data.places.get(("state", homes()[("county", place.code)].state))
        if place.level == "county" and ("county", place.code) in homes()
        else None
    )
    return f"{name.rsplit(', ', 1)[0]}, {state.name}" if state and ", " in name else name


def search_index(data: SiteData, w: Words) -> dict[str, Any]:
    """Rows of name, path, state, code, residents, records and cities; and the aliases."""
    rows = []
    for p in order(list(data.places), data.places):
        home = homes().get((p.level, p.code))
        state = data.places.get(("state", home.state)) if home and home.state else None
        where = f"{state.name} {state.code}" if state else ""
        cities = _cities().get(p.code, []) if p.level == "county" else []
        text = ";".join(f"{city}|{n}" if n else city for city, n in cities)
        rows.append(
            [full_name(data, p, w), f"{p.stem}.html", where, p.code, people_of(p), records_of(data, p), text]
        )
    return {"rows": rows, "aliases": other_names(data) | aliases()}


def zip_index(data: SiteData) -> dict[str, str]:
    """Counties by ZIP code: three digits lead to the other two and the code, as 01:48453;02:48453."""
    found: dict[str, list[str]] = {}
    for code, fips in table("zips").sort("zip").iter_rows():
        if ("county", fips) in data.places:
            found.setdefault(code[:3], []).append(f"{code[3:]}:{fips}")
    return {start: ";".join(some) for start, some in found.items()}

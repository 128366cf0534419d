"""The map's disclosed counts: counties by month and by fiscal year, states and areas by month."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from itertools import pairwise
from typing import Any

from atlarge.calendar import add_months
from atlarge.panel import NATION
from atlarge.publish import charts
from atlarge.publish.place_facts import homes, population_table, residents
from atlarge.publish.series_files import HIDDEN_SMALL, number_of
from atlarge.publish.site_data import PlaceInfo, SiteData

MEASURES = ("arrests", "at_large", "handoffs")
LEVELS = {
    "county_month": ("county", "month"),
    "county": ("county", "year"),
    "state": ("state", "month"),
    "aor": ("aor", "month"),
}
"""Views of the map: the level of their places, and the periods they are played by."""


def _places(data: SiteData, level: str) -> list[PlaceInfo]:
    return [p for code, p in sorted(data.places.items()) if code[0] == level and p.fine]


def _periods(data: SiteData, every: str) -> list[dt.date]:
    nation = data.places.get(("nation", NATION))
    counts = data.series(nation, MEASURES[0], every) if nation else None
    if counts is None:
        return []
    return [day for day, v in zip(counts.periods, counts.values, strict=True) if v is not None]


def _name(day: dt.date, every: str) -> str:
    return str(day.year + 1) if every == "year" else day.isoformat()[:7]


@lru_cache(maxsize=1)
def map_data(data: SiteData) -> dict[str, Any]:
    """What the map's script reads: counts, -1 under the threshold, -2 withheld, None where there is none."""
    levels: dict[str, Any] = {}
    for view, (level, every) in LEVELS.items():
        places, days = _places(data, level), _periods(data, every)
        coarse = [p for p in places if p.fine != "month"] if view == "county_month" else []
        places = [p for p in places if p not in coarse]
        if not places or not days:
            continue
        levels[view] = _view(data, places, every, days)
        if coarse:
            _add_coarse(data, levels[view], coarse)
    return {
        "levels": levels,
        "homes": {code: [h.state, h.aor] for (level, code), h in homes().items() if level == "county"},
        "names": {p.code: p.name for p in data.places.values() if p.level == "county" and not p.fine},
        "norate": [code for level, code in sorted(data.unrated) if level == "county"],
        "threshold": data.threshold,
    }


def _view(data: SiteData, places: list[PlaceInfo], every: str, days: list[dt.date]) -> dict[str, Any]:
    """Counts of some places by one period, with their residents and the borders of the classes."""
    counts = {m: [_row(data, places, m, every, day) for day in days] for m in MEASURES}
    periods = [_name(day, every) for day in days]
    people = _people(places[0].level, [p.code for p in places], {int(name[:4]) for name in periods})
    return {
        "codes": [p.code for p in places],
        "names": [p.name for p in places],
        "periods": periods,
        "counts": counts,
        "people": people,
        "cuts": {
            m: charts.cuts(_rates(data, places, counts[m], periods, people, [1] * len(days)))
            for m in MEASURES
        },
    }


def _add_coarse(data: SiteData, view: dict[str, Any], coarse: list[PlaceInfo]) -> None:
    """Let counties without months of their own take part: a month is the mean of its quarter or fiscal year.

    `quarters` has the counties published by the quarter; the years are those of the view by fiscal year, of
    `year_months` covered months each. The classes are cut anew, over the months of all counties.
    """
    months = [dt.date.fromisoformat(f"{name}-01") for name in view["periods"]]
    years = _periods(data, "year")
    lengths = [sum(a <= m < b for m in months) for a, b in pairwise([*years, dt.date.max])]
    view["year_months"] = lengths
    quarters = sorted({day for day in months if day.month % 3 == 1 and add_months(day, 2) in months})
    groups = [
        ("month", [data.places["county", code] for code in view["codes"]], months, [1] * len(months)),
        ("quarter", [p for p in coarse if p.fine == "quarter"], quarters, [3] * len(quarters)),
        ("year", [p for p in coarse if p.fine == "year"], years, lengths),
    ]
    rates: dict[str, list[float]] = {m: [] for m in MEASURES}
    for every, places, days, spans in groups:
        if not places or not days:
            continue
        one = view if every == "month" else _view(data, places, every, days)
        for m in MEASURES:
            rates[m] += _rates(data, places, one["counts"][m], one["periods"], one["people"], spans)
        if every == "quarter":
            view["quarters"] = {key: one[key] for key in ("codes", "names", "periods", "counts", "people")}
    view["cuts"] = {m: charts.cuts(rates[m]) for m in MEASURES}


def _row(data: SiteData, places: list[PlaceInfo], measure: str, every: str, day: dt.date) -> list[int | None]:
    row: list[int | None] = []
    for p in places:
        counts = data.series(p, measure, every)
        has_day = counts is not None and day in counts.periods
        row.append(number_of(counts, counts.periods.index(day)) if counts and has_day else None)
    return row


def _people(level: str, codes: list[str], years: set[int]) -> dict[str, list[int]]:
    """Residents by year: those of the requested years, or of the nearest that is known."""
    known = set(population_table()["year"].to_list())
    wanted = sorted({min(known, key=lambda y: (abs(y - year), y)) for year in years})
    return {str(year): [residents().get((level, code), {}).get(year, 0) for code in codes] for year in wanted}


def _rates(
    data: SiteData,
    places: list[PlaceInfo],
    rows: list[list[int | None]],
    periods: list[str],
    people: dict[str, list[int]],
    months: list[int],
) -> list[float]:
    """Rates per 100,000 residents of the counts that are shown, each divided by the months of its period."""
    rates = []
    years = sorted(people)
    for name, row, length in zip(periods, rows, months, strict=True):
        year = min(years, key=lambda y: abs(int(y) - int(name[:4])))
        for p, n, some in zip(places, row, people[year], strict=True):
            if n and n > 0 and some and length and (p.level, p.code) not in data.unrated:
                rates.append(n / some * 1e5 / length)
    return rates


def first_classes(counted: dict[str, Any]) -> dict[str, str]:
    """Class of each county before the script runs: all arrests of the last fiscal year."""
    own = counted["levels"]["county"]
    row, year = own["counts"][MEASURES[0]][-1], own["periods"][-1]
    years = sorted(own["people"])
    people = own["people"][min(years, key=lambda y: abs(int(y) - int(year)))]
    norate = set(counted["norate"])
    found = {}
    for code, n, some in zip(own["codes"], row, people, strict=True):
        if n is None:
            kind = "qn"
        elif code in norate:
            kind = "qr"
        elif n < 0:
            kind = "qs" if n == HIDDEN_SMALL else "qx"
        elif n == 0 or not some:
            kind = "q0" if n == 0 else "qn"
        else:
            kind = f"q{1 + sum(n / some * 1e5 >= cut for cut in own['cuts'][MEASURES[0]])}"
        found[code] = kind
    return found

"""The map's disclosed counts: counties by fiscal year, states and areas of responsibility by month."""

from __future__ import annotations

import datetime as dt
from typing import Any

from atlarge.panel import NATION
from atlarge.publish import charts
from atlarge.publish.place_facts import homes, population_table, residents
from atlarge.publish.series_files import HIDDEN, HIDDEN_SMALL
from atlarge.publish.site_data import PlaceInfo, SiteData

MEASURES = ("arrests", "at_large", "handoffs")
LEVELS = {"county": "year", "state": "month", "aor": "month"}
"""Levels of the map, each with the periods it can be played by."""


def _places(data: SiteData, level: str) -> list[PlaceInfo]:
    return [p for code, p in sorted(data.places.items()) if code[0] == level and p.fine]


def _periods(data: SiteData, level: str) -> list[dt.date]:
    nation = data.places.get(("nation", NATION))
    counts = data.series(nation, MEASURES[0], LEVELS[level]) if nation else None
    if counts is None:
        return []
    return [day for day, v in zip(counts.periods, counts.values, strict=True) if v is not None]


def _name(day: dt.date, level: str) -> str:
    return str(day.year + 1) if LEVELS[level] == "year" else day.isoformat()[:7]


def map_data(data: SiteData) -> dict[str, Any]:
    """What the map's script reads: counts, -1 under the threshold, -2 withheld, None where there is none."""
    levels: dict[str, Any] = {}
    for level, every in LEVELS.items():
        places, days = _places(data, level), _periods(data, level)
        if not places or not days:
            continue
        counts = {m: [_row(data, places, m, every, day) for day in days] for m in MEASURES}
        periods = [_name(day, level) for day in days]
        people = _people(level, [p.code for p in places], {int(name[:4]) for name in periods})
        levels[level] = {
            "codes": [p.code for p in places],
            "names": [p.name for p in places],
            "periods": periods,
            "counts": counts,
            "people": people,
            "cuts": {m: _cuts(data, level, places, counts[m], periods, people) for m in MEASURES},
        }
    return {
        "levels": levels,
        "homes": {code: [h.state, h.aor] for (level, code), h in homes().items() if level == "county"},
        "names": {p.code: p.name for p in data.places.values() if p.level == "county" and not p.fine},
        "norate": [code for level, code in sorted(data.unrated) if level == "county"],
        "threshold": data.threshold,
    }


def _row(data: SiteData, places: list[PlaceInfo], measure: str, every: str, day: dt.date) -> list[int | None]:
    row: list[int | None] = []
    for p in places:
        counts = data.series(p, measure, every)
        at = counts.periods.index(day) if counts and day in counts.periods else -1
        if counts is None or at < 0:
            row.append(None)
        elif counts.values[at] is not None:
            row.append(counts.values[at])
        else:
            row.append({"small": HIDDEN_SMALL, "withheld": HIDDEN}.get(counts.marks[at]))
    return row


def _people(level: str, codes: list[str], years: set[int]) -> dict[str, list[int]]:
    """Residents by year: those of the requested years, or of the nearest that is known."""
    known = set(population_table()["year"].to_list())
    wanted = sorted({min(known, key=lambda y: (abs(y - year), y)) for year in years})
    return {str(year): [residents().get((level, code), {}).get(year, 0) for code in codes] for year in wanted}


def _cuts(
    data: SiteData,
    level: str,
    places: list[PlaceInfo],
    rows: list[list[int | None]],
    periods: list[str],
    people: dict[str, list[int]],
) -> list[float]:
    rates = []
    years = sorted(people)
    for name, row in zip(periods, rows, strict=True):
        year = min(years, key=lambda y: abs(int(y) - int(name[:4])))
        for p, n, some in zip(places, row, people[year], strict=True):
            if n and n > 0 and some and (level, p.code) not in data.unrated:
                rates.append(n / some * 1e5)
    return charts.cuts(rates)


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

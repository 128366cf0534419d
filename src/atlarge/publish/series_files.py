"""The published counts of a place as a small script that live charts read, on its page and on others."""

from __future__ import annotations

import json
from typing import Any

from atlarge.disclosure.table import SMALL, UNCOVERED, Counts
from atlarge.messages import render
from atlarge.publish.i18n import LANGUAGES, Words
from atlarge.publish.layout import name_of
from atlarge.publish.place_facts import residents
from atlarge.publish.site_data import PlaceInfo, SiteData

HIDDEN_SMALL, HIDDEN = -1, -2
"""What stands for a count under the threshold, and for one withheld to protect it."""
MEASURES = ("arrests", "at_large", "handoffs")
AREA_SURGES = 2
"""Surges of the area of responsibility that a county's timeline shows beside its own."""


def script(function: str, *values: Any) -> str:
    """A script file that calls a function of the page with values."""
    texts = ",".join(json.dumps(v, separators=(",", ":"), ensure_ascii=False) for v in values)
    return f"{function}({texts});\n"


def setting(name: str, value: Any) -> str:
    """A script file that sets one global of the page to a value."""
    return f"window.{name}={json.dumps(value, separators=(',', ':'), ensure_ascii=False)};\n"


def key_of(place: PlaceInfo) -> str:
    """Name of a place in addresses and of its file: county-48453."""
    return f"{place.level}-{place.slug}"


def series_file(data: SiteData, place: PlaceInfo) -> str:
    """The script of one place."""
    return script("atlargeSeries", key_of(place), series_of(data, place))


def series_of(data: SiteData, place: PlaceInfo) -> dict[str, Any]:
    """Names, residents, counts by the finest period and by year, policies and surges of a place."""
    start: dict[str, str] = {}
    series: dict[str, dict[str, list[int | None]]] = {}
    for every in dict.fromkeys((place.fine, "quarter" if place.fine == "month" else "", "year")):
        own = {
            m: c for m in data.groups.get("arrests", []) if (c := data.series(place, m, every)) and c.periods
        }
        if own:
            first = next(iter(own.values()))
            start[every] = first.periods[0].isoformat()[:7]
            series[every] = {m: [number_of(c, i) for i in range(len(c.values))] for m, c in own.items()}
    if (
        place.fine == "month" and "month" in series
    ):  # for comparison with a place that is published by quarter
        start["quarter"], series["quarter"] = _quarters(start["month"], series["month"])
    people = residents().get((place.level, place.code), {})
    found = {
        "names": {name: name_of(place, Words(name)) for name in LANGUAGES},
        "level": place.level,
        "code": place.code,
        "page": f"{place.stem}.html",
        "fine": place.fine,
        "threshold": data.threshold,
        "people": {year: n for year, n in people.items() if year >= 2015} or None,
        "start": start,
        "series": series,
        "policies": policy_marks(data, place),
        "surges": surge_marks(data, place),
    }
    spans = {(r["start"], r["end"]) for r in data.reports.get((place.level, place.code), [])}
    if dated := sorted((a.isoformat(), b.isoformat()) for a, b in spans if a and b):
        found["reports"] = [{"start": a, "end": b} for a, b in dated]
    covered = data.coverage.get("arrests", [])
    found["partial"] = {
        "month": [m.isoformat()[:7] for m, share in covered if 0 < share < 1],
        "year": [day.isoformat()[:7] for day in data.partial_years()],
    }
    found["breaks"] = (
        [
            {
                "day": b.date.isoformat(),
                "measures": b.measures,
                "says": {n: render(b.says, n) for n in LANGUAGES},
            }
            for b in data.dated(MEASURES, covered[0][0], covered[-1][0])
        ]
        if covered
        else []
    )
    if (place.level, place.code) in data.unrated:
        found["norate"] = True
    return found


def number_of(counts: Counts, index: int) -> int | None:
    """A count as a script reads it: its number, or what stands for a hidden one; None where not covered."""
    value, mark = counts.values[index], counts.marks[index]
    if value is not None:
        return value
    return None if mark == UNCOVERED else HIDDEN_SMALL if mark == SMALL else HIDDEN


def _quarters(start: str, months: dict[str, list[int | None]]) -> tuple[str, dict[str, list[int | None]]]:
    """Sums of three months that are all shown, from the first quarter that begins in the series."""
    skip = -(int(start[5:]) - 1) % 3
    year, month = divmod(int(start[:4]) * 12 + int(start[5:]) - 1 + skip, 12)
    quarters = {}
    for name, values in months.items():
        threes = [values[i : i + 3] for i in range(skip, len(values) - 2, 3)]
        quarters[name] = [
            None if None in three else HIDDEN if min(v for v in three if v is not None) < 0 else sum(three)  # type: ignore[arg-type]
            for three in threes
        ]
    return f"{year}-{month + 1:02d}", quarters


def policies_of(data: SiteData, place: PlaceInfo) -> list[dict[str, Any]]:
    """Policies that bear on a place: its own and its cities', and its state's; by day."""
    codes = [(place.level, place.code)]
    if place.level == "county":
        codes += [c for c in place.parents if c[0] == "state"]
    rows = [row for code in codes for row in data.policies.get(code, [])]
    return sorted(rows, key=lambda r: (r["effective"] is None, str(r["effective"]), str(r["id"])))


def policy_marks(data: SiteData, place: PlaceInfo) -> list[dict[str, Any]]:
    """Starts and ends of the policies that bear on a place, as marks of its timeline."""
    marks = []
    for r in policies_of(data, place):
        if not r["effective"]:
            continue
        scope = "state" if r["level"] == "state" and place.level != "state" else ""
        marks.append(
            {"day": r["effective"].isoformat(), "kind": r["direction"], "title": r["title"], "scope": scope}
        )
        if r["ended"] and r["ended"] <= data.last_day:
            marks.append(
                {"day": r["ended"].isoformat(), "kind": "ended", "title": r["title"], "scope": scope}
            )
    return marks


def surge_marks(data: SiteData, place: PlaceInfo) -> list[dict[str, Any]]:
    """Surges of a place whose counts are shown, and the largest of the area of responsibility around it."""
    marks = []
    for r in data.surges.get((place.level, place.code), []):
        if r["observed"]:
            marks.append(_surge(r, ""))
    for code in place.parents if place.level in ("county", "office") else ():
        if code[0] == "aor" and code in data.places:
            ranked = sorted(data.surges.get(code, []), key=lambda r: r["rank"])
            marks += [_surge(r, data.places[code].name) for r in ranked if r["observed"]][:AREA_SURGES]
    return marks


def _surge(row: dict[str, Any], area: str) -> dict[str, Any]:
    return {
        "start": row["start"].isoformat(),
        "end": row["end"].isoformat(),
        "count": row["observed"],
        "rank": row["rank"] + (1000 if area else 0),
        "area": area,
    }

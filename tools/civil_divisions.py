"""Build the reference table of townships, towns and small places from the Census Bureau's gazetteer files.

Usage: python tools/civil_divisions.py PLACES.GZ COUNTIES.SHP
PLACES.GZ is the list of the 2022 gazetteer files (county subdivisions, places) as Debian's package
weather-util-data 2.4.4 has it; COUNTIES.SHP the Census Bureau's county boundaries of 2016 as plotly-geo
1.0.0 has them. A township's county is in its code; a place's is the one that holds its centre. Needs pyshp
and matplotlib.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections import defaultdict
from math import degrees
from pathlib import Path

import numpy as np
import polars as pl
import shapefile
from matplotlib.path import Path as Outline

from atlarge.places.text import squash
from atlarge.reference import table

OUT = Path(__file__).parents[1] / "src" / "atlarge" / "reference" / "civil_divisions.csv"
_ENTRY = re.compile(r"\[fips(\d+)\]\ncentroid = \(([-\d.]+), ([-\d.]+)\)\ndescription = (.*), ([A-Z]{2})\n")
_DIVISION = re.compile(r"^(.*?) (?:charter )?(township|town)$")
_STATES = frozenset(["IL", "IN", "MA", "ME", "MI", "MN", "NH", "NJ", "NY", "OH", "PA", "RI", "VT", "WI"])
"""States whose townships or towns have agencies of their own, and counties that have not changed since."""
_PLACE = re.compile(r"^(.*?) (?:city|town|village|borough)$")


def _county_of(shapes: list[tuple[str, list[Outline], list[float]]], lon: float, lat: float) -> str | None:
    for fips, outlines, (west, south, east, north) in shapes:
        inside = west <= lon <= east and south <= lat <= north
        # a hole is an outline too: a point inside an even number of them lies outside
        if inside and sum(o.contains_point((lon, lat)) for o in outlines) % 2:
            return fips
    return None


def main(places: str, boundaries: str) -> None:
    """Write the table."""
    shapes = []
    for one in shapefile.Reader(boundaries, encoding="latin-1").shapeRecords():
        points = np.asarray(one.shape.points)
        parts = np.split(points, list(one.shape.parts)[1:])
        shapes.append((one.record["GEOID"], [Outline(p) for p in parts], list(one.shape.bbox)))
    known = {(state, city.replace(" ", "")) for state, city in table("cities").select("state", "city").rows()}
    counties = set(table("counties")["fips"])
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    text = gzip.decompress(Path(places).read_bytes()).decode("utf-8")
    for code, lat, lon, name, state in _ENTRY.findall(text):
        division, place = _DIVISION.match(name), _PLACE.match(name)
        if "," in name or state == "CT":  # Connecticut's codes are of the planning regions
            continue
        if len(code) == 10 and division and state in _STATES and code[:5] in counties:
            found[state, division[1].upper(), division[2]].add(code[:5])
        elif len(code) == 7 and place and (state, squash(place[1])) not in known:
            fips = _county_of(shapes, degrees(float(lon)), degrees(float(lat)))
            if fips is not None:
                found[state, place[1].upper(), "place"].add(fips)
    rows = [(*key, " ".join(sorted(fips))) for key, fips in sorted(found.items())]
    pl.DataFrame(rows, schema=["state", "name", "kind", "county_fips"], orient="row").write_csv(OUT)
    print(f"{len(rows):,} names in {OUT}")


if __name__ == "__main__":
    main(*sys.argv[1:3])

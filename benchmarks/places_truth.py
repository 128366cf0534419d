"""Texts of releases of 2007 to 2026 whose county is known without reading the text, each with its year.

- the detainer releases of 2015 print the city and state of each facility;
- ICE's detention workbooks print them too (FY2019 to FY2026);
- ICE's lists of 287(g) agencies print the county (2025 and 2026);
- the I-213 forms of the Seattle area carry the county of the place of arrest (2022 to 2025);
- landmarks of 2025 and 2026 were labelled by hand.

The labels have faults of their own: a facility's mailing address may lie across a county line. So a text that
names its county with the word county is right with that county too, a facility with that of the list.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import polars as pl

from atlarge.places.choose import in_area
from atlarge.places.gazetteer import gazetteer, state_code
from atlarge.places.text import squash

SCHEMA = {
    "landmark": pl.String,
    "aor": pl.String,
    "state": pl.String,
    "year": pl.Int64,
    "truth": pl.String,
    "source": pl.String,
}
_TYPE = re.compile(r"\b(county|parish|borough|census area|municipality|city)\b.*$", re.IGNORECASE)
_NO_PLACE = re.compile(
    r"\b(hold ?room|office|sub-?office|marshals?|fug ?ops|docket|general area|non-specific|street arrest|"
    r"state police|highway patrol|department of|dept of|division of|taskforce|task force|cap$|vcas|ero|hotel|"
    r"inn)\b",
    re.IGNORECASE,
)
"""Words of texts that name an office, a team, a state's agency or a hotel: they are not scored as places."""


def published(data: Path) -> pl.DataFrame:
    """Return the labelled texts: columns of SCHEMA, `also` (other right answers) and `several`."""
    rows = [*_detainers(data), *_facilities(data), *_agencies(data), *_forms(data), *_by_hand(data)]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row").unique(
        ["landmark", "aor", "truth"], maintain_order=True
    )
    frame = frame.filter(~pl.col("landmark").str.contains(f"(?i){_NO_PLACE.pattern}"))
    listed = _listed()
    also = [
        " ".join(sorted({*_named(text, state), *listed.get(squash(text), set())}))
        for text, state in frame.select("landmark", "state").rows()
    ]
    several = [_several(text, aor) for text, aor in frame.select("landmark", "aor").rows()]
    return frame.with_columns(also=pl.Series(also, dtype=pl.String), several=pl.Series(several))


def _several(text: str, aor: str) -> bool:
    """Say whether a text names a county or a city of which the area has several, without the state."""
    gaz = gazetteer()
    if re.search(r"[ ,(-][A-Z]{2}( STATE)?$", text.strip()):
        return False
    words = re.split(r"\b(?:COUNTY|CO\.?|CNTY|CTY|PARISH|PAR|POLICE|PD|CITY)\b", text.upper())
    if len(words) < 2:
        return False
    key = squash(words[0].removeprefix("CAP - "))
    names = [*gaz.county_names.get(key, ()), *(n for n in gaz.cities.get(key, ()) if n.weight >= 500)]
    if re.search(r"\b(COUNTY|CO\.?|CNTY|CTY)\b", text.upper()):
        names = list(gaz.county_names.get(key, ()))
    return len({n.fips for n in names if in_area(gaz, n.fips, aor)}) > 1


def _listed() -> dict[str, set[str]]:
    """Return the counties of the facility list by the facility's name."""
    return {key: {s.fips for s in sites if s.aor is None} for key, sites in gazetteer().sites.items()}


def _named(text: str, state: str | None) -> set[str]:
    """Return the county of the state that a text names with the word county."""
    gaz = gazetteer()
    words = re.split(r"\b(?:COUNTY|CO\.?|CNTY|CTY|PARISH|PAR)\b", text.upper())
    if len(words) < 2:
        return set()
    key = squash(words[0])
    return {n.fips for n in gaz.county_names.get(key, ()) if gaz.counties[n.fips].state == state}


def _county(name: str | None, state: str | None) -> str | None:
    gaz = gazetteer()
    if not name or not state:
        return None
    key = squash(_TYPE.sub("", name.strip()))
    found = {n.fips for n in [*gaz.county_names.get(key, ()), *gaz.city_counties.get(key, ())]}
    found = {fips for fips in found if gaz.counties[fips].state == state}
    return next(iter(found)) if len(found) == 1 else None


def _city(name: str | None, state: str | None) -> str | None:
    """Return the county that holds a city of a state, if nearly all of the name's weight lies in one."""
    gaz = gazetteer()
    if not name or not state:
        return None
    weights: Counter[str] = Counter()
    for n in [*gaz.cities.get(squash(name), ()), *gaz.city_counties.get(squash(name), ())]:
        if gaz.counties[n.fips].state == state:
            weights[n.fips] = max(weights[n.fips], int(n.weight))
    if not weights:
        return None
    fips, most = weights.most_common(1)[0]
    return fips if most >= 0.95 * weights.total() else None


def _detainers(data: Path) -> list[tuple[object, ...]]:
    gaz = gazetteer()
    path = next((data / "raw" / "nprapps__sanctuary-cities").glob("rif-FOIA*.xlsx"))
    frame = pl.read_excel(path, engine="calamine", infer_schema_length=0)
    texts = frame.select("Detainer Detention Facility", "State", "City").unique(maintain_order=True).rows()
    found = [
        (text, state_code(state), _city(city, state_code(state)), 2015, "detainers 2015")
        for text, state, city in texts
    ]
    path = data / "raw" / "eads__geocode-pa-detainers" / "pa_detainers.csv"
    frame = pl.read_csv(path, infer_schema=False).with_columns(year=pl.col("date").str.extract(r"(\d{4})"))
    first = frame.group_by("det_facility", "city", maintain_order=True).agg(pl.col("year").min())
    found += [(t, "PA", _city(city, "PA"), int(y or 2012), "detainers PA") for t, city, y in first.rows()]
    return [
        (text.strip(), gaz.counties[fips].aor, state, year, fips, source)
        for text, state, fips, year, source in found
        if text and fips
    ]


def _facilities(data: Path) -> list[tuple[object, ...]]:
    gaz = gazetteer()
    frame = pl.read_parquet(data / "field" / "files" / "detention_management_facilities.parquet")
    first = (
        frame.group_by("name", "city", "state", "aor")
        .agg(pl.col("fiscal_year").min())
        .sort("fiscal_year", "name")
    )
    out = []
    for text, city, state, aor, year in first.rows():
        fips = _city(city, state)
        if text and fips:
            out.append(
                (
                    text,
                    aor if aor in gaz.aors else gaz.counties[fips].aor,
                    state,
                    year,
                    fips,
                    "detention workbooks",
                )
            )
    return out


def _agencies(data: Path) -> list[tuple[object, ...]]:
    out, seen = [], set()
    for path in sorted((data / "raw" / "RelevantResearch__287g-DetentionData").glob("*-202[56]-*.xlsx")):
        frame = pl.read_excel(path, engine="calamine", infer_schema_length=0)
        if not {"LAW ENFORCEMENT AGENCY", "COUNTY", "STATE"} <= set(frame.columns):
            continue
        for text, county, state in frame.select("LAW ENFORCEMENT AGENCY", "COUNTY", "STATE").rows():
            code = state_code((state or "").strip())
            fips = _county(county, code)
            if text and code and fips and (text, code) not in seen:
                seen.add((text, code))
                aor = gazetteer().counties[fips].aor
                out.append(
                    (f"{text.strip()}, {code}", aor, code, int(path.stem[-10:-6]), fips, "287(g) lists")
                )
    return out


def _forms(data: Path) -> list[tuple[object, ...]]:
    path = data / "raw" / "UWCHR__i-213-sea-22-25" / "sea-i213s-2026-02-13-geocoded.reduced.csv.gz"
    frame = pl.read_csv(path, infer_schema=False).rename({"apprehension_landmark_descr_clean": "text"})
    frame = frame.with_columns(year=pl.col("apprehension_date").str.slice(0, 4)).drop_nulls(
        ["text", "county"]
    )
    out = []
    grouped = frame.group_by("text", "area_of_responsibility_code", maintain_order=True)
    for (text, aor), rows in grouped:
        (county, state), most = Counter(rows.select("county", "state").rows()).most_common(1)[0]
        fips = _county(county, state)
        if fips and most >= max(2, 0.8 * rows.height):  # one form is no agreement on where a landmark lies
            out.append((text, aor, state, int(rows["year"].min()), fips, "I-213 forms"))
    return out


def _by_hand(data: Path) -> list[tuple[object, ...]]:
    frame = pl.read_csv(data / "field" / "pl_landmarks_2025_26.csv", infer_schema=False).drop_nulls("truth")
    return [
        (text, aor, gazetteer().counties[fips].state, 2025, fips, "labelled by hand")
        for aor, text, fips in frame.rows()
    ]

"""Landmark texts made from the gazetteer: counties, cities and listed facilities, in many styles.

The styles are those of landmarks of 2012 to 2026: bare names, type words, programme prefixes, state suffixes,
directions that name other states, words run together, words misspelt. A text is labelled with the county that
it was made from, and with the style, so that each style is scored by itself.
"""

from __future__ import annotations

import random
import re

import polars as pl

from atlarge.places.choose import in_area
from atlarge.places.gazetteer import gazetteer
from atlarge.places.text import squash
from atlarge.reference import table

COUNTY_STYLES = {
    "plain": "{name} {type}",
    "jail": "{name} {type} JAIL",
    "bare": "{name}",
    "cap bare": "CAP - {name}",
    "aor": "{name} AOR",
    "type and aor": "{name} {type} AOR",
    "cap and state": "CAP - {name} {type} JAIL, {state} STATE",
    "mixed case": "CAP-{title} {type_title} Jail",
    "commas": "{name}, {type}, {state}",
    "brackets": "{name} ({type})",
    "type first": "{type} OF {name}",
    "sheriff": "{name} {type} SHERIFF'S OFFICE",
    "bare sheriff": "{name} SO",
    "bare jail": "{name} JAIL",
    "short type": "{name} {short} JAIL",
    "directions": "{name} {type} N OF HWY 90 AND MISSISSIPPI RIVER",
    "border": "{name} {type} SOUTH OF I-10 NEAR TEXAS BORDER",
    "at large": "{name} {type} AT-LARGE ARREST",
    "worksite": "WORKSITE ENFORCEMENT {name} {type}, {state}",
    "287g": "287(G) - {name} {type}",
    "name without spaces": "{glued} {type} JAIL",
    "words run together": "{name} {type}JAIL, {state} STATE",
    "name misspelt": "{wrong} {type} JAIL",
    "name misspelt, state": "CAP - {wrong} {type} JAIL, {state} STATE",
    "bare misspelt": "{wrong}",
    "type misspelt": "{name} {wrong_type} JAIL",
    "type misspelt, state": "CAP - {name} {wrong_type} JAIL, {state} STATE",
    "jail misspelt": "{name} {type} JIAL",
    "state first": "CAP - {state}, {name} {type} DET CTR",
    "state name first": "{state_name} - {name} {type} JAIL",
    "team and sheriff": "FUG OPS - {name} {type} SO, {state} STATE",
    "agency and jail": "ICE/ERO - {name} {type} JAIL",
    "team and bare sheriff": "VCAS - {name} SHERIFFS OFFICE",
    "bare detention center": "HSI - {name} DET CTR",
}
CITY_STYLES = {
    "police": "{name} PD",
    "police department": "{name} POLICE DEPT",
    "police, state": "{name} PD, {state}",
    "city, state": "{name}, {state}",
    "city jail": "CAP - {name} CITY JAIL, {state} STATE",
    "bare city": "{name}",
    "city of": "CITY OF {name}",
    "city misspelt, state": "{wrong}, {state}",
    "police misspelt, state": "{wrong} PD, {state}",
    "team, city, state": "FUG OPS - {name}, {state}",
    "agency and police": "ICE/ERO - {name} POLICE DEPARTMENT",
    "municipal court": "FUGOPS {name} MUNICIPAL COURT, {state} STATE",
}
SITE_STYLES = {
    "facility": "{name}",
    "cap facility": "CAP - {name}",
    "facility, state": "{name}, {state}",
    "cap facility, state": "CAP - {name}, {state} STATE",
    "facility (city)": "{name} ({city})",
    "facility misspelt": "{wrong}",
    "facility misspelt, state": "{wrong}, {state}",
}
_CITY_FRAME = re.compile(r"^CITY OF |^ICE/ERO - | PD$| POLICE DEP(?:T|ARTMENT)$")
_SHORT = {"COUNTY": "CO.", "PARISH": "PAR", "BOROUGH": "BOROUGH"}
_SKIPPED = {"AS", "MP", "VI", "GU", "PR", "DC"}
SCHEMA = ["landmark", "aor", "truth", "style"]


def misspell(word: str, rng: random.Random) -> str:
    """Return a name with one letter left out, doubled, swapped with the next or replaced; never the first."""
    at = [i for i, c in enumerate(word) if c.isalpha() and i > 0]
    if len(at) < 4:
        return word
    i = rng.choice(at[:-1])
    how = rng.choice(("drop", "double", "swap", "replace"))
    if how == "drop":
        return word[:i] + word[i + 1 :]
    if how == "double":
        return word[:i] + word[i] + word[i:]
    if how == "swap" and word[i + 1].isalpha() and word[i + 1] != word[i]:
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    letter = rng.choice("AEIOURSTLN".replace(word[i], ""))
    return word[:i] + letter + word[i + 1 :]


def counties(rng: random.Random, share: float = 1.0) -> pl.DataFrame:
    """Return texts of a share of all counties and parishes of the fifty states, in COUNTY_STYLES."""
    full = dict(table("counties").select("fips", "name").rows())
    rows = []
    for county in gazetteer().counties.values():
        kind = "BOROUGH" if county.state == "AK" and full[county.fips].endswith("Borough") else "COUNTY"
        kind = "PARISH" if county.state == "LA" else kind
        if county.state in _SKIPPED or county.is_city or rng.random() > share:
            continue
        if county.state == "AK" and kind == "COUNTY":
            continue
        name = county.base.upper()
        words = {
            "name": name,
            "title": county.base,
            "type": kind,
            "type_title": kind.title(),
            "short": _SHORT[kind],
            "state": county.state,
            "state_name": gazetteer().states[county.state].upper(),
            "glued": name.replace(" ", ""),
            "wrong": misspell(name, rng),
            "wrong_type": misspell(kind, rng),
        }
        rows += [
            (text.format(**words), county.aor, county.fips, style) for style, text in COUNTY_STYLES.items()
        ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def cities(rng: random.Random, number: int = 1000) -> pl.DataFrame:
    """Return texts of cities of 3,000 people and more, in CITY_STYLES."""
    known = table("cities").filter(pl.col("population") >= 3000, pl.col("other_fips").is_null())
    rows = []
    for city, fips in known.select("city", "county_fips").sample(number, seed=rng.randrange(10**6)).rows():
        county = gazetteer().counties.get(fips)
        if county is None:
            continue
        words = {"name": city, "state": county.state, "wrong": misspell(city, rng)}
        rows += [(text.format(**words), county.aor, fips, style) for style, text in CITY_STYLES.items()]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def facilities(rng: random.Random) -> pl.DataFrame:
    """Return texts of every listed jail and detention center that names itself, in SITE_STYLES."""
    rows = []
    for row in table("facilities").rows(named=True):
        county = gazetteer().counties.get(row["county_fips"])
        if county is None or any(word in row["name"].upper() for word in ("HOLD", "OFFICE")):
            continue
        words = row["name"].upper().split()
        longest = max(range(len(words)), key=lambda i: len(words[i]))
        wrong = [misspell(w, rng) if i == longest else w for i, w in enumerate(words)]
        filled = {
            "name": row["name"].upper(),
            "city": str(row["city"]).upper(),
            "state": county.state,
            "wrong": " ".join(wrong),
        }
        rows += [
            (text.format(**filled), county.aor, county.fips, style) for style, text in SITE_STYLES.items()
        ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


UNTYPED = {"bare", "cap bare", "aor", "bare sheriff", "bare jail", "bare misspelt", "team and bare sheriff"}
TYPED = frozenset(COUNTY_STYLES) - UNTYPED - {"bare detention center"}
"""Styles of counties that carry the type word, which no city of the name fits."""


def fits_one_place(texts: pl.DataFrame) -> pl.Series:
    """Say which texts fit one place alone: the state is named, or the area has no namesake to speak of."""
    return pl.Series([_fits_one_place(*row) for row in texts.select(SCHEMA).rows()])


def _fits_one_place(landmark: str, aor: str, fips: str, style: str) -> bool:
    gaz = gazetteer()
    county = gaz.counties[fips]
    if "state" in style or style in ("commas", "worksite", "words run together", "city jail"):
        return True
    if "facility" in style or (style in TYPED and county.state == "LA"):
        return True
    key = squash(county.base)
    if style in CITY_STYLES:
        key = squash(_CITY_FRAME.sub("", landmark))
    names = [*gaz.county_names.get(key, ())]
    if style not in TYPED:
        names += [n for n in gaz.cities.get(key, ()) if n.weight >= 500]
    return not any(n.fips != fips and in_area(gaz, n.fips, aor) for n in names)

"""Where a place's arrests are recorded: its county, the office area that serves it, its AOR.

Most arrests at large name no county, only the area of an ICE office ("AUS GENERAL AREA, NON-SPECIFIC"). A
county is therefore studied together with its office area: the *locality*. ICE publishes no list of the
counties that an office serves; the rules below say how an office was found, or that none was.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import polars as pl

from atlarge.errors import QuestionError
from atlarge.explain.answer import Area
from atlarge.reference import table

_SEATED = ("office", "field office")


@dataclass(frozen=True)
class Where:
    """The areas of a question: `own` is the place in question; others are None where they do not apply."""

    own: Area
    county: Area | None
    office: Area | None
    aor: Area | None
    state: str

    @property
    def main(self) -> Area:
        """The area of the headline: county and office area together where both are known."""
        if self.county and self.office:
            return Area(
                "locality",
                f"{self.county.code}+{self.office.code}",
                f"{self.county.name} and the {self.office.name} office area",
                self.office.note,
            )
        return self.own


@cache
def _metros() -> dict[str, str]:
    return dict(table("metro_counties").select("fips", "cbsa_code").iter_rows())


@cache
def _offices() -> tuple[dict[str, str | None], ...]:
    return tuple(table("offices").iter_rows(named=True))


def seat_of(office: str) -> str | None:
    """County of an office's seat, for a code that stands for an office; None otherwise."""
    return _seats().get(office)


@cache
def _seated(aor: str | None) -> list[dict[str, str | None]]:
    """Offices of an AOR that stand for themselves."""
    return [r for r in _offices() if r["kind"] in _SEATED and r["aor"] == aor]


@cache
def _naming() -> dict[str, list[str]]:
    """Offices by each county that the table of offices names."""
    found: dict[str, list[str]] = {}
    for row in _offices():
        for fips in dict.fromkeys((row["counties_known"] or "").split()):
            found.setdefault(fips, []).append(str(row["office"]))
    return found


@cache
def _seats() -> dict[str, str | None]:
    """County of the seat of each code that stands for an office."""
    return {str(r["office"]): r["seat_county_fips"] for r in _offices() if r["kind"] in _SEATED}


def office_of(fips: str, aor: str | None) -> tuple[str, str] | None:
    """Office that serves a county, and how it was found; None where that is not known.

    In this order: the table of offices names the county; the office has its seat in the county; an office of
    the same AOR has its seat in another county of the same metropolitan area. Two offices that fit a rule
    equally well mean "not known".
    """
    named = _naming().get(fips, [])
    if len(named) == 1:
        return named[0], "the table of offices names the county"
    seated = _seated(aor)
    here = [r for r in seated if r["seat_county_fips"] == fips]
    if len(here) == 1:
        return str(here[0]["office"]), "the office has its seat in the county"
    metro = _metros().get(fips)
    if here or metro is None:
        return None
    near = [r for r in seated if _metros().get(r["seat_county_fips"] or "") == metro]
    if len(near) == 1:
        return str(near[0]["office"]), "the office has its seat in the same metropolitan area"
    return None


def _office_area(code: str, note: str = "") -> Area:
    for row in _offices():
        if row["office"] == code:
            return Area("office", code, str(row["name"] or code), note)
    return Area("office", code, code, note)


def _aor_area(code: str | None) -> Area | None:
    if not code:
        return None
    rows = table("aors").filter(pl.col("aor") == code)
    return Area("aor", code, f"{rows['name'][0]} area of responsibility") if rows.height else None


def aors_of(where: Where) -> tuple[str, ...]:
    """Codes of the areas of responsibility that a place lies in: a state may lie in several."""
    if where.aor is not None:
        return (where.aor.code,)
    if where.own.level != "state":
        return ()
    return tuple(sorted(set(table("counties").filter(pl.col("state") == where.own.code)["aor"].drop_nulls())))


def where_of(kind: str, code: str, name: str) -> Where:
    """The areas of a place that `find_place` found; QuestionError for a kind that has none (the nation)."""
    if kind == "county":
        row = table("counties").filter(pl.col("fips") == code).row(0, named=True)
        found = office_of(code, row["aor"])
        county = Area("county", code, name)
        office = (
            _office_area(found[0], f"ICE publishes no list of counties by office; {found[1]}")
            if found
            else None
        )
        return Where(county, county, office, _aor_area(row["aor"]), row["state"])
    if kind == "office":
        rows = [r for r in _offices() if r["office"] == code]
        aor = rows[0]["aor"] if rows else None
        area = _office_area(code)
        return Where(area, None, area, _aor_area(aor), str(rows[0]["state"] or "") if rows else "")
    if kind == "aor":
        own = _aor_area(code)
        if own is not None:
            return Where(own, None, None, own, "")
    if kind == "state":
        area = Area("state", code, name)
        return Where(area, None, None, None, code)
    raise QuestionError(
        f"{name}: a place of kind {kind!r} has no comparison; ask for a county, office, AOR or state"
    )

"""Where a place's arrests are recorded: its county, the office area that serves it, its AOR.

Most arrests at large name no county, only the area of an ICE office ("AUS GENERAL AREA, NON-SPECIFIC"). A
county is therefore studied together with its office area: the *locality*. ICE publishes no list of the
counties that an office serves; the rules below say how an office was found, or that none was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from atlarge.errors import QuestionError
from atlarge.explain.answer import Area
from atlarge.reference import lookup, table

_SEATED = ("office", "field office")


@dataclass(frozen=True)
class Where:
    """The areas involved in a question: `own` is the place itself; the others are None where they do not
    apply."""

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

    def rows(self) -> pl.Expr:
        """Records that name the county or the office area."""
        named = (("county_fips", self.county), ("office", self.office))
        return pl.any_horizontal(pl.lit(False), *(pl.col(c) == a.code for c, a in named if a is not None))


Row = Mapping[str, str | None]


class Offices:
    """Which office serves a county, found by a table of offices and the metropolitan area of each county.

    `rows`: office, name, aor, state, kind, seat_county_fips, counties_known. `metros`: by county.
    """

    def __init__(self, rows: Sequence[Row], metros: Mapping[str, str]) -> None:
        self.rows = {str(r["office"]): r for r in rows}
        self._metros = metros
        self._naming: dict[str, list[str]] = {}
        self._seated: dict[str | None, list[Row]] = {}
        for code, row in self.rows.items():
            for fips in dict.fromkeys((row["counties_known"] or "").split()):
                self._naming.setdefault(fips, []).append(code)
            if row["kind"] in _SEATED:
                self._seated.setdefault(row["aor"], []).append(row)

    def seat(self, code: str) -> str | None:
        """County of an office's seat, for a code that stands for an office; None otherwise."""
        row = self.rows.get(code)
        return row["seat_county_fips"] if row is not None and row["kind"] in _SEATED else None

    def serving(self, fips: str, aor: str | None) -> tuple[str, str] | None:
        """Office that serves a county, and how it was found; None where that is not known.

        In this order: the table of offices names the county; the office has its seat in the county; an office
        of the same AOR has its seat in another county of the same metropolitan area. Two offices that fit a
        rule equally well mean "not known".
        """
        named = self._naming.get(fips, [])
        if len(named) == 1:
            return named[0], "the table of offices names the county"
        seated = self._seated.get(aor, [])
        here = [r for r in seated if r["seat_county_fips"] == fips]
        if len(here) == 1:
            return str(here[0]["office"]), "the office has its seat in the county"
        metro = self._metros.get(fips)
        if here or metro is None:
            return None
        near = [r for r in seated if self._metros.get(r["seat_county_fips"] or "") == metro]
        if len(near) == 1:
            return str(near[0]["office"]), "the office has its seat in the same metropolitan area"
        return None


@cache
def offices() -> Offices:
    """The offices of the reference tables."""
    metros = lookup("metro_counties", "fips", "cbsa_code")
    return Offices(list(table("offices").iter_rows(named=True)), metros)


def seat_of(office: str) -> str | None:
    """County in which an ICE office has its seat."""
    return offices().seat(office)


def office_of(fips: str, aor: str | None) -> tuple[str, str] | None:
    """The ICE office that serves a county, and how that was determined."""
    return offices().serving(fips, aor)


def _office_area(code: str, note: str = "") -> Area:
    row = offices().rows.get(code)
    return Area("office", code, str(row["name"] or code) if row else code, note)


def _aor_area(code: str | None) -> Area | None:
    if not code:
        return None
    name = lookup("aors", "aor", "name").get(code)
    return Area("aor", code, f"{name} area of responsibility") if name is not None else None


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
        aor = lookup("counties", "fips", "aor")[code]
        found = office_of(code, aor)
        county = Area("county", code, name)
        office = (
            _office_area(found[0], f"ICE publishes no list of counties by office; {found[1]}")
            if found
            else None
        )
        return Where(county, county, office, _aor_area(aor), lookup("counties", "fips", "state")[code])
    if kind == "office":
        entry = offices().rows.get(code, {})
        area = _office_area(code)
        return Where(area, None, area, _aor_area(entry.get("aor")), entry.get("state") or "")
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

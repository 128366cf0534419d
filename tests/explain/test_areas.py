"""Where a place's arrests are recorded: which office serves a county, by which rule."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from atlarge.errors import QuestionError
from atlarge.explain.areas import Offices, office_of, where_of
from atlarge.reference import table

BY_TABLE = "the table of offices names the county"
BY_SEAT = "the office has its seat in the county"
BY_METRO = "the office has its seat in the same metropolitan area"


def _office(code: str, seat: str | None, known: str | None = None, **changes: Any) -> dict[str, Any]:
    given = {"office": code, "name": f"{code} city", "aor": "AAA", "state": "ST", "kind": "office"}
    return {**given, "seat_county_fips": seat, "counties_known": known, **changes}


OFFICES = (
    _office("ONE", "10001", "10005 10006"),
    _office("TWO", "10002", "10006"),  # 10006 is named by both
    _office("SUB", "10003", kind="port of entry"),
    _office("FLD", "10004", kind="field office"),
    _office("OTH", "20001", aor="BBB"),
    _office("TWA", "30001"),
    _office("TWB", "30001"),  # two in one county
    _office("NOS", None),
)
METROS = {
    "10001": "m1", "10011": "m1",  # one office seated in m1
    "10002": "m2", "10004": "m2", "10012": "m2",  # two in m2
    "20001": "m3", "20011": "m3",  # the seat in m3 is another AOR's
    "30001": "m4", "30011": "m4",
    "10003": "m5", "10013": "m5",  # a port of entry is no seat
}  # fmt: skip


EXAMPLE = Offices(OFFICES, METROS)


@pytest.mark.parametrize(
    ("fips", "office"),
    [
        ("10005", ("ONE", BY_TABLE)),
        ("10006", None),  # named by two, no seat, no metropolitan area
        ("10001", ("ONE", BY_SEAT)),
        ("10004", ("FLD", BY_SEAT)),
        ("10003", None),
        ("30001", None),  # two seats: not known, though the metropolitan area could be asked
        ("10011", ("ONE", BY_METRO)),
        ("10012", None),
        ("20001", None),
        ("20011", None),
        ("30011", None),
        ("10013", None),
        ("99999", None),
    ],
)
def test_an_office_is_found_by_the_first_rule_that_names_one_alone(
    fips: str, office: tuple[str, str] | None
) -> None:
    assert EXAMPLE.serving(fips, "AAA") == office


def test_offices_of_another_aor_serve_their_own() -> None:
    assert EXAMPLE.serving("20011", "BBB") == ("OTH", BY_METRO)
    assert EXAMPLE.serving("20001", "BBB") == ("OTH", BY_SEAT)
    assert EXAMPLE.serving("10001", "BBB") is None
    assert EXAMPLE.serving("10001", None) is None


def test_only_codes_that_stand_for_offices_have_a_seat() -> None:
    seats = [EXAMPLE.seat(code) for code in ("ONE", "FLD", "SUB", "NOS", "???")]
    assert seats == ["10001", "10004", None, None, None]


def test_a_county_is_studied_with_its_office_area() -> None:
    where = where_of("county", "48453", "Travis County, TX")
    assert (where.own, where.county) == (where.county, where.own)
    assert where.office is not None
    assert (where.office.level, where.office.code) == ("office", "AUS")
    assert where.office.note.startswith("ICE publishes no list of counties by office; ")
    assert where.aor is not None
    assert (where.aor.level, where.aor.code) == ("aor", "SNA")
    assert where.aor.name == "San Antonio area of responsibility"
    assert where.state == "TX"
    main = where.main
    assert (main.level, main.code, main.note) == ("locality", "48453+AUS", where.office.note)
    assert main.name == f"Travis County, TX and the {where.office.name} office area"


def test_a_county_without_a_known_office_stands_alone() -> None:
    served = {f for f in table("counties")["fips"] if office_of(f, "SNA") is not None}
    alone = (
        table("counties").filter((pl.col("aor") == "SNA") & ~pl.col("fips").is_in(served)).row(0, named=True)
    )
    where = where_of("county", alone["fips"], alone["place_name"])
    assert where.office is None
    assert where.main == where.own
    assert where.main.level == "county"


def test_an_office_an_aor_and_a_state_are_their_own_area() -> None:
    office = where_of("office", "AUS", "Austin")
    assert (office.own.level, office.own.code, office.own.note) == ("office", "AUS", "")
    assert office.office == office.own == office.main
    assert office.county is None
    assert office.aor is not None
    assert (office.aor.code, office.state) == ("SNA", "TX")
    aor = where_of("aor", "SNA", "San Antonio")
    assert (aor.own, aor.county, aor.office, aor.state) == (aor.aor, None, None, "")
    assert aor.main == aor.own
    state = where_of("state", "TX", "Texas")
    assert (state.own.level, state.own.code, state.own.name) == ("state", "TX", "Texas")
    assert (state.county, state.office, state.aor, state.state) == (None, None, None, "TX")


def test_what_has_no_comparison_is_refused() -> None:
    unknown = where_of("office", "???", "???")
    assert (unknown.own.name, unknown.aor, unknown.state) == ("???", None, "")
    for kind, code in (("nation", "US"), ("aor", "???")):
        with pytest.raises(QuestionError, match="no comparison"):
            where_of(kind, code, "a name")


def test_every_seat_of_the_table_is_a_county_and_each_office_of_one_seat_serves_it() -> None:
    """On the real table: an office alone in its county and AOR, which no other office's table names."""
    fips = set(table("counties")["fips"])
    rows = [r for r in table("offices").iter_rows(named=True) if r["kind"] in ("office", "field office")]
    seats = [r["seat_county_fips"] for r in rows if r["seat_county_fips"]]
    assert set(seats) <= fips
    named = {f for r in table("offices").iter_rows(named=True) for f in (r["counties_known"] or "").split()}
    for row in rows:
        seat = row["seat_county_fips"]
        if seat and seats.count(seat) == 1 and seat not in named:
            assert office_of(seat, row["aor"]) == (row["office"], BY_SEAT)

"""Verdicts on counts of records: the embedded store, and real releases ingested here."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simulated_files
from atlarge.claims import check_claims
from atlarge.claims.verdicts import Verdict
from atlarge.ingest import ingest

from .one_claim import checked, verdict_of

pytestmark = pytest.mark.slow_file

WEEK_ONE = "2017-01-28..2017-02-03"
TRAVIS = "Travis County, TX"


def test_counts_of_records() -> None:
    # the rows of the FY2017 release, as its provenance counts them
    assert (
        verdict_of(measure="arrests", where="United States", when="FY2017", expected=143_470) == "supported"
    )
    assert (
        verdict_of(measure="arrests", where="United States", when="FY2017", expected=110_104)
        == "contradicted"
    )
    rise = checked(
        kind="comparison",
        measure="arrests",
        where="United States",
        when="FY2017",
        against={"when": "FY2016"},
        expected={"value": 30, "unit": "percent_change", "word": "about"},
    )
    assert rise.value == pytest.approx(100 * (143_470 / 110_104 - 1), abs=1e-4)
    assert rise.verdict == "supported"


def test_periods_of_unequal_length_are_compared_by_the_day() -> None:
    result = checked(
        kind="comparison",
        measure="arrests",
        where="United States",
        when="FY2017",
        against={"when": "2015-10-01..2015-10-31"},
        expected={"word": "more"},
    )
    assert any("Compared a day" in note for note in result.notes)
    assert abs(result.value) < 100  # a plain ratio of a year to a month would be over a thousand percent


def test_the_other_scheme_is_part_of_the_sensitivity() -> None:
    result = checked(
        measure="at_large", where="United States", when="FY2017", expected={"value": 40_000, "word": "about"}
    )
    assert any(row["reading"] == "scheme biglocal" for row in result.sensitivity)


def test_a_number_that_is_so_under_the_other_scheme_depends() -> None:
    fields: dict[str, Any] = {"measure": "at_large", "where": "United States", "when": "FY2017"}
    ddp, biglocal = (checked(**fields, scheme=scheme, expected=1).value for scheme in ("ddp", "biglocal"))
    assert ddp != biglocal
    assert checked(**fields, expected=ddp).verdict == "supported"
    result = checked(**fields, expected=biglocal)
    assert result.verdict == "depends"
    assert [(a["reading"], a["value"]) for a in result.answers] == [
        ("scheme ddp", ddp),
        ("scheme biglocal", biglocal),
    ]
    assert checked(**fields, scheme="ddp", expected=biglocal).verdict == "contradicted"
    assert checked(**fields, expected=ddp + biglocal).verdict == "contradicted"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"measure": "arrests", "where": "TX", "when": "2021-02", "expected": 5}, "do not cover"),
        (
            {"measure": "arrests", "where": "United States", "when": "FY2019", "expected": 5},
            "from 2019-09-02",
        ),
        (
            {"measure": "at_larg", "where": "TX", "when": "2017-02", "expected": 5},
            "did you mean at_large",
        ),
        (
            {"measure": "arrests", "where": "Travs County", "when": "2017-02", "expected": 5},
            "Travis County, TX",
        ),
        (
            {"measure": "arrests", "where": "Franklin County", "when": "2017-02", "expected": 5},
            "add the state",
        ),
        ({"measure": "arrests", "where": "TX", "expected": 5}, "say when"),
        ({"measure": "book_ins", "where": "TX", "when": 2017, "expected": 5}, "the store has no book_ins"),
        (
            {"measure": "detainers_issued", "where": "Cook County, IL", "when": WEEK_ONE, "expected": 20},
            "not recovered",
        ),
        (
            {"measure": "arrests", "where": "TX", "when": "2017-02", "source": "pew_cities", "expected": 5},
            "pew_cities",
        ),
        ({}, "names no measure"),
    ],
)
def test_what_cannot_be_told_is_not_testable_and_says_what_is_needed(
    fields: dict[str, Any], said: str
) -> None:
    result = checked(**fields)
    assert result.verdict == "not testable"
    assert result.value is None
    assert said in " ".join(result.needs)


def test_all_places_of_a_kind_and_the_largest_few() -> None:
    named: dict[str, Any] = {
        "kind": "share",
        "measure": "at_large",
        "when": "FY2017",
        "of": {"where": "United States"},
    }
    five = checked(
        **named, where={"top": 5, "kind": "aor"}, expected={"value": 36, "unit": "percent", "word": "about"}
    )
    by_hand = [entry["value"] for entry in five.evidence if entry["role"] == "counted"]
    assert len(by_hand) == 5
    whole = next(entry["value"] for entry in five.evidence if entry["role"] == "whole")
    assert five.value == pytest.approx(100 * sum(by_hand) / whole, abs=1e-4)
    placed = checked(
        measure="arrests",
        where={"kind": "aor"},
        when="FY2017",
        expected={"value": 143_470, "word": "at most"},
    )
    # 247 rows of the release name no area of responsibility; some are told by their landmark
    assert placed.verdict == "supported"
    assert placed.value >= 143_470 - 247


def test_a_rank_of_shares_and_one_of_a_fixed_whole() -> None:
    base: dict[str, Any] = {"kind": "rank", "measure": "at_large", "when": "2017-02", "where": "Atlanta"}
    plain = checked(**base, expected={"value": 5, "word": "top"})
    fixed = checked(**base, of={"where": "United States"}, expected={"value": 5, "word": "top"})
    assert plain.value == fixed.value  # one whole for all does not change an order


def test_sides_of_different_kinds_may_be_compared() -> None:
    result = checked(
        kind="comparison",
        measure="at_large",
        where="AUS",
        when="2017-02",
        against={"where": "SNA"},
        expected={"word": "lower"},
    )
    assert result.verdict == "supported"


@pytest.mark.data
def test_a_release_of_one_state_is_no_nation(data_dir: Path, tmp_path: Path) -> None:
    from atlarge.ingest import ingest

    ingest([data_dir / "raw" / "eads__geocode-pa-detainers" / "pa_detainers.csv"], tmp_path / "store")
    fields = {
        "id": "x",
        "text": "x",
        "kind": "count",
        "measure": "detainers_issued",
        "when": 2013,
        "expected": 4000,
    }
    nation, state = check_claims(
        [{**fields, "where": "United States"}, {**fields, "where": "PA"}], tmp_path / "store"
    )
    assert nation.verdict == "not testable"
    assert "state:PA" in " ".join(nation.needs)
    assert state.verdict == "contradicted"
    assert state.value > 4000


@pytest.mark.data
def test_jail_counts_are_of_the_month_before_the_label(data_dir: Path, tmp_path: Path) -> None:
    """In the report labelled March 2017 Travis County has 252 inmates; the one before it is a repeat."""
    from atlarge.ingest import ingest

    ingest([next((data_dir / "raw" / "jacobkap__texas_jails").glob("*.csv"))], tmp_path / "store")
    fields = {
        "id": "x",
        "text": "x",
        "kind": "count",
        "measure": "jail_inmates_with_detainer",
        "where": TRAVIS,
    }
    february, january, fall = check_claims(
        [
            {**fields, "when": "2017-02", "expected": 252},
            {**fields, "when": "2017-01", "expected": 227},
            {
                **fields,
                "kind": "timing",
                "when": "2017-02",
                "against": {"when": "2016-12"},
                "expected": {"word": "fell"},
            },
        ],
        tmp_path / "store",
    )
    assert (february.verdict, february.value) == ("supported", 252)
    assert january.verdict == "not testable"
    assert fall.value == pytest.approx(100 * (1 - 252 / 263), abs=1e-4)


_MEASURES = [
    "at_large",
    "detainers_declined",
    "unauthorized_population",
    "operation_arrests",
    "county_detainers",
    "no",
]
_PLACES: list[Any] = [
    TRAVIS,
    48453,
    "AUS",
    "TX",
    "United States",
    "Nowhere",
    ["New York", "Chicago"],
    {"kind": "metro", "top": 20},
    {"kind": "state"},
    {"places": "Boston", "kind": "city"},
]
_TIMES: list[Any] = [WEEK_ONE, 2014, "FY2017", "2017-02", "2030"]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["count", "share", "rank", "comparison", "timing"]),
    st.sampled_from(_MEASURES),
    st.sampled_from(_PLACES),
    st.sampled_from(_TIMES),
    st.sampled_from([0, -3, 142, 0.5]),
    st.sampled_from([None, "percent", "times", "million", "per_day", "share"]),
)
def test_no_valid_claim_crashes(
    kind: str, measure: str, where: Any, when: Any, value: float, unit: str | None
) -> None:
    claim: dict[str, Any] = {
        "id": "x",
        "text": "x",
        "kind": kind,
        "measure": measure,
        "where": where,
        "when": when,
    }
    claim["expected"] = {"value": value} | ({"unit": unit} if unit else {})
    if kind == "share":
        claim["of"] = {"where": "United States"}
    if kind in ("comparison", "timing"):
        claim["against"] = {"when": 2016}
    result = check_claims([claim])[0]
    assert result.verdict in ("supported", "contradicted", "disputed", "depends", "not testable")
    assert result.verdict != "not testable" or result.needs


def test_detainers_at_a_facility_are_those_of_the_file(tmp_path: Path) -> None:
    """Counted from the lines of the release; what it does not cover or name is not testable."""
    file = simulated_files.detainers(tmp_path / "pa.csv", 600, seed=4)
    ingest([file], tmp_path / "store")
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    inside = [
        r
        for r in rows
        if r["det_facility"] == "YORK COUNTY JAIL" and "2013-01-01" <= r["date"] <= "2013-12-31"
    ]
    declined = sum(r["lift_reason"] == "Detainer Declined by LEA" for r in inside)
    assert len(inside) > declined > 5

    def judged(measure: str, place: str, when: str, expected: int) -> Verdict:
        where = {"places": place, "kind": "facility"}
        claim = {"id": "x", "text": "x", "kind": "count", "measure": measure, "where": where, "when": when}
        return check_claims([{**claim, "expected": expected}], tmp_path / "store")[0]

    issued = judged("detainers_issued", "York County Jail", "2013-01-01..2013-12-31", len(inside))
    assert (issued.verdict, issued.value) == ("supported", len(inside))
    found = judged("detainers_declined", "York County Jail", "2013-01-01..2013-12-31", declined + 40)
    assert (found.verdict, found.value) == ("contradicted", declined)
    for place, when, why in (
        ("Yorkshire Jail", "2013-01-01..2013-12-31", "no facility in the store is called"),
        ("York County Jail", "2009-01-01..2013-12-31", "cover"),
    ):
        unknown = judged("detainers_issued", place, when, 5)
        assert unknown.verdict == "not testable"
        assert why in " ".join(unknown.needs)

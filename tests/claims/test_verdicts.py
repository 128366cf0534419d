"""Verdicts against figures that were printed or counted another way."""

from __future__ import annotations

from typing import Any

import pytest

from atlarge.claims.verdicts import Verdict

from .one_claim import checked, verdict_of

pytestmark = pytest.mark.slow_file

WEEK_ONE = "2017-01-28..2017-02-03"
TRAVIS = "Travis County, TX"


# --- counts and words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "verdict"),
    [
        (142, "supported"),
        (143, "contradicted"),
        ({"value": 130, "word": "about"}, "supported"),
        ({"value": 120, "word": "about"}, "contradicted"),
        ({"value": 140, "word": "more than"}, "supported"),
        ({"value": 142, "word": "more than"}, "contradicted"),
        ({"low": 100, "high": 150}, "supported"),
        ({"word": "hundreds"}, "contradicted"),
        ({"word": "dozens"}, "contradicted"),
        ({"value": 0.142, "unit": "thousand"}, "supported"),
        ({"value": 20.3, "unit": "per_day"}, "supported"),  # 142 in seven days
    ],
)
def test_a_count_of_the_first_report(expected: Any, verdict: str) -> None:
    assert verdict_of(measure="detainers_declined", where=TRAVIS, when=WEEK_ONE, expected=expected) == verdict


@pytest.mark.parametrize("where", [TRAVIS, "Travis County, Texas", 48453, "48453", "travis county"])
def test_a_place_may_be_named_in_several_ways(where: Any) -> None:
    result = checked(measure="detainers_declined", where=where, when=WEEK_ONE, expected=142)
    assert (result.verdict, result.value) == ("supported", 142)


def test_weeks_side_by_side_are_added_and_a_hole_is_not_filled() -> None:
    both = checked(measure="detainers_declined", where=TRAVIS, when="2017-01-28..2017-02-10", expected=144)
    assert (both.verdict, both.value) == ("supported", 144)  # 142 and 2
    three = checked(
        measure="detainers_declined", where="United States", when="2017-01-28..2017-02-17", expected=253
    )
    assert three.verdict == "not testable"
    assert "2017-02-11" in " ".join(three.needs)


def test_months_of_the_sheriff_are_added() -> None:
    # 20 in January and 55 in September 2016 are printed; the year's sum to September by hand from the source
    assert verdict_of(measure="county_detainers", where=TRAVIS, when="2016-01", expected=20) == "supported"
    assert verdict_of(measure="county_detainers", where=TRAVIS, when="2016-09", expected=55) == "supported"
    assert verdict_of(measure="county_detainers", where=TRAVIS, when="2016-10", expected=6) == "not testable"


def test_evidence_is_traced_to_row_source_and_status() -> None:
    result = checked(measure="detainers_declined", where=TRAVIS, when=WEEK_ONE, expected=142)
    first = result.evidence[0]
    assert first["value"] == 142
    assert first["rows"].startswith("declined_detainer_figures.csv line ")
    assert first["source_url"].startswith("http")
    assert first["status"] == "published"
    # another count of the same report and the sheriff's count at another time are shown, and decide nothing
    context = {entry["value"]: entry for entry in result.evidence if entry["role"] == "context"}
    assert {143, 196} <= set(context)


def test_sensitivity_tells_where_the_verdict_turns() -> None:
    result = checked(
        kind="share",
        measure="unauthorized_population",
        where={"top": 20, "kind": "metro"},
        when=2014,
        of={"where": "United States"},
        expected={"value": 60, "unit": "percent", "word": "nearly"},
    )
    # by hand: the 20 printed estimates add up to 6,755,000 of 11,100,000
    assert result.value == pytest.approx(100 * 6_755_000 / 11_100_000, abs=1e-4)
    reported = {row["reading"]: row["verdict"] for row in result.sensitivity}
    assert reported["standard"] == "supported"
    assert reported["strict"] == "contradicted"


# --- disputed and depends ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "value", "verdict"),
    [
        ("Nassau County, NY", 38, "disputed"),  # the county says that it was listed in error
        ("Williamson County, TX", 4, "disputed"),  # withdrawn by the agency
        ("Nassau County, NY", 60, "contradicted"),
        ("Clark County, NV", 51, "supported"),
    ],
)
def test_a_figure_disputed_or_withdrawn_supports_nothing(place: str, value: int, verdict: str) -> None:
    measure = "detainers_declined" if "Williamson" in place else "detainers_issued"
    assert verdict_of(measure=measure, where=place, when=WEEK_ONE, expected=value) == verdict


def test_parties_of_record_that_conflict_make_a_claim_disputed() -> None:
    from atlarge.claims.checks import Outcome
    from atlarge.claims.merging import merge

    said = [
        Outcome("supported", 142, 142, "count", [], source="ICE"),
        Outcome("contradicted", 196, 142, "count", [], source="the sheriff"),
    ]
    assert merge(said).verdict == "disputed"
    press = [said[0], Outcome("contradicted", 143, 142, "count", [], source="press", is_of_record=False)]
    assert merge(press).verdict == "supported"
    assert merge(press[1:]).verdict == "contradicted"


def test_cities_and_metros_give_both_answers() -> None:
    seven = ["New York", "Los Angeles", "Chicago", "Denver", "Philadelphia", "Boston", "San Francisco"]
    fields: dict[str, Any] = {
        "kind": "share",
        "measure": "unauthorized_population",
        "where": seven,
        "when": 2014,
        "of": {"where": "United States"},
        "expected": {"value": 10, "unit": "percent", "word": "nearly"},
    }
    result = checked(**fields)
    assert result.verdict == "depends"
    reported = {answer["reading"]: (answer["verdict"], answer["value"]) for answer in result.answers}
    # by hand: 525+375+140+55+50+35+35 = 1,215 thousand; 1,150+1,000+425+130+160+180+240 = 3,285 thousand
    assert reported["by city"] == ("supported", pytest.approx(100 * 1215 / 11100, abs=1e-4))
    assert reported["by metro"] == ("contradicted", pytest.approx(100 * 3285 / 11100, abs=1e-4))
    assert checked(**fields | {"where": {"places": seven, "kind": "city"}}).verdict == "supported"
    assert checked(**fields | {"where": {"places": seven, "kind": "metro"}}).verdict == "contradicted"


def test_readings_of_the_claim_are_each_answered() -> None:
    result = checked(
        measure="detainers_declined",
        where=TRAVIS,
        expected=142,
        readings=[
            {"name": "by ICE", "when": WEEK_ONE},
            {"name": "by the sheriff", "when": "2017-02-01..2017-02-02"},
        ],
    )
    assert result.verdict == "depends"
    assert [(a["reading"], a["value"]) for a in result.answers] == [("by ICE", 142), ("by the sheriff", 196)]


# --- ranks, comparisons, times ---------------------------------------------------------------------------


def _rank(measure: str, where: Any, when: Any, expected: Any, **more: Any) -> Verdict:
    return checked(kind="rank", measure=measure, where=where, when=when, expected=expected, **more)


def test_ranks() -> None:
    metros = {"places": ["New York", "Los Angeles", "Houston"], "kind": "metro"}
    assert _rank("unauthorized_population", metros, 2014, {"word": "largest"}).verdict == "supported"
    wrong = {"places": ["New York", "Los Angeles", "Chicago"], "kind": "metro"}
    result = _rank("unauthorized_population", wrong, 2014, {"word": "largest"})
    assert (result.verdict, result.value) == ("contradicted", 6)
    houston = {"places": "Houston", "kind": "metro"}
    assert (
        _rank("unauthorized_population", houston, 2014, {"value": 3, "word": "largest"}).verdict
        == "supported"
    )
    assert (
        _rank("unauthorized_population", houston, 2014, {"value": 2, "word": "largest"}).verdict
        == "contradicted"
    )
    assert _rank("unauthorized_population", houston, 2014, {"value": 5, "word": "top"}).verdict == "supported"
    assert _rank("unauthorized_population", houston, 2014, {"word": "smallest"}).verdict == "contradicted"


def test_the_worst_on_the_list_is_certain_although_the_list_is_not_whole() -> None:
    result = _rank("detainers_declined", TRAVIS, WEEK_ONE, {"word": "worst"})
    assert (result.verdict, result.value) == ("supported", 1)
    assert any("none of them can rank higher" in note for note in result.notes)
    two = checked(
        kind="rank",
        measure="operation_not_convicted_percent",
        where="Atlanta",
        when="2017-02-05..2017-02-11",
        expected={"value": 2},
    )
    assert (two.verdict, two.value) == ("supported", 2)


@pytest.mark.parametrize(
    ("place", "week", "rank", "verdict"),
    [
        (
            "Clark County, NV",
            "2017-02-04..2017-02-10",
            4,
            "supported",
        ),  # printed, though two figures are known
        ("Clark County, NV", "2017-02-04..2017-02-10", 2, "contradicted"),
        ("Cook County, IL", WEEK_ONE, 3, "supported"),  # its rank was recovered, its figure not
        ("Montgomery County, IA", WEEK_ONE, 4, "disputed"),  # withdrawn: another place of that name was meant
    ],
)
def test_a_rank_that_the_source_prints_is_taken(place: str, week: str, rank: int, verdict: str) -> None:
    assert _rank("detainers_issued", place, week, {"value": rank}).verdict == verdict


def test_a_rank_that_an_incomplete_list_leaves_open_is_not_testable() -> None:
    result = _rank("detainers_declined", "Bastrop County, TX", WEEK_ONE, {"value": 5})
    # 3 declined; the figures known leave 57 of 206 to unlisted places, so its rank is 3 or any lower one
    assert result.verdict == "not testable"
    assert "known for 3 places only" in " ".join(result.needs)


def test_comparisons_of_printed_figures() -> None:
    base: dict[str, Any] = {"kind": "comparison", "measure": "unauthorized_population", "when": 2014}
    new_york, boston = (
        {"places": "New York", "kind": "metro"},
        {"where": {"places": "Boston", "kind": "metro"}},
    )
    times = checked(**base, where=new_york, against=boston, expected={"value": 6.4, "unit": "times"})
    assert times.value == pytest.approx(1150 / 180, abs=1e-6)
    assert times.verdict == "supported"
    less = checked(**base, where=new_york, against=boston, expected={"word": "lower"})
    assert less.verdict == "contradicted"
    gap = checked(**base, where=new_york, against=boston, expected={"value": 970_000, "unit": "difference"})
    assert gap.verdict == "supported"


def test_a_share_before_and_after() -> None:
    result = checked(
        kind="timing",
        measure="unauthorized_population",
        where="Top 20 metros",
        when=2014,
        of={"where": "United States"},
        against={"when": 2007},
        expected={"word": "increasingly"},
    )
    assert result.verdict == "contradicted"
    assert result.value == pytest.approx(100 * ((6.8 / 11.1) / (7.7 / 12.2) - 1), abs=1e-4)


def test_the_peak_of_a_series() -> None:
    fields: dict[str, Any] = {
        "kind": "timing",
        "measure": "county_detainers",
        "where": TRAVIS,
        "event": "peak",
    }
    right = checked(**fields, when="2006..2016", expected={"date": "2010-08"})
    assert (right.verdict, right.value) == ("supported", "2010-08-01")
    assert checked(**fields, when="2006..2016", expected={"date": 2016}).verdict == "contradicted"

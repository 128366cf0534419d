"""Verdict rules on made numbers: each rule's every outcome."""

from __future__ import annotations

import pytest

from atlarge.explain.answer import Interval
from atlarge.explain.changes import relabel_verdict
from atlarge.explain.verdicts import (
    ALPHA,
    ALPHA_BURST,
    ALPHA_LASTING,
    RULES,
    TITLES,
    burst_stands_out,
    concentration,
    excess,
    is_early_rise,
    placing,
    singling_out,
    substitution,
)


@pytest.mark.parametrize(
    ("low", "value", "high", "p", "verdict"),
    [
        (5, 20, 40, 0.02, "fits"),
        (-1, 20, 40, 0.04, "fits"),  # the rank test alone
        (-1, 20, 40, 0.20, "cannot be told"),
        (-50, -5, 20, 0.60, "does not fit"),  # no room for a quarter of 100
        (-50, -5, 30, 0.60, "cannot be told"),
        (-50, -30, 0, 0.01, "does not fit"),  # a clear fall is no excess, whatever its p
    ],
)
def test_excess(low: float, value: float, high: float, p: float, verdict: str) -> None:
    assert excess(Interval(value, low, high), 100.0, p) == verdict


def test_one_of_two_rules_asks_for_a_smaller_p_and_no_interval() -> None:
    above = Interval(20.0, 5.0, 40.0)
    assert excess(above, 100.0, 0.04, ALPHA_LASTING) == "cannot be told"
    assert excess(above, 100.0, 0.03, ALPHA_LASTING) == "fits"
    assert pytest.approx(ALPHA) == ALPHA_LASTING + ALPHA_BURST  # together they err in one of twenty


def test_excess_without_an_interval_cannot_be_told() -> None:
    assert excess(Interval(None), 100.0, None) == "cannot be told"


def test_a_burst_must_be_rare_and_at_least_double() -> None:
    assert burst_stands_out(0.01, 65, 2.3) == "fits"
    assert burst_stands_out(0.03, 65, 2.3) == "does not fit"  # two rules share 5 %
    assert burst_stands_out(0.30, 65, 2.3) == "does not fit"  # as clear elsewhere in those weeks
    assert burst_stands_out(0.01, 4, 0.1) == "does not fit"  # four arrests are no burst
    assert burst_stands_out(None, 65, 2.3) == "cannot be told"


def test_a_burst_without_a_lasting_rise_is_told_from_one_with() -> None:
    spans = {"burst": "fits", "month": "cannot be told", "rest": "does not fit", "lasting": "cannot be told"}
    burst = singling_out(spans, "")  # type: ignore[arg-type]
    assert (burst.verdict, burst.rule) == ("fits", "a burst; not a lasting rise")
    spans |= {"rest": "fits", "lasting": "fits"}
    both = singling_out(spans, "")  # type: ignore[arg-type]
    assert (both.verdict, both.rule) == ("fits", "a burst and a lasting excess")
    spans |= {"lasting": "cannot be told"}
    replaced = singling_out(spans, "")  # type: ignore[arg-type]
    assert replaced.rule == "a burst; what lasted can be lost handoffs replaced"


def test_a_lasting_rise_cannot_be_told_where_records_began_to_name_places() -> None:
    spans = {"burst": "does not fit", "month": "fits", "quarter": "fits", "rest": "fits", "lasting": "fits"}
    assert singling_out(spans, "").verdict == "fits"  # type: ignore[arg-type]
    spans["placing"] = placing(0.55, 0.80)
    assert singling_out(spans, "").verdict == "cannot be told"  # type: ignore[arg-type]


def test_a_slow_early_rise_is_no_burst() -> None:
    spans = {"burst": "does not fit", "month": "fits", "quarter": "fits", "rest": "does not fit"}
    judged = singling_out(spans, "")  # type: ignore[arg-type]
    assert judged.verdict == "cannot be told"
    assert "lost handoffs" in judged.rule


def test_no_excess_anywhere_does_not_fit() -> None:
    spans = dict.fromkeys(("burst", "month", "quarter", "rest", "policy", "lasting"), "does not fit")
    assert singling_out(spans, "").verdict == "does not fit"  # type: ignore[arg-type]


def test_substitution_needs_a_loss_and_a_rise() -> None:
    rise, none, fall = Interval(40.0, 10.0, 70.0), Interval(1.0, -9.0, 8.0), Interval(200.0, 100.0, 300.0)
    wide = Interval(60.0, -10.0, 140.0)
    assert substitution(fall, rise, 500.0, False, "").verdict == "fits"
    assert "before the policy" in substitution(fall, rise, 500.0, True, "").rule
    assert substitution(fall, none, 500.0, False, "").verdict == "does not fit"
    assert substitution(Interval(0.0, -60.0, 40.0), rise, 500.0, False, "").verdict == "does not fit"
    assert substitution(wide, rise, 500.0, False, "").verdict == "cannot be told"
    assert substitution(wide, rise, 500.0, False, "", has_fallen=True).verdict == "fits"
    assert substitution(Interval(None), Interval(None), 0.0, False, "").verdict == "cannot be told"


def test_an_estimate_below_zero_is_no_sign_of_a_lasting_rise() -> None:
    spans = {"burst": "fits", "month": "fits", "rest": "cannot be told", "lasting": "cannot be told"}
    assert singling_out(spans, "", -71.0).rule == "a burst; no sign of a lasting rise"  # type: ignore[arg-type]
    assert singling_out(spans, "", 71.0).rule == "a burst; whether it lasted cannot be told"  # type: ignore[arg-type]


def test_concentration_compares_shares_and_admits_ignorance() -> None:
    assert concentration(Interval(0.83, 0.64, 1.11), "").verdict == "fits"
    assert concentration(Interval(1.60, 1.20, 2.10), "").verdict == "does not fit"
    assert concentration(Interval(0.50, 0.10, 1.50), "").verdict == "cannot be told"
    assert concentration(Interval(None), "").verdict == "cannot be told"


def test_relabelling_is_a_gain_around_that_makes_up_a_quarter_of_the_fall() -> None:
    fall = Interval(-32.0, -38.0, -26.0)
    assert relabel_verdict(fall, Interval(10.0, 1.0, 19.0)) == "fits"
    assert relabel_verdict(fall, Interval(1.0, -4.0, 6.0)) == "does not fit"
    assert relabel_verdict(fall, Interval(7.0, -2.0, 16.0)) == "cannot be told"
    assert relabel_verdict(Interval(3.0, -5.0, 11.0), Interval(10.0, 1.0, 19.0)) == "does not fit"
    assert relabel_verdict(Interval(None), Interval(None)) == "cannot be told"


@pytest.mark.parametrize(
    ("effect", "expected", "p", "alpha", "verdict"),
    [
        # an interval that lies on zero is not above it
        ((0.0, 20.0, 40.0), 100.0, 0.2, ALPHA, "cannot be told"),
        ((0.1, 20.0, 40.0), 100.0, 0.2, ALPHA, "fits"),
        ((0.1, 20.0, 40.0), 100.0, None, ALPHA, "fits"),
        ((0.1, 20.0, 40.0), 100.0, 0.2, ALPHA_LASTING, "cannot be told"),
        # the rank test, at its bar and beyond; it says nothing of an effect of zero or below
        ((-1.0, 20.0, 40.0), 100.0, 0.05, ALPHA, "fits"),
        ((-1.0, 20.0, 40.0), 100.0, 0.051, ALPHA, "cannot be told"),
        ((-1.0, 0.5, 40.0), 100.0, 0.05, ALPHA, "fits"),
        ((-1.0, 0.0, 40.0), 100.0, 0.01, ALPHA, "cannot be told"),
        ((-1.0, None, 40.0), 100.0, 0.01, ALPHA, "cannot be told"),
        # room for a quarter of what was expected; of one where less was
        ((-9.0, 0.0, 24.9), 100.0, 0.9, ALPHA, "does not fit"),
        ((-9.0, 0.0, 25.0), 100.0, 0.9, ALPHA, "cannot be told"),
        ((-1.0, 0.0, 0.24), 0.2, 0.9, ALPHA, "does not fit"),
        ((-1.0, 0.0, 0.25), 0.2, 0.9, ALPHA, "cannot be told"),
        ((-1.0, 0.0, 0.30), 1.3, 0.9, ALPHA, "does not fit"),
        # half an interval is none
        ((None, 20.0, 40.0), 100.0, 0.01, ALPHA, "cannot be told"),
        ((5.0, 20.0, None), 100.0, 0.01, ALPHA, "cannot be told"),
    ],
)
def test_excess_at_its_bounds(
    effect: tuple[float | None, float | None, float | None],
    expected: float,
    p: float | None,
    alpha: float,
    verdict: str,
) -> None:
    low, value, high = effect
    assert excess(Interval(value, low, high), expected, p, alpha) == verdict


def test_a_burst_at_its_bounds() -> None:
    """At most 2 %, at least twice what is usual, at least five arrests: each bound is in."""
    assert burst_stands_out(0.02, 5, 2.5) == "fits"
    assert burst_stands_out(0.0201, 5, 2.5) == "does not fit"
    assert burst_stands_out(0.02, 5, 2.51) == "does not fit"
    assert burst_stands_out(0.02, 4.9, 1.0) == "does not fit"
    assert burst_stands_out(0.02, 65, 32.6) == "does not fit"
    assert burst_stands_out(0.02, 65, 32.5) == "fits"


def test_records_that_name_places_a_tenth_more_or_less_often_cannot_be_read_for_a_rise() -> None:
    for before, during, verdict in [
        (0.0, 0.10, "cannot be told"),
        (0.10, 0.0, "cannot be told"),
        (0.5, 0.59, "fits"),
        (0.59, 0.5, "fits"),
        (0.6, 0.6, "fits"),
        (None, 0.5, "fits"),
        (0.5, None, "fits"),
    ]:
        assert placing(before, during) == verdict


YES, NO, UNCLEAR = "fits", "does not fit", "cannot be told"


@pytest.mark.parametrize(
    ("spans", "rest_value", "verdict", "rule"),
    [
        # both lasting tests, and places named as before
        ({"burst": NO, "lasting": YES, "rest": YES}, 9.0, YES, "lasting"),
        ({"burst": YES, "lasting": YES, "rest": YES}, 9.0, YES, "burst_and_lasting"),
        ({"lasting": YES, "rest": YES}, None, YES, "lasting"),
        ({"lasting": YES}, None, YES, "lasting"),  # a policy of one month: the rest is the whole
        ({"lasting": YES, "rest": YES, "placing": UNCLEAR}, 9.0, UNCLEAR, "rise_explained"),
        ({"lasting": YES, "rest": UNCLEAR}, 9.0, UNCLEAR, "excess_untold"),
        ({"lasting": NO, "rest": YES}, 9.0, UNCLEAR, "rise_explained"),
        # a burst is a burst, whatever came after it
        ({"burst": YES, "lasting": NO, "rest": NO}, 9.0, YES, "burst_not_lasting"),
        ({"burst": YES, "lasting": YES, "rest": NO}, -9.0, YES, "burst_not_lasting"),
        ({"burst": YES, "lasting": UNCLEAR, "rest": YES}, 9.0, YES, "burst_or_replaced"),
        ({"burst": YES, "lasting": YES, "rest": YES, "placing": UNCLEAR}, 9.0, YES, "burst_untold"),
        ({"burst": YES, "lasting": UNCLEAR, "rest": YES, "placing": UNCLEAR}, -1.0, YES, "burst_no_sign"),
        ({"burst": YES, "lasting": UNCLEAR, "rest": UNCLEAR}, 0.0, YES, "burst_no_sign"),
        ({"burst": YES, "lasting": UNCLEAR, "rest": UNCLEAR}, 0.1, YES, "burst_untold"),
        ({"burst": YES, "lasting": UNCLEAR, "rest": UNCLEAR}, None, YES, "burst_untold"),
        ({"burst": YES, "lasting": NO}, None, YES, "burst_not_lasting"),
        # an early rise without a burst is given no verdict, nor is a rise of the rest alone
        ({"burst": NO, "month": YES, "quarter": YES, "lasting": NO, "rest": NO}, 1.0,
         UNCLEAR, "rise_explained"),
        ({"burst": NO, "month": NO, "quarter": NO, "lasting": NO, "rest": YES}, 1.0,
         UNCLEAR, "rise_explained"),
        # none at all: the burst, the month, the quarter and the whole must all leave no room
        ({"burst": NO, "month": NO, "quarter": NO, "lasting": NO, "rest": NO}, -1.0, NO, "no_excess"),
        ({"month": NO, "quarter": NO, "lasting": NO, "rest": UNCLEAR}, -1.0, NO, "no_excess"),
        ({"burst": UNCLEAR, "month": NO, "quarter": NO, "lasting": NO}, -1.0, UNCLEAR, "excess_untold"),
        ({"burst": NO, "month": YES, "quarter": NO, "lasting": NO}, -1.0, UNCLEAR, "excess_untold"),
        ({"burst": NO, "month": NO, "quarter": UNCLEAR, "lasting": NO}, -1.0, UNCLEAR, "excess_untold"),
        ({"burst": NO, "month": NO, "quarter": NO, "lasting": UNCLEAR}, -1.0, UNCLEAR, "excess_untold"),
        ({}, None, UNCLEAR, "excess_untold"),
    ],
)  # fmt: skip
def test_singling_out_by_its_spans(
    spans: dict[str, str], rest_value: float | None, verdict: str, rule: str
) -> None:
    judged = singling_out(spans, "why", rest_value)  # type: ignore[arg-type]
    assert (judged.verdict, judged.rule) == (verdict, RULES[rule])
    assert (judged.account, judged.title) == ("singling_out", TITLES["singling_out"])
    assert (judged.reason, judged.by_span) == ("why", spans)


def test_an_early_rise_is_in_the_first_month_and_the_first_quarter() -> None:
    assert is_early_rise({"month": YES, "quarter": YES})
    assert not is_early_rise({"month": YES, "quarter": NO})
    assert not is_early_rise({"month": UNCLEAR, "quarter": YES})
    assert not is_early_rise({"month": YES})


@pytest.mark.parametrize(
    ("loss", "effect", "handoffs", "before", "fallen", "verdict", "rule"),
    [
        # nothing to replace: less than a tenth of 500 can have been lost, and the series itself did not fall
        ((-9.0, 49.9), (10.0, 70.0), 500.0, False, False, NO, "nothing_lost"),
        ((-9.0, 50.0), (10.0, 70.0), 500.0, False, False, UNCLEAR, "loss_untold"),
        ((-9.0, 49.9), (10.0, 70.0), 500.0, False, True, YES, "loss_and_rise"),
        ((-9.0, 0.09), (10.0, 70.0), 0.0, False, False, NO, "nothing_lost"),  # a tenth of one at least
        ((-9.0, 0.10), (10.0, 70.0), 0.5, False, False, UNCLEAR, "loss_untold"),
        ((-9.0, 0.12), (10.0, 70.0), 1.3, False, False, NO, "nothing_lost"),
        # a loss that can be none at all
        ((0.0, 90.0), (10.0, 70.0), 500.0, False, False, UNCLEAR, "loss_untold"),
        ((0.1, 90.0), (10.0, 70.0), 500.0, False, False, YES, "loss_and_rise"),
        ((0.0, 90.0), (10.0, 70.0), 500.0, False, True, YES, "loss_and_rise"),
        # the rise: clear, excluded, or neither; a tenth of 100 lost is 10
        ((100.0, 300.0), (0.1, 70.0), 500.0, True, False, YES, "loss_before"),
        ((100.0, 300.0), (0.0, 10.0), 500.0, False, False, UNCLEAR, "lost_rise_untold"),
        ((100.0, 300.0), (0.0, 9.9), 500.0, False, False, NO, "lost_not_more"),
        ((100.0, 300.0), (-50.0, 9.9), 500.0, True, False, NO, "lost_not_more"),
        ((-5.0, 300.0), (-50.0, -9.0), 500.0, False, True, NO, "lost_not_more"),
        # what cannot be compared
        ((None, 300.0), (10.0, 70.0), 500.0, False, False, UNCLEAR, "not_comparable"),
        ((100.0, None), (10.0, 70.0), 500.0, False, False, UNCLEAR, "not_comparable"),
        ((100.0, 300.0), (None, 70.0), 500.0, False, False, UNCLEAR, "not_comparable"),
        ((100.0, 300.0), (10.0, None), 500.0, False, False, UNCLEAR, "not_comparable"),
    ],
)
def test_substitution_at_its_bounds(
    loss: tuple[float | None, float | None],
    effect: tuple[float | None, float | None],
    handoffs: float,
    before: bool,
    fallen: bool,
    verdict: str,
    rule: str,
) -> None:
    judged = substitution(Interval(1.0, *loss), Interval(1.0, *effect), handoffs, before, "why", fallen)
    assert (judged.verdict, judged.rule) == (verdict, RULES[rule])
    assert (judged.account, judged.reason, judged.by_span) == ("substitution", "why", {})
    assert judged.title == TITLES["substitution"]


@pytest.mark.parametrize(
    ("low", "high", "verdict", "rule"),
    [
        (1.01, 2.0, NO, "more_than_population"),
        (1.01, 9.0, NO, "more_than_population"),  # above one, however wide
        (1.0, 2.0, YES, "in_proportion"),
        (0.5, 2.0, YES, "in_proportion"),  # four times is the widest that is read
        (0.5, 2.01, UNCLEAR, "wide_margin"),
        (0.0, 0.5, UNCLEAR, "wide_margin"),
        (0.5, 1.0, YES, "in_proportion"),
        (0.5, 0.99, YES, "fewer_than_population"),
        (None, 0.99, UNCLEAR, "no_population"),
        (0.5, None, UNCLEAR, "no_population"),
    ],
)
def test_concentration_at_its_bounds(low: float | None, high: float | None, verdict: str, rule: str) -> None:
    judged = concentration(Interval(0.8, low, high), "why")
    assert (judged.verdict, judged.rule) == (verdict, RULES[rule])
    assert (judged.account, judged.title) == ("concentration", TITLES["concentration"])
    assert concentration(Interval(None, low, high), "why").rule == RULES["no_population"]


@pytest.mark.parametrize(
    ("jail", "around", "verdict"),
    [
        # the jail must clearly have fallen
        ((-20.0, 0.0), (1.0, 30.0, 50.0), NO),
        ((-20.0, -0.1), (1.0, 30.0, 50.0), YES),
        # the area's gain: clear, and a quarter of 40 or more
        ((-40.0, -10.0), (0.1, 10.0, 50.0), YES),
        ((-40.0, -10.0), (0.0, 10.0, 50.0), UNCLEAR),
        ((-40.0, -10.0), (0.1, 9.9, 50.0), UNCLEAR),
        ((-40.0, -10.0), (-5.0, 3.0, 10.0), UNCLEAR),
        ((-40.0, -10.0), (0.1, 3.0, 9.9), NO),
        ((-40.0, -10.0), (None, 3.0, 9.9), UNCLEAR),
        ((-40.0, -10.0), (0.1, 3.0, None), UNCLEAR),
        ((-40.0, None), (0.1, 3.0, 9.9), UNCLEAR),
        ((None, -10.0), (0.1, 3.0, 9.9), UNCLEAR),
    ],
)
def test_relabelling_at_its_bounds(
    jail: tuple[float | None, float | None],
    around: tuple[float | None, float | None, float | None],
    verdict: str,
) -> None:
    low, value, high = around
    assert relabel_verdict(Interval(jail[0], -90.0, jail[1]), Interval(value, low, high)) == verdict

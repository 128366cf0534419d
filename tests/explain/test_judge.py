"""Verdict rules on made numbers: each rule's every outcome."""

from __future__ import annotations

import pytest

from atlarge.explain.answer import Interval
from atlarge.explain.changes import relabel_verdict
from atlarge.explain.judge import (
    ALPHA,
    ALPHA_BURST,
    ALPHA_LASTING,
    burst_stands_out,
    concentration,
    excess,
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

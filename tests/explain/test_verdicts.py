"""The rules of the verdicts: three values each, symmetrical, none without numbers that exclude the other."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest
from hand_facts import bursts, estimate, facts, lasting, total
from hypothesis import given, settings
from hypothesis import strategies as st

from atlarge.effects import learn_errors
from atlarge.explain.answer import Interval
from atlarge.explain.api import verdicts_of
from atlarge.explain.quantities import ALPHA_BURST, ALPHA_LASTING, Bursts, Lasting, LeftBefore
from atlarge.explain.verdicts import (
    BAND,
    concentration,
    excess,
    joint_p,
    lasting_rule,
    level_of,
    placing,
    q_of,
    singling_out,
    substitution,
    withheld,
)
from atlarge.messages import render, say

YES, NO, UNCLEAR = "fits", "does not fit", "cannot be told"
WHY = say("level.none", at=say("at.county", name="Somewhere"))
CLEAR = {"p": 0.01, "effect": Interval(30.0, 5.0, 60.0), "observed": 120.0}
EXCLUDED = {"p": 0.4, "p_material": 0.01, "effect": Interval(2.0, -10.0, 12.0), "observed": 92.0}
FEWER = {"p": 0.99, "p_low": 0.01, "effect": Interval(-30.0, -50.0, -5.0), "observed": 60.0}


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (CLEAR, YES),
        (CLEAR | {"p": ALPHA_LASTING}, YES),
        (CLEAR | {"p": ALPHA_LASTING + 0.001}, UNCLEAR),  # just over the bar: not told, not excluded
        (CLEAR | {"effect": Interval(30.0, -1.0, 60.0)}, UNCLEAR),
        (EXCLUDED, NO),
        (EXCLUDED | {"p_material": 0.031}, UNCLEAR),
        (EXCLUDED | {"p_material": None}, UNCLEAR),  # what could have been seen is not known
        (EXCLUDED | {"effect": Interval(2.0, -10.0, 40.0)}, UNCLEAR),
        ({"p": None}, UNCLEAR),
        (FEWER, UNCLEAR),
    ],
)
def test_a_lasting_excess_has_three_values(given: dict[str, object], verdict: str) -> None:
    assert lasting(**given).verdict == verdict


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**6))
def test_the_words_say_that_a_difference_is_clear_just_where_the_range_leaves_zero_out(seed: int) -> None:
    """Placebos of any number, spread and date, one total among or beyond them."""
    rng = np.random.default_rng(seed)
    units, dates = int(rng.integers(6, 40)), int(rng.integers(6, 20))
    unit, date = (index.ravel() for index in np.mgrid[:units, :dates])
    expected = rng.uniform(3, 80, len(unit))
    shock = np.where(date == dates - 1, rng.normal(0, 0.4), 0.0)  # what befell all at the date in question
    counts = rng.poisson(expected * np.exp(shock + rng.normal(0, rng.uniform(0.05, 0.5), len(unit))))
    errors = learn_errors(counts, expected, np.zeros(len(unit)), unit, date, length=3, here=dates - 1)
    due = float(rng.uniform(3, 80))
    one = errors.judge(float(rng.poisson(due * np.exp(rng.normal(0, 0.6)))), due, 0.0, alpha=ALPHA_LASTING)
    assert (one.low > 0) == (one.effect > 0 and one.p_high <= 0.05)
    assert (one.high < 0) == (one.effect < 0 and one.p_low <= 0.05)
    found = lasting(
        observed=one.observed, expected=one.expected, effect=Interval(one.effect, one.low, one.high),
        p=one.p_high, p_low=one.p_low, p_material=one.p_material, material=one.material,
    )  # fmt: skip
    rule = lasting_rule(found)
    assert (rule in ("fits", "more", "little_more")) == (one.low > 0)
    assert (rule in ("shortfall", "fewer")) == (one.high < 0)
    text = render(say(f"rule.lasting.{rule}"), "en")
    assert ("more than expected" in text or text.removeprefix("a ") == "lasting rise") == (one.low > 0)
    assert ("fewer than expected" in text) == (one.high < 0)
    for part in ("tail", "then", "rule.lasting"):
        assert all(render(say(f"{part}.{rule}"), language) for language in ("en", "es"))


def test_a_shortfall_needs_its_own_chance_and_an_interval_below_zero() -> None:
    assert lasting(**FEWER).is_shortfall
    assert not lasting(**FEWER | {"p_low": 0.04}).is_shortfall
    assert not lasting(**FEWER | {"effect": Interval(-30.0, -50.0, 1.0)}).is_shortfall
    assert not lasting(**CLEAR).is_shortfall


BURST = bursts(p=0.01)
FLAT = bursts(p=0.5, p_material=0.01, observed=4.0)


@pytest.mark.parametrize(
    ("burst", "last", "verdict"),
    [
        (BURST, lasting(), YES),
        (BURST, lasting(**EXCLUDED), YES),
        (bursts(), lasting(**CLEAR), YES),
        (FLAT, lasting(**EXCLUDED), NO),
        (bursts(), lasting(**EXCLUDED), UNCLEAR),
        (FLAT, lasting(), UNCLEAR),
        (FLAT, lasting(**CLEAR, withheld="replaced"), UNCLEAR),
        (FLAT, lasting(**EXCLUDED, withheld="left"), UNCLEAR),
        (None, lasting(**EXCLUDED), UNCLEAR),
    ],
)
def test_singling_out_joins_burst_and_lasting(burst: Bursts | None, last: Lasting, verdict: str) -> None:
    judged = singling_out(burst, last, WHY, {})
    assert judged.verdict == verdict
    assert judged.by_span["lasting"] == last.verdict
    assert judged.by_span["burst"] == (burst.verdict if burst else UNCLEAR)


def test_a_verdict_that_something_else_explains_is_withheld() -> None:
    rise, none = lasting(**CLEAR), lasting(**EXCLUDED)
    assert withheld(rise, None, is_replaced=False, is_steady=True) == ""
    assert withheld(rise, None, is_replaced=True, is_steady=True) == "replaced"
    assert withheld(rise, None, is_replaced=False, is_steady=False) == "placing"
    assert withheld(none, None, is_replaced=True, is_steady=False) == ""
    left = LeftBefore(date=dt.date(2016, 10, 1), estimate_from=Interval(5.0, -20.0, 40.0))
    clear = dataclasses.replace(left, estimate_from=Interval(30.0, 10.0, 60.0))
    small = dataclasses.replace(left, estimate_from=Interval(0.0, -10.0, 10.0))
    found = [
        withheld(r, at, is_replaced=False, is_steady=True)
        for r in (rise, none)
        for at in (left, clear, small)
    ]
    assert found == ["left", "", "left", "left", "left", ""]
    assert lasting_rule(dataclasses.replace(rise, withheld="left")) == "left"
    assert lasting_rule(lasting(**FEWER)) == "shortfall"


def test_the_joint_chance_is_one_in_twenty_just_where_either_test_is_at_its_bar() -> None:
    for p_burst, p_lasting in ((ALPHA_BURST, 0.9), (0.9, ALPHA_LASTING)):
        assert joint_p(bursts(p=p_burst), lasting(p=p_lasting)) == pytest.approx(0.05)
    assert joint_p(None, lasting(p=None)) is None
    assert joint_p(bursts(p=1.0), lasting(p=1.0)) == 1.0


LOSS, NONE, BROAD = Interval(-60.0, -90.0, -20.0), Interval(2.0, -5.0, 9.0), Interval(-20.0, -60.0, 10.0)
SMALL_RISE = lasting(effect=Interval(-4.0, -9.0, 1.0), observed=86.0)


@pytest.mark.parametrize(
    ("handoffs", "last", "is_before", "rule", "verdict"),
    [
        (LOSS, lasting(**CLEAR), False, "shortfall_and_rise", YES),
        (LOSS, lasting(**CLEAR), True, "shortfall_before", UNCLEAR),
        (LOSS, lasting(), False, "shortfall_rise_unclear", UNCLEAR),
        (LOSS, SMALL_RISE, False, "shortfall_no_rise", NO),
        (LOSS, lasting(**FEWER), False, "shortfall_no_rise", NO),
        (NONE, lasting(**CLEAR), False, "no_shortfall", NO),
        (BROAD, lasting(**CLEAR), False, "shortfall_unclear", UNCLEAR),
        (Interval(None), lasting(**CLEAR), False, "not_comparable", UNCLEAR),
    ],
)
def test_replacement_needs_a_shortfall_of_its_own_and_a_rise(
    handoffs: Interval, last: Lasting, is_before: bool, rule: str, verdict: str
) -> None:
    judged = substitution(handoffs, 100.0, last, extends=False, is_before=is_before, reason=WHY)
    assert (judged.verdict, judged.rule.key) == (verdict, f"rule.{rule}")


@pytest.mark.parametrize(
    ("handoffs", "last", "rule", "verdict"),
    [
        (Interval(60.0, 20.0, 90.0), lasting(**FEWER), "gain_and_fall", YES),
        (Interval(60.0, 20.0, 90.0), lasting(**CLEAR), "gain_no_fall", NO),
        (Interval(60.0, 20.0, 90.0), lasting(), "gain_fall_unclear", UNCLEAR),
        (Interval(-2.0, -9.0, 5.0), lasting(**FEWER), "no_gain", NO),
        (Interval(20.0, -10.0, 60.0), lasting(**FEWER), "gain_unclear", UNCLEAR),
    ],
)
def test_where_cooperation_is_extended_the_question_is_turned_around(
    handoffs: Interval, last: Lasting, rule: str, verdict: str
) -> None:
    judged = substitution(handoffs, 100.0, last, extends=True, is_before=False, reason=WHY)
    assert (judged.verdict, judged.rule.key) == (verdict, f"rule.{rule}")
    assert judged.title.key.endswith(".extends")


@pytest.mark.parametrize(
    ("low", "high", "level", "verdict"),
    [
        (0.67, 1.5, "proportionate", YES),
        (0.9, 1.2, "proportionate", YES),
        (0.66, 1.2, UNCLEAR, UNCLEAR),
        (0.9, 1.51, UNCLEAR, UNCLEAR),
        (1.51, 3.0, "above proportion", NO),
        (1.2, 3.0, UNCLEAR, UNCLEAR),
        (0.2, 0.66, "below proportion", NO),  # a shortfall explains nothing
    ],
)
def test_concentration_is_a_question_of_equivalence(
    low: float, high: float, level: str, verdict: str
) -> None:
    ratio = Interval((low * high) ** 0.5, low, high)
    assert level_of(ratio) == level
    assert concentration(ratio, WHY).verdict == verdict
    assert BAND == (0.67, 1.5)
    assert concentration(Interval(None), WHY).verdict == UNCLEAR


@pytest.mark.parametrize(
    ("effect", "p", "verdict"),
    [
        (Interval(30.0, 5.0, 60.0), 0.05, YES),
        (Interval(30.0, 5.0, 60.0), 0.051, UNCLEAR),
        (Interval(30.0, -5.0, 60.0), 0.01, UNCLEAR),
        (Interval(3.0, -5.0, 24.9), 0.4, NO),
        (Interval(3.0, -5.0, 25.0), 0.4, UNCLEAR),
        (Interval(None), 0.01, UNCLEAR),
    ],
)
def test_an_excess_over_a_span(effect: Interval, p: float, verdict: str) -> None:
    assert excess(effect, 100.0, p) == verdict


def test_a_shift_of_a_tenth_in_how_places_are_named_can_move_a_count() -> None:
    assert [placing(0.5, v) for v in (0.5, 0.59, 0.61, 0.39, None)] == [YES, YES, UNCLEAR, UNCLEAR, YES]


def test_q_values_are_those_of_benjamini_and_hochberg() -> None:
    """By hand: 0.01 * 3, 0.02 * 3 / 2, 0.5; a test that was not made has none."""
    np.testing.assert_allclose(q_of([0.01, 0.5, 0.02]), [0.03, 0.5, 0.03])  # type: ignore[arg-type]
    assert q_of([None, 0.2]) == [None, 0.2]
    judged = verdicts_of(facts(bursts=bursts(p=0.001), main=facts().main))
    assert judged["singling_out"].q is not None
    assert judged["singling_out"].q >= (judged["singling_out"].p or 0.0)
    assert judged["concentration"].q is None
    assert total().p == 0.4


@pytest.mark.parametrize(("policy_p", "lasting_p", "worse"), [(0.2, 0.03, 0.2), (0.01, 0.3, 0.3)])
def test_a_substitution_is_as_sure_as_the_less_sure_of_its_two_halves(
    policy_p: float, lasting_p: float, worse: float
) -> None:
    """Handoffs must fall and arrests at large rise: the chance is the larger of both."""
    fewer = estimate({"policy": total(40.0, 80.0, p=policy_p)})
    found = verdicts_of(facts(handoffs=fewer, lasting=lasting(p=lasting_p)))
    assert found["substitution"].p == worse

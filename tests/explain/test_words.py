"""The three sentences and the reasons: for facts made by hand, the words a reader should find."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hand_made import (
    CONCENTRATION,
    POLICY,
    burst,
    change,
    estimate,
    facts,
    parts,
    policy,
    total,
)

from atlarge.explain.answer import Interval, Judgement
from atlarge.explain.api import verdicts_of
from atlarge.explain.caveats import Facts
from atlarge.explain.narrative import (
    PATTERNS,
    days_text,
    first_sentence,
    is_early,
    more_or_fewer,
    reasons,
    rest_value,
    second_sentence,
    sentences_of,
    shape,
    third_sentence,
)

YES, NO, UNCLEAR = "fits", "does not fit", "cannot be told"


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (dt.date(2017, 2, 9), dt.date(2017, 2, 9), "9 February 2017"),
        (dt.date(2017, 2, 9), dt.date(2017, 2, 12), "9 to 12 February 2017"),
        (dt.date(2017, 1, 30), dt.date(2017, 2, 2), "30 January 2017 to 2 February 2017"),
        (dt.date(2016, 2, 9), dt.date(2017, 2, 12), "9 February 2016 to 12 February 2017"),
    ],
)
def test_a_run_of_days_names_a_shared_month_once(start: dt.date, end: dt.date, words: str) -> None:
    assert days_text(start, end) == words


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        (Interval(17.0, -11.0, 45.0), "17 more (90 % interval -11 to 45)"),
        (Interval(-4.26, -9.0, -0.5), "4.3 fewer (90 % interval -9 to -0.5)"),
        (Interval(0.0, -9.0, 9.0), "0 more (90 % interval -9 to 9)"),
        (Interval(17.0, None, 45.0), "17 more"),
        (Interval(-17.0, -45.0, None), "17 fewer"),
        (Interval(None), "0 more"),
    ],
)
def test_an_effect_is_worded_by_its_sign(effect: Interval, words: str) -> None:
    assert more_or_fewer(effect) == words


@pytest.mark.parametrize(
    ("spans", "value", "words"),
    [
        ({"burst": YES, "rest": YES}, 9.0, "a burst, and a lasting rise after it"),
        ({"burst": YES, "rest": NO}, 9.0, "a burst, not a lasting rise"),
        ({"burst": YES, "rest": UNCLEAR}, 0.0, "a burst, with no sign of a lasting rise"),
        ({"burst": YES, "rest": UNCLEAR}, 0.1, "a burst; no lasting rise is clear"),
        ({"burst": YES, "rest": UNCLEAR}, None, "a burst; no lasting rise is clear"),
        ({"burst": YES, "policy": YES}, None, "a burst, and a lasting rise after it"),  # one month alone
        ({"month": YES, "quarter": YES, "rest": YES}, 9.0, "an early rise, and a lasting rise after it"),
        ({"month": YES, "quarter": YES, "rest": NO}, 9.0, "an early rise, not a lasting rise"),
        ({"month": YES, "quarter": YES, "rest": UNCLEAR}, -1.0,
         "an early rise, with no sign of a lasting rise"),
        ({"month": YES, "quarter": YES, "rest": UNCLEAR}, 1.0, "an early rise; no lasting rise is clear"),
        ({"burst": NO, "month": YES, "quarter": NO, "policy": YES}, 1.0, "a lasting rise without a burst"),
        ({"burst": NO, "month": YES, "quarter": NO, "policy": NO}, 1.0, "neither a burst nor a lasting rise"),
        ({"burst": NO, "policy": UNCLEAR}, 1.0,
         "no clear burst, and a lasting rise can be neither seen nor excluded"),
        ({}, None, "no clear burst, and a lasting rise can be neither seen nor excluded"),
    ],
)  # fmt: skip
def test_the_shape_of_what_happened(spans: dict[str, str], value: float | None, words: str) -> None:
    assert shape(spans, value) == words
    assert is_early(spans) == words.startswith(("a burst", "an early rise"))


def _spans(**changes: Any) -> dict[str, Any]:
    """The main estimate: 12 in the first month where 5 were expected; 142 in the whole life, of 120."""
    spans = {
        "month": total(12.0, 5.0, low=-1.0, high=9.0, p=0.0712),
        "quarter": total(30.0, 20.0),
        "rest": total(130.0, 115.0),
        "policy": total(142.0, 120.0, low=-11.0, high=45.0, p=0.256, mde=49.4),
    }
    return {"main": estimate(spans | changes)}


LIFE = (
    "over the policy's life, 10 March 2017 to 9 September 2018, there were 142 where 120 were expected, "
    "22 more (90 % interval -11 to 45): "
)
HERE = "In Travis County, TX and the Austin office area, "
UNTOLD = "no clear burst, and a lasting rise can be neither seen nor excluded."
FEW = {"p": 0.03}  # not rare enough to stand out


@pytest.mark.parametrize(
    ("otherwise", "words"),
    [
        (
            {"burst": burst()},
            f"{HERE}30 arrests at large on 3 to 6 April 2017 stand out "
            f"(about 3 would be usual; placebo p 0.012); {LIFE}a burst; no lasting rise is clear.",
        ),
        (
            {"burst": burst(**FEW)},
            f"{HERE}in the first month 12 arrests at large were recorded and 5 expected (placebo p 0.071);"
            f" {LIFE}{UNTOLD}",
        ),
        (
            {},
            f"{HERE}in the first month 12 arrests at large were recorded and 5 expected (placebo p 0.071);"
            f" {LIFE}{UNTOLD}",
        ),
        (
            {"burst": burst(), **_spans(rest=total(130.0, 130.0, high=40.0))},
            f"{HERE}30 arrests at large on 3 to 6 April 2017 stand out "
            f"(about 3 would be usual; placebo p 0.012); {LIFE}a burst, with no sign of a lasting rise.",
        ),
    ],
)
def test_the_first_sentence_tells_of_the_burst_or_of_the_first_month(
    otherwise: dict[str, Any], words: str
) -> None:
    told = facts(**{**_spans(), **otherwise})
    assert first_sentence(told, verdicts_of(told)) == words


def test_of_a_policy_of_one_month_the_rest_has_no_value() -> None:
    spans = _spans()["main"].totals
    assert rest_value(facts(main=estimate(spans))) == 15.0
    del spans["rest"]
    assert rest_value(facts(main=estimate(spans))) is None


def _judged(verdict: str, rule: str = "the rule") -> dict[str, Judgement]:
    """Verdicts of which one sentence reads one."""
    one = Judgement("x", "x", verdict, "why", rule)  # type: ignore[arg-type]
    return dict.fromkeys(("singling_out", "substitution", "concentration"), one)


def _back(date: str, before: float, after: float) -> dict[str, Any]:
    return {"date": date, "before": before, "after": after}


REPLACED = "that lost handoffs were replaced at large cannot be told (the rule)."
FLAT = "Jail handoffs (50 a month) show no change of level within a year of the policy; "
FELL = "Jail handoffs fell from 50 to 20 a month in "
FIRST_MONTH = FELL + "March 2017, in the policy's first month; "
NOW = {"date": dt.date(2017, 3, 12), "high": dt.date(2017, 4, 2)}
LATEST = dt.date(2019, 9, 11)  # 366 days from the end of the policy


@pytest.mark.parametrize(
    ("strip", "words"),
    [
        (None, "No jail handoffs are recorded there, so "),
        (change(before=None), "No jail handoffs are recorded there, so "),
        (change(date=None, after=None), FLAT),
        (change(after=None), FLAT),
        (change(), FELL + "October 2016, 5 months before the policy; "),
        (
            change(after=80.0),
            "Jail handoffs rose from 50 to 80 a month in October 2016, 5 months before the policy applied; ",
        ),
        (change(**NOW), FIRST_MONTH),
        (change(**NOW | {"date": dt.date(2017, 3, 1)}), FIRST_MONTH),
        (change(**NOW | {"date": dt.date(2017, 2, 28)}), FELL + "February 2017, as the policy began; "),
        (change(**NOW | {"date": dt.date(2017, 1, 12)}),
         FELL + "January 2017, 2 months before the policy applied; "),
        (change(**NOW | {"date": dt.date(2017, 4, 12)}),
         FELL + "April 2017, 1 month after the policy began; "),
        # the next change the other way, within a year of the policy's end
        (
            change(**NOW, changes=[_back("2016-01-05", 20.0, 50.0), _back("2018-11-05", 20.0, 44.0)]),
            FELL + "March 2017, in the policy's first month, and came back to 44 in November 2018; ",
        ),
        (
            change(**NOW, changes=[_back("2017-09-05", 20.0, 9.0), _back("2018-11-05", 9.0, 44.0)]),
            FELL + "March 2017, in the policy's first month, and came back to 44 in November 2018; ",
        ),
        (
            change(**NOW, changes=[_back("2017-03-12", 20.0, 44.0)]),
            FIRST_MONTH,
        ),
        (
            change(**NOW, changes=[_back("2019-09-10", 20.0, 44.0)]),
            FELL + "March 2017, in the policy's first month, and came back to 44 in September 2019; ",
        ),
        (change(**NOW, changes=[_back("2019-09-11", 20.0, 44.0)]), FIRST_MONTH),
        (change(**NOW, changes=[_back("2018-11-05", 20.0, 20.0)]), FIRST_MONTH),
        (
            change(**NOW, after=80.0, changes=[_back("2018-01-05", 80.0, 44.0)]),
            "Jail handoffs rose from 50 to 80 a month in March 2017, in the policy's first month, "
            "and came back to 44 in January 2018; ",
        ),
    ],
)  # fmt: skip
def test_the_second_sentence_dates_the_change_of_handoffs(strip: Any, words: str) -> None:
    assert POLICY.ended == LATEST - dt.timedelta(days=366)
    assert second_sentence(facts(jail_change=strip), _judged(UNCLEAR)) == words + REPLACED


def test_a_fall_before_an_announcement_is_before_the_policy_and_one_after_it_before_it_applied() -> None:
    announced = policy(announced=dt.date(2017, 1, 20))
    early = facts(policy=announced, jail_change=change())
    assert "in October 2016, 5 months before the policy;" in second_sentence(early, _judged(UNCLEAR))
    late = replace(early, jail_change=change(date=dt.date(2017, 1, 22), high=dt.date(2017, 2, 10)))
    assert "in January 2017, 2 months before the policy applied;" in second_sentence(late, _judged(UNCLEAR))


def test_the_third_sentence_tells_the_level_or_that_it_is_not_known() -> None:
    told = facts(**_spans())
    first, last = (
        "That the place was singled out does not fit (the rule) and ",
        (
            "; why officers went where they went is not in the records, and a change under about 49 arrests "
            "over the policy's life could not have been seen."
        ),
    )
    assert third_sentence(told, _judged(NO)) == (
        f"{first}concentration does not fit (24 arrests at large a year per 10,000 unauthorized residents, "
        f"33 in the nation){last}"
    )
    untold = replace(told, concentration={"population": None})
    assert third_sentence(untold, _judged(NO)) == (
        f"{first}concentration cannot be told without an estimate of the unauthorized population{last}"
    )


def test_reasons_are_the_numbers_that_the_verdicts_rest_on() -> None:
    told = reasons(facts(**_spans(), burst=burst(**FEW)))
    assert told == {
        "singling_out": "First month 7 more (90 % interval -1 to 9) than expected (placebo p 0.071); "
        "whole life 22 more (90 % interval -11 to 45) (placebo p 0.256). Clearest days: "
        "30 on 3 to 6 April 2017 against 3 by its own past (placebo p 0.030).",
        # a loss of 60 (-10 to 140) is 60 fewer (-140 to 10)
        "substitution": "Handoffs were 60 fewer (90 % interval -140 to 10) than expected, "
        "arrests at large 1 more (90 % interval -9 to 30).",
        "concentration": "Share of the nation's arrests at large over share of its unauthorized population: "
        "0.74 (0.64 to 0.87).",
    }


def test_reasons_where_something_is_not_told() -> None:
    plain = reasons(facts(**_spans()))
    assert plain["singling_out"].endswith("(placebo p 0.256).")
    since = parts(loss=Interval(30.0, 20.0, 40.0), effect=Interval(5.0, 1.0, 9.0))
    assert reasons(facts(parts_since_fall=since))["substitution"] == (
        "Since handoffs fell: they were 30 fewer (90 % interval -40 to -20) than expected, arrests at large "
        "5 more (90 % interval 1 to 9)."
    )
    gained = parts(loss=Interval(-30.0, None, None))
    assert reasons(facts(parts=gained))["substitution"].startswith("Handoffs were 30 more than expected")
    assert reasons(facts(parts=None))["substitution"] == "No handoffs are recorded."
    assert reasons(facts(parts=None, notes={"parts": "too few"}))["substitution"] == "too few"
    nothing = CONCENTRATION | {"population": None, "note": "none at hand"}
    assert reasons(facts(concentration=nothing))["concentration"] == "none at hand"
    assert reasons(facts(concentration={}))["concentration"] == ""


def test_the_three_sentences_come_in_order_and_every_pattern_is_a_said_text() -> None:
    told = facts(**_spans(), burst=burst(), jail_change=change())
    judged = verdicts_of(told)
    first, second, third = sentences_of(told, judged)
    assert (first.key, second.key, third.key) == ("first_burst", "second_fell", "third")  # type: ignore[attr-defined]
    assert {first.key, second.key, third.key} <= set(PATTERNS)  # type: ignore[attr-defined]
    assert judged["substitution"].verdict in second


def _verdicts(told: Facts) -> dict[str, Judgement]:
    return verdicts_of(told)


def test_each_span_is_judged_on_its_own_numbers() -> None:
    spans = {
        "month": total(50.0, 20.0, low=5.0, high=55.0),
        "quarter": total(50.0, 40.0, low=-5.0, high=9.9),  # no room for a quarter of 40
        "rest": total(90.0, 80.0, low=-5.0, high=40.0, p_high=0.05),
        "policy": total(142.0, 120.0, low=-11.0, high=45.0, p_high=0.051),
    }
    judged = _verdicts(facts(main=estimate(spans), burst=burst()))["singling_out"].by_span
    assert judged == {
        "burst": YES, "month": YES, "quarter": NO, "rest": YES, "policy": UNCLEAR,
        "placing": YES, "residual": UNCLEAR, "lasting": UNCLEAR,
    }  # fmt: skip
    without = _verdicts(facts(main=estimate(spans)))["singling_out"].by_span
    assert set(judged) - set(without) == {"burst"}
    del spans["rest"]
    assert "rest" not in _verdicts(facts(main=estimate(spans)))["singling_out"].by_span


def test_a_lasting_excess_is_judged_on_what_lost_handoffs_leave_over() -> None:
    """p 0.03 is the lasting bar, 0.05 that of one span alone; without parts the whole effect is judged."""
    rise = Interval(40.0, -1.0, 90.0)
    for p, residual, lasting in [(0.03, YES, YES), (0.031, YES, UNCLEAR), (0.051, UNCLEAR, UNCLEAR)]:
        told = _verdicts(facts(parts=parts(residual=rise, p_residual_high=p, p_residual=0.9)))
        by_span = told["singling_out"].by_span
        assert (by_span["residual"], by_span["lasting"]) == (residual, lasting)
    for p, lasting in [(0.03, YES), (0.031, UNCLEAR)]:
        whole = estimate({**estimate().totals, "policy": total(p_high=p, p=0.9)})
        by_span = _verdicts(facts(parts=None, main=whole))["singling_out"].by_span
        assert by_span["lasting"] == lasting
        assert "residual" not in by_span


def test_records_that_began_to_name_places_take_the_lasting_verdict_away() -> None:
    clear = parts(residual=Interval(40.0, 10.0, 90.0), p_residual_high=0.01)
    rest = estimate({**estimate().totals, "rest": total(p_high=0.01)})
    asked = {"parts": clear, "main": rest, "placed_before": 0.5}
    assert _verdicts(facts(**asked, placed_during=0.55))["singling_out"].verdict == YES
    assert _verdicts(facts(**asked, placed_during=0.65))["singling_out"].verdict == UNCLEAR


def test_a_sign_of_a_lasting_rise_is_the_effect_after_the_first_month() -> None:
    spans = estimate().totals
    for rest, words in [
        (total(80.0, 90.0, high=40.0), "no sign of a lasting rise"),
        (total(), "cannot be told"),
    ]:
        judged = _verdicts(facts(burst=burst(), main=estimate({**spans, "rest": rest})))["singling_out"]
        assert judged.rule.endswith(words)


def test_substitution_is_judged_since_the_fall_where_handoffs_fell_before() -> None:
    rise, none = Interval(40.0, 10.0, 70.0), Interval(1.0, -9.0, 4.0)
    clear = parts(loss=Interval(200.0, 100.0, 300.0), effect=none)
    since = parts(loss=Interval(200.0, 100.0, 300.0), effect=rise)
    assert _verdicts(facts(parts=clear))["substitution"].verdict == NO
    before = _verdicts(facts(parts=clear, parts_since_fall=since, jail_change=change()))["substitution"]
    assert (before.verdict, before.rule) == (YES, "a loss and a rise, but the loss came before the policy")
    assert before.reason.startswith("Since handoffs fell")
    later = {"date": dt.date(2017, 4, 1), "high": dt.date(2017, 5, 1)}
    unclear = parts(effect=rise)  # a loss of 60 (-10 to 140)
    assert _verdicts(facts(parts=unclear))["substitution"].verdict == UNCLEAR
    fell = _verdicts(facts(parts=unclear, jail_change=change(**later)))["substitution"]
    assert (fell.verdict, fell.rule) == (YES, "a loss and a rise")
    assert _verdicts(facts(parts=None))["substitution"].rule == "the series cannot be compared"


def test_what_was_lost_is_measured_on_the_handoffs_that_were_expected() -> None:
    """A tenth of 2000 expected handoffs is 200: a loss of at most 140 is none."""
    handoffs = estimate({"policy": total(1900.0, 2000.0)}, measure="handoffs")
    rise = parts(effect=Interval(40.0, 10.0, 70.0))
    assert _verdicts(facts(parts=rise, handoffs=handoffs))["substitution"].rule == "no handoffs were lost"
    none = _verdicts(facts(parts=rise))["substitution"]
    assert none.rule == "whether handoffs were lost cannot be told"


def test_concentration_is_judged_on_the_ratio_of_shares() -> None:
    judged = _verdicts(facts())["concentration"]
    assert (judged.verdict, judged.rule) == (YES, "fewer arrests than the population would give")
    assert judged.reason.endswith("0.74 (0.64 to 0.87).")
    more = CONCENTRATION | {"share_ratio": {"value": 1.6, "low": 1.2, "high": 2.0}}
    assert _verdicts(facts(concentration=more))["concentration"].verdict == NO
    assert _verdicts(facts(concentration={}))["concentration"].rule == "no estimate of the population"

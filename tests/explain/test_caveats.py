"""Caveats: every rule has words in both languages; each applies where it should, and nowhere else."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import pytest
from hand_facts import (
    AOR,
    CONCENTRATION,
    HERE,
    OFFICE,
    bursts,
    change,
    estimate,
    facts,
    lasting,
    parts,
    policy,
    relabel,
    total,
)

from atlarge.effects.pooling import Ratio
from atlarge.explain.answer import MOST_CAVEATS, Interval
from atlarge.explain.caveats import RULES, caveats_of
from atlarge.explain.facts import changed_before, fell_before, months_between
from atlarge.explain.fit import other_policies
from atlarge.explain.quantities import LeftBefore, MethodSwitch
from atlarge.messages import catalogue, render, say
from atlarge.policies import Registry

LOADED = re.compile(r"illegal|alien|sanctuary|proves?\b|criminal", re.IGNORECASE)
QUIET = {"counts_not_intent", "rate_unlike"}
DAY = dt.timedelta(days=1)


def test_every_rule_has_words_and_every_words_a_rule() -> None:
    words = {key.removesuffix(".hidden") for key in catalogue() if key.startswith("caveat.")}
    assert {f"caveat.{name}" for name in RULES} == words


def test_words_are_neutral() -> None:
    for key, texts in catalogue().items():
        assert not LOADED.search(texts["en"]), key


def test_months_between_days() -> None:
    first = dt.date(2016, 10, 20)
    later = (dt.date(2016, 10, 30), dt.date(2016, 11, 10), dt.date(2017, 3, 20), dt.date(2018, 10, 20))
    assert [months_between(first, day) for day in later] == [0, 1, 5, 24]


def _scheme(low: float | None, value: float, high: float | None) -> dict[str, Any]:
    return {"effect": {"low": low, "value": value, "high": high}}


def _schemes(one: tuple[float, float, float], two: tuple[float, float, float]) -> dict[str, Any]:
    return {"schemes": {"ddp": _scheme(*one), "biglocal": _scheme(*two)}}


def _share(**changes: Any) -> dict[str, Any]:
    return {"concentration": CONCENTRATION | changes}


def _whole(**changes: Any) -> dict[str, Any]:
    clear = lasting(p=0.01, effect=Interval(10.0, 1.0, 20.0))
    return {"main": estimate({"policy": total(**changes)}), "lasting": clear}


UNKNOWN = Ratio(0.5, float("nan"), float("nan"), 0.0, 1.0, 7, False)
OPEN = policy(ended=None)
SHORT = policy(ended=dt.date(2018, 3, 9))  # 364 days
OTHERS = [
    say("other.from", title="One", day=dt.date(2017, 1, 1)),
    say("other.until", title="Two", day=dt.date(2018, 5, 2)),
    say("other.since", title="Three", when="2018"),
]
NO_OFFICE = replace(HERE, office=None)
BY_RULE = replace(OFFICE, note="by a rule")
FALSE_DATE = {"date": "2016-10-01", "value": 25.04, "low": 4.96, "high": 31.0, "p_placebo": 0.1}

SWITCH = MethodSwitch(
    place="AUS", place_name="Austin", label="AUS GENERAL AREA", date=dt.date(2017, 4, 1), share_before=0.87,
    share_after=0.13, near_policy=True,
)  # fmt: skip

CASES: list[tuple[str, dict[str, Any], dict[str, str] | None]] = [
    # a warning, what is otherwise in the quiet case, the values in its words (None: it does not apply)
    (
        "handoffs_fell_before",
        {"jail_change": change()},
        {"date": "October 2016", "before": "50", "after": "20", "months": "5 months"},
    ),
    ("handoffs_fell_before", {"jail_change": change(after=50.0)}, None),
    ("handoffs_fell_before", {"jail_change": change(after=80.0)}, None),
    ("handoffs_fell_before", {"jail_change": change(high=dt.date(2017, 3, 1))}, None),
    (
        "anticipation",
        {"policy": policy(announced=dt.date(2017, 3, 1))},
        {"announced": "2017-03-01", "days": "9"},
    ),
    ("anticipation", {"policy": policy(announced=dt.date(2017, 3, 10))}, None),
    ("anticipation", {"policy": policy(announced=dt.date(2017, 3, 11))}, None),
    (
        "policy_window",
        {"policy": policy(latest=dt.date(2017, 3, 31), precision="month")},
        {"precision": "month", "effective": "2017-03-10", "latest": "2017-03-31"},
    ),
    ("policy_confidence", {"policy": policy(confidence="low")}, {"confidence": "low"}),
    ("policy_confidence", {"policy": policy(confidence="medium")}, {"confidence": "medium"}),
    ("policy_confidence", {"policy": policy(confidence="")}, None),
    ("short_life", {"policy": SHORT}, {"days": "364"}),
    ("short_life", {"policy": policy(ended=dt.date(2018, 3, 10))}, None),  # 365
    ("life_cut", {"policy": OPEN}, {"months": "30", "end": "2019-09-01"}),
    (
        "life_cut",  # cut, and short for that: no word of a short life
        {"policy": policy(effective=dt.date(2019, 8, 20), ended=None)},
        {"months": "1", "end": "2019-09-01"},
    ),
    ("area_not_county", {"area_only_share": 0.5}, {"share": "50%", "county": "Travis County, TX"}),
    ("area_not_county", {"area_only_share": 0.49}, None),
    ("area_not_county", {"area_only_share": 0.9, "where": replace(HERE, county=None)}, None),
    ("office_not_known", {"where": NO_OFFICE}, {"county": "Travis County, TX"}),
    ("office_not_known", {"where": replace(HERE, county=None)}, None),
    ("office_not_known", {"where": replace(NO_OFFICE, county=None)}, None),
    ("office_by_rule", {"where": replace(HERE, office=BY_RULE)}, {"office": "Austin", "note": "by a rule"}),
    ("office_by_rule", {"where": replace(HERE, office=BY_RULE, county=None)}, None),
    ("unplaced", {"placed_during": 0.95}, {"aor": AOR.name, "share": "5%"}),
    ("unplaced", {"placed_during": 0.0}, {"aor": AOR.name, "share": "100%"}),
    ("unplaced", {"placed_during": 0.96}, None),
    ("unplaced", {"placed_during": 0.5, "where": replace(HERE, aor=None)}, None),
    ("unplaced", {"placed_during": 0.5, "main": estimate(area=AOR)}, None),
    (
        "placing_changed",
        {"placed_before": 1.0, "placed_during": 0.96, "where": HERE},
        None,
    ),
    ("placing_changed", {"placed_before": 0.96 - 0.099, "placed_during": 0.96}, None),
    (
        "placing_changed",
        {"placed_before": 0.85, "placed_during": 0.96},
        {"aor": AOR.name, "before": "85%", "during": "96%"},
    ),
    ("placing_changed", {"placed_before": None, "placed_during": 0.96}, None),
    ("placing_changed", {"placed_before": 0.5, "placed_during": None}, None),
    (
        "placing_changed",
        {"placed_before": 0.5, "placed_during": 0.96, "where": replace(HERE, aor=None)},
        None,
    ),
    ("aor_recovered", {"recovered": 1}, {"count": "1"}),
    ("few_placebos", _whole(placebos=38), {"places": "38", "least": "0.026"}),  # 1 of 39
    ("few_placebos", _whole(placebos=39), None),
    ("few_placebos", _whole(placebo_units=20, p_least=0.0123), {"places": "20", "least": "0.012"}),
    ("poor_fit", {"main": estimate(pre_rmse=1.8, pre_mean=5.0)}, {"rmse": "1.8", "mean": "5"}),
    ("poor_fit", {"main": estimate(pre_rmse=0.35, pre_mean=1.0)}, None),
    ("poor_fit", {"main": estimate(pre_rmse=0.35, pre_mean=0.0)}, None),
    ("detectable", _whole(expected=80.0, mde=20.0), {"mde": "20", "relative": "25%"}),
    ("detectable", _whole(expected=80.0, mde=19.9), None),
    ("detectable", _whole(expected=0.0, mde=19.9), None),
    ("detectable", _whole(expected=0.5, mde=1.0), {"mde": "1", "relative": "200%"}),
    (
        "left_before",
        {"in_time": FALSE_DATE},
        {"date": "2016-10-01", "value": "25", "low": "5", "high": "31", "p": "0.100"},
    ),
    ("left_before", {"in_time": FALSE_DATE | {"p_placebo": 0.101}}, None),
    ("left_before", {"in_time": FALSE_DATE | {"p_placebo": None}}, None),
    ("no_parts", {"parts": None, "notes": {"parts": "too few"}}, {"reason": "too few"}),
    ("no_parts", {"parts": None}, {"reason": "no handoffs are recorded"}),
    ("rate_not_known", {"parts": parts(ratio=UNKNOWN)}, {"n": "7"}),
    ("rate_without_places", {"parts": parts(ratio=replace(UNKNOWN, n=0))}, {}),
    ("relabelled", {"relabel": relabel("fits")}, {"jail": "30", "around": "12"}),
    ("relabelled", {"relabel": relabel("does not fit")}, None),
    ("relabelling_untold", {"relabel": relabel("cannot be told")}, {}),
    ("margin_unknown", _share(is_margin_known=False), {"place": "Made metropolitan area", "year": "2014"}),
    ("schemes_differ", _schemes((1.0, 20.0, 40.0), (-1.0, 17.96, 40.0)), {"one": "20", "two": "18"}),
    ("schemes_differ", _schemes((-9.0, 1.0, 9.0), (-30.0, -20.0, -1.0)), {"a": "ddp", "b": "biglocal"}),
    ("schemes_differ", _schemes((1.0, 20.0, 40.0), (-30.0, -20.0, -1.0)), {"one": "20", "two": "-20"}),
    ("schemes_differ", _schemes((1.0, 20.0, 40.0), (2.0, 30.0, 50.0)), None),
    ("schemes_differ", _schemes((-40.0, -20.0, -1.0), (-50.0, -30.0, -2.0)), None),
    ("schemes_differ", _schemes((-4.0, 20.0, 40.0), (-20.0, -5.0, 9.0)), None),
    ("schemes_differ", _schemes((0.0, 20.0, 40.0), (-20.0, -5.0, 0.0)), None),  # zero excludes nothing
    ("schemes_differ", {"schemes": {"ddp": _scheme(1.0, 2.0, 3.0)}}, None),
    ("schemes_differ", {"schemes": {"ddp": _scheme(1.0, 2.0, 3.0), "biglocal": _scheme(None, 2.0, None)}},
     {"one": "2", "two": "2"}),
    ("schemes_differ", {"schemes": {"ddp": _scheme(1.0, 2.0, 3.0), "biglocal": {"effect": None}}}, None),
    ("other_policies", {"others": OTHERS[:2]}, {"ids": "One, from 1 January 2017; Two, until 2 May 2018."}),
    ("other_policies", {"others": OTHERS}, {"ids": "Two, until 2 May 2018; and 1 other."}),
    ("extends_policy", {"policy": policy(direction="extends")}, {}),
    ("housing_policy", {"policy": policy(kind="jail_contract")}, {}),
    ("same_week_elsewhere", {"bursts": bursts(elsewhere=1)}, {"count": "1", "places": "80"}),
    ("same_week_elsewhere", {"bursts": bursts(elsewhere=0)}, None),
    ("officers_from_elsewhere", {"same_aor_donors": 1}, {"count": "1"}),
    ("larger_than_city", {"policy": policy(level="city")}, {"county": "Travis County, TX"}),
    ("larger_than_city", {}, None),
    ("method_switch", {"method_switches": [SWITCH]}, {"label": "only the Austin office area"}),
    ("method_switch", {"method_switches": [replace(SWITCH, near_policy=False)]}, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "otherwise", "values"), CASES)
def test_a_caveat_applies_where_its_rule_says(
    name: str, otherwise: dict[str, Any], values: dict[str, str] | None
) -> None:
    found = {w.id: w for w in caveats_of(facts(**otherwise))}
    assert (name in found) == (values is not None)
    by_length = {"life_cut", "short_life"}
    allowed = QUIET | {name, "extends_policy", "detectable"} | (by_length & set(found))
    assert set(found) <= allowed
    if values is not None:
        for language in ("en", "es"):
            text = render(found[name].message, language)
            assert "{" not in text
        for key in ("county", "count", "places", "mde", "label", "ids"):
            if key in values:
                assert values[key] in found[name].text


def test_an_earlier_departure_that_was_dated_is_in_the_sentence_and_not_a_caveat() -> None:
    dated = LeftBefore(date=dt.date(2016, 11, 1))
    assert "left_before" not in {w.id for w in caveats_of(facts(in_time=FALSE_DATE, left_before=dated))}


@pytest.mark.parametrize("missing", ["date", "high", "after", "before"])
def test_a_fall_of_which_something_is_not_known_is_no_fall(missing: str) -> None:
    assert fell_before(facts(jail_change=change()))
    assert not fell_before(facts(jail_change=change(**{missing: None})))
    assert not fell_before(facts())


def test_a_change_comes_before_where_its_latest_day_lies_before_the_month_the_policy_was_known_in() -> None:
    """The policy is of 10 March 2017, or was announced before."""
    assert fell_before(facts(jail_change=change(high=dt.date(2017, 2, 28))))
    assert not fell_before(facts(jail_change=change(high=dt.date(2017, 3, 1))))
    announced = policy(announced=dt.date(2017, 1, 20))
    assert fell_before(facts(policy=announced, jail_change=change(high=dt.date(2016, 12, 31))))
    assert not fell_before(facts(policy=announced, jail_change=change(high=dt.date(2017, 1, 1))))
    rose = facts(jail_change=change(before=20.0, after=50.0))
    assert changed_before(rose, rose=True)
    assert not changed_before(rose, rose=False)


def test_those_that_change_the_reading_come_first() -> None:
    order = list(RULES)
    assert order.index("left_before") < order.index("area_not_county") < order.index("life_cut")
    assert MOST_CAVEATS == 3


FIRST, LAST = dt.date(2016, 3, 1), dt.date(2018, 3, 1)
ENDS = policy(kind="ends_287g", effective=dt.date(2017, 3, 10))


def _others(*others: dict[str, Any], of: Any = ENDS, language: str = "en") -> list[str]:
    rows = [
        policy(**{"id": f"other-{k}", "title": "A law", "ended": None, **o}) for k, o in enumerate(others)
    ]
    found = other_policies(of, Registry([of, *rows]), HERE, FIRST, LAST)
    return [render(one, language) for one in found]


AGREEMENT = {
    "kind": "program_287g", "agency": "Sheriff", "direction": "extends", "effective": dt.date(2010, 1, 1),
    "ended": dt.date(2017, 3, 10),
}  # fmt: skip


@pytest.mark.parametrize("days", [-20, 0, 20])
def test_what_a_policy_ended_is_no_other_decision(days: int) -> None:
    ended = dt.date(2017, 3, 10) + days * DAY
    assert _others(AGREEMENT | {"ended": ended}) == []
    started = AGREEMENT | {"effective": dt.date(2016, 6, 5), "ended": ended}
    assert _others(started) == ["a 287(g) agreement, from 5 June 2016"]
    assert _others(started, language="es") == ["un acuerdo 287(g), desde el 5 de junio de 2016"]


def test_other_decisions_are_named_with_the_days_that_fall_into_these_months() -> None:
    assert _others(AGREEMENT | {"ended": dt.date(2017, 9, 1)}) == [
        "a 287(g) agreement, until 1 September 2017"
    ]
    assert _others({"effective": dt.date(2016, 6, 5)}) == ["A law, from 5 June 2016"]
    month = {"effective": dt.date(2017, 6, 1), "latest": dt.date(2017, 6, 30), "precision": "month"}
    assert _others(month) == ["A law, from June 2017"]
    assert _others(month, language="es") == ["«A law», desde junio de 2017"]
    year = {"effective": dt.date(2017, 1, 1), "latest": dt.date(2017, 12, 31), "precision": "year"}
    both = {"effective": dt.date(2016, 6, 5), "ended": dt.date(2017, 9, 1)}
    assert _others(year, both) == ["A law, from 5 June 2016 until 1 September 2017", "A law, from 2017"]
    assert _others({"effective": FIRST - DAY}, {"effective": LAST}, {"effective": LAST, "ended": LAST}) == []


def test_what_ended_a_policy_is_no_other_decision() -> None:
    agreement = policy(**AGREEMENT | {"effective": dt.date(2016, 6, 5)})
    its_end = {"kind": "ends_287g", "effective": dt.date(2017, 3, 10)}
    assert _others(its_end, of=agreement) == []
    assert _others(its_end | {"direction": "extends"}, of=agreement) == ["A law, from 10 March 2017"]

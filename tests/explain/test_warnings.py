"""Warnings: every text has a rule and every rule a text; each applies where it should, and nowhere else."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import pytest
from hand_made import (
    AOR,
    CONCENTRATION,
    COUNTY,
    HERE,
    OFFICE,
    burst,
    change,
    estimate,
    facts,
    parts,
    policy,
    relabel,
    total,
)

from atlarge.effects.pooling import Ratio
from atlarge.explain.api import explain
from atlarge.explain.caveats import (
    RULES,
    Facts,
    count_text,
    fell_before,
    has_fallen,
    months_between,
    months_said,
    share_text,
    texts,
    warnings_of,
)

LOADED = re.compile(r"illegal|alien|sanctuary|proves?\b|criminal", re.IGNORECASE)
QUIET = {"counts_not_intent", "rate_unlike"}
DAY = dt.timedelta(days=1)


def test_texts_and_rules_are_the_same_set() -> None:
    assert set(texts()) == set(RULES)


def test_words_are_neutral() -> None:
    for text in texts().values():
        assert not LOADED.search(text), text


def test_each_warning_names_numbers_by_fields_that_its_rule_gives() -> None:
    answer = explain("48453", policy="travis-tx-2017")
    for warned in answer.warnings:
        assert "{" not in warned.text
    assert {w.id for w in answer.warnings} >= {
        "counts_not_intent",
        "handoffs_fell_before",
        "anticipation",
        "short_life",
        "area_not_county",
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "an unknown number"),
        (0.0, "0"),
        (0.04, "0"),
        (0.06, "0.1"),
        (2.0, "2"),
        (9.94, "9.9"),
        (-9.94, "-9.9"),
        (10.0, "10"),
        (-10.4, "-10"),
        (10.6, "11"),
        (1234.4, "1,234"),
    ],
)
def test_counts_are_whole_above_ten_and_else_have_one_digit(value: float | None, words: str) -> None:
    assert count_text(value) == words


def test_shares_months_and_spans_between_days_in_words() -> None:
    assert [share_text(v) for v in (0.0, 0.054, 0.056, 1.0)] == ["0 %", "5 %", "6 %", "100 %"]
    assert [str(months_said(n)) for n in (0, 1, 2)] == ["0 months", "1 month", "2 months"]
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
    return {"main": estimate({"policy": total(**changes)})}


UNKNOWN = Ratio(0.5, float("nan"), float("nan"), 0.0, 1.0, 7, False)
OPEN = policy(ended=None)
SHORT = policy(ended=dt.date(2018, 3, 9))  # 364 days
NO_OFFICE = replace(HERE, office=None)
BY_RULE = replace(OFFICE, note="by a rule")
FALSE_DATE = {"date": "2016-10-01", "value": 25.04, "low": 4.96, "high": 31.0, "p_placebo": 0.1}

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
    ("area_not_county", {"area_only_share": 0.5}, {"share": "50 %", "county": "Travis County, TX"}),
    ("area_not_county", {"area_only_share": 0.49}, None),
    ("area_not_county", {"area_only_share": 0.9, "where": replace(HERE, county=None)}, None),
    ("office_not_known", {"where": NO_OFFICE}, {"county": "Travis County, TX"}),
    ("office_not_known", {"where": replace(HERE, county=None)}, None),
    ("office_not_known", {"where": replace(NO_OFFICE, county=None)}, None),
    ("office_by_rule", {"where": replace(HERE, office=BY_RULE)}, {"office": "Austin", "note": "by a rule"}),
    ("office_by_rule", {"where": replace(HERE, office=BY_RULE, county=None)}, None),
    ("unplaced", {"placed_during": 0.95}, {"aor": AOR.name, "share": "5 %"}),
    ("unplaced", {"placed_during": 0.0}, {"aor": AOR.name, "share": "100 %"}),
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
        {"aor": AOR.name, "before": "85 %", "during": "96 %"},
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
    ("poor_fit", {"main": estimate(pre_rmse=1.8, pre_mean=5.0)}, {"rmse": "1.8", "mean": "5"}),
    ("poor_fit", {"main": estimate(pre_rmse=0.35, pre_mean=1.0)}, None),
    ("poor_fit", {"main": estimate(pre_rmse=0.35, pre_mean=0.0)}, None),
    ("detectable", _whole(expected=80.0, mde=20.0), {"mde": "20", "relative": "25 %"}),
    ("detectable", _whole(expected=80.0, mde=19.9), None),
    ("detectable", _whole(expected=0.0, mde=19.9), None),
    ("detectable", _whole(expected=0.5, mde=1.0), {"mde": "1", "relative": "200 %"}),
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
    ("relabelled", {"relabel": relabel("fits")}, {"jail": "30", "around": "12"}),
    ("relabelled", {"relabel": relabel("does not fit")}, None),
    ("relabelling_untold", {"relabel": relabel("cannot be told")}, {}),
    ("margin_unknown", _share(is_margin_known=False), {"place": "Made metropolitan area", "year": "2014"}),
    ("no_population", _share(population=None, is_margin_known=None, note="None known."),
     {"note": "None known."}),
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
    ("other_policies", {"others": ["a-1", "b-2"]}, {"ids": "a-1, b-2"}),
    ("other_place", {"is_own_policy": False, "policy": policy(place_name="Other")},
     {"place": "Other", "asked": "Travis County, TX"}),
    ("other_place", {"is_own_policy": False, "policy": policy(kind="date")}, None),
    ("extends_policy", {"policy": policy(direction="extends")}, {}),
    ("housing_policy", {"policy": policy(kind="jail_contract")}, {}),
    ("same_week_elsewhere", {"burst": burst(elsewhere=1)}, {"count": "1", "places": "80"}),
    ("same_week_elsewhere", {"burst": burst(elsewhere=0)}, None),
    ("officers_from_elsewhere", {"same_aor_donors": 1}, {"count": "1"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "otherwise", "values"), CASES)
def test_a_warning_applies_where_it_should_and_brings_no_other(
    name: str, otherwise: dict[str, Any], values: dict[str, str] | None
) -> None:
    found = {warned.id: warned for warned in warnings_of(facts(**otherwise))}
    quiet = QUIET - {"rate_unlike"} if name in ("no_parts", "rate_not_known") else QUIET
    assert set(found) == (quiet | {name} if values is not None else quiet)
    for key, words in (values or {}).items():
        assert str(found[name].values[key]) == words
        assert words in found[name].text


def test_every_warning_has_a_case() -> None:
    assert {name for name, _, values in CASES if values is not None} | QUIET == set(RULES)


def test_the_rate_is_told_with_its_places_and_interval() -> None:
    told = {warned.id: warned for warned in warnings_of(facts())}
    assert list(told) == ["counts_not_intent", "rate_unlike"]  # in the order of the file
    assert "pooled from 14 other places (0.25, 90 % interval 0.05 to 0.45" in told["rate_unlike"].text


def _fallen(**changes: Any) -> Facts:
    return facts(jail_change=change(**changes))


@pytest.mark.parametrize("missing", ["date", "high", "after", "before"])
def test_a_fall_of_which_something_is_not_told_is_no_fall(missing: str) -> None:
    assert fell_before(_fallen())
    assert not fell_before(_fallen(**{missing: None}))
    now = {"date": dt.date(2017, 4, 1), "high": dt.date(2017, 5, 1)}
    assert has_fallen(_fallen(**now))
    if missing != "high":
        assert not has_fallen(_fallen(**now | {missing: None}))
    assert not has_fallen(_fallen(**now, p=None))
    assert not fell_before(facts())
    assert not has_fallen(facts())


def test_a_fall_comes_before_where_its_latest_day_lies_before_the_month_the_policy_was_known_in() -> None:
    """The made policy is of 10 March 2017, or was announced before."""
    assert fell_before(_fallen(high=dt.date(2017, 2, 28)))
    assert not fell_before(_fallen(high=dt.date(2017, 3, 1)))
    announced = policy(announced=dt.date(2017, 1, 20))
    assert fell_before(facts(policy=announced, jail_change=change(high=dt.date(2016, 12, 31))))
    assert not fell_before(facts(policy=announced, jail_change=change(high=dt.date(2017, 1, 1))))


def test_a_fall_is_the_policys_own_from_a_month_before_it_was_known_to_its_end() -> None:
    known, end = dt.date(2017, 3, 10), dt.date(2018, 9, 10)
    for day, is_inside in [
        (known - 32 * DAY, False),
        (known - 31 * DAY, True),
        (end - DAY, True),
        (end, False),
    ]:
        assert has_fallen(_fallen(date=day)) == is_inside
    assert has_fallen(_fallen(date=known, p=0.05))
    assert not has_fallen(_fallen(date=known, p=0.051))
    assert not has_fallen(_fallen(date=known, after=50.0))
    assert not has_fallen(_fallen(date=known, after=90.0))


def test_the_shares_of_the_warned_are_of_the_county_asked_about() -> None:
    where = replace(HERE, county=replace(COUNTY, name="Another County, TX"))
    (warned,) = [w for w in warnings_of(facts(area_only_share=0.7, where=where)) if w.id == "area_not_county"]
    assert "70 %" in warned.text
    assert "not Another County, TX" in warned.text

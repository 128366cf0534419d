"""The document of an answer: which key carries which number, and with how many digits."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hand_facts import COUNTY, change

from atlarge.explain.answer import (
    Area,
    EventPoint,
    Interval,
    Judgement,
    Placebo,
    Series,
    Span,
    Warned,
)
from atlarge.messages import say
from example_answer import example_answer

THIRD = 1 / 3
DAY = dt.date(2017, 3, 1)
RUNS = [
    {"date": "2017-04-01", "before": 14.0, "after": 50.0},
    {"date": "2017-06-01", "before": 50.0, "after": 20.0},
]
SEGMENTS = [
    {"start": "2017-03-01", "end": "2017-04-01", "level": 14.0},
    {"start": "2017-04-01", "end": "2017-06-01", "level": 50.0},
    {"start": "2017-06-01", "end": None, "level": 20.0},
]


def test_intervals_are_rounded_to_hundredths_and_know_whether_they_are_known() -> None:
    assert Interval(THIRD, -THIRD, 2 * THIRD).to_dict() == {"value": 0.33, "low": -0.33, "high": 0.67}


def test_a_span_gives_p_to_four_digits_and_shares_to_three() -> None:
    span = Span(
        "quarter", "at_large", COUNTY, DAY, dt.date(2017, 5, 31), 12.345678, Interval(10 * THIRD),
        Interval(9.0, 1.0, 17.0), 0.0123456, 61, 4.5678, 0.654321,
    )  # fmt: skip
    assert span.to_dict() == {
        "span": "quarter",
        "measure": "at_large",
        "area": {"level": "county", "code": "48453", "name": "Travis County, TX", "note": ""},
        "start": "2017-03-01",
        "end": "2017-05-31",
        "observed": 12.35,
        "counterfactual": {"value": 3.33, "low": None, "high": None},
        "effect": {"value": 9.0, "low": 1.0, "high": 17.0},
        "p_placebo": 0.0123,
        "placebos": 61,
        "mde": 4.57,
        "burst_share": 0.654,
        "inferred": 0.0,
    }
    bare = replace(span, p_placebo=None, mde=None, burst_share=None).to_dict()
    assert (bare["p_placebo"], bare["mde"], bare["burst_share"]) == (None, None, None)


def test_series_and_gaps_are_rounded_to_hundredths_and_keep_what_is_missing() -> None:
    numbers: list[float | None] = [THIRD, None]
    series = Series(
        "at_large", "Label", "arrests", Area("aor", "SNA", "San Antonio", "a note"),
        [DAY, dt.date(2017, 4, 1)], [31, 9], numbers, [2 * THIRD, None], [0.0, None], [1.23456, None],
    )  # fmt: skip
    assert series.to_dict() == {
        "measure": "at_large",
        "label": "Label",
        "unit": "arrests",
        "area": {"level": "aor", "code": "SNA", "name": "San Antonio", "note": "a note"},
        "period": ["2017-03-01", "2017-04-01"],
        "days": [31, 9],
        "observed": [0.33, None],
        "counterfactual": [0.67, None],
        "low": [0.0, None],
        "high": [1.23, None],
    }
    assert Placebo("48201", "Harris", numbers).to_dict() == {
        "place": "48201", "place_name": "Harris", "gap": [0.33, None],
    }  # fmt: skip
    assert EventPoint(-2, DAY, Interval(THIRD, 0.0, 1.0)).to_dict() == {
        "month": -2, "start": "2017-03-01", "value": 0.33, "low": 0.0, "high": 1.0,
    }  # fmt: skip


def test_a_change_gives_its_dates_or_that_there_is_none() -> None:
    found = change(
        before=50 + THIRD, after=20 - THIRD, p=0.0123456, period=[DAY], value=[THIRD], changes=RUNS
    )
    point = {
        "measure": "handoffs", "place": "48453", "date": "2016-10-20", "low": "2016-10-01",
        "high": "2016-11-10", "before": 50.33, "after": 19.67, "p": 0.0123, "all": RUNS, "segments": SEGMENTS,
    }  # fmt: skip
    assert found.point() == point
    assert found.to_dict() == {
        **point, "label": "Jail handoffs",
        "area": COUNTY.to_dict(), "period": ["2017-03-01"], "values": [0.33],
    }  # fmt: skip
    none = change(date=None, low=None, high=None, after=None, p=None).point()
    assert [none[k] for k in ("date", "low", "high", "after", "p")] == [None] * 5


def test_verdicts_and_warnings_as_plain_values() -> None:
    rule = say("rule.proportionate")
    judged = Judgement(
        "concentration", say("account.concentration"), "fits", say("level.none", at="there"), rule,
        {"month": "fits"}, 0.123456, 0.2,
    )  # fmt: skip
    assert judged.to_dict() == {
        "account": "concentration", "title": "More people liable to arrest live there", "verdict": "fits",
        "reason": str(judged.reason), "rule": str(rule), "details": [],
        "by_span": {"month": "fits"}, "p": 0.1235, "q": 0.2,
    }  # fmt: skip
    singled = replace(judged, account="singling_out", by_span={"burst": "fits", "lasting": "does not fit"})
    assert (singled.to_dict()["burst"], singled.to_dict()["lasting"]) == ("fits", "does not fit")
    warned = Warned("short_life", say("caveat.short_life", days=1), "interval")
    assert warned.to_dict()["text"].startswith("The policy was in force for only 1 day;")


def test_an_answer_prints_as_a_summary_and_its_repr_is_short() -> None:
    answer = example_answer()
    assert len(repr(answer)) < 200
    assert str(answer).splitlines()[0] == str(answer.headline)
    assert len(str(answer).splitlines()) < 15
    assert len(answer.main_caveats) <= 3
    assert "no se puede saber" in answer.summary("es")


def test_the_document_rounds_its_own_numbers_and_carries_its_parts() -> None:
    answer = replace(
        example_answer(),
        observed=205 + THIRD,
        counterfactual=Interval(188 + THIRD, 160.0, 216.0),
        effect=Interval(17 + THIRD, -11.0, 45.0),
        p_placebo=0.4123456,
        mde=49 + THIRD,
        baseline=156 + THIRD,
        scheme="biglocal",
        span="policy",
    )
    document = answer.to_dict()
    assert (document["observed"], document["counterfactual"], document["baseline"]) == (
        205.33,
        188.33,
        156.33,
    )
    assert document["counterfactual_interval"] == {"value": 188.33, "low": 160.0, "high": 216.0}
    assert document["effect"] == {"value": 17.33, "low": -11.0, "high": 45.0}
    assert (document["p_placebo"], document["mde"]) == (0.4123, 49.33)
    assert (document["start"], document["end"]) == ("2017-03-01", "2017-10-24")
    assert (document["scheme"], document["measure"], document["span"]) == ("biglocal", "at_large", "policy")
    assert (document["policy"]["announced"], document["policy"]["confidence"]) == ("2017-02-20", "high")
    assert (document["place"], document["place_kind"]) == ("99001", "county")
    assert document["warning_ids"] == ["counts_not_intent", "handoffs_fell_before", "area_not_county"]
    assert document["warnings"] == [warned.text for warned in answer.warnings]
    assert document["change_points"] == [document["change_point"]]
    assert set(document["verdicts"]) == {"singling_out", "substitution", "concentration"}
    assert [len(document[k]) for k in ("spans", "series", "event_time", "sentences")] == [3, 2, 24, 3]
    bare = replace(answer, p_placebo=None, mde=None, baseline=None, counterfactual=Interval(None)).to_dict()
    assert [bare[k] for k in ("p_placebo", "mde", "baseline", "counterfactual")] == [None] * 4

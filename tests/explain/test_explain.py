"""The whole answer on the real records: known facts by general methods, and bad questions refused."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import pytest

from atlarge.errors import CoverageError, PlaceError, QuestionError
from atlarge.explain import Answer, explain, find_policy
from atlarge.explain.terminal import text_of
from atlarge.messages import render
from command_line import run
from example_answer import example_answer

pytestmark = pytest.mark.slow_file

VERDICTS = {"fits", "does not fit", "cannot be told"}
KEYS = {
    "place",
    "policy",
    "observed",
    "counterfactual",
    "effect",
    "p_placebo",
    "parts",
    "concentration",
    "change_point",
    "surges",
    "warnings",
    "span",
    "spans",
    "verdicts",
    "sentences",
    "mde",
    "schemes",
    "sensitivity",
}


@pytest.fixture(scope="module")
def travis() -> Answer:
    return explain("Travis County, TX", policy="travis-tx-2017")


def test_the_fall_in_jail_handoffs_is_dated_before_the_policy(travis: Answer) -> None:
    change = travis.change_point
    assert change.date is not None
    assert change.low is not None
    assert dt.date(2016, 9, 1) <= change.low <= change.date < dt.date(2016, 12, 1)
    assert change.after is not None
    assert change.before is not None
    assert change.after < 0.5 * change.before
    back = [c for c in change.changes if c["date"].startswith(("2017-09", "2017-10", "2017-11"))]
    assert back
    assert back[0]["after"] > back[0]["before"]


def test_the_65_arrests_stand_out_as_a_burst_and_no_lasting_rise(travis: Answer) -> None:
    first = travis.surges[0]
    assert (first["place"], first["start"]) == ("AUS", "2017-02-09")
    assert "2017-02-12" <= first["end"] <= "2017-02-13"  # the scan may take in the three of the 13th
    assert 65 <= first["observed"] <= 68
    assert travis.burst is not None
    assert (travis.burst["start"], travis.burst["end"]) == ("2017-02-09", "2017-02-12")
    assert travis.burst["observed"] == 65
    assert travis.burst["p_placebo"] <= 0.05
    assert travis.verdicts["singling_out"].by_span["burst"] == "fits"
    assert travis.verdicts["singling_out"].by_span["rest"] != "fits"
    assert "burst" in travis.sentences[0]


def test_the_answer_has_the_contract_keys_and_survives_json(travis: Answer) -> None:
    document = json.loads(json.dumps(travis.to_dict(), default=str))
    assert set(document) >= KEYS
    assert set(document["parts"]) == {"trend", "substitution", "residual"}
    assert document["span"] == "policy"
    assert len(document["sentences"]) == 3
    assert {v["verdict"] for v in document["verdicts"].values()} <= VERDICTS
    assert set(document["schemes"]) == {"ddp", "biglocal"}


def test_the_parts_add_up_to_what_was_observed(travis: Answer) -> None:
    parts = [part.value for part in travis.parts.values()]
    assert travis.baseline is not None
    total = travis.baseline + sum(v for v in parts if v is not None)
    assert total == pytest.approx(travis.observed, abs=0.5)  # each is rounded nowhere before the sum
    assert travis.observed == 192  # counted by hand: 185 of the office area, 7 that name the county
    for part in travis.parts.values():
        assert part.low <= part.value <= part.high  # type: ignore[operator]


def test_every_level_and_span_is_there(travis: Answer) -> None:
    seen = {(span.area.level, span.measure, span.span) for span in travis.spans}
    for level in ("locality", "county", "office", "aor"):
        for span in ("month", "quarter", "policy"):
            assert (level, "at_large", span) in seen


def test_the_same_question_gives_the_same_answer(travis: Answer) -> None:
    again = explain("48453", policy="travis-tx-2017")
    assert json.dumps(again.to_dict(), default=str) == json.dumps(travis.to_dict(), default=str)


def test_change_points_find_other_sheriffs_days_too() -> None:
    """A sheriff took office on 2018-12-04 and ended the agreement; nobody tells the method."""
    answer = explain("Mecklenburg County, NC", policy="mecklenburg-nc-2018")
    assert answer.change_point.date is not None
    assert abs((answer.change_point.date - dt.date(2018, 12, 5)).days) <= 21


def test_an_office_and_an_aor_can_be_queried_too() -> None:
    office = explain("AUS", policy="travis-tx-2017")
    assert office.area.level == "office"
    assert office.observed == 185
    aor = explain("San Antonio", date=dt.date(2017, 2, 1))
    assert (aor.place, aor.area.level) == ("SNA", "aor")


def test_a_day_can_be_queried_instead_of_a_policy() -> None:
    answer = explain("Dallas County, TX", date=dt.date(2017, 6, 15))
    assert answer.policy["kind"] == "date"
    assert answer.start == dt.date(2017, 6, 15)


@pytest.mark.parametrize(
    ("place", "query", "error", "words"),
    [
        ("Nowhere County, TX", {"policy": "travis-tx-2017"}, PlaceError, "Nowhere"),
        ("48453", {"policy": "travis-2017"}, QuestionError, "travis-tx-2017"),
        ("48453", {}, QuestionError, "name a policy .* or a day .*; Travis County, TX has travis-tx-2017"),
        ("48453", {"date": dt.date(2019, 10, 1)}, CoverageError, "after the records end"),
        ("48453", {"date": dt.date(2014, 1, 1)}, CoverageError, "before the records begin"),
        (
            "Loving County, TX",
            {"date": dt.date(2017, 2, 1)},
            QuestionError,
            "too few arrests at large here.*: 0 in .*nearest answer is its El Paso area",
        ),
        ("42101", {"policy": "philadelphia-pa-2016"}, QuestionError, "at least 6 are needed"),
        ("US", {"date": dt.date(2017, 2, 1)}, QuestionError, "no comparison"),
        ("SNA", {"policy": "travis-tx-2017"}, QuestionError, "explain 48453 --policy travis-tx-2017"),
    ],
)
def test_bad_questions_are_refused_with_what_would_be_needed(
    place: str, query: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        explain(place, **query)  # type: ignore[arg-type]


def test_the_command_line_tells_usage_from_bad_questions() -> None:
    neither = run(["explain", "48453"])
    assert neither.exit_code == 2
    both = run(["explain", "48453", "--policy", "travis-tx-2017", "--date", "2017-02-01"])
    assert both.exit_code == 2
    listed = run(["policies", "--state", "TX", "--json"])
    assert listed.exit_code == 0
    assert "travis-tx-2017" in {row["id"] for row in json.loads(listed.stdout)}


def test_the_example_fills_every_field() -> None:
    document = example_answer().to_dict()
    assert set(document) >= KEYS
    assert all(value not in (None, [], {}) for key, value in document.items() if key in KEYS)


@pytest.mark.parametrize(
    ("begun", "ended", "why"),
    [
        (dt.date(2017, 2, 1), dt.date(2018, 6, 1), None),
        (dt.date(2016, 4, 10), dt.date(2019, 5, 20), None),  # for longer than other estimates follow it
        (dt.date(2017, 2, 1), dt.date(2019, 7, 15), "only 1 whole months after its end"),
        (dt.date(2017, 2, 1), dt.date(2022, 1, 1), "still in force where the records end"),
    ],
)
def test_a_policy_that_ended_is_set_against_both_sides_or_it_is_said_why_not(
    begun: dt.date, ended: dt.date, why: str | None
) -> None:
    policy = find_policy("travis-tx-2017")
    policy = dataclasses.replace(policy, announced=None, effective=begun, latest=begun, ended=ended)
    answer = explain("48453", policy=policy.id, registry=[policy])
    document = answer.to_dict()
    reason = document["method"]["not_told"].get("two_sided")
    if why is None:
        assert reason is None
        both = document["two_sided"]
        assert both["effect"]["low"] <= both["effect"]["value"] <= both["effect"]["high"]
        assert both["end"] == (ended - dt.timedelta(days=1)).isoformat()
        own = answer.verdicts["singling_out"].details[0]
        assert ("Over all of its 37 months" in render(own, "en")) == (ended.year == 2019)
    else:
        assert document["two_sided"] is None
        assert why in reason


def test_a_summary_alone_has_the_numbers_of_the_whole_answer(travis: Answer) -> None:
    summary = explain("48453", policy="travis-tx-2017", summary_only=True)
    assert text_of(summary) == text_of(travis)
    short, whole = summary.to_dict(), travis.to_dict()
    left_out = {"change_points", "corroboration", "event_time", "sensitivity", "series"}
    assert {k for k in whole if short[k] != whole[k]} <= left_out | {"spans", "elsewhere", "method"}
    assert not any(short[k] for k in left_out)
    assert all(span in whole["spans"] for span in short["spans"])

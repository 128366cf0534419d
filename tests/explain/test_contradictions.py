"""No answer contradicts itself: not over thousands of random ones, not over those of the registry."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import textstat
from consistency import contradictions
from random_answers import answer_of, random_facts
from registered import in_reach, questions_of

from atlarge.errors import AtlargeError
from atlarge.explain import explain
from atlarge.explain.answer import Answer, Area, Interval
from atlarge.messages import Message, say

pytestmark = pytest.mark.slow_file

SEEDS = 1000
MOST_GRADE = 9.0
VERDICTS = ["fits", "does not fit", "cannot be told"]


@pytest.mark.slow
def test_no_random_answer_contradicts_itself() -> None:
    rules, heads = set(), set()
    for seed in range(SEEDS):
        answer = _random(seed)
        found = contradictions(answer)
        assert found == [], (seed, found)
        heads.add(answer.headline.key)
        rules |= {v.rule.key for v in answer.verdicts.values()}
    assert heads >= {"headline.burst", "headline.lasting", "headline.apart", "headline.extends"}
    assert rules >= {"rule.shortfall_and_rise", "rule.gain_and_fall", "rule.no_shortfall", "rule.no_gain"}


def _random(seed: int) -> Answer:
    return answer_of(random_facts(np.random.default_rng(seed)))


def _answer() -> Answer:
    for answer in map(_random, range(SEEDS)):
        rules = {v.rule.key for v in answer.verdicts.values()}
        if "rule.shortfall_rise_unclear" in rules and answer.bursts is not None and answer.bursts.start:
            return answer
    raise AssertionError("no such answer")


def test_the_check_sees_what_it_is_for() -> None:
    """Each defect, put into a sound answer, is found: a check that cannot fail checks nothing."""
    sound = _answer()
    assert contradictions(sound) == []
    singled, replaced = sound.verdicts["singling_out"], sound.verdicts["substitution"]
    other = "fits" if singled.verdict != "fits" else "does not fit"
    defects = [
        replace(sound, observed=sound.observed + 3),
        replace(sound, effect=Interval(1e6, 0.0, 1.0)),
        replace(sound, usual_month=(sound.usual_month or 0) + 1),
        replace(sound, verdicts={**sound.verdicts, "singling_out": replace(singled, verdict=other)}),  # type: ignore[arg-type]
        replace(sound, verdicts={**sound.verdicts, "substitution": replace(replaced, verdict="fits")}),
        replace(sound, headline=say("join", a=sound.headline, b=sound.messages[0])),
        replace(
            sound,
            headline=say("handoffs.none", at=say("at.county", name="X, by a placebo p of " + "0.04 " * 40)),
        ),
    ]
    for k, defect in enumerate(defects):
        assert contradictions(defect), k


SWAPPED = {
    "diff.more": "diff.fewer",
    "diff.fewer": "diff.more",
    "diff.more_brief": "diff.fewer_brief",
    "diff.fewer_brief": "diff.more_brief",
    "between.more": "between.fewer",
    "between.fewer": "between.more",
    "change.fell": "change.rose",
    "change.rose": "change.fell",
    "burst.fits": "burst.cannot be told",
    "burst.cannot be told": "burst.fits",
    **{f"verdict.{a}": f"verdict.{b}" for a, b in zip(VERDICTS, VERDICTS[1:] + VERDICTS[:1], strict=True)},
    **{f"rule.burst.{a}": f"rule.burst.{b}" for a, b in zip(VERDICTS, VERDICTS[::-1], strict=True) if a != b},
    **{f"{kind}.{a}": f"{kind}.shortfall" for kind in ("then", "tail", "rule.lasting") for a in VERDICTS},
    **{f"{kind}.shortfall": f"{kind}.fits" for kind in ("then", "tail", "rule.lasting")},
    "rule.shortfall_and_rise": "rule.no_shortfall",
    "rule.proportionate": "rule.above_proportion",
}


def swaps(message: Message) -> Iterator[tuple[str, Message]]:
    """The message with one word of direction or one verdict in it turned around, each in turn."""
    if message.key in SWAPPED:
        yield message.key, replace(message, key=SWAPPED[message.key])
    for name, value in message.params.items():
        if isinstance(value, Message):
            for key, turned in swaps(value):
                yield key, replace(message, params={**message.params, name: turned})


def test_every_word_that_is_turned_around_is_found() -> None:
    """In each sentence of many sound answers each word of direction and each verdict, one at a time."""
    tried: Counter[str] = Counter()
    for seed in range(120):
        sound = _random(seed)
        turned = [(key, replace(sound, headline=m)) for key, m in swaps(sound.headline)]
        for k, message in enumerate(sound.messages):
            others = list(sound.messages)
            for key, wrong in swaps(message):
                others[k] = wrong
                turned.append((key, replace(sound, messages=list(others))))
        for key, answer in turned:
            assert contradictions(answer), (seed, key)
            tried[key] += 1
    assert len(tried) >= 20
    assert sum(tried.values()) > 1000


def test_a_level_drawn_otherwise_than_found_is_seen() -> None:
    sound = next(a for a in map(_random, range(SEEDS)) if a.change_strips and contradictions(a) == [])
    changes = [
        {"date": "2016-10-01", "before": 51.0, "after": 18.0},
        {"date": "2017-09-01", "before": 18.0, "after": 30.0},
    ]
    strip = replace(sound.change_strips[0], period=[dt.date(2015, 10, 1)], changes=changes)
    assert contradictions(replace(sound, change_strips=[strip])) == []
    torn = [changes[0], {**changes[1], "before": 25.0}]
    assert contradictions(replace(sound, change_strips=[replace(strip, changes=torn)]))


CHUNKS, EVERY, OTHER_LEVELS = 2, 4, 3
"""Every fourth policy, one of three of them at another level too; benchmarks/answers.py asks all."""


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_answer_of_the_registry_contradicts_itself(chunk: int) -> None:
    """Policies that the embedded records can answer, at their own places, and in turn at another level.

    The same answers are read by textstat: a reader of grade 9 can follow what a terminal prints.
    """
    grades = []
    for k, policy in enumerate(in_reach()[::EVERY]):
        if k % CHUNKS != chunk:
            continue
        first, *others = questions_of(policy)
        questions = [first] + ([others[k % len(others)]] if others and k % OTHER_LEVELS == 0 else [])
        for place, question in questions:
            try:
                answer = explain(place, **question)
            except AtlargeError:
                continue
            assert contradictions(answer) == [], (place, question)
            grades.append([textstat.flesch_kincaid_grade(text) for text in main_texts(answer)])
    heads, whole = np.array(grades).T
    assert len(grades) >= 5
    assert heads.mean() <= MOST_GRADE
    assert whole.mean() <= MOST_GRADE
    assert whole.max() <= MOST_GRADE + 1


def main_texts(answer: Answer) -> tuple[str, str]:
    """The headline, and all of the main text."""
    caveats = [warned.text for warned in answer.main_caveats]
    return str(answer.headline), " ".join([str(answer.headline), *answer.sentences, *caveats])


def test_the_grade_agrees_with_a_count_by_hand() -> None:
    # 6 words, 1 sentence, 7 syllables
    by_hand = 0.39 * 6 + 11.8 * 7 / 6 - 15.59
    assert textstat.flesch_kincaid_grade("The cat sat on the table.") == pytest.approx(by_hand, abs=0.01)


def test_handoffs_of_another_area_are_not_those_of_the_place() -> None:
    """Those of its area of responsibility do not stand for a county's that cannot be compared."""
    sound = next(a for a in map(_random, range(SEEDS)) if a.handoffs is not None)
    assert sound.handoffs in sound.spans
    larger = Area("aor", "ATL", "Atlanta area of responsibility")
    others = [replace(s, area=larger) if s.measure == "handoffs" else s for s in sound.spans]
    assert replace(sound, spans=others).handoffs is None

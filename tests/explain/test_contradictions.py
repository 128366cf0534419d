"""No answer contradicts itself: not over thousands of random ones, not over those of the registry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_answers import answer_of, random_facts

from atlarge.errors import AtlargeError
from atlarge.explain import explain
from atlarge.explain.answer import Answer, Interval
from atlarge.explain.consistency import contradictions
from atlarge.messages import say
from atlarge.policies import policies

SEEDS = 2000


@pytest.mark.slow
def test_no_random_answer_contradicts_itself() -> None:
    rules, heads = set(), set()
    for seed in range(SEEDS):
        answer = answer_of(random_facts(np.random.default_rng(seed)))
        found = contradictions(answer)
        assert found == [], (seed, found)
        heads.add(answer.headline.key)
        rules |= {v.rule.key for v in answer.verdicts.values()}
    assert heads >= {"headline.burst", "headline.lasting", "headline.apart", "headline.extends"}
    assert rules >= {"rule.shortfall_and_rise", "rule.gain_and_fall", "rule.no_shortfall", "rule.no_gain"}


def _answer() -> Answer:
    for seed in range(SEEDS):
        answer = answer_of(random_facts(np.random.default_rng(seed)))
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


@pytest.mark.slow
def test_no_answer_of_the_registry_contradicts_itself() -> None:
    """Every policy that the embedded records can answer, of its place and of the office that sits there."""
    answered = 0
    for policy in policies():
        if policy.effective.year > 2019 or not policy.is_jail_rule or policy.kind == "program_287g":
            continue
        try:
            answer = explain(policy.fips or policy.state, policy=policy.id)
        except AtlargeError:
            continue
        answered += 1
        assert contradictions(answer) == [], policy.id
    assert answered > 10

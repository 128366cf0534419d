"""The words of an answer in two languages: the catalogue has every pattern, and tells what it says."""

from __future__ import annotations

import string
from functools import cache

import pytest

from atlarge.explain import explain
from atlarge.explain.answer import Answer
from atlarge.explain.caveats import texts
from atlarge.explain.narrative import PATTERNS
from atlarge.explain.verdicts import RULES
from atlarge.publish.answers import show
from atlarge.publish.i18n import Words, catalogue
from atlarge.publish.messages import Teller


@cache
def worked() -> Answer:
    return explain("Travis County, TX", policy="travis-tx-2017")


def _names(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name}


def test_the_catalogue_has_every_pattern_of_explain_word_for_word() -> None:
    wanted = {f"said.{k}": v for k, v in PATTERNS.items()}
    wanted |= {f"said.rule.{k}": v for k, v in RULES.items()}
    wanted |= {f"warn.{k}": v for k, v in texts().items()}
    for key, english in wanted.items():
        assert catalogue()[key]["en"] == english, key
        assert _names(catalogue()[key]["es"]) <= _names(english), key


def test_english_is_what_the_answer_says_where_nothing_is_hidden() -> None:
    shown = show(worked(), threshold=2)
    tell = Teller(shown, Words("en"))
    assert shown.is_main_shown
    for text in [*worked().sentences, *(v.reason for v in worked().verdicts.values())]:
        assert tell(text).replace("\u2212", "-") == text


@pytest.mark.parametrize("word", [" the ", " were ", " of ", " that ", " expected", " month ", " policy"])
def test_spanish_leaves_no_english_behind(word: str) -> None:
    shown = show(worked(), threshold=2)
    tell = Teller(shown, Words("es"))
    told = [tell(t) for t in worked().sentences]
    told += [tell(t) for v in worked().verdicts.values() for t in (v.reason, v.rule)]
    told += [tell.warning(warned) for warned in worked().warnings]
    for text in told:
        assert word not in text


def test_a_hidden_count_is_left_out_of_its_sentence_and_of_what_is_built_on_it() -> None:
    """At a threshold above the whole life's count, the count and its difference are gone, the rest stays."""
    whole = worked().observed
    shown = show(worked(), threshold=int(whole) + 1)
    tell = Teller(shown, Words("en"))
    first = tell(worked().sentences[0])
    assert f"{whole:,.0f} where" not in first
    assert "[withheld]: " in first
    assert f"<{int(whole) + 1} where" in first
    reason = tell(worked().verdicts["singling_out"].reason)
    assert "whole life [withheld]" in reason

"""Warnings: every text has a rule and every rule a text; each can be filled; words are neutral."""

from __future__ import annotations

import re

from atlarge.explain.core import explain
from atlarge.explain.warn import RULES, texts

LOADED = re.compile(r"illegal|alien|sanctuary|proves?\b|criminal", re.IGNORECASE)


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

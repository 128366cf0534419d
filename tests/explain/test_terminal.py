"""The text of an answer: its table and details hold the numbers of the answer, and fit a terminal."""

from __future__ import annotations

import re

import numpy as np
import pytest
from random_answers import answer_of, random_facts

from atlarge.explain.answer import Answer
from atlarge.explain.terminal import WIDTH, rows_of, text_of
from atlarge.messages import Number, render

SEEDS = range(40)


def _answers() -> list[Answer]:
    return [answer_of(random_facts(np.random.default_rng(seed))) for seed in SEEDS]


def _flat(text: str) -> str:
    return " ".join(text.replace("  - ", " ").split())


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_text_has_the_headline_the_accounts_and_the_caveats_and_more_on_demand(language: str) -> None:
    for answer in _answers():
        text, more = text_of(answer, language), text_of(answer, language, details=True)
        sentences = [answer.headline, *answer.messages, *(w.message for w in answer.main_caveats)]
        for sentence in sentences:
            assert _flat(render(sentence, language)) in _flat(text)
        behind = [m for judgement in answer.verdicts.values() for m in judgement.details]
        others = [w.message for w in answer.warnings if w.id not in {w.id for w in answer.main_caveats}]
        for sentence in [*behind, *(row["says"] for row in answer.corroboration), *others]:
            assert _flat(render(sentence, language)) in _flat(more)
        for span in answer.spans:
            numbers = f"{Number(span.observed).text()} / {Number(span.counterfactual.value).text()}, "
            assert numbers in more
            assert span.p_placebo is None or f", p {span.p_placebo:.3f}" in more
        prose = [line for line in text.splitlines()[1:] if not re.search(r"\S {2,}\S", line)]
        assert max(map(len, prose)) <= WIDTH


def test_the_table_of_a_text_holds_its_rows_and_differences_carry_their_sign() -> None:
    seen = {"+": 0, "-": 0}
    for answer in _answers():
        lines = text_of(answer).splitlines()
        for name, observed, expected, effect in rows_of(answer):
            [line] = [one for one in lines if one.startswith(name + " ") and "  " in one.strip()]
            cells = re.split(r" {2,}", line[len(name) :].strip())
            assert cells[:2] == [Number(observed).text(), Number(expected).text()]
            difference = Number(effect.value).text()
            assert cells[2] == (difference if difference == "0" or difference[0] == "-" else f"+{difference}")
            if effect.low is not None and effect.high is not None:
                low, high = cells[3].split(" to ")
                assert (low.lstrip("+"), high.lstrip("+")) == (
                    Number(effect.low).text(),
                    Number(effect.high).text(),
                )
            for mark in seen:
                seen[mark] += cells[2].startswith(mark)
    assert min(seen.values()) > 5


@pytest.mark.parametrize("width", [30, 40, 62, 80])
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_narrow_terminal_breaks_lines_between_words_and_loses_nothing(language: str, width: int) -> None:
    for answer in _answers()[:12]:
        text = text_of(answer, language, width=width)
        assert max(map(len, text.splitlines())) <= width
        for message in (answer.headline, *answer.messages, *(w.message for w in answer.main_caveats)):
            assert _flat(render(message, language)) in _flat(text)
        for row in rows_of(answer, language):
            assert row[0] in _flat(text)
            assert Number(row[1]).text() in text


def test_the_rows_are_those_that_the_answer_has() -> None:
    for answer in _answers():
        observed = [row[1] for row in rows_of(answer)]
        expected = []
        if answer.bursts is not None and answer.bursts.verdict == "fits" and answer.bursts.start:
            expected.append(answer.bursts.observed)
        if answer.counterfactual.value is not None:
            expected.append(answer.observed)
        if answer.lasting is not None and answer.lasting.bursts_removed:
            expected.append(answer.lasting.observed)
        if answer.two_sided is not None:
            expected.append(answer.two_sided.observed)
        if answer.handoffs is not None and answer.handoffs.counterfactual.value is not None:
            expected.append(answer.handoffs.observed)
        assert observed == expected

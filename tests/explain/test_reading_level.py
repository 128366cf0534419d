"""A reader of grade 9 can follow an answer: Flesch-Kincaid grade of its headline, paragraphs and caveats."""

from __future__ import annotations

import re
from statistics import mean

import numpy as np
from random_answers import answer_of, random_facts

MOST = 9.0


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end; one at least.

    Counted by hand: "arrests" 2, "policy" 3, "place" 1, "expected" 3, "the" 1, "immigration" 4.
    """
    text = re.sub(r"(?<=[^aeiouyl])e$|(?<=[^td])ed$|(?<=[^aeiouysxz])es$", "", word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", text)))


def grade(text: str) -> float:
    """Flesch-Kincaid grade; numbers count as words of one syllable, names as words like others."""
    sentences = [s for s in re.split(r"(?<=[.!?])\s+", text) if re.search(r"\w", s)]
    words = re.findall(r"[A-Za-z']+|\d[\d,.]*", text)
    spoken = sum(1 if word[0].isdigit() else syllables(word) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * spoken / len(words) - 15.59


def test_syllables_and_grade_agree_with_counts_by_hand() -> None:
    by_hand = {"arrests": 2, "policy": 3, "place": 1, "expected": 3, "the": 1, "immigration": 4, "moved": 1}
    assert {word: syllables(word) for word in by_hand} == by_hand
    # 6 words, 1 sentence, 7 syllables: 0.39 * 6 + 11.8 * 7 / 6 - 15.59
    assert abs(grade("The cat sat on the table.") - (0.39 * 6 + 11.8 * 7 / 6 - 15.59)) < 1e-9


def test_answers_read_at_grade_nine() -> None:
    heads, paragraphs, caveats = [], [], []
    for seed in range(150):
        answer = answer_of(random_facts(np.random.default_rng(seed)))
        heads.append(grade(str(answer.headline)))
        paragraphs.append(grade(" ".join(answer.sentences)))
        caveats.append(grade(" ".join(w.text for w in answer.warnings)))
    assert mean(heads) <= MOST
    assert mean(paragraphs) <= MOST
    assert mean(caveats) <= MOST
    assert np.quantile(paragraphs, 0.95) <= MOST + 1

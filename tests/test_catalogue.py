"""The one catalogue: both languages say the same things, and numbers read as they should."""

from __future__ import annotations

import datetime as dt
import re
import string
from pathlib import Path

import pytest

import atlarge
from atlarge.messages import Days, Number, catalogue, join, render, say

FIRST = dt.date(2017, 2, 9)
CODE = "\n".join(p.read_text(encoding="utf-8") for p in Path(atlarge.__file__).parent.rglob("*.py"))
TEMPLATES = "\n".join(p.read_text(encoding="utf-8") for p in Path(atlarge.__file__).parent.rglob("*.j2"))
STARTS = {m.removesuffix("{") for m in re.findall(r'f"([a-z_]+(?:\.[a-z_ ]+)*\.?)\{', CODE + TEMPLATES)}


def _names(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name}


def test_both_languages_fill_the_same_names() -> None:
    for key, texts in catalogue().items():
        assert set(texts) == {"en", "es"}, key
        assert _names(texts["en"]) == _names(texts["es"]), key


def test_every_key_is_used_and_every_literal_key_exists() -> None:
    literal = {key for key in re.findall(r'\bsay\(\s*"([^"{}]+)"', CODE) if "." in key and " " not in key}
    assert literal <= set(catalogue()), literal - set(catalogue())
    for key in catalogue():
        name = key.removesuffix(".hidden").removesuffix(".brief")
        used = f'"{name}"' in CODE + TEMPLATES or any(name.startswith(start) for start in STARTS if start)
        assert used, key


def test_spanish_has_no_uncontracted_article_and_no_english() -> None:
    for key, texts in catalogue().items():
        assert not re.search(r"\b[ad]e? el (?![A-Z{])", texts["es"]), key
        assert not re.search(r"\b(the|of|were|that|which|with|from)\b", texts["es"]), key


def test_no_number_stands_twice_in_a_row() -> None:
    """`{n:arrest|arrests}` prints the number too: "about {n} {n:arrest|arrests}" would say it twice."""
    for key, texts in catalogue().items():
        for text in texts.values():
            assert not re.search(r"\{(\w+)\} \{\1:(?!=)", text), key


def test_no_sentence_stands_twice() -> None:
    seen: dict[str, str] = {}
    for key, texts in catalogue().items():
        if key.endswith(".hidden") or len(texts["en"].split()) < 6:
            continue
        assert texts["en"] not in seen, (key, seen.get(texts["en"]))
        seen[texts["en"]] = key


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (Number(None), "?"),
        (Number(-0.0), "0"),
        (Number(-0.04), "0"),
        (Number(0.06), "0.1"),
        (Number(2.0), "2"),
        (Number(9.94), "9.9"),
        (Number(9.96), "10"),
        (Number(-9.94), "-9.9"),
        (Number(1234.4), "1,234"),
        (Number(0.054, "share"), "5"),
        (Number(-0.001, "share"), "0"),
        (Number(0.744, "ratio"), "0.74"),
        (Number(-0.001, "ratio"), "0.00"),
        (Number(0.0244, "ratio", digits=3), "0.024"),
    ],
)
def test_numbers_as_printed(number: Number, words: str) -> None:
    assert number.text() == words


@pytest.mark.parametrize(
    ("last", "english", "spanish"),
    [
        (FIRST, "on 9 February 2017", "el 9 de febrero de 2017"),
        (dt.date(2017, 2, 12), "on 9–12 February 2017", "del 9 al 12 de febrero de 2017"),
        (dt.date(2017, 3, 1), "on 9 February – 1 March 2017", "del 9 de febrero al 1 de marzo de 2017"),
        (
            dt.date(2018, 1, 2),
            "on 9 February 2017 – 2 January 2018",
            "del 9 de febrero de 2017 al 2 de enero de 2018",
        ),
    ],
)
def test_a_run_of_days_names_what_both_ends_share_once(last: dt.date, english: str, spanish: str) -> None:
    message = say("burst.fits", n=Number(3.0), days=Days(FIRST, last), e=Number(1.0))
    assert english in render(message)
    assert spanish in render(message, "es")


def test_a_noun_goes_with_its_number_as_printed() -> None:
    days = Days(FIRST, FIRST)
    for value, words in (
        (1.0, "1 arrest at"),
        (1.04, "1 arrest at"),
        (2.0, "2 arrests at"),
        (0.0, "0 arrests at"),
    ):
        assert words in render(say("burst.fits", n=Number(value), days=days, e=Number(1.0)))


def test_a_hidden_number_takes_the_pattern_without_it_or_leaves_a_mark() -> None:
    fits = say("burst.fits", n=Number(3.0), days=Days(FIRST, FIRST), e=Number(1.0))

    def hide(number: Number) -> str | None:
        return "<5" if number.value == 3.0 else None

    assert "3" not in render(fits, "en", hide).replace("9 February 2017", "")
    moment = say("handoffs.none", at=say("at.county", name="X"))
    assert render(join(fits, moment), "en", hide).endswith("X.")
    level = say(
        "level.ratio", ratio=Number(3.0, "ratio"), low=Number(2.0, "ratio"), high=Number(4.0, "ratio")
    )
    assert "4.00" not in render(level, "en", hide)


def test_a_sentence_begins_with_a_capital_and_a_part_of_one_does_not() -> None:
    assert render(say("change.flat")).startswith("Their")
    assert render(say("when.policy")) == "while the policy was in force"
    assert render(say("moment.began")) == "as the policy began"


def test_names_of_areas_that_follow_a_preposition_begin_with_no_article_that_it_would_join() -> None:
    """ "de el" and "a el" are no Spanish; what stands after "de" or "a" is worded with another noun."""
    after = {
        parameter
        for texts in catalogue().values()
        for parameter in re.findall(r"\b(?:de|a) \{(\w+)\}", texts["es"])
    }
    assert "place" in after
    people = [texts["es"] for key, texts in catalogue().items() if key.startswith("level.people.")]
    assert people
    assert not [text for text in people if text.startswith("el ")]


def test_percentages_are_set_as_each_language_sets_them() -> None:
    """90% in English; in Spanish a narrow no-break space before the sign, so that no line breaks there."""
    for key, texts in catalogue().items():
        assert not re.search(r"[\d}][ \u00a0\u202f]%", texts["en"]), key
        assert not re.search(r"[\d}][ \u00a0]?%", texts["es"]), key

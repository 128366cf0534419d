"""An answer on a page: in two languages, and with nothing told that rests on a suppressed count."""

from __future__ import annotations

from functools import cache

import pytest

from atlarge.explain import explain
from atlarge.explain.answer import Answer
from atlarge.publish.answers import show
from atlarge.publish.i18n import Words, catalogue
from atlarge.publish.messages import MessageRenderer

pytestmark = pytest.mark.slow_file


@cache
def worked() -> Answer:
    return explain("Travis County, TX", policy="travis-tx-2017")


def test_english_is_what_the_answer_says_where_nothing_is_hidden() -> None:
    shown = show(worked(), threshold=2)
    as_text = MessageRenderer(shown, Words("en"))
    assert shown.is_main_shown
    for message in [worked().headline, *worked().messages]:
        assert as_text(message) == str(message)


@pytest.mark.parametrize("word", [" the ", " were ", " of ", " that ", " expected", " month ", " policy"])
def test_spanish_leaves_no_english_behind(word: str) -> None:
    as_text = MessageRenderer(show(worked(), threshold=2), Words("es"))
    answer = worked()
    for message in [answer.headline, *answer.messages, *(w.message for w in answer.warnings)]:
        assert word not in as_text(message)


def test_what_rests_on_a_hidden_count_is_left_out() -> None:
    """At a threshold above the whole time's count, neither it nor what it gives away is on the page."""
    answer = worked()
    shown = show(answer, threshold=int(answer.observed) + 1)
    as_text = MessageRenderer(shown, Words("en"))
    assert not shown.is_main_shown
    for message in [answer.headline, *answer.messages]:
        reported = as_text(message)
        for number in message.numbers():
            if any(shown.mark_of(key) != "shown" for key in number.rests_on) and (number.value or 0) >= 20:
                assert f" {number.text()} " not in reported, reported


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_caveat_whose_count_is_hidden_is_worded_without_it(language: str) -> None:
    answer, w = worked(), Words(language)
    as_text = MessageRenderer(show(answer, threshold=int(answer.observed) + 1), w)
    texts = [as_text(warned.message) for warned in answer.warnings]
    assert len(texts) > 3
    assert not [text for text in texts if w("cell.hidden") in text]


def test_the_two_catalogues_share_no_key() -> None:
    from importlib.resources import files

    import yaml

    from atlarge import messages

    own = yaml.safe_load(files("atlarge.publish").joinpath("words.yaml").read_text(encoding="utf-8"))
    assert not set(own) & set(messages.catalogue())
    assert set(own) | set(messages.catalogue()) <= set(catalogue())

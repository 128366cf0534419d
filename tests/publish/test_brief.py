"""The one-page brief: one page, both languages, nothing that the report would hide."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from atlarge.errors import QuestionError
from atlarge.explain.answer import MOST_CAVEATS, Warned
from atlarge.messages import Number, say
from atlarge.publish.answer_view import context, headline
from atlarge.publish.answers import show
from atlarge.publish.brief import HEIGHT, brief, brief_of, brief_page, brief_pdf, brief_svg, digest
from atlarge.publish.i18n import Words
from atlarge.publish.reports import report
from example_answer import example_answer


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_brief_is_one_page_in_each_language(tmp_path: Path, language: str) -> None:
    answer = example_answer()
    shown, w = show(answer), Words(language)
    content = brief_pdf(shown, w)
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 1
    page = brief_page(shown, w)
    for path in (tmp_path / "b.html", tmp_path / "b.pdf"):
        assert brief(answer, path, language=language).stat().st_size > 1000
    assert headline(shown, w) in page
    assert page.count("<li>") <= 3 + MOST_CAVEATS
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_all_text_lies_on_the_page() -> None:
    svg = brief_svg(brief_of(show(example_answer()), Words("en")))
    heights = [float(y) for y in re.findall(r'<text x="[\d.]+" y="([\d.]+)"', svg)]
    assert max(heights) < HEIGHT - 20
    assert digest(example_answer()) in svg


def test_a_brief_that_does_not_fit_is_refused_rather_than_cut() -> None:
    long = Warned("left_before", say("level.people.place", name="a long name " * 900))
    with pytest.raises(QuestionError, match="does not fit one page"):
        brief_pdf(show(replace(example_answer(), warnings=[long])), Words("en"))


def test_a_hidden_count_is_not_on_the_brief_either() -> None:
    page = brief_page(show(example_answer(), threshold=1000), Words("en"))
    assert "ICE made 61" not in page
    assert ">205<" not in page


@pytest.mark.parametrize(("write", "name"), [(brief, "b.docx"), (report, "b.pdf")])
def test_another_extension_is_refused(write: Callable[..., Path], name: str, tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match=r"must end in \.html"):
        write(example_answer(), tmp_path / name)


def test_a_witness_that_gives_a_small_count_away_is_left_out_of_the_page() -> None:
    line = say("corroboration.marked", share=Number(0.55, "share"), usual=Number(0.04, "share"))
    shared = {"points": "supports", "value": 0.55, "usual": 0.04, "says": line}
    rows = [{"id": "marked", "counts": [36, 29], **shared}, {"id": "marked_aor", "counts": [36, 2], **shared}]
    shown = show(replace(example_answer(), corroboration=rows))
    assert len(context(shown, Words("en"))["corroboration"]) == 1

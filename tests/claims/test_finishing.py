# ruff: noqa: E501
"""From a draft to a ledger: files of every form, the reader's view, and finishing in the terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from atlarge.claims.drafting import ledger_text
from atlarge.claims.drafting.opening import MOST_BYTES, open_article
from atlarge.claims.finishing import finish
from atlarge.claims.schema import parse_ledger, read_ledger
from atlarge.claims.template import drafted_from_file
from atlarge.claims.view import preview, render_draft
from atlarge.errors import QuestionError
from command_line import run

pytestmark = pytest.mark.slow_file

_TEXT = (
    "Travis County declined 142 detainers from Jan. 28 to Feb. 3, 2017, according to a report by the agency.\n\n"
    "“It was not retaliation,” said Sheriff Ana Houston. “Thank you.”\n\n"
    "Buy our best coffee at 40% off now!\n"
)
_PAGE = (
    "<!doctype html><html><head><title>County refused most | The Example</title></head><body><nav><p>Home News</p></nav>"
    "<article><h1>County refused most</h1>{}</article><footer><p>Copyright 2017</p></footer></body></html>"
)


def _run(*words: str, answers: str | None = None) -> Any:
    return run(list(words), input=answers)


def _article(folder: Path) -> Path:
    path = folder / "a.txt"
    path.write_text(_TEXT, encoding="utf-8")
    return path


def test_a_page_is_read_without_its_menus(tmp_path: Path) -> None:
    body = "".join(f"<p>{block}</p>" for block in _TEXT.strip().split("\n\n"))
    (tmp_path / "a.html").write_text(_PAGE.format(body), encoding="utf-8")
    drafted, opened = drafted_from_file(tmp_path / "a.html")
    assert drafted.article.title == "County refused most"
    assert "Home News" not in opened.text
    assert [d.claim["kind"] for d in drafted.drafts] == ["count", "denial"]


def test_a_page_is_read_without_the_extra_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "trafilatura", None)
    body = "".join(f"<p>{block}</p>" for block in _TEXT.strip().split("\n\n"))
    (tmp_path / "a.html").write_text(_PAGE.format(body), encoding="utf-8")
    drafted, opened = drafted_from_file(tmp_path / "a.html")
    assert opened.note is not None
    assert "atlarge[claims]" in opened.note
    assert [d.claim["kind"] for d in drafted.drafts] == ["count", "denial"]


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"\x89PNG\x00\x00", "cannot be read as text"), (b"", "no sentence"), (b"%PDF-1.4 nothing", "PDF")],
)
def test_a_file_that_is_no_article_is_one_clear_line(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(QuestionError, match=why) as caught:
        drafted_from_file(tmp_path / "x")
    assert str(tmp_path / "x") in str(caught.value)


def test_a_long_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "long").open("wb") as target:
        target.truncate(MOST_BYTES + 1)
    with pytest.raises(QuestionError, match="bytes long"):
        open_article(tmp_path / "long")
    (tmp_path / "text").write_text("He said so. " * 30_000, encoding="utf-8")
    with pytest.raises(QuestionError, match="characters long"):
        drafted_from_file(tmp_path / "text")


def test_the_view_shows_every_claim_beside_its_words(tmp_path: Path) -> None:
    drafted, _ = drafted_from_file(_article(tmp_path))
    page = render_draft(drafted, preview(drafted))
    assert "<script" not in page
    assert "Content-Security-Policy" in page
    for draft in drafted.drafts:
        assert f'id="{draft.claim["id"]}"' in page
        assert f'href="#{draft.claim["id"]}"' in page
    marked = re.search(r"<mark>142<a", page)
    assert marked is not None
    assert "found: 142 detainers" in page
    assert "Still to add" in page
    assert page.count("coffee") == 1  # only in the list of what was left out


def test_the_view_escapes_what_the_article_says(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(
        "“It was <script>alert(1)</script> because of the sheriff,” said Judge Dana Houston.",
        encoding="utf-8",
    )
    drafted, _ = drafted_from_file(path)
    page = render_draft(drafted, preview(drafted), url="javascript:alert(1)")
    assert "<script" not in page
    assert "javascript:" not in page


def test_new_check_and_finish_go_together(tmp_path: Path) -> None:
    ledger, page = tmp_path / "ledger.yaml", tmp_path / "draft.html"
    ran = _run(
        "claims",
        "new",
        "--article",
        str(_article(tmp_path)),
        "--out",
        str(ledger),
        "--html",
        str(page),
        "--json",
    )
    assert ran.exit_code == 0
    document = json.loads(ran.stdout)
    assert document["verdicts"][document["claims"][0]["id"]].startswith("supported")
    assert page.exists()
    checked = json.loads(_run("check", str(ledger), "--json").stdout)
    assert {verdict["status"] for verdict in checked} == {"draft"}
    done = _run("claims", "finish", str(ledger), "--json", answers="y\nstatement\ny\n")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["confirmed"] == 2
    finished = read_ledger(ledger)["claims"]
    assert {claim["status"] for claim in finished} == {"confirmed"}
    assert finished[1]["speaker"]["heard"] == "statement"


def test_a_wrong_answer_is_asked_again_and_nothing_is_lost(tmp_path: Path) -> None:
    ledger = parse_ledger(ledger_text(drafted_from_file(_article(tmp_path))[0]))
    answers = iter(["y", "rumour", "court", "when=2017-13", "when=2017-02-01", "y"])
    said: list[str] = []
    saved: list[int] = []
    done = finish(
        ledger, lambda _: next(answers), said.append, lambda finished: saved.append(len(finished["claims"]))
    )
    assert done == {"confirmed": 2, "dropped": 0, "left": 0}
    assert saved == [2, 2]
    assert any("rumour" in line for line in said)
    assert ledger["claims"][1]["speaker"]["heard"] == "court"
    assert ledger["claims"][1]["when"] == "2017-02-01"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("heard", "statement"),
        ("measure", "detainers_declined"),
        ("where", "Travis County, TX"),
        ("policy", "docs/"),
    ],
)
def test_a_question_mark_shows_what_a_field_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, shown: str
) -> None:
    from atlarge.claims import finishing

    ledger = parse_ledger(ledger_text(drafted_from_file(_article(tmp_path))[0]))
    monkeypatch.setattr(finishing, "open_points", lambda claim: [(name, f"{name}?")])
    said: list[str] = []
    answers = iter(["?", "", "n"] * len(ledger["claims"]))
    done = finish(ledger, lambda _: next(answers), said.append, lambda _: None)
    assert done["confirmed"] == 0
    assert any(shown in line for line in said)


def _pdf_of(lines: list[str]) -> bytes:
    """A PDF of one page with a line of text each."""
    text = "".join(f"({line}) Tj 0 -14 Td " for line in lines)
    stream = f"BT /F1 12 Tf 50 700 Td {text}ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % at for at in places)
    size = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table) + end


def test_lines_of_a_pdf_are_joined_to_paragraphs_and_split_words_to_words(tmp_path: Path) -> None:
    lines = [
        "Travis County declined 142 detainers from Jan. 28 to Feb. 3, 2017, accord-",
        "ing to a report by the agency, which the county's own count of its jail",
        "does not bear out.",
        "The sheriff of the county said on Tuesday that no list had been kept of",
        "those who were released in that week.",
    ]
    (tmp_path / "a.pdf").write_bytes(_pdf_of(lines))
    opened = open_article(tmp_path / "a.pdf")
    first, second = opened.text.split("\n\n")
    assert first.startswith(
        "Travis County declined 142 detainers from Jan. 28 to Feb. 3, 2017, according to a"
    )
    assert first.endswith("jail does not bear out.")
    assert second == f"{lines[3]} {lines[4]}"


def test_stopping_keeps_what_was_answered(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.yaml"
    ledger.write_text(ledger_text(drafted_from_file(_article(tmp_path))[0]), encoding="utf-8")
    assert _run("claims", "finish", str(ledger), answers="y\n").exit_code == 0
    assert [claim["status"] for claim in read_ledger(ledger)["claims"]] == ["confirmed", "draft"]


def test_an_address_that_is_no_web_page_is_a_usage_error(tmp_path: Path) -> None:
    assert _run("claims", "new", "--article", str(_article(tmp_path)), "--url", "javascript:x").exit_code == 2

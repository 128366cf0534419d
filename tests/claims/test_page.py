"""The ledger's rows and page."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from atlarge.claims import Verdict, check_claims, ledger_rows, write_page
from atlarge.claims.schema import parse_ledger
from atlarge.claims.template import template

pytestmark = pytest.mark.slow_file


class _Reader(HTMLParser):
    """Collects tags, ids and text; fails on tags closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.links.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return check_claims(parse_ledger(template())["claims"])


def test_rows_have_all_a_page_needs(verdicts: list[Verdict]) -> None:
    rows = ledger_rows(verdicts)
    assert [row["id"] for row in rows] == [v.id for v in verdicts]
    first = rows[0]
    assert first["verdict"] == "supported"
    assert first["answer"] == "claimed: about 140 detainers; found: 142 detainers"
    assert first["sources"]
    assert rows[-1]["verdict"] == "not testable"
    assert "Needed:" in rows[-1]["answer"]


def test_the_page_is_whole_escaped_and_loads_nothing(verdicts: list[Verdict], tmp_path: Path) -> None:
    hostile = {"id": "evil", "text": "<script>alert(1)</script>", "kind": "cause", "needs": "<b>x</b>"}
    write_page(
        tmp_path / "page.html",
        [*verdicts, *check_claims([hostile])],
        {"title": "<i>T</i>", "url": "https://x"},
    )
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script" not in text
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    wanted = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert html.unescape(policy.group(1)) == wanted
    assert "&lt;script&gt;" in text
    reader = _Reader()
    reader.feed(text)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert reader.links
    assert all(link.startswith("http") for link in reader.links)
    for v in verdicts:
        assert v.id in reader.ids
        assert v.verdict in reader.text


def test_a_small_count_of_records_is_not_printed() -> None:
    entry = {
        "role": "counted",
        "measure": "at_large",
        "source": "panel",
        "value": 3,
        "unit": "arrests",
        "rows": "r",
    }
    row = ledger_rows([Verdict("x", "supported", 3, 3, "arrests", [entry], kind="count")])[0]
    assert row["found"] == "fewer than 5"
    assert row["evidence"][0]["value"] is None


def test_only_web_addresses_become_links(tmp_path: Path) -> None:
    entry = {"role": "statement", "says": "x", "source_url": "javascript:alert(1)", "rows": "r"}
    verdict = Verdict("x", "not testable", None, None, None, [entry], text="t", kind="assertion")
    write_page(tmp_path / "page.html", [verdict], {"title": "T", "url": "javascript:alert(2)"})
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "javascript:" not in text
    assert "href" not in text


def test_a_draft_is_never_a_finding() -> None:
    claims = parse_ledger(template())["claims"]
    confirmed = ledger_rows(check_claims(claims))
    drafts = ledger_rows(check_claims([{**claim, "status": "draft"} for claim in claims]))
    assert len(drafts) == len(claims) > 5
    for row, before in zip(drafts, confirmed, strict=True):
        assert row["status"] == "draft"
        assert "no person has confirmed" in row["answer"]
        assert "no person has confirmed" not in before["answer"]
        assert row["verdict"] == before["verdict"]


def test_a_row_says_what_was_tested_where_and_when(verdicts: list[Verdict]) -> None:
    about = ledger_rows(verdicts)[0]["about"]
    assert about == "detainers_declined, Travis County, TX, 2017-01-28..2017-02-03"

"""The ledger's rows and page."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from atlarge.claims import Verdict, check_claims, ledger_rows, write_page
from atlarge.claims.schema import parse_ledger
from atlarge.claims.template import template


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
    assert "&lt;script&gt;" in text
    reader = _Reader()
    reader.feed(text)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
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

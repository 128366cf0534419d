"""Texts of files give neither a terminal nor a page any orders."""

from __future__ import annotations

import datetime as dt
import json
import sys
import unicodedata
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlarge import cli
from atlarge.errors import QuestionError
from atlarge.ingest import ingest
from atlarge.policies import calendar_text, check_registry, from_date, read_registry
from atlarge.publish.lineage_data import origins, release_facts
from atlarge.publish.release_table import site_cells
from atlarge.records.store import open_store
from atlarge.wording import printable, web_link
from simulated_files import arrests, write_tables

pytestmark = pytest.mark.slow_file

ORDERS = {
    "colour": "\x1b[31mA JAIL",
    "one-byte escape": "\x9b31mB JAIL",
    "bell": "\x07C JAIL",
    "line taken back": "D JAIL\rE",
    "right to left": "\u202eLIAJ E",
    "isolate": "\u2066F\u2069 JAIL",
    "markup closed": "[/red] JAIL",
    "markup open": "[bold G JAIL",
    "markup link": "[link=javascript:alert(1)]H[/link] JAIL",
    "emoji": ":smile: JAIL",
}


def _is_order(character: str) -> bool:
    """Whether a terminal may obey a character, by the standard's own classes."""
    is_direction = unicodedata.bidirectional(character) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI"}
    is_direction |= unicodedata.bidirectional(character) in {"FSI", "PDI"}
    return is_direction or (unicodedata.category(character) == "Cc" and character not in "\t\n")


@given(st.text())
def test_what_is_printed_holds_no_orders(text: str) -> None:
    shown = printable(text)
    assert not any(_is_order(c) for c in shown.replace("\r\n", "\n"))
    assert len(shown) == len(text)
    assert all(a == b for a, b in zip(text, shown, strict=True) if a.isprintable())


def test_names_of_files_on_pages_turn_no_line_around(tmp_path: Path) -> None:
    path = arrests(tmp_path / "\u202egpj.stserra\x07.csv", 400)
    ingest([path], tmp_path / "store", covers="nation")
    store = open_store(tmp_path / "store")
    shown = site_cells(store, levels=("nation",)).table
    facts = release_facts(store, shown, {"arrests": ["arrests"]})
    names = [fact["file"] for fact in facts] + [origin.file for origin in origins(store, ["arrests"])]
    assert names == ["?gpj.stserra?.csv"] * 2


@pytest.mark.parametrize("as_json", [False, True])
def test_facilities_with_odd_names_are_printed(
    as_json: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name in square brackets ended the report in a traceback; an escape took hold of the terminal."""
    day, names = dt.date(2016, 1, 4), list(ORDERS.values())
    rows = [(day, "CA", name, "booked", 20 + i) for i, name in enumerate(names)]
    frame = pl.DataFrame(rows, schema=["date", "state", "facility", "outcome", "n"], orient="row")
    empty = ("county_fips", "aor", "office", "city", "facility_code", "charge")
    frame = frame.with_columns(
        pl.col("n").cast(pl.UInt32), *(pl.lit(None, pl.String).alias(c) for c in empty)
    )
    write_tables(tmp_path / "store", {"detainers": frame}, day, day, family="detainers")
    words = ["detainers", "--by", "facility", "--store", str(tmp_path / "store")]
    monkeypatch.setattr(sys, "argv", ["atlarge", *words, *(["--json"] if as_json else [])])
    with pytest.raises(SystemExit) as done:
        cli.main()
    assert not done.value.code
    printed = capsys.readouterr().out
    assert not any(_is_order(c) for c in printed)
    if as_json:
        assert {row["place"] for row in json.loads(printed)["rows"]} == set(names)
    else:
        assert all(printable(name) in printed for name in names)


NO_ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    "&#106;avascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "//example.org",
    "https:/example.org",
    "https://",
    "https://example.org/\r\nBEGIN:VEVENT",
    'https://example.org/" onclick="x',
    "https://example.org/<b>",
]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_no_other_text_becomes_a_link(address: str, tmp_path: Path) -> None:
    assert web_link(address) == ""
    row = {"id": "a", "effective": "2017-02-01", "fips": "48453", "title": "T", "direction": "limits"}
    pl.DataFrame([{**row, "source_url": address}]).write_csv(tmp_path / "policies.csv")
    with pytest.raises(QuestionError, match="not a web address"):
        check_registry(tmp_path / "policies.csv")


def test_a_ledger_gives_its_page_and_its_reader_no_orders() -> None:
    """The page of checked claims is one file with a policy of its own, and a fault is a line of the error."""
    from atlarge.claims import check_claims
    from atlarge.claims.page import render_page
    from atlarge.claims.schema import LedgerError, parse_ledger

    text = "<img src=x onerror=alert(1)> " + ORDERS["right to left"]
    claim = {"id": "a", "text": text, "kind": "count", "measure": "arrests", "where": "48453"}
    claim |= {"when": "2017", "expected": 5}
    page = render_page(check_claims(parse_ledger(json.dumps({"claims": [claim]}))["claims"]), {"title": text})
    assert not any(_is_order(c) for c in page)
    assert "<img" not in page
    assert page.index("Content-Security-Policy") < page.index("<style")
    with pytest.raises(LedgerError) as wrong:
        parse_ledger(json.dumps({"claims": [claim | {"kind": "x", "place": "\x1b\n"}]}, indent=1))
    assert len(str(wrong.value).split("\n")) == 2


@pytest.mark.parametrize("text", ORDERS.values())
def test_texts_of_a_table_of_policies_are_plain_lines(text: str, tmp_path: Path) -> None:
    row = {
        "id": "a",
        "effective": "2017-02-01",
        "fips": "48453",
        "direction": "limits",
        "title": text + "\nB",
    }
    pl.DataFrame([row]).write_csv(tmp_path / "policies.csv")
    (policy,) = read_registry(tmp_path / "policies.csv")
    assert policy.title.endswith(" B")
    assert not any(_is_order(c) or c == "\n" for c in policy.title)


def test_a_title_adds_no_line_to_a_calendar() -> None:
    policy = from_date(dt.date(2017, 2, 1), "48453", "Travis\r\nEND:VEVENT\rBEGIN:VEVENT\nX:\x1b")
    lines = calendar_text([policy]).split("\r\n")
    assert [line for line in lines if line.startswith(("BEGIN", "END"))] == [
        "BEGIN:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    assert not any(_is_order(c) for line in lines for c in line)

"""A ledger that is not valid is told with line and field; one that is, is read as written."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from atlarge.claims import LedgerError, ledger_schema, read_ledger
from atlarge.claims.schema import parse_ledger
from atlarge.claims.template import shipped, shipped_names, template
from atlarge.periods import parse_period

pytestmark = pytest.mark.slow_file

_GOOD = """\
article: {title: A, date: 2017-03-20}
claims:
  - id: one
    text: The county declined 142 detainers.
    kind: count
    measure: detainers_declined
    where: Travis County, TX
    when: 2017-01-28..2017-02-03
    expected: 142
"""


def _problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(LedgerError) as caught:
        parse_ledger(text, "x.yaml")
    assert str(caught.value).startswith("x.yaml:")
    return caught.value.problems


def test_a_good_ledger_keeps_its_values_and_its_dates_as_written() -> None:
    claim = parse_ledger(_GOOD)["claims"][0]
    assert claim["when"] == "2017-01-28..2017-02-03"
    assert claim["expected"] == 142
    assert parse_ledger(_GOOD)["article"]["date"] == "2017-03-20"


@pytest.mark.parametrize(
    ("written", "other", "is_refused"),
    [
        ("02/04/2019", "2019-01-01", True),
        ("02/04/2019", "03/28/2019", False),
        ("02/04/2019..03/28/2019", "2019-01-01", False),
        ("02/04/2019", "28/03/2019", True),
        ("02/02/2019", "2019-01-01", False),
    ],
)
def test_the_order_of_day_and_month_is_decided_from_the_whole_ledger(
    written: str, other: str, is_refused: bool
) -> None:
    first = _GOOD.replace("2017-01-28..2017-02-03", written)
    second = _GOOD.split("claims:\n")[1].replace("id: one", "id: two")
    text = first + second.replace("2017-01-28..2017-02-03", other)
    if is_refused:
        assert any("day or month may come first" in problem for _, problem in _problems(text))
    else:
        parse_ledger(text)


def test_a_code_with_a_leading_zero_is_no_octal_number() -> None:
    claim = parse_ledger(_GOOD.replace("Travis County, TX", "06037"))["claims"][0]
    assert claim["where"] == "06037"
    assert parse_ledger(_GOOD.replace("Travis County, TX", "48453"))["claims"][0]["where"] == 48453


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("measure:", "mesure:", 6, "claims[0].mesure: unknown field; did you mean measure?"),
        ("where:", "were:", 7, "did you mean where?"),
        ("when:", "wen:", 8, "did you mean when?"),
        ("expected:", "expect:", 9, "did you mean expected?"),
        ("article:", "artcle:", 1, "artcle: unknown field; did you mean article?"),
        ("title: A", "titel: A", 1, "article.titel: unknown field; did you mean title?"),
        (
            "kind: count",
            "kind: cuont",
            5,
            "claims[0].kind: 'cuont' is not one of them; did you mean count?",
        ),
        ("id: one", "id: one two", 3, "without spaces"),
        ("2017-01-28..", "2017-13-28..", 8, "claims[0].when:"),
        ("2017-01-28..2017-02-03", "2017-02-03..2017-01-28", 8, "ends before it starts"),
        (
            "expected: 142",
            "expected: {valu: 142}",
            9,
            "claims[0].expected.valu: unknown field; did you mean value?",
        ),
        ("expected: 142", "expected: {value: 142, word: nerly}", 9, "did you mean nearly?"),
        ("expected: 142", "expected: {value: 142, word: worst}", 9, "not a word for a claim of kind count"),
        ("expected: 142", "expected: {word: nearly}", 9, "needs a value"),
        ("expected: 142", "expected: {value: 142, unit: pct}", 9, "claims[0].expected.unit: 'pct'"),
        ("expected: 142", "expected: lots", 9, "cannot be read here"),
        ("    text: The county declined 142 detainers.\n", "", 3, "the field 'text' is missing"),
        ("kind: count", "kind: count\n    kind: share", 6, "the field 'kind' is written twice"),
        ("where: Travis County, TX", "where: {plases: x}", 7, "claims[0].where.plases: unknown field"),
        ("where: Travis County, TX", "where: [Travis", 8, "not readable as YAML"),
        ("kind: count", "kind: share", 3, "needs 'of'"),
        ("expected: 142", "expected: 142\n    of: {where: TX}", 10, "a claim of kind count has no 'of'"),
        ("expected: 142", "expected: 142\n    event: peak", 10, "it is for timing"),
        ("kind: count", "kind: comparison", 3, "needs 'against'"),
    ],
)
def test_each_fault_is_reported_with_its_line_and_field(old: str, new: str, line: int, said: str) -> None:
    problems = _problems(_GOOD.replace(old, new, 1))
    assert any(said in text for _, text in problems), problems
    assert any(at == line for at, _ in problems), problems


def test_every_problem_of_a_ledger_is_reported_at_once() -> None:
    text = _GOOD.replace("where:", "were:").replace("kind: count", "kind: cuont")
    assert len(_problems(text)) == 2


def test_repeated_ids_are_reported() -> None:
    second = _GOOD.split("claims:\n")[1]
    assert any("also the id of claims[0]" in text for _, text in _problems(_GOOD + second))


@pytest.mark.parametrize("text", ["", "[]", "3", "claims: []", "claims:\n  - 3\n", "\x00"])
def test_what_is_no_ledger_is_refused(text: str) -> None:
    assert _problems(text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no such file"):
        read_ledger(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LedgerError, match="UTF-8"):
        read_ledger(tmp_path / "binary.yaml")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_no_text_crashes_the_reader(text: str) -> None:
    with contextlib.suppress(LedgerError):
        parse_ledger(text)


def test_the_published_schema_is_a_schema_and_the_shipped_ledgers_are_valid() -> None:
    Draft202012Validator.check_schema(ledger_schema())
    json.dumps(ledger_schema())
    assert "sanctuary-cities-2017" in shipped_names()
    for text in (template(), *(shipped(name) for name in shipped_names())):
        assert parse_ledger(text)["claims"]


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        (2014, "2014-01-01", "2014-12-31"),
        ("2016-02", "2016-02-01", "2016-02-29"),
        ("2017-02-01", "2017-02-01", "2017-02-01"),
        ("FY2015", "2014-10-01", "2015-09-30"),
        ("2017-Q4", "2017-10-01", "2017-12-31"),
        ("2017-W05", "2017-01-30", "2017-02-05"),
        ("2016-10..2017-09", "2016-10-01", "2017-09-30"),
        ("2017-01-28 to 2017-02-03", "2017-01-28", "2017-02-03"),
        ({"from": "2017-02-01", "to": "2017-09-25"}, "2017-02-01", "2017-09-25"),
    ],
)
def test_periods(written: object, start: str, end: str) -> None:
    period = parse_period(written)
    assert (period.start, period.end) == (dt.date.fromisoformat(start), dt.date.fromisoformat(end))


def test_every_example_of_the_documentation_is_valid() -> None:
    """The page's claims parse as they stand; bare tests are wrapped into a claim."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "claims-ledger.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml[^\n]*\n(.*?)```", page, re.DOTALL)
    tested = 0
    for block in blocks:
        if "claims:" in block:
            assert parse_ledger(block.replace("...", "x"))["claims"]
            tested += 1
            continue
        for part in re.split(r"\n\n(?=#)", block):
            if "kind:" not in part:
                continue
            body = "".join(f"    {line}\n" for line in part.splitlines())
            assert parse_ledger(f"claims:\n  - id: x\n    text: x\n{body}")["claims"]
            tested += 1
    assert tested >= 5


def test_every_field_of_the_schema_is_documented() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "claims-ledger.md").read_text(encoding="utf-8")
    defs = ledger_schema()["$defs"]
    fields = {*defs["claim"]["properties"], *defs["test"]["properties"]}
    missing = sorted(field for field in fields if f"`{field}`" not in page)
    assert not missing


@pytest.mark.parametrize("when", ["9999-12", "9999-Q4", "2017-01..9999-12", "1066", "FY9999"])
def test_a_year_that_no_record_is_from_is_refused_with_its_line(when: str) -> None:
    text = "claims:\n  - {id: a, text: t, kind: count, measure: arrests, where: TX, when: W, expected: 3}\n"
    with pytest.raises(LedgerError, match=r"ledger:2: claims\[0\]\.when: .*outside the years 1900 to 2199"):
        parse_ledger(text.replace("W", when))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//x.org/a", "ftp://x.org", "https://", "http://a b"]
)
def test_an_address_that_is_no_web_page_is_refused(url: str) -> None:
    text = f"article: {{title: t, url: {url!r}}}\nclaims:\n  - {{id: a, text: t, kind: cause}}\n"
    with pytest.raises(LedgerError, match="not a web address"):
        parse_ledger(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("claims:\n  - &a {id: x, text: t, kind: cause}\n  - {<<: [" + "*a," * 1200 + "*a]}", "merge keys"),
        ("claims:\n" + "".join(f"  - {{id: y{i}, text: t, kind: cause}}\n" for i in range(2100)), "split it"),
        ("#" * 1_000_001, "characters long"),
    ],
    ids=["merges", "claims", "characters"],
)
def test_a_ledger_over_its_limits_is_refused_before_it_is_checked(text: str, why: str) -> None:
    with pytest.raises(LedgerError, match=why):
        parse_ledger(text)


def test_a_file_that_is_no_ledger_is_refused_before_it_is_read(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LedgerError, match="not a regular file"):
        read_ledger(tmp_path / "pipe")
    with (tmp_path / "long.yaml").open("wb") as target:
        target.truncate(5_000_000)
    with pytest.raises(LedgerError, match="bytes long"):
        read_ledger(tmp_path / "long.yaml")

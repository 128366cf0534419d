"""Lines of a user's file, one by one: what each says, and what is wrong with those that say nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from atlarge.errors import QuestionError
from atlarge.verify import verify
from atlarge.verify.figure import Figure
from atlarge.verify.figures import figures
from atlarge.verify.user_file import Unreadable, read_figures
from atlarge.verify.wide import head_of, long_form

pytestmark = pytest.mark.slow_file

D = dt.date


def _read(tmp_path: Path, *lines: str) -> list[Figure | Unreadable]:
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_figures(path)


GOOD = "arrests,US,1"


@pytest.mark.parametrize(
    ("head", "cells", "start", "end"),
    [
        ("fiscal_year", "2017", D(2016, 10, 1), D(2017, 9, 30)),
        ("fiscal_year", "17", D(2016, 10, 1), D(2017, 9, 30)),
        ("fiscal_year", "'17", D(2016, 10, 1), D(2017, 9, 30)),
        ("fiscal_year", "2017.0", D(2016, 10, 1), D(2017, 9, 30)),
        ("fiscal_year", "FY2017", D(2016, 10, 1), D(2017, 9, 30)),
        ("fiscal_year,quarter", "2017,Q1", D(2016, 10, 1), D(2016, 12, 31)),
        ("fiscal_year,quarter", "2017,4", D(2017, 7, 1), D(2017, 9, 30)),
        ("year,quarter", "2017,2", D(2017, 4, 1), D(2017, 6, 30)),
        ("year,quarter", "2017,2nd quarter", D(2017, 4, 1), D(2017, 6, 30)),
        ("year,quarter", "FY17,3", D(2017, 4, 1), D(2017, 6, 30)),
        ("year,fiscal quarter", "2017,1", D(2016, 10, 1), D(2016, 12, 31)),
        ("year,month", "2017,2", D(2017, 2, 1), D(2017, 2, 28)),
        ("year,month", "2017,12.0", D(2017, 12, 1), D(2017, 12, 31)),
        ("year,month", "2017,February", D(2017, 2, 1), D(2017, 2, 28)),
        ("year,month", "2016,2017-03", D(2017, 3, 1), D(2017, 3, 31)),
        ("year", "2017", D(2017, 1, 1), D(2017, 12, 31)),
        ("window", "2017-02-10", D(2017, 2, 10), D(2017, 2, 10)),
        ("window", "2/10/2017", D(2017, 2, 10), D(2017, 2, 10)),
        ("period,days_in_period", "2017-02-01,28", D(2017, 2, 1), D(2017, 2, 28)),
        ("period,days_in_period", "2017-02-06,7", D(2017, 2, 6), D(2017, 2, 12)),
        ("period,days_in_period", "2017-02-06,1", D(2017, 2, 6), D(2017, 2, 6)),
        ("period,days_in_period", "2017-02,28", D(2017, 2, 1), D(2017, 2, 28)),
        ("start,end", "2017-02,2017-04", D(2017, 2, 1), D(2017, 4, 30)),
        ("start,end", "2017,2018", D(2017, 1, 1), D(2018, 12, 31)),
        ("start,end", "2/1/2017,2/13/2017", D(2017, 2, 1), D(2017, 2, 13)),
        ("start,end", "1/2/2017,13/2/2017", D(2017, 2, 1), D(2017, 2, 13)),  # the file shows day/month
    ],
)
def test_times_in_one_column_or_in_several(tmp_path: Path, head: str, cells: str, start: D, end: D) -> None:
    [figure] = _read(tmp_path, f"measure,place,value,{head}", f"{GOOD},{cells}")
    assert isinstance(figure, Figure)
    assert (figure.start, figure.end) == (start, end)


@pytest.mark.parametrize(
    ("head", "cells", "why"),
    [
        ("year,quarter", "2017,Q7", "quarter 'Q7' is not a quarter"),
        ("year,quarter", "2017,none of these", "quarter 'none of these' is not a quarter"),
        ("fiscal_year,month", "2017,3", "month of a fiscal year: write the month as 2017-02"),
        ("start,end", "2017-01-01,", "end is empty"),
        ("start,end", ",2017-01-01", "start is empty"),
        ("window", "-", "window is empty"),
        ("year", "n/a", "is empty"),
        ("window", "someday", "window 'someday' is not a period"),
        ("start,end", "someday,2017-01-01", "start 'someday' is not a date"),
        ("start,end", "2017-02-01,2017-01-31", r"ends \(2017-01-31\) before it starts \(2017-02-01\)"),
        ("window,published_on", "2017,soon", "published_on 'soon' is not a date"),
        ("window,scheme", "2017,mine", "scheme 'mine' is not a scheme; write ddp, biglocal or agency"),
        ("window,level", "2017,village", "level 'village' is not a level; write nation, aor, office"),
        ("window,tolerance", "2017,wide", "tolerance 'wide' is not a number"),
        ("window,tolerance", "2017,-1%", "a tolerance is not below 0"),
        ("window,tolerance", "2017,1e999", "a tolerance is not below 0"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(tmp_path: Path, head: str, cells: str, why: str) -> None:
    with pytest.raises(QuestionError, match=why) as refused:
        _read(tmp_path, f"measure,place,value,{head}", f"{GOOD},{cells}")
    assert "mine.csv, line 2: " in str(refused.value)


@pytest.mark.parametrize(
    ("measure", "value", "tolerance", "share"),
    [
        ("arrests", "200", "1%", 0.01),
        ("arrests", "200", "1 percent", 0.01),
        ("arrests", "200", "0.03", 0.03),
        ("arrests", "200", "±50", 0.25),
        ("arrests", "200", "within 50", 0.25),
        ("arrests", "200", "+/- 1,000", 5.0),
        ("arrests", "200", "", None),
        ("arrests", "100 to 300", "", 0.5),
        ("arrests", "0", "0", 0.0),
    ],
)
def test_a_tolerance_is_a_share_or_a_number(
    tmp_path: Path, measure: str, value: str, tolerance: str, share: float | None
) -> None:
    [figure] = _read(
        tmp_path, "measure,place,value,window,tolerance", f'{measure},US,"{value}",2017,"{tolerance}"'
    )
    assert isinstance(figure, Figure)
    assert figure.tolerance == (None if share is None else pytest.approx(share))


@pytest.mark.parametrize(("measure", "value"), [("share at large", "20%"), ("arrests", "0")])
def test_a_tolerance_of_a_percentage_is_no_number_of_its_own(
    tmp_path: Path, measure: str, value: str
) -> None:
    with pytest.raises(QuestionError, match=r"write 1% or 0\.01"):
        _read(tmp_path, "measure,place,value,window,tolerance", f"{measure},US,{value},2017,5")


@pytest.mark.parametrize(
    ("written", "value", "decimals", "kind", "percent"),
    [
        ("1,234", 1234, 0, "exact", False),
        ("12.50", 12.5, 2, "exact", False),
        ("$1,234.5", 1234.5, 1, "exact", False),
        ("-5", -5, 0, "exact", False),
        ("12 %", 12, 0, "exact", True),
        ("12.3 per cent", 12.3, 1, "exact", True),
        ("over 1,200", 1200, 0, "at_least", False),
        ("1,200+", 1200, 0, "at_least", False),
        (">= 5", 5, 0, "at_least", False),
        ("nearly 1,200", 1200, 0, "at_most", False),
        ("<5", 5, 0, "at_most", False),
        ("about 1,200", 1200, 0, "rounded", False),
        ("1,200*", 1200, 0, "exact", False),
        ("1,200 arrests", 1200, 0, "exact", False),
        ("a third", 33.3, 0, "rounded", True),
        ("two-thirds", 66.7, 0, "rounded", True),
        ("half", 50, 0, "rounded", True),
        ("1 in 4", 25, 0, "rounded", True),
        ("a quarter", 25, 0, "rounded", True),
        ("three fourths", 75, 0, "rounded", True),
        ("a fifth", 20, 0, "rounded", True),
        ("one tenth", 10, 0, "rounded", True),
        ("three out of five", 60, 0, "rounded", True),
        ("more than half", 50, 0, "at_least", True),
        ("3 million", 3_000_000, -1, "rounded", False),
        ("10 to 20", 15, 1, "exact", False),
        ("between 10 and 20", 15, 1, "exact", False),
        ("1.5-2 thousand", 1750, -1, "exact", False),
        ("1 200", 1200, 0, "exact", False),
        ("1'200", 1200, 0, "exact", False),
        (".5", 0.5, 1, "exact", False),
    ],
)
def test_numbers_are_read_as_they_are_written(
    tmp_path: Path, written: str, value: float, decimals: int, kind: str, percent: bool
) -> None:
    [figure] = _read(tmp_path, "measure,place,value,window", f'arrests,US,"{written}",2017')
    assert isinstance(figure, Figure)
    assert figure.value == pytest.approx(value)
    assert (figure.kind, figure.percent) == (kind, percent)
    if decimals >= 0:
        assert figure.decimals == decimals


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("1,23", "a comma stands before three digits"),
        ("1,2345", "a comma stands before three digits"),
        ("12.34.5", "a comma stands before three digits"),
        ("20 to 10", "is not a number"),
        ("a few", "is not a number"),
        ("1 in 0", "is not a number"),
        ("", "value is empty"),
    ],
)
def test_what_is_no_number_is_refused(tmp_path: Path, written: str, why: str) -> None:
    with pytest.raises(QuestionError, match=why):
        _read(tmp_path, "measure,place,value,window", f'arrests,US,"{written}",2017')


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("measure,place,value,window\n", "has no figures under its header"),
        ('measure,place,value,window\narrests,US,"5,2017\n' + "x" * 140_000, "line"),
        ("PK\x03\x04", "is a workbook"),
        ("a,b\n1,2\n", "no column 'measure'"),
        ("measure,value,window\narrests,5,2017\n", "no column 'place'"),
        ("measure,place,window\narrests,US,2017\n", "no column 'value'"),
        ("measure,place,value\narrests,US,5\n", "no column 'start'"),
    ],
)
def test_files_that_are_no_tables_of_figures_are_refused(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(QuestionError, match=why):
        read_figures(path)
    with pytest.raises(QuestionError, match="there is no such file"):
        read_figures(tmp_path / "none.csv")


def test_figures_of_a_file_are_all_or_none(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("measure,place,window,value\narrests,US,2017,5\narrests,US,2017,many\n")
    with pytest.raises(QuestionError, match="line 3: value 'many' is not a number"):
        figures(path)


def test_lines_keep_their_numbers_and_what_else_they_say(tmp_path: Path) -> None:
    found = _read(
        tmp_path,
        "# a comment",
        "id,measure,place,value,window,publisher,source,kind,note",
        "",
        "a,arrests,US,5,2017,A bureau,https://x.org,at least,as printed",
        ",arrests,US,5,2017,,,,",
        "c,arrests,US,many,2017,B,https://y.org,,",
        "d,arrests,US,5,2017,,,,,extra",
        "e,arrests,US,5,2017",
    )
    good, blank, many, extra, short = found
    assert isinstance(good, Figure)
    assert (good.id, good.publisher, good.source) == ("a", "A bureau", "https://x.org")
    assert (good.kind, good.note) == ("at_least", "as printed")
    assert isinstance(short, Figure)
    assert short.publisher == ""
    assert isinstance(blank, Unreadable)
    assert blank.why.endswith("line 5: id is empty")
    assert isinstance(many, Unreadable)
    assert (many.id, many.publisher, many.source, many.measure) == ("c", "B", "https://y.org", "arrests")
    assert isinstance(extra, Unreadable)
    assert "line 7: has 10 cells where the header has 9" in extra.why


def test_a_share_or_mean_does_not_bear_days_without_records(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "measure,place,window,value\nshare_at_large,US,FY2019,25\narrests a day,US,FY2019,400\n"
        "arrests,US,2031,5\ndetainers,US,FY2019,5\n"
    )
    rows = {row.id: row for row in verify(None, path).rows}
    for key in ("line 2", "line 3"):
        assert rows[key].verdict == "not testable"
        assert "lack 29 of these days, which a share or mean does not bear" in rows[key].why
    assert "the store covers arrests from 2015-10-01 to 2019-09-01" in rows["line 4"].why
    assert "the store has no detainers" in rows["line 5"].why
    shown = verify(None, path)
    assert repr(shown) == f"Verification({shown.summary()})"
    assert shown.summary() == (
        "4 published figures: 0 equal, 0 within tolerance, 0 differ (0 of them cannot be told from these "
        "records), 4 not testable"
    )
    assert rows["line 4"].difference_pct is None
    assert shown.to_frame().height == 4


@pytest.mark.parametrize(
    ("head", "measure", "period"),
    [
        ("FY2017", "", "FY2017"),
        ("2017 arrests", "arrests", "2017"),
        ("Arrests in FY 2017", "Arrests", "FY 2017"),
        ("FY 2017 at-large arrests", "at-large arrests", "FY 2017"),
        ("Removals (Q2 2017)", "Removals", "Q2 2017"),
        ("March 2017: detainers issued", "detainers issued", "March 2017"),
        ("Arrests", "Arrests", ""),
        ("Notes", "", ""),
        ("Book-ins", "Book-ins", ""),
        ("287(g) agreements", "287(g) agreements", ""),
    ],
)
def test_the_head_of_a_column_names_a_measure_a_period_or_both(head: str, measure: str, period: str) -> None:
    assert head_of(head) == (measure, period)


def test_a_wide_table_gives_a_line_for_each_cell_that_says_something() -> None:
    names, body = long_form(["Area", "FY2016", "FY2017"], [(2, ["SNA", "7", ""]), (3, ["DAL"])], {"measure"})
    assert names == ["id", "window", "value", "Area"]
    assert body == [(2, ["line 2, FY2016", "FY2016", "7", "SNA"])]
    names, body = long_form(
        ["Area", "Year", "Arrests", "Removals"], [(2, ["SNA", "2017", "7", "8"])], {"window"}
    )
    assert names == ["id", "measure", "value", "Area", "Year"]
    assert body == [
        (2, ["line 2, Arrests", "Arrests", "7", "SNA", "2017"]),
        (2, ["line 2, Removals", "Removals", "8", "SNA", "2017"]),
    ]

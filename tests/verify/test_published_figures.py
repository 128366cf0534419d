"""Files of figures as people write them: every form gives the same figure, or one line that says why not."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import polars as pl
import pytest

from atlarge.errors import PlaceError, QuestionError
from atlarge.panel import panel
from atlarge.reference import table
from atlarge.verify import DIFFERS, EQUAL, NOT_TESTABLE, WITHIN, verify
from atlarge.verify.counting import canonical
from atlarge.verify.figure import Spot, spot
from atlarge.verify.figures import figures

pytestmark = pytest.mark.slow_file


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return path


_NAMES = (
    ("measure", "place", "start", "end", "value"),
    ("Metric", "County", "From", "To", "Published"),
    ("what", "Area", "Start date", "End date", "Count"),
)
_DAYS = (("2016-10-01", "2017-09-30"), ("10/1/2016", "9/30/2017"), ("1 Oct 2016", "30 Sep 2017"))
_VALUES = ("143470", '"143,470"', "143 470")


@pytest.mark.parametrize(("names", "days", "value"), list(itertools.product(_NAMES, _DAYS, _VALUES)))
def test_a_figure_is_the_same_however_it_is_written(
    names: tuple[str, ...], days: tuple[str, str], value: str, tmp_path: Path
) -> None:
    path = _file(tmp_path, f"{','.join(names)}\nArrests,US,{days[0]},{days[1]},{value}\n")
    [figure] = figures(path)
    assert (figure.start, figure.end) == (dt.date(2016, 10, 1), dt.date(2017, 9, 30))
    assert (figure.value, figure.spots) == (143_470, (Spot("nation", "US"),))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_separators_and_marks_of_spreadsheets_are_read(separator: str, start: str, tmp_path: Path) -> None:
    lines = [["measure", "place", "window", "value"], ["arrests", "US", "FY2017", "143470"]]
    path = _file(tmp_path, start + "\n".join(separator.join(line) for line in lines))
    [row] = verify(None, path).rows
    assert (row.ours, row.verdict) == (143_470, EQUAL)


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        ("FY2017", "2016-10-01", "2017-09-30"),
        ("2017", "2017-01-01", "2017-12-31"),
        ("2017-Q2", "2017-04-01", "2017-06-30"),
        ("FY2018-Q1", "2017-10-01", "2017-12-31"),
        ("2017-02", "2017-02-01", "2017-02-28"),
        ("2017-02-13", "2017-02-13", "2017-02-13"),
        ("2/13/2017", "2017-02-13", "2017-02-13"),
        ("2017-01-20..2017-03-13", "2017-01-20", "2017-03-13"),
    ],
)
def test_windows_of_every_kind(window: str, start: str, end: str, tmp_path: Path) -> None:
    [figure] = figures(_file(tmp_path, f"measure,place,window,value\narrests,US,{window},1\n"))
    assert (figure.start.isoformat(), figure.end.isoformat()) == (start, end)


@pytest.mark.parametrize(
    ("written", "value", "kind"),
    [
        ("5300", 5300, "exact"),
        ("more than 5,300", 5300, "at_least"),
        ("nearly 1,800", 1800, "at_most"),
        ("about 77 million", 77e6, "rounded"),
        ("$189,468", 189_468, "exact"),
        ("676*", 676, "exact"),
        ("-12", -12, "exact"),
    ],
)
def test_numbers_in_words(written: str, value: float, kind: str, tmp_path: Path) -> None:
    [figure] = figures(_file(tmp_path, f'measure,place,window,value\narrests,US,2017,"{written}"\n'))
    assert (figure.value, figure.kind) == (value, kind)


@pytest.mark.parametrize("measure", ["at_large", "share at large", "% at large", "at_large/arrests"])
@pytest.mark.parametrize("value", ["28%", "28 percent", "27.9%"])
def test_percentages_are_shares(measure: str, value: str, tmp_path: Path) -> None:
    """40,083 of 143,470 arrests of FY2017 were at large: 27.94%."""
    [row] = verify(None, _file(tmp_path, f"measure,place,window,value\n{measure},US,FY2017,{value}\n")).rows
    assert row.ours == pytest.approx(100 * 40_083 / 143_470, abs=0.001)
    assert row.verdict == EQUAL


def test_a_share_as_a_fraction(tmp_path: Path) -> None:
    [row] = verify(None, _file(tmp_path, "measure,place,window,value\nshare_at_large,US,FY2017,0.28\n")).rows
    assert (row.published, row.verdict) == (28.0, EQUAL)


@pytest.mark.parametrize(
    ("written", "level", "code"),
    [
        ("48453", "county", "48453"),
        ("1001", "county", "01001"),
        ("Travis County, TX", "county", "48453"),
        ("Travis County, Texas", "county", "48453"),
        ("SNA", "aor", "SNA"),
        ("office:SNA", "office", "SNA"),
        ("AUS", "office", "AUS"),
        ("Texas", "state", "TX"),
        ("United States", "nation", "US"),
        ("facility:Adelanto ICE Processing Center", "facility", "ADLNTCA"),
        ("ADLNTCA", "facility", "ADLNTCA"),
    ],
)
def test_places_of_every_level(written: str, level: str, code: str) -> None:
    assert spot(written) == Spot(level, code)


def test_a_misspelt_place_or_measure_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="did you mean Travis County, TX"):
        spot("Travsi County, TX")
    path = _file(tmp_path, "measure,place,window,value\narests,US,2017,1\narrests,Travsi County TX,2017,1\n")
    rows = {row.id: row for row in verify(None, path).rows}
    assert {row.verdict for row in rows.values()} == {NOT_TESTABLE}
    assert "did you mean arrests" in rows["line 2"].why
    assert "did you mean Travis County, TX" in rows["line 3"].why


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("measure,place,value\narrests,US,1\n", "no column 'start'; figures need"),
        ("a,b\n1,2\n", "no column 'measure'"),
        ("measure,place,window,value\narrests,US,soon,1\n", "line 2: window 'soon' is not a period"),
        ("measure,place,window,value\narrests,,2017,1\n", "line 2: place is empty"),
        (
            "measure,place,window,value,tolerance\narrests,US,2017,1,wide\n",
            "tolerance 'wide' is not a number",
        ),
        ("PK\x03\x04", "is a workbook"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match=says):
        figures(_file(tmp_path, text))


def test_dates_of_both_orders_are_refused(tmp_path: Path) -> None:
    text = "measure,place,start,end,value\narrests,US,13/10/2016,09/30/2017,1\n"
    with pytest.raises(QuestionError, match="some dates are day/month/year"):
        figures(_file(tmp_path, text))


def test_day_first_dates_are_seen(tmp_path: Path) -> None:
    [figure] = figures(_file(tmp_path, "measure,place,start,end,value\narrests,US,01/10/2016,30/09/2017,1\n"))
    assert (figure.start, figure.end) == (dt.date(2016, 10, 1), dt.date(2017, 9, 30))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Administrative arrests", "arrests"),
        ("Arrests", "arrests"),
        ("Community arrests", "at_large"),
        ("Local jail arrests", "local_jails"),
        ("Deportations", "removals"),
        ("ICE detainers", "detainers_issued"),
        ("287(g) agreements", "agreements_287g"),
        ("Detention population", "detained"),
        ("ADP", "average_daily_population"),
        ("Noncitizen population", "noncitizen"),
        ("Number of arrests", "arrests"),
        ("Total number of ICE arrests", "arrests"),
        ("ICE ERO administrative arrests", "arrests"),
        ("Arrests by ICE", "arrests"),
        ("arrests made by ERO", "arrests"),
        ("At-large arrests (ICE)", "at_large"),
        ("At-large arrests (agency definition)", "at_large_agency"),
        ("at-large by the agency's definition", "at_large_agency"),
        ("Number of detainers issued by ICE", "detainers_issued"),
        ("criminal arrests", "criminal_arrests"),
    ],
)
def test_measures_have_the_names_that_people_use(written: str, name: str) -> None:
    assert canonical(written) == name


def test_every_kind_of_figure_can_be_counted_from_the_embedded_tables(tmp_path: Path) -> None:
    """Figures whose right number stands in a reference table or follows from two counts."""
    path = _file(
        tmp_path,
        "measure,place,window,value\n"
        "population,48453,2017,1227585\n"
        "noncitizen,SNA,2017,705931\n"
        "book_ins_ice,US,2024-12,100\n"
        "detained,US,2025-02,44000\n"
        "agreements_287g,FL,2025-09-16,325\n"
        "counties with at large,US,FY2017,800\n"
        "at_large,office:AUS,2017-Q1,100\n"
        "arrests,TX,2017-03,3000\n"
        "prisons,US,FY2017,30000\n",
    )
    rows = verify(None, path).rows
    assert {row.id for row in rows if row.verdict == NOT_TESTABLE} == set()
    equal = {row.measure for row in rows if row.verdict in (EQUAL, WITHIN)}
    assert {"population", "noncitizen", "agreements_287g"} <= equal


_REST = "measure,place,window,value\n"


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        ("FY17", "2016-10-01", "2017-09-30"),
        ("fiscal year 2017", "2016-10-01", "2017-09-30"),
        ("Q3 FY2017", "2017-04-01", "2017-06-30"),
        ("second quarter of 2017", "2017-04-01", "2017-06-30"),
        ("first half of FY2018", "2017-10-01", "2018-03-31"),
        ("CY2017", "2017-01-01", "2017-12-31"),
        ("Oct. 2016 - Sept. 2017", "2016-10-01", "2017-09-30"),
        ("January 22 to April 29, 2017", "2017-01-22", "2017-04-29"),
        ("December to February 2017", "2016-12-01", "2017-02-28"),
        ("2/1/2017-2/28/2017", "2017-02-01", "2017-02-28"),
        ("FY2016-18", "2015-10-01", "2018-09-30"),
        ("week of February 6, 2017", "2017-02-06", "2017-02-12"),
    ],
)
def test_periods_in_words(window: str, start: str, end: str, tmp_path: Path) -> None:
    [figure] = figures(_file(tmp_path, f'{_REST}arrests,US,"{window}",1\n'))
    assert (figure.start.isoformat(), figure.end.isoformat()) == (start, end)


@pytest.mark.parametrize(
    ("header", "cells", "start", "end"),
    [
        ("fiscal_year", "2017", "2016-10-01", "2017-09-30"),
        ("Fiscal Year,Quarter", "2017,Q2", "2017-01-01", "2017-03-31"),
        ("FY,Qtr", "FY17,2", "2017-01-01", "2017-03-31"),
        ("year,quarter", "2017,2", "2017-04-01", "2017-06-30"),
        ("Year,Month", "2017,Feb", "2017-02-01", "2017-02-28"),
        ("year,month", "2017.0,2.0", "2017-02-01", "2017-02-28"),
    ],
)
def test_a_period_in_two_columns_is_never_read_as_the_year_alone(
    header: str, cells: str, start: str, end: str, tmp_path: Path
) -> None:
    [figure] = figures(_file(tmp_path, f"measure,place,{header},value\narrests,US,{cells},1\n"))
    assert (figure.start.isoformat(), figure.end.isoformat()) == (start, end)


@pytest.mark.parametrize(
    ("written", "value", "kind", "percent"),
    [
        ("a third", 33.3, "rounded", True),
        ("two-thirds", 66.7, "rounded", True),
        ("about half", 50, "rounded", True),
        ("1 in 4", 25, "rounded", True),
        ("5,000+", 5000, "at_least", False),
        ("no more than 90", 90, "at_most", False),
        ("1,234.5 percent", 1234.5, "exact", True),
        ("1.2 million", 1.2e6, "rounded", False),
        ("1 234 arrests", 1234, "exact", False),
    ],
)
def test_numbers_of_more_forms(written: str, value: float, kind: str, percent: bool, tmp_path: Path) -> None:
    [figure] = figures(_file(tmp_path, f'{_REST}arrests,US,2017,"{written}"\n'))
    assert (figure.value, figure.kind, figure.percent) == (pytest.approx(value), kind, percent)


@pytest.mark.parametrize("written", ["1,100-1,300", "1100 to 1300", "between 1,100 and 1,300", "1.1-1.3k"])
def test_a_range_is_met_inside_its_ends(written: str, tmp_path: Path) -> None:
    [figure] = figures(_file(tmp_path, f'{_REST}arrests,US,2017,"{written}"\n'))
    assert figure.value == pytest.approx(1200)
    assert figure.tolerance == pytest.approx(100 / 1200)
    assert figure.note.startswith("published as 1,100 to 1,300")


def test_a_decimal_comma_is_not_taken_for_thousands(tmp_path: Path) -> None:
    """22,5 is 22.5 in a file separated by semicolons, and nothing in one separated by commas."""
    head = "measure;place;window;value\n"
    [figure] = figures(_file(tmp_path, f"{head}share_at_large;US;2017;22,5 %\n"))
    assert (figure.value, figure.decimals) == (22.5, 1)
    [figure] = figures(_file(tmp_path, f"{head}arrests;US;2017;1.143.470\n"))
    assert figure.value == 1_143_470
    with pytest.raises(QuestionError, match="a comma stands before three digits"):
        figures(_file(tmp_path, f'{_REST}share_at_large,US,2017,"22,5 %"\n'))


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("San Antonio AOR", ["SNA"]),
        ("ICE San Antonio", ["SNA"]),
        ("San Antonio (SNA)", ["SNA"]),
        ("nationwide", ["US"]),
        ("the United States", ["US"]),
        ("FIPS 48453", ["48453"]),
        ("48453.0", ["48453"]),
        ("County of Travis, Tex.", ["48453"]),
        ("Los Angeles County, Calif.", ["06037"]),
        ("Washington, D.C.", ["DC"]),
        ("N.Y.", ["NY"]),
        ("Harris, Travis and Bexar counties, Texas", ["48201", "48453", "48029"]),
        ("King and Queen County, VA", ["51097"]),
        ("Texas and Oklahoma", ["TX", "OK"]),
    ],
)
def test_places_in_more_spellings(written: str, codes: list[str], tmp_path: Path) -> None:
    [figure] = figures(_file(tmp_path, f'{_REST}arrests,"{written}",2017,1\n'))
    assert [spot.code for spot in figure.spots] == codes


def test_county_and_state_in_two_columns_are_one_place(tmp_path: Path) -> None:
    text = "County,State,Measure,Year,Count\nWashington,OR,arrests,2017,1\n,Texas,arrests,2017,2\n"
    washington, texas = figures(_file(tmp_path, text))
    assert (washington.spots, texas.spots) == ((Spot("county", "41067"),), (Spot("state", "TX"),))


def test_a_line_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    text = (
        "Claim,Metric,Where,When,Figure,Margin\n"
        'right,arrests,US,FY2017,"143,470",\n'
        "many,arrests,US,FY2017,many,\n"
        "when,arrests,US,someday,5,\n"
        "split,arrests,US,FY2017,143,470,1%\n"
        "wide,arrests,US,FY2017,143470,-1\n"
        "of,arrests,US,FY2017,28%,\n"
    )
    rows = {row.id: row for row in verify(None, _file(tmp_path, text)).rows}
    assert (rows.pop("right").verdict, len(rows)) == (EQUAL, 5)
    assert {row.verdict for row in rows.values()} == {NOT_TESTABLE}
    assert "line 3: Figure 'many' is not a number" in rows["many"].why
    assert "line 4: When 'someday' is not a period" in rows["when"].why
    assert "line 5: has 7 cells where the header has 6" in rows["line 5"].why
    assert "below 0" in rows["wide"].why
    assert "of what" in rows["of"].why


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_titles_comments_and_encodings_are_read(encoding: str, end: str, tmp_path: Path) -> None:
    lines = ["My figures – a list", "", "# from a page", "measure\tplace\twindow\tvalue", ""]
    lines += ["arrests\tDoña Ana County, NM\tFY2017\t5", ""]
    path = tmp_path / "mine.txt"
    path.write_bytes(end.join(lines).encode(encoding))
    [figure] = figures(path)
    assert figure.spots == (Spot("county", "35013"),)


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"# a comment alone\n", b'"', b",,,\n,,\n", b"\x80\x81\x00", b"a"]
)
def test_files_that_hold_no_figures_are_one_clear_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(content)
    with pytest.raises(QuestionError, match=r"mine\.csv"):
        verify(None, path)


def test_modelled_populations_agree_within_their_interval_and_published_ones_as_printed(
    tmp_path: Path,
) -> None:
    """Pew's own number stands before the model's; the model's interval is the room of a county's."""
    row = table("unauthorized_modelled").filter(pl.col("place") == "48201").row(0, named=True)
    path = _file(
        tmp_path,
        "measure,place,window,value\n"
        f"unauthorized,48201,2014,{(row['estimate'] + row['high']) / 2:.0f}\n"
        f"unauthorized,48201,2014,{3 * row['high']:.0f}\n"
        "unauthorized,Houston,2014,575000\n"
        "unauthorized,48201,2031,575000\n",
    )
    verdicts = {one.id: one.verdict for one in verify(None, path).rows}
    assert verdicts == {"line 2": WITHIN, "line 3": DIFFERS, "line 4": EQUAL, "line 5": NOT_TESTABLE}


@pytest.mark.parametrize(
    ("written", "value", "kind", "within"),
    [
        ("a dozen", 12, "exact", None),
        ("about a thousand", 1_000, "rounded", None),
        ("one hundred and forty-three thousand", 143_000, "rounded", None),
        ("two hundred", 200, "rounded", None),
        ("1.43E+05", 143_000, "rounded", None),
        ("0.14 million", 140_000, "rounded", 5_000),
        ("143.5k", 143_500, "rounded", None),
        ("0.1 million", 100_000, "rounded", 50_000),
    ],
)
def test_numbers_written_out_and_known_to_their_last_digit(
    written: str, value: float, kind: str, within: float | None, tmp_path: Path
) -> None:
    [figure] = figures(_file(tmp_path, f'measure,place,window,value\narrests,US,2017,"{written}"\n'))
    assert (figure.value, figure.kind) == (value, kind)
    assert figure.tolerance == (None if within is None else pytest.approx(within / value))


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("arrests per day", 143_470 / 365),
        ("average daily arrests", 143_470 / 365),
        ("monthly arrests", 143_470 / 12),
        ("arrests a week", 143_470 * 7 / 365),
        ("ratio of at large arrests to custodial arrests", 0.4488),
        ("custodial arrests per at-large arrest", None),
        ("custodial to at large ratio", 1 / 0.4488),
        ("arrests, daily", 143_470 / 365),
    ],
)
def test_rates_and_ratios(measure: str, value: float | None, tmp_path: Path) -> None:
    """143,470 arrests of FY2017; its at-large arrests, 40,083, are 44.88 to a hundred custodial ones."""
    shown = 1 if value is None else round(value, 4)
    [row] = verify(None, _file(tmp_path, f'measure,place,window,value\n"{measure}",US,FY2017,{shown}\n')).rows
    if value is None:
        assert (row.verdict, row.ours) == (NOT_TESTABLE, None)
        return
    counts = {name: _count(name) for name in ("at_large", "custodial")}
    of = {
        "ratio": 100 * counts["at_large"] / counts["custodial"],
        "custo": 100 * counts["custodial"] / counts["at_large"],
    }
    assert row.ours == pytest.approx(of.get(measure[:5], value), rel=1e-3)
    assert row.verdict in (EQUAL, WITHIN)


def _count(measure: str) -> float:
    rows = panel(by="nation", every="month", measures=[measure], start="2016-10-01", end="2017-09-30").frame
    return float(rows["value"].sum())


@pytest.mark.parametrize("scheme", ["agency", "ICE", "official"])
def test_the_agencys_own_reading_is_a_scheme(scheme: str, tmp_path: Path) -> None:
    text = f"measure,place,window,value,scheme\nat large,US,FY2017,40066,{scheme}\n"
    [row] = verify(None, _file(tmp_path, text)).rows
    assert (row.measure, row.verdict) == ("at_large_agency", EQUAL)


@pytest.mark.parametrize(
    ("place", "read_as"),
    [
        ("Washington", "Washington (area of responsibility WAS)"),
        ("Washington state", "Washington (state WA)"),
        ("Texas and Oklahoma", "Texas (state TX); Oklahoma (state OK)"),
    ],
)
def test_what_a_place_was_read_as_is_said(place: str, read_as: str, tmp_path: Path) -> None:
    [row] = verify(None, _file(tmp_path, f"measure,place,window,value\narrests,{place},FY2017,10\n")).rows
    assert row.counted_in == read_as


@pytest.mark.parametrize(("written", "value"), [("2.2 to 1", 220), ("2.2:1", 220), ("2.2", 220)])
def test_a_ratio_to_one(written: str, value: float, tmp_path: Path) -> None:
    text = f"measure,place,window,value\nratio of custodial to at large,US,FY2017,{written}\n"
    [row] = verify(None, _file(tmp_path, text)).rows
    assert (row.published, row.measure) == (pytest.approx(value), "custodial/at_large")


@pytest.mark.parametrize("written", ["1e400", "1e99", "-1e999", "e5", "1e-3", "hundred of", "and"])
def test_what_is_no_number_ends_in_one_line(written: str, tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="is not a number"):
        figures(_file(tmp_path, f"measure,place,window,value\narrests,US,2017,{written}\n"))

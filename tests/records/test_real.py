"""The real releases: every file is read whole, with the rows that its provenance states, or is refused."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from atlarge.errors import ReleaseError
from atlarge.records.prepare import prepare
from atlarge.releases import read_release
from command_line import run

pytestmark = pytest.mark.slow_file

# Rows by file, as the provenance of the data states them (headers left out).
STATED = {
    "EROArrests_FY2016.csv.gz": 110_104,
    "EROArrests_FY2017.csv.gz": 143_470,
    "EROArrests_FY2018.csv.gz": 158_581,
    "EROArrests_FY2019.csv.gz": 131_904,
    "EROEncounters_FY2016.csv.gz": 368_645,
    "EROEncounters_FY2017.csv.gz": 439_903,
    "ICERemovals_FY2016.csv.gz": 240_255,
    "ICERemovals_FY2017.csv.gz": 226_119,
    "ICERemovals_FY2018.csv.gz": 256_085,
    "EROEncounters_FY2019.csv.gz": 396_384,
    "ICERemovals_FY2019.csv.gz": 241_513,
    "arrests_with_state.csv.gz": 32_549,
    "bookins.csv.gz": 36_811,
    "enforcement.csv.gz": 34_593,
    "apprehension_landmark_aor.csv": 13_272,
    "pa_detainers.csv": 32_757,
    "rif-FOIA 15-87693 _07262015_LESA-STU_FINAL FY15YTD.xlsx": 79_053,
    "californiayearcount.csv": 141,
    "texas_jails_immigrant_detainer_2011_2017.csv": 18_640,
    "summary_table.csv": 112,
    "sea-i213s-2026-02-13-geocoded.reduced.csv.gz": 10_962,
    "quarterly-arrests-per-capita-wa-or-2022-2025.csv": 816,
    "sea_crim_state_month.csv": 255,
    "mn_detainers_over_time.csv": 1_227,
    "daily_arrests.csv": 222,
    "mn_collateral.csv": 180,
    "surge_detainers_by_liftreason.csv": 75,
    "st_cloud_denied.reduced.csv": 22,
    "chart_data_monthly.csv": 138,
    "ice_arrests_by_state.csv": 51,
    "facilities-daily-population-latest.parquet": 888_699,
    "inc_headcount_fy12-24ytd.csv.gz": 928_231,
    "ddp_facilities.csv": 844,
}
# The provenance states no rows of these workbooks; their facility sheets end at these rows (counted by eye).
WORKBOOKS = {
    "FY19-detentionstats.xlsx": 213,
    "FY20-detentionstats.xlsx": 170,
    "FY23_detentionStats10312023.xlsx": 120,
    "FY24_detentionStats.xlsx": 109,
    "FY24_detentionStats08152024.xlsx": 109,
    "FY24_detentionStats11152024.xlsx": 111,
    "FY25_detentionStats12122024.xlsx": 109,
    "FY25_detentionStats07072025.xlsx": 201,
    "FY25_detentionStats09242025.xlsx": 189,
    "FY26_detentionStats_04092026.xlsx": 203,
}
# Months that a workbook covers, the last of them in part or whole, by its day and its last figure above 0.
MONTHS = {
    "FY24_detentionStats08152024.xlsx": (11, "month to date"),
    "FY24_detentionStats11152024.xlsx": (2, "month to date"),
    "FY25_detentionStats12122024.xlsx": (3, "month to date"),
    "FY25_detentionStats07072025.xlsx": (9, "month to date"),
    "FY25_detentionStats09242025.xlsx": (12, "month to date"),
    "FY26_detentionStats_04092026.xlsx": (7, "month to date"),
}
REFUSED = {"activation_dates_makayla_revisedforbalance.dta": "no header of a known release"}
IDENTICAL = {2016: 16_739, 2017: 21_345, 2018: 23_689, 2019: 19_093}


def _files(data_dir: Path) -> dict[str, Path]:
    raw = data_dir / "raw"
    return {p.name: p for p in sorted(raw.glob("*/*")) if p.is_file()}


@pytest.mark.data
def test_no_file_is_forgotten(data_dir: Path) -> None:
    lists = {name for name in _files(data_dir) if name.startswith("ice-287g")}  # tests/releases reads these
    assert set(_files(data_dir)) - lists == {*STATED, *WORKBOOKS, *REFUSED}


@pytest.mark.data
@pytest.mark.parametrize("name", STATED)
def test_a_file_is_read_whole(name: str, data_dir: Path) -> None:
    audit = prepare(read_release(_files(data_dir)[name])).audit
    assert audit.rows_read == STATED[name]
    assert audit.rows_read == audit.rows_kept + sum(audit.rows_dropped.values())
    if "texas" not in name and "daily_arrests" not in name:
        assert audit.rows_dropped == {}, "no row of this release is at fault"


@pytest.mark.data
@pytest.mark.parametrize("name", WORKBOOKS)
def test_detention_statistics(name: str, data_dir: Path) -> None:
    """The facilities and the three rows of the national book-ins: total, CBP and ICE, which add up."""
    result = prepare(read_release(_files(data_dir)[name]))
    assert result.audit.rows_kept == WORKBOOKS[name] + 3
    book_ins = result.frame.filter(pl.col("measure").str.starts_with("initial book-ins"))
    months, every = MONTHS.get(name, (12, "month"))
    assert book_ins.height == 3 * months
    assert book_ins.filter(pl.col("date") == pl.col("date").max())["every"].unique().to_list() == [every]
    assert (result.frame["as_of"].is_not_null() & result.frame["fiscal_year"].is_not_null()).all()
    is_total = pl.col("measure").str.ends_with("Total")
    by_month = book_ins.group_by("date").agg(
        total=pl.col("value").filter(is_total).sum(), parts=pl.col("value").filter(~is_total).sum()
    )
    assert (by_month["total"] == by_month["parts"]).all()
    if name == "FY24_detentionStats.xlsx":
        october = book_ins.filter(pl.col("date") == pl.date(2023, 10, 1)).sort("measure")
        assert october["value"].to_list() == [
            17_278,
            6_840,
            24_118,
        ]  # as printed in the workbook: CBP, ICE, total


@pytest.mark.data
@pytest.mark.parametrize("name", REFUSED)
def test_a_file_is_refused_as_documented(name: str, data_dir: Path) -> None:
    with pytest.raises(ReleaseError, match=REFUSED[name]):
        read_release(_files(data_dir)[name])


@pytest.mark.data
@pytest.mark.parametrize("year", IDENTICAL)
def test_identical_rows_are_reported_and_kept(year: int, data_dir: Path) -> None:
    audit = prepare(read_release(_files(data_dir)[f"EROArrests_FY{year}.csv.gz"])).audit
    assert audit.checks["identical_rows"] == IDENTICAL[year]
    assert "duplicate" not in audit.rows_dropped


@pytest.mark.data
def test_operations_are_marked_as_the_fault_says(data_dir: Path) -> None:
    """A filled Operation, always (B)(7)(E), is a mark; blank and dashes are none."""
    path = _files(data_dir)["EROArrests_FY2018.csv.gz"]
    frame = prepare(read_release(path)).frame
    published = pl.read_csv(path, separator="|", skip_rows=5, infer_schema=False)["Operation"]
    assert frame["operation_mark"].sum() == (published.str.strip_chars() == "(B)(7)(E)").sum()


@pytest.mark.data
def test_texas_months_are_those_of_the_figures(data_dir: Path) -> None:
    """Label 2017-03 is February 2017; label 2017-02 is gone; of 2015-03 the inmates alone are missing."""
    name = "texas_jails_immigrant_detainer_2011_2017.csv"
    result = prepare(read_release(_files(data_dir)[name]))
    labels = pl.read_csv(_files(data_dir)[name], infer_schema=False)
    travis = result.frame.filter(pl.col("county_fips") == "48453")
    march = labels.filter(pl.col("county") == "travis", pl.col("year") == "2017", pl.col("month") == "march")
    reported = travis.filter(pl.col("month") == pl.date(2017, 2, 1))
    assert reported["inmates"].to_list() == [int(march["num_of_inmates"].item())]
    assert travis.filter(pl.col("month") == pl.date(2017, 1, 1)).is_empty()
    shifted = travis.filter(pl.col("month") == pl.date(2015, 2, 1))
    assert (shifted["inmates"].item(), shifted["inmate_days"].is_null().item()) == (None, False)
    # 94 inmates with 7,749 days at label 2014-11, 115 with 5,473 at 2015-04: impossible, in quarantine
    for month in (pl.date(2014, 10, 1), pl.date(2015, 3, 1)):
        assert travis.filter(pl.col("month") == month).is_empty()
    assert {f["id"]: f["rows"] for f in result.audit.faults} == {
        "texas-misaligned-2015-03": 244, "texas-month-shift": 18_640, "texas-repeated-2017-02": 253,
    }  # fmt: skip
    assert result.frame["county_fips"].null_count() == 0


@pytest.mark.data
def test_a_part_of_a_known_release_is_read_with_a_note(data_dir: Path, tmp_path: Path) -> None:
    """Known faults assert their rows in the whole release alone: a cut of it is read, and says it is one."""
    lines = _files(data_dir)["texas_jails_immigrant_detainer_2011_2017.csv"].read_text().splitlines()
    part = tmp_path / "travis.csv"
    part.write_text("\n".join([lines[0], *[line for line in lines if line.startswith("travis,")]]) + "\n")
    audit = prepare(read_release(part)).audit
    assert (audit.rows_read, audit.rows_dropped["known fault: texas-repeated-2017-02"]) == (74, 1)
    assert all("another or a part of it" in f["note"] for f in audit.faults)


@pytest.mark.data
def test_outcomes_of_the_national_detainers(data_dir: Path) -> None:
    """Outcomes against the lift reasons that the provenance counts; blank is missing, not honored."""
    result = prepare(read_release(next(p for n, p in _files(data_dir).items() if n.startswith("rif-FOIA"))))
    counts = dict(result.frame["outcome"].value_counts().iter_rows())
    assert counts["missing"] == 52_263
    assert counts["booked"] == 15_877
    assert counts["declined"] == 5_501
    assert counts["transferred"] == 299
    assert counts["closed"] == 503
    assert sum(counts.values()) == 79_053
    assert not [n for n in result.audit.notes if "vocabulary" in n]


@pytest.mark.data
def test_commands_over_a_real_release(data_dir: Path, tmp_path: Path) -> None:
    """Ingest, audit and trace from the command line: the way back from a count to rows of the file."""
    path = _files(data_dir)["bookins.csv.gz"]
    store = str(tmp_path / "store")
    done = run(["ingest", str(path), "--store", store])
    assert done.exit_code == 0, done.output
    assert "36,811 rows read, 36,811 kept" in done.output
    audit = run(
        ["audit", "--store", store, "--trace", "book_ins", "--from", "2012-01-01", "--to", "2012-01-01"]
    )
    assert audit.exit_code == 0, audit.output
    # the header is on line 7; the rows of the first day follow it
    first = re.search(r"bookins\.csv\.gz: (\d+) rows: (.*)\n", audit.output)
    assert first
    published = pl.read_csv(path, separator="|", skip_rows=6, infer_schema=False)["Book In Date"].to_list()
    rows = [8 + i for i, day in enumerate(published) if day == "1/1/2012"]
    assert int(first.group(1)) == len(rows)
    assert first.group(2).startswith(str(rows[0]))

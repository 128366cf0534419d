"""Samples of published releases, from file to count, against the same files read by the standard library."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import gzip
import io
import json
import re
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from atlarge import detainer_report, ingest, open_store, panel
from atlarge.records.prepare import prepare
from atlarge.releases import read_release
from command_line import run

PERSON = ("Birth Date", "Citizenship", "Gender", "date_of_birth", "gender", "country_of_citizenship")
AREA = re.compile(r"^[A-Z]{3} GENERAL AREA, NON-SPECIFIC$")
HANDOFFS = {"CAP Local Incarceration", "287(g) Program"}
AT_LARGE = {"Located", "Non-Custodial Arrest", "Worksite Enforcement", "Probation and Parole"}


def _rows(path: Path) -> list[dict[str, str]]:
    raw = path.read_bytes()
    lines = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode().splitlines()
    at = next(
        i for i, line in enumerate(lines) if "|" * 4 not in line and max(line.count("|"), line.count(",")) > 4
    )
    separator = "|" if "|" in lines[at] else ","
    return list(csv.DictReader(io.StringIO("\n".join(lines[at:])), delimiter=separator))


def _day(text: str) -> dt.date:
    month, day, year = text.split("/")
    return dt.date(int(year), int(month), int(day))


@pytest.fixture(scope="module")
def arrests_store(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("samples") / "store"
    ingest([samples / f"EROArrests_FY{year}.csv.gz" for year in (2016, 2017)], store)
    return store


def test_no_sample_holds_an_attribute_of_a_person(samples: Path) -> None:
    files = [p for p in samples.iterdir() if p.suffix in (".gz", ".csv")]
    assert sum(p.stat().st_size for p in samples.iterdir()) < 2 << 20
    for path in files:
        rows = _rows(path)
        assert len(rows) > 200
        assert not {row.get(column, "") for row in rows for column in PERSON} - {""}


def test_every_row_of_every_sample_is_accounted_for(samples: Path) -> None:
    for path in sorted(samples.iterdir()):
        audit = prepare(read_release(path)).audit
        assert audit.rows_read == audit.rows_kept + sum(audit.rows_dropped.values()) > 0
        if path.suffix != ".xlsx":
            assert audit.rows_read == len(_rows(path))


def test_arrests_by_month_and_method(samples: Path, arrests_store: Path) -> None:
    counted: Counter[tuple[str, dt.date]] = Counter()
    for year in (2016, 2017):
        for row in _rows(samples / f"EROArrests_FY{year}.csv.gz"):
            month = _day(row["Apprehension Date"]).replace(day=1)
            counted["arrests", month] += 1
            counted["at_large", month] += row["Apprehension Method"] in AT_LARGE
            counted["handoffs", month] += row["Apprehension Method"] in (
                "CAP Local Incarceration",
                "287(g) Program",
            )
    measures = ["arrests", "at_large", "handoffs"]
    months = panel(open_store(arrests_store), by="nation", every="month", measures=measures).frame
    shown = {(row["measure"], row["period"]): row["value"] for row in months.iter_rows(named=True)}
    assert {key: n for key, n in shown.items() if n} == {key: n for key, n in counted.items() if n}


def test_a_general_area_is_an_office_and_no_county(samples: Path, arrests_store: Path) -> None:
    named = Counter(
        row["Apprehension Landmark"][:3]
        for year in (2016, 2017)
        for row in _rows(samples / f"EROArrests_FY{year}.csv.gz")
        if AREA.match(row["Apprehension Landmark"])
    )
    rows = open_store(arrests_store).scan("arrests")
    areas = rows.filter(pl.col("landmark").str.contains(AREA.pattern)).collect()
    assert len(named) > 20
    assert areas["county_fips"].null_count() == areas.height == named.total()
    assert Counter(areas["office"].to_list()) == named


def test_declines_of_the_national_sample(samples: Path, tmp_path: Path) -> None:
    """Missing lift reasons are neither honored nor declined."""
    import openpyxl

    ingest([samples / "detainers_2015.xlsx"], tmp_path / "store")
    with contextlib.closing(openpyxl.load_workbook(samples / "detainers_2015.xlsx", read_only=True)) as book:
        header, *rows = book.worksheets[0].iter_rows(values_only=True)
    reasons = Counter(row[header.index("Detainer Lift Reason")] for row in rows)
    total = detainer_report(
        open_store(tmp_path / "store"), dt.date(2014, 10, 1), dt.date(2015, 7, 19), "nation"
    ).total
    assert total["issued"] == len(rows) == 900
    assert total["missing"] == reasons[None]
    assert total["declined"] == reasons["Detainer Declined by LEA"] + reasons["Detainer Declined by LEA "]


def test_texas_months_are_those_before_their_label(samples: Path) -> None:
    """The report labelled March 2017 describes February; the one labelled February repeats another."""
    name = "texas_jails_immigrant_detainer_2011_2017.csv"
    frame = prepare(read_release(samples / name)).frame.filter(pl.col("county_fips") == "48453")
    [march] = [
        row
        for row in _rows(samples / name)
        if (row["county"], row["year"], row["month"]) == ("travis", "2017", "march")
    ]
    february = frame.filter(pl.col("month") == pl.date(2017, 2, 1))
    assert february["inmates"].to_list() == [int(march["num_of_inmates"])]
    assert frame.filter(pl.col("month") == pl.date(2017, 1, 1)).is_empty()


def test_commands_lead_from_a_count_back_to_its_rows(samples: Path, tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    added = run(["ingest", str(samples / "bookins.csv.gz"), "--store", store])
    assert added.exit_code == 0, added.output
    rows = _rows(samples / "bookins.csv.gz")
    day = _day(rows[0]["Book In Date"])
    trace = ["audit", "--store", store, "--trace", "book_ins", "--from", str(day), "--to", str(day), "--json"]
    found = run(trace)
    assert found.exit_code == 0, found.output
    same_day = [i for i, row in enumerate(rows) if _day(row["Book In Date"]) == day]
    [traced] = json.loads(found.stdout)["trace"]
    assert traced["rows"] == [i + 8 for i in same_day]  # the header is on line 7


def test_a_release_that_names_areas_only_covers_the_nation(samples: Path, tmp_path: Path) -> None:
    """Removals name an area and no landmark: the states that an area has alone are no states of the file."""
    ingest([samples / "ICERemovals_FY2017.csv.gz"], tmp_path / "store")
    [covered] = {(c.scope, c.without) for c in open_store(tmp_path / "store").coverage("removals")}
    assert covered == ("nation", ())
    months = panel(open_store(tmp_path / "store"), by="nation", every="month", measures=["removals"]).frame
    assert months["value"].sum() == len(_rows(samples / "ICERemovals_FY2017.csv.gz"))

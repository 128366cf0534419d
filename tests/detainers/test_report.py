"""The report over real releases and over a made store, against counts of the files themselves."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from atlarge.detainers import OUTCOMES, detainer_report, reconcile
from atlarge.errors import CoverageError
from atlarge.records.store import Coverage, Store
from command_line import run

pytestmark = pytest.mark.slow_file

FISCAL_2015 = (dt.date(2014, 10, 1), dt.date(2015, 7, 19))


class _OneFrame(Store):
    """A store of one made frame."""

    def __init__(self, frame: pl.DataFrame) -> None:
        super().__init__(Path("made"), {"format": 1, "releases": []})
        self._frame = frame

    def tables(self) -> list[str]:
        return ["detainers"]

    def scan(self, table: str) -> pl.LazyFrame:
        return self._frame.lazy()

    def coverage(self, table: str) -> list[Coverage]:
        return [Coverage("made", dt.date(2016, 1, 1), dt.date(2017, 12, 31), "nation")]


def _small_store() -> _OneFrame:
    day = dt.date(2017, 2, 1)
    rows = [
        ("48453", "declined", "THEFT", day, dt.date(2016, 6, 1), 40),
        ("48453", "declined", "DWI", day, dt.date(2016, 9, 1), 3),
    ]
    rows += [("48453", "declined", "ASSAULT", day, dt.date(2016, 11, 1), 2)]
    rows += [("48453", "booked", None, dt.date(2017, 3, d), dt.date(2017, 2, 20), 1) for d in range(1, 20)]
    rows += [
        ("06037", "declined", "THEFT", dt.date(2017, 1, d), dt.date(2016, 12, 30), 2) for d in range(2, 28)
    ]
    columns = ["county_fips", "outcome", "charge", "decision_date", "date", "n"]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    return _OneFrame(frame.with_columns(pl.lit("JAIL").alias("facility"), pl.lit("TX").alias("state")))


def test_charges_are_grouped_until_none_is_small() -> None:
    report = detainer_report(_small_store(), by="county")
    travis = report.declined.filter(pl.col("place") == "48453")
    assert travis.select("charge", "declined").rows() == [("THEFT", 40), ("other charges", 5)]


def test_a_day_of_review_is_shown_apart() -> None:
    report = detainer_report(_small_store(), by="county")
    assert report.batches.select("place", "decision_date", "decided").rows() == [
        ("48453", dt.date(2017, 2, 1), 45)
    ]
    assert not any("mass review are unknown" in note for note in report.scope["notes"])


def test_policies_in_force_are_those_of_the_time() -> None:
    report = detainer_report(_small_store(), dt.date(2017, 2, 1), dt.date(2017, 2, 28), "county")
    ids = report.policies["id"].to_list()
    assert "travis-tx-2017" in ids
    before = detainer_report(_small_store(), dt.date(2016, 6, 1), dt.date(2016, 12, 31), "county")
    assert "travis-tx-2017" not in before.policies["id"].to_list()


def test_a_time_that_no_release_covers_is_refused() -> None:
    with pytest.raises(CoverageError, match="2016-01-01 to 2017-12-31"):
        detainer_report(_small_store(), dt.date(2019, 1, 1), dt.date(2019, 2, 1))


def test_reconciliation_keeps_status_and_sources() -> None:
    result = reconcile().sort("end", descending=True)  # of periods with one first day, the shortest is kept
    rows = {(r["place"], r["measure"], r["start"].isoformat()): r for r in result.iter_rows(named=True)}
    travis = rows[("Travis County, TX", "detainers_declined", "2017-01-28")]
    assert (travis["official"], travis["sheriff"], travis["other"]) == (142, None, "press: 143")
    assert travis["status"] == "published"
    assert rows[("Travis County, TX", "detainers_declined", "2017-02-01")]["sheriff"] == 196
    assert rows[("Nassau County, NY", "detainers_issued", "2017-01-28")]["status"] == "disputed"
    assert rows[("Williamson County, TX", "detainers_declined", "2017-01-28")]["status"] == "withdrawn"
    assert all(row["source_urls"] for row in rows.values())
    assert {row["recomputed"] for row in rows.values()} == {None}


def test_reconciliation_recomputes_where_the_store_covers() -> None:
    frame = pl.DataFrame(
        {
            "date": [dt.date(2017, 1, 30)] * 2,
            "county_fips": ["48453", "06037"],
            "outcome": ["declined"] * 2,
            "n": [130, 9],
        }
    )
    result = reconcile(frame.lazy(), [(dt.date(2017, 1, 1), dt.date(2017, 2, 3))])
    week = result.filter(
        (pl.col("measure") == "detainers_declined") & (pl.col("start") == dt.date(2017, 1, 28))
    )
    reported = dict(week.select("place", "recomputed").rows())
    assert reported["Travis County, TX"] == 130
    assert reported["United States"] == 139
    assert week.filter(pl.col("place") == "Travis County, TX")["conflict"].item()


@pytest.mark.data
def test_fiscal_2015_by_facility_county_and_nation(detainer_store: Store) -> None:
    nation = detainer_report(detainer_store, *FISCAL_2015, "nation")
    assert (nation.total["issued"], nation.total["declined"], nation.total["missing"]) == (
        79_053,
        5_501,
        52_263,
    )
    facility = detainer_report(detainer_store, *FISCAL_2015, "facility", threshold=0).rows
    jail = facility.filter(pl.col("place_name") == "TRAVIS CTY JAIL").to_dicts()[0]
    assert (jail["issued"], jail["declined"]) == (1_214, 62)
    county = detainer_report(detainer_store, *FISCAL_2015, "county", threshold=0).rows
    assert county["issued"].sum() == 79_053
    assert sum(county[name].sum() for name in OUTCOMES) == 79_053
    travis = county.filter(pl.col("place") == "48453").to_dicts()[0]
    assert (travis["largest_facility"], travis["largest_facility_issued"]) == ("TRAVIS CTY JAIL", 1_214)
    assert travis["issued"] >= 1_214


@pytest.mark.data
def test_philadelphia_declines_rose_in_2014(detainer_store: Store, data_dir: Path) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    with (data_dir / "raw" / "eads__geocode-pa-detainers" / "pa_detainers.csv").open(
        encoding="utf-8"
    ) as stream:
        for row in csv.DictReader(stream):
            # the agency's own office in the city is no jail of the county
            if row["city"] == "PHILADELPHIA" and row["det_facility"] != "PHI DISTRICT OFFICE":
                counted[(row["date"][:4], row["lift_reason"])] += 1
    result = detainer_report(
        detainer_store, dt.date(2013, 1, 1), dt.date(2014, 12, 31), "county", every="year", threshold=0
    )
    here = result.rows.filter(pl.col("place") == "42101")
    reported = {row["period"].year: row for row in here.iter_rows(named=True)}
    for year in (2013, 2014):
        assert reported[year]["declined"] == counted[(str(year), "Detainer Declined by LEA")]
        assert reported[year]["missing"] == counted[(str(year), "")]
    assert reported[2014]["rate_low"] > reported[2013]["rate_high"]


@pytest.mark.data
def test_the_printed_report_has_four_sections_and_no_small_cell(detainer_store: Store) -> None:
    arguments = [
        "detainers",
        "--store",
        str(detainer_store.path),
        "--from",
        "2014-10-01",
        "--to",
        "2015-07-19",
    ]
    shown = run([*arguments, "--by", "state"])
    assert shown.exit_code == 0
    for title in ("I. Highest volume", "II. Detainers declined", "III. Policies", "IV. Scope"):
        assert title in shown.stdout
    reported = json.loads(run([*arguments, "--by", "county", "--json"]).stdout)
    assert reported["total"]["issued"] == 79_053
    for row in reported["rows"]:
        for name in OUTCOMES:
            assert row[name] is None or row[name] == 0 or row[name] >= 5


@pytest.mark.data
def test_what_the_releases_leave_out_is_reported(detainer_store: Store) -> None:
    late = detainer_report(detainer_store, dt.date(2014, 10, 1), dt.date(2015, 9, 30), "state")
    assert late.end == dt.date(2015, 7, 19)
    assert any("2015-07-19" in warning for warning in late.scope["warnings"])
    early = detainer_report(detainer_store, dt.date(2013, 1, 1), dt.date(2013, 12, 31), "state")
    assert any("state:PA" in warning for warning in early.scope["warnings"])
    whole = detainer_report(detainer_store, *FISCAL_2015, "state")
    assert whole.scope["warnings"] == []

"""Composition: what a release says of an arrest reaches typed columns, and counts only where it is said."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import ddp_forms
import polars as pl
import pytest

from atlarge import ingest, panel
from atlarge.errors import CoverageError
from atlarge.records.store import open_store

TYPE_FROM = dt.date(2025, 8, 4)


def _rows(form: str, per_day: int = 6) -> list[dict[str, Any]]:
    """Arrests of a release that reports the type from one day on, with every third row convicted."""
    names = ddp_forms.HEADERS[form].split("|")
    rows = []
    for day in range(120):
        date = dt.datetime(2025, 6, 1) + dt.timedelta(days=day, hours=9)
        for k in range(per_day):
            row = dict.fromkeys(names)
            is_typed = date.date() >= TYPE_FROM
            row |= {
                "Apprehension Date": date + dt.timedelta(minutes=k),
                "Apprehension Method": "Located",
                "Apprehension Criminality": ("1 Convicted Criminal", "2 Pending Criminal Charges",
                                             "3 Other Immigration Violator")[k % 3],
                "Apprehension Site Landmark": "TRAVIS COUNTY JAIL, AUSTIN, TX",
                "Event Landmark": "TRAVIS COUNTY JAIL, AUSTIN, TX",
                "State": "TEXAS", "Apprehension State": "TEXAS",
                "Apprehension AOR": "San Antonio Area of Responsibility",
                "AOR": "San Antonio Area of Responsibility",
                "TOA Current Duty AOR": "San Antonio Area of Responsibility",
                "TOA Current Duty Site": "AUSTIN, TX, DOCKET CONTROL OFFICE",
                "Apprehension Type": ("Targeted", "Collateral", None)[k % 3] if is_typed else None,
                "Arresting Agency": ("ICE", "CBP", "FBI")[k % 3],
                "Anonymized Identifier": f"{day * per_day + k:040x}",
                "Unique Identifier": f"{day * per_day + k:040x}",
                "Anonymized Unique Identifier": f"{day * per_day + k:040x}",
            }  # fmt: skip
            rows.append({name: row[name] for name in names})
    return rows


def _store(folder: Path, *forms: str) -> Path:
    for form in forms:
        file = folder / f"{form}.xlsx"
        ddp_forms.write(file, form, {"Arrests": _rows(form)}, as_text=False)
        ingest([file], folder / "store", covers="state:TX")
    return folder / "store"


def _sum(store: Path, measure: str, **question: Any) -> pl.DataFrame:
    return panel(store, by="state", every="day", measures=[measure], places=["TX"], **question).frame


def test_columns_of_the_march_2026_form_reach_the_records(tmp_path: Path) -> None:
    rows = open_store(_store(tmp_path, "ddp-arrests-b")).scan("arrests").collect()
    assert rows.height == 720
    assert rows["duty_site"].unique().to_list() == ["AUSTIN, TX, DOCKET CONTROL OFFICE"]
    assert set(rows["apprehension_type"].to_list()) == {"Targeted", "Collateral", None}
    by_agency = dict(rows.group_by("arresting_agency", "agency").len().select("agency", "len").iter_rows())
    assert by_agency == {"ice": 240, "cbp": 240, "other": 240}
    assert rows.filter(conviction="pending")["criminality"].unique().to_list() == [
        "2 Pending Criminal Charges"
    ]


@pytest.mark.parametrize("form", ["ddp-arrests-a", "ddp-arrests-b", "ddp-arrests-c"])
@pytest.mark.parametrize("measure", ["convicted", "pending", "no_charge"])
def test_criminality_is_counted_in_every_form(tmp_path: Path, form: str, measure: str) -> None:
    counted = _sum(_store(tmp_path, form), measure)
    assert counted["value"].to_list() == [2] * 120


def test_a_type_is_missing_before_the_release_reports_it_and_zero_after(tmp_path: Path) -> None:
    counted = _sum(_store(tmp_path, "ddp-arrests-b"), "targeted", start="2025-06-01", end="2025-09-28")
    before = counted.filter(pl.col("period") < TYPE_FROM)
    after = counted.filter(pl.col("period") >= TYPE_FROM)
    assert before["value"].null_count() == before.height
    assert after["value"].to_list() == [2] * 56
    both = panel(
        _store(tmp_path, "ddp-arrests-b"), by="state", every="month", measures=["arrests", "collateral"]
    ).frame
    assert both.filter(measure="arrests")["value"].sum() == 720
    assert both.filter(measure="collateral")["value"].sum() == 112


def test_a_release_without_the_column_counts_nothing_by_it(tmp_path: Path) -> None:
    store = _store(tmp_path, "ddp-arrests-a")
    for measure in ("targeted", "collateral", "arrested_by_ice", "arrested_by_cbp"):
        with pytest.raises(CoverageError, match=f"no release in the store reports {measure}"):
            _sum(store, measure)
    with pytest.raises(CoverageError, match="reports convicted"):
        panel(None, by="nation", measures=["convicted"])


@pytest.mark.slow
def test_a_newer_release_without_the_type_keeps_that_of_the_older(tmp_path: Path) -> None:
    counted = _sum(_store(tmp_path, "ddp-arrests-b", "ddp-arrests-c"), "targeted")
    assert counted["value"].drop_nulls().to_list() == [2] * 56

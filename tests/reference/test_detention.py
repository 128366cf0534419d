"""Detention by month against what others published of the same workbooks and days."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from atlarge.reference import table
from atlarge.verify import EQUAL, WITHIN, verify

pytestmark = pytest.mark.slow_file


def test_book_ins_that_trac_published_of_the_same_workbooks() -> None:
    """March 2025: 19,122 by ICE and 3,805 by CBP; October 2024: 23,616 by both."""
    rows = {row.id: row for row in verify().rows}
    for figure in ("wb-mar25-ice", "wb-mar25-cbp", "wb-mar25-all", "wb-oct24-all", "wb-apr25-all"):
        assert rows[figure].verdict in (EQUAL, WITHIN), rows[figure]


def test_populations_lie_around_the_days_that_trac_published() -> None:
    """TRAC: 30,001 about 20 November 2022; 47,928 on 6 April 2025; 70,766 on 24 January 2026."""
    nation = table("detention_monthly").filter(
        pl.col("measure") == "population_at_midnight", pl.col("place") == "US"
    )
    months = dict(nation.select("month", "value").iter_rows())
    for month, published in (
        (dt.date(2022, 11, 1), 30_001),
        (dt.date(2025, 4, 1), 47_928),
        (dt.date(2026, 1, 1), 70_766),
    ):
        assert months[month] == pytest.approx(published, rel=0.04)


def test_counties_hold_no_more_than_the_nation_and_no_small_mean() -> None:
    kept = table("detention_monthly").filter(pl.col("measure") == "population_at_midnight")
    assert kept["value"].min() >= 5
    counties = kept.filter(pl.col("place_kind") == "county").group_by("month").agg(pl.col("value").sum())
    both = counties.join(kept.filter(pl.col("place") == "US"), on="month", suffix="_nation")
    assert both.height == counties.height
    assert (both["value"] <= both["value_nation"]).all()
    assert kept.select("place", "month").is_duplicated().sum() == 0

"""Counts of outcomes, the decline rate and its bounds, against hand sums and published counts."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from atlarge.detainers import OUTCOMES, add_rates, outcome_counts, wilson
from atlarge.errors import QuestionError

_ROWS = [
    ("2017-01-03", "JAIL A", "48453", "TX", "declined", 1),
    ("2017-01-04", "JAIL A", "48453", "TX", "booked", 3),
    ("2017-02-04", "JAIL B", "48453", "TX", None, 6),
    ("2017-02-05", "JAIL C", "48491", "TX", "lifted", 2),
    ("2017-02-05", "JAIL D", None, "PA", "declined", 4),
    ("2017-10-05", "JAIL D", None, None, "missing", 5),
]


def _frame() -> pl.LazyFrame:
    columns = ["date", "facility", "county_fips", "state", "outcome", "n"]
    frame = pl.DataFrame(_ROWS, schema=columns, orient="row")
    return frame.with_columns(pl.col("date").str.to_date(), pl.col("n").cast(pl.UInt32)).lazy()


def test_counts_by_county_keep_rows_without_a_county() -> None:
    result = outcome_counts(_frame(), "county")
    assert result["place"].to_list() == ["48453", "48491", None]
    assert result["place_name"].to_list() == ["Travis County, TX", "Williamson County, TX", "not placed"]
    assert result["issued"].to_list() == [10, 2, 9]
    assert result["declined"].to_list() == [1, 0, 4]
    assert result["missing"].to_list() == [6, 0, 5]
    assert result["issued"].sum() == sum(row[-1] for row in _ROWS)


def test_a_null_outcome_is_missing_and_never_booked() -> None:
    result = outcome_counts(_frame(), "nation").to_dicts()[0]
    assert result["booked"] == 3
    assert result["missing"] == 11


def test_facilities_and_periods() -> None:
    result = outcome_counts(_frame(), "facility", "month")
    assert result.filter(pl.col("place") == "JAIL D")["period"].to_list() == [
        dt.date(2017, 2, 1),
        dt.date(2017, 10, 1),
    ]
    fiscal = outcome_counts(_frame(), "nation", "fiscal_year")
    assert fiscal["period"].to_list() == [dt.date(2016, 10, 1), dt.date(2017, 10, 1)]
    assert fiscal["issued"].to_list() == [16, 5]


@pytest.mark.parametrize(("by", "every"), [("city", "all"), ("county", "fortnight")])
def test_unknown_levels_and_periods_are_named(by: str, every: str) -> None:
    with pytest.raises(QuestionError, match="there are:"):
        outcome_counts(_frame(), by, every)


def test_an_unknown_outcome_is_refused() -> None:
    with pytest.raises(QuestionError, match="vanished"):
        outcome_counts(_frame().with_columns(pl.lit("vanished").alias("outcome")), "nation")


def test_rate_and_bounds_by_hand() -> None:
    row = add_rates(outcome_counts(_frame(), "county")).to_dicts()[0]
    assert row["known"] == 4
    assert row["decline_rate"] == pytest.approx(1 / 4)
    assert row["best_case"] == pytest.approx(1 / 10)
    assert row["worst_case"] == pytest.approx(7 / 10)
    interval = binomtest(1, 4).proportion_ci(method="wilson")  # SciPy's own Wilson interval
    assert row["rate_low"] == pytest.approx(interval.low, abs=1e-6)
    assert row["rate_high"] == pytest.approx(interval.high, abs=1e-6)


def test_no_known_outcome_gives_no_rate() -> None:
    frame = _frame().filter(pl.col("outcome").is_null())
    row = add_rates(outcome_counts(frame, "county")).to_dicts()[0]
    assert row["decline_rate"] is None
    assert (row["best_case"], row["worst_case"]) == (0.0, 1.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 400), st.integers(1, 400))
def test_wilson_agrees_with_scipy(hits: int, trials: int) -> None:
    hits = min(hits, trials)
    low, high = wilson(np.array([float(hits)]), np.array([float(trials)]))
    reported = binomtest(hits, trials).proportion_ci(method="wilson")
    assert low[0] == pytest.approx(reported.low, abs=1e-9)
    assert high[0] == pytest.approx(reported.high, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*OUTCOMES, None]), st.integers(1, 9)), min_size=1, max_size=30))
def test_outcomes_add_up_and_the_bounds_hold_the_rate(rows: list[tuple[str | None, int]]) -> None:
    frame = pl.DataFrame(
        {
            "date": [dt.date(2017, 1, 1)] * len(rows),
            "facility": ["X"] * len(rows),
            "county_fips": ["48453"] * len(rows),
            "state": ["TX"] * len(rows),
            "outcome": [o for o, _ in rows],
            "n": [n for _, n in rows],
        },
        schema_overrides={"outcome": pl.String},
    ).lazy()
    row = add_rates(outcome_counts(frame, "county")).to_dicts()[0]
    assert row["issued"] == sum(row[o] for o in OUTCOMES) == sum(n for _, n in rows)
    assert 0 <= row["best_case"] <= row["worst_case"] <= 1
    if row["decline_rate"] is not None:
        # the rate among known outcomes lies between the cases: best <= d/known <= worst, for any missing
        assert row["best_case"] <= row["decline_rate"] + 1e-6
        assert row["rate_low"] - 1e-6 <= row["decline_rate"] <= row["rate_high"] + 1e-6


@pytest.mark.data
def test_national_release_of_fiscal_2015(data_dir: Path) -> None:
    """The published file, read here by another route: counts as its provenance states them."""
    import fastexcel

    path = next((data_dir / "raw" / "nprapps__sanctuary-cities").glob("rif-FOIA*.xlsx"))
    sheet = fastexcel.read_excel(path).load_sheet(0, dtypes="string").to_polars()
    known = {
        "Booked into Detention": "booked",
        "Detainer Declined by LEA": "declined",
        "Lifted": "lifted",
        "Transferred": "transferred",
        "Case Closed": "closed",
    }
    reason = pl.col("Detainer Lift Reason")
    frame = sheet.select(
        pl.col("Prepare Date").str.slice(0, 10).str.to_date().alias("date"),
        pl.col("Detainer Detention Facility").alias("facility"),
        pl.lit(None, dtype=pl.String).alias("state"),
        pl.lit(None, dtype=pl.String).alias("county_fips"),
        pl.when(reason.is_null())
        .then(None)
        .otherwise(reason.replace_strict(known, default="other"))
        .alias("outcome"),
        pl.lit(1, dtype=pl.UInt32).alias("n"),
    )
    nation = outcome_counts(frame.lazy(), "nation").to_dicts()[0]
    assert (nation["issued"], nation["missing"], nation["booked"]) == (79_053, 52_263, 15_877)
    assert (nation["declined"], nation["lifted"], nation["closed"], nation["transferred"]) == (
        5_501,
        3_773,
        503,
        299,
    )
    jail = outcome_counts(frame.lazy(), "facility").filter(pl.col("place") == "TRAVIS CTY JAIL").to_dicts()[0]
    assert (jail["issued"], jail["declined"]) == (1_214, 62)
    rated = add_rates(outcome_counts(frame.lazy(), "nation")).to_dicts()[0]
    # what a tool that took missing for honored would call the rate is the best case, far from the known one
    assert rated["best_case"] == pytest.approx(5_501 / 79_053, abs=1e-6)
    assert rated["decline_rate"] == pytest.approx(5_501 / (79_053 - 52_263), abs=1e-6)

"""Counts from dataframes give what the same counts give as arrays, and errors say what is wrong."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from atlarge.errors import QuestionError
from atlarge.surveillance import ears, farrington_flexible, read_counts, scan

WEEKS = [dt.date(2012, 1, 2) + dt.timedelta(weeks=i) for i in range(6 * 52)]
COUNTS = np.random.default_rng(7).poisson([[20.0], [3.0]], (2, len(WEEKS))).astype(float)
COUNTS[1, -1] = 25
LONG = {
    "county": [unit for unit in ("b", "a") for _ in WEEKS],
    "week": [*WEEKS, *WEEKS],
    "n": COUNTS.astype(int).ravel().tolist(),
}
LIBRARIES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}
COLUMNS = {"unit": "county", "time": "week", "value": "n"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_frame_gives_what_its_array_gives(library: str) -> None:
    frame = LIBRARIES[library](LONG)
    found, plain = farrington_flexible(frame, **COLUMNS), farrington_flexible(COUNTS, times=WEEKS)
    assert np.array_equal(found.upper, plain.upper, equal_nan=True)
    assert found.series.units.tolist() == ["b", "a"]
    table = found.to_frame()
    assert type(table).__module__.split(".")[0] == library
    rows = pl.DataFrame(table.to_dict("list") if library == "pandas" else table)
    last = rows.filter(pl.col("unit") == "a").tail(1).to_dicts()[0]
    assert (last["observed"], last["alarm"]) == (25.0, True)
    assert np.array_equal(ears(frame, **COLUMNS).upper, ears(COUNTS).upper, equal_nan=True)


def test_rows_in_any_order_and_times_as_text() -> None:
    frame = (
        pl.DataFrame(LONG)
        .with_columns(pl.col("week").dt.to_string("%Y-%m-%d"))
        .sample(fraction=1, shuffle=True, seed=1)
    )
    read = read_counts(frame, **COLUMNS)
    rows = [read.units.tolist().index(unit) for unit in ("b", "a")]
    assert np.array_equal(read.counts[rows], COUNTS)


def test_a_time_that_a_series_lacks_is_missing_and_not_zero() -> None:
    read = read_counts(
        pl.DataFrame({"u": ["x", "x", "y"], "t": [1, 2, 2], "n": [3, 4, 5]}), unit="u", time="t", value="n"
    )
    assert read.counts[0].tolist() == [3, 4]
    assert np.isnan(read.counts[1, 0])


@pytest.mark.parametrize(
    ("frame", "columns", "says"),
    [
        (pl.DataFrame(LONG), {}, "needs time= and value="),
        (pl.DataFrame(LONG), {**COLUMNS, "unit": "place"}, "no column 'place'; there are: county, week, n"),
        (
            pl.DataFrame({"t": [1, 1], "n": [2, 3]}),
            {"time": "t", "value": "n"},
            "two rows; add them up first",
        ),
        (pl.DataFrame({"t": ["x"], "n": [2]}), {"time": "t", "value": "n"}, "holds no times"),
        (
            pl.DataFrame({"t": [1, 2], "n": ["3", "a few"]}),
            {"time": "t", "value": "n"},
            "'a few' is not a num",
        ),
        (np.ones((2, 3)), COLUMNS, "an array has none"),
    ],
)
def test_what_cannot_be_read_is_named(frame: Any, columns: dict[str, str], says: str) -> None:
    with pytest.raises(QuestionError, match=says):
        read_counts(frame, **columns)


def test_exchanged_axes_are_recognised() -> None:
    with pytest.raises(QuestionError, match="312 series of 2 times: transpose the array"):
        farrington_flexible(COUNTS.T)
    with pytest.raises(QuestionError, match="lower `years`"):
        farrington_flexible(COUNTS[:, :60])


def test_results_print_short_and_draw() -> None:
    found = scan(np.random.default_rng(1).poisson(2.0, (3, 400)))
    assert len(repr(found)) < 100
    assert "3 series" in found.summary()
    import matplotlib as mpl

    mpl.use("Agg")
    axes = farrington_flexible(COUNTS, times=WEEKS).plot(unit=1)
    assert [line.get_label() for line in axes.get_lines()][-1] == "alarm"

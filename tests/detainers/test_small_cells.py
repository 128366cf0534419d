"""Small cells cannot be had back by subtraction."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from atlarge.detainers import OUTCOMES, add_rates, suppress
from atlarge.detainers.disclosed import disclose_report
from atlarge.detainers.report_cells import COUNTS
from atlarge.disclosure import ConstraintBuilder, audit
from atlarge.disclosure.constraints import OPEN, UNMARKED

pytestmark = pytest.mark.slow_file


def _rows(values: np.ndarray) -> pl.DataFrame:
    data = {name: values[:, i].tolist() for i, name in enumerate(OUTCOMES)}
    frame = pl.DataFrame(data, schema=dict.fromkeys(OUTCOMES, pl.Int64))
    return frame.with_columns(pl.sum_horizontal(OUTCOMES).alias("issued"))


def test_the_figures_of_a_large_row_stay() -> None:
    values = np.array([[169, 62, 136, 2, 3, 6, 836], [40, 30, 20, 10, 10, 10, 10]])
    result = suppress(add_rates(_rows(values))).to_dicts()[0]
    assert (result["issued"], result["declined"], result["missing"]) == (1214, 62, 836)
    assert result["transferred"] is None
    assert result["closed"] is None
    assert result["suppressed"]


def test_one_small_cell_takes_another_with_it() -> None:
    values = np.array([[50, 2, 30, 0, 0, 0, 20], [50, 2, 30, 0, 0, 0, 20]])
    result = suppress(add_rates(_rows(values))).to_dicts()[0]
    assert result["declined"] is None
    assert [name for name in OUTCOMES if result[name] is None] == ["declined", "missing"]
    assert result["issued"] == 102
    assert result["decline_rate"] is None
    assert result["best_case"] is None


def test_a_small_place_is_suppressed_whole() -> None:
    values = np.array([[1, 0, 1, 0, 0, 0, 1], [50, 20, 30, 9, 8, 7, 20]])
    result = suppress(add_rates(_rows(values))).to_dicts()[0]
    assert result["issued"] is None
    assert [name for name in OUTCOMES if result[name] is None] == ["booked", "lifted", "missing"]
    assert result["suppressed"]


def test_a_threshold_of_zero_shows_all() -> None:
    values = np.array([[1, 0, 1, 0, 0, 0, 1]])
    result = suppress(add_rates(_rows(values)), threshold=0).to_dicts()[0]
    assert result["issued"] == 3
    assert not result["suppressed"]


@settings(max_examples=4, deadline=None)
@example(np.full((4, 7), 4))
@given(arrays(np.int64, (4, 7), elements=st.integers(0, 12)))
def test_no_suppressed_count_is_known_to_within_one(values: np.ndarray) -> None:
    """Every count, row total and column total of the table, audited by integer programmes."""
    result = suppress(add_rates(_rows(values)))
    n, m = values.shape
    cells = np.concatenate([values.ravel(), values.sum(1), values.sum(0), [values.sum()]])
    shown = [v for name in (*OUTCOMES, "issued") for v in result[name].to_list()]
    hidden = np.array([v is None for v in shown]).reshape(m + 1, n).T
    sums = ConstraintBuilder()
    for i in range(n):
        sums.add([i * m + j for j in range(m)], [n * m + i])
    status = np.concatenate([hidden[:, :m].ravel(), hidden[:, m], [False] * (m + 1)]).astype(np.int64)
    small = (cells > 0) & (cells < 5)
    assert status[: n * m + n][small[: n * m + n]].all()
    status = np.where((status == 1) & ~small, 2, status)
    # The marks of the totals over all places are unknown here: their counts are not used.
    found = audit(cells * (status == 0), status, sums.build(), cells=np.flatnonzero(status == 1))
    assert not len(found.within_one)


def _tables(threshold: int) -> dict[str, np.ndarray]:
    """Tables of places and outcomes that leave little room: constant, of one row or column, nearly empty."""
    rng = np.random.default_rng(threshold)
    n, m = 4, len(OUTCOMES)
    column = np.zeros((n, m), np.int64)
    column[:, 2] = rng.integers(1, 2 * threshold, n)
    levels = {1, threshold // 2, threshold - 1} - {0}
    return {
        **{f"all {k}": np.full((n, m), k) for k in sorted(levels)},
        "one row": rng.integers(0, 2 * threshold, (1, m)),
        "one row, all alike": np.full((1, m), threshold - 1),
        "one column": column,
        "nearly empty": rng.integers(0, threshold, (n, m)) * (rng.random((n, m)) < 0.25),
        "a few ones beside a large row": np.array([[1, 1, 1, 1, 0, 0, 0], [50, 20, 30, 9, 8, 7, 20]]),
    }


@pytest.mark.parametrize("threshold", [2, 3, 4, 5, 11])
def test_no_count_of_an_odd_table_is_known_to_within_one(threshold: int) -> None:
    """A report prints rows, their totals and those of all places, and no mark: what is suppressed is one or
    more. Audited as a whole by integer programmes."""
    day = dt.date(2016, 1, 4)
    for name, values in _tables(threshold).items():
        n, m = values.shape
        places = [f"4800{i}" for i in range(n)]
        records = pl.DataFrame(
            [(day, places[i], OUTCOMES[j], int(values[i, j])) for i in range(n) for j in range(m)],
            schema={"date": pl.Date, "county_fips": pl.String, "outcome": pl.String, "n": pl.Int64},
            orient="row",
        ).filter(pl.col("n") > 0)
        found = disclose_report(records, "county", "all", day, day, threshold=threshold)
        cells = np.column_stack([values.sum(1), values])
        cells = np.vstack([cells, cells.sum(0)])
        keys = [("rows", place, None) for place in places] + [("total",)]
        shown = [found.counts.get((*key, count), 0) for key in keys for count in COUNTS]
        hidden = np.array([v is None for v in shown])
        assert [v for v in shown if v is not None] == cells.ravel()[~hidden].tolist(), name
        number = np.arange(cells.size).reshape(cells.shape)
        sums = ConstraintBuilder()
        for i in range(n + 1):
            sums.add(number[i, 1:].tolist(), [int(number[i, 0])])
        for j in range(m + 1):
            sums.add(number[:-1, j].tolist(), [int(number[-1, j])])
        small = (cells.ravel() > 0) & (cells.ravel() < threshold)
        assert hidden[small].all(), name
        known = audit(
            np.where(hidden, 0, cells.ravel()),
            np.where(hidden, UNMARKED, OPEN),
            sums.build(),
            threshold=threshold,
            cells=np.flatnonzero(small),
        )
        assert not len(known.within_one), name

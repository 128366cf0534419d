"""Small cells cannot be had back by subtraction."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from atlarge.detainers import OUTCOMES, add_rates, suppress
from atlarge.detainers.small_cells import small_cells, unsafe_totals


def _rows(values: np.ndarray) -> pl.DataFrame:
    data = {name: values[:, i].tolist() for i, name in enumerate(OUTCOMES)}
    frame = pl.DataFrame(data, schema=dict.fromkeys(OUTCOMES, pl.Int64))
    return frame.with_columns(pl.sum_horizontal(OUTCOMES).alias("issued"))


def test_the_figures_of_a_large_row_stay() -> None:
    values = np.array([[169, 62, 136, 2, 3, 6, 836], [40, 30, 20, 10, 10, 10, 10]])
    made = suppress(add_rates(_rows(values))).to_dicts()[0]
    assert (made["issued"], made["declined"], made["missing"]) == (1214, 62, 836)
    assert made["transferred"] is None
    assert made["closed"] is None
    assert made["suppressed"]


def test_one_small_cell_takes_another_with_it() -> None:
    values = np.array([[50, 2, 30, 0, 0, 0, 20], [50, 2, 30, 0, 0, 0, 20]])
    made = suppress(add_rates(_rows(values))).to_dicts()[0]
    assert made["declined"] is None
    assert [name for name in OUTCOMES if made[name] is None] == ["declined", "missing"]
    assert made["issued"] == 102
    assert made["decline_rate"] is None
    assert made["best_case"] is None


def test_a_small_place_is_held_back_whole() -> None:
    values = np.array([[1, 0, 1, 0, 0, 0, 1], [50, 20, 30, 9, 8, 7, 20]])
    made = suppress(add_rates(_rows(values))).to_dicts()[0]
    assert made["issued"] is None
    assert all(made[name] is None for name in OUTCOMES)


def test_a_threshold_of_zero_shows_all() -> None:
    values = np.array([[1, 0, 1, 0, 0, 0, 1]])
    made = suppress(add_rates(_rows(values)), threshold=0).to_dicts()[0]
    assert made["issued"] == 3
    assert not made["suppressed"]


@settings(max_examples=25, deadline=None)
@given(arrays(np.int64, (4, 7), elements=st.integers(0, 12)))
def test_differencing_cannot_pin_a_small_cell(values: np.ndarray) -> None:
    """With every printed cell, row total and printed column total known, a hidden small cell keeps a range.

    The range is found by linear programming over all tables that agree with what is printed; rows whose
    total is itself held back do not give it away.
    """
    threshold = 5
    hidden = small_cells(values, threshold)
    unsafe = unsafe_totals(values, hidden, threshold)
    small_rows = (values.sum(axis=1) > 0) & (values.sum(axis=1) < threshold)
    rows, columns = values.shape
    equalities, totals = [], []
    for i in range(rows):
        if not small_rows[i]:
            line = np.zeros(values.shape)
            line[i] = 1
            equalities.append(line.ravel())
            totals.append(values[i].sum())
    for j in np.flatnonzero(~unsafe):
        line = np.zeros(values.shape)
        line[:, j] = 1
        equalities.append(line.ravel())
        totals.append(values[:, j].sum())
    bounds = [
        (0, None) if h else (int(v), int(v)) for h, v in zip(hidden.ravel(), values.ravel(), strict=True)
    ]
    for i, j in zip(*np.nonzero(hidden & (values > 0) & (values < threshold)), strict=True):
        goal = np.zeros(values.size)
        goal[i * columns + j] = 1
        ends = [
            linprog(s * goal, A_eq=np.array(equalities), b_eq=np.array(totals), bounds=bounds)
            for s in (1, -1)
        ]
        is_free = any(end.status == 3 for end in ends)  # unbounded: nothing printed limits it
        assert is_free or -ends[1].fun - ends[0].fun >= 1 - 1e-6

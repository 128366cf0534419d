"""Effects on a user's own data: any dataframe as a panel, and a message that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlarge.effects import (
    PooledEffect,
    Ratio,
    change_point,
    conformal_effect,
    counterfactual,
    decompose,
    expected_counts,
    panel_of,
    placebo_grid,
    placebo_in_space,
    placebo_in_time,
    pool_rates,
    pooled_effect,
    share_effect,
    watch_bursts,
)
from atlarge.effects.bursts import MULTIPLES, _mde
from atlarge.errors import QuestionError

N, T = 40, 48
Y = np.random.default_rng(7).poisson(20, (N, T)).astype(float)
Y[0, 36:] += 12
STARTS = np.where(np.arange(N) < 4, 30, -1)
LONG = {
    "place": np.repeat(np.arange(N), T).tolist(),
    "month": np.tile(np.arange(T), N).tolist(),
    "n": Y.ravel().tolist(),
}
LIBRARIES: dict[str, Callable[[Any], Any]] = {
    "pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table,
}  # fmt: skip
ENTRIES: dict[str, Callable[[Any], Any]] = {
    "counterfactual": lambda y: counterfactual(y, 0, pre=36).effect,
    "placebo_in_space": lambda y: placebo_in_space(y, 0, pre=36).p,
    "placebo_in_time": lambda y: placebo_in_time(y, 0, pre=36).effect,
    "conformal_effect": lambda y: conformal_effect(y, 0, pre=36, points=5).p,
    "pooled_effect": lambda y: pooled_effect(y, STARTS, draws=20).ratio,
    "placebo_grid": lambda y: placebo_grid(y, 0, 36, 6).judge(np.arange(6)).effect,
    "expected_counts": lambda y: float(expected_counts(y, [36], 6).sum()),
    "decompose": lambda y: decompose(y, y, 0, 36, ratio=Ratio(0.2, 0.1, 0.1, 0, 0.4, 9, True)).effect.value,
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("library", LIBRARIES)
def test_a_panel_of_any_dataframe_gives_what_its_array_gives(library: str, entry: str) -> None:
    panel = panel_of(LIBRARIES[library](LONG), unit="place", time="month", value="n")
    assert ENTRIES[entry](panel) == ENTRIES[entry](Y)


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_long_dataframe_with_words_says_how_to_pass_it(library: str, entry: str) -> None:
    named = LONG | {"place": [f"place {k}" for k in LONG["place"]]}
    with pytest.raises(QuestionError, match=r"panel_of\(data, unit="):
        ENTRIES[entry](LIBRARIES[library](named))


@pytest.mark.parametrize("name", ["counterfactual", "placebo_in_space", "conformal_effect"])
def test_the_wrong_way_round_is_said_so(name: str) -> None:
    """48 rows of 12 columns where 12 units have 48 periods: 36 periods before the change cannot be."""
    with pytest.raises(QuestionError, match="rows must be units and columns periods"):
        ENTRIES[name](Y[:12].T)


@pytest.mark.slow
def test_results_give_a_frame_a_summary_and_a_short_form() -> None:
    space, rates = placebo_in_space(Y, 0, pre=36), pool_rates([1, 2, 30], [10.0, 10.0, 100.0])
    assert space.to_frame().height == space.n_placebos + 1
    assert rates.to_frame()["rate"].to_list() == rates.rate.tolist()
    panel = panel_of(Y[:2, :3])
    assert panel.to_frame()["value"].to_list() == Y[:2, :3].ravel().tolist()
    for result in (space, rates):
        assert len(repr(result)) < 200
        assert result.summary()


def test_the_baseline_of_the_parts_is_the_mean_before_times_the_periods_after() -> None:
    found = decompose(Y, Y, 0, 36, ratio=Ratio(0.2, 0.1, 0.1, 0, 0.4, 9, True))
    assert found.baseline == pytest.approx(Y[0, :36].mean() * 12)
    parts = found.trend.value + found.substitution.value + found.residual.value
    assert found.baseline + parts == pytest.approx(Y[0, 36:].sum())


def test_the_fit_before_is_relative_to_the_mean_before() -> None:
    found = counterfactual(Y, 0, pre=36)
    gaps = found.observed[:36] - found.fitted[:36]
    assert found.pre_rmse == pytest.approx(np.sqrt((gaps**2).mean()))
    assert found.pre_rmse_relative == pytest.approx(found.pre_rmse / Y[0, :36].mean())


def test_intervals_of_event_times_lie_evenly_around_the_logarithm() -> None:
    found: PooledEffect = pooled_effect(Y, STARTS, draws=50)
    low, middle, high = (np.log(v) for v in (found.event_low, found.event_ratio, found.event_high))
    np.testing.assert_allclose(high - middle, middle - low, atol=1e-9)
    assert (high > low).any()


def test_a_new_units_rate_varies_by_both_the_error_and_the_difference_between_units() -> None:
    drawn = Ratio(0.5, 0.06, 0.08, 0, 1, 2000, True).draw(np.random.default_rng(0), 40_000)
    assert drawn.mean() == pytest.approx(0.5, abs=0.002)
    assert drawn.std() == pytest.approx(0.1, abs=0.002)  # the root of 0.06 and 0.08 squared


@pytest.mark.parametrize(("min_size", "needed"), [(3, 8), (6, 12), (10, 20)])
def test_a_change_point_needs_both_sides(min_size: int, needed: int) -> None:
    counts = np.random.default_rng(1).poisson(9, needed)
    with pytest.raises(QuestionError, match=f"needs {needed}"):
        change_point(counts[: needed - 1], min_size=min_size)
    assert change_point(counts, min_size=min_size, draws=19).p > 0


def test_units_that_are_sums_of_two_others_are_fitted_with_little_shrinkage() -> None:
    rng = np.random.default_rng(3)
    base = 150 + np.cumsum(rng.normal(0, 5, (2, 60)), axis=1)
    found = counterfactual(rng.uniform(0.2, 1.5, (20, 2)) @ base, 0, pre=48, method="ascm")
    assert found.tuning is not None
    assert found.tuning <= 0.01
    np.testing.assert_allclose(found.fitted, found.observed, rtol=0.01)


def test_a_watch_that_runs_past_the_records_or_misses_days_is_none() -> None:
    daily = np.random.default_rng(5).poisson(2.0, (30, 800)).astype(float)
    assert watch_bursts(daily, 0, [769]) is not None  # its last day is the last of the records
    assert watch_bursts(daily, 0, [770]) is None
    holes = daily.copy()
    holes[0, 705] = np.nan
    assert watch_bursts(holes, 0, [700]) is None


def test_intervals_are_of_ninety_percent_by_default() -> None:
    plain, ninety, half = (
        share_effect(Y, 0, 36, **more)
        for more in ({}, {"level": 0.9}, {"level": 0.5})  # type: ignore[arg-type]
    )
    np.testing.assert_array_equal(plain.low, ninety.low)
    last = -1
    assert plain.low[last] < half.low[last] < half.high[last] < plain.high[last]


def test_event_times_are_drawn_around_one() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    ax = pooled_effect(Y, STARTS, draws=20).plot()
    assert [1.0, 1.0] in [list(line.get_ydata()) for line in ax.lines]


@given(st.lists(st.floats(0.0, 1.0), min_size=len(MULTIPLES), max_size=len(MULTIPLES)).map(sorted))
def test_the_least_burst_found_is_where_the_power_curve_crosses_four_fifths(powers: list[float]) -> None:
    found = _mde(np.array(powers))
    if powers[0] >= 0.8:
        assert found == MULTIPLES[0]
    elif powers[-1] < 0.8:
        assert found is None
    else:
        assert MULTIPLES[0] <= found <= MULTIPLES[-1]
        assert np.interp(found, MULTIPLES, powers) == pytest.approx(0.8, abs=1e-6)

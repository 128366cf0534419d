"""Every result draws itself: its values, and beside them their intervals."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from atlarge.effects import (
    change_point,
    counterfactual,
    decompose,
    minimum_detectable_effect,
    placebo_grid,
    pool_estimates,
    pool_ratio,
    share_effect,
    watch_bursts,
)
from atlarge.effects.results import Result
from atlarge.errors import QuestionError

pytest.importorskip("matplotlib").use("Agg")


def _drawn(result: Result) -> dict[str, list[list[float]]]:
    """For each line of the picture, the x positions drawn on it."""
    ax = result.plot()
    names = [text.get_text() for text in ax.get_yticklabels()]
    found: dict[str, list[list[float]]] = {name: [] for name in names}
    for line in ax.lines:
        found[names[int(line.get_ydata()[0])]].append([float(x) for x in line.get_xdata()])
    return found


def test_a_pooled_mean_is_drawn_with_its_interval() -> None:
    pooled = pool_estimates([1.0, 2.0, 4.0, 3.0], [0.5, 0.5, 0.6, 0.4])
    assert _drawn(pooled) == {"mean": [[pooled.low, pooled.high], [pooled.mean]]}


def test_a_change_point_is_drawn_at_its_index() -> None:
    y = np.r_[np.full(20, 10.0), np.full(20, 30.0)]
    found = change_point(y)
    assert _drawn(found)["index"] == [[found.low, found.high], [20.0]]


def test_a_burst_is_drawn_as_its_excess() -> None:
    daily = np.random.default_rng(0).poisson(1.0, (30, 800)).astype(float)
    daily[3, 700:703] += 20
    found = watch_bursts(daily, 3, [695])
    assert _drawn(found)["effect"] == [[found.low, found.high], [found.observed - found.expected]]


def test_parts_are_drawn_one_a_line_and_numbers_without_an_interval_as_points() -> None:
    rng = np.random.default_rng(1)
    exposure = rng.poisson(30.0, (24, 40)).astype(float)
    outcome = rng.poisson(20.0, (24, 40)).astype(float)
    ratio = pool_ratio([10.0, 12.0, 9.0], [20.0, 30.0, 25.0], [2.0] * 3, [2.0] * 3, [1.0] * 3)
    parts = decompose(outcome, exposure, 0, range(30), ratio=ratio)
    assert {"trend", "substitution", "residual"} <= set(_drawn(parts))
    found = minimum_detectable_effect(counterfactual(outcome, 0, range(30)))
    assert _drawn(found)["total"] == [[found.total]]


def test_a_counterfactual_draws_what_was_observed_and_fitted_on_its_own_axes_or_those_given() -> None:
    import matplotlib.pyplot as plt

    y = np.random.default_rng(2).poisson(20.0, (12, 40)).astype(float)
    found = counterfactual(y, 0, range(30))
    given = plt.subplots()[1]
    assert found.plot(given) is given
    for ax in (given, found.plot()):
        fitted, observed = (line.get_ydata() for line in ax.lines)
        assert np.allclose(fitted, found.fitted, equal_nan=True)
        assert np.allclose(observed, y[0])
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["fitted", "observed"]


def test_a_share_effect_draws_both_paths_and_marks_its_start() -> None:
    import matplotlib.pyplot as plt

    y = np.random.default_rng(4).poisson(25.0, (60, 40)).astype(float)
    found = share_effect(y, 7, 30, 36)
    given = plt.subplots()[1]
    assert found.plot(given) is given
    for ax in (given, found.plot()):
        expected, observed, start = (line for line in ax.lines)
        assert np.allclose(expected.get_ydata(), found.expected, equal_nan=True)
        assert np.allclose(observed.get_ydata(), y[7])
        assert start.get_xdata()[0] == 29.5
        assert ax.get_ylim()[0] == 0
    rows = found.to_frame()
    assert rows.filter("in_force")["time"].to_list() == list(range(30, 36))
    assert rows["observed"].to_list() == y[7].tolist()
    first, numbers, effect, *_ = found.summary().splitlines()
    assert first == "7, 30 to 35"
    assert numbers == f"observed {y[7, 30:36].sum():.0f}, expected {found.total.expected:.1f}"
    assert f"{y[7, 30:36].sum() - found.total.expected:+.1f}" in effect


def test_a_placebo_grid_shows_its_target_as_frame_line_and_picture() -> None:
    y = np.random.default_rng(4).poisson(25.0, (60, 40)).astype(float)
    grid = placebo_grid(y, target=7, here=30, horizon=6)
    rows = grid.to_frame()
    assert rows["observed"].to_list() == y[7].tolist()
    total = grid.judge(np.arange(6))
    assert rows["expected"].to_numpy()[30:36].sum() == pytest.approx(total.expected)
    known = rows.drop_nans()
    assert ((known["low"] <= known["expected"]) & (known["expected"] <= known["high"])).all()
    expected, observed = grid.plot().lines
    assert np.allclose(observed.get_ydata(), y[7])
    assert np.allclose(expected.get_ydata(), rows["expected"].to_numpy(), equal_nan=True)
    assert grid.summary().startswith("60 units forecast 6 periods ahead from 34 dates; 59 placebos")
    assert len(repr(grid)) < 100


def test_without_matplotlib_a_picture_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    y = np.random.default_rng(4).poisson(25.0, (60, 40)).astype(float)
    pooled = pool_estimates([1.0, 2.0, 4.0], [0.5, 0.5, 0.6])
    for result in (share_effect(y, 7, 30, 36), counterfactual(y, 0, range(30)), pooled):
        with pytest.raises(QuestionError, match="pip install matplotlib"):
            result.plot()

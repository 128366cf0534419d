"""A change of a share taken apart: by hand, by swapping mixes and rates, and by drawing anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from atlarge.effects import count_contributions, kitagawa
from atlarge.errors import QuestionError

pytestmark = pytest.mark.slow_file


def _frame(counts: np.ndarray[Any, Any]) -> pl.DataFrame:
    """counts [2 periods, groups, size and cases]."""
    return pl.DataFrame(
        [
            {"group": f"g{g}", "period": p, "size": int(counts[p, g, 0]), "cases": int(counts[p, g, 1])}
            for p in range(2)
            for g in range(counts.shape[1])
        ]
    )


def _drawn(seed: int, groups: int = 4) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    size = rng.integers(20, 400, (2, groups))
    return np.stack([size, rng.binomial(size, rng.uniform(0.1, 0.9, (2, groups)))], axis=2)


def test_by_hand() -> None:
    """Jail 80 of 100 with 70%, street 20 with 20%; then jail 40 with 75%, street 60 with 30%."""
    counts = np.array([[[800, 560], [200, 40]], [[400, 300], [600, 180]]])
    found = kitagawa(_frame(counts))
    assert (found.before, found.after) == (0.6, 0.48)
    # mix: (.4 - .8) x (.70 + .75)/2 + (.6 - .2) x (.20 + .30)/2 = -.29 + .10
    assert found.composition.value == pytest.approx(-0.19)
    # within: (.75 - .70) x (.8 + .4)/2 + (.30 - .20) x (.2 + .6)/2 = .03 + .04
    assert found.within.value == pytest.approx(0.07)
    rows = found.to_frame()
    assert rows["within"].to_list() == pytest.approx([0.03, 0.04])
    # from the mean share .54: -.4 x (.725 - .54) and .4 x (.25 - .54)
    assert rows["composition"].to_list() == pytest.approx([-0.074, -0.116])


@pytest.mark.parametrize("seed", range(20))
def test_it_equals_the_mean_of_swapping_one_at_a_time(seed: int) -> None:
    """The mix moved first and last, averaged: no term of the decomposition is used."""
    counts = _drawn(seed)
    weights = counts[:, :, 0] / counts[:, :, 0].sum(1, keepdims=True)
    rates = counts[:, :, 1] / counts[:, :, 0]
    share = {(m, r): float((weights[m] * rates[r]).sum()) for m in range(2) for r in range(2)}
    mix = ((share[1, 0] - share[0, 0]) + (share[1, 1] - share[0, 1])) / 2
    within = ((share[0, 1] - share[0, 0]) + (share[1, 1] - share[1, 0])) / 2
    found = kitagawa(_frame(counts))
    assert found.composition.value == pytest.approx(mix)
    assert found.within.value == pytest.approx(within)
    assert found.change.value == pytest.approx(share[1, 1] - share[0, 0])
    assert found.to_frame()["total"].sum() == pytest.approx(found.change.value)


@pytest.mark.parametrize("part", ["change", "composition", "within"])
def test_intervals_hold_what_drawing_anew_gives(part: str) -> None:
    counts = _drawn(3)
    rng = np.random.default_rng(0)
    others = counts[:, :, 0] - counts[:, :, 1]
    values = []
    for _ in range(400):
        cases, rest = rng.poisson(counts[:, :, 1]), rng.poisson(others)
        drawn = np.stack([cases + rest, cases], axis=2)
        values.append(getattr(kitagawa(_frame(drawn)), part).value)
    found = getattr(kitagawa(_frame(counts)), part)
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(np.std(values), rel=0.12)


def test_a_group_in_one_period_only_is_mix_and_any_frame_serves() -> None:
    frame = pl.DataFrame(
        {"k": ["a", "a", "b", "a"], "t": ["x", "y", "y", "z"], "n": [10, 10, 10, 1], "c": [5, 5, 10, 1]}
    )
    found = kitagawa(frame, group="k", period="t", size="n", cases="c", before="x", after="y")
    assert found.within.value == pytest.approx(0)
    assert found.composition.value == pytest.approx(0.25)
    assert found.to_frame()["rate_before"].to_list() == [0.5, None]
    again = kitagawa(frame.to_pandas(), group="k", period="t", size="n", cases="c", before="x", after="y")
    assert isinstance(frame.to_pandas(), pd.DataFrame)
    assert again.composition == found.composition


def test_summary_and_plot_say_the_same() -> None:
    found = kitagawa(_frame(_drawn(1)))
    assert f"change: {100 * found.change.value:+.1f} points" in found.summary()
    pytest.importorskip("matplotlib").use("Agg")
    widths = [bar.get_width() for bar in found.plot().patches]
    assert sum(widths) == pytest.approx(100 * found.change.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cases": [20, 5, 5, 10]}, "cases lie between 0 and the size"),
        ({"size": [None, 10, 10, 10]}, "cases lie between 0 and the size"),
        ({"period": [1, 2, 3, 4]}, "4 periods"),
        ({"size": [0, 10, 0, 10], "cases": [0, 5, 0, 5]}, "no units"),
    ],
)
def test_refusals(change: dict[str, list[Any]], says: str) -> None:
    columns = {"group": list("aabb"), "period": [1, 2, 1, 2], "size": [10] * 4, "cases": [5] * 4}
    with pytest.raises(QuestionError, match=says):
        kitagawa(pl.DataFrame({**columns, **change}))


def test_contributions_of_counts() -> None:
    """Two kinds by hand: both orders of moving 50 -> 30 convicted and 50 -> 90 others."""
    parts = count_contributions({"c": 50, "o": 50}, {"c": 30, "o": 90}, "c")
    first = 30 / 80 - 0.5
    last = 30 / 120 - 50 / 140
    assert parts["c"] == pytest.approx((first + last) / 2)
    assert sum(parts.values()) == pytest.approx(30 / 120 - 0.5)
    with pytest.raises(QuestionError):
        count_contributions({"c": 1}, {"o": 1}, "c")

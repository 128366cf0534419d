"""Which estimates may be printed: those from which no small month before the policy can be worked back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from atlarge.calendar import add_months
from atlarge.disclosure.suppression import SPREAD
from atlarge.disclosure.table import SHOWN
from atlarge.effects.shares import USUAL
from atlarge.explain.answer import Series
from atlarge.publish.estimates import FEWEST_HIDDEN, PRECISION, gives_a_month_away, printable

START = dt.date(2017, 1, 1)
THRESHOLD = 5


def _months_reached() -> int:
    """Months back in which the largest small count is worth a tenth of an expected one."""
    reached = 0
    for age in range(120):
        weight = sum(d**age / sum(d**k for k in range(120)) for d in USUAL.decay) / len(USUAL.decay)
        reached += weight * (THRESHOLD - 1) >= 0.1
    return reached


def _by_loops(newest_first: list[int]) -> bool:
    """The share that a small month has in the discounted counts before, times how far it may be off."""
    reached = _months_reached()
    small = [0 < n < THRESHOLD for n in newest_first]
    if not 0 < sum(small[:reached]) < FEWEST_HIDDEN:
        return False
    for age, is_small in enumerate(small):
        parts = [d**age / sum(d**k * n for k, n in enumerate(newest_first)) for d in USUAL.decay]
        if is_small and SPREAD * sum(parts) / len(parts) > PRECISION:
            return True
    return False


def test_a_small_month_that_carries_the_share_closes_an_estimate() -> None:
    rng = np.random.default_rng(5)
    seen = set()
    for level in (2.0, 6.0, 12.0, 30.0, 200.0):
        for _ in range(12):
            counts = rng.poisson(level, 30).tolist()
            if rng.random() < 0.5:
                counts[int(rng.integers(0, 30))] = int(rng.integers(1, 6))
            months = [add_months(START, -1 - k) for k in range(30)][::-1]
            after = [START, add_months(START, 1)]
            series: Any = SimpleNamespace(
                period=[dt.date(2014, 1, 1), *months, *after], observed=[None, *counts[::-1], 1, 1]
            )
            expected = _by_loops(counts)
            assert gives_a_month_away(series, START, THRESHOLD) is expected
            seen.add(expected)
    assert seen == {True, False}


@dataclass
class _Given:
    """Of an answer, what decides on its estimates."""

    series: list[Series]
    start: dt.date
    measure: str
    area: Any
    pre_fit: dict[str, Any]
    spans: list[Any]
    event_time: list[Any]
    placebos: list[Any]


def test_expected_counts_go_in_the_months_after_a_hidden_one_and_stay_as_they_were_elsewhere() -> None:
    months = [add_months(START, k) for k in range(-40, 6)]
    expected = [100.0 + k for k in range(len(months))]
    area: Any = "SNA"
    series = Series(
        "arrests", "Arrests", "arrests", area, months, [30] * len(months), [100.0] * len(months),
        list(expected), [v - 0.25 for v in expected], [v + 0.5 for v in expected],
    )  # fmt: skip
    for hidden in (3, 20, 36, 39, 42):
        marks = [SHOWN] * len(months)
        marks[hidden] = "<5"
        answer: Any = _Given([series], START, "arrests", area, {"donors": 300}, [], [], [])
        (given,) = printable(answer, {"arrests": marks}, THRESHOLD).series
        gone = {k for k in range(40) if hidden < k <= hidden + _months_reached()}
        for k, value in enumerate(expected):
            found = given.counterfactual[k], given.low[k], given.high[k]
            assert found == ((None,) * 3 if k in gone else (value, value - 0.25, value + 0.5)), (hidden, k)

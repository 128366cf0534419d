"""Reporting delays against closed forms, known distributions and the share of intervals that hold them."""

from __future__ import annotations

import numpy as np
import pytest

from atlarge.errors import QuestionError
from atlarge.surveillance.delays import reporting_delays, reporting_triangle

pytestmark = pytest.mark.slow_file


def _vintages(
    rng: np.random.Generator, probability: np.ndarray, weeks: int, at: list[int], mean: float
) -> tuple[np.ndarray, np.ndarray]:
    """Counts of weeks at vintages (week numbers), each record reported after a drawn delay."""
    totals = rng.poisson(mean * rng.gamma(8.0, 1 / 8.0, weeks))
    counts = np.full((weeks, len(at)), np.nan)
    delays = np.full((weeks, len(at)), np.nan)
    for week, total in enumerate(totals):
        reported = rng.choice(len(probability), size=total, p=probability)
        for v, vintage in enumerate(at):
            if vintage >= week:
                counts[week, v] = (reported <= vintage - week).sum()
                delays[week, v] = vintage - week
    return counts, delays


def test_a_full_triangle_gives_the_chain_ladder() -> None:
    """Lawless (1994): F(d) is the product over later delays k of 1 - sum n(k) / sum N(<= k)."""
    rng = np.random.default_rng(2)
    probability = np.array([0.5, 0.25, 0.15, 0.1])
    counts, delays = _vintages(rng, probability, 40, list(range(40)), 80)
    found = reporting_delays(counts, delays, longest=3, draws=10)
    new = np.diff(np.nan_to_num(counts), axis=1, prepend=0)
    ladder = np.ones(4)
    for k in range(3, 0, -1):
        rows = [w for w in range(40) if w + k < 40]
        gained = sum(new[w, w + k] for w in rows)
        ladder[k - 1] = ladder[k] * (1 - gained / sum(counts[w, w + k] for w in rows))
    assert found.share == pytest.approx(ladder, abs=2e-4)


@pytest.mark.parametrize("at", [[60, 73, 86, 99], [50, 80, 90, 97, 99], list(range(70, 100))])
def test_a_known_distribution_lies_within_its_interval_as_often_as_stated(at: list[int]) -> None:
    """Irregular vintages: over delays and worlds, nine in ten of the true shares are inside."""
    raw = 0.7 ** np.arange(13)
    probability = raw / raw.sum()
    truth = np.cumsum(probability)
    inside = []
    for seed in range(6):
        counts, delays = _vintages(np.random.default_rng(seed), probability, 100, at, 120)
        found = reporting_delays(counts, delays, longest=12, draws=40, seed=seed)
        inside += [found.low[d] - 1e-9 <= truth[d] <= found.high[d] + 1e-9 for d in range(10)]
        assert found.share == pytest.approx(truth, abs=0.08)
    assert 0.7 <= np.mean(inside) <= 1.0  # 6 worlds whose delays go together: a standard error near 0.08


def test_records_taken_out_by_a_later_vintage_were_never_there() -> None:
    counts = [[100.0, 90.0], [60.0, 90.0], [np.nan, 60.0]]
    delays = [[5, 9], [0, 4], [np.nan, 0]]
    found = reporting_delays(counts, delays, draws=5)
    assert found.share[0] <= 2 / 3 + 1e-6
    assert found.share[-1] == 1.0


def test_complete_after_is_the_first_delay_from_which_the_lower_end_stays_above() -> None:
    found = reporting_delays([[50, 80, 99, 100.0]] * 3, [[0, 1, 2, 3]] * 3, draws=10)
    assert (found.complete_after(0.95), found.complete_after(0.5), found.complete_after(0.3)) == (2, 1, 0)
    assert found.at(-1) == (0.0, 0.0, 0.0)
    assert found.at(99) == (1.0, 1.0, 1.0)


def test_one_vintage_says_nothing_and_says_so() -> None:
    with pytest.raises(QuestionError, match="two times"):
        reporting_delays([[5.0], [6.0]], [[1], [0]])
    with pytest.raises(QuestionError, match="shape"):
        reporting_delays([[5.0, 6.0]], [[1]])


def test_dates_of_single_records_give_the_same_triangle_as_counting_by_hand() -> None:
    rng = np.random.default_rng(3)
    events = rng.integers(0, 30, 5000)
    reports = events + rng.choice(4, 5000, p=[0.4, 0.3, 0.2, 0.1])
    counts, delays = reporting_triangle(events, reports, periods=30, now=29)
    assert counts[10, 12] == ((events == 10) & (reports <= 12)).sum()
    assert np.isnan(counts[10, 9])
    found = reporting_delays(counts, delays, longest=3, draws=20)
    assert found.share[:3] == pytest.approx([0.4, 0.7, 0.9], abs=0.03)  # 5,000 records: se 0.007

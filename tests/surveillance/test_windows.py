"""Windows of time: judged, picked, joined and widened, against brute force and worlds counted on paper."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import nbinom, norm, poisson

from atlarge.surveillance.windows import Windows, covered_by, extend, judge, merge, pick, sums_between

N = 60
STRONG, WEAK = 1e-9, 0.02


def _mid(count: float, mean: float, phi: float) -> float:
    law = poisson(mean) if phi == 1.0 else nbinom(mean / (phi - 1.0), 1.0 / phi)
    return float(law.sf(count) + 0.5 * law.pmf(count))


def _windows(*rows: tuple[int, int, int, float]) -> Windows:
    """Windows from (series, first, last, p)."""
    series, start, end, p = zip(*rows, strict=True)
    return Windows(np.array(series), np.array(start), np.array(end), np.array(p, dtype=float))


def _rows(found: Windows) -> list[tuple[int, int, int]]:
    return list(zip(found.series.tolist(), found.start.tolist(), found.end.tolist(), strict=True))


def test_judging_equals_looking_at_every_window_by_itself() -> None:
    """Three series, thin to thick, with days not observed; every window of one to three days."""
    rng = np.random.default_rng(3)
    expected = rng.uniform(0.4, 3.0, (3, 40)) * np.array([[0.05], [1.0], [2.0]])
    y = rng.poisson(expected).astype(float)
    y[0, 5], y[0, 12], y[0, 20:23], y[1, 20:23], y[2, 37:] = 5, 4, 2, 9, 11
    y[1, [21, 30]] = y[2, [0, 7, 8, 36]] = np.nan
    phi = np.array([[1.0, 1.2, 1.5], [2.0, 2.5, 3.0], [1.0, 1.0, 1.0]])
    best, listed = judge(y, expected, phi, worth=0.05, floor_sd=1.0)
    want, found = np.full(y.shape, np.nan), {}
    for s, t in np.ndindex(y.shape):
        if np.isnan(y[s, t]):
            continue
        chances = [1.0]
        for last in range(t, min(t + 3, 40)):
            if np.isnan(y[s, last]):  # a window ends at a day observed, as it begins
                continue
            inside = np.isfinite(y[s, t : last + 1])
            seen, due = y[s, t : last + 1][inside].sum(), expected[s, t : last + 1][inside].sum()
            scatter = phi[s, last - t]
            sd = (seen - due) / np.sqrt(scatter * due)
            chances.append(_mid(seen, due, scatter) if sd > 1.0 else float(norm.sf(sd)))
            if sd > 1.0 and chances[-1] <= 0.05 and seen >= 5:
                found[s, t, last] = chances[-1]
        want[s, t] = min(chances)
    np.testing.assert_allclose(best, want, rtol=1e-8)
    assert len(found) > 20
    assert (0, 5, 5) in found  # five events are enough
    assert {row[0] for row in found} == {0, 1, 2}
    assert dict(zip(_rows(listed), listed.p.tolist(), strict=True)) == pytest.approx(found, rel=1e-8)


def test_the_strongest_windows_that_do_not_overlap_are_kept() -> None:
    rng = np.random.default_rng(1)
    start = rng.integers(0, 50, 200)
    found = Windows(rng.integers(0, 3, 200), start, start + rng.integers(0, 8, 200), rng.random(200))
    taken: set[tuple[int, int]] = set()
    want = []
    for series, a, b, _ in sorted(zip(*vars(found).values(), strict=True), key=lambda w: w[3]):
        days = {(int(series), t) for t in range(a, b + 1)}
        if not days & taken:
            taken |= days
            want.append((int(series), int(a), int(b)))
    assert _rows(pick(found, (3, N))) == want
    assert pick(found.take(np.zeros(200, dtype=bool)), (3, N)).p.size == 0


GAP_CASES = {
    "next to each other": ([(0, 5, 6, 1e-6), (0, 7, 8, 1e-5)], [(0, 5, 8, 1e-6)]),
    "one time between": ([(0, 5, 6, 1e-5), (0, 8, 9, 1e-6)], [(0, 5, 9, 1e-6)]),
    "two times between": ([(0, 5, 6, 1e-6), (0, 9, 9, 1e-6)], [(0, 5, 6, 1e-6), (0, 9, 9, 1e-6)]),
    "three in a row": (
        [(0, 9, 9, 1e-4), (0, 5, 5, 1e-4), (0, 7, 7, 1e-6), (0, 12, 12, 1e-6)],
        [(0, 5, 9, 1e-6), (0, 12, 12, 1e-6)],
    ),
    "a series ends where the next begins": (
        [(0, 29, 29, 1e-6), (1, 0, 0, 1e-6), (1, 2, 2, 1e-6)],
        [(0, 29, 29, 1e-6), (1, 0, 2, 1e-6)],
    ),
    "one of them weak": ([(0, 5, 6, 1e-6), (0, 7, 8, 2e-3)], [(0, 5, 6, 1e-6), (0, 7, 8, 2e-3)]),
    "as weak as may be": ([(0, 5, 6, 1e-3), (0, 7, 8, 1e-3)], [(0, 5, 8, 1e-3)]),
    "quiet times do not count": ([(1, 10, 11, 1e-6), (1, 15, 16, 1e-6)], [(1, 10, 16, 1e-6)]),
    "but others beside them do": (
        [(1, 10, 11, 1e-6), (1, 16, 16, 1e-6)],
        [(1, 10, 11, 1e-6), (1, 16, 16, 1e-6)],
    ),
    "one alone": ([(1, 3, 4, 0.5)], [(1, 3, 4, 0.5)]),
}


@pytest.mark.parametrize(("given", "want"), GAP_CASES.values(), ids=GAP_CASES)
def test_windows_no_more_than_a_time_apart_are_joined(
    given: list[tuple[int, int, int, float]], want: list[tuple[int, int, int, float]]
) -> None:
    quiet = np.zeros((2, 30), dtype=bool)
    quiet[1, 12:14] = True
    joined = merge(_windows(*given), quiet, 1, 1e-3)
    assert list(zip(*[column.tolist() for column in vars(joined).values()], strict=True)) == want


def test_where_nothing_may_be_joined_neighbours_stay_apart() -> None:
    given = _windows((0, 5, 6, 1e-6), (0, 7, 8, 1e-6))
    assert _rows(merge(given, np.zeros((1, 30), dtype=bool), -1, 1e-3)) == [(0, 5, 6), (0, 7, 8)]
    assert merge(given.take(np.zeros(2, dtype=bool)), np.zeros((1, 30), dtype=bool), 1, 1e-3).p.size == 0


def _flat(days: dict[int, float], expected: float = 1.0, lengths: int = 6) -> tuple[np.ndarray, ...]:
    """One series of one event a day but for the days given; what is expected of it; no scatter of its own."""
    y = np.ones((1, N)) if expected >= 1.0 else np.zeros((1, N))
    for t, count in days.items():
        y[0, t] = count
    return y, np.full((1, N), expected), np.ones((1, lengths))


# A window of three days with twenty events each is given as 20 to 22. Of one expected, four have the mid-p
# 0.011 and three have 0.05; of two expected, eleven have 8e-6, as the tables of the Poisson law tell.
WIDENED = {
    "nothing beside": ({}, (20, 22)),
    "one day after": ({23: 4}, (20, 23)),
    "one day before": ({19: 4}, (19, 22)),
    "too little on both sides": ({19: 3, 23: 3}, (20, 22)),
    "two days, and one before": ({23: 6, 24: 5, 19: 4}, (19, 24)),
    "behind an ordinary day": ({25: 9, 17: 9}, (17, 25)),
    "behind three ordinary days": ({26: 9, 16: 9}, (20, 22)),
    "step after step": (dict.fromkeys((17, 18, 19, 23, 24, 25, 26), 6), (17, 26)),
    "no further than the longest window": (dict.fromkeys((*range(5, 20), *range(23, 40)), 6), (14, 28)),
    "over a day not observed": ({23: np.nan, 24: 9, 19: np.nan, 18: 9}, (18, 24)),
    "up to a day not observed": ({23: np.nan, 19: np.nan}, (20, 22)),
}


@pytest.mark.parametrize(("beside", "want"), WIDENED.values(), ids=WIDENED)
def test_what_is_improbable_beside_a_window_is_taken_in(
    beside: dict[int, float], want: tuple[int, int]
) -> None:
    y, expected, phi = _flat({20: 20, 21: 20, 22: 20} | beside)
    got = extend(_windows((0, 20, 22, STRONG)), y, expected, phi, strong=1e-3)
    assert _rows(got) == [(0, *want)]
    assert got.p.tolist() == [STRONG]


def test_windows_are_widened_up_to_the_ends_of_the_record_and_not_beyond() -> None:
    y, expected, phi = _flat({0: 9, 1: 20, 2: 20, N - 3: 20, N - 2: 20, N - 1: 9})
    got = extend(_windows((0, 1, 2, STRONG), (0, N - 3, N - 2, STRONG)), y, expected, phi, strong=1e-3)
    assert _rows(got) == [(0, 0, 2), (0, N - 3, N - 1)]
    again = extend(got, y, expected, phi, strong=1e-3)
    assert _rows(again) == _rows(got)


def test_one_stray_event_beside_a_window_is_not_taken_in_but_two_are() -> None:
    """However thin the place: one event where one in a thousand days is expected."""
    y, expected, phi = _flat({20: 9, 19: 1, 21: 1}, expected=0.001)
    assert _rows(extend(_windows((0, 20, 20, STRONG)), y, expected, phi, strong=1e-3)) == [(0, 20, 20)]
    y[0, [19, 21]] = 2
    assert _rows(extend(_windows((0, 20, 20, STRONG)), y, expected, phi, strong=1e-3)) == [(0, 19, 21)]


def test_scatter_of_its_own_makes_the_same_day_less_improbable() -> None:
    """Four events of one expected: mid-p 0.011 under a Poisson law, 0.05 at four times its variance."""
    assert _mid(4.0, 1.0, 1.0) < 0.03 < _mid(4.0, 1.0, 4.0)
    y, expected, phi = _flat({20: 30, 21: 4})
    phi[0] = [4.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    two = _mid(5.0, 2.0, 1.0)
    assert two > 0.03
    assert _rows(extend(_windows((0, 20, 20, STRONG)), y, expected, phi, strong=1e-3)) == [(0, 20, 20)]
    phi[0, :2] = [4.0, 1.0]
    y[0, 21:23] = [4, 5]  # nine of two: the run of two days has a scatter of its own
    assert _rows(extend(_windows((0, 20, 20, STRONG)), y, expected, phi, strong=1e-3)) == [(0, 20, 22)]


def test_strong_windows_do_not_grow_into_each_other_and_weak_ones_give_way() -> None:
    """Days between two strong windows go to the first; a weak window that is reached is given up."""
    y, expected, phi = _flat(
        {20: 20, 21: 20, **dict.fromkeys(range(22, 26), 6), 26: 20, 27: 20, 28: 6, 40: 5}
    )
    y = np.concatenate([y, np.ones((1, N))])
    expected, phi = np.ones((2, N)), np.ones((2, 6))
    given = _windows(
        (0, 20, 21, STRONG), (0, 24, 24, WEAK), (0, 26, 27, 1e-3), (0, 28, 28, WEAK), (0, 40, 42, WEAK),
        (1, 20, 20, WEAK), (1, 24, 24, WEAK),
    )  # fmt: skip
    got = extend(given, y, expected, phi, strong=1e-3)
    assert _rows(got) == [(0, 20, 25), (0, 26, 28), (0, 40, 42), (1, 20, 20), (1, 24, 24)]
    assert got.p.tolist() == [STRONG, 1e-3, WEAK, WEAK, WEAK]


def test_what_a_window_took_in_before_it_is_no_longer_free() -> None:
    """The later of two strong windows, listed first, takes the days between; weak ones before it give way."""
    y, expected, phi = _flat({20: 20, 21: 20, **dict.fromkeys(range(22, 26), 6), 26: 20, 27: 20})
    given = _windows((0, 26, 27, STRONG), (0, 20, 21, STRONG), (0, 23, 23, WEAK))
    assert _rows(extend(given, y, expected, phi, strong=1e-3)) == [(0, 22, 27), (0, 20, 21)]


def test_weak_windows_keep_their_ends() -> None:
    """Neither cut nor widened: what they are is their whole evidence."""
    y, expected, phi = _flat({20: 0, 21: 60, 22: 0, 23: 9})
    assert _rows(extend(_windows((0, 20, 22, WEAK)), y, expected, phi, strong=1e-3)) == [(0, 20, 22)]


@pytest.mark.parametrize(
    ("inside", "want"),
    [
        ([1, 30, 30, 30, 1], (21, 23)),  # one in 92 at each end
        ([2, 30, 30, 30, 2], (20, 24)),  # two in 94: more than a fiftieth
        ([0, 1, 60, 0, 0], (22, 22)),
        ([0, 0, 0, 0, 60], (24, 24)),
        ([60, 0, 0, 0, 0], (20, 20)),
        ([2, 30, 30, 30, 40], (21, 24)),  # two in 132
        ([40, 30, 30, 30, 2], (20, 23)),
        ([30, 0, 0, 0, 30], (20, 24)),  # what lies between two ends that count stays in
    ],
)
def test_ends_that_hold_next_to_nothing_are_cut_off(inside: list[int], want: tuple[int, int]) -> None:
    y, expected, phi = _flat(dict(zip(range(20, 25), map(float, inside), strict=True)))
    assert _rows(extend(_windows((0, 20, 24, STRONG)), y, expected, phi, strong=1e-3)) == [(0, *want)]


def test_time_turned_round_turns_the_windows_round() -> None:
    """Before and after are treated alike, and nothing improbable is left beside what was found."""
    rng = np.random.default_rng(7)
    y = rng.poisson(rng.choice([0.5, 1.0, 6.0], size=(40, N), p=[0.4, 0.4, 0.2])).astype(float)
    y[:, 30:33] += 15
    y[rng.random(y.shape) < 0.05] = np.nan
    y[:, 30:33] = np.nan_to_num(y[:, 30:33], nan=15.0)
    expected, phi = rng.uniform(0.5, 1.5, y.shape), np.full((40, 12), 1.3)
    given = _windows(*[(s, 30, 32, STRONG) for s in range(40)])
    back = _windows(*[(s, N - 33, N - 31, STRONG) for s in range(40)])
    got = extend(given, y, expected, phi, strong=1e-3)
    turned = extend(back, y[:, ::-1], expected[:, ::-1], phi, strong=1e-3)
    assert _rows(turned) == [(s, N - 1 - b, N - 1 - a) for s, a, b in _rows(got)]
    assert len({(a, b) for _, a, b in _rows(got)}) > 10
    for s, a, b in _rows(got):
        assert a <= 30
        assert b >= 32
        steps = 12 // 3
        for length in (1, 2, 3):
            for low, grown in ((a - length, 30 - a), (b + 1, b - 32)):
                if low < 0 or low + length > N or grown >= steps:
                    continue
                inside = np.isfinite(y[s, low : low + length])
                seen = np.nansum(y[s, low : low + length])
                due = (expected[s, low : low + length] * inside).sum()
                assert seen < 2 or _mid(seen, due, 1.3) >= 0.03


def test_sums_and_covers_equal_brute_force() -> None:
    rng = np.random.default_rng(2)
    values = rng.poisson(3.0, (3, N)).astype(float)
    values[rng.random(values.shape) < 0.1] = np.nan
    start = np.concatenate([[0, N - 1, 0], rng.integers(0, N, 20)])
    end = np.concatenate([[0, N - 1, N - 1], np.minimum(start[3:] + rng.integers(0, 9, 20), N - 1)])
    found = Windows(np.resize([0, 1, 2], start.size), start, end, np.ones(start.size))
    want = [np.nansum(values[s, a : b + 1]) for s, a, b in _rows(found)]
    np.testing.assert_allclose(sums_between(values, found), want)
    for some in (found, found.take(np.arange(3, 9)), found.take(np.zeros(0, dtype=np.int64))):
        inside = np.zeros((3, N))
        for s, a, b in _rows(some):
            inside[s, a : b + 1] = 1.0
        assert np.array_equal(covered_by(some, (3, N)), inside)

"""Bursts counted by plain loops over units, dates and days, from the words of the documentation."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

from atlarge.effects import cap_bursts, watch_bursts
from atlarge.effects.shares import capped_share

MONTH = 365.25 / 12
WIDTHS = (2, 4, 7)
MULTIPLES = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 16, 32, 64)


def _usual(days: np.ndarray, day: int) -> float:
    """Mean a day of up to 18 blocks of 30 days before, each earlier one at four fifths of the weight."""
    blocks = [days[day - 30 * (k + 1) : day - 30 * k] for k in range(18) if day >= 30 * (k + 1)]
    return float(np.average([b.mean() for b in blocks], weights=[0.8**k for k in range(len(blocks))]))


def _dispersion(days: np.ndarray, day: int) -> float:
    weeks = [days[day - 7 * (k + 1) : day - 7 * k].sum() for k in range(min(52, day // 7))]
    return max(1.0, float(np.var(weeks) / max(np.mean(weeks), 1e-9)))


def _deviance(count: float, usual: float) -> float:
    return 2 * ((count * math.log(count / usual) if count else 0.0) - (count - usual))


def _score(count: float, usual: float, dispersion: float) -> float:
    if count < 5 or count < 2 * usual:
        return 0.0
    return math.sqrt(max(_deviance(count, max(usual, 1e-9)), 0.0) / dispersion)


def _runs(days: np.ndarray, start: int, length: int, rate: float) -> list[tuple[float, float, int, int]]:
    """Count, usual count, first day and width of every run of the watch."""
    found = []
    watched = float(days[start : start + length].sum())
    for width in WIDTHS:
        for first in range(start, start + length - width + 1):
            seen = float(days[first : first + width].sum())
            rest = (watched - seen) / (length - width)
            found.append((seen, max(rate, rest) * width, first, width))
    return found


class _Cells:
    """Level, dispersion, clearest score and scores with planted bursts of every unit at every date."""

    def __init__(self, daily: np.ndarray, starts: list[int], length: int) -> None:
        n, periods = daily.shape
        self.daily, self.starts, self.length = daily, starts, length
        self.first, self.span = starts[0], starts[-1] - starts[0] + length
        known = self.known = np.nan_to_num(daily)
        dates = [d for d in range(120, periods - self.span + 1) if (d - self.first) % length == 0]
        self.best, self.planted, self.rates = {}, {}, {}
        for u, d in itertools.product(range(n), sorted({*dates, self.first})):
            rate, spread = _usual(known[u], d), _dispersion(known[u], d)
            runs = [run for s in starts for run in _runs(known[u], d + s - self.first, length, rate)]
            self.best[u, d] = max(_score(seen, usual, spread) for seen, usual, *_ in runs)
            self.rates[u, d] = (rate, spread)
            middle = d + length // 2
            four = float(known[u, middle : middle + 4].sum())
            rest = (float(known[u, d : d + length].sum()) - four) / (length - 4)
            self.planted[u, d] = [
                max(self.best[u, d], _score(four + m * rate * MONTH, max(rate, rest) * 4, spread))
                for m in MULTIPLES
            ]

    def usable(self, target: int, changed: list[tuple[int, int]]) -> set[tuple[int, int]]:
        """Units and dates that are placebos."""
        found = set()
        for (u, d), (rate, _) in self.rates.items():
            is_large = np.nansum(self.daily[u]) / self.daily.shape[1] * MONTH >= 0.5
            is_whole = not np.isnan(self.daily[u, max(0, d - 180) : d + self.span]).any()
            near = any(row == u and d < day + 92 and d + self.span > day - 31 for row, day in changed)
            if rate * MONTH >= 1 and is_whole and not near and (is_large or u == target):
                found.add((u, d))
        return found - {(target, self.first)}


def _by_hand(cells: _Cells, target: int, changed: list[tuple[int, int]], alpha: float) -> dict[str, Any]:
    starts, length, first, known = cells.starts, cells.length, cells.first, cells.known
    best, planted, rates, periods = cells.best, cells.planted, cells.rates, known.shape[1]
    usable = cells.usable(target, changed)
    rate, spread = rates[target, first]
    reach = 3.0
    while True:
        like = [one for one in sorted(usable) if rate / reach <= rates[one][0] <= rate * reach]
        if len(like) >= 200:
            break
        reach *= 1.5
    null = sorted(best[one] for one in like)
    scored = [
        (_score(seen, usual, spread), seen, usual, at, width)
        for part in starts
        for seen, usual, at, width in _runs(known[target], part, length, rate)
    ]
    top = max(one[0] for one in scored)
    score, count, usual, at, width = next(one for one in scored if one[0] == top)
    out: dict[str, Any] = {"score": score}
    if score:
        stop, before = at + width, width
        while known[target, at] == 0:
            at += 1
        while known[target, stop - 1] == 0:
            stop -= 1
        usual *= (stop - at) / before
        out |= {"start": at, "stop": stop, "usual_month": usual / (stop - at) * MONTH}
    else:
        count = max(known[target, d : d + 4].sum() for part in starts for d in range(part, part + length - 3))
        usual = rate * 4
        out |= {"start": None, "stop": None, "usual_month": rate * MONTH}
    same = [best[one] for one in usable if one[1] == first]
    share = (sum(one >= score for one in null) + 1) / (len(null) + 1)
    p = max(share, sum(one >= score for one in same) / len(same))

    def is_found(score: float) -> bool:
        """Its p is at most alpha."""
        in_all = (sum(one >= score for one in null) + 1) / (len(null) + 1)
        return bool(max(in_all, sum(one >= score for one in same) / len(same)) <= alpha)

    powers = [np.mean([is_found(planted[one][k]) for one in like]) for k in range(len(MULTIPLES))]
    k = next((k for k, power in enumerate(powers) if power >= 0.8), None)
    mde = None if k is None else MULTIPLES[0]
    if k:
        share_up = (0.8 - powers[k - 1]) / (powers[k] - powers[k - 1])
        mde = MULTIPLES[k - 1] + share_up * (MULTIPLES[k] - MULTIPLES[k - 1])
    ends = []
    for q in (0.95, 0.05):
        goal = np.quantile(null, q) ** 2 * spread
        ends.append(brentq(lambda c: _deviance(c, usual) - goal, usual, usual + 1e4) if goal else usual)  # noqa: B023
    low, high = count - max(ends[0], usual), count - ends[1]
    touching = 0
    if score:
        for u in [u for u, d in usable if d == first]:
            touching += any(
                _score(float(known[u, a : a + w].sum()), rates[u, first][0] * w, rates[u, first][1]) >= 4
                for w in WIDTHS
                for a in range(max(0, out["start"] - w + 1), min(out["stop"], periods - w + 1))
            )
    return out | {
        "observed": count,
        "expected": usual,
        "low": min(low, 0.0) if p > 0.05 else low,
        "high": max(high, count - usual),
        "p": min(1.0, p),
        "p_material": (sum(planted[one][3] <= score for one in like) + 1) / (len(like) + 1),
        "power": powers[3],
        "mde": None if mde is None else max(mde * rate * MONTH, 5.0),  # fewer make no run
        "alpha": alpha,
        "n_placebos": len(like),
        "n_same_days": len(same),
        "elsewhere": touching,
    }


def _drawn(seed: int, n: int = 26, days: int = 520) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = rng.gamma(1.5, 0.25, (n, 1))
    level[-3:] = [[0.004], [0.02], [0.03]]  # too small for a placebo, or only just
    return rng.poisson(level * rng.gamma(4.0, 0.25, (n, days))).astype(float)


@pytest.mark.parametrize(
    ("seed", "starts", "length", "alpha", "burst"),
    [
        (0, [310], 31, 0.02, 0),
        (1, [310], 31, 0.05, 6),
        (2, [290, 330], 21, 0.001, 5),
        (3, [400], 14, 0.1, 3),
        (4, [489], 31, 0.3, 9),
    ],
)
def test_a_watch_is_what_loops_over_all_units_and_dates_give(
    seed: int, starts: list[int], length: int, alpha: float, burst: int
) -> None:
    daily = _drawn(seed)
    order = [int(k) for k in np.argsort(daily.sum(1))]
    targets = [order[1], order[4], order[9], order[13], order[-1]]
    daily[targets, starts[-1] + 5 : starts[-1] + 8] += burst
    daily[targets[2], starts[0] + 2 : starts[0] + 6] += [burst, 0, 0, burst]
    changed: list[tuple[int, int]] = []
    if seed == 1:
        daily[8:12, starts[0] + 4 : starts[0] + 6] += 30  # an operation that touches others too
    if seed % 2:  # so far from a date of the watches, to the day, that it is one of them no more, or just is
        last = starts[0] - 2 * length
        span = starts[-1] - starts[0] + length
        changed = [(order[k], last + span + 31 - k % 2) for k in (15, 16)]
        changed += [(order[k], last - 91 - k % 2) for k in (17, 18)]
    if seed > 1:
        daily[5, 200:203] = daily[order[11], 40] = np.nan
    is_usual = (length, alpha) == (31, 0.02)  # what is left out is that
    more = {} if is_usual else {"length": length, "alpha": alpha}
    cells = _Cells(daily, starts, length)
    for target in targets:
        found = watch_bursts(daily, target, starts, changed=changed or None, **more)  # type: ignore[arg-type]
        assert found is not None
        for name, value in _by_hand(cells, target, changed, alpha).items():
            own = getattr(found, name)
            assert own is value is None or own == pytest.approx(value, rel=1e-6, abs=1e-6), name


@pytest.mark.parametrize("first", [59, 60])
def test_a_watch_needs_two_blocks_of_days_before_it(first: int) -> None:
    daily = np.random.default_rng(1).poisson(1.0, (20, 400)).astype(float)
    assert (watch_bursts(daily, 0, [first]) is None) == (first < 60)


def test_a_unit_without_any_record_before_has_no_usual_level() -> None:
    daily = np.random.default_rng(1).poisson(1.0, (20, 400)).astype(float)
    daily[0, :300] = 0
    assert watch_bursts(daily, 0, [300]) is None


@pytest.mark.parametrize(("reach", "gap", "trim"), [(8, 1, 2), (5, 0, 1), (4, 2, 0)])
def test_weeks_are_capped_at_the_trimmed_mean_of_the_weeks_around(reach: int, gap: int, trim: int) -> None:
    rng = np.random.default_rng(reach)
    weeks = rng.poisson(rng.gamma(2, 3, (7, 1)), (7, 40)).astype(float)
    weeks[1, 20], weeks[2, 0], weeks[3, 39], weeks[4, 5:7] = 60, 50, 70, 40
    weeks[5, 10], weeks[0, 11] = np.nan, np.nan
    kept, level = cap_bursts(weeks, reach=reach, gap=gap, trim=trim)
    share = capped_share(weeks, reach=reach, gap=gap, trim=trim)
    cut = 0
    for u, w in itertools.product(range(7), range(40)):
        around = []
        for k in range(-reach, reach + 1):
            at = abs(w + k)  # beyond either end the series is mirrored
            at = 2 * 39 - at if at > 39 else at
            if abs(k) > gap:
                around.append(weeks[u, at])
        mean = np.nanmean(around)
        around = sorted(mean if np.isnan(v) else v for v in around)
        usual = float(np.mean(around[trim : len(around) - trim]))
        assert level[u, w] == pytest.approx(usual)
        seen = weeks[u, w]
        if seen > usual + 3 * math.sqrt(1.3 * usual + 0.25) + 1.5:
            assert kept[u, w] == pytest.approx(min(seen, usual + 0.5 * math.sqrt(usual)))
            cut += 1
        elif not np.isnan(seen):
            assert kept[u, w] == seen
        if not np.isnan(seen):
            assert share[u, w] == pytest.approx(kept[u, w] / seen if seen else 1.0)
    assert cut >= 4

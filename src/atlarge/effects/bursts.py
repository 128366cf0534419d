"""Did a few days stand out, against a unit's own usual level and against like windows of all units and dates?

In a watch of some weeks the run of days with the clearest excess is sought, for the unit in question and for
every unit at every other date. Its score is the signed root of the Poisson deviance over the unit's usual
daily level (or that of the watch's other days, where higher: a lasting rise is not a burst), divided by the
dispersion of the unit's weeks. The p-value is the share of placebo watches of like level with a run as clear,
and not less than the share of units with one in the very same days: an operation everywhere singles out none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from atlarge.effects.arrays import as_panel
from atlarge.effects.results import Result
from atlarge.effects.typing import Bools, Floats, Ints

WINDOWS_DAYS = (2, 4, 7)
MONTH_DAYS = 365.25 / 12
BLOCK_DAYS = 30
DECAY = 0.8
BLOCKS = 18
DISPERSION_WEEKS = 52
MIN_HISTORY_DAYS = 120
MIN_PER_MONTH = 1.0
LEAST_COUNT = 5.0
LEAST_RATIO = 2.0
MIN_CELLS = 200
FAR_ABOVE = 4.0
INJECTED_DAYS = 4
MULTIPLES = np.array([0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 16.0, 32.0, 64.0])


@dataclass(frozen=True, repr=False)
class BurstWatch(Result):
    """What `watch_bursts` gives. Days are column indices; counts are sums over the run.

    Attributes
    ----------
    start, stop : int or None
        The clearest run [start, stop); None where no run has 5 or more and twice the usual level.
    observed, expected : float
        Its count (or the largest of 4 days where there is no run) and the usual count of as many days.
    low, high : float
        Interval of observed less what the clearest run without an effect would hold.
    usual_month : float
        The level that the score was taken over, a month's count.
    score, p : float
        Its score, and the chance of as clear a run with no effect.
    p_material : float
        Chance of so low a score were there a burst of one usual month.
    power : float
        Chance that a burst of one usual month in three days is found at `alpha`.
    mde : float or None
        Burst found with 80% power, a count; None where so few placebos can show none.
    alpha : float
        Level of power and mde.
    n_placebos, n_same_days, elsewhere : int
        Placebo watches of like level; units compared in the same days; those of them with a run of their own,
        far above chance, that touches these days.
    """

    start: int | None
    stop: int | None
    observed: float
    expected: float
    low: float
    high: float
    usual_month: float
    score: float
    p: float
    p_material: float
    power: float
    mde: float | None
    alpha: float
    n_placebos: int
    n_same_days: int
    elsewhere: int


def watch_bursts(
    daily: ArrayLike,
    target: int,
    starts: Sequence[int],
    length: int = 31,
    *,
    changed: ArrayLike | None = None,
    alpha: float = 0.02,
) -> BurstWatch | None:
    """Look for a burst of unit `target` in the watch of `length` days from each day of `starts`.

    Parameters
    ----------
    daily : array [N, D]
        Counts by day; NaN where there is no record.
    target : int
        Row in question.
    starts : sequence of int
        First day of each part of the watch (one part, or more where a decision was announced long ahead).
    length : int
        Days of each part.
    changed : array [K, 2], optional
        Row and day of changes of units: no placebo watch lies near one.
    alpha : float
        Level at which power and mde are stated.

    Returns
    -------
    BurstWatch or None
        None where the unit has no usual level, or days are missing.

    Examples
    --------
    >>> import numpy as np
    >>> from atlarge.effects import watch_bursts
    >>> days = np.random.default_rng(0).poisson(0.3, (60, 900)).astype(float)
    >>> days[0, 500:503] += 4
    >>> found = watch_bursts(days, 0, [495])
    >>> 498 <= found.start <= 500, found.p < 0.02
    (True, True)
    """
    values, target, changed = _of_large(as_panel(daily), target, changed)
    n_days = values.shape[1]
    offset = np.asarray(starts, dtype=np.int64)
    span = int(offset[-1] - offset[0]) + length
    first = int(offset[0])
    total, holes = _running(values)
    dates = np.arange(first % length, n_days - span + 1, length)
    dates = dates[dates >= MIN_HISTORY_DAYS]
    dates = np.unique(np.append(dates, first))
    if first < 2 * BLOCK_DAYS or first + span > n_days or holes[target, first + span] > holes[target, first]:
        return None
    parts = offset - first
    cells = [_cells(values, total, holes, int(d), parts, length) for d in dates]
    rate, spread, best, injected, usable = (np.stack(c, axis=1) for c in zip(*cells, strict=True))
    at = int(np.flatnonzero(dates == first)[0])
    if not rate[target, at] > 0:
        return None
    usable &= ~_near_changes(len(values), dates, span, changed)
    usable[target, at] = False
    own = _runs(values[target], total[target], rate[target, at], spread[target, at], first + parts, length)
    like = _like(rate, usable, rate[target, at])
    null, planted = best[like], injected[like].T
    n = len(null)
    same = best[usable[:, at], at]
    score = own[0]
    share = float((null >= score).sum() + 1) / (n + 1)
    p = min(1.0, max(share, float((same >= score).mean()) if len(same) else 0.0))
    bar = _bar(null, same, alpha)
    powers = (planted > bar).mean(1) if n else np.zeros(len(MULTIPLES))
    least = _mde(powers)
    month = float(rate[target, at] * MONTH_DAYS)
    one = planted[int(np.flatnonzero(MULTIPLES == 1.0)[0])]
    start, stop, count, usual = own[1:]
    width = (stop - start) if start is not None and stop is not None else INJECTED_DAYS
    usual_rate = usual / width
    edges = [_count_at(float(np.quantile(null, q)), usual, float(spread[target, at])) for q in (0.95, 0.05)]
    return BurstWatch(
        start=start,
        stop=stop,
        observed=count,
        expected=usual,
        low=min(count - edges[0], count - usual, *([0.0] if p > 0.05 else [])),
        high=max(count - edges[1], count - usual),
        usual_month=float(usual_rate * MONTH_DAYS) if start is not None else month,
        score=score,
        p=p,
        p_material=float((one <= score).sum() + 1) / (n + 1),
        power=float(powers[int(np.flatnonzero(MULTIPLES == 1.0)[0])]),
        mde=None if least is None else max(least * month, LEAST_COUNT),
        alpha=alpha,
        n_placebos=n,
        n_same_days=len(same),
        elsewhere=0 if start is None else _touching(
            values, rate[:, at], spread[:, at], np.flatnonzero(usable[:, at]), int(start), int(stop or start)
        ),
    )  # fmt: skip


def _of_large(values: Floats, target: int, changed: ArrayLike | None) -> tuple[Floats, int, ArrayLike | None]:
    """The target and the units that can be a placebo, with the target's row and the changes among these."""
    kept = large_enough(np.nansum(values, axis=1), values.shape[1])
    kept[target] = True
    if changed is not None:
        moved = np.asarray(changed, dtype=np.int64).reshape(-1, 2)
        moved = moved[kept[moved[:, 0]]]
        changed = np.column_stack([np.cumsum(kept)[moved[:, 0]] - 1, moved[:, 1]])
    return values[kept], int(kept[:target].sum()), changed


def _running(values: Floats) -> tuple[Floats, Ints]:
    """Running totals and running numbers of days without a record [units, days + 1]."""
    seen = np.isfinite(values)
    is_whole = bool(seen.all())
    total = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values if is_whole else np.where(seen, values, 0.0), axis=1, out=total[:, 1:])
    if is_whole:
        return total, np.broadcast_to(np.int64(0), total.shape)
    holes = np.zeros(total.shape, dtype=np.int64)
    np.cumsum(~seen, axis=1, out=holes[:, 1:])
    return total, holes


def large_enough(total: Floats, n_days: int) -> Bools:
    """Units [N] that can be a placebo at some date, by their whole count; smaller ones only cost time."""
    return np.asarray(total * MONTH_DAYS >= 0.5 * MIN_PER_MONTH * n_days)


def _level(total: Floats, day: int) -> Floats:
    """Discounted daily level [N] before a day."""
    weight = level = np.zeros(len(total))
    factor = 1.0
    for k in range(BLOCKS):
        a, b = day - (k + 1) * BLOCK_DAYS, day - k * BLOCK_DAYS
        if a < 0:
            break
        level = level + factor * (total[:, b] - total[:, a])
        weight = weight + factor * BLOCK_DAYS
        factor *= DECAY
    return np.asarray(level / np.maximum(weight, 1e-9))


def _spread(total: Floats, day: int) -> Floats:
    """Variance over mean of the weeks before a day [N], not below one."""
    weeks = min(DISPERSION_WEEKS, day // 7)
    edges = day - 7 * np.arange(weeks, -1, -1)
    sums = np.diff(total[:, edges], axis=1)
    mean = sums.mean(1, keepdims=True)
    return np.asarray(np.maximum(1.0, ((sums - mean) ** 2).mean(1) / np.maximum(mean[:, 0], 1e-9)))


def _score(seen: Floats, expected: Floats, spread: Floats) -> Floats:
    """Signed root of the Poisson deviance over the dispersion; zero for what is not a run at all."""
    expected = np.maximum(expected, 1e-9)
    deviance = 2 * (seen * np.log(np.maximum(seen, 1e-9) / expected) - (seen - expected))
    is_run = (seen >= LEAST_COUNT) & (seen >= LEAST_RATIO * expected)
    return np.where(is_run, np.sqrt(np.maximum(deviance, 0.0) / spread), 0.0)


def _cells(
    values: Floats, total: Floats, holes: Ints, day: int, parts: Ints, length: int
) -> tuple[Floats, Floats, Floats, Floats, Bools]:
    """Level, dispersion, score of the clearest run, the same with bursts planted [K, N], and usability."""
    rate, spread = _level(total, day), _spread(total, day)
    span = int(parts[-1]) + length
    usable = (rate * MONTH_DAYS >= MIN_PER_MONTH) & (holes[:, day + span] == holes[:, max(0, day - 180)])
    best = np.zeros(len(values))
    for part in parts:
        a = day + int(part)
        whole = total[:, a + length] - total[:, a]
        for width in WINDOWS_DAYS:
            edge = np.arange(a, a + length - width + 1)
            seen = total[:, edge + width] - total[:, edge]
            rest = (whole[:, None] - seen) / (length - width)
            expected = np.maximum(rate[:, None], rest) * width
            best = np.maximum(best, _score(seen, expected, spread[:, None]).max(1))
    middle = day + length // 2
    whole = total[:, day + length] - total[:, day]
    seen = total[:, middle + INJECTED_DAYS] - total[:, middle]
    rest = (whole - seen) / (length - INJECTED_DAYS)
    expected = np.maximum(rate, rest) * INJECTED_DAYS
    planted = [np.maximum(best, _score(seen + m * rate * MONTH_DAYS, expected, spread)) for m in MULTIPLES]
    return rate, spread, best, np.stack(planted).T, usable


def _runs(
    own: Floats, total: Floats, rate: float, spread: float, starts: Ints, length: int
) -> tuple[float, int | None, int | None, float, float]:
    """Score, bounds, count and usual count of the target's clearest run."""
    found: tuple[float, int | None, int | None, float, float] = (0.0, None, None, 0.0, rate * INJECTED_DAYS)
    most = 0.0
    for a in starts:
        whole = total[a + length] - total[a]
        for width in WINDOWS_DAYS:
            edge = np.arange(a, a + length - width + 1)
            seen = total[edge + width] - total[edge]
            expected = np.maximum(rate, (whole - seen) / (length - width)) * width
            score = _score(seen, expected, np.full(len(seen), spread))
            k = int(score.argmax())
            if score[k] > found[0]:
                found = (
                    float(score[k]), int(edge[k]), int(edge[k]) + width, float(seen[k]), float(expected[k])
                )  # fmt: skip
            if width == INJECTED_DAYS:
                most = max(most, float(seen.max()))
    if found[1] is None:
        return (0.0, None, None, most, rate * INJECTED_DAYS)
    return _trim(own, found)


def _trim(
    own: Floats, found: tuple[float, int | None, int | None, float, float]
) -> tuple[float, int | None, int | None, float, float]:
    """The run without empty days at its ends; usual counts go with the days."""
    score, start, stop, count, usual = found
    assert start is not None
    assert stop is not None
    a, b = start, stop
    while b - a > 1 and own[a] == 0:
        a += 1
    while b - a > 1 and own[b - 1] == 0:
        b -= 1
    return score, a, b, count, usual * (b - a) / (stop - start)


def _near_changes(n: int, dates: Ints, span: int, changed: ArrayLike | None) -> Bools:
    near = np.zeros((n, len(dates)), dtype=bool)
    if changed is None:
        return near
    for row, day in np.asarray(changed, dtype=np.int64).reshape(-1, 2):
        near[row] |= (dates + span > day - 31) & (dates < day + 92)
    return near


def _like(rate: Floats, usable: Bools, own: float) -> Bools:
    """Placebo watches of units at a level like the target's."""
    reach = 3.0
    while reach < 1e5:
        near = usable & (rate >= own / reach) & (rate <= own * reach)
        if near.sum() >= MIN_CELLS:
            return np.asarray(near)
        reach *= 1.5
    return usable


def _count_at(score: float, usual: float, spread: float) -> float:
    """The count whose score over a usual count is `score`."""
    goal = score**2 * spread
    low, high = usual, usual + 10.0
    while _deviance(high, usual) < goal:
        high *= 2
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if _deviance(middle, usual) >= goal else (middle, high)
    return high


def _deviance(count: float, usual: float) -> float:
    usual = max(usual, 1e-9)
    return float(2 * (count * np.log(max(count, 1e-9) / usual) - (count - usual)))


def _bar(null: Floats, same: Floats, alpha: float) -> float:
    """A score is found where it is above this: among all placebos, and among those of the very same days.
    Infinite where placebos are too few for a p of `alpha`."""
    most = math.floor(alpha * (len(null) + 1))  # the score itself and the placebos that may reach it
    if most < 1:
        return math.inf
    bar = float(np.sort(null)[-most])
    alike = math.floor(alpha * len(same))
    return max(bar, float(np.sort(same)[-alike - 1])) if len(same) else bar


def _mde(powers: Floats) -> float | None:
    """The multiple of a usual month that is found with 80% power, between the multiples tried."""
    if powers[0] >= 0.8:
        return float(MULTIPLES[0])
    for k in range(1, len(powers)):
        if powers[k] >= 0.8:
            share = (0.8 - powers[k - 1]) / max(powers[k] - powers[k - 1], 1e-9)
            return float(MULTIPLES[k - 1] + share * (MULTIPLES[k] - MULTIPLES[k - 1]))
    return None


def _touching(values: Floats, rate: Floats, spread: Floats, rows: Ints, start: int, stop: int) -> int:
    """Units with a run far above chance that shares a day with [start, stop)."""
    found = np.zeros(len(rows), dtype=bool)
    for width in WINDOWS_DAYS:
        for a in range(max(0, start - width + 1), min(stop, values.shape[1] - width + 1)):
            seen = values[rows, a : a + width].sum(1)
            found |= _score(seen, rate[rows] * width, spread[rows]) >= FAR_ABOVE
    return int(found.sum())

"""Windows of time: judge each, keep the strongest that do not overlap, join neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atlarge.surveillance.tails import mid_tail
from atlarge.surveillance.validation import Bools, Floats, Ints, running_total, sums_from

MIN_COUNT = 5  # a window with fewer events is never called a burst
_STEP, _STEP_P, _STEP_COUNT = 3, 0.03, 2  # how a window is widened
_TRIM_SHARE = 0.02  # and when its ends are trimmed


@dataclass(frozen=True)
class Windows:
    """Some windows: series, first and last time (inclusive), and p."""

    series: Ints
    start: Ints
    end: Ints
    p: Floats

    def take(self, index: Ints | Bools) -> Windows:
        """Some of them."""
        return Windows(self.series[index], self.start[index], self.end[index], self.p[index])


def judge(
    y: Floats, expected: Floats, dispersion: Floats, *, worth: float, floor_sd: float
) -> tuple[Floats, Windows]:
    """Judge every window of 1..L times: the p of the best one from each start, and those with p <= `worth`.

    `dispersion` [series, L]. Windows less than `floor_sd` standard deviations above expectation get the p of
    the normal law, which is close enough where nothing depends on it and far cheaper. A window must begin
    and end at observed times; NaN between counts neither as observed nor as expected.
    """
    from scipy.special import ndtr

    observed = np.isfinite(y)
    due_all = np.where(observed, expected, 0.0)
    n = y.shape[1]
    best = np.ones(y.shape)
    low = np.full(y.shape, -np.inf)  # the largest number of standard deviations among skipped windows
    listed = []
    total_seen, total_due = running_total(y), running_total(due_all)
    is_whole = bool(observed.all())
    for length in range(1, dispersion.shape[1] + 1):
        seen, due = sums_from(total_seen, length), sums_from(total_due, length)
        phi = np.broadcast_to(dispersion[:, [length - 1]], y.shape)
        sd = (seen - due) / np.sqrt(np.maximum(phi * due, 1e-12))
        whole = np.broadcast_to(np.arange(n)[None, :] + length <= n, y.shape)
        if not is_whole:
            whole = observed & np.roll(observed, 1 - length, axis=1) & whole
        series, start = np.nonzero(whole & (sd > floor_sd))
        seen = seen[series, start]
        p = mid_tail(seen, due[series, start], phi[series, start], best[series, start], worth)
        best[series, start] = np.minimum(best[series, start], p)
        listing = (p <= worth) & (seen >= MIN_COUNT)
        listed.append((series[listing], start[listing], start[listing] + length - 1, p[listing]))
        sd[~whole] = sd[series, start] = -np.inf
        np.maximum(low, sd, out=low)
    series, start, end, chance = (np.concatenate(part) for part in zip(*listed, strict=True))
    best = np.minimum(best, ndtr(-low))
    return np.where(observed, best, np.nan), Windows(series, start, end, chance)


def pick(found: Windows, shape: tuple[int, ...]) -> Windows:
    """Windows that do not overlap, strongest first."""
    busy = np.zeros(shape, dtype=bool)
    taken = []
    for i in np.lexsort((found.end, found.start, found.series, found.p)):
        row = busy[found.series[i], found.start[i] : found.end[i] + 1]
        if not row.any():
            row[:] = True
            taken.append(i)
    return found.take(np.array(taken, dtype=np.int64))


def merge(found: Windows, quiet: Bools, gap: int, cut: float) -> Windows:
    """Join windows with p <= `cut` at most `gap` times apart; `quiet` times [series, T] do not count."""
    counted = np.concatenate([np.zeros((len(quiet), 1)), np.cumsum(~quiet, axis=1)], axis=1)
    found = found.take(np.lexsort((found.start, found.series)))
    start, end, p = found.start.copy(), found.end.copy(), found.p.copy()
    keep = np.ones(p.size, dtype=bool)
    last = -1
    for i in range(p.size):
        if last >= 0 and found.series[last] == found.series[i] and max(p[last], p[i]) <= cut:
            series = found.series[i]
            if counted[series, start[i]] - counted[series, end[last] + 1] <= gap:
                end[last], p[last] = end[i], min(p[last], p[i])
                keep[i] = False
                continue
        last = i
    return Windows(found.series, start, end, p).take(keep)


def extend(found: Windows, y: Floats, expected: Floats, dispersion: Floats, *, strong: float) -> Windows:
    """Fit the ends of windows with p <= `strong`: cut off next to nothing, take in what is above expectation.

    The strongest window may begin or end with a stray event, or leave out the weak ends of a burst: while the
    next one to three times are improbable by themselves, they are taken in. Strong windows are not grown into
    each other; weaker ones that they reach are given up.
    """
    due_all = np.where(np.isfinite(y), expected, 0.0)
    seen_sum = np.cumsum(np.pad(np.nan_to_num(y), ((0, 0), (1, 0))), axis=1)
    due_sum = np.cumsum(np.pad(due_all, ((0, 0), (1, 0))), axis=1)
    is_strong = found.p <= strong
    busy = covered_by(found.take(is_strong), y.shape) > 0
    start, end = found.start.copy(), found.end.copy()
    for i in np.nonzero(is_strong)[0]:
        s = int(found.series[i])
        start[i], end[i] = _trimmed(seen_sum[s], int(start[i]), int(end[i]))
        for side in (-1, 1):
            for _ in range(dispersion.shape[1] // _STEP):
                step = _step(
                    seen_sum[s], due_sum[s], busy[s], dispersion[s], int(start[i]), int(end[i]), side
                )
                if not step:
                    break
                busy[s, (start[i] - step if side < 0 else end[i] + 1) :][:step] = True
                start[i], end[i] = (start[i] - step, end[i]) if side < 0 else (start[i], end[i] + step)
    wide = Windows(found.series, start, end, found.p)
    reached = sums_between(busy.astype(np.float64), wide) > 0
    return wide.take(is_strong | ~reached)


def _trimmed(seen_sum: Floats, start: int, end: int) -> tuple[int, int]:
    """The window without end times that hold next to nothing of it."""
    least = _TRIM_SHARE * (seen_sum[end + 1] - seen_sum[start])
    while end > start and seen_sum[end + 1] - seen_sum[end] <= least:
        end -= 1
    while end > start and seen_sum[start + 1] - seen_sum[start] <= least:
        start += 1
    return start, end


def _step(
    seen_sum: Floats, due_sum: Floats, busy: Bools, phi: Floats, start: int, end: int, side: int
) -> int:
    """How many times to add at one side: the run of one to three with the smallest p, 0 if none is small."""
    best, chosen = _STEP_P, 0
    for length in range(1, min(_STEP, phi.size) + 1):
        low, high = (start - length, start) if side < 0 else (end + 1, end + 1 + length)
        if low < 0 or high > busy.size or busy[low:high].any():
            break
        seen, due = seen_sum[high] - seen_sum[low], due_sum[high] - due_sum[low]
        if seen < _STEP_COUNT:
            continue
        p = float(mid_tail(np.array([seen]), np.array([max(due, 1e-9)]), phi[[length - 1]])[0])
        if p < best:
            best, chosen = p, length
    return chosen


def sums_between(values: Floats, found: Windows) -> Floats:
    """Sums of an array [series, T] over each window; NaN counts as 0."""
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(np.nan_to_num(values), axis=1)], axis=1)
    sums: Floats = total[found.series, found.end + 1] - total[found.series, found.start]
    return sums


def covered_by(found: Windows, shape: tuple[int, ...]) -> Floats:
    """1 where a window lies, [series, T]."""
    edges = np.zeros((shape[0], shape[1] + 1))
    np.add.at(edges, (found.series, found.start), 1.0)
    np.add.at(edges, (found.series, found.end + 1), -1.0)
    inside: Floats = np.minimum(np.cumsum(edges, axis=1)[:, :-1], 1.0)
    return inside

"""Reporting delays: how much of the last periods of a growing series is in yet.

Counts that were reported at several times form a reporting triangle. Where a period was seen late, its growth
shows how long reports take; where it was seen early, that says how much is still to come. The distribution of
delays is found by maximum likelihood for counts that lie in intervals of delay and are cut off on the right
(Turnbull 1976; Lawless 1994), so that neither vintages at regular times nor report dates of single records
are needed; its interval comes from counts drawn anew, spread as widely as those of the periods are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from atlarge.errors import QuestionError
from atlarge.surveillance.series import new_axes, to_frame
from atlarge.surveillance.validation import Floats

_STEPS, _CLOSE = 400, 1e-7


@dataclass(frozen=True, repr=False)
class Delays:
    """The distribution of reporting delays.

    Attributes
    ----------
    share
        Share of a period's records that are in after so many periods, [0 .. longest]; the last is 1.
    low, high
        Its interval.
    level
        The level of the interval.
    records
        Number of records that the estimate rests on.
    periods
        Number of periods that were seen more than once or early enough to say anything.
    """

    share: Floats
    low: Floats
    high: Floats
    level: float
    records: int
    periods: int

    def __repr__(self) -> str:
        return f"Delays({self.periods} periods, {self.records:,} records)"

    def at(self, delay: int) -> tuple[float, float, float]:
        """Share reported after a number of whole periods, with its interval; 1 beyond the longest delay.

        Examples
        --------
        >>> reporting_delays([[50, 80, 100.0], [50, 80, 100.0]], [[0, 1, 2], [0, 1, 2]], draws=20).at(1)[0]
        0.8
        """
        if delay < 0:
            return 0.0, 0.0, 0.0
        if delay >= len(self.share):
            return 1.0, 1.0, 1.0
        return float(self.share[delay]), float(self.low[delay]), float(self.high[delay])

    def complete_after(self, share: float = 0.95) -> int:
        """Number of whole periods after which the lower end of the share reported is at least `share`.

        Examples
        --------
        >>> found = reporting_delays([[50, 80, 100.0], [50, 80, 100.0]], [[0, 1, 2], [0, 1, 2]], draws=20)
        >>> found.complete_after()
        2
        """
        short = np.flatnonzero(self.low < share)
        return int(short[-1]) + 1 if len(short) else 0

    def summary(self) -> str:
        """The median delay, and after how long nearly all is in."""
        median = int(np.searchsorted(self.share, 0.5))
        return (
            f"Half of the records are in after {median} periods, 95% after {self.complete_after()}; "
            f"from {self.records:,} records of {self.periods} periods."
        )

    def to_frame(self, like: Any = None) -> Any:
        """One row a delay: delay, share, low, high; a pandas or polars frame as `like` (a module) says."""
        columns = {
            "delay": np.arange(len(self.share)),
            "share": self.share,
            "low": self.low,
            "high": self.high,
        }
        return to_frame(columns, None, like)

    def plot(self, ax: Any = None) -> Any:
        """Draw the share reported by delay with its interval; returns the axes."""
        ax = new_axes() if ax is None else ax
        every = np.arange(len(self.share))
        ax.fill_between(every, self.low, self.high, alpha=0.25, step="post")
        ax.step(every, self.share, where="post")
        ax.set_xlabel("periods since the event")
        ax.set_ylabel("share reported")
        return ax


def reporting_delays(
    counts: ArrayLike,
    delays: ArrayLike,
    *,
    longest: int | None = None,
    level: float = 0.90,
    draws: int = 200,
    seed: int = 0,
) -> Delays:
    """How long records take to be reported, from counts of the same periods at several times.

    Parameters
    ----------
    counts : array [periods, vintages]
        Records of each period that were in at each vintage; NaN where a vintage does not reach the period.
    delays : array [periods, vintages]
        Whole periods from the end of the period to the vintage; negative or NaN where it had not ended.
    longest : int, optional
        The delay after which a period is taken to be complete; left out, the longest that was observed.
    level : float
        Of the interval.
    draws : int
        Draws of all counts for the interval.
    seed : int
        Of the draws.

    Returns
    -------
    Delays

    Raises
    ------
    QuestionError
        If the arrays do not have one shape, or no period was seen twice.

    Examples
    --------
    >>> found = reporting_delays([[50, 80, 100.0], [50, 80, 100.0]], [[0, 1, 2], [0, 1, 2]], draws=20)
    >>> [round(float(share), 3) for share in found.share]
    [0.5, 0.8, 1.0]
    """
    table, late = np.atleast_2d(np.asarray(counts, float)), np.atleast_2d(np.asarray(delays, float))
    if table.shape != late.shape:
        raise QuestionError(f"counts are {table.shape} and delays {late.shape}: give both the same shape")
    seen = np.isfinite(table) & np.isfinite(late) & (late >= 0)
    observed = int(late[seen].max()) if seen.any() else 0
    longest = observed if longest is None else min(longest, observed)
    rows = [_intervals(table[k], late[k], seen[k], longest) for k in range(len(table))]
    kept = [row for row in rows if len(row)]
    if longest < 1 or not any(len(row) > 1 for row in kept):
        raise QuestionError("no period was seen at two times: how long reports take cannot be estimated")
    share = _fit(np.concatenate(kept), longest)
    rng = np.random.default_rng(seed)
    spread = _dispersion(kept, share)
    resampled = np.array(
        [_fit(np.concatenate(_redrawn(kept, share, spread, rng)), longest, share) for _ in range(draws)]
    )
    tail = (1 - level) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail], axis=0)
    records = int(sum(row[:, 3].sum() for row in kept))
    return Delays(share, np.minimum(low, share), np.maximum(high, share), level, records, len(kept))


def _intervals(counts: Floats, delays: Floats, seen: Any, longest: int) -> Floats:
    """Rows of (above, to, cut, number): records whose delay lies in (above, to] and was seen up to `cut`."""
    at = np.flatnonzero(seen)
    at = at[np.argsort(delays[at], kind="stable")]
    if not len(at):
        return np.empty((0, 4))
    ends = np.minimum(delays[at], longest)
    # a later vintage may have removed records: treat them as never reported
    total = np.minimum.accumulate(counts[at][::-1])[::-1]
    last = {float(end): float(number) for end, number in zip(ends, total, strict=True)}
    to = np.array(sorted(last))
    number = np.diff(np.array([last[end] for end in to]), prepend=0.0)
    above = np.concatenate([[-1.0], to[:-1]])
    if len(to) == 1 and to[0] >= longest:
        return np.empty((0, 4))  # seen only when complete: no information on delays
    return np.column_stack([above, to, np.full(len(to), to[-1]), number])


def _chances(row: Floats, share: Floats) -> Floats:
    """Chances of the intervals of one period, given that a record was seen by its last vintage."""
    total = np.concatenate([[0.0], share])
    inside = np.maximum(total[row[:, 1].astype(int) + 1] - total[row[:, 0].astype(int) + 1], 1e-12)
    chances: Floats = inside / inside.sum()
    return chances


def _dispersion(kept: list[Floats], share: Floats) -> float:
    """How much more the counts of periods differ than by chance: Pearson's statistic over its freedom."""
    statistic, freedom = 0.0, -float(len(share) - 1)
    for row in kept:
        expected = row[:, 3].sum() * _chances(row, share)
        known = expected > 1e-9
        statistic += float(((row[:, 3] - expected)[known] ** 2 / np.maximum(expected[known], 1.0)).sum())
        freedom += max(int(known.sum()) - 1, 0)
    return max(1.0, statistic / max(freedom, 1.0))


def _redrawn(kept: list[Floats], share: Floats, spread: float, rng: np.random.Generator) -> list[Floats]:
    """The same periods with counts drawn anew from the shares, as widely spread as those observed."""
    drawn = []
    for row in kept:
        total = float(row[:, 3].sum())
        times = max(round(total / spread), 1)
        number = rng.multinomial(times, _chances(row, share)) * (total / times)
        drawn.append(np.column_stack([row[:, :3], number]))
    return drawn


def _fit(rows: Floats, longest: int, start: Floats | None = None) -> Floats:
    """Shares reported by delay, by the self-consistent steps of maximum likelihood."""
    keys, inverse = np.unique(rows[:, :3], axis=0, return_inverse=True)
    number = np.bincount(inverse.ravel(), weights=rows[:, 3], minlength=len(keys))
    delay = np.arange(longest + 1)
    inside = (delay > keys[:, :1]) & (delay <= keys[:, 1:2])
    cut = delay <= keys[:, 2:3]
    if start is None:
        p = np.full(longest + 1, 1.0 / (longest + 1))
    else:
        p = 0.99 * np.diff(start, prepend=0.0) + 0.01 / (longest + 1)
    for _ in range(_STEPS):
        here = inside * p
        there = np.maximum(here.sum(axis=1), 1e-300)
        known = np.maximum((cut * p).sum(axis=1), 1e-300)
        expected = (number / there) @ here + ((number / known) @ (~cut * p))
        fresh = expected / expected.sum() if expected.sum() > 0 else p
        step, p = float(np.abs(fresh - p).max()), fresh
        if step < _CLOSE:
            break
    total = np.cumsum(p)
    shares: Floats = np.minimum(total / total[-1], 1.0)
    return shares


def reporting_triangle(
    events: ArrayLike, reports: ArrayLike, *, periods: int, now: int
) -> tuple[Floats, Floats]:
    """Counts and delays for `reporting_delays` from the period of each event and of its report.

    Parameters
    ----------
    events, reports : array of int
        Number of the period in which each record's event happened, and in which it was reported.
    periods : int
        Number of periods.
    now : int
        The last whole period in which reports are known.

    Returns
    -------
    counts, delays : array [periods, now + 1]
        Records in by the end of each period, and how long that is after the event's.

    Examples
    --------
    >>> counts, delays = reporting_triangle([0, 0, 1], [0, 1, 1], periods=2, now=1)
    >>> counts.tolist()
    [[1.0, 2.0], [nan, 1.0]]
    """
    happened, known = np.asarray(events, int), np.asarray(reports, int)
    inside = (happened >= 0) & (happened < periods) & (known >= happened) & (known <= now)
    table = np.zeros((periods, now + 1))
    np.add.at(table, (happened[inside], known[inside]), 1.0)
    counts = np.cumsum(table, axis=1)
    delays = np.arange(now + 1)[None, :] - np.arange(periods)[:, None].astype(float)
    return np.where(delays >= 0, counts, np.nan), delays

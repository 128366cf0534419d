"""Months counted from the policy's own day, so that no period is half before and half after."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from atlarge.calendar import add_months
from atlarge.effects.typing import Bools
from atlarge.errors import CoverageError, QuestionError
from atlarge.policies import Policy
from atlarge.wording import some

MAX_BEFORE_MONTHS = 48
MAX_FOLLOWED_MONTHS = 36
AFTERMATH_MONTHS = 6
MIN_PRE_MONTHS = 6
MIN_LAST_DAYS = 7
YEARS = (1900, 2199)


@dataclass(frozen=True)
class Months:
    """Consecutive periods: the k-th is [start[k], stop[k]) and `offset[k]` months from the policy's day.

    pre: periods wholly before the policy was known of; between: after that and before it applied (or not
    known whether it did); in_force: while it applied; after: once it had ended.
    """

    start: tuple[dt.date, ...]
    stop: tuple[dt.date, ...]
    offset: tuple[int, ...]
    pre: Bools
    between: Bools
    in_force: Bools
    after: Bools
    policy_end: dt.date
    is_cut: bool

    @property
    def days(self) -> list[int]:
        """Length of each period in days."""
        return [(b - a).days for a, b in zip(self.start, self.stop, strict=True)]

    def span(self, name: str) -> Bools:
        """Mask of the month, the quarter, the rest after the first month, or the whole time in force."""
        order = np.cumsum(self.in_force) - 1
        if name == "month":
            return np.asarray(self.in_force & (order < 1))
        if name == "quarter":
            return np.asarray(self.in_force & (order < 3))
        if name == "rest":
            return np.asarray(self.in_force & (order >= 1))
        return self.in_force

    def bounds(self, mask: Bools) -> tuple[dt.date, dt.date]:
        """First and last day (inclusive) of the periods of a mask."""
        index = np.flatnonzero(mask)
        return self.start[index[0]], self.stop[index[-1]] - dt.timedelta(days=1)


def months_of(
    policy: Policy,
    first: dt.date,
    last: dt.date,
    *,
    anchor: dt.date | None = None,
    known: dt.date | None = None,
    longest: int = MAX_FOLLOWED_MONTHS,
) -> Months:
    """Divide the covered days `first` to `last` (inclusive) into months counted from a policy's day.

    `anchor` moves the policy's first day (to its announcement, say); `known` moves the end of the pre-period
    back; a policy is followed for `longest` months at most. A policy known to the month has that month
    between: neither before nor after. Raises CoverageError where the day lies outside the records,
    QuestionError where too few months lie before it or none after.
    """
    day = anchor or policy.latest
    if policy.is_window and anchor is None:
        day = policy.latest + dt.timedelta(days=1)
    aware = min(known or day, policy.known, day)
    _check_covered(policy, day, first, last)
    back = 0
    while back < MAX_BEFORE_MONTHS and add_months(day, -back - 1) >= first:
        back += 1
    end = min(policy.ended or dt.date.max, add_months(day, longest), last + dt.timedelta(days=1))
    start, stop, offset = _cut(day, back, end, last)
    pre = np.array([b <= aware for b in stop])
    in_force = np.array([a >= day and a < end for a in start])
    after = np.array([a >= end for a in start])
    if pre.sum() < MIN_PRE_MONTHS:
        n, needed = int(pre.sum()), add_months(aware, -MIN_PRE_MONTHS)
        found = f"only {some(n, 'whole month')}" if n else "no whole month"
        raise QuestionError(
            f"{_named(policy)}{found} of records before {aware}; "
            f"at least {MIN_PRE_MONTHS} are needed, so records from {needed} on"
        )
    is_cut = policy.ended is None or policy.ended > end
    return Months(start, stop, offset, pre, ~(pre | in_force | after), in_force, after, end, is_cut)


def _named(policy: Policy) -> str:
    """How an error message names the policy or day."""
    return "" if policy.kind == "date" else f"{policy.id}: "


def _check_covered(policy: Policy, day: dt.date, first: dt.date, last: dt.date) -> None:
    """Raise CoverageError unless the records include at least a week with the policy in force."""
    sure = ", when it was surely in force," if policy.is_window and day > policy.latest else ""
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise CoverageError(f"{_named(policy)}{day} is outside the years {YEARS[0]} to {YEARS[1]}")
    if day < first:
        raise CoverageError(
            f"{_named(policy)}{day}{sure} is before the records begin ({first}); releases of "
            f"{add_months(day, -12).year} and {day.year} would be needed"
        )
    if day + dt.timedelta(days=MIN_LAST_DAYS) > last + dt.timedelta(days=1):
        where = "is after the records end" if day > last else "leaves less than a week before the records end"
        raise CoverageError(
            f"{_named(policy)}{day}{sure} {where} ({last}); "
            f"a release that covers {add_months(day, 3)} would be needed"
        )
    if policy.ended and policy.ended <= day:
        raise QuestionError(
            f"{_named(policy)}it ended ({policy.ended}) before a whole month that it surely applied"
        )


def _cut(
    day: dt.date, back: int, end: dt.date, last: dt.date
) -> tuple[tuple[dt.date, ...], tuple[dt.date, ...], tuple[int, ...]]:
    """Starts, ends and offsets: months from the day, one cut short at the policy's end, months after that."""
    edges = [(add_months(day, k), add_months(day, k + 1), k) for k in range(-back, 0)]
    k = 0
    while add_months(day, k) < end:
        edges.append((add_months(day, k), min(add_months(day, k + 1), end), k))
        k += 1
    if len(edges) - back > 1 and (edges[-1][1] - edges[-1][0]).days < MIN_LAST_DAYS:
        _, stop, k = edges.pop()  # later months move up, so that no number is skipped
        edges[-1] = (edges[-1][0], stop, edges[-1][2])
    for extra in range(AFTERMATH_MONTHS):
        a, b = add_months(end, extra), add_months(end, extra + 1)
        if b > last + dt.timedelta(days=1):
            break
        edges.append((a, b, k + extra))
    starts, stops, offsets = zip(*edges, strict=True)
    return starts, stops, offsets

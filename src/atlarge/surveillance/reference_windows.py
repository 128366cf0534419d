"""Which past times a time is compared with: the same season in earlier years, in blocks.

Noufaily et al. (2013): times within `half_width` of the same date in each of the last `years` years form the
reference block; with more than one period, the times between are split into blocks of near-equal length, each
with a level of its own. The newest times, in which a burst may have begun, are left out.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from atlarge.errors import QuestionError
from atlarge.surveillance.validation import Ints


@dataclass(frozen=True)
class History:
    """Past times of a set of times that share one pattern.

    `at` [K]: the tested times; `offsets` [n]: their past times, relative to each (negative), sorted by block
    and then by time; `block` [n]: 0 .. n_blocks - 1, of which the last one is the block of the tested time.
    """

    at: Ints
    offsets: Ints
    block: Ints
    n_blocks: int


def _same_date_years_ago(day: dt.date, years: int, step_days: int) -> dt.date:
    """The same date in an earlier year; for weeks, the nearest day on the same day of the week."""
    try:
        ago = day.replace(year=day.year - years)
    except ValueError:  # 29 February
        ago = dt.date(day.year - years, 3, 1)
    if step_days != 7:
        return ago
    # Days of the week run from Sunday, as in the reference implementation: the choice decides ties.
    near = ago - dt.timedelta(days=(ago.isoweekday() % 7) - (day.isoweekday() % 7))
    other = near + dt.timedelta(days=-7 if near > ago else 7)
    return other if abs((near - ago).days) > abs((other - ago).days) else near


def _same_season(
    at: int, years: int, frequency: int, days: NDArray[np.datetime64] | None
) -> list[int] | None:
    """Positions of the time and of its season in earlier years, newest first; None if before the start."""
    if days is None:
        found = [at - i * frequency for i in range(years + 1)]
    else:
        step = int((days[1] - days[0]).astype(np.int64)) if days.size > 1 else 1
        day = days[at].astype(object)
        first = days[0].astype(object)
        found = [at]
        for i in range(1, years + 1):
            ago = (_same_date_years_ago(day, i, step) - first).days
            if ago % step:
                raise QuestionError(
                    f"{day}: no time lies {i} years before it; give evenly spaced days or weeks"
                )
            found.append(ago // step)
    return found if found[-1] >= 0 else None


def _blocks(anchors: list[int], half_width: int, periods: int) -> dict[int, int]:
    """Block (1 .. periods) of each past position; `periods` is the block of the tested season."""
    block = dict.fromkeys(range(anchors[0] - half_width, anchors[0] + 1), periods)
    for newer, anchor in pairwise(anchors):
        for t in range(anchor - half_width, anchor + half_width + 1):
            block[t] = periods
        if periods == 1:
            continue
        first, between = anchor + half_width + 1, newer - anchor - 2 * half_width - 1
        if between < periods - 1:
            raise QuestionError(
                f"{periods} periods do not fit: {max(between, 0)} times lie between two reference seasons"
            )
        size, rest = divmod(between, periods - 1)
        for j in range(1, periods):
            length = size + (j <= rest)
            for t in range(first, first + length):
                block[t] = j
            first += length
    return block


def histories(
    at: Ints,
    *,
    years: int,
    half_width: int,
    periods: int,
    left_out: int,
    frequency: int,
    days: NDArray[np.datetime64] | None,
) -> list[History]:
    """Group the tested times by the pattern of their past; times without enough past are left out."""
    patterns: dict[tuple[int, ...], list[int]] = {}
    for time in at.tolist():
        anchors = _same_season(time, years, frequency, days)
        if anchors is None or anchors[-1] - half_width < 0:
            continue
        patterns.setdefault(tuple(a - time for a in anchors), []).append(time)
    histories_found = []
    for pattern, times in patterns.items():
        block = _blocks(list(pattern), half_width, periods)
        kept = sorted((b, t) for t, b in block.items() if t < -left_out)
        if not kept:
            raise QuestionError("no past time is left: lower the number of newest times left out")
        histories_found.append(
            History(
                np.array(times, dtype=np.int64),
                np.array([t for _, t in kept], dtype=np.int64),
                np.array([b - 1 for b, _ in kept], dtype=np.int64),
                periods,
            )
        )
    return histories_found

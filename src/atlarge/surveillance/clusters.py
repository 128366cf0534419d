"""Zones: neighbouring series scanned together, so that an effort spread over several is seen as one.

After the space-time scan of Kulldorff (2001), with the zones given by the caller instead of grown as
circles: each zone is a series of its own, with a baseline and a scatter of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from atlarge.surveillance.holidays import weekdays
from atlarge.surveillance.scan import Scan, Settings, scan, settings_for
from atlarge.surveillance.series import position, read_counts
from atlarge.surveillance.validation import Bools, Floats, Ints
from atlarge.surveillance.windows import Windows, sums_between

SHARE_OF_EXCESS = 0.15  # a member takes part if it has this share of a burst's excess


def zone_counts(counts: Floats, zones: Sequence[Sequence[int]]) -> Floats:
    """Sums over the members of each zone [zones, T]; NaN where any member is not observed."""
    return np.stack([counts[list(zone)].sum(axis=0) for zone in zones])


def scan_clusters(
    counts: Any,
    zones: Sequence[Sequence[Any]],
    *,
    unit: str | None = None,
    time: str | None = None,
    value: str | None = None,
    cycle: Ints | None = None,
    classes: Ints | None = None,
    settings: Settings | None = None,
    alpha: float = 0.05,
    tested: Bools | None = None,
) -> tuple[Scan, list[list[Any]]]:
    """Scan groups of series together, so that a burst spread over neighbours is seen as one.

    Parameters
    ----------
    counts : array or frame
        Counts [series, T]; NaN where nothing was observed. Or a frame with one row a series and time.
    zones : sequence of sequences of int or str
        Groups of two or more series each: their positions, or their names in the frame.
    unit, time, value : str, optional
        Columns of a frame: series, time and count.
    cycle, classes, settings, alpha, tested : optional
        As for `scan`.

    Returns
    -------
    tuple
        The scan, whose series are the groups, and for each of its bursts the members that took part in it,
        by excess; positions or names, as in `zones`.

    Raises
    ------
    QuestionError
        As `scan`, and for a member that is no series.

    Examples
    --------
    >>> import numpy as np
    >>> days = np.random.default_rng(1).poisson(1, (4, 300)).astype(float)
    >>> days[:2, 150:153] += 5
    >>> found, members = scan_clusters(days, [[0, 1], [2, 3]])
    >>> int(found.bursts.series[0]), sorted(members[0])
    (0, [0, 1])
    """
    series = read_counts(counts, unit=unit, time=time, value=value)
    members_of = [[position(series, name) for name in zone] for zone in zones]
    y, joint = series.counts, zone_counts(series.counts, members_of)
    if settings is None:
        settings = settings_for(series)
    if cycle is None and series.step == 1:
        cycle = weekdays(series.times)
    found = scan(joint, cycle=cycle, classes=classes, settings=settings, alpha=alpha, tested=tested)
    alone = scan(y, cycle=cycle, classes=classes, settings=settings, alpha=alpha, tested=tested)
    names = np.array([" + ".join(map(str, zone)) for zone in zones], dtype=object)
    found = replace(found, series=replace(series, counts=joint, units=names))
    bursts = found.bursts
    taking_part = []
    for i in range(bursts.p.size):
        members = np.array(members_of[int(bursts.series[i])], dtype=np.int64)
        span = np.full(members.size, bursts.start[i]), np.full(members.size, bursts.end[i])
        window = Windows(members, *span, np.zeros(members.size))
        excess = sums_between(y, window) - sums_between(alone.baseline.expected, window)
        order = np.argsort(-excess, kind="stable")
        least = SHARE_OF_EXCESS * excess.sum()
        zone = zones[int(bursts.series[i])]
        taking_part.append([zone[j] for j in order if excess[j] >= least])
    return found, taking_part

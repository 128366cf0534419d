"""Zones: neighbouring series scanned together, so that an effort spread over several is seen as one.

After the space-time scan of Kulldorff (2001), with the zones given by the caller instead of grown as
circles: each zone is a series of its own, with a baseline and a scatter of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from atlarge.surveillance.scan import DAYS, Scan, Settings, scan
from atlarge.surveillance.validation import Bools, Floats, Ints
from atlarge.surveillance.windows import Windows, sums_between

SHARE_OF_EXCESS = 0.15  # a member takes part if it has this share of a burst's excess


def zone_counts(counts: Floats, zones: Sequence[Sequence[int]]) -> Floats:
    """Sums over the members of each zone [zones, T]; NaN where any member is not observed."""
    return np.stack([counts[list(zone)].sum(axis=0) for zone in zones])


def scan_clusters(
    counts: Floats,
    zones: Sequence[Sequence[int]],
    *,
    cycle: Ints | None = None,
    classes: Ints | None = None,
    settings: Settings = DAYS,
    alpha: float = 0.05,
    tested: Bools | None = None,
) -> tuple[Scan, list[list[int]]]:
    """Scan groups of series together, so that a burst spread over neighbours is seen as one.

    Parameters
    ----------
    counts
        Counts [series, T]; NaN where nothing was observed.
    zones
        Groups: positions of two or more series each.
    cycle, classes, settings, alpha, tested
        As for `scan`.

    Returns
    -------
    tuple
        The scan, whose series are the groups, and for each of its bursts the members that took part in it,
        by excess.

    Raises
    ------
    QuestionError
        As `scan`.

    Examples
    --------
    >>> import numpy as np
    >>> days = np.random.default_rng(1).poisson(1, (4, 300)).astype(float)
    >>> days[:2, 150:153] += 5
    >>> found, members = scan_clusters(days, [[0, 1], [2, 3]])
    >>> int(found.bursts.series[0]), sorted(members[0])
    (0, [0, 1])
    """
    joint = zone_counts(counts, zones)
    found = scan(joint, cycle=cycle, classes=classes, settings=settings, alpha=alpha, tested=tested)
    alone = scan(counts, cycle=cycle, classes=classes, settings=settings, alpha=alpha, tested=tested)
    bursts = found.bursts
    taking_part = []
    for i in range(bursts.p.size):
        members = np.array(zones[int(bursts.series[i])], dtype=np.int64)
        span = np.full(members.size, bursts.start[i]), np.full(members.size, bursts.end[i])
        window = Windows(members, *span, np.zeros(members.size))
        excess = sums_between(counts, window) - sums_between(alone.baseline.expected, window)
        order = np.argsort(-excess, kind="stable")
        least = SHARE_OF_EXCESS * excess.sum()
        taking_part.append([int(members[j]) for j in order if excess[j] >= least])
    return found, taking_part

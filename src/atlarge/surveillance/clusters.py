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


def scan_zones(
    counts: Floats,
    zones: Sequence[Sequence[int]],
    *,
    cycle: Ints | None = None,
    classes: Ints | None = None,
    settings: Settings = DAYS,
    alpha: float = 0.05,
    tested: Bools | None = None,
) -> tuple[Scan, list[list[int]]]:
    """Scan zones, lists of two or more positions of series; arguments as for `scan`.

    Returns the scan, whose series are the zones, and for each of its bursts the members that took part in
    it, by excess.
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

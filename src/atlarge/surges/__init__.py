"""Surges: bursts of a count above what its past and its surroundings predict.

`find_surges` works on a store; `scan`, `benjamini_hochberg` and the detectors beside them work on any array
of counts (series x time).
"""

from __future__ import annotations

from atlarge.surges.catalogue import Surge, SurgeList, find_surges
from atlarge.surveillance.fdr import benjamini_hochberg
from atlarge.surveillance.scan import Scan, Settings, scan

__all__ = ["Scan", "Settings", "Surge", "SurgeList", "benjamini_hochberg", "find_surges", "scan"]

"""Count surveillance for any array of counts: detectors, scans and false discovery rates.

Nothing here knows of enforcement: counts come in as series x time, results go out as arrays.
"""

from __future__ import annotations

from atlarge.surveillance.fdr import benjamini_hochberg
from atlarge.surveillance.scan import Scan, Settings, scan

__all__ = ["Scan", "Settings", "benjamini_hochberg", "scan"]

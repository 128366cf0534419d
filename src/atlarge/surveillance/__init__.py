"""Count surveillance on your own data: detectors, scans and false discovery rates.

Counts come as an array [series, T] or as any dataframe with `unit=`, `time=` and `value=`; results have
`to_frame()`, `summary()` and `plot()`. Needs NumPy and SciPy only (Narwhals for dataframes, Matplotlib to
plot), and knows nothing of enforcement.

- `farrington_flexible`: which counts exceed what the same season of earlier years predicts.
- `ears`: EARS C1, C2 and C3, for series too short for a season.
- `scan`: bursts of unknown start and length; `scan_clusters`: the same over neighbouring series together.
- `benjamini_hochberg`: false discovery rates.
- `reporting_delays`: how much of the last periods is in yet, from vintages or report dates.
"""

from __future__ import annotations

from atlarge.surveillance.clusters import scan_clusters
from atlarge.surveillance.delays import Delays, reporting_delays, reporting_triangle
from atlarge.surveillance.ears import Ears, ears
from atlarge.surveillance.farrington import Farrington, Options, farrington_flexible
from atlarge.surveillance.fdr import benjamini_hochberg
from atlarge.surveillance.holidays import day_classes, federal_holidays, week_classes, weekdays
from atlarge.surveillance.scan import DAYS, WEEKS, Bursts, Scan, Settings, scan
from atlarge.surveillance.series import CountSeries, read_counts

__all__ = [
    "DAYS",
    "WEEKS",
    "Bursts",
    "CountSeries",
    "Delays",
    "Ears",
    "Farrington",
    "Options",
    "Scan",
    "Settings",
    "benjamini_hochberg",
    "day_classes",
    "ears",
    "farrington_flexible",
    "federal_holidays",
    "read_counts",
    "reporting_delays",
    "reporting_triangle",
    "scan",
    "scan_clusters",
    "week_classes",
    "weekdays",
]

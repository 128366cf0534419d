"""Detainers: issued -> outcome, and the declined-detainer report rebuilt from records."""

from __future__ import annotations

from atlarge.detainers.batches import find_batches, split_flow
from atlarge.detainers.disclosed import suppress
from atlarge.detainers.outcomes import OUTCOMES, add_rates, outcome_counts, wilson
from atlarge.detainers.reconciliation import reconcile
from atlarge.detainers.report import DetainerReport, detainer_report
from atlarge.detainers.timing import later_arrests, time_to_outcome

__all__ = [
    "OUTCOMES",
    "DetainerReport",
    "add_rates",
    "detainer_report",
    "find_batches",
    "later_arrests",
    "outcome_counts",
    "reconcile",
    "split_flow",
    "suppress",
    "time_to_outcome",
    "wilson",
]

"""The charts, all drawn with the parts of `svg`; each returns a `Drawing` for page, file or print."""

from __future__ import annotations

from atlarge.publish.charts.choropleth import PATTERN_DEFS, choropleth, cuts, shapes, swatch
from atlarge.publish.charts.estimates import Valued, change_strip, event_time, forest, waterfall
from atlarge.publish.charts.parts import (
    HALF,
    NARROW,
    WIDE,
    BreakMark,
    Burst,
    Estimate,
    PolicyMark,
    ReportMark,
)
from atlarge.publish.charts.plain import Line, coverage, lines_of, years
from atlarge.publish.charts.timeline import timeline

__all__ = [
    "HALF",
    "NARROW",
    "PATTERN_DEFS",
    "WIDE",
    "BreakMark",
    "Burst",
    "Estimate",
    "Line",
    "PolicyMark",
    "ReportMark",
    "Valued",
    "change_strip",
    "choropleth",
    "coverage",
    "cuts",
    "event_time",
    "forest",
    "lines_of",
    "shapes",
    "swatch",
    "timeline",
    "waterfall",
    "years",
]

"""Bars of fiscal years: their parts as tall as their counts, what is hidden left open."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from simulated_counts import simulated_store

from atlarge.publish import charts
from atlarge.publish.i18n import Words
from atlarge.publish.release_table import site_cells

BAR = re.compile(r"<rect[^>]*>")
PARTS = ("at_large", "handoffs")


def _attribute(shape: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', shape)
    assert found is not None, shape
    return found[1]


@pytest.mark.slow
def test_parts_and_what_is_open_above_them_are_as_tall_as_the_counts_of_the_table(tmp_path: Path) -> None:
    years = site_cells(simulated_store(tmp_path / "store")).table.filter(pl.col("every") == "year")
    mixed = 0
    for level, place in years.frame.select("level", "place").unique().sort("level", "place").rows():
        here = (pl.col("level") == level) & (pl.col("place") == place)
        series = {
            m: years.counts(m, here & (pl.col("measure") == m), period="start") for m in ("arrests", *PARTS)
        }
        whole, parts = series["arrests"], [series[m] for m in PARTS]
        parts.append(whole.less(*parts))
        drawing = charts.years(whole, parts, w=Words("en"))
        shapes = [s for s in BAR.findall(drawing.marks) if re.search("-fill|c-missing", s)][len(parts) :]
        bars: dict[str, list[str]] = {}
        for shape in shapes:
            bars.setdefault(_attribute(shape, "x"), []).append(shape)
        drawn = [i for i, v in enumerate(whole.values) if v or whole.marks[i] == "small"]
        assert len(bars) == len(drawn)
        scale = None  # pixels a count
        for x, i in zip(sorted(bars, key=float), drawn, strict=True):
            count = whole.values[i]
            if not count:
                continue
            heights = {_attribute(s, "class"): float(_attribute(s, "height")) for s in bars[x]}
            scale = scale or sum(heights.values()) / count
            assert sum(heights.values()) == pytest.approx(count * scale, rel=0.03, abs=1.0)
            shown = [p.values[i] for p in parts if p.values[i]]
            filled = [h for kind, h in heights.items() if kind.endswith("-fill")]
            assert filled == pytest.approx([v * scale for v in shown], rel=0.03, abs=1.0)
            assert ("c-missing" in heights) == any(p.values[i] is None for p in parts)
            mixed += bool(shown) and "c-missing" in heights
    assert mixed

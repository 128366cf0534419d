"""Areas as recorded are the lines that name them; recovered are those of the panel."""

from __future__ import annotations

import datetime as dt
import json

import polars as pl
import pytest

from atlarge import open_store
from atlarge.panel import area_totals, panel
from command_line import run

YEAR = {"start": dt.date(2017, 10, 1), "end": dt.date(2018, 9, 30)}


def test_recorded_totals_are_the_agencys_and_recovered_ones_the_panels() -> None:
    """ICE's report for FY2018 has 2,755 arrests for Denver, 6,210 for San Francisco and 3,409 for Newark."""
    found = {row["place"]: row for row in area_totals(open_store(), **YEAR).to_dicts()}
    assert [found[a]["recorded"] for a in ("DEN", "SFR", "NEW")] == [2_755, 6_210, 3_409]
    counted = panel(by="aor", every="month", **YEAR).frame.group_by("place").agg(total=pl_sum())
    assert {r["place"]: r["total"] for r in counted.to_dicts()} == {
        k: r["recovered"] for k, r in found.items()
    }


def pl_sum() -> object:

    return pl.col("value").sum()


@pytest.mark.parametrize("measure", ["at_large", "handoffs"])
def test_recovered_totals_hold_the_recorded_ones(measure: str) -> None:
    found = area_totals(open_store(), [measure], **YEAR)
    assert (found["recovered"] >= found["recorded"]).all()
    assert (found["recovered"] > found["recorded"]).any()


def test_the_panel_command_gives_both_for_areas_alone() -> None:
    arguments = ["panel", "--measure", "arrests", "--from", "2017-10-01", "--to", "2018-09-30", "--json"]
    whole = json.loads(run([*arguments, "--by", "aor", "--place", "MIA"]).stdout)
    assert whole["areas"] == [{"place": "MIA", "measure": "arrests", "recorded": 8_474, "recovered": 8_506}]
    assert "areas" not in json.loads(run([*arguments, "--by", "nation"]).stdout)

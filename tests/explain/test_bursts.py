"""Surges of an area's own series, and how much of an excess lies in them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hand_facts import COUNTY, FIRST, OFFICE, estimate, total

from atlarge.explain.answer import Interval
from atlarge.explain.burst import burst_shares, surges_of
from atlarge.explain.daily import Daily


def _surge(start: str, end: str, observed: float, expected: float) -> dict[str, Any]:
    return {"start": start, "end": end, "observed": observed, "expected": expected}


def test_the_share_of_an_excess_that_lies_in_surges_is_by_the_days_they_share_with_a_span() -> None:
    spans = {"month": total(50.0, 30.0), "rest": total(90.0, 80.0), "policy": total(40.0, 50.0)}
    found = estimate(spans)
    surges = [
        _surge("2017-03-12", "2017-03-15", 12.0, 4.0),  # 8, all in the first month
        _surge("2017-04-06", "2017-04-11", 13.0, 1.0),  # 12 over six days: four and two
        _surge("2017-03-06", "2017-03-09", 99.0, 1.0),  # ends the day before the policy
    ]
    shares = burst_shares(found, surges)
    assert shares["month"] == pytest.approx((8 + 8) / 20)
    assert shares["rest"] == pytest.approx(4 / 10)
    assert shares["policy"] is None  # no excess to lie in them
    assert burst_shares(found, []) == {"month": 0.0, "rest": 0.0, "policy": None}
    edge = [_surge("2017-04-09", "2017-04-09", 5.0, 1.0)]  # the month's last day
    assert burst_shares(found, edge) == {"month": 0.2, "rest": 0.0, "policy": None}
    nothing = estimate({"month": replace(total(), effect=Interval(None)), "rest": total(30.0, 30.0)})
    assert burst_shares(nothing, surges) == {"month": None, "rest": None}


@pytest.mark.slow
def test_surges_are_those_of_the_areas_own_series_on_the_days_in_question() -> None:
    rng = np.random.default_rng(1)
    values = rng.poisson(2.0, (2, 1432)).astype(np.float32)
    start = (dt.date(2017, 3, 14) - FIRST).days
    values[1, start : start + 3] += 20
    values[0, start + 40 : start + 44] += 30
    counts = Daily(values, ("AUS", "48453"), FIRST)
    areas = [(OFFICE, counts), (COUNTY, counts), (replace(COUNTY, code="none"), counts)]
    found = surges_of(areas, "at_large", dt.date(2017, 3, 10), dt.date(2017, 6, 30))
    assert [s["rank"] for s in found] == list(range(1, len(found) + 1))
    found = found[:2]  # of those that chance makes, one of twenty may stand below them
    assert [(s["place"], s["place_name"]) for s in found] == [
        ("AUS", "Austin"), ("48453", "Travis County, TX"),
    ]  # fmt: skip
    assert [(s["start"], s["end"]) for s in found] == [
        ("2017-04-23", "2017-04-26"), ("2017-03-14", "2017-03-16"),
    ]  # fmt: skip
    assert found[0]["score"] > found[1]["score"]
    for surge, row, days in [(found[0], 0, 4), (found[1], 1, 3)]:
        at = (dt.date.fromisoformat(surge["start"]) - FIRST).days
        assert surge["observed"] == values[row, at : at + days].sum()
        assert surge["expected"] == pytest.approx(2.0 * days, rel=0.25)  # 200 days a weekday: 10%
        assert surge["threshold"] <= surge["observed"]
        assert surge["p"] <= surge["q"] <= 0.05
        assert surge["measure"] == "at_large"
    only = surges_of(areas, "at_large", dt.date(2017, 4, 1), dt.date(2017, 6, 30))
    assert (only[0]["place"], min(s["start"] for s in only) >= "2017-04-01") == ("AUS", True)
    assert surges_of(areas[2:], "at_large", dt.date(2017, 3, 10), dt.date(2017, 6, 30)) == []

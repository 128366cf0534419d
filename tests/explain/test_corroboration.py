"""Witnesses of a burst, counted by hand from a few rows; and the pooled answer in a sentence."""

from __future__ import annotations

import dataclasses as dc
import datetime as dt
from typing import Any

import polars as pl
import pytest
from hand_facts import Records, bursts, facts, steady_study

from atlarge.explain.corroboration import corroborate
from atlarge.explain.elsewhere import headline, says
from atlarge.explain.quantities import Bursts

BEFORE, DURING = dt.date(2016, 6, 1), dt.date(2017, 4, 4)
AT_LARGE, JAIL = "Located", "CAP Local Incarceration"


def _rows() -> dict[str, list[Any]]:
    """The burst has 20 at large, of which 12 are marked; before, 100 and 5."""
    rows = [
        ("AUS", "SNA", DURING, AT_LARGE, True, "Voluntary Return", 12),
        ("AUS", "SNA", DURING, AT_LARGE, None, "Warrant", 8),
        ("SNA", "SNA", DURING, AT_LARGE, True, "Warrant", 3),
        ("HOU", "HOU", DURING, AT_LARGE, True, "Warrant", 15),
        ("AUS", "SNA", DURING, JAIL, None, "Warrant", 4),
        ("AUS", "SNA", BEFORE, AT_LARGE, True, "Warrant", 5),
        ("AUS", "SNA", BEFORE, AT_LARGE, None, "Voluntary Return", 10),
        ("AUS", "SNA", BEFORE, AT_LARGE, None, "Warrant", 85),
        ("SNA", "SNA", BEFORE, AT_LARGE, True, "Warrant", 45),
        ("HOU", "HOU", BEFORE, AT_LARGE, True, "Warrant", 450),
        ("AUS", "SNA", BEFORE, JAIL, None, "Warrant", 540),
    ]
    names = ("office", "aor", "date", "method", "operation_mark", "disposition", "n")
    columns: dict[str, list[Any]] = {n: [row[k] for row in rows] for k, n in enumerate(names)}
    return {**columns, "county_fips": [None] * len(rows), "state": [None] * len(rows)}


def _lines(found: Bursts | None, **columns: Any) -> dict[str, dict[str, Any]]:
    of = facts(bursts=found)
    result = dc.replace(steady_study(), store=Records(**(_rows() | columns)))
    return {line["id"]: line for line in corroborate(result, of)}


CLEAR = bursts(p=0.001, elsewhere=4)


def test_encounters_of_the_area_are_counted_where_there_are_any() -> None:
    """Ten a day before, forty in all on the burst's days, in the area; those of another area do not count."""
    first, last = facts().months.bounds(facts().months.pre)
    assert CLEAR.start is not None
    assert CLEAR.end is not None
    days = (CLEAR.end - CLEAR.start).days + 1
    usual = 10 * ((last - first).days + 1)
    rows = {
        "aor": ["SNA", "SNA", "HOU"],
        "date": [first, CLEAR.start, CLEAR.start],
        "n": [usual, 40, 1000],
    }
    line = _lines(CLEAR, encounters=rows)["encounters"]
    assert line["value"] == pytest.approx(40 / (10 * days), abs=1e-3)
    assert "encounters" not in _lines(CLEAR)


def test_shares_on_the_bursts_days_stand_beside_the_usual_ones() -> None:
    lines = _lines(CLEAR)
    assert (lines["marked"]["value"], lines["marked"]["usual"]) == (0.6, 0.05)
    assert (lines["marked_aor"]["value"], lines["marked_aor"]["usual"]) == (0.8, 0.1)
    assert (lines["marked_nation"]["value"], lines["marked_nation"]["usual"]) == (0.4, 0.01)
    assert (lines["returns"]["value"], lines["returns"]["usual"]) == (0.6, 0.1)
    assert lines["offices"]["value"] == 4 / 80
    assert {name: line["points"] for name, line in lines.items()} == {
        "marked": "supports", "marked_aor": "supports", "marked_nation": "supports", "offices": "supports",
        "methods": "supports", "returns": "supports",
    }  # fmt: skip
    assert "60% carry an operation mark; usually 5.0%" in str(lines["marked"]["says"])
    assert lines["marked_aor"]["counts"][:2] == [12, 3]  # a page leaves the line out: three is small


def test_what_is_wider_than_the_place_speaks_against_an_operation_there() -> None:
    assert _lines(bursts(p=0.001, elsewhere=60))["offices"]["points"] == "against"
    columns = _rows()
    columns["n"][4] = 400  # arrests in jails swelled as well
    assert _lines(CLEAR, n=columns["n"])["methods"]["points"] == "against"


@pytest.mark.parametrize("found", [None, bursts(p=0.5), bursts(p=0.001, start=None, end=None)])
def test_without_a_clear_burst_there_is_nothing_to_corroborate(found: Bursts | None) -> None:
    assert _lines(found) == {}


def test_records_without_marks_or_outcomes_have_fewer_lines() -> None:
    none = [None] * len(_rows()["n"])
    lines = _lines(CLEAR, operation_mark=pl.Series(none, dtype=pl.Boolean), disposition=none)
    assert set(lines) == {"offices", "methods"}


def _pooled(direction: str, low: float, high: float) -> dict[str, Any]:
    ratio = {"value": (low * high) ** 0.5, "low": low, "high": high}
    return {
        "direction": direction,
        "localities": [1] * 70,
        "handoffs": {"ratio": ratio},
        "at_large": {"ratio": ratio},
    }


def test_the_pooled_answer_is_worded_by_its_interval() -> None:
    assert "70 places that limited cooperation" in str(says(_pooled("limits", 0.4, 0.6)))
    assert "below what was expected" in str(headline(_pooled("limits", 0.4, 0.6)))
    assert "above what was expected" in str(headline(_pooled("extends", 1.2, 1.5)))
    assert "did not clearly change" in str(headline(_pooled("extends", 0.9, 1.2)))

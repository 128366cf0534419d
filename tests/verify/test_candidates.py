"""Explanations are computed, found where they were planted, and not believed for one lucky figure."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from atlarge import open_store
from atlarge.verify import DIFFERS, Checked, verify
from atlarge.verify.counting import Counter, Query
from atlarge.verify.figure import Spot
from atlarge.verify.geography import neighbours

YEAR = (dt.date(2017, 10, 1), dt.date(2018, 9, 30))
HEADER = "id,publisher,measure,place,start,end,value,published_on"


def _checked(tmp_path: Path, *lines: str) -> dict[str, Checked]:
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return {row.id: row for row in verify(None, path).rows}


def _line(key: str, place: str, value: float, measure: str = "arrests", published_on: str = "") -> str:
    return f"{key},A bureau,{measure},{place},{YEAR[0]},{YEAR[1]},{value:.0f},{published_on}"


def test_a_definition_is_found_that_a_publication_used_throughout(tmp_path: Path) -> None:
    """Three areas counted without the 287(g) program: each differs, and the definition is named."""
    counter = Counter(open_store(None))
    lines = []
    for area in ("ATL", "DAL", "WAS"):
        query = Query("arrests", (Spot("aor", area),), *YEAR, without=("287(g) Program",))
        lines.append(_line(area, area, counter.count(query)))
    for row in _checked(tmp_path, *lines).values():
        assert (row.verdict, row.understood) == (DIFFERS, True)
        assert row.why.startswith("explained by definition: without 287(g) Program")
        assert row.candidates[0]["difference_pct"] == 0


def test_a_definition_that_fits_one_figure_only_is_not_believed(tmp_path: Path) -> None:
    counter = Counter(open_store(None))
    without = Query("arrests", (Spot("aor", "DAL"),), *YEAR, without=("287(g) Program",))
    lucky = counter.count(without)
    other = 1.07 * counter.count(Query("arrests", (Spot("aor", "SNA"),), *YEAR))
    rows = _checked(tmp_path, _line("lucky", "DAL", lucky), _line("other", "SNA", other))
    assert not rows["lucky"].understood
    assert "reaches it, but not other" in rows["lucky"].why
    assert rows["other"].why.startswith("cannot be told: of ")


def test_the_number_of_another_area_is_seen_as_a_slip(tmp_path: Path) -> None:
    counter = Counter(open_store(None))
    los = counter.count(Query("arrests", (Spot("aor", "LOS"),), *YEAR, is_recorded=True))
    row = _checked(tmp_path, _line("a", "MIA", los))["a"]
    assert row.why.startswith("explained by slip")
    assert "LOS" in row.why


def test_first_counts_may_fall_short_as_far_as_others_did(tmp_path: Path) -> None:
    n = Counter(open_store(None)).count(Query("arrests", (Spot("nation", "US"),), *YEAR))
    lines = (
        _line("near", "US", 0.99 * n, published_on="2018-10-20"),
        _line("far", "US", 0.9 * n, published_on="2018-10-20"),
    )
    rows = _checked(tmp_path, *lines)
    assert rows["near"].why.startswith("explained by completion")
    assert not rows["far"].understood


def test_wider_areas_are_counted_about_a_county(tmp_path: Path) -> None:
    """Each wider area holds the one before, and the area of responsibility holds them all."""
    row = _checked(tmp_path, _line("a", "34013", 676, measure="at_large"))["a"]
    by = {c["label"]: c["value"] for c in row.candidates if c["kind"] == "geography"}
    assert row.ours <= by["the county and the office areas seated in it"]
    assert by["the county and its neighbours"] <= by["its area of responsibility"]
    assert (
        by["the county and its neighbours"]
        <= by["the county, its neighbours and the office areas seated in the county"]
    )
    assert row.why.startswith("cannot be told")


@pytest.mark.parametrize(("county", "its"), [("48453", "48491"), ("34013", "34017"), ("36061", "36005")])
def test_neighbours_share_a_border_both_ways(county: str, its: str) -> None:
    assert its in neighbours(county)
    assert county in neighbours(its)
    assert county not in neighbours(county)


def test_areas_stand_as_recorded_and_recovered(tmp_path: Path) -> None:
    row = _checked(tmp_path, _line("a", "MIA", 8474))["a"]
    assert (row.recorded, row.recovered) == (8474, 8506)
    assert row.to_dict()["recorded"] == 8474

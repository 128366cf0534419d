"""Handoffs after July 2025: inferred where the true methods are known and were hidden."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from atlarge import panel
from atlarge.errors import CoverageError, QuestionError
from atlarge.panel import measure
from atlarge.panel.counting import sparse
from atlarge.panel.inferred import CONFIDENCE, _agreements, _factors, _hidden_windows
from atlarge.policies import registry
from atlarge.records.store import open_store
from simulated_files import HandStore, Span

BREAK = dt.date(2025, 7, 21)
LATER = dt.timedelta(days=2557)
"""From 21 July 2018 to 21 July 2025."""
CAP = ["CAP Local Incarceration", "CAP State Incarceration", "CAP Federal Incarceration"]
STATES = ["TX", "GA", "PA", "AZ", "CO", "NC"]


@cache
def _records() -> pl.DataFrame:
    """The embedded arrests of some states, seven years later, with their true methods."""
    rows = open_store(None).scan("arrests").filter(pl.col("state").is_in(STATES)).collect()
    return rows.with_columns((pl.col("date") + LATER).alias("date"), pl.col("method").alias("truth"))


def _store(folder: Path, rows: pl.DataFrame) -> HandStore:
    """A store of records whose three methods are one from the break on."""
    hidden = (pl.col("date") >= BREAK) & pl.col("method").is_in(CAP)
    merged = rows.with_columns(
        pl.when(hidden).then(pl.lit("Custodial Arrest")).otherwise("method").alias("method")
    )
    return HandStore(folder, merged, [Span("r", rows["date"].min(), rows["date"].max())])


def _truth(by: str) -> pl.DataFrame:
    handoff = pl.col("truth").is_in(["CAP Local Incarceration", "287(g) Program"])
    return (
        _records()
        .filter(handoff)
        .group_by(pl.col(by).alias("place"), pl.col("date").dt.truncate("1mo").alias("period"))
        .agg(pl.col("n").sum().cast(pl.Int64).alias("true"))
    )


@pytest.mark.parametrize(("by", "column"), [("county", "county_fips"), ("state", "state")])
def test_hidden_methods_are_recovered_within_the_intervals(tmp_path: Path, by: str, column: str) -> None:
    found = panel(_store(tmp_path, _records()), by=by, measures=["handoffs_inferred"])
    both = found.frame.join(_truth(column), on=["place", "period"], how="left").with_columns(
        pl.col("true").fill_null(0)
    )
    before = both.filter(part="recorded")
    assert before["value"].to_list() == before["true"].to_list()
    assert before["low"].to_list() == before["high"].to_list() == before["value"].to_list()
    after = both.filter(part="inferred")
    assert after["true"].sum() > 5_000
    inside = after.filter(pl.col("high") > pl.col("low"))
    covered = ((inside["true"] >= inside["low"]) & (inside["true"] <= inside["high"])).mean()
    assert covered is not None
    assert float(str(covered)) >= 0.85
    assert abs(int(after["value"].sum()) / int(after["true"].sum()) - 1) < 0.05
    off = (after["value"] - after["true"]).abs().sum()
    every = after.filter(pl.col("true") > 0)["true"].sum()
    assert off / every < 0.15


def test_the_break_is_visible_and_the_month_of_it_is_both(tmp_path: Path) -> None:
    store = _store(tmp_path, _records())
    found = panel(store, by="state", measures=["handoffs_inferred", "handoffs"], places=["TX"])
    parts = found.frame.filter(measure="handoffs_inferred").select("period", "part")
    assert parts.filter(period=dt.date(2025, 7, 1))["part"].item() == "recorded and inferred"
    assert parts.filter(period=dt.date(2025, 8, 1))["part"].item() == "inferred"
    assert found.breaks["handoffs_inferred"]["break"] == "2025-07-21"
    assert found.breaks["handoffs_inferred"]["calibration"]["periods"] > 0
    assert "missing" in found.breaks["handoffs"]["after"]
    recorded = found.frame.filter(measure="handoffs").sort("period")
    assert recorded.filter(pl.col("period") >= dt.date(2025, 8, 1))["value"].null_count() > 10
    assert recorded["part"].null_count() == recorded.height


def test_without_records_that_say_the_method_it_is_refused(tmp_path: Path) -> None:
    late = _records().filter(pl.col("date") >= BREAK)
    with pytest.raises(CoverageError, match="handoffs_inferred needs 200 arrests before 2025-07-21"):
        panel(_store(tmp_path, late), by="state", measures=["handoffs_inferred"])


@pytest.mark.slow
def test_where_nothing_is_to_be_inferred_it_is_what_is_recorded() -> None:
    frame = panel(None, by="nation", measures=["handoffs", "handoffs_inferred"]).frame
    counted = {
        m: frame.filter(measure=m).sort("period")["value"].to_list()
        for m in ("handoffs", "handoffs_inferred")
    }
    assert counted["handoffs"] == counted["handoffs_inferred"]


def test_a_chart_draws_the_interval_and_the_break(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    store = _store(tmp_path, _records())
    found = panel(store, by="state", measures=["handoffs_inferred"], places=["TX"])
    drawn = found.plot()
    upright = [line for line in drawn.lines if len(set(line.get_xdata())) == 1]
    assert len(upright) == 1
    assert [text.get_text() for text in drawn.texts] == ["inferred"]
    assert len(drawn.collections) == 1


def test_it_is_no_count_that_could_be_summed_or_disclosed() -> None:
    assert measure("handoffs_inferred").is_inferred
    with pytest.raises(QuestionError, match="inferred, not counted"):
        sparse(open_store(None), by="state", every="month", measures=["handoffs_inferred"])


@pytest.mark.parametrize("spread", [0.0, 1.0, 3.0])
def test_intervals_hold_in_nine_of_ten_places_however_far_places_differ(spread: float) -> None:
    """Errors of a place share a part: of fresh places nine in ten have nine of ten months inside."""
    rng = np.random.default_rng(3)

    def scores(places: int) -> np.ndarray:
        return np.abs(spread * rng.normal(size=(places, 1)) + rng.normal(size=(places, 24)))

    inside, pooled = [], []
    for _ in range(40):
        known, fresh = scores(60), scores(60)
        size, groups = np.full(known.size, 2), np.repeat(np.arange(60), 24)
        factor = _factors(known.ravel(), size, groups)[2]
        inside.append((np.quantile(fresh, CONFIDENCE, axis=1) <= factor).mean())
        loose = _factors(known.ravel(), size, np.full(known.size, -1))[2]
        pooled.append((np.quantile(fresh, CONFIDENCE, axis=1) <= loose).mean())
    assert np.mean(inside) == pytest.approx(0.9, abs=0.04)
    if spread:
        assert np.mean(pooled) < np.mean(inside) - 0.05


@pytest.mark.parametrize("days", [40, 364, 365, 729, 730, 731, 911, 912, 1094, 1095, 3000])
def test_the_hidden_windows_are_years_with_a_year_before_them_or_the_last_half(days: int) -> None:
    first = dt.date(2015, 3, 1)
    last = first + dt.timedelta(days=days)
    windows = _hidden_windows(first, last)
    if days < 730:
        [(start, end)] = windows
        assert end == last
        assert (start - first).days - (end - start).days == days % 2
    else:
        assert [(last - end).days for _, end in windows] == [0, 182, 364][: 1 + min(2, (days - 730) // 182)]
        assert {(end - start).days for start, end in windows} == {365}
        assert all((start - first).days >= 365 for start, _ in windows)


@pytest.mark.parametrize("month", [dt.date(2017, 1, 1), dt.date(2025, 6, 1)])
def test_counties_with_an_agreement_are_those_whose_dates_take_in_the_month(month: dt.date) -> None:
    jail = ("Jail Enforcement Model", "Warrant Service Officer", "Hybrid Model")
    expected = set()
    for one in registry():
        first, _, _, end = one.spell
        if one.is_agreement and one.model in jail and first <= month and (end is None or month < end):
            expected.update(one.counties())
    assert len(expected) > 20
    assert _agreements(month) == expected

"""A month that is covered in part is shown as such, and is a full month to nobody."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import polars as pl
import pytest

from atlarge.calendar import month_end
from atlarge.claims.records import PanelSource
from atlarge.forecast.registered import learning_series
from atlarge.panel import panel
from atlarge.periods import Period
from atlarge.publish.compare import compare
from atlarge.publish.release_table import gather
from atlarge.records.store import open_store
from simulated_files import Span, counted_store

COUNTIES = {"48453": ("SNA", "TX"), "13067": ("ATL", "GA"), "53033": ("SEA", "WA")}


@pytest.mark.parametrize("seed", range(6))
def test_no_room_takes_a_month_covered_in_part_for_a_full_one(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    start = dt.date(2016, 1, 1) + dt.timedelta(days=draw.choice([0, draw.randint(1, 27)]))
    end = dt.date(2017, 3, 1) + dt.timedelta(days=draw.randint(0, 29))
    gap = dt.date(2016, 8, draw.randint(2, 20))
    spans = [Span("a", start, gap), Span("b", gap + dt.timedelta(days=draw.randint(2, 50)), end)]
    days = pl.DataFrame({"date": pl.date_range(start, end, eager=True)})
    places = pl.DataFrame(
        [(fips, aor, state) for fips, (aor, state) in COUNTIES.items()],
        schema=["county_fips", "aor", "state"], orient="row",
    )  # fmt: skip
    rows = days.join(places, how="cross").with_columns(n=pl.lit(3), method=pl.lit("Located"))
    store = open_store(counted_store(tmp_path / "s", rows, *spans))
    covered = {
        day for span in spans for i in range((span.end - span.start).days + 1)
        if (day := span.start + dt.timedelta(days=i))
    }  # fmt: skip
    every = panel(store, by="county").frame
    whole = set()
    for month, n, of in every.select("period", "days_covered", "days_in_period").unique().iter_rows():
        true = sum(day in covered for day in (month + dt.timedelta(days=i) for i in range(of)))
        assert n == true
        whole |= {month} if true == of else set()
    assert len(whole) < every["period"].n_unique()

    cells = gather(store)[0].filter(pl.col("every") == "month").drop_nulls("value")
    assert set(cells["start"]) <= whole
    shown = compare(["48453", "13067"], store=store, measure="arrests").disclosed.frame
    assert set(shown["start"]) <= whole
    counts, _ = learning_series(store, "arrests", "county", "month", "ddp")
    assert int((counts[0] == counts[0]).sum()) == len(whole)
    records = PanelSource(store, "ddp")
    for month in every["period"].unique().sort():
        ranked = records.ranked("arrests", "county", Period(month, month_end(month)))
        assert bool(ranked) == (month in whole)

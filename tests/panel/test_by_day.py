"""Counts by day that ship with the embedded records are those of the records, or are not used."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from atlarge.explain.daily import Daily
from atlarge.explain.data import daily
from atlarge.panel import by_day
from atlarge.panel.counting import sparse
from atlarge.records.store import Store, open_store


@pytest.fixture
def copy(tmp_path: Path) -> Store:
    """The embedded store in a folder of its own."""
    shutil.copytree(open_store(None).path, tmp_path / "store", ignore=shutil.ignore_patterns("*.py*"))
    return open_store(tmp_path / "store")


@pytest.mark.parametrize("scheme", by_day.SCHEMES)
@pytest.mark.parametrize("level", by_day.LEVELS)
def test_shipped_counts_are_those_of_the_records(level: str, scheme: str) -> None:
    store = open_store(None)
    read = by_day.read(store, level, scheme, by_day.MEASURES)
    assert read is not None, "tools/embed.py must add the counts up anew"
    counted, *_ = sparse(
        store, by=level, every="day", measures=by_day.MEASURES, scheme=scheme, engine="duckdb"
    )
    assert set(read["place"]) == set(counted["place"])
    some = pl.any_horizontal(pl.col(by_day.MEASURES) > 0)
    assert read.filter(some).sort("place", "period").equals(counted.filter(some).sort("place", "period"))


def test_an_answer_has_the_same_counts_without_them(copy: Store) -> None:
    def values(found: dict[str, Daily]) -> list[tuple[tuple[str, ...], bytes]]:
        return [(one.keys, np.ascontiguousarray(one.values).tobytes()) for one in found.values()]

    shipped = values(daily(copy, "office"))
    shutil.rmtree(copy.path / by_day.FOLDER)
    assert by_day.read(copy, "office", "ddp", ["at_large"]) is None
    fresh = open_store(shutil.move(copy.path, copy.path.with_name("other")))
    assert values(daily(fresh, "office")) == shipped


def test_counts_of_other_records_or_changed_ones_are_not_used(copy: Store) -> None:
    folder = copy.path / by_day.FOLDER
    assert by_day.read(copy, "aor", "ddp", ["handoffs"]) is not None
    assert by_day.read(copy, "aor", "ddp", ["arrests"]) is None
    path = folder / "aor-ddp.parquet"
    pl.read_parquet(path).with_columns(handoffs=pl.col("handoffs") + 1).write_parquet(path)
    assert by_day.read(copy, "aor", "ddp", ["handoffs"]) is None
    assert by_day.read(copy, "office", "ddp", ["handoffs"]) is not None
    listed = json.loads((folder / "counts.json").read_text())
    (folder / "counts.json").write_text(json.dumps({**listed, "of": "0" * 64}))
    assert by_day.read(copy, "office", "ddp", ["handoffs"]) is None

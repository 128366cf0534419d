"""A simulated store answers for its nation, whatever its size; a cut of one does not."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

import atlarge

pytestmark = pytest.mark.slow_file


@pytest.mark.parametrize("arrests", [2_000, 30_000])
def test_a_simulated_store_covers_its_nation(tmp_path: Path, arrests: int) -> None:
    result = atlarge.simulate(tmp_path / "files", seed=3, arrests=arrests)
    atlarge.ingest([*result.arrests, result.detainers], tmp_path / "store")
    counts = atlarge.panel(tmp_path / "store", by="nation", every="month").frame
    assert counts["value"].sum() == result.rows["arrests"]
    issued = atlarge.detainer_report(tmp_path / "store", by="nation").total["issued"]
    assert issued == result.rows["detainers"]


@pytest.mark.parametrize("area", ["DAL", "LOS"])
def test_a_cut_of_a_simulated_release_covers_what_is_left(tmp_path: Path, area: str) -> None:
    result = atlarge.simulate(tmp_path / "files", seed=3, arrests=30_000)
    name = atlarge.places.place_name("aor", area)
    lines = gzip.decompress(result.arrests[0].read_bytes()).decode().splitlines()
    kept = lines[:6] + [line for line in lines[6:] if line.startswith(f'"{name}')]
    assert 50 < len(kept) < len(lines) / 2
    cut = tmp_path / "cut.csv"
    cut.write_text("\n".join(kept) + "\n", encoding="utf-8")
    atlarge.ingest([cut], tmp_path / "store")
    counts = atlarge.panel(tmp_path / "store", by="county", every="month").frame
    known = counts.drop_nulls("value")
    assert known["value"].sum() == len(kept) - 6
    assert (
        known.group_by("place").agg(n=pl.col("value").sum())["n"].min() > 0
    )  # no county that the cut left out

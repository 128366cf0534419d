"""A simulated world through ingest and panel comes out as it went in."""

from __future__ import annotations

from pathlib import Path

import polars as pl

import atlarge
from atlarge.simulate import World, simulate


def test_ingested_world_gives_the_true_panel(tmp_path: Path) -> None:
    world = World(places=15, weeks=40, policies=3, retaliation_share=1.0, general_area_share=0.2)
    simulated = simulate(tmp_path / "world", seed=21, world=world)
    store = tmp_path / "store"
    audit = atlarge.ingest([*simulated.arrests, simulated.detainers], store).to_dict()
    rows = {entry["table"]: 0 for entry in audit["releases"]}
    for entry in audit["releases"]:
        rows[entry["table"]] += entry["rows_kept"]
    assert rows == {"arrests": simulated.rows["arrests"], "detainers": simulated.rows["detainers"]}
    truth = pl.read_parquet(simulated.truth_panel)
    pairs = {
        "at_large": "at_large_recorded",
        "handoffs": "handoffs_recorded",
        "detainers_issued": "detainers_recorded",
        "detainers_declined": "declined_recorded",
    }
    found = atlarge.panel(
        atlarge.open_store(store), by="county", every="week", measures=list(pairs)
    ).frame.with_columns(week=pl.col("period"))
    # the first and the last week may be covered in part only by a release that starts or ends inside them
    inner = truth.filter(pl.col("week").is_between(truth["week"].min(), truth["week"].max(), closed="none"))
    for measure, column in pairs.items():
        got = found.filter(pl.col("measure") == measure).select("place", "week", "value")
        both = inner.join(got, on=["place", "week"], how="left")
        wrong = both.filter(pl.col("value").fill_null(0) != pl.col(column))
        assert wrong.is_empty(), f"{measure}: {wrong.height} of {both.height} cells differ"

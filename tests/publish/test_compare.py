"""Places side by side: the rows are the panel's, the chart shows no small count, wrong questions say so."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from simulated_counts import simulated_store

from atlarge.errors import QuestionError
from atlarge.panel import panel
from atlarge.publish.compare import compare
from command_line import run


def test_rows_are_the_panels_and_the_table_hides_small_counts(tmp_path: Path) -> None:
    store = simulated_store(tmp_path / "store")
    found = compare(["48453", "48029", "SNA"], store, measure="at_large")
    assert found.frame["level"].unique().sort().to_list() == ["aor", "county"]
    mine = found.frame.filter(pl.col("place") == "48453").sort("period")["value"].to_list()
    whole = panel(store, by="county", measures=["at_large"], places=["48453"]).frame.sort("period")
    assert mine == whole["value"].to_list()
    table = found.table()
    assert not table.filter(pl.col("value").is_between(1, 4)).height
    assert (table["mark"] == "small").any()


@pytest.mark.parametrize("ending", ["svg", "png", "csv", "parquet"])
def test_every_kind_of_file_is_written(tmp_path: Path, ending: str) -> None:
    found = compare(["48453", "48029"], simulated_store(tmp_path / "store"))
    target = tmp_path / f"out.{ending}"
    found.write(target)
    raw = target.read_bytes()
    starts = {"svg": b"<svg", "png": b"\x89PNG", "csv": b"level,place", "parquet": b"PAR1"}
    assert raw.startswith(starts[ending])
    if ending == "svg":
        assert "Travis County, TX" in raw.decode()


def test_the_command_gives_one_document(tmp_path: Path) -> None:

    simulated_store(tmp_path / "store")
    done = run(["compare", "48453", "48029", "--store", str(tmp_path / "store"), "--json"])
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert [p["place"] for p in document["places"]] == ["48453", "48029"]
    assert document["rows"] == len(document["data"]) == 48
    assert document["disclosed"] is False


@pytest.mark.parametrize(
    "names", [["48453"], ["48453", "48453"], ["48453", "48029", "48491", "48209", "48021", "US"]]
)
def test_too_few_and_too_many_places_are_refused(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(QuestionError, match="compare takes 2 to 5"):
        compare(names, simulated_store(tmp_path / "store"))

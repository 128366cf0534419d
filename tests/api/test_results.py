"""What a public function returns prints as a summary, short enough to read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import atlarge
from atlarge.policies import find_policy

pytestmark = pytest.mark.slow_file


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("results")
    result = atlarge.simulate(folder / "files", seed=1, arrests=3_000)
    audit = atlarge.ingest([*result.arrests, result.detainers], folder / "store")
    store = atlarge.open_store(folder / "store")
    return {
        "simulate": result,
        "ingest": audit,
        "open_store": store,
        "panel": atlarge.panel(store, by="nation"),
        "detainer_report": atlarge.detainer_report(store, by="nation"),
        "find_surges": atlarge.find_surges(store, by="nation", every="week"),
        "publish": atlarge.publish(folder / "site", store, levels=["nation"], every_county=False),
        "policy": find_policy("travis-tx-2017"),
    }


NAMES = ("simulate", "ingest", "open_store", "panel", "detainer_report", "find_surges", "publish", "policy")


@pytest.mark.parametrize("name", NAMES)
def test_a_result_is_short(results: dict[str, object], name: str) -> None:
    assert len(repr(results[name])) < 300
    assert len(str(results[name])) < 2_000


def test_the_summary_counts_what_was_read(results: dict[str, object], tmp_path: Path) -> None:
    truth = json.loads(results["simulate"].truth.read_text("utf-8"))
    assert truth
    arrests, detainers = (results["simulate"].rows[name] for name in ("arrests", "detainers"))
    assert f"arrests: {arrests:,} rows" in str(results["open_store"])
    assert f"detainers: {detainers:,} rows" in str(results["open_store"])
    assert sum(one.rows_kept for one in results["ingest"].releases) == arrests + detainers
    assert f"{arrests + detainers:,} rows kept" in repr(results["ingest"])

"""The pages of figures say what their results say, and the results what the package answers now."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from atlarge.explain import explain

ROOT = Path(__file__).parents[2]
BENCHMARKS, DOCS = ROOT / "benchmarks", ROOT / "docs"
pytestmark = [
    pytest.mark.slow_file,
    pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the benchmarks come with the source only"),
]


def _results(name: str) -> dict[str, Any]:
    return dict(json.loads((BENCHMARKS / "results" / f"{name}.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("script", "writes", "name"), [("explain", "document", "findings"), ("answers", "page", "answers")]
)
def test_a_page_holds_the_figures_of_its_results(
    monkeypatch: pytest.MonkeyPatch, script: str, writes: str, name: str
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))  # as for a script that is run
    page = runpy.run_path(str(BENCHMARKS / f"{script}.py"))[writes]
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == page(_results(script)), (
        f"run python benchmarks/{script}.py --docs"
    )


def test_the_results_are_what_the_package_answers_now() -> None:
    listed = _results("explain")
    (row,) = (r for r in listed["places"] if r["policy"] == "travis-tx-2017")
    (stored,) = (r for r in _results("answers")["answers"] if r["id"] == "travis-tx-2017")
    answer = explain(row["place"], policy=row["policy"])
    now = answer.to_dict()
    assert row["sentences"] == now["sentences"] == stored["sentences"]
    assert (row["observed"], row["counterfactual"]) == (now["observed"], now["counterfactual"])
    assert stored["headline"] == now["headline"]
    pooled = listed["pooled"]["limits"]
    for measure in ("handoffs", "at_large"):
        shown = {name: now["elsewhere"][measure][name] for name in pooled[measure]["ratio"]}
        assert pooled[measure]["ratio"] == shown, measure

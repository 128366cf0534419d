"""The table of published figures in the documentation prints no count below the threshold of publication."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow_file

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    sys.modules.pop("verify", None)


def _row(**changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "figure": "a", "ours": 40, "difference_pct": 1.0, "recorded": None, "recovered": None, "why": "",
        "counts_people": True,
    }  # fmt: skip
    return row | changes


@pytest.mark.parametrize("ours", [1, 2, 4])
def test_small_counts_are_withheld(ours: int) -> None:
    from verify import publishable

    shown = publishable(_row(ours=ours, why="cannot be told"))
    assert (shown["ours"], shown["difference_pct"]) == (None, None)
    assert publishable(_row(ours=ours, counts_people=False))["ours"] == ours


@pytest.mark.parametrize(("more", "recovered"), [(0, 40), (2, None), (4, None), (5, 45)])
def test_a_small_difference_of_two_totals_is_not_printed(more: int, recovered: int | None) -> None:
    from verify import publishable

    assert publishable(_row(recorded=40, recovered=40 + more))["recovered"] == recovered


@pytest.mark.parametrize(
    "why", ["nearest is the county (3.0, -92.5%)", "once, at most (2 to 40)", "(SNA: 1)"]
)
def test_small_counts_in_explanations_are_withheld(why: str) -> None:
    from verify import publishable

    assert "(" not in str(publishable(_row(why=why))["why"])
    kept = why.replace("3.0", "13.0").replace("2 to", "12 to").replace(": 1", ": 11")
    assert publishable(_row(why=kept))["why"] == kept


def test_the_saved_table_is_publishable() -> None:
    from verify import LEAST, publishable

    saved = json.loads((ROOT / "benchmarks" / "results" / "verify.json").read_text(encoding="utf-8"))
    assert len(saved["rows"]) >= 150
    for row in saved["rows"]:
        recorded, recovered = row["recorded"], row["recovered"]
        assert None in (recorded, recovered) or abs(recovered - recorded) in (0, *range(LEAST, 10**6))
        assert row["ours"] is None or row["ours"] == 0 or row["ours"] >= LEAST
        assert publishable(row)["why"] == row["why"]
        assert not (row["counts_people"] and row["ours"]) or all(n == 0 or n >= LEAST for n in _printed(row))


def _printed(row: dict[str, Any]) -> list[float]:
    """Every count that a row of the table prints, and how far each lies from the row's own."""
    search = row["search"]
    counts = [c["value"] for c in row["candidates"]]
    if search.get("low") is not None:
        counts += [search["low"], search["high"], *(search["left_out"] or [])[1:]]
        counts += [search["nearest"]["value"]] if search["nearest"] else []
    return [*counts, *(abs(n - row["ours"]) for n in counts)]


def test_no_small_count_follows_from_what_was_tried() -> None:
    """A count below the threshold, and one within it of another, are left out; others stand."""
    from verify import tried

    def candidate(value: float, low: float | None = None, high: float | None = None) -> dict[str, object]:
        words = {"kind": "definition", "label": "", "detail": "", "reaches": False}
        return {**words, "value": value, "low": low, "high": high}

    row = _row(candidates=[candidate(38), candidate(3), candidate(30), candidate(33), candidate(60, 28, 60),
                           candidate(70, 60, 70), candidate(0)])  # fmt: skip
    assert [c["value"] for c in tried(row)] == [30, 70, 0]

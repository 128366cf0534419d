"""Apprehension methods as files write them: the agency's whatever their capitals, and a note of any other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from atlarge.ingest import ingest
from atlarge.panel import panel
from atlarge.records.store import open_store

METHODS = ["Located", "CAP Local Incarceration", "287(g) Program", "Non-Custodial Arrest", "Other efforts"]
WRITTEN: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "small letters": str.lower,
    "blanks": lambda m: f"  {m.replace(' ', '  ')} ",
    "underscores": lambda m: m.replace(" ", "_"),
    "no marks": lambda m: m.replace("(", "").replace(")", "").replace("-", " "),
    "title": str.title,
}


def _store(folder: Path, methods: list[str]) -> tuple[dict[str, int], list[str]]:
    head = "Area of Responsibility|Apprehension Date|Apprehension Method|Apprehension Landmark|Operation"
    area = "San Antonio Area of Responsibility"
    lines = [
        f"{area}|2/{i // 3 % 28 + 1}/2017|{methods[i % len(methods)]}|TRAVIS COUNTY JAIL|" for i in range(140)
    ]
    path = folder / "a.csv"
    path.write_text("\n".join([head, *lines]) + "\n")
    audit = ingest([path], folder / "store", covers="nation").releases[0]
    names = ["at_large", "custodial", "program_287g", "other_methods"]
    counted = panel(folder / "store", by="nation", measures=names).frame
    totals = counted.group_by("measure").agg(pl.col("value").sum())
    return dict(totals.iter_rows()), audit.notes


@pytest.mark.parametrize("form", WRITTEN)
def test_a_method_counts_the_same_however_it_is_written(form: str, tmp_path: Path) -> None:
    counts, notes = _store(tmp_path, [WRITTEN[form](method) for method in METHODS])
    assert counts == {"at_large": 56, "custodial": 28, "program_287g": 28, "other_methods": 28}
    assert not any("not in the vocabulary" in note for note in notes)
    kept = open_store(tmp_path / "store").scan("arrests").select("method").collect()["method"]
    assert set(kept) == set(METHODS)


def test_a_method_that_the_agency_does_not_use_gets_a_note_with_its_rows(tmp_path: Path) -> None:
    counts, notes = _store(tmp_path, ["Located", "Locatted", "CLC", "Located"])
    assert counts["at_large"] == 70
    assert sum("is not in the vocabulary: in 35 rows" in note for note in notes) == 2

"""Cut real releases in every dimension and count the cells that become false zeros, and true zeros withheld.

Run: python benchmarks/cuts.py [NAME...] [SEED...]. Writes benchmarks/results/cuts.json and prints a line a
release. Data: ATLARGE_DATA, else ../shared/data. A release is cut by each of the ways of
tests/records/cuts.py, with values drawn at random; and once more with its days moved by years, so that
nothing is known of it. Later forms, made of the rows of these releases, are cut in the same ways.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.ingest import ingest
from atlarge.records.store import open_store

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "records"))

from cuts import (  # noqa: E402
    CUTS,
    LATER,
    RELEASES,
    Cells,
    cells,
    moved,
    of_file,
    others,
    places_of,
    release,
    written,
)

OUT = ROOT / "benchmarks" / "results" / "cuts.json"
DATA = Path(os.environ.get("ATLARGE_DATA", ROOT.parent / "shared" / "data")) / "raw"
SEEDS = (101,)
UNDATED = ("Texas jail reports",)
"""Reports of months: later ones, of which nothing is known, are not made here."""


def withheld(whole: Cells, other: Cells) -> float:
    """The share of the zeros of a release that are missing in one saved again, in the months of both."""
    months = {month for _, _, month, _ in other}
    zeros = [cell for cell, value in whole.items() if value == 0 and cell[2] in months]
    return round(sum(other.get(cell) is None for cell in zeros) / max(len(zeros), 1), 5)


def whole_again(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The same release as people save it again: all rows of its months, and its places."""
    months = rows["_day"].dt.truncate("1mo")
    found = {"as published": rows, "in another order": rows.sample(fraction=1.0, shuffle=True, seed=1)}
    if months.count():
        found["without columns"] = rows.drop(others(rows))
        found["without the last months"] = rows.filter(months < months.drop_nulls().unique().sort()[-3])
    return found


def tried(name: str, is_moved: bool, seeds: tuple[int, ...], folder: Path) -> dict[str, Any]:
    """Cut one release in every way."""
    rows, day, table = release(name, DATA)
    rows = moved(rows, day) if is_moved else rows
    ingest([written(rows, folder / "whole.csv")], folder / "whole", covers=None)
    store = open_store(folder / "whole")
    whole = cells(store, table, {})
    known = {cell for cell, value in whole.items() if value}
    places = places_of(whole)
    # true zeros are those that the release has by its own word
    ingest([folder / "whole.csv"], folder / "said", covers=store.coverage(table)[0].scope)
    said = cells(open_store(folder / "said"), table, places)
    found: dict[str, Any] = {
        "cells": len(known), "zeros": sum(v == 0 for v in said.values()),
        "cuts": 0, "tried": 0, "false_zeros": 0, "zeros_withheld": {}, "by_way": {},
    }  # fmt: skip
    for number, (how, again) in enumerate(whole_again(rows).items()):
        file = written(again, folder / f"again {number}.csv")
        got = of_file(file, table, places, folder / f"again {number}") or {}
        found["zeros_withheld"][how] = withheld(said, got)
    for kind, cut in CUTS.items():
        for seed in seeds:
            part = cut(rows, day, random.Random(f"{name} {kind} {seed}"))
            if part.is_empty() or part.height == rows.height:
                continue
            file = written(part, folder / f"{kind} {seed}.csv")
            got = of_file(file, table, places, folder / f"{kind} {seed}")
            if got is None:
                continue
            wrong = [cell for cell in known & got.keys() if got[cell] == 0]
            found["cuts"] += 1
            found["tried"] += len(known)
            found["false_zeros"] += len(wrong)
            if wrong:
                found["by_way"][kind] = found["by_way"].get(kind, 0) + len(wrong)
    return found


def main() -> int:
    """Cut every release and write the results."""
    seeds = tuple(int(word) for word in sys.argv[1:] if word.isdigit()) or SEEDS
    known = [*RELEASES, *LATER]
    names = [n for n in known if any(w in n for w in sys.argv[1:])] or known
    result: dict[str, Any] = json.loads(OUT.read_text()) if OUT.exists() else {}
    result |= {"seeds": list(seeds), "ways": len(CUTS)}
    for name in names:
        for is_moved in (False,) if name in UNDATED or name in LATER else (False, True):
            with tempfile.TemporaryDirectory() as folder:
                one = tried(name, is_moved, seeds, Path(folder))
            kind = "later" if name in LATER else "moved" if is_moved else "published"
            result.setdefault(kind, {})[name] = one
            moved_words = ", moved" if is_moved else ""
            print(
                f"{name}{moved_words}: {one['false_zeros']} of {one['tried']:,} in "
                f"{one['cuts']} cuts; zeros withheld {one['zeros_withheld']}",
                flush=True,
            )
        OUT.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

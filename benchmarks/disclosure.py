"""Disclosure control of the full site of the embedded records: time, what is hidden, and the attack on it.

Run: python benchmarks/disclosure.py; with `--attacks` the table of attacks alone (`_attacks.py`). The
counts are those that `atlarge publish` makes, with the worked answer, the verdicts and the surges of all
levels, attacked by the programme of the tests (tests/publish/attacker.py), which is told which withheld
counts are small after all. Peers, in the same run: only the small counts hidden; and the same search
where each cell costs its count, whatever it is of.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from _attacks import attacks
from atlarge.disclosure import table as disclosure
from atlarge.disclosure.certificates import proved_spread
from atlarge.disclosure.constraints import COMPLEMENTARY, OPEN, PRIMARY, UNMARKED, UNPUBLISHED
from atlarge.disclosure.suppression import search
from atlarge.publish import release_table as cells
from atlarge.publish.answers import members
from atlarge.publish.findings import find, requested_policies
from atlarge.publish.site_data import Found, gather_site, surge_levels
from atlarge.records.store import open_store

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "disclosure.json"
KEYS = ["level", "place", "measure", "period", "start", "end"]
THRESHOLD = 5


def problem() -> tuple[pl.DataFrame, dict[str, Any], list[Any], list[str]]:
    """The site's cells, what the search is given, which place lies in which, and the places of the answer."""
    store, kept = open_store(None), {}
    answer = find(("answer", store.path, requested_policies("worked")[0]))
    surges = Found()
    for level in surge_levels(cells.LEVELS):
        surges.add(find(("surges", store.path, level)))

    def keep(frame: pl.DataFrame, relations: Any, **options: Any) -> disclosure.Disclosed:
        kept.update(frame=frame, r=relations, options=options)
        return disclosure.disclose(frame, relations, **options)

    cells_disclose, cells.disclose = cells.disclose, keep  # the search is given the raw cells only
    try:
        gather_site(store, surges=surges, answers=[answer], claims=find(("claims", store.path, "")))
    finally:
        cells.disclose = cells_disclose
    raw = kept["frame"]["value"].cast(pl.Int64)
    given = {
        "values": raw.fill_null(0).to_numpy(),
        "covered": raw.is_not_null().to_numpy(),
        "r": kept["r"],
        **{k: kept["options"][k] for k in ("published", "cost")},
    }
    pairs = list(cells.parentage(store).iter_rows())
    asked = [code for _, code in members(answer.area)]
    return kept["frame"], given, pairs, [*asked, "+".join(asked)]


def _attack(
    frame: pl.DataFrame, status: np.ndarray, published: np.ndarray, pairs: list[Any]
) -> dict[str, Any]:
    """What the attacker of the tests recovers from the table that these statuses give."""
    sys.path.insert(0, str(HERE.parent / "tests" / "publish"))
    from attacker import Attacker, Published

    mark = np.select([status == OPEN, status == PRIMARY], ["shown", "small"], "withheld")
    table = frame.rename({"every": "period"}).with_columns(pl.Series("mark", mark), pl.Series("s", status))
    table = table.filter(pl.Series(published) & pl.col("value").is_not_null())
    blurred = table.filter(pl.col("s") == UNMARKED).select(KEYS).rows()
    shown = pl.when(pl.col("mark") == "shown").then("value").alias("value")
    start = time.perf_counter()
    attacker = Attacker(Published(table.select(*KEYS, shown, "mark"), {}, {}, pairs), THRESHOLD, blurred)
    found = attacker.recovered(singly=20)
    return {
        "tried": len(attacker.targets()),
        "recovered": len(found),
        "seconds": round(time.perf_counter() - start, 1),
    }


def _hidden(frame: pl.DataFrame, status: np.ndarray, keep: pl.Series) -> dict[str, Any]:
    """How much of some cells is hidden: of the cells, and of the counts in them."""
    keep = keep.to_numpy()
    value = frame["value"].fill_null(0).to_numpy()
    small, withheld = status == PRIMARY, (status == COMPLEMENTARY) | (status == UNMARKED)
    total = max(int(value[keep].sum()), 1)
    return {
        "cells": int(keep.sum()),
        "small": int((small & keep).sum()),
        "withheld": int((withheld & keep).sum()),
        "withheld_pct_of_cells": round(100 * float((withheld & keep).sum()) / int(keep.sum()), 2),
        "withheld_pct_of_counts": round(100 * float(value[withheld & keep].sum()) / total, 2),
    }


def _shares(
    frame: pl.DataFrame, status: np.ndarray, published: np.ndarray, asked: list[str]
) -> dict[str, Any]:
    on_page = pl.Series(published) & frame["value"].is_not_null()
    is_asked = on_page & frame["place"].is_in(asked) & frame["level"].is_in(["county", "office", "locality"])
    sets = {
        "all": on_page,
        "counties_by_year": on_page & (frame["level"] == "county") & (frame["every"] == "year"),
        "nation_areas_states": on_page & frame["level"].is_in(["nation", "aor", "state"]),
        "windows": on_page & (frame["every"] == "window"),
        "places_of_the_answer": is_asked,
        "places_of_the_answer_by_year": is_asked & (frame["every"] == "year"),
        "windows_of_the_answer": is_asked & (frame["every"] == "window"),
    }
    return {name: _hidden(frame, status, keep) for name, keep in sets.items()}


def main() -> None:
    """Measure and save."""
    if "--attacks" in sys.argv[1:]:
        save({**json.loads(RESULTS.read_text(encoding="utf-8")), "attacks": attacks()})
        return
    frame, given, pairs, asked = problem()
    values, covered, r = given["values"], given["covered"], given["r"]
    published = np.asarray(given["published"], bool)
    times = []
    for _ in range(3):
        start, processor = time.perf_counter(), time.process_time()
        found = search(values, covered, r, published=published, threshold=THRESHOLD, cost=given["cost"])
        times.append((time.perf_counter() - start, time.process_time() - processor))
    start = time.perf_counter()
    spread = proved_spread(found.certificates, values, covered, found.status, r, threshold=THRESHOLD)
    checked = time.perf_counter() - start
    plain = search(values, covered, r, published=published, threshold=THRESHOLD, cost=values)
    small = covered & (values > 0) & (values < THRESHOLD)
    naive = np.where(published, np.where(small, PRIMARY, OPEN), UNPUBLISHED)
    measured = {
        "cells": len(values),
        "sums": len(r.is_inequality),
        "small": int(found.small.sum()),
        "unmarked": int((found.status == UNMARKED).sum()),
        "seconds": round(min(t for t, _ in times), 1),
        "processor_seconds": round(min(t for _, t in times), 1),
        "certificates": {
            "tables": len(found.certificates.cells),
            "small_proved": int((spread[found.small] > 0).sum()),
            "small_known_to_within_one": int((spread[found.small] < 2).sum()),
            "seconds": round(checked, 2),
        },
        "attack": _attack(frame, found.status, published, pairs),
        "attack_where_only_small_are_hidden": _attack(frame, naive, published, pairs),
        "hidden": _shares(frame, found.status, published, asked),
        "hidden_without_weights": _shares(frame, plain.status, published, asked),
    }
    print(json.dumps(measured, indent=2))
    save({**measured, "attacks": attacks()})


def save(found: dict[str, Any]) -> None:
    """Write the results."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

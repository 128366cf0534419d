"""Published figures against the records: the embedded ones, and the whole releases where they are at hand.

python benchmarks/verify.py. Data: ATLARGE_DATA, else ../shared/data.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from atlarge.ingest import ingest
from atlarge.reference import table
from atlarge.verify import CANNOT_BE_TOLD, TOLERANCE, Checked, Verification, figures, verify
from atlarge.verify.candidate import EXCLUSION
from atlarge.verify.counting import is_share, table_of
from atlarge.verify.figure import AT_LEAST, AT_MOST, Figure

OUT = Path(__file__).parent / "results" / "verify.json"
DATA = Path(os.environ.get("ATLARGE_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
LEAST = 5
"""Counts of people below this are not published, as in `atlarge publish`."""
RELEASES = (
    "EROArrests_FY*.csv.gz",
    "ICERemovals_FY*.csv.gz",
    "texas_jails*.csv",
    "facilities-daily-population-*.parquet",
    "inc_headcount_*.csv.gz",
    "FY*detentionStats*.xlsx",
    "FY*detentionstats*.xlsx",
)


def numbers(done: Verification) -> dict[str, int]:
    """How many figures of each verdict."""
    counted = Counter(row.verdict for row in done.rows)
    return {
        "figures": len(done.rows),
        **{verdict.replace(" ", "_"): n for verdict, n in sorted(counted.items())},
        "not_understood": sum(not row.understood for row in done.rows),
    }


def publishable(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the table as it may be published: no count below the threshold, none by subtraction.

    Counts of people under `LEAST` are withheld, as are a recovered area that exceeds the recorded one by
    fewer, and an explanation that prints such a count or one as near to another count of the row.
    """
    ours, people = row["ours"], row["counts_people"]
    if people and ours is not None and 0 < ours < LEAST:
        row = {**row, "ours": None, "difference_pct": None, "recorded": None, "recovered": None,
               "why": f"fewer than {LEAST} records"}  # fmt: skip
    both = row["recorded"] is not None and row["recovered"] is not None
    if both and 0 < abs(row["recovered"] - row["recorded"]) < LEAST:
        row = {**row, "recovered": None}
    if people and any(0 < n < LEAST or 0 < abs(n - (ours or n)) < LEAST for n in counts_in(row["why"])):
        row = {**row, "why": f"{CANNOT_BE_TOLD}: the nearest definition gives too few records to print"}
    has_more = not row.get("understood", True) and row["ours"] is not None
    kept = tried(row) if has_more else []
    row = {**row, "candidates": [c for c in kept if c["kind"] != EXCLUSION]}
    if has_more:
        row["search"] = {**row["search"], **_span(row, kept)}
    return row


def _span(row: dict[str, Any], kept: list[dict[str, Any]]) -> dict[str, Any]:
    """From where to where the definitions reach that may be published, and those that leave a value out."""
    ends = [row["ours"], *(c[key] for c in kept for key in ("value", "low", "high") if c[key] is not None)]
    without = [c["value"] for c in kept if c["kind"] == EXCLUSION]
    left_out = [len(without), min(without), max(without)] if without else None
    nearest = row["search"].get("nearest")
    is_kept = nearest and nearest["label"] in {row["counted_as"], *(c["label"] for c in kept)}
    return {
        "low": min(ends),
        "high": max(ends),
        "nearest": nearest if is_kept else None,
        "left_out": left_out,
    }


def tried(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Every definition that was computed for a difference, as it may be published.

    Left out are counts of people under `LEAST`, and a definition that differs from the usual one or from one
    already kept by fewer.
    """
    kept: list[dict[str, Any]] = []
    known = [row["ours"]]
    for c in sorted(row["candidates"], key=lambda c: c["kind"] == EXCLUSION):
        ends = [c["value"]] if c["low"] is None else [c["low"], c["high"]]
        apart = [abs(end - other) for end in ends for other in known]
        if row["counts_people"] and (any(0 < n < LEAST for n in (*apart, *ends))):
            continue
        known += ends
        kept.append({key: c[key] for key in ("kind", "label", "detail", "value", "low", "high", "reaches")})
    return kept


def counts_in(why: str) -> list[float]:
    """The counts that an explanation prints beside a definition: "(1,344, -2.1%)", "(2 to 1,344)"."""
    found = re.findall(r"[(:] ?([\d,.]+)(?: to ([\d,.]+))?(?:, [+-][\d.]+ ?%)?\)", why)
    return [float(n.replace(",", "")) for pair in found for n in pair if n.strip(",.")]


def _counted_as(row: Checked) -> str:
    """The definition in words, without the counts that a share's prints."""
    return row.measure if is_share(row.measure) else row.definition


def _within(figure: Figure) -> str:
    """The tolerance in words."""
    share = TOLERANCE[figure.kind] if figure.tolerance is None else figure.tolerance
    beyond = {AT_LEAST: "above by ", AT_MOST: "below by "}.get(figure.kind, "")
    return f"{beyond}{100 * share:g}%"


def main() -> None:
    """Verify, and save the table."""
    embedded = verify()
    found = sorted(p for pattern in RELEASES for p in DATA.rglob(pattern))
    with tempfile.TemporaryDirectory() as folder:
        ingest(found, Path(folder) / "store")
        whole = verify(Path(folder) / "store")
    shipped = {figure.id: figure for figure in figures()}
    hands = dict(table("published_figures").select("id", "hand").iter_rows())
    rows = [
        {
            "figure": row.id,
            "publisher": row.publisher,
            "read on": row.source,
            "hand": hands[row.id],
            "start": str(row.start),
            "end": str(row.end),
            "counted_as": _counted_as(row),
            "tolerance": _within(shipped[row.id]),
            "published": row.published,
            "ours": row.ours,
            "difference_pct": row.difference_pct,
            "verdict": row.verdict,
            "state": row.state,
            "why": row.why,
            "understood": row.understood,
            "recorded": row.recorded,
            "recovered": row.recovered,
            "tried": len(row.candidates),
            "candidates": row.candidates,
            "search": row.search,
            "counts_people": not is_share(row.measure) and table_of(row.measure) is not None,
        }
        for row in whole.rows
    ]
    result = {
        "embedded": numbers(embedded),
        "whole": numbers(whole),
        "hands": dict(Counter(table("published_figures")["hand"])),
        "rows": [publishable(row) for row in rows],
    }
    OUT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(result["embedded"], result["whole"])


if __name__ == "__main__":
    main()

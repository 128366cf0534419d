"""Published figures against the records: the embedded ones, and the whole releases where they are at hand.

python benchmarks/verify.py [FOLDER_OF_THE_DATA]
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from atlarge.ingest import ingest
from atlarge.verify import Verification, verify

OUT = Path(__file__).parent / "results" / "verify.json"
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


def main() -> None:
    """Verify, and save the table."""
    embedded = verify()
    whole = embedded
    if len(sys.argv) > 1:
        found = sorted(p for pattern in RELEASES for p in Path(sys.argv[1]).rglob(pattern))
        with tempfile.TemporaryDirectory() as folder:
            ingest(found, Path(folder) / "store")
            whole = verify(Path(folder) / "store")
    rows = [
        {
            "figure": row.id,
            "publisher": row.publisher,
            "read on": row.source,
            "published": row.published,
            "ours": row.ours,
            "difference_pct": row.difference_pct,
            "verdict": row.verdict,
            "why": row.why,
            "understood": row.understood,
            "recorded": row.recorded,
            "recovered": row.recovered,
            "tried": len(row.candidates),
        }
        for row in whole.rows
    ]
    result = {"embedded": numbers(embedded), "whole": numbers(whole), "rows": rows}
    OUT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(result["embedded"], result["whole"])


if __name__ == "__main__":
    main()

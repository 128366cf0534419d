"""Measure the panel on a local Spark as rows grow, and estimate a cluster's time for a billion rows from it.

Run: python benchmarks/spark.py [--folder DIR]. Writes benchmarks/results/spark.json. The store of one
simulated release is read again and again under other names, so that rows grow while nothing else does; DuckDB
is the peer in the same run. The first query runs once before, so that Spark's start is not in the times.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "benchmarks" / "results" / "spark.json"
ARRESTS = 5_000_000
TIMES = (1, 5, 20)
ROSTER_ROWS = 1_000_000_000
ROSTER_WIDTH = (
    4  # a jail roster's row is taken to cost this many times an arrest's: more columns, longer texts
)
CLUSTER_CORES = 64
EFFICIENCY = 0.6  # of many cores, the share that is not lost to shuffles, stragglers and the driver


def _store(folder: Path, releases: Path) -> Path:
    sys.path.insert(0, str(ROOT))
    from benchmarks.scale import simulated

    from atlarge import ingest

    ingest(simulated(releases, ARRESTS), folder / "store")
    return folder / "store"


def _repeated(store: Path, times: int) -> Any:
    """The store with every file named so many times, under other names."""
    from atlarge.records.store import Store, open_store

    opened = open_store(store)
    releases = []
    for number in range(times):
        for release in opened.releases:
            tables = []
            for entry in release["tables"]:
                again = f"{entry['path'].removesuffix('.parquet')}-again{number}.parquet"
                if not (store / again).exists():
                    os.link(store / entry["path"], store / again)
                tables.append({**entry, "path": again})
            releases.append({**release, "tables": tables})
    return Store(store, {**opened.manifest, "releases": releases})


def _seconds(store: Any, engine: str) -> tuple[float, int]:
    from atlarge import panel

    begun = time.perf_counter()
    counts = panel(store, by="aor", every="month", measures=["arrests", "at_large"], engine=engine)
    rows = int(counts.frame.filter(counts.frame["measure"] == "arrests")["value"].sum() or 0)
    return time.perf_counter() - begun, rows


def _estimate(results: list[dict[str, Any]], cores: int) -> dict[str, Any]:
    """From the slope between the fewest and the most rows, what a cluster would need."""
    first, last = results[0], results[-1]
    slope = (last["spark_seconds"] - first["spark_seconds"]) / (last["rows"] - first["rows"])
    core_minutes = slope * cores * ROSTER_ROWS * ROSTER_WIDTH / 60
    return {
        "core_microseconds_per_row": round(slope * cores * 1e6, 4),
        "roster_rows": ROSTER_ROWS,
        "roster_row_costs_arrest_rows": ROSTER_WIDTH,
        "core_minutes": round(core_minutes, 1),
        "this_machine_minutes": round(core_minutes / cores, 1),
        "cluster_cores": CLUSTER_CORES,
        "efficiency_assumed": EFFICIENCY,
        "cluster_minutes": round(core_minutes / CLUSTER_CORES / EFFICIENCY, 2),
    }


def main() -> None:
    """Measure, estimate, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="simulated releases of benchmarks/scale.py to use again")
    options = parser.parse_args()
    from pyspark.sql import SparkSession

    cores = os.cpu_count() or 1
    spark = (
        SparkSession.builder.master(f"local[{cores}]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "8")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("OFF")
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        store = _store(Path(temporary), (options.folder or Path(temporary)) / str(ARRESTS))
        _seconds(_repeated(store, 1), "spark")
        for times in TIMES:
            repeated = _repeated(store, times)
            seconds, rows = _seconds(repeated, "spark")
            peer, _ = _seconds(repeated, "duckdb")
            found = {"rows": rows, "spark_seconds": round(seconds, 2), "duckdb_seconds": round(peer, 2)}
            results.append({**found, "spark_to_duckdb": round(seconds / peer, 2)})
            print(results[-1], flush=True)
    spark.stop()
    document = {"cores": cores, "results": results, "estimate": _estimate(results, cores)}
    OUT.write_text(json.dumps(document, indent=2) + "\n")
    print(json.dumps(document["estimate"], indent=2))


if __name__ == "__main__":
    main()

"""Measure time and memory of ingest and panel on simulated releases of growing size.

Run: python benchmarks/scale.py [--sizes 500000 5000000 50000000] [--folder DIR]. Writes
benchmarks/results/scale.json and docs/img/scale.svg; sizes not measured in a run keep what an earlier run
found. Every step is a process of its own, so that its peak memory is its own. The peer is pandas, reading the
same files and counting the same panel, where the machine's memory allows it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "benchmarks" / "results" / "scale.json"
PLOT = ROOT / "docs" / "img" / "scale.svg"
SIZES = [500_000, 5_000_000]
PANDAS_MOST = 5_000_000  # beyond, pandas needs more memory than the 6 GiB that the project promises to keep
STEPS = ("ingest", "panel polars", "panel duckdb", "pandas")
MEASURES = ["arrests", "at_large", "handoffs"]
PROMISED_MIB = 6 * 1024
DUCKDB_MEMORY = "2GB"


def simulated(folder: Path, arrests: int) -> list[Path]:
    """Files of a simulated world of at least so many arrests; written once."""
    from atlarge.simulate import simulate

    if not list(folder.glob("EROArrests*")):
        simulate(folder, seed=1, arrests=round(1.04 * arrests))
    return sorted(folder.glob("EROArrests*"))


def step(name: str, files: list[Path], store: Path) -> int:
    """Do one step; returns the number of arrests it saw."""
    if name == "pandas":
        return _pandas(files)
    if name == "ingest":
        from atlarge import ingest

        return sum(r.rows_kept for r in ingest(files, store).releases)
    from atlarge import open_store, panel

    engine = name.split()[1]
    counts = panel(open_store(store), by="county", every="month", measures=MEASURES, engine=engine)
    counted = counts.frame.filter(counts.frame["measure"] == "arrests")["value"].sum()
    coverage = counts.coverage["arrests"]
    return int(counted) + coverage["unplaced"]["arrests"] + coverage["outside_coverage"]["arrests"]


def _pandas(files: list[Path]) -> int:
    """Read the releases and count arrests by area of responsibility, month and method, as a script would."""
    import pandas as pd

    rows = 0
    for file in files:
        skip = next(i for i, line in enumerate(_lines(file)) if line.startswith('"Area of R'))
        frame = pd.read_csv(file, sep="|", skiprows=skip, dtype=str)
        month = pd.to_datetime(frame["Apprehension Date"], format="%m/%d/%Y").dt.to_period("M")
        counts = frame.groupby(["Area of Responsibility", month, "Apprehension Method"], dropna=False).size()
        rows += int(counts.sum())
    return rows


def _lines(file: Path) -> list[str]:
    import gzip

    with gzip.open(file, "rt") as stream:
        return [next(stream) for _ in range(40)]


def measured(name: str, files: list[Path], store: Path) -> dict[str, Any]:
    """Run one step in a process of its own: seconds, processor seconds, peak memory."""
    code = f"from benchmarks.scale import child; child({name!r}, {[str(f) for f in files]!r}, {str(store)!r})"
    environment = {**os.environ, "ATLARGE_DUCKDB_MEMORY": DUCKDB_MEMORY, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=ROOT
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def child(name: str, files: list[str], store: str) -> None:
    """Run a step here and print what it took."""
    begun = time.perf_counter()
    rows = step(name, [Path(f) for f in files], Path(store))
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "step": name,
                "rows": rows,
                "seconds": round(seconds, 2),
                "processor_seconds": round(used.ru_utime + used.ru_stime, 2),
                "peak_mib": used.ru_maxrss // 1024,
            }
        )
    )


def slope(results: list[dict[str, Any]], name: str, key: str) -> float | None:
    """The exponent of cost in rows, between the two largest sizes measured."""
    of = sorted((r["rows"], r[key]) for r in results if r["step"] == name)[-2:]
    if len(of) < 2 or of[0][1] <= 0:
        return None
    (n1, c1), (n2, c2) = of
    return round(math.log(c2 / c1) / math.log(n2 / n1), 3)


def summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Exponents, ratios to pandas, and whether the promise holds."""
    found: dict[str, Any] = {"exponents": {}, "ratio_to_pandas": {}}
    for name in STEPS:
        exponent = slope(results, name, "processor_seconds")
        if exponent is not None:
            found["exponents"][name] = exponent
    for size in sorted({r["size"] for r in results}):
        at = {r["step"]: r for r in results if r["size"] == size}
        if "pandas" in at and "ingest" in at:
            found["ratio_to_pandas"][str(size)] = {
                "ingest_seconds": round(at["ingest"]["seconds"] / at["pandas"]["seconds"], 3),
                "panel_polars_seconds": round(at["panel polars"]["seconds"] / at["pandas"]["seconds"], 3),
                "ingest_peak": round(at["ingest"]["peak_mib"] / at["pandas"]["peak_mib"], 3),
            }
    largest = [r for r in results if r["step"] != "pandas" and r["size"] == max(x["size"] for x in results)]
    found["largest_rows"] = max(r["rows"] for r in largest)
    found["largest_peak_mib"] = max(r["peak_mib"] for r in largest)
    found["promised_mib"] = PROMISED_MIB
    found["largest_within_promise"] = found["largest_peak_mib"] <= PROMISED_MIB
    by_step = {r["step"]: r for r in largest}
    found["microseconds_per_row"] = {
        name: round(by_step[name]["processor_seconds"] / by_step[name]["rows"] * 1e6, 3)
        for name in STEPS
        if name in by_step
    }
    return found


def plot(results: list[dict[str, Any]]) -> None:
    """Draw time and peak memory by rows, both axes logarithmic."""
    import altair as alt
    import polars as pl

    frame = pl.DataFrame(results)
    base = (
        alt.Chart(frame)
        .mark_line(point=True)
        .encode(
            x=alt.X("rows:Q", scale=alt.Scale(type="log"), title="arrests"),
            color=alt.Color("step:N", title=None),
        )
    )
    chart = base.encode(y=alt.Y("seconds:Q", scale=alt.Scale(type="log"), title="seconds")) | base.encode(
        y=alt.Y("peak_mib:Q", scale=alt.Scale(type="log"), title="peak memory, MiB")
    )
    PLOT.parent.mkdir(parents=True, exist_ok=True)
    chart.save(PLOT)


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--folder", type=Path, help="keep the simulated releases here and use them again")
    options = parser.parse_args()
    before = json.loads(OUT.read_text())["results"] if OUT.exists() else []
    results = [r for r in before if r["size"] not in options.sizes]
    with tempfile.TemporaryDirectory() as temporary:
        for size in options.sizes:
            files = simulated((options.folder or Path(temporary)) / str(size), size)
            for name in STEPS:
                if name == "pandas" and size > PANDAS_MOST:
                    continue
                found = {"size": size, **measured(name, files, Path(temporary) / f"store-{size}")}
                results.append(found)
                print(
                    f"{found['rows']:>12,}  {name:13} {found['seconds']:>9.2f} s  "
                    f"{found['processor_seconds']:>9.2f} s of processor  {found['peak_mib']:>6,} MiB",
                    flush=True,
                )
            results.sort(key=lambda r: (r["size"], STEPS.index(r["step"])))
            document = {"results": results, "summary": summary(results), "cores": os.cpu_count()}
            OUT.parent.mkdir(exist_ok=True)
            OUT.write_text(json.dumps(document, indent=2) + "\n")
    plot(results)
    print(json.dumps(document["summary"], indent=2))


if __name__ == "__main__":
    main()

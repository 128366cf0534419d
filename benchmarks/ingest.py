"""Ingest of the four national arrest files against pandas merely reading them: time and peak memory.

Run: python benchmarks/ingest.py [ROUNDS]. Writes benchmarks/results/ingest.json. Each measure is a process of
its own, and the two take turns, so that whatever else the machine does weighs on both alike. Data:
ATLARGE_DATA, else ../shared/data. What is timed:

- `read`: pandas.read_csv of the four files with every cell kept as text (dtype=str), after import: what an
  ingest must do too, and what its target is set against;
- `default`: the same as pandas reads by itself, which guesses types and keeps texts in Arrow's memory: it is
  faster, and so the ratio to it is larger;
- `ingest`: the first ingest of a process, after import: reading, typing, placing, writing;
- `unknown`: the same with no landmark known beforehand: every text is read by the rules, whose tables are
  loaded on the way;
- `read_cpu`, `default_cpu`, `ingest_cpu`: processor time of the same, on all cores, which other work hardly
  sways;
- `read_process`, `default_process`, `ingest_process`: the whole process from its start, as a user waits for
  it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "benchmarks" / "results" / "ingest.json"
DATA = Path(os.environ.get("ATLARGE_DATA", ROOT.parent / "shared" / "data"))
FILES = [
    str(DATA / "raw" / "UWCHR__ice-enforce" / f"EROArrests_FY{year}.csv.gz") for year in range(2016, 2020)
]

READ = """
import json, sys, time
import pandas as pd
as_text = {"dtype": str} if sys.argv[1] == "read" else {}
begun, used = time.perf_counter(), time.process_time()
rows = sum(len(pd.read_csv(f, sep="|", skiprows=5, **as_text)) for f in sys.argv[2:])
print(json.dumps({"read": time.perf_counter() - begun, "cpu": time.process_time() - used, "rows": rows}))
"""
INGEST = """
import json, resource, sys, tempfile, time
from atlarge.ingest import ingest
if sys.argv[1] == "unknown":
    sys.modules["atlarge.ingest.placing"].known_places = lambda: None
with tempfile.TemporaryDirectory() as folder:
    begun, used = time.perf_counter(), time.process_time()
    audit = ingest(sys.argv[2:], folder + "/store")
    seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
rows, kept = (sum(getattr(r, n) for r in audit.releases) for n in ("rows_read", "rows_kept"))
print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mib": peak, "rows": rows, "kept": kept}))
"""
COMMAND = """
import sys, tempfile
from atlarge.cli import main
with tempfile.TemporaryDirectory() as folder:
    sys.argv = ["atlarge", "ingest", *sys.argv[1:], "--store", folder + "/store", "--json"]
    main()
"""


def run(code: str, *words: str) -> tuple[dict[str, Any], float]:
    """What a process prints, and its whole time."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *words, *FILES], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout), time.perf_counter() - begun


def main(rounds: int) -> None:
    """Take turns, print the medians and their ratios, save them, and the best of each: other work can only
    add to a time."""
    check = [sys.executable, "-c", "from atlarge.known_places import known_places as k; exit(k() is None)"]
    if subprocess.run(check).returncode:  # apart, since a child's peak of memory is never below its parent's
        raise SystemExit("the table of known places is out of date: python tools/known_places.py DATA")
    seen: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name in ("read", "default"):
            read, whole = run(READ, name)
            seen.setdefault(name, []).append(read["read"])
            seen.setdefault(f"{name}_cpu", []).append(read["cpu"])
            seen.setdefault(f"{name}_process", []).append(whole)
        for name, word in (("ingest", "known"), ("unknown", "unknown")):
            ours, _ = run(INGEST, word)
            assert ours["rows"] == ours["kept"] == read["rows"] == 544_059
            seen.setdefault(name, []).append(ours["seconds"])
            seen.setdefault(f"{name}_cpu", []).append(ours["cpu"])
            seen.setdefault("peak_mib", []).append(ours["peak_mib"])
        seen.setdefault("ingest_process", []).append(run(COMMAND)[1])

    def ratio(name: str, to: str) -> float:
        return round(median(a / b for a, b in zip(seen[name], seen[to], strict=True)), 2)

    figures = {
        "rounds": rounds,
        "rows": 544_059,
        "seconds": {n: round(median(v), 3) for n, v in seen.items() if n != "peak_mib"},
        "best": {n: round(min(v), 3) for n, v in seen.items() if n != "peak_mib"},
        "peak_mib": round(max(seen["peak_mib"])),
        "ratio": ratio("ingest", "read"),
        "ratio_best": round(min(seen["ingest"]) / min(seen["read"]), 2),
        "ratio_unknown": ratio("unknown", "read"),
        "ratio_cpu": ratio("ingest_cpu", "read_cpu"),
        "ratio_process": ratio("ingest_process", "read_process"),
        "ratio_default": ratio("ingest", "default"),
        "ratio_default_cpu": ratio("ingest_cpu", "default_cpu"),
        "ratio_default_process": ratio("ingest_process", "default_process"),
        "target_ratio": 1.1,
        "target_peak_mib": 1536,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=1) + "\n")
    lines = [
        ("pandas.read_csv, as text", "read", 1.0),
        ("pandas.read_csv, default", "default", ratio("default", "read")),
        ("ingest", "ingest", figures["ratio"]),
        ("ingest, no landmark known", "unknown", figures["ratio_unknown"]),
        ("processor time: pandas", "read_cpu", 1.0),
        ("processor time: ingest", "ingest_cpu", figures["ratio_cpu"]),
        ("processor time: default", "default_cpu", ratio("default_cpu", "read_cpu")),
        ("whole process: pandas", "read_process", 1.0),
        ("whole process: default", "default_process", ratio("default_process", "read_process")),
        ("whole process: atlarge", "ingest_process", figures["ratio_process"]),
    ]
    print(f"{'':28}{'seconds':>9}{'to text':>11}")
    for label, name, times in lines:
        print(f"{label:28}{median(seen[name]):9.2f}{times:11.2f}")
    print(f"the best of {rounds} rounds each, ingest to text: {figures['ratio_best']:.2f}")
    print(f"peak memory of ingest: {figures['peak_mib']:,} MiB (bound {figures['target_peak_mib']:,})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)

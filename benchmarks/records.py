"""Workbooks, duplicates, links and overlap against the usual ways; twenty kills in the middle of an ingest.

Run: python benchmarks/records.py. Writes benchmarks/results/records.json. Peers, in the same run:
pandas.read_excel with openpyxl for NPR's workbook of 79,053 rows, with calamine for one of 250,000 rows by 18
columns written here (needs `pip install python-calamine`, and is left out without it); pandas groupby for the
24-hour rule. Data: ATLARGE_DATA, else ../shared/data.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import timeit
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from atlarge.ingest import ingest
from atlarge.records.duplicates import RULES, Duplicates
from atlarge.records.links import link
from atlarge.records.store import open_store
from atlarge.releases import read_release

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "benchmarks" / "results" / "records.json"
DATA = Path(os.environ.get("ATLARGE_DATA", ROOT.parent / "shared" / "data")) / "raw"
KILLS = 20


def timed(work: Callable[[], Any], times: int = 3) -> float:
    """Median seconds of a call."""
    return median(timeit.repeat(work, number=1, repeat=times))


def workbook() -> dict[str, Any]:
    """Reading NPR's workbook: rows recognised and checked here, rows read by the peer."""
    path = next((DATA / "nprapps__sanctuary-cities").glob("*.xlsx"))
    assert read_release(path).rows_read == len(pd.read_excel(path, engine="openpyxl")) == 79_053
    ours = timed(lambda: read_release(path), 5)
    peer = timed(lambda: pd.read_excel(path, engine="openpyxl"), 3)
    with tempfile.TemporaryDirectory() as folder:
        count = iter(range(99))
        whole = timed(lambda: ingest([path], Path(folder) / str(next(count))), 3)
    return {
        "rows": 79_053,
        "read_seconds": round(ours, 3),
        "ingest_seconds": round(whole, 3),
        "peer": "pandas.read_excel, openpyxl",
        "peer_seconds": round(peer, 3),
        "times_faster": round(peer / ours, 1),
        "times_faster_whole_ingest": round(peer / whole, 1),
        "target": 8,
    }


READERS = {
    "pandas": "import pandas as pd\nread = lambda path: len(pd.read_excel(path, engine='calamine'))",
    "read": "from atlarge.releases import read_release\nread = lambda path: read_release(path).rows_read",
    "ingest": "from atlarge.ingest import ingest\nimport tempfile\n"
    "read = lambda path: ingest([path], tempfile.mkdtemp() + '/store').releases[0].rows_read",
}
READ = """
import json, pathlib, sys, time
begun, used = time.perf_counter(), time.process_time()
rows = read(pathlib.Path(sys.argv[1]))
print(json.dumps({
    "rows": rows, "seconds": time.perf_counter() - begun, "cpu": time.process_time() - used,
    "peak_mib": int(pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024,
}))
"""


def write_agency_workbook(path: Path, rows: int, columns: int) -> None:
    """National arrests as a workbook, dates as numbers; columns are repeated under other names to so many."""
    import xlsxwriter

    files = [DATA / "UWCHR__ice-enforce" / f"EROArrests_FY{year}.csv.gz" for year in (2016, 2017)]
    options: dict[str, Any] = {"sep": "|", "skiprows": 5, "dtype": str, "keep_default_na": False}
    frame = pd.concat([pd.read_csv(file, **options) for file in files]).head(rows)
    names = list(frame.columns)
    day = names.index("Apprehension Date")
    frame["Apprehension Date"] = (
        pd.to_datetime(frame["Apprehension Date"], format="%m/%d/%Y") - pd.Timestamp("1899-12-30")
    ).dt.days
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet, form = book.add_worksheet("Arrests"), book.add_format({"num_format": "m/d/yyyy"})
        sheet.write_row(0, 0, [*names, *(f"Further {i}" for i in range(len(names), columns))])
        for number, row in enumerate(frame.itertuples(index=False), 1):
            for column in range(columns):
                value = row[column % len(names)]
                if column % len(names) == day:
                    sheet.write_number(number, column, value, form)
                elif value:
                    sheet.write_string(number, column, value)


def agency_workbook(rows: int = 250_000, rounds: int = 3) -> dict[str, Any]:
    """Reading and ingesting a large workbook, each in a process of its own, in turns with the peer."""
    if importlib.util.find_spec("python_calamine") is None:
        return {"left_out": "python-calamine is not installed"}
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in READERS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arrests.xlsx"
        write_agency_workbook(path, rows, 18)
        size = path.stat().st_size
        for _ in range(rounds):
            for name, code in READERS.items():
                command = [sys.executable, "-c", code + READ, str(path)]
                environment = {**os.environ, "TMPDIR": folder}
                done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
                seen[name].append(json.loads(done.stdout))
                assert seen[name][-1]["rows"] == rows

    def ratio(name: str, what: str) -> float:
        pairs = zip(seen[name], seen["pandas"], strict=True)
        return round(median(ours[what] / peer[what] for ours, peer in pairs), 2)

    return {
        "rows": rows,
        "columns": 18,
        "mebibytes": round(size / 2**20, 1),
        "peer": "pandas.read_excel, calamine",
        **{f"{n}_seconds": round(median(r["seconds"] for r in runs), 2) for n, runs in seen.items()},
        **{f"{n}_cpu": round(median(r["cpu"] for r in runs), 2) for n, runs in seen.items()},
        **{f"{n}_peak_mib": round(max(r["peak_mib"] for r in runs)) for n, runs in seen.items()},
        "ratio_read": ratio("read", "seconds"),
        "ratio_ingest": ratio("ingest", "seconds"),
        "ratio_read_cpu": ratio("read", "cpu"),
        "ratio_ingest_cpu": ratio("ingest", "cpu"),
        "target": 0.8,
    }


def arrest_episodes(frame: pl.DataFrame) -> Duplicates:
    """Duplicates of arrests by the project's rule."""
    rule = RULES["arrest_episodes"]
    return rule.judge(rule.looked_at(frame.rename({"subject": "subject_key"})))


def made_arrests(rows: int, seed: int) -> pl.DataFrame:
    """Arrests of half as many people as rows within two years, so that episodes arise."""
    draw = np.random.default_rng(seed)
    start = np.datetime64("2023-01-01T00:00:00", "us")
    minutes = draw.integers(0, 60 * 24 * 730, rows).astype("timedelta64[m]")
    again = draw.random(rows) < 0.05
    people = draw.integers(0, rows // 2, rows)
    people[1:][again[1:]] = people[:-1][again[1:]]
    minutes[1:][again[1:]] = minutes[:-1][again[1:]] + np.timedelta64(300, "m")
    return pl.DataFrame(
        {
            "subject": pl.Series(people).cast(pl.String).str.zfill(40),
            "moment": start + minutes,
            "method": np.where(draw.random(rows) < 0.1, "ERO Reprocessed Arrest", "Located"),
            "sheet": "FY",
            "row": np.arange(rows, dtype=np.uint32),
        }
    )


def by_pandas(frame: pd.DataFrame) -> pd.Series:
    """The 24-hour rule as it is usually written: sort, groupby, diff, cumsum."""
    late = frame["method"].str.contains("Reprocessed")
    ordered = frame.assign(late=late).sort_values(
        ["subject", "moment", "late", "sheet", "row"], kind="stable"
    )
    gap = ordered.groupby("subject")["moment"].diff()
    episode = (gap.isna() | (gap > pd.Timedelta(hours=24))).cumsum()
    return ordered.groupby(episode).cumcount().gt(0).sort_index()


def duplicates(rows: int = 500_000) -> dict[str, Any]:
    """Episodes of arrests: the same rows dropped, and how long it takes."""
    frame = made_arrests(rows, 1)
    peer_frame = frame.to_pandas()
    assert (arrest_episodes(frame).dropped.to_numpy() == by_pandas(peer_frame).to_numpy()).all()
    ours, peer = timed(lambda: arrest_episodes(frame)), timed(lambda: by_pandas(peer_frame))
    return {
        "rows": rows, "seconds": round(ours, 3), "peer": "pandas groupby", "peer_seconds": round(peer, 3),
        "times_faster": round(peer / ours, 1),
    }  # fmt: skip


def links(rows: int = 200_000) -> dict[str, Any]:
    """One-to-one links within a window; no peer does it by mutual nearest."""
    draw = np.random.default_rng(2)
    start = np.datetime64("2023-01-01")

    def side(seed: int) -> pl.DataFrame:
        people = np.random.default_rng(seed).integers(0, rows // 2, rows)
        days = start + draw.integers(0, 900, rows).astype("timedelta64[D]")
        return pl.DataFrame({"subject_key": pl.Series(people).cast(pl.String), "day": days})

    left, right = side(3), side(4)
    return {"rows": rows, "seconds": round(timed(lambda: link(left, right, 5, 10)), 3)}


def overlap() -> dict[str, Any]:
    """Seattle's arrests into a store that holds the national ones: found, set aside, counted once."""
    folder = DATA / "UWCHR__ice-enforce"
    national = sorted(folder.glob("EROArrests_FY*.csv.gz"))
    with tempfile.TemporaryDirectory() as work:
        ingest(national, Path(work) / "store")
        begun = time.perf_counter()
        audit = ingest([folder / "arrests_with_state.csv.gz"], Path(work) / "store").releases[0]
        seconds = time.perf_counter() - begun
        stored = open_store(Path(work) / "store").scan("arrests").select(pl.len()).collect().item()
    lost = sum(o["matched"] for o in audit.overlaps)
    assert stored == 544_059 + audit.rows_kept
    return {
        "rows": audit.rows_read, "set_aside": audit.rows_dropped["overlap"], "matched_one_to_one": lost,
        "seconds": round(seconds, 2),
    }  # fmt: skip


def _content(store: Path) -> dict[str, Any]:
    opened = open_store(store)
    return {
        "manifest": opened.manifest,
        "rows": {t: opened.scan(t).select(pl.len()).collect().item() for t in opened.tables()},
    }


def kills() -> dict[str, Any]:
    """kill -9 at random moments of an ingest: the store is as it was before, or wholly new."""
    folder = DATA / "UWCHR__ice-enforce"
    first, second = folder / "EROArrests_FY2016.csv.gz", folder / "EROArrests_FY2017.csv.gz"
    code = (
        "import sys\nfrom atlarge.ingest import ingest\nprint('up', flush=True)\n"
        "ingest([sys.argv[1]], sys.argv[2])"
    )
    draw = random.Random(7)
    results = {"earlier": 0, "later": 0}
    with tempfile.TemporaryDirectory() as work:
        store, kept = Path(work) / "store", Path(work) / "kept"
        ingest([first], kept)
        before = _content(kept)
        shutil.copytree(kept, store)
        begun = time.perf_counter()
        ingest([second], store)
        span = 1.2 * (time.perf_counter() - begun)
        after = _content(store)
        for _ in range(KILLS):
            shutil.rmtree(store)
            shutil.copytree(kept, store)
            running = subprocess.Popen([sys.executable, "-c", code, second, store], stdout=subprocess.PIPE)
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(draw.random() * span)
            running.send_signal(signal.SIGKILL)
            running.wait()
            found = _content(store)
            assert found in (before, after), "the store is neither as it was before nor wholly new"
            results["earlier" if found == before else "later"] += 1
            ingest([second], store)
            assert _content(store) == after
    return {"kills": KILLS, **results, "broken": KILLS - sum(results.values())}


def main() -> None:
    """Measure all, print a table, save; then try what people meet (`benchmarks/field.py`)."""
    warnings.filterwarnings("ignore", module="openpyxl")
    results = {
        "workbook": workbook(),
        "agency_workbook": agency_workbook(),
        "duplicates": duplicates(),
        "links": links(),
        "overlap": overlap(),
        "kills": kills(),
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(results, indent=1) + "\n")
    for name, about in results.items():
        print(name)
        for key, value in about.items():
            print(f"  {key:28}{value}")
    subprocess.run([sys.executable, str(ROOT / "benchmarks" / "field.py")], check=False)


if __name__ == "__main__":
    main()

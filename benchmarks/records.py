"""Workbooks, duplicates, links and overlap against the usual ways; twenty kills in the middle of an ingest.

Run: python benchmarks/records.py. Writes benchmarks/results/records.json. Peers, in the same run:
pandas.read_excel with openpyxl for NPR's workbook of 79,053 rows; pandas groupby for the 24-hour rule. Data:
ATLARGE_DATA, else ../shared/data.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
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
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return median(seconds)


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
        held = open_store(Path(work) / "store").scan("arrests").select(pl.len()).collect().item()
    lost = sum(o["matched"] for o in audit.overlaps)
    assert held == 544_059 + audit.rows_kept
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
    """kill -9 at random moments of an ingest: the store holds what it held, or the new whole."""
    folder = DATA / "UWCHR__ice-enforce"
    first, second = folder / "EROArrests_FY2016.csv.gz", folder / "EROArrests_FY2017.csv.gz"
    code = (
        "import sys\nfrom atlarge.ingest import ingest\nprint('up', flush=True)\n"
        "ingest([sys.argv[1]], sys.argv[2])"
    )
    draw = random.Random(7)
    told = {"earlier": 0, "later": 0}
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
            assert found in (before, after), "the store holds neither what it held nor the new whole"
            told["earlier" if found == before else "later"] += 1
            ingest([second], store)
            assert _content(store) == after
    return {"kills": KILLS, **told, "broken": KILLS - sum(told.values())}


def main() -> None:
    """Measure all, print a table, save; then try what people meet (`benchmarks/field.py`)."""
    warnings.filterwarnings("ignore", module="openpyxl")
    told = {
        "workbook": workbook(),
        "duplicates": duplicates(),
        "links": links(),
        "overlap": overlap(),
        "kills": kills(),
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(told, indent=1) + "\n")
    for name, about in told.items():
        print(name)
        for key, value in about.items():
            print(f"  {key:28}{value}")
    subprocess.run([sys.executable, str(ROOT / "benchmarks" / "field.py")], check=False)


if __name__ == "__main__":
    main()

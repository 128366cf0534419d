"""The same inputs give the same bytes: on another run, with other threads, hash seeds, clocks, time zones."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import simulated_files

pytestmark = pytest.mark.slow_file

# Everything that is written, from releases to pages, by one process with its own settings.
MAKE = """
import json, sys, time, datetime
from pathlib import Path
from atlarge.cli._output import _plain
files, out = sys.argv[1:-1], Path(sys.argv[-1])
if {late}:
    time.time = lambda: 4e9  # a clock that is far ahead
import atlarge
atlarge.ingest(files, out / "store", covers="nation")  # of three counties only
store = atlarge.open_store(out / "store")
for by, every in (("county", "week"), ("aor", "day"), ("office", "month")):
    made = atlarge.panel(store, by=by, every=every, measures=["arrests", "at_large", "handoffs"])
    made.write(out / f"{{by}}.csv")
    made.write(out / f"{{by}}.parquet")
report = atlarge.detainer_report(store, by="county", every="month")
(out / "detainers.json").write_text(json.dumps(_plain(report.to_dict())))
from atlarge.publish import publish
publish(out / "site", store, levels=("nation", "state"), workers={workers})
"""
ANSWER = """
import json, sys
from pathlib import Path
import atlarge
from atlarge.cli._output import _plain
out = Path(sys.argv[-1])
answer = atlarge.explain("Travis County, TX", policy="travis-tx-2017")
(out / "answer.json").write_text(json.dumps(_plain(answer.to_dict())))
from atlarge.claims.template import shipped
from atlarge.publish import export_charts, report
report(answer, out / "report.html")
report(answer, out / "informe.html", language="es")
export_charts(answer, out / "charts")
found = atlarge.find_surges(by="aor", every="week", measure="at_large")
(out / "surges.json").write_text(json.dumps(_plain(found.to_dicts())))
Path("claims.yaml").write_text(shipped("sanctuary-cities-2017"))
verdicts = [verdict.to_dict() for verdict in atlarge.check("claims.yaml")]
(out / "verdicts.json").write_text(json.dumps(_plain(verdicts)))
"""


def _hashes(code: str, files: list[Path], out: Path, threads: int, seed: int) -> dict[str, str]:
    """What a process writes that may use so many threads; with one thread it has one core, too."""
    out.mkdir()
    cores = sorted(os.sched_getaffinity(0))
    environment = {
        **os.environ,
        "POLARS_MAX_THREADS": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "PYTHONHASHSEED": str(seed),
        "TZ": "UTC" if seed else "Asia/Kathmandu",
    }
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, files), str(out)],
        env=environment,
        cwd=out.parent,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, cores[:1] if threads == 1 else cores),
    )
    assert done.returncode == 0, done.stderr
    return {name: hashlib.sha256(content).hexdigest() for name, content in simulated_files.tree(out).items()}


@pytest.mark.slow
def test_store_panel_and_site(tmp_path: Path) -> None:
    files = [
        simulated_files.arrests(tmp_path / "a.csv.gz", 3_000, 1),
        simulated_files.arrests(tmp_path / "b.csv", 2_000, 2, simulated_files.dt.date(2017, 10, 1)),
        simulated_files.detainers(tmp_path / "d.csv", 500, 3),
    ]
    one = _hashes(MAKE.format(late=False, workers=1), files, tmp_path / "one", 1, 0)
    other = _hashes(MAKE.format(late=True, workers=2), files[::-1], tmp_path / "other", 4, 1)
    assert one == other
    written = {"store", "site", "county.csv", "county.parquet", "detainers.json"}
    assert {name.split("/")[0] for name in one} >= written


@pytest.mark.slow
def test_answer_report_and_surges(tmp_path: Path) -> None:
    one = _hashes(ANSWER, [], tmp_path / "one", 1, 0)
    other = _hashes(ANSWER, [], tmp_path / "other", 2, 1)
    assert one == other
    written = {"answer.json", "report.html", "informe.html", "surges.json", "charts", "verdicts.json"}
    assert {name.split("/")[0] for name in one} == written


def test_order_of_files_and_of_ingests_does_not_matter(tmp_path: Path) -> None:
    """Releases given together, apart, or in another order give the same store."""
    from atlarge.ingest import ingest

    files = [
        simulated_files.arrests(tmp_path / f"{y}.csv", 200, y, simulated_files.dt.date(y, 1, 1))
        for y in (2015, 2016, 2017)
    ]
    ingest(files, tmp_path / "together")
    ingest(files[::-1], tmp_path / "reversed")
    for file in (files[1], files[2], files[0], files[1]):
        ingest([file], tmp_path / "apart")
    assert simulated_files.tree(tmp_path / "together") == simulated_files.tree(tmp_path / "reversed")
    assert simulated_files.tree(tmp_path / "together") == simulated_files.tree(tmp_path / "apart")

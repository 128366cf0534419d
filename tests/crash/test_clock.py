"""A clock set back or forward, summer time, another time zone: nothing lost, nothing changed, to the byte."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import simulated_files
from atlarge.ingest import ingest

ROOT = Path(__file__).resolve().parents[2]
# The clock of the machine, as all of Python sees it, is off by so many seconds.
OFF = """
import datetime, sys, time
real = time.time
time.time = lambda: real() + {off}
time.time_ns = lambda: int((real() + {off}) * 1e9)
from atlarge.ingest import ingest
ingest(sys.argv[1:-1], sys.argv[-1])
"""
YEARS = 365 * 86_400


def _ingest(files: list[Path], store: Path, off: int = 0, zone: str = "UTC") -> None:
    done = subprocess.run(
        [sys.executable, "-c", OFF.format(off=off), *map(str, files), str(store)],
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_clock_that_jumps_between_two_ingests(tmp_path: Path) -> None:
    """Forward by twenty years, then back by forty, with files and a store from what is then the future."""
    files = [
        simulated_files.arrests(tmp_path / f"{y}.csv", 300, y, dt.date(y, 1, 1)) for y in (2015, 2016, 2017)
    ]
    for file in files:
        ingest([file], tmp_path / "plain")
    for file, off in zip(files, (20 * YEARS, -20 * YEARS, 0), strict=True):
        _ingest([file], tmp_path / "jumps", off)
        for path in [file, *(tmp_path / "jumps").rglob("*")]:
            os.utime(path, (4e9, 4e9))
    assert simulated_files.tree(tmp_path / "jumps") == simulated_files.tree(tmp_path / "plain")
    _ingest([files[0]], tmp_path / "jumps", -20 * YEARS)
    assert simulated_files.tree(tmp_path / "jumps") == simulated_files.tree(tmp_path / "plain"), (
        "held already: nothing to do"
    )


NIGHTS = [
    dt.datetime(2023, 3, 12, hour, minute)
    for hour in range(4)
    for minute in (0, 30)  # 02:30 is in no American clock on this night
] + [
    dt.datetime(2023, 11, 5, hour, minute)
    for hour in range(4)
    for minute in (0, 30)  # 01:30 comes twice
]


@pytest.mark.slow
def test_nights_of_summer_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours that a time zone lacks or has twice stay as published, whatever the zone of the machine."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "records"))
    import ddp_forms

    rows = ddp_forms.rows_of("ddp-stints-b", len(NIGHTS), 1, 5)
    for row, moment in zip(rows, NIGHTS, strict=True):
        for name in ("Book In Date Time", "Stay Book In Date Time"):
            row[name] = moment
    result = ddp_forms.write(tmp_path / "stints.xlsx", "ddp-stints-b", {"FY2023": rows})
    trees = []
    for zone in ("UTC", "America/Chicago", "Pacific/Apia"):
        store = tmp_path / zone.replace("/", "-")
        _ingest([result.path], store, 0, zone)
        kept = pl.read_parquet(store / "stints" / "*.parquet")
        assert sorted(kept["book_in"].to_list()) == NIGHTS
        assert sorted(kept["date"].unique().to_list()) == [dt.date(2023, 3, 12), dt.date(2023, 11, 5)]
        trees.append(simulated_files.tree(store))
    assert trees[0] == trees[1] == trees[2]


@pytest.mark.slow
def test_weeks_of_summer_time_have_seven_days(tmp_path: Path) -> None:
    """A panel by week over both changes, made in a zone that has them."""
    code = (
        "import datetime as dt, atlarge; p = atlarge.panel(atlarge.open_store(), by='nation', every='week', "
        "measures=['arrests'], start=dt.date(2017, 3, 6), end=dt.date(2017, 11, 12)).frame; "
        "days = [p[c].unique().to_list() for c in ('days_in_period', 'days_covered')]; "
        "print(*days, p['value'].sum())"
    )
    reported = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for zone in ("UTC", "America/New_York", "Asia/Kathmandu")
    }
    assert len(reported) == 1
    assert reported.pop().startswith("[7] [7] ")

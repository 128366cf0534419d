"""Odd but valid stores: every public command gives an answer or one clear line, never a traceback."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from atlarge.cli import _load_commands, app

FIRST = dt.date(2016, 10, 1)


def _store(folder: Path, tables: dict[str, pl.DataFrame], start: dt.date, end: dt.date) -> Path:
    """A store of one release with some tables, covered from start to end."""
    folder.mkdir(parents=True)
    listed = []
    for name, rows in tables.items():
        (folder / name).mkdir()
        rows.write_parquet(folder / name / "odd.parquet")
        listed.append({"table": name, "path": f"{name}/odd.parquet", "rows": rows.height})
    release = {
        "id": "odd",
        "file": "odd.csv",
        "family": "odd",
        "sha256": "0" * 64,
        "rows_read": sum(t["rows"] for t in listed),
        "rows_kept": sum(t["rows"] for t in listed),
        "rows_dropped": {},
        "unresolved_places": 0,
        "tables": listed,
        "coverage": [{"table": n, "start": str(start), "end": str(end), "scope": "nation"} for n in tables],
    }
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "releases": [release]}))
    return folder


def _arrests(rows: list[tuple[dt.date, str | None, str | None, str | None, str | None, int]]) -> pl.DataFrame:
    types = dict.fromkeys(("county_fips", "state", "aor", "office"), pl.String)
    frame = pl.DataFrame(rows, schema={"date": pl.Date, **types, "n": pl.UInt32}, orient="row")
    return frame.with_columns(
        pl.lit("Located").alias("method"), pl.lit(None, pl.Boolean).alias("operation_mark")
    )


def _detainers(rows: list[tuple[dt.date, str | None, int]]) -> pl.DataFrame:
    frame = pl.DataFrame(
        rows, schema={"date": pl.Date, "county_fips": pl.String, "n": pl.UInt32}, orient="row"
    )
    blank = [pl.lit(None, pl.String).alias(c) for c in ("facility", "facility_code", "city", "charge", "aor")]
    return frame.with_columns(
        pl.lit("TX").alias("state"),
        pl.lit("declined").alias("outcome"),
        pl.lit(None, pl.String).alias("office"),
        *blank,
    )


def _days(n: int) -> list[dt.date]:
    return [FIRST + dt.timedelta(days=i) for i in range(n)]


TRAVIS = ("48453", "TX", "SNA", "AUS")
STORES: dict[str, Callable[[Path], Path]] = {
    "one row": lambda p: _store(p, {"arrests": _arrests([(FIRST, *TRAVIS, 1)])}, FIRST, FIRST),
    "one day": lambda p: _store(p, {"arrests": _arrests([(FIRST, *TRAVIS, 40)])}, FIRST, FIRST),
    "under a month": lambda p: _store(
        p, {"arrests": _arrests([(d, *TRAVIS, 2) for d in _days(20)])}, FIRST, FIRST + dt.timedelta(days=19)
    ),
    "one place": lambda p: _store(
        p,
        {"arrests": _arrests([(d, *TRAVIS, 3) for d in _days(731)])},
        FIRST,
        FIRST + dt.timedelta(days=730),
    ),
    "no landmark": lambda p: _store(
        p,
        {"arrests": _arrests([(d, None, None, None, None, 3) for d in _days(400)])},
        FIRST,
        FIRST + dt.timedelta(days=399),
    ),
    "no arrests": lambda p: _store(
        p,
        {"detainers": _detainers([(d, "48453", 2) for d in _days(400)])},
        FIRST,
        FIRST + dt.timedelta(days=399),
    ),
    "no rows": lambda p: _store(p, {"arrests": _arrests([])}, FIRST, FIRST + dt.timedelta(days=99)),
    "many counties with a row": lambda p: _store(
        p,
        {"arrests": _arrests([(FIRST, c, c[:2], "SNA", None, 1) for c in _counties(2000)])},
        FIRST,
        FIRST + dt.timedelta(days=399),
    ),
    "nothing": lambda p: _store(p, {}, FIRST, FIRST),
}

COMMANDS: dict[str, list[str]] = {
    "panel": ["panel", "--by", "county", "--json"],
    "panel disclosed": ["panel", "--by", "state", "--disclose", "--json"],
    "surges": ["surges", "--by", "county", "--json"],
    "detainers": ["detainers", "--json"],
    "detainers disclosed": ["detainers", "--by", "state", "--disclose", "--json"],
    "explain": ["explain", "Travis County, TX", "--policy", "travis-tx-2017", "--json"],
    "audit": ["audit", "--json"],
    "releases": ["releases", "--json"],
    "publish": ["publish", "--answers", "none", "--workers", "1", "--json", "--out"],
}


def _counties(n: int) -> list[str]:
    from atlarge.reference import table

    return table("counties")["fips"].unique().sort().head(n).to_list()


@pytest.mark.slow
@pytest.mark.parametrize("name", STORES)
def test_every_command_answers_or_says_why_not(name: str, tmp_path: Path) -> None:
    _load_commands()
    store = STORES[name](tmp_path / "store")
    for command, words in COMMANDS.items():
        out = [str(tmp_path / "site")] if command == "publish" else []
        where = [] if command == "releases" else ["--store", str(store)]
        found = CliRunner().invoke(app, [*words, *out, *where])
        said = f"{name}: {command}: {found.exception!r} {found.output[-300:]}"
        if found.exit_code == 0:
            document = json.loads(found.stdout)
            if isinstance(document, dict) and command in ("panel", "surges", "detainers", "explain"):
                assert document["disclosed"] is False, said
            continue
        from atlarge.errors import AtlargeError

        assert isinstance(found.exception, AtlargeError | SystemExit), said
        assert found.exit_code in (1, 2), said
        assert "\n" not in str(found.exception), said

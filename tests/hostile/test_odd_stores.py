"""Odd but valid stores: every public command gives an answer or one clear line, never a traceback."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from typer.main import get_command

import atlarge
from atlarge.cli import app
from atlarge.errors import AtlargeError
from atlarge.ingest import ingest
from atlarge.publish import site
from command_line import run
from simulated_files import ARRESTS_HEADER, arrest_lines, write_tables

pytestmark = pytest.mark.slow_file

SAMPLES = Path(__file__).parents[1] / "samples"

FIRST = dt.date(2016, 10, 1)
LEDGER = Path(atlarge.__file__).parent / "claims" / "ledgers" / "sanctuary-cities-2017.yaml"


def _store(folder: Path, tables: dict[str, pl.DataFrame], start: dt.date, end: dt.date) -> Path:
    """A store of one release with some tables, covered from start to end."""
    whole = {
        name: rows.with_columns(  # what ingest gives every record
            pl.lit("odd").alias("release_id"),
            pl.lit("odd.csv").alias("file"),
            *(
                pl.lit(None, pl.String).alias(c)
                for c in ("sheet", "landmark", "place_basis", "place_kind", "aor_basis")
            ),
            pl.lit(None, pl.Float64).alias("place_confidence"),
            pl.int_range(1, rows.height + 1, dtype=pl.Int64).alias("row"),
        )
        for name, rows in tables.items()
    }
    return write_tables(folder, whole, start, end, name="odd")


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
        {"arrests": _arrests([(FIRST, c, c[:2], "SNA", None, 1) for c in _counties(200)])},
        FIRST,
        FIRST + dt.timedelta(days=399),
    ),
    "nothing": lambda p: _store(p, {}, FIRST, FIRST),
    "only quarantine": lambda p: _ingested(p, arrest_lines(40)),
    "Texas jails only": lambda p: _jails(p),
}


def _ingested(folder: Path, lines: list[str]) -> Path:
    """A store of a release of arrests of which no row can be read."""
    path = folder.with_suffix(".csv")
    path.write_text(
        "\n".join([ARRESTS_HEADER, *(re.sub(r"\d\d/\d\d/\d{4}", "99/99/9999", x) for x in lines)])
    )
    ingest([path], folder, allow_loss=True)
    return folder


def _jails(folder: Path) -> Path:
    """A store of the reports of Texas jails alone."""
    ingest([SAMPLES / "texas_jails_immigrant_detainer_2011_2017.csv"], folder)
    return folder


TRAVIS_POLICY = ["Travis County, TX", "--policy", "travis-tx-2017"]
COMMANDS: dict[str, list[str]] = {
    "panel": ["panel", "--by", "county", "--json"],
    "panel by week": ["panel", "--by", "office", "--every", "week", "--json"],
    "panel disclosed": ["panel", "--by", "state", "--disclose", "--json"],
    "surges": ["surges", "--by", "county", "--json"],
    "surges by week": ["surges", "--by", "nation", "--every", "week", "--json"],
    "surges disclosed": ["surges", "--by", "aor", "--disclose", "--json"],
    "detainers": ["detainers", "--json"],
    "detainers by month": ["detainers", "--by", "nation", "--every", "month", "--json"],
    "detainers disclosed": ["detainers", "--by", "state", "--disclose", "--json"],
    "detainers reconciled": ["detainers", "--reconcile", "--json"],
    "explain": ["explain", *TRAVIS_POLICY, "--json"],
    "explain a day": ["explain", "Travis County, TX", "--date", "2017-02-01", "--json"],
    "explain pooled": ["explain", "--pooled", "--json"],
    "explain as a brief": ["explain", *TRAVIS_POLICY, "--brief", "{out}/brief.html", "--json"],
    "explain as a report": ["explain", *TRAVIS_POLICY, "--out", "{out}/report.html", "--json"],
    "audit": ["audit", "--json"],
    "audit verified": ["audit", "--verify", "--json"],
    "audit of quarantine": ["audit", "--quarantine", "--json"],
    "audit of links": ["audit", "--links", "--json"],
    "audit traced": ["audit", "--trace", "arrests", "--place", "48453", "--json"],
    "releases": ["releases", "--json"],
    "place": ["place", "--worst", "3", "--json"],
    "compare": ["compare", "Travis County, TX", "Bexar County, TX", "--measure", "arrests", "--json"],
    "composition": [
        "composition", "48453", "--before", "2016-10-01:2016-12-31",
        "--after", "2017-01-01:2017-06-30", "--json",
    ],
    "verify": ["verify", "--json"],
    "forecast": ["forecast", "--by", "nation", "--weeks", "4", "--out", "{out}/forecast.json", "--json"],
    "score": ["score", "{out}/forecast.json", "--json"],
    "check": ["check", "{ledger}", "--json"],
    "policies on a day": ["policies", "--at", "2017-02-01", "--state", "TX", "--json"],
    "publish": ["publish", "--answers", "none", "--workers", "1", "--json", "--out", "{out}/site"],
    "publish after": [
        "publish", "--answers", "none", "--workers", "1", "--after", "{out}/site",
        "--json", "--out", "{out}/later",
    ],
}  # fmt: skip
WITHOUT_STORE = ("releases", "policies")


def _counties(n: int) -> list[str]:
    from atlarge.reference import table

    return table("counties")["fips"].unique().sort().head(n).to_list()


# Against an earlier edition each of some hundred small counts is tried by itself: minutes, not seconds.
TOO_LONG = {("many counties with a row", "publish after")}


@pytest.mark.slow
@pytest.mark.parametrize("name", STORES)
def test_every_command_answers_or_says_why_not(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "publish", partial(site.publish, every_county=False))
    store = STORES[name](tmp_path / "store")
    (tmp_path / "out").mkdir()
    paths = {"out": tmp_path / "out", "ledger": LEDGER}
    wrong = []
    for command, words in COMMANDS.items():
        if (name, command) in TOO_LONG:
            continue
        where = [] if words[0] in WITHOUT_STORE else ["--store", str(store)]
        found = run([*(word.format(**paths) for word in words), *where])
        said = f"{name}: {command}: {found.exception!r} {found.output[-300:]}"
        if found.exit_code == 0:
            document = json.loads(found.stdout)
            if isinstance(document, dict) and words[0] in ("panel", "surges", "detainers", "explain"):
                assert "disclosed" in document, said
        elif (
            not isinstance(found.exception, AtlargeError | SystemExit)
            or found.exit_code not in (1, 2)
            or "\n" in str(found.exception)
        ):
            wrong.append(said)
    assert wrong == []


def test_every_command_is_tried() -> None:
    """But those that take no store: what they read is tried elsewhere."""
    elsewhere = {"claims", "demo", "fetch", "ingest", "serve", "simulate", "update"}
    names = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert names - elsewhere == {words[0] for words in COMMANDS.values()}

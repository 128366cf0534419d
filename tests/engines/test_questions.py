"""Detainers, surges and the audit on Polars, DuckDB and Spark: the same answers, to the digit."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from on_engines import every_engine
from polars.testing import assert_frame_equal

import simulated_files
from atlarge.cli._output import _plain
from atlarge.detainers import detainer_report
from atlarge.errors import StoreError
from atlarge.ingest import ingest
from atlarge.panel import panel
from atlarge.records.lineage import lineage, verify
from atlarge.records.links import link_report
from atlarge.records.store import Store, open_store
from atlarge.surges import find_surges
from command_line import run

pytestmark = pytest.mark.slow_file

DAY = dt.date(2017, 1, 1)


def _rows(seed: int, rows: int) -> dict[str, Any]:
    """Detainers with everything that some release carries: identifiers, charges, days of decision."""
    draw = np.random.default_rng(seed)
    days = draw.integers(0, 400, rows)
    return {
        "date": [DAY + dt.timedelta(int(d)) for d in days],
        "decision_date": [
            DAY + dt.timedelta(int(d) + int(w)) if w < 80 else None
            for d, w in zip(days, draw.integers(0, 100, rows), strict=True)
        ],
        "facility": draw.choice(["TRAVIS JAIL", "COBB JAIL", "KING JAIL"], rows).tolist(),
        "facility_code": draw.choice(["T1", "C1", "K1"], rows).tolist(),
        "city": draw.choice(["AUSTIN", "MARIETTA"], rows).tolist(),
        "state": draw.choice(["TX", "GA"], rows).tolist(),
        "county_fips": [None if d < 2 else ["48453", "13067"][d % 2] for d in draw.integers(0, 20, rows)],
        "outcome": draw.choice(["booked", "declined", "lifted", "missing"], rows).tolist(),
        "charge": [None if d < 3 else f"CHARGE {d % 5}" for d in draw.integers(0, 30, rows)],
        "subject_key": [None if k < 40 else f"person-{k}" for k in draw.integers(0, 500, rows)],
    }


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store of detainers and arrests with identifiers, the detainers in two files."""
    folder = tmp_path_factory.mktemp("keyed")
    draw = np.random.default_rng(9)
    arrests = pl.DataFrame(
        {
            "date": [DAY + dt.timedelta(int(d)) for d in draw.integers(0, 900, 2_000)],
            "method": draw.choice(["Located", "Non-Custodial Arrest", "CAP Local Incarceration"], 2_000),
            "subject_key": [None if k < 100 else f"person-{k}" for k in draw.integers(0, 900, 2_000)],
            "n": pl.Series([1] * 2_000, dtype=pl.UInt32),
        }
    )
    whole = pl.DataFrame(_rows(4, 3_000)).with_columns(pl.lit(1, pl.UInt32).alias("n"))
    frames = {"arrests/a": arrests, "detainers/b": whole[:1_700], "detainers/c": whole[1_700:]}
    releases = []
    for name, frame in frames.items():
        table, release_id = name.split("/")
        (folder / table).mkdir(exist_ok=True)
        frame.write_parquet(folder / f"{name}.parquet")
        span = {"table": table, "start": "2017-01-01", "end": "2018-03-01", "scope": "nation"}
        entry = {"table": table, "path": f"{name}.parquet", "rows": frame.height}
        releases.append({"id": release_id, "table": table, "tables": [entry], "coverage": [span]})
    return Store(folder, {"format": 1, "releases": releases})


@every_engine
@pytest.mark.parametrize(
    ("by", "every"), [("county", "all"), ("state", "month"), ("facility", "all"), ("nation", "fiscal_year")]
)
def test_the_detainer_report_is_the_same(keyed: Store, engine: str, by: str, every: str) -> None:
    question: dict[str, Any] = {"start": dt.date(2017, 2, 1), "by": by, "every": every}
    result = detainer_report(keyed, engine=engine, **question)
    assert json.dumps(_plain(result.to_dict())) == json.dumps(
        _plain(detainer_report(keyed, **question).to_dict())
    )
    assert result.later_arrests.height == 4
    assert result.total["issued"] == result.scope["issued"] > 2_000


@every_engine
def test_later_arrests_are_those_counted_by_hand(keyed: Store, engine: str) -> None:
    """The loop that a person would write, over lists."""
    read = [pl.read_parquet(file).to_dicts() for file in keyed.files("arrests")]
    at_large: dict[str, list[dt.date]] = {}
    for arrest in read[0]:
        if arrest["subject_key"] and arrest["method"] in ("Located", "Non-Custodial Arrest"):
            at_large.setdefault(arrest["subject_key"], []).append(arrest["date"])
    found: dict[str, list[int]] = {}
    with_key: Counter[str] = Counter()
    for file in keyed.files("detainers"):
        for row in pl.read_parquet(file).to_dicts():
            with_key[row["outcome"]] += row["subject_key"] is not None
            days = [(day - row["date"]).days for day in at_large.get(row["subject_key"], [])]
            soonest = min((d for d in days if 0 < d <= 365), default=None)
            if soonest is not None:
                found.setdefault(row["outcome"], []).append(soonest)
    result = detainer_report(keyed, threshold=0, engine=engine).later_arrests
    assert set(result["outcome"]) >= {"declined", "booked"}
    for row in result.to_dicts():
        assert row["with_key"] == with_key[row["outcome"]]
        assert row["arrested_later"] == len(found[row["outcome"]]) > 20
        assert row["median_days"] == float(np.median(found[row["outcome"]]))


@every_engine
def test_surges_are_the_same(engine: str, tmp_path: Path) -> None:
    """Through the panel, the surroundings and the operation marks, on forty arrests in two days."""
    lines = simulated_files.arrest_lines(4_000, 6)
    burst = "San Antonio Area of Responsibility|03/0{}/2017|Located|AUS GENERAL AREA, NON-SPECIFIC|{}||||"
    lines += [burst.format(7 + i % 2, "(B)(7)(E)" if i % 3 else "") for i in range(40)]
    (tmp_path / "a.csv").write_text("\n".join([simulated_files.ARRESTS_HEADER, *lines]) + "\n")
    ingest([tmp_path / "a.csv"], tmp_path / "store", covers="nation")
    opened = open_store(tmp_path / "store")
    question: dict[str, Any] = {"by": "aor", "measure": "at_large", "every": "day"}
    result = find_surges(opened, engine=engine, **question)
    assert json.dumps(result.to_dicts()) == json.dumps(find_surges(opened, **question).to_dicts())
    assert [(s.place, s.start) for s in result.surges[:1]] == [("SNA", dt.date(2017, 3, 7))]
    assert result.surges[0].operation_share is not None


@every_engine
def test_the_way_back_to_rows_is_the_same(store: Store, engine: str) -> None:
    query = ("arrests", dt.date(2017, 2, 1), dt.date(2017, 3, 1), "48453")
    result = lineage(store, *query, engine=engine)
    assert result.equals(lineage(store, *query))
    assert result["rows"].list.len().sum() > 20


@every_engine
def test_links_are_the_same(keyed: Store, engine: str) -> None:
    """Reasons add up to the rows, and a loop over lists finds the same identifiers."""
    [result] = link_report(keyed, engine)
    assert [result] == link_report(keyed)
    assert result["linked"] + sum(result["unmatched"].values()) == result["rows"] == 3_000
    keys = {row["subject_key"] for row in pl.read_parquet(keyed.files("arrests")[0]).to_dicts()}
    rows = [row for file in keyed.files("detainers") for row in pl.read_parquet(file).to_dicts()]
    assert result["unmatched"]["no identifier"] == sum(row["subject_key"] is None for row in rows)
    unknown = [r for r in rows if r["subject_key"] is not None and r["subject_key"] not in keys]
    assert result["unmatched"]["identifier not in the other table"] == len(unknown) > 10
    assert result["linked"] > 100


@every_engine
def test_the_account_is_checked_against_the_files(store: Store, engine: str, tmp_path: Path) -> None:
    """Every release's rows are in its files; a file that lacks some is reported in one line."""
    counted = verify(store, engine)
    assert [(c["release"], c["table"], c["in_files"]) for c in counted] == sorted(
        (r["id"], e["table"], e["rows"]) for r in store.releases for e in r["tables"]
    )
    ingest([simulated_files.arrests(tmp_path / "a.csv", 100)], tmp_path / "store")
    [file] = open_store(tmp_path / "store").files("arrests")
    pl.read_parquet(file)[:90].write_parquet(file)
    arguments = ["audit", "--store", str(tmp_path / "store"), "--verify", "--engine", engine]
    done = run(arguments)
    assert isinstance(done.exception, StoreError)
    assert "not as written (its sha256 differs)" in str(done.exception)


@every_engine
def test_commands_take_the_engine(store: Store, engine: str) -> None:
    common = ["--store", str(store.path), "--json"]
    for command in (
        ["detainers", "--by", "county"],
        ["detainers", "--reconcile"],
        ["surges", "--by", "aor", "--every", "week"],
        ["audit", "--verify"],
    ):
        reported = [
            run([*command, *common, *extra], catch_exceptions=False).stdout
            for extra in ([], ["--engine", engine])
        ]
        assert reported[0] == reported[1]
        assert json.loads(reported[0]) is not None


@every_engine
def test_a_folder_whose_name_means_something_to_a_shell(engine: str, tmp_path: Path) -> None:
    """A store is read where it is, and nothing beside it that its name would match."""
    name = "a*b? [cd] {e,f} 100% #1 Zürich ñ"
    for part in ("c e", "d f", "c {e,f}", "[cd] e"):
        beside = f"axbx {part} 100% #1 Zürich ñ"
        ingest([simulated_files.arrests(tmp_path / "other.csv", 50, 3)], tmp_path / beside / "store")
    file = simulated_files.arrests(tmp_path / "a.csv", 300, 1)
    ingest([file], tmp_path / name / "store")
    opened = open_store(tmp_path / name / "store")
    assert verify(opened, engine)[0]["in_files"] == 300
    assert panel(opened, by="aor", measures=["arrests"], engine=engine).frame["value"].sum() > 200
    ingest([file], tmp_path / "plain" / "store")
    counted = [
        panel(at, by="county", every="month", measures=["at_large", "handoffs"], engine=engine).frame
        for at in (opened, open_store(tmp_path / "plain" / "store"))
    ]
    assert_frame_equal(*counted)
    assert counted[0]["value"].sum() > 0

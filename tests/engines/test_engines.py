"""The same questions on Polars, DuckDB and Spark give the same answers, to the byte."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from on_engines import every_engine

from atlarge.engines import compact, scan
from atlarge.errors import QuestionError, StoreError
from atlarge.panel import panel
from atlarge.panel.counting import sparse
from atlarge.records.store import Store

pytestmark = pytest.mark.slow_file

ARRESTS = ["arrests", "at_large", "custodial", "handoffs", "operation_marked"]


def _by_hand(store: Store, column: str) -> dict[str | None, int]:
    """Rows by place, read with another library."""
    import pyarrow.parquet as pq

    counts: dict[str | None, int] = {}
    for file in store.files("arrests"):
        for value in pq.read_table(file, columns=[column]).column(column).to_pylist():
            counts[value] = counts.get(value, 0) + 1
    return counts


@every_engine
@pytest.mark.parametrize(
    ("by", "every"), [("county", "month"), ("aor", "week"), ("office", "day"), ("state", "month")]
)
def test_panel_is_the_same(store: Store, engine: str, by: str, every: str) -> None:
    question = {"by": by, "every": every, "measures": ARRESTS}
    expected = panel(store, **question)  # type: ignore[arg-type]
    result = panel(store, engine=engine, **question)  # type: ignore[arg-type]
    assert result.frame.equals(expected.frame)
    assert result.frame.schema == expected.frame.schema
    assert result.coverage == expected.coverage


@every_engine
def test_panel_counts_what_another_reader_counts(store: Store, engine: str) -> None:
    result = panel(store, by="aor", every="month", measures=["arrests"], engine=engine)
    total = dict(result.frame.group_by("place").agg(pl.col("value").sum()).iter_rows())
    by_hand = _by_hand(store, "aor")
    assert result.coverage["arrests"]["unplaced"]["arrests"] == by_hand.pop(None, 0)
    assert total == by_hand


@every_engine
def test_panel_of_detainers_and_of_a_window(store: Store, engine: str) -> None:
    question = {
        "by": "county",
        "every": "month",
        "measures": ["detainers_issued", "detainers_declined", "at_large"],
        "start": dt.date(2012, 6, 1),
        "end": dt.date(2017, 1, 15),
        "scheme": "biglocal",
    }
    assert panel(store, engine=engine, **question).frame.equals(panel(store, **question).frame)  # type: ignore[arg-type]


@every_engine
def test_input_of_surges_is_the_same(store: Store, engine: str) -> None:
    result, *_ = sparse(store, by="aor", every="day", measures=["at_large", "arrests"], engine=engine)
    expected, *_ = sparse(store, by="aor", every="day", measures=["at_large", "arrests"])
    assert result.equals(expected)


@every_engine
def test_input_of_the_detainer_report_is_the_same(store: Store, engine: str) -> None:
    columns = ["date", "facility", "state", "county_fips", "outcome", "no_such_column"]
    result = compact(store, "detainers", columns, engine, dt.date(2012, 2, 1), dt.date(2013, 2, 1))
    expected = compact(store, "detainers", columns, "polars", dt.date(2012, 2, 1), dt.date(2013, 2, 1))
    assert result.equals(expected)
    assert result.schema == expected.schema
    assert result["date"].min() >= dt.date(2012, 2, 1)  # type: ignore[operator]
    assert result["date"].max() <= dt.date(2013, 2, 1)  # type: ignore[operator]


@every_engine
def test_rows_in_the_store_are_those_of_the_audit(store: Store, engine: str) -> None:
    for name in ("arrests", "detainers"):
        kept = dict(compact(store, name, ["release_id"], engine).iter_rows())
        assert kept == {r["id"]: r["rows_kept"] for r in store.releases if r["table"] == name}


@every_engine
def test_a_damaged_file_is_one_clear_line(tmp_path: Path, store: Store, engine: str) -> None:
    damaged = tmp_path / "arrests" / "x.parquet"
    damaged.parent.mkdir()
    damaged.write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    broken = Store(
        tmp_path,
        {
            "releases": [
                {
                    "id": "x",
                    "tables": [{"table": "arrests", "path": "arrests/x.parquet"}],
                    "coverage": [
                        {"table": "arrests", "start": "2017-01-01", "end": "2017-02-01", "scope": "nation"}
                    ],
                }
            ]
        },
    )
    with pytest.raises(StoreError, match="ingest the releases again") as raised:
        panel(broken, engine=engine)
    assert "\n" not in str(raised.value)


def test_duckdb_spills_under_a_memory_limit(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Far more groups than the limit holds: counted on disk, to the same table."""
    wide = tmp_path / "arrests"
    wide.mkdir()
    rows = 1_500_000
    frame = pl.select(
        pl.int_range(rows).cast(pl.String).str.zfill(40).alias("landmark"), pl.lit(1, pl.UInt32).alias("n")
    )
    frame.write_parquet(wide / "w.parquet")
    kept = Store(
        tmp_path,
        {
            "releases": [
                {"id": "w", "tables": [{"table": "arrests", "path": "arrests/w.parquet"}], "coverage": []}
            ]
        },
    )
    monkeypatch.setenv("ATLARGE_DUCKDB_MEMORY", "150MB")
    monkeypatch.setenv("ATLARGE_DUCKDB_SPILL", str(tmp_path / "spill"))
    connection_limit = scan(kept, "arrests", "duckdb")
    assert connection_limit.collect_schema().names() == ["landmark", "n"]
    result = compact(kept, "arrests", ["landmark"], "duckdb")
    assert result.height == rows
    assert result["n"].sum() == rows


def test_duckdb_says_in_one_line_that_memory_does_not_suffice(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLARGE_DUCKDB_MEMORY", "1MB")
    with pytest.raises(QuestionError, match="raise ATLARGE_DUCKDB_MEMORY"):
        panel(store, by="county", measures=ARRESTS, engine="duckdb")


def test_duckdb_setting_that_is_not_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLARGE_DUCKDB_MEMORY", "much")
    with pytest.raises(QuestionError, match="ATLARGE_DUCKDB_MEMORY"):
        panel(store, engine="duckdb")


def test_unknown_engine(store: Store) -> None:
    with pytest.raises(QuestionError, match="there are: polars, duckdb, spark"):
        panel(store, engine="pandas")

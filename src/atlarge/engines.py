"""Engines: the same lazy frame over Polars (default), DuckDB (spills to disk) or Spark (a cluster).

DuckDB reads two settings from the environment: ATLARGE_DUCKDB_MEMORY (such as "4GB") and
ATLARGE_DUCKDB_SPILL (a folder). Spark uses the active session if there is one, else a local one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

import narwhals as nw

from atlarge.errors import QuestionError

if TYPE_CHECKING:
    from atlarge.records.store import Store

ENGINES = ("polars", "duckdb", "spark")


def _missing(engine: str, extra: str) -> QuestionError:
    return QuestionError(f"the engine {engine} is not installed: pip install 'atlarge[{extra}]'")


def _duckdb_scan(paths: list[str]) -> Any:
    try:
        import duckdb
    except ImportError:
        raise _missing("duckdb", "duckdb") from None
    connection = duckdb.connect()
    if memory := os.environ.get("ATLARGE_DUCKDB_MEMORY"):
        connection.execute("SET memory_limit = ?", [memory])
    if spill := os.environ.get("ATLARGE_DUCKDB_SPILL"):
        connection.execute("SET temp_directory = ?", [spill])
    return connection.read_parquet(paths, union_by_name=True)


def _spark_scan(paths: list[str]) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise _missing("spark", "spark") from None
    session = SparkSession.getActiveSession() or (
        SparkSession.builder.appName("atlarge")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    return session.read.option("mergeSchema", "true").parquet(*paths)


def scan(store: Store, name: str, engine: str = "polars") -> nw.LazyFrame[Any]:
    """One table of a store as a lazy frame of the engine named.

    QuestionError for an unknown engine or one that is not installed; StoreError if the table is absent.
    """
    if engine == "polars":
        return cast("nw.LazyFrame[Any]", nw.from_native(store.scan(name)))
    paths = [str(path) for path in store.files(name)]
    if engine == "duckdb":
        return cast("nw.LazyFrame[Any]", nw.from_native(_duckdb_scan(paths)))
    if engine == "spark":
        return cast("nw.LazyFrame[Any]", nw.from_native(_spark_scan(paths)))
    raise QuestionError(f"no engine {engine!r}; there are: {', '.join(ENGINES)}")

"""Engines: the same lazy frame over Polars (default), DuckDB (spills to disk) or Spark (a cluster).

DuckDB reads two settings from the environment: ATLARGE_DUCKDB_MEMORY (such as "4GB") and
ATLARGE_DUCKDB_SPILL (a folder). Spark uses the active session if there is one, else a local one; its SQL
settings are left alone, as days are counted in a session of its own, in UTC.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from atlarge.arguments import one_of
from atlarge.errors import QuestionError, StoreError

if TYPE_CHECKING:
    import narwhals as nw

    from atlarge.records.store import Store

ENGINES = ("polars", "duckdb", "spark")
_GLOB = re.compile(r"([\\\[\]{}*?])")  # what Spark would read in a path as a pattern
_ENGINE_MODULES = ("polars", "narwhals", "duckdb", "_duckdb", "pyspark", "py4j")


def _missing(engine: str, extra: str) -> QuestionError:
    return QuestionError(f"the engine {engine} is not installed: pip install 'atlarge[{extra}]'")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


@contextlib.contextmanager
def _one_line(engine: str) -> Iterator[None]:
    """Turn an engine's own errors into one clear line."""
    try:
        yield
    except Exception as error:
        kind = type(error)
        if kind.__name__ == "OutOfMemoryException":
            raise QuestionError(
                f"{engine} ran out of memory ({_line(error)}); raise ATLARGE_DUCKDB_MEMORY or ask for less"
            ) from None
        if kind.__module__.split(".")[0] in _ENGINE_MODULES or isinstance(error, FileNotFoundError):
            raise StoreError(
                f"{engine} cannot read the store ({_line(error)}); ingest the releases again"
            ) from None
        raise


def _duckdb_connection() -> Any:
    try:
        import duckdb
    except ImportError:
        raise _missing("duckdb", "duckdb") from None
    connection = duckdb.connect()
    spill = os.environ.get("ATLARGE_DUCKDB_SPILL") or str(Path(tempfile.gettempdir()) / "atlarge-duckdb")
    try:
        connection.execute("SET temp_directory = ?", [spill])
        connection.execute("SET preserve_insertion_order = false")
        if memory := os.environ.get("ATLARGE_DUCKDB_MEMORY"):
            connection.execute("SET memory_limit = ?", [memory])
    except duckdb.Error as error:
        raise QuestionError(
            f"ATLARGE_DUCKDB_MEMORY or ATLARGE_DUCKDB_SPILL is not understood ({_line(error)}); "
            'give a size such as "4GB" and a folder'
        ) from None
    return connection


def _spark_session() -> Any:
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise _missing("spark", "spark") from None
    session = SparkSession.getActiveSession()
    if session is None:
        try:
            session = (
                SparkSession.builder.appName("atlarge").config("spark.ui.enabled", "false").getOrCreate()
            )
        except PySparkException as error:
            raise QuestionError(
                f"Spark does not start ({_line(error)}); install Java 17 or later, or set JAVA_HOME"
            ) from None
        session.sparkContext.setLogLevel("OFF")
    own = session.newSession()
    own.conf.set("spark.sql.session.timeZone", "UTC")
    return own


def scan(store: Store, name: str, engine: str = "polars") -> nw.LazyFrame[Any]:
    """One table of a store as a lazy frame of the engine named.

    QuestionError for an unknown engine or one that is not installed; StoreError if the table is absent.
    """
    return scans(store, [name], engine)[0]


def scans(store: Store, names: Sequence[str], engine: str = "polars") -> list[nw.LazyFrame[Any]]:
    """Several tables as lazy frames of one connection or session, so that they can be joined.

    Raises as `scan` does.
    """
    import narwhals as nw

    if engine == "polars":
        return [nw.from_native(store.scan(name)) for name in names]
    one_of(engine, ENGINES, "engine")
    paths = [[str(path) for path in store.files(name)] for name in names]
    with _one_line(engine):
        natives: list[Any]
        if engine == "duckdb":
            connection = _duckdb_connection()
            natives = [connection.read_parquet(files, union_by_name=True) for files in paths]
        else:
            session = _spark_session()
            plain = [[_GLOB.sub(r"\\\1", file) for file in files] for files in paths]
            natives = [session.read.option("mergeSchema", "true").parquet(*files) for files in plain]
        return [cast("nw.LazyFrame[Any]", nw.from_native(native)) for native in natives]


def collect(frame: nw.LazyFrame[Any], engine: str = "polars") -> pl.DataFrame:
    """Compute a frame that `scan` returned.

    QuestionError when the engine runs out of memory or disk, StoreError when a file of the store cannot be
    read.
    """
    with _one_line(engine):
        return cast("pl.DataFrame", frame.collect("polars").to_native())


def compact(
    store: Store,
    name: str,
    columns: Sequence[str],
    engine: str = "polars",
    start: dt.date | None = None,
    end: dt.date | None = None,
) -> pl.DataFrame:
    """Rows of a table that agree in the columns become one, with their number `n` (Int64); sorted.

    Columns that the table lacks are left out. `start` and `end` are inclusive days of `date`. What is large
    is counted by the engine; what comes back is small. Raises as `scan` and `collect` do.
    """
    import narwhals as nw

    frame = scan(store, name, engine)
    available = frame.collect_schema().names()
    kept = [column for column in dict.fromkeys(columns) if column in available]
    if start is not None:
        frame = frame.filter(nw.col("date") >= nw.lit(start))
    if end is not None:
        frame = frame.filter(nw.col("date") <= nw.lit(end))
    counted = collect(frame.group_by(*kept).agg(nw.col("n").cast(nw.Int64).sum()), engine)
    return counted.select(*kept, pl.col("n").cast(pl.Int64)).sort(kept, nulls_last=True)

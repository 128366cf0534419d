"""The same records in whatever form people keep them: the same rows, or one clear line."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from atlarge.errors import ReleaseError
from atlarge.ingest import ingest
from atlarge.panel import panel
from atlarge.records.store import open_store
from atlarge.releases import read_release

pytestmark = pytest.mark.slow_file

ROWS = 60
COUNTIES = ["TRAVIS COUNTY JAIL, AUSTIN, TX", "HARRIS COUNTY JAIL, HOUSTON, TX"]


def _table() -> pl.DataFrame:
    days = pl.datetime_range(pl.datetime(2025, 5, 1, 9), pl.datetime(2025, 6, 29, 9), "1d", eager=True)
    return pl.DataFrame(
        {
            "apprehension_date_time": days,
            "apprehension_state": ["TEXAS"] * ROWS,
            "apprehension_aor": ["San Antonio Area of Responsibility", "Houston Area of Responsibility"] * 30,
            "apprehension_method": ["Located", "CAP Local Incarceration", "Custodial Arrest"] * 20,
            "apprehension_criminality": ["1 Convicted Criminal"] * ROWS,
            "apprehension_site_landmark": COUNTIES * 30,
            "unique_identifier": [f"{i:040x}" for i in range(ROWS)],
        }
    )


def _text(table: pl.DataFrame, path: Path, **options: str) -> None:
    table.write_csv(path, datetime_format="%Y-%m-%d %H:%M:%S", **options)  # type: ignore[arg-type]


def _packed(pack: Callable[[bytes], bytes]) -> Callable[[pl.DataFrame, Path], None]:
    def write(table: pl.DataFrame, path: Path) -> None:
        text = table.write_csv(None, datetime_format="%Y-%m-%d %H:%M:%S")
        path.write_bytes(pack(text.encode()))

    return write


def _stata(table: pl.DataFrame, path: Path) -> None:
    pytest.importorskip("pyreadstat")
    table.to_pandas().to_stata(path, write_index=False, version=118)


def _labelled(table: pl.DataFrame, path: Path) -> None:
    """Short names, as in SAS transport files, and those of the release as labels."""
    short = table.to_pandas().set_axis([f"V{i}" for i in range(table.width)], axis=1)
    pytest.importorskip("pyreadstat").write_sav(short, str(path), column_labels=table.columns)


def _spss(table: pl.DataFrame, path: Path) -> None:
    pytest.importorskip("pyreadstat").write_sav(table.to_pandas(), str(path))


def _mapped(table: pl.DataFrame) -> pl.DataFrame:
    """As programs for maps write it: a geometry in bytes, and columns of lists and of parts."""
    point = pl.lit(b"\x01\x01" + bytes(16)).alias("geometry")
    return table.with_columns(point, pl.concat_list("apprehension_state").alias("tags"), part=pl.struct(n=1))


WRITE: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    "comma.csv": _text,
    "tab.tsv": lambda t, p: _text(t, p, separator="\t"),
    "semicolon.csv": lambda t, p: _text(t, p, separator=";"),
    "bar.txt": lambda t, p: _text(t, p, separator="|"),
    "gzip.csv.gz": _packed(gzip.compress),
    "xz.csv.xz": _packed(lzma.compress),
    "bzip2.csv.bz2": _packed(bz2.compress),
    "utc.parquet": lambda t, p: t.with_columns(
        pl.col("apprehension_date_time").dt.replace_time_zone("UTC")
    ).write_parquet(p),
    "naive.parquet": lambda t, p: t.write_parquet(p),
    "map.parquet": lambda t, p: _mapped(t).write_parquet(p),
    "map.feather": lambda t, p: _mapped(t).write_ipc(p),
    "plain.feather": lambda t, p: t.write_ipc(p),
    "lz4.feather": lambda t, p: t.write_ipc(p, compression="lz4"),
    "book.xlsx": lambda t, p: t.to_pandas().to_excel(p, index=False),
    "stata.dta": _stata,
    "spss.sav": _spss,
    "labels.sav": _labelled,
}


def test_a_column_of_lists_that_is_read_is_refused(tmp_path: Path) -> None:
    _table().with_columns(pl.concat_list("apprehension_method")).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(ReleaseError, match="'apprehension_method' holds List"):
        ingest([tmp_path / "a.parquet"], tmp_path / "store")


@pytest.mark.parametrize("name", sorted(WRITE))
def test_the_same_rows_in_every_form(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    WRITE[name](_table(), path)
    audit = ingest([path], tmp_path / "store").releases[0]
    assert (audit.rows_read, audit.rows_kept, audit.unresolved_places) == (ROWS, ROWS, 0)
    rows = open_store(tmp_path / "store").scan("arrests").collect().sort("date")
    assert rows["date"].to_list() == _table()["apprehension_date_time"].dt.date().to_list()
    assert rows["county_fips"].to_list() == ["48453", "48201"] * 30


@pytest.mark.parametrize("name", [n for n in sorted(WRITE) if n not in ("bar.txt",)])
def test_a_file_cut_short_is_refused_or_read_in_part(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    WRITE[name](_table(), path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    refused = ""
    try:
        audit = ingest([path], tmp_path / "store").releases[0]
    except ReleaseError as error:
        refused = str(error)
    if refused:
        assert name in refused
        return
    assert name.endswith((".csv", ".tsv", ".dta", ".sav"))
    assert audit.rows_kept < ROWS


@pytest.mark.parametrize("lost", ["apprehension_site_landmark", "unique_identifier", "apprehension_aor"])
def test_a_subset_says_what_it_cannot_answer(lost: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    _text(_table().drop(lost), path)
    audit = ingest([path], tmp_path / "store").releases[0]
    assert audit.rows_kept == ROWS
    assert any("no column" in note for note in audit.notes)


def test_a_date_and_one_column_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    _text(_table().select("apprehension_date_time", "apprehension_site_landmark"), path)
    ingest([path], tmp_path / "store")
    result = panel(open_store(tmp_path / "store"), by="county", measures=["arrests"], places=["48453"])
    assert result.frame["value"].sum() == 30
    with pytest.raises(Exception, match="at_large"):  # no method: nothing is at large, nor not
        panel(open_store(tmp_path / "store"), by="county", measures=["at_large"], places=["48453"])


OTHER_COLUMNS = [name for name in _table().columns if name != "apprehension_date_time"]


@pytest.mark.parametrize("width", range(1, len(OTHER_COLUMNS) + 1))
def test_whatever_columns_are_left_the_rows_are_kept_or_the_file_is_refused(
    width: int, tmp_path: Path
) -> None:
    kept, refusals = 0, []
    for i, left in enumerate(combinations(OTHER_COLUMNS, width)):
        path = tmp_path / f"{i}.csv"
        _text(_table().select("apprehension_date_time", *left), path)
        try:
            audit = ingest([path], tmp_path / f"store{i}").releases[0]
        except ReleaseError as error:
            refusals.append((path.name, str(error)))
            continue
        kept += 1
        assert audit.rows_kept == ROWS, left
        assert open_store(tmp_path / f"store{i}").scan("arrests").collect()["date"].len() == ROWS, left
    assert kept
    assert all(name in line and "\n" not in line for name, line in refusals)


def test_counts_by_day_are_no_records(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("apprehension_date,apprehension_state,n\n2025-06-01,TEXAS,12\n2025-06-02,TEXAS,9\n")
    with pytest.raises(ReleaseError, match="known release"):
        ingest([path], tmp_path / "store")


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ReleaseError, match="device or a pipe"):
        ingest([tmp_path / "pipe"], tmp_path / "store")


@pytest.mark.parametrize("form", ["parquet", "feather"])
def test_a_zone_without_a_name_is_refused_with_the_mend(form: str, tmp_path: Path) -> None:
    table = _table().to_arrow()
    at = table.column_names.index("apprehension_date_time")
    zoned = table.column(at).cast(pa.timestamp("us", "+05:30"))
    path = tmp_path / f"arrests.{form}"
    {"parquet": pq.write_table, "feather": feather.write_feather}[form](
        table.set_column(at, "apprehension_date_time", zoned), path
    )
    with pytest.raises(ReleaseError, match=r"zone '\+05:30', which has no name; save them without a zone"):
        read_release(path)

"""Broken and hostile Parquet releases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import making
from atlarge.ingest import ingest

Refused = Callable[[Path], str]
COLUMNS = making.ARRESTS_HEADER.split("|")


def _frame(rows: int = 5) -> pl.DataFrame:
    return pl.DataFrame([line.split("|") for line in making.arrest_lines(rows)], schema=COLUMNS, orient="row")


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    _frame().write_parquet(tmp_path / "a.parquet")
    assert ingest([tmp_path / "a.parquet"], tmp_path / "store").releases[0].rows_kept == 5


def test_typed_columns_are_read(tmp_path: Path) -> None:
    """Dates as dates, categories and numbers where text is expected."""
    frame = _frame().with_columns(
        pl.Series("Apprehension Date", [dt.date(2017, 2, day) for day in range(1, 6)]),
        pl.col("Apprehension Method").cast(pl.Categorical),
        pl.Series("Gender", [1, 2, 3, 4, 5]),
    )
    frame.write_parquet(tmp_path / "a.parquet")
    audit = ingest([tmp_path / "a.parquet"], tmp_path / "store").releases[0]
    assert audit.rows_kept == 5
    held = pl.read_parquet(tmp_path / "store" / "arrests" / "*.parquet")
    assert held["date"].to_list() == [dt.date(2017, 2, day) for day in range(1, 6)]


def test_bomb_of_equal_rows(tmp_path: Path, refused: Refused) -> None:
    """Twenty million rows in some kilobytes are refused by their number, before any is read."""
    words = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000_000, np.int32)), ["x"])
    table = pa.table(dict.fromkeys(COLUMNS, words))
    path = tmp_path / "bomb.parquet"
    with pq.ParquetWriter(path, table.schema) as writer:
        for _ in range(20):
            writer.write_table(table)
    assert path.stat().st_size < 1_000_000
    assert "too many" in refused(path)


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([[1], [2], [3], [4], [5]]),
        pl.Series([{"a": 1}] * 5),
        pl.Series([b"\xff\xfe"] * 5),
    ],
    ids=["lists", "structs", "bytes"],
)
def test_columns_that_hold_no_cells(values: pl.Series, tmp_path: Path, refused: Refused) -> None:
    _frame().with_columns(values.alias("Apprehension Landmark")).write_parquet(tmp_path / "a.parquet")
    assert "Apprehension Landmark" in refused(tmp_path / "a.parquet")


def test_columns_of_one_plain_name(tmp_path: Path) -> None:
    """Two spellings of one name: the first counts, the other is left unread."""
    frame = _frame().with_columns(pl.lit("x").alias("apprehension  method"))
    frame.write_parquet(tmp_path / "a.parquet")
    ingest([tmp_path / "a.parquet"], tmp_path / "store")
    held = pl.read_parquet(tmp_path / "store" / "arrests" / "*.parquet")
    assert "x" not in held["method"].to_list()


def test_damaged_files(tmp_path: Path, refused: Refused) -> None:
    _frame(500).write_parquet(tmp_path / "sound.parquet")
    sound = (tmp_path / "sound.parquet").read_bytes()
    made = {
        "cut.parquet": sound[: len(sound) // 2],
        "tail.parquet": sound[:-20],
        "magic.parquet": b"PAR1",
        "length.parquet": sound[:-8] + b"\xff\xff\xff\x7fPAR1",
        "zeros.parquet": sound[:4] + bytes(len(sound) - 8) + b"PAR1",
        "pages.parquet": sound[:4] + bytes(400) + sound[404:],
    }
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name)


def test_blocks_give_what_the_whole_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read some rows at a time, across row groups of any size, rows, numbers and account are the same."""
    from atlarge.releases import opening

    frame = _frame(400)
    frame[50, "Apprehension Date"] = "not a day"
    frame = pl.concat([frame, frame[10:30]])
    whole_file = tmp_path / "whole.parquet"
    pq.write_table(frame.to_arrow(), whole_file, row_group_size=70)
    whole = ingest([whole_file], tmp_path / "whole").releases[0].to_dict()
    assert len(whole["tables"]) == 1
    assert whole["checks"]["identical_rows"] >= 20
    rows = pl.read_parquet(tmp_path / "whole" / "arrests" / "*.parquet").sort("row")
    for block in (33, 70, 150):
        monkeypatch.setattr(opening, "BLOCK", block * 16 * len(COLUMNS))
        made = ingest([whole_file], tmp_path / f"by-{block}").releases[0].to_dict()
        assert len(made["tables"]) > 1
        assert {k: v for k, v in made.items() if k != "tables"} == {
            k: v for k, v in whole.items() if k != "tables"
        }
        assert pl.read_parquet(tmp_path / f"by-{block}" / "arrests" / "*.parquet").sort("row").equals(rows)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, within: Any) -> None:
    """Three million rows, which as a whole need over a gibibyte."""
    table = _frame(100_000).to_arrow()
    path = tmp_path / "long.parquet"
    with pq.ParquetWriter(path, table.schema) as writer:
        for _ in range(30):
            writer.write_table(table)
    done = within(["ingest", str(path), "--store", str(tmp_path / "store")], 700)
    assert done.returncode == 0, done.stderr
    assert making.counted(tmp_path / "store") == 3_000_000

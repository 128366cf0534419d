"""Broken and hostile Parquet releases."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulated_files
from atlarge.ingest import ingest
from atlarge.releases import parquetform
from atlarge.releases.arrowform import arrow_bytes
from atlarge.releases.parquetform import DamagedError, unpacked_bytes

pytestmark = pytest.mark.slow_file

Refused = Callable[[Path], str]
COLUMNS = simulated_files.ARRESTS_HEADER.split("|")


def _frame(rows: int = 5) -> pl.DataFrame:
    return pl.DataFrame(
        [line.split("|") for line in simulated_files.arrest_lines(rows)], schema=COLUMNS, orient="row"
    )


def _sound() -> bytes:
    buffer = io.BytesIO()
    _frame(20).write_parquet(buffer)
    return buffer.getvalue()


SOUND = _sound()


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
    kept = pl.read_parquet(tmp_path / "store" / "arrests" / "*.parquet")
    assert kept["date"].to_list() == [dt.date(2017, 2, day) for day in range(1, 6)]


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
    kept = pl.read_parquet(tmp_path / "store" / "arrests" / "*.parquet")
    assert "x" not in kept["method"].to_list()


def test_damaged_files(tmp_path: Path, refused: Refused) -> None:
    _frame(500).write_parquet(tmp_path / "sound.parquet")
    sound = (tmp_path / "sound.parquet").read_bytes()
    result = {
        "cut.parquet": sound[: len(sound) // 2],
        "tail.parquet": sound[:-20],
        "magic.parquet": b"PAR1",
        "length.parquet": sound[:-8] + b"\xff\xff\xff\x7fPAR1",
        "zeros.parquet": sound[:4] + bytes(len(sound) - 8) + b"PAR1",
        "pages.parquet": sound[:4] + bytes(400) + sound[404:],
    }
    for name, content in result.items():
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name)


def _columns(landmark: pa.Array) -> pa.Table:
    """A release of equal rows but for the landmark given."""
    kept = {"Apprehension Date": "02/01/2017", "Birth Date": "", "Operation": ""}
    result = {name: pa.array([kept.get(name, "Located")] * len(landmark)) for name in COLUMNS}
    return pa.table({**result, "Apprehension Landmark": landmark})


def _bomb(kind: str, path: Path) -> Path:
    """Some kilobytes that a reader would write out as gigabytes."""
    if kind == "categories":
        one = pa.DictionaryArray.from_arrays(pa.array(np.zeros(100_000, np.int32)), ["x y " * 25_000])
        pq.write_table(_columns(one), path)
    elif kind == "dictionary pages":
        table = _columns(pa.array(["x y " * 25_000] * 1_000))
        with pq.ParquetWriter(path, table.schema) as writer:
            for _ in range(40):
                writer.write_table(table)
    else:
        long = pa.array(["x" * 40_000_000] * 10)
        pq.write_table(_columns(long), path, compression="zstd", use_dictionary=False, write_statistics=False)
    assert path.stat().st_size < 300_000
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("categories", "texts of its cells"),
        ("dictionary pages", "texts of its cells"),
        ("packed pages", "unpacks to"),
    ],
)
def test_bombs_of_text_are_refused_within_bounds(
    kind: str, words: str, tmp_path: Path, within: Any, full_store: Path
) -> None:
    """One text named by all rows, held as a category or once a row group; pages of zstd."""
    before = simulated_files.tree(full_store)
    bomb = _bomb(kind, tmp_path / "bomb.parquet")
    done = within(["ingest", str(bomb), "--store", str(full_store)], 400)
    assert done.returncode == 1
    assert words in done.stderr
    assert simulated_files.tree(full_store) == before


def test_a_text_too_long_for_a_cell(tmp_path: Path, refused: Refused) -> None:
    pq.write_table(_columns(pa.array(["x", "y" * 1_000_001])), tmp_path / "long.parquet")
    assert "over a million characters" in refused(tmp_path / "long.parquet")


def test_long_texts_are_read_fewer_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block is bounded by its texts, too; no row is lost where blocks meet."""
    from atlarge.releases import opening
    from atlarge.releases.opening import open_release
    from atlarge.releases.reading import read_parts

    landmarks = [f"{n} " + "x" * (200 * (n % 7)) for n in range(500)]
    pq.write_table(_columns(pa.array(landmarks)), tmp_path / "long.parquet")
    monkeypatch.setattr(opening, "BLOCK", 16 * len(COLUMNS) * 300)
    parts = list(read_parts(tmp_path / "long.parquet", open_release(tmp_path / "long.parquet")))
    frames = [part.sheets[0].frame for part in parts]
    assert len(frames) > 5
    assert pl.concat(frames)["apprehension_landmark"].to_list() == landmarks
    assert pl.concat([part.sheets[0].rows for part in parts]).to_list() == list(range(1, 501))


def test_pages_are_added_up_as_another_reader_does(tmp_path: Path) -> None:
    """pyarrow's sums are of the pages with their headers, of some tens of bytes each."""
    path = tmp_path / "a.parquet"
    for options in ({}, {"compression": "zstd"}, {"use_dictionary": False}, {"data_page_size": 500}):
        pq.write_table(_frame(5_000).to_arrow(), path, row_group_size=1_200, **options)
        about = pq.read_metadata(path)
        groups = [about.row_group(g) for g in range(about.num_row_groups)]
        reported = sum(g.column(c).total_uncompressed_size for g in groups for c in range(g.num_columns))
        ours = unpacked_bytes(path.read_bytes())
        assert 0.8 * reported < ours < reported


def test_columns_described_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A footer that names one place for many columns could keep a reader busy for ever."""
    chunks = list(parquetform._chunks(SOUND))
    assert len(chunks) == len(COLUMNS)
    monkeypatch.setattr(parquetform, "_chunks", lambda data: iter([*chunks, chunks[0]]))
    with pytest.raises(DamagedError, match="the same place"):
        unpacked_bytes(SOUND)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_footer_is_added_up_or_refused(data: st.DataObject) -> None:
    """Random bytes as a footer, and a sound file with bytes changed anywhere: a sum or a DamagedError."""
    if data.draw(st.booleans()):
        footer = data.draw(st.binary(max_size=200))
        content = b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"
    else:
        changed = bytearray(SOUND)
        for at, byte in data.draw(
            st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=6)
        ):
            changed[at] = byte
        content = bytes(changed)
    with contextlib.suppress(DamagedError):
        assert unpacked_bytes(content) >= 0


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
        result = ingest([whole_file], tmp_path / f"by-{block}").releases[0].to_dict()
        assert len(result["tables"]) > 1
        assert {k: v for k, v in result.items() if k != "tables"} == {
            k: v for k, v in whole.items() if k != "tables"
        }
        assert pl.read_parquet(tmp_path / f"by-{block}" / "arrests" / "*.parquet").sort("row").equals(rows)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, within: Any) -> None:
    """Three million rows, which as a whole need over a gibibyte."""
    rows = _frame(100_000)
    tables = [rows.with_columns(pl.lit(str(n)).alias("part")).to_arrow() for n in range(30)]
    path = tmp_path / "long.parquet"
    with pq.ParquetWriter(path, tables[0].schema) as writer:
        for table in tables:
            writer.write_table(table)
    done = within(["ingest", str(path), "--store", str(tmp_path / "store")], 700)
    assert done.returncode == 0, done.stderr
    assert simulated_files.counted(tmp_path / "store") == 3_000_000


def _columnar(folder: Path) -> None:
    """The same rows as every kind of Parquet, Arrow, Stata and SPSS file that programs write."""
    frame = pl.read_parquet(io.BytesIO(SOUND))
    for packing in ("uncompressed", "snappy", "gzip", "brotli", "lz4", "zstd"):
        frame.write_parquet(folder / f"{packing}.parquet", compression=packing)  # type: ignore[arg-type]
    frame.with_columns(pl.col(frame.columns[0]).cast(pl.Categorical)).write_parquet(
        folder / "category.parquet"
    )
    frame.write_ipc(folder / "plain.feather")
    frame.write_ipc(folder / "lz4.feather", compression="lz4")
    frame.write_ipc_stream(folder / "stream.arrows")
    table = frame.to_arrow()
    pq.write_table(table, folder / "second.parquet", data_page_version="2.0", row_group_size=2)
    pq.write_table(table, folder / "checked.parquet", write_page_checksum=True)
    plain = frame.rename(lambda name: name.replace(" ", "_")).to_pandas()
    for version in (114, 118):
        plain.to_stata(folder / f"{version}.dta", version=version, write_index=False)
    pyreadstat.write_sav(plain, str(folder / "plain.sav"))


@pytest.mark.slow
def test_no_mutant_ends_the_process_or_prints(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    _columnar(tmp_path / "whole")
    script = Path(__file__).with_name("mutants.py")
    command = [sys.executable, str(script), str(tmp_path / "whole"), "0", "60"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stderr[-500:]) == (0, ""), done.stdout.splitlines()[-1:]
    assert len(done.stdout.splitlines()) == 15 * 60


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("rows of the footer", {3: 7}, "another number of rows"),
        ("rows of a group", {4: {3: 2**62}}, "number of"),
        ("values of a column", {4: {1: {3: {5: 2**61}}}}, "another number of values"),
    ],
)
def test_headers_that_contradict_each_other(
    name: str, change: dict[int, object], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A count that no reader should believe: it would take memory for so many values."""
    footer = parquetform._footer(SOUND)

    def put(where: object, change: dict[int, object]) -> None:
        fields = where[0] if isinstance(where, list) else where
        assert isinstance(fields, dict)
        for number, value in change.items():
            if isinstance(value, dict):
                put(fields[number], value)
            else:
                fields[number] = value

    put(footer, change)
    monkeypatch.setattr(parquetform, "_footer", lambda data: footer)
    with pytest.raises(DamagedError, match=words):
        unpacked_bytes(SOUND)


def test_a_flipped_bit_is_found_by_the_checksum_of_its_page(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pl.read_parquet(io.BytesIO(SOUND)).to_arrow(), path, write_page_checksum=True)
    content = path.read_bytes()
    assert unpacked_bytes(content) > 0
    header = parquetform._Thrift(content, min(c.start for c in parquetform._chunks(content)))
    page = header.struct()
    for at in range(header.at, header.at + page[3]):
        changed = bytearray(content)
        changed[at] ^= 4
        with pytest.raises(DamagedError, match="checksum"):
            unpacked_bytes(bytes(changed))


@pytest.mark.parametrize("packing", ["uncompressed", "lz4", "zstd"])
@pytest.mark.parametrize("form", ["file", "stream"])
def test_arrow_columns_are_added_up_as_another_reader_does(form: str, packing: str) -> None:
    table = _frame(500).to_arrow().combine_chunks()
    buffer = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=None if packing == "uncompressed" else packing)
    new = pa.ipc.new_file if form == "file" else pa.ipc.new_stream
    with new(buffer, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=99)
    assert table.nbytes <= arrow_bytes(buffer.getvalue()) < 1.3 * table.nbytes


def test_an_arrow_file_that_unpacks_too_large(
    tmp_path: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.feather"
    frame = _frame(5)
    frame = pl.concat([frame] * 4_000)
    frame.write_ipc(path, compression="zstd", compat_level=pl.CompatLevel.oldest())
    assert path.stat().st_size < 500_000
    monkeypatch.setenv("ATLARGE_MAX_BYTES", "500000")
    assert "unpacks to" in refused(path)

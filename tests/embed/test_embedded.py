"""The shipped store equals a rebuild from the published releases, and keeps nothing of a person."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

from atlarge.errors import ReleaseError
from atlarge.records.store import open_store

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from embed import build, main, recipe

PERSON = {
    "citizenship",
    "gender",
    "birth_year",
    "birth_date",
    "subject_key",
    "landmark",
    "criminality",
    "row",
}


@pytest.mark.data
@pytest.mark.slow
def test_the_shipped_store_equals_a_rebuild(data_dir: Path, tmp_path: Path) -> None:
    build(data_dir, tmp_path / "again")
    shipped, again = open_store(None), open_store(tmp_path / "again")
    assert shipped.manifest == again.manifest
    for name in shipped.tables():
        assert [f.read_bytes() for f in shipped.files(name)] == [f.read_bytes() for f in again.files(name)]


def test_every_row_of_the_releases_is_counted() -> None:
    """544,059 is the sum of the four files' rows in their publisher's account."""
    store = open_store(None)
    arrests = store.scan("arrests").select(pl.col("n").sum()).collect().item()
    assert arrests == 110_104 + 143_470 + 158_581 + 131_904


def test_nothing_of_a_person_is_kept() -> None:
    store = open_store(None)
    assert store.tables()
    for name in store.tables():
        frame = store.scan(name).collect()
        reported = {column for column in frame.columns if frame[column].null_count() < frame.height}
        assert reported >= {"date", "n"}
        assert not reported & PERSON
        assert reported <= {*recipe()["keep"][name], "n", "release_id"}


def test_a_folder_without_the_releases_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ReleaseError, match="holds no EROArrests_FY2016"):
        build(tmp_path, tmp_path / "out")
    assert main([str(tmp_path), str(tmp_path / "out")]) == 1
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err

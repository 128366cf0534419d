"""Who may read what is written: a store its owner alone, other files as the umask says."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

import simulated_files
from atlarge.files import locked, write_atomically, write_by_extension
from atlarge.ingest import ingest

pytestmark = [pytest.mark.slow_file, pytest.mark.skipif(os.name == "nt", reason="modes are of POSIX")]


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277, 0o777])
def test_a_store_is_of_its_owner_alone(mask: int, tmp_path: Path) -> None:
    """Also the folders above that it makes: who may write there could put another store in its place."""
    source = simulated_files.arrests(tmp_path / "a.csv", 40, 1)
    store = tmp_path / "new" / "deep" / "store"
    with _umask(mask):
        ingest([source], store)
    found = [tmp_path / "new", *(tmp_path / "new").rglob("*")]
    assert len(found) > 5
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o027, 0o640)])
def test_written_tables_follow_the_umask(mask: int, mode: int, tmp_path: Path) -> None:
    """Working output holds small counts; it was readable by all whatever the umask said."""
    with _umask(mask):
        write_by_extension(tmp_path / "panel.csv", pl.DataFrame({"n": [1]}))
        write_atomically(tmp_path / "page.html", b"")
    for name in ("panel.csv", "page.html"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode
    assert sorted(p.name for p in tmp_path.iterdir()) == ["page.html", "panel.csv"]


@pytest.mark.skipif(
    not Path("/proc/self").is_dir(), reason="this system has no folder in which none may write"
)
def test_a_lock_that_cannot_be_made_is_not_said_to_be_taken() -> None:
    busy = RuntimeError("another process has it")
    with pytest.raises(OSError, match=r"/proc/none\.lock"), locked(Path("/proc/none.lock"), busy):
        pass

"""Files written whole or not at all, and paths held by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

_FORMULA = r"^[=+\-@\t\r]"
"""How a cell begins that a spreadsheet program would take for a formula."""


def csv_text(frame: pl.DataFrame) -> str:
    """A frame as CSV whose text cells a spreadsheet takes for text: formulas get a quote before them."""
    guarded = [
        pl.when(pl.col(name).str.contains(_FORMULA))
        .then("'" + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name, kind in frame.schema.items()
        if kind == pl.String
    ]
    return frame.with_columns(guarded).write_csv()


@contextlib.contextmanager
def held(path: Path, opened: Callable[[], int], busy: Exception) -> Iterator[None]:
    """Hold a path against other processes; the system lets go of it when this one dies, however it dies.

    `opened` makes the path if it is not there and opens it; the caller may take it away before letting go.
    Raises `busy` where another process holds the path.
    """
    while True:
        handle = opened()
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and path.stat().st_ino == os.fstat(handle).st_ino:
                break
        except BlockingIOError:
            os.close(handle)
            raise busy from None
        os.close(handle)
    try:
        yield
    finally:
        os.close(handle)


def write_atomically(path: Path | str, content: bytes) -> None:
    """Write bytes so that a reader sees the old file or the new one, never a part.

    The folder is made if it is not there. OSError passes through when the disk or the rights forbid it.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(target)
        raise

"""Files written completely or not at all, and paths locked by one process at a time."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from atlarge.arguments import extension_of


def read_yaml(text: str) -> Any:
    """Parse a YAML text, with the C parser (six times as fast) where PyYAML has it."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def shipped_text(package: str | None, *path: str) -> str:
    """Read a text file that ships with one of our packages."""
    return files(str(package)).joinpath(*path).read_text(encoding="utf-8")


def shipped_yaml(package: str | None, *path: str) -> Any:
    """Parse a YAML file that ships with one of our packages."""
    return read_yaml(shipped_text(package, *path))


_FORMULA = "=+-@\t\r\n＝＋－＠"
"""First characters of cells that a spreadsheet program would run as a formula; wide forms too."""


def without_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """Put a quote before every text cell that a spreadsheet program would run as a formula."""
    texts = [column for column in frame.get_columns() if column.dtype == pl.String]
    risky = [c.name for c in texts if any(text and text[0] in _FORMULA for text in c.to_list())]
    if not risky:
        return frame
    return frame.with_columns(
        pl.when(c.str.slice(0, 1).is_in(list(_FORMULA))).then(pl.lit("'") + c).otherwise(c).name.keep()
        for c in map(pl.col, risky)
    )


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """A frame as the bytes of a Parquet file."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def csv_text(frame: pl.DataFrame) -> str:
    """A frame as CSV that a spreadsheet program can open safely: no cell is a formula."""
    return without_formulas(frame).write_csv()


def write_by_extension(path: Path | str, frame: pl.DataFrame, **others: Callable[[], bytes]) -> None:
    """Write a frame by the extension of the path: .csv, .parquet or one of `others`; atomic.

    Raises QuestionError for any other extension.
    """
    forms: dict[str, Callable[[], bytes]] = {
        **{f".{name}": content for name, content in others.items()},
        ".csv": lambda: csv_text(frame).encode(),
        ".parquet": lambda: parquet_bytes(frame),
    }
    write_atomically(path, forms[extension_of(path, list(forms))]())


def digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


PRIVATE = 0o600
"""Mode of what only its owner may read, whatever the umask."""


def private_folder(path: Path) -> None:
    """Make a folder, and those that it lies in, that only its owner may open, whatever the umask; one that is
    there stays as it is."""
    for folder in reversed([p for p in (path, *path.parents) if not p.exists()]):
        folder.mkdir(exist_ok=True, mode=0o700)
        folder.chmod(0o700)


@contextlib.contextmanager
def locked(path: Path, busy: Exception, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Lock a path against other processes; the system releases the lock when this process dies.

    The file `path` is created if it is not there and may be removed before the lock is released.
    Raises `busy` where another process has kept the lock for `wait_seconds`, OSError where the file cannot be
    created.
    """
    from filelock import FileLock, Timeout  # not needed to read

    lock = FileLock(path, timeout=wait_seconds, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        if not path.exists():  # so it was not another process, unless that one has just ended
            path.touch(mode=0o600)
        raise busy from None
    try:
        yield
    finally:
        lock.release()


def sync(path: Path) -> None:
    """Have the system write a file, or the entries of a folder where it can, to the disk."""
    if os.name == "nt" and path.is_dir():
        return  # folders cannot be opened there, and their entries need no call of their own
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomically(path: Path | str, content: bytes, mode: int = 0o644) -> None:
    """Write bytes so that a reader sees the old file or the new one, never a part.

    The folder is created if it is not there. `mode`: who may read it, of whom the umask may forbid some.
    OSError passes through when the disk or the rights forbid it.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    name = target.parent / f".{target.name}.{secrets.token_hex(4)}.tmp"
    try:
        handle = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), mode)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if mode == PRIVATE:
            name.chmod(mode)
        name.replace(target)
    except BaseException as error:
        name.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(target)
        raise


def is_stream(path: Path) -> bool:
    """Whether a path is a device, a pipe or a socket: reading one may never end."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


STREAM = "is a device or a pipe, not a file; save its content to a file first"
"""What is said of such a path."""


_CODE = {".py", ".yaml", ".csv", ".json", ".j2", ".css", ".js", ".svg"}


@cache
def code_hash() -> str:
    """SHA-256 of the program: code, tables, templates; the embedded records are a store as any other."""
    root = Path(str(files("atlarge")))
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if path.suffix in _CODE and "embedded" not in name.parts:
            digest.update(name.as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()

"""Turn the errors that readers raise on broken files into one clear line."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from atlarge.errors import AtlargeError, ReleaseError

_READERS = ("fastexcel", "_fastexcel", "polars", "pyo3_runtime", "pyreadstat")
_OF_PYTHON = (OSError, RuntimeError, ValueError, TypeError, OverflowError, MemoryError, EOFError)
"""What readers of columnar files pass on from the libraries that unpack for them."""

_guard = threading.Lock()
_inside = 0
_kept: list[Any] = []
_ZONE = re.compile(r"unable to parse time zone: ('[^']+')")
_PANIC = (b"thread '", b"note: run with", b"called `", b"stack backtrace", b"index out of", b"assertion ")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress what a reader written in Rust prints when it panics: the error is one line."""
    global _inside
    with _guard:
        _inside += 1
        if _inside == 1:
            sys.stderr.flush()
            saved = tempfile.TemporaryFile()  # noqa: SIM115
            _kept[:] = [saved, os.dup(2)]
            os.dup2(saved.fileno(), 2)
    try:
        yield
    finally:
        with _guard:
            _inside -= 1
            if _inside == 0:
                saved, before = _kept
                os.dup2(before, 2)
                os.close(before)
                saved.seek(0)
                printed = saved.read()
                saved.close()
                if printed and not any(mark in printed for mark in _PANIC):
                    os.write(2, printed)


@contextlib.contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """ReleaseError when a reader fails on a file; `what` says what it was taken for.

    Readers written in Rust may panic, which Python does not count among the exceptions.
    """
    try:
        with _quiet() if what != "rows of text" else contextlib.nullcontext():
            yield
    except BaseException as error:
        is_own = isinstance(error, AtlargeError) or not isinstance(error, _OF_PYTHON)
        if is_own and type(error).__module__.split(".")[0] not in _READERS:
            raise
        message = " ".join(str(error).split())[:160]
        if zone := _ZONE.search(message):
            raise ReleaseError(
                f"{path}: its times are in the zone {zone[1]}, which has no name; save them without a zone "
                "(in pandas by `.dt.tz_localize(None)`), or the table as CSV"
            ) from None
        raise ReleaseError(f"{path}: cannot be read as {what} ({message}); download it again") from None

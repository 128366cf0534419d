"""What readers of files throw at broken ones, turned into one clear line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from atlarge.errors import ReleaseError

_READERS = ("fastexcel", "_fastexcel", "polars", "pyo3_runtime")


@contextlib.contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """ReleaseError when a reader fails on a file; `what` says what it was taken for.

    Readers written in Rust may panic, which Python does not count among the exceptions.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__module__.split(".")[0] not in _READERS:
            raise
        told = " ".join(str(error).split())[:160]
        raise ReleaseError(f"{path}: cannot be read as {what} ({told}); download it again") from None

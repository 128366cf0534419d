"""Work shared among processes, or done in this one where no process can be started."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any


class Workers:
    """A few processes that run plain functions; `count` 1 runs them here."""

    def __init__(self, count: int) -> None:
        self._pool: ProcessPoolExecutor | None = None
        if count > 1:
            from multiprocessing import get_context

            self._pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"))

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[Any]:
        """Results in the order of the jobs."""
        done = 0
        if self._pool is not None:
            try:
                for result in self._pool.map(function, jobs):
                    done += 1
                    yield result
            except BrokenProcessPool:  # a script without a main guard cannot start processes
                self._pool = None
        if self._pool is None:
            yield from map(function, jobs[done:])

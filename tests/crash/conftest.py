"""Processes that die at a chosen step."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]

# Every call that makes something last or moves it is a step; at the step chosen the process kills itself,
# without any chance to tidy up. Each trial is a fork of one process that has loaded the code and run nothing.
DYING = """
import os, pathlib, shutil, signal, sys
sys.path.insert(0, {tests!r})
import polars as pl
{imports}
steps, at = 0, 0
def count(function, after):
    def counted(*given, **named):
        global steps
        steps += 1
        mine = steps == at
        if mine and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*given, **named)
        if mine and after:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return counted
os.fsync = count(os.fsync, False)
shutil.rmtree = count(shutil.rmtree, False)
os.rename = count(os.rename, True)
pathlib.Path.replace = count(pathlib.Path.replace, True)
pathlib.Path.rename = count(pathlib.Path.rename, True)
pathlib.Path.rmdir = count(pathlib.Path.rmdir, True)
pl.DataFrame.write_parquet = count(pl.DataFrame.write_parquet, True)
for at in range(1, 200):
    child = os.fork()
    if child == 0:
{code}
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(at, status, flush=True)
    if status != -signal.SIGKILL:
        break
"""


@pytest.fixture
def dies() -> Callable[[str, str], list[int]]:
    """Run code in one process a trial, killed at its first step, its second, and so on until it is done.

    `code` may use `at`, the number of the trial. Returns how each trial ended: -9 killed, 0 done.
    """

    def run(imports: str, code: str) -> list[int]:
        text = DYING.format(tests=str(TESTS), imports=imports, code=textwrap.indent(code, " " * 8))
        done = subprocess.run(
            [sys.executable, "-c", text], capture_output=True, text=True, check=False, timeout=600
        )
        ends = [int(line.split()[1]) for line in done.stdout.splitlines()]
        assert ends[-1] == 0, done.stderr
        return ends

    return run


@pytest.fixture
def read_only() -> dict[str, Any]:
    """Options of a process that may write only where its rights say so, even where it is root's."""
    if os.geteuid() != 0:
        return {}
    drop, override = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE

    def without_override() -> None:
        assert ctypes.CDLL(None).prctl(drop, override, 0, 0, 0) == 0

    return {"preexec_fn": without_override}


@pytest.fixture
def full_disk() -> dict[str, Any]:
    """Options of a process in which no file may grow past 4,000 bytes."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))

    return {"preexec_fn": limit}


@pytest.fixture
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line."""

    def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            [sys.executable, "-m", "atlarge", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "POLARS_MAX_THREADS": "1"},
            **options,
        )

    return run

"""A store that holds something, and what a refusal must look like."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import simulated_files
from atlarge.errors import AtlargeError
from atlarge.ingest import ingest

MIB = 1024 * 1024


@pytest.fixture
def full_store(tmp_path: Path) -> Path:
    """A store that holds a small release."""
    ingest([simulated_files.arrests(tmp_path / "held.csv", 30)], tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture
def refused(full_store: Path) -> Callable[[Path], str]:
    """Ingest a file that must be refused: one line, naming the file, the store to the byte as it was."""
    before = simulated_files.tree(full_store)

    def check(path: Path) -> str:
        with pytest.raises(AtlargeError) as raised:
            ingest([path], full_store)
        line = str(raised.value)
        assert "\n" not in line
        assert line.isprintable()
        assert path.suffix in line
        assert len(line) < 600 + len(str(path))
        assert simulated_files.tree(full_store) == before
        return line

    return check


@pytest.fixture
def within() -> Callable[[list[str], int], subprocess.CompletedProcess[str]]:
    """Run the command line in a process of its own that may hold so many MiB, for two minutes."""

    def run(arguments: list[str], mebibytes: int) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "POLARS_MAX_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
        # The high-water mark of the process's own memory: what getrusage tells goes over from the parent.
        code = (
            "import re, sys\n"
            "from atlarge.cli import main\n"
            "try:\n    main()\n"
            "finally:\n"
            "    held = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]\n"
            "    sys.stderr.write(f'peak {int(held) // 1024}\\n')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=environment,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30)),
        )
        lines = done.stderr.strip().splitlines()
        assert lines
        assert lines[-1].startswith("peak "), done.stderr
        peak = int(lines[-1].split()[1])
        assert peak < mebibytes, f"{peak} MiB at its highest: {done.stderr}"
        done.stderr = "\n".join(lines[:-1])
        return done

    return run

"""What holds for the whole tree: a quick import, no machine and no registry named."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_import_is_light() -> None:
    """`import atlarge` loads no library that is slow to load."""
    code = "import sys, atlarge; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"polars", "numpy", "scipy", "altair", "typer", "narwhals"} & set(loaded)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="threads are listed in /proc")
def test_import_of_any_module_runs_no_query() -> None:
    """A process that has the threads of Polars cannot be forked, as servers and schedulers of jobs do."""
    code = """
import importlib, pathlib, pkgutil, atlarge
for module in pkgutil.walk_packages(atlarge.__path__, "atlarge."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(*(file.read_text().strip() for file in pathlib.Path("/proc/self/task").glob("*/comm")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "python" in done.stdout
    assert "polars-0" not in done.stdout.split()


def test_the_tree_names_no_machine_and_no_registry() -> None:
    forbidden = re.compile(
        r"/work/|/root/|/tmp/bash|pypi\.org/simple|files\.pythonhosted|registry\.npmjs|deb\.debian"
    )
    this = Path(__file__).resolve()
    texts = [
        p
        for p in _tracked()
        if p.suffix in {".py", ".md", ".yaml", ".toml", ".lock", ".html", ".js", ".json", ""}
    ]
    found = [
        str(p.relative_to(ROOT))
        for p in texts
        if p != this and forbidden.search(p.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not found

"""Habits that hold everywhere: short functions, quick import, no word that does not belong."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LONGEST_FUNCTION = 60


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_functions_are_short(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    long = [
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not long


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_public_functions_say_what_they_do(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not silent


def test_import_is_light() -> None:
    """`import atlarge` loads no library that is slow to load."""
    code = "import sys, atlarge; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"polars", "numpy", "scipy", "altair", "typer", "narwhals"} & set(loaded)


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

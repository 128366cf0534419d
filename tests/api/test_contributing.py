"""The steps of CONTRIBUTING.md, done in a copy of the project as they stand there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from blocks import ROOT, blocks, commands, run_command


@pytest.mark.slow
def test_every_step_works_in_a_copy(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "atlarge", tmp_path / "src" / "atlarge", ignore=ignored)
    ran, written = 0, 0
    for block in blocks(ROOT / "CONTRIBUTING.md"):
        path = tmp_path / block.path
        if block.name == "file":
            path.write_text(block.text, encoding="utf-8")
        elif block.name == "append":
            before = path.read_text(encoding="utf-8")
            path.write_text(before + ("" if before.endswith("\n") else "\n") + block.text, encoding="utf-8")
        elif block.kind == "console":
            for line, shown in commands(block):
                run_command(line, shown, tmp_path, tmp_path / "src")
                ran += 1
        else:
            pytest.fail(f"a block that nothing runs: {block.text}")
        written += bool(block.name)
    assert (written, ran) == (5, 5)

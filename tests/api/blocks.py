"""Code blocks of Markdown pages, and running them."""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One block: `kind` is its language, `name` and `path` come from `file=...` or `append=...`."""

    kind: str
    text: str
    name: str = ""
    path: str = ""


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    made = []
    for info, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        kind, _, rest = info.partition(" ")
        name, _, path = rest.partition("=")
        made.append(Block(kind, text, name, path))
    return made


def commands(block: Block) -> list[tuple[str, list[str]]]:
    """Commands of a console block, each with the lines of output that the page shows."""
    made: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            made.append((line[2:], []))
        elif line.strip():
            made[-1][1].append(line)
    return made


def run_command(line: str, shown: list[str], folder: Path, source: Path = ROOT / "src") -> None:
    """Run an atlarge command in a folder; it must succeed, and print the lines shown (`...` for any text)."""
    words, _, target = line.partition(" > ")
    given = shlex.split(words)
    assert given[0] == "atlarge", line
    done = subprocess.run(
        [sys.executable, "-m", "atlarge", *given[1:]],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        env={**os.environ, "PYTHONPATH": str(source), "COLUMNS": "200"},
    )
    assert done.returncode == 0, f"{line}\n{done.stderr}"
    if target:
        (folder / target).write_text(done.stdout, encoding="utf-8")
    printed = done.stdout.splitlines()
    for expected in shown:
        pattern = re.sub(r"([\[\]*?])", r"[\1]", expected).replace("...", "*")
        assert any(fnmatch.fnmatchcase(out, pattern) for out in printed), f"{line}\n{expected}\n{done.stdout}"

"""Code blocks of Markdown pages, and running them."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from command_line import run

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
    rows = []
    for info, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        kind, _, rest = info.partition(" ")
        name, _, path = rest.partition("=")
        rows.append(Block(kind, text, name, path))
    return rows


def commands(block: Block) -> list[tuple[str, list[str]]]:
    """Commands of a console block, each with the lines of output that the page shows."""
    rows: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            rows.append((line[2:], []))
        elif line.strip():
            rows[-1][1].append(line)
    return rows


def write_files(page: Path, folder: Path) -> None:
    """Write the blocks of a page that are files (`file=NAME`) into a folder."""
    for block in blocks(page):
        if block.name == "file":
            (folder / block.path).write_text(block.text, encoding="utf-8")


def run_command(line: str, shown: list[str], folder: Path, source: Path = ROOT / "src") -> None:
    """Run a command in a folder; it must succeed, and print the lines shown (`...` for any text).

    `make` is asked what it would do; `atlarge serve` must give its first page; variables may stand before.
    """
    words, _, target = line.partition(" > ")
    given = shlex.split(words)
    if given[0] == "make":
        subprocess.run(["make", "-n", *given[1:]], cwd=ROOT, check=True, capture_output=True)
        return
    own = {}
    while "=" in given[0]:
        name, _, value = given.pop(0).partition("=")
        own[name] = value
    assert given[0] == "atlarge", f"{line}: only atlarge and make are run"
    environment = {**os.environ, "PYTHONPATH": str(source), "COLUMNS": "200", **own}
    if given[1] == "serve":
        _serve(given, folder, environment)
        return
    perform = _here if source == ROOT / "src" else _apart
    code, stdout, stderr = perform(given[1:], folder, environment)
    assert code == 0, f"{line}\n{stderr}"
    if target:
        (folder / target).write_text(stdout, encoding="utf-8")
    printed = stdout.splitlines()
    for expected in shown:
        pattern = re.sub(r"([\[\]*?])", r"[\1]", expected).replace("...", "*")
        assert any(fnmatch.fnmatchcase(out, pattern) for out in printed), f"{line}\n{expected}\n{stdout}"


def _here(words: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str, str]:
    """Exit code and output of a command in this process: a new one spends most of its time on starting."""
    with contextlib.chdir(folder):
        done = run(words, env=environment)
    return done.exit_code, done.stdout, f"{done.stderr}{done.exception or ''}"


def _apart(words: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str, str]:
    """The same of a process, whose code may be another copy."""
    done = subprocess.run(
        [sys.executable, "-m", "atlarge", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        env=environment,
    )
    return done.returncode, done.stdout, done.stderr


def _serve(given: list[str], folder: Path, environment: dict[str, str]) -> None:
    """A command that ends only when it is told to: it must say where, and give a page there."""
    running = subprocess.Popen(
        [sys.executable, "-m", "atlarge", *given[1:], "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=folder,
        env={**environment, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert running.stdout is not None
        address = running.stdout.readline().strip()
        with urllib.request.urlopen(address, timeout=30) as page:
            assert b"<html" in page.read().lower()
    finally:
        running.terminate()
        running.communicate()

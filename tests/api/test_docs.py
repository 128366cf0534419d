"""The docs are current, and every code block of theirs runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from blocks import ROOT, Block, blocks, commands, run_command

import making

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
NEVER_ENDS = ("atlarge serve", "atlarge fetch")
GENERATED = ("cli.md", "api.md", "data-dictionary.md", "benchmarks.md")


@pytest.mark.parametrize("name", GENERATED)
def test_made_pages_are_current(name: str) -> None:
    """`python tools/docs.py` would change nothing."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import docs
    finally:
        sys.path.pop(0)
    assert (DOCS / name).read_text(encoding="utf-8") == docs.PAGES[name](), "run python tools/docs.py"


def _with_code(kind: str) -> list[Path]:
    return [page for page in PAGES if any(b.kind == kind and not b.name for b in blocks(page))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the pages speak of, made up: releases, a store, a ledger."""
    from atlarge.claims.template import shipped
    from atlarge.ingest import ingest
    from atlarge.simulate import simulate

    made = simulate(tmp_path, seed=5, arrests=60_000)
    made.detainers.unlink()
    detainers = making.detainers(tmp_path / "detainers.csv")
    ingest([*made.arrests, detainers], tmp_path / "mystore")
    (tmp_path / "claims.yaml").write_text(shipped("sanctuary-cities-2017"), encoding="utf-8")
    return tmp_path


def _runs(block: Block) -> list[tuple[str, list[str]]]:
    """Commands of a block that end by themselves, without a network."""
    made = []
    for line, shown in commands(block):
        if line.startswith("atlarge ") and not line.startswith(NEVER_ENDS):
            made.append((re.sub(r"\s+#.*$", "", line), shown))
    return made


@pytest.mark.slow
@pytest.mark.parametrize("page", _with_code("console"), ids=lambda p: p.name)
def test_commands_of_a_page_run(page: Path, folder: Path) -> None:
    for block in blocks(page):
        if block.kind == "console":
            for line, shown in _runs(block):
                expanded = line
                for pattern in re.findall(r"\S*\*\S*", line):
                    names = sorted(p.name for p in folder.glob(pattern))
                    assert names, f"{page.name}: {pattern} names nothing"
                    expanded = expanded.replace(pattern, " ".join(names))
                run_command(expanded, shown, folder)


@pytest.mark.slow
@pytest.mark.parametrize("page", _with_code("python"), ids=lambda p: p.name)
def test_python_of_a_page_runs(page: Path, folder: Path) -> None:
    """All blocks of a page run one after another, as a reader would type them."""
    code = "\n".join(b.text for b in blocks(page) if b.kind == "python")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        env={**os.environ},
    )
    assert done.returncode == 0, f"{page.name}\n{done.stderr}"


def test_links_lead_somewhere() -> None:
    """Every link between pages, and every picture, is there."""
    lost = []
    for page in [*PAGES, ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:"):
                place = (page.parent / target).resolve()
                if not place.exists():
                    lost.append(f"{page.relative_to(ROOT)} -> {target}")
    assert not lost


def test_tests_that_trust_names_are_there() -> None:
    """docs/trust.md and docs/security.md name only tests that exist."""
    for page in (DOCS / "trust.md", DOCS / "security.md"):
        for name in re.findall(r"`(tests/[\w/.]+)(?:::(\w+))?`", page.read_text(encoding="utf-8")):
            path, test = name
            assert (ROOT / path).exists(), f"{page.name}: {path}"
            assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{test}"

"""The docs are current, and every code block of theirs runs."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import yaml
from blocks import ROOT, Block, blocks, commands, run_command, write_files

import java
import simulated_files
from atlarge.publish import site

pytestmark = pytest.mark.slow_file

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
GENERATED = ("cli.md", "data-dictionary.md", "benchmarks.md", "scale.md", "trust.md")
OUTPUT = "text"  # a block that shows what is printed, or draws; every other kind is run


@pytest.mark.parametrize("name", GENERATED)
def test_generated_pages_are_current(name: str) -> None:
    """`python tools/docs.py` would change nothing."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import docs
    finally:
        sys.path.pop(0)
    assert (DOCS / name).read_text(encoding="utf-8") == docs.PAGES[name](), "run python tools/docs.py"


def _with_code(kind: str, name: str = "") -> list[Path]:
    return [page for page in PAGES if any(b.kind == kind and b.name == name for b in blocks(page))]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the pages speak of, made up: releases, a store, a ledger."""
    from atlarge.claims.template import shipped
    from atlarge.ingest import ingest
    from atlarge.simulate import simulate

    tmp_path = tmp_path_factory.mktemp("docs")
    simulated = simulate(tmp_path, seed=5, arrests=60_000)
    simulated.detainers.unlink()
    detainers = simulated_files.detainers(tmp_path / "detainers.csv")
    ingest([*simulated.arrests, detainers], tmp_path / "mystore")
    (tmp_path / "claims.yaml").write_text(shipped("sanctuary-cities-2017"), encoding="utf-8")
    story = "The sheriff's office declined about 140 detainers in February 2017, officials in Texas said.\n"
    (tmp_path / "story.txt").write_text(story, encoding="utf-8")
    (tmp_path / "in.csv").write_text("aor,landmark\nHOU,AUSTIN COUNTY JAIL\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    """A copy of it, for one page."""
    return shutil.copytree(filled, tmp_path / "docs")


def _is_run(block: Block) -> bool:
    """Whether a test runs a block: code and commands, files that commands read, claims to be checked."""
    return block.kind in ("python", "console") or block.name == "file" or block.name == "claims"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_block_is_run_or_marked_as_output(page: Path) -> None:
    """A block with no kind, or of a kind that no test runs, is a fault; so is code marked as output."""
    left = [b for b in blocks(page) if not _is_run(b) and b.kind != OUTPUT]
    assert not left, f"{page.name}: say what kind of block it is: {left[0].kind!r}\n{left[0].text}"
    for block in blocks(page):
        if block.kind == OUTPUT:
            assert not re.search(r"^(\$ |import |from \w+ import )", block.text, re.MULTILINE), block.text
    fences = re.findall(r"^\s*(?:```|~~~)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) == 2 * len(blocks(page)), f"{page.name}: a block that is indented or never closed"
    outside = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    indented = re.search(r"\n\n {4}\S.*", outside)
    assert indented is None, f"{page.name}: a block without fences: {indented[0].strip()}"


def _runs(block: Block) -> list[tuple[str, list[str]]]:
    """Commands of a block, without what is said of them."""
    return [(re.sub(r"\s+#.*$", "", line), shown) for line, shown in commands(block)]


@pytest.mark.slow
@pytest.mark.parametrize("page", _with_code("console"), ids=lambda p: p.name)
def test_commands_of_a_page_run(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sites are published without counties, whose small counts take most of the time."""
    few = partial(site.publish, every_county=False, levels=("nation", "aor", "state"))
    monkeypatch.setattr(site, "publish", few)
    write_files(page, folder)
    for block in blocks(page):
        if block.kind == "console":
            for line, shown in _runs(block):
                expanded = line
                assert not line.startswith("atlarge fetch"), "needs a network: tests/releases/test_fetch.py"
                for pattern in re.findall(r"\S*\*\S*", line):
                    names = sorted(str(p.relative_to(folder)) for p in folder.glob(pattern))
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
        env={**os.environ, **java.home(folder / "java"), "HOME": str(folder)},
    )
    assert done.returncode == 0, f"{page.name}\n{done.stderr}"


@pytest.mark.slow
@pytest.mark.parametrize("page", _with_code("yaml", "claims"), ids=lambda p: p.name)
def test_claims_of_a_page_are_checked(page: Path, folder: Path) -> None:
    """Each claim of a block, given a name and a text, is one that `atlarge check` reads."""
    claims = []
    for block in blocks(page):
        if block.name == "claims":
            for text in re.split(r"\n\s*\n", block.text.strip()):
                claims.append({"id": f"claim-{len(claims)}", "text": "as shown", **yaml.safe_load(text)})
    article = {"title": "a", "outlet": "b", "date": dt.date(2017, 3, 20), "url": "https://example.org"}
    ledger = {"ledger": 1, "article": article, "claims": claims}
    (folder / "shown.yaml").write_text(yaml.safe_dump(ledger), encoding="utf-8")
    run_command("atlarge check shown.yaml", [f"... {claim['id']}" for claim in claims], folder)


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


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_a_table_ends_with_a_blank_line(page: Path) -> None:
    """Else the site takes the heading after it for a row."""
    assert not re.findall(r"^\|.*\n(?=[^|\n]).*", page.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_page_is_in_the_navigation() -> None:
    named = re.findall(
        r"^ +- .+: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(named) == sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))


def test_every_promise_names_a_test_that_tests() -> None:
    """Each row of docs/trust.md and docs/security.md, and each point of what goes out, names a file of tests,
    or a benchmark or script."""
    found = 0
    for page in (DOCS / "trust.md", DOCS / "security.md"):
        text = page.read_text(encoding="utf-8")
        heads, _, attacks = text.partition("### Attacks")
        rows = [*heads.splitlines(), *attacks.partition("## ")[2].splitlines()]
        promises = [
            r for r in rows if r.startswith("| ") and "tested by" not in r and not r.startswith("| ---")
        ]
        going_out = text.partition("## What goes out")[2].partition("\n## ")[0]
        promises += [point for point in re.split(r"^- ", going_out, flags=re.M)[1:] if point.strip()]
        for promise in promises:
            paths = re.findall(r"`((?:tests|benchmarks|tools)/[\w/.]+)", promise) + re.findall(
                r"`(make \w+)`", promise
            )
            assert paths, f"{page.name}: {promise}"
            for path in (ROOT / p for p in paths if p.startswith("tests/")):
                files = [path] if path.is_file() else list(path.glob("test_*.py"))
                assert any("\ndef test_" in f.read_text(encoding="utf-8") for f in files), path
        found += len(promises)
    assert found > 60


def test_tests_that_trust_names_are_there() -> None:
    """docs/trust.md and docs/security.md name only tests and scripts that exist."""
    for page in (DOCS / "trust.md", DOCS / "security.md"):
        named = re.findall(
            r"`((?:tests|benchmarks|tools)/[\w/.]+)(?:::(\w+))?`", page.read_text(encoding="utf-8")
        )
        assert len(named) >= 5, page.name
        for path, test in named:
            assert (ROOT / path).exists(), f"{page.name}: {path}"
            assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{test}"

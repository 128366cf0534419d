"""Publish killed or short of disk: the site of before or of after, and the owner's own files kept."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import simulated_files
from atlarge.ingest import ingest
from atlarge.publish import publish

Dies = Callable[[str, str], list[int]]


@pytest.mark.slow
def test_killed_at_every_step(tmp_path: Path, dies: Dies) -> None:
    """After the next publish there is the whole new site, with the owner's files, and nothing beside it."""
    first, second = tmp_path / "first", tmp_path / "second"
    ingest([simulated_files.arrests(tmp_path / "a.csv", 300, 1)], first)
    lines = (tmp_path / "a.csv").read_text().splitlines(keepends=True)
    (tmp_path / "b.csv").write_text("".join(lines[:-4]))  # records that a later release withdraws
    ingest([tmp_path / "b.csv"], second)
    publish(tmp_path / "sites" / "0" / "site", first, workers=1, levels=("aor",))
    (tmp_path / "sites" / "0" / "site" / "CNAME").write_text("example.org")
    # It comes after the site that it replaces, as those that are killed do.
    shutil.copytree(tmp_path / "sites" / "0" / "site", tmp_path / "new")
    publish(tmp_path / "new", second, workers=1, levels=("aor",))
    before = simulated_files.tree(tmp_path / "sites" / "0" / "site")
    after = {**simulated_files.tree(tmp_path / "new"), "CNAME": b"example.org"}
    for trial in range(1, 20):
        shutil.copytree(tmp_path / "sites" / "0", tmp_path / "sites" / str(trial))
    site = f"{str(tmp_path / 'sites')!r} + f'/{{at}}/site'"
    ends = dies(
        "import scipy.optimize, scipy.sparse, scipy.stats\n"
        "from atlarge.publish import i18n, publish, site\n"
        "i18n.catalogue()",  # what each trial would load and read again
        f"publish({site}, {str(second)!r}, workers=1, levels=('aor',))",
    )
    assert 3 < len(ends) < 20
    for trial in range(1, len(ends) + 1):
        folder = tmp_path / "sites" / str(trial) / "site"
        if folder.exists():
            seen = simulated_files.tree(folder)
            assert {**seen, "CNAME": b"example.org"} in (before, after), f"step {trial}"
    for trial in range(len(ends) - 3, len(ends)):
        folder = tmp_path / "sites" / str(trial) / "site"
        publish(folder, second, workers=1, levels=("aor",))
        assert simulated_files.tree(folder) == after, f"step {trial}"
        assert [p.name for p in folder.parent.iterdir()] == ["site"], f"step {trial}"


@pytest.fixture(scope="module")
def published_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store and a site of it, with a file of the owner's."""
    folder = tmp_path_factory.mktemp("published")
    ingest([simulated_files.arrests(folder / "a.csv", 300, 1)], folder / "store")
    publish(folder / "site", folder / "store", workers=1, levels=("aor",))
    (folder / "site" / "CNAME").write_text("example.org")
    return folder


@pytest.mark.slow
def test_full_disk(published_folder: Path, command: Any, full_disk: dict[str, Any]) -> None:
    """One clear line, the site of before to the byte, and nothing beside it."""
    before = simulated_files.tree(published_folder / "site")

    arguments = [
        "publish",
        "--out",
        str(published_folder / "site"),
        "--store",
        str(published_folder / "store"),
    ]
    done = command(*arguments, **full_disk)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert simulated_files.tree(published_folder / "site") == before
    assert sorted(p.name for p in published_folder.iterdir()) == ["a.csv", "site", "store"]


@pytest.mark.slow
def test_a_site_that_may_only_be_read(
    published_folder: Path, command: Any, read_only: dict[str, Any]
) -> None:
    before = simulated_files.tree(published_folder / "site")
    published_folder.chmod(0o555)
    (published_folder / "site").chmod(0o555)
    done = command(
        "publish",
        "--out",
        str(published_folder / "site"),
        "--store",
        str(published_folder / "store"),
        **read_only,
    )
    (published_folder / "site").chmod(0o755)
    published_folder.chmod(0o755)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert simulated_files.tree(published_folder / "site") == before


@pytest.mark.slow
def test_a_report_on_a_full_disk(tmp_path: Path, command: Any, full_disk: dict[str, Any]) -> None:
    """The report of before stays, whole."""
    out = tmp_path / "report.html"
    out.write_text("before")

    done = command("explain", "AUS", "--date", "2017-02-01", "--out", str(out), **full_disk)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert out.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.slow
def test_two_publishers_at_once(published_folder: Path, tmp_path: Path) -> None:
    """Both end; there is one whole site, or one of them said why not."""
    code = "import sys; from atlarge.publish import publish\n"
    code += "publish(sys.argv[1], sys.argv[2], workers=1, levels=('aor',))"
    found = [sys.executable, "-c", code, str(tmp_path / "site"), str(published_folder / "store")]
    running = [subprocess.Popen(found, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    reported = [process.communicate()[1] for process in running]
    assert 0 in [process.returncode for process in running], reported
    for process, line in zip(running, reported, strict=True):
        assert process.returncode == 0 or "another publish into it is under way" in line
    result = simulated_files.tree(tmp_path / "site")
    assert {**result, "CNAME": b"example.org"} == simulated_files.tree(published_folder / "site")
    assert [p.name for p in tmp_path.iterdir()] == ["site"]

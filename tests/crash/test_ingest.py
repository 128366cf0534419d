"""Ingest killed, short of disk, beside another writer, without rights: nothing lost, nothing half-written."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import simulated_files
from atlarge.errors import StoreError
from atlarge.ingest import ingest
from atlarge.records import store as store_module
from atlarge.records.store import open_store

pytestmark = pytest.mark.slow_file

Dies = Callable[[str, str], list[int]]


def _placeless(path: Path) -> Path:
    """The file without landmarks: each process that dies would load all places to read them."""
    lines = path.read_text().splitlines()
    for at, line in enumerate(lines[1:], 1):
        separator, cells = ("|", [3]) if "|" in line else (",", [2, 3])
        values = line.split(separator)
        lines[at] = separator.join("" if k in cells else value for k, value in enumerate(values))
    path.write_text("\n".join(lines) + "\n")
    return path


def _files(folder: Path) -> list[Path]:
    return [
        _placeless(simulated_files.arrests(folder / "b.csv", 200, 2, dt.date(2017, 10, 1))),
        _placeless(simulated_files.detainers(folder / "d.csv", 100, 3)),
    ]


def _named(folder: Path) -> dict[str, bytes]:
    """The files that a reader of the store is led to."""
    opened = open_store(folder)
    names = ["manifest.json"] + [e["path"] for r in opened.releases for e in r["tables"]]
    return {name: (folder / name).read_bytes() for name in names}


@pytest.mark.slow
def test_killed_at_every_step(tmp_path: Path, dies: Dies) -> None:
    """Wherever it dies, readers see the store of before or of after; ingesting again repairs the rest."""
    first, more = simulated_files.arrests(tmp_path / "a.csv", 200, 1), _files(tmp_path)
    ingest([first], tmp_path / "store-0")
    for trial in range(1, 60):
        shutil.copytree(tmp_path / "store-0", tmp_path / f"store-{trial}")
    ingest([first], tmp_path / "whole")
    ingest(more, tmp_path / "whole")
    before, after = _named(tmp_path / "store-0"), _named(tmp_path / "whole")
    imports = "import atlarge.places\nfrom atlarge.ingest import ingest"
    ends = dies(imports, f"ingest({[str(p) for p in more]!r}, {str(tmp_path)!r} + f'/store-{{at}}')")
    assert 8 < len(ends) < 60
    for trial, end in enumerate(ends, 1):
        folder = tmp_path / f"store-{trial}"
        assert _named(folder) in ((before, after) if end else (after,)), f"step {trial}"
        ingest(more, folder)
        assert _named(folder) == after, f"step {trial}"
        ingest([simulated_files.arrests(tmp_path / "c.csv", 20, 3, dt.date(2019, 1, 1))], folder)
        named = {p for p in simulated_files.tree(folder) if not p.startswith(".")}
        assert named == set(simulated_files.tree(folder)) == set(_named(folder)), (
            f"step {trial}: something is left"
        )


def test_a_new_store_killed_at_its_first_commit(tmp_path: Path, dies: Dies) -> None:
    """There is no store, or the whole store."""
    file = _placeless(simulated_files.arrests(tmp_path / "a.csv", 50))
    ends = dies(
        "from atlarge.ingest import ingest",
        f"ingest([{str(file)!r}], {str(tmp_path)!r} + f'/store-{{at}}')",
    )
    for trial in range(1, len(ends) + 1):
        folder = tmp_path / f"store-{trial}"
        if (folder / "manifest.json").exists():
            assert open_store(folder).scan("arrests").collect().height == 50
        else:
            with pytest.raises(StoreError, match="there is no store here"):
                open_store(folder)
        ingest([file], folder)
        assert simulated_files.counted(folder) == 50


def test_full_disk(tmp_path: Path, command: Any, full_disk: dict[str, Any]) -> None:
    """No file may grow: one clear line, the store to the byte as it was."""
    ingest([simulated_files.arrests(tmp_path / "a.csv", 50)], tmp_path / "store")
    before = simulated_files.tree(tmp_path / "store")
    more = simulated_files.arrests(tmp_path / "b.csv", 5_000, 2)

    done = command("ingest", str(more), "--store", str(tmp_path / "store"), **full_disk)
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1
    assert "cannot be written" in done.stderr
    assert simulated_files.tree(tmp_path / "store") == before


def test_panel_on_a_full_disk(tmp_path: Path, command: Any, full_disk: dict[str, Any]) -> None:
    """The file of before stays."""
    out = tmp_path / "panel.csv"
    out.write_text("before")

    done = command("panel", "--by", "aor", "--measure", "arrests", "--out", str(out), **full_disk)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert out.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["panel.csv"]


def test_two_writers_at_once(tmp_path: Path) -> None:
    """Four processes ingest four files into one new store at one time: all are in it, as if one by one."""
    files = [
        simulated_files.arrests(tmp_path / f"{y}.csv", 300, y, dt.date(y, 1, 1)) for y in range(2010, 2014)
    ]
    code = "import sys; from atlarge.ingest import ingest; ingest([sys.argv[1]], sys.argv[2])"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(file), str(tmp_path / "store")]) for file in files
    ]
    assert [process.wait() for process in running] == [0, 0, 0, 0]
    for file in files:
        ingest([file], tmp_path / "one-by-one")
    assert simulated_files.tree(tmp_path / "store") == simulated_files.tree(tmp_path / "one-by-one")


def test_a_writer_that_waits_in_vain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_LOCK_SECONDS", 0.1)
    with (
        store_module.lock(tmp_path / "store"),
        pytest.raises(StoreError, match="another writer holds the store"),
    ):
        ingest([simulated_files.arrests(tmp_path / "a.csv", 50)], tmp_path / "store")


def test_a_reader_keeps_what_it_opened(tmp_path: Path) -> None:
    """A store opened before a commit is read to its end as it was."""
    ingest([simulated_files.arrests(tmp_path / "a.csv", 300, 1)], tmp_path / "store")
    opened = open_store(tmp_path / "store")
    half = (tmp_path / "a.csv").read_text().splitlines()
    (tmp_path / "again.csv").write_text(
        "\n".join([half[0], *half[1:], *simulated_files.arrest_lines(20, 9)]) + "\n"
    )
    ingest([tmp_path / "again.csv"], tmp_path / "store")
    assert opened.scan("arrests").collect().height == 300
    assert simulated_files.counted(tmp_path / "store") >= 320


def test_store_that_may_only_be_read(tmp_path: Path, command: Any, read_only: dict[str, Any]) -> None:
    """Questions are answered; ingest says in one line that it cannot write."""
    store = tmp_path / "store"
    ingest([simulated_files.arrests(tmp_path / "a.csv", 200)], store)
    more = simulated_files.arrests(tmp_path / "b.csv", 100, 2)
    before = simulated_files.tree(store)
    paths = [store, *store.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    query = command(
        "panel", "--store", str(store), "--by", "aor", "--measure", "arrests", "--json", **read_only
    )
    done = command("ingest", str(more), "--store", str(store), **read_only)
    for path in paths:
        path.chmod(0o755)
    assert query.returncode == 0, query.stderr
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "cannot be written" in done.stderr
    assert simulated_files.tree(store) == before


def test_a_manifest_that_is_damaged(tmp_path: Path) -> None:
    """Cut, edited, of another version, or naming files outside the store: one line, and nothing changed."""
    ingest([simulated_files.arrests(tmp_path / "a.csv", 50)], tmp_path / "store")
    manifest = tmp_path / "store" / "manifest.json"
    whole = manifest.read_bytes()
    outside = [
        whole.replace(b'"path": "arrests/', b'"path": "../arrests/'),
        whole.replace(b'"path": "arrests/', b'"path": "/arrests/'),
    ]
    edited = [
        b'{"format": 1}',
        b'{"format": 1, "releases": 5}',
        b'{"format": 1, "releases": [{}]}',
        whole.replace(b'"tables"', b'"tablets"'),
        whole.replace(b'"start": "2016', b'"start": "the year 2016'),
        whole.replace(b'"start": "2016', b'"start": "2116'),
        whole.replace(b'"scope": "', b'"scope": 5, "was": "'),
    ]
    torn = [b"", whole[:100], b"[]", b"null", b'{"format": 99, "releases": []}', b"\xff\xfe", b"[" * 100_000]
    for content in (*torn, *edited, *outside):
        assert content != whole
        manifest.write_bytes(content)
        for act in (
            lambda: open_store(tmp_path / "store"),
            lambda: ingest([tmp_path / "a.csv"], tmp_path / "store"),
        ):
            with pytest.raises(StoreError) as raised:
                act()
            assert str(manifest) in str(raised.value)
            assert manifest.read_bytes() == content

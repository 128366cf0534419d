"""Publish killed or short of disk: the site of before or of after, and the owner's own files kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import making
from atlarge.ingest import ingest
from atlarge.publish import publish

Dies = Callable[[str, str], list[int]]


@pytest.mark.slow
def test_killed_at_every_step(tmp_path: Path, dies: Dies) -> None:
    """After the next publish there is the whole new site, with the owner's files, and nothing beside it."""
    first, second = tmp_path / "first", tmp_path / "second"
    ingest([making.arrests(tmp_path / "a.csv", 300, 1)], first)
    ingest([making.arrests(tmp_path / "b.csv", 400, 2)], second)
    publish(tmp_path / "sites" / "0" / "site", first, workers=1, levels=("nation", "state"))
    (tmp_path / "sites" / "0" / "site" / "CNAME").write_text("example.org")
    publish(tmp_path / "new", second, workers=1, levels=("nation", "state"))
    before = making.tree(tmp_path / "sites" / "0" / "site")
    after = {**making.tree(tmp_path / "new"), "CNAME": b"example.org"}
    for trial in range(1, 20):
        shutil.copytree(tmp_path / "sites" / "0", tmp_path / "sites" / str(trial))
    site = f"{str(tmp_path / 'sites')!r} + f'/{{at}}/site'"
    ends = dies(
        "from atlarge.publish import publish",
        f"publish({site}, {str(second)!r}, workers=1, levels=('nation', 'state'))",
    )
    assert 3 < len(ends) < 20
    for trial in range(1, len(ends) + 1):
        folder = tmp_path / "sites" / str(trial) / "site"
        if folder.exists():
            seen = making.tree(folder)
            assert {**seen, "CNAME": b"example.org"} in (before, after), f"step {trial}"
    for trial in range(len(ends) - 3, len(ends)):
        folder = tmp_path / "sites" / str(trial) / "site"
        publish(folder, second, workers=1, levels=("nation", "state"))
        assert making.tree(folder) == after, f"step {trial}"
        assert [p.name for p in folder.parent.iterdir()] == ["site"], f"step {trial}"

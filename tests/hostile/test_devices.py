"""A device or a pipe where a command reads a file: one clear line at once, as opening one may never end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from atlarge.cli import _load_commands, app
from atlarge.errors import AtlargeError

COMMANDS = [
    ["ingest", "{pipe}", "--store", "{new}"],
    ["score", "{pipe}"],
    ["verify", "--figures", "{pipe}"],
    ["detainers", "--after", "{pipe}"],
    ["detainers", "--beside", "{pipe}"],
    ["check", "{pipe}"],
    ["claims", "new", "--article", "{pipe}"],
    ["explain", "48453", "--store", "{pipe}"],
    ["panel", "--store", "{pipe}"],
    ["surges", "--disclose", "--beside", "{pipe}"],
    ["publish", "--after", "{pipe}", "--out", "{new}"],
    ["serve", "{pipe}"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
@pytest.mark.parametrize("name", ["pipe", "link", "/dev/zero"])
def test_no_command_waits_for_a_pipe(words: list[str], name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    _load_commands()
    paths = {"pipe": tmp_path / name, "new": tmp_path / "new"}
    found = CliRunner().invoke(app, [word.format(**paths) for word in words])
    assert found.exit_code in (1, 2), found.output
    assert isinstance(found.exception, AtlargeError | SystemExit)
    assert not (tmp_path / "new").exists()

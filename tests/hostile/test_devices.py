"""A device or a pipe where a command reads a file: one clear line at once, as opening one may never end."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from atlarge.errors import AtlargeError
from atlarge.ingest import ingest
from command_line import run
from simulated_files import arrests

pytestmark = pytest.mark.slow_file

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


_SECONDS = 60.0


@pytest.fixture(autouse=True)
def bounded(tmp_path: Path) -> Iterator[None]:
    """Whoever waits for a pipe fails after a minute: its other end is opened, so no thread is left."""

    def end(*_: object) -> None:
        for pipe in filter(Path.is_fifo, tmp_path.rglob("*")):
            os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))
        raise TimeoutError("a pipe was waited for")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS, 1.0)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("within", ["manifest.json", "arrests/part.parquet"])
def test_a_store_of_pipes_is_refused(within: str, tmp_path: Path) -> None:
    """A store that someone else made: its manifest, or a table that it names, is a pipe."""
    release = {"id": "a", "file": "a.csv", "family": "a", "sha256": "0" * 64, "rows_read": 1, "rows_kept": 1}
    release |= {"rows_dropped": {}, "unresolved_places": 0, "table": "arrests"}
    release |= {"tables": [{"table": "arrests", "path": "arrests/part.parquet", "rows": 1}]}
    release |= {
        "coverage": [{"table": "arrests", "start": "2016-01-01", "end": "2017-12-31", "scope": "nation"}]
    }
    (tmp_path / "arrests").mkdir()
    if within != "manifest.json":
        (tmp_path / "manifest.json").write_text(json.dumps({"format": 1, "releases": [release]}))
    os.mkfifo(tmp_path / within)
    for words in (["panel"], ["audit"], ["audit", "--verify"], ["publish", "--out", str(tmp_path / "site")]):
        found = run([*words, "--store", str(tmp_path)])
        if words == ["audit"] and within != "manifest.json":
            continue  # it reads the manifest alone
        assert found.exit_code == 1, (words, found.output)
        assert isinstance(found.exception, AtlargeError), words
        assert "pipe" in str(found.exception), words


def test_a_link_out_of_a_store_is_not_followed(tmp_path: Path) -> None:
    """A table of a store that is a link to a file elsewhere, which its owner may not mean to be read."""
    ingest([arrests(tmp_path / "a.csv", 300)], tmp_path / "store", covers="nation")
    (table,) = (tmp_path / "store" / "arrests").glob("*.parquet")
    table.rename(tmp_path / "elsewhere.parquet")
    table.symlink_to(tmp_path / "elsewhere.parquet")
    for words in (["panel", "--by", "nation"], ["audit", "--verify"], ["surges"]):
        found = run([*words, "--store", str(tmp_path / "store")])
        assert found.exit_code == 1, words
        assert "leads out of the store" in str(found.exception), words


def test_a_site_of_pipes_is_refused(tmp_path: Path) -> None:
    """The list of files of a site, or the record of what it disclosed, is a pipe."""
    (tmp_path / "data").mkdir()
    os.mkfifo(tmp_path / "site.json")
    os.mkfifo(tmp_path / "data" / "disclosed.parquet")
    for words in (["serve", str(tmp_path)], ["surges", "--disclose", "--beside", str(tmp_path)]):
        found = run(words)
        assert found.exit_code == 1, (words, found.output)
        assert isinstance(found.exception, AtlargeError), words


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
@pytest.mark.parametrize("name", ["pipe", "link", "/dev/zero"])
def test_no_command_waits_for_a_pipe(words: list[str], name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    paths = {"pipe": tmp_path / name, "new": tmp_path / "new"}
    found = run([word.format(**paths) for word in words])
    assert found.exit_code in (1, 2), found.output
    assert isinstance(found.exception, AtlargeError | SystemExit)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("port", ["99999", "-1", "65536"])
def test_a_port_that_is_none_is_a_wrong_use(port: str, tmp_path: Path) -> None:
    found = run(["serve", str(tmp_path), "--port", port])
    assert found.exit_code == 2
    assert "--port" in found.output

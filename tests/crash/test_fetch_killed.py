"""A download killed or short of disk: nothing half-written is taken for whole, and the next one completes."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import simulated_files

pytestmark = pytest.mark.slow_file

CONTENT = bytes(i * 7 % 251 for i in range(400_000))
SHA256 = hashlib.sha256(CONTENT).hexdigest()
Dies = Callable[[str, str], list[int]]
# The family's one file is on this machine; all else is as ever.
FETCH = """
from dataclasses import replace
from pathlib import Path
from atlarge.releases import catalogue
from atlarge.releases import fetch as fetching
own = replace(catalogue.family("pa-detainers"), fetch={{{url!r}: {sha256!r}}})
fetching.family = lambda name: own
"""


class _Server(BaseHTTPRequestHandler):
    """Gives CONTENT from the byte asked for; stops after `stop_at` bytes until the other side is gone."""

    stop_at: int | None = None
    sent = threading.Event()
    ranges_requested: list[str | None] = []  # noqa: RUF012

    def do_GET(self) -> None:
        query = self.headers.get("Range")
        type(self).ranges_requested.append(query)
        body = CONTENT[int(query.split("=")[1].rstrip("-")) if query else 0 :]
        self.send_response(206 if query else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.stop_at is None:
            self.wfile.write(body)
            return
        self.wfile.write(body[: self.stop_at])
        self.wfile.flush()
        type(self).sent.set()
        self.rfile.read(1)  # returns when the client is dead

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def code() -> Iterator[str]:
    """Code that makes ready a fetch from a server on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _Server.stop_at, _Server.ranges_requested = None, []
    _Server.sent.clear()
    yield FETCH.format(url=f"http://127.0.0.1:{server.server_port}/a.csv", sha256=SHA256)
    server.shutdown()
    server.server_close()


def _run(code: str, folder: Path, **options: object) -> subprocess.CompletedProcess[str]:
    call = f"{code}\nfrom atlarge.errors import AtlargeError\nimport sys\ntry:\n"
    call += f"    fetching.fetch('pa-detainers', Path({str(folder)!r}))\n"
    call += "except AtlargeError as error:\n    sys.exit(str(error))\n"
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-c", call], capture_output=True, text=True, check=False, **options
    )


def _is_whole(folder: Path) -> None:
    """The file alone is there, to the byte."""
    assert simulated_files.tree(folder) == {"a.csv": CONTENT}
    assert [p.name for p in folder.iterdir()] == ["a.csv"]


@pytest.mark.slow
@pytest.mark.parametrize("sent", [0, 1, 70_000, 250_000, len(CONTENT) - 1])
def test_killed_in_the_midst_of_a_download(sent: int, code: str, tmp_path: Path) -> None:
    """Killed after so many bytes came, twice; the third fetch takes up what is there and completes it."""
    call = f"{code}\nfetching.fetch('pa-detainers', Path({str(tmp_path)!r}))"
    for _ in range(2):
        _Server.stop_at = sent
        _Server.sent.clear()
        running = subprocess.Popen([sys.executable, "-c", call])
        assert _Server.sent.wait(30)
        os.kill(running.pid, signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
        assert not (tmp_path / "a.csv").exists(), "half of it would be taken for whole"
    part = tmp_path / "a.csv.part"
    kept = part.read_bytes() if part.exists() else b""
    assert CONTENT.startswith(kept)
    _Server.stop_at = None
    assert _run(code, tmp_path).returncode == 0
    _is_whole(tmp_path)
    assert _Server.ranges_requested[-1] == (f"bytes={len(kept)}-" if kept else None)


@pytest.mark.slow
def test_killed_at_every_step_after_it(code: str, tmp_path: Path, dies: Dies) -> None:
    """Between the last byte and the file's name: not there, or whole; nothing beside it after the next."""
    ends = dies(code, f"fetching.fetch('pa-detainers', Path({str(tmp_path)!r}) / str(at))")
    assert 4 < len(ends) < 20
    for trial in range(1, len(ends) + 1):
        folder = tmp_path / str(trial)
        if (folder / "a.csv").exists():
            assert (folder / "a.csv").read_bytes() == CONTENT, f"step {trial}"
        assert _run(code, folder).returncode == 0
        _is_whole(folder)


@pytest.mark.parametrize("left", [CONTENT[:1_000] + b"rubbish", CONTENT + b"more", bytes(500_000)])
def test_a_part_of_something_else(left: bytes, code: str, tmp_path: Path) -> None:
    """What a crash of the machine, or another program, left is found out by the sha256."""
    (tmp_path / "a.csv.part").write_bytes(left)
    assert _run(code, tmp_path).returncode == 0
    _is_whole(tmp_path)


def test_a_file_of_that_name_that_is_not_whole(code: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CONTENT[:-1])
    assert _run(code, tmp_path).returncode == 0
    _is_whole(tmp_path)


def test_full_disk(code: str, tmp_path: Path) -> None:
    """One clear line that does not blame the network; then there is room, and it goes on."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = _run(code, tmp_path, preexec_fn=limit)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "cannot be written" in done.stderr
    assert not (tmp_path / "a.csv").exists()
    assert _run(code, tmp_path).returncode == 0
    _is_whole(tmp_path)


def test_a_server_that_never_ends(code: str, tmp_path: Path) -> None:
    """More bytes than a release may have are not kept coming."""
    done = _run(code, tmp_path, env={**os.environ, "ATLARGE_MAX_BYTES": "200000"})
    assert done.returncode == 1
    assert "sends more than ATLARGE_MAX_BYTES" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "a.csv").exists()
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) <= 200_000


def test_two_at_once(code: str, tmp_path: Path) -> None:
    """The second says that another is under way, and spoils nothing of the first."""
    call = f"{code}\nfetching.fetch('pa-detainers', Path({str(tmp_path)!r}))"
    _Server.stop_at = 200_000
    first = subprocess.Popen([sys.executable, "-c", call])
    assert _Server.sent.wait(30)
    _Server.stop_at = None
    second = _run(code, tmp_path)
    assert second.returncode == 1
    assert "another download into it is under way" in second.stderr
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert _run(code, tmp_path).returncode == 0
    _is_whole(tmp_path)

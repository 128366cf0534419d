"""Downloads: whole and as published, taken up where they broke off, refused when they differ."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from atlarge.errors import ReleaseError
from atlarge.releases import catalogue
from atlarge.releases import fetch as fetching
from atlarge.releases.fetch import fetch
from command_line import run

CONTENT = bytes(i * 7 % 251 for i in range(300_000))


class _Server(BaseHTTPRequestHandler):
    """Gives CONTENT, from the byte asked for; breaks off once if told to."""

    ranges_requested: list[str | None] = []  # noqa: RUF012
    breaks: list[int] = []  # noqa: RUF012

    def do_GET(self) -> None:
        query = self.headers.get("Range")
        type(self).ranges_requested.append(query)
        start = int(query.split("=")[1].rstrip("-")) if query else 0
        body = CONTENT[start:]
        self.send_response(206 if query else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.breaks.pop()] if self.breaks else body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A family whose one file a local server gives."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _Server.ranges_requested, _Server.breaks = [], []
    url = f"http://127.0.0.1:{server.server_port}/a%20file.csv"
    one = catalogue.family("pa-detainers")
    result = replace(one, fetch={url: hashlib.sha256(CONTENT).hexdigest()})
    monkeypatch.setattr(fetching, "family", lambda name: result)
    yield url
    server.shutdown()
    server.server_close()


def test_a_download_is_checked_and_not_repeated(served: str, tmp_path: Path) -> None:
    [path] = fetch("pa-detainers", tmp_path)
    assert path.name == "a file.csv"
    assert path.read_bytes() == CONTENT
    fetch("pa-detainers", tmp_path)
    assert _Server.ranges_requested == [None], "a whole file is not asked for again"


def test_a_broken_download_goes_on_where_it_ended(served: str, tmp_path: Path) -> None:
    _Server.breaks = [100_000]
    with pytest.raises(ReleaseError, match="cannot be downloaded"):
        fetch("pa-detainers", tmp_path)
    part = tmp_path / "a file.csv.part"
    kept = part.stat().st_size
    assert 0 < kept <= 100_000
    [path] = fetch("pa-detainers", tmp_path)
    assert path.read_bytes() == CONTENT
    assert _Server.ranges_requested == [None, f"bytes={kept}-"]
    assert not part.exists()


def test_another_file_than_published_is_refused(
    served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = replace(catalogue.family("pa-detainers"), fetch={served: "0" * 64})
    monkeypatch.setattr(fetching, "family", lambda name: result)
    with pytest.raises(ReleaseError, match="not the one published"):
        fetch("pa-detainers", tmp_path)
    assert not [p for p in tmp_path.iterdir() if p.name == "a file.csv"]


def test_without_network_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = replace(catalogue.family("pa-detainers"), fetch={"http://127.0.0.1:9/x.csv": "0" * 64})
    monkeypatch.setattr(fetching, "family", lambda name: result)
    done = run(["fetch", "pa-detainers", "--out", str(tmp_path)])
    assert isinstance(done.exception, ReleaseError)
    assert "check the network" in str(done.exception)
    assert "\n" not in str(done.exception)


def test_a_family_without_a_fixed_address_says_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(
        ReleaseError,
        match=r"ddp-arrests-b: no file at a fixed address; see https://deportationdata.*; "
        r"the newest is `atlarge fetch arrests-latest`",
    ):
        fetch("ddp-arrests-b", tmp_path)
    with pytest.raises(ReleaseError, match="no release family 'nothing'; there are: arrests-by-state"):
        fetch("nothing", tmp_path)
    for mistyped, meant in (("arrest-latest", "arrests-latest"), ("ddp_arrests_b", "ddp-arrests-b")):
        with pytest.raises(ReleaseError, match=f"did you mean {meant}"):
            fetch(mistyped, tmp_path)

"""What a request to `atlarge serve` may get: the files that the site lists, and nothing else."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulated_files
from atlarge.ingest import ingest
from atlarge.publish import publish
from atlarge.publish.preview import _Handler, server

pytestmark = pytest.mark.slow_file

SECRET = b"not of the site"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A served site, with secrets in it (unlisted), above it, and behind a link that takes a page's place."""
    folder = tmp_path_factory.mktemp("serve")
    ingest([simulated_files.arrests(folder / "a.csv", 300, 1)], folder / "store")
    publish(folder / "site", folder / "store", workers=1, levels=("nation", "state"))
    (folder / "secret.txt").write_bytes(SECRET)
    (folder / "site" / ".env").write_bytes(SECRET)
    (folder / "site" / "secret.txt").write_bytes(SECRET)
    (folder / "site" / "a:index.html").write_bytes(SECRET)
    for name in ("data/all.csv", "404.html"):
        page = folder / "site" / name
        page.unlink()
        page.symlink_to(folder / "secret.txt")
    (folder / "site" / "places.html").unlink()
    os.mkfifo(folder / "site" / "places.html")
    running = server(folder / "site")
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield int(running.server_address[1])
    running.shutdown()
    running.server_close()


def _ask(port: int, request: bytes) -> bytes:
    """What comes back for some bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as stream:
        stream.sendall(request)
        stream.shutdown(socket.SHUT_WR)
        reported = b""
        while piece := stream.recv(65536):
            reported += piece
    return reported


def _get(port: int, path: bytes) -> bytes:
    return _ask(port, b"GET " + path + b" HTTP/1.0\r\n\r\n")


def test_the_first_page_is_given(port: int) -> None:
    reported = _get(port, b"/")
    assert reported.startswith(b"HTTP/1.0 200")
    assert b"nosniff" in reported


@pytest.mark.parametrize(
    "path",
    [
        b"/../secret.txt",
        b"/..%2fsecret.txt",
        b"/%2e%2e/secret.txt",
        b"/data/../../secret.txt",
        b"//../secret.txt",
        b"/secret.txt",
        b"/.env",
        b"/site.json",
        b"/data/",
        b"/%00",
        b"/index.html%00.txt",
        b"/..\\secret.txt",
        b"file:///etc/passwd",
        b"/" + b"a/" * 5_000,
        b"http://[/index.html",
        b"http://example.org/index.html",
    ],
)
def test_nothing_else_is_given(path: bytes, port: int) -> None:
    reported = _get(port, path)
    assert SECRET not in reported
    assert b"root:" not in reported
    assert not reported.startswith(b"HTTP/1.0 200")


@pytest.mark.parametrize("path", ["/index.html", "a:index.html", "http://localhost:{port}/index.html"])
def test_an_address_in_full_gives_the_page_that_it_names(path: str, port: int) -> None:
    reported = _get(port, path.format(port=port).encode())
    assert reported.startswith(b"HTTP/1.0 200")
    assert b"<title>" in reported
    assert SECRET not in reported


def test_no_request_is_answered_by_a_traceback(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    for asked in (b"http://[/", b"//[x/", b"http://127.0.0.1:x/", b"\xff\xfe", b"a" * 70_000):
        _get(port, asked)
    assert capfd.readouterr().err == ""


def test_a_pipe_in_a_page_s_place_is_not_waited_for(port: int) -> None:
    assert _get(port, b"/places.html").startswith(b"HTTP/1.0 404")


@pytest.mark.parametrize("method", [b"HEAD", b"OPTIONS", b"POST", b"PUT", b"DELETE", b"TRACE", b"CONNECT"])
def test_other_methods_give_no_file(method: bytes, port: int) -> None:
    head, _, body = _ask(port, method + b" /index.html HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200" if method == b"HEAD" else b"HTTP/1.0 501")
    assert b"<title>at large" not in body.lower()
    assert not body or method != b"HEAD"


@pytest.mark.parametrize(
    "asked", [b"bytes=0-4", b"bytes=-5", b"bytes=9999999999-", b"bytes=5-1", b"x" * 9_000]
)
def test_a_part_of_a_file_is_the_whole_of_it(asked: bytes, port: int) -> None:
    whole = _get(port, b"/index.html")
    assert _ask(port, b"GET /index.html HTTP/1.0\r\nRange: " + asked + b"\r\n\r\n")[-500:] == whole[-500:]


def test_a_request_that_trickles_in_is_cut_off(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then is no idle connection; it would be kept for as long as its sender likes."""
    monkeypatch.setattr(_Handler, "timeout", 0.3)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        sent = 0
        with contextlib.suppress(ConnectionError):
            for _ in range(2_000):
                link.sendall(b"G" if sent else b"GET / HTTP/1.0\r\nX: ")
                sent += 1
                time.sleep(0.02)
        assert sent < 2_000
    assert _get(port, b"/").startswith(b"HTTP/1.0 200")


def test_a_link_out_of_the_site_is_not_followed(port: int) -> None:
    assert not _get(port, b"/data/all.csv").startswith(b"HTTP/1.0 200")
    assert _get(port, b"/data/all.parquet").startswith(b"HTTP/1.0 200")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200))
def test_any_bytes_leave_it_serving(port: int, request: bytes) -> None:
    assert SECRET not in _ask(port, request)
    assert SECRET not in _get(port, b"/" + bytes(b for b in request if b > 32))
    assert _get(port, b"/").startswith(b"HTTP/1.0 200")


def _status(port: int, *hosts: str) -> int:
    """Status of a request that names some hosts."""
    lines = "".join(f"Host: {host}\r\n" for host in hosts)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(f"GET /index.html HTTP/1.0\r\n{lines}\r\n".encode())
        return int(link.recv(64).split()[1])


def test_a_request_for_another_host_is_refused(port: int) -> None:
    """A page elsewhere may have its own name lead to this machine, and read what is served by it."""
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}"):
        assert _status(port, host) == 200
    others = [
        "example.org",
        f"example.org:{port}",
        "127.0.0.1",
        "localhost:1",
        f"127.0.0.1:{port}.example.org",
    ]
    for host in others:
        assert _status(port, host) == 421, host
    assert _status(port, f"127.0.0.1:{port}", "example.org") == 421


def test_an_idle_connection_is_closed_and_hang_ups_leave_it_serving(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Handler, "timeout", 0.2)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        assert link.recv(16) == b""
    for _ in range(5):
        link = socket.create_connection(("127.0.0.1", port), timeout=10)
        link.sendall(f"GET /index.html HTTP/1.0\r\nHost: localhost:{port}\r\n\r\n".encode())
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.close()
    assert _status(port, f"localhost:{port}") == 200

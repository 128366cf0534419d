"""A local look at a site: this machine only, files of the site only."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from atlarge.errors import QuestionError
from atlarge.publish.writer import MANIFEST, read_manifest

HOST = "127.0.0.1"
IDLE = 10.0
"""Seconds that a connection may say nothing, or take nothing, before it is closed."""


def _is_here(named: str, port: int) -> bool:
    """Whether a Host header names this server."""
    return named.strip().lower() in {f"{name}:{port}" for name in (HOST, "localhost", "[::1]")}


class _Server(ThreadingHTTPServer):
    """A server that outlives hang-ups and keeps no connection from ending with it."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is not printed; the next one is served."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(SimpleHTTPRequestHandler):
    """Serves the files that the site lists, and nothing else that may lie in the folder or outside it."""

    timeout = IDLE
    protocol_version = "HTTP/1.0"

    def __init__(self, *args: Any, listed: frozenset[str], **more: Any) -> None:
        self._listed = listed
        super().__init__(*args, **more)

    def setup(self) -> None:
        """Begin a connection, which has `timeout` seconds in all to say what it asks for, however slowly."""
        super().setup()
        self._patience = threading.Timer(self.timeout, self._hang_up)
        self._patience.daemon = True
        self._patience.start()

    def finish(self) -> None:
        """End a connection."""
        self._patience.cancel()
        super().finish()

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def parse_request(self) -> bool:
        """Refuse a request that names another host: a page elsewhere may have its name lead here."""
        is_request = super().parse_request()  # which reads what follows the first line
        self._patience.cancel()
        if not is_request:
            return False
        named = self.headers.get_all("Host") or []
        # HTTP/1.0 needs no Host; without one a browser cannot have sent it.
        if not named or (len(named) == 1 and _is_here(named[0], self.connection.getsockname()[1])):
            return True
        self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "this server answers for this machine only")
        return False

    def handle(self) -> None:
        """One connection; one that hangs up is no fault of ours."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def send_head(self) -> Any:
        """The requested file, if it is one of the site's; GET and HEAD both come here."""
        try:
            address = urlsplit(self.path)
        except ValueError:  # such as an address of a host that is none
            return self._missing()
        if address.netloc and not _is_here(address.netloc, self.connection.getsockname()[1]):
            return self._missing()
        name = unquote(address.path).lstrip("/")
        if name == "" or name.endswith("/"):
            name += "index.html"
        if self._own(name) is None:
            return self._missing()
        self.path = f"/{quote(name)}"  # what is given is what was looked up, however it was written
        return super().send_head()

    def _own(self, name: str) -> Path | None:
        """A file that the site lists and that lies in it: no link out of it, no pipe that took its place."""
        if name not in self._listed:
            return None
        page = Path(self.directory) / name
        return (
            page if page.is_file() and page.resolve().is_relative_to(Path(self.directory).resolve()) else None
        )

    def _missing(self) -> Any:
        """The site's own page for an address that it does not have."""
        page = self._own("404.html")
        if page is None:
            self.send_error(HTTPStatus.NOT_FOUND, "no such page")
            return None
        self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(page.stat().st_size))
        self.end_headers()
        return page.open("rb")

    def end_headers(self) -> None:
        """Headers that a careful host would send."""
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each request."""


def server(site: Path | str, port: int = 0) -> ThreadingHTTPServer:
    """A server of a site on 127.0.0.1; port 0 takes a free one. QuestionError if it is not a site."""
    folder = Path(site)
    manifest = read_manifest(folder)
    if manifest is None:
        raise QuestionError(
            f"{folder}: is not a site (no {MANIFEST}); make one by `atlarge publish --out {folder}`"
        )
    listed = frozenset(manifest["files"])
    handler = partial(_Handler, directory=str(folder), listed=listed)
    try:
        return _Server((HOST, port), handler)
    except OSError as error:
        raise QuestionError(
            f"port {port}: cannot be used ({error.strerror}); name another with --port"
        ) from None

"""Downloads that go on where they stopped, and appear under their name only when they are whole."""

from __future__ import annotations

import contextlib
import errno
import http.client
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from atlarge.errors import ReleaseError
from atlarge.files import locked, sync
from atlarge.releases.unpacking import most_bytes

_CHUNK = 1 << 16
_TIMEOUT_SECONDS = 30
_OF_THE_DISK = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
_WORK = ".fetching"  # holds files not yet known to be complete, except part files


class Unchanged(Exception):
    """The server says that the file is the one that is here."""


class Resuming:
    """A downloader for pooch that keeps a part file beside the target and goes on from its end.

    It goes on only with a part of the same file: one whose sha256 is known (`is_known`), or that still has
    the entity tag that came with the part, kept beside it. Unchanged if the file has the tag `unless`.
    """

    def __init__(
        self, target: Path, progress: bool, *, unless: str | None = None, is_known: bool = False
    ) -> None:
        self.target = target
        self.tag: str | None = None
        self._part = target.with_name(f"{target.name}.part")
        self._of = target.with_name(f"{target.name}.part.tag")
        self._progress, self._unless, self._is_known = progress, unless, is_known

    def __call__(self, url: str, output_file: Any, pooch: Any, check_only: bool = False) -> None:
        """Go on with the part file; the signature is that of pooch."""
        self.tag = self._of.read_text(encoding="latin-1") if self._of.exists() else None
        if not (self.tag or self._is_known):
            self._part.unlink(missing_ok=True)
        have = self._part.stat().st_size if self._part.exists() else 0
        query = {"Range": f"bytes={have}-", "If-Range": self.tag} if have else {}
        query["If-None-Match"] = self._unless
        try:
            request = urllib.request.Request(url, headers={k: v for k, v in query.items() if v})
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
                self._take(answer, have)
        except urllib.error.HTTPError as error:
            error.close()  # it holds the connection
            if error.code == 304:
                raise Unchanged from None
            if error.code != 416:  # 416: the part file is already complete
                raise
        except ValueError as error:  # an address or a header that is none; perhaps the tag that was kept
            self._part.unlink(missing_ok=True)
            raise OSError(str(error)) from None
        self._of.unlink(missing_ok=True)
        self._part.replace(str(output_file))

    def _take(self, answer: Any, have: int) -> None:
        """Write what the server gives, behind the part or instead of it."""
        tag = answer.headers.get("ETag")
        if tag is not None and tag == self._unless:  # a server that does not answer 304
            raise Unchanged
        if have and answer.status == 206:
            if not answer.headers.get("Content-Range", f"bytes {have}-").startswith(f"bytes {have}-"):
                self._part.unlink()
                raise OSError("the server gave another part than the one that was requested")
        else:
            have, self.tag = 0, tag
            self._of.unlink(missing_ok=True)
            self._part.unlink(missing_ok=True)
            if tag:
                self._of.write_text(tag, encoding="latin-1")
        with self._part.open("ab") as stream:
            self._copy(answer, stream, have)

    def _copy(self, answer: Any, stream: Any, have: int) -> None:
        from rich.progress import Progress

        length = int(answer.headers.get("Content-Length") or 0)
        with Progress(disable=not self._progress) as shown:
            task = shown.add_task(
                self._part.name.removesuffix(".part"), total=have + length or None, completed=have
            )
            while chunk := answer.read(_CHUNK):
                have += len(chunk)
                if have > most_bytes():
                    raise ReleaseError(f"{answer.url}: sends more than ATLARGE_MAX_BYTES; it is no release")
                stream.write(chunk)
                shown.advance(task, len(chunk))
                length -= len(chunk)
        if length > 0:
            raise OSError(f"the connection ended {length:,} bytes early")


@contextlib.contextmanager
def work_folder(folder: Path) -> Iterator[Path]:
    """A folder for one download at a time: empty at first, removed at the end unless the process is killed.

    ReleaseError if another process downloads into the folder, or it cannot be written. The system releases
    the lock when a process dies.
    """
    work, lock = folder / _WORK, folder / f"{_WORK}.lock"
    busy = ReleaseError(f"{folder}: another download into it is under way; try again when it is done")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(lock, busy):
            try:
                work.mkdir(exist_ok=True)
                for stale in work.iterdir():
                    stale.unlink()
                yield work
            finally:
                shutil.rmtree(work, ignore_errors=True)
                lock.unlink(missing_ok=True)
    except OSError as error:
        raise ReleaseError(
            f"{folder}: cannot be written ({error.strerror or error}); choose another folder"
        ) from None


def pooch() -> Any:
    """The library that downloads; ReleaseError where it is not installed."""
    try:
        import pooch as library
    except ImportError:
        raise ReleaseError("downloading needs pooch: pip install 'atlarge[fetch]'") from None
    library.get_logger().setLevel("ERROR")
    return library


def retrieve(
    url: str, sha256: str | None, coming: Resuming, work: Path, failed: Callable[[object], ReleaseError]
) -> Path:
    """A file downloaded into the work folder; a part of it kept beside its target is continued.

    Raises Unchanged, ValueError where its `sha256` differs, and what `failed` makes of the reason why it did
    not come.
    """
    try:
        written = pooch().retrieve(
            url,
            known_hash=sha256 and f"sha256:{sha256}",
            fname=coming.target.name,
            path=work,
            downloader=coming,
        )
    except (OSError, http.client.HTTPException) as error:
        if getattr(error, "errno", None) in _OF_THE_DISK:
            raise
        if isinstance(error, urllib.error.HTTPError):
            raise failed(f"HTTP {error.code}") from None
        raise failed(getattr(error, "reason", None) or error) from None
    return Path(written)


def settle(written: Path, target: Path) -> None:
    """Put a file that is whole in its place, so that it lasts."""
    for path in (written, target.parent):
        sync(path)
    written.replace(target)

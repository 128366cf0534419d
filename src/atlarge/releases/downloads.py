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


class Resuming:
    """A downloader for pooch that keeps a part file beside the target and goes on from its end."""

    def __init__(self, part: Path, progress: bool) -> None:
        self._part = part
        self._progress = progress

    def __call__(self, url: str, output_file: Any, pooch: Any, check_only: bool = False) -> None:
        """Go on with the part file; the signature is that of pooch."""
        have = self._part.stat().st_size if self._part.exists() else 0
        request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
                goes_on = have and answer.status == 206
                with self._part.open("ab" if goes_on else "wb") as stream:
                    self._copy(answer, stream, have if goes_on else 0)
        except urllib.error.HTTPError as error:
            error.close()  # it holds the connection
            if error.code != 416:  # 416: the part file is already complete
                raise
        self._part.replace(str(output_file))

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
    url: str,
    sha256: str | None,
    target: Path,
    work: Path,
    progress: bool,
    failed: Callable[[object], ReleaseError],
) -> Path:
    """A file downloaded into the work folder; a part of it kept beside `target` is continued.

    Raises ValueError where its `sha256` differs, and what `failed` makes of the reason why it did not come.
    """
    part = target.with_name(target.name + ".part")
    try:
        written = pooch().retrieve(
            url, known_hash=sha256 and f"sha256:{sha256}", fname=target.name, path=work,
            downloader=Resuming(part, progress),
        )  # fmt: skip
    except (OSError, http.client.HTTPException) as error:
        if getattr(error, "errno", None) in _OF_THE_DISK:
            raise
        raise failed(getattr(error, "reason", None) or error) from None
    return Path(written)


def settle(written: Path, target: Path) -> None:
    """Put a file that is whole in its place, so that it lasts."""
    for path in (written, target.parent):
        sync(path)
    written.replace(target)

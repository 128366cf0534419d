"""Downloading published files: checked against their sha256, taken up again where they broke off."""

from __future__ import annotations

import contextlib
import errno
import http.client
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from atlarge.errors import ReleaseError
from atlarge.files import locked, sync
from atlarge.releases.catalogue import family
from atlarge.releases.opening import most_bytes

_CHUNK = 1 << 16
_TIMEOUT_SECONDS = 30
OF_THE_DISK = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
_WORK = ".fetching"  # what is not yet known to be whole is kept in here, but for the part files


def _file_name(url: str) -> str:
    return urllib.parse.unquote(urllib.parse.urlsplit(url).path.rsplit("/", 1)[-1])


class Resuming:
    """A downloader for pooch that keeps a part file beside the target and goes on from its end."""

    def __init__(self, part: Path, progress: bool) -> None:
        self._part = part
        self._progress = progress

    def __call__(self, url: str, output_file: Any, pooch: Any, check_only: bool = False) -> None:
        have = self._part.stat().st_size if self._part.exists() else 0
        request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
                goes_on = have and answer.status == 206
                with self._part.open("ab" if goes_on else "wb") as stream:
                    self._copy(answer, stream, have if goes_on else 0)
        except urllib.error.HTTPError as error:
            if error.code != 416:  # 416: the part is whole already
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
    """A folder for one download at a time, empty at first and gone at the end; killed ones leave theirs.

    ReleaseError if another process downloads into the folder. The system lets go of the lock when it dies.
    """
    work = folder / _WORK
    folder.mkdir(parents=True, exist_ok=True)
    busy = ReleaseError(f"{folder}: another download into it is under way; try again when it is done")
    lock = folder / f"{_WORK}.lock"
    with locked(lock, busy):
        try:
            work.mkdir(exist_ok=True)
            for stale in work.iterdir():
                stale.unlink()
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)
            lock.unlink(missing_ok=True)


def settle(written: Path, target: Path) -> None:
    """Put a file that is whole in its place, so that it lasts."""
    for path in (written, target.parent):
        sync(path)
    written.replace(target)


def fetch(
    name: str,
    folder: Path,
    on_progress: Callable[[str], None] | None = None,
    progress: bool = False,
    source: str | None = None,
) -> list[Path]:
    """Download the published files of a family into a folder; files there already, if whole, are left.

    `name` is a family, or a newest release that keeps its address ("arrests-latest"); `source` is another
    address that keeps the newest releases. A file of a family with published hashes appears under its name
    only once its sha256 is the one published; what is there of a download that was broken off or killed is
    kept as `<name>.part` and gone on with. ReleaseError if the name is unknown or has no file at a fixed
    address, if pooch is not installed, if there is no network, if another download into the folder is under
    way, or if a file is not the one that was published.
    """
    from atlarge.releases.latest import fetch_latest, latest_names

    newest = (name,) if name in latest_names() else family(name).latest
    if newest and not (name not in latest_names() and family(name).fetch):
        found = [
            fetch_latest(one, folder, source=source, on_progress=on_progress, progress=progress)
            for one in newest
        ]
        return [Path(str(one.file)) for one in found]
    one = family(name)
    if not one.fetch:
        near = sorted(other for other in latest_names() if _same_table(other, one.table))
        hint = f"; the newest is `atlarge fetch {near[0]}`" if near else ""
        raise ReleaseError(f"{name}: no file at a fixed address; see {one.url}{hint}")
    try:
        import pooch
    except ImportError:
        raise ReleaseError("downloading needs pooch: pip install 'atlarge[fetch]'") from None
    pooch.get_logger().setLevel("ERROR")
    paths = []
    try:
        with work_folder(folder) as work:
            for url, sha256 in one.fetch.items():
                target = folder / _file_name(url)
                if not (target.exists() and pooch.file_hash(str(target), alg="sha256") == sha256):
                    _download(url, sha256, target, work, progress)
                if on_progress:
                    on_progress(f"{target.name}: whole, sha256 as published")
                paths.append(target)
    except OSError as error:
        raise ReleaseError(
            f"{folder}: cannot be written ({error.strerror or error}); choose another folder"
        ) from None
    return paths


def _same_table(newest: str, table: str) -> bool:
    from atlarge.releases.latest import latest_names

    return family(latest_names()[newest]).table == table and not newest.startswith("joined")


def _download(url: str, sha256: str, target: Path, work: Path, progress: bool) -> None:
    """One file, whole and as published, or ReleaseError."""
    import pooch

    part = target.with_name(target.name + ".part")
    had_part = part.exists()
    try:
        written = pooch.retrieve(
            url, known_hash=f"sha256:{sha256}", fname=target.name, path=work,
            downloader=Resuming(part, progress),
        )  # fmt: skip
    except ValueError:  # pooch: the hash differs
        if had_part:  # the part may be of something else: from the beginning, once
            _download(url, sha256, target, work, progress)
            return
        raise ReleaseError(f"{url}: the file is not the one published (its sha256 differs)") from None
    except (OSError, http.client.HTTPException) as error:
        if getattr(error, "errno", None) in OF_THE_DISK:
            raise
        reason = getattr(error, "reason", None) or error
        raise ReleaseError(
            f"{url}: cannot be downloaded ({reason}); check the network and try again"
        ) from None
    settle(Path(written), target)

"""Downloading published files: checked against their sha256, taken up again where they broke off."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from atlarge.errors import ReleaseError
from atlarge.releases.catalogue import family

_CHUNK = 1 << 16
_TIMEOUT_SECONDS = 30


def _file_name(url: str) -> str:
    return urllib.parse.unquote(urllib.parse.urlsplit(url).path.rsplit("/", 1)[-1])


class _Resuming:
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
                stream.write(chunk)
                shown.advance(task, len(chunk))
                length -= len(chunk)
        if length > 0:
            raise OSError(f"the connection ended {length:,} bytes early")


def fetch(
    name: str, folder: Path, told: Callable[[str], None] | None = None, progress: bool = False
) -> list[Path]:
    """Download the published files of a family into a folder; files there already, if whole, are left.

    ReleaseError if the family is unknown or has no file at a fixed address, if pooch is not installed, if
    there is no network, or if a file is not the one that was published.
    """
    one = family(name)
    if not one.fetch:
        raise ReleaseError(f"{name}: no file at a fixed address; see {one.url}")
    try:
        import pooch
    except ImportError:
        raise ReleaseError("downloading needs pooch: pip install 'atlarge[fetch]'") from None
    pooch.get_logger().setLevel("ERROR")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for url, sha256 in one.fetch.items():
        target = folder / _file_name(url)
        part = target.with_name(target.name + ".part")
        try:
            pooch.retrieve(
                url, known_hash=f"sha256:{sha256}", fname=target.name, path=folder,
                downloader=_Resuming(part, progress),
            )  # fmt: skip
        except ValueError:  # pooch: the hash differs
            raise ReleaseError(f"{url}: the file is not the one published (its sha256 differs)") from None
        except OSError as error:
            reason = getattr(error, "reason", None) or error
            raise ReleaseError(
                f"{url}: cannot be downloaded ({reason}); check the network and try again"
            ) from None
        if told:
            told(f"{target.name}: whole, sha256 as published")
        paths.append(target)
    return paths

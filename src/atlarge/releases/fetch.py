"""Downloading published files: checked against their sha256, taken up again where they broke off."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from pathlib import Path

from atlarge.errors import ReleaseError
from atlarge.releases.catalogue import family
from atlarge.releases.downloads import Resuming, pooch, retrieve, settle, work_folder
from atlarge.releases.latest import fetch_latest, latest_names


def _file_name(url: str) -> str:
    return urllib.parse.unquote(urllib.parse.urlsplit(url).path.rsplit("/", 1)[-1])


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
    library, paths = pooch(), []
    with work_folder(folder) as work:
        for url, sha256 in one.fetch.items():
            target = folder / _file_name(url)
            if not (target.exists() and library.file_hash(str(target), alg="sha256") == sha256):
                _download(url, sha256, target, work, progress)
            if on_progress:
                on_progress(f"{target.name}: whole, sha256 as published")
            paths.append(target)
    return paths


def _same_table(newest: str, table: str) -> bool:
    return family(latest_names()[newest]).table == table and not newest.startswith("joined")


def _download(url: str, sha256: str, target: Path, work: Path, progress: bool) -> None:
    """One file, whole and as published, or ReleaseError."""
    had_part = target.with_name(target.name + ".part").exists()

    def failed(reason: object) -> ReleaseError:
        return ReleaseError(f"{url}: cannot be downloaded ({reason}); check the network and try again")

    try:
        coming = Resuming(target, progress, is_known=True)
        settle(retrieve(url, sha256, coming, work, failed), target)
    except ValueError:  # pooch: the hash differs
        if had_part:  # the part may be of another file: start again, once
            _download(url, sha256, target, work, progress)
            return
        raise ReleaseError(f"{url}: the file is not the one published (its sha256 differs)") from None

"""Newest releases at fixed addresses, as the Deportation Data Project's public repository keeps them.

What stands there is replaced without notice, so no sha256 is known beforehand. The server's entity tag tells
whether a file changed since it was fetched; the sha256 of what came is recorded beside it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from atlarge.errors import ReleaseError
from atlarge.files import digest, write_atomically
from atlarge.releases.catalogue import families
from atlarge.releases.downloads import Resuming, Unchanged, retrieve, settle, work_folder

SOURCE = "https://github.com/deportationdata/ice/raw/refs/heads/main/data/"
"""Where the project keeps its newest releases. The address must be this one: the repository stores its data
outside of git, and other addresses give a pointer of some 130 bytes instead of the file."""
PAGE = "https://deportationdata.org/data/ice.html"
RECORD = "fetched.json"
_POINTER = b"version https://git-lfs"
_MAGIC = b"PAR1"


@dataclass(frozen=True)
class Fetched:
    """One file of an update: `status` is new (it changed or was not there), unchanged, or failed (`why`)."""

    name: str
    url: str
    status: str
    file: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    why: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As in `--json`."""
        return asdict(self)


def latest_names() -> dict[str, str]:
    """Names of newest releases, and the family that each was last known to be of."""
    return {name: one.id for one in families().values() for name in one.latest}


def address(name: str, source: str | None = None) -> str:
    """The address of a newest release; `source` is another place that keeps files of the same names."""
    base = source or SOURCE
    return f"{base if base.endswith('/') else base + '/'}{name}.parquet"


def fetch_latest(
    name: str,
    folder: Path,
    *,
    source: str | None = None,
    on_progress: Callable[[str], None] | None = None,
    progress: bool = False,
) -> Fetched:
    """Download the newest release of a name, unless the one in the folder still is the newest.

    Parameters
    ----------
    name : str
        Such as "arrests-latest"; see `latest_names`.
    folder : Path
        Where the file goes, with a record of what was fetched (`fetched.json`).
    source : str, optional
        Another address that keeps files of the same names: a mirror, or a server for tests.
    on_progress : callable, optional
        Takes one line about what happened.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    Fetched

    Raises
    ------
    ReleaseError
        If the name is unknown, the network fails, or what came is no Parquet file; the line says what to do.

    Examples
    --------
    >>> address("arrests-latest")
    'https://github.com/deportationdata/ice/raw/refs/heads/main/data/arrests-latest.parquet'
    """
    known = latest_names()
    if name not in known:
        raise ReleaseError(f"no newest release is called {name!r}; there are: {', '.join(sorted(known))}")
    url, target = address(name, source), folder / f"{name}.parquet"
    with work_folder(folder) as work:
        record = _record(folder)
        before = record.get(target.name, {})
        is_whole = target.is_file() and before.get("url") == url and before.get("sha256") == digest(target)
        coming = Resuming(target, progress, unless=before.get("etag") if is_whole else None)
        try:
            written = retrieve(url, None, coming, work, lambda reason: _by_hand(name, reason, url))
        except Unchanged:
            sha256 = before["sha256"]
        else:
            _check(written, url, name)
            sha256 = digest(written)
            settle(written, target)
            fetched = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            record[target.name] = {"url": url, "etag": coming.tag, "sha256": sha256, "fetched": fetched}
            write_atomically(folder / RECORD, (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
    status = "unchanged" if is_whole and before["sha256"] == sha256 else "new"
    if on_progress:
        on_progress(f"{target.name}: {status}, sha256 {sha256}")
    return Fetched(name, url, status, str(target), sha256, target.stat().st_size)


def _record(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    entries = record.items() if isinstance(record, dict) else ()
    return {name: entry for name, entry in entries if isinstance(entry, dict)}


def _by_hand(name: str, why: object, url: str) -> ReleaseError:
    return ReleaseError(
        f"{url}: cannot be downloaded ({why}). Check the network and try again; or open {PAGE} in a browser, "
        f"download the Parquet file of {name} and read it by `atlarge ingest FILE --store DIR`"
    )


def _check(written: Path, url: str, name: str) -> None:
    """ReleaseError for a file that is not Parquet from its first to its last bytes."""
    with written.open("rb") as stream:
        first = stream.read(len(_POINTER))
        stream.seek(max(0, written.stat().st_size - len(_MAGIC)))
        last = stream.read()
    if first == _POINTER:
        raise _by_hand(name, "the address gives a pointer of Git LFS, not the file", url)
    if not first.startswith(_MAGIC) or last != _MAGIC:
        raise _by_hand(name, "what came is no Parquet file", url)

"""Newest releases at fixed addresses, as the Deportation Data Project's public repository keeps them.

What stands there is replaced without notice, so no sha256 is known beforehand. The server's entity tag tells
whether a file changed since it was fetched; the sha256 of what came is recorded beside it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from atlarge.errors import ReleaseError
from atlarge.files import write_atomically
from atlarge.releases.catalogue import families
from atlarge.releases.downloads import retrieve, settle, work_folder

SOURCE = "https://github.com/deportationdata/ice/raw/refs/heads/main/data/"
"""Where the project keeps its newest releases. The address must be this one: the repository stores its data
outside of git, and other addresses give a pointer of some 130 bytes instead of the file."""
PAGE = "https://deportationdata.org/data/ice.html"
RECORD = "fetched.json"
_POINTER = b"version https://git-lfs"
_MAGIC = b"PAR1"
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Fetched:
    """One file of an update: `status` is new (the file changed or was not there), unchanged or failed."""

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
        tag = before.get("etag") if target.exists() and before.get("url") == url else None
        new_tag = _tag(url, name, tag)
        if new_tag is not None and new_tag == tag:
            if on_progress:
                on_progress(f"{target.name}: unchanged")
            return Fetched(name, url, "unchanged", str(target), before["sha256"], target.stat().st_size)
        written = _download(url, name, target, work, new_tag, progress)
        sha256 = _checked(written, url, name)
        same = target.exists() and before.get("sha256") == sha256
        settle(written, target)
        fetched = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        record[target.name] = {"url": url, "etag": new_tag, "sha256": sha256, "fetched": fetched}
        write_atomically(folder / RECORD, (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
    if on_progress:
        on_progress(f"{target.name}: {'unchanged' if same else 'new'}, sha256 {sha256}")
    status = "unchanged" if same else "new"
    return Fetched(name, url, status, str(target), sha256, target.stat().st_size)


def _record(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _by_hand(name: str, why: object, url: str) -> ReleaseError:
    return ReleaseError(
        f"{url}: cannot be downloaded ({why}). Check the network and try again; or open {PAGE} in a browser, "
        f"download the Parquet file of {name} and read it by `atlarge ingest FILE --store DIR`"
    )


def _tag(url: str, name: str, tag: str | None) -> str | None:
    """The entity tag of what stands at an address now; None if the server gives none."""
    headers = {"If-None-Match": tag} if tag else {}
    request = urllib.request.Request(url, method="HEAD", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
            found: str | None = answer.headers.get("ETag")
            return found
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        if error.code == 304:
            return tag
        if error.code in (405, 501):  # a server that does not answer HEAD
            return None
        raise _by_hand(name, f"HTTP {error.code}", url) from None
    except (OSError, http.client.HTTPException) as error:
        raise _by_hand(name, getattr(error, "reason", None) or error, url) from None


def _download(url: str, name: str, target: Path, work: Path, tag: str | None, progress: bool) -> Path:
    """The file as it came, in the work folder. A part left over is continued only if its tag is the same."""
    part, of = target.with_name(target.name + ".part"), target.with_name(target.name + ".part.tag")
    if part.exists() and (tag is None or not of.exists() or of.read_text(encoding="utf-8") != tag):
        part.unlink()
    if tag is not None:
        of.parent.mkdir(parents=True, exist_ok=True)
        of.write_text(tag, encoding="utf-8")
    written = retrieve(url, None, target, work, progress, lambda reason: _by_hand(name, reason, url))
    of.unlink(missing_ok=True)
    return written


def _checked(written: Path, url: str, name: str) -> str:
    """The sha256 of a file that is Parquet from its first to its last bytes."""
    digest = hashlib.sha256()
    with written.open("rb") as stream:
        first = stream.read(len(_POINTER))
        stream.seek(0)
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
        stream.seek(max(0, written.stat().st_size - len(_MAGIC)))
        last = stream.read()
    if first == _POINTER:
        raise _by_hand(name, "the address gives a pointer of Git LFS, not the file", url)
    if not first.startswith(_MAGIC) or last != _MAGIC:
        raise _by_hand(name, "what came is no Parquet file", url)
    return digest.hexdigest()

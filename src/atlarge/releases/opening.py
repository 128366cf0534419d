"""From a path to bytes: unpacked within bounds, or refused in one clear line."""

from __future__ import annotations

import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from atlarge.errors import ReleaseError

_MIB = 1024 * 1024
_MOST_BYTES = 4096 * _MIB
_MOST_RATIO = 200  # the releases known so far unpack to at most 21 times their size
_ALWAYS_ALLOWED = 64 * _MIB

_NOT_RELEASES: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "is a Git LFS pointer, not the data; download the file itself"),
    (b"<stata_dta>", "is a Stata file, in which no release family is published; export it as CSV"),
    (b"%PDF", "is a PDF; ask for the spreadsheet, or take the table out as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old or password-protected Office file; save it as .xlsx without password"),
    (b"BZh", "is packed with bzip2; unpack it first"),
    (b"\xfd7zXZ", "is packed with xz; unpack it first"),
    (b"(\xb5/\xfd", "is packed with zstd; unpack it first"),
    (b"7z\xbc\xaf", "is a 7z archive; unpack it first"),
    (b"\xff\xfe", "is in UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "is in UTF-16; save it as UTF-8"),
)


def most_bytes() -> int:
    """The most bytes a file may unpack to: ATLARGE_MAX_BYTES, else 4 GiB.

    ReleaseError if the setting is not a whole number.
    """
    told = os.environ.get("ATLARGE_MAX_BYTES", "")
    if not told:
        return _MOST_BYTES
    if not told.isdigit():
        raise ReleaseError(f"ATLARGE_MAX_BYTES is {told!r}: give a whole number of bytes")
    return int(told)


def allowed_bytes(packed: int) -> int:
    """The most bytes that a packed file of this size may unpack to."""
    return min(most_bytes(), max(_ALWAYS_ALLOWED, _MOST_RATIO * packed))


@dataclass(frozen=True)
class Opened:
    """A file's bytes, unpacked. `form`: text, workbook or parquet."""

    path: Path
    sha256: str
    form: str
    content: bytes


def _unpack_gzip(path: Path, packed: bytes) -> bytes:
    allowed = allowed_bytes(len(packed))
    parts: list[bytes] = []
    size, rest = 0, packed
    while rest:
        stream = zlib.decompressobj(31)
        try:
            part = stream.decompress(rest, allowed - size + 1)
        except zlib.error as error:
            where = f"after {size:,} bytes" if parts else "at its start"
            raise ReleaseError(
                f"{path}: the gzip stream is damaged {where} ({error}); download the file again"
            ) from None
        size += len(part)
        parts.append(part)
        if size > allowed:
            raise ReleaseError(
                f"{path}: unpacks to more than {allowed:,} bytes from {len(packed):,}; if the file is to be "
                "trusted, unpack it yourself or raise ATLARGE_MAX_BYTES"
            )
        if not stream.eof:
            raise ReleaseError(
                f"{path}: the gzip stream ends early, after {size:,} unpacked bytes: the file is cut short; "
                "download it again"
            )
        rest = stream.unused_data.lstrip(b"\0")
    return b"".join(parts) if len(parts) > 1 else parts[0]


def open_release(path: Path) -> Opened:
    """Read a file, unpack it if it is gzipped, and tell its form.

    ReleaseError if it cannot be read, is empty, cut short, too large unpacked, or plainly not a table.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ReleaseError(f"{path}: there is no such file; check the name") from None
    except IsADirectoryError:
        raise ReleaseError(f"{path}: is a folder; name the files in it") from None
    except OSError as error:
        raise ReleaseError(f"{path}: cannot be read ({error.strerror}); check the rights") from None
    sha256 = hashlib.sha256(raw).hexdigest()
    if not raw:
        raise ReleaseError(f"{path}: the file is empty; download it again")
    content = _unpack_gzip(path, raw) if raw[:2] == b"\x1f\x8b" else raw
    if not content.strip():
        raise ReleaseError(f"{path}: the file holds nothing but blanks; download it again")
    for magic, told in _NOT_RELEASES:
        if content.startswith(magic):
            raise ReleaseError(f"{path}: {told}")
    if content[:512].lstrip()[:1] in (b"<", b"{"):
        raise ReleaseError(f"{path}: is a web page or a document, not a table; download the data file itself")
    if content.startswith(b"PAR1"):
        return Opened(path, sha256, "parquet", content)
    if content.startswith(b"PK"):
        return Opened(path, sha256, "workbook", content)
    if len(content) > most_bytes():
        raise ReleaseError(
            f"{path}: holds {len(content):,} bytes, more than ATLARGE_MAX_BYTES; raise it or split the file"
        )
    return Opened(path, sha256, "text", content)

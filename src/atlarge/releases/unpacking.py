"""Packed bytes unpacked within bounds: gzip, xz, bzip2, one member of a zip archive."""

from __future__ import annotations

import bz2
import io
import lzma
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from zlib_ng import zlib_ng

from atlarge.errors import ReleaseError
from atlarge.files import shipped_yaml
from atlarge.releases.encoding import from_utf16

_MIB = 1024 * 1024
_MOST_BYTES = 4096 * _MIB
_MOST_RATIO = 200  # the releases known so far unpack to at most 21 times their size
_XZ_MEMORY = 128 * _MIB
_ALWAYS_ALLOWED = 64 * _MIB


def most_bytes() -> int:
    """The most bytes a file may unpack to: ATLARGE_MAX_BYTES, else 4 GiB.

    ReleaseError if the setting is not a whole number.
    """
    setting = os.environ.get("ATLARGE_MAX_BYTES", "")
    if not setting:
        return _MOST_BYTES
    if not setting.isdigit():
        raise ReleaseError(f"ATLARGE_MAX_BYTES is {setting!r}: give a whole number of bytes")
    return int(setting)


def allowed_bytes(packed: int, most_ratio: int = _MOST_RATIO) -> int:
    """The most bytes that a packed file of this size may unpack to."""
    return min(most_bytes(), max(_ALWAYS_ALLOWED, most_ratio * packed))


def _over(path: Path, allowed: int, size: int) -> ReleaseError:
    return ReleaseError(
        f"{path}: unpacks to more than {allowed:,} bytes from {size:,}; if the file is to be trusted, unpack "
        "it yourself or raise ATLARGE_MAX_BYTES"
    )


def bounded(path: Path, pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same pieces; ReleaseError before they are more than a file of `size` bytes may unpack to."""
    allowed, given = allowed_bytes(size), 0
    for piece in pieces:
        given += len(piece)
        if given > allowed:
            raise _over(path, allowed, size)
        yield piece


def _damaged(path: Path, name: str, given: int, error: Exception) -> ReleaseError:
    where = f"after {given:,} bytes" if given else "at its start"
    return ReleaseError(f"{path}: the {name} stream is damaged {where} ({error}); download the file again")


def _cut_short(path: Path, name: str, given: int) -> ReleaseError:
    return ReleaseError(
        f"{path}: the {name} stream ends early, after {given:,} unpacked bytes: the file is cut short; "
        "download it again"
    )


def from_gzip(path: Path, packed: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The unpacked bytes of a gzip file, one member after another; at most so many at a time."""
    given, stream, is_begun = 0, zlib_ng.decompressobj(31), False
    for read in packed:
        piece = read
        while piece:
            if not is_begun:  # zeros between members are padding
                piece = piece.lstrip(b"\0") if given else piece
                is_begun = bool(piece)
                continue
            try:
                part = stream.decompress(piece, most)
            except zlib_ng.error as error:  # type: ignore[misc]  # its stub calls it an instance
                raise _damaged(path, "gzip", given, error) from None
            given += len(part)
            yield part
            piece = stream.unconsumed_tail
            if stream.eof:
                piece, stream, is_begun = stream.unused_data, zlib_ng.decompressobj(31), False
    if is_begun:
        raise _cut_short(path, "gzip", given)


def from_blocks(path: Path, packed: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The unpacked bytes of an xz or bzip2 file, one stream after another; at most so many at a time."""
    given = 0
    stream: Any = None
    name = "xz"
    for read in packed:
        piece = read
        while piece or (stream is not None and not stream.needs_input and not stream.eof):
            if stream is None:
                piece = piece.lstrip(b"\0") if given else piece
                if not piece:
                    break
                name = "bzip2" if piece.startswith(b"B") else "xz"  # the rest of BZh may come with the next
                stream = (
                    bz2.BZ2Decompressor() if name == "bzip2" else lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
                )
            try:
                part = stream.decompress(piece, most)
            except (lzma.LZMAError, OSError, EOFError) as error:
                raise _damaged(path, name, given, error) from None
            piece = b""
            given += len(part)
            yield part
            if stream.eof:
                piece, stream = stream.unused_data, None
    if stream is not None:
        raise _cut_short(path, name, given)


Unpack = Callable[[Path, Iterator[bytes], int], Iterator[bytes]]


def unpacker(magic: bytes) -> Unpack | None:
    """What unpacks a file that begins so; None if it is not packed, or is an archive of several."""
    if magic.startswith(b"\x1f\x8b"):
        return from_gzip
    if magic.startswith((b"\xff\xfe", b"\xfe\xff")) and not magic.startswith(b"\xff\xfe\0\0"):
        return from_utf16
    for order, zeros, letters in (("-le", magic[1::2], magic[::2]), ("-be", magic[::2], magic[1::2])):
        if zeros == b"\0\0\0" and letters.isascii() and letters.decode().isprintable():
            return partial(from_utf16, order=order)
    return from_blocks if magic.startswith((b"BZh", b"\xfd7zXZ")) else None


_BROKEN = (
    zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, struct.error, NotImplementedError, RuntimeError,
    ValueError, LookupError, OverflowError, OSError,
)  # fmt: skip
_TABLES = (
    ".csv", ".tsv", ".tab", ".txt", ".dat", ".json", ".jsonl", ".xlsx", ".xlsm", ".parquet", ".feather",
    ".arrow", ".dta", ".sav", ".zsav", ".sas7bdat", ".xpt", ".gz", ".bz2", ".xz",
)  # fmt: skip
_ABOUT = re.compile(
    r"(?i)read.?me|licen[cs]e|codebook|dictionar|metadata|schema|document|layout|notes?\b|about"
)
_OTHERS: dict[str, str] = shipped_yaml("atlarge.releases", "refused.yaml")["holds"]
_MOST_MEMBERS = 10_000


def _is_table(name: str) -> bool:
    """Whether a member may be a table: not a folder, nor what macOS, Windows and publishers put beside it."""
    path = PurePosixPath(name.replace("\\", "/"))
    is_hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return not name.endswith("/") and not is_hidden and path.name.lower().endswith(_TABLES)


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)[-80:]


def member_of(path: Path, content: bytes, is_inside: bool) -> tuple[str, Iterator[bytes]] | None:
    """The one table in a zip archive: its name and its bytes; None if the archive is a workbook.

    Nothing is written to the disk. ReleaseError if there is none or more than one, or for an archive that is
    damaged, encrypted or within another.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
    except _BROKEN as error:
        raise _broken(path, error) from None
    names = [entry.filename for entry in entries]
    for part, description in _OTHERS.items():
        if part in names:
            raise ReleaseError(f"{path}: {description}")
    if "[Content_Types].xml" in names or any(name.startswith("xl/") for name in names):
        return None
    if is_inside:
        raise ReleaseError(f"{path}: is an archive within an archive; unpack it first")
    if len(entries) > _MOST_MEMBERS:
        raise ReleaseError(
            f"{path}: is an archive of {len(entries):,} files; unpack it and name those wanted"
        )
    tables = [entry for entry in entries if _is_table(entry.filename)]
    named = [entry for entry in tables if not _ABOUT.search(PurePosixPath(entry.filename).name)]
    tables = named if named else tables
    if not tables:
        raise ReleaseError(
            f"{path}: is an archive without a table in it (CSV, .xlsx, Parquet); unpack it first"
        )
    if len(tables) > 1:
        listed = ", ".join(_shown(entry.filename) for entry in tables[:4])
        more = f" and {len(tables) - 4} more" if len(tables) > 4 else ""
        raise ReleaseError(
            f"{path}: is an archive of several tables ({listed}{more}); unpack it and name them"
        )
    (entry,) = tables
    if entry.flag_bits & 1:
        raise ReleaseError(f"{path}: is an archive protected by a password; unpack it first")
    return _shown(entry.filename), bounded(path, _member(path, archive, entry), len(content))


def _member(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive, archive.open(entry) as stream:
            while piece := stream.read(4 * _MIB):
                yield piece
    except _BROKEN as error:
        raise _broken(path, error) from None


def _broken(path: Path, error: Exception) -> ReleaseError:
    message = " ".join(str(error).split())[:160]
    return ReleaseError(
        f"{path}: the archive or workbook is damaged, packed in an unknown way or cut short ({message}); "
        "download it again, or unpack it first"
    )

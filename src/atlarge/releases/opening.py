"""From a path to bytes: unpacked within bounds, or refused in one clear line."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from atlarge.errors import ReleaseError

_MIB = 1024 * 1024
BLOCK = 64 * _MIB
"""A text of more bytes than this, unpacked, is read a block at a time."""
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


def allowed_bytes(packed: int, most_ratio: int = _MOST_RATIO) -> int:
    """The most bytes that a packed file of this size may unpack to."""
    return min(most_bytes(), max(_ALWAYS_ALLOWED, most_ratio * packed))


@dataclass(frozen=True)
class Opened:
    """A file's bytes, unpacked. `form`: text, workbook or parquet.

    `content` is the whole, or the first block of a long text, whose other blocks `rest` gives, once.
    """

    path: Path
    sha256: str
    form: str
    content: bytes
    rest: Iterator[bytes] | None = None


class _Watched:
    """A file read from start to end, hashed on the way: it must still be what it was when first hashed."""

    def __init__(self, path: Path, file: BinaryIO, sha256: str) -> None:
        self._path, self._file, self._sha256 = path, file, sha256
        self._digest = hashlib.sha256()

    def pieces(self) -> Iterator[bytes]:
        """The bytes as they stand in the file."""
        with self._file:
            while piece := self._file.read(min(4 * _MIB, BLOCK)):
                self._digest.update(piece)
                yield piece
        if self._digest.hexdigest() != self._sha256:
            raise ReleaseError(f"{self._path}: was changed while it was read; try again")


def _unpacked(path: Path, packed: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The unpacked bytes of a gzip file, one member after another; never more than a piece ahead."""
    allowed = allowed_bytes(size)
    given, stream, is_begun = 0, zlib.decompressobj(31), False
    for read in packed:
        piece = read
        while piece:
            if not is_begun:  # zeros between members are padding
                piece = piece.lstrip(b"\0") if given else piece
                is_begun = bool(piece)
                continue
            try:
                part = stream.decompress(piece, BLOCK)
            except zlib.error as error:
                where = f"after {given:,} bytes" if given else "at its start"
                raise ReleaseError(
                    f"{path}: the gzip stream is damaged {where} ({error}); download the file again"
                ) from None
            given += len(part)
            if given > allowed:
                raise ReleaseError(
                    f"{path}: unpacks to more than {allowed:,} bytes from {size:,}; if the file is to be "
                    "trusted, unpack it yourself or raise ATLARGE_MAX_BYTES"
                )
            yield part
            piece = stream.unconsumed_tail
            if stream.eof:
                piece, stream, is_begun = stream.unused_data, zlib.decompressobj(31), False
    if is_begun:
        raise ReleaseError(
            f"{path}: the gzip stream ends early, after {given:,} unpacked bytes: the file is cut short; "
            "download it again"
        )


def _blocks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _hashed(path: Path) -> tuple[str, int, BinaryIO]:
    """The file's sha256, its size, and the file at its start: in memory if it is small."""
    try:
        size = path.stat().st_size
        if size <= BLOCK or not path.is_file():
            with path.open("rb") as whole:
                raw = whole.read(BLOCK + 1)
            if len(raw) > BLOCK:
                raise ReleaseError(f"{path}: is no file, but a stream without end in sight; save it first")
            return hashlib.sha256(raw).hexdigest(), len(raw), BytesIO(raw)
        file = path.open("rb")
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        return sha256, size, file
    except FileNotFoundError:
        raise ReleaseError(f"{path}: there is no such file; check the name") from None
    except IsADirectoryError:
        raise ReleaseError(f"{path}: is a folder; name the files in it") from None
    except OSError as error:
        raise ReleaseError(f"{path}: cannot be read ({error.strerror}); check the rights") from None


def _form(path: Path, content: bytes) -> str:
    """What a file is, by how it begins; ReleaseError if it is plainly not a table."""
    if content.isspace():
        raise ReleaseError(f"{path}: the file holds nothing but blanks; download it again")
    for magic, told in _NOT_RELEASES:
        if content.startswith(magic):
            raise ReleaseError(f"{path}: {told}")
    if content[:512].lstrip()[:1] in (b"<", b"{"):
        raise ReleaseError(f"{path}: is a web page or a document, not a table; download the data file itself")
    if content.startswith(b"PAR1"):
        return "parquet"
    return "workbook" if content.startswith(b"PK") else "text"


def open_release(path: Path) -> Opened:
    """Read a file, unpack it if it is gzipped, and tell its form.

    ReleaseError if it cannot be read, is empty, cut short, too large unpacked, or plainly not a table.
    """
    sha256, size, file = _hashed(path)
    if not size:
        raise ReleaseError(f"{path}: the file is empty; download it again")
    is_packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if not is_packed and size > most_bytes():
        file.close()
        raise ReleaseError(
            f"{path}: holds {size:,} bytes, more than ATLARGE_MAX_BYTES; raise it or split the file"
        )
    raw = _Watched(path, file, sha256).pieces()
    blocks = _blocks(_unpacked(path, raw, size) if is_packed else raw)
    content = next(blocks, b"")
    if not content:
        raise ReleaseError(f"{path}: the file holds nothing but blanks; download it again")
    form = _form(path, content)
    second = next(blocks, None)
    if second is None:
        return Opened(path, sha256, form, content)
    if form == "text":
        return Opened(path, sha256, form, content, chain([second], blocks))
    return Opened(path, sha256, form, b"".join([content, second, *blocks]))

"""From a path to bytes: unpacked within bounds, or refused in one clear line."""

from __future__ import annotations

import bz2
import codecs
import csv
import hashlib
import json
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from atlarge.errors import ReleaseError
from atlarge.files import STREAM, is_stream

_MIB = 1024 * 1024
BLOCK = 64 * _MIB
"""A text of more bytes than this, unpacked, is read a block at a time."""
_MOST_BYTES = 4096 * _MIB
_MOST_RATIO = 200  # the releases known so far unpack to at most 21 times their size
_XZ_MEMORY = 128 * _MIB
_ALWAYS_ALLOWED = 64 * _MIB

_NOT_RELEASES: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "is a Git LFS pointer, not the data; download the file itself"),
    (b"%PDF", "is a PDF; ask for the spreadsheet, or take the table out as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old or password-protected Office file; save it as .xlsx without password"),
    (b"FEA1", "is a Feather file of the first version; write it again as Parquet or CSV"),
    (b"RDX", "is an R workspace; write the table from R as CSV or Parquet"),
    (b"RDA", "is an R workspace; write the table from R as CSV or Parquet"),
    (b"X\n\0", "is an R object (.rds); write the table from R as CSV or Parquet"),
    (b"A\n", "is an R object (.rds); write the table from R as CSV or Parquet"),
    (b"SQLite format 3", "is an SQLite database; export the table as CSV"),
    (b"(\xb5/\xfd", "is packed with zstd; unpack it first"),
    (b"7z\xbc\xaf", "is a 7z archive; unpack it first"),
)


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


@dataclass(frozen=True)
class Opened:
    """A file's bytes, unpacked. `form`: text, workbook, parquet, arrow, stata or spss.

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


def _unpacked_blocks(path: Path, packed: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The unpacked bytes of an xz or bzip2 file, one stream after another; never more than a piece ahead."""
    allowed, given = allowed_bytes(size), 0
    stream: Any = None
    name = "xz"
    for read in packed:
        piece = read
        while piece or (stream is not None and not stream.needs_input and not stream.eof):
            if stream is None:
                piece = piece.lstrip(b"\0") if given else piece
                if not piece:
                    break
                name = "bzip2" if piece.startswith(b"BZh") else "xz"
                stream = (
                    bz2.BZ2Decompressor() if name == "bzip2" else lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
                )
            try:
                part = stream.decompress(piece, BLOCK)
            except (lzma.LZMAError, OSError, EOFError) as error:
                where = f"after {given:,} bytes" if given else "at its start"
                raise ReleaseError(
                    f"{path}: the {name} stream is damaged {where} ({error}); download the file again"
                ) from None
            piece = b""
            given += len(part)
            if given > allowed:
                raise ReleaseError(
                    f"{path}: unpacks to more than {allowed:,} bytes from {size:,}; if the file is to be "
                    "trusted, unpack it yourself or raise ATLARGE_MAX_BYTES"
                )
            yield part
            if stream.eof:
                piece, stream = stream.unused_data, None
    if stream is not None:
        raise ReleaseError(
            f"{path}: the {name} stream ends early, after {given:,} unpacked bytes: the file is cut short; "
            "download it again"
        )


def _from_utf16(path: Path, packed: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The text of a file in UTF-16 (Excel's "Unicode text") in UTF-8; never more than a piece ahead."""
    decoder, given = codecs.getincrementaldecoder("utf-16")(), 0
    try:
        for piece in packed:
            part = decoder.decode(piece).encode()
            given += len(piece)
            yield part
        decoder.decode(b"", final=True)
    except UnicodeError:
        raise ReleaseError(
            f"{path}: is in UTF-16, but damaged or cut short after {given:,} of {size:,} bytes; "
            "save it as UTF-8"
        ) from None


Unpack = Callable[[Path, Iterator[bytes], int], Iterator[bytes]]


def _unpacker(magic: bytes) -> Unpack | None:
    """What unpacks a file that begins so; None if it is not packed."""
    if magic.startswith(b"\x1f\x8b"):
        return _unpacked
    if magic.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _from_utf16
    return _unpacked_blocks if magic.startswith((b"BZh", b"\xfd7zXZ")) else None


def _blocks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks."""
    blocks: list[bytes] = []
    size = 0
    for piece in pieces:
        blocks.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield b"".join(blocks)
            blocks, size = [], 0
    if blocks:
        yield b"".join(blocks)


def _hashed(path: Path) -> tuple[str, int, BinaryIO]:
    """The file's sha256, its size, and the file at its start: in memory if it is small."""
    try:
        size = path.stat().st_size
        if is_stream(path):
            raise ReleaseError(f"{path}: {STREAM}")
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


_FORMS: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "parquet"), (b"PK", "workbook"), (b"ARROW1", "arrow"), (b"<stata_dta>", "stata"),
    (b"$FL2", "spss"), (b"$FL3", "spss"),
)  # fmt: skip
_OLD_STATA = tuple(bytes([version, order, 1]) for version in (113, 114, 115) for order in (1, 2))


def _form(path: Path, content: bytes) -> str:
    """What a file is, by how it begins; ReleaseError if it is plainly not a table."""
    if content.isspace():
        raise ReleaseError(f"{path}: the file holds nothing but blanks; download it again")
    for magic, description in _NOT_RELEASES:
        if content.startswith(magic):
            raise ReleaseError(f"{path}: {description}")
    for magic, form in _FORMS:
        if content.startswith(magic):
            return form
    if content.startswith(_OLD_STATA):
        return "stata"
    if content[:512].lstrip()[:1] in (b"<", b"{"):
        raise ReleaseError(f"{path}: is a web page or a document, not a table; download the data file itself")
    return "text"


def _as_text(path: Path, content: bytes) -> bytes:
    """A JSON list of lists, the first of them the header, as delimited text; other text as it is."""
    if not content[:512].lstrip().startswith(b"[["):
        return content
    try:
        rows = json.loads(content)
    except ValueError as error:
        raise ReleaseError(f"{path}: is JSON that cannot be read ({error}); download it again") from None
    if not all(isinstance(row, list) and not any(isinstance(x, (list, dict)) for x in row) for row in rows):
        raise ReleaseError(f"{path}: is JSON, but no list of rows with a header first; save it as CSV")
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def open_release(path: Path) -> Opened:
    """Read a file, unpack it if it is gzipped, and determine its form.

    ReleaseError if it cannot be read, is empty, cut short, too large unpacked, or plainly not a table.
    """
    sha256, size, file = _hashed(path)
    if not size:
        raise ReleaseError(f"{path}: the file is empty; download it again")
    unpack = _unpacker(file.read(6))
    file.seek(0)
    if unpack is None and size > most_bytes():
        file.close()
        raise ReleaseError(
            f"{path}: holds {size:,} bytes, more than ATLARGE_MAX_BYTES; raise it or split the file"
        )
    raw = _Watched(path, file, sha256).pieces()
    blocks = _blocks(unpack(path, raw, size) if unpack is not None else raw)
    content = next(blocks, b"")
    if not content:
        raise ReleaseError(f"{path}: the file holds nothing but blanks; download it again")
    form = _form(path, content)
    second = next(blocks, None)
    if second is None:
        return Opened(path, sha256, form, _as_text(path, content) if form == "text" else content)
    if form == "text":
        return Opened(path, sha256, form, content, chain([second], blocks))
    return Opened(path, sha256, form, b"".join([content, second, *blocks]))

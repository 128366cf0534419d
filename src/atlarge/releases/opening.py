"""Open a file: its bytes, unpacked within bounds, or one clear line that says why not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from atlarge.errors import ReleaseError
from atlarge.files import STREAM, is_stream, shipped_yaml
from atlarge.releases.encoding import Decoded
from atlarge.releases.jsonform import is_json, json_as_text
from atlarge.releases.unpacking import bounded, member_of, most_bytes, unpacker

_MIB = 1024 * 1024
BLOCK = 64 * _MIB
"""A text of more bytes than this, unpacked, is read a block at a time."""
_MOST_LAYERS = 3
_LONGEST_MAGIC = 6

_NOT_RELEASES = {
    begins.encode("latin-1"): description
    for begins, description in shipped_yaml("atlarge.releases", "refused.yaml")["begins_with"].items()
}


@dataclass(frozen=True)
class Opened:
    """A file's bytes, unpacked. `form`: text, workbook, parquet, arrow, arrows, stata, spss or sas.

    `content` is the whole, or the first block of a long text, whose other blocks `rest` gives, once. `notes`:
    how it was read, complete once all blocks have been.
    """

    path: Path
    sha256: str
    form: str
    content: bytes
    rest: Iterator[bytes] | None = None
    notes: list[str] = field(default_factory=list)


class _Watched:
    """A file hashed while it is read, to make sure that it has not changed since it was first hashed."""

    def __init__(self, path: Path, file: BinaryIO, sha256: str) -> None:
        self._path, self._file, self._sha256 = path, file, sha256
        self._digest = hashlib.sha256()

    def pieces(self) -> Iterator[bytes]:
        """The bytes as they stand in the file."""
        if isinstance(self._file, BytesIO):  # read as a whole already
            yield self._file.getvalue()
            return
        with self._file:
            while piece := self._file.read(min(4 * _MIB, BLOCK)):
                self._digest.update(piece)
                yield piece
        if self._digest.hexdigest() != self._sha256:
            raise ReleaseError(f"{self._path}: was changed while it was read; try again")


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
        if path.parts[:1] in (("http:",), ("https:",)):
            raise ReleaseError(
                f"{path}: is an address, and files are read; download it first (`atlarge fetch` knows those "
                "of the published releases)"
            ) from None
        raise ReleaseError(f"{path}: there is no such file; check the name") from None
    except IsADirectoryError:
        raise ReleaseError(f"{path}: is a folder; name the files in it") from None
    except OSError as error:
        raise ReleaseError(f"{path}: cannot be read ({error.strerror}); check the rights") from None


_FORMS: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "parquet"), (b"PK", "workbook"), (b"ARROW1", "arrow"), (b"\xff\xff\xff\xff", "arrows"),
    (b"<stata_dta>", "stata"), (b"$FL2", "spss"), (b"$FL3", "spss"), (b"HEADER RECORD*******LIB", "xport"),
    (b"\0" * 12 + b"\xc2\xea\x81\x60", "sas"),
)  # fmt: skip
_OLD_STATA = tuple(bytes([version, order, 1]) for version in (113, 114, 115) for order in (1, 2))


def _form(path: Path, content: bytes) -> str:
    """What a file is, by how it begins; ReleaseError if it is plainly not a table."""
    if content.isspace():
        raise ReleaseError(f"{path}: the file holds nothing but blanks; download it again")
    for magic, description in _NOT_RELEASES.items():
        if content.startswith(magic):
            raise ReleaseError(f"{path}: {description}")
    for magic, form in _FORMS:
        if content.startswith(magic):
            return form
    if content.startswith(_OLD_STATA):
        return "stata"
    if content[257:262] == b"ustar":
        raise ReleaseError(f"{path}: is a tar archive; unpack it and name the files wanted")
    if b"SPSS PORT FILE" in content[:120]:
        raise ReleaseError(f"{path}: is an SPSS portable file (.por); save it as .sav or CSV")
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] == b"<" and b"<table" in content[:65536].lower():
        raise ReleaseError(
            f"{path}: is a web page, not a spreadsheet, whatever its name; open it in Excel and save it as "
            ".xlsx or CSV"
        )
    if start[:1] == b"<":
        raise ReleaseError(f"{path}: is a web page or a document, not a table; download the data file itself")
    return "text"


def _peeked(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and all of them."""
    taken: list[bytes] = []
    size = 0
    while size < _LONGEST_MAGIC and (piece := next(pieces, None)) is not None:
        taken.append(piece)
        size += len(piece)
    return b"".join(taken)[:_LONGEST_MAGIC], chain(taken, pieces)


def _unpacked(path: Path, pieces: Iterator[bytes], size: int, notes: list[str]) -> Iterator[bytes]:
    """The bytes of the table in a file, of whatever layers of packing and archive it is in."""
    is_inside = False
    for _ in range(_MOST_LAYERS):
        magic, pieces = _peeked(pieces)
        unpack = unpacker(magic)
        if unpack is not None:
            pieces = bounded(path, unpack(path, pieces, BLOCK), size)
        elif magic.startswith(b"PK"):
            content = b"".join(pieces)
            found = member_of(path, content, is_inside)
            if found is None:
                return iter([content])
            name, pieces = found
            notes.append(f"is an archive: its one table {name!r} is read")
            is_inside = True
        else:
            return pieces
    return pieces


def open_release(path: Path) -> Opened:
    """Read a file, unpack it if it is packed (gzip, xz, bzip2, a zip with one table), and determine its form.

    ReleaseError if it cannot be read, is empty, cut short, too large unpacked, or plainly not a table.
    """
    sha256, size, file = _hashed(path)
    if not size:
        raise ReleaseError(f"{path}: the file is empty; download it again")
    is_packed = unpacker(file.read(_LONGEST_MAGIC)) is not None
    file.seek(0)
    if not is_packed and size > most_bytes():
        file.close()
        raise ReleaseError(
            f"{path}: holds {size:,} bytes, more than ATLARGE_MAX_BYTES; raise it or split the file"
        )
    notes: list[str] = []
    blocks = _blocks(_unpacked(path, _Watched(path, file, sha256).pieces(), size, notes))
    content = next(blocks, b"")
    if not content:
        raise ReleaseError(f"{path}: the file holds nothing but blanks; download it again")
    form = _form(path, content)
    if form == "text":
        blocks = Decoded(notes).blocks(chain([content], blocks))
        content = next(blocks)
    second = next(blocks, None)
    if form == "text" and is_json(content):
        content = json_as_text(path, b"".join([content, second or b"", *blocks]))
        second = None
    if second is None:
        return Opened(path, sha256, form, content, notes=notes)
    if form == "text":
        return Opened(path, sha256, form, content, chain([second], blocks), notes)
    return Opened(path, sha256, form, b"".join([content, second, *blocks]), notes=notes)

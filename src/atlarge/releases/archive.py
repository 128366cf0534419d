"""Workbooks are archives of XML: what must hold before a reader is let loose on one.

An archive of a few kilobytes can unpack to gigabytes, two cells far apart make a reader fill all cells
between them, one long text can be named by a million cells, and entities can be nested. Every part is read
once here, a mebibyte at a time, and refused before anything grows.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from atlarge.errors import ReleaseError
from atlarge.releases.opening import allowed_bytes, most_bytes

_CHUNK = 1 << 20
_BROKEN = (
    zipfile.BadZipFile, EOFError, zlib.error, struct.error, NotImplementedError, RuntimeError, ValueError,
    LookupError, OverflowError,
)  # fmt: skip
_MOST_PARTS = 2_000
_LONGEST_MARK = 400
_LONGEST_REFERENCE = 64
_FORMULA = re.compile(rb"<f[ >/]")
# References and kinds of cells that a reader could read otherwise than they are read here: in other quotes,
# with blanks, spelt by character references, of letters without end (of which a reader makes a number, and
# loses count).
_ODD_REFERENCE = re.compile(
    rb"""["'/][rt]\s*=|\s[rt]\s+=|\sr=(?!"[A-Z]{0,3}\d{1,7}")|\st=(?!"[A-Za-z]{1,20}")"""
)
_CELL_WIDE = re.compile(rb'\sr="([A-Z]{2,3})\d')
_CELL_FAR = re.compile(rb'\sr="[A-Z]{0,3}(\d{6,7})"')
_ANY_ROW = re.compile(rb'\sr="[A-Z]{0,3}(\d{1,7})"')
_SHARED = re.compile(rb't="s"[^>]{0,200}><v>(\d{1,9})</v>')
_ALWAYS_ALLOWED_CELLS = 4_000_000
_CELLS_PER_BYTE = 4  # a filled cell takes some 20 bytes of XML; even sheets that are 98 % blank pass
_LONGEST_TEXT = 1 << 20  # a cell holds at most 32,767 characters


@dataclass
class _Extent:
    """How far a sheet reaches, how much XML it is made of, and how many cells name a shared text."""

    columns: int = 26
    rows: int = 100_000  # rows further on are looked for
    bytes: int = 0
    shared: int = 0


@dataclass
class _Contents:
    has_formulas: bool = False
    sheets: dict[str, _Extent] = field(default_factory=dict)
    texts: list[int] = field(default_factory=list)
    """Bytes of each shared text."""


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _watch_sheet(extent: _Extent, seen: bytes) -> None:
    extent.columns = max(extent.columns, *map(_column, set(_CELL_WIDE.findall(seen))), 0)
    extent.rows = max(extent.rows, *map(int, set(_CELL_FAR.findall(seen))), 0)


def _read_part(path: Path, archive: zipfile.ZipFile, name: str, found: _Contents) -> None:
    """Read a part from start to end, so that its size and checksum are known to be as told."""
    extent = found.sheets.setdefault(name, _Extent()) if _is_sheet(name) else None
    is_texts = name.endswith("sharedStrings.xml")
    tail, seen, text = b"", b"", 0
    with archive.open(name) as stream:
        while chunk := stream.read(_CHUNK):
            seen = tail + chunk
            if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                raise ReleaseError(
                    f"{path}: its part {name[:80]} declares entities, which no spreadsheet program writes: "
                    "the file is not to be trusted"
                )
            if b"\0" in chunk and name.endswith((".xml", ".rels")):
                raise ReleaseError(f"{path}: its part {name[:80]} is not in UTF-8: save the workbook again")
            if extent is not None:
                _check_references(path, name, seen, len(seen) - _LONGEST_REFERENCE)
                found.has_formulas = found.has_formulas or _FORMULA.search(seen) is not None
                _watch_sheet(extent, seen)
                extent.bytes += len(chunk)
                extent.shared += chunk.count(b't="s"')
            if is_texts:
                lengths = [len(piece) for piece in chunk.split(b"</si>")]
                lengths[0] += text
                text = lengths.pop()
                found.texts += lengths
                if max(text, *lengths, 0) > _LONGEST_TEXT:
                    raise ReleaseError(f"{path}: holds a text of over a million characters: it is no release")
            tail = chunk[-_LONGEST_MARK:]
    if extent is not None:
        _check_references(path, name, seen, len(seen))


def _check_references(path: Path, name: str, seen: bytes, until: int) -> None:
    """Refuse odd references that begin before `until`: one that begins later may be cut in two."""
    odd = _ODD_REFERENCE.search(seen)
    if odd is not None and odd.start() < until:
        raise ReleaseError(
            f"{path}: its part {name[:80]} names cells as no spreadsheet program does: save the workbook "
            "again, or export it as CSV"
        )


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/") and name.endswith(".xml")


def _rows(archive: zipfile.ZipFile, name: str) -> int:
    """The last row that a sheet names: a second look, at the sheets alone that seem to reach too far."""
    last, tail = 0, b""
    with archive.open(name) as stream:
        while chunk := stream.read(_CHUNK):
            seen = tail + chunk
            last = max(last, *map(int, set(_ANY_ROW.findall(seen))), 0)
            tail = chunk[-_LONGEST_MARK:]
    return last


def _check_extents(path: Path, archive: zipfile.ZipFile, found: _Contents) -> None:
    for name, extent in found.sheets.items():
        allowed = max(_ALWAYS_ALLOWED_CELLS, _CELLS_PER_BYTE * extent.bytes)
        cells = extent.columns * extent.rows
        if cells > allowed:
            cells = extent.columns * _rows(archive, name)
        if cells > allowed:
            raise ReleaseError(
                f"{path}: its part {name[:80]} reaches over {cells:,} cells with hardly any filled; "
                "delete the stray cells at its far end"
            )


def _check_texts(path: Path, archive: zipfile.ZipFile, found: _Contents) -> None:
    """Refuse a workbook whose shared texts, written out in every cell that names them, are too long."""
    longest = max(found.texts, default=0)
    if longest * sum(e.shared for e in found.sheets.values()) <= most_bytes():
        return
    lengths = np.array(found.texts, dtype=np.int64)
    total = 0
    for name, extent in found.sheets.items():
        tail, matched = b"", 0
        with archive.open(name) as stream:
            while chunk := stream.read(_CHUNK):
                seen = tail + chunk
                at = seen.rfind(b"</v>") + 4
                named = np.array(_SHARED.findall(seen[:at]), dtype=np.int64)
                matched += len(named)
                total += int(lengths[named[named < len(lengths)]].sum())
                tail = seen[at:][-_LONGEST_MARK:]
        total += max(0, extent.shared - matched) * longest  # which text these name is not plain to see
        if total > most_bytes():
            raise ReleaseError(
                f"{path}: the texts of its cells are over {total:,} bytes from {sum(found.texts):,}; if the "
                "file is to be trusted, raise ATLARGE_MAX_BYTES"
            )


def check_archive(path: Path, content: bytes) -> bool:
    """Whether a sheet holds formulas.

    ReleaseError for a broken archive, one whose parts are not as long as told, and one that would grow in a
    reader's hands.
    """
    found = _Contents()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            size = sum(entry.file_size for entry in entries)
            if size > allowed_bytes(len(content)) or len(entries) > _MOST_PARTS:
                raise ReleaseError(
                    f"{path}: unpacks to {size:,} bytes in {len(entries):,} parts from {len(content):,}; if "
                    "the file is to be trusted, raise ATLARGE_MAX_BYTES"
                )
            if len({e.filename for e in entries}) < len(entries):
                raise ReleaseError(f"{path}: holds two parts of one name: the workbook is damaged")
            for entry in entries:
                if not entry.filename.endswith("/"):
                    _read_part(path, archive, entry.filename, found)
            if not found.sheets:
                raise ReleaseError(f"{path}: is an archive, not an Excel workbook; unpack it first")
            _check_extents(path, archive, found)
            _check_texts(path, archive, found)
    except _BROKEN as error:
        told = " ".join(str(error).split())[:160]
        raise ReleaseError(
            f"{path}: the workbook is damaged, packed in an unknown way or cut short ({told}); "
            "download it again"
        ) from None
    return found.has_formulas

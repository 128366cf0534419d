"""Checks of a workbook, an archive of XML, before any reader opens it: its size, structure and spelling.

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
from typing import NamedTuple
from xml.etree import ElementTree as ET
from xml.parsers import expat

import numpy as np
import numpy.typing as npt

from atlarge.errors import ReleaseError
from atlarge.releases.unpacking import allowed_bytes, most_bytes

_Bytes = npt.NDArray[np.uint8]
_Places = npt.NDArray[np.intp]
_CHUNK = 1 << 20
_HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row [^<>]{0,300}?\bhidden=["'](?:1|true)["']""")
_BROKEN = (
    zipfile.BadZipFile, EOFError, zlib.error, struct.error, NotImplementedError, RuntimeError, ValueError,
    LookupError, OverflowError, expat.ExpatError,
)  # fmt: skip
_MERGED = re.compile(
    rb"""<(?:\w+:)?mergeCell [^<>]{0,60}?ref=["']([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})["']"""
)
_MOST_PARTS = 2_000
_FROM_1904 = re.compile(rb"""\bdate1904=["'](?:1|true)["']""")
_LONGEST_MARK = 400
_LONGEST_REFERENCE = 64
_SPACE, _UPPER, _LOWER, _DIGIT, _QUOTE, _BORDER = 1, 2, 3, 4, 5, 6
_KINDS = np.zeros(256, dtype=np.uint8)
_KINDS[list(b" \t\n\r\f\v")] = _SPACE
_KINDS[ord("A") : ord("Z") + 1] = _UPPER
_KINDS[ord("a") : ord("z") + 1] = _LOWER
_KINDS[ord("0") : ord("9") + 1] = _DIGIT
_KINDS[ord('"')] = _QUOTE
_KINDS[list(b"'/")] = _BORDER
_KIND_OF = _KINDS.tobytes()
_LONGEST_COLUMN, _LONGEST_ROW, _LONGEST_TYPE = 3, 7, 20  # letters, digits, letters
_SHARED = re.compile(rb't="s"[^>]{0,200}><v>(\d{1,9})</v>')
_ALWAYS_ALLOWED_CELLS = 4_000_000
_CELLS_PER_BYTE = 4  # a filled cell takes some 20 bytes of XML; even sheets that are 98% blank pass
_LONGEST_TEXT = 1 << 20  # a cell holds at most 32,767 characters


class Merged(NamedTuple):
    """Cells of a column that are merged into one, by their first and last row (from 1)."""

    column: str
    first: int
    last: int


@dataclass
class _Extent:
    """How far a sheet reaches, how many bytes it has, and how many cells name a shared text."""

    columns: int = 26
    rows: int = 0
    size: int = 0
    shared: int = 0
    unnamed_rows: int = 0
    unnamed_cells: int = 0
    has_formulas: bool = False
    hidden_rows: int = 0
    merged: list[Merged] = field(default_factory=list)

    @property
    def most_cells(self) -> int:
        """An upper bound of its cells: a cell without a reference follows the one before it."""
        return (self.columns + self.unnamed_cells) * (self.rows + self.unnamed_rows)


@dataclass
class _Contents:
    sheets: dict[str, _Extent] = field(default_factory=dict)
    texts: list[int] = field(default_factory=list)
    """Bytes of each shared text."""
    from_1904: bool = False


class _Attributes:
    """The attributes `r` (reference) and `t` (type) of a sheet's cells, read piece by piece.

    Every equals sign is judged once, from the bytes on both sides of it, all of a piece at the same time.
    Odd are spellings that a reader could take otherwise than they are taken here: in other quotes, with
    blanks, by character references, of letters without end (of which a reader makes a number, and loses
    count).
    """

    def __init__(self, extent: _Extent) -> None:
        self.extent = extent
        self.seen = b""
        self.judged = 0

    def odd(self, chunk: bytes, is_last: bool = False) -> bool:
        """Whether an attribute is spelt oddly in what has come so far; one that may be cut waits."""
        self.seen += chunk
        until = max(self.judged, len(self.seen) - (0 if is_last else _LONGEST_REFERENCE))
        found = self._is_odd(self.judged, until)
        start = max(0, until - _LONGEST_MARK)
        self.seen, self.judged = self.seen[start:], until - start
        return found

    def _is_odd(self, begin: int, until: int) -> bool:
        padded = self.seen + bytes(_LONGEST_REFERENCE)
        values = np.frombuffer(padded, dtype=np.uint8)
        kinds = np.frombuffer(padded.translate(_KIND_OF), dtype=np.uint8)
        self._count_elements(values, begin, until)
        signs = np.flatnonzero(values[begin:until] == ord("=")) + begin
        signs = signs[signs > 1]
        last = signs - 1
        blank = kinds[last] == _SPACE
        if blank.any():
            if self._is_odd_with_blanks(values, kinds, last[blank]):
                return True
            signs, last = signs[~blank], last[~blank]
        name, before = values[last], kinds[last - 1]
        is_row, is_type = name == ord("r"), name == ord("t")
        if (((before == _QUOTE) | (before == _BORDER)) & (is_row | is_type)).any():
            return True
        apart = before == _SPACE
        return self._is_odd_type(values, kinds, signs[is_type & apart] + 1) or self._is_odd_reference(
            values, kinds, signs[is_row & apart] + 1
        )

    def _count_elements(self, values: _Bytes, begin: int, until: int) -> None:
        """Add the rows, cells and formulas that begin here, however their names are prefixed."""
        for sign in b"<:":
            name = np.flatnonzero(values[begin:until] == sign) + (begin + 1)
            first = values[name]
            self.extent.unnamed_cells += int((first == ord("c")).sum())
            rest = name[first == ord("r")] + 1
            self.extent.unnamed_rows += int(
                ((values[rest] == ord("o")) & (values[rest + 1] == ord("w"))).sum()
            )
            if sign == ord("<") and not self.extent.has_formulas:
                rest = name[first == ord("f")] + 1
                self.extent.has_formulas = bool(np.isin(values[rest], list(b" >/")).any())

    @staticmethod
    def _is_odd_with_blanks(values: _Bytes, kinds: _Bytes, at: _Places) -> bool:
        """Whether blanks stand between an attribute's name and its equals sign; `at`: the last blanks."""
        for _ in range(_LONGEST_MARK):
            at = at[at > 1] - 1
            name = at[(values[at] == ord("r")) | (values[at] == ord("t"))]
            before = kinds[name - 1]
            if ((before == _SPACE) | (before == _QUOTE) | (before == _BORDER)).any():
                return True
            at = at[kinds[at] == _SPACE]
            if not len(at):
                return False
        return True  # more blank cells than any program writes

    def _is_odd_type(self, values: _Bytes, kinds: _Bytes, at: _Places) -> bool:
        if (kinds[at] != _QUOTE).any():
            return True
        first, end = at + 1, kinds[at + 2] == _QUOTE
        self.extent.shared += int((values[first[end]] == ord("s")).sum())
        at = first
        for _ in range(_LONGEST_TYPE):
            kind = kinds[at]
            if ((kind != _UPPER) & (kind != _LOWER)).any():
                return True
            at = at + 1
            at = at[kinds[at] != _QUOTE]
            if not len(at):
                return False
        return True

    def _is_odd_reference(self, values: _Bytes, kinds: _Bytes, at: _Places) -> bool:
        if (kinds[at] != _QUOTE).any():
            return True
        first = at + 1
        letters = _run(kinds, first, _UPPER, _LONGEST_COLUMN)
        digits = first + letters
        length = _run(kinds, digits, _DIGIT, _LONGEST_ROW)
        if (length == 0).any() or (kinds[digits + length] != _QUOTE).any():
            return True
        of_row, of_cell = (_follows(values, at - 3, tag) for tag in (b"<row", b"<c"))
        self.extent.unnamed_rows -= int((of_row & (letters == 0)).sum())
        self.extent.unnamed_cells -= int((of_cell & (letters > 0)).sum())
        self.extent.columns = max(self.extent.columns, _largest(values, first, letters, 26, ord("A") - 1))
        self.extent.rows = max(self.extent.rows, _largest(values, digits, length, 10, ord("0")))
        return False


def _run(kinds: _Bytes, at: _Places, kind: int, longest: int) -> _Places:
    """How many bytes of this kind, at most `longest`, stand at each place and right after it."""
    length = np.zeros(len(at), dtype=np.intp)
    fits = np.ones(len(at), dtype=bool)
    for step in range(longest):
        fits &= kinds[at + step] == kind
        if not fits.any():
            break
        length += fits
    return length


def _follows(values: _Bytes, at: _Places, tag: bytes) -> npt.NDArray[np.bool_]:
    """Whether a tag ends right before each place."""
    fits = at >= len(tag)
    for back, letter in enumerate(reversed(tag), 1):
        fits &= values[at - back] == letter
    return fits


def _largest(values: _Bytes, at: _Places, length: _Places, base: int, zero: int) -> int:
    """The largest of the numbers written at these places, of so many digits each."""
    longest = int(length.max(initial=0))
    at = at[length == longest]
    number = np.zeros(len(at), dtype=np.int64)
    for step in range(longest):
        number = number * base + values[at + step] - zero
    return int(number.max(initial=0))


def _read_part(path: Path, archive: zipfile.ZipFile, name: str, found: _Contents) -> None:
    """Read a part from start to end, so that its size and checksum are known to be as declared."""
    extent = found.sheets.setdefault(name, _Extent()) if _is_sheet(name) else None
    attributes = _Attributes(extent) if extent is not None else None
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
            if extent is not None and attributes is not None:
                _check_references(path, name, attributes.odd(chunk))
                extent.size += len(chunk)
                if b" hidden=" in seen:
                    extent.hidden_rows += sum(m.end() > len(tail) for m in _HIDDEN_ROW.finditer(seen))
                if b"mergeCell " in seen:
                    extent.merged += [
                        Merged(m[1].decode(), int(m[2]), int(m[3]))
                        for m in _MERGED.finditer(seen)
                        if m.end() > len(tail) and m[2] != m[3]
                    ]
            if name.endswith("workbook.xml"):
                found.from_1904 = found.from_1904 or _FROM_1904.search(seen) is not None
            if is_texts:
                lengths = [len(piece) for piece in chunk.split(b"</si>")]
                lengths[0] += text
                text = lengths.pop()
                found.texts += lengths
                if max(text, *lengths, 0) > _LONGEST_TEXT:
                    raise ReleaseError(f"{path}: holds a text of over a million characters: it is no release")
            tail = seen[-_LONGEST_MARK:]
    if attributes is not None:
        _check_references(path, name, attributes.odd(b"", is_last=True))


def _check_references(path: Path, name: str, is_odd: bool) -> None:
    if is_odd:
        raise ReleaseError(
            f"{path}: its part {name[:80]} names cells as no spreadsheet program does: save the workbook "
            "again, or export it as CSV"
        )


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/") and name.endswith(".xml")


class _Walk:
    """How far a sheet's rows and cells reach; one without a reference follows the one before."""

    def __init__(self) -> None:
        self.row = self.column = self.cells_of_row = self.rows = self.columns = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        kind, reference = name.rpartition(":")[2], attributes.get("r", "")
        if kind == "row":
            self.row = int(reference) if reference.isdigit() else self.row + 1
            self.column = self.cells_of_row = 0
        elif kind == "c":
            letters = reference.rstrip("0123456789")
            self.cells_of_row += 1
            self.column = max(self.column + 1, self.cells_of_row)
            if letters.isascii() and letters.isupper():
                self.column = 0
                for letter in letters:
                    self.column = 26 * self.column + ord(letter) - 64
            self.row = max(self.row, int(reference[len(letters) :] or 0))
        self.rows, self.columns = max(self.rows, self.row), max(self.columns, self.column)


def _cells(archive: zipfile.ZipFile, name: str) -> int:
    """The cells that a sheet reaches over: counted again for the sheets that seem to reach too far."""
    walk, parser = _Walk(), expat.ParserCreate()
    parser.StartElementHandler = walk.start
    with archive.open(name) as stream:
        parser.ParseFile(stream)
    return walk.rows * walk.columns


def _check_extents(path: Path, archive: zipfile.ZipFile, found: _Contents) -> None:
    for name, extent in found.sheets.items():
        allowed = max(_ALWAYS_ALLOWED_CELLS, _CELLS_PER_BYTE * extent.size)
        cells = extent.most_cells
        if cells > allowed and extent.columns * extent.rows <= allowed:
            cells = _cells(archive, name)
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
        total += max(0, extent.shared - matched) * longest  # which text these cells refer to is unknown here
        if total > most_bytes():
            raise ReleaseError(
                f"{path}: the texts of its cells are over {total:,} bytes from {sum(found.texts):,}; if the "
                "file is to be trusted, raise ATLARGE_MAX_BYTES"
            )


class Checked(NamedTuple):
    """What a reader does not say of a workbook: whether it holds formulas, how many rows are hidden, by the
    name of each sheet which cells are merged over several rows, and whether it counts days from 1904."""

    has_formulas: bool
    hidden_rows: int
    merged: dict[str, list[Merged]]
    from_1904: bool


def _names_of_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The names of the sheets by the parts that hold them."""
    try:
        sheets = ET.fromstring(archive.read("xl/workbook.xml"))
        files = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ET.ParseError):
        return {}
    targets = {one.get("Id"): one.get("Target", "").removeprefix("/xl/") for one in files}
    return {
        f"xl/{targets.get(value)}": one.get("name", "")
        for one in sheets.iter()
        for name, value in one.attrib.items()
        if one.tag.endswith("}sheet") and name.endswith("}id")
    }


def check_archive(path: Path, content: bytes) -> Checked:
    """Check a workbook before it is read.

    ReleaseError for a broken archive, one whose parts are not as long as declared, and one that would grow in
    a reader's hands.
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
            has_merged = any(one.merged for one in found.sheets.values())
            names = _names_of_parts(archive) if has_merged else {}
    except _BROKEN as error:
        message = " ".join(str(error).split())[:160]
        raise ReleaseError(
            f"{path}: the workbook is damaged, packed in an unknown way or cut short ({message}); "
            "download it again"
        ) from None
    sheets = found.sheets.values()
    merged = {names.get(part, ""): one.merged for part, one in found.sheets.items() if one.merged}
    has_formulas, hidden = any(one.has_formulas for one in sheets), sum(one.hidden_rows for one in sheets)
    return Checked(has_formulas, hidden, merged, found.from_1904)

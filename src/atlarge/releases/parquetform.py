"""The size that a Parquet file unpacks to, from its headers, before any reader unpacks it.

The footer names the column chunks, and each chunk is a row of pages with the unpacked size of each before it.
A reader takes memory by these sizes, so they are added up first. Both are written in the compact protocol of
Apache Thrift; the numbers of the fields are those of parquet.thrift (Apache Parquet format 2.12).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_MAGIC = b"PAR1"
_DEEPEST = 24
_LONGEST_FOOTER = 64 * 1024 * 1024
_MOST_PAGES = 2_000_000
_DATA_PAGES = (5, 8)
_REPEATED = 2
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)


class DamagedError(ValueError):
    """The headers are not what the format says."""


class _Thrift:
    """Reads values of the compact protocol from `at` on; structs become dicts by field number."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self.at = at

    def _take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self._data):
            raise DamagedError("a header goes beyond the end of the file")
        taken = self._data[self.at : self.at + count]
        self.at += count
        return taken

    def _unsigned(self) -> int:
        value, shift = 0, 0
        while shift < 70:
            byte = self._take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise DamagedError("a number in a header is too long")

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """One struct."""
        if depth > _DEEPEST:
            raise DamagedError("headers within headers")
        fields: dict[int, Any] = {}
        number = 0
        while byte := self._take(1)[0]:
            number = number + (byte >> 4) if byte >> 4 else self._signed()
            kind = byte & 15
            fields[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise DamagedError("headers within headers")
        if kind in (_TRUE, _FALSE, _BYTE):  # flags within a list take one byte each
            return self._take(1)[0]
        if kind in (_I16, _I32, _I64):
            return self._signed()
        if kind == _DOUBLE:
            return self._take(8)
        if kind == _BINARY:
            return self._take(self._unsigned())
        if kind in (_LIST, _SET):
            return self._list(depth)
        if kind == _MAP:
            return self._map(depth)
        if kind == _STRUCT:
            return self.struct(depth + 1)
        raise DamagedError("a header holds a kind that there is not")

    def _list(self, depth: int) -> list[Any]:
        head = self._take(1)[0]
        size = head >> 4 if head >> 4 < 15 else self._unsigned()
        if size > len(self._data):
            raise DamagedError("a header lists more than the file can hold")
        return [self._value(head & 15, depth + 1) for _ in range(size)]

    def _map(self, depth: int) -> list[Any]:
        size = self._unsigned()
        if size > len(self._data):
            raise DamagedError("a header lists more than the file can hold")
        kinds = self._take(1)[0] if size else 0
        return [(self._value(kinds >> 4, depth + 1), self._value(kinds & 15, depth + 1)) for _ in range(size)]


def _number(fields: dict[int, Any], name: int, default: int | None = None) -> int:
    value = fields.get(name, default)
    if not isinstance(value, int) or value < 0:
        raise DamagedError("a size in a header is missing or below zero")
    return value


@dataclass(frozen=True)
class _Chunk:
    """Where a column chunk lies (first byte and the one after the last), and how many values it has.

    `values`: None where they need not be as many as the rows: in columns of lists.
    """

    start: int
    end: int
    values: int | None


def _footer(data: bytes) -> dict[int, Any]:
    length = int.from_bytes(data[-8:-4], "little")
    if len(data) < 12 or data[:4] != _MAGIC or data[-4:] != _MAGIC or length > len(data) - 12:
        raise DamagedError("it does not end as a Parquet file does")
    if length > _LONGEST_FOOTER:
        raise DamagedError("its footer is longer than that of any release")
    return _Thrift(data, len(data) - 8 - length).struct()


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """The column chunks, whose rows are as many as the footer states."""
    footer = _footer(data)
    if not _number(footer, 3):
        raise DamagedError("it holds no rows")
    is_flat = all(leaf.get(3) != _REPEATED and not leaf.get(5) for leaf in footer.get(2, [])[1:])
    rows = 0
    for group in footer.get(4, []):
        of_group = _number(group, 3)
        rows += of_group
        if is_flat and len(group.get(1, [])) != len(footer.get(2, [])) - 1:
            raise DamagedError("a group of its rows lacks a column")
        for chunk in group.get(1, []):
            if chunk.get(1):
                raise DamagedError("it names another file to read from")
            about = chunk.get(3, {})
            starts = [_number(about, 9)]
            if about.get(11):
                starts.append(_number(about, 11))
            start, end = min(starts), min(starts) + _number(about, 7)
            if end > len(data):
                raise DamagedError("a column goes beyond the end of the file")
            if is_flat and _number(about, 5) != of_group:
                raise DamagedError("a column has another number of values than the others")
            yield _Chunk(start, end, of_group if is_flat else None)
    if rows != _number(footer, 3):
        raise DamagedError("its columns have another number of rows than its footer states")


def _values(page: dict[int, Any]) -> int:
    """How many values a page of data states; 0 for any other page."""
    return sum(_number(page[kind], 1) for kind in _DATA_PAGES if kind in page)


def _check_sum(page: dict[int, Any], content: bytes) -> None:
    """Compare a page with its checksum, where the program that wrote it gave one."""
    if isinstance(page.get(4), int) and (page[4] & 0xFFFFFFFF) != zlib.crc32(content):
        raise DamagedError("the checksum of one of its pages is wrong")


def unpacked_bytes(data: bytes) -> int:
    """Bytes that all pages of a Parquet file unpack to, as the pages themselves state.

    DamagedError where its headers are not what the format says, contradict each other or their checksums: a
    reader that believed them could take memory without end.
    """
    total, pages, last = 0, 0, 0
    try:
        for chunk in sorted(_chunks(data), key=lambda c: c.start):
            if chunk.start < last:  # otherwise a few pages could be listed many times
                raise DamagedError("two of its columns lie in the same place")
            last = chunk.end
            header = _Thrift(data, chunk.start)
            values = 0
            while header.at < chunk.end:
                page = header.struct()
                total += _number(page, 2)
                size = _number(page, 3)
                _check_sum(page, data[header.at : header.at + size])
                header.at += size
                values += _values(page)
                pages += 1
                if pages > _MOST_PAGES:
                    raise DamagedError("it has more pages than any release")
            if chunk.values is not None and values != chunk.values:
                raise DamagedError("the pages of a column have another number of values than it states")
    except (AttributeError, TypeError) as error:
        raise DamagedError("its headers are not those of the format") from error
    return total

"""The size that an Arrow file (Feather) unpacks to, from its headers, before any reader unpacks it.

A file is a row of messages: each a header in the flat buffers of Message.fbs (Apache Arrow format 1.5) and a
body. The header of a batch of rows names the buffers of its body; a reader takes memory by their lengths, and
by the unpacked length that a packed buffer begins with, so these are checked and added up first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from atlarge.releases.parquetform import DamagedError

_MAGIC = b"ARROW1"
_GOES_ON = 0xFFFFFFFF
_END = b"\xff\xff\xff\xff\0\0\0\0"
_DICTIONARY, _BATCH = 2, 3
_NOT_PACKED = -1


class _Table:
    """A table of a flat buffer: its fields by number, as the format's own index of them says."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        index = at - self._read("<i", at)
        size = self._read("<H", index) // 2 - 2
        self._fields = [self._read("<H", index + 4 + 2 * i) for i in range(size)]

    def _read(self, form: str, at: int) -> int:
        if at < 0:
            raise DamagedError("a header points before its beginning")
        try:
            return int(struct.unpack_from(form, self.data, at)[0])
        except struct.error:
            raise DamagedError("a header points beyond its end") from None

    def _place(self, field: int) -> int:
        offset = self._fields[field] if field < len(self._fields) else 0
        return self.at + offset if offset else 0

    def number(self, field: int, form: str) -> int:
        """A number; 0 where it is left out."""
        at = self._place(field)
        return self._read(form, at) if at else 0

    def table(self, field: int) -> _Table | None:
        """A table within; None where it is left out."""
        at = self._place(field)
        return _Table(self.data, at + self._read("<I", at)) if at else None

    def rows(self, field: int, form: str) -> list[tuple[int, ...]]:
        """A list of structs of numbers."""
        at = self._place(field)
        if not at:
            return []
        start = at + self._read("<I", at)
        end = start + 4 + struct.calcsize(form) * self._read("<I", start)
        if end > len(self.data):
            raise DamagedError("a header lists more than it can hold")
        return list(struct.iter_unpack(form, self.data[start + 4 : end]))


def _message(data: bytes, at: int) -> tuple[_Table, bytes, int]:
    """The message that begins here: its header, its body, and where it ends."""
    mark, size = struct.unpack_from("<II", data, at) if at + 8 <= len(data) else (0, 0)
    if mark != _GOES_ON:
        raise DamagedError("a message does not begin as one")
    at += 8
    header = data[at : at + size]
    if size < 8 or len(header) < size:
        raise DamagedError("a header goes beyond the end of the file")
    message = _Table(header, struct.unpack_from("<I", header)[0])
    at += size
    length = message.number(3, "<q")
    if length < 0 or at + length > len(data):
        raise DamagedError("a batch of rows goes beyond the end of the file")
    return message, data[at : at + length], at + length


def _messages(data: bytes) -> Iterator[tuple[_Table, bytes]]:
    """Header and body of each message: those that the footer of a file names, or all of a stream."""
    at = 0
    if not data.startswith(_MAGIC):
        while data[at : at + 8] not in (_END, b""):
            message, body, at = _message(data, at)
            yield message, body
        return
    size = int.from_bytes(data[-10:-6], "little")
    if not data.endswith(_MAGIC) or not 8 <= size <= len(data) - 10:
        raise DamagedError("it does not end as an Arrow file does")
    content = data[-10 - size : -10]
    footer = _Table(content, struct.unpack_from("<I", content)[0])
    for begin, header, length in sorted((*footer.rows(2, "<qi4xq"), *footer.rows(3, "<qi4xq"))):
        if begin < at:  # otherwise a few batches could be listed many times
            raise DamagedError("two batches of rows lie in the same place")
        message, body, at = _message(data, begin)
        if len(body) != length or at != begin + header + length:
            raise DamagedError("a batch of rows is not as long as its footer states")
        yield message, body


def _of_batch(batch: _Table | None, body: bytes) -> int:
    """Bytes that the buffers of a batch unpack to."""
    if batch is None:
        raise DamagedError("a batch of rows has no header")
    rows = batch.number(0, "<q")
    for length, nulls in batch.rows(1, "<qq"):
        if not 0 <= nulls <= length or length > max(rows, len(body) * 8):
            raise DamagedError("a column has another number of values than it can have")
    is_packed = batch.table(3) is not None
    total = 0
    for start, length in batch.rows(2, "<qq"):
        if start < 0 or length < 0 or start + length > len(body):
            raise DamagedError("a column goes beyond the end of its batch")
        unpacked = length
        if is_packed and length >= 8:
            (stated,) = struct.unpack_from("<q", body, start)
            if stated < _NOT_PACKED:
                raise DamagedError("a packed column states a length below zero")
            unpacked = length if stated == _NOT_PACKED else stated
        total += unpacked
    return total


def arrow_bytes(data: bytes) -> int:
    """Bytes that all columns of an Arrow file or stream unpack to, as their headers state.

    DamagedError where a header is not what the format says, or names more than the file holds.
    """
    total = 0
    for message, body in _messages(data):
        kind = message.number(1, "<B")
        header = message.table(2)
        if kind == _DICTIONARY and header is not None:
            header = header.table(1)
        if kind in (_DICTIONARY, _BATCH):
            total += _of_batch(header, body)
    return total

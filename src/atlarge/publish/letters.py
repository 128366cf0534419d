"""Letters drawn once and set many times: text on a picture of few colours, at a small part of the cost.

A converter draws each letter of a size and weight one time, at four places between two pixels, on one
sheet; a text is then set by copying them. Kerning and scripts that join their letters are left aside.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape

import numpy as np
from numpy.typing import NDArray

from atlarge.publish.svg import to_png

Levels = NDArray[np.uint8]
LEVELS = 15
"""Steps of ink between paper and full."""

_PHASES = 4
_MEASURED = 40
_ROW = 24
_FAMILY = '"Liberation Sans",Arial,sans-serif'
_COMMON = "".join(chr(code) for code in range(33, 127)) + "\u2013\u2026\u00e1\u00e9\u00ed\u00f1\u00f3"


class Letters:
    """The letters of one size (pixels) and weight."""

    def __init__(self, size: int, is_bold: bool) -> None:
        self.size = size
        self._is_bold = is_bold
        self._advance = {" ": 0.278 * size}
        self._shape: dict[tuple[str, int], Levels] = {}
        self._room = (math.ceil(size * 1.6) + 4, math.ceil(size * 1.5))
        self._base = math.ceil(size * 1.1)
        self._load(_COMMON)

    def width(self, text: str) -> float:
        """Pixels from the start of a text to the start of what would follow."""
        self._load(text)
        return sum(self._advance[letter] for letter in text)

    def put(self, picture: Levels, x: float, y: float, text: str, first: int) -> None:
        """Set a text with its baseline at y; `first` is the palest colour of the text's ink."""
        self._load(text)
        for letter in text:
            if letter != " ":
                place = math.floor(x * _PHASES + 0.5)
                shape = self._shape[(letter, place % _PHASES)]
                _lay(picture, place // _PHASES - 2, round(y) - self._base, shape, first)
            x += self._advance[letter]

    def _load(self, letters: Iterable[str]) -> None:
        """Draw the letters that are not there yet."""
        new = sorted({letter for letter in letters if letter not in self._advance})
        if not new:
            return
        for letter, wide in zip(new, self._measured(new), strict=True):
            self._advance[letter] = wide
        wide, tall = self._room
        cells = [(letter, phase) for letter in new for phase in range(_PHASES)]
        texts = []
        for i, (letter, phase) in enumerate(cells):
            x = i % _ROW * wide + 2 + phase / _PHASES
            texts.append((x, i // _ROW * tall + self._base, letter, self.size))
        ink = _drawn(texts, _ROW * wide, -(-len(cells) // _ROW) * tall, self._is_bold)
        levels = np.round(ink * (LEVELS / 255)).astype(np.uint8)
        for i, cell in enumerate(cells):
            top, left = i // _ROW * tall, i % _ROW * wide
            self._shape[cell] = levels[top : top + tall, left : left + wide].copy()

    def _measured(self, letters: list[str]) -> list[float]:
        """How far each letter moves on: where an upright stands behind it, against behind nothing."""
        rows = ["HH", *(f"H{letter}H" for letter in letters)]
        tall = 2 * _MEASURED
        texts = [(4.0, tall * i + 1.4 * _MEASURED, row, _MEASURED) for i, row in enumerate(rows)]
        ink = _drawn(texts, 5 * _MEASURED, tall * len(rows), self._is_bold)
        ends = []
        for i in range(len(rows)):
            columns = ink[tall * i : tall * (i + 1)].max(axis=0)
            ends.append(float(np.flatnonzero(columns >= 128)[-1]))
        return [(end - ends[0]) * self.size / _MEASURED for end in ends[1:]]


@cache
def letters(size: int, is_bold: bool = False) -> Letters:
    """The letters of a size and weight, drawn on first use."""
    return Letters(size, is_bold)


def _drawn(
    texts: Sequence[tuple[float, float, str, int]], wide: int, tall: int, is_bold: bool
) -> NDArray[np.uint8]:
    """Ink (0 to 255) of texts, each with the place of its baseline's start and its size."""
    weight = "bold" if is_bold else "normal"
    marks = "".join(
        f'<text x="{x}" y="{y}" font-size="{size}">{escape(text)}</text>' for x, y, text, size in texts
    )
    box = f'width="{wide}" height="{tall}"'
    family = escape(_FAMILY)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}><rect {box} fill="#fff"/>'
        f'<g font-family="{family}" font-weight="{weight}">{marks}</g></svg>'
    )
    return np.asarray(255 - _pixels(to_png(svg))[:, :, 0], dtype=np.uint8)


def _pixels(png: bytes) -> NDArray[np.uint8]:
    """The pixels of a PNG of eight bits and four channels whose rows are stored plain or as differences."""
    at, packed, wide, tall = 8, b"", 0, 0
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            wide, tall = struct.unpack(">II", body[:8])
        if kind == b"IDAT":
            packed += body
        at += 12 + length
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(tall, 1 + 4 * wide)
    filters, values = rows[:, 0], rows[:, 1:].reshape(tall, wide, 4)
    if not np.isin(filters, (0, 1)).all():
        raise ValueError("rows of the picture are packed in a way that is not read here")
    summed = np.cumsum(values, axis=1, dtype=np.uint64).astype(np.uint8)
    return np.where((filters == 1)[:, None, None], summed, values)


def _lay(picture: Levels, left: int, top: int, shape: Levels, first: int) -> None:
    """Copy a letter onto a picture, cut at its edges; the darker of two inks stays."""
    tall, wide = picture.shape
    a, b = max(0, -left), min(shape.shape[1], wide - left)
    c, d = max(0, -top), min(shape.shape[0], tall - top)
    if a >= b or c >= d:
        return
    part = shape[c:d, a:b]
    target = picture[top + c : top + d, left + a : left + b]
    np.maximum(target, np.where(part > 0, part + np.uint8(first - 1), 0), out=target)


def palette_png(picture: Levels, colours: list[tuple[int, int, int]]) -> bytes:
    """A picture of colour numbers as a PNG with a palette. The same picture gives the same bytes."""
    tall, wide = picture.shape
    rows = np.concatenate([np.zeros((tall, 1), np.uint8), picture], axis=1)
    head = struct.pack(">IIBBBBB", wide, tall, 8, 3, 0, 0, 0)
    plates = b"".join(bytes(colour) for colour in colours)
    parts = ((b"IHDR", head), (b"PLTE", plates), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )

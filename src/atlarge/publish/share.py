"""The picture of a place that a link carries along: name, numbers, a small chart, its source; 600 x 315.

Its text is set from letters drawn once and copied: a converter draws each letter of a size and weight one
time, at four places between two pixels, at a small part of the cost of drawing each picture whole. Kerning
and scripts that join their letters are left aside.
"""

from __future__ import annotations

import datetime as dt
import math
import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape

import numpy as np
from numpy.typing import NDArray

from atlarge.disclosure.table import SMALL, Counts
from atlarge.publish.charts.timeline import cell
from atlarge.publish.i18n import Words
from atlarge.publish.svg import Scale, ticks, to_png

Levels = NDArray[np.uint8]
LEVELS = 15
"""Steps of ink between paper and full."""

_PHASES = 4
_MEASURED = 40
_ROW = 24
_FAMILY = '"Liberation Sans",Arial,sans-serif'
_COMMON = "".join(chr(code) for code in range(33, 127)) + "\u2013\u2026\u00e1\u00e9\u00ed\u00f1\u00f3"

PICTURE = 3
"""Changed with what a picture looks like, so that pictures of before are drawn anew."""

WIDTH, HEIGHT = 600, 315
_LEFT, _RIGHT, _FOOT, _TOP = 24, 576, 262, 126
_INK, _SOFT, _BRAND, _BAR = (0x16, 0x20, 0x2A), (0x53, 0x60, 0x6C), (0xB2, 0x3C, 0x00), (0xAA, 0xB3, 0xBB)
_COLOURS = (_INK, _SOFT, _BRAND, _BAR)


def _first(colour: tuple[int, int, int]) -> int:
    """Number of the palest step of a colour; its full strength is LEVELS - 1 further on."""
    return 1 + LEVELS * _COLOURS.index(colour)


def _full(colour: tuple[int, int, int]) -> int:
    return _first(colour) + LEVELS - 1


def _palette() -> list[tuple[int, int, int]]:
    """White, then each colour from nearly white to full."""

    def mixed(colour: int, step: int) -> int:
        return round(255 + (colour - 255) * step / LEVELS)

    steps = range(1, LEVELS + 1)
    return [(255, 255, 255)] + [
        (mixed(r, k), mixed(g, k), mixed(b, k)) for r, g, b in _COLOURS for k in steps
    ]


def share_png(
    name: str,
    line: str,
    series: Counts | None,
    w: Words,
    *,
    source: str = "",
    caveat: str = "",
    partial: Sequence[dt.date] = (),
) -> bytes:
    """The picture as PNG.

    `series`: disclosed counts by fiscal year, drawn as bars; the years that begin on a day of `partial` are
    marked as covered in part. `source`: agency and dates; `caveat`: what the counts leave out.
    """
    picture: Levels = np.zeros((HEIGHT, WIDTH), np.uint8)
    picture[:6] = _full(_BRAND)
    letters(30, True).put(picture, _LEFT, 48, _fitted(name, letters(30, True)), _first(_INK))
    letters(15).put(picture, _LEFT, 74, line, _first(_SOFT))
    letters(14, True).put(picture, _LEFT, 303, "atlarge", _first(_BRAND))
    foot = f"{source} · {w('share.partial')}" if partial and series is not None else source
    letters(12).put(picture, _LEFT + 62, 303, _fitted(foot, letters(12), _RIGHT - 62), _first(_SOFT))
    letters(13).put(picture, _LEFT, 94, _fitted(caveat, letters(13)), _first(_SOFT))
    if series is not None and series.periods:
        _bars(picture, series, w, partial)
    return palette_png(picture, _palette())


def _fitted(name: str, face: Letters, right: int = _RIGHT) -> str:
    """The name, cut where it would leave the picture."""
    if face.width(name) <= right - _LEFT:
        return name
    while face.width(f"{name}…") > right - _LEFT:
        name = name[:-1]
    return f"{name.rstrip()}…"


def _bars(picture: Levels, s: Counts, w: Words, partial: Sequence[dt.date]) -> None:
    """One bar a year with its count on top; a small count is an open box of its range."""
    peak = max([float(v) for v in s.values if v is not None] + [float(s.threshold)])
    y = Scale(0, ticks(0, peak, 3)[-1], _FOOT, _TOP)
    picture[_FOOT, _LEFT:_RIGHT] = _full(_SOFT)
    slot = (_RIGHT - _LEFT) / len(s.periods)
    wide = min(90, round(slot * 0.6))
    for i, day in enumerate(s.periods):
        middle = _LEFT + slot * (i + 0.5)
        left = round(middle - wide / 2)
        value, top = s.values[i], _FOOT
        if value:
            top = min(_FOOT - 1, round(y(value)))
            picture[top:_FOOT, left : left + wide] = _full(_BAR)
        elif s.marks[i] == SMALL:
            top = min(_FOOT - 5, round(y(s.threshold - 1)))
            _box(picture, left, top, wide)
        said = cell(s, i, w)
        _middle(picture, letters(15), middle, top - 6, said, _first(_SOFT))
        _middle(
            picture,
            letters(14, True),
            middle,
            _FOOT + 19,
            str(day.year + 1) + ("*" if day in partial else ""),
            _first(_INK),
        )


def _box(picture: Levels, left: int, top: int, wide: int) -> None:
    """A dashed box that stands on the axis."""
    full = _full(_SOFT)
    picture[top, left : left + wide : 2] = full
    picture[top:_FOOT:2, left] = full
    picture[top:_FOOT:2, left + wide - 1] = full


def _middle(picture: Levels, face: Letters, x: float, y: float, text: str, first: int) -> None:
    face.put(picture, x - face.width(text) / 2, y, text, first)


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
        for i, drawn in enumerate(cells):
            top, left = i // _ROW * tall, i % _ROW * wide
            self._shape[drawn] = levels[top : top + tall, left : left + wide].copy()

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

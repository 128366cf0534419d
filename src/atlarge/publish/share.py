"""The picture of a place that a link carries along: name, numbers, a small chart, its source; 600 x 315."""

from __future__ import annotations

import datetime as dt
import math
import struct
import zlib
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from atlarge.disclosure.table import SMALL, Counts
from atlarge.publish.charts.parts import cell
from atlarge.publish.i18n import Words
from atlarge.publish.svg import Scale, font_file, ticks

Levels = NDArray[np.uint8]
LEVELS = 15
"""Steps of ink between paper and full."""

PICTURE = 4
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


def _fitted(name: str, face: Face, right: int = _RIGHT) -> str:
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
        label = cell(s, i, w)
        _middle(picture, letters(15), middle, top - 6, label, _first(_SOFT))
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


def _middle(picture: Levels, face: Face, x: float, y: float, text: str, first: int) -> None:
    face.put(picture, x - face.width(text) / 2, y, text, first)


class Face:
    """The font that ships with the package, in one size (pixels) and weight."""

    def __init__(self, size: int, is_bold: bool) -> None:
        from PIL import ImageFont

        with font_file("Bold" if is_bold else "Regular") as path:
            self._font = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)

    @lru_cache(maxsize=4096)  # noqa: B019 (faces live as long as the program)
    def width(self, text: str) -> float:
        """Pixels from the start of a text to the start of what would follow."""
        return float(self._font.getlength(text))

    @lru_cache(maxsize=4096)  # noqa: B019
    def _ink(self, text: str, past: float) -> tuple[int, int, Levels]:
        """A text drawn `past` a whole pixel: its left and upper edge from there, and its ink; kept, as years
        and sources come again in every picture."""
        from PIL import Image, ImageDraw

        left, above, right, below = (round(edge) for edge in self._font.getbbox(text, anchor="ls"))
        a, c = left - 1, above - 1
        sheet = Image.new("L", (right + 2 - a, below + 1 - c), 0)
        ImageDraw.Draw(sheet).text((past - a, -c), text, 255, self._font, anchor="ls")
        return a, c, np.round(np.asarray(sheet, dtype=np.float64) * (LEVELS / 255)).astype(np.uint8)

    def put(self, picture: Levels, x: float, y: float, text: str, first: int) -> None:
        """Set a text with its baseline at y, cut at the edges; `first` is the palest colour of its ink."""
        tall, wide = picture.shape
        left, above, ink = self._ink(text, x - math.floor(x))
        left, above = left + math.floor(x), above + round(y)
        a, c = max(0, left), max(0, above)
        b, d = min(wide, left + ink.shape[1]), min(tall, above + ink.shape[0])
        if a >= b or c >= d:
            return
        ink = ink[c - above : d - above, a - left : b - left]
        target = picture[c:d, a:b]
        np.maximum(target, np.where(ink > 0, ink + np.uint8(first - 1), 0), out=target)


@cache
def letters(size: int, is_bold: bool = False) -> Face:
    """The font of a size and weight, loaded on first use."""
    return Face(size, is_bold)


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

"""The picture of a place that a link carries along: name, numbers, a small chart; 600 x 315."""

from __future__ import annotations

import numpy as np

from atlarge.disclosure.table import SMALL, Counts
from atlarge.publish.charts.timeline import cell
from atlarge.publish.i18n import Words
from atlarge.publish.letters import LEVELS, Letters, Levels, letters, palette_png
from atlarge.publish.svg import Scale, ticks

PICTURE = 2
"""Changed with what a picture looks like, so that pictures of before are drawn anew."""

WIDTH, HEIGHT = 600, 315
_LEFT, _RIGHT, _FOOT, _TOP = 24, 576, 262, 108
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


def share_png(name: str, line: str, series: Counts | None, w: Words) -> bytes:
    """The picture as PNG. `series`: disclosed counts by fiscal year, drawn as bars."""
    picture: Levels = np.zeros((HEIGHT, WIDTH), np.uint8)
    picture[:6] = _full(_BRAND)
    letters(30, True).put(picture, _LEFT, 48, _fitted(name, letters(30, True)), _first(_INK))
    letters(15).put(picture, _LEFT, 74, line, _first(_SOFT))
    letters(14, True).put(picture, _LEFT, 303, "atlarge", _first(_BRAND))
    if series is not None and series.periods:
        _bars(picture, series, w)
    return palette_png(picture, _palette())


def _fitted(name: str, face: Letters) -> str:
    """The name, cut where it would leave the picture."""
    if face.width(name) <= _RIGHT - _LEFT:
        return name
    while face.width(f"{name}…") > _RIGHT - _LEFT:
        name = name[:-1]
    return f"{name.rstrip()}…"


def _bars(picture: Levels, s: Counts, w: Words) -> None:
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
        _middle(picture, letters(14, True), middle, _FOOT + 19, str(day.year + 1), _first(_INK))


def _box(picture: Levels, left: int, top: int, wide: int) -> None:
    """A dashed box that stands on the axis."""
    full = _full(_SOFT)
    picture[top, left : left + wide : 2] = full
    picture[top:_FOOT:2, left] = full
    picture[top:_FOOT:2, left + wide - 1] = full


def _middle(picture: Levels, face: Letters, x: float, y: float, text: str, first: int) -> None:
    face.put(picture, x - face.width(text) / 2, y, text, first)

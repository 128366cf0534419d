"""Share pictures: two programs set a text alike; a PNG reads back."""

from __future__ import annotations

import base64
import html
import io

import numpy as np
import pytest
from PIL import Image

from atlarge.publish.share import LEVELS, letters, palette_png
from atlarge.publish.svg import to_png

SIZE = 30


@pytest.mark.parametrize("text", ["Travis County, TX", "Doña Ana <&>", "1,234 arrests", "St. Mary's"])
def test_a_text_is_as_long_and_as_dark_as_the_converter_of_charts_draws_it(text: str) -> None:
    """Two programs, one font: within 3 % of the length and 5 % of the ink."""
    shown = f'<text x="10" y="40" font-size="{SIZE}" font-weight="bold">{html.escape(text)}</text>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="60">{shown}</svg>'
    drawn = np.asarray(Image.open(io.BytesIO(to_png(svg))).getchannel("A"), dtype=float)
    picture = np.zeros((60, 600), np.uint8)
    letters(SIZE, True).put(picture, 10, 40, text, 1)
    ours, theirs = (np.flatnonzero(a.max(axis=0)) for a in (picture, drawn >= 16))
    assert abs(int(ours[0]) - int(theirs[0])) <= 1
    assert int(ours[-1] - ours[0]) == pytest.approx(int(theirs[-1] - theirs[0]), rel=0.03)
    assert picture.sum() / LEVELS == pytest.approx(drawn.sum() / 255, rel=0.05)


def test_a_text_past_the_edge_is_cut_not_an_error() -> None:
    picture = np.zeros((20, 40), np.uint8)
    letters(SIZE, True).put(picture, -8, 12, "Wide words", 1)
    assert picture.any()


def test_a_palette_picture_keeps_every_pixel_and_is_the_same_twice() -> None:
    """Read back by Pillow, and by the converter of charts, which takes a PNG inside an SVG."""
    rng = np.random.default_rng(5)
    picture = rng.integers(0, 3, (7, 9)).astype(np.uint8)
    colours = [(255, 255, 255), (10, 20, 30), (200, 100, 0)]
    result = palette_png(picture, colours)
    assert result == palette_png(picture, colours)
    link = f"data:image/png;base64,{base64.b64encode(result).decode()}"
    box = 'width="9" height="7"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {box}><image {box} href="{link}"/></svg>'
    for png in (result, to_png(svg)):
        pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
        assert (pixels == np.array(colours, np.uint8)[picture]).all()

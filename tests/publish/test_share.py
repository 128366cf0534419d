"""Share pictures: a text set from letters drawn once is the converter's own; a PNG reads back."""

from __future__ import annotations

import numpy as np
import pytest

from atlarge.publish.share import LEVELS, _drawn, _pixels, letters, palette_png
from atlarge.publish.svg import to_png

SIZE = 30


@pytest.mark.parametrize("text", ["Travis County, TX", "Dona Ana <&>", "1,234 arrests", "St. Mary's"])
def test_a_text_is_as_long_and_as_dark_as_the_converter_draws_it(text: str) -> None:
    """Within 3 % of the length, since pairs such as "Tr" are not moved together here, and 3 % of the ink."""
    whole = _drawn([(10.0, 40.0, text, SIZE)], 600, 60, True)
    set_here = np.zeros((60, 600), np.uint8)
    letters(SIZE, True).put(set_here, 10, 40, text, 1)
    ours, theirs = (np.flatnonzero(a.max(axis=0)) for a in (set_here, whole >= 16))
    assert abs(int(ours[0]) - int(theirs[0])) <= 1
    assert int(ours[-1] - ours[0]) == pytest.approx(int(theirs[-1] - theirs[0]), rel=0.03)
    assert set_here.sum() / LEVELS == pytest.approx(whole.sum() / 255, rel=0.03)


def test_a_text_past_the_edge_is_cut_not_an_error() -> None:
    picture = np.zeros((20, 40), np.uint8)
    letters(SIZE, True).put(picture, -8, 12, "Wide words", 1)
    assert picture.any()


def test_a_palette_picture_keeps_every_pixel_and_is_the_same_twice() -> None:
    """Read back by the converter, which takes a PNG inside an SVG."""
    import base64

    rng = np.random.default_rng(5)
    picture = rng.integers(0, 3, (7, 9)).astype(np.uint8)
    colours = [(255, 255, 255), (10, 20, 30), (200, 100, 0)]
    made = palette_png(picture, colours)
    assert made == palette_png(picture, colours)
    link = f"data:image/png;base64,{base64.b64encode(made).decode()}"
    box = 'width="9" height="7"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {box}><image {box} href="{link}"/></svg>'
    assert (_pixels(to_png(svg))[:, :, :3] == np.array(colours, np.uint8)[picture]).all()

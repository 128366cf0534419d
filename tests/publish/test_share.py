"""Share pictures: two programs set a text alike; a PNG reads back."""

from __future__ import annotations

import base64
import html
import io
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from simulated_counts import simulated_store

from atlarge.publish import share
from atlarge.publish.i18n import Words
from atlarge.publish.release_table import site_cells
from atlarge.publish.share import LEVELS, letters, palette_png
from atlarge.publish.svg import to_png

SIZE = 30


@pytest.mark.parametrize("text", ["Travis County, TX", "Doña Ana <&>", "1,234 arrests", "St. Mary's"])
def test_a_text_is_as_long_and_as_dark_as_the_converter_of_charts_draws_it(text: str) -> None:
    """Two programs, one font: within 3% of the length and 5% of the ink."""
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


@pytest.mark.slow
def test_a_share_picture_holds_the_published_counts_and_nothing_of_the_hidden_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every text that is set is one of the counts' marks, and stands in the finished PNG to the pixel; a year
    has a bar where its count is shown, and none where it is hidden."""
    store = simulated_store(tmp_path / "store")
    years = site_cells(store).table.filter(pl.col("every") == "year", pl.col("measure") == "at_large")
    put, texts = share.Face.put, []

    def noted(face: share.Face, picture: np.ndarray, x: float, y: float, text: str, first: int) -> None:
        texts.append((face, x, y, text, first))
        put(face, picture, x, y, text, first)

    monkeypatch.setattr(share.Face, "put", noted)
    hidden = 0
    for place in years.frame["place"].unique().sort():
        texts.clear()
        series = years.counts("", pl.col("place") == place, period="start")
        shown = share.share_png("Name", "line", series, Words("en"))
        pixels = np.asarray(Image.open(io.BytesIO(shown)))
        for face, x, y, text, first in texts:
            alone = np.zeros_like(pixels)
            put(face, alone, x, y, text, first)
            assert (pixels[alone > 0] == alone[alone > 0]).all(), text
        said = [text for _, _, y, text, _ in texts if 100 < y < 270 and text]
        wanted = [f"{v:,}" if v is not None else None for v in series.values]
        assert len(said) == len(wanted)
        for text, value, mark in zip(said, wanted, series.marks, strict=True):
            if value is not None:
                assert text == value
            else:
                assert not re.search(r"\d", text.replace("<5", "") if mark == "small" else text)
        bars = (pixels == share._full(share._BAR)).any(axis=0).astype(int)
        runs = int((np.diff(np.concatenate([[0], bars])) == 1).sum())
        assert runs == sum(bool(v) for v in series.values)
        hidden += series.marks.count("small") + series.marks.count("withheld")
    assert hidden > 3

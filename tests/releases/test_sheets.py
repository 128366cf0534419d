"""The distinct texts of a sheet's columns."""

from __future__ import annotations

import polars as pl

from atlarge.releases.sheet import Sheet


def test_only_texts_that_repeat_are_numbered() -> None:
    """A column of few texts is held as its distinct ones; numbers and texts that all differ are not."""
    n = 8000
    frame = pl.DataFrame(
        {
            "method": ["Located", "CAP Local Incarceration", None, "Located"] * (n // 4),
            "identifier": [f"row {i}" for i in range(n)],
            "number": [1, 2, 2, None] * (n // 4),
        }
    )
    sheet = Sheet(None, frame, pl.Series(range(n)), [])
    coded = sheet.coded("method")
    assert coded is not None
    assert sorted(coded.texts) == ["CAP Local Incarceration", "Located"]
    assert sheet.coded("identifier") is None
    assert sheet.coded("number") is None
    assert sorted(sheet.words("number")) == [1, 2]
    assert sheet.words("identifier").len() == n

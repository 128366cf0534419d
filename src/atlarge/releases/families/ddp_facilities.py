"""The Deportation Data Project's list of detention facilities."""

from __future__ import annotations

import polars as pl

from atlarge.releases.areas import area_code


def codes(frame: pl.DataFrame) -> pl.DataFrame:
    """The field office's name becomes the code of its area of responsibility."""
    return frame.with_columns(area_code(frame["aor"]).alias("aor")) if "aor" in frame.columns else frame

"""The decorator that runs a test on every engine."""

from __future__ import annotations

import pytest

every_engine = pytest.mark.parametrize(
    "engine",
    [pytest.param("polars"), pytest.param("duckdb"), pytest.param("spark", marks=pytest.mark.slow)],
    indirect=True,
)

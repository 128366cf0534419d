"""What all tests share: where the real releases are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the real releases: `ATLARGE_DATA`, else `../shared/data` beside the project."""
    folder = Path(os.environ.get("ATLARGE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.fail(
            f"no real data at {folder}: set ATLARGE_DATA to the folder that holds raw/ and reference/"
        )
    return folder

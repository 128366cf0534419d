"""The page on the architecture names files that exist, in at most eight stations."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow_file

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "src" / "atlarge"
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PATH = re.compile(r"`([\w*]+(?:/[\w*.]*)+|[\w*/]+\.(?:py|yaml|md|parquet))`")


def test_the_way_of_an_arrest_has_eight_stations_that_exist() -> None:
    way = TEXT[TEXT.index("## Following one arrest") : TEXT.index("## How large the rooms are")]
    stations = re.findall(r"^\d+\. `([^`]+)`", way, re.MULTILINE)
    assert 5 <= len(stations) <= 8
    assert [s for s in stations if not (HOME / s).is_file()] == []


@pytest.mark.parametrize("path", sorted(set(PATH.findall(TEXT))))
def test_every_path_on_the_page_exists(path: str) -> None:
    assert any(any(folder.glob(path.rstrip("/"))) for folder in (HOME, HOME.parent, ROOT))


def test_every_room_is_on_the_page() -> None:
    rooms = [p.name for p in HOME.iterdir() if (p / "__init__.py").is_file()]
    assert [room for room in rooms if f"`{room}/`" not in TEXT] == []

"""The page on the architecture names files that exist, in at most eight stations."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_way_of_an_arrest_has_eight_stations_that_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    way = text[text.index("## Following one arrest") : text.index("## Where the design")]
    stations = re.findall(r"^\d+\. `([^`]+)`", way, re.MULTILINE)
    assert 5 <= len(stations) <= 8
    assert [s for s in stations if not (ROOT / "src" / "atlarge" / s).is_file()] == []


def test_every_room_is_on_the_page() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [p.name for p in (ROOT / "src" / "atlarge").iterdir() if (p / "__init__.py").is_file()]
    assert [room for room in rooms if f"`{room}/`" not in text] == []

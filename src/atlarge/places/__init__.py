"""Places: from a landmark or facility text to a county, an office area, or an honest "cannot tell"."""

from __future__ import annotations

from atlarge.places.find import Place, find_place, place_name
from atlarge.places.gazetteer import aor_code
from atlarge.places.resolve import COLUMNS, resolve

__all__ = ["COLUMNS", "Place", "aor_code", "find_place", "place_name", "resolve"]

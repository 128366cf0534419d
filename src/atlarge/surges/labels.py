"""Label a surge with an operation if a source dates one to those days and that place; nothing is guessed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from atlarge.reference import table
from atlarge.surges.corroboration import region_of

Label = dict[str, str]


def labels(spans: list[tuple[str, dt.date, dt.date]], by: str) -> list[Label | None]:
    """For each (place, first day, last day): the operation that a source dates to those days and that place.

    An office or county is looked up by its area of responsibility. A label states coincidence, not that
    the surge is the operation. Sources: the reference tables `operation_figures` and `public_operations`.
    """
    rows = _operations()
    region = region_of(by)[1]
    kind = "aor" if by in ("office", "county") else by
    found: list[Label | None] = []
    for place, start, end in spans:
        code = region.get(place, "") if region else ("US" if by == "nation" else place)
        match = (
            row
            for row in rows
            if row["place_kind"] == kind and row["place_code"] == code
            and row["start"] <= end and row["end"] >= start
        )  # fmt: skip
        first = next(match, None)
        found.append(
            first and {"name": first["operation"], "said_by": first["party"], "source": first["source_url"]}
        )
    return found


def _operations() -> list[dict[str, Any]]:
    """Operations with their days and place: those with figures on record first, then those reported."""
    figures = table("operation_figures").to_dicts()
    rows = [row for row in figures if row["measure"] == "operation_arrests" and row["place_code"]]
    for row in table("public_operations").to_dicts():
        name = f"{row['operation']}; arrests reported: {row['reported_arrests']}"
        rows.append(
            row | {"operation": name, "party": "ICE or press", "place_kind": "aor", "place_code": row["aor"]}
        )
    return rows

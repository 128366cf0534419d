"""A user's own decisions on texts, beside those of the package."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from atlarge.errors import PlaceError
from atlarge.files import read_yaml

OWN_FILE = "ATLARGE_PLACES"
"""Environment variable that names a user's own file of decisions."""
_NEEDS = {
    "county": {"texts", "reason", "kind", "fips"},
    "office_area": {"texts", "reason", "kind", "office"},
    "state": {"texts", "reason", "kind", "state"},
    "aor": {"texts", "reason", "kind"},
    "unresolved": {"texts", "reason", "kind"},
}


def own_decisions(fips_known: set[str]) -> list[dict[str, Any]]:
    """Return the decisions of the user's own file (variable ATLARGE_PLACES); none if it is not set.

    The file has the form of `places/hand/overrides.yaml`; its decisions bind before those of the package.
    Raises PlaceError for a file that cannot be read, or a decision that lacks a part or names no county.
    """
    name = os.environ.get(OWN_FILE)
    if not name:
        return []
    try:
        entries = read_yaml(Path(name).read_text(encoding="utf-8")) or []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PlaceError(f"{name} ({OWN_FILE}): {str(error).splitlines()[0]}") from None
    if not isinstance(entries, list):
        raise PlaceError(f"{name} ({OWN_FILE}): not a list of decisions")
    return [_checked(name, at, entry, fips_known) for at, entry in enumerate(entries, start=1)]


def _checked(name: str, at: int, entry: Any, fips_known: set[str]) -> dict[str, Any]:
    where = f"{name}: decision {at}"
    if not isinstance(entry, dict) or str(entry.get("kind")) not in _NEEDS:
        raise PlaceError(f"{where}: 'kind' must be one of {', '.join(_NEEDS)}")
    lacks = _NEEDS[str(entry["kind"])] - entry.keys()
    if lacks:
        raise PlaceError(f"{where} lacks {', '.join(sorted(lacks))}")
    if not isinstance(entry["texts"], list):
        raise PlaceError(f"{where}: 'texts' must be a list of texts")
    if entry["kind"] == "county" and str(entry["fips"]) not in fips_known:
        raise PlaceError(f"{where}: no county has the code {entry['fips']} (five digits, in quotes)")
    return entry

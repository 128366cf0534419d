"""What a release cannot show: that it is no sample, and that no row of it is in another release, too.

Each doubt is a caveat in the catalogue of sentences, said in the account of the release and where its rows
are counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from atlarge.messages import Message, render, say
from atlarge.records.store import Store

UNPROVEN, TWICE = "zeros_unproven", "maybe_twice"
Doubt = dict[str, Any]


def _fields(releases: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By kind of doubt, what its sentence says of some releases: all their files, or the most rows."""
    found: dict[str, dict[str, Any]] = {}
    for release in releases:
        for doubt in release.get("doubts", []):
            if doubt["kind"] == UNPROVEN:
                before = found.get(UNPROVEN)
                files = [before["files"], release["file"]] if before else [release["file"]]
                found[UNPROVEN] = {"files": ", ".join(files)}
            elif doubt["rows"] > found.get(TWICE, {"n": 0})["n"]:
                found[TWICE] = {"n": doubt["rows"], "file": release["file"], "other": doubt["other_file"]}
    return found


def doubts_of(
    store: Store, table: str, first: dt.date, last: dt.date, *, has_zeros: bool
) -> dict[str, dict[str, Any]]:
    """By kind of doubt, what its sentence says of the releases that cover some days of a table; only where
    counts have zeros (`has_zeros`), that one may be missing."""
    here = {c.release_id for c in store.coverage(table) if c.start <= last and c.end >= first}
    found = _fields(r for r in store.releases if r["id"] in here)
    return {kind: fields for kind, fields in found.items() if has_zeros or kind != UNPROVEN}


def sentence(kind: str, fields: dict[str, Any]) -> Message:
    """The sentence of a doubt."""
    return say(f"caveat.{kind}", **fields)


def sentences(release: dict[str, Any]) -> list[str]:
    """The doubts of one release, as its account has them."""
    return [
        render(sentence(kind, fields))
        for doubt in release.get("doubts", [])
        for kind, fields in _fields([{**release, "doubts": [doubt]}]).items()
    ]

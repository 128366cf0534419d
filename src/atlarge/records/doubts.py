"""What a release cannot show: that it is no sample, and that no row of it is in another release, too.

Each doubt is a caveat in the catalogue of sentences, said in the account of the release and where its rows
are counted.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from atlarge.messages import Message, render, say
from atlarge.records.store import Store

UNPROVEN, TWICE = "zeros_unproven", "maybe_twice"
Doubt = dict[str, Any]


def _fields(release: dict[str, Any], doubt: Doubt) -> dict[str, Any]:
    """What the sentence of a doubt says of a release."""
    if doubt["kind"] == UNPROVEN:
        return {"files": release["file"]}
    return {"n": doubt["rows"], "file": release["file"], "other": doubt["other_file"]}


def doubts_of(
    store: Store, table: str, first: dt.date, last: dt.date, *, has_zeros: bool
) -> dict[str, dict[str, Any]]:
    """By kind of doubt, what its sentence says of the releases that cover some days of a table: all their
    files, or the most rows; only where counts have zeros (`has_zeros`), that one may be missing."""
    here = {c.release_id for c in store.coverage(table) if c.start <= last and c.end >= first}
    found: dict[str, dict[str, Any]] = {}
    for release in (one for one in store.releases if one["id"] in here):
        for doubt in release.get("doubts", []):
            kind, fields, before = doubt["kind"], _fields(release, doubt), found.get(doubt["kind"])
            if kind == UNPROVEN and not has_zeros:
                continue
            if before is None:
                found[kind] = fields
            elif kind == UNPROVEN:
                found[kind] = {"files": f"{before['files']}, {fields['files']}"}
            elif fields["n"] > before["n"]:
                found[kind] = fields
    return found


def sentence(kind: str, fields: dict[str, Any]) -> Message:
    """The sentence of a doubt."""
    return say(f"caveat.{kind}", **fields)


def sentences(release: dict[str, Any]) -> list[str]:
    """The doubts of one release, as its account has them."""
    return [render(sentence(doubt["kind"], _fields(release, doubt))) for doubt in release.get("doubts", [])]

"""The shipped ledger checked against a store: verdicts, and the counts behind them as disclosed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.calendar import as_day
from atlarge.disclosure.table import SHOWN, Disclosed
from atlarge.publish.day_ranges import Window
from atlarge.records.store import Store

Claims = list[dict[str, Any]]


def raw_claims(store: Store) -> Claims:
    """The shipped ledger checked against the store; counts of records are left to `disclosed_claims`."""
    from atlarge.claims import check, ledger_rows

    rows: Claims = []
    for entry in sorted(files("atlarge.claims").joinpath("ledgers").iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".yaml"):
            rows += [_claim(row) for row in ledger_rows(check(Path(str(entry)), store))]
    return rows


def _claim(row: dict[str, Any]) -> dict[str, Any]:
    kept = ("id", "text", "speaker", "heard", "verdict", "claimed", "found", "fits", "needs")
    return {
        **{k: row[k] for k in kept},
        "answers": [{k: a[k] for k in ("reading", "verdict", "shown")} for a in row["answers"]],
        "evidence": [_evidence(e) for e in row["evidence"] if "measure" in e],
        "explained": [e["rows"] for e in row["evidence"] if e.get("source") == "explain"],
    }


def _evidence(entry: dict[str, Any]) -> dict[str, Any]:
    """A figure behind a verdict; for one counted in the records only the query is kept, not the count."""
    is_counted = entry.get("source") == "panel"
    note = str(entry.get("note") or "")
    return {
        "measure": entry["measure"],
        "level": entry.get("place_kind") or "",
        "place": entry.get("place") or "",
        "name": entry.get("place_name") or "",
        "start": as_day(entry.get("from")),
        "end": as_day(entry.get("to")),
        "is_counted": is_counted,
        "scheme": "biglocal" if "scheme biglocal" in note else "ddp",
        "party": entry.get("party") or "",
        "url": entry.get("source_url") or "",
        "rows": entry.get("rows") or "",
        "shown": "" if is_counted else entry["shown"],
    }


def claim_windows(claims: Claims, measures: Sequence[str], levels: Sequence[str]) -> list[Window]:
    """The counts behind the verdicts, of measures and levels that the site publishes."""
    return [w for c in claims for e in c["evidence"] if (w := _window(e, measures, levels)) is not None]


def _window(e: dict[str, Any], measures: Sequence[str], levels: Sequence[str]) -> Window | None:
    if not e["is_counted"] or e["measure"] not in measures or e["level"] not in levels:
        return None
    if not e["place"] or e["start"] is None or e["end"] is None:
        return None
    return Window(((e["level"], e["place"]),), e["measure"], e["start"], e["end"], e["scheme"])


def disclosed_claims(
    claims: Claims, table: Disclosed, measures: Sequence[str], levels: Sequence[str]
) -> Claims:
    """The claims with their counts as disclosed; `is_shown`: every count behind the verdict may be
    published."""
    rows = table.frame.filter(pl.col("every") == "window")
    keys = ("level", "place", "measure", "start", "end")
    cells = {row[:5]: row[5:] for row in rows.select(*keys, "value", "mark").iter_rows()}
    return [_disclosed(c, cells, measures, levels) for c in claims]


def _disclosed(
    claim: dict[str, Any], cells: dict[Any, Any], measures: Sequence[str], levels: Sequence[str]
) -> dict[str, Any]:
    evidence = []
    for e in claim["evidence"]:
        value, mark = None, SHOWN
        if e["is_counted"]:
            window = _window(e, measures, levels)
            key = (window.level, window.place, window.name, window.start, window.end) if window else None
            value, mark = cells.get(key, (None, "withheld"))
        evidence.append({**e, "value": value, "mark": mark})
    is_shown = all(e["mark"] == SHOWN for e in evidence)
    hidden = {} if is_shown else {"found": None, "answers": [{**a, "shown": ""} for a in claim["answers"]]}
    return {**claim, **hidden, "evidence": evidence, "is_shown": is_shown}

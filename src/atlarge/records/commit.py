"""Putting prepared releases into a store: under the lock, counted once, all or nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.records.audit import ReleaseAudit
from atlarge.records.prepare import Prepared
from atlarge.records.store import Writer, empty_manifest, lock, read_manifest
from atlarge.records.tables import DATE_COLUMN

_GAP_DAYS = 62
"""A release without a row for longer than this is not taken to cover the time between."""
_FEW_AREAS = 12
"""A release with rows of no more areas of responsibility than this is taken to cover only these."""


def _spans(days: pl.Series) -> list[tuple[dt.date, dt.date]]:
    """First and last days of the stretches of days that a release covers."""
    distinct = days.drop_nulls().unique().sort()
    if distinct.is_empty():
        return []
    is_start = (distinct.diff().dt.total_days() > _GAP_DAYS).fill_null(True)
    starts = distinct.filter(is_start)
    ends = distinct.filter(is_start.shift(-1).fill_null(True))
    return list(zip(starts.to_list(), ends.to_list(), strict=True))


def _scope(made: Prepared) -> str:
    """The places that a release covers, as the family says, narrowed to what its rows show."""
    scope = made.family.scope
    if scope != "nation" or "aor" not in made.frame.columns or made.audit.table == "jail_counts":
        return scope
    areas = made.frame.filter(pl.col("aor_basis") == "recorded")["aor"].drop_nulls().unique().sort().to_list()
    if areas and len(areas) <= _FEW_AREAS:
        return "aor:" + ",".join(areas)
    if not areas and "state" in made.frame.columns:
        states = made.frame["state"].drop_nulls().unique().sort().to_list()
        if states and len(states) <= _FEW_AREAS:
            return "state:" + ",".join(states)
    return scope


def _coverage(made: Prepared) -> list[dict[str, Any]]:
    column = DATE_COLUMN[made.audit.table]
    if column is None:
        return []
    last = pl.col(column).dt.month_end() if column == "month" else pl.col(column)
    days = pl.concat([made.frame[column], made.frame.select(last).to_series()])
    scope = _scope(made)
    return [
        {"table": made.audit.table, "start": a.isoformat(), "end": b.isoformat(), "scope": scope}
        for a, b in _spans(days)
    ]


def commit(read: list[Prepared], path: Path) -> list[ReleaseAudit]:
    """Write releases into the store at `path`; returns their accounts as the store now holds them.

    StoreError if the store cannot be written or another writer holds it.
    """
    with lock(path):
        manifest = read_manifest(path) or empty_manifest()
        held = {r["id"]: r for r in manifest["releases"]}
        fresh = [made for made in read if made.audit.id not in held]
        if fresh:
            writer = Writer(path)
            try:
                writer.sweep(manifest)
                _write(writer, fresh, manifest)
                writer.commit(manifest)
            finally:
                writer.discard()
        now = {r["id"]: r for r in manifest["releases"]}
    return [ReleaseAudit(**now[made.audit.id]) for made in read]


def _write(writer: Writer, fresh: list[Prepared], manifest: dict[str, Any]) -> None:
    for made in fresh:
        audit = made.audit
        audit.coverage = _coverage(made)
        name = writer.put(made.frame, f"{audit.table}/{audit.id}.parquet")
        audit.tables = [{"table": audit.table, "path": name, "rows": made.frame.height}]
        if made.quarantine.height:
            audit.quarantine = writer.put(made.quarantine, f"quarantine/{audit.id}.parquet")
        manifest["releases"].append(audit.to_dict())

"""Putting prepared releases into a store: under the lock, counted once, all or nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.records.audit import ReleaseAudit
from atlarge.records.overlap import Held, overlaps
from atlarge.records.prepare import Prepared
from atlarge.records.store import Writer, content_hash, empty_manifest, lock, read_manifest
from atlarge.records.tables import DATE_COLUMN, EVENTS
from atlarge.releases import families

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
    recorded = (
        made.frame.filter(pl.col("aor_basis") == "recorded")
        if "aor_basis" in made.frame.columns
        else made.frame
    )
    areas = recorded["aor"].drop_nulls().unique().sort().to_list()
    if areas and len(areas) <= _FEW_AREAS:
        return "aor:" + ",".join(areas)
    if not areas and "state" in made.frame.columns:
        states = made.frame["state"].drop_nulls().unique().sort().to_list()
        if states and len(states) <= _FEW_AREAS:
            return "state:" + ",".join(states)
    return scope


def _span(made: Prepared, start: Any, end: Any, scope: str) -> dict[str, Any]:
    return {"table": made.audit.table, "start": start.isoformat(), "end": end.isoformat(), "scope": scope}


def coverage_of(made: Prepared) -> list[dict[str, Any]]:
    """Days and places that a release covers, from its rows in `frame`."""
    column = DATE_COLUMN[made.audit.table]
    if column is None:
        return []
    scope = _scope(made)
    days = made.frame[column].drop_nulls()
    if made.audit.table == "aggregates":
        return [_span(made, days.min(), days.max(), scope)] if len(days) else []
    if column == "month":
        days = pl.concat([days, days.dt.month_end()])
    return [_span(made, a, b, scope) for a, b in _spans(days)]


def held_already(path: Path, sha256: str) -> dict[str, Any] | None:
    """The account of a release that the store holds, by the file's sha256; None if it does not."""
    manifest = read_manifest(path) if path.is_dir() else None
    found = [r for r in (manifest or empty_manifest())["releases"] if r["sha256"] == sha256]
    return found[0] if found else None


def commit(read: list[Prepared], path: Path) -> dict[str, ReleaseAudit]:
    """Write releases into the store at `path`; returns the accounts of all it now holds, by id.

    StoreError if the store cannot be written or another writer holds it.
    """
    with lock(path):
        manifest = read_manifest(path) or empty_manifest()
        held = {r["id"] for r in manifest["releases"]}
        fresh = [made for made in read if made.audit.id not in held]
        if fresh:
            writer = Writer(path)
            try:
                writer.sweep(manifest)
                _write(writer, fresh, manifest)
                writer.commit(manifest)
            finally:
                writer.discard()
    return {r["id"]: ReleaseAudit(**r) for r in manifest["releases"]}


def _write(writer: Writer, fresh: list[Prepared], manifest: dict[str, Any]) -> None:
    """Write fresh releases, and those held that lose rows to them or win rows from them."""
    for made in fresh:
        if not made.pieces:
            made.audit.coverage = coverage_of(made)
        if made.quarantine.height:
            made.audit.quarantine = writer.put(made.quarantine, f"quarantine/{made.audit.id}.parquet")
    entries = {made.audit.id: made.audit.to_dict() for made in fresh}
    aside = _set_aside(writer.path, fresh, entries, manifest)
    for made in fresh:
        if made.audit.id not in aside and made.pieces:
            _take(writer, entries[made.audit.id], made)
            continue
        frame = made.rows() if made.audit.id not in aside else aside.pop(made.audit.id)
        _put(writer, entries[made.audit.id], frame)
    held = {r["id"]: r for r in manifest["releases"]}
    for name, frame in aside.items():
        _put(writer, held[name], frame)
    manifest["releases"] += entries.values()


def _put(writer: Writer, entry: dict[str, Any], frame: pl.DataFrame) -> None:
    """Write one release's rows, those set aside apart, and bring its account up to date."""
    table, name = entry["table"], entry["id"]
    entry["overlap"] = None
    if "_aside" in frame.columns:
        lost = frame.filter(pl.col("_aside")).drop("_aside")
        frame = frame.filter(~pl.col("_aside")).drop("_aside")
        entry["rows_kept"] += entry["rows_dropped"].pop("overlap", 0) - lost.height
        if lost.height:
            entry["rows_dropped"]["overlap"] = lost.height
            entry["overlap"] = writer.put(lost, f"overlap/{name}.{content_hash(lost)}.parquet")
            name = f"{name}.{content_hash(frame)}"
        if "place_kind" in frame.columns:
            entry["unresolved_places"] = int(
                (frame["place_kind"].fill_null("unresolved") == "unresolved").sum()
            )
    entry["values"] = frame.height
    entry["tables"] = [
        {"table": table, "path": writer.put(frame, f"{table}/{name}.parquet"), "rows": frame.height}
    ]


def _take(writer: Writer, entry: dict[str, Any], made: Prepared) -> None:
    """Take over the files in which a release's rows wait."""
    table, name = entry["table"], entry["id"]
    entry["tables"] = []
    for number, piece in enumerate(made.pieces):
        part = f"-{number:04}" if number else ""
        rows = int(pl.scan_parquet(piece, glob=False).select(pl.len()).collect().item())
        taken = writer.take(piece, f"{table}/{name}{part}.parquet")
        entry["tables"].append({"table": table, "path": taken, "rows": rows})


def _held(path: Path, entry: dict[str, Any]) -> Held:
    kept = pl.read_parquet([path / e["path"] for e in entry["tables"]], glob=False).with_columns(
        pl.lit(False).alias("_aside")
    )
    if entry["overlap"]:
        lost = pl.read_parquet(path / entry["overlap"], glob=False).with_columns(pl.lit(True).alias("_aside"))
        kept = pl.concat([kept, lost]).sort("sheet", "row", nulls_last=False)
    return Held(entry, kept, _rank(entry))


def _rank(entry: dict[str, Any]) -> int:
    known = families()
    return known[entry["family"]].rank if entry["family"] in known else 0


def _near(spans: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    return any(a["start"] <= b["end"] and b["start"] <= a["end"] for a in spans for b in other)


def _set_aside(
    path: Path, fresh: list[Prepared], entries: dict[str, dict[str, Any]], manifest: dict[str, Any]
) -> dict[str, pl.DataFrame]:
    """Rows with `_aside`, of every release that loses some to another: by id."""
    changed: dict[str, pl.DataFrame] = {}
    for table in EVENTS:
        new = [m for m in fresh if m.audit.table == table]
        old = [
            r for r in manifest["releases"]
            if r["table"] == table and any(_near(r["coverage"], m.audit.coverage) for m in new)
        ]  # fmt: skip
        near = any(_near(a.audit.coverage, b.audit.coverage) for a in new for b in new if a is not b)
        if not old and not near:
            continue
        everything = [
            Held(entries[m.audit.id], m.rows().with_columns(pl.lit(False).alias("_aside")), m.family.rank)
            for m in new
        ]
        everything += [_held(path, r) for r in old]
        lost = overlaps(table, everything, {m.audit.id for m in new})
        for held in everything:
            if held.audit["id"] not in lost:
                continue
            for rows, told in lost[held.audit["id"]]:
                held.frame = held.frame.with_columns((held.frame["_aside"] | rows).alias("_aside"))
                held.audit["overlaps"] = sorted([*held.audit["overlaps"], told], key=lambda o: str(o["won"]))
            changed[held.audit["id"]] = held.frame
    return changed

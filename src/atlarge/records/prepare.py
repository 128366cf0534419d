"""A release made ready for the store: typed, faults applied, duplicates dropped, outcomes read."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from atlarge.records.audit import ReleaseAudit
from atlarge.records.typed import type_release
from atlarge.releases.family import Family
from atlarge.releases.reading import Release


@dataclass
class Prepared:
    """A release's table rows, its quarantined rows and its account so far."""

    family: Family
    frame: pl.DataFrame
    quarantine: pl.DataFrame
    audit: ReleaseAudit


def prepare(release: Release) -> Prepared:
    """Type a release and account for every row of it."""
    family = release.family
    typed = type_release(release)
    frame = typed.frame
    kept = frame.height
    if family.spread is not None:
        frame = family.spread(frame)
    if "n" not in frame.columns:
        frame = frame.with_columns(pl.lit(1, pl.UInt32).alias("n"))
    reasons = typed.quarantine.group_by("reason").len().sort("reason")
    notes = list(typed.notes)
    if release.passed_sheets:
        notes.append(f"sheets without records passed over: {', '.join(release.passed_sheets)}")
    audit = ReleaseAudit(
        id=release.id,
        family=family.id,
        table=family.table,
        file=release.path.name,
        sha256=release.sha256,
        rows_read=release.rows_read,
        rows_kept=kept,
        rows_dropped=dict(sorted(typed.dropped.items())),
        values=frame.height,
        quarantine_reasons=dict(reasons.iter_rows()),
        notes=notes,
    )
    return Prepared(family, frame, typed.quarantine, audit)

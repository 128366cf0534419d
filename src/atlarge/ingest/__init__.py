"""Ingest releases into a store: read, type, place, remove overlaps, commit; all files or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlarge._lazy import lazy_names

if TYPE_CHECKING:
    from atlarge.ingest.run import ingest
    from atlarge.records.audit import IngestAudit, ReleaseAudit

__all__ = ["IngestAudit", "ReleaseAudit", "ingest"]

__getattr__ = lazy_names(
    __name__, {"atlarge.records.audit": "IngestAudit ReleaseAudit", "atlarge.ingest.run": "ingest"}
)

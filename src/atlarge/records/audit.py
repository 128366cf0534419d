"""Account of every row of a release: read, kept, or left out for a counted reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from atlarge.wording import some


@dataclass
class ReleaseAudit:
    """The account of one release. rows_read = rows_kept + the sum of rows_dropped, always."""

    id: str
    family: str
    table: str
    file: str
    sha256: str
    rows_read: int
    rows_kept: int
    rows_dropped: dict[str, int]
    unresolved_places: int = 0
    values: int = 0
    quarantine_reasons: dict[str, int] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    overlaps: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checks: dict[str, Any] = field(default_factory=dict)
    coverage: list[dict[str, Any]] = field(default_factory=list)
    tables: list[dict[str, Any]] = field(default_factory=list)
    quarantine: str | None = None
    overlap: str | None = None
    base: str | None = None
    filled: list[dict[str, Any]] = field(default_factory=list)
    doubts: list[dict[str, Any]] = field(default_factory=list)
    is_simulated: bool = False

    def loss(self) -> tuple[str, str] | None:
        """Reason to refuse the release: fewer than half of its rows are kept. None if it can be accepted.

        Rows that another release counts, blank and repeated ones, and known faults are no loss. The reason
        as rows in quarantine have it, and in words.
        """
        lost = {reason: self.rows_dropped.get(reason, 0) for reason in ("quarantine", "duplicate")}
        rows = self.rows_kept + sum(lost.values())
        if self.rows_kept * 2 >= rows:
            return None
        reasons = sorted(self.quarantine_reasons.items(), key=lambda item: -item[1])[:1]
        if lost["duplicate"] > lost["quarantine"] or not reasons:
            reasons = [("likely duplicates by the identifier", lost["duplicate"])]
        ((reason, count),) = reasons
        kept = f"only {self.rows_kept:,} of {some(rows, 'row')} can be kept"
        return reason, f"{kept} ({reason}: {some(count, 'row')})"

    def summary(self) -> str:
        """One line: file, family, rows read, kept, left out and without a place."""
        dropped = "".join(f"; {n:,} left out ({reason})" for reason, n in self.rows_dropped.items())
        return (
            f"{self.file}: {self.family}, {some(self.rows_read, 'row')} read, {self.rows_kept:,} "
            f"kept{dropped}; "
            f"{self.unresolved_places:,} without a place"
        )

    def to_dict(self) -> dict[str, Any]:
        """As in the manifest and in `--json`; without `doubts` and `is_simulated` where they say nothing."""
        rare = ("doubts", "is_simulated")
        return {name: value for name, value in vars(self).items() if value or name not in rare}


@dataclass(frozen=True)
class IngestAudit:
    """Accounts of the releases of one ingest, in the order of the files."""

    releases: list[ReleaseAudit]
    notes: list[str] = field(default_factory=list)
    revisions: list[dict[str, Any]] = field(default_factory=list)

    def summary(self) -> str:
        """One line for each release."""
        return "\n".join(one.summary() for one in self.releases)

    __str__ = summary

    def __repr__(self) -> str:
        rows = sum(one.rows_kept for one in self.releases)
        return f"<IngestAudit: {some(len(self.releases), 'release')}, {some(rows, 'row')} kept>"

    def to_dict(self) -> dict[str, Any]:
        """`{"releases", "notes", "revisions"}`, as `atlarge ingest --json` prints it."""
        return {
            "releases": [r.to_dict() for r in self.releases],
            "notes": self.notes,
            "revisions": self.revisions,
        }

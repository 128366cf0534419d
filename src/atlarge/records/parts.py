"""Prepare a release that does not fit into memory in parts, with one account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.records.audit import ReleaseAudit
from atlarge.records.commit import coverage_of
from atlarge.records.coverage import Scope
from atlarge.records.dates import DateOrder
from atlarge.records.expected_rows import added_numbers
from atlarge.records.gaps import added
from atlarge.records.prepare import Begun, Prepared, begin, finish, identical
from atlarge.records.store import Spill
from atlarge.releases import Release
from atlarge.wording import some

_IN_ROWS = re.compile(r"(.* in |in )([\d,]+) rows?\b(.*)", re.DOTALL)


def put_aside(prepared: Prepared, spill: Spill) -> Prepared:
    """Write the rows of a placed release to disk, where they wait for their commit."""
    if not prepared.pieces:
        prepared.pieces = [spill.write(prepared.frame)]
        prepared.frame = prepared.frame.clear()
    return prepared


def prepared_parts(parts: Iterable[Release], spill: Spill, hashes: list[pl.Series]) -> Iterator[Prepared]:
    """The parts of a release, prepared; where a rule for duplicates holds, it judges all rows first.

    The rows wait on disk until then; only what the rule looks at stays in memory.
    """
    waiting: list[tuple[Begun, int, Path]] = []
    looked_at = []
    rule = None
    order: DateOrder | None = None
    for part in parts:
        order = order or DateOrder(part.family.day_order)
        begun = begin(part, hashes, order)
        rule = begun.rule
        if rule is None:
            yield finish(begun, None)
            continue
        looked_at.append(rule.looked_at(begun.typed.frame))
        waiting.append((begun, begun.typed.frame.height, spill.write(begun.typed.frame)))
        begun.typed.put(begun.typed.frame.clear())
    if rule is None:
        return
    found = rule.judge_release(pl.concat(looked_at, how="vertical_relaxed"))
    at = 0
    for begun, height, file in waiting:
        begun.typed.frame = spill.take(file)
        yield finish(begun, found.slice(at, height))
        at += height


def one_account(audits: list[ReleaseAudit]) -> ReleaseAudit:
    """The account of a release from those of its parts."""
    whole = replace(audits[0], notes=_notes([note for a in audits for note in a.notes]))
    whole.rows_read = sum(a.rows_read for a in audits)
    whole.rows_kept = sum(a.rows_kept for a in audits)
    whole.values = sum(a.values for a in audits)
    whole.unresolved_places = sum(a.unresolved_places for a in audits)
    whole.checks = _added([a.checks for a in audits])
    whole.rows_dropped = _sums([a.rows_dropped for a in audits])
    whole.quarantine_reasons = _sums([a.quarantine_reasons for a in audits])
    faults: dict[str, dict[str, Any]] = {}
    for fault in (f for a in audits for f in a.faults):
        before = faults.get(fault["id"])
        faults[fault["id"]] = {**fault, "rows": fault["rows"] + (before["rows"] if before else 0)}
    whole.faults = list(faults.values())
    return whole


def _notes(notes: list[str]) -> list[str]:
    """Merge notes: each appears once, and counts of rows are added up."""
    rows: dict[tuple[str, str | None], int] = {}
    for note in notes:
        counted = _IN_ROWS.match(note)
        before, number, after = counted.groups() if counted else (note, "0", None)
        rows[before, after] = rows.get((before, after), 0) + int(number.replace(",", ""))
    return [
        before if after is None else f"{before}{some(n, 'row')}{after}" for (before, after), n in rows.items()
    ]


def _added(checks: list[dict[str, Any]]) -> dict[str, Any]:
    """Add up counts, however they are nested."""
    names = list(dict.fromkeys(name for check in checks for name in check))
    of = {name: [check[name] for check in checks if name in check] for name in names}
    return {name: _added(check) if isinstance(check[0], dict) else sum(check) for name, check in of.items()}


def _sums(counts: list[dict[str, int]]) -> dict[str, int]:
    return dict(sorted(_added(counts).items()))


def whole(
    prepared: list[Prepared],
    pieces: list[Path],
    digests: list[pl.DataFrame],
    hashes: list[pl.Series],
    covers: list[Scope] | None = None,
) -> Prepared:
    """One prepared release of its parts, whose placed rows are in `pieces`.

    `digests`: of each part, the distinct combinations of the columns that show what a release covers.
    `hashes`: of every row as published, where identical rows are counted.
    """
    if hashes:
        prepared[0].audit.checks["identical_rows"] = identical(
            Path(prepared[0].audit.file), [pl.concat(hashes)]
        )
    audit = one_account([one.audit for one in prepared])
    quarantine = pl.concat([one.quarantine for one in prepared]).sort("sheet", "row", nulls_last=False)
    numbers = added_numbers([one.numbers for one in prepared])
    released = Prepared(
        prepared[0].family, pl.concat(digests), quarantine, audit, numbers, covers=covers or []
    )
    released.shown = added([one.shown for one in prepared])
    audit.coverage = coverage_of(released)
    released.frame, released.pieces = released.frame.clear(), pieces
    return released

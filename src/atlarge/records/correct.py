"""Apply known faults and the rules of a family to typed rows."""

from __future__ import annotations

from typing import Any

import polars as pl

from atlarge.codes import as_texts
from atlarge.errors import ReleaseError
from atlarge.records.typed import QUARANTINE, Typed
from atlarge.releases.faults import Fault, faults_of
from atlarge.releases.reading import Release
from atlarge.wording import some


def _is_whole(fault: Fault, release: Release) -> bool:
    """Whether the file is byte for byte the release in which the fault was found."""
    return release.sha256 in fault.whole_sha256


def _applied(
    fault: Fault, release: Release, frame: pl.DataFrame
) -> tuple[pl.DataFrame, dict[str, Any] | None]:
    touched = fault.touches(frame.columns)
    if touched is None:
        return frame, None
    rows = int(frame.select(touched.sum()).item()) if frame.height and fault.where else frame.height
    whole = _is_whole(fault, release)
    if whole and fault.rows is not None and rows != fault.rows:
        raise ReleaseError(
            f"{release.path}: the known fault {fault.id} touches {some(rows, 'row')} of this "
            "release, not the "
            f"{fault.rows:,} it is known to touch: the reading of the release is wrong; report it"
        )
    if not rows:
        return frame, None
    details: dict[str, Any] = {
        "id": fault.id, "action": fault.action, "rows": rows, "what": fault.what, "reason": fault.reason,
        "source": fault.source,
    }  # fmt: skip
    if not whole and fault.rows is not None:
        details["note"] = (
            f"the whole release known has {fault.rows:,} such rows; this file is another or a part of it"
        )
    if fault.action == "drop":
        frame = frame.filter(~touched)
    elif fault.action == "blank":
        frame = frame.with_columns(
            pl.when(touched).then(None).otherwise(pl.col(name)).alias(name) for name in fault.columns
        )
    return frame, details


def apply_faults(release: Release, typed: Typed) -> list[dict[str, Any]]:
    """Apply the known faults of the release's family; returns what each did.

    ReleaseError if the file is the known release itself and a fault touches another number of rows.
    """
    details = []
    for fault in faults_of(release.family.id):
        before = typed.frame.height
        frame, done = _applied(fault, release, typed.frame)
        if frame is not typed.frame:
            typed.put(frame)
        typed.drop(f"known fault: {fault.id}", before - typed.frame.height)
        if done:
            details.append(done)
    return details


def apply_rules(release: Release, typed: Typed) -> None:
    """Move rows that break a rule of the family to quarantine; a rule is silent on missing values."""
    quarantined = [typed.quarantine]
    for words, rule in release.family.rules.items():
        texts = as_texts(typed.frame.select(rule.meta.root_names()))
        failing = texts.select((~rule).fill_null(False).alias("failing")).to_series()
        count = int(failing.sum())
        if not count:
            continue
        bad = typed.frame.filter(failing)
        value = pl.concat_str(
            [pl.format(f"{name} {{}}", pl.col(name)) for name in rule.meta.root_names()],
            separator=", ",
            ignore_nulls=True,
        )
        quarantined.append(
            bad.select(
                "release_id",
                "file",
                "sheet",
                "row",
                pl.lit(f"rule: {words}").alias("reason"),
                pl.lit("").alias("column"),
                value.alias("value"),
            ).cast(pl.Schema(QUARANTINE))
        )
        typed.put(typed.frame.filter(~failing))
        typed.drop("quarantine", count)
    typed.quarantine = pl.concat(quarantined).sort("sheet", "row", nulls_last=False)

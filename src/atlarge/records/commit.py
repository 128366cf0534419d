"""Commit prepared releases to a store under its lock, all or nothing, counting overlapping rows once."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.codes import Coded
from atlarge.records.audit import ReleaseAudit
from atlarge.records.best import FILLED, fill
from atlarge.records.control_totals import Span, daily, shortfalls, split
from atlarge.records.coverage import (
    Scope,
    days_with_rows,
    is_placed,
    levels_of,
    places_of,
    short_scope,
    spans_of,
    usual_share,
)
from atlarge.records.doubts import UNPROVEN
from atlarge.records.expected_rows import rows_lacking
from atlarge.records.gaps import ANY, Gap, gaps_of, is_rich, notes_of
from atlarge.records.integrity import require
from atlarge.records.missing import filled, lacks, reported_days
from atlarge.records.overlap import GONE, Stored, overlaps
from atlarge.records.prepare import Prepared
from atlarge.records.store import Writer, content_hash, empty_manifest, lock, read_manifest
from atlarge.records.tables import DATE_COLUMN, EVENTS, PLACE_COLUMNS
from atlarge.records.vintages import SERIES, superseded
from atlarge.releases import families

_MANY_TEXTS = 8
_SOME_TEXT = 0.02
"""The share of rows that must have a text of place for a release to be one that can name counties."""


def _texts(frame: pl.DataFrame, coded: dict[str, Coded] | None = None) -> tuple[int | None, bool]:
    """How many distinct texts of place rows have (None: none or many), and whether they can name a county.

    `coded`: columns that are coded already.
    """
    if "_has_text" in frame.columns:
        texts_seen = {
            text for texts in frame["_texts"].unique().to_list() for text in texts.split("|") if text
        }
        return len(texts_seen) or None, bool(frame["_has_text"].any())
    name = next((c for c in ("landmark", "facility") if c in frame.columns), None)
    if coded and name in coded:
        found = len(coded[name].texts)
    else:
        found = frame[name].drop_nulls().n_unique() if name else 0
    some = name is not None and frame[name].null_count() <= (1 - _SOME_TEXT) * frame.height
    return found or None, some or _names_counties(frame)


def _first_texts(frame: pl.DataFrame) -> str:
    """Stands for the first few distinct texts of place of some rows: more than these are many."""
    name = next((c for c in ("landmark", "facility") if c in frame.columns), None)
    if name is None:
        return ""
    return "|".join(
        str(h) for h in frame[name].drop_nulls().unique().hash().sort().head(_MANY_TEXTS).to_list()
    )


def _names_counties(frame: pl.DataFrame) -> bool:
    return "county_fips" in frame.columns and frame["county_fips"].null_count() < frame.height


def digest(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Rows (`n`) by the columns that show what a release covers."""
    places = [c for c in PLACE_COLUMNS.values() if c in frame.columns]
    names = [c for c in (DATE_COLUMN[table],) if c in frame.columns] + places
    has_text = _texts(frame)[1]
    count = pl.col("n").sum() if "n" in frame.columns else pl.len().alias("n")
    return (
        frame.group_by(names)
        .agg(count.cast(pl.UInt32), *filled(table, frame.columns))
        .cast(dict.fromkeys(places, pl.String))
        .with_columns(
            pl.lit(has_text).alias("_has_text"),
            pl.lit(_first_texts(frame)).alias("_texts"),
            pl.lit("|".join(lacks(frame, table))).alias("_lacks"),
        )
    )


def _scopes(prepared: Prepared, lacking: set[str] | None = None) -> list[Scope]:
    """The places that a release covers, as the user says, else as the family does and its rows show.

    `lacking`: places known to lack rows, none of which is covered for the few rows that it has; None if the
    release has every row that was published.
    """
    if prepared.covers:
        return prepared.covers
    scope = prepared.family.scope
    if not is_placed(prepared.audit.table) or "aor" not in prepared.frame.columns:
        return [Scope(scope)]
    texts, has_text = _texts(prepared.frame, prepared.coded)
    places = prepared.places
    if places is None:
        names = [c for c in PLACE_COLUMNS.values() if c in prepared.frame.columns]
        places = prepared.frame.group_by(names).agg(pl.col("n").sum())
    has_state = "state" in prepared.family.columns
    if lacking is None:
        return [Scope(scope, levels_of(places, has_text, has_state))]
    is_real = is_rich(prepared.shown) and not prepared.audit.is_simulated
    found = places_of(places, scope, texts, has_text, has_state, is_real)
    sure = [one for one in found if one.levels != (one.level,) or lacking.isdisjoint(one.each())]
    found = sure or found
    prepared.audit.notes += _cut_to(found, scope)
    if prepared.audit.is_simulated:
        found = [replace(one, without=()) if one.places == "nation" else one for one in found]
    return found


def _cut_to(found: list[Scope], whole: str) -> list[str]:
    """What follows where a release is taken for a cut of one that has more places."""
    if any(scope.places == whole for scope in found):
        finer = [one.places for one in found if one.places != whole]
        if not finer:
            return []
        return [
            f"few rows and places: counts of {short_scope(whole)} are of these rows alone; if the file was "
            f"cut to them, say so, as by --covers {finer[0]}"
        ]
    named = ", ".join(short_scope(scope.places) for scope in found)
    what = "a file of single facilities" if named == "facility" else f"a cut to {named}"
    return [
        f"taken for {what}: other places, and those that are wider, have no count; if it is whole in more, "
        f"say so, as by --covers {whole}"
    ]


def _lacking(prepared: Prepared) -> dict[str, Any]:
    """The columns that a release leaves empty (`lacks`) or reports on some of its days (`reported`), for the
    manifest, if there are any that a measure may need."""
    if prepared.audit.table not in EVENTS:
        return {}
    if "_lacks" in prepared.frame.columns:
        parts = [set(words.split("|")) for words in prepared.frame["_lacks"].unique().to_list()]
        empty = sorted(set.intersection(*parts) - {""}) if parts else []
    else:
        empty = lacks(prepared.frame, prepared.audit.table)
    spans = reported_days(prepared.frame, prepared.audit.table)
    reported = {name: [[str(a), str(b)] for a, b in days] for name, days in sorted(spans.items())}
    return ({"lacks": empty} if empty else {}) | ({"reported": reported} if reported else {})


def _gaps(prepared: Prepared, covers: list[Scope]) -> list[Gap]:
    """What a release lacks in the places that it covers, though a whole one has it; noted in its account."""
    if prepared.covers or prepared.audit.is_simulated or prepared.audit.table not in EVENTS:
        return []
    table, scope = prepared.audit.table, prepared.family.scope
    found = gaps_of(prepared.shown, table, scope)
    if scope == "nation" and not prepared.shown.is_empty():
        found += rows_lacking(table, prepared.shown, prepared.numbers, usual_share(covers, scope), found)
    prepared.audit.notes += notes_of(found)
    has_zeros = not any(gap.column == ANY and not gap.where and gap.start is None for gap in found)
    if has_zeros and is_placed(table) and prepared.numbers.months.is_empty():
        prepared.audit.doubts = [{"kind": UNPROVEN}]
    return found


def _as_published(prepared: Prepared, day: str, spans: list[Span]) -> list[tuple[str, Span]]:
    """The spans of a release by whether it has every row of them that was published, as far as is known."""
    if prepared.covers or prepared.audit.is_simulated or "county_fips" not in prepared.frame.columns:
        return [("unknown", span) for span in spans]
    counted = daily(prepared.frame, day) if prepared.daily is None else prepared.daily
    return split(prepared.family.id, counted, spans)


def _partly(
    prepared: Prepared, day: str, stretches: list[tuple[str, Span]], about: dict[str, Any]
) -> list[tuple[Scope, dt.date, dt.date, dict[str, Any]]]:
    """What a release covers on days of which it lacks rows ("short"), or of which nothing is known."""
    short = [span for how, span in stretches if how == "short"]
    exact = shortfalls(prepared.family.id, prepared.audit.table, prepared.frame, day, short) if short else []
    prepared.audit.notes += notes_of(exact)
    covers = _scopes(prepared, {place for gap in exact for place in gap.places()})
    gaps = {"unknown": _gaps(prepared, covers)}
    gaps["short"] = gaps["unknown"] + exact
    found = [(one, *span, gaps[how]) for how, span in stretches for one in covers]
    if [one.places for one in covers] == ["facility"]:
        every = gaps["short" if short else "unknown"]
        found = [(*one, every) for one in days_with_rows(prepared.frame.rename({day: "day"}))]
    return [
        (one, start, end, about | ({"gaps": [gap.to_dict() for gap in lacks]} if lacks else {}))
        for one, start, end, lacks in found
    ]


def coverage_of(prepared: Prepared) -> list[dict[str, Any]]:
    """Days and places that a release covers, from its rows in `frame`."""
    column = DATE_COLUMN[prepared.audit.table]
    if column is None:
        return []
    if prepared.audit.table == "aggregates":
        ends = prepared.frame[column].drop_nulls().sort().to_list()
        spans = [(ends[0], ends[-1])] if ends else []
    else:
        if prepared.daily is None:
            counted = prepared.frame.select(pl.col(column).alias("day"), pl.col("n"))
        else:
            counted = prepared.daily.filter(pl.col("n") > 0)
        if column == "month":
            last = counted.with_columns(pl.col("day").dt.month_end(), pl.lit(0, pl.UInt32).alias("n"))
            counted = pl.concat([counted.cast({"n": pl.UInt32}), last.cast({"n": pl.UInt32})])
        spans = spans_of(counted, prepared.audit.table in EVENTS)
    stretches = _as_published(prepared, column, spans)
    about = _lacking(prepared)
    entries: list[tuple[Scope, dt.date, dt.date, dict[str, Any]]] = []
    if any(how == "whole" for how, _ in stretches):
        entries += [
            (one, *span, about) for one in _scopes(prepared) for how, span in stretches if how == "whole"
        ]
    if any(how != "whole" for how, _ in stretches):
        entries += _partly(prepared, column, [one for one in stretches if one[0] != "whole"], about)
    return [
        {
            "table": prepared.audit.table,
            "start": start.isoformat(),
            "end": end.isoformat(),
            **scope.to_dict(),
            **lacking,
        }
        for scope, start, end, lacking in entries
    ]


def _declare(entry: dict[str, Any], scopes: list[Scope]) -> None:
    """Replace the places that a stored release covers by those the user declares."""
    lacking = {k: next((c[k] for c in entry["coverage"] if c.get(k)), None) for k in ("lacks", "reported")}
    lacking = {key: value for key, value in lacking.items() if value}
    spans = sorted({(c["table"], c["start"], c["end"]) for c in entry["coverage"]})
    entry["coverage"] = [
        {"table": table, "start": start, "end": end, **scope.to_dict(), **lacking}
        for scope in scopes
        for table, start, end in spans
    ]


def already_stored(path: Path, sha256: str) -> list[str]:
    """Ids of the releases in the store that came from a file with this sha256; empty if there are none."""
    manifest = read_manifest(path) if path.is_dir() else None
    return [str(r["id"]) for r in (manifest or empty_manifest())["releases"] if r["sha256"] == sha256]


def commit(
    read: list[Prepared], path: Path, declared: dict[str, list[Scope]] | None = None
) -> dict[str, ReleaseAudit]:
    """Write releases into the store at `path`; returns the accounts of all it now holds, by id.

    `declared`: places that stored releases already cover, as the user says. StoreError if the store cannot be
    written or another writer holds it.
    """
    with lock(path):
        manifest = read_manifest(path) or empty_manifest()
        stored = {r["id"] for r in manifest["releases"]}
        fresh = [prepared for prepared in read if prepared.audit.id not in stored]
        said = {name: scopes for name, scopes in (declared or {}).items() if name in stored}
        for entry in manifest["releases"]:
            if entry["id"] in said:
                _declare(entry, said[entry["id"]])
        if fresh or said:
            writer = Writer(path)
            try:
                writer.sweep(manifest)
                _write(writer, fresh, manifest)
                writer.commit(manifest)
            finally:
                writer.discard()
    return {r["id"]: ReleaseAudit(**r) for r in manifest["releases"]}


def _write(writer: Writer, fresh: list[Prepared], manifest: dict[str, Any]) -> None:
    """Write new releases, and stored ones that lose rows to them or gain rows from them."""
    for prepared in fresh:
        if prepared.quarantine.height:
            prepared.audit.quarantine = writer.put(
                prepared.quarantine, f"quarantine/{prepared.audit.id}.parquet"
            )
    entries = {prepared.audit.id: prepared.audit.to_dict() for prepared in fresh}
    aside = _set_aside(writer.path, fresh, entries, manifest)
    for prepared in fresh:
        entry = entries[prepared.audit.id]
        if prepared.audit.id in aside:
            _put(writer, entry, aside.pop(prepared.audit.id))
        else:
            _take(writer, entry, prepared)
    stored = {r["id"]: r for r in manifest["releases"]}
    for name, frame in aside.items():
        _put(writer, stored[name], frame)
    manifest["releases"] += entries.values()


def _put(writer: Writer, entry: dict[str, Any], frame: pl.DataFrame) -> None:
    """Write one release's rows, those set aside apart, and bring its account up to date.

    Rows that were filled from another release stand in the table; as they were, they are kept beside.
    """
    table, name = entry["table"], entry["id"]
    entry["overlap"] = entry["base"] = None
    if FILLED in frame.columns and frame[FILLED].null_count() != frame.height:
        base = frame.drop(FILLED, *[c for c in frame.columns if c.startswith("_best_")])
        best = [c.removeprefix("_best_") for c in frame.columns if c.startswith("_best_")]
        kept = base.filter(~pl.col("_aside")).drop("_aside", GONE) if "_aside" in base.columns else base
        entry["base"] = writer.put(kept, f"overlap/{name}.{content_hash(kept)}.base.parquet")
        frame = frame.with_columns(pl.col(f"_best_{c}").alias(c) for c in best).drop(
            [f"_best_{c}" for c in best]
        )
        name = f"{name}.{content_hash(frame, FILLED)}"
    if "_aside" in frame.columns:
        lost = frame.filter(pl.col("_aside")).drop("_aside")
        lost = lost if lost[GONE].any() else lost.drop(GONE)
        frame = frame.filter(~pl.col("_aside")).drop("_aside", GONE)
        if table in SERIES:  # a published row holds several figures, so rows are counted as before
            entry["checks"]["superseded"] = lost.height
        else:
            entry["rows_kept"] += entry["rows_dropped"].pop("overlap", 0) - lost.height
            if lost.height:
                entry["rows_dropped"]["overlap"] = lost.height
        if lost.height:
            entry["overlap"] = writer.put(lost, f"overlap/{name}.{content_hash(lost)}.parquet")
            name = f"{name}.{content_hash(frame)}"
    if "place_kind" in frame.columns:
        entry["unresolved_places"] = int((frame["place_kind"].fill_null("unresolved") == "unresolved").sum())
    entry["values"] = frame.height
    entry["tables"] = [
        {"table": table, "path": writer.put(frame, f"{table}/{name}.parquet"), "rows": frame.height}
    ]


def _take(writer: Writer, entry: dict[str, Any], prepared: Prepared) -> None:
    """Move the temporary files of a release's rows into the store."""
    table, name = entry["table"], entry["id"]
    entry["tables"] = []
    for number, piece in enumerate(prepared.pieces):
        part = f"-{number:04}" if number else ""
        rows = prepared.audit.values
        if len(prepared.pieces) > 1:
            rows = int(pl.scan_parquet(piece, glob=False).select(pl.len()).collect().item())
        taken = writer.take(piece, f"{table}/{name}{part}.parquet")
        entry["tables"].append({"table": table, "path": taken, "rows": rows})


def _unmarked(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows, none of them marked as set aside."""
    return frame.with_columns(pl.lit(False).alias("_aside"), pl.lit(False).alias(GONE))


def _stored(path: Path, entry: dict[str, Any], manifest: dict[str, Any]) -> Stored:
    """A stored release with its rows as the release has them, before any were filled.

    StoreError if a file of it is not as it was written: it would be written anew as if it were sound.
    """
    files = [entry["base"]] if entry.get("base") else [e["path"] for e in entry["tables"]]
    require(path, manifest, [*files, *([entry["overlap"]] if entry["overlap"] else [])])
    kept = _unmarked(pl.read_parquet([path / file for file in files], glob=False))
    if entry["overlap"]:
        lost = pl.read_parquet(path / entry["overlap"], glob=False).with_columns(pl.lit(True).alias("_aside"))
        kept = pl.concat([kept, lost], how="diagonal").sort("sheet", "row", nulls_last=False)
        kept = kept.with_columns(pl.col(GONE).fill_null(False))
    return Stored(entry, kept, _rank(entry))


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
    for table in (*EVENTS, *SERIES):
        new = [m for m in fresh if m.audit.table == table]
        old = [
            r for r in manifest["releases"]
            if r["table"] == table and any(_near(r["coverage"], m.audit.coverage) for m in new)
        ]  # fmt: skip
        tied = {r["id"] for r in old} | {o["won"] for r in old for o in r["overlaps"]}
        old += [
            r for r in manifest["releases"]
            if r["table"] == table and r not in old
            and (r["id"] in tied or any(o["won"] in tied for o in r["overlaps"]))
        ]  # fmt: skip
        near = any(_near(a.audit.coverage, b.audit.coverage) for a in new for b in new if a is not b)
        if not old and not near:
            continue
        everything = [Stored(entries[m.audit.id], _unmarked(m.rows()), m.family.rank) for m in new]
        everything += [_stored(path, r, manifest) for r in old]
        judge = superseded if table in SERIES else overlaps
        lost = judge(table, everything, {m.audit.id for m in new})
        for stored in everything:
            if stored.audit["id"] not in lost:
                continue
            for masks, reason in lost[stored.audit["id"]]:
                stored.frame = stored.frame.with_columns(
                    (stored.frame["_aside"] | masks["lost"]).alias("_aside"),
                    (stored.frame[GONE] | masks["gone"]).alias(GONE),
                )
                stored.audit["overlaps"] = sorted(
                    [*stored.audit["overlaps"], reason], key=lambda o: str(o["won"])
                )
            changed[stored.audit["id"]] = stored.frame
        if table in SERIES:
            continue
        for name, best in fill(table, everything, set(changed)).items():
            own = next(stored.frame for stored in everything if stored.audit["id"] == name)
            names = [
                c
                for c in own.columns
                if c not in ("_aside", GONE) and not best[c].equals(own[c], null_equal=True)
            ]
            changed[name] = own.with_columns(best[FILLED], *[best[c].alias(f"_best_{c}") for c in names])
    return changed

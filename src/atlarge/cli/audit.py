"""`atlarge audit`: the account of every row of every release in a store."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, overlap_line
from atlarge.wording import some

if TYPE_CHECKING:
    from atlarge.records.store import Store

_MOST_SPANS = 3
"""Where there are more stretches of days than these, only their number is printed."""


def audit_command(
    store: Annotated[Path, options.store("Folder of the store.")],
    release: Annotated[str | None, typer.Option(help="Only this release, by its id or file.")] = None,
    quarantine: Annotated[
        bool,
        typer.Option("--quarantine", help="List the rows that failed: file, sheet, row, column, reason."),
    ] = False,
    links: Annotated[
        bool, typer.Option("--links", help="Count links by identifier between the tables.")
    ] = False,
    table: Annotated[
        str | None,
        typer.Option("--trace", help="List the rows of releases behind a measure, or all of a table."),
    ] = None,
    place: Annotated[str | None, typer.Option(help="With --trace: name or code of a place.")] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="With --place: county, office, aor or state, where a code is of several."),
    ] = None,
    start: Annotated[dt.date | None, options.day("--from", "With --trace: first day.")] = None,
    end: Annotated[dt.date | None, options.day("--to", "With --trace: last day.")] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Check every file against its sha256 and count its rows; exit 1 names what changed.",
        ),
    ] = False,
    engine: Annotated[
        str, typer.Option(help="With --trace, --links or --verify: polars, duckdb or spark.")
    ] = "polars",
    as_json: options.Json = False,
) -> None:
    """Rows read, kept and left out by reason; faults, overlaps, quarantine, links; rows behind a count."""
    from atlarge.errors import StoreError
    from atlarge.records.store import open_store

    opened = open_store(store)
    listed = [r for r in opened.releases if release is None or release in (r["id"], r["file"])]
    if release is not None and not listed:
        raise StoreError(f"{store}: holds no release {release!r}; `atlarge audit` lists what it holds")
    document: dict[str, Any] = {"releases": listed}
    if quarantine:
        ids = [r["id"] for r in listed]
        rows = opened.quarantine()
        document["quarantine"] = rows.filter(rows["release_id"].is_in(ids)).drop("value").to_dicts()
    if links:
        from atlarge.records.links import link_report

        document["links"] = link_report(opened, engine)
    if table is not None:
        document["trace"] = _trace(opened, table, (start, end), place, by, engine)
    if verify:
        document |= _files(opened)
        if not document["changed"]:
            document["verified"] = _verified(opened, engine)
    if as_json:
        emit_json(document)
    else:
        _print(document)
    if document.get("changed"):
        raise StoreError(
            f"{store}: {', '.join(document['changed'])}: not as written (its sha256 differs) or "
            "missing; make the store again by `atlarge ingest`"
        )


def _trace(
    store: Store,
    name: str,
    days: tuple[dt.date | None, dt.date | None],
    place: str | None,
    by: str | None,
    engine: str,
) -> list[dict[str, Any]]:
    """The rows behind a measure or a table, of some days and one place."""
    from atlarge.panel import measure, place_codes
    from atlarge.panel.catalogue import rows_counted
    from atlarge.places import find_place
    from atlarge.records.lineage import lineage
    from atlarge.records.schemes import scheme

    table, only = name, None
    if name not in store.tables():
        counted = measure(name)
        table, only = counted.table, rows_counted(counted, scheme("ddp"))
    code, level = place, by
    if place is not None and by is not None:
        code = place_codes([place], by)[0]
    elif place is not None:
        found = find_place(place)
        code, level = found.code, found.kind
    if level == "nation":
        code, level = None, None
    return lineage(store, table, *days, code, engine, level=level, only=only).to_dicts()


def _files(store: Store) -> dict[str, Any]:
    """Every file of the store against its sha256, and those that changed or are missing."""
    from atlarge.records.integrity import check

    files = check(store.path, store.manifest, store.named())
    return {"files": files, "changed": [one["path"] for one in files if one["is_as_written"] is False]}


def _verified(store: Store, engine: str) -> list[dict[str, Any]]:
    """Rows counted in the manifest and rows in the files; StoreError if they differ."""
    from atlarge.errors import StoreError
    from atlarge.records.lineage import verify

    counted = verify(store, engine)
    for one in counted:
        if one["in_manifest"] != one["in_files"]:
            raise StoreError(
                f"{store.path}: {one['table']} of {one['release']}: the manifest has "
                f"{some(one['in_manifest'], 'row')}, the files hold {one['in_files']:,}; ingest the "
                "releases again"
            )
    return counted


def _covered(coverage: list[dict[str, Any]]) -> Iterator[str]:
    """Stretches of days and the places that are covered on them; many of the same places in one line."""
    from atlarge.records.coverage import short_scope

    for scope, spans in groupby(coverage, key=lambda span: span["scope"]):
        days = [f"{span['start']} to {span['end']}" for span in spans]
        if len(days) > _MOST_SPANS:
            days = [f"{len(days)} stretches of days from {days[0][:10]} to {days[-1][-10:]}"]
        yield from (f"{span}, {short_scope(scope)}" for span in days)


def _print(document: dict[str, Any]) -> None:
    from atlarge.records.doubts import sentences

    say = sys.stdout.write
    for r in document["releases"]:
        say(f"{r['id']}  {r['file']}\n")
        say(f"  sha256 {r['sha256']}\n")
        say(f"  {r['table']}: {some(r['rows_read'], 'row')} read = {r['rows_kept']:,} kept")
        say("".join(f" + {n:,} {reason}" for reason, n in r["rows_dropped"].items()) + "\n")
        say("".join(f"  covers {line}\n" for line in _covered(r["coverage"])))
        if r["unresolved_places"]:
            say(f"  {some(r['unresolved_places'], 'row')} without a place\n")
        for reason, n in r["quarantine_reasons"].items():
            say(f"  quarantine: {reason}: {n:,}\n")
        for o in r["overlaps"]:
            say(f"  {overlap_line(o)}\n")
        for fault in r["faults"]:
            say(
                f"  known fault {fault['id']} ({fault['action']}, {some(fault['rows'], 'row')}): "
                f"{fault['what']}\n"
            )
        for name, outcome in r["checks"].items():
            say(f"  {name.replace('_', ' ')}: {_in_words(outcome)}\n")
        for text in [*r["notes"], *sentences(r)]:
            say(f"  note: {text}\n")
    for row in document.get("quarantine", []):
        sheet = f", sheet {row['sheet']}" if row["sheet"] else ""
        say(f"{row['file']}{sheet}, row {row['row']}: {row['reason']}\n")
    for outcome in document.get("links", []):
        why = "; ".join(f"{n:,} {reason}" for reason, n in outcome["unmatched"].items() if n)
        say(f"{outcome['link']}: {outcome['linked']:,} of {outcome['rows']:,} linked; {why}\n")
    for one in document.get("verified", []):
        say(
            f"{one['release']}: {some(one['in_files'], 'row')} of {one['table']} in its files, as "
            "in the manifest\n"
        )
    if "trace" in document:
        _print_trace(document["trace"])


def _in_words(outcome: Any) -> str:
    """The outcome of a check as text: numbers by name, or as it is."""
    if isinstance(outcome, dict):
        parts = ((name.replace("_", " "), value) for name, value in outcome.items())
        return ", ".join(f"{name} {_in_words(value)}" for name, value in parts)
    return f"{outcome:,}" if isinstance(outcome, int) else str(outcome)


def _print_trace(traced: list[dict[str, Any]]) -> None:
    from atlarge.records.lineage import ranges

    if not traced:
        sys.stdout.write("no row stands behind this count\n")
    for one in traced:
        sheet = f", sheet {one['sheet']}" if one["sheet"] else ""
        sys.stdout.write(f"{one['file']}{sheet}: {some(len(one['rows']), 'row')}: {ranges(one['rows'])}\n")

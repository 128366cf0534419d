"""`atlarge releases`: the release families that are known, what each covers, where it is published."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json


def releases_command(
    name: Annotated[str | None, typer.Argument(help="One family, with its columns and known faults.")] = None,
    as_json: options.Json = False,
) -> None:
    """Release families: what each covers, where it is published, which known faults it has."""
    from atlarge.releases import families, family
    from atlarge.releases.faults import faults_of

    shown = [family(name)] if name else list(families().values())
    rows: list[dict[str, Any]] = [
        {
            "id": one.id,
            "title": one.title,
            "table": one.table,
            "covers": one.covers,
            "publisher": one.publisher,
            "url": one.url,
            "licence": one.licence,
            "scope": one.scope,
            "columns": [column.names[0] for column in one.columns.values()],
            "fetchable": len(one.fetch),
            "faults": [{"id": f.id, "what": f.what, "action": f.action} for f in faults_of(one.id)],
        }
        for one in shown
    ]
    if as_json:
        emit_json(rows)
        return
    for row in rows:
        sys.stdout.write(
            f"{row['id']}: {row['title']}\n  {row['covers']}\n  {row['publisher']}\n  {row['url']}\n"
        )
        if name:
            sys.stdout.write("  columns: " + ", ".join(row["columns"]) + "\n")
        for fault in row["faults"]:
            sys.stdout.write(f"  known fault {fault['id']} ({fault['action']}): {fault['what']}\n")

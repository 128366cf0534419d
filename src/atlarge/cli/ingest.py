"""`atlarge ingest`: releases into a store, with an account of every row."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, note, overlap_line, revision_lines
from atlarge.wording import some

if TYPE_CHECKING:
    from atlarge.records.audit import ReleaseAudit


def ingest_command(
    files: Annotated[
        list[Path], typer.Argument(help="Files as published; each is recognized by its content.")
    ],
    store: Annotated[Path, options.store("Folder of the store; created if it is not there.")],
    covers: Annotated[
        str | None,
        typer.Option(
            help="Places that the files cover, where they cannot show it: nation, state:MN, aor:SEA, "
            "county:48453, ... (several with commas)."
        ),
    ] = None,
    allow_loss: Annotated[
        bool, typer.Option("--allow-loss", help="Take a file even if fewer than half of its rows are kept.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Read releases into a store: every row is kept, or left out for a reason that is counted.

    All files or none: if one is refused, the store stays as it was. A file that is already in the store
    changes nothing.
    """
    from atlarge.ingest import ingest

    audit = ingest(
        files, store, on_progress=note if sys.stderr.isatty() else None, covers=covers, allow_loss=allow_loss
    )
    for line in audit.notes:
        note(line)
    if as_json:
        emit_json(audit.to_dict())
        return
    for one in audit.releases:
        sys.stdout.write(one.summary() + "\n")
        for text in _remarks(one):
            note(f"  {one.file}: {text}")
    sys.stdout.write("".join(line + "\n" for line in revision_lines(audit.revisions)))


def _remarks(one: ReleaseAudit) -> list[str]:
    """What a reader of the counts should know: overlaps, quarantine, known faults, notes, doubts."""
    from atlarge.records.doubts import sentences

    remarks = [overlap_line(o) for o in one.overlaps]
    remarks += [
        f"{some(f['rows'], 'row')} with values filled from {f['file']}, which knew what this file "
        "leaves blank"
        for f in one.filled
    ]
    remarks += [f"quarantine: {reason}: {some(n, 'row')}" for reason, n in one.quarantine_reasons.items()]
    remarks += [
        f"known fault {f['id']}, {some(f['rows'], 'row')}: {f['what']}"
        + (f" ({f['note']})" if "note" in f else "")
        for f in one.faults
    ]
    return remarks + one.notes + sentences(one.to_dict())

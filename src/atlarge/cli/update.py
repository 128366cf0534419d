"""`atlarge update`: fetch what is new, ingest it, and report what changed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, note, revision_lines


def update_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Newest releases, such as arrests-latest; left out: of the tables in the store."),
    ] = None,
    store: Annotated[Path, options.store("Folder of the store; created if it is not there.")] = Path("store"),
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files; left out: releases, beside the store.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", help="Another address that keeps the newest releases under the same names."),
    ] = None,
    answers: Annotated[
        bool, typer.Option(help="Compare the answers on dated policies whose places were revised.")
    ] = True,
    alarms: Annotated[
        bool, typer.Option(help="Look for surges in the last weeks whose records are nearly all in.")
    ] = True,
    as_json: options.Json = False,
) -> None:
    """Bring a store up to date: fetch newest releases, ingest those that changed, report what changed.

    An interrupted download is resumed, and a file that did not change is not downloaded again.
    """
    from atlarge.update import update

    done = update(
        store,
        names=names or (),
        folder=out,
        source=source,
        answers=answers,
        alarms=alarms,
        on_progress=note,
        progress=sys.stderr.isatty(),
    )
    if as_json:
        emit_json(done.to_dict())
        return
    for one in done.fetched:
        sys.stdout.write(f"{one.name}: {one.status}" + (f" ({one.why})" if one.why else "") + "\n")
    sys.stdout.write("".join(line + "\n" for line in revision_lines(done.revisions)))
    for changed in done.answers_changed:
        sys.stdout.write(f"answer changed: {changed['policy']}, {changed['place_name']}\n")
        for when in ("before", "after"):
            change = changed[when].get("headline") or changed[when].get("why")
            sys.stdout.write(f"  {when}: {change}\n")
    for surge in done.alarms:
        sys.stdout.write(
            f"surge: {surge['place_name']}, {surge['start']} to {surge['end']}: {surge['observed']} arrests "
            f"at large where {surge['expected']} were expected (records complete up to "
            f"{surge['complete_until']})\n"
        )

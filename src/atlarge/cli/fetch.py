"""`atlarge fetch`: download published files of a family, checked against their sha256."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, note


def fetch_command(
    name: Annotated[
        str,
        typer.Argument(
            help="Family to download, as `atlarge releases` names it, or a newest release: arrests-latest, "
            "detainers-latest, detention-stays-latest, detention-stints-latest, encounters-latest."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder to put the files in.")] = Path("releases"),
    source: Annotated[
        str | None,
        typer.Option("--from", help="Another address that keeps the newest releases under the same names."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Download published files with checksums; an interrupted download is resumed.

    Newest releases come from the public repository deportationdata/ice; a file that did not change is not
    downloaded again.
    """
    from atlarge.releases.fetch import fetch

    paths = fetch(name, out, on_progress=note, progress=sys.stderr.isatty(), source=source)
    if as_json:
        emit_json({"family": name, "files": [str(path) for path in paths]})
        return
    for path in paths:
        sys.stdout.write(f"{path}\n")

"""`atlarge verify`: figures that others published, against the records."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from atlarge.cli._output import JsonFlag, StoreOption, emit_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="verify")(verify_command)


def verify_command(
    figures: Annotated[
        Path | None,
        typer.Option("--figures", help="CSV of your own: id, measure, place, start, end, value."),
    ] = None,
    store: StoreOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Published figures against the records; differences that are not understood come first."""
    from atlarge.verify import verify

    done = verify(store, figures)
    if as_json:
        emit_json([row.to_dict() for row in done.rows])
        return
    sys.stdout.write(f"{done.summary()}\n\n")
    for row in done.rows:
        ours = "-" if row.ours is None else f"{row.ours:,.0f}"
        share = "" if not row.difference_pct else f" ({row.difference_pct:+.2f} %)"
        why = f": {row.why}" if row.why else ""
        sys.stdout.write(f"{row.verdict}\t{row.id}\t{row.published:,.0f}\t{ours}{share}{why}\n")

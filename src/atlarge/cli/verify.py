"""`atlarge verify`: figures that others published, against the records."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, mark_undisclosed


def verify_command(
    figures: Annotated[
        Path | None,
        typer.Option(
            help="CSV of your own: measure, place, value, and start and end or window (FY2017, 2017-Q2)."
        ),
    ] = None,
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Published figures against the records; those that cannot be told from these records come first."""
    from atlarge.verify import verify

    done = verify(store, figures)
    if as_json:
        emit_json([row.to_dict() for row in done.rows], disclosed=False)
        return
    sys.stdout.write(f"{done.summary()}\n\n")
    for row in done.rows:
        ours = "-" if row.ours is None else _number(row.ours)
        share = "" if not row.difference_pct else f" ({row.difference_pct:+.2f}%)"
        areas = ""
        if row.counted_in and row.place.upper() not in row.counted_in:
            areas = f" [counted in {row.counted_in}]"
        why = f": {row.why}" if row.why else ""
        if row.recorded is not None and row.recovered is not None and row.recorded != row.recovered:
            areas += f" [area as recorded {_number(row.recorded)}, recovered {_number(row.recovered)}]"
        published = "-" if row.published is None else _number(row.published)
        sys.stdout.write(f"{row.state}\t{row.id}\t{published}\t{ours}{share}{areas}{why}\n")
    mark_undisclosed()


def _number(value: float) -> str:
    """Whole counts as such; shares and means with a digit."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"

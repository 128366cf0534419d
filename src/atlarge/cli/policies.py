"""`atlarge policies`: the dated policies that questions can name."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from atlarge.cli._output import JsonFlag, emit_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="policies")(policies_command)


def policies_command(
    state: Annotated[str | None, typer.Option("--state", help="Only this state, two letters.")] = None,
    direction: Annotated[
        str | None, typer.Option("--direction", help="Only policies that limit, or extend: limits, extends.")
    ] = None,
    with_agreements: Annotated[
        bool, typer.Option("--agreements", help="Also the 287(g) agreements in force in July 2025.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """List the dated policies: id, first day, what, how well the date is known."""
    from atlarge.policies import listed

    rows = listed(state=state, direction=direction, with_agreements=with_agreements)
    if as_json:
        emit_json(rows)
        return
    for row in rows:
        day = row["effective"].isoformat() if row["effective"] else "no date"
        known = "" if row["precision"] in ("day", "none") else f" (to the {row['precision']})"
        sys.stdout.write(
            f"{row['id']:<40} {day}{known}  {row['direction']:<8} {row['place_name']}: {row['title']}\n"
        )

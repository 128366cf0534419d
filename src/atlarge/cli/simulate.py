"""`atlarge simulate`: releases of simulated data, and the truth about them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from atlarge.cli._output import JsonFlag, emit_json, note


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="simulate")(simulate_command)


def simulate_command(
    out: Annotated[Path, typer.Option("--out", help="Folder for the files; created if absent.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")] = 0,
    places: Annotated[
        int, typer.Option("--places", min=2, help="How many counties, the most populous.")
    ] = 150,
    weeks: Annotated[int, typer.Option("--weeks", min=20, help="How many weeks.")] = 200,
    policies: Annotated[int, typer.Option("--policies", min=0, help="Places that limit cooperation.")] = 20,
    arrests: Annotated[
        int | None, typer.Option("--arrests", min=1, help="About how many arrests; left out: by the rates.")
    ] = None,
    start: Annotated[
        dt.datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; moved back to its Monday.")
    ] = dt.datetime(2015, 10, 5),
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any other parameter of World as NAME=VALUE; may be repeated."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write simulated record-level releases in the form of real ones, with truth.json beside them."""
    from atlarge.simulate import World, simulate
    from atlarge.simulate.world import read_settings

    world = World(places=places, weeks=weeks, policies=policies).but(**read_settings(setting or []))
    result = simulate(out, seed=seed, world=world, arrests=arrests, start=start.date())
    if as_json:
        emit_json(result.to_dict())
    else:
        for path in [*result.arrests, result.detainers, result.truth, result.truth_panel]:
            typer.echo(path)
    note(
        f"{result.rows['arrests']:,} arrests and {result.rows['detainers']:,} detainers simulated "
        f"with seed {seed}"
    )

"""`atlarge simulate`: releases of simulated data, and the truth about them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from atlarge.arguments import one_of
from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, note


def simulate_command(
    out: Annotated[Path, typer.Option(help="Folder for the files; created if absent.")],
    form: Annotated[
        str, typer.Option(help="ero (FY2016-19), or a, b, c: the releases of 2025 and 2026.")
    ] = "ero",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
    places: Annotated[int, typer.Option(min=2, help="How many counties, the most populous.")] = 150,
    weeks: Annotated[int | None, typer.Option(min=20, help="How many weeks (form ero; 200).")] = None,
    policies: Annotated[
        int | None, typer.Option(min=0, help="Places that limit cooperation (20; forms a, b, c: 6).")
    ] = None,
    arrests: Annotated[
        int | None, typer.Option(min=1, help="About how many arrests; left out: by the rates.")
    ] = None,
    start: Annotated[
        dt.date | None,
        options.day("--from", "First day, moved back to its Monday (form ero; 2015-10-05)."),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Another parameter as NAME=VALUE: of World; forms a, b, c: of Recent too."
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Write simulated record-level releases in the form of real ones, with truth.json beside them."""
    from dataclasses import fields

    from atlarge.simulate import Recent, World, recent_world, simulate, simulate_recent
    from atlarge.simulate.recent import SPANS
    from atlarge.simulate.records import FIRST_MONDAY
    from atlarge.simulate.world import read_settings

    words = setting or []
    one_of(form, ("ero", *SPANS), "form")
    if form == "ero":
        world = World(places=places, weeks=weeks or 200, policies=20 if policies is None else policies)
        world = world.but(**read_settings(words))
        result = simulate(out, seed=seed, world=world, arrests=arrests, start=start or FIRST_MONDAY)
    else:
        if weeks is not None or start is not None:
            raise typer.BadParameter(
                "the forms a, b and c have days of their own", param_hint="--weeks, --from"
            )
        given = read_settings(words, World, Recent)
        own = {field.name for field in fields(Recent)}
        recent = Recent(**{name: value for name, value in given.items() if name in own})
        changes = {name: value for name, value in given.items() if name not in own}
        world = recent_world(places, 6 if policies is None else policies, **changes)
        result = simulate_recent(out, form=form, seed=seed, world=world, recent=recent, arrests=arrests)
    if as_json:
        emit_json(result.to_dict())
    else:
        for path in [*result.arrests, result.detainers, result.truth, result.truth_panel]:
            typer.echo(path)
    note(
        f"{result.rows['arrests']:,} arrests and {result.rows['detainers']:,} detainers simulated "
        f"with seed {seed}"
    )

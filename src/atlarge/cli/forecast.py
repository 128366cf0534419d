"""`atlarge forecast` and `atlarge score`: forecasts that can be wrong in public."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, note
from atlarge.wording import some


def forecast_command(
    by: Annotated[str, typer.Option(help="Level: nation, state, aor, office, county.")] = "aor",
    measure: Annotated[str, typer.Option(help="What is counted.")] = "at_large",
    weeks: Annotated[int | None, typer.Option(help="Weeks ahead, 1 to 26 (default 12).")] = None,
    months: Annotated[int | None, typer.Option(help="Months ahead instead, 1 to 12.")] = None,
    scheme: Annotated[str, typer.Option(help="Reading of methods: ddp, biglocal.")] = "ddp",
    out: Annotated[Path | None, options.out(".json", help="File to register the forecast in")] = None,
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Register quantiles of the next counts by place, with hashes of program and records."""
    from atlarge.forecast import forecast

    if weeks is not None and months is not None:
        raise typer.BadParameter("give --weeks or --months, not both")
    every, periods = ("month", months) if months is not None else ("week", 12 if weeks is None else weeks)
    result = forecast(store, by=by, measure=measure, periods=periods, every=every, scheme=scheme)
    result = replace(result, registered=dt.date.today())
    if out is not None:
        result.write(out)
        note(f"{len(result.rows)} forecasts registered in {out}; score them with `atlarge score {out}`")
    if as_json:
        emit_json(result.rows)
        return
    if out is None:
        sys.stdout.write(result.to_frame().write_csv())
    note(f"as of {result.as_of}; {some(len(result.left_out), 'place')} with too few records to forecast")


def score_command(
    file: Annotated[Path, typer.Argument(help="File written by `atlarge forecast --out`.")],
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Score a registered forecast against the records that have come in since."""
    from atlarge.forecast import score

    done = score(file, store)
    if as_json:
        emit_json(asdict(done))
        return
    if done.same_history is False:
        note("the counts that the forecast rests on were revised since, or this is another store")
    if done.same_program is False:
        note("the program has changed since; scores depend on the registered numbers alone")
    if not done.n:
        sys.stdout.write(f"none of {some(done.waiting, 'count')} has come yet\n")
        return
    skill = "not covered a year before" if done.skill is None else f"{100 * done.skill:+.0f}%"
    sys.stdout.write(
        f"{some(done.n, 'count')} come, {done.waiting} still to come\n"
        f"within the 90% interval: {100 * (done.coverage_90 or 0):.0f}%; within the 50% interval: "
        f"{100 * (done.coverage_50 or 0):.0f}%\n"
        f"skill against the same period a year before: {skill}\n"
    )

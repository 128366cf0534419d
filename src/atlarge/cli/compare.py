"""`atlarge compare`: places side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, mark_undisclosed, note
from atlarge.wording import some


def compare_command(
    places: Annotated[
        list[str], typer.Argument(help='Two to five: 48453, "Travis County, TX", AUS, CHI, TX or US.')
    ],
    measure: Annotated[str, typer.Option(help="What is counted.")] = "at_large",
    store: options.Store = None,
    scheme: options.Scheme = "ddp",
    start: options.From = None,
    end: options.To = None,
    out: Annotated[
        Path | None,
        options.out(
            ".svg",
            ".png",
            ".csv",
            ".parquet",
            help="Write a chart, or its counts, small ones suppressed, here",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Places side by side: one measure by month, as rows, a chart, or both."""
    from atlarge.publish.compare import compare

    comparison = compare(places, store, measure=measure, start=start, end=end, scheme=scheme)
    if out is not None:
        comparison.write(out)
        note(f"{out}: {some(len(comparison.places), 'place')}, small counts suppressed")
    for level, rows in comparison.unplaced.items():
        if rows:
            note(f"{some(rows, 'record')} counted as {measure} name no {level}: no row has them")
    if as_json:
        emit_json({**comparison.to_dict(), "path": out}, disclosed=False)
    elif out is None:
        from atlarge.files import csv_text

        sys.stdout.write(csv_text(comparison.frame))
        mark_undisclosed()
    else:
        typer.echo(out)

"""`atlarge surges`: bursts above what a place's own past leads one to expect, ranked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, mark_undisclosed, note, terminal_of
from atlarge.wording import some

if TYPE_CHECKING:
    from atlarge.surges import SurgeList

_WIDTH = 150  # of the table in a file or a pipe


def surges_command(
    store: options.Store = None,
    by: Annotated[str, typer.Option(help="aor, office, county, state or nation.")] = "aor",
    measure: Annotated[str, typer.Option(help="The measure to search.")] = "at_large",
    every: Annotated[str, typer.Option(help="day or week (from Monday).")] = "day",
    scheme: options.Scheme = "ddp",
    start: options.From = None,
    end: options.To = None,
    place: Annotated[
        list[str] | None,
        typer.Option(help="Print only surges of this place, by their rank among all; may be given again."),
    ] = None,
    alpha: Annotated[
        float, typer.Option(help="Largest share of false ones to accept in the list (q).")
    ] = 0.05,
    neighbours: Annotated[
        bool, typer.Option("--neighbours", help="By office: also bursts spread over offices of a state.")
    ] = False,
    top: Annotated[int, typer.Option(min=1, help="Rows to print; --json gives all.")] = 30,
    engine: options.Engine = "polars",
    disclose: options.Disclose = False,
    beside: options.Beside = None,
    as_json: options.Json = False,
) -> None:
    """Bursts of a measure above what the surrounding weeks lead one to expect, ranked over all places."""
    from dataclasses import replace

    from atlarge.panel import place_codes
    from atlarge.places import place_name
    from atlarge.records.store import open_store
    from atlarge.surges import find_surges

    only = place_codes(place, by) if place else None
    found = find_surges(
        open_store(store),
        by=by,
        measure=measure,
        every=every,
        scheme=scheme,
        start=start,
        end=end,
        alpha=alpha,
        neighbours=neighbours,
        engine=engine,
    )
    every_surge = len(found.surges)
    searched, thin = set(found.places), {one["place"] for one in found.too_thin}
    if only is not None:
        found = replace(
            found,
            surges=[s for s in found.surges if s.place in only],
            too_thin=[one for one in found.too_thin if one["place"] in only],
        )
    if disclose:
        from atlarge.cli._disclose import emit_disclosed
        from atlarge.publish.day_ranges import Window

        windows = [Window(((by, s.place),), measure, s.start, s.end, scheme) for s in found.surges]
        emit_disclosed(open_store(store), windows, as_json=as_json, beside=beside)
        return
    if as_json:
        emit_json(found.to_dicts(), disclosed=False)
    else:
        if found.surges:
            _print(found, top)
        mark_undisclosed()
    for code in only or ():
        here = sum(s.place == code for s in found.surges)
        why = "too few records to be searched" if code in thin else some(here, "surge")
        note(f"{place_name(by, code)}: {why if code in searched else 'no record names it'}")
    borderline = sum("borderline" in s.flags for s in found.surges)
    note(
        f"{some(every_surge, 'surge')} in {some(found.about['places'], 'place')} searched at q <= {alpha:g}"
        + (f", {len(thin):,} of them with too few records" if thin else "")
        + (f"; {borderline} borderline" if borderline else "")
    )


def _print(found: SurgeList, top: int) -> None:
    """The first rows for a person."""
    from rich.console import Console
    from rich.table import Table

    width = None if sys.stdout.isatty() else _WIDTH
    console = Console(file=terminal_of(sys.stdout), width=width)
    table = Table()
    for name in ("rank", "place", "start", "end", "observed", "expected", "q", "marked", "flags"):
        table.add_column(name, justify="left" if name in ("place", "flags") else "right")
    for s in found.surges[:top]:
        share = "" if s.operation_share is None else f"{s.operation_share:.0%}"
        table.add_row(
            str(s.rank),
            s.place_name,
            s.start.isoformat(),
            s.end.isoformat(),
            str(s.observed),
            f"{s.expected:.1f}",
            f"{s.q:.2g}",
            share,
            ", ".join(s.flags),
        )
    console.print(table)

"""`atlarge composition`: why the share with a conviction changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, mark_undisclosed, note, note_open_end

if TYPE_CHECKING:
    from atlarge.composition import Composition
    from atlarge.records.store import Store


def _span(words: str, option: str) -> tuple[str, str]:
    first, colon, last = words.partition(":")
    if not colon:
        raise typer.BadParameter(
            f"{words!r} is not FIRST:LAST, such as 2024-10-01:2025-01-19", param_hint=option
        )
    return first.strip(), last.strip()


_ALONE = "; beside a site of the same records some may follow: name it by --beside"


_CATEGORIES = ("at_large", "handoffs", "custodial", "program_287g", "other_methods")
_GROUPS = {"category": _CATEGORIES, "method": (*_CATEGORIES, "local_jails", "prisons")}
"""Measures that the numbers by a grouping tell, beside all arrests."""


def _check(found: Composition, store: Store, beside: Sequence[Path], scheme: str) -> None:
    """The arrests of both periods, and of their parts, against what a site published."""
    from atlarge.cli._disclose import require_published
    from atlarge.publish.day_ranges import Window

    measures = ("arrests", *_GROUPS.get(found.by, ()))
    member = ((found.level, found.place),)
    windows = [Window(member, m, *span, scheme) for m in measures for span in (found.before, found.after)]
    require_published(store, windows, beside)


def composition_command(
    place: Annotated[str, typer.Argument(help='As 48453, "Travis County, TX", AUS, CHI, TX or US.')],
    before: Annotated[str, typer.Option(help="First and last day, as 2024-10-01:2025-01-19.")],
    after: Annotated[str, typer.Option(help="First and last day of the later period.")],
    of: Annotated[str, typer.Option(help="convicted, pending or no_charge.")] = "convicted",
    by: Annotated[
        str, typer.Option(help="Groups: category, landmark_class, agency, arrest_type or method.")
    ] = "category",
    scheme: options.Scheme = "ddp",
    engine: options.Engine = "polars",
    store: options.Store = None,
    disclose: Annotated[
        bool, typer.Option("--disclose", help="Only if no count behind the numbers is small.")
    ] = False,
    beside: options.Beside = None,
    as_json: options.Json = False,
) -> None:
    """Why the share with a conviction changed: other kinds of arrests, or other people within them."""
    from atlarge.composition import composition
    from atlarge.records.store import open_store

    spans = _span(before, "--before"), _span(after, "--after")
    opened = open_store(store)
    found = composition(
        place,
        before=spans[0],
        after=spans[1],
        store=opened,
        of=of,
        by=by,
        scheme=scheme,
        engine=engine,
        disclose=disclose,
    )
    if disclose and beside:
        _check(found, opened, beside, scheme)
    if as_json:
        emit_json(found.to_dict(), disclosed=disclose)
    else:
        typer.echo(found.summary())
        for row in found.to_frame().iter_rows(named=True):
            typer.echo(
                f"{row['group']}: {100 * row['weight_before']:.0f}% of arrests before, "
                f"{100 * row['weight_after']:.0f}% after; mix {100 * row['composition']:+.1f}, "
                f"within {100 * row['within']:+.1f} points"
            )
        if not disclose:
            mark_undisclosed()
    if disclose:
        note("no small count is behind these numbers" + ("" if beside else _ALONE))
    if not as_json:
        note_open_end(opened, found.after[1])
    for name, left_out in zip(("before", "after"), found.not_recorded, strict=True):
        if left_out:
            note(f"{left_out:,} arrests {name} have no criminality recorded; they are left out")

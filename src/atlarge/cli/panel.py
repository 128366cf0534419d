"""`atlarge panel`: count named measures by place and period."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, mark_undisclosed, note, note_open_end
from atlarge.wording import some

if TYPE_CHECKING:
    from atlarge.panel import Panel
    from atlarge.records.store import Store


def _over_time(store: Store, result: Panel, named: list[str]) -> dict[str, Any]:
    """Where the series break, which releases they are from, and how complete their end is."""
    from atlarge.panel import measure
    from atlarge.panel.time_axis import time_axis
    from atlarge.records.completeness import completeness

    periods = result.frame["period"]
    if periods.is_empty():
        return {"breaks": [], "releases": [], "completeness": []}
    about = time_axis(store, named, periods.min(), periods.max())  # type: ignore[arg-type]
    for name, found in result.breaks.items():
        same = [b for b in about["breaks"] if b["date"] == found["break"] and name in b["measures"]]
        rest = {key: value for key, value in found.items() if key != "break"}
        if same:
            same[0].setdefault("by_measure", {})[name] = rest
        else:
            one = {"date": found["break"], "kind": "definition", "measures": [name]}
            about["breaks"].append({**one, "by_measure": {name: rest}})
    tables = dict.fromkeys(measure(name).table for name in named)
    about["completeness"] = [completeness(store, table).to_dict() for table in tables]
    return about


def _areas(store: Store, result: Panel, named: list[str]) -> list[dict[str, Any]]:
    """Areas of responsibility as recorded and with those recovered from landmarks, over all periods."""
    from atlarge.panel import area_totals

    periods = result.frame["period"]
    if result.by != "aor" or periods.is_empty():
        return []
    first = min(dt.date.fromisoformat(c["start"]) for c in result.coverage.values())
    last = max(dt.date.fromisoformat(c["end"]) for c in result.coverage.values())
    places = result.frame["place"].unique().to_list()
    found = area_totals(store, named, start=first, end=last, scheme=result.scheme, places=places)
    return found.to_dicts()


def _note(store: Store, result: Panel, named: list[str], end: dt.date | None, *, is_brief: bool) -> None:
    """Say on stderr where the series break and what is in no row; not in brief, what the document has."""
    for name, about in result.breaks.items():
        note(f"{name}: a break on {about['break']}; from then on {about['after']}")
    if not is_brief:
        for table, scope in result.coverage.items():
            last = dt.date.fromisoformat(scope["end"])
            note_open_end(store, min(last, end or last), table)
    for name, scope in result.coverage.items():
        for caveat in scope["caveats"]:
            note(f"{name}: {caveat}")
        for counted, rows in scope["unplaced"].items():
            if rows:
                note(f"{name}: {rows:,} counted as {counted} name no {result.by}; no row above has them")
        for counted, rows in scope["outside_coverage"].items():
            if rows:
                text = f"{rows:,} counted as {counted} lie where no release covers"
                note(f"{name}: {text}; no row above has them")
    for row in () if is_brief else _areas(store, result, named):
        if row["recovered"] != row["recorded"]:
            both = f"{row['recorded']:,} {row['measure']} as recorded, {row['recovered']:,} recovered"
            note(f"{row['place']}: {both}")


def panel_command(
    store: options.Store = None,
    by: Annotated[str, typer.Option(help="county, office, aor, state or nation.")] = "county",
    every: Annotated[str, typer.Option(help="day, week (from Monday) or month.")] = "month",
    measure: Annotated[
        list[str] | None, typer.Option(help="A measure, or several with commas; may be given again.")
    ] = None,
    scheme: options.Scheme = "ddp",
    engine: options.Engine = "polars",
    start: options.From = None,
    end: options.To = None,
    place: Annotated[list[str] | None, typer.Option(help="Only this place; may be given again.")] = None,
    out: Annotated[Path | None, options.out(".csv", ".parquet", help="File to write")] = None,
    disclose: options.Disclose = False,
    beside: options.Beside = None,
    as_json: options.Json = False,
) -> None:
    """Place x period x measure: zero only where a release covers it, empty where none does."""
    from atlarge.panel import panel, place_codes
    from atlarge.records.store import open_store

    named = [name.strip() for text in measure or ["arrests"] for name in text.split(",") if name.strip()]
    opened = open_store(store)
    result = panel(
        opened,
        by=by,
        every=every,
        measures=named,
        scheme=scheme,
        engine=engine,
        start=start,
        end=end,
        places=place_codes(place, by) if place else None,
    )
    if disclose:
        from atlarge.cli._disclose import emit_disclosed, panel_windows

        if out is not None:
            raise typer.BadParameter("--disclose prints to stdout; send it to a file instead of --out")
        windows = panel_windows(result.frame, by, every, scheme)
        emit_disclosed(opened, windows, as_json=as_json, beside=beside)
        return
    if out is not None:
        result.write(out)
    if as_json:
        document: dict[str, Any] = {"rows": result.frame.height, "path": out, "coverage": result.coverage}
        document |= _over_time(opened, result, named)
        if by == "aor":
            document["areas"] = _areas(opened, result, named)
        if out is None:
            document["data"] = result.frame.to_dicts()
        emit_json(document, disclosed=False)
    elif out is None:
        from atlarge.files import csv_text

        sys.stdout.write(csv_text(result.frame))
        mark_undisclosed()
    _note(opened, result, named, end, is_brief=as_json)
    if out is not None:
        note(f"{some(result.frame.height, 'row')} written to {out}")
        if not as_json:
            mark_undisclosed()

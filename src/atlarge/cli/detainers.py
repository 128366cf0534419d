"""`atlarge detainers`: issued -> outcome, and the declined-detainer report in four sections."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, mark_undisclosed, terminal_of
from atlarge.wording import printable, some

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from atlarge.detainers import DetainerReport

_MOST_CHARGES = 40
"""Rows of places and charges that are printed."""


def detainers_command(
    store: options.Store = None,
    start: Annotated[dt.date | None, options.day("--from", "First day of issue.")] = None,
    end: Annotated[dt.date | None, options.day("--to", "Last day of issue.")] = None,
    by: Annotated[str, typer.Option(help="county, state, facility or nation.")] = "county",
    every: Annotated[
        str, typer.Option(help="all, week, month, quarter, year or fiscal_year of issue.")
    ] = "all",
    threshold: Annotated[int, typer.Option(min=0, help="Counts below this are suppressed; 0 shows all.")] = 5,
    top: Annotated[int, typer.Option(min=1, help="How many places section I lists.")] = 10,
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Official, sheriff's, press and recomputed figures instead.")
    ] = False,
    engine: options.Engine = "polars",
    disclose: Annotated[
        bool, typer.Option("--disclose", help="Only tables that may be passed on: no accounts of releases.")
    ] = False,
    after: Annotated[
        list[Path] | None,
        typer.Option(
            help="An earlier report of the same records, as --disclose --json wrote it, so that no "
            "suppressed count follows from both; may be given again."
        ),
    ] = None,
    beside: options.Beside = None,
    as_json: options.Json = False,
) -> None:
    """Detainers by outcome; declined is not released, and missing is not honored."""
    if reconcile:
        _reconcile(store, engine, as_json)
        return
    from atlarge.detainers import detainer_report
    from atlarge.publish.editions import read_edition
    from atlarge.records.store import open_store

    report = detainer_report(
        open_store(store),
        start,
        end,
        by,
        every=every,
        threshold=threshold,
        top=top,
        engine=engine,
        after=[_earlier(path) for path in after or ()],
        beside=read_edition(beside).rows if beside else None,
    )
    if disclose:
        if threshold < 2:
            raise typer.BadParameter("--disclose suppresses small counts; give a threshold of 2 or more")
        report = report.without_accounts()
    if as_json:
        emit_json(report.to_dict(), disclosed=disclose)
        return
    _print(report)
    if not disclose:
        mark_undisclosed()


def _earlier(path: Path) -> dict[str, Any]:
    """An earlier report from its file."""
    from atlarge.errors import QuestionError

    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise QuestionError(f"{path}: there is no such file; check the name") from None
    except ValueError:
        document = None
    if not isinstance(document, dict) or document.get("disclosed") is not True:
        raise QuestionError(f"{path}: is not a report that atlarge detainers --disclose --json wrote")
    return document


def _reconcile(store: Any, engine: str, as_json: bool) -> None:
    """Print the reconciliation, with recomputed figures where the store covers them."""
    from atlarge.detainers import reconcile
    from atlarge.engines import compact
    from atlarge.records.store import open_store

    opened = open_store(store)
    if "detainers" in opened.tables():
        covered = [(c.start, c.end) for c in opened.coverage("detainers") if c.scope == "nation"]
        records = compact(opened, "detainers", ["date", "county_fips", "outcome"], engine)
        rows = reconcile(records.lazy(), covered)
    else:
        rows = reconcile()
    if as_json:
        emit_json({"rows": rows.to_dicts()}, disclosed=False)
        return
    mark_undisclosed()
    figures = ("official", "sheriff", "other", "nearby", "recomputed", "status")
    shown = ("place", "measure", "start", "end", *figures)
    _table("Official, sheriff's, press and recomputed figures", rows, shown)


_CASES = ("best_case", "worst_case")


def _print(report: DetainerReport) -> None:
    """The report for a person."""
    from atlarge.records.coverage import short_scope

    out = _console()
    hidden = f"; counts below {report.threshold} are suppressed" if report.threshold > 1 else ""
    out.print(f"Detainers issued {report.start} to {report.end}, by {report.by}{hidden}")
    _table(
        "I. Highest volume of detainers issued",
        report.highest_volume,
        ("rank", "place_name", "issued", "booked", "declined", "missing", "decline_rate", *_CASES),
    )
    _table(
        "II. Detainers declined, by place and charge",
        report.declined.head(_MOST_CHARGES),
        ("place_name", "charge", "declined"),
    )
    if (others := report.declined.height - _MOST_CHARGES) > 0:
        out.print(f"  and {some(others, 'row')} more; --json has all of them")
    if report.batches.height:
        _table("Days of mass review, apart from the weekly flow", report.batches, report.batches.columns)
    if report.later_arrests.height:
        _table(
            "Arrested at large within a year, by outcome", report.later_arrests, report.later_arrests.columns
        )
    columns = ["id", "place_name", "direction", "title", "announced", "effective", "ended"]
    _table(
        "III. Policies that limit or require cooperation, in force in this time",
        report.policies,
        [c for c in columns if c in report.policies.columns],
    )
    out.print("\nIV. Scope and data fidelity", style="bold")
    for name, value in report.scope.items():
        if name in ("notes", "warnings"):
            for line in value:
                out.print(printable(f"  {line}"))
        elif name == "audit":
            for entry in value:
                out.print(printable(f"  {_audit_line(entry)}"))
        elif name == "releases":
            for entry in value:
                about = f"{entry['id']}: {entry['from']} to {entry['to']}, {short_scope(entry['scope'])}"
                out.print(printable(f"  release {about}"))
        elif value is not None:
            out.print(f"  {name.replace('_', ' ')}: {value:,}")


def _console() -> Console:
    """A console as wide as the terminal; wide enough for every table when the output goes to a file."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 160
    plain = {"markup": False, "emoji": False, "highlight": False}  # texts from files are not markup
    return Console(file=terminal_of(sys.stdout), soft_wrap=True, width=width, **plain)  # type: ignore[arg-type]


def _audit_line(entry: dict[str, Any]) -> str:
    """A release's account of its rows, in one line."""
    dropped = ", ".join(f"{reason} {n:,}" for reason, n in entry.get("rows_dropped", {}).items()) or "none"
    faults = "; ".join(f"{f['what']} ({some(f['rows'], 'row')})" for f in entry.get("faults", [])) or "none"
    unplaced = f"without a county or state: {entry.get('unresolved_places', 0):,}"
    return (
        f"{entry.get('file')}: read {entry.get('rows_read', 0):,}, kept {entry.get('rows_kept', 0):,}, "
        f"dropped: {dropped}; {unplaced}; known faults: {faults}"
    )


def _table(title: str, frame: pl.DataFrame, columns: Any) -> None:
    """Print some columns of a frame; a suppressed count is shown as such."""
    from rich.table import Table

    grid = Table(title=title, title_justify="left")
    out = _console()
    names = [c for c in columns if c in frame.columns]
    for name in names:
        is_number = frame[name].dtype.is_numeric()
        grid.add_column(name.replace("_", " "), justify="right" if is_number else "left")
    for row in frame.iter_rows(named=True):
        grid.add_row(*[printable(_cell(row, name)) for name in names])
    out.print(grid)
    if not frame.height:
        out.print("  none")


def _cell(row: dict[str, Any], name: str) -> str:
    """One cell as text."""
    value = row[name]
    if value is None:
        return "suppressed" if row.get("suppressed") and not name.endswith("case") else ""
    if isinstance(value, float):
        return f"{value:.1%}" if name.endswith(("rate", "case", "share")) else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)

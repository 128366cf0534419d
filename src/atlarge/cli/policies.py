"""`atlarge policies`: the dated policies that questions can name, or what was in force on a day."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, note
from atlarge.wording import some


def policies_command(
    at: Annotated[
        dt.date | None, options.day("--at", "Only what was in force on this day, with agreements.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="Only this kind: 287g, detainers, state_law and others.")
    ] = None,
    state: Annotated[str | None, typer.Option(help="Only this state, by name or two letters.")] = None,
    direction: Annotated[
        str | None, typer.Option(help="Only policies that limit, or extend: limits, extends.")
    ] = None,
    place: Annotated[
        str | None,
        typer.Option(help="Only this county (name with its state, or FIPS) and the laws of its state."),
    ] = None,
    with_agreements: Annotated[
        bool, typer.Option("--agreements", help="Also every 287(g) agreement, past and present.")
    ] = False,
    lists: Annotated[
        list[Path] | None,
        typer.Option(help="Lists of participating agencies to take agreements from instead."),
    ] = None,
    check: Annotated[
        Path | None, typer.Option(help="Check a CSV of policies by the registry's schema.")
    ] = None,
    out: Annotated[
        Path | None,
        options.out(".csv", ".parquet", ".ics", help="Also write them, or a calendar of dates to come, here"),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the dated policies: id, first day, what, how well the date is known."""
    from atlarge.policies import Registry, check_registry, listed, registry

    if check is not None:
        found = check_registry(check)
        if as_json:
            emit_json(found)
        else:
            sys.stdout.write(
                f"{check.name}: {some(found['rows'], 'row')}, {found['undated']} of them without a date\n"
            )
        return
    known = _from_lists(lists) if lists else None
    rows = listed(
        state=state,
        direction=direction,
        with_agreements=with_agreements,
        kind=kind,
        at=at,
        place=_fips(place),
        given=known,
    )
    if out is not None:
        ids = {row["id"] for row in rows if row["effective"]}
        chosen = tuple(p for p in known or registry() if p.id in ids)
        Registry(chosen).write(out, since=dt.date.today())
        without = f"; {len(rows) - len(ids)} without a date are not" if len(rows) > len(ids) else ""
        note(f"{some(len(chosen), 'policy', 'policies')} written to {out}{without}")
    if as_json:
        emit_json(rows)
        return
    if not rows:
        note("no policy fits; the registry as a whole: atlarge policies")
    for row in rows:
        sys.stdout.write(_line(row))


def _fips(place: str | None) -> str | None:
    if place is None:
        return None
    from atlarge.errors import QuestionError
    from atlarge.places import find_place

    found = find_place(place)
    if found.kind not in ("county", "state"):
        raise QuestionError(f"{found.name} is neither a county nor a state; policies are of these")
    return found.code


def _from_lists(paths: list[Path]) -> Any:
    """A registry of the agreements that the lists show, with a note of what was noticed on reading them."""
    from atlarge.agreements import agreements_of, read_lists
    from atlarge.errors import ReleaseError
    from atlarge.policies import Registry

    read, refused = read_lists(paths)
    for name, why in refused.items():
        note(f"{name}: {why}")
    if not read:
        raise ReleaseError("none of the files holds a list of participating agencies")
    result = agreements_of(read)
    for one in result.lists:
        remarks = [
            *one["notes"],
            *(["lacks many of the agreements around it: a partial list"] if one["partial"] else []),
        ]
        note(f"{one['file']}: {one['day']}, {some(one['rows'], 'row')}; {'; '.join(remarks)}")
    for name, why in sorted(result.unresolved.items()):
        note(f"no county: {name}: {why}")
    return Registry.from_agreements(result.frame())


def _line(row: dict[str, Any]) -> str:
    day = row["effective"].isoformat() if row["effective"] else "no date"
    known = "" if row["precision"] in ("day", "none") else f" (to the {row['precision']})"
    if row["precision"] == "interval":
        known = f" (or later, by {row['start_latest']})"
    ended = f", ended {row['ended']}" if row["ended"] else ""
    perhaps = " (possibly)" if row.get("status") == "possible" else ""
    return (
        f"{row['id']:<40} {day}{known}{ended}  {row['direction']:<8} {row['place_name']}: "
        f"{row['title']}{perhaps}\n"
    )

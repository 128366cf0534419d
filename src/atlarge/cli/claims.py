"""`atlarge claims`: start a ledger, and see what one may say."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated

import typer

from atlarge.cli._output import JsonFlag, emit_json, note

_DATE = ["%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="Start a claims ledger, and see what one may say."
    )
    group.command(name="new")(new_command)
    group.command(name="words")(words_command)
    group.command(name="measures")(measures_command)
    group.command(name="schema")(schema_command)
    group.command(name="example")(example_command)
    app.add_typer(group, name="claims")


def new_command(
    article: Annotated[
        Path | None, typer.Option("--article", help="Plain text of an article; left out: an empty template.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File to write; left out: stdout.")] = None,
    outlet: Annotated[str | None, typer.Option("--outlet", help="Who published the article.")] = None,
    date: Annotated[
        dt.datetime | None, typer.Option("--date", formats=_DATE, help="Day of publication.")
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="Address of the article.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """A draft ledger from an article, or an empty template; a person finishes it."""
    from atlarge.claims.schema import parse_ledger
    from atlarge.claims.template import draft_from_file, template

    if article is None:
        text = template()
    else:
        text = draft_from_file(article, outlet=outlet, published=date.date() if date else None, url=url)
    claims = parse_ledger(text, "draft")["claims"]
    if out is not None:
        from atlarge.files import write_atomically

        write_atomically(out, text.encode("utf-8"))
        note(f"{len(claims)} claims drafted to {out}; put them in your own words and finish the rest")
    if as_json:
        emit_json({"claims": claims, "path": out})
    elif out is None:
        sys.stdout.write(text)


def words_command(as_json: JsonFlag = False) -> None:
    """The words a claim may use, with the numbers each is read as."""
    from atlarge.claims.words import words

    if as_json:
        emit_json(list(words()))
        return
    for entry in words():
        sys.stdout.write(
            f"{', '.join(map(str, entry['words']))}\n    for {', '.join(entry['for'])}: {entry['reason']}\n"
        )
        for reading in ("standard", "strict", "loose"):
            if reading in entry:
                told = ", ".join(f"{k} {v}" for k, v in entry[reading].items())
                sys.stdout.write(f"    {reading}: {told}\n")


def measures_command(as_json: JsonFlag = False) -> None:
    """The measures a claim may name: of the panel, and of the reference tables."""
    from atlarge.claims.figures import figure_measures
    from atlarge.panel import measures

    rows = [{"measure": m.name, "from": "panel", "description": m.description} for m in measures().values()]
    rows += [
        {"measure": name, "from": ", ".join(tables), "description": "figures of a reference table"}
        for name, tables in figure_measures().items()
    ]
    if as_json:
        emit_json(rows)
        return
    for row in rows:
        sys.stdout.write(f"{row['measure']} ({row['from']}): {row['description']}\n")


def schema_command(as_json: JsonFlag = True) -> None:
    """The JSON Schema of a ledger; always JSON."""
    from atlarge.claims.schema import ledger_schema

    emit_json(ledger_schema())


def example_command(
    name: Annotated[str, typer.Argument(help="Name of a shipped ledger.")] = "sanctuary-cities-2017",
    as_json: JsonFlag = False,
) -> None:
    """Print a shipped ledger, to check or to copy from."""
    from atlarge.claims.schema import parse_ledger
    from atlarge.claims.template import shipped

    text = shipped(name)
    if as_json:
        emit_json(parse_ledger(text, name))
    else:
        sys.stdout.write(text)

"""Options that several commands have."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer

from atlarge.arguments import either, extension_of
from atlarge.errors import QuestionError

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date; write it as 2017-02-01") from None


def _folder(text: str) -> Path:
    if not text.strip():
        raise typer.BadParameter("no folder is named, as where a variable is empty; name one")
    return Path(text)


def store(help: str) -> Any:
    """The option that names the folder of a store; no name at all is not the current folder."""
    return typer.Option("--store", parser=_folder, metavar="<path>", help=help)


Store = Annotated[Path | None, store("Folder of the store; left out: the embedded records.")]


def day(name: str, help: str) -> Any:
    """An option that takes a day in ISO form."""
    return typer.Option(name, parser=_day, metavar="<%Y-%m-%d>", help=help)


Scheme = Annotated[str, typer.Option(help="ddp or biglocal: how methods are read.")]
Engine = Annotated[str, typer.Option(help="polars, duckdb or spark.")]
From = Annotated[dt.date | None, day("--from", "First day.")]
To = Annotated[dt.date | None, day("--to", "Last day.")]


def out(*extensions: str, help: str, name: str = "--out") -> Any:
    """An option that names a file to write; another extension is a usage error, before any work is done."""

    def checked(value: Path | None) -> Path | None:
        try:
            if value is not None:
                extension_of(value, extensions)
        except QuestionError as error:
            raise typer.BadParameter(str(error)) from None
        return value

    return typer.Option(name, callback=checked, help=f"{help}: {either(extensions)}.")


Disclose = Annotated[
    bool,
    typer.Option("--disclose", help="Counts as a table that may be passed on: small ones are suppressed."),
]
Beside = Annotated[
    list[Path] | None,
    typer.Option(
        "--beside",
        help="A site of the same records, or a table that --disclose --json wrote, so that no suppressed "
        "count follows from both; may be given again.",
    ),
]

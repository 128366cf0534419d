"""`atlarge claims`: start a ledger, and see what one may say."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from atlarge.arguments import HTML
from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, note
from atlarge.wording import is_web_address, some

_LEDGER = (".yaml", ".yml")


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="Start a claims ledger, and see what one may say."
    )
    group.command(name="new")(new_command)
    group.command(name="finish")(finish_command)
    group.command(name="words")(words_command)
    group.command(name="measures")(measures_command)
    group.command(name="schema")(schema_command)
    group.command(name="example")(example_command)
    app.add_typer(group, name="claims")


def new_command(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="[article]", help="An article as text, HTML or PDF; left out: an empty template."
        ),
    ] = None,
    article: Annotated[Path | None, typer.Option(help="The same as SOURCE.")] = None,
    out: Annotated[Path | None, options.out(*_LEDGER, help="File to write instead of stdout")] = None,
    html: Annotated[
        Path | None,
        options.out(*HTML, help="Also write the article beside its claims here", name="--html"),
    ] = None,
    outlet: Annotated[str | None, typer.Option(help="Who published the article.")] = None,
    date: Annotated[dt.date | None, options.day("--date", "Day of publication.")] = None,
    url: Annotated[str | None, typer.Option(help="Address of the article.")] = None,
    store: options.Store = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Also show what the records say about each claim.")
    ] = True,
    as_json: options.Json = False,
) -> None:
    """A draft ledger from an article, or an empty template; a person confirms every claim."""
    from atlarge.claims.schema import parse_ledger
    from atlarge.claims.template import template

    if url is not None and not is_web_address(url):
        raise typer.BadParameter(
            f"--url {url!r} is not a web address; it must begin with http:// or https://"
        )
    article = article or source
    if article is None:
        if html is not None:
            raise typer.BadParameter("--html shows an article beside its claims; name the article")
        text = template()
        verdicts: dict[str, str] = {}
    else:
        text, verdicts = _drafted(article, html, outlet, date, url, store, check)
    claims = parse_ledger(text, "draft")["claims"]
    if out is not None:
        from atlarge.files import write_atomically

        write_atomically(out, text.encode("utf-8"))
        note(
            f"{some(len(claims), 'claim')} drafted to {out}; `atlarge claims finish {out}` confirms "
            "them one by one"
        )
    if as_json:
        emit_json({"claims": claims, "path": out, "html": html, "verdicts": verdicts})
    elif out is None:
        sys.stdout.write(text)


def _drafted(
    article: Path,
    html: Path | None,
    outlet: str | None,
    published: dt.date | None,
    url: str | None,
    store: Path | None,
    check: bool,
) -> tuple[str, dict[str, str]]:
    """The YAML of a draft, and what the records say of its claims, by id."""
    from atlarge.claims.drafting import ledger_text
    from atlarge.claims.template import drafted_from_file
    from atlarge.claims.view import Preview, preview, render_draft

    drafted, about = drafted_from_file(article, published=published)
    if about.note:
        note(about.note)
    if drafted.article.published is None:
        note("no day of publication found: give it with --date, since dates without a year need it")
    found = preview(drafted, store) if check else Preview({}, {})
    named = {"outlet": outlet or about.outlet, "url": url or about.url}
    if html is not None:
        from atlarge.files import write_atomically

        write_atomically(html, render_draft(drafted, found, **named).encode("utf-8"))
        note(f"the article beside its claims: {html}")
    return ledger_text(drafted, verdicts=found.lines, **named), found.lines


def finish_command(
    ledger: Annotated[Path, typer.Argument(help="A ledger with drafts, from `atlarge claims new`.")],
    out: Annotated[Path | None, options.out(*_LEDGER, help="File to write, not the ledger itself")] = None,
    as_json: options.Json = False,
) -> None:
    """Go through the open points of each draft and confirm it; the file is saved after every claim."""
    from atlarge.claims.drafting.writing import plain_text
    from atlarge.claims.finishing import finish
    from atlarge.claims.schema import read_ledger
    from atlarge.files import write_atomically

    document = read_ledger(ledger)
    target = out or ledger

    def ask(question: str) -> str:
        sys.stderr.write(question)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line

    def save(claim: dict[str, Any]) -> None:
        write_atomically(target, plain_text(claim).encode("utf-8"))

    done = finish(document, ask, note, save)
    note(
        f"{done['confirmed']} confirmed, {done['dropped']} dropped, {done['left']} left as drafts in {target}"
    )
    if as_json:
        emit_json({**done, "path": target})


def words_command(as_json: options.Json = False) -> None:
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
                entries = ", ".join(f"{k} {v}" for k, v in entry[reading].items())
                sys.stdout.write(f"    {reading}: {entries}\n")


def measures_command(as_json: options.Json = False) -> None:
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


def schema_command(as_json: options.Json = True) -> None:  # noqa: ARG001 (every command has --json)
    """The JSON Schema of a ledger; always JSON."""
    from atlarge.claims.schema import ledger_schema

    emit_json(ledger_schema())


def example_command(
    name: Annotated[str, typer.Argument(help="Name of a shipped ledger.")] = "sanctuary-cities-2017",
    as_json: options.Json = False,
) -> None:
    """Print a shipped ledger, to check or to copy from."""
    from atlarge.claims.schema import parse_ledger
    from atlarge.claims.template import shipped

    text = shipped(name)
    if as_json:
        emit_json(parse_ledger(text, name))
    else:
        sys.stdout.write(text)

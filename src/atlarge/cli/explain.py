"""`atlarge explain`: trend, substitution, what remains; and what cannot be told."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated

import typer

from atlarge.arguments import HTML
from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, mark_undisclosed, note, write_answer
from atlarge.messages import LANGUAGES


def explain_command(
    place: Annotated[
        str | None,
        typer.Argument(help='A county ("Travis County, TX" or 48453), an office, an AOR or a state.'),
    ] = None,
    policy: Annotated[str | None, typer.Option(help="Id of a dated policy (see: atlarge policies).")] = None,
    date: Annotated[dt.date | None, options.day("--date", "A day instead of a policy.")] = None,
    store: options.Store = None,
    registry: Annotated[
        Path | None,
        typer.Option(
            "--policies", help="A CSV of your own dated policies, to use instead of the shipped ones."
        ),
    ] = None,
    scheme: options.Scheme = "ddp",
    is_pooled: Annotated[
        bool, typer.Option("--pooled", help="Pool all usable localities instead of asking about one place.")
    ] = False,
    out: Annotated[Path | None, options.out(*HTML, help="Write the report, one file, here")] = None,
    disclose: options.Disclose = False,
    beside: options.Beside = None,
    brief: Annotated[
        Path | None, options.out(*HTML, ".pdf", help="Write the one-page brief here", name="--brief")
    ] = None,
    language: Annotated[
        str, typer.Option("--language", "--lang", help="en or es: of report, brief and text.")
    ] = "en",
    details: Annotated[
        bool, typer.Option("--details", help="Also print every area and span, every caveat and the reasons.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """What a policy changed in arrests at large and jail handoffs, and how well each account fits."""
    if is_pooled:
        _pooled(place, policy, date, store, scheme, out, as_json)
        return
    if place is None:
        raise typer.BadParameter("name a place, or ask for --pooled")
    if policy is not None and date is not None:
        raise typer.BadParameter("give either --policy or --date, not both")
    if language not in LANGUAGES:
        raise typer.BadParameter(f"no language {language!r}; there are: {', '.join(LANGUAGES)}")
    from atlarge.explain.question import check_fit, requested_place, which_policy
    from atlarge.policies import as_registry

    # a misspelt name or policy, or one of another place, is refused before the engines are loaded
    wanted = None if policy is None else as_registry(registry).get(policy)
    found = requested_place(place, wanted)
    if policy is None and date is None:
        raise typer.BadParameter(which_policy(found, as_registry(registry)))
    if wanted is not None:
        check_fit(wanted, found)
    from atlarge.explain import explain

    answer = explain(
        place, policy=policy, date=date, store=store, scheme=scheme, registry=registry,
        summary_only=not (as_json or details or disclose or out or brief),
    )  # fmt: skip
    if out is not None:
        from atlarge.publish import report

        report(answer, out, language=language, beside=beside)
        note(f"report written to {out}")
    if brief is not None:
        from atlarge.publish.brief import brief as write_brief

        write_brief(answer, brief, language=language, beside=beside)
        note(f"brief written to {brief}")
    if disclose:
        from atlarge.cli._disclose import emit_disclosed
        from atlarge.publish.answers import windows_of
        from atlarge.records.store import open_store

        emit_disclosed(open_store(store), windows_of(answer), as_json=as_json, beside=beside)
    elif as_json:
        emit_json(answer.to_dict(), disclosed=False)
    else:
        write_answer(answer, language, details=details)


def _pooled(
    place: str | None,
    policy: str | None,
    date: dt.date | None,
    store: Path | None,
    scheme: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Print the pooled estimates: policies that limit and policies that extend cooperation."""
    if place or policy or date or out:
        raise typer.BadParameter("--pooled stands alone: no place, policy, date or --out")
    from atlarge.explain import pooled

    found = {
        direction: pooled(store, direction=direction, scheme=scheme) for direction in ("limits", "extends")
    }
    if as_json:
        emit_json(found, disclosed=False)
        return
    mark_undisclosed()
    for direction, group in found.items():
        sys.stdout.write(f"{len(group['localities'])} localities whose policy {direction} cooperation\n")
        for measure in ("handoffs", "at_large"):
            ratio = group[measure]["ratio"]
            sys.stdout.write(
                f"  {measure}: {ratio['value']} times what was expected in the first year "
                f"(90% interval {ratio['low']} to {ratio['high']})\n"
            )

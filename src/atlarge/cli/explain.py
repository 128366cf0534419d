"""`atlarge explain`: trend, substitution, what remains; and what cannot be told."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from atlarge.cli._output import JsonFlag, StoreOption, emit_json, note

if TYPE_CHECKING:
    from atlarge.explain import Answer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="explain")(explain_command)


def explain_command(
    place: Annotated[
        str, typer.Argument(help='A county ("Travis County, TX" or 48453), an office, an AOR or a state.')
    ],
    policy: Annotated[
        str | None, typer.Option("--policy", help="Id of a dated policy (see: atlarge policies).")
    ] = None,
    date: Annotated[
        dt.datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="A day instead of a policy.")
    ] = None,
    store: StoreOption = None,
    scheme: Annotated[str, typer.Option("--scheme", help="ddp or biglocal: how methods are read.")] = "ddp",
    out: Annotated[Path | None, typer.Option("--out", help="Write the report, one HTML file, here.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """What a policy changed in arrests at large and jail handoffs, and how well each account fits."""
    if (policy is None) == (date is None):
        raise typer.BadParameter("give either --policy or --date, not both and not neither")
    from atlarge.explain import explain

    answer = explain(place, policy=policy, date=date.date() if date else None, store=store, scheme=scheme)
    if out is not None:
        from atlarge.publish import report

        report(answer, out)
        note(f"report written to {out}")
    if as_json:
        emit_json(answer.to_dict())
    else:
        sys.stdout.write(_text(answer))


def _text(answer: Answer) -> str:
    """The answer for a terminal: sentences, verdicts, spans, warnings."""
    lines = [f"{answer.place_name}: {answer.policy['title']} ({answer.policy['effective']})", ""]
    lines += [f"  {sentence}" for sentence in answer.sentences]
    lines += ["", "Verdicts"]
    lines += [f"  {v.title}: {v.verdict} ({v.rule}). {v.reason}" for v in answer.verdicts.values()]
    lines += ["", "Observed and expected (90 % interval of the difference; placebo p)"]
    for span in answer.spans:
        effect, p = span.effect, span.p_placebo
        lines.append(
            f"  {span.area.name}, {span.measure}, {span.span}: {span.observed:.0f} against "
            f"{span.counterfactual.value or 0:.0f}, {effect.value or 0:+.0f} "
            f"({effect.low or 0:+.0f} to {effect.high or 0:+.0f}), p {1.0 if p is None else p:.3f}"
        )
    lines += ["", "Warnings"]
    lines += [f"  {warned.text}" for warned in answer.warnings]
    return "\n".join(lines) + "\n"

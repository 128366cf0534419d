"""`atlarge check`: verdicts on a ledger of claims."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from atlarge.arguments import HTML
from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, note
from atlarge.wording import some


def check_command(
    claims: Annotated[Path, typer.Argument(help="A ledger of claims in YAML (see `atlarge claims new`).")],
    store: options.Store = None,
    out: Annotated[Path | None, options.out(*HTML, help="Also write the ledger as a page here")] = None,
    as_json: options.Json = False,
) -> None:
    """What the records say about each claim: supported, contradicted, disputed, depends or not testable."""
    from atlarge.claims import check

    verdicts = check(claims, store)
    if out is not None:
        from atlarge.claims.page import write_page
        from atlarge.claims.schema import read_ledger

        write_page(out, verdicts, read_ledger(claims).get("article", {}))
        note(f"page written to {out}")
    if as_json:
        emit_json([verdict.to_dict() for verdict in verdicts])
        return
    from atlarge.claims.page import ledger_rows

    for row in ledger_rows(verdicts):
        mark = " (draft)" if row["status"] == "draft" else ""
        lines = [f"{row['verdict'].upper():14} {row['id']}{mark}", row["text"]]
        lines += [f"{row['about']}: {row['answer']}" if row["about"] else row["answer"]]
        sys.stdout.write("\n    ".join(lines) + "\n")
    drafts = sum(verdict.status == "draft" for verdict in verdicts)
    if drafts:
        note(
            f"drafts: {drafts} of {some(len(verdicts), 'claim')}; `atlarge claims finish` confirms "
            "them one by one"
        )

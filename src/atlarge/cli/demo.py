"""`atlarge demo`: the main job on the embedded records: one answer, its report, a small site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, write_answer


def demo_command(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("demo"),
    as_json: options.Json = False,
) -> None:
    """Answer the worked case on the embedded records: a report and a small site, with no network."""
    from atlarge.publish.demo import demo

    answer, document = demo(out)
    if as_json:
        emit_json(document, disclosed=False)
    else:
        write_answer(answer)
        sys.stdout.write(
            f'\ncommand: atlarge explain "{answer.place_name}" --policy {answer.policy["id"]}\n'
            f"report:  {document['report']}\n"
            f"site:    {document['site']}/index.html\n"
        )

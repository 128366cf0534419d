"""`atlarge demo`: the main job on the embedded records: one answer, its report, a small site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from atlarge.cli._output import JsonFlag, emit_json


def demo_command(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("demo"), as_json: JsonFlag = False
) -> None:
    """Answer the worked case on the embedded records: a report and a small site, with no network."""
    from atlarge.publish.demo import demo

    result = demo(out)
    if as_json:
        emit_json(result)
    else:
        sys.stdout.write(_summary_text(result))


def _summary_text(result: dict[str, Any]) -> str:
    """What a person reads: the answer, the headline numbers, where the report is."""
    lines = [result["title"], "", *(f"  {sentence}" for sentence in result["sentences"]), ""]
    lines += [f"  {row['label']}: {row['text']}" for row in result["headline"]]
    lines += ["", f"report: {result['report']}", f"site:   {result['site']}/index.html", ""]
    return "\n".join(lines)

"""The command line, run in this process and built once: building it takes longer than most commands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from typer import testing

from atlarge.cli import _load_commands, app

_load_commands()
testing._get_command = cache(testing._get_command)  # it would be built again at each call


def run(words: Sequence[str], **options: Any) -> testing.Result:
    """Run `atlarge WORDS`: its exit code, what it printed and the error that ended it."""
    return testing.CliRunner().invoke(app, list(words), **options)

"""Every command has help, every option explains itself, and each can answer in JSON."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import typer

from atlarge.cli import _load_commands, app
from command_line import run

_load_commands()
GROUP = typer.main.get_command(app)


def _leaves(group: Any, prefix: str = "") -> dict[str, Any]:
    found = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= _leaves(command, f"{prefix}{name} ")
        else:
            found[prefix + name] = command
    return found


COMMANDS = _leaves(GROUP)

DESIGNED = {
    "demo", "ingest", "place", "panel", "detainers", "surges", "explain", "check", "simulate", "publish",
    "serve", "audit", "releases", "fetch", "claims new",
}  # fmt: skip


def test_every_designed_command_is_there() -> None:
    assert set(COMMANDS) >= DESIGNED


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_explains_itself(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    for parameter in command.params:
        if parameter.param_type_name == "option" and parameter.name != "help":
            assert parameter.help, f"{name} {parameter.opts[0]} has no help"


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"serve"}))
def test_a_command_can_answer_in_json(name: str) -> None:
    assert "--json" in {opt for p in COMMANDS[name].params for opt in p.opts}


@pytest.mark.parametrize(
    "name", [name for name, c in COMMANDS.items() if "--store" in {opt for p in c.params for opt in p.opts}]
)
@pytest.mark.parametrize("empty", ["", "  "])
def test_a_store_without_a_name_is_not_the_current_folder(name: str, empty: str) -> None:
    found = run([*name.split(), "--store", empty])
    assert found.exit_code == 2
    assert "no folder is named" in found.stderr or "Missing argument" in found.stderr


WRITERS = [
    (name, parameter.opts[0])
    for name, command in COMMANDS.items()
    for parameter in command.params
    if parameter.opts[0] in ("--out", "--html", "--brief") and not parameter.help.startswith("Folder")
]


@pytest.mark.parametrize(("name", "option"), WRITERS)
@pytest.mark.parametrize("file", ["out.docx", "out", ".html", "/dev/stdout"])
def test_a_file_of_another_extension_is_a_wrong_use(name: str, option: str, file: str) -> None:
    """At once, whatever else is asked, and the extensions that work are in the line and in the help."""
    found = run([*name.split(), option, file])
    assert found.exit_code == 2
    words = next(p.help for p in COMMANDS[name].params if option in p.opts)
    takes = words[words.index(": .") + 2 :].rstrip(".")
    assert found.output.splitlines()[-1].endswith(f"{file}: the name must end in {takes}")


_INTERRUPTED = """
import os, runpy, signal, sys
class Hook:
    moment = sys.argv.pop(1)
    def find_spec(self, name, path=None, target=None):
        if name == self.moment:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Hook())
runpy.run_module("atlarge", run_name="__main__")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment", ["atlarge.cli", "typer", "polars", "atlarge.panel.catalogue", "atlarge.engines"]
)
def test_an_interrupt_at_any_moment_is_one_line_or_silence(moment: str) -> None:
    """While modules load, the first of which is the command line itself, and while a command runs."""
    code = [sys.executable, "-c", _INTERRUPTED, moment, "panel", "--by", "nation", "--every", "year"]
    done = subprocess.run(code, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 130, done.stderr
    assert done.stderr in ("", "atlarge: interrupted; nothing was half-written\n")

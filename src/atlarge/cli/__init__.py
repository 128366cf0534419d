"""The command line: each command is a few lines over a public function.

A command is a function called NAME_command in a module of this folder. The modules are found by listing the
folder, so a new command is one new file. A group of commands adds itself with `register(app)`.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import sys
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

import atlarge
from atlarge.cli._output import PrintableStream
from atlarge.errors import AtlargeError, QuestionError

OUTPUTS = {"out", "brief"}
"""Options that name what is written: a pipe or a device will do."""


class _Command(TyperCommand):
    """A command that refuses devices and pipes as input files, since reading one may never end."""

    def invoke(self, ctx: Any) -> Any:
        """Look at the paths, then run."""
        for name, value in ctx.params.items():
            if name not in OUTPUTS:
                _require_files(value)
        return super().invoke(ctx)


class _App(typer.Typer):
    """An application all of whose commands are of that kind."""

    def command(self, name: str | None = None, **options: Any) -> Any:
        """As in Typer."""
        return super().command(name, **{"cls": _Command, **options})


def _require_files(value: Any) -> None:
    paths = [v for v in (value if isinstance(value, list | tuple) else [value]) if isinstance(v, Path)]
    if paths:
        from atlarge.files import STREAM, is_stream  # with Polars, which not every command needs

        for path in filter(is_stream, paths):
            raise QuestionError(f"{path}: {STREAM}")


app = _App(
    name="atlarge",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="What happens to federal immigration enforcement in a place when it changes how far it cooperates.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"atlarge {atlarge.__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Measures in aggregate only; takes no side; says what cannot be told."""


@cache
def _load_commands(named: str = "") -> None:
    """Register the command whose module is called `named`; all of them if there is none (for help, or a
    misspelt name)."""
    found = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    for name in [named] if named in found else found:
        defined = vars(importlib.import_module(f"{__name__}.{name}"))
        if "register" in defined:
            defined["register"](app)
            continue
        for each in [key for key in defined if key.endswith("_command")]:
            app.command(name=each.removesuffix("_command"))(defined[each])


def main() -> None:
    """Entry point. Exit 0 done; 1 the data or the question allow no answer; 2 usage."""
    gc.set_threshold(100_000, 20, 20)  # most objects that a command creates live until it ends
    # its matrices are many and small: threads of linear algebra would only wait for each other
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.stdout, sys.stderr = PrintableStream(sys.stdout), PrintableStream(sys.stderr)
    try:
        _load_commands("".join(sys.argv[1:2]))
        app()
    except AtlargeError as error:
        sys.stderr.write(f"atlarge: {error}\n")
        raise SystemExit(1) from None
    except BrokenPipeError:  # the reader of the output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"atlarge: {where}{error.strerror or error}; check the disk and the rights\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        sys.stderr.write("atlarge: interrupted; nothing was half-written\n")
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()

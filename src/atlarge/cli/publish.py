"""`atlarge publish`: a store as a static site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, note, terminal_of
from atlarge.wording import some


def publish_command(
    out: Annotated[Path, typer.Option(help="Folder of the site: new, or written by this command before.")],
    store: options.Store = None,
    threshold: Annotated[int, typer.Option(help="Counts below this are hidden, except zeros.")] = 5,
    base_url: Annotated[
        str, typer.Option(help="Address that the site will have, such as https://example.org/arrests/.")
    ] = "",
    answers: Annotated[
        str,
        typer.Option(
            help="Policies to answer: worked (the worked case), dated (of a well-known day), all or none."
        ),
    ] = "worked",
    workers: Annotated[int, typer.Option(help="Processes that write pages.")] = 2,
    after: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of an earlier site of the same records, or a file that --disclose --json "
            "wrote, so that no suppressed count follows from both; may be given again. A site that "
            "stands in --out is one of them."
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Publish a store as a static site: pages by place, map, search, downloads; small counts hidden."""
    from atlarge.publish.site import publish as publish_site

    with _Bar() as bar:
        audit = publish_site(
            out,
            store,
            threshold=threshold,
            base_url=base_url,
            answers=answers,
            workers=workers,
            progress=bar.step,
            after=after or (),
        )
    if as_json:
        emit_json(audit.to_dict())
        return
    totals = audit.to_dict()
    note(
        f"{some(totals['pages'], 'page')}, {totals['bytes'] / 1e6:,.1f} MB, "
        f"{some(totals['files_written'], 'file')} written"
    )
    note(f"{some(totals['cells_suppressed'], 'count')} hidden ({totals['cells_small']:,} small)")
    typer.echo(audit.path)


class _Bar:
    """A progress bar for each kind of work on a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._bar = None
        self._tasks: dict[str, Any] = {}
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(file=terminal_of(sys.stderr)), transient=True)

    def __enter__(self) -> _Bar:
        if self._bar:
            self._bar.start()
            self._tasks["findings"] = self._bar.add_task("findings", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def step(self, what: str, done: int, total: int) -> None:
        """Move the bar of one kind of work."""
        if self._bar:
            if what not in self._tasks:
                self._tasks[what] = self._bar.add_task(what, total=total)
            self._bar.update(self._tasks[what], completed=done, total=total)

"""`atlarge publish`: a store as a static site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from atlarge.cli._output import JsonFlag, StoreOption, emit_json, note


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def publish(
        out: Annotated[Path, typer.Option("--out", help="Folder of the site: new, or made by this command.")],
        store: StoreOption = None,
        threshold: Annotated[int, typer.Option(help="Counts from 1 to this less 1 are hidden.")] = 5,
        base_url: Annotated[
            str, typer.Option(help="Address the site will stand at, such as https://example.org/arrests/.")
        ] = "",
        workers: Annotated[int, typer.Option(help="Processes that write pages.")] = 2,
        json_: JsonFlag = False,
    ) -> None:
        """Publish a store as a static site: pages by place, map, search, downloads; small counts hidden."""
        from atlarge.publish.site import publish as publish_site

        with _Bar() as bar:
            audit = publish_site(
                out, store, threshold=threshold, base_url=base_url, workers=workers, progress=bar.step
            )
        if json_:
            emit_json(audit.to_dict())
            return
        told = audit.to_dict()
        note(
            f"{told['pages']:,} pages, {told['bytes'] / 1e6:,.1f} MB, {told['files_written']:,} files written"
        )
        note(f"{told['cells_suppressed']:,} counts hidden ({told['cells_small']:,} small)")
        typer.echo(audit.path)


class _Bar:
    """A progress bar on a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._bar = None
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("places", total=None)

    def __enter__(self) -> _Bar:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def step(self, done: int, total: int) -> None:
        """Move the bar."""
        if self._bar:
            self._bar.update(self._task, completed=done, total=total)

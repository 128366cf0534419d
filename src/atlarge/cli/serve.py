"""`atlarge serve`: look at a site on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, note


def serve_command(
    site: Annotated[Path, typer.Argument(help="Folder that `atlarge publish` wrote.")],
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8000,
    as_json: options.Json = False,
) -> None:
    """Serve a site to this machine only, until interrupted."""
    from atlarge.publish.preview import server

    with server(site, port) as served:
        address = f"http://127.0.0.1:{served.server_address[1]}/"
        if as_json:
            emit_json({"address": address, "site": site})
        else:
            typer.echo(address)
        note("interrupt (Ctrl-C) to stop")
        try:
            served.serve_forever()
        except KeyboardInterrupt:
            note("stopped")

"""`atlarge serve`: look at a site on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from atlarge.cli._output import JsonFlag, emit_json, note


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def serve(
        site: Annotated[Path, typer.Argument(help="Folder that `atlarge publish` wrote.")],
        port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.")] = 8000,
        json_: JsonFlag = False,
    ) -> None:
        """Serve a site to this machine only, until interrupted."""
        from atlarge.publish.preview import server

        with server(site, port) as served:
            address = f"http://127.0.0.1:{served.server_address[1]}/"
            if json_:
                emit_json({"address": address, "site": site})
            else:
                typer.echo(address)
            note("interrupt (Ctrl-C) to stop")
            try:
                served.serve_forever()
            except KeyboardInterrupt:
                note("stopped")

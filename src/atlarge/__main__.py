"""The `atlarge` command, and `python -m atlarge`: an interrupt is one line or silence, whenever it comes."""

from __future__ import annotations

import os
import signal

_IS_HEEDED = signal.getsignal(signal.SIGINT) is signal.default_int_handler


def _end(*_: object) -> None:
    os._exit(130)


if _IS_HEEDED:  # while modules load nothing is half done, and an exception would be a traceback
    signal.signal(signal.SIGINT, _end)


def main() -> None:
    """Load the command line and run it; while it runs, an interrupt lets it clean up first."""
    from atlarge.cli import main as run

    try:
        if _IS_HEEDED:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        run()
    finally:
        if _IS_HEEDED:
            signal.signal(signal.SIGINT, _end)


if __name__ == "__main__":
    main()

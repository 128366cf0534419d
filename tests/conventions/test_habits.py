"""The settings that hold habits are there: strict types, coverage with branches, imports in layers."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]


def test_types_are_strict_and_coverage_is_asserted() -> None:
    assert TOOL["mypy"]["strict"] is True
    assert TOOL["coverage"]["run"] == {"source": ["atlarge"], "branch": True}
    assert TOOL["coverage"]["report"]["fail_under"] >= 90
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    whole = makefile[makefile.index("\ncoverage:") :].split("\n\n")[0]
    assert "--cov" in whole


def test_the_standalone_rooms_may_import_errors_only() -> None:
    """Every module and folder of the package but `errors` is forbidden to the three rooms."""
    [contract] = [c for c in TOOL["importlinter"]["contracts"] if c["type"] == "forbidden"]
    rooms = {"surveillance", "effects", "disclosure"}
    assert set(contract["source_modules"]) == {f"atlarge.{room}" for room in rooms}
    package = ROOT / "src" / "atlarge"
    others = {
        p.stem
        for p in package.iterdir()
        if (p.is_dir() and (p / "__init__.py").exists()) or p.suffix == ".py"
    }
    others -= {*rooms, "errors", "__init__", "__main__", "embedded"}
    assert others - {m.removeprefix("atlarge.") for m in contract["forbidden_modules"]} == set()

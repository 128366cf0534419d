"""The settings that hold habits are there: strict types, coverage with branches, imports in layers."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
# Modules of surges that speak of places, measures and offices; all others are arrays and numbers.
SPEAKS = {"__init__", "catalogue", "labels", "witness"}


def test_types_are_strict_and_coverage_is_asserted() -> None:
    assert TOOL["mypy"]["strict"] is True
    assert TOOL["coverage"]["run"] == {"source": ["atlarge"], "branch": True}
    assert TOOL["coverage"]["report"]["fail_under"] >= 90
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    whole = makefile[makefile.index("\ntest:") :].split("\n\n")[0]
    assert "--cov" in whole


def test_every_numerical_module_is_kept_from_the_rooms_of_records() -> None:
    """A new module of surges is held to the rule too, unless it is named here."""
    [contract] = [c for c in TOOL["importlinter"]["contracts"] if c["type"] == "forbidden"]
    core = {p.stem for p in (ROOT / "src" / "atlarge" / "surges").glob("*.py")} - SPEAKS
    assert set(contract["source_modules"]) == {"atlarge.effects", *(f"atlarge.surges.{m}" for m in core)}
    assert {"atlarge.panel", "atlarge.records", "atlarge.places"} <= set(contract["forbidden_modules"])

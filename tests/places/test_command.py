"""`atlarge place` from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow_file


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "atlarge", "place", *words], capture_output=True, text=True)


def test_one_text_gives_one_document() -> None:
    done = run("AUSTIN COUNTY JAIL, SEALY, TX", "--aor", "Houston", "--json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert {key: answer[key] for key in ("kind", "fips", "name")} == {
        "kind": "county",
        "fips": "48015",
        "name": "Austin County, TX",
    }
    assert answer["confidence"] >= 0.9
    assert "Austin County" in answer["basis"]


def test_a_file_gives_a_list_in_its_order(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(
        'aor,landmark\nSPM,"AUSTIN, MN"\nSNA,"AUS GENERAL AREA, NON-SPECIFIC"\n,\n', encoding="utf-8"
    )
    done = run("--file", str(source), "--json")
    assert done.returncode == 0
    assert [a["kind"] for a in json.loads(done.stdout)] == ["county", "office_area", "unresolved"]
    assert [a["fips"] for a in json.loads(done.stdout)] == ["27099", None, None]


def test_a_file_without_the_columns_is_refused_in_one_line(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("place\nAUSTIN\n", encoding="utf-8")
    done = run("--file", str(source), "--json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no column 'aor'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_unknown_area_is_refused() -> None:
    done = run("AUSTIN, MN", "--aor", "Nowhere")
    assert done.returncode == 1
    assert "not an area of responsibility" in done.stderr


def test_nothing_to_resolve_is_a_usage_error() -> None:
    assert run("--json").returncode == 2

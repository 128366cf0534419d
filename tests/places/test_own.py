"""A user's own decisions raise the coverage, and a faulty file is refused in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow_file

GOOD = """
- texts: ["CHILDRENS VILLAGE"]
  aor: NYC
  kind: county
  fips: "36119"
  reason: the shelter of that name is in Dobbs Ferry
"""


def ask(text: str, own: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "atlarge", "place", text, "--aor", "NYC", "--json"]
    environment = os.environ | {"ATLARGE_PLACES": str(own)}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_an_own_decision_resolves_a_text(tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text("[]", encoding="utf-8")
    assert json.loads(ask("CHILDRENS VILLAGE", own).stdout)["kind"] == "unresolved"
    own.write_text(GOOD, encoding="utf-8")
    answer = json.loads(ask("CHILDRENS VILLAGE", own).stdout)
    assert (answer["kind"], answer["fips"]) == ("county", "36119")
    assert "Dobbs Ferry" in answer["basis"]


def test_a_faulty_file_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text("- {texts: [A], kind: town, reason: x}", encoding="utf-8")
    done = ask("ANY", own)
    assert done.returncode == 1
    assert "'kind' must be one of" in done.stderr
    assert done.stderr.count("\n") == 1

"""The examples run as notebooks, cell by cell in a kernel, say something and show a figure."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow_file

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def test_there_is_one_for_each_reader() -> None:
    assert {p.stem for p in EXAMPLES} >= {"reporter", "researcher", "county_official"}


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_example_runs_as_a_notebook(example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    from notebooks import execute

    result = execute(example, tmp_path)
    said = [c for c in result.cells if c.cell_type == "markdown"]
    assert "?" in said[0].source.splitlines()[0], "begin with a question"
    code = [c for c in result.cells if c.cell_type == "code"]
    assert [c.execution_count for c in code] == list(range(1, len(code) + 1))
    outputs = [o for c in code for o in c.outputs]
    lines = "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stdout").splitlines()
    assert len(lines) >= 4
    pictures = [o.data["image/png"] for o in outputs if "image/png" in o.get("data", {})]
    assert pictures, "no figure is shown"
    for picture in pictures:
        content = base64.b64decode(picture)
        assert content.startswith(b"\x89PNG")
        assert len(content) > 5_000, "a figure with nothing in it"


@pytest.mark.slow
def test_an_example_runs_without_a_notebook(tmp_path: Path) -> None:
    """Plain Python does, with what the package itself installs."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "researcher.py")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
        env={**os.environ},
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 4


@pytest.mark.slow
def test_a_cell_that_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    from nbclient.exceptions import CellExecutionError
    from notebooks import execute

    (tmp_path / "wrong.py").write_text("# %%\nprint(1)\n\n# %%\nraise ValueError('seen')\n")
    with pytest.raises(CellExecutionError, match="seen"):
        execute(tmp_path / "wrong.py", tmp_path)

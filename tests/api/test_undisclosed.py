"""What commands print for the own machine says so; what may be passed on has passed disclosure control."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from command_line import run

pytestmark = pytest.mark.slow_file

NOTE = "not disclosed"
LOCAL = {
    "panel": ["panel", "--by", "state", "--measure", "at_large"],
    "surges": ["surges", "--by", "aor", "--top", "2", "--from", "2017-01-01", "--to", "2017-12-31"],
}


def _run(*words: str) -> tuple[str, str, int]:
    found = run(list(words))
    return found.stdout, found.stderr, found.exit_code


@pytest.mark.parametrize("name", LOCAL)
def test_local_output_says_once_that_it_is_undisclosed(name: str) -> None:
    for words in (LOCAL[name], [*LOCAL[name], "--json"]):
        out, err, code = _run(*words)
        assert code == 0
        assert err.count(NOTE) == 1
        assert NOTE not in out
    document = json.loads(out)
    assert isinstance(document, list) or document["disclosed"] is False


def test_a_disclosed_panel_has_no_small_count() -> None:
    given = ["panel", "--by", "county", "--measure", "at_large,arrests", "--place", "48453"]
    given += ["--place", "48491", "--from", "2017-01-01", "--to", "2017-12-31"]
    out, err, code = _run(*given, "--disclose", "--json")
    assert code == 0
    assert NOTE not in err
    document = json.loads(out)
    assert document["disclosed"] is True
    rows = pl.DataFrame(document["rows"])
    shown = rows.drop_nulls("value")["value"]
    assert shown.len() > 5
    assert not shown.is_between(1, document["threshold"] - 1).any()
    assert "small" in rows["mark"].to_list()


def test_what_is_no_site_is_one_clear_line(tmp_path: Path) -> None:
    given = ["panel", "--by", "state", "--from", "2017-01-01", "--to", "2017-03-31"]
    found = run([*given, "--disclose", "--beside", str(tmp_path)])
    assert found.exit_code == 1
    assert "no record of what it disclosed" in str(found.exception)

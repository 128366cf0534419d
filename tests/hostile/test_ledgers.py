"""Broken and hostile ledgers of claims: refused in one line that names the file, within bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atlarge.claims.schema import parse_ledger
from atlarge.claims.template import template
from atlarge.errors import AtlargeError

pytestmark = pytest.mark.slow_file

_ARTICLE = "ledger: 1\narticle: {title: a, outlet: b, date: 2017-03-20, url: https://example.org}\n"


def _laughs(last: str) -> str:
    """Ten to the tenth of one letter, if the aliases were written out."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    return _ARTICLE + "\n".join(lines) + f"\n{last}\n"


HOSTILE = {
    "aliases of aliases": (_laughs("claims: *a9"), "not a ledger"),
    "merged mappings": (
        _ARTICLE
        + "a0: &a0 {k: 1}\n"
        + "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}\n" for i in range(1, 10))
        + "claims: [*a9]\n",
        "not a ledger",
    ),
    "deep": ("claims: " + "[" * 100_000 + "]" * 100_000, "recursion"),
    "within itself": (_ARTICLE + "claims: &a [*a]\n", "recursion"),
    "long": (_ARTICLE + "# " + "x" * 1_000_000 + "\n", "not a ledger"),
    "many": (_ARTICLE + "claims: [" + "x, " * 300_000 + "x]\n", "not a ledger"),
    "an object of Python": (_ARTICLE + "claims: !!python/object/apply:os.system ['touch owned']\n", "YAML"),
    "a number of a million digits": (_ARTICLE + f"claims: {'9' * 1_000_000}\n", ""),
    "no text": ("\x00\x01", "YAML"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", HOSTILE)
def test_refused_within_bounds(kind: str, tmp_path: Path, within: Any) -> None:
    text, words = HOSTILE[kind]
    path = tmp_path / "ledger.yaml"
    path.write_text(text)
    done = within(["check", str(path)], 500)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "ledger.yaml" in done.stderr
    assert words in done.stderr
    assert len(done.stderr) < 2_000
    assert not (tmp_path / "owned").exists()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_change_to_a_sound_ledger_is_read_or_refused(data: st.DataObject) -> None:
    result = template()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(result) - 1))
        put = data.draw(
            st.one_of(st.text(max_size=6), st.sampled_from(["*a", "&a ", "<<: ", "\t", "- ", ": ", "[", "}"]))
        )
        result = result[:at] + put + result[at + data.draw(st.integers(0, 12)) :]
    try:
        assert parse_ledger(result)["claims"] is not None
    except AtlargeError as error:
        assert "ledger" in str(error)  # noqa: PT017

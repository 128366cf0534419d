"""A protocol is fixed before the estimate: its text is that of its hash, the code that it names is there."""

from __future__ import annotations

import hashlib
import importlib
import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "protocols"


def test_every_protocol_is_the_one_that_was_hashed_and_names_code_that_exists() -> None:
    rows = (FOLDER / "PROTOCOLS.sha256").read_text(encoding="utf-8").split("\n")
    known = {name: digest for digest, name in (row.split() for row in rows if row)}
    texts = sorted(FOLDER.glob("*.md"))
    assert {path.name for path in texts} == set(known)
    for path in texts:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == known[path.name], path.name
        named = re.findall(r"`(atlarge(?:\.\w+)+)", path.read_text(encoding="utf-8"))
        assert named
        for full in named:
            module, _, name = full.rpartition(".")
            assert hasattr(importlib.import_module(module), name), full

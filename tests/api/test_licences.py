"""What is installed with the package may be used and passed on under permissive terms."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow_file

ROOT = Path(__file__).resolve().parents[2]
PERMISSIVE = re.compile(
    r"\b(Permission is hereby granted|"
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|Unlicense|Zlib|0BSD)\b",
    re.I,
)
NOT = re.compile(r"\b(AGPL|Affero|GPL)\b")


def _names(lock: Path) -> list[str]:
    """Packages that a lock file pins for this platform."""
    from packaging.requirements import Requirement

    rows = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#", "-")):
            requirement = Requirement(line.split("\\")[0].strip())
            if requirement.marker is None or requirement.marker.evaluate():
                rows.append(requirement.name)
    return rows


def _licence(name: str) -> str:
    about = metadata.metadata(name)
    reported = [
        about.get("License-Expression") or "",
        *(about.get_all("Classifier") or []),
        about.get("License") or "",
    ]
    named = " ".join(t for t in reported if "icense" in t or "::" not in t)[:2000]
    if named.strip():
        return named
    files = [f for f in metadata.files(name) or [] if "licenses" in f.parts or f.name.startswith("LICENSE")]
    return " ".join(f.read_text()[:200] for f in files)


def test_run_time_dependencies_are_permissive() -> None:
    names = _names(ROOT / "requirements.lock")
    assert len(names) > 10
    wrong = {name: _licence(name)[:80] for name in names if not PERMISSIVE.search(_licence(name))}
    assert not wrong
    assert not {
        name for name in names if NOT.search(_licence(name)) and not PERMISSIVE.search(_licence(name))
    }


def test_every_locked_version_has_its_hash() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text(encoding="utf-8")
        pinned = re.findall(r"^[A-Za-z0-9][\w.\-\[\]]*==", text, re.MULTILINE)
        assert pinned
        assert text.count("--hash=sha256:") >= len(pinned)


def _closure(names: list[str]) -> set[str]:
    """Packages and all that they need on this platform."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found: set[str] = set()
    left = list(names)
    while left:
        name = canonicalize_name(left.pop())
        if name in found:
            continue
        found.add(name)
        for text in metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                left.append(needed.name)
    return found


def test_extras_are_permissive_with_all_that_they_need() -> None:
    """What `pip install 'atlarge[duckdb,spark,fetch,effects]'` brings may be passed on, too."""
    import tomllib

    from packaging.requirements import Requirement

    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = about["project"]["optional-dependencies"]
    names = _closure([Requirement(text).name for extra in extras.values() for text in extra])
    assert {"duckdb", "pyspark", "pooch", "pyfixest"} <= names
    assert not {name: _licence(name)[:80] for name in names if not PERMISSIVE.search(_licence(name))}

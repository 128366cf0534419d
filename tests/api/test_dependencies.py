"""Dependencies: what is pinned is what is installed, and what is not audited is told."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

pytestmark = pytest.mark.slow_file

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TODAY = dt.date(2030, 1, 1)


def _entries(lock: str) -> dict[Requirement, int]:
    """Pinned requirements of a lock file, each with the number of its hashes."""
    result: dict[Requirement, int] = {}
    last = None
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if re.match(r"\s+--hash=sha256:[0-9a-f]{64}", line):
            assert last is not None
            result[last] += 1
        elif line and not line.lstrip().startswith("#"):
            last = Requirement(line.split("\\")[0].strip())
            result[last] = 0
    return result


def _here(lock: str) -> dict[str, Requirement]:
    """Those for this platform, by name."""
    return {canonicalize_name(r.name): r for r in _entries(lock) if r.marker is None or r.marker.evaluate()}


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    sys.modules.pop("audit", None)
    import audit

    return audit


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_is_one_released_version_with_hashes(lock: str) -> None:
    entries = _entries(lock)
    assert len(entries) > 10
    for requirement, hashes in entries.items():
        [specifier] = requirement.specifier
        assert specifier.operator == "==", requirement
        assert requirement.url is None, f"{requirement} is not from the index"
        assert hashes, f"{requirement} has no hash"
        assert not Version(specifier.version).is_prerelease, requirement


def test_what_is_required_is_pinned_within_its_bounds() -> None:
    """Each dependency of pyproject.toml is in its lock file, in a version that it allows."""
    required = {"requirements.lock": list(PROJECT["project"]["dependencies"])}
    extras = [one for extra in PROJECT["project"]["optional-dependencies"].values() for one in extra]
    required["requirements-dev.lock"] = [
        *required["requirements.lock"],
        *extras,
        *PROJECT["dependency-groups"]["dev"],
    ]
    for lock, wanted in required.items():
        pinned = _here(lock)
        for text in wanted:
            requirement = Requirement(text)
            kept = pinned.get(canonicalize_name(requirement.name))
            assert kept is not None, f"{requirement.name} is not in {lock}: run `make lock`"
            [specifier] = kept.specifier
            assert requirement.specifier.contains(specifier.version), f"{kept} in {lock}, asked: {text}"


def test_both_locks_pin_the_same_versions() -> None:
    run, dev = (_here(lock) for lock in LOCKS)
    assert {name: str(r.specifier) for name, r in run.items()} == {
        name: str(dev[name].specifier) for name in run
    }


def test_what_is_installed_is_what_is_pinned() -> None:
    wrong = {}
    for name, requirement in _here("requirements-dev.lock").items():
        installed = metadata.version(name)
        if not requirement.specifier.contains(installed, prereleases=True):
            wrong[name] = f"{installed} installed, {requirement.specifier} pinned"
    assert not wrong, "install the lock file: make test"


def test_none_is_given_up_by_its_makers() -> None:
    """No pinned package calls itself inactive."""
    given_up = [
        name
        for name in _here("requirements-dev.lock")
        if "Development Status :: 7 - Inactive" in (metadata.metadata(name).get_all("Classifier") or [])
    ]
    assert not given_up


def _audit_answer(*dependencies: dict[str, Any]) -> str:
    return json.dumps({"dependencies": list(dependencies), "fixes": []})


SOUND = {"name": "one", "version": "1.0", "vulns": []}
SKIPPED = {"name": "two", "skip_reason": "Dependency not found"}
FAULTY = {
    "name": "three",
    "version": "0.9",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.0"], "description": ""}],
}
DECIDED = {"package": "three", "id": "CVE-1", "reason": "not called", "until": "2030-01-01"}


def test_a_sound_answer(audit: ModuleType) -> None:
    result = audit.read(_audit_answer(SOUND), TODAY, [])
    assert result.code == 0
    assert "NOT AUDITED" not in audit.report("lock", result)


@pytest.mark.parametrize(
    "answer", ["", "null", "[]", "{}", _audit_answer(SKIPPED), _audit_answer(SOUND, SKIPPED), _audit_answer()]
)
def test_what_was_not_looked_up_is_never_sound(answer: str, audit: ModuleType) -> None:
    """pip-audit itself exits 0 when it skipped every package."""
    result = audit.read(answer, TODAY, [])
    assert result.code == 3
    assert "NOT AUDITED" in audit.report("lock", result)


def test_a_known_vulnerability_fails(audit: ModuleType) -> None:
    result = audit.read(_audit_answer(SOUND, SKIPPED, FAULTY), TODAY, [])
    assert result.code == 1
    assert "VULNERABLE: lock: three 0.9: PYSEC-1 (fixed in: 1.0)" in audit.report("lock", result)


def test_a_decision_holds_until_its_day(audit: ModuleType) -> None:
    assert audit.read(_audit_answer(FAULTY), TODAY, [DECIDED]).code == 0
    assert audit.read(_audit_answer(FAULTY), TODAY + dt.timedelta(days=1), [DECIDED]).code == 1
    assert audit.read(_audit_answer(FAULTY), TODAY, [{**DECIDED, "package": "one"}]).code == 1


def test_decisions_have_a_reason_and_an_end() -> None:
    for entry in yaml.safe_load((ROOT / "tools" / "advisories.yaml").read_text(encoding="utf-8")) or []:
        assert set(entry) == {"id", "package", "reason", "until"}
        assert len(entry["reason"].split()) >= 4
        dt.date.fromisoformat(str(entry["until"]))


def test_a_yanked_version_is_reported(audit: ModuleType) -> None:
    line = 'warning: `attrs==21.1.0` is yanked (reason: "Installable but not importable on Python 3.4.")'
    assert audit.yanked(f"Would install 1 package\n{line}\n") == [line.removeprefix("warning: ")]
    result = audit.read(_audit_answer(SOUND), TODAY, [])
    result.yanked = audit.yanked(line)
    assert result.code == 1
    assert "YANKED: lock: `attrs==21.1.0`" in audit.report("lock", result)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("wrong", ["", "python", "mypy", "pytest"])
@pytest.mark.parametrize("target", ["test", "check"])
def test_a_fault_in_the_audit_types_or_tests_fails_the_target(
    target: str, wrong: str, tmp_path: Path
) -> None:
    """They run beside each other, and what each says is shown; `python` audits."""
    for name in ("python", "mypy", "pytest", "ruff", "lint-imports"):
        does = f"echo said by {name}\n" + ("exit 3\n" if name == wrong else "")
        (tmp_path / name).write_text(f"#!/bin/sh\ncase $1 in tools/chromium.py) ;; *) {does};; esac\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / ".dev").touch()
    command = ["make", "--old-file", f"{tmp_path}/.dev", target, f"VENV={tmp_path}", f"BIN={tmp_path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    runs = {"python", "mypy", "pytest"} if target == "test" else {"mypy", "pytest"}
    assert (done.returncode != 0) == (wrong in runs), done.stderr
    said = {name for name in runs if f"said by {name}" in done.stdout}
    assert said == (runs - {"mypy"} if wrong == "python" in runs else runs)

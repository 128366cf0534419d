"""Ask the advisory service about every pinned dependency, and the index which pinned versions were yanked.

Run: python tools/audit.py [--where-reached] [LOCK...]. Exit 0: every pinned version was looked up and none is
known to be vulnerable or yanked. Exit 1: one is. Exit 3: the service could not be asked about all of them, so
nothing is known of the rest; with --where-reached one line says so, and the exit code is 0.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-dev.lock")
ACCEPTED = Path(__file__).parent / "advisories.yaml"
_TIMEOUT_SECONDS = 10
_MOST_SECONDS = 300
_YANKED = re.compile(r"warning: (.*yanked.*)", re.IGNORECASE)


@dataclass
class Audit:
    """What was found: versions looked up, those that could not be, vulnerable ones, yanked ones."""

    looked_up: int = 0
    unknown: list[str] = field(default_factory=list)
    vulnerable: list[str] = field(default_factory=list)
    yanked: list[str] = field(default_factory=list)
    why: str = ""

    @property
    def code(self) -> int:
        """Exit code: 1 for a fault, 3 for what is not known, 0 for neither."""
        if self.vulnerable or self.yanked:
            return 1
        return 3 if self.unknown or self.why or not self.looked_up else 0


def read(text: str, today: dt.date, accepted: list[dict[str, Any]]) -> Audit:
    """What pip-audit's JSON says. A package that it skipped was not audited, whatever its exit code."""
    found = Audit()
    try:
        listed = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        found.why = "the advisory service gave no answer"
        return found
    holding = {(a["package"], a["id"]) for a in accepted if dt.date.fromisoformat(str(a["until"])) >= today}
    for one in listed:
        if "skip_reason" in one:
            found.unknown.append(one["name"])
            continue
        found.looked_up += 1
        for advisory in one["vulns"]:
            names = {advisory["id"], *advisory.get("aliases", [])}
            if not any((one["name"], name) in holding for name in names):
                fixed = ", ".join(advisory.get("fix_versions", [])) or "none"
                found.vulnerable.append(
                    f"{one['name']} {one['version']}: {advisory['id']} (fixed in: {fixed})"
                )
    return found


def yanked(text: str) -> list[str]:
    """Versions that the index has withdrawn, as uv warns of them."""
    return [line.strip() for line in _YANKED.findall(text)]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=_MOST_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 3, "", str(error))


def ask(lock: Path) -> Audit:
    """Audit one lock file as it stands, without resolving it anew."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--require-hashes"]
    command += ["--disable-pip", "--format", "json", "--progress-spinner", "off"]
    answer = _run([*command, "--timeout", str(_TIMEOUT_SECONDS)])
    found = read(answer.stdout, dt.date.today(), yaml.safe_load(ACCEPTED.read_text(encoding="utf-8")) or [])
    if found.why and answer.stderr.strip():
        found.why += f" ({' '.join(answer.stderr.split())[-160:]})"
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:
        options = ["--dry-run", "--reinstall", "--no-deps", "--require-hashes", "--requirement", str(lock)]
        found.yanked = yanked(_run([uv, "pip", "install", "--python", sys.executable, *options]).stderr)
    return found


def report(lock: str, found: Audit) -> str:
    """The outcome for a person, one line for each finding; what is not known is one too."""
    lines = [f"VULNERABLE: {lock}: {line}" for line in found.vulnerable]
    lines += [f"YANKED: {lock}: {line}" for line in found.yanked]
    if found.unknown or found.why or not found.looked_up:
        every = found.looked_up + len(found.unknown)
        why = found.why or f"the advisory service knows {found.looked_up} of {every} pinned versions"
        lines.append(f"NOT AUDITED: {lock}: {why}; run `make audit` where its network is reached")
    else:
        lines.append(f"audited: {lock}: {found.looked_up} pinned versions, none known to be vulnerable")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Audit the lock files named, or both."""
    locks = [Path(a) for a in arguments if not a.startswith("--")] or list(LOCKS)
    codes = []
    for lock in locks:
        found = ask(lock)
        text = report(lock.name, found)
        print(text, flush=True)
        codes.append(found.code)
    if 1 in codes:
        return 1
    return 0 if "--where-reached" in arguments else max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

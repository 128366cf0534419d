"""An installation from the lock asks the index for nothing that the lock does not name."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import threading
import venv
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.slow_file

ROOT = Path(__file__).resolve().parents[2]


def _wheel(folder: Path, name: str, version: str, requires: list[str]) -> Path:
    """Write a wheel that holds nothing but its metadata."""
    path = folder / name / f"{name}-{version}-py3-none-any.whl"
    path.parent.mkdir(parents=True, exist_ok=True)
    about = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Provides-Extra: more"]
    files = {
        f"{about}/METADATA": "\n".join([*lines, *(f"Requires-Dist: {r}" for r in requires)]) + "\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for at, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{at},sha256={digest},{len(text)}\n"
    with zipfile.ZipFile(path, "w") as archive:
        for at, text in {**files, f"{about}/RECORD": f"{record}{about}/RECORD,,\n"}.items():
            archive.writestr(at, text)
    return path


class _Index(SimpleHTTPRequestHandler):
    """A package index that notes what it is asked for."""

    requested: list[str]

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        self.requested.append(self.path)
        super().do_GET()


@pytest.mark.slow
def test_pip_takes_only_what_the_lock_names(tmp_path: Path) -> None:
    """A newer version came out after the lock, and a dependency asks for an extra: both are left alone."""
    index = tmp_path / "index"
    pinned = _wheel(index, "alpha", "1.0", [])
    _wheel(index, "alpha", "2.0", [])
    _wheel(index, "gamma", "1.0", [])
    asks = _wheel(index, "beta", "1.0", ["alpha[more]>=1.0", 'gamma; extra == "more"'])
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "".join(
            f"{path.name.split('-')[0]}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"
            for path in (pinned, asks)
        )
    )
    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty" / ("Scripts" if os.name == "nt" else "bin") / "python"
    handler = type("Index", (_Index,), {"requested": []})
    served = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(index)))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    options = _options("pip")
    address = f"http://127.0.0.1:{served.server_address[1]}"
    command = [str(python), "-m", "pip", "--isolated", "install", *options, str(lock), "--no-cache-dir"]
    done = subprocess.run([*command, "--index-url", address], capture_output=True, text=True, check=False)
    served.shutdown()
    served.server_close()
    assert done.returncode == 0, done.stderr
    files = {path.rsplit("/", 1)[-1] for path in handler.requested if path.endswith(".whl")}
    assert files == {pinned.name, asks.name}
    assert not [path for path in handler.requested if "gamma" in path]


def _options(installer: str) -> list[str]:
    """The options that the Makefile gives an installer for a lock."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    locked = re.search(r"^LOCKED = \$\(INSTALL\) (.*)$", text, re.MULTILINE)
    both = re.findall(
        r"^INSTALL = .*pip install (.*)$|^INSTALL = \$\(PIP\) install (.*)$", text, re.MULTILINE
    )
    assert locked
    assert len(both) == 2
    with_pip, with_uv = (next(filter(None, found)) for found in both)
    return [*(with_pip if installer == "pip" else with_uv).split(), *locked[1].split()]


def test_neither_installer_resolves() -> None:
    for installer in ("pip", "uv"):
        assert {"--no-deps", "--require-hashes"} <= set(_options(installer))


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_what_pinned_packages_need_is_pinned(lock: str) -> None:
    """Followed through extras, from the metadata of what is installed here: nothing is left to resolve."""
    entries: dict[str, Requirement] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if re.match(r"[A-Za-z0-9]", line):
            found = Requirement(line.split("\\")[0].strip())
            if found.marker is None or found.marker.evaluate():
                entries[canonicalize_name(found.name)] = found
    missing = []
    waiting = [(name, extra) for name, pinned in entries.items() for extra in ("", *pinned.extras)]
    followed = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        for text in metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker and not needed.marker.evaluate({"extra": extra}):
                continue
            kept = entries.get(canonicalize_name(needed.name))
            version = next(iter(kept.specifier)).version if kept else ""
            if kept is None or not needed.specifier.contains(version, prereleases=True):
                missing.append(f"{name} needs {needed}")
                continue
            new = {(canonicalize_name(needed.name), more) for more in needed.extras} - followed
            followed |= new
            waiting += new
    assert not missing

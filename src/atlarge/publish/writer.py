"""Write a site next to the old one, hard-linking unchanged files, then swap it in by renaming."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from atlarge.errors import QuestionError
from atlarge.files import code_hash, is_stream, locked
from atlarge.records.store import Store

MANIFEST = "site.json"
FORMAT = 1


@dataclass
class Tally:
    """Account of the files of a site: hash and size by path, and how many were written."""

    files: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    written: int = 0

    def add(self, other: Tally) -> None:
        """Add the account of another worker."""
        self.files |= other.files
        self.keys |= other.keys
        self.sizes |= other.sizes
        self.written += other.written


class Folder:
    """A site being written in `new`; the previous site, if any, is in `old`."""

    def __init__(self, old: Path, new: Path) -> None:
        self.old, self.new = old, new
        self.tally = Tally()
        before = read_manifest(old) or {}
        self._files: dict[str, str] = before.get("files", {})
        self._keys: dict[str, str] = before.get("keys", {})

    def put(self, path: str, content: bytes | str) -> None:
        """Add a file; if the previous site has an identical one, that file is reused."""
        raw = content.encode() if isinstance(content, str) else content
        digest = hashlib.sha256(raw).hexdigest()
        if self._files.get(path) != digest or not self._link(path):
            target = self.new / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(raw)
            self.tally.written += 1
        self._note(path, digest, len(raw))

    def put_built(self, path: str, key: str, make: Any) -> None:
        """Add a file that is expensive to build; `key` identifies all its inputs, so an equal key means an
        equal file."""
        digest = self._files.get(path, "")
        if self._keys.get(path) == key and digest and self._link(path):
            self._note(path, digest, (self.new / path).stat().st_size)
        else:
            self.put(path, make())
        self.tally.keys[path] = key

    def _note(self, path: str, digest: str, size: int) -> None:
        if path in self.tally.files:
            raise ValueError(f"{path} is written twice")
        self.tally.files[path] = digest
        self.tally.sizes[path] = size

    def _link(self, path: str) -> bool:
        """Reuse a file of the previous site; False if it is missing or was changed by hand."""
        source, target = self.old / path, self.new / path
        try:
            if hashlib.sha256(source.read_bytes()).hexdigest() != self._files[path]:
                return False
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except OSError:  # another file system, or one without links
                shutil.copy2(source, target)
        except OSError:
            return False
        return True


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a site; None if the folder is not one."""
    if is_stream(folder / MANIFEST):  # reading it may never end
        return None
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and manifest.get("format") == FORMAT else None


def whole_name(out: Path | str) -> Path:
    """A folder to write a site into by its own name, which ".", ".." and a link have not; QuestionError for
    the root and for a link that leads to itself."""
    folder = Path(out)
    if folder.name in ("", "..") or folder.is_symlink():
        try:
            folder = folder.resolve()
        except (OSError, RuntimeError):
            raise QuestionError(f"{folder}: is a link that leads to itself; name a folder") from None
        if not folder.name:
            raise QuestionError(f"{folder}: holds everything on this machine; name a folder in it")
    return folder


@contextlib.contextmanager
def building(out: Path) -> Iterator[Path]:
    """A folder to build a site in, locked against other publishers; removed if the site is not finished.

    QuestionError where another publish into `out` is under way, or it holds something that is not ours.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        new, gone = _beside(out)
        try:
            yield _prepared(out)
        except BaseException:
            if not out.exists() and gone.exists():
                gone.rename(out)
            shutil.rmtree(new, ignore_errors=True)
            raise


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Lock the folder against other publishers with a file next to it."""
    path = out.with_name(f".{out.name}.lock")
    busy = QuestionError(f"{out}: another publish into it is under way; try again when it is done")
    with locked(path, busy):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _prepared(out: Path) -> Path:
    """Check that the folder may be written, complete an interrupted swap, and return the folder to build in.

    QuestionError where the folder holds something that is not a site of ours.
    """
    new, gone = _beside(out)
    if not out.exists() and gone.exists():
        gone.rename(out)
    if out.exists() and not out.is_dir():
        raise QuestionError(f"{out}: is a file; name a folder")
    if out.is_dir() and any(out.iterdir()) and read_manifest(out) is None:
        raise QuestionError(f"{out}: is not empty and not a site of atlarge; name a new folder")
    if new.exists():
        shutil.rmtree(new)
    if gone.exists():
        _keep_extra(gone, out)
        shutil.rmtree(gone)
    new.mkdir(parents=True)
    return new


def _keep_extra(gone: Path, out: Path) -> None:
    """Move files that the owner added to a site into its replacement."""
    before = read_manifest(gone)
    if before is None:
        return
    own = {Path(name).parts[0] for name in before["files"]} | {MANIFEST}
    for entry in gone.iterdir():
        if entry.name not in own and not (out / entry.name).exists():
            entry.rename(out / entry.name)


def _beside(out: Path) -> tuple[Path, Path]:
    return out.with_name(f".{out.name}.new"), out.with_name(f".{out.name}.old")


def standing(out: Path, key: str) -> tuple[Tally, dict[str, int]] | None:
    """The site already in a folder, if it was built from the same inputs and no file has changed since. Also
    returns how many counts it hides, by reason.
    """
    manifest = read_manifest(out) or {}
    built_from = manifest.get("built_from", {})
    if not key or built_from.get("key") != key:
        return None
    found = Tally(files=dict(manifest["files"]), keys=dict(manifest["keys"]))
    for path, digest in found.files.items():
        try:
            raw = (out / path).read_bytes()
        except OSError:
            return None
        if hashlib.sha256(raw).hexdigest() != digest:
            return None
        found.sizes[path] = len(raw)
    return found, dict(built_from["hidden"])


def finish(out: Path, tally: Tally, key: str = "", hidden: dict[str, int] | None = None) -> None:
    """List the files, keep what the owner added (a CNAME, a .git), and swap the new site in.

    `key`: what the site is built from, kept with the counts it `hidden`, so that it need not be built again.
    """
    new, gone = _beside(out)
    manifest = {
        "format": FORMAT,
        "files": dict(sorted(tally.files.items())),
        "keys": dict(sorted(tally.keys.items())),
        "built_from": {"key": key, "hidden": hidden or {}},
    }
    text = json.dumps(manifest, separators=(",", ":")) + "\n"
    (new / MANIFEST).write_text(text, encoding="utf-8")
    if read_manifest(out) is not None:
        out.rename(gone)
        new.rename(out)
        _keep_extra(gone, out)
        shutil.rmtree(gone)
        return
    if out.exists():
        out.rmdir()
    new.rename(out)


def build_key(store: Store, **settings: Any) -> str:
    """Key of a site: the code, the store's manifest and files, and its settings."""
    digest = hashlib.sha256(code_hash().encode())
    digest.update(store.fingerprint.encode())
    for table in store.tables():
        for path in store.files(table):
            with path.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
    digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    return digest.hexdigest()

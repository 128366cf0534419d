"""Verify that a store is as it was written: every file, and the manifest, against its sha256."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from atlarge.errors import StoreError
from atlarge.files import digest, is_stream

_SEAL = "sha256"


def _seal_of(manifest: dict[str, Any]) -> str:
    rest = {key: value for key, value in manifest.items() if key != _SEAL}
    return hashlib.sha256(json.dumps(rest, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def sealed(manifest: dict[str, Any]) -> dict[str, Any]:
    """Add to a manifest the sha256 of its other contents."""
    return {**manifest, _SEAL: _seal_of(manifest)}


def is_sealed(manifest: dict[str, Any]) -> bool:
    """Whether a manifest is unchanged since it was written; older manifests without a seal are accepted."""
    return _SEAL not in manifest or manifest[_SEAL] == _seal_of(manifest)


def inside(store: Path, name: str) -> Path:
    """The path of a store's file. StoreError if a link leads out of the store, or it is no file."""
    path = store / name
    if not path.resolve().is_relative_to(store.resolve()):
        raise StoreError(f"{path}: leads out of the store; it is not followed. Ingest the releases again")
    if is_stream(path):
        raise StoreError(f"{path}: is a device or a pipe, not a file of a store. Ingest the releases again")
    return path


def check(store: Path, manifest: dict[str, Any], names: list[str]) -> list[dict[str, Any]]:
    """Files of a store against their sha256, as {path, sha256, is_as_written}; None where none was kept."""
    kept = manifest.get("files", {})
    found = []
    for name in names:
        path, expected = inside(store, name), kept.get(name)
        is_as_written: bool | None = None
        if not path.is_file():
            is_as_written = False
        elif expected is not None:
            is_as_written = digest(path) == expected
        found.append({"path": name, "sha256": expected, "is_as_written": is_as_written})
    return found


def require(store: Path, manifest: dict[str, Any], names: list[str]) -> None:
    """StoreError that names the first file that is not as it was written."""
    for one in check(store, manifest, names):
        if one["is_as_written"] is False:
            path = store / one["path"]
            what = "is not as it was written (its sha256 differs)" if path.is_file() else "is missing"
            raise StoreError(f"{path}: {what}; make the store again by `atlarge ingest`")

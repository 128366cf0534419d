"""What a site is made of, as one key: the same key, the same site, and nothing to be counted again."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import atlarge

if TYPE_CHECKING:
    from atlarge.records.store import Store


_KINDS = {".py", ".yaml", ".csv", ".json", ".j2", ".css", ".js", ".svg"}


@cache
def _code() -> str:
    """Hash of the package: its code, tables and templates; the embedded records are a store as any other."""
    root = Path(atlarge.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if path.suffix in _KINDS and "embedded" not in name.parts:
            digest.update(str(name).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def key_of(store: Store, **settings: Any) -> str:
    """Key of a site: the code, the store's manifest and files, and the settings it is asked for with."""
    digest = hashlib.sha256(_code().encode())
    digest.update(json.dumps(store.manifest, sort_keys=True, default=str).encode())
    for table in store.tables():
        for path in store.files(table):
            with path.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
    digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    return digest.hexdigest()

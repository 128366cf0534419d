"""The store: a folder of Parquet files and a manifest that names those that count.

A commit writes new files beside the old ones, then swaps the manifest by rename. Whoever opens the store
sees the manifest of before or of after, and every file that either names.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import importlib
import io
import json
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, partial
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.errors import StoreError
from atlarge.files import PRIVATE, STREAM, digest, is_stream, locked, private_folder, sync, write_atomically
from atlarge.records.gaps import Gap
from atlarge.records.integrity import is_sealed, require, sealed
from atlarge.records.tables import TABLES, categories
from atlarge.wording import some

__all__ = ["Coverage", "Store", "open_store"]

FORMAT = 1
MANIFEST = "manifest.json"
ASIDE = ("quarantine", "overlap", "base")
"""Files of a release beside its tables: rows that failed, rows set aside, rows as they were before they were
filled from another release."""
_LOCK = ".lock"
_TEMPORARY = ".new-"
_SPILL = ".aside-"
_LOCK_SECONDS = 300.0
_ATTEMPTS = 20
"""How often a writer makes its folder of temporary files again where others have removed it."""
_OWN_NAME = re.compile(r"-[0-9a-f]{12}(?:[.-]|$)")
"""In the name of every file of a release: the start of the sha256 that it came from."""


def _ask(module: str, name: str) -> Any:
    """Call a function of a higher layer by name, since modules import downwards only."""
    return getattr(importlib.import_module(module), name)


@dataclass(frozen=True)
class Coverage:
    """Days and places that a release covers.

    Attributes
    ----------
    release_id : str
        Of the release.
    start, end : date
        First and last day, both inside.
    scope : str
        "nation", or a level and codes ("aor:SEA,SPM").
    levels : tuple of str or None
        Levels of place at which it counts; None for all.
    without : tuple of str
        Places inside that it lacks, as "state:IA".
    lacks : tuple of str
        Columns of the table that it leaves empty.
    reported : tuple
        Columns that it fills on some days only, with first and last days of the stretches in which it does.
    gaps : tuple of Gap
        Values that it lacks though a complete release always has them.
    """

    release_id: str
    start: dt.date
    end: dt.date
    scope: str
    levels: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    reported: tuple[tuple[str, tuple[tuple[dt.date, dt.date], ...]], ...] = ()
    gaps: tuple[Gap, ...] = ()


class Store:
    """A store, as its manifest was when it was opened; stores of one folder and one manifest are equal."""

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path = path
        self.manifest = manifest
        self._checked: set[str] = set()
        self._names: dict[str, frozenset[str]] = {}
        self._covered: dict[str, list[Coverage]] = {}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the manifest, which holds the hash of every release."""
        return hashlib.sha256(json.dumps(self.manifest, sort_keys=True, default=str).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Store) and (self.path, self.fingerprint) == (other.path, other.fingerprint)

    def __hash__(self) -> int:
        return hash((self.path, self.fingerprint))

    def summary(self) -> str:
        """The folder, then one line for each table: its rows and the days its releases cover."""
        lines = [f"{self.path}: {some(len(self.releases), 'release')}"]
        for name in self.tables():
            rows = sum(int(entry["rows"]) for entry in self._entries(name))
            lines.append(f"{name}: {some(rows, 'row')}")
        return "\n".join(lines)

    __str__ = summary

    def __repr__(self) -> str:
        return f"<Store {self.path}: {', '.join(self.tables()) or 'empty'}>"

    def _sound(self, names: list[str]) -> list[Path]:
        """Paths of files, once they are known to be as they were written; StoreError if one is not."""
        fresh = [name for name in names if name not in self._checked]
        require(self.path, self.manifest, fresh)
        self._checked.update(fresh)
        return [self.path / name for name in names]

    def named(self) -> list[str]:
        """Paths, within the store, of every file that belongs to it."""
        return named_files(self.manifest)

    @property
    def releases(self) -> list[dict[str, Any]]:
        """The audits of all stored releases, by id."""
        return list(self.manifest["releases"])

    @property
    def is_simulated(self) -> bool:
        """Whether any stored release says that its records are simulated."""
        return any(r.get("is_simulated") for r in self.releases)

    def _entries(self, table: str) -> list[dict[str, Any]]:
        return [e for r in self.releases for e in r["tables"] if e["table"] == table]

    def tables(self) -> list[str]:
        """Names of the tables that hold anything."""
        return sorted({e["table"] for r in self.releases for e in r["tables"]})

    def files(self, table: str) -> list[Path]:
        """Parquet files of a table. StoreError if the store has no such table."""
        found = [str(e["path"]) for e in self._entries(table)]
        if not found:
            available = ", ".join(self.tables()) or "nothing"
            if self.path == _embedded():
                raise StoreError(
                    f"the embedded records have no {table}, only {available}; name a store that has "
                    "them (--store)"
                )
            raise StoreError(f"{self.path}: the store has no {table}; it holds {available}")
        return self._sound(found)

    def _columns(self, path: str) -> frozenset[str]:
        """The columns of a file of the store (older versions wrote fewer); none of a lost or changed file."""
        if path not in self._names:
            try:
                (file,) = self._sound([path])  # a changed file may make its reader panic
                self._names[path] = frozenset(_schema_of(file))
            except (OSError, StoreError, pl.exceptions.PolarsError):
                return frozenset()
        return self._names[path]

    def _absent(self, release: dict[str, Any], table: str) -> list[str]:
        """Columns of a table that no file of a release has."""
        names = [self._columns(str(e["path"])) for e in release["tables"] if e["table"] == table]
        known = frozenset().union(*names)
        return [n for n in TABLES[table] if n not in known] if known and table in TABLES else []

    def scan(self, table: str) -> pl.LazyFrame:
        """A table as a lazy frame. StoreError if the store has no such table."""
        files = self.files(table)
        if len({self._columns(str(e["path"])) for e in self._entries(table)}) > 1:
            return pl.concat([pl.scan_parquet(file, glob=False) for file in files], how="diagonal")
        return pl.scan_parquet(files, glob=False)

    def coverage(self, table: str) -> list[Coverage]:
        """What each release covers of a table; empty where it holds none."""
        if table not in self._covered:
            self._covered[table] = self._read_coverage(table)
        return list(self._covered[table])

    def _read_coverage(self, table: str) -> list[Coverage]:
        return [
            Coverage(
                r["id"],
                dt.date.fromisoformat(c["start"]),
                dt.date.fromisoformat(c["end"]),
                c["scope"],
                tuple(c["levels"]) if c.get("levels") is not None else None,
                tuple(c.get("without", ())),
                tuple(sorted({*c.get("lacks", ()), *absent})),
                tuple(
                    (name, tuple((dt.date.fromisoformat(a), dt.date.fromisoformat(b)) for a, b in days))
                    for name, days in c.get("reported", {}).items()
                ),
                tuple(Gap.of(gap) for gap in c.get("gaps", ())),
            )
            for r in self.releases
            for absent in [self._absent(r, table)]
            for c in r["coverage"]
            if c["table"] == table
        ]

    def panel(self, **question: Any) -> Any:
        """Counts by place and period; arguments as of `atlarge.panel`."""
        return _ask("atlarge.panel", "panel")(self, **question)

    def surges(self, **question: Any) -> Any:
        """Surges in every place of a level; arguments as of `atlarge.find_surges`."""
        return _ask("atlarge.surges", "find_surges")(self, **question)

    def explain(self, place: str, **question: Any) -> Any:
        """What changed in a place around a policy or day; arguments as of `atlarge.explain`."""
        return _ask("atlarge.explain", "explain")(place, store=self, **question)

    def quarantine(self) -> pl.DataFrame:
        """Rows that failed, with release, file, sheet, row, reason, column and value."""
        paths = self._sound([str(r["quarantine"]) for r in self.releases if r.get("quarantine")])
        if not paths:
            from atlarge.records.typed import QUARANTINE

            return pl.DataFrame(schema=QUARANTINE)
        return pl.read_parquet(paths, glob=False)


def named_files(manifest: dict[str, Any]) -> list[str]:
    """Paths, within the store, of every file that a manifest names."""
    named = {str(e["path"]) for r in manifest["releases"] for e in r["tables"]}
    return sorted(named | {str(r[key]) for r in manifest["releases"] for key in ASIDE if r.get(key)})


def empty_manifest() -> dict[str, Any]:
    """The manifest of a store that holds nothing."""
    return {"format": FORMAT, "releases": []}


def read_manifest(path: Path) -> dict[str, Any] | None:
    """The manifest of a folder; None if there is none. StoreError if unreadable or of another format."""
    file = path / MANIFEST
    if is_stream(file):
        raise StoreError(f"{file}: {STREAM}")
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(
            f"{file}: cannot be read ({error}); make the store anew by `atlarge ingest`"
        ) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise StoreError(f"{file}: is of another format; make the store anew by `atlarge ingest`")
    if not is_sealed(manifest):
        raise StoreError(
            f"{file}: is not as it was written (its sha256 differs); make the store anew by `atlarge ingest`"
        )
    if not _is_sound(manifest):
        raise StoreError(f"{file}: is damaged or was edited; make the store anew by `atlarge ingest`")
    return manifest


def _is_sound(manifest: dict[str, Any]) -> bool:
    """Whether every release has what is read of it, and names files of the store alone."""
    try:
        for release in manifest["releases"]:
            named = [entry["path"] for entry in release["tables"]]
            named += [release[key] for key in ASIDE if release.get(key)]
            if any(Path(name).is_absolute() or ".." in Path(name).parts for name in named):
                return False
            texts = [release["id"], *(entry["table"] for entry in release["tables"])]
            for span in release["coverage"]:
                texts += [span["table"], span["scope"]]
                if dt.date.fromisoformat(span["start"]) > dt.date.fromisoformat(span["end"]):
                    return False
            if not all(isinstance(text, str) for text in texts):
                return False
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    return True


def _embedded() -> Path:
    """The folder of the records that ship with the package."""
    return Path(str(package_files("atlarge").joinpath("embedded")))


def open_store(path: Store | Path | str | None = None) -> Store:
    """Open a store.

    Parameters
    ----------
    path : Store or path, optional
        Its folder; None: the embedded records, which ship with the package; a store is given back as it is.

    Returns
    -------
    Store
        Its tables can be read; nothing of them is in memory yet.

    Raises
    ------
    StoreError
        If there is no store there, or it cannot be read.

    Examples
    --------
    >>> open_store().tables()
    ['arrests']
    """
    if path is None:
        path = _embedded()
    if not isinstance(path, Path | str):
        if hasattr(path, "scan"):
            return path
        raise StoreError(f"a store is named by its folder, not by {path!r}")
    folder = Path(path)
    if folder.is_file():
        raise StoreError(
            f"{folder}: is a file, not the folder of a store; read a release into one by "
            f"`atlarge ingest {folder} --store FOLDER`"
        )
    manifest = read_manifest(folder)
    if manifest is None:
        raise StoreError(
            f"{folder}: there is no store here; make one by `atlarge ingest FILE... --store {folder}`"
        )
    return Store(folder, manifest)


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Lock a store against other writers, waiting for one that has the lock. Raises StoreError after five
    minutes.

    The system releases the lock when a writer's process ends for any reason.
    """
    busy = StoreError(f"{path}: another writer holds the store; try again when it is done")
    with contextlib.ExitStack() as stack:
        try:
            private_folder(path)
            stack.enter_context(locked(path / _LOCK, busy, wait_seconds=_LOCK_SECONDS))
        except OSError as error:
            raise StoreError(f"{path}: cannot be written ({error.strerror}); choose another folder") from None
        yield


@contextlib.contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    """Turn errors while writing into one line."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror or error}); nothing was changed"
        ) from None
    except pl.exceptions.PolarsError as error:
        line = " ".join(str(error).split())[:160]
        raise StoreError(
            f"{path}: cannot be written ({line}); is the disk full? Nothing was changed"
        ) from None


def write_rows(frame: pl.DataFrame, path: Path) -> None:
    """Write rows as the store keeps them. The same frame gives the same bytes. OSError if it cannot be.

    Categories are stored as the texts that they are, to the byte: they only save the writer finding them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = frame.schema
    numbered = categories(kinds)
    texts = pl.Schema(kinds | dict.fromkeys(numbered, pl.String()))
    _write(frame, path, metadata={_ARROW: _arrow_schema(tuple(texts.items()))} if numbered else None)
    if numbered and _schema_of(path) != texts:  # this Polars does not let the schema be stated
        _write(frame.cast(texts), path)


def _schema_of(path: Path) -> dict[str, pl.DataType]:
    """Columns of a Parquet file; its name is no pattern, whatever is in it."""
    with path.open("rb") as file:
        return pl.read_parquet_schema(file)


_ARROW = "ARROW:schema"
_write = partial(pl.DataFrame.write_parquet, compression="zstd", compression_level=1, statistics=False)


@cache
def _arrow_schema(columns: tuple[tuple[str, Any], ...]) -> str:
    """A schema as Parquet files state it, beside their own, for programs that use Arrow."""
    file = io.BytesIO()
    _write(pl.DataFrame(schema=dict(columns)), file)
    file.seek(0)
    return str(pl.read_parquet_metadata(file)[_ARROW])


class Spill:
    """Temporary files next to the store for rows that await their commit, so that many releases can be
    handled in little memory."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._folder: Path | None = None
        self._guard = threading.Lock()
        self._is_new = not store.exists()
        self._lock = contextlib.ExitStack()
        self._count = 0

    def _place(self) -> Path:
        with self._guard:
            if self._folder is None:
                self._folder = self._own_folder()
            self._count += 1
            return self._folder / f"{self._count}.parquet"

    def _own_folder(self) -> Path:
        """A new folder, locked. Until it is, another writer may take it for one that a killed writer left."""
        swept = StoreError(f"{self._store}: another writer keeps removing temporary files; try again")
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(FileNotFoundError, StoreError):
                private_folder(self._store)
                folder = Path(tempfile.mkdtemp(prefix=_SPILL, dir=self._store))
                self._lock.enter_context(locked(folder / _LOCK, swept))
                if (folder / _LOCK).exists():
                    return folder
            self._lock.close()
        raise swept

    def write(self, frame: pl.DataFrame) -> Path:
        """Write rows to a temporary file and return where it is. Raises StoreError if that fails."""
        with _write_errors(self._store):
            path = self._place()
            write_rows(frame, path)
        return path

    def take(self, path: Path) -> pl.DataFrame:
        """Load rows that were put aside and remove their file."""
        with _write_errors(self._store):
            frame = pl.read_parquet(path, glob=False)
            path.unlink()
        return frame

    def close(self) -> None:
        """Remove the temporary files, and the store's folder if it is otherwise empty."""
        if self._folder is None:
            return
        self._lock.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._is_new:
            with contextlib.suppress(OSError):
                self._store.rmdir()


def _sweep_spills(path: Path) -> None:
    """Remove temporary files left by killed writers; running writers hold a lock on theirs."""
    for folder in [p.parent for p in path.glob(f"{_SPILL}*/{_LOCK}")]:
        in_use = StoreError(f"{folder}: is in use")
        with contextlib.suppress(OSError, StoreError), locked(folder / _LOCK, in_use):
            shutil.rmtree(folder, ignore_errors=True)


class Writer:
    """Files of a commit, kept separate until it is done. Use it while holding `lock`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for stale in path.glob(f"{_TEMPORARY}*"):
            shutil.rmtree(stale, ignore_errors=True)
        for torn in path.glob(f".{MANIFEST}.*.tmp"):
            torn.unlink(missing_ok=True)
        _sweep_spills(path)
        self._folder = path / f"{_TEMPORARY}{os.getpid()}"
        self._moves: list[tuple[Path, Path]] = []

    def put(self, frame: pl.DataFrame, name: str) -> str:
        """Write a frame for a path in the store; returns the path. The same frame gives the same bytes."""
        temporary = self._folder / name
        with _write_errors(self.path):
            write_rows(frame, temporary)
        self._moves.append((temporary, self.path / name))
        return name

    def take(self, written: Path, name: str) -> str:
        """Take a file that was put aside for a path in the store; returns the path."""
        self._moves.append((written, self.path / name))
        return name

    def _hashes(self) -> dict[str, str]:
        """The sha256 of every file of the commit, by its path in the store."""
        with _write_errors(self.path):
            return {str(final.relative_to(self.path)): digest(temporary) for temporary, final in self._moves}

    def commit(self, manifest: dict[str, Any]) -> None:
        """Move the files into place and swap the manifest. Earlier files stay for processes that still read
        them."""
        folders = {self.path}
        kept = manifest.get("files", {}) | self._hashes()
        manifest["files"] = {name: kept[name] for name in named_files(manifest) if name in kept}
        manifest["releases"] = sorted(manifest["releases"], key=lambda r: str(r["id"]))
        text = json.dumps(sealed(manifest), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        with _write_errors(self.path):
            for temporary, final in self._moves:
                private_folder(final.parent)
                temporary.chmod(PRIVATE)
                sync(temporary)
                temporary.replace(final)
                folders.add(final.parent)
            for folder in sorted(folders):
                sync(folder)
            write_atomically(self.path / MANIFEST, text.encode(), mode=PRIVATE)
            sync(self.path)
        self.discard()

    def discard(self) -> None:
        """Remove files that were written but not committed."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def sweep(self, manifest: dict[str, Any]) -> None:
        """Remove files that the manifest does not list, left by an earlier commit or a killed writer.

        Only those with a name that a commit gives: the folder may hold files of the user's.
        """
        named = set(named_files(manifest))
        for folder in (*TABLES, "quarantine", "overlap"):
            for file in (self.path / folder).glob("*.parquet"):
                if _OWN_NAME.search(file.name) and str(file.relative_to(self.path)) not in named:
                    file.unlink(missing_ok=True)


def content_hash(frame: pl.DataFrame, *columns: str) -> str:
    """Eight characters that stand for a frame's rows (by lineage), for the name of a rewritten file.

    `columns`: of which the values count, too.
    """
    digest = hashlib.sha256()
    for name in columns:
        digest.update(frame[name].hash(0).to_numpy().tobytes())
    digest.update(frame["row"].to_numpy().tobytes())
    digest.update(",".join(str(s) for s in frame["sheet"].unique().sort().to_list()).encode())
    return digest.hexdigest()[:8]

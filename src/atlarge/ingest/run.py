"""Ingest releases into a store: read, type, place, remove overlaps, commit; all files or none."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from itertools import zip_longest
from pathlib import Path

import polars as pl

from atlarge.errors import ReleaseError, StoreError
from atlarge.ingest.placing import Placer, Words, put_places
from atlarge.known_places import known_texts
from atlarge.records.audit import IngestAudit, ReleaseAudit
from atlarge.records.commit import already_stored, commit, coverage_of, digest
from atlarge.records.coverage import Scope, parse_scope
from atlarge.records.parts import prepared_parts, put_aside, whole
from atlarge.records.prepare import Prepared, prepare
from atlarge.records.revisions import revisions
from atlarge.records.store import Spill, Store, open_store, read_manifest
from atlarge.releases import Release, families, read_releases
from atlarge.releases.opening import Opened, open_release
from atlarge.releases.persons import load_words
from atlarge.releases.reading import is_long, read_parts
from atlarge.releases.workbook import FORMULAS
from atlarge.wording import some

__all__ = ["IngestAudit", "ReleaseAudit", "ingest"]

Progress = Callable[[str], None]
_READERS = 2


def _paths(files: Path | str | Iterable[Path | str]) -> list[Path]:
    named = [files] if isinstance(files, Path | str) or not isinstance(files, Iterable) else list(files)
    wrong = [one for one in named if not isinstance(one, Path | str)]
    if wrong:
        raise ReleaseError(f"a release is named by its path, not by {wrong[0]!r}")
    paths = [Path(f) for f in named]
    if not paths:
        raise ReleaseError("no files given; name one release or more")
    return paths


def _in_parts(parts: Iterator[Release], placer: Placer, spill: Spill, covers: list[Scope]) -> Prepared:
    """A long release: typed part by part, then placed by the words of all parts; its rows wait on disk."""
    prepared: list[Prepared] = []
    hashes: list[pl.Series] = []
    counted, waiting, pieces, digests = [], [], [], []
    for one in prepared_parts(parts, spill, hashes):
        counted.append(Words(one.frame).counted)
        waiting.append(spill.write(one.frame))
        one.frame, one.coded = one.frame.clear(), {}
        prepared.append(one)
    own = placer.read_words(prepared[0].audit.table, counted)
    for one, file in zip(prepared, waiting, strict=True):
        one.frame = spill.take(file)
        put_places(one, own, Words(one.frame), is_part=True)
        digests.append(digest(one.frame, one.audit.table))
        pieces.append(spill.write(one.frame))
        one.frame = one.frame.clear()
    return whole(prepared, pieces, digests, hashes, covers)


def _read(path: Path, store: Path) -> tuple[Opened, list[str], list[Release]]:
    """A file, the ids under which the store already holds it, and its releases if it is new and not long."""
    opened = open_release(path)
    earlier = already_stored(store, opened.sha256)
    return opened, earlier, [] if earlier or is_long(opened) else read_releases(path, opened)


def _loaded() -> Placer:
    """Load what the first release needs: families for its header, words for its texts, known places, and the
    modules that Polars asks for at a first column from NumPy and the store at its first lock."""
    families()
    load_words()
    known_texts()
    placer = Placer()
    for module in ("numpy.ma", "filelock"):
        import_module(module)
    return placer


def _read_all(
    paths: Sequence[Path], store: Path, spill: Spill, report: Progress, covers: list[Scope]
) -> list[list[Prepared | str]]:
    """Read, type, place and write files; of several refusals, the first one given is raised.

    One list a file, of its releases: one, or one a family of a workbook's sheets. For a file whose bytes the
    store already holds, their ids instead. This thread types the files, one after another, which is the work
    of Python; meanwhile others unpack and parse the next ones and write the one before.
    """

    def finish(prepared: Prepared, own: pl.DataFrame | None, words: Words) -> Prepared:
        put_places(prepared, own, words)
        prepared.audit.coverage = coverage_of(prepared)
        return put_aside(prepared, spill)

    with ThreadPoolExecutor(_READERS) as pool:
        reading = deque(pool.submit(_read, path, store) for path in paths[:_READERS])
        placer = _loaded()  # while the first files are unpacked
        found: list[list[Future[Prepared] | Prepared | str]] = []
        try:
            for path, after in zip_longest(paths, paths[_READERS:]):
                opened, earlier, releases = reading.popleft().result()
                if after is not None:
                    reading.append(pool.submit(_read, after, store))
                found.append([*earlier])
                if earlier:
                    report(f"{path.name}: already in the store as {', '.join(earlier)}")
                elif not releases:
                    long = _in_parts(read_parts(path, opened), placer, spill, covers)
                    report(_has_read(path, long))
                    found[-1].append(long)
                for release in releases:
                    prepared = prepare(release)
                    prepared.covers = covers
                    report(_has_read(path, prepared))
                    found[-1].append(pool.submit(finish, prepared, *placer.read(prepared)))
            return [[one.result() if isinstance(one, Future) else one for one in file] for file in found]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _has_read(path: Path, prepared: Prepared) -> str:
    return f"read {path.name}: {some(prepared.audit.rows_read, 'row')} of {prepared.audit.family}"


def _once(
    read: Sequence[list[Prepared | str]], paths: Sequence[Path]
) -> tuple[dict[str, Prepared | None], list[str]]:
    """Releases by id, in the order given; the same bytes given twice are taken once."""
    kept: dict[str, Prepared | None] = {}
    first: dict[str, Path] = {}
    notes = []
    pairs = [(prepared, path) for found, path in zip(read, paths, strict=True) for prepared in found]
    for prepared, path in pairs:
        name = prepared if isinstance(prepared, str) else prepared.audit.id
        if name in kept:
            notes.append(f"{path.name} holds the same bytes as {first[name].name}; taken once")
            continue
        first[name] = path
        kept[name] = None if isinstance(prepared, str) else prepared
    return kept, notes


def _refuse_loss(read: Sequence[Prepared], paths: Sequence[Path]) -> None:
    """ReleaseError for a release most of whose rows would be lost."""
    for prepared in read:
        loss = prepared.audit.loss()
        if loss is not None:
            reason, why = loss
            lost = prepared.quarantine.filter(pl.col("reason") == reason)
            for sheet, row in lost.select("sheet", "row").head(1).iter_rows():
                why += f"; the first is row {row}" + (f" of sheet {sheet!r}" if sheet else "")
            if FORMULAS in prepared.audit.notes:
                why += "; nothing is read of a formula whose value was not saved: open and save the workbook"
            path = next((p for p in paths if p.name == prepared.audit.file), prepared.audit.file)
            raise ReleaseError(
                f"{path}: {why}; the store is as it was. Correct the column and try again, or pass "
                "--allow-loss to keep the rest and see the others by `atlarge audit --quarantine`"
            )


def ingest(
    files: Path | str | Iterable[Path | str],
    store: Path | str,
    progress: bool = False,
    on_progress: Progress | None = None,
    *,
    covers: str | None = None,
    allow_loss: bool = False,
) -> IngestAudit:
    """Read releases into a store and return the account of every row.

    A release that is already in the store changes nothing. A refusal, an error or a kill leaves the store
    as it was.

    Parameters
    ----------
    files : path or iterable of path
        A release, or several in any order.
    store : path
        Folder of the store; created if it is not there.
    progress : bool
        Print one line a step to stderr.
    on_progress : callable, optional
        Receives these lines instead.
    covers : str, optional
        The places that the files cover where they cannot show it themselves: "nation", or a level and codes
        such as "state:MN" or "county:48453,48491".
    allow_loss : bool
        Accept a file that loses half of its rows or more.

    Returns
    -------
    IngestAudit
        Rows read, kept, quarantined and set aside, by release, with reasons.

    Raises
    ------
    ReleaseError
        For a file that is refused or that would lose most of its rows (unless `allow_loss`).
    StoreError
        For a store that cannot be written.

    Examples
    --------
    >>> import atlarge
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     simulated = atlarge.simulate(folder, seed=1, arrests=2_000)
    ...     audit = ingest(simulated.arrests, Path(folder, "store"))
    >>> len(audit.releases) == len(simulated.arrests)
    True
    """
    say = on_progress or (_to_stderr if progress else _silent)
    paths = _paths(files)
    said = [] if covers is None else parse_scope(covers)
    if not isinstance(store, str | Path):
        raise StoreError(f"name the folder of the store, not {store!r}")
    spill = Spill(Path(store))
    try:
        by_path, notes = _once(_read_all(paths, Path(store), spill, say, said), paths)
        read = [prepared for prepared in by_path.values() if prepared is not None]
        if not allow_loss:
            _refuse_loss(read, paths)
        say("writing")
        declared = {name: said for name, prepared in by_path.items() if prepared is None and said}
        before = _before(Path(store), read)
        audits = commit(read, Path(store), declared)
    finally:
        spill.close()
    changed = revisions(before, open_store(store), [m.audit.table for m in read]) if before else []
    return IngestAudit([audits[name] for name in by_path], notes, changed)


def _before(store: Path, read: Sequence[Prepared]) -> Store | None:
    """The store as it is, if it holds a release of a table that is about to change; else None."""
    manifest = read_manifest(store) if read and store.is_dir() else None
    tables = {prepared.audit.table for prepared in read}
    if manifest is None or not any(release["table"] in tables for release in manifest["releases"]):
        return None
    return Store(store, manifest)


def _silent(line: str) -> None:
    """Report no progress."""


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")

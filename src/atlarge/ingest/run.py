"""From releases to a store: read, type, place, count once, commit; all files or none.

Placing needs both records and places, so this module drives releases -> records -> places -> store.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from atlarge.errors import ReleaseError
from atlarge.known_places import QUERY, known_places, resolve_queries
from atlarge.records.audit import IngestAudit, ReleaseAudit
from atlarge.records.commit import already_stored, commit, digest
from atlarge.records.coverage import Scope, parse_scope
from atlarge.records.gaps import shown
from atlarge.records.parts import Aside, prepared_parts, whole
from atlarge.records.prepare import Prepared, prepare
from atlarge.records.revisions import revisions
from atlarge.records.store import Spill, Store, open_store, read_manifest
from atlarge.records.tables import PLACE, TABLES, conform
from atlarge.releases import Release, read_releases
from atlarge.releases.areas import area_code, county_code, state_code
from atlarge.releases.opening import open_release
from atlarge.releases.reading import is_long, read_parts

__all__ = ["IngestAudit", "ReleaseAudit", "ingest"]

Progress = Callable[[str], None]
_READERS = 4

_WORDS = ("text", "aor", "state", "city", "facility_code", "county")
_SURE_ROWS, _SURE_SHARE = 20, 0.99
"""A landmark gives the area of rows that lack one if at least so many rows, and this share, agree on it."""

_FOUND_KEPT = [
    "office", "county_fips", "place_kind", "place_confidence", "place_basis", "landmark_class",
]  # fmt: skip


def _paths(files: Iterable[Path | str]) -> list[Path]:
    paths = [Path(f) for f in files]
    if not paths:
        raise ReleaseError("no files given; name one release or more")
    return paths


def _in_parts(parts: Iterator[Release], placer: _Placer, spill: Spill, covers: list[Scope]) -> Prepared:
    """A long release: typed part by part, then placed by the words of all parts; its rows wait on disk."""
    prepared: list[Prepared] = []
    hashes: list[pl.Series] = []
    counted, waiting, pieces, digests = [], [], [], []
    for one in prepared_parts(parts, spill, hashes):
        counted.append(_counted_words(_words(one.frame)))
        waiting.append(spill.write(one.frame))
        one.frame = one.frame.clear()
        prepared.append(one)
    own = placer.read_words(prepared[0].audit.table, counted)
    for one, file in zip(prepared, waiting, strict=True):
        one.frame = spill.take(file)
        put_places(one, own)
        digests.append(digest(one.frame, one.audit.table))
        pieces.append(spill.write(one.frame))
        one.frame = one.frame.clear()
    return whole(prepared, pieces, digests, hashes, covers)


def _read_all(
    paths: Sequence[Path], store: Path, aside: Aside, report: Progress, covers: list[Scope]
) -> list[list[Prepared | str]]:
    """Read, type and place files on a few threads; of several refusals, the first one given is raised.

    One list a file, of its releases: one, or one a family of a workbook's sheets. For a file whose bytes the
    store already holds, their ids instead.
    """
    placer = _Placer()

    def one(path: Path) -> list[Prepared | str]:
        opened = open_release(path)
        earlier = already_stored(store, opened.sha256)
        if earlier:
            report(f"{path.name}: already in the store as {', '.join(earlier)}")
            return list(earlier)
        found: list[Prepared | str] = []
        if is_long(opened):
            found.append(aside.keep(_in_parts(read_parts(path, opened), placer, aside.spill, covers)))
        else:
            for release in read_releases(path, opened):
                prepared = prepare(release)
                placer.place(prepared)
                prepared.covers = covers
                found.append(aside.keep(prepared))
        for one_of in found:
            if isinstance(one_of, Prepared):
                report(f"read {path.name}: {one_of.audit.rows_read:,} rows of {one_of.audit.family}")
        return found

    if len(paths) == 1:
        return [one(paths[0])]
    with ThreadPoolExecutor(min(_READERS, len(paths))) as pool:
        return list(pool.map(one, paths))


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
        why = prepared.audit.loss()
        if why is not None:
            path = next((p for p in paths if p.name == prepared.audit.file), prepared.audit.file)
            raise ReleaseError(
                f"{path}: {why}; the store is as it was. Mend the column and try again, or pass --allow-loss "
                "to keep the rest and see the others by `atlarge audit --quarantine`"
            )


def ingest(
    files: Iterable[Path | str],
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
    files : iterable of path
        Releases, in any order.
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
    said = parse_scope(covers) if covers else []
    aside = Aside(Path(store))
    try:
        by_path, notes = _once(_read_all(paths, Path(store), aside, say, said), paths)
        read = [prepared for prepared in by_path.values() if prepared is not None]
        if not allow_loss:
            _refuse_loss(read, paths)
        say("writing")
        declared = {name: said for name, prepared in by_path.items() if prepared is None and said}
        before = _before(Path(store), read)
        audits = commit(read, Path(store), declared)
    finally:
        aside.spill.close()
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
    """Tell nobody."""


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")


def _words(frame: pl.DataFrame) -> pl.DataFrame:
    """The words of each row that may name its place; `text` is the landmark, else the facility.

    A release without a column of place has one of nulls, the area, so that its rows are counted all the same.
    """
    text = next((name for name in ("landmark", "facility") if name in frame.columns), None)
    named = [pl.col(text).alias("text")] if text else []
    named += [pl.col(name) for name in _WORDS[1:] if name in frame.columns]
    if not named:
        frame, named = frame.with_columns(pl.lit(None, pl.String).alias("aor")), [pl.col("aor")]
    return frame.select(named)


def _area_of_landmarks(combinations: pl.DataFrame) -> pl.DataFrame:
    """The area of responsibility that the rows of a landmark in this release agree on: text, _learned."""
    known = combinations.filter(pl.col("_aor").is_not_null() & pl.col("text").is_not_null())
    by_area = known.group_by("text", "_aor").agg(pl.col("_rows").sum())
    return (
        by_area.sort("text", "_rows", "_aor", descending=[False, True, False])
        .group_by("text", maintain_order=True)
        .agg(
            pl.col("_aor").first().alias("_learned"),
            pl.col("_rows").first(),
            pl.col("_rows").sum().alias("_all"),
        )
        .filter((pl.col("_all") >= _SURE_ROWS) & (pl.col("_rows") >= _SURE_SHARE * pl.col("_all")))
        .select("text", "_learned")
    )


def _counted_words(words: pl.DataFrame) -> pl.DataFrame:
    """Distinct combinations of words, with the rows of each."""
    return words.group_by(words.columns).agg(pl.len().alias("_rows"))


def combinations_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Distinct combinations of the words that decide the places of a release's rows, and the queries they
    become."""
    return _combinations([_counted_words(_words(frame))])


def _combinations(counted: list[pl.DataFrame]) -> pl.DataFrame:
    """Distinct combinations of words of a release, with the area recorded, else the landmark's."""
    columns = [name for name in counted[0].columns if name != "_rows"]
    has_text = "text" in columns
    found = counted[0]
    if len(counted) > 1:
        found = pl.concat(counted).group_by(columns).agg(pl.col("_rows").sum())
    found = found.with_columns(pl.lit(None, pl.String).alias(n) for n in _WORDS if n not in columns)
    found = found.sort(_WORDS, nulls_last=False)
    found = found.with_columns(
        area_code(found["aor"]).alias("_aor"), state_code(found["state"]).alias("_state")
    )
    found = found.join(_area_of_landmarks(found), on="text", how="left", maintain_order="left")
    return found.with_columns(
        pl.lit(has_text).alias("_has_text"),
        pl.coalesce("_aor", "_learned").alias("_asked"),
        county_code(found["county"], found["_state"]).alias("_stated"),
    )


def _placed(combinations: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """The store's place columns for each combination of words."""
    joined = combinations.join(places, on=list(QUERY), how="left", nulls_equal=True, maintain_order="left")
    reported = pl.col("_stated").is_not_null()
    # a release without any text of place is placed by what it does record
    by_area = ~pl.col("_has_text") & (pl.col("place_kind") == "unresolved") & pl.col("_aor").is_not_null()
    by_state = ~pl.col("_has_text") & (pl.col("place_kind") == "unresolved") & pl.col("_state").is_not_null()
    by_state = by_state & ~by_area
    area = pl.coalesce("_asked", "aor_resolved")
    return joined.select(
        *_WORDS,
        pl.when(pl.col("_aor").is_not_null())
        .then(pl.lit("recorded"))
        .when(area.is_not_null())
        .then(pl.lit("landmark"))
        .alias("aor_basis"),
        area.alias("_area"),
        "office",
        "landmark_class",
        pl.coalesce("_stated", "county_fips").alias("county_fips"),
        pl.coalesce("_state", "state_resolved").alias("_code"),
        pl.when(reported)
        .then(pl.lit("county"))
        .when(by_area)
        .then(pl.lit("aor"))
        .when(by_state)
        .then(pl.lit("state"))
        .otherwise("place_kind")
        .alias("place_kind"),
        pl.when(reported | by_area | by_state)
        .then(1.0)
        .otherwise("place_confidence")
        .cast(pl.Float32)
        .alias("place_confidence"),
        pl.when(reported)
        .then(pl.lit("county column of the release"))
        .when(by_area)
        .then(pl.lit("area of responsibility recorded; the release has no text of place"))
        .when(by_state)
        .then(pl.lit("state recorded; the release has no text of place"))
        .otherwise("place_basis")
        .alias("place_basis"),
    )


class _Placer:
    """Places the rows of releases; each distinct combination of words is read once, in whatever file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: pl.DataFrame | None = None

    def _resolved(self, combinations: pl.DataFrame) -> pl.DataFrame:
        """Places of the combinations, from memory where they were resolved before."""
        queries = combinations.select(QUERY).unique().sort(QUERY, nulls_last=False)
        with self._lock:
            if self._known is None:
                self._known = known_places()
            if self._known is not None:
                queries = queries.join(self._known, on=list(QUERY), how="anti", nulls_equal=True)
            if self._known is None or queries.height:
                fresh = resolve_queries(queries)
                self._known = fresh if self._known is None else pl.concat([self._known, fresh])
            return self._known

    def read_words(self, table: str, counted: list[pl.DataFrame]) -> pl.DataFrame | None:
        """Places of the words of a release, from those of its parts; None if its table has no places."""
        if not set(PLACE) <= set(TABLES[table]):
            return None
        combinations = _combinations(counted)
        return _placed(combinations, self._resolved(combinations))

    def place(self, prepared: Prepared) -> None:
        """Place the rows of a release that is in memory as a whole."""
        put_places(prepared, self.read_words(prepared.audit.table, [_counted_words(_words(prepared.frame))]))


def put_places(prepared: Prepared, own: pl.DataFrame | None) -> None:
    """Give rows the places of their words and the class of their landmark, in the table's form.

    `own`: places and classes by the words of a row.
    """
    if own is not None:
        prepared.frame = with_places(prepared.frame, own)
        prepared.audit.unresolved_places = int((prepared.frame["place_kind"] == "unresolved").sum())
    prepared.shown = shown(prepared.frame, prepared.audit.table)
    prepared.frame = conform(prepared.frame, prepared.audit.table)


def with_places(frame: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Rows with the places of their words."""
    words = _words(frame)
    joined = words.join(own, on=words.columns, how="left", nulls_equal=True, maintain_order="left")
    return frame.with_columns(
        joined["_area"].alias("aor"), joined["_code"].alias("state"),
        *joined.select("aor_basis", *_FOUND_KEPT).get_columns(),
    )  # fmt: skip

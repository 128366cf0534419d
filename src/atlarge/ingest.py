"""From releases to a store: read, type, place, count once, commit; all files or none.

Placing needs both records and places, so this module drives releases -> records -> places -> store.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from atlarge.errors import ReleaseError
from atlarge.places import resolve
from atlarge.records.audit import IngestAudit, ReleaseAudit
from atlarge.records.commit import commit, held_already
from atlarge.records.prepare import Prepared, prepare
from atlarge.records.tables import PLACE, TABLES, conform
from atlarge.releases import open_release, read_release
from atlarge.releases.areas import area_code, county_code, state_code

__all__ = ["IngestAudit", "ReleaseAudit", "ingest"]

Progress = Callable[[str], None]
_READERS = 4

_WORDS = ("text", "aor", "state", "city", "facility_code", "county")
_SURE_ROWS, _SURE_SHARE = 20, 0.99
"""A landmark gives the area of rows that lack one if at least so many rows, and this share, agree on it."""


def _paths(files: Iterable[Path | str]) -> list[Path]:
    paths = [Path(f) for f in files]
    if not paths:
        raise ReleaseError("no files given; name one release or more")
    return paths


def _read_all(paths: Sequence[Path], store: Path, told: Progress) -> list[Prepared | str]:
    """Read and type files on a few threads; of several refusals, the first in the order given is raised.

    For a file whose bytes the store already holds, the release's id instead.
    """

    def one(path: Path) -> Prepared | str:
        opened = open_release(path)
        held = held_already(store, opened.sha256)
        if held is not None:
            told(f"{path.name}: held already as {held['id']}")
            return str(held["id"])
        made = prepare(read_release(path, opened))
        told(f"read {path.name}: {made.audit.rows_read:,} rows of {made.audit.family}")
        return made

    if len(paths) == 1:
        return [one(paths[0])]
    with ThreadPoolExecutor(min(_READERS, len(paths))) as pool:
        return list(pool.map(one, paths))


def _once(
    read: Sequence[Prepared | str], paths: Sequence[Path]
) -> tuple[dict[str, Prepared | None], list[str]]:
    """Releases by id, in the order given; the same bytes given twice are taken once."""
    kept: dict[str, Prepared | None] = {}
    first: dict[str, Path] = {}
    notes = []
    for made, path in zip(read, paths, strict=True):
        name = made if isinstance(made, str) else made.audit.id
        if name in kept:
            notes.append(f"{path.name} holds the same bytes as {first[name].name}; taken once")
            continue
        first[name] = path
        kept[name] = None if isinstance(made, str) else made
    return kept, notes


def ingest(
    files: Iterable[Path | str], store: Path | str, progress: bool = False, told: Progress | None = None
) -> IngestAudit:
    """Read releases into a store and return the account of every row.

    Idempotent: a release already held changes nothing. Atomic: a refusal, an error or a kill leaves the store
    as it was. ReleaseError for a file that is refused, StoreError for a store that cannot be written.
    `progress` prints one line a step to stderr; `told` receives these lines instead.
    """
    say = told or (_to_stderr if progress else _silent)
    paths = _paths(files)
    asked, notes = _once(_read_all(paths, Path(store), say), paths)
    read = [made for made in asked.values() if made is not None]
    _place_rows(read)
    for made in read:
        made.frame = conform(made.frame, made.audit.table)
        if set(PLACE) <= set(TABLES[made.audit.table]):
            kinds = made.frame["place_kind"].fill_null("unresolved")
            made.audit.unresolved_places = int((kinds == "unresolved").sum())
    say("placed; writing")
    audits = commit(read, Path(store))
    return IngestAudit([audits[name] for name in asked], notes)


def _silent(line: str) -> None:
    """Tell nobody."""


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")


def _words(frame: pl.DataFrame) -> pl.DataFrame:
    """The words of each row that may tell its place; `text` is the landmark, else the facility."""
    text = next((name for name in ("landmark", "facility") if name in frame.columns), None)
    named = [(pl.col(text) if text else pl.lit(None, pl.String)).alias("text")]
    for name in _WORDS[1:]:
        named.append(pl.col(name) if name in frame.columns else pl.lit(None, pl.String).alias(name))
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


def _combinations(made: Prepared) -> pl.DataFrame:
    """Distinct combinations of words of a release, with the area recorded, else the landmark's."""
    found = _words(made.frame).group_by(_WORDS).agg(pl.len().alias("_rows")).sort(_WORDS, nulls_last=False)
    found = found.with_columns(
        area_code(found["aor"]).alias("_aor"), state_code(found["state"]).alias("_state")
    )
    found = found.join(_area_of_landmarks(found), on="text", how="left", maintain_order="left")
    has_text = any(name in made.frame.columns for name in ("landmark", "facility"))
    return found.with_columns(
        pl.lit(has_text).alias("_has_text"),
        pl.coalesce("_aor", "_learned").alias("_asked"),
        county_code(found["county"], found["_state"]).alias("_told"),
    )


def _placed(combinations: pl.DataFrame) -> pl.DataFrame:
    """The store's place columns for each combination of words."""
    asked = combinations.select("text", "_asked", "_state", "city", "facility_code").unique()
    asked = asked.sort(pl.all(), nulls_last=False)
    found = resolve(
        asked, text="text", aor="_asked", state="_state", city="city", facility_code="facility_code"
    )
    places = asked.hstack(
        found.select("place_kind", "county_fips", "office", "aor_resolved", "state_resolved",
                     "place_confidence", "place_basis")
    )  # fmt: skip
    joined = combinations.join(
        places, on=["text", "_asked", "_state", "city", "facility_code"], how="left", nulls_equal=True,
        maintain_order="left",
    )  # fmt: skip
    told = pl.col("_told").is_not_null()
    # a release without any text of place is placed by what it does record
    by_area = ~pl.col("_has_text") & (pl.col("place_kind") == "unresolved") & pl.col("_aor").is_not_null()
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
        pl.coalesce("_told", "county_fips").alias("county_fips"),
        pl.coalesce("_state", "state_resolved").alias("_state"),
        pl.when(told)
        .then(pl.lit("county"))
        .when(by_area)
        .then(pl.lit("aor"))
        .otherwise("place_kind")
        .alias("place_kind"),
        pl.when(told | by_area)
        .then(1.0)
        .otherwise("place_confidence")
        .cast(pl.Float32)
        .alias("place_confidence"),
        pl.when(told)
        .then(pl.lit("county column of the release"))
        .otherwise("place_basis")
        .alias("place_basis"),
    )


def _place_rows(read: list[Prepared]) -> None:
    """Give the rows of records their place columns: each distinct combination of words is read once."""
    to_place = [made for made in read if set(PLACE) <= set(TABLES[made.audit.table])]
    if not to_place:
        return
    combinations = pl.concat(
        [_combinations(made).with_columns(pl.lit(i).alias("_release")) for i, made in enumerate(to_place)]
    )
    places = _placed(combinations).with_columns(combinations["_release"])
    for i, made in enumerate(to_place):
        own = places.filter(pl.col("_release") == i).drop("_release")
        joined = _words(made.frame).join(own, on=_WORDS, how="left", nulls_equal=True, maintain_order="left")
        columns = ["aor_basis", "office", "county_fips", "place_kind", "place_confidence", "place_basis"]
        made.frame = made.frame.with_columns(
            joined["_area"].alias("aor"),
            joined["_state"].alias("state"),
            *joined.select(columns).get_columns(),
        )

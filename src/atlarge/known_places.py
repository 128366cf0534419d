"""Places and classes of the landmarks of the national releases, read beforehand, as the rules say of each.

The table saves reading some ten thousand texts again in every ingest. It is a memory, not a source: it
holds a fingerprint of the rules and tables it was built from, and is ignored as soon as any of them changes.
Texts that are not in it are resolved by the rules. To rebuild it:

    python tools/known_places.py FOLDER_OF_THE_DATA
"""

from __future__ import annotations

import gc
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path

import polars as pl

from atlarge.places import resolve
from atlarge.places.landmark_class import classes_of
from atlarge.places.own import OWN_FILE

QUERY = ("text", "aor_code", "state_code", "city", "facility_code")
FOUND = (
    "office",
    "county_fips",
    "place_kind",
    "place_confidence",
    "place_basis",
    "aor_resolved",
    "state_resolved",
    "landmark_class",
)
TABLE = "known_places.parquet"
_TABLES = (
    "civil_divisions",
    "aors",
    "cities",
    "counties",
    "county_changes",
    "facilities",
    "landmark_styles",
    "offices",
)


def fingerprint() -> str:
    """Stands for everything that decides where a text lies: rules, decisions by hand, tables."""
    root = Path(str(files("atlarge")))
    parts = [*(root / "places").rglob("*.py"), *(root / "places" / "hand").glob("*.yaml")]
    parts += [root / "reference" / f"{name}.csv" for name in _TABLES]
    parts.append(root / "releases" / "areas.py")
    digest = hashlib.sha256()
    for part in sorted(parts):
        digest.update(part.relative_to(root).as_posix().encode())
        digest.update(part.read_bytes())
    return digest.hexdigest()


@cache
def known_texts() -> frozenset[str]:
    """The texts and cities of the table, which are public whatever the rules say of where they lie."""
    path = Path(str(files("atlarge").joinpath(TABLE)))
    if not path.is_file():
        return frozenset()
    known = pl.read_parquet(path, glob=False, columns=["text", "city"])
    return frozenset(known["text"].drop_nulls()) | frozenset(known["city"].drop_nulls())


def known_places() -> pl.DataFrame | None:
    """The table (QUERY and FOUND), or None if there is none, or rules have changed since it was built.

    None too where a user has a file of decisions of their own.
    """
    return None if os.environ.get(OWN_FILE) else _shipped()


@cache
def _shipped() -> pl.DataFrame | None:
    path = Path(str(files("atlarge").joinpath(TABLE)))
    if not path.is_file():
        return None
    if pl.read_parquet_metadata(path).get("fingerprint") != fingerprint():
        return None
    return pl.read_parquet(path, glob=False, columns=[*QUERY, *FOUND])


def resolve_queries(queries: pl.DataFrame) -> pl.DataFrame:
    """Places of the queries (QUERY), as QUERY and FOUND; every row is resolved by the rules."""
    with _no_collection():
        found = resolve(
            queries,
            text="text",
            aor="aor_code",
            state="state_code",
            city="city",
            facility_code="facility_code",
        )
        classes = classes_of(queries["text"]).alias("landmark_class")
    return queries.hstack(found.with_columns(classes).select(FOUND))


@contextmanager
def _no_collection() -> Iterator[None]:
    """No search for cyclic garbage meanwhile: the rules leave none, and over the hundred thousand names that
    they load it takes a third of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()  # what was loaded goes to the oldest generation without being searched
        if collects:
            gc.enable()

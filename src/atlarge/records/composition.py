"""Who was arrested, how and by whom, as far as a release says: its words, read by a vocabulary."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from atlarge.files import shipped_yaml

OTHER = "other"
_CODE = re.compile(r"^\d+\s*[-.:]?\s*")


@cache
def vocabulary() -> dict[str, tuple[str, dict[str, str]]]:
    """Of each column that is read so: the column it comes from, and the group of every listed value."""
    return {
        name: (
            about["from"],
            {_key(value): group for group, values in about["groups"].items() for value in values},
        )
        for name, about in shipped_yaml(__package__, "composition.yaml").items()
        if isinstance(about, dict)
    }


def _key(value: str) -> str:
    return " ".join(_CODE.sub("", value.strip()).casefold().split())


def composition(frame: pl.DataFrame) -> tuple[list[pl.Series], dict[tuple[str, str], int]]:
    """The columns read from those that a release has, and the rows of each value that no group lists.

    A blank stays missing: it is no group, and no other one either.
    """
    columns: list[pl.Series] = []
    unlisted: dict[tuple[str, str], int] = {}
    for name, (source, groups) in vocabulary().items():
        if source not in frame.columns:
            continue
        counts = frame[source].drop_nulls().value_counts()
        read = {}
        for value, rows in counts.iter_rows():
            read[value] = groups.get(_key(value), OTHER)
            if read[value] == OTHER:
                unlisted[source, value] = rows
        columns.append(
            frame[source]
            .replace_strict(list(read), list(read.values()), default=None, return_dtype=pl.String)
            .alias(name)
        )
    return columns, dict(sorted(unlisted.items()))

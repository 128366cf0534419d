"""Columns derived from a release's own words: criminality, type of arrest, agency."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from atlarge.files import shipped_yaml

OTHER = "other"
_CODE = re.compile(r"^\d+\s*[-.:]?\s*")


@cache
def _groups() -> dict[str, tuple[str, dict[str, str]]]:
    """For each derived column: its source column, and the group of every listed value."""
    return {
        name: (
            about["from"],
            {_key(value): group for group, values in about["groups"].items() for value in values},
        )
        for name, about in shipped_yaml(__package__, "derived.yaml").items()
        if isinstance(about, dict)
    }


def _key(value: str) -> str:
    return " ".join(_CODE.sub("", value.strip()).casefold().split())


def derived_columns(frame: pl.DataFrame) -> tuple[list[pl.Series], dict[tuple[str, str], int]]:
    """Derived columns of a release, and the number of rows of each value that no group lists.

    A blank stays missing; it belongs to no group.
    """
    columns: list[pl.Series] = []
    unlisted: dict[tuple[str, str], int] = {}
    for name, (source, groups) in _groups().items():
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

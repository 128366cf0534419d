"""Detainer outcomes and request types, read from the words of a release by a vocabulary kept as data."""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl

from atlarge.files import shipped_yaml

OUTCOMES = ("booked", "declined", "lifted", "transferred", "closed", "other")

MISSING = "missing"
"""The outcome of a detainer without a lift reason."""


@cache
def _vocabulary() -> dict[str, Any]:
    return dict(shipped_yaml(__package__, "outcomes.yaml"))


def outcome(reasons: pl.Series) -> tuple[pl.Series, dict[str, int]]:
    """Outcomes of detainers from their lift reasons, and the rows of each unlisted one (read as other)."""
    known = {reason.lower(): name for name in OUTCOMES for reason in _vocabulary()[name]}
    words = reasons.unique().drop_nulls().cast(pl.String)
    unlisted = words.filter(~words.str.to_lowercase().is_in(list(known))).sort()
    read = {word: known.get(word.lower(), "other") for word in words.to_list()}
    outcomes = reasons.replace_strict(list(read), list(read.values()), default=None, return_dtype=pl.String)
    counts = (
        reasons.filter(reasons.is_in(unlisted.to_list())).value_counts(sort=True) if len(unlisted) else None
    )
    named = dict(counts.sort(reasons.name).iter_rows()) if counts is not None else {}
    return outcomes.fill_null(MISSING), named


def request_type(types: pl.Series) -> pl.Series:
    """What a form asks for: a detainer, notice of release, or something else; null where no form is named."""
    words = types.unique().drop_nulls()
    result = {
        word: name
        for word in words.to_list()
        for name, starts in _vocabulary()["request_types"].items()
        if word.startswith(tuple(starts))
    }
    return types.replace_strict(list(result), list(result.values()), default=None, return_dtype=pl.String)

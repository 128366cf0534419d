"""Levels of place (county, office, area of responsibility, state, nation), their codes and names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import polars as pl

from atlarge.arguments import one_of
from atlarge.errors import QuestionError
from atlarge.records.store import Store
from atlarge.records.tables import PLACE_COLUMNS
from atlarge.reference import lookup, states

_LEVELS = ("county", "office", "aor", "state")
PLACE_COLUMN = {level: PLACE_COLUMNS[level] for level in _LEVELS} | {"nation": ""}
NATION = "US"


def place_of(by: str) -> pl.Expr:
    """The code of the place of a record at a level."""
    return pl.col(PLACE_COLUMN[by]) if PLACE_COLUMN[by] else pl.lit(NATION)


def known_level(by: str) -> None:
    """Raise QuestionError for an unknown level."""
    one_of(by, PLACE_COLUMN, "level")


@cache
def place_names(by: str) -> dict[str, str]:
    """Name by code, of the places of one level."""
    if by == "nation":
        return {NATION: "United States"}
    if by == "state":
        return states()
    named = {"county": ("counties", "fips", "place_name"), "office": ("offices", "office", "name")}
    return lookup(*named.get(by, ("aors", "aor", "name")))


def place_name(code: pl.Expr, by: str) -> pl.Expr:
    """Names of the place codes of a level; an unknown code is its own name."""
    names = place_names(by)
    return code.replace_strict(list(names), list(names.values()), default=code, return_dtype=pl.String)


def codes_in(store: Store, tables: Iterable[str], names: Sequence[str], by: str) -> tuple[str, ...]:
    """Codes of places, each once; one that the records have stands for itself, known to a table or not."""
    recorded: set[str] = set()
    column = PLACE_COLUMN[by]
    if column and not set(names) <= place_names(by).keys():
        for name in tables:
            rows = store.scan(name)
            if column in rows.collect_schema():
                recorded.update(rows.select(pl.col(column).drop_nulls().unique()).collect().to_series())
    found = (name if name in recorded else place_codes([name], by)[0] for name in names)
    return tuple(dict.fromkeys(found))


def place_codes(names: Sequence[str], by: str) -> list[str]:
    """Codes of places as a user names them, each of the requested level.

    Parameters
    ----------
    names : sequence of str
        Names or codes.
    by : str
        county, office, aor, state or nation.

    Returns
    -------
    list of str
        Codes, in order.

    Raises
    ------
    PlaceError
        When a name is unknown or ambiguous.
    QuestionError
        When it is a place of another level.

    Examples
    --------
    >>> place_codes(["San Antonio"], "aor")
    ['SNA']
    """
    from atlarge.places import find_place

    known_level(by)
    codes = []
    for name in names:
        if name in place_names(by):
            codes.append(name)
            continue
        found = find_place(name)
        if found.kind != by:
            raise QuestionError(f"{name} is a place of the level {found.kind}, not {by}")
        codes.append(found.code)
    return codes

"""What a release family is: its columns, how each is read, and how the family is recognised.

A family is one small YAML file in `families/` that states these facts; where published rows must be reshaped,
the functions for it are in a module of the same name.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, Literal

import polars as pl

Kind = Literal["text", "day", "moment", "count", "number", "mark"]

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_NEXT_WORD = re.compile(r"(?<=[a-z]{2})(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_UNIT = re.compile(
    r"(?i)(?:\s*\(|\s+\[)(?:utc|gmt|local(?: time)?|[ecmp][sd]?t|eastern|central|mountain|pacific|date|time"
    r"|text|string|[ymd]{1,4}[-/ .][ymd]{1,4}[-/ .][ymd]{1,4}(?: hh:mm(?::ss)?)?)[)\]]$"
)
"""What people write behind a column's name of how its cells are written."""
_TABLE = re.compile(r"^'?[\w ]+'?\[([^\]]+)\]$|^[a-z]\d?\.(?=[a-zA-Z_]{3})|[._]x$")
"""The name of its table, as Power BI, SQL and a join in R write it."""


@cache
def plain(name: str) -> str:
    """A column name in its plain form: lower case, words joined by `_`, the same for all spellings.

    Examples
    --------
    >>> plain("Apprehension Date"), plain("apprehension.date"), plain("ApprehensionDate")
    ('apprehension_date', 'apprehension_date', 'apprehension_date')
    >>> plain("Arrests[Apprehension Date]"), plain("Apprehension Date (UTC)"), plain("a.apprehension_date")
    ('apprehension_date', 'apprehension_date', 'apprehension_date')
    """
    bare = _TABLE.sub(lambda found: found.group(1) or "", _UNIT.sub("", name.strip()))
    return _NOT_WORD.sub("_", _NEXT_WORD.sub("_", bare or name).lower()).strip("_")


@dataclass(frozen=True)
class Column:
    """A published column, under every spelling it is known by, and how its cells are read.

    `kind`: text; day (a date, any time of day dropped); moment (date and time); count (whole, not
    negative); number; mark (true when the cell holds anything but blank or dashes). `is_needed`: the family
    is not recognised without the column. `is_filled`: a row without a value goes to quarantine. `is_main`:
    the date that the row counts under, bound by the family's first and last day; others may be older.
    """

    names: tuple[str, ...]
    kind: Kind = "text"
    is_needed: bool = True
    is_filled: bool = False
    is_main: bool = False

    @cached_property
    def plain_names(self) -> tuple[str, ...]:
        """The names as headers are compared: without case, marks and spaces."""
        return tuple(plain(name) for name in self.names)


Spread = Callable[[Any], Any]


@dataclass(frozen=True)
class Family:
    """A family of releases.

    `table`: the records table its rows belong to. `columns`: by the name of what they fill. `known`: other
    published columns, recognised and left unread. `delimiters`: of its text form, as published.
    `scope`: the places it covers ("nation", "aor:SEA", "state:PA"). `constants`: what is the same in every
    row and not written in it. `rank`: which release is kept when two cover the same events; higher wins
    after scope. `spread`: turns one typed row into table rows where a published row holds several figures.
    `rules`: what must hold in every row, by the words for its failing; an expression over the columns' names.
    `is_exact`: the header is so plain that only a file with no other column is taken for one of the family.
    `day_order`: what comes first in its numeric dates, as published; None where it publishes none such.
    `latest`: names under which the publisher keeps the newest release at an address that does not change.
    `stated`: what a release says outside its rows (the day of its figures), as columns of every row.
    `span`: the first and, unless it goes on, the last day of what has been published of it.
    `followed_by`: columns of dates that come after the main one, where a case has got so far; `preceded_by`:
    those that come before it.
    `is_numbered`: a column may say which row of the agency's file each row was, of which none is left out.
    `block`: a header that may stand anywhere in a workbook beside the main one, its rows read too.
    """

    id: str
    title: str
    publisher: str
    url: str
    table: str
    covers: str
    columns: Mapping[str, Column]
    known: tuple[str, ...] = ()
    delimiters: tuple[str, ...] = (",",)
    scope: str = "nation"
    constants: Mapping[str, Any] = field(default_factory=dict)
    rank: int = 0
    first: str = "2000-01-01"
    last: str = "2035-12-31"
    spread: Spread | None = None
    allows_formulas: bool = False
    is_exact: bool = False
    rules: Mapping[str, Any] = field(default_factory=dict)
    day_order: Literal["month", "day"] | None = None
    block: tuple[str, ...] = ()
    span: tuple[str, ...] = ()
    followed_by: tuple[str, ...] = ()
    preceded_by: tuple[str, ...] = ()
    is_numbered: bool = False
    duplicates: str | None = None
    licence: str = "public records"
    note: str = ""
    fetch: Mapping[str, str] = field(default_factory=dict)
    latest: tuple[str, ...] = ()
    stated: Callable[[Any], Mapping[str, Any]] | None = None

    @cached_property
    def plain_known(self) -> frozenset[str]:
        """Every column the family knows, in plain form."""
        own = {name for column in self.columns.values() for name in column.plain_names}
        return frozenset(own | {plain(name) for name in self.known})

    def matches(self, header: frozenset[str]) -> bool:
        """Whether a header, in plain form, has every column the family needs."""
        if self.is_exact and not header <= self.plain_known:
            return False
        return all(
            any(name in header for name in column.plain_names)
            for column in self.columns.values()
            if column.is_needed
        )

    @cached_property
    def main(self) -> Column | None:
        """The column that says when; None where the family has none."""
        return next((column for column in self.columns.values() if column.is_main), None)

    @cached_property
    def plain_read(self) -> frozenset[str]:
        """The columns that the family reads, in plain form."""
        return frozenset(name for column in self.columns.values() for name in column.plain_names)

    def missing(self, header: frozenset[str]) -> list[str]:
        """Needed columns that a header lacks, as published."""
        return [
            column.names[0]
            for column in self.columns.values()
            if column.is_needed and not any(name in header for name in column.plain_names)
        ]


_KINDS = {
    "text": Column((), "text"),
    "day": Column((), "day", is_filled=True, is_main=True),
    "other_day": Column((), "day", is_needed=False),
    "moment": Column((), "moment", is_filled=True, is_main=True),
    "other_moment": Column((), "moment", is_needed=False),
    "count": Column((), "count"),
    "number": Column((), "number"),
    "mark": Column((), "mark"),
}
"""Columns as a family states them: what holds of each kind where it says nothing else. `day` and `moment` are
the dates that rows count under, the others stand beside them."""
_NEVER_FILLED = ("other_day", "other_moment", "mark")


def family_of(row: Mapping[str, Any], functions: Mapping[str, Any]) -> Family:
    """A family as a YAML file states it; ValueError that names the family for what is no field of one.

    A column is its kind with the names it is published under, as `{text: [State, STATE], needed: false}`;
    `known` may be lists of lists; `fetch` has the sha256 of each file, and `from` the folder they are in.
    `spread` and `stated` name one of the functions; rules are SQL over the columns.
    """
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    try:
        fields["columns"] = {name: _column(**about) for name, about in row["columns"].items()}
        folder, *hashes = row.get("fetch", {"from": ""}).items()
        fields["fetch"] = {folder[1] + name: sha256 for name, sha256 in hashes}
        fields |= {key: functions[row[key]] for key in ("spread", "stated") if key in row}
        fields["rules"] = {words: pl.sql_expr(rule) for words, rule in row.get("rules", {}).items()}
        groups = [[known] if isinstance(known, str) else known for known in row.get("known", ())]
        return Family(**fields | {"known": tuple(itertools.chain.from_iterable(groups))})
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"release family {row.get('id')}: {error}") from None


def _column(**about: Any) -> Column:
    kinds = about.keys() & _KINDS
    if len(kinds) != 1:
        raise ValueError(f"a column needs one kind of {', '.join(_KINDS)}, and has {', '.join(about)}")
    names = about.pop(kind := kinds.pop())
    wrong = about.keys() - ({"needed"} if kind in _NEVER_FILLED else {"needed", "filled"})
    if wrong:
        raise ValueError(f"a column of the kind {kind} does not say {', '.join(sorted(wrong))}")
    names = (names,) if isinstance(names, str) else tuple(names)
    return replace(_KINDS[kind], names=names, **{f"is_{name}": value for name, value in about.items()})

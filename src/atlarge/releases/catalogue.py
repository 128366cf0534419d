"""The families, found by listing the folder: a new family is one new file."""

from __future__ import annotations

import importlib
import pkgutil
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import takewhile
from typing import Any

from yaml import YAMLError

from atlarge.errors import ReleaseError
from atlarge.files import read_yaml
from atlarge.releases import families as _folder
from atlarge.releases.family import Family, family_of, plain
from atlarge.wording import did_you_mean


def _stated() -> Iterator[Family]:
    """Every family that a file of the folder states; the module of the file's name reshapes its rows."""
    modules = {module.name for module in pkgutil.iter_modules(_folder.__path__)}
    for entry in files(_folder).iterdir():
        stem, _, ending = entry.name.rpartition(".")
        if ending == "yaml":
            functions = importlib.import_module(f"{_folder.__name__}.{stem}") if stem in modules else None
            for row in _rows_of(entry):
                try:
                    yield family_of(row, vars(functions) if functions else {})
                except ValueError as error:
                    raise ReleaseError(f"{entry.name}: {error}") from None


def _rows_of(entry: Traversable) -> list[dict[str, Any]]:
    """What a file of the folder states; ReleaseError that names it where it is no list of families."""
    try:
        stated = read_yaml(entry.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ReleaseError(f"{entry.name}: byte {error.start} is not UTF-8; save it as UTF-8") from None
    except YAMLError as error:
        raise ReleaseError(f"{entry.name}: no YAML: {' '.join(str(error).split())}") from None
    rows = stated.get("families") if isinstance(stated, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ReleaseError(f"{entry.name}: must be `families:` and a list of them, each with its fields")
    return rows


_reading = threading.Lock()


def families() -> dict[str, Family]:
    """All families of releases, read once, by whichever thread is the first to ask.

    Returns
    -------
    dict of str to Family
        By id, in the order of the ids.

    Examples
    --------
    >>> families()["ero-arrests"].table
    'arrests'
    """
    with _reading:
        return _families()


@cache
def _families() -> dict[str, Family]:
    found: dict[str, Family] = {}
    for one in _stated():
        if one.id in found:
            raise ReleaseError(f"two release families are called {one.id}; give one another id")
        found[one.id] = one
    return dict(sorted(found.items()))


def family(name: str) -> Family:
    """One family of releases.

    Parameters
    ----------
    name : str
        As `atlarge releases` lists it.

    Returns
    -------
    Family
        How its files are recognised, read and typed.

    Raises
    ------
    ReleaseError
        That lists the families if there is none of that name.

    Examples
    --------
    >>> family("ero-arrests").table
    'arrests'
    """
    known = families()
    if name not in known:
        near = did_you_mean(name, [*known, *(newest for one in known.values() for newest in one.latest)])
        raise ReleaseError(
            f"no release family {name!r}; {near + ' ' if near else ''}there are: {', '.join(known)}"
        )
    return known[name]


def recognise(header: frozenset[str]) -> Family | None:
    """The family that a header (in plain form) belongs to: the one that knows most of its columns."""
    if len(header) < 2 or header.isdisjoint(_names_of(None)):
        return None
    matching = [one for one in families().values() if one.matches(header) and not _is_wider(header, one)]
    if not matching:
        return _subset(header)
    return max(
        matching,
        key=lambda one: (
            len(header & one.plain_known),
            len(header & one.plain_known) / len(one.plain_known),
            one.id,
        ),
    )


def header_of(cells: Iterable[str | None]) -> tuple[Family | None, list[str]]:
    """The family of a row of cells as a header, None if it is none's, and the cells in plain form.

    Words that all names begin or end with are the name of their table, as joins and exports of databases
    write it, and are left out where the header is known only without them; so is it seen where the words of
    names begin that are written in one piece, as Stata does.
    """
    names = [plain(cell or "") for cell in cells]
    for respelled in (list, _without_table, _divided):
        bare = respelled(names)
        found = recognise(frozenset(bare) - {""})
        if found is not None:
            return found, bare
    return None, names


def header_below(above: Sequence[str | None], cells: Sequence[str | None]) -> tuple[Family | None, list[str]]:
    """The same of names on two rows: first words, or the names of groups, stand in the row above."""
    upper = [*(cell or "" for cell in above), *[""] * (len(cells) - len(above))]
    groups: list[str] = []
    for cell in upper:
        groups.append(cell or "".join(groups[-1:]))
    both = [
        header_of(f"{first} {rest or ''}" for first, rest in zip(words, cells, strict=False))
        for words in (upper, groups)
    ]
    return max(both, key=lambda found: len(found[0].plain_known.intersection(found[1])) if found[0] else 0)


@cache
def _in_one_piece() -> dict[str, str]:
    """The names of columns by their letters alone."""
    known = sorted(name for one in families().values() for name in one.plain_known)
    return {name.replace("_", ""): name for name in known}


def _divided(names: list[str]) -> list[str]:
    """Names with their words divided, where they are written in one piece."""
    return [_in_one_piece().get(name.replace("_", ""), name) for name in names]


def _without_table(names: list[str]) -> list[str]:
    words = [name.split("_") for name in names if name]
    if len(words) < _FEWEST_NAMED:
        return names
    first = _shared(words)
    last = _shared([word[first:][::-1] for word in words])
    return ["_".join(word[first : len(word) - last]) for word in (name.split("_") for name in names)]


def _shared(words: list[list[str]]) -> int:
    """How many words all names begin with."""
    return sum(1 for _ in takewhile(lambda ones: len(set(ones)) == 1, zip(*words, strict=False)))


def _is_wider(header: frozenset[str], one: Family) -> bool:
    """Whether a header has a column of what is the same in every row of a family, and not written in it."""
    return any(not header.isdisjoint(_names_of(column) - one.plain_known) for column in one.constants)


@cache
def _names_of(column: str | None) -> frozenset[str]:
    """The names under which families publish a column, or any."""
    return frozenset(
        name
        for one in families().values()
        for key, read in one.columns.items()
        if column in (None, key)
        for name in read.plain_names
    )


@cache
def spellings(column: str, table: str) -> frozenset[str]:
    """The names, in plain form, under which the families of a table publish a column."""
    read = [
        one.columns[column] for one in families().values() if one.table == table and column in one.columns
    ]
    return frozenset(name for one in read for name in one.plain_names)


_FEWEST_NAMED = 3
"""Fewest names of which words that they share may be the name of their table."""
_SUBSET_TABLES = ("arrests", "detainers", "encounters", "removals", "stints")
_FEWEST_KNOWN = 0.4
_PLAIN_DATES = ("date", "day", "month", "year")


_OF_COUNTS = re.compile(
    r"^(?:0|n|nn|len|size|how_many|count|counts|cnt|total|totals|freq|frequency|number|num|qty|quantity|tally|cases|rows|records"
    r"|people|persons|events|incidents|weight|sum|mean|median|average|avg|percent|pct|rate|share|value"
    r"|apprehensions|arrests|detainers|removals|encounters|detentions|(?:n|num|count|total|number)_\w+|\w+_(?:n|count|total|sum|avg))$"
)


@cache
def _tables_of(name: str) -> frozenset[str]:
    """Tables of events whose families know a column."""
    return frozenset(
        f.table for f in families().values() if f.table in _SUBSET_TABLES and name in f.plain_known
    )


def _own(header: frozenset[str], table: str, *, alone: bool) -> bool:
    """Say whether the columns that one table alone has are rather those of `table` than of another.

    An arrest whose date has an unknown name is no removal, though it has a date of departure.
    """
    only = Counter(next(iter(tables)) for name in header if len(tables := _tables_of(name)) == 1)
    mine = only.pop(table, 0)
    return (mine > 0 or alone) and mine >= max(only.values(), default=0)


def _subset(header: frozenset[str]) -> Family | None:
    """The family of which a header is a part: its date, and a column that no other table has.

    An analyst keeps the columns that are wanted; what is missing is said when the rows are read. A table of
    counts by day and place is no part of a release, though it has the names of its columns.
    """
    found = []
    dated = {
        one.id: header & (set(one.main.plain_names) - set(_PLAIN_DATES))
        for one in families().values()
        if one.main and one.table in _SUBSET_TABLES and not one.is_exact and not _is_wider(header, one)
    }
    tables = {families()[name].table for name, dates in dated.items() if dates}
    for name, dates in dated.items():
        one = families()[name]
        known, read = (
            header & one.plain_known,
            (header & one.plain_read) - set(one.main.plain_names if one.main else ()),
        )
        own = _own(header, one.table, alone=len(tables) == 1)
        counts = any(_OF_COUNTS.match(column) for column in header - known)
        distinguishing = read or any(len(_tables_of(n)) < len(_SUBSET_TABLES) for n in known - dates)
        if dates and own and distinguishing and not counts and len(known) >= _FEWEST_KNOWN * len(header):
            found.append((len(read), len(known), len(known) / len(one.plain_known), one.rank, one.id))
    return families()[max(found)[-1]] if found else None


def counted_by(header: frozenset[str]) -> str | None:
    """The column of a header that makes it one of counts, where without it it is a part of a release's."""
    counts = sorted(name for name in header if _OF_COUNTS.match(name))
    return counts[0] if counts and _subset(header - set(counts)) is not None else None


def dated_alone(header: frozenset[str]) -> tuple[str, Family] | None:
    """The date of a release in a header that has no column which tells that its records are those of the
    release; the first of those families whose main date it is."""
    for one in sorted(families().values(), key=lambda one: -one.rank):
        main = one.main
        if main is None or one.table not in _SUBSET_TABLES or one.is_exact or _is_wider(header, one):
            continue
        dates = header & (set(main.plain_names) - set(_PLAIN_DATES))
        if dates and 2 * len(header & one.plain_known) > len(header):
            return min(dates), one
    return None


def nearest(header: frozenset[str]) -> tuple[Family, list[str]] | None:
    """The family nearest to a header that is none's, and the columns it lacks; None if none is near."""
    others = [one for one in families().values() if not _is_wider(header, one)]
    scored = []
    for one in others:
        known = len(header & one.plain_known)
        share = known / max(1, len(header | one.plain_known))
        lacks_one = known >= _FEWEST_NAMED and 2 * known >= len(header) and len(one.missing(header)) == 1
        scored.append((max(share, 0.3 if lacks_one else 0.0), share, one.id, one))
    best, _, _, one = max(scored)
    lacks = one.missing(header)
    if one.table in _SUBSET_TABLES and one.main and header.isdisjoint(one.main.plain_names):
        lacks = [min(one.main.names, key=len)]  # of a part of a release, its date is what is needed first
    return (one, lacks) if best >= 0.3 else None

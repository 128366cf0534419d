"""Refusing what would be about named or identifiable persons.

Releases are de-identified. A file that still names people, or gives birth dates or alien registration
numbers, is refused whole: nothing of it is kept.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from atlarge.errors import ReleaseError
from atlarge.releases.family import Family
from atlarge.releases.marks import BLANK, REDACTION

_NAME = re.compile(
    r"^(?:(?:first|last|middle|full|given|family|maiden|sur|alias|inmate|detainee|subject|person|defendant"
    r"|arrestee|suspect|alien|noncitizen|individual|prisoner|offender|respondent)_?names?(?:_.*)?"
    r"|name|names|name_(?:first|last|middle|full|of_\w+)|surname|forename|alias(?:es)?|aka"
    r"|(?:inmate|detainee|subject|defendant|arrestee|offender)"
    r"|(?:last|first)_(?:first|last)(?:_\w+)?|[fl]name|ssn|social_security\w*)$"
)
_BIRTH = re.compile(r"(?:^|_)(?:birth_?date|date_of_birth|birth_?day|dob|born)(?:_|$)")
_ALIEN_NUMBER = re.compile(
    r"^(?:a_?(?:number|num|no|file)|alien_(?:file_)?(?:number|num|no)(?:_\w+)?|a_file_number)$"
)
_LAST_FIRST = r"^[A-Z][A-Za-z'’\-]+(?: [A-Z][A-Za-z'’\-]+)?, ?[A-Z][a-zA-Z'’\-]+(?: [A-Z][a-z]*\.?)?$"


def names_persons(header: frozenset[str]) -> list[str]:
    """Column names, in plain form, that are for names, births or numbers of persons."""
    return sorted(c for c in header if _NAME.match(c) or _BIRTH.search(c) or _ALIEN_NUMBER.match(c))


def _first_told(frame: pl.DataFrame, rows: pl.Series, column: str) -> tuple[int, int]:
    """How many cells of a column hold more than a blank or a redaction mark, and the row of the first."""
    values = frame[column].cast(pl.String).str.strip_chars()
    words = values.unique().drop_nulls()
    told = words.filter(~words.is_in(list(BLANK)) & ~words.str.contains(REDACTION))
    if told.is_empty():
        return 0, 0
    hits = values.is_in(told.to_list()).fill_null(False)
    return int(hits.sum()), int(rows.filter(hits)[0])


def refuse_persons(
    path: Path, family: Family, frame: pl.DataFrame, rows: pl.Series, sheet: str | None
) -> None:
    """Raise ReleaseError if a column names persons, or holds birth dates or alien numbers unredacted."""
    where = f"sheet {sheet!r}, " if sheet else ""
    own = {name for column in family.columns.values() for name in column.plain_names}
    for column in frame.columns:
        if _BIRTH.search(column) or _ALIEN_NUMBER.match(column):
            count, row = _first_told(frame, rows, column)
            if count:
                raise ReleaseError(
                    f"{path}: {where}row {row}: column {column!r} is not redacted in {count:,} rows; "
                    "refused: take the column out"
                )
        elif column not in own and _NAME.match(column):
            count, row = _first_told(frame, rows, column)
            if count:
                raise ReleaseError(
                    f"{path}: {where}row {row}: column {column!r} names persons; refused: take the column out"
                )
        elif column not in family.plain_known and frame[column].dtype == pl.String:
            _refuse_name_values(path, frame[column], rows, where)


def _refuse_name_values(path: Path, values: pl.Series, rows: pl.Series, where: str) -> None:
    """Refuse an unknown column most of whose cells look like LAST, FIRST."""
    told = values.drop_nulls()
    named = told.str.contains(_LAST_FIRST)
    if told.len() >= 5 and named.sum() * 2 > told.len():
        row = rows.filter(values.str.contains(_LAST_FIRST).fill_null(False))[0]
        raise ReleaseError(
            f"{path}: {where}row {row}: the unknown column {values.name!r} seems to name persons; "
            "refused: take the column out"
        )

"""Refuse files about named or identifiable persons, and blank what names someone in others.

Releases are de-identified. A file that still names people, or gives birth dates or alien registration
numbers, is refused whole: nothing of it is kept.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import polars as pl

from atlarge.errors import ReleaseError
from atlarge.releases.family import Family, plain
from atlarge.releases.marks import BLANK, REDACTION
from atlarge.releases.sheet import Sheet
from atlarge.wording import some

_NAME = re.compile(
    r"^(?:(?:first|last|middle|full|given|family|maiden|sur|alias|inmate|detainee|subject|person|defendant"
    r"|arrestee|suspect|alien|noncitizen|individual|prisoner|offender|respondent)_?names?(?:_.*)?"
    r"|name|names|name_(?:first|last|middle|full|of_\w+)|surname|forename|alias(?:es)?|aka"
    r"|(?:inmate|detainee|subject|defendant|arrestee|offender)"
    r"|(?:last|first)_(?:first|last)(?:_\w+)?|[fl]name|ssn\w*|social_security\w*|social_sec\w*|soc_sec\w*"
    r"|last|first|middle|subject|full_?nm|(?:last|first)_?nm|nombres?|apellidos?|nombre_\w+|apellido_\w+"
    r"|(?:cell_?|home_?|work_?|mobile_?)?(?:tele)?phone(?:_\w+)?|mobile|e_?mail(?:_\w+)?|home_address|street_address"
    r"|passport\w*|driver_?s?_licen[cs]e\w*|dl_(?:no|num|number)|fbi_?(?:no|num|number)|fins?_?(?:no|num|number)?"
    r"|sid_(?:no|num|number)|booking_name|mothers?_\w+|fathers?_\w+|spouse\w*)$"
)
_BIRTH = re.compile(
    r"(?:^|_)(?:birth_?(?:date|dt|day)|date_(?:of_)?birth|dt_of_birth|d_o_b|dob|b_?date|b_?day|born(?:_on)?"
    r"|fecha_(?:de_)?nac\w*)(?:_|$)"
)
_ALIEN_NUMBER = re.compile(
    r"^(?:a|a_?(?:number|num|no|nbr|file|file_?(?:number|num|no))|alien_?(?:file_)?(?:number|num|no|nbr|id)(?:_\w+)?"
    r"|alien_registration\w*|arn)$"
)
_LAST_FIRST = r"^[A-Z][A-Za-z'’\-]+(?: [A-Z][A-Za-z'’\-]+)?, ?[A-Z][a-zA-Z'’\-]+(?: [A-Z][a-z]*\.?)?$"


def names_persons(header: frozenset[str]) -> list[str]:
    """Column names, in plain form, that are for names, births or numbers of persons."""
    return sorted(c for c in header if _NAME.match(c) or _BIRTH.search(c) or _ALIEN_NUMBER.match(c))


def _first_visible(sheet: Sheet, column: str) -> tuple[int, int]:
    """How many cells of a column hold more than a blank, a redaction mark or its own name (a header in the
    middle of joined files), and the row of the first."""
    words = sheet.frame[column].unique().drop_nulls().cast(pl.String)
    bare = words.str.strip_chars()
    readable = words.filter(~bare.is_in(list(BLANK)) & ~bare.str.contains(REDACTION))
    readable = readable.filter(pl.Series([plain(word) != column for word in readable], dtype=pl.Boolean))
    if readable.is_empty():
        return 0, 0
    hits = sheet.frame[column].cast(pl.String).is_in(readable.to_list()).fill_null(False)
    return int(hits.sum()), int(sheet.rows.filter(hits)[0])


_FACILITY = (
    r"(?i)\b(?:jail|prison|center|centre|county|facility|detention|correction\w*"
    r"|police|sheriff|court\w*|camp)\b"
)


def _names_facilities(values: pl.Series) -> bool:
    """Whether most words of a column are those of facilities: `Name` need not be a person's."""
    words = values.drop_nulls().unique()
    return len(words) > 0 and float(words.str.contains(_FACILITY).mean() or 0) > 0.5  # type: ignore[arg-type]


_NUMBERS = (
    r"(?i)(?:^|[^A-Z0-9])A[-#: ]{0,2}\d{3}[- ]?\d{3}[- ]?\d{2,3}(?:[^0-9]|$)"
    r"|[\w.+-]+@[\w-]+\.[A-Z]{2}|(?:^|[^0-9])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?:[^0-9]|$)"
    r"|(?:^|[^0-9])\d{3}-\d{2}-\d{4}(?:[^0-9]|$)|\b(?:SSN|DOB|D\.O\.B\.?|A-?FILE|ALIEN NO)\b[:# ]*\d"
    r"|\b(?:FBI|FINS?|SID|PASSPORT|EARM|EID|BOOKING|INMATE|CASE|PLATE|DRIVER'?S? LIC\w*|VIN)\b"
    r"(?:[-:#. ]|NO|NUMBER|CASE|ID){0,4}[A-Z]{0,3}\d{4}|[-+]?\d{1,2}\.\d{3,}[, ]+[-+]?\d{2,3}\.\d{3}"
    r"|^\d+ .*\b(?:APT|APARTMENT|UNIT|LOT|TRAILER)\b[ #.:]*[A-Z]?\d"
)
_SOMEONE = (
    r"(?i)\b(?:RESIDENCE|HOME|HOUSE|APARTMENT|APT|VEHICLE|CAR|WIFE|HUSBAND|SPOUSE|GIRLFRIEND|BOYFRIEND|MOTHER"
    r"|FATHER|BROTHER|SISTER|SON|DAUGHTER|COUSIN|UNCLE|AUNT|ROOMMATE) OF [A-Z]"
    r"|\b(?:SUBJECT|NAME|ALIAS|AKA|TARGET)(?: NAME)?: ?[A-Z]|\bAKA\W*\""
    r"|^[A-Z'’ -]{2,40}, ?(?:JOSE|JUAN|MARIA|LUIS|CARLOS|JORGE|MIGUEL|MANUEL|PEDRO|ANTONIO|FRANCISCO|JESUS"
    r"|RAMON|RICARDO|ROBERTO|FERNANDO|EDUARDO|OSCAR|SERGIO|MARIO|RAFAEL|RAUL|ALEJANDRO|ARMANDO|ENRIQUE|JAIME"
    r"|JAVIER|JULIO|HECTOR|HUGO|ANA|ROSA|CARMEN|ELENA|JOHN|JAMES|ROBERT|MICHAEL|WILLIAM|DAVID|DANIEL|MARY|JANE)"
    r"(?: [A-Z.'’-]+){0,3}$"
)
"""Whose home or car it was, and texts that are LAST, FIRST with a given name that is common."""
_SOMETHING = (
    r"(?i)\b(?:HOUSE|HOME) OF (?:COR|DETENTION|REFORM|HOPE|PRAYER|REFUGE|REPRES|THE|GOD|WORSHIP|BLUES)"
)
_NO_TEXT = ("subject", "stay", "published_likely", "published_drop", "facility_code", "facility_codes_all")


def blank_persons(family: Family, sheet: Sheet) -> tuple[Sheet, list[str]]:
    """Rows without the texts that name someone or give their number, and a note of each column.

    Looked for inside landmarks, facilities, remarks and the like: alien and social security numbers,
    telephone numbers, e-mail addresses, and whose home it was.
    """
    notes = []
    frame = sheet.frame
    for name, column in family.columns.items():
        if column.kind != "text" or name in _NO_TEXT:
            continue
        for spelling in column.plain_names:
            if spelling not in frame.columns or frame[spelling].dtype != pl.String:
                continue
            words = sheet.words(spelling)
            found = words.filter(
                words.str.contains(_NUMBERS)
                | (words.str.contains(_SOMEONE) & ~words.str.contains(_SOMETHING))
            )
            if found.is_empty():
                continue
            hit = frame[spelling].is_in(found.to_list()).fill_null(False)
            frame = frame.with_columns(pl.when(~hit).then(pl.col(spelling)).alias(spelling))
            notes.append(
                f"{spelling}: the text names a person or gives a person's number in "
                f"{some(int(hit.sum()), 'row')}: "
                "it is blanked, and nothing of it is kept"
            )
    return (replace(sheet, frame=frame) if notes else sheet), notes


def refuse_persons(path: Path, family: Family, sheet: Sheet) -> None:
    """Raise ReleaseError if a column names persons, or holds birth dates or alien numbers unredacted."""
    frame, rows = sheet.frame, sheet.rows
    where = f"sheet {sheet.name!r}, " if sheet.name else ""
    own = {name for column in family.columns.values() for name in column.plain_names}
    for column in frame.columns:
        if _BIRTH.search(column) or _ALIEN_NUMBER.match(column):
            count, row = _first_visible(sheet, column)
            if count:
                raise ReleaseError(
                    f"{path}: {where}row {row}: column {column!r} is not redacted in {some(count, 'row')}; "
                    "refused: take the column out"
                )
        elif column not in own and _NAME.match(column):
            if frame[column].dtype == pl.String and _names_facilities(frame[column]):
                continue
            count, row = _first_visible(sheet, column)
            if count:
                raise ReleaseError(
                    f"{path}: {where}row {row}: column {column!r} names persons; refused: take the column out"
                )
        elif column not in family.plain_known and frame[column].dtype == pl.String:
            _refuse_name_values(path, frame[column], rows, where)


def _refuse_name_values(path: Path, values: pl.Series, rows: pl.Series, where: str) -> None:
    """Refuse an unknown column most of whose cells look like LAST, FIRST."""
    words = values.drop_nulls().value_counts(name="_n")
    named = words.filter(pl.col(values.name).str.contains(_LAST_FIRST))
    if words["_n"].sum() >= 5 and named["_n"].sum() * 2 > words["_n"].sum():
        row = rows.filter(values.is_in(named[values.name].implode()).fill_null(False))[0]
        raise ReleaseError(
            f"{path}: {where}row {row}: the unknown column {values.name!r} seems to name persons; "
            "refused: take the column out"
        )

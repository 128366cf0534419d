"""Refuse files about named or identifiable persons, and blank what names someone in others.

Releases are de-identified. A file that still names people, or gives birth dates or alien registration
numbers, is refused whole: nothing of it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import polars as pl

from atlarge.codes import is_text
from atlarge.errors import ReleaseError
from atlarge.releases.areas import area_code, state_code
from atlarge.releases.family import Family, plain
from atlarge.releases.marks import BLANK, REDACTION, bare_words
from atlarge.releases.persons import FEW_ROWS, persons_in
from atlarge.releases.sheet import Sheet
from atlarge.wording import some

_THINGS = (
    r"(?:^|_)(?:facility|facilities|site|county|city|state|agency|office|area|aor|landmark|place|location|operation|program"
    r"|court|jail|prison|detention|center|charge|statute|offense|crime|method|event|file|sheet|column|table|field|variable"
    r"|district|division|team|unit|org\w*|department|dept|station|port|sector|region|school|company|country|nationality"
    r"|citizenship|geo|metro|town|category|type|publisher|series|municipality|parish|jurisdiction|lea|source|item|code"
    r"|birthplace|community|zip|tract|block)(?:_|$)"
)
_WHO = (
    r"(?:inmate|detainee|subject|person|people|defendant|deft|arrestee|suspect|alien|noncitizen|individual|prisoner|offender"
    r"|respondent|applicant|client|victim|witness|patient|student|employee|officer|agent|judge|attorney|lawyer|sponsor|child"
    r"|minor|parent|mothers?|fathers?|madre|padre|spouses?|wife|husband|conyuge|esposa|esposo|siblings?|relative|contact"
    r"|first|last|middle|full|given|family|maiden|sur|fore|nick|birth|legal|alias|preferred|complete)"
)
_NAME = re.compile(
    rf"(?:^|_){_WHO}s?(?:_s)?_?(?:names?|nm|nme|initials?)(?:_|$)|^{_WHO}_(?:{_WHO}_)?(?:names?|nm|initials?)|(?:^|_)(?:names?|nm)_(?:{_WHO}|of_\w+|person\w*)"
    rf"|^(?:names?|nm|{_WHO}|initials|surnames?|forenames?|subj(?:_\w+)?|detenid[oa]|fname|lname|mname|fn|ln|f_name|l_name|m_name|last_first\w*|first_last\w*"
    r"|known_as|also_known_as|a_k_a|akas?|alias(?:es)?\w*|moniker|nickname|nicknames)(?:_\d+|_?\w_?)?$"
    r"|(?:^|_)(?:alias(?:es)?|akas?|nombres?|apellidos?|apodo|sobrenombre|titular)(?:_|$)|(?:^|_)(?:sur|fore|last|first|middle|full|maiden)_?names?(?:_|$)"
    rf"|(?:^|_)(?:{_WHO}_)?(?:maiden|mothers?|fathers?|spouses?|wife|husband|conyuge|attorney|lawyer|sponsor|emergency_contact)(?:_|$)"
    r"|(?:^|_)(?:ssn|ss|ss_?no|ss_num\w*|social_sec\w*|soc_sec\w*|social|seguro_social|nss|itin|curp|rfc|dni|cedula|matricula)(?:_|$|\d)"
    r"|(?:^|_)(?:(?:cell|home|work|mobile)?_?(?:tele)?phones?|phone_?(?:no|num|number)|cell|mobile|telefono|tel|celular|movil|fax)(?:_|$)"
    r"|(?:^|_)(?:e_?mails?|correo|email_?addr\w*|facebook|whatsapp|social_media|username)(?:_|$)"
    r"|^(?:\w+_)?(?:home|street|mailing|residen\w*|permanent|current)_?addr\w*|^addr(?:ess)?(?:_?(?:line)?_?\d)?$|^(?:direcci\w*|domicilio|residence)$"
    r"|(?:^|_)(?:passports?|pasaporte|visa_?(?:no|num|number)|green_?card|travel_doc\w*)(?:_|$)"
    r"|(?:^|_)(?:driver_?s?_?lic\w*|dl|oln|dln|lic_?plate|license_?(?:plate|no|num|number)|plate(?:s|_?no|_?number)?|licencia|placas?|vin)(?:_|$)"
    r"|(?:^|_)(?:fbi|fins?|sid|ucn|booking|inmate|prisoner|offender|state_id|universal_control)_?(?:no|num|nbr|number|id)(?:_|$)"
    r"|^(?:fbi|fins?|sid|uscis_?\w*number|fingerprint\w*|photo\w*|mugshot|face|tattoos?|scars?\w*)$"
)
_BIRTH = re.compile(
    r"(?:^|_)(?:birth_?(?:date|dt|day|d)|birthdate\w*|dt_?(?:of_?)?birth|date_?(?:of_?)?birth|dateofbirth|d_o_b|dob\d?|b_?date|b_?day|b_?dt"
    r"|fecha_?(?:de_?)?nac\w*|f_?nac\w*|fec_?nac\w*|nacimiento|nacido|birth_month|month_of_birth|day_of_birth)(?:_|$)"
    r"|^(?:date_)?born(?:_on)?$|^birth$"
)
_ALIEN_NUMBER = re.compile(
    r"^(?:a|a_?(?:number|num|no|nbr|nr|file|file_?(?:number|num|no|nbr))s?|alien_?(?:file_?)?(?:number|num|no|nbr|id|reg\w*)(?:_\w+)?"
    r"|alien_?registration\w*|arn|n\w{0,2}mero_?(?:de_?)?(?:a|alien|extranjero)|uscis(?:_?(?:no|num|number))?|a_?numero)$"
)
_OF_ONE = (
    r"^[A-Z][A-Za-z'’\-]+(?: [A-Z][A-Za-z'’\-]+)?, ?[A-Z][a-zA-Z'’\-]+(?: [A-Z][a-z]*\.?)?$"
    r"|^A[-# ]?\d{8,9}$|^\d{3}-\d{2}-\d{4}$|^\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}$|^[\w.+-]+@[\w-]+\.\w[\w.]+$"
)
"""A cell that is a name, LAST, FIRST, or the number or address of one person."""
_WITHHELD = (
    r"(?i)^[\W_]*(?:(?:redact\w*|with(?:held|hold)\w*|removed|masked|suppressed|omitted|deleted|priva\w+|protected"
    r"|confidential|sealed|exempt\w*(?: \d)?|personal\w*|identif\w+|information|info|pii|foia|act|per|under"
    r"|by|to|not|provided|available|disclosed|released|unknown|b ?\d\W{0,3}[a-f]?|x{2,}|y|n"
    r"|yes|no|true|false|0+)(?:[\W_]+|$))*$"
)
"""A cell that says that something is not shown, or answers yes or no: no person's, in whatever column."""


def names_persons(header: frozenset[str]) -> list[str]:
    """Column names, in plain form, that are for names, births or numbers of persons."""
    return sorted(c for c in header if _is_of_persons(c) or _BIRTH.search(c) or _ALIEN_NUMBER.match(c))


def _is_of_persons(column: str) -> bool:
    """Whether a column, by its name in plain form, is for names or numbers of persons."""
    return _NAME.search(column) is not None and re.search(_THINGS, column) is None


def _first_visible(sheet: Sheet, column: str) -> tuple[int, int]:
    """How many cells of a column hold more than a blank, a word of redaction, yes or no, or its own name (a
    header in the middle of joined files), and the row of the first."""
    words = sheet.words(column).cast(pl.String)
    bare = pl.col("text").str.strip_chars()
    hidden = bare.is_in(list(BLANK)) | bare.str.contains(REDACTION) | bare.str.contains(_WITHHELD)
    readable = words.to_frame("text").filter(~hidden).to_series()
    readable = readable.filter(pl.Series([plain(word) != column for word in readable], dtype=pl.Boolean))
    if readable.is_empty():
        return 0, 0
    hits = sheet.frame[column].cast(pl.String).is_in(readable.to_list()).fill_null(False)
    return int(hits.sum()), int(sheet.rows.filter(hits)[0])


_FACILITY = (
    r"(?i)\b(?:jail|prison|center|centre|county|facility|detention|correction\w*"
    r"|police|sheriff|court\w*|camp)\b"
)


def _names_facilities(words: pl.Series) -> bool:
    """Whether most distinct texts of a column are those of facilities: `Name` need not be a person's."""
    return len(words) > 0 and float(words.str.contains(_FACILITY).mean() or 0) > 0.5  # type: ignore[arg-type]


_PLACES = (
    "landmark", "facility", "city", "county", "agency", "duty_site", "place", "name", "geo", "facility_code",
    "facility_code_longest", "facility_code_last", "facility_codes_all",
)  # fmt: skip
_CODED = {"aor": area_code, "state": state_code}
"""What words of a column stand for; those that do are no person's."""
_FEWEST = 5
"""Different texts that name someone, for a column to be one of persons."""
_OF_PERSONS = (
    "arrests", "detainers", "encounters", "removals", "book_ins", "stints", "stays", "landmarks",
)  # fmt: skip
"""Tables whose rows are events of persons, and of which words that are unknown may be a name."""
_UNREAD = ("subject", "stay", "published_likely", "published_drop")
UNKNOWN_VALUE = "unrecognised value"
"""What is kept instead of a text that names someone, in a column of codes."""


def blank_persons(
    path: Path, family: Family, sheet: Sheet, public: Collection[str] = ()
) -> tuple[Sheet, list[str]]:
    """Rows without the texts that name someone or give their number, and a note of each column.

    Looked for in every text that is kept: names; numbers of persons and papers; telephones, e-mail and home
    addresses; and whose home it was. `public`: texts known to be of places. ReleaseError if a column
    does so in most rows.
    """
    notes = []
    frame = sheet.frame
    is_of_persons = family.table in _OF_PERSONS
    asked = [
        (
            spelling,
            name,
            is_of_persons and name not in _PLACES,
            _not_public(sheet.words(spelling), name, public),
        )
        for name, column in family.columns.items()
        if column.kind == "text"
        and name not in _UNREAD
        # of aggregates, the others are counts and the codes of what is counted
        and (family.table != "aggregates" or name in ("facility", "city"))
        for spelling in column.plain_names
        if spelling in frame.columns and is_text(frame[spelling])
    ]
    by_kind: dict[bool, list[pl.Series]] = {}
    for _, _, is_code, words in asked:
        by_kind.setdefault(is_code, []).append(words)
    known = {is_code: persons_in(pl.concat(found).unique(), is_code) for is_code, found in by_kind.items()}
    for spelling, name, is_code, words in asked:
        if not any(map(len, known[is_code])):
            continue
        found, unknown = (texts.filter(texts.is_in(words.implode())) for texts in known[is_code])
        _refuse_most(path, frame[spelling], found)
        if is_of_persons and len(unknown):
            rows = frame[spelling].filter(frame[spelling].is_in(unknown.implode())).value_counts()
            found = found.extend(rows.filter(pl.col("count") < FEW_ROWS)[spelling].cast(pl.String))
        found = found.filter(~pl.Series([plain(w) == spelling for w in found], dtype=pl.Boolean))
        if found.is_empty():
            continue
        hit = frame[spelling].is_in(found.implode()).fill_null(False)
        instead = pl.lit(None if name in _PLACES else UNKNOWN_VALUE, pl.String)
        frame = frame.with_columns(pl.when(hit).then(instead).otherwise(pl.col(spelling)).alias(spelling))
        becomes = "is blanked" if name in _PLACES else f"becomes {UNKNOWN_VALUE!r}"
        notes.append(
            f"{spelling}: the text seems to name a person or gives a person's number in "
            f"{some(int(hit.sum()), 'row')}: it {becomes}, and nothing of it is kept"
        )
    return (replace(sheet, frame=frame) if notes else sheet), notes


def _not_public(words: pl.Series, name: str, public: Collection[str]) -> pl.Series:
    """The texts of a column that may name someone: neither public, nor a code of a place, nor a mark of a
    missing value, nor a formula, of which nothing is kept at all."""
    kept = [word for word in words.to_list() if word.strip() not in public]
    words = pl.Series("text", kept, dtype=pl.String)
    if name in _CODED:
        words = words.filter(_CODED[name](words).is_null())
    return words if words.is_empty() else words.filter(~bare_words(words).str.starts_with("="))


def _refuse_most(path: Path, cells: pl.Series, found: pl.Series) -> None:
    """Refuse a file in most rows of which a column names one person or another, or gives their numbers."""
    rows = int(cells.is_in(found.implode()).sum()) if len(found) >= _FEWEST else 0
    if rows * 2 > len(cells):
        raise ReleaseError(
            f"{path}: column {cells.name!r} seems to name persons or give their numbers in "
            f"{some(rows, 'row')}; refused: take the column out"
        )


def refuse_persons(path: Path, family: Family, sheet: Sheet) -> None:
    """Raise ReleaseError if a column names persons, or holds birth dates or alien numbers unredacted."""
    frame, rows = sheet.frame, sheet.rows
    where = f"sheet {sheet.name!r}, " if sheet.name else ""
    for column in frame.columns:
        if _BIRTH.search(column) or _ALIEN_NUMBER.match(column):
            count, row = _first_visible(sheet, column)
            if count:
                raise ReleaseError(
                    f"{path}: {where}row {row}: column {column!r} is not redacted in {some(count, 'row')}; "
                    "refused: take the column out"
                )
        elif column not in family.plain_known and _is_of_persons(column):
            if is_text(frame[column]) and _names_facilities(sheet.words(column)):
                continue
            count, row = _first_visible(sheet, column)
            if count:
                raise ReleaseError(
                    f"{path}: {where}row {row}: column {column!r} identifies persons; refused: "
                    "take the column out"
                )
        elif column not in family.plain_known and is_text(frame[column]):
            _refuse_name_values(path, frame[column].cast(pl.String), rows, where)


def _refuse_name_values(path: Path, values: pl.Series, rows: pl.Series, where: str) -> None:
    """Refuse an unknown column most of whose cells are names, LAST, FIRST, or numbers of persons."""
    words = values.drop_nulls().value_counts(name="_n")
    named = words.filter(pl.col(values.name).str.contains(_OF_ONE))
    if words["_n"].sum() >= _FEWEST and named["_n"].sum() * 2 > words["_n"].sum():
        row = rows.filter(values.is_in(named[values.name].implode()).fill_null(False))[0]
        raise ReleaseError(
            f"{path}: {where}row {row}: the unknown column {values.name!r} seems to name persons or give "
            "their numbers; refused: take the column out"
        )

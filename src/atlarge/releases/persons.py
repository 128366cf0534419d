"""Notice texts that name a person or give a person's number, by their words and by the rules of names.

A text is taken for a person's where it gives a number, says whose home or car it was, has a given name beside
another word that is no place's, or is nothing but two to five words that no place, agency or event has.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise

import polars as pl

from atlarge.files import shipped_yaml
from atlarge.reference import table

_AT_HOME = r"RES|RESD|RESID|RESIDENCE|DOMICILE|DOMICILIO|DWELLING|(?:HER|HIS|AT) (?:HOME|HOUSE)"
NUMBERS = (
    r"(?i)[\p{L}&&[^\p{Latin}]]|\d{8,}|(?:^|[^A-Z0-9])(?:A|ALIEN|AFILE)[-_#:.,/ ]{0,3}"
    r"(?:NO|NUM|NUMBER|NBR|FILE|REG)?[-_#:./ ]{0,3}\d{2,3}[-_./ ]{0,2}\d{3}[-_./ ]{0,2}\d{3}(?:[^0-9]|$)"
    r"|(?:^|[^0-9])\d{2,3}[-._ ]\d{3}[-._ ]\d{3}(?:[^0-9]|$)"
    r"|[\w.+-]+ ?(?:@|\(AT\)|\[AT\]) ?[\w-]+ ?(?:\.|\(DOT\)|\[DOT\]) ?[A-Z]{2}"
    r"|(?:^|[^0-9])\(?\d{3}\)?[-./ ]{0,2}\d{3}[-./ ]\d{4}(?:[^0-9]|$)|\+\d[\d ()-]{8,}"
    r"|(?:^|[^0-9])\d{3}[-. /]\d{2}[-. /]\d{4}(?:[^0-9]|$)|[X*]{3}[-. ][X*]{2}[-. ]\d{4}"
    r"|\bA[-# ]?X{3}[-. ]?(?:X{3}|\d{3})[-. ]?\d{3}\b|\bVIN\b[-:#. ]*[A-Z0-9]{11}"
    r"|(?:FACEBOOK|INSTAGRAM|TIKTOK)\.COM/\w|@\w+[_.]\w*\d"
    r"|\b\d{1,2}[-/.]\d{1,2}[-/.](?:19\d|200)\d\b"
    r"|\b(?:SSN?|SOC(?:IAL)?(?: SEC(?:URITY)?)?|D\.?O\.?B\.?|Y\.?O\.?B\.?|BORN|B[- ]?DATE"
    r"|BIRTH ?(?:DATE|DAY)?|NAC(?:IDO|IMIENTO)?|A-?FILE|ALIEN(?: FILE)?|CURP|RFC)\b"
    r"[-:#. ]*(?:NO|NUM|NUMBER|ON|DATE|EL)?[-:#. ]*\d"
    r"|\b(?:FBI|FINS?|SID|PASSPORTS?|PASAPORTE|PPT|EARM|EID|BOOKING|INMATE|DETAINEE|SUBJECT|CASE|DL|OLN|DLN|CDL"
    r"|LIC(?:ENSE)?|DRIVER'?S? ?LIC\w*|VIN|CELL|TEL|PHONE|PH|MATRICULA|DNI|CEDULA|UID|GANG ?ID)\b"
    r"(?:[-:#.() ]|NO|NUM|NUMBER|CASE|ID){0,5}[A-Z]{0,3}[- ]?\d{4}"
    r"|\b(?:LICENSE PLATES?|LIC PLT|PLATES?|PLT|TAG|LP|L/P)\b[-:#. ]*(?:NO|NUMBER)?[-:#. ]*"
    r"(?:[A-Z]{2}[- ])?[A-Z0-9]{0,4}[- ]?[A-Z]{0,3}\d"
    r"|[-+]?\d{1,2}\.\d{3,}[°NS]*[,;/ ]+[-+]?\d{2,3}\.\d{3}|\d{1,3}° ?\d{1,2}['′]"
    r"|\b(?:LAT|LON|LONG|GPS)\b[-:=. ]*[-+]?\d"
    r"|^\W*\d+ .*(?:\b(?:APT|APARTMENT|UNIT|LOT|TRAILER|TRLR|SPACE|SPC|STE|RM|ROOM|BSMT|FLOOR|FL)\b|#)"
    r"[ #.:]*(?:[A-Z]?-?\d|[A-Z]\b)"
    rf"|^\W*(?:{_AT_HOME}|HOME|HOUSE)\W{{1,3}}(?:(?:AT|ADDRESS)\W{{1,3}})?\d+ \p{{L}}"
    rf"|^\W*\d+ \p{{L}}.*\b(?:{_AT_HOME})\W*$"
    r"|\b(?:P\.? ?O\.?|POST OFFICE) ?BOX[-:#. ]*(?:NO\.? ?)?\d|\bPOB[-:#. ]+\d"
)
"""Numbers of persons, of their papers, telephones and cars, and where they live."""

_LETTER = r"[^\W\d_]"
_SURNAME = rf"{_LETTER}(?:['’-]?{_LETTER}){{2,}}"
_INITIAL = rf"{_LETTER}\b\.?"
INITIALED = (
    rf"(?i)^\W*(?:{_INITIAL} ?){{1,2}}{_SURNAME}(?: (?:HOME|HOUSE|RES|RESIDENCE|APT))?\W*$"
    rf"|^\W*{_SURNAME}, ?{_INITIAL}(?: ?{_INITIAL})?\W*$"
)
"""A word after one or two letters, or before them and a comma: a surname and initials if it is no place."""

WHOSE = (
    r"(?i)\b(?:RES|RESD|RESID|RESIDENCE|RESIDENT|HOME|HOUSE|DOMICILE|DWELLING|APARTMENT|APT|VEHICLE|CAR|TRUCK|WIFE"
    r"|HUSBAND|SPOUSE|GIRLFRIEND|BOYFRIEND|PARTNER|FIANCEE?|MOTHER|FATHER|PARENTS?|BROTHER|SISTER|SON|DAUGHTER"
    r"|COUSIN|UNCLE|AUNT|NEPHEW|NIECE|ROOMMATE|FRIEND|DOMICILIO|ESPOSA|ESPOSO|HIJO|HIJA|MADRE|PADRE|HERMANO"
    r"|HERMANA) (?:OF|DE) \p{L}"
    r"|\b(?:SUBJECT|SUBJ|NAME|NOMBRE|ALIAS|A\.?K\.?A\.?|TARGET|TGT|DETAINEE|INMATE|DEFENDANT|DEFT|PERP|SUSPECT)"
    r"(?: NAME)?\.? ?[:=] ?[\"'(]?\p{L}"
    r"|\b(?:S/B|S\.B\.|DEF/|SUBJ\.?|SUBJECT|NAMED|ALIAS|AKA|A\.K\.A\.?|A/K/A|NMN|LNU|FNU)\W+[\"'(]?\p{L}"
    r"|\p{L}['’]S (?:HOME|HOUSE|RESIDENCE|RES|APARTMENT|APT|CAR|VEHICLE|TRUCK)\W*$"
    r"|\p{L} FAMILY (?:HOME|HOUSE|RESIDENCE)\W*$"
    r"|\b(?:C/O|CARE OF) \p{L}|\b(?:U\.?S\.?A?|STATE|PEOPLE|COMMONWEALTH) VS?\.? \p{L}{2}"
)
"""Whose home or car it was, and words before a name."""
SOMETHING = (
    r"(?i)\b(?:HOUSE|HOME|SON|RES|CAR) (?:OF|DE) (?:COR|DETENTION|REFORM|HOPE|PRAYER|REFUGE|REPRES|THE|GOD"
    r"|WORSHIP|BLUES)"
    r"|\b(?:CHILDREN|VETERAN|SOLDIER|WOMEN|MEN|BOY|GIRL|(?:ST|SAINT)\.? \w+)['’]?S?['’]? (?:HOME|HOUSE)"
    r"|\b(?:SINGLE|MULTI)[- ]FAMILY"
    r"|\b(?:SUBJECT|TARGET|SUBJ)\W+(?:TO|OF|AT|IN|AREA)\b"
)
_BREAK = re.compile(r"\s[-–—]+\s*|\s*[-–—]+\s|[/;:()\[\]{}#@&*+|\"?!=<>_]+|\S*\d\S*")
_WORD = re.compile(r"[A-Z]+")
_JOINED = re.compile(r"[A-Z]+(?:[_/][A-Z]+)+")
_POINTS = re.compile(r"(?<=\b[A-Z])\.(?=[A-Z]\b)")
_STROKES = str.maketrans(
    {"Ł": "L", "ł": "l", "Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "ß": "ss", "ı": "i", "’": "'"}
)
_TITLE = re.compile(r"^\W*(?:DR|PROF|MS|SR|LIC|ING|REV)\b\.?(?= *[A-Z])")
_MOST_WORDS = 8
"""A longer text is a sentence, in which unknown words are common."""
_OF_THE = re.compile(r"\bDE L(?:A|AS|OS)\b")
FEW_ROWS = 5
"""A text of unknown words in so many rows is no person's."""
_MOST_HARMLESS = 100_000
_SOME, _MANY = 500, 10_000
"""How many live in a town whose name of one word is known as a place's, and as no person's."""


@cache
def _words() -> dict[str, frozenset[str]]:
    return {
        kind: frozenset(word for line in lines for word in line.split())
        for kind, lines in shipped_yaml(__package__, "persons.yaml").items()
    }


@cache
def _public() -> re.Pattern[str]:
    """Names of persons that shops, makes and streets bear."""
    names = ", ".join(shipped_yaml(__package__, "persons.yaml")["public"]).split(", ")
    return re.compile(rf"\b(?:{'|'.join(names)})\b")


@cache
def _given() -> frozenset[str]:
    """Given names."""
    return _names("given") - _states()


@cache
def _names(kind: str) -> frozenset[str]:
    return frozenset(table("person_names").filter(pl.col("kind") == kind)["name"].to_list())


def _all_plain(names: pl.Series) -> frozenset[str]:
    """Names in plain letters, all at once."""
    bare = names.unique().str.normalize("NFKD").str.to_uppercase().str.replace_all(r"[\p{M}'’`]", "")
    return frozenset(bare.str.extract_all("[A-Z]+").list.join(" ").to_list())


def _large() -> frozenset[str]:
    """Names of larger cities and of counties."""
    return _cities(_MANY) | _all_plain(_counties())


@cache
def _sure_given() -> frozenset[str]:
    """Given names that are not those of larger cities and of counties too."""
    return _given() - _large()


@cache
def _states() -> frozenset[str]:
    counties = table("counties")
    return frozenset([*counties["state"].unique(), *counties["state_name"].str.to_uppercase().unique()])


def _counties() -> pl.Series:
    words = r"(?i) (?:county|parish|borough|census area|municipality|municipio)$"
    return table("counties")["name"].str.replace(words, "")


@cache
def _cities(fewest: int) -> frozenset[str]:
    """Names of cities; those of one word if so many live there, as the smallest bear names of every kind."""
    one = ~pl.col("city").str.contains(" ")
    return _all_plain(table("cities").filter(~one | (pl.col("population") >= fewest))["city"])


@cache
def _places() -> frozenset[str]:
    """Names of cities, counties, townships and areas, in plain letters without spaces."""
    divisions = table("civil_divisions")["name"]
    named = pl.concat([_counties(), divisions.filter(divisions.str.contains(" ")), table("aors")["name"]])
    return frozenset(name.replace(" ", "") for name in _cities(_SOME) | _all_plain(named))


@cache
def _facilities() -> dict[str, list[str]]:
    """Every facility's name, by each of its words."""
    listed = [*table("facilities")["name"].to_list()]
    for system in shipped_yaml("atlarge.places", "hand", "prisons.yaml"):
        listed += [name for names in system["sites"].values() for name in names]
    for group in shipped_yaml("atlarge.places", "hand", "facilities.yaml"):
        listed += [name for site in group["sites"] for name in site["words"]]
    found: dict[str, list[str]] = {}
    for name in map(_plain, map(str, listed)):
        for word in name.split():
            found.setdefault(word, []).append(name)
    return found


def _letters(text: str) -> str:
    """Capitals without accents, apostrophes and the points of abbreviations; other marks stay."""
    bare = unicodedata.normalize("NFKD", text.translate(_STROKES)).encode("ascii", "ignore").decode() or text
    return _OF_THE.sub("DE", _POINTS.sub("", re.sub("['`’]", "", bare.upper())))


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(_letters(text)))


def _without_state(words: list[str]) -> list[str]:
    states = _states()
    while words and (words[-1] in states or " ".join(words[-2:]) in states):
        words = words[:-1] if words[-1] in states else words[:-2]
    return words


def _is_place(words: list[str]) -> bool:
    """Whether words are a place's name, several places', or part of a facility's name."""
    words = _without_state(words)
    if not words or "".join(words) in _places():
        return True
    if len(words) > 1 and any(" ".join(words) in name for name in _facilities().get(words[0], ())):
        return True
    return any(
        _is_place(words[:k]) and _is_place(words[k:])
        for k in range(1, min(len(words), 5))
        if not (k == 1 and words[0] in _sure_given())
        and not (k == len(words) - 1 and words[k] in _sure_given())
    )


def _has_place(words: list[str]) -> bool:
    """Whether a place's name of two words or more, or one that is no given name, is among words."""
    spans = ("".join(words[a:b]) for a in range(len(words)) for b in range(a + 2, len(words) + 1))
    return any(len(span) > 6 and span in _places() for span in spans) or not _only_places().isdisjoint(words)


@cache
def _only_places() -> frozenset[str]:
    """Names of places that are no given names, nor family names if they are small."""
    return _places() - _given() - (_names("family") - _large())


def _runs(part: list[str]) -> list[tuple[list[str], str]]:
    """Stretches of words that no place, agency or event has, each with the word after it."""
    known, prefixes = _known(), _words()["prefixes"]
    runs: list[tuple[list[str], str]] = [([], "")]
    for word in part:
        if word in known:
            runs[-1] = (runs[-1][0], word)
            runs.append(([word] if word in prefixes else [], ""))
        else:
            runs[-1][0].append(word)
    return [run for run in runs if not known.issuperset(run[0])]


@cache
def _known() -> frozenset[str]:
    return _words()["named_after"] | _words()["agency"] | (_states() - {"AL", "DE"})


_TITLES = ("MR", "MRS", "MISS", "SRA", "SRTA")


def _is_name(run: list[str], after: str, is_alone: bool) -> bool:
    """Whether a stretch of words is that of a given name and another; a place's will do if nothing else is
    said."""
    words = [word for word in run if word not in _words()["titles"]]
    long = [word for word in words if len(word) > 1]
    if after in _words()["named_after"] or run[0] in _words()["prefixes"]:
        return False
    if len(words) < len(run) and run[0] in _TITLES and long:
        return True
    if _is_place(long) or _is_place(run):
        return False
    given = [word for word in long if word in _sure_given()]
    others = [w for w in words if w not in given and (is_alone or len(w) == 1 or not _is_place([w]))]
    return bool(given) and (len(given) > 1 or bool(others))


def _last_first(parts: list[list[str]]) -> str | None:
    """How two parts of a text that a comma divides are LAST, FIRST; None if they are not."""
    for (left, right), then in zip(pairwise(parts), [*parts[2:], []], strict=False):
        before, after = _runs(left), _runs(right)
        if not (before and after) or left[-1] not in before[-1][0] or right[0] not in after[0][0]:
            continue
        words, follows = after[0]
        if words[0] not in _given() or follows in _words()["named_after"] or follows in _states():
            continue
        if then and not _without_state(then):
            continue
        if words[0] in _sure_given() and (len(words) < 2 or not _is_place(words)):
            return "words" if _is_place(before[-1][0]) else "name"
        if before[-1][0] == left and not follows and not _has_place(left):
            return "name"
    return None


@lru_cache(2**16)
def how_named(text: str, is_code: bool = False) -> str | None:
    """How a text names a person: "name", "words" (unknown ones alone), or None where it does not.

    Examples
    --------
    >>> how_named("Garcia Lopez, Juan"), how_named("juan garcia"), how_named("T. DON HUTTO")
    ('name', 'name', None)
    >>> how_named("AUSTIN, TX"), how_named("JOHN E POLK CORRECTIONAL FACILITY"), how_named("Kotanko Bryzyk")
    (None, None, 'words')
    """
    letters = _public().sub("US", _TITLE.sub("", _letters(text)))
    if _JOINED.fullmatch(letters) and not _given().isdisjoint(_WORD.findall(letters)):
        letters = letters.replace("_", " ").replace("/", " ")
    segments = [s for s in _BREAK.split(letters) if _WORD.search(s)]
    whole = _WORD.findall(letters)
    unknown = False
    for segment in segments:
        parts = [words for part in segment.split(",") if (words := _WORD.findall(part))]
        if (pair := _last_first(parts)) == "name":
            return pair
        unknown |= pair is not None
        for run, after in (found for part in parts for found in _runs(part)):
            if _is_name(run, "" if is_code else after, is_code or run == whole):
                return "name"
            unknown |= len(whole) <= _MOST_WORDS and _is_unknown(run, after)
        unknown |= any(_is_unknown_pair(left, right) for left, right in pairwise(parts))
    unknown |= _is_initialed(text, whole) or (is_code and _is_no_code(whole))
    return "words" if unknown else None


def _is_initialed(text: str, words: list[str]) -> bool:
    """Whether a text is a surname with initials; letters that name a direction begin a place's name."""
    if not re.search(INITIALED, text):
        return False
    long = next((word for word in words if len(word) > 2), "")
    has_direction = {*re.findall(r"\b[A-Z]\b", text.upper())} <= {*"NSEW"}
    is_place = _is_place([long]) and (has_direction or long not in _names("family"))
    return long not in _known() and not is_place


def _is_unknown(run: list[str], after: str) -> bool:
    """Whether a stretch of words has two or more, of which none is a place's."""
    if after in _words()["named_after"] or run[0] in _words()["prefixes"] or _is_place(run):
        return False
    return not _has_place(run) and sum(len(word) > 2 for word in run) >= 2


def _is_no_code(words: list[str]) -> bool:
    """Whether words that no code has are a given name, or two or more that are not one place's name."""
    rest = _without_state(words)
    if not rest or _known() & {*rest} or "".join(rest) in _places():
        return False
    return sum(len(word) > 2 for word in rest) > 1 or (
        len(rest) == 1 and len(rest[0]) > 3 and rest[0] in _given()
    )


def _is_unknown_pair(left: list[str], right: list[str]) -> bool:
    """Whether a part of a text ends, and the next after a comma is, in words that no place has."""
    before, after = _runs(left), _runs(right)
    if not (before and after) or left[-1] not in before[-1][0] or right != after[0][0] or len(right) > 3:
        return False
    return all(
        max(map(len, run)) > 2
        and run[0] not in _words()["prefixes"]
        and not _has_place(run)
        and not _is_place(run)
        for run in (before[-1][0], right)
    )


_harmless: dict[bool, set[str]] = {True: set(), False: set()}
"""Texts read before that name no one: codes, and others."""


def load_words() -> None:
    """Compile the patterns and load the words by which texts are read, ahead of the first text."""
    persons_in(pl.Series(["jail"]), is_code=True)


def persons_in(words: pl.Series, is_code: bool = False) -> tuple[pl.Series, pl.Series]:
    """Of distinct texts, those that name a person or give a number, and those of unknown words alone.

    `is_code`: of a column of codes, in which a given name is enough.
    """
    harmless = _harmless[is_code]
    words = words.filter(pl.Series([word not in harmless for word in words.to_list()], dtype=pl.Boolean))
    if words.is_empty():
        return words, words
    named, unknown = _persons_in(words, is_code)
    if len(harmless) + len(words) < _MOST_HARMLESS:
        harmless.update(words.to_list())
        harmless.difference_update(named.to_list(), unknown.to_list())
    return named, unknown


def _persons_in(words: pl.Series, is_code: bool) -> tuple[pl.Series, pl.Series]:
    text = pl.col(words.name).str
    own = text.contains(NUMBERS) | (text.contains(WHOSE) & ~text.contains(SOMETHING))
    found = words.to_frame().select(own).to_series()
    read = _to_read(words.filter(~found), 3 if is_code else 4)
    ways = pl.Series([how_named(text, is_code) for text in read.to_list()], dtype=pl.String)
    sure = pl.concat([words.filter(found), read.filter((ways == "name").fill_null(False))])
    return sure, read.filter((ways == "words").fill_null(False))


def public_name(name: str, instead: str) -> str:
    """The name of a file or sheet, or what stands for it where it is a person's or holds their number."""
    bare = _letters(name.partition(".")[0].replace("_", " "))
    number = r"(?<![A-Z0-9])A[-# ]?\d{2,3}[- ]?\d{3}[- ]?\d{3}(?!\d)|\b\d{3}-\d\d-\d{4}\b"
    pairs = pairwise(_WORD.findall(bare))
    is_named = any({*pair} & _given() and {*pair} & _names("family") and pair[0] != pair[1] for pair in pairs)
    return instead if is_named or re.search(number, bare) else name


def _to_read(words: pl.Series, least: int) -> pl.Series:
    """Texts that may name a person: with a given name and another word, or two words that no place has."""
    if words.is_empty():
        return words
    upper = pl.col("w").str.to_uppercase().str.normalize("NFKD").str.replace_all(r"[\p{M}'’`.]", "")
    every = words.to_frame("w").select(pl.int_range(pl.len()).alias("i"), upper.str.extract_all(r"\p{L}+"))
    tokens = every.explode("w").drop_nulls()
    distinct = tokens["w"].unique()
    weights = pl.DataFrame({"w": distinct, "weight": [_weight(word) for word in distinct.to_list()]})
    weighed = tokens.join(weights, on="w", how="left").group_by("i").agg(pl.col("weight").sum())
    initialed = every.filter(words.str.contains(INITIALED))["i"]
    chosen = [weighed.filter(pl.col("weight") >= least)["i"], initialed.cast(weighed["i"].dtype)]
    return words.gather(pl.concat(chosen).unique().sort())


def _weight(word: str) -> int:
    """How much a word says of a person."""
    if word in _TITLES:
        return 4
    if word in _known() or word in _words()["prefixes"]:
        return 0
    if len(word) < 3:
        return 1
    if word in _sure_given():
        return 3
    return 1 if word in _only_places() else 2

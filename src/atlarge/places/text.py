"""From a text as published to tokens that the rules can read.

Only form is decided here: case, accents, punctuation, the common short forms. What a word means is
decided by the rules and the tables.
"""

from __future__ import annotations

import re
import unicodedata

import polars as pl

from atlarge.files import shipped_yaml

MAX_LENGTH = 300
"""Longest text that is read; a landmark of a release has at most about 120 characters."""

_SEPARATOR = re.compile(r"[()\[\]{}/;:*?\"|\\]+|\s[-–—]+\s|\s[-–—]+|[-–—]+\s|,")
_TOKEN = re.compile(r"[A-Z0-9]+|,")
_JOINED = re.compile(r"\b([A-Z])\.(?=[A-Z]\b)")
_ORI = re.compile(r"\b([A-Z]{2})[0-9]{6,9}[A-Z0-9]*\b")
_LETTER = re.compile(r"[A-Za-z]")
_ZIP = re.compile(r"\b[0-9]{5}(?:-[0-9]{4})?\b")

SPELLINGS = shipped_yaml("atlarge.places", "hand", "spellings.yaml")
_WORDS = {short: word for word, forms in SPELLINGS["stands_for"].items() for short in forms}
_BEFORE_STATE = frozenset(SPELLINGS["before_state"])
_AFTER_COUNTY = frozenset({"JAIL", "SHERIFF", "SHERIFFS", "SO", "DETENTION", "PRISON", "CORRECTIONAL"})
_BEFORE_NAME = {"ST": "SAINT", "STE": "SAINTE", "FT": "FORT", "MT": "MOUNT"}
_AFTER_STATE = frozenset(
    {"PRISON", "PEN", "PENITENTIARY", "POLICE", "PATROL", "CORR", "CORRECTIONAL", "HOSP", "HOSPITAL"}
)
"""Words before which ST stands for STATE, where a name stands before it: WASCO ST PRISON."""
_COURTS = frozenset(
    {"DISTRICT", "DIST", "SUPERIOR", "CIRCUIT", "MUNICIPAL", "CRIMINAL", "JUSTICE", "PROBATE", "COUNTY"}
    | {"MAGISTRATE", "FAMILY", "TRAFFIC", "SUPREME"}
)
"""Words after which CT stands for COURT: CHELSEA DISTRICT CT."""
_SHORT = frozenset({"CO", "COUNTRY", "DET", "ST", "CT", *_BEFORE_NAME, *_WORDS})
"""Words that `expand` may write out."""


def plain(text: str) -> str:
    """Return `text` in capitals, without accents, apostrophes and control characters."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in text if not unicodedata.combining(c))
        for mark in "’‘`´ʻ":
            text = text.replace(mark, "'")
    return text.upper().replace("'", "")


def tokens(text: str, aor: str | None = None) -> list[str]:
    """Return the words of a text, with ',' where the text separates its parts.

    'CO' is read as COUNTY, but as Colorado where a text of the Denver area ends with it after a comma or a
    word such as jail.
    """
    text = plain(text)
    if text.isascii() and text.replace(" ", "").isalpha():  # words and blanks alone: nothing to part
        return expand(text.split(), aor)
    text = _JOINED.sub(r"\1", text).replace(".", " ").replace("&", " AND ")
    text = _ORI.sub(r", \1", text)
    text = _ZIP.sub(" ", text)
    raw = _TOKEN.findall(_SEPARATOR.sub(" , ", text))
    return expand(raw, aor)


def expand(raw: list[str], aor: str | None = None) -> list[str]:
    """Write out the short forms among the words of a text."""
    out: list[str] = []
    last = len(raw) - 1
    for i, word in enumerate(raw):
        if word == "CO":
            ends = i == last or raw[i + 1] in ("STATE", ",")
            apart = i > 0 and (raw[i - 1] == "," or out[-1] in _BEFORE_STATE)
            stated = i > 0 and raw[i + 1 :] == ["STATE"]
            out.append("CO" if ((ends and apart) or stated) and aor in ("DEN", None) else "COUNTY")
        elif word == "COUNTRY" and i < last and raw[i + 1] in _AFTER_COUNTY:
            out.append("COUNTY")
        elif word == "ST" and 0 < i < last and raw[i + 1] in _AFTER_STATE:
            out.append("STATE")
        elif word == "CT" and i > 0 and raw[i - 1] in _COURTS and raw[i + 1 :] != ["STATE"]:
            out.append("COURT")
        elif word in _BEFORE_NAME and i < last and raw[i + 1] not in (",", "STATE"):
            out.append(_BEFORE_NAME[word])
        elif word == "DET" and (last == 0 or (i < last and raw[i + 1] in ("GENERAL", "GEN", ","))):
            out.append(word)
        elif word in _WORDS:
            out.extend(_WORDS[word].split())
        elif word == "," and (not out or out[-1] == ","):
            continue
        else:
            out.append(word)
    while out and out[-1] == ",":
        out.pop()
    return out


def squash(text: str) -> str:
    """Return a name as a key: its words written out, joined without spaces."""
    words = text.upper().replace(",", " ").split()
    joined = "".join(words)
    if joined.isascii() and joined.isalpha() and _SHORT.isdisjoint(words):
        return joined
    return "".join(word for word in tokens(text) if word != ",")


def squashed(names: pl.Series) -> list[str]:
    """Return many names as keys; only those with a short form or a sign are read word by word."""
    upper = names.str.to_uppercase()
    short = upper.str.contains(rf"[^A-Z ]|\b(?:{'|'.join(sorted(_SHORT))})\b")
    keys = upper.str.replace_all(" ", "", literal=True).to_list()
    for i in short.arg_true():
        keys[i] = squash(names[i])
    return keys


def fault(text: str | None) -> str | None:
    """Say why a text cannot be read as a landmark at all, or return None if it can."""
    if text is None or not text.strip():
        return "empty text"
    if len(text) > MAX_LENGTH:
        return f"text longer than {MAX_LENGTH} characters"
    if text.isascii() and text.isprintable():
        return None if _LETTER.search(text) else "no letters in the text"
    if any(unicodedata.category(c) == "Cc" for c in text if not c.isspace()):
        return "control characters in the text"
    letters = "".join(c for c in text if c.isalpha())
    if not letters:
        return "no letters in the text"
    if not any(c.isascii() for c in unicodedata.normalize("NFKD", letters)):
        return "not in Latin script"
    return None


def trimmed(column: pl.Expr) -> pl.Expr:
    """Collapse blanks in a text column, and make an empty text null."""
    clean = column.str.replace_all(r"[ \t\r\n]+", " ").str.strip_chars()
    return pl.when(clean.str.len_chars() > 0).then(clean)

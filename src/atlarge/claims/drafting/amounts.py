"""Numbers in a sentence with their unit and the word before them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from atlarge.claims.drafting.language import Language, language, word_list, word_table
from atlarge.claims.words import word_names

_ENGLISH, _SPANISH = word_table("amounts.spelled"), word_table("amounts.spelled_es")
_SPELLED = _ENGLISH | _SPANISH
SMALL_NUMBERS = {word: n for word, n in _ENGLISH.items() if n <= 12}
"""Zero to twelve, as they are written out."""
_FRACTIONS = word_table("amounts.fractions")
_ALWAYS_TOLERANCE = word_list("amounts.always_tolerance")
_BARE = ("dozens", "hundreds", "thousands", "a handful")
_SPANISH_WORDS = word_table("amounts.spanish_words")
_SCALES = {"million": 1e6, "billion": 1e9, "thousand": 1e3, "millones": 1e6, "millón": 1e6, "mil": 1e3}
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORDS = "|".join(sorted(_SPELLED, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?<![\w$€£.,-])(?P<value>{_DIGITS}|\b(?:{_WORDS})(?:-(?:{_WORDS}))?\b)"
    rf"(?P<scale>\s+(?:million|billion|thousand|millones|millón|mil)\b)?"
    rf"(?P<percent>\s*%|\s+(?:percent|per cent|percentage points?|por ciento|puntos porcentuales)\b)?",
    re.IGNORECASE,
)
_NOT_COUNTS = re.compile(
    r"\b(?:SB|HB|H\.B\.|S\.B\.|AB|Section|section|Title|Interstate|I|Route|Highway|No\.|Article|Chapter|Rule)"
    r"[- ]?\d[\w()]*"
    r"|\b(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty)-(?:year"
    r"|day|month|hour|week|page|member|point"
    r"|state|county|city|mile|person|part|minute|judge|term|story|square|foot|time|way|bed|man|woman"
    r"|side)s?\b(?:-old)?"
    r"|\b\d{1,2}:\d{2}\b|\b\d{3}-\d{4}\b|\b287\(g\)|\bI-\d+\w*|\b\d+(?:st|nd|rd|th)\b|\b(?:told"
    r"|by) \d+ (?=[A-Z][a-z])"
    r"|[$€£]\s?[\d,.]+\d?(?!\s+(?:million|billion))|\bPage [A-Z]?\d+|\b(?:Feb|Mar)\w*\.? \d+\b"
    r"|\bage[ds]?\s+\d+|(?<=[a-z]), \d{1,2},(?=\s)"
)
_DURATION = re.compile(
    r"\s*(?:more |straight |consecutive )?(?:years?|months?|weeks?|days?|minutes?|miles?|p\.m|a\.m|dollars"
    r"|o[’']clock|cents|times a"
    r"|años?|meses|mes|semanas?|días?|minutos?)\b",
    re.IGNORECASE,
)
_HOURS = re.compile(r"\s*(?:hours?|horas?)\b")
_PARTICLE = re.compile(  # "handed over 622", "rounded up to": the word belongs to the verb
    r"\b(?:hand|turn|sign|tak|took|giv|gave|go|went|pass|carr|brought|bring|mov|send|sent|hold|held|look"
    r"|transferr|cross|pull|stay|win|won|start|roll|com|came|think|thought|pick|round|lock|end|back|mak"
    r"|made|ask|talk|spok|speak|worr|car|learn|know|knew)"
    r"(?:e|es|ed|ing|en|n|y|ies|ied|s)?\s+$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Number:
    """A number as stated: its value, ledger unit, and the tolerance word before it."""

    value: float | None
    unit: str
    word: str | None
    text: str
    start: int = 0
    end: int = 0
    is_known: bool = True  # whether a noun of the vocabulary says what is counted

    def as_change(self) -> Number:
        """The same as a percent change; "fell by half" is one of 50."""
        parts = {"half": 50.0, "a third": 33.3, "two thirds": 66.7, "a quarter": 25.0}
        if self.value is None and self.word in parts:
            return replace(self, value=parts[self.word], word=None, unit="percent_change")
        return replace(self, unit="percent_change")


@cache
def _tolerance() -> re.Pattern[str]:
    """The words that may stand before a number, longest first."""
    names = {w for kind in ("count", "share") for w in word_names(kind)} | set(_SPANISH_WORDS)
    wanted = sorted(
        (n for n in names if n not in ("no", "all", "most", "none", "half")), key=len, reverse=True
    )
    return re.compile(
        r"\b(" + "|".join(map(re.escape, wanted)) + r")\s+(?:the\s+|a\s+|el\s+|los\s+)?$", re.IGNORECASE
    )


@cache
def _units(lang: Language) -> dict[str, str]:
    """Ledger unit by noun."""
    return {noun: unit for unit, nouns in lang.data["units"].items() for noun in nouns}


def _unit(after: str, before: str, lang: Language) -> tuple[str, bool]:
    """Unit from the first known noun after a number, or from one just before it; and whether there is one."""
    units = _units(lang)
    for raw in re.findall(r"[^\W\d_][\w-]*|[.;:,“”]", after)[:7]:
        if raw in ".;:,“”":
            break
        noun = raw.lower()
        if noun in units:
            return units[noun], True
    last = re.findall(r"[^\W\d_][\w-]*", before)[-4:]
    found = next((units[w.lower()] for w in reversed(last) if w.lower() in units), None)
    return (found, True) if found else ("count", False)


def _blank(match: re.Match[str]) -> str:
    """Blank out what is not a count; ", 34," is an age only after a name."""
    if match.group().startswith(", "):
        word = re.search(r"(\w+)$", match.string[: match.start()])
        if word is None or not word.group(1)[0].isupper():
            return match.group()
    return " " * len(match.group())


def find_numbers(text: str, lang: Language | None = None) -> list[Number]:
    """Numbers of a sentence whose dates are blanked out; not ages, durations, money or bills."""
    lang = lang or language("en")
    text = _NOT_COUNTS.sub(_blank, text)
    found: list[Number] = []
    text = _ratios(text, found)
    for phrase, said in sorted(_FRACTIONS.items(), key=lambda pair: -len(pair[0])):
        for match in re.finditer(rf"\b{phrase}\b", text, re.IGNORECASE):
            value, word = (
                (None, said) if isinstance(said, str) else said if isinstance(said, tuple) else (said, None)
            )
            found.append(Number(value, "percent", word, match.group(), match.start(), match.end()))
        text = re.sub(rf"\b{phrase}\b", lambda m: " " * len(m.group()), text, flags=re.IGNORECASE)
    for phrase in _BARE:
        for match in re.finditer(rf"\b{phrase}\b", text, re.IGNORECASE):
            unit, known = _unit(text[match.end() :], "", lang)
            found.append(Number(None, unit, phrase, match.group(), match.start(), match.end(), known))
    for match in re.finditer(
        r"\b(?P<word>at least |about |nearly |more than )?a dozen\b", text, re.IGNORECASE
    ):
        unit, known = _unit(text[match.end() :], "", lang)
        word = (match.group("word") or "about").strip().lower()
        found.append(Number(12.0, unit, word, match.group(), match.start(), match.end(), known))
    for match in _NUMBER.finditer(text):
        number = _read(match, text, lang)
        if number is not None:
            found.append(number)
    return sorted(found, key=lambda number: number.start)


_SMALL = (
    r"one|two|three|four|five|six|seven|eight|nine|ten"
    r"|uno|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|[1-9]\d?"
)
_RATIO = re.compile(
    rf"(?P<word>(?:about|nearly|almost|roughly|more than|fewer than|less than|at least|only|just|casi|unos"
    rf"|más de|menos de) )?\b(?P<part>{_SMALL})(?: \w+)?"
    rf"(?: (?:in|out of)(?: every)?| of every| de cada) (?P<whole>{_SMALL})\b(?!\s*(?:cities|counties"
    rf"|states|places))",
    re.IGNORECASE,
)


def _ratios(text: str, found: list[Number]) -> str:
    """Read "one in four" and "three of every ten" as shares."""
    for match in _RATIO.finditer(text):
        part, whole = (_small(match.group(name)) for name in ("part", "whole"))
        if 0 < part < whole and (whole <= 5 or whole == 10 or part == 1):
            said = (match.group("word") or "").strip().lower()
            word = None if said in ("only", "just") else _SPANISH_WORDS.get(said, said) or None
            share = round(100 * part / whole, 1)
            found.append(Number(share, "percent", word, match.group(), match.start(), match.end()))
            text = text[: match.start()] + " " * len(match.group()) + text[match.end() :]
    return text


def _small(word: str) -> int:
    return int(word) if word.isdigit() else {"una": 1}.get(word.lower(), int(_SPELLED.get(word.lower(), 0)))


def _value(written: str, lang: Language) -> float | None:
    """The value of digits or number words."""
    if written[0].isdigit():
        if lang.code == "es" and re.fullmatch(r"\d{1,3}(?:\.\d{3})+", written):
            written = written.replace(".", "")
        if lang.code == "es" and re.fullmatch(r"\d+,\d{1,2}", written):
            written = written.replace(",", ".")
        return float(written.replace(",", ""))
    parts = list(re.split(r"[- ]", written))
    return float(sum(_SPELLED[part] for part in parts)) if all(p in _SPELLED for p in parts) else None


def _read(match: re.Match[str], text: str, lang: Language) -> Number | None:
    """One number of a sentence, or None when it is an idiom rather than a count."""
    written = match.group("value").lower()
    before, after = text[: match.start()], text[match.end() :]
    value = _value(written, lang)
    percent = (match.group("percent") or "").strip().lower()
    if value is None or (
        written in ("one", "uno", "once") and not percent and not (written == "once" and lang.code == "es")
    ):
        return None  # "one of them", "no one", "once"
    if not written[0].isdigit() and written in _SPANISH and lang.code != "es":
        return None
    scale = (match.group("scale") or "").strip().lower()
    known = True
    if percent:
        unit = "percentage_points" if "point" in percent or "puntos" in percent else "percent"
    elif scale in ("million", "millones", "millón"):
        unit = "million"
    elif scale in ("thousand", "mil"):
        unit = "thousand"
    else:
        value *= _SCALES.get(scale, 1.0)
        unit, known = _unit(after, before, lang)
        if re.match(r"\s*(?:times|-?fold|veces)\b", after):
            unit = "times"
        elif _DURATION.match(after) or (_HOURS.match(after) and written[0].isalpha()):
            return None
    said = _tolerance().search(before)
    if said and (
        _is_particle(said, before) or (said.group(1).lower() == "some" and not written[0].isdigit())
    ):
        said = None  # "some two", "handed over 622"
    word = " ".join(said.group(1).lower().split()) if said else None
    start = said.start(1) if said else match.start()
    word = _SPANISH_WORDS.get(word or "", word)
    return Number(value, unit, word, text[start : match.end()].strip(), start, match.end(), known)


def _is_particle(said: re.Match[str], before: str) -> bool:
    """Whether a word of tolerance belongs to the verb before it, as in "handed over 622"."""
    word = said.group(1).lower()
    if word in _ALWAYS_TOLERANCE:
        return False
    return (
        word in ("over", "up to", "around", "about", "hasta")
        and _PARTICLE.search(before[: said.start()]) is not None
    )

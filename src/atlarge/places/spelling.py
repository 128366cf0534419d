"""Misspelt words for kinds of places: COUTY, PARRSH, SHERRIFS, DETENTON, a COUNTYJAIL written as one word.

Only a word that no table knows is touched, so that Paris is never read as a misspelt parish.
"""

from __future__ import annotations

from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from atlarge.places.gazetteer import gazetteer
from atlarge.places.scan import COUNTY_WORDS
from atlarge.places.text import SPELLINGS, expand

SHORTEST = 4
"""Fewest letters of a word that is looked at."""
STEM = 5
"""Fewest letters from which a word cut short is completed (DETENT)."""
_GLUED = ("COUNTY", "PARISH", "JAIL", "POLICE", "SHERIFF", "DETENTION", "PRISON")


_COMPASS: dict[str, list[str]] = SPELLINGS["compass"]


def corrected(words: list[str]) -> list[str]:
    """Return the words of a text with misspelt words for kinds of places put right.

    Parameters
    ----------
    words : list of str
        The words of a text, from `text.tokens`.

    Returns
    -------
    list of str
        The same list where nothing is misspelt.

    Examples
    --------
    >>> corrected(["DALE", "COUTNYJAIL"])
    ['DALE', 'COUNTY', 'JAIL']
    """
    known = gazetteer().known_words
    words = _compass(words)
    if all(len(word) < SHORTEST or word in known for word in words):
        return words
    out: list[str] = []
    for i, word in enumerate(words):
        names_next = i + 1 < len(words) and words[i + 1] in COUNTY_WORDS
        if len(word) < SHORTEST or names_next or word in known:
            out.append(word)
        else:
            out.extend(_read(word))
    return out


def _compass(words: list[str]) -> list[str]:
    """Write out a short word of the compass that begins a text, where the whole begins a name (SO DESERT)."""
    if len(words) < 2 or words[0] not in _COMPASS:
        return words
    gaz = gazetteer()
    for end in range(2, min(len(words), 5) + 1):
        rest = "".join(words[1:end])
        for first in (words[0], *_COMPASS[words[0]]):
            if any(first + rest in names for names in (gaz.any_name, gaz.sites, gaz.prisons)):
                return [first, *words[1:]]
    return words


@cache
def _read(word: str) -> tuple[str, ...]:
    """Return the words that an unknown word stands for: itself, one type word, or two words run together."""
    gaz = gazetteer()
    types = gaz.words["type_words"]
    for last in types:
        before = word.removesuffix(last)
        glued = before in types or (last in _GLUED and (before in gaz.county_names or before in gaz.cities))
        if before != word and glued:
            return tuple(expand([before, last]))
    if len(word) >= 2 * STEM:  # both parts of a word run together may be misspelt
        for last in _GLUED:
            before = word[: -len(last)]
            if word.endswith(last) and (first := _nearest(before, types)) is not None:
                return tuple(expand([first, last]))
    near = _nearest(word, types)
    return (word,) if near is None else tuple(expand([near]))


def _within(word: str, longer: str) -> bool:
    """Say whether the letters of a word stand in another in the same order."""
    letters = iter(longer)
    return all(letter in letters for letter in word)


def _nearest(word: str, types: frozenset[str]) -> str | None:
    """Return the one type word that a word misspells or cuts short, or None."""
    if len(word) >= STEM:
        whole = [t for t in types if t.startswith(word)]
        if len(whole) == 1:
            return whole[0]
    letters_left_out = [t for t in types if t[0] == word[0] and t[-1] == word[-1] and _within(word, t)]
    if len(letters_left_out) == 1:  # RGNL, PRCSNG, CORRCTNL
        return letters_left_out[0]
    found = process.extract(word, sorted(types), scorer=OSA.distance, score_cutoff=2, limit=3)
    # two edits only in a longer word that begins with the same letter
    close = [(t, d) for t, d, _ in found if d <= 1 or (len(t) >= 7 and len(word) >= STEM and t[0] == word[0])]
    best = {tuple(expand([t])) for t, d in close if d == close[0][1]}
    if len(best) != 1:
        return None
    return str(close[0][0])

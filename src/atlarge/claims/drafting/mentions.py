"""Who is named in a sentence: persons, bodies, someone who is not named, documents and pronouns."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from atlarge.claims.drafting.language import Language, word_list
from atlarge.claims.drafting.places import is_place_name

_TOKEN = re.compile(r"(?:[A-Za-z]\.){2,}|\d[\d.,]*\d|[^\W_](?:[\w’'&-]*[^\W_])?[’']?|…|\S")
_POSSESSIVE = re.compile(r"[’']s$|(?<=s)[’']$", re.IGNORECASE)


@dataclass(frozen=True)
class Token:
    """A word or mark of a sentence."""

    text: str
    start: int
    end: int

    @property
    def base(self) -> str:
        """The word without a possessive ending."""
        return _POSSESSIVE.sub("", self.text)

    @property
    def low(self) -> str:
        """The word in lower case, its possessive ending left off."""
        return self.base.lower()

    @property
    def is_possessive(self) -> bool:
        """Whether it ends in 's or s'."""
        return _POSSESSIVE.search(self.text) is not None

    @property
    def is_capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[:1].isupper()

    @property
    def is_word(self) -> bool:
        """Whether it is a word and no mark."""
        return self.text[:1].isalnum()


@dataclass(frozen=True)
class Mention:
    """Words of a sentence that stand for someone or something that can speak."""

    kind: str  # person, body, someone, document or pronoun
    first: int  # tokens, the last one not inside
    last: int
    text: str
    name: str = ""
    role: str | None = None
    head: str = ""
    is_definite: bool = False
    owner: str | None = None  # of a document or someone: the body or person named in the phrase
    sort: str | None = None  # of a body: agency, center, newspaper ...
    names: tuple[str, ...] = field(default=())


def tokens_of(text: str, lang: Language) -> list[Token]:
    """Words and marks of a sentence; a title or initial keeps its full stop."""
    tokens: list[Token] = []
    short = lang.words("abbreviations")
    for found in _TOKEN.finditer(text):
        token = Token(found.group(), found.start(), found.end())
        is_short = tokens and token.text == "." and tokens[-1].end == token.start
        if is_short and (tokens[-1].text.lower() in short or re.fullmatch(r"[A-Z]", tokens[-1].text)):
            tokens[-1] = Token(tokens[-1].text + ".", tokens[-1].start, token.end)
        else:
            tokens.append(token)
    return tokens


@cache
def _body_words(lang: Language) -> dict[str, str]:
    """Sort of body by the noun in its name."""
    return {str(noun): sort for sort, nouns in lang.data["body_nouns"].items() for noun in nouns}


@cache
def _canonical(lang: Language) -> dict[str, str]:
    """The ledger's name of a body by each of its names in lower case."""
    canonical: dict[str, str] = {}
    for names in lang.data.get("aliases", []):
        canonical |= {str(name).lower(): str(names[0]) for name in names}
    return canonical


class Finder:
    """Finds the mentions of one article; knows the surnames and short names met so far."""

    def __init__(self, lang: Language) -> None:
        self.lang = lang
        self.surnames: dict[str, str] = {}  # surname -> full name
        self.acronyms: dict[str, str] = {}  # acronym -> name of the body

    # --- one kind after another -----------------------------------------------------------------------

    def find(self, tokens: list[Token]) -> list[Mention]:
        """The mentions of a sentence in their order; where two overlap, the more telling one."""
        found = [
            *self._titled(tokens),
            *self._named_after(tokens),
            *self._plain(tokens),
            *self._bodies(tokens),
            *self._someone(tokens),
            *self._documents(tokens),
            *self._pronouns(tokens),
        ]
        rank = {"person": 0, "document": 1, "body": 2, "someone": 2, "pronoun": 3}
        chosen: list[Mention] = []
        for one in sorted(found, key=lambda m: (rank[m.kind], m.first - m.last, m.first)):
            if all(one.last <= c.first or one.first >= c.last for c in chosen):
                chosen.append(one)
        return sorted(chosen, key=lambda m: m.first)

    def learn(self, name: str) -> None:
        """Remember a person, so that the surname alone is known for one."""
        parts = [p for p in name.split() if not re.fullmatch(r"[A-Z]\.|Jr\.?|Sr\.?|III?", p)]
        if parts:
            self.surnames[parts[-1].lower()] = name
            if len(parts) > 2 and parts[-2] in ("St.", "de", "la", "del", "van", "von"):
                self.surnames[" ".join(parts[-2:]).lower()] = name

    def _phrase(self, tokens: list[Token], i: int, name: str) -> int:
        """Length of the phrase of a list that begins at a token; 0 when none does."""
        for parts in self.lang.phrases(name).get(_bare(tokens[i]), []):
            window = tokens[i : i + len(parts)]
            if len(window) == len(parts) and all(_bare(t) == p for t, p in zip(window, parts, strict=True)):
                return len(parts)
        return 0

    def _titled(self, tokens: list[Token]) -> Iterator[Mention]:
        """A name after a title, with the words before the title that belong to it."""
        i = 0
        while i < len(tokens):
            length = self._phrase(tokens, i, "titles")
            if not length:
                i += 1
                continue
            start, end = i, i + length
            while end < len(tokens) and (more := self._phrase(tokens, end, "titles")):
                end += more
            last = self._name_end(tokens, end)
            while start > 0 and self._is_modifier(tokens, start - 1):
                start -= 1
            is_name = any(t.base[-1:].islower() for t in tokens[end:last])
            if last > end and is_name and not any(t.is_possessive for t in tokens[end - 1 : end]):
                name = _joined(tokens[end:last])
                role = _joined(tokens[start:end], keep=True)
                is_plain = role.lower().rstrip(".") in ("mr", "mrs", "ms", "miss", "dr", "sr", "sra")
                yield Mention(
                    "person", start, last, _joined(tokens[start:last]), name, None if is_plain else role
                )
                i = last
            else:
                i = end

    def _is_modifier(self, tokens: list[Token], i: int) -> bool:
        """Whether a word before a title is part of it: "Franklin County", "former", "ICE"."""
        token = tokens[i]
        if not token.is_word or token.low in self.lang.words("determiners"):
            return False
        if token.is_possessive:
            return False
        if token.low in self.lang.words("modifiers"):
            return True
        return token.is_capital and token.low not in self.lang.words("not_names")

    def _name_end(self, tokens: list[Token], start: int) -> int:
        """Where a run of name words that begins at a token ends; the start itself when there is none."""
        i = start
        particles = {"de", "la", "del", "van", "von", "der", "bin", "al", "y"}
        while i < len(tokens) and i - start < 5:
            token = tokens[i]
            is_particle = (
                token.text in particles and i > start and i + 1 < len(tokens) and tokens[i + 1].is_capital
            )
            if not (token.is_capital and token.is_word) and not is_particle:
                break
            if token.low in self.lang.words("not_names") or token.base in _body_words(self.lang):
                break
            if token.base in ("County", "Condado") or (
                re.fullmatch(r"[A-Z]{2,}", token.base) and i > start and len(token.base) > 3
            ):
                break
            i += 1
            if token.is_possessive:
                break
        if i < len(tokens) and tokens[i].base in (*_body_words(self.lang), "County"):
            return start
        return i

    def _named_after(self, tokens: list[Token]) -> Iterator[Mention]:
        """A name set beside a role: "the mayor, Alma Boulder," or "its director is John Aurora"."""
        for i, token in enumerate(tokens):
            if token.low not in self.lang.words("titles") and token.low not in self.lang.words("anonymous"):
                continue
            if token.is_possessive:
                continue
            after = i + 1
            while (
                after < len(tokens)
                and after - i < 7
                and tokens[after].is_word
                and tokens[after].low not in ("is", "was", "es")
            ):
                after += 1
            if after >= len(tokens):
                continue
            mark = tokens[after].text
            is_one = token.low != "people" and (not token.low.endswith("s") or token.low.endswith("ss"))
            titled = after + 1 < len(tokens) and self._phrase(tokens, after + 1, "titles")
            if mark == "," and (not is_one or titled):
                continue  # "people arrested in May, Rep. Ana Denver said": another
            if mark == "," or tokens[after].low in ("is", "was", "es"):
                last = self._name_end(tokens, after + 1)
                closes = last < len(tokens) and (tokens[last].text in ",.;)" or self._is_verb(tokens, last))
                is_name = 2 <= last - after - 1 <= 4 and not is_place_name(_joined(tokens[after + 1 : last]))
                if is_name and closes:
                    first = i
                    while first > 0 and (
                        self._is_modifier(tokens, first - 1) or tokens[first - 1].is_possessive
                    ):
                        first -= 1
                    if first > 0 and tokens[first - 1].low in self.lang.words("determiners"):
                        first -= 1
                    role = _joined(tokens[first:after], keep=True)
                    name = _joined(tokens[after + 1 : last])
                    yield Mention(
                        "person",
                        first,
                        last,
                        _joined(tokens[first:last]),
                        name,
                        _without_article(role, self.lang),
                    )

    def _is_verb(self, tokens: list[Token], i: int) -> bool:
        return i < len(tokens) and tokens[i].low in self.lang.words("verbs")

    def _plain(self, tokens: list[Token]) -> Iterator[Mention]:
        """A name without a title: known already, beside a verb of saying, or explained after a comma."""
        i = 0
        while i < len(tokens):
            token = tokens[i]
            if not token.is_capital or not token.is_word:
                i += 1
                continue
            end = self._name_end(tokens, i)
            known = self._known(tokens, i, end)
            if known:
                yield Mention("person", i, known[1], _joined(tokens[i : known[1]]), known[0])
                i = known[1]
                continue
            if (
                end - i >= 2
                and not is_place_name(_joined(tokens[i:end]))
                and self._is_someone_named(tokens, i, end)
            ):
                role = self._apposition(tokens, end)
                yield Mention("person", i, end, _joined(tokens[i:end]), _joined(tokens[i:end]), role)
            elif end - i == 1 and self._is_lone_name(tokens, i):
                yield Mention("person", i, end, token.base, token.base)
            i = max(end, i + 1)

    def _known(self, tokens: list[Token], start: int, end: int) -> tuple[str, int] | None:
        """The full name of a person already met whose name or surname stands here, and where it ends."""
        if end == start and tokens[start].low in self.surnames:
            end = start + 1
        for last in range(end, start, -1):
            words = _joined(tokens[start:last])
            key = words.lower()
            full = self.surnames.get(key) or (
                self.surnames.get(tokens[last - 1].low) if last - start > 1 else None
            )
            if not full or (
                last - start > 1 and key not in (full.lower(), *self.surnames) and not _agree(words, full)
            ):
                continue
            before = tokens[start - 1].low if start else ""
            after = tokens[last].text if last < len(tokens) else ""
            is_place = is_place_name(words) and last - start == 1
            if is_place and (
                before in _PLACE_WORDS
                or after in ("County", "Counties", "County’s", "metro", "area", "area’s")
            ):
                return None
            return full, last
        return None

    def _is_someone_named(self, tokens: list[Token], start: int, end: int) -> bool:
        """Whether the words around a run of capitals show that it is a person's name."""
        if any(t.low in _NO_NAMES or (t.base.isupper() and len(t.base) > 2) for t in tokens[start:end]):
            return False
        after = end
        while after < len(tokens) and tokens[after].low in self.lang.words("adverbs"):
            after += 1
        if self._is_verb(tokens, after) and not tokens[end - 1].is_possessive:
            return True
        before = tokens[start - 1].low if start else ""
        if before in self.lang.words("verbs") and before not in self.lang.words("object_verbs"):
            return True
        if _phrase_before(tokens, start, self.lang):
            return True
        if end + 1 < len(tokens) and tokens[end].text == ",":
            following = tokens[end + 1]
            starts = (
                self.lang.words("determiners")
                | self.lang.words("titles")
                | {"who", "whose", "quien", "of", "from"}
            )
            return (
                following.low in starts
                or following.text[:1].isdigit()
                or self._ahead_is_role(tokens, end + 1)
            )
        if end < len(tokens) and end - start <= 3 and self._does(tokens, start, end):
            return True
        links = ("of", "who", "with", "from")
        return end + 1 < len(tokens) and tokens[end].low in links and self._verb_follows(tokens, end)

    def _does(self, tokens: list[Token], start: int, end: int) -> bool:
        """Whether a run of capitals is the subject of a verb at the head of a clause, as a person is."""
        heads = ("and", "but", "when", "as", "that", "while")
        at_head = start == 0 or tokens[start - 1].text in ",.“—–" or tokens[start - 1].low in heads
        verb = tokens[end]
        is_verb = verb.text.islower() and (
            verb.low in _DEEDS or re.fullmatch(r"\w{3,}ed", verb.low) is not None
        )
        return at_head and is_verb and not any(is_place_name(t.base) for t in tokens[start : end - 1])

    def _ahead_is_role(self, tokens: list[Token], i: int) -> bool:
        """Whether the few words after a comma end in a role: ", executive director of the group"."""
        for token in tokens[i : i + 4]:
            if not token.is_word:
                return False
            if token.low in self.lang.words("titles") or token.low in self.lang.words("anonymous"):
                return True
        return False

    def _verb_follows(self, tokens: list[Token], i: int) -> bool:
        """Whether a verb of saying comes before the next full clause does."""
        for token in tokens[i : i + 12]:
            if token.text in ".;":
                return False
            if token.low in self.lang.words("verbs"):
                return True
        return False

    def _is_lone_name(self, tokens: list[Token], i: int) -> bool:
        """Whether a single capitalized word is a surname: right before a verb of saying, and no place."""
        token = tokens[i]
        if token.low in self.lang.words("not_names") or token.is_possessive or token.base.isupper():
            return False
        if i and (
            (tokens[i - 1].is_capital and tokens[i - 1].is_word and i > 1)
            or tokens[i - 1].low in ("of", "and", "de", "y", "the")
        ):
            return False
        if is_place_name(token.base) or token.low in _NO_NAMES or token.base in _body_words(self.lang):
            return False
        if token.low in self.lang.words("anonymous") or token.low in self.lang.words("document_heads"):
            return False
        return self._is_verb(tokens, i + 1) and len(token.base) > 2

    def _apposition(self, tokens: list[Token], end: int) -> str | None:
        """The words after a name that say who it is."""
        if end >= len(tokens):
            return None
        if tokens[end].text == ",":
            stop = end + 1
            while stop < len(tokens) and tokens[stop].text not in ",;.“”" and stop - end < 16:
                stop += 1
            words = tokens[end + 1 : stop]
            if words and not words[0].text[:1].isdigit() and words[0].low not in ("who", "whose", "quien"):
                return _without_article(_joined(words, keep=True), self.lang)
        if tokens[end].low == "of":
            last = self._run_end(tokens, end + 1)
            return _joined(tokens[end + 1 : last]) if last > end + 1 else None
        return None

    def _branch_end(self, tokens: list[Token], end: int) -> int:
        """Where "'s Northern California chapter" after an organization ends; `end` where none follows."""
        if not tokens[end - 1].is_possessive:
            return end
        i = end
        while i < len(tokens) and tokens[i].is_word and (tokens[i].is_capital or tokens[i].low in _LOCAL):
            i += 1
        return i + 1 if i < len(tokens) and tokens[i].low in _BRANCHES else end

    def _run_end(self, tokens: list[Token], start: int) -> int:
        """End of a run of capitals with the small words inside it."""
        i = start + 1 if start < len(tokens) and tokens[start].low == "the" else start
        while i < len(tokens):
            token = tokens[i]
            joins = token.low in ("of", "and", "for", "the", "on", "&", "de", "del", "la", "los", "y", "e")
            if token.is_capital and token.is_word:
                i += 1
                if token.is_possessive and not (i < len(tokens) and tokens[i].base in _body_words(self.lang)):
                    break
            elif joins and i > start and self._joins(tokens, i):
                i += 1
            else:
                break
        while i > start and not tokens[i - 1].is_capital:
            i -= 1
        return i

    def _joins(self, tokens: list[Token], i: int) -> bool:
        """Whether a small word inside a run of capitals joins its halves."""
        ahead = i + 1
        while ahead < len(tokens) and tokens[ahead].low in ("the", "la", "los"):
            ahead += 1
        if ahead >= len(tokens) or not tokens[ahead].is_capital:
            return False
        if tokens[i].low in ("and", "y", "e"):
            return tokens[i - 1].base not in _body_words(self.lang)
        return tokens[i].low not in ("the", "la", "los") or tokens[i - 1].low in ("of", "for", "on", "de")

    def _bodies(self, tokens: list[Token]) -> Iterator[Mention]:
        """Offices, agencies and organizations: known names, and runs of capitals with a body's noun."""
        i = 0
        while i < len(tokens):
            length = self._phrase(tokens, i, "organizations")
            is_known = (tokens[i].base.lower(),) in self.lang.phrases("organizations").get(
                tokens[i].base.lower(), []
            )
            if not length and is_known and self._branch_end(tokens, i + 1) > i + 1:
                length = 1  # "the ACLU's Texas chapter"
            if length and tokens[i].is_capital:
                words = _joined(tokens[i : i + length])
                end = self._branch_end(tokens, i + length)
                yield self._body(i, end, words)
                self._learn_acronym(tokens, i + length, words)
                i = end
                continue
            token = tokens[i]
            if token.base in self.acronyms and token.is_word:
                yield self._body(i, i + 1, self.acronyms[token.base])
                i += 1
                continue
            if (
                token.base in self.lang.data["body_nouns"].get("newspaper", ())
                and i
                and tokens[i - 1].text == "The"
            ):
                yield self._body(i - 1, i + 1, f"The {token.base}", "newspaper")
                i += 1
                continue
            is_name = token.is_capital and token.is_word and token.low not in self.lang.words("not_names")
            if not is_name:
                i += 1
                continue
            end = self._run_end(tokens, i)
            nouns = [t.base for t in tokens[i:end] if t.base in _body_words(self.lang)]
            if end - i >= 2 and nouns:
                first = i
                while (
                    first < end - 1
                    and self._phrase(tokens, first, "titles")
                    and tokens[first].base not in _body_words(self.lang)
                ):
                    first += 1
                words = _joined(tokens[first:end])
                yield self._body(first, end, words, _body_words(self.lang)[nouns[-1]])
                self._learn_acronym(tokens, end, words)
                i = end
            elif re.fullmatch(r"[A-Z]{3,6}", token.base) and self._acts(tokens, i + 1):
                yield self._body(i, i + 1, token.base)
                i += 1
            elif self._place_speaks(tokens, i, end):
                yield self._body(i, end, _joined(tokens[i:end]), "government")
                i = end
            else:
                i = max(i + 1, end if not nouns and end - i > 1 else i + 1)

    def _acts(self, tokens: list[Token], i: int) -> bool:
        while i < len(tokens) and tokens[i].low in self.lang.words("adverbs"):
            i += 1
        return self._is_verb(tokens, i)

    def _place_speaks(self, tokens: list[Token], start: int, end: int) -> bool:
        """Whether a county or city is the subject of a verb of saying."""
        if end <= start or not self._acts(tokens, end) or tokens[end - 1].is_possessive:
            return False
        words = _joined(tokens[start:end])
        before = tokens[start - 1].low if start else ""
        return (words.endswith(" County") or is_place_name(words)) and before not in _PLACE_WORDS - {"of"}

    def _body(self, first: int, last: int, words: str, sort: str | None = None) -> Mention:
        bare = re.sub(r"^(?:the|The) ", "", words.replace("’", "'"))
        key = _canonical(self.lang).get(bare.lower(), bare)
        sort = sort or next(
            (s for noun, s in _body_words(self.lang).items() if noun in bare.split()), "agency"
        )
        return Mention("body", first, last, words, bare, sort=sort, head=sort, names=(bare, key))

    def _learn_acronym(self, tokens: list[Token], i: int, words: str) -> None:
        """Remember the short name that follows in brackets."""
        is_set = i + 2 < len(tokens) and tokens[i].text == "(" and tokens[i + 2].text == ")"
        if (
            is_set
            and re.fullmatch(r"[A-Z][A-Za-z]{1,7}", tokens[i + 1].text)
            and tokens[i + 1].text[-1].isupper()
        ):
            self.acronyms[tokens[i + 1].text] = words.replace("’", "'")

    def _someone(self, tokens: list[Token]) -> Iterator[Mention]:
        """Someone named by a role only: "an unnamed state official", "advocates", "the agency"."""
        heads = self.lang.words("anonymous")
        for i, token in enumerate(tokens):
            if token.low not in heads or (token.is_capital and i and tokens[i - 1].text not in "“:.—–("):
                continue
            if (
                token.is_capital
                and i + 2 < len(tokens)
                and tokens[i + 1].low in ("of", "for", "de")
                and tokens[i + 2].is_capital
            ):
                continue
            following = tokens[i + 1] if i + 1 < len(tokens) else None
            if token.is_possessive or (following and following.low in heads and not token.is_capital):
                continue
            yield self._group(tokens, i, "someone")
        for i, token in enumerate(tokens):
            if token.low not in ("one", "another", "other", "others", "some", "second", "third", "first"):
                continue
            last = self._past_whole(tokens, i + 1)
            first = i - 1 if i and tokens[i - 1].low in ("the", "a") else i
            if i == first and token.low in ("other", "first", "second", "third"):
                continue
            opens = first == 0 and last < len(tokens) and tokens[last].low in _NEGATED
            begun = self._past_aside(tokens, last)
            names_one = any(t.low in heads for t in tokens[last:begun])  # "One, a supervisor, said"
            if opens or (self._acts(tokens, begun) and not names_one):
                words = _joined(tokens[first : i + 1])
                yield Mention("someone", first, last, words, "", "one of several", "one", False)

    def _past_whole(self, tokens: list[Token], i: int) -> int:
        """Where "of them" or "of the two" after "one" ends."""
        lows = [t.low for t in tokens[i : i + 3]]
        if lows[:2] in (["of", "them"], ["of", "those"], ["of", "these"]):
            return i + 2
        return i + 3 if lows in (["of", "the", "two"], ["of", "the", "three"], ["of", "the", "four"]) else i

    def _past_aside(self, tokens: list[Token], i: int) -> int:
        """Where the words after ", a 14-year veteran," begin; the same place where no aside opens."""
        if i < len(tokens) and tokens[i].text == ",":
            closing = next((k for k in range(i + 1, min(i + 16, len(tokens))) if tokens[k].text == ","), None)
            return i if closing is None else closing + 1
        return i

    def _documents(self, tokens: list[Token]) -> Iterator[Mention]:
        """A report, records, figures or a statement, with who issued it where the phrase says so."""
        heads = self.lang.words("document_heads")
        for i, token in enumerate(tokens):
            if token.low not in heads or token.is_possessive:
                continue
            following = tokens[i + 1] if i + 1 < len(tokens) else None
            if (
                following
                and following.low in heads | self.lang.words("anonymous")
                and following.low not in self.lang.words("verbs")
            ):
                continue
            inner = {t.low for t in tokens[i + 2 : i + 5]} if following and following.low == "of" else set()
            if inner & heads and token.low in ("release", "order", "list", "count", "response", "directive"):
                continue  # "the release of a report"
            is_verb = token.low in self.lang.words("verbs") and (
                i == 0 or not _starts_noun(tokens[i - 1], self.lang)
            )
            if not is_verb:
                yield self._group(tokens, i, "document")

    def _group(self, tokens: list[Token], head: int, kind: str) -> Mention:
        """The whole phrase around a head noun: words before it, and what is hung on after it."""
        first = head
        allowed = self.lang.words("modifiers")
        while first > 0:
            token = tokens[first - 1]
            is_part = token.is_word and (
                token.low in allowed
                or token.is_possessive
                or (
                    token.is_capital
                    and token.low not in self.lang.words("not_names")
                    and not self._is_verb(tokens, first - 1)
                )
                or "-" in token.text
                or (token.low in self.lang.words("anonymous") and not token.is_possessive and first == head)
                or (re.fullmatch(r"\d{4}", token.text) is not None and kind == "document")
            )
            if not is_part or (token.low in self.lang.words("determiners") and not token.is_possessive):
                break
            first -= 1
        is_definite = tokens[first].is_possessive
        determiner = tokens[first - 1].low if first else ""
        if determiner in self.lang.words("determiners"):
            first -= 1
            is_definite = is_definite or determiner in _DEFINITE
        after = head + 1
        while self.lang.code == "es" and after < len(tokens) and tokens[after].low in allowed:
            after += 1  # the adjective follows the noun
        last = self._tail_end(tokens, after, kind)
        words = tokens[first:last]
        owner = self._owner(tokens, first, last, head)
        role = _without_article(_joined(words, keep=True), self.lang)
        return Mention(kind, first, last, _joined(words), "", role, tokens[head].low, is_definite, owner)

    def _tail_end(self, tokens: list[Token], i: int, kind: str) -> int:
        """Where the phrase hung on a head noun ends: "of the agency", "with knowledge of the plan"."""
        links = set(self.lang.words("links")) | ({"to", "under", "through"} if kind == "document" else set())
        made_by = self.lang.words("made") if kind == "document" else frozenset()
        while i < len(tokens) and (tokens[i].low in links or tokens[i].low in made_by):
            stop = i + 1
            while (
                stop < len(tokens) and stop - i < (14 if kind == "document" else 9) and tokens[stop].is_word
            ):
                token = tokens[stop]
                is_verb = self._is_verb(tokens, stop) or (
                    kind == "document" and token.low in self.lang.words("document_verbs")
                )
                is_verb = is_verb and not (
                    token.low in _NOUN_LIKE and _starts_noun(tokens[stop - 1], self.lang)
                )
                if (
                    is_verb
                    or token.low in self.lang.words("breaks")
                    or (token.low in made_by and stop > i + 1)
                ):
                    break
                stop += 1
            if (
                stop == i + 1
                and tokens[i].low in made_by
                and not (stop < len(tokens) and tokens[stop].low in links)
            ):
                break
            i = stop
            if i < len(tokens) and tokens[i].low not in links and tokens[i].low not in made_by:
                break
        return i

    def _owner(self, tokens: list[Token], first: int, last: int, head: int) -> str | None:
        """The body or person that the phrase names; a document's maker or someone's employer."""
        got = next((i for i in range(head + 1, last) if tokens[i].low in _GOT), last)
        by = next((i for i in range(head + 1, got) if tokens[i].low in ("by", "por")), None)
        last = got
        inner = tokens[by + 1 : got] if by is not None else tokens[first:head] + tokens[head + 1 : got]
        for body in self._bodies(inner):
            return body.name
        for person in self._titled(inner):
            return person.name
        if by is not None:
            run = list(itertools.takewhile(lambda t: t.is_word and (t.is_capital or t.low == "the"), inner))
            if len(run) > 1 and run[-1].is_capital:
                return _joined(run)
        for token in tokens[first:last]:
            if token.low in self.surnames:
                return self.surnames[token.low]
        rest = tokens[head + 1 : last] or []
        words = [t.low for t in tokens[first:head] if t.is_possessive] + [t.low for t in rest]
        sorts = self.lang.data["definite"]
        speakers = self.lang.words("places_that_speak") | self.lang.words("anonymous")
        found = next((w for w in words if w in sorts or w in speakers), None)
        if found is None and last < len(tokens) and head == last - 1:  # "figures the agency released"
            ahead = [t.low for t in tokens[last : last + 4]]
            if (
                ahead[:1] == ["the"]
                and len(ahead) > 2
                and ahead[1] in sorts
                and ahead[2] in self.lang.words("made")
            ):
                found = ahead[1]
        return f"the {found}" if found else None

    def _pronouns(self, tokens: list[Token]) -> Iterator[Mention]:
        known = self.lang.data["pronouns"]
        for i, token in enumerate(tokens):
            if token.low in known and token.text.lower() == token.low:
                yield Mention("pronoun", i, i + 1, token.text, head=known[token.low])


_DEEDS = word_list("mentions.deeds")
_DEFINITE = word_list("mentions.definite")
_NOUN_AHEAD = word_list("mentions.noun_ahead")
_PLACE_WORDS = word_list("mentions.place_words")
_NEGATED = word_list("mentions.negated")
_LOCAL = {"field", "regional", "local", "state", "national", "legal"}
_BRANCHES = {"chapter", "affiliate", "branch", "division", "office", "arm", "unit", "bureau"}
_GOT = word_list("mentions.got")
_NOUN_LIKE = word_list("mentions.noun_like")
_NO_NAMES = word_list("mentions.no_names")


def _bare(token: Token) -> str:
    """A token as lists write it."""
    return token.text.lower()


def _starts_noun(token: Token, lang: Language) -> bool:
    """Whether the word after a token is a noun rather than a verb."""
    is_adjective = token.low in lang.words("modifiers") and not token.is_capital
    return (
        token.is_possessive
        or token.low in lang.words("determiners")
        or is_adjective
        or (token.low in _NOUN_AHEAD)
    )


def _phrase_before(tokens: list[Token], start: int, lang: Language) -> bool:
    """Whether "according to" or the like ends right before a token."""
    before = " ".join(t.low for t in tokens[max(0, start - 5) : start])
    return any(before.endswith(phrase) for phrase in lang.data["according"])


def _joined(tokens: list[Token], keep: bool = False) -> str:
    """Tokens as words again; the possessive of the last one left off."""
    words = [t.text for t in tokens]
    if words and not keep:
        words[-1] = tokens[-1].base
    text = " ".join(words)
    text = re.sub(r" ([,;:.)\]])", r"\1", text)
    return re.sub(r"([(\[$]) ", r"\1", text)


def _without_article(words: str, lang: Language) -> str:
    """A role without its article or number."""
    parts = words.split()
    while len(parts) > 1 and parts[0].lower() in lang.words("determiners"):
        parts = parts[1:]
    return " ".join(parts)


def _agree(short: str, full: str) -> bool:
    """Whether a name is the same as a fuller one: the same first and last word."""
    a, b = short.lower().split(), full.lower().split()
    return a[0] == b[0] and a[-1] == b[-1] if len(a) > 1 else a[-1] == b[-1]

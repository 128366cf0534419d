"""Determine who says what within one sentence: verbs of saying with their subjects, and "according to"."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from atlarge.claims.drafting.language import Language, word_list
from atlarge.claims.drafting.mentions import Finder, Mention, Token, tokens_of

_WEAK = word_list("attribution.weak")
_OPENS = {"that", "whether", "how", "why", "what", "“", ":", "as", "que", "si", "cómo", "an"}
_SOME = word_list("attribution.some")
_REFUSED = re.compile(
    r"\d|\b(?:detainers?|requests?|holds?|bail|parole|access|entry|asylum|applications?|solicitud|petici"
    r"|dozens|hundreds|every)\b",
    re.I,
)
_PUT_AT = re.compile(r"[^.,;]{0,40}\bat (?:about |nearly |fewer than |more than |just )?\d")
_OBJECTING = word_list("attribution.objecting")
_INFORMED = {"told", "warned", "informed", "advised"}
SHOWING = word_list("attribution.showing")
_TALLIES = word_list("attribution.tallies")
_PREPOSITIONS = word_list("attribution.prepositions")
_GOVERNING = word_list("attribution.governing")
_OBJECT_OPENS = word_list("attribution.object_opens")
_ASIDE_OPENS = word_list("attribution.aside_opens")
_BE = {"was", "were", "been", "being", "are", "is"}
_CAUSING = {"accused", "accuses", "blamed", "blames", "acusó", "acusa", "culpó", "culpa"}


@dataclass(frozen=True)
class Attribution:
    """A subject and the verb by which it says something; positions are of the sentence's text."""

    mention: Mention
    verb: str
    start: int  # of subject and verb together
    end: int
    verb_at: int
    is_trailing: bool  # what is said stands before it
    is_informed: bool = False  # the subject was informed of it
    is_declined: bool = False  # the subject would not say
    is_inserted: bool = False  # "..., she said, ...": what is said stands on both sides


@dataclass(frozen=True)
class Reading:
    """A sentence with its quotations blanked out, the people and bodies it mentions, and its attributions."""

    text: str  # as printed
    masked: str  # quotations blanked out
    tokens: tuple[Token, ...]
    mentions: tuple[Mention, ...]
    attributions: tuple[Attribution, ...]


def read_sentence(text: str, masked: str, finder: Finder, lang: Language) -> Reading:
    """Find the mentions and attributions of a sentence."""
    tokens = tokens_of(masked, lang)
    mentions = finder.find(tokens)
    for mention in mentions:
        if mention.kind == "person":
            finder.learn(mention.name)
    found = _Attributions(tokens, mentions, masked, lang).find()
    return Reading(text, masked, tuple(tokens), tuple(mentions), tuple(found))


class _Attributions:
    """Finds the attributions of one sentence."""

    def __init__(self, tokens: list[Token], mentions: list[Mention], text: str, lang: Language) -> None:
        self.tokens, self.mentions, self.text, self.lang = tokens, mentions, text, lang
        self.found: list[Attribution] = []

    def find(self) -> list[Attribution]:
        """Every attribution, in the order of the verbs."""
        self._according()
        self._by_count()
        i = 0
        while i < len(self.tokens):
            if self._is_saying(i):
                self._verb(i)
            i += 1
        self._passive()
        kept: list[Attribution] = []
        for one in sorted(self.found, key=lambda a: a.verb_at):
            if kept and self._is_within(one, kept[-1]):
                continue  # "she said that the emails show ...": hers
            if not kept or one.start >= kept[-1].end or one.verb_at != kept[-1].verb_at:
                kept.append(one)
        return kept

    def _is_within(self, inner: Attribution, outer: Attribution) -> bool:
        """Whether an attribution is part of what another says, rather than beside it."""
        if (
            outer.is_trailing
            or inner.is_trailing
            or outer.is_informed
            or inner.is_informed
            or inner.start < outer.end
        ):
            return False
        between = self.text[max(outer.end, outer.verb_at + len(outer.verb)) : inner.start]
        if "“" in between or "”" in between or len(between.split()) > 25:
            return False
        return not re.search(
            r"(?:[;:—–.]|,\s*(?:and|but|while|though|y|pero|mientras)\b[^,]{0,20}|\b(?:and|but)\s*)$",
            between.rstrip() + "",
        ) and not (between.rstrip().endswith(","))

    # --- "according to" -------------------------------------------------------------------------------

    def _according(self) -> None:
        lows = [t.low for t in self.tokens]
        for phrase in self.lang.data["according"]:
            parts = phrase.split()
            for i in range(len(lows) - len(parts)):
                if lows[i : i + len(parts)] != parts:
                    continue
                after = i + len(parts)
                mention = self._starting(after)
                if mention is None:
                    continue
                start, end = self.tokens[i].start, self.tokens[mention.last - 1].end
                leads_on = re.match(r"\s*(?:,[^,]*,)?\s*(?:that|que)\b", self.text[end:]) is not None
                said_before = len(self.text[:start].split()) >= 3 and not leads_on
                self.found.append(Attribution(mention, phrase, start, end, start, said_before))

    def _by_count(self) -> None:
        """ "by the sheriff's count": the figure belongs to whoever counted it."""
        for mention in self.mentions:
            at = mention.first - 1
            is_count = mention.kind == "document" and mention.head in _TALLIES
            if (
                is_count
                and at >= 0
                and self.tokens[at].low == "by"
                and not any(a.mention is mention for a in self.found)
            ):
                start, end = self.tokens[at].start, self.tokens[mention.last - 1].end
                self.found.append(
                    Attribution(mention, "by", start, end, start, len(self.text[:start].split()) >= 2)
                )

    def _starting(self, i: int) -> Mention | None:
        """The mention that begins at a token, after skipping an article or the object of the verb."""
        for mention in self.mentions:
            if mention.first in (i, i + 1) and (mention.first == i or self.tokens[i].low in self._articles()):
                return mention
        return None

    def _articles(self) -> frozenset[str]:
        return self.lang.words("determiners")

    # --- verbs ----------------------------------------------------------------------------------------

    def _is_saying(self, i: int) -> bool:
        """Whether a token is a verb of saying, or of showing with a document as its subject."""
        token = self.tokens[i]
        if token.low not in self.lang.words("verbs") and token.low not in self.lang.words("document_verbs"):
            return False
        if any(m.first <= i < m.last for m in self.mentions):
            return False
        before = self.tokens[i - 1] if i else None
        ends_there = any(m.last == i for m in self.mentions)
        noun = before is not None and (
            before.is_possessive or before.low in self._articles() | {"of", "crime", "false", "such"}
        )
        if noun and not ends_there:
            return False
        if before is not None and before.low in ("to", "a") and before.text == "to":
            return self.tokens[i - 2].low in ("on", "went", "goes") if i > 1 else False
        return not (before is not None and before.low in ("be", "been", "being") and token.low in _WEAK)

    def _verb(self, i: int) -> None:
        """Add the attribution of a verb of saying, if its subject says something by it."""
        token = self.tokens[i]
        subject, is_inverted = self._subject(i)
        if subject is None or not self._says(subject, i, is_inverted=is_inverted) or self._is_relayed(i):
            return  # of the last: "Marsh said that agents told her": she passes it on
        is_around = subject.last <= i or is_inverted
        start = min(token.start, self.tokens[subject.first].start) if is_around else token.start
        end = max(token.end, self.tokens[subject.last - 1].end) if is_inverted else token.end
        self.found.append(
            Attribution(
                subject,
                token.low,
                start,
                end,
                token.start,
                is_inverted or self._is_trailing(i, start),
                is_informed=token.low in _INFORMED and i > 0 and self.tokens[i - 1].low in _BE,
                is_declined=self._declines(token),
                is_inserted=not is_inverted and self._is_inserted(start, end),
            )
        )

    def _subject(self, i: int) -> tuple[Mention | None, bool]:
        """The subject of a verb, and whether it stands after the verb."""
        token = self.tokens[i]
        is_verb, is_joined = token.low in self.lang.words("verbs"), self._is_joined(i)
        subject = self._before(i)
        if subject is not None:
            if subject.kind == "document" and self._is_object(subject) and is_joined:
                # "The Times looked at the records and found"
                subject = self._opening("body", "person") or subject
            return subject, False
        if is_verb and (subject := self._after(i)) is not None:
            return subject, True
        if self.found and (token.low in self.lang.words("trailing_verbs") or is_joined):
            return max(self.found, key=lambda a: a.verb_at).mention, False
        if self.lang.code == "es" and self._drops_subject(i):
            return Mention("pronoun", i, i + 1, "", head="dropped"), False
        if is_joined and token.low in self.lang.words("document_verbs"):
            papers = (m for m in self.mentions if m.kind == "document" and m.last <= i)
            subject = (self._opening("body", "person") if is_verb else None) or next(papers, None)
        if subject is None and is_joined and is_verb and not self.found:
            # "The other would not talk about it but said"
            subject = self._opening("person", "body", "someone")
        return subject, False

    def _opening(self, *kinds: str) -> Mention | None:
        """The mention of some kinds with which the sentence opens."""
        return next((m for m in self.mentions if m.first <= 1 and m.kind in kinds), None)

    def _says(self, subject: Mention, i: int, *, is_inverted: bool) -> bool:
        """Whether a subject says something by a verb: not by an act, as in "denied 142 requests"."""
        token = self.tokens[i]
        rest = self.text[token.end :]
        if token.low in ("put", "puts") and not _PUT_AT.match(rest):
            return False
        if is_inverted:
            return True
        if subject.kind == "document":
            is_saying = token.low in self.lang.words("document_verbs")
        else:
            shows = subject.kind == "pronoun" and subject.head in ("p", "n") and token.low in SHOWING
            is_verb = token.low in self.lang.words("verbs")
            is_enough = is_verb and token.low not in _WEAK
            is_saying = is_enough or ((is_verb or shows) and self._says_after(i))
        return is_saying and not (token.low in _OBJECTING and _REFUSED.search(rest.split(",")[0][:45]))

    def _is_inserted(self, start: int, end: int) -> bool:
        """Whether subject and verb stand between two commas, in the middle of what is said."""
        before = re.sub(
            r"\b(?:the|an?|el|la|los|las|its|his|her|their)$", "", self.text[:start].rstrip(), flags=re.I
        ).rstrip()
        after = self.text[end:]
        return (
            before.endswith(",")
            and len(before.split()) >= 3
            and after.startswith(",")
            and len(after.split()) >= 3
        )

    def _drops_subject(self, i: int) -> bool:
        """Whether a Spanish verb has no explicit subject, as in ", añadió" or "Agregó que"."""
        if self.tokens[i].low not in self.lang.words("verbs") or self.tokens[i].low in self.lang.words(
            "object_verbs"
        ):
            return False
        before = self.tokens[i - 1].text if i else ""
        return before in ("", ",", "”", "“", ".") or i == 0

    def _is_relayed(self, i: int) -> bool:
        """Whether a verb reports something to a person who is the speaker of the sentence."""
        said_before = any(not a.is_trailing and a.verb_at < self.tokens[i].start for a in self.found)
        after = self.tokens[i + 1].low if i + 1 < len(self.tokens) else ""
        before = self.tokens[i - 1].low if i else ""
        to_speaker = after in ("him", "her", "them", "me", "us") or before in ("le", "les", "nos", "me")
        return said_before and to_speaker

    def _declines(self, token: Token) -> bool:
        around = self.text[max(0, token.start - 40) : token.end + 60]
        return (
            self.lang.has("declines", around)
            and self.lang.first("declines", around) is not None
            and (
                self.text[max(0, token.start - 12) : token.start]
                .strip()
                .endswith(("declined to", "not", "n’t", "n't", "refused to", "no", "tampoco"))
            )
        )

    def _is_joined(self, i: int) -> bool:
        """Whether a verb shares the subject of the verb before it: "and said", ", and added"."""
        j = i - 1
        while j >= 0 and self.tokens[j].low in self.lang.words("adverbs") - {"and", "y"}:
            j -= 1
        return j >= 0 and self.tokens[j].low in ("and", "but", "y", "pero")

    def _says_after(self, i: int) -> bool:
        """Whether what was said follows a verb: "that", a quotation or a colon within a few words."""
        ahead = self.tokens[i + 1 : i + 5]
        if (
            self.tokens[i].low in ("calls", "called", "describes", "described")
            and "“" in self.text[self.tokens[i].end :][:80]
        ):
            return True
        if (ahead and ahead[0].text in (".", ",", "”")) or self.lang.has(
            "dismissive", self.text[self.tokens[i].end :]
        ):
            return True
        return (
            any(t.low in _OPENS for t in ahead)
            or self.tokens[i].low in _CAUSING
            or i + 1 >= len(self.tokens)
            or (
                self.tokens[i + 1].text == ","
                or self.text[: self.tokens[i].start].rstrip().endswith(("”", "”,"))
            )
        )

    def _before(self, i: int) -> Mention | None:
        """The subject before a verb: the nearest mention with at most a parenthesis in between."""
        aside: Mention | None = None  # "One, a supervisor, said": who an aside names, where nothing else does
        for mention in reversed(self.mentions):
            if mention.last > i:
                continue
            if self._is_gap(mention.last, i):
                is_object = self._is_object(mention)
                if is_object and mention.kind != "document":
                    continue
                if not is_object and (not self._is_one_comma(mention.last, i) or "," in mention.text):
                    return mention
                aside = aside or (mention if is_object or mention.kind != "document" else None)
            if i - mention.last > 40:
                break
        return aside

    def _is_one_comma(self, start: int, end: int) -> bool:
        """Whether a single comma stands before a verb: the end of an aside, whose last word is no subject."""
        marks = [t.text for t in self.tokens[start:end] if not t.is_word]
        return marks == [","] and self.tokens[start].text == ","

    def _is_object(self, mention: Mention) -> bool:
        """Whether a mention is the object of a preposition, and so not a subject."""
        if mention.first == 0:
            return False
        before = self.tokens[mention.first - 1].low
        if before == "of" and mention.first > 1 and self.tokens[mention.first - 2].low in _SOME:
            return False
        return before in _PREPOSITIONS

    def _is_gap(self, start: int, end: int) -> bool:
        """Whether the words between a mention and a verb allow it to be the subject."""
        start = self._past_hometown(start, end)
        gap = self.tokens[start:end]
        plain = self.lang.words("adverbs") | self.lang.words("determiners")
        if all(t.low in plain or t.low.endswith("ly") or t.low.endswith("mente") for t in gap):
            return all(t.is_word for t in gap)
        while (
            gap
            and (gap[-1].low in self.lang.words("adverbs") or gap[-1].low.endswith(("ly", "mente")))
            and gap[-1].is_word
        ):
            gap = gap[:-1]
        text = [t.text for t in gap]
        if not text:
            return True
        if "“" in text or "”" in text or ";" in text or ":" in text or "." in text:
            return False
        if text[0] == "," and text[-1] == ",":
            return len(text) < 45
        if (text[0] == "(" and text[-1] == ")") or (text[0] in "—–-" and text[-1] in "—–-"):
            return True
        relative = gap[0].low in ("who", "that", "which", "whose", "que", "quien", "quienes")
        if relative:
            inner = [
                t
                for t, after in itertools.pairwise(gap)
                if t.low in self.lang.words("verbs") and after.low in ("that", "que")
            ]
            return text.count(",") in (0, 2) and not inner
        if gap[0].low in self.lang.words("made") and "," not in text:
            return len(gap) < 11 and not any(t.low in self.lang.words("breaks") for t in gap)
        if (
            gap[0].low in ("of", "for", "at", "from", "with", "in", "de", "del", "en", "todavía")
            and "," not in text
        ):
            return len(gap) < 9 and not any(t.low in self.lang.words("breaks") for t in gap)
        return bool(re.fullmatch(r"\(.*\)", " ".join(text)))

    def _past_hometown(self, start: int, end: int) -> int:
        """Where the words after "of Tyler", "D-Newark" or "of Salem, Oregon," begin."""
        i = start
        if i + 1 < end and self.tokens[i].low in ("of", "from", "de") and self.tokens[i + 1].is_capital:
            i += 1
            while i < end and (self.tokens[i].is_capital or self.tokens[i].text == ","):
                i += 1
            is_closed = i == end or self.tokens[i].low in ("who", "which", "que", "quien")
            return i - (i < end and self.tokens[i - 1].text == ",") if is_closed else start
        return start

    def _after(self, i: int) -> Mention | None:
        """The subject right after a verb: "said Sheriff Ana Example", "read the statement"."""
        token = self.tokens[i]
        if token.low in self.lang.words("object_verbs"):
            return None
        skip = i + 1
        while (
            self.lang.code == "es"
            and skip < len(self.tokens)
            and self.tokens[skip].low in self._adverbs_of_time()
        ):
            skip += 1  # "dijo el miércoles la agencia"
        found = self._starting(skip) or self._starting(i + 1)
        if self.lang.code == "es" and (found is None or found.kind == "document"):
            found = self._past_phrase(i + 1) or found
        if found is None or (found.kind == "pronoun" and found.head in ("n",)):
            return None
        before = self.text[: token.start].rstrip()
        is_inverted = (
            before.endswith(("”", ",", "”,", "—", "–"))
            or not before
            or (self.lang.code == "es" and not self._before(i))
        )
        return found if is_inverted else None

    def _past_phrase(self, i: int) -> Mention | None:
        """The subject after "en un comunicado" and the like: "señaló en un correo el portavoz Lerma"."""
        if i >= len(self.tokens) or self.tokens[i].low not in ("en", "durante", "por", "a", "ante", "tras"):
            return None
        for mention in self.mentions:
            if i < mention.first <= i + 8 and mention.kind in ("person", "someone", "body"):
                between = self.tokens[i : mention.first]
                if all(t.is_word for t in between) and between[-1].low not in _GOVERNING:
                    return mention
        return None

    def _adverbs_of_time(self) -> set[str]:
        days = {"lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo", "ayer", "hoy"}
        return days | ({"el", "este"} if any(t.low in days for t in self.tokens) else set())

    def _is_trailing(self, i: int, start: int) -> bool:
        """Whether the statement comes before its subject and verb, with only a time or manner after them."""
        rest = self.text[self.tokens[i].end :].strip(" .,”)")
        if not rest:
            return True
        if re.match(r"^(that|whether|how|why|what|“|:|que|si)\b|^[:“]", rest):
            return False
        takes_object = (
            self.tokens[i].low in self.lang.words("object_verbs") and self.tokens[i].low not in _INFORMED
        )
        if takes_object and rest.split()[0].lower() in _OBJECT_OPENS:
            return False
        before = re.sub(
            r"\b(?:[Tt]he|an?|el|la|los|las|its|his|her)$", "", self.text[:start].rstrip()
        ).rstrip()
        ends = before.endswith((",", "”", "—", "–")) and len(before.split()) >= 3
        rest = rest.split(",")[0].strip() or rest if ends and "“" not in rest else rest
        short = len(rest.split()) <= 9 and (
            rest.split()[0].lower().strip(",") in _ASIDE_OPENS or self.tokens[i].low in ("told", "tells")
        )
        return ends and (
            short
            or (
                self.tokens[i].low not in self.lang.words("object_verbs")
                and "“" in rest
                and before.endswith("”")
            )
        )

    def _passive(self) -> None:
        """ "advocates were told that ...": those informed are the source, if no one else is."""
        for match in self.lang.all("told_passive", self.text):
            words = match.group().split()
            if words[0].lower() not in ("was", "were", "been", "fueron", "fue"):
                continue
            at = next((k for k, t in enumerate(self.tokens) if t.start >= match.start()), None)
            if at is None:
                continue
            subject = next(
                (m for m in reversed(self.mentions) if m.last <= at and self._is_gap(m.last, at)), None
            )
            if subject is not None and not any(a.verb_at == self.tokens[at].start for a in self.found):
                start = self.tokens[subject.first].start
                self.found.append(
                    Attribution(subject, "told", start, match.end(), match.start(), False, is_informed=True)
                )

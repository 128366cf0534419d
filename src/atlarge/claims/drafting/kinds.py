"""What a sentence claims: each number, share, rank, comparison, cause, denial and timing by itself."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import dataclass

from atlarge.claims.drafting.amounts import Number, find_numbers
from atlarge.claims.drafting.dates import DateSpan, date_spans
from atlarge.claims.drafting.discourse import Entity, Span, Spoken
from atlarge.claims.drafting.language import Language


@dataclass(frozen=True)
class Part:
    """One claim of a sentence: its kind, its words and its speaker."""

    kind: str
    start: int
    end: int
    span: Span
    number: Number | None = None
    against: Number | None = None  # the other side of a comparison
    clause: tuple[int, int] = (0, 0)
    word: str | None = None  # of a rank or comparison without a number
    direction: str | None = None


@dataclass(frozen=True)
class Split:
    """A sentence's claims, with its dates."""

    spoken: Spoken
    parts: tuple[Part, ...]
    dates: tuple[DateSpan, ...]


def split(
    spoken: Spoken, published: dt.date | None, lang: Language, narrator: Entity, known: set[float]
) -> Split:
    """Find the claims of a sentence. `known` are numbers that the article has claimed before."""
    return _Splitter(spoken, published, lang, narrator, known).split()


class _Splitter:
    def __init__(
        self, spoken: Spoken, published: dt.date | None, lang: Language, narrator: Entity, known: set[float]
    ) -> None:
        self.spoken, self.lang, self.narrator, self.known = spoken, lang, narrator, known
        self.text = spoken.sentence.text
        spans, rest = date_spans(self.text, published)
        self.dates = [d for d in spans if not self._is_of_saying(d)]
        self.numbers = find_numbers(rest, lang)
        self.parts: list[Part] = []

    def split(self) -> Split:
        """Claims with numbers first, then those without, clause by clause."""
        clauses = self._clauses()
        if not self._is_question() and not self._is_supposed():
            for number in self.numbers:
                self._number(number, clauses)
            for clause in clauses:
                self._clause(clause)
            self._assertions()
        parts = sorted(self.parts, key=lambda p: (p.start, p.end))
        return Split(self.spoken, tuple(parts), tuple(self.dates))

    # --- where words belong ---------------------------------------------------------------------------

    def span_at(self, at: int) -> Span:
        """The speaker at a position of the sentence."""
        spans = self.spoken.spans
        inside = [s for s in spans if s.start <= at < s.end]
        quoted = [s for s in inside if s.is_quoted]
        if quoted or inside:
            return (quoted or inside)[0]
        return min(spans, key=lambda s: min(abs(s.start - at), abs(s.end - at)))

    def _is_of_saying(self, date: DateSpan) -> bool:
        """Whether a date says when the statement was made: it follows the verb of saying."""
        if not date.is_relative and (
            self.lang.code == "es" or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date.period)
        ):
            return False
        for a in self.spoken.reading.attributions:
            between = self.text[a.end : date.start] if a.end <= date.start else None
            if (
                between is not None
                and len(between) < 60
                and re.fullmatch(
                    r"\W*(?:(?:on|in|el|reporters|commissioners|lawmakers|an?|the|email|e-mail|statement"
                    r"|interview|news conference|me|us|late|early"
                    r"|[A-Z][\w.]*)\W+)*",
                    between,
                )
            ):
                return True
        return False

    def _is_question(self) -> bool:
        return self.text.rstrip('”"’ ').endswith("?")

    def _is_supposed(self) -> bool:
        """Whether the narrator only supposes: "If arrests were handed out by lot, ..."."""
        own = all(span.speaker is self.narrator and not span.is_quoted for span in self.spoken.spans)
        return own and re.match(r"^\W*(?:If|Suppose|Imagine|Si)\b", self.text) is not None

    def _clauses(self) -> list[tuple[int, int]]:
        """Parts of the sentence that stand by themselves, and that one speaker says."""
        edges = {0, len(self.text)}
        for span in self.spoken.spans:
            edges |= {span.start, span.end}
        for match in self.lang.all("clause_breaks", self.text):
            edges.add(match.start() + (1 if match.group()[0] in ";,—–…:" else 0))
        ordered = sorted(edges)
        return [(a, b) for a, b in itertools.pairwise(ordered) if re.search(r"\w", self.text[a:b])]

    def _clause_of(self, at: int, clauses: list[tuple[int, int]]) -> tuple[int, int]:
        return next(((a, b) for a, b in clauses if a <= at < b), (0, len(self.text)))

    def _in_attribution(self, at: int) -> bool:
        """Whether a place is within the naming of who speaks."""
        for a in self.spoken.reading.attributions:
            mention = a.mention
            tokens = self.spoken.reading.tokens
            if (
                mention.kind in ("someone", "person", "document", "body")
                and tokens[mention.first].start <= at < tokens[mention.last - 1].end
            ):
                return True
            joined = any(
                b.start == a.start and a.start < b.verb_at < at < a.verb_at
                for b in self.spoken.reading.attributions
            )
            if joined:  # "called it baseless and said ...": said by the verb before
                continue
            if a.start <= at < min(a.verb_at, a.end):  # what is put in between: "who spoke ... because ..."
                return True
        return False

    # --- numbers --------------------------------------------------------------------------------------

    def _number(self, number: Number, clauses: list[tuple[int, int]]) -> None:
        if self._in_attribution(number.start):
            return
        span = self.span_at(number.start)
        if span.is_declined:
            return
        clause = self._clause_of(number.start, clauses)
        before, after = self.text[clause[0] : number.start], self.text[number.end : clause[1]]
        is_narrator = span.speaker is self.narrator and not self.narrator.is_named
        if (
            is_narrator
            and number.unit == "count"
            and not number.is_known
            and number.value is not None
            and number.value <= 12
            and self._change(before[-45:]) is None
        ):
            return
        if self._defines_a_share(number) or (is_narrator and self._introduces(number)):
            return
        kind, direction, against = self._number_kind(number, before, after)
        if kind == "":
            return
        if kind == "comparison" and number.unit == "percent":
            number = number.as_change()
        if against is not None:
            first = self.parts[-1].number if self.parts else None
            self.parts.append(
                Part("comparison", number.start, number.end, span, first, number, clause, direction=direction)
            )
            return
        self.parts.append(
            Part(kind, number.start, number.end, span, number, None, clause, direction=direction)
        )

    def _introduces(self, number: Number) -> bool:
        """Whether a small number only says how many people speak: "Two people who worked there ..."."""
        if number.value is None or number.value > 12 or number.unit not in ("people", "count"):
            return False
        ahead = self.text[number.end : number.end + 40]
        return (
            re.match(
                r"\s+(?:\w+ ){0,2}(?:people|officials|sources|agents|officers|others|lawyers"
                r"|advocates)\b[^.]{0,3}(?:who|,|familiar|with|disagree|see|say|said|tell|told|offer"
                r"|describe)\b",
                ahead,
            )
            is not None
        )

    def _defines_a_share(self, number: Number) -> bool:
        """Whether a number says over how many places a share or rank runs: "60 percent live in 20 cities"."""
        if number.unit != "count" or number.value is None or number.value > 500:
            return False
        others = [
            n for n in self.numbers if n is not number and n.unit == "percent" and n.start < number.start
        ]
        ahead = self.text[number.end : number.end + 40]
        behind = self.text[max(0, number.start - 25) : number.start]
        is_place = re.match(
            r"\s+(?:\w+ )?(?:cities|metro|metropolitan|areas|counties|states|places|ciudades|áreas|condados"
            r"|estados)",
            ahead,
        )
        return bool(others and is_place and re.search(r"\b(?:in|across|among|en)\b", behind))

    def _number_kind(self, number: Number, before: str, after: str) -> tuple[str, str | None, Number | None]:
        """The kind of claim a number makes, its direction, and the other number where it compares."""
        near = before[-70:]
        change = self._change(near)
        noun = self._change(after[:24].split(",", maxsplit=1)[0], is_after=True)
        if self.lang.has(
            "of_a_known", self.text[max(0, number.start - 12) : number.start]
        ) and self._is_repeated(number):
            return "", None, None
        if number.unit in ("percent", "percentage_points"):
            if change and (number.value is not None or self.lang.has("by_before", near)):
                return "comparison", change, None
            if noun and number.value is not None:
                return "comparison", noun, None
            if number.value is None and re.search(r"\b(?:by|a la) $", before):
                return "comparison", change, None
            return "share", None, None
        if number.unit == "times":
            return "comparison", change or "up", None
        if self.lang.has("other_side", near[-45:]):
            prior = [p for p in self.parts if p.number is not None]
            if prior or re.search(r"\b(?:up|down|compared)\b", near):
                return (
                    "comparison",
                    change or ("up" if re.search(r"\bup\b|sub|aument", near) else None),
                    number,
                )
        return "count", None, None

    def _is_repeated(self, number: Number) -> bool:
        return (
            number.value is not None
            and any(p.number is not None and p.number.value == number.value for p in self.parts)
        ) or number.value in self.known

    def _change(self, text: str, is_after: bool = False) -> str | None:
        """up or down, by the last word of change in a text (or the first, after a number)."""
        name = "after" if is_after else "change"
        found = [(m.end(), way) for way in ("up", "down") for m in self.lang.all(f"{name}_{way}", text)]
        if not found:
            return None
        at, way = max(found)
        return way if is_after or len(text) - at <= 45 else None

    # --- what is said without a number ----------------------------------------------------------------

    def _clause(self, clause: tuple[int, int]) -> None:
        start, end = clause
        text = self.text[start:end]
        denial = any(
            self._add("denial", start + m.start(), start + m.end(), clause)
            for m in self.lang.all("denials", text)
        )
        if not denial:
            for cause in self.lang.all("causes", text):
                if self._add("cause", start + cause.start(), start + cause.end(), clause):
                    break
        for rank in self.lang.all("ranks", text):
            if not self._is_taken(start + rank.start(), start + rank.end()):
                self._add(
                    "rank",
                    start + rank.start(),
                    start + rank.end(),
                    clause,
                    once=False,
                    word=_rank_word(rank.group()),
                )
        if not denial and not any(p.kind == "rank" and p.clause == clause for p in self.parts):
            for match in self.lang.all("comparisons", text)[:1]:
                taken = any(
                    p.kind == "comparison" and p.clause == clause for p in self.parts
                ) or self._is_taken(start + match.start(), start + match.end())
                if not taken:
                    way = self._change(match.group()) or self._change(match.group(), is_after=True)
                    self._add("comparison", start + match.start(), start + match.end(), clause, direction=way)
        self._timing(clause)

    def _timing(self, clause: tuple[int, int]) -> None:
        """An event with a date."""
        start, end = clause
        dated = [d for d in self.dates if start <= d.start < end] or [d for d in self.dates if not self.parts]
        event = self.lang.first("events", self.text[start:end])
        if event and (dated or self.lang.has("relative_times", self.text[start:end])):
            own = [p for p in self.parts if p.clause == clause and p.kind != "rank"]
            before = self.text[start : start + event.start()]
            hangs = re.search(r"\b(?:after|before|since|when|until)\b[^,;]{0,40}$", before)
            if (not own or hangs) and not self._is_weak(self.span_at(start + event.start())):
                self._add("timing", start + event.start(), start + event.end(), clause)

    def _is_taken(self, start: int, end: int) -> bool:
        """Whether a number's claim already has these words."""
        return any(p.start < end and p.end > start for p in self.parts if p.number is not None)

    def _add(
        self,
        kind: str,
        start: int,
        end: int,
        clause: tuple[int, int],
        *,
        once: bool = True,
        word: str | None = None,
        direction: str | None = None,
    ) -> bool:
        """Add a claim without a number; whether these words are of one."""
        span = self.span_at(start)
        is_verb = any(a.verb_at <= start < a.end for a in self.spoken.reading.attributions)
        if span.is_declined or (self._in_attribution(start) and not is_verb):
            return False
        if kind in ("cause", "denial", "comparison") and self._is_weak(span):
            return False
        same = [p for p in self.parts if p.kind == kind and p.span.speaker is span.speaker]
        if not (once and same and kind in ("cause", "denial", "timing")):
            self.parts.append(Part(kind, start, end, span, None, None, clause, word, direction))
        return True

    def _is_weak(self, span: Span) -> bool:
        """Whether words of the narrator's own are about something else than what the article is on."""
        is_narrator = span.speaker is self.narrator and not span.is_quoted and not self.narrator.is_named
        return is_narrator and self.lang.has("asides", self.text)

    # --- plain assertions -----------------------------------------------------------------------------

    def _assertions(self) -> None:
        """What someone is said to have said, with nothing else to test in it."""
        seen: list[Entity] = []
        for span in self.spoken.spans:
            if any(span.speaker is e for e in seen) or span.is_declined:
                continue
            passes_on = self.narrator.is_named and span.heard in (
                "second hand",
                "third hand",
            )  # "I have been told that ..."
            if span.speaker is self.narrator and not (
                span.is_quoted or self.narrator.kind == "body" or passes_on
            ):
                continue
            if any(p.span.speaker is span.speaker for p in self.parts):
                continue
            if span.speaker is self.narrator and self.lang.has("asides", self.text):
                continue
            words = self._said(span)
            if len(words.split()) < 3 or self.lang.has("opinions", words):
                continue
            if (span.is_quoted or span.speaker is self.narrator) and not self.lang.has("clauses", words):
                continue
            seen.append(span.speaker)
            self.parts.append(Part("assertion", span.start, span.end, span, clause=(span.start, span.end)))

    def _said(self, span: Span) -> str:
        """The words of a span without those that say who says them."""
        text = self.text[span.start : span.end]
        if span.is_quoted:
            return text.strip("“”,. ")
        masked = self.spoken.reading.masked
        kept = list(masked[span.start : span.end])
        for a in self.spoken.reading.attributions:
            for i in range(max(a.start, span.start), min(a.end, span.end)):
                kept[i - span.start] = " "
        return re.sub(r"[“”]", " ", "".join(kept)).strip(" ,.")


def _rank_word(words: str) -> str:
    """The ledger's word of a rank."""
    found = re.search(
        r"\b(most|largest|highest|biggest|worst|fewest|lowest|smallest|más|mayor|peor|menos|menor)\b",
        words,
        re.IGNORECASE,
    )
    word = found.group(1).lower() if found else "most"
    return {
        "más": "most",
        "mayor": "largest",
        "peor": "worst",
        "menos": "fewest",
        "menor": "smallest",
        "biggest": "largest",
    }.get(word, word)

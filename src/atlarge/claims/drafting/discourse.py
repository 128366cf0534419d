"""Determine who says each sentence of an article, following attributions through quotations and
paragraphs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from atlarge.claims.drafting.article import Article, Paragraph, Quote, Sentence
from atlarge.claims.drafting.attribution import SHOWING, Attribution, Reading, read_sentence
from atlarge.claims.drafting.language import Language, word_list
from atlarge.claims.drafting.mentions import Finder, Mention, tokens_of

_FIGURES = word_list("discourse.figures")
_WRITING = ("wrote", "replied", "responded", "asked", "escribió", "respondió")
_INHERITED = ("court", "sworn", "statement", "interview", "document", "report")


@dataclass(eq=False)
class Entity:
    """Someone or something that speaks in an article."""

    kind: str  # person, body, someone, document, narrator
    name: str
    role: str | None = None
    heads: set[str] = field(default_factory=set)
    gender: str | None = None
    is_plural: bool = False
    ways: list[str] = field(default_factory=list)
    via: str | None = None
    owner: str | None = None
    sort: str | None = None
    names: set[str] = field(default_factory=set)

    @property
    def is_named(self) -> bool:
        """Whether a person or office is named."""
        return self.kind in ("person", "body", "document") or (
            self.kind == "narrator" and self.name != "anonymous"
        )


@dataclass(frozen=True)
class Span:
    """Part of a sentence that one speaker says."""

    start: int
    end: int
    speaker: Entity
    heard: str | None
    is_quoted: bool = False
    is_inferred: bool = False  # the speaker is carried over from elsewhere in the article
    is_declined: bool = False
    via: str | None = None


@dataclass(frozen=True)
class Spoken:
    """A sentence with the speaker of each part."""

    paragraph: int
    sentence: Sentence
    reading: Reading
    spans: tuple[Span, ...]


@dataclass
class _Turned:
    """A sentence whose speakers are not yet known."""

    sentence: Sentence
    reading: Reading
    quotes: list[tuple[int, Quote]]  # number of the quotation in its paragraph
    attributions: list[tuple[Attribution, Entity]]


class Discourse:
    """Reads an article from its first sentence to its last."""

    def __init__(self, article: Article) -> None:
        self.article = article
        self.lang: Language = article.language
        self.finder = Finder(self.lang)
        self.entities: list[Entity] = []
        self.narrator = Entity("narrator", "anonymous", "reporter")
        self.focus: Entity | None = None  # the last person or body that spoke or was the subject
        self.last_body: Entity | None = None
        self.quoted: Entity | None = None  # who was quoted last
        self.previous: Entity | None = None  # who said the sentence before, in the same paragraph
        self.previous_heard: str | None = None
        self.relaying: Entity | None = None  # the speaker of a transcript who is not of the outlet
        self.members: dict[int, dict[str, Entity]] = {}  # members of a group, as the article mentions them
        self.papers_open = False  # whether the article reports from documents
        self.paper: Entity | None = None  # whose statement the paragraph is about
        self._introduce()

    # --- who the article is by ------------------------------------------------------------------------

    def _introduce(self) -> None:
        """The narrator: a reporter, the author of an opinion, or the office that issued a release."""
        article = self.article
        if article.is_release:
            body = self._issuer()
            if body is not None:
                self.narrator = body
                body.ways.append("statement")
        elif article.is_opinion and article.author:
            name, role = _split_title(article.author, self.lang)
            self.narrator = Entity("narrator", name, role or "author")
        for mention in self.finder.find(tokens_of(article.title or "", self.lang)):
            if mention.kind == "body":
                self._body(mention)
        for paragraph in article.paragraphs:
            if paragraph.turn and len(paragraph.turn.split()) > 1:
                self.finder.learn(_name_case(paragraph.turn))

    def _issuer(self) -> Entity | None:
        """The body that a press release is from: of its head, else the body its text names most."""
        for line in self.article.head:
            for mention in self.finder.find(tokens_of(line, self.lang)):
                if mention.kind == "body" and len(line.split()) <= len(mention.text.split()) + 3:
                    return self._body(mention)
        counts: dict[str, tuple[int, Mention]] = {}
        for paragraph in self.article.paragraphs:
            for mention in self.finder.find(tokens_of(paragraph.text, self.lang)):
                if mention.kind == "body":
                    n = counts.get(mention.name, (0, mention))[0]
                    counts[mention.name] = (n + 1, mention)
        best = max(counts.values(), key=lambda pair: pair[0], default=None)
        return self._body(best[1]) if best else None

    # --- the walk -------------------------------------------------------------------------------------

    def read(self) -> list[Spoken]:
        """Every sentence with the speaker of each part."""
        sentences: list[Spoken] = []
        running: Entity | None = None  # whose quotation goes on from the paragraph before
        for paragraph in self.article.paragraphs:
            base = self._turn(paragraph)
            self.paper = None
            self.relaying = base if base is not self.narrator else None
            turned = self._sentences(paragraph)
            speakers = self._quote_speakers(paragraph, turned, running, base)
            self.previous = None
            for k, one in enumerate(turned):
                spoken = self._spoken(paragraph, one, speakers, base)
                if k and _BACKWARD.match(one.reading.masked) and one.attributions:
                    sentences[-1] = self._reattributed(sentences[-1], one.attributions[-1][1])
                sentences.append(spoken)
            is_open = bool(paragraph.quotes) and paragraph.quotes[-1].is_open
            running = speakers.get(len(paragraph.quotes) - 1) if is_open else None
        self._join_lede(sentences)
        return [self._with_ways(one) for one in sentences]

    def _reattributed(self, one: Spoken, speaker: Entity) -> Spoken:
        """A sentence of the narrator's that the next gives to someone: "That's according to the agency"."""
        spans = tuple(
            replace(s, speaker=speaker, is_inferred=True) if s.speaker is self.narrator else s
            for s in one.spans
        )
        return replace(one, spans=spans)

    def _turn(self, paragraph: Paragraph) -> Entity:
        """The speaker where no one is cited: the narrator, or the current speaker of a transcript."""
        if paragraph.turn is None:
            return self.narrator
        name = _name_case(paragraph.turn)
        role = (paragraph.turn_role or "").lower()
        full = self.finder.surnames.get(name.lower(), name)
        if any(word in self.lang.words("narrator_titles") for word in role.split()) or self._reports(full):
            return self.narrator
        entity = self._person_named(full)
        if role and not entity.role:
            entity.role = role
        return entity

    def _reports(self, name: str) -> bool:
        """Whether a speaker of a transcript reports for the outlet: opens it, hands over or takes over."""
        turns = [p.turn for p in self.article.paragraphs if p.turn]
        if turns and _name_case(turns[0]) == name:
            return True
        last = re.escape(name.rsplit(maxsplit=1)[-1])
        text = self.article.text
        is_host = re.search(
            rf"^{last}(?: [A-Z]+)?, (?:HOST|BYLINE|ANCHOR)|{last.upper()}, (?:HOST|BYLINE|ANCHOR)", text, re.M
        )
        handed = re.search(
            rf"\b(?:our|NPR.s|reporter|correspondent|nuestr[oa])\b[^.]{{0,40}}{re.escape(name)}\b|"
            rf"{re.escape(name)} (?:reports|has (?:more|the story|been following)|joins us|informa)|"
            rf"^{re.escape(name)}, [A-Z][\w ]+(?:News|Radio|Noticias)[^.]*\.$",
            text,
            re.M,
        )
        return bool(is_host or handed)

    def _sentences(self, paragraph: Paragraph) -> list[_Turned]:
        """The sentences of a paragraph with their quotations and the entities of their mentions."""
        turned: list[_Turned] = []
        for sentence in paragraph.sentences:
            quotes = [
                (n, q)
                for n, q in enumerate(paragraph.quotes)
                if q.start < sentence.end and q.end > sentence.start
            ]
            masked = _masked(sentence, [q for _, q in quotes])
            reading = read_sentence(sentence.text, masked, self.finder, self.lang)
            known = self._resolve(reading)
            turned.append(
                _Turned(sentence, reading, quotes, [(a, known[a.mention]) for a in reading.attributions])
            )
        return turned

    # --- whom a mention stands for --------------------------------------------------------------------

    def _resolve(self, reading: Reading) -> dict[Mention, Entity]:
        """The entity of every mention; who is the subject of the sentence becomes the focus."""
        known: dict[Mention, Entity] = {}
        speaking = {a.mention for a in reading.attributions}
        subject: Entity | None = None
        for mention in reading.mentions:
            if mention.kind == "pronoun" and mention not in speaking:
                continue
            if mention.kind == "document" and mention not in speaking:
                continue
            if mention.kind == "someone" and mention not in speaking:
                self._glimpse(mention)
                opens = mention.is_definite and mention.first <= 1
                if opens and mention.head in self.lang.data["definite"]:
                    self.last_body = self._someone(mention)
                    self.focus = self.focus if reading.attributions else self.last_body
                continue
            entity = self._entity(mention)
            known[mention] = entity
            if entity.kind == "body":
                self.last_body = entity
            if (
                entity.kind in ("person", "someone")
                and subject is None
                and mention not in speaking
                and mention.first < 8
            ):
                subject = entity
        if subject is not None and not reading.attributions:
            self.focus = subject
        papers = [
            m
            for m in reading.mentions
            if m.kind == "document" and m.head in self.lang.words("documents_of_a_speaker")
        ]
        if papers and not reading.attributions:
            self.paper = subject or self.last_body or self.focus
        for attribution in reading.attributions:
            entity = known.get(attribution.mention) or self._entity(attribution.mention)
            if attribution.mention.kind == "pronoun" and attribution.verb in SHOWING:
                entity = next((e for e in reversed(self.entities) if e.kind == "document"), entity)
            known[attribution.mention] = entity
            if entity.kind in ("person", "someone", "body"):
                self.focus = entity
        return known

    def _glimpse(self, mention: Mention) -> None:
        """Remember someone who is mentioned, so that "the official" is resolved later."""
        if mention.is_definite or mention.head in self.lang.words("bodies_without_a_name"):
            return
        if not any(e.kind == "someone" and e.role == mention.role for e in self.entities):
            self.entities.append(self._new_someone(mention))

    def _entity(self, mention: Mention) -> Entity:
        if mention.kind == "pronoun":
            return self._pronoun(mention)
        if mention.kind == "person":
            entity = self._person_named(mention.name)
            if mention.role and (
                entity.role is None or (len(mention.role) > len(entity.role) + 12 and len(mention.role) < 80)
            ):
                entity.role = mention.role
            entity.heads |= _heads(mention.role, self.lang)
            entity.gender = entity.gender or _gender(mention.text, self.lang)
            self._touch(entity)
            return entity
        if mention.kind == "body":
            return self._body(mention)
        if mention.kind == "document":
            return self._document(mention)
        return self._someone(mention)

    def _touch(self, entity: Entity) -> None:
        """Move an entity to the end, as the most recent one."""
        if entity in self.entities:
            self.entities.remove(entity)
        self.entities.append(entity)

    def _met(self, fits: Callable[[Entity], bool]) -> Entity | None:
        """The most recent entity that fits; it moves to the end."""
        found = next((entity for entity in reversed(self.entities) if fits(entity)), None)
        if found is not None:
            self._touch(found)
        return found

    def _person_named(self, name: str) -> Entity:
        full = self.finder.surnames.get(name.lower(), name)
        last = full.split()[-1].lower()
        for entity in reversed(self.entities):
            if entity.kind == "person" and (entity.name == full or entity.name.split()[-1].lower() == last):
                if len(full) > len(entity.name) and " " in full:
                    entity.name = full
                return entity
        entity = Entity("person", full)
        self.finder.learn(full)
        self.entities.append(entity)
        return entity

    def _body(self, mention: Mention) -> Entity:
        name = self.finder.acronyms.get(mention.name, mention.name)
        known = {name, mention.name, *mention.names}
        for entity in reversed(self.entities):
            if entity.kind == "body" and known & entity.names:
                self._touch(entity)
                entity.names |= known
                if mention.text.isupper() and not entity.name.isupper():
                    entity.name, entity.role = mention.text, entity.name
                return entity
        entity = Entity("body", name, sort=mention.sort, names=known)
        short = next((a for a, full in self.finder.acronyms.items() if full == name), None)
        if short:
            entity.name, entity.role = short, name
        self.entities.append(entity)
        return entity

    def _document(self, mention: Mention) -> Entity:
        """A document: the words of its author, of the body that issued it, or its own."""
        owner = self._owner(mention) or self._whose(mention)
        if owner is not None and not (
            owner.kind == "someone" and mention.head not in self.lang.words("documents_of_a_speaker")
        ):
            way = "report" if mention.head in self.lang.words("report_heads") else "document"
            if mention.head in self.lang.words("documents_of_a_speaker"):
                way = "statement"
            return self._by_document(owner, way)
        if mention.head in self.lang.words("documents_of_a_speaker") and mention.is_definite:
            issuer = (
                next((e for e in reversed(self.entities) if "statement" in e.ways), None)
                or self.last_body
                or self.focus
            )
            if issuer is not None:
                return self._by_document(issuer, "statement")
        way = "report" if mention.head in self.lang.words("report_heads") else "document"
        if mention.is_definite or len(mention.text.split()) <= 2:
            known = self._met(lambda e: e.kind == "document" and _has_head(e, mention.head))
            if known is not None:
                return known
        entity = Entity("document", mention.role or mention.head, way, {mention.head}, ways=[way])
        self.entities.append(entity)
        return entity

    def _whose(self, mention: Mention) -> Entity | None:
        """Who "his" or "its" before a document stands for."""
        first = mention.text.split()[0].lower()
        if first in ("his", "her", "their"):
            return self.focus
        return self.last_body if first == "its" else None

    def _by_document(self, owner: Entity, way: str) -> Entity:
        owner.ways.append(way)
        self._touch(owner)
        return owner

    def _owner(self, mention: Mention) -> Entity | None:
        """Who issued a document, where its phrase says so."""
        if mention.owner is None:
            return None
        if mention.owner.startswith("the "):
            head = mention.owner[4:]
            found = self._definite(head, None)
            if found is None and head not in self.lang.words("bodies_without_a_name"):
                found = self._new_someone(Mention("someone", 0, 0, mention.owner, role=head, head=head))
                self.entities.append(found)
            return found
        for entity in reversed(self.entities):
            if entity.name == mention.owner or mention.owner in entity.names:
                return entity
        if mention.owner in self.finder.surnames.values():
            return self._person_named(mention.owner)
        return self._body(Mention("body", 0, 0, mention.owner, mention.owner, sort="agency"))

    def _someone(self, mention: Mention) -> Entity:
        """Someone who is not named; "the official" is the one mentioned before."""
        if mention.is_definite:
            found = self._definite(mention.head, mention)
            if found is not None:
                return found
        if mention.head in self.lang.words("bodies_without_a_name") and mention.is_definite:
            return self._unnamed_body(mention)
        phrase = mention.text.lower()
        if mention.role == "one of several":
            member = self._member(phrase)
            if member is not None:
                return member
        role = (mention.role or "").lower()
        known = self._met(lambda e: e.kind == "someone" and bool(e.role) and str(e.role).lower() == role)
        if known is not None:
            return known
        if re.match(r"^(one|another|un[oa]) of|^(one|uno|una)$", phrase):
            for entity in reversed(self.entities):
                if entity.kind == "someone" and _has_head(entity, mention.head):
                    return entity
        entity = self._new_someone(mention)
        self.entities.append(entity)
        return entity

    def _member(self, phrase: str) -> Entity | None:
        """A member of a group mentioned before: "one", then "another" or "the other"."""
        group = next((e for e in reversed(self.entities) if e.kind == "someone" and e.is_plural), None)
        if group is None:
            return None
        members = self.members.setdefault(id(group), {})
        label = "first" if re.match(r"^(one|the first|uno|una)\b", phrase) else "other"
        if label not in members:
            role = " ".join(_singular(word) for word in (group.role or "person").split())
            members[label] = Entity("someone", "anonymous", role, {_singular(h) for h in group.heads})
            self.entities.append(members[label])
        self._touch(members[label])
        return members[label]

    def _new_someone(self, mention: Mention) -> Entity:
        return Entity(
            "someone",
            "anonymous",
            mention.role or mention.head,
            {mention.head},
            gender=_gender(mention.head, self.lang),
            is_plural=mention.head.endswith("s"),
            owner=mention.owner,
        )

    def _unnamed_body(self, mention: Mention) -> Entity:
        """An office that the article never names: "the agency"."""
        name = f"the {mention.head}" if self.lang.code == "en" else mention.text.lower()
        known = self._met(lambda e: e.kind == "body" and e.name == name)
        if known is not None:
            return known
        entity = Entity("body", name, sort=mention.head, names={name})
        self.entities.append(entity)
        return entity

    def _definite(self, head: str, mention: Mention | None) -> Entity | None:
        """Who "the agency", "the judge" or "the official" is: the most recent one that fits."""
        sorts = self.lang.data["definite"].get(head)
        whose = (mention.owner or "").removeprefix("the ") if mention is not None else ""
        if (
            sorts is not None
            and whose in self.lang.words("anonymous")
            and whose not in self.lang.data["definite"]
        ):
            return None  # "the sheriff's office" is not the agency's
        if sorts is not None:
            named = [
                e
                for e in self.entities
                if e.kind == "body" and e.sort in sorts and not e.name.startswith("the ")
            ]
            own = [e for e in named if head in " ".join([e.name, e.role or "", *e.names]).lower()]
            chosen = self._salient(own or named, sorts)
            if chosen is not None:
                self._touch(chosen)
                return chosen
            if mention is None:
                return self._unnamed_body(Mention("someone", 0, 0, f"the {head}", head=head))
            return None
        if head in self.lang.words("places_that_speak"):
            return None
        wanted, people = _singular(head), ("person", "someone")
        if head in self.lang.words("references") and not any(
            e.kind in people and _has_head(e, head) for e in self.entities
        ):
            hidden = [e for e in self.entities if e.kind == "someone" and not e.is_plural]
            if hidden:
                return hidden[-1]
        for entity in reversed(self.entities):
            heads = entity.heads | _heads(entity.role, self.lang)
            if entity.kind in people and wanted in {_singular(h) for h in heads}:
                if mention is not None and mention.owner and entity.owner and mention.owner != entity.owner:
                    continue
                self._touch(entity)
                return entity
        return None

    def _salient(self, pool: list[Entity], sorts: list[str]) -> Entity | None:
        """Of several bodies, the most recent of the first kind that fits."""
        fitting = [[e for e in pool if e.sort == sort] for sort in sorts]
        return next((some[-1] for some in [*fitting, pool] if some), None)

    def _pronoun(self, mention: Mention) -> Entity:
        """Whom "he", "they" or "it" stands for."""
        if mention.head in ("s", "p") and mention.text.lower() in ("i", "we", "yo", "nosotros"):
            return self.narrator
        wanted = mention.head
        if wanted == "n":
            if self.paper is not None:
                return self.paper
            focus = self.focus if self.focus and self.focus.kind not in ("person", "someone") else None
            body = focus if focus and focus.kind == "body" else self.last_body
            return body or focus or self.narrator
        candidates = [self.focus, *reversed(self.entities)]
        for entity in candidates:
            if entity is None or entity.kind not in ("person", "someone", "body"):
                continue
            if wanted in ("m", "f"):
                if entity.kind == "body" or entity.is_plural or (entity.gender and entity.gender != wanted):
                    continue
                entity.gender = entity.gender or wanted
                return entity
            if wanted == "p" and (entity.is_plural or entity.kind == "body"):
                return entity
        return self.focus or self.narrator

    # --- quotations -----------------------------------------------------------------------------------

    def _quote_speakers(
        self, paragraph: Paragraph, turned: list[_Turned], running: Entity | None, base: Entity
    ) -> dict[int, Entity]:
        """Who says each quotation of a paragraph."""
        found: dict[int, Entity] = {}
        for number, quote in enumerate(paragraph.quotes):
            speaker = self._beside(number, quote, turned)
            if speaker is not None:
                found[number] = speaker
        for number, quote in enumerate(paragraph.quotes):
            if number in found:
                continue
            if number == 0 and running is not None and quote.start <= 1:
                found[number] = running
                continue
            earlier = [found[n] for n in range(number) if n in found]
            later = [found[n] for n in range(number + 1, len(paragraph.quotes)) if n in found]
            before = [pair for t in turned if t.sentence.end <= quote.start + 1 for pair in t.attributions]
            behind = [pair for t in turned if t.sentence.start >= quote.end - 1 for pair in t.attributions]
            lead = [e for a, e in before if not a.is_declined]
            after = [e for a, e in behind if a.is_trailing]
            speaker = (earlier[-1:] or lead[-1:] or later[:1] or after[:1] or [None])[0]  # type: ignore[list-item]
            if speaker is None and paragraph.turn is not None:
                speaker = base
            if speaker is None:
                speaker = self.focus or self.quoted
            if speaker is not None:
                found[number] = speaker
        if found:
            self.quoted = found[max(found)]
            if self.quoted.kind in ("person", "someone", "body"):
                self.focus = self.quoted
        return found

    def _beside(self, number: int, quote: Quote, turned: list[_Turned]) -> Entity | None:
        """The speaker of a quotation, from the sentences it is in."""
        for one in turned:
            if all(n != number for n, _ in one.quotes):
                continue
            start, end = quote.start - one.sentence.start, quote.end - one.sentence.start
            # after its end, up to the next quotation; else before its start
            after = [
                (a.verb_at - end, e) for a, e in one.attributions if a.start >= end - 1 and not a.is_declined
            ]
            before = [
                (start - a.end, e) for a, e in one.attributions if a.end <= start + 1 and not a.is_declined
            ]
            close_after = [e for d, e in sorted(after, key=lambda p: p[0]) if d < 120]
            close_before = [e for _, e in sorted(before, key=lambda p: p[0])]
            leads = one.reading.masked[max(0, start - 40) : max(0, start)].rstrip()
            if close_before and (
                leads.endswith((",", ":", "that", "que", "said", "statement")) or not close_after
            ):
                return close_before[0]
            if close_after:
                return close_after[0]
            if leads.endswith(":"):
                people = [m for m in one.reading.mentions if m.kind in ("person", "body", "someone")]
                if people:
                    return self._entity(people[0])
        return None

    # --- a sentence -----------------------------------------------------------------------------------

    def _spoken(self, paragraph: Paragraph, one: _Turned, quotes: dict[int, Entity], base: Entity) -> Spoken:
        spans: list[Span] = []
        text = one.sentence.text
        offset = one.sentence.start
        spoken = one.attributions
        way, via = self._way(one.reading)
        papers = self.lang.words("papers")
        if any(a.mention.kind == "document" and a.mention.head in papers for a, _ in spoken):
            self.papers_open = True
        writes = [e for a, e in spoken if a.verb in _WRITING]
        if self.papers_open and way is None and writes and all(e.kind == "someone" for e in writes):
            way = "document"
        for number, quote in one.quotes:
            if not _is_speech(text, quote, offset):
                continue
            start, end = max(0, quote.start - offset), min(len(text), quote.end - offset)
            speaker = quotes.get(number) or base
            inside = self._reported_way(text[start:end])
            leading = [a for a, e in spoken if e is speaker and a.end <= start and not a.is_informed]
            if leading and inside is None:  # "said that a deputy told him, ..."
                inside = self._reported_way(one.reading.masked[leading[-1].end : start])
            is_beside = any(e is speaker for _, e in spoken)
            own_way, own_via = (way, via) if is_beside else (None, None)
            self._note(speaker, own_way, own_via)
            spans.append(Span(start, end, speaker, inside or own_way, True, not is_beside, via=own_via))
        for _, entity in spoken:
            self._note(entity, way, via)
        is_remark = way in ("court", "sworn", "interview") and self.lang.has("remarks", one.reading.masked)
        speaking = self.focus if is_remark and not spoken else None  # "made the remarks from the bench"
        if speaking is not None and speaking.kind in ("person", "someone"):
            self._note(speaking, way, via)
        outside = self._outside(one, base, way, via)
        said = [s for s in [*spans, *outside] if s.speaker is not self.narrator]
        self.previous = said[-1].speaker if said else None
        self.previous_heard = said[-1].heard if said else None
        ordered = sorted([*spans, *outside], key=lambda s: (not s.is_quoted, s.start))
        return Spoken(paragraph.number, one.sentence, one.reading, tuple(ordered))

    def _outside(self, one: _Turned, base: Entity, way: str | None, via: str | None) -> list[Span]:
        """The speaker of the words outside quotation marks, from attributions after or before them."""
        text, spoken = one.reading.masked, one.attributions
        if self.relaying is not None:
            passes_on = any(e is not self.relaying for _, e in spoken)
            return [
                Span(0, len(text), self.relaying, "second hand" if passes_on else self._reported_way(text))
            ]
        if not spoken:
            return [self._unattributed(one, base)]
        outer = [pair for pair in spoken if not pair[0].is_informed] or spoken
        is_hearer = any(a.is_informed for a, _ in spoken)
        if is_hearer and not any(e.kind == "document" for _, e in outer):
            way = self._hearsay(spoken)
        spans: list[Span] = []
        begin = 0
        for k, (attribution, entity) in enumerate(outer):
            following = outer[k + 1][0] if k + 1 < len(outer) else None
            reported = None if is_hearer else self._reported_way(text[attribution.end :])
            heard = self._heard(attribution, entity, text, reported, way)
            own = Span(begin, len(text), entity, heard, is_declined=attribution.is_declined, via=via)
            if attribution.is_inserted and not following:
                spans.append(own)
                begin = len(text)
            elif attribution.is_trailing:
                begin = attribution.end
                spans.append(replace(own, end=begin))
                if following is None and len(text[begin:].split()) > 2:
                    spans.append(Span(begin, len(text), entity, heard))
            else:
                lead = text[begin : attribution.start]
                if len(lead.split()) > 3:
                    first = entity if self._is_aside(lead) else base
                    speaker = spans[-1].speaker if spans else first
                    spans.append(
                        Span(begin, attribution.start, speaker, heard if speaker is entity else None)
                    )
                is_followed = following is not None and following.is_trailing
                stop = following.start if following is not None and not is_followed else len(text)
                spans.append(replace(own, start=attribution.start, end=stop))
                begin = attribution.end if is_followed else stop
        return spans

    def _unattributed(self, one: _Turned, base: Entity) -> Span:
        """A sentence without a speaker: that of whoever continues, of the report it names, else the base."""
        text = one.reading.masked
        carried = self._continued(one, base)
        heard = self.previous_heard if carried is not None else None
        carried = carried or self._from_document(one, base)
        own = carried or base
        heard = heard or (self._reported_way(text) if own is not self.narrator else None)
        return Span(0, len(text), own, heard, False, carried is not None)

    def _hearsay(self, spoken: list[tuple[Attribution, Entity]]) -> str:
        """Whether what the speaker was informed of is second or third hand."""
        speaking = {id(e) for a, e in spoken if not a.is_informed}
        hearers = {id(e) for a, e in spoken if a.is_informed}
        passes_on = hearers == {id(self.narrator)}  # "I have been told"
        return "second hand" if speaking & hearers or passes_on else "third hand"

    def _heard(
        self, attribution: Attribution, entity: Entity, text: str, reported: str | None, way: str | None
    ) -> str | None:
        """How the writer learned of the words of one attribution."""
        if entity is self.narrator and entity.kind == "narrator" and entity.name == "anonymous":
            return way
        if self.lang.has("third_person_told", text):
            return "third hand"
        if reported is None and way not in ("court", "sworn", "interview"):
            reported = self._document_way(attribution.mention)
        return reported or way

    def _from_document(self, one: _Turned, base: Entity) -> Entity | None:
        """The report or list that a narrator's sentence names before its figures, as their source."""
        if base is not self.narrator or self.narrator.kind != "narrator":
            return None
        named = [
            m
            for m in one.reading.mentions
            if m.kind == "document" and m.head in self.lang.words("report_heads")
        ]
        if not named:
            return None
        end = one.reading.tokens[named[0].last - 1].end
        rest = one.reading.masked[end:]
        if (
            re.search(r"\d{2}", rest)
            or self.lang.has("ranks", rest)
            or self.lang.has("ranks", one.reading.masked)
        ):
            own = [m for m in named if m.head != "list"] or named
            return self._entity(own[0])
        return None

    def _is_aside(self, text: str) -> bool:
        """Whether the words before a leading attribution are only a time, a place or part of it."""
        return bool(
            re.match(
                r"^\s*(in|on|at|during|after|but|and|under|when|as|while|according|for)\b",
                text,
                re.IGNORECASE,
            )
        )

    def _continued(self, one: _Turned, base: Entity) -> Entity | None:
        """The speaker of a sentence without attribution that continues the one before."""
        text = one.reading.masked.strip()
        if base is not self.narrator or self.previous is None:
            return None
        if self.previous.kind == "document" and self.previous.heads & _FIGURES:
            return None
        is_number = re.match(
            r"^\W*(?:\d|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen"
            r"|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty"
            r"|ninety|most of|half|about|nearly|fewer|only|just|another)\b",
            text,
            re.IGNORECASE,
        )
        if is_number or self.lang.has("anaphors", text):
            return self.previous
        return None

    # --- how it reached us ----------------------------------------------------------------------------

    def _way(self, reading: Reading) -> tuple[str | None, str | None]:
        """How the writer learned of a sentence, from the words outside quotation marks, and through whom."""
        documents = [a for a in reading.attributions if a.mention.kind == "document"]
        for way, patterns in self.lang.data["heard"].items():
            if way in ("document", "report") and reading.attributions and not documents:
                continue  # the speaker mentions a report but is not one
            for pattern in patterns:
                flags = 0 if way == "interview" else re.IGNORECASE
                found = re.search(pattern, reading.masked, flags)
                if found:
                    if way == "interview" and re.search(
                        r"\bin an? ([\w-]+ )?(statement|news release|letter)\b", reading.masked
                    ):
                        return "statement", None
                    return str(way), _outlet(found.group()) if way == "interview" else None
        if self.paper is not None and any(a.mention.text.lower() == "it" for a in reading.attributions):
            return "statement", None
        if any(
            a.mention.sort == "center" and a.verb in self.lang.words("estimating")
            for a in reading.attributions
        ):
            return "report", None
        return None, None

    def _document_way(self, mention: Mention) -> str | None:
        """How the writer learned of the words of a document."""
        if mention.kind != "document":
            return None
        if mention.head in ("brief", "filing", "lawsuit", "complaint", "demanda"):
            return "court"
        if mention.head in self.lang.words("documents_of_a_speaker"):
            is_paper = mention.head in self.lang.words("papers") or self.lang.has("got_hold", mention.text)
            return "document" if is_paper else "statement"
        return "report" if mention.head in self.lang.words("report_heads") else "document"

    def _reported_way(self, text: str) -> str | None:
        """second hand where the speaker says what others said to him or her."""
        if self.lang.has("third_person_told", text):
            return "third hand"
        if self.lang.has("told_passive", text):
            return "second hand"
        return None

    def _note(self, entity: Entity, way: str | None, via: str | None) -> None:
        if way in _INHERITED and way not in entity.ways:
            entity.ways.append(way)
        if via and not entity.via:
            entity.via = via

    def _with_ways(self, one: Spoken) -> Spoken:
        """Fill in how a statement was obtained from the speaker's other statements, if they agree."""
        spans = []
        for span in one.spans:
            heard, via = span.heard, span.via
            ways = list(dict.fromkeys(w for w in span.speaker.ways if w in _INHERITED))
            if heard is None and len(ways) == 1:
                heard = ways[0]
            if heard is None and (
                self.article.is_release
                or any(a.verb in ("wrote", "writes", "escribió") for a in one.reading.attributions)
            ):
                heard = "statement" if span.speaker.kind != "narrator" else None
            if heard == "interview" and via is None:
                via = span.speaker.via
            spans.append(replace(span, heard=heard, via=via))
        return replace(one, spans=tuple(spans))

    def _join_lede(self, sentences: list[Spoken]) -> None:
        """Name someone whom the first paragraphs mention by role and a later one by name."""
        people = [e for e in self.entities if e.kind == "person" and e.heads]
        generic = self.lang.words("generic")
        first = {id(s.speaker) for one in sentences if one.paragraph <= 2 for s in one.spans}
        for entity in self.entities:
            if entity.kind != "someone" or entity.is_plural or id(entity) not in first:
                continue
            heads = entity.heads - generic
            fitting = [p for p in people if heads & p.heads]
            if len(fitting) == 1 and heads:
                entity.kind, entity.name = "person", fitting[0].name
                entity.role, entity.ways = fitting[0].role, fitting[0].ways + entity.ways


_BACKWARD = re.compile(
    r"^\W*(?:That|This|Those|All of that|Eso)(?:[’']s| is| are| was| es)?(?: figures?"
    r"| numbers?)? (?:according to|según)\b",
    re.IGNORECASE,
)


# --- small things -----------------------------------------------------------------------------------------


def _split_title(author: str, lang: Language) -> tuple[str, str | None]:
    """An author's name without a title before it."""
    words = author.split()
    titles = []
    while len(words) > 2 and words[0].lower() in lang.words("titles"):
        titles.append(words.pop(0))
    return " ".join(words), " ".join(titles) or None


def _name_case(name: str) -> str:
    """A name in capitals as it is usually written."""
    return " ".join(
        w if w.islower() else "-".join(p.capitalize() for p in w.split("-")) for w in name.split()
    )


def _masked(sentence: Sentence, quotes: list[Quote]) -> str:
    """The sentence with what is between quotation marks blanked out; a word or two in marks is left."""
    text = list(sentence.text)
    for quote in quotes:
        if not _is_speech(sentence.text, quote, sentence.start):
            continue
        for i in range(max(quote.start, sentence.start), min(quote.end, sentence.end)):
            at = i - sentence.start
            if at < len(text) and text[at] not in "“”":
                text[at] = " "
    return "".join(text)


def _is_speech(sentence: str, quote: Quote, offset: int) -> bool:
    """Whether a quotation is speech rather than a word or two set in marks."""
    inside = sentence[max(0, quote.start - offset) : quote.end - offset].strip("“”")
    outside = len(sentence.split()) - len(inside.split())
    return (
        len(inside.split()) > 3
        or outside <= 4
        or (inside.rstrip()[-1:] in ",.!?" and len(inside.split()) > 1)
    )


def _heads(role: str | None, lang: Language) -> set[str]:
    """The role words in a role."""
    if not role:
        return set()
    words = re.findall(r"[^\W\d_]+", role.lower())
    known = lang.words("titles") | lang.words("anonymous")
    return {w for w in words if w in known}


def _gender(text: str, lang: Language) -> str | None:
    words = set(re.findall(r"[^\W\d_]+", text.lower()))
    for gender, signs in lang.data["genders"].items():
        if words & set(signs):
            return str(gender)
    return None


def _singular(word: str) -> str:
    if word.endswith("people"):
        return word.replace("people", "person")
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _has_head(entity: Entity, head: str) -> bool:
    """Whether a noun, in singular or plural, is used for an entity."""
    return _singular(head) in {_singular(h) for h in entity.heads}


def _outlet(words: str) -> str | None:
    """The other outlet in "told the Columbus Courier"; None where it is this one."""
    found = re.search(r"(?:told|tells|to|with|dijo a|declaró a)\s+(.+)$", words)
    outlet = found.group(1) if found else None
    return None if outlet in (None, "me", "us", "this newspaper") else outlet

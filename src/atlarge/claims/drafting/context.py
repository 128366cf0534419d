"""Fill in what a claim's own words leave out from the rest of the article, marked as inferred."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from atlarge.claims.drafting.amounts import SMALL_NUMBERS, Number
from atlarge.claims.drafting.article import Article
from atlarge.claims.drafting.dates import DateSpan
from atlarge.claims.drafting.kinds import Part, Split
from atlarge.claims.drafting.language import Language, word_table
from atlarge.claims.drafting.places import place_spans, states_named
from atlarge.claims.figures import figures
from atlarge.claims.words import find_word
from atlarge.errors import AtlargeError
from atlarge.places import find_place
from atlarge.policies import policies

_METROS = re.compile(r"\b(?:metro(?:politan)?(?: areas?)?|áreas metropolitanas)\b", re.IGNORECASE)
_TOP = re.compile(
    r"\b(?:in|across|among|en)\s+(?:just |only |the |las |los )*(\d{1,3}"
    r"|\w+)\s+(?:\w+ )?(metro(?:politan)?(?: areas?)?|areas|cities|counties|states|áreas metropolitanas"
    r"|ciudades|condados)\b",
    re.IGNORECASE,
)
_KINDS = word_table("context.kinds")
_ACCOUNTS = {name: "|".join(words) for name, words in word_table("context.accounts").items()}


_OWN = re.compile(r"\b(?:his|her|our|my|its) (?:\w+ )?(?:jail|office|county|city|department|deputies|town)\b")


@dataclass
class Context:
    """What an article has mentioned so far, and mentions most."""

    article: Article
    people: frozenset[str]
    states: list[str] = field(default_factory=list)
    splits: dict[int, list[Split]] = field(default_factory=dict)  # by paragraph
    main_place: str | None = None
    paragraph_places: dict[int, list[str]] = field(default_factory=dict)
    sentence_places: dict[tuple[int, int], list[tuple[int, int, str]]] = field(default_factory=dict)

    def places(self, split: Split) -> list[tuple[int, int, str]]:
        """Places of a sentence with their positions."""
        return self.sentence_places.get((split.spoken.paragraph, split.spoken.sentence.start), [])


def context_of(article: Article, splits: list[Split], people: frozenset[str]) -> Context:
    """Read the places of an article: by sentence, by paragraph, and the one it is mainly about."""
    everything = "\n".join([article.title or "", *article.head, *(p.text for p in article.paragraphs)])
    context = Context(article, people, states_named(everything))
    counts: Counter[str] = Counter()
    order: dict[str, int] = {}
    for split in splits:
        number = split.spoken.paragraph
        context.splits.setdefault(number, []).append(split)
        found = place_spans(split.spoken.sentence.text, context.states, people)
        context.sentence_places[number, split.spoken.sentence.start] = found
        codes = context.paragraph_places.setdefault(number, [])
        codes += [place for _, _, place in found if place not in codes]
        for _, _, place in found:
            counts[place] += 1
            order.setdefault(place, len(order))
    for line in [article.title or "", *article.head]:
        for _, _, place in place_spans(line, context.states, people):
            counts[place] += 1
            order.setdefault(place, len(order))
    counties = {p: n for p, n in counts.items() if "County" in p}
    pool = counties or {p: n for p, n in counts.items() if p != "United States"}
    if pool:
        context.main_place = min(pool, key=lambda p: (-pool[p], order[p]))
    return context


@dataclass
class Filled:
    """The fields of a claim's test, and which of them its sentence does not give."""

    fields: dict[str, Any] = field(default_factory=dict)
    inferred: list[str] = field(default_factory=list)
    hints: dict[str, str] = field(default_factory=dict)  # what could be written where a field stays open


def fill(part: Part, split: Split, context: Context, lang: Language) -> Filled:
    """Fill in measure, place, period, whole and other side of a claim."""
    filled = Filled()
    text = split.spoken.sentence.text
    clause = text[part.clause[0] : part.clause[1]] or text
    _place(part, split, context, filled)
    _period(part, split, context, filled)
    if part.kind in ("count", "share", "rank", "comparison", "timing"):
        _measure(part, split, context, lang, clause, filled)
        _expected(part, filled)
    if part.kind == "share":
        _whole(part, text, filled)
    if part.kind == "comparison":
        _other_side(part, split, filled, text)
    if part.kind in ("cause", "denial"):
        _account(clause, context, filled)
    _latest_figure(filled, context)
    return filled


# --- where and when ---------------------------------------------------------------------------------------


def _place(part: Part, split: Split, context: Context, filled: Filled) -> None:
    text = split.spoken.sentence.text
    own = [p for p in context.places(split) if not _in_attribution(split, p[0])]
    if part.kind == "rank" and (places := _ranked_places(text, part, own)):
        filled.fields["where"] = places[0] if len(places) == 1 else places
        return
    top = _TOP.search(text) if part.kind == "share" else None
    if top and (count := _small_number(top.group(1))):
        kind = _KINDS.get(top.group(2).split()[0].lower(), "metro")
        filled.fields["where"] = {"top": count, "kind": "metro" if _METROS.search(text) else kind}
        return
    inside = [p for p in own if part.clause[0] <= p[0] < part.clause[1]] or own
    in_county = [p[2] for p in [*inside, *own] if "County" in p[2]]
    if part.kind in ("cause", "denial") and in_county:
        filled.fields["where"] = in_county[0]  # a policy is a county's
        return
    before = [p for p in inside if p[0] <= part.start]
    if _OWN.search(text) and not any("County" in p[2] for p in before):
        own, inside, before = [], [], []  # "his jail": the speaker's own place
    listed = _listed(text, part, own)
    if listed and part.kind in ("share", "count"):
        filled.fields["where"] = listed
        return
    chosen = _nearest(part, before, inside, text)
    if chosen is not None:
        filled.fields["where"] = chosen
        return
    of_speaker = [
        p for p in context.places(split) if _in_attribution(split, p[0]) and p[2] != "United States"
    ]
    office = part.span.speaker.role or ""
    spoken_for = [p[2] for p in of_speaker] or [
        p for _, _, p in place_spans(office, context.states, context.people)
    ]
    if spoken_for:
        filled.fields["where"] = spoken_for[0]
        filled.inferred.append("where")
        return
    behind = context.paragraph_places.get(split.spoken.paragraph, [])
    usable = [p for p in behind if p != "United States"]
    if usable:
        counties = [p for p in usable if "County" in p]
        filled.fields["where"] = (counties or usable)[0]
        filled.inferred.append("where")
    elif context.main_place:
        filled.fields["where"] = context.main_place
        filled.inferred.append("where")


def _in_attribution(split: Split, at: int) -> bool:
    tokens = split.spoken.reading.tokens
    mentions = (a.mention for a in split.spoken.reading.attributions)
    return any(tokens[m.first].start <= at < tokens[m.last - 1].end for m in mentions)


def _nearest(
    part: Part, before: list[tuple[int, int, str]], inside: list[tuple[int, int, str]], text: str
) -> str | None:
    """The place that a number or word refers to: right after it ("Kansas (23)" before), else the last one."""
    after = [
        p
        for p in inside
        if p[0] >= part.end
        and p[0] - part.end < 60
        and re.search(r"\b(?:in|at|from|across|en)\b", text[part.end : p[0]])
    ]
    close = [p for p in before if part.start - p[1] <= 3]
    if close and part.number is not None:
        return close[-1][2]  # "the nation's 11.1 million"
    specific = [p for p in [*close, *after, *reversed(before), *inside] if p[2] != "United States"]
    pool = (
        specific
        if part.number is None or not any(p[2] == "United States" for p in before) or close or after
        else before
    )
    pool = pool or inside
    return pool[0][2] if pool else None


def _listed(text: str, part: Part, own: list[tuple[int, int, str]]) -> list[str]:
    """Listed places that share one share: three or more in a row."""
    run: list[tuple[int, int, str]] = []
    for place in own:
        if run and re.fullmatch(r"\W*(?:and|y)?\W*", text[run[-1][1] : place[0]]):
            run.append(place)
        elif len(run) < 3:
            run = [place]
    return (
        [p[2] for p in run]
        if len(run) >= 3 and part.kind == "share" and "United States" not in [p[2] for p in run]
        else []
    )


def _ranked_places(text: str, part: Part, own: list[tuple[int, int, str]]) -> list[str]:
    """The places that a rank refers to: those listed after "most in", else the one before it."""
    after = [p for p in own if part.start <= p[0] < part.end + 80]
    listed = (
        None
        if re.search(r"\b(?:of|than) any\b|any other|cualquier|ningún", text[part.start : part.end])
        else re.search(
            r"\b(?:most|largest|highest|worst|fewest|lowest|biggest)\b[^.;]{0,30}\b(?:in|are|being|were)\b",
            text[part.start :],
        )
    )
    if after and after[0][2] == "United States":
        listed = None  # "the largest in the nation" says among what, not which place
    if after and listed:
        run = [after[0]]
        for place in after[1:]:
            if re.fullmatch(r"\W*(?:and|y|metro\w*|areas?)?\W*", text[run[-1][1] : place[0]]):
                run.append(place)
        return [p[2] for p in run if p[2] != "United States"]
    before = [p for p in own if p[0] < part.start and p[2] != "United States"]
    return [before[-1][2]] if before else []


def _small_number(word: str) -> int | None:
    if word.isdigit():
        return int(word)
    extra = {"twenty": 20, "fifty": 50, "thirty": 30, "veinte": 20, "diez": 10, "fifteen": 15}
    return SMALL_NUMBERS.get(word.lower()) or extra.get(word.lower())


def _period(part: Part, split: Split, context: Context, filled: Filled) -> None:
    dates = list(split.dates)
    vague = re.compile(r"recent", re.IGNORECASE)
    text = split.spoken.sentence.text
    inside = [d for d in dates if part.clause[0] <= d.start < part.clause[1]] or [
        d for d in dates if not vague.match(text[d.start : d.end])
    ]
    if part.kind == "comparison" and part.against is None:
        before_against = [
            d
            for d in inside
            if not re.search(
                r"\b(?:compared|than|against|from|since)\b[^.]{0,25}$", split.spoken.sentence.text[: d.start]
            )
        ]
        inside = before_against or inside
    if inside:
        best = min(inside, key=lambda d: _distance(part, d))
        filled.fields["when"] = _year(best.period)
        if best.is_relative:
            filled.inferred.append("when")
        return
    earlier = [s for s in context_splits(context, split) if s.dates]
    if earlier and part.kind in ("count", "share", "comparison", "rank"):
        filled.fields["when"] = _year(earlier[-1].dates[-1].period)
        filled.inferred.append("when")


def context_splits(context: Context, split: Split) -> list[Split]:
    """The sentences of the same paragraph before one."""
    beside = context.splits.get(split.spoken.paragraph, [])
    return [s for s in beside if s.spoken.sentence.start < split.spoken.sentence.start]


def _distance(part: Part, date: DateSpan) -> int:
    """How far a date is from the words of a claim; one that follows them is the nearer of two."""
    return date.start - part.end if date.start >= part.end else part.start - date.end + 12


def _year(period: str) -> Any:
    return int(period) if re.fullmatch(r"\d{4}", period) else period


# --- what is counted --------------------------------------------------------------------------------------


def measure_of(text: str, unit: str | None, lang: Language) -> str | None:
    """The first measure whose words are all in a text and that may have the unit."""
    for entry in lang.data["measures"]:
        if unit is not None and unit not in entry.get("units", [unit]):
            continue
        if any(re.search(pattern, text, re.IGNORECASE) for pattern in entry.get("not", [])):
            continue
        if all(re.search(pattern, text, re.IGNORECASE) for pattern in entry["all"]):
            return str(entry["measure"])
    return None


def _measure(part: Part, split: Split, context: Context, lang: Language, clause: str, filled: Filled) -> None:
    number = part.number
    unit = number.unit if number else None
    if number is not None and not number.is_known and unit == "count" and re.search(r"[$€£]", number.text):
        return
    text = split.spoken.sentence.text
    if number is None:
        counted = [p for p in split.parts if p.number is not None and p.number.is_known]
        for other in counted:  # a rank beside a count is of the same things
            beside = (
                measure_of(text[other.clause[0] : other.clause[1]], other.number.unit, lang)
                if other.number
                else None
            )
            if beside:
                filled.fields["measure"] = beside
                return
    if re.search(r"\b(?:of|among) (?:them|those|these)\b", text):
        behind = context.splits.get(split.spoken.paragraph - 1, [])
        text = f"{' '.join(s.spoken.sentence.text for s in behind[-1:])} {text}"
    around = " ".join(s.spoken.sentence.text for s in context_splits(context, split)[-2:])
    ahead = re.split(r"[,;.“”]", text[part.end : part.end + 60])[0]
    known = measure_of(f"{text[part.start : part.end]}{ahead}", unit, lang) if number is not None else None
    generic = known in ("arrests", "detainers_issued", "removals") or known is None
    known = (measure_of(clause, unit, lang) or known) if generic else known
    if known is None and (
        number is None or number.is_known or unit in ("percent", "count", "percent_change", "times")
    ):
        known = measure_of(text, unit, lang)
        if known is None and around:
            known = measure_of(f"{around} {text}", unit, lang)
            if known:
                filled.inferred.append("measure")
    if known:
        filled.fields["measure"] = known


def _expected(part: Part, filled: Filled) -> None:
    number = part.number
    if part.kind == "rank":
        filled.fields["expected"] = {"word": part.word or "most"}
        return
    if part.kind == "timing":
        return
    if number is None or part.against is not None:
        word = "fell" if part.direction == "down" else "rose" if part.direction == "up" else "more"
        filled.fields["expected"] = {"word": word}
        return
    said = _stated(number)
    if "word" in said and find_word(said["word"], part.kind) is None:
        del said["word"]  # a word without a reading for this kind of claim
    if not said:
        return
    filled.fields["expected"] = said
    if part.kind == "comparison" and number.unit in ("percent_change", "times") and part.direction:
        filled.fields["expected"]["direction"] = part.direction


def _stated(number: Number) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if number.value is not None:
        said["value"] = int(number.value) if float(number.value).is_integer() else number.value
        said["unit"] = number.unit
    if number.word:
        said["word"] = number.word
    return said


def _whole(part: Part, text: str, filled: Filled) -> None:
    """The whole of a share, where the words or the measure give it."""
    measure = filled.fields.get("measure")
    after = text[part.end : part.end + 120]
    if measure == "unauthorized_population":
        filled.fields["of"] = {"where": "United States"}
        if not re.search(r"nation|country|United States|U\.S\.|país", text):
            filled.inferred.append("of")
    elif measure in ("operation_arrests_convicted", "operation_arrests_not_convicted"):
        filled.fields["of"] = {"measure": "operation_arrests"}
        filled.inferred.append("of")
    elif measure == "detainers_declined":
        is_national = re.search(r"\bof all\b|nationwide|of the (nation|country)", after)
        filled.fields["of"] = {"where": "United States"} if is_national else {"measure": "detainers_received"}
        if not re.search(r"receiv|got", text):
            filled.inferred.append("of")
    elif measure is not None and (found := re.search(r"\bof (?:the |its |all )?([\w’' ]{3,60})", after)):
        filled.hints["of"] = f"of {found.group(1).strip()}"


def _other_side(part: Part, split: Split, filled: Filled, text: str) -> None:
    """The other side of a comparison: a number that the sentence gives, or the period it is compared with."""
    if part.against is not None and part.against.value is not None:
        filled.fields["against"] = {
            "value": part.against.value if not part.against.value.is_integer() else int(part.against.value)
        }
        return
    when = filled.fields.get("when")
    others = [d for d in split.dates if _year(d.period) != when]
    if others:
        filled.fields["against"] = {"when": _year(others[-1].period)}
    elif isinstance(when, str | int) and re.search(
        r"year (earlier|before)|previous year|año anterior|same (period|months|week)", text
    ):
        before = _year_before(str(when))
        if before:
            filled.fields["against"] = {"when": before}
            filled.inferred.append("against")


def _year_before(when: str) -> Any:
    """The same period a year earlier."""
    try:
        earlier = re.sub(r"(?<!\d)((?:19|20)\d\d)(?!\d)", lambda m: str(int(m.group()) - 1), when)
    except ValueError:
        return None
    return _year(earlier) if earlier != when and "-02-29" not in earlier else None


# --- why --------------------------------------------------------------------------------------------------


def _account(clause: str, context: Context, filled: Filled) -> None:
    """The account that a cause or denial refers to, and the place's policy, if the registry has one."""
    found = next((name for name, words in _ACCOUNTS.items() if re.search(words, clause, re.IGNORECASE)), None)
    if found is None:
        return
    where = filled.fields.get("where")
    policy = _policy(where, context.article.published) if isinstance(where, str) else None
    if policy:
        filled.fields["explanation"] = found
        filled.fields["policy"] = policy
        filled.inferred += ["explanation", "policy"]


@cache
def _policy(where: str, published: dt.date | None) -> str | None:
    """The one policy of a county in the registry that had begun when the article appeared."""
    try:
        code = find_place(where).code
    except AtlargeError:
        return None
    matching = [
        p
        for p in policies()
        if p.fips == code
        and p.effective is not None
        and (published is None or p.effective <= published)
        and (published is None or (published - p.effective).days < 3 * 366)
    ]
    limiting = [p for p in matching if p.direction == "limits"]
    return limiting[0].id if len(limiting) == 1 else None


def _latest_figure(filled: Filled, context: Context) -> None:
    """The period of the latest figures published before the article, for a measure with few of them."""
    measure = filled.fields.get("measure")
    published = context.article.published
    if (
        measure != "unauthorized_population"
        or ("when" in filled.fields and "when" not in filled.inferred)
        or published is None
    ):
        return

    years = {
        f.period.start.year
        for f in figures()
        if f.measure == measure and f.period.end.year < published.year - 1
    }
    if years:
        filled.fields["when"] = max(years)
        filled.inferred = [*[i for i in filled.inferred if i != "when"], "when"]

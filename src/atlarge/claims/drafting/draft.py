"""A draft ledger from an article: what was said, by whom, with which numbers, places and dates.

A draft is where a person starts, not a reading of the article. It is made by rules (vocabulary.yaml), since
no language model for English is kept up as a package of the registry by its own makers.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Any

from atlarge.claims.drafting.amounts import Number, find_numbers
from atlarge.claims.drafting.article import headline, paragraphs, quotations, sentences, vocabulary
from atlarge.claims.drafting.dates import find_dates
from atlarge.claims.drafting.places import find_places, states_named
from atlarge.claims.drafting.speakers import Speaker, find_speaker, heard


@dataclass(frozen=True)
class Marked:
    """A sentence with what the rules found in it."""

    text: str
    speaker: Speaker | None
    heard: str | None
    quotes: tuple[str, ...]
    numbers: tuple[Number, ...]
    places: tuple[str, ...]
    dates: tuple[str, ...]
    kind: str | None
    measure: str | None

    @property
    def is_claim(self) -> bool:
        """Whether it holds something to test, a reason or a denial."""
        return self.kind is not None


def mark(
    sentence: str,
    published: dt.date | None = None,
    last: Speaker | None = None,
    known_states: list[str] | None = None,
) -> Marked:
    """Mark one sentence. `last` is the speaker before, for a pronoun; `known_states` those of the article."""
    dates, rest = find_dates(sentence, published)
    numbers = tuple(find_numbers(rest))
    speaker = find_speaker(sentence, last)
    return Marked(
        text=sentence,
        speaker=speaker,
        heard=heard(sentence, speaker),
        quotes=tuple(quotations(sentence)),
        numbers=numbers,
        places=tuple(find_places(sentence, known_states)),
        dates=tuple(dates),
        kind=_kind(sentence, numbers),
        measure=_measure(sentence),
    )


def _any(name: str, sentence: str) -> bool:
    return any(re.search(pattern, sentence, re.IGNORECASE) for pattern in vocabulary()[name])


def _kind(sentence: str, numbers: tuple[Number, ...]) -> str | None:
    """The kind of claim a sentence makes, if any."""
    if _any("denials", sentence):
        return "denial"
    if _any("causes", sentence):
        return "cause"
    if any(n.unit == "percent" for n in numbers):
        return "share"
    if _any("timings", sentence):
        return "timing"
    if _any("comparisons", sentence) and not numbers:
        return "comparison"
    if _any("ranks", sentence) and not numbers:
        return "rank"
    return "count" if numbers else None


def _measure(sentence: str) -> str | None:
    """The first measure whose words are all in a sentence."""
    for entry in vocabulary()["measures"]:
        if all(re.search(pattern, sentence, re.IGNORECASE) for pattern in entry["all"]):
            return str(entry["measure"])
    return None


def mark_article(text: str, published: dt.date | None = None) -> list[Marked]:
    """Every sentence of an article, marked; boilerplate and advertising left out."""
    kept = paragraphs(text)
    states = states_named("\n".join(kept))
    published = published or _published(text)
    made: list[Marked] = []
    last: Speaker | None = None
    for paragraph in kept:
        for sentence in sentences(paragraph):
            marked = mark(sentence, published, last, states)
            last = marked.speaker or last
            made.append(marked)
    return made


def _published(text: str) -> dt.date | None:
    """The day of publication, if one of the first lines is a date in full."""
    for line in [line for line in text.splitlines() if line.strip()][:8]:
        dates, _ = find_dates(line)
        if dates and re.fullmatch(r"\d{4}-\d{2}-\d{2}", dates[0]) and len(line.split()) < 14:
            return dt.date.fromisoformat(dates[0])
        found = re.search(r"\b(\d{4}-\d{2}-\d{2})\b", line)
        if found and len(line.split()) < 14:
            return dt.date.fromisoformat(found.group(1))
    return None


def draft_ledger(
    text: str, *, outlet: str | None = None, published: dt.date | None = None, url: str | None = None
) -> str:
    """The YAML text of a draft ledger; it is a valid ledger, with what to finish in comments.

    Raises QuestionError when the text holds no sentence that could be a claim.
    """
    from atlarge.errors import QuestionError

    published = published or _published(text)
    marked = mark_article(text, published)
    claims = [m for m in marked if m.is_claim]
    if not claims:
        raise QuestionError("the article holds no sentence with a number, a reason, a denial or a comparison")
    lines = [
        "# A draft. Put each claim in your own words, finish what the comments ask, drop what is no claim."
    ]
    lines += ["ledger: 1", "article:", f"  title: {_quoted(headline(text) or 'title of the article')}"]
    lines += [f"  outlet: {_quoted(outlet)}"] if outlet else []
    lines += [f"  date: {published.isoformat()}"] if published else ["  # date: 2017-03-20"]
    lines += [f"  url: {_quoted(url)}"] if url else []
    lines += ["", "claims:"]
    for i, one in enumerate(claims, start=1):
        lines += _claim(i, one)
    said = [m for m in marked if not m.is_claim and m.quotes]
    if said:
        lines += ["# Quoted, but with nothing in it that records could tell:"]
        lines += [
            f"#   {m.speaker.name if m.speaker else 'unknown'}: {_quoted(' / '.join(m.quotes))}" for m in said
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Text as a YAML double-quoted scalar."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def _id(i: int, one: Marked) -> str:
    """A short id: its number and two telling words."""
    words = re.findall(r"[a-z]+", " ".join(one.places[:1] or one.text.split()[:3]).lower())[:2]
    return "-".join([f"c{i:02d}", *words, one.kind or ""])


def _claim(i: int, one: Marked) -> list[str]:
    """The lines of one claim."""
    made = [f"  - id: {_id(i, one)}", f"    text: {_quoted(one.text)}  # put it in your own words"]
    if one.quotes:
        made.append(f"    quote: {_quoted(' / '.join(one.quotes))}")
    made.append(f"    speaker: {_speaker(one)}")
    made.append(f"    kind: {one.kind}")
    test = _test(one)
    if one.kind in ("cause", "denial"):
        made.append(
            "    # implies: what would be so in the records if this were so, as a list of tests with a kind"
        )
        made += [f"    # {line}" for line in test]
        made.append("    needs: the records that would tell the reason  # say which")
    elif one.measure and _is_whole(one):
        made += [f"    {line}" for line in test]
    else:
        made += [f"    # {line}" for line in test]
        if one.kind == "share":
            made.append("    # of: {where: United States}   # of which whole?")
        if one.kind == "comparison":
            made.append("    # against: {when: 2016}   # against what?")
    rest = [n.text for n in one.numbers if n is not _stated(one)]
    if rest:
        made.append(f"    # other numbers in it: {', '.join(rest)}")
    return [*made, ""]


def _is_whole(one: Marked) -> bool:
    """Whether the test can stand without what only a person can add."""
    return one.kind in ("count", "rank") and bool(one.places)


def _speaker(one: Marked) -> str:
    """The speaker as a flow mapping."""
    if one.speaker is None:
        return '{name: anonymous, role: reporter, named: false, heard: "' + (one.heard or "report") + '"}'
    fields: dict[str, Any] = {"name": one.speaker.name}
    if one.speaker.role:
        fields["role"] = one.speaker.role
    fields["named"] = one.speaker.is_named
    fields["heard"] = one.heard or "unknown"
    inside = ", ".join(
        f"{k}: {_quoted(v) if isinstance(v, str) else str(v).lower()}" for k, v in fields.items()
    )
    return "{" + inside + "}"


def _test(one: Marked) -> list[str]:
    """The fields of the test, as lines."""
    made = [f"measure: {one.measure}" if one.measure else "measure: at_large   # atlarge claims measures"]
    if one.places:
        places = [_quoted(p) for p in one.places]
        made.append(f"where: {places[0] if len(places) == 1 else '[' + ', '.join(places) + ']'}")
    else:
        made.append("where: United States   # where?")
    made.append(f"when: {one.dates[0]}" if one.dates else "when: 2017   # when?")
    made.append(f"expected: {_expected(one)}")
    return made


def _stated(one: Marked) -> Number | None:
    """The number that the claim is about: of a share the first percent, else the first number."""
    percents = [n for n in one.numbers if n.unit == "percent"]
    return (percents if one.kind == "share" and percents else [*one.numbers, None])[0]


def _expected(one: Marked) -> str:
    """The stated value as a flow mapping."""
    number = _stated(one)
    if number is None:
        return "{word: most}" if one.kind == "rank" else "{word: rose}"
    parts = []
    if number.value is not None:
        value = int(number.value) if float(number.value).is_integer() else number.value
        parts.append(f"value: {value}")
        parts.append(f"unit: {number.unit}")
    if number.word:
        parts.append(f"word: {_quoted(number.word)}")
    return "{" + ", ".join(parts) + "}"

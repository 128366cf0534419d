"""Parse the plain text of an article into its heading and paragraphs of sentences and quotations."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

from atlarge.claims.drafting.dates import find_dates
from atlarge.claims.drafting.language import Language, language, language_of

MOST_CHARACTERS = 200_000  # of an article; longer ones are refused before any work
_DATELINE = re.compile(
    r"^(?:[A-ZÁÉÍÓÚÑ][A-ZÁÉÍÓÚÑ.’'-]+ ?){1,4}(?:, ?[A-Z][A-Za-z.]+(?: [A-Z][a-z.]+)?)?(?:"
    r" ?\([^)]{2,30}\))?\s*[—–-]{1,2}\s+"
    r"|^[A-Z][\w.’'-]+(?: [A-Z][\w.’'-]+){0,2}, [A-Z][A-Za-z.]+ ?(?:\([^)]{2,30}\))?\s*[—–]\s*"
)
_TURN = re.compile(
    r"^((?:[A-ZÁÉÍÓÚÑ][A-ZÁÉÍÓÚÑ.’'-]*)(?: [A-ZÁÉÍÓÚÑ][A-ZÁÉÍÓÚÑ.’'-]*){0,4})(,[^:]{2,60})?:\s+(?=\S)"
)
_BYLINE = re.compile(
    r"^(?:by|por|story by|written by|posted (?:on [^.]{4,30} )?by)\s+(.{3,80})$", re.IGNORECASE
)
_RELEASE = re.compile(
    r"^(for immediate release|news release|press release|media release|###|comunicado de prensa"
    r"|para publicaci[oó]n inmediata)",
    re.IGNORECASE | re.MULTILINE,
)
_OPINION = re.compile(
    r"^\W*(opinion|commentary|op-ed|guest (column|essay|commentary)|editorial|letters?|column|viewpoint"
    r"|perspective|opini[oó]n|columna)\b",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Quote:
    """Words between quotation marks: where they stand in the paragraph, marks included."""

    start: int
    end: int
    is_open: bool  # not closed in its paragraph: the next one goes on


@dataclass(frozen=True)
class Sentence:
    """A sentence and where it stands in its paragraph."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of an article."""

    number: int
    text: str
    turn: str | None = None  # who has the floor, in a transcript
    turn_role: str | None = None
    quotes: tuple[Quote, ...] = ()
    sentences: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Article:
    """An article without its advertising, links, credits and captions."""

    text: str
    title: str | None
    author: str | None
    published: dt.date | None
    language: Language
    paragraphs: tuple[Paragraph, ...]
    left_out: tuple[str, ...] = ()
    is_release: bool = False
    is_opinion: bool = False
    head: tuple[str, ...] = field(default=())


def _is_boilerplate(line: str, lang: Language) -> bool:
    return lang.has("boilerplate", line.strip())


def is_boilerplate(line: str) -> bool:
    """Whether a line is advertising, navigation, credit or the like."""
    return any(_is_boilerplate(line, language(code)) for code in ("en", "es"))


def _unified(text: str) -> str:
    """Text with uniform line ends, spaces, ellipses and quotation marks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").replace("\u200b", "")
    text = (
        text.replace("\u2028", "\n").replace("«", "“").replace("»", "”").replace("``", "“").replace("''", "”")
    )
    return re.sub(r"\.{3,}|…\.?|(?:\. ){2,3}\.", "…", text)


def _curled(paragraph: str) -> str:
    """A paragraph with straight double quotation marks curled, each by whether one is open."""
    if '"' not in paragraph:
        return paragraph
    out, is_open = [], False
    for i, mark in enumerate(paragraph):
        if mark == '"':
            before = paragraph[i - 1 : i]
            is_open = (
                True
                if not before or before in " (—–-[“"
                else False
                if is_open
                else paragraph[i + 1 : i + 2].isalnum()
            )
            out.append("“" if is_open else "”")
        else:
            out.append(mark)
    return "".join(out)


def _blocks(text: str) -> list[str]:
    """Paragraphs as laid out: an empty line ends one; where a text has none, every line is one.

    A text with empty lines whose lines are all short was wrapped, and its lines are joined.
    """
    if not re.search(r"\n[ \t]*\n", text.strip()):
        return text.split("\n")
    blocks = re.split(r"\n[ \t]*\n", text)
    result = []
    for block in blocks:
        lines = [line for line in block.split("\n") if line.strip()]
        is_wrapped = len(lines) > 1 and all(len(line) > 55 for line in lines[:-1])
        result += [" ".join(lines)] if is_wrapped else _grouped(lines)
    return result


def _grouped(lines: list[str]) -> list[str]:
    """Lines of a block, joined where a sentence continues on the next line."""
    groups: list[str] = []
    for line in lines:
        runs_on = groups and not re.search(r"[.!?:;”\"’)]\s*$", groups[-1]) and len(groups[-1]) > 40
        is_same = groups and len(groups[-1]) > 55 and not is_boilerplate(groups[-1])
        if groups and (runs_on or is_same) and not is_boilerplate(line) and not _TURN.match(line.strip()):
            groups[-1] += " " + line.strip()
        else:
            groups.append(line.strip())
    return groups


def _is_prose(text: str) -> bool:
    """Whether a block is prose rather than a heading or a fragment."""
    if len(text.split()) < 3:
        return False
    if len(text.split()) < 12 and "“" not in text and _is_stamp(text):
        return False
    return bool(re.search(r"[.!?…][”\"’')\]]*$", text) or "“" in text or text.endswith(":"))


def _is_stamp(text: str) -> bool:
    """Whether a line is a date and time with little else."""
    dates, rest = find_dates(text, dt.date(2100, 1, 1))
    words = re.sub(
        r"\b(?:updated|published|posted|at|on|a\.?m\.?|p\.?m\.?|e[sd]?t|c[sd]?t|p[sd]?t|m[sd]?t|\d+)\b",
        " ",
        rest,
        flags=re.IGNORECASE,
    )
    return bool(dates) and len(re.findall(r"[^\W\d_]{2,}", words)) <= 2


def _shape(kept: list[tuple[str, str | None, str | None]]) -> tuple[Paragraph, ...]:
    """Paragraphs with their quotations and sentences."""
    out, is_running = [], False
    for number, (text, turn, role) in enumerate(kept, start=1):
        quotes = _quotes(text, is_running)
        is_running = bool(quotes) and quotes[-1].is_open
        out.append(Paragraph(number, text, turn, role, tuple(quotes), tuple(sentence_spans(text))))
    return tuple(out)


def _quotes(text: str, is_running: bool) -> list[Quote]:
    """Quotations of a paragraph. One without a closing mark is open, and may go on in the next."""
    found: list[Quote] = []
    start: int | None = None
    for i, mark in enumerate(text):
        if mark == "“" and start is None:
            start = i
        elif mark == "”":
            if start is not None:
                found.append(Quote(start, i + 1, False))
            elif is_running and not found:
                found.append(Quote(0, i + 1, False))
            start = None
    if start is not None:
        found.append(Quote(start, len(text), True))
    return found


def read_article(text: str, *, published: dt.date | None = None) -> Article:
    """Read the plain text of an article.

    Advertising, links, credits, captions and other boilerplate are left out and listed in `left_out`; the
    heading, the author and the day of publication are found where the text gives them.
    """
    text = _unified(text)
    lang = language_of(text)
    published = published or published_on(text)
    blocks = [" ".join(block.split()) for block in _blocks(text)]
    blocks = [block for block in blocks if block]
    title = headline(text)
    kept: list[tuple[str, str | None, str | None]] = []
    left: list[str] = []
    head: list[str] = []
    turn: tuple[str | None, str | None] = (None, None)
    author = None
    has_turns = sum(bool(_TURN.match(block)) for block in blocks) >= 3
    for block in blocks:
        line = _curled(block)
        byline = _BYLINE.match(line)
        if byline and not kept and len(line.split()) <= 16:
            author = author or _author(byline.group(1))
        if not kept and len(head) < 8:
            head.append(line)
        spoken = _TURN.match(line) if has_turns else None
        if spoken:
            turn = (spoken.group(1), (spoken.group(2) or "").strip(" ,") or None)
            line = line[spoken.end() :]
        is_kept = not _is_boilerplate(line, lang) and (not spoken or len(line.split()) > 3)
        dateline = None if spoken else _DATELINE.match(line)
        line = line[dateline.end() :] if dateline else line
        if is_kept and (_is_prose(line) or spoken or _is_list_item(line)) and line != title:
            kept.append((line, *turn))
        elif line != title:
            left.append(block)
    return Article(
        text=text,
        title=title,
        author=author,
        published=published,
        language=lang,
        paragraphs=_shape(kept),
        left_out=tuple(left),
        is_release=bool(_RELEASE.search("\n".join(blocks[:4] + blocks[-1:]))),
        is_opinion=bool(_OPINION.search("\n".join(blocks[:3]))),
        head=tuple(head),
    )


def _is_list_item(line: str) -> bool:
    """Whether a line is an item of a list with a number in it, as a release gives them."""
    return bool(re.match(r"^[•·*–-]\s+\S.*\d", line))


def _author(words: str) -> str | None:
    """The name in a byline; the first where there are several."""
    name = re.split(r"\s*[|,•]|\s+(?:and|y)\s+|\s+for\s+", words)[0].strip(" .")
    name = " ".join(w.capitalize() if w.isupper() and len(w) > 2 else w for w in name.split())
    return name if 2 <= len(name.split()) <= 5 else None


def sentence_spans(paragraph: str) -> list[Sentence]:
    """Sentences of a paragraph; abbreviations, initials, decimals, an ellipsis that runs on end none."""
    spans, start = [], 0
    for found in re.finditer(r"(?:[.!?]+|…)[”\"’')\]]*(?=\s+|$)", paragraph):
        end = found.end()
        before = paragraph[start : found.start()]
        after = paragraph[end:].lstrip()
        last = re.split(r"[\s(“\"]", before)[-1].lower()
        if found.group().startswith(".") and found.group() in (".", ".)"):
            if last in _abbreviations() or re.fullmatch(r"[a-z]", last):
                continue
            if re.fullmatch(r"(?:[a-z]\.)+[a-z]", last) and after[:1].islower():
                continue
        if after and not re.match(r"[“\"'‘(¿¡]*[A-ZÁÉÍÓÚÑ0-9]", after):
            continue
        spans.append(_sentence(paragraph, start, end))
        start = end
    if paragraph[start:].strip():
        spans.append(_sentence(paragraph, start, len(paragraph)))
    return spans


def _sentence(paragraph: str, start: int, end: int) -> Sentence:
    """A sentence without the white space around it."""
    while start < end and paragraph[start].isspace():
        start += 1
    return Sentence(paragraph[start:end].rstrip(), start, start + len(paragraph[start:end].rstrip()))


def _abbreviations() -> frozenset[str]:
    return language("en").words("abbreviations") | language("es").words("abbreviations")


def quotations(sentence: str) -> list[str]:
    """Words between quotation marks, two or more of them."""
    found = re.findall(r"“([^”]+)”|\"([^\"]+)\"", sentence)
    said = [(a or b).strip().rstrip(",.") for a, b in found]
    return [words for words in said if len(words.split()) >= 2]


def headline(text: str) -> str | None:
    """The first line, if it is a paragraph of its own and not a sentence."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines[:5]:
        if is_boilerplate(line) or _RELEASE.match(line) or (_OPINION.match(line) and len(line.split()) < 4):
            continue
        if find_dates(line)[0] and len(line.split()) < 8:
            continue
        is_title = 2 < len(line.split()) < 30 and not line.endswith((".", "!")) and not _TURN.match(line)
        return line if is_title else None
    return None


def published_on(text: str) -> dt.date | None:
    """The day of publication, if one of the first lines has a date in full and little else."""
    for line in [line for line in text.splitlines() if line.strip()][:10]:
        if len(line.split()) >= 16:
            continue
        dates, _ = find_dates(line)
        whole = [d for d in dates if re.fullmatch(r"\d{4}-\d{2}-\d{2}", d)]
        if whole:
            return dt.date.fromisoformat(whole[0])
        found = re.search(r"\b(\d{4}-\d{2}-\d{2})\b", line)
        if found:
            return dt.date.fromisoformat(found.group(1))
    return None

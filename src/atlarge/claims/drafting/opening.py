"""The text of an article from a file: plain text, HTML or PDF."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from atlarge.errors import QuestionError
from atlarge.user_files import decoded

MOST_BYTES = 30_000_000  # of a file; HTML and PDF carry much besides their text
_INSTALL = "pip install 'atlarge[claims]'"


@dataclass(frozen=True)
class Opened:
    """An article's text, and what the file itself says of it."""

    text: str
    title: str | None = None
    published: dt.date | None = None
    url: str | None = None
    outlet: str | None = None
    note: str | None = None


def open_article(path: Path) -> Opened:
    """Read an article's file. QuestionError names the file where it cannot be read as one."""
    try:
        if not path.exists():
            raise QuestionError(f"{path}: there is no such file")
        if not path.is_file():
            raise QuestionError(f"{path}: is not a regular file; save the article as text, HTML or PDF")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise QuestionError(f"{path}: over {MOST_BYTES:,} bytes long: it is not an article")
        data = path.read_bytes()
    except OSError as error:
        raise QuestionError(f"{path}: cannot be read ({error.strerror or error})") from None
    if data.startswith(b"%PDF-"):
        return _pdf(path, data)
    text = _decoded(path, data)
    if re.match(
        r"\s*(?:<!doctype html|<html|<head|<body|<article|<\?xml[^>]*\?>\s*<html)", text[:2000], re.IGNORECASE
    ):
        return _html(text)
    return Opened(text)


def _decoded(path: Path, data: bytes) -> str:
    """Text of a file: by its byte order mark, UTF-8, or the declared encoding of a page."""
    declared = re.search(rb"charset=[\"']?([\w-]+)", data[:2000])
    text = decoded(data, [declared.group(1).decode("ascii", "replace")] if declared else [])
    if "\x00" in text:
        raise QuestionError(f"{path}: cannot be read as text, HTML or PDF; save the article as plain text")
    return text


def _html(text: str) -> Opened:
    """An article from a page: by trafilatura where it is installed, else by the page's own paragraphs."""
    try:
        import trafilatura
    except ImportError:
        title, plain = _plain_html(text)
        note = f"read by the page's paragraphs; {_INSTALL} brings a reader that finds the article in a page"
        return Opened(plain, title, note=note)
    body = trafilatura.extract(
        text, include_comments=False, include_tables=False, favor_recall=True, output_format="txt"
    )
    about = trafilatura.extract_metadata(text)
    if not body:
        title, plain = _plain_html(text)
        return Opened(plain, title)
    title = about.title if about else None
    body = body.replace("\n", "\n\n")
    if title and not body.lstrip().startswith(title):
        body = f"{title}\n\n{body}"
    published = None
    if about and about.date and re.fullmatch(r"\d{4}-\d{2}-\d{2}", about.date):
        published = dt.date.fromisoformat(about.date)
    return Opened(body, title, published, about.url if about else None, about.sitename if about else None)


class _Paragraphs(HTMLParser):
    """The text of a page's headings, paragraphs and list items; scripts, menus and the like left out."""

    _LEFT = frozenset(
        (
            "script",
            "style",
            "nav",
            "footer",
            "aside",
            "form",
            "button",
            "figure",
            "figcaption",
            "noscript",
            "svg",
            "select",
        )
    )
    _KEPT = frozenset(("p", "h1", "h2", "h3", "li", "blockquote", "title", "div"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.depth = 0
        self.title = ""
        self.blocks: list[str] = []
        self.tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._LEFT:
            self.depth += 1
        elif tag in self._KEPT and not self.depth:
            self.tag = tag
            self.blocks.append("")
        elif tag == "br" and self.blocks:
            self.blocks[-1] += "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag in self._LEFT:
            self.depth = max(0, self.depth - 1)
        elif tag in self._KEPT:
            self.tag = ""
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        if self.depth:
            return
        if self.tag == "title":
            self.title += data
        elif self.blocks:
            self.blocks[-1] += data


def _plain_html(text: str) -> tuple[str | None, str]:
    """Title and paragraphs of a page."""
    parser = _Paragraphs()
    parser.feed(text)
    parser.close()
    blocks = [" ".join(block.split()) for block in parser.blocks]
    title = re.split(r"\s+[|–—-]\s+", " ".join(parser.title.split()))[0] or None
    return title, "\n\n".join(block for block in blocks if block)


def _pdf(path: Path, data: bytes) -> Opened:
    """An article from a PDF with text in it."""
    import io

    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError:
        raise QuestionError(
            f"{path}: a PDF needs pypdf ({_INSTALL}); or save the article as plain text"
        ) from None
    try:
        reader = PdfReader(io.BytesIO(data))
        if len(reader.pages) > 200:
            raise QuestionError(f"{path}: {len(reader.pages)} pages: it is not an article")
        pages = [page.extract_text() or "" for page in reader.pages]
    except (PyPdfError, ValueError, KeyError, RecursionError) as error:
        raise QuestionError(
            f"{path}: cannot be read as a PDF ({error}); save the article as plain text"
        ) from None
    text = _unwrapped("\n".join(pages))
    if not text.strip():
        raise QuestionError(f"{path}: a PDF of pictures, without text; copy the article's text to a file")
    return Opened(text)


def _unwrapped(text: str) -> str:
    """Lines of a page put together again as paragraphs: a short line that ends a sentence ends one."""
    lines = [line.strip() for line in text.split("\n")]
    width = (
        sorted(len(line) for line in lines if line)[int(0.9 * max(0, sum(bool(x) for x in lines) - 1))]
        if any(lines)
        else 0
    )
    lines_out: list[str] = []
    is_open = False
    for line in lines:
        if not line:
            is_open = False
            continue
        if is_open:
            lines_out[-1] = (
                lines_out[-1][:-1] + line
                if lines_out[-1].endswith("-") and line[:1].islower()
                else f"{lines_out[-1]} {line}"
            )
        else:
            lines_out.append(line)
        ends = re.search(r"[.!?…][”\"’')]*$", line) is not None
        is_open = not (ends and len(line) < 0.85 * width) and len(line) > 0.5 * width
    return "\n\n".join(lines_out)

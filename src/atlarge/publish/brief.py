"""The one-page brief of an answer: headline, one chart, verdicts, numbers, caveats, how to cite.

As HTML it prints on one page of Letter or A4; as PDF it is one page, no wider than A4 and no taller than
Letter, so that it prints on both without a blank one. Both show the same words, disclosed like the report.
"""

from __future__ import annotations

import hashlib
import json
import textwrap
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import atlarge
from atlarge.arguments import HTML, extension_of
from atlarge.disclosure.table import THRESHOLD
from atlarge.errors import QuestionError
from atlarge.explain.answer import Answer
from atlarge.files import write_atomically
from atlarge.publish.answer_view import context
from atlarge.publish.answers import Shown, show
from atlarge.publish.editions import Beside
from atlarge.publish.i18n import Words
from atlarge.publish.render import Figure, Table, render, static
from atlarge.publish.reports import named_of, policy_line, squeezed, title_of
from atlarge.publish.svg import number, plain_style, tag
from atlarge.wording import style_source

WIDTH, HEIGHT, MARGIN = 595.0, 792.0, 40.0
"""Points: as wide as A4, as tall as Letter."""
CHART_HEIGHT = 225.0
_WIDTHS = {"serif": 0.47, "sans": 0.5, "bold": 0.54}
_SERIF = "Georgia, 'Times New Roman', 'Liberation Serif', serif"
_SANS = "Arial, 'Helvetica Neue', 'Liberation Sans', sans-serif"


@dataclass(frozen=True)
class Brief:
    """What stands on the page, in its order."""

    title: str
    policy: str
    headline: str
    figure: Figure | None
    verdicts: list[dict[str, Any]]
    numbers: Table
    caveats: list[str]
    not_why: str
    elsewhere: str
    cite: str
    language: str = "en"
    heads: dict[str, str] = field(default_factory=dict)


def digest(answer: Answer) -> str:
    """The first 12 digits of the sha256 of the answer's JSON: the same numbers have the same digits."""
    text = json.dumps(answer.to_dict(), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def brief_of(shown: Shown, w: Words, parts: dict[str, Any] | None = None) -> Brief:
    """The brief of a disclosed answer; `parts`: those of its page, where they are drawn already."""
    parts = parts or context(shown, w)
    coverage = parts["coverage"]
    cite = w(
        "brief.cite_text",
        version=atlarge.__version__,
        place=shown.answer.place_name,
        policy=named_of(shown.answer, w),
        coverage=coverage,
        digest=digest(shown.answer),
    )
    return Brief(
        title=title_of(shown, w),
        policy=policy_line(shown, w),
        headline=parts["headline"],
        figure=parts["figures"][0] if parts["figures"] else None,
        verdicts=parts["cards"],
        numbers=_few(parts["numbers"]),
        caveats=parts["caveats"],
        not_why=w("report.not_why"),
        elsewhere=parts["elsewhere"],
        cite=cite,
        language=w.language,
        heads={name: w(f"report.{name}") for name in ("accounts", "numbers", "before_quote", "cite")},
    )


def _few(table: Table) -> Table:
    """Time, observed, expected, difference and interval: what fits the page."""
    keep = range(5)
    return Table(
        table.caption,
        [table.head[k] for k in keep],
        [[row[k] for k in keep] for row in table.rows],
        texts=(0,),
    )


def brief_page(shown: Shown, w: Words, parts: dict[str, Any] | None = None) -> str:
    """The brief of a disclosed answer as one HTML file."""
    css = squeezed(static("charts.css") + static("brief.css"))
    return render(
        "brief.html.j2",
        b=brief_of(shown, w, parts),
        w=w,
        policy=f"default-src 'none'; style-src '{style_source(css)}'; img-src data:; base-uri 'none'",
        css=css,
        version=atlarge.__version__,
    )


def brief_pdf(shown: Shown, w: Words) -> bytes:
    """The brief of a disclosed answer as a PDF of one page."""
    try:
        import vl_convert
    except ImportError:
        raise QuestionError(
            "a PDF needs the extra pdf: pip install 'atlarge[pdf]'; or write the brief as .html and print it"
        ) from None

    return bytes(vl_convert.svg_to_pdf(brief_svg(brief_of(shown, w))))


def brief(
    answer: Answer,
    path: Path | str,
    *,
    language: str = "en",
    threshold: int = THRESHOLD,
    beside: Beside = None,
) -> Path:
    """Write the brief of an answer, as .html or .pdf by the path's extension, whole or not at all.

    Raises QuestionError for another extension; OSError passes through.
    """
    is_pdf = extension_of(path, (*HTML, ".pdf")) == ".pdf"
    shown, w = show(answer, threshold=threshold, beside=beside), Words(language)
    content = brief_pdf(shown, w) if is_pdf else brief_page(shown, w).encode()
    write_atomically(path, content)
    return Path(path)


class _Page:
    """Text set line by line down a page; what no longer fits is left out and counted."""

    def __init__(self) -> None:
        self.y = MARGIN
        self.marks: list[str] = []
        self.left_out = 0

    def text(
        self, paragraph: str, size: float, kind: str = "serif", *, indent: float = 0.0, after: float = 4.0
    ) -> None:
        """A paragraph, wrapped to the page's width."""
        most = int((WIDTH - 2 * MARGIN - indent) / (size * _WIDTHS[kind]))
        lines = textwrap.wrap(paragraph, most, break_long_words=False, break_on_hyphens=False)
        if self.y + len(lines) * size * 1.28 > HEIGHT - MARGIN:
            self.left_out += 1
            return
        for text in lines:
            self.y += size * 1.28
            self.marks.append(_words(MARGIN + indent, self.y, text, size, kind))
        self.y += after

    def rule(self) -> None:
        """A thin line across."""
        self.y += 3
        d = f"M{number(MARGIN)} {number(self.y)}H{number(WIDTH - MARGIN)}"
        self.marks.append(tag("path", d=d, stroke="#999999", stroke_width=0.5))
        self.y += 2

    def row(self, cells: list[str], *, is_head: bool = False) -> None:
        """A line of a table: the first cell at the left, the others at the right of their columns."""
        size, kind = 8.5, "bold" if is_head else "sans"
        self.y += size * 1.45
        right = [255.0, 335.0, 425.0, WIDTH - MARGIN]
        self.marks.append(_words(MARGIN, self.y, cells[0], size, kind))
        for x, cell in zip(right, cells[1:], strict=False):
            self.marks.append(_words(x, self.y, cell, size, kind, anchor="end"))


def _words(x: float, y: float, text: str, size: float, kind: str, anchor: str | None = None) -> str:
    family = _SERIF if kind == "serif" else _SANS
    weight = "bold" if kind == "bold" else None
    return tag(
        "text", escape(text, quote=False), x=x, y=y, font_family=family, font_size=size, font_weight=weight,
        text_anchor=anchor, fill="#000000",
    )  # fmt: skip


def brief_svg(b: Brief) -> str:
    """The page as one SVG, black on white."""
    page = _Page()
    page.text(b.title, 9.5, "sans", after=1)
    page.text(b.policy, 8.5, "sans", after=5)
    page.text(b.headline, 17, "serif", after=6)
    if b.figure is not None:
        drawing = b.figure.wide
        scale = min((WIDTH - 2 * MARGIN) / drawing.width, CHART_HEIGHT / drawing.height)
        page.marks.append(
            f'<g class="chart" transform="translate({number(MARGIN)} {number(page.y)}) scale({scale:.3f})">'
            f"{drawing.marks}</g>"
        )
        page.y += drawing.height * scale + 4
    page.rule()
    for card in b.verdicts:
        rule = card["rule"][:1].upper() + card["rule"][1:]
        page.text(f"{card['title']}: {card['verdict']}. {rule}.", 9.5, "bold", after=1.5)
    page.text(b.not_why, 8.5, "sans", after=3)
    page.rule()
    page.row([str(cell) for cell in b.numbers.head], is_head=True)
    for row in b.numbers.rows:
        page.row([str(cell) for cell in row])
    page.y += 5
    page.rule()
    page.text(b.heads["before_quote"], 9.5, "bold", after=1)
    for caveat in b.caveats:
        page.text("\u2022 " + caveat, 9, "serif", indent=6, after=1.5)
    if b.elsewhere:
        page.text(b.elsewhere, 9, "serif", after=3)
    page.rule()
    page.text(b.cite, 7.5, "sans")
    if page.left_out:
        raise QuestionError(f"{b.title}: the brief does not fit one page; write the report instead (--out)")
    size = f'width="{number(WIDTH)}" height="{number(HEIGHT)}" viewBox="0 0 {number(WIDTH)} {number(HEIGHT)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} lang="{b.language}"><title>{escape(b.title)}</title>'
        f"<style>{escape(plain_style(), quote=False)}</style>"
        f"{tag('rect', width=WIDTH, height=HEIGHT, fill='#ffffff')}{''.join(page.marks)}</svg>"
    )

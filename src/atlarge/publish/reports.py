"""The report: one self-contained HTML file that opens anywhere, loads nothing from the network and can be
printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import atlarge
from atlarge.arguments import HTML, extension_of
from atlarge.disclosure.table import THRESHOLD
from atlarge.explain.answer import Answer
from atlarge.files import write_atomically
from atlarge.publish.answer_figures import policy_mark
from atlarge.publish.answer_view import context
from atlarge.publish.answers import Shown, show
from atlarge.publish.editions import Beside
from atlarge.publish.i18n import Words
from atlarge.publish.render import Figure, render, static
from atlarge.wording import style_source

_POLICY = "default-src 'none'; style-src '{style}'; img-src data:; base-uri 'none'; form-action 'none'"


def report_html(
    answer: Answer, *, language: str = "en", threshold: int = THRESHOLD, beside: Beside = None
) -> str:
    """The report as text. Counts of 1 to threshold - 1, and any that would reveal them, are suppressed.

    `beside`: the folder of a site of the same records, so that no suppressed count follows from both.
    """
    w = Words(language)
    shown = show(answer, threshold=threshold, beside=beside)
    css = squeezed(static("charts.css") + static("page.css"))
    parts = context(shown, w)
    return render(
        "report.html.j2",
        **parts,
        title=title_of(shown, w),
        policy_line=policy_line(shown, w),
        policy=_POLICY.format(style=style_source(css)),
        css=css,
        version=atlarge.__version__,
        privacy=w("report.privacy", most=threshold - 1, threshold=threshold),
        cite=_cite(shown, w),
    )


def report(
    answer: Answer,
    path: Path | str,
    *,
    language: str = "en",
    threshold: int = THRESHOLD,
    beside: Beside = None,
) -> Path:
    """Write the report of an answer to one file, whole or not at all.

    Parameters
    ----------
    answer : Answer
        As `explain` gives it.
    path : path
        The HTML file.
    language : str
        "en" or "es".
    threshold : int
        Counts of 1 to threshold - 1 are shown as "<threshold".
    beside : path, optional
        The folder of a site of the same records, against which the report is disclosed.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    QuestionError
        Where `beside` is not a site of the same records, or the file is not named .html or .htm.
    OSError
        Where the file cannot be written.

    Examples
    --------
    >>> import atlarge
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> answer = atlarge.explain("Travis County, TX", policy="travis-tx-2017")
    >>> with TemporaryDirectory() as folder:
    ...     file = report(answer, Path(folder, "travis.html"))
    ...     "Travis County" in file.read_text(encoding="utf-8")
    True
    """
    extension_of(path, HTML)
    text = report_html(answer, language=language, threshold=threshold, beside=beside)
    write_atomically(path, text.encode())
    return Path(path)


def export_charts(answer: Answer, folder: Path | str, *, language: str = "en") -> list[Path]:
    """Write each chart of an answer as SVG and as PNG (twice the size, for print).

    Parameters
    ----------
    answer : Answer
        As `explain` gives it.
    folder : path
        Made if it is not there.
    language : str
        "en" or "es".

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    OSError
        Where a file cannot be written.

    Examples
    --------
    >>> import atlarge
    >>> from tempfile import TemporaryDirectory
    >>> answer = atlarge.explain("Travis County, TX", policy="travis-tx-2017")
    >>> with TemporaryDirectory() as folder:
    ...     files = export_charts(answer, folder)
    >>> sorted({file.suffix for file in files})
    ['.png', '.svg']
    """
    parts = context(show(answer), Words(language))
    figures: list[Figure] = [*parts["figures"], *parts["method_figures"]]
    written = []
    for index, figure in enumerate(figures, 1):
        stem = re.sub(r"\W+", "-", f"{index:02d} {figure.wide.title}".lower())[:60].strip("-")
        for ending, content in (("svg", figure.wide.standalone().encode()), ("png", figure.wide.png())):
            target = Path(folder) / f"{stem}.{ending}"
            write_atomically(target, content)
            written.append(target)
    return written


def squeezed(css: str) -> str:
    """A style sheet without comments and indents."""
    text = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def title_of(shown: Shown, w: Words) -> str:
    """The heading of an answer."""
    a = shown.answer
    if a.policy.get("title") and a.policy.get("kind") != "date":
        kind = (
            "report.title_policy"
            if a.policy.get("direction", "limits") == "limits"
            else "report.title_change"
        )
        return w(kind, place=a.place_name)
    return w("report.title_date", place=a.place_name, day=w.day(a.start))


def policy_line(shown: Shown, w: Words) -> str:
    """The policy and its dates."""
    mark: Any = policy_mark(shown)
    if mark is None or not mark.name:
        return w("report.coverage_day", day=w.day(shown.answer.start))
    about = {
        "title": mark.name,
        "announced": w.day(mark.announced) if mark.announced else w("report.unknown_day"),
        "effective": w.day(mark.effective),
    }
    if mark.ended:
        return w("report.policy_line", **about, ended=w.day(mark.ended))
    return w("report.policy_line_in_force", **about, in_force=w("report.in_force"))


def named_of(answer: Answer, w: Words) -> str:
    """What an answer is about: its policy's title, or the day."""
    is_day = answer.policy.get("kind") == "date" or not answer.policy.get("title")
    return w.day(answer.start) if is_day else str(answer.policy["title"])


def _cite(shown: Shown, w: Words) -> str:
    a = shown.answer
    periods = [p for s in a.series for p in s.period] or [a.start]
    start, end = a.coverage.get("start") or min(periods), a.coverage.get("end") or max(periods)
    return w(
        "report.cite_text",
        version=atlarge.__version__,
        place=a.place_name,
        policy=named_of(a, w),
        start=start,
        end=end,
    )

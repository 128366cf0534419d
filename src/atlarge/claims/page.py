"""The ledger for a reader: plain rows, and one self-contained HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from atlarge.claims.verdicts import Verdict
from atlarge.files import shipped_text, write_atomically
from atlarge.wording import printable, style_source, web_link

_SMALL = 5
_MEANING = {
    "supported": "The records say the same.",
    "contradicted": "The records say otherwise.",
    "disputed": "The sources of record do not agree, or the figure was withdrawn.",
    "depends": "The answer depends on how the claim is read; each reading is shown.",
    "not testable": "The records here cannot tell.",
}
DRAFT = "A draft, not a finding: no person has confirmed this claim."
_UNIT = {
    "percent": " percent",
    "percent_change": " percent",
    "times": " times",
    "share": "",
    "million": " million",
    "thousand": " thousand",
    "percentage_points": " percentage points",
}


def _number(value: Any, unit: str | None) -> str:
    """A value with its unit."""
    if value is None:
        return "no figure"
    if isinstance(value, str):
        return value
    if unit == "rank":
        return f"rank {value}"
    shown = f"{value:,.1f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return shown + _UNIT.get(unit or "", f" {unit}" if unit and unit not in ("count", "date") else "")


def _bound(value: Any) -> str:
    """An end of a band, in as many digits as it has."""
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)


def _shown_value(value: Any, unit: str | None, evidence: list[dict[str, Any]]) -> str:
    """A value as printed on a page: a small count of records is not."""
    counted = [e for e in evidence if e.get("source") == "panel" and e.get("role") == "counted"]
    if counted and isinstance(value, int) and 0 < value < _SMALL and unit not in ("rank", "times", "percent"):
        return f"fewer than {_SMALL}"
    return _number(value, unit)


def _evidence(entry: dict[str, Any]) -> dict[str, Any]:
    """An evidence entry with the value as printed."""
    small = (
        entry.get("source") == "panel" and isinstance(entry.get("value"), int) and 0 < entry["value"] < _SMALL
    )
    shown = f"fewer than {_SMALL}" if small else _number(entry.get("value"), entry.get("unit"))
    return {
        **entry,
        "value": None if small else entry.get("value"),
        "shown": shown if "measure" in entry else "",
    }


def ledger_rows(verdicts: list[Verdict]) -> list[dict[str, Any]]:
    """One plain dict a claim, ready for a table or a page.

    Parameters
    ----------
    verdicts : list of Verdict
        As `check` gives them.

    Returns
    -------
    list of dict
        Keys: id, text, kind, status, about (measure, place and dates in one line), speaker (text), heard,
        verdict,
        meaning, answer (one line), claimed, found, answers, sensitivity, evidence (each with `shown`),
        needs, notes, sources (URLs). Counts of records under 5 are printed as "fewer than 5".

    Examples
    --------
    >>> from atlarge.claims import check_claims
    >>> claim = {"id": "a", "text": "as printed", "kind": "count", "measure": "at_large", "where": "US",
    ...          "when": "2017-02", "value": 3000}
    >>> ledger_rows(check_claims([claim]))[0]["about"]
    'at_large, US, 2017-02-01..2017-02-28'
    """
    return [_row(v) for v in verdicts]


def _claimed(v: Verdict) -> str | None:
    """What the claim says, or None where it gives no value."""
    stated = None if v.expected is None else _number(v.expected, v.unit)
    if v.unit == "rank" and v.word:
        stated = f"({stated})"
    return " ".join(part for part in (v.word, stated) if part) or None


def _answer(v: Verdict, claimed: str | None, found: str) -> str:
    """The answer in one line."""
    if v.answers:
        answer = "; ".join(
            f"{a['reading']}: {a['verdict']} ({_shown_value(a['value'], a['unit'], v.evidence)})"
            for a in v.answers
        )
    elif claimed and v.value is not None:
        answer = f"claimed: {claimed}; found: {found}"
    else:
        answer = _MEANING[v.verdict]
    if v.verdict == "not testable" and v.fits:
        answer = f"{answer.removesuffix('.')}. Counts alone: {v.fits}."
    if v.verdict == "not testable" and v.needs:
        answer = f"{answer} Needed: {v.needs[0].rstrip('.')}{'' if v.needs[0].endswith('?') else '.'}"
    return f"{DRAFT} {answer}" if v.status == "draft" else answer


def _row(v: Verdict) -> dict[str, Any]:
    """One claim."""
    found, claimed = _shown_value(v.value, v.unit, v.evidence), _claimed(v)
    answer = _answer(v, claimed, found)
    return {
        **{
            name: getattr(v, name) for name in ("id", "kind", "status", "measure", "where", "when", "verdict")
        },
        **{name: getattr(v, name) for name in ("fits", "sensitivity", "needs", "notes")},
        "text": " ".join(v.text.split()),
        "draft": DRAFT if v.status == "draft" else "",
        "about": ", ".join(part for part in (v.measure, v.where, v.when) if part),
        "speaker": ", ".join(part for part in (v.speaker.get("name"), v.speaker.get("role")) if part),
        "is_named": v.speaker.get("named"),
        "heard": v.speaker.get("heard"),
        "meaning": _MEANING[v.verdict],
        "answer": answer,
        "shown": answer,
        "claimed": claimed,
        "found": found,
        "answers": [{**a, "shown": _shown_value(a["value"], a["unit"], v.evidence)} for a in v.answers],
        "evidence": [_evidence(e) for e in v.evidence],
        "sources": list(dict.fromkeys(e["source_url"] for e in v.evidence if e.get("source_url"))),
    }


def content_policy(template: str) -> str:
    """The Content-Security-Policy of a page that holds everything in itself: its own style, nothing else."""
    style = style_source(template.split("<style>", 1)[1].split("</style>", 1)[0])
    return f"default-src 'none'; style-src '{style}'; base-uri 'none'; form-action 'none'"


def _shown(value: Any) -> Any:
    """A value as a page shows it: texts without controls and marks of writing direction."""
    return printable(value) if type(value) is str else value


def render_template(name: str, **context: Any) -> str:
    """A page of this package that needs nothing else: it loads nothing and runs no script."""
    from jinja2 import Environment

    text = shipped_text(__package__, name)
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=_shown)
    environment.filters["web_link"] = web_link
    return environment.from_string(text).render(policy=content_policy(text), **context)


def render_page(verdicts: list[Verdict], article: dict[str, Any] | None = None) -> str:
    """The ledger as one HTML page that needs nothing else."""
    rows = ledger_rows(verdicts)
    counts = {name: sum(row["verdict"] == name for row in rows) for name in _MEANING}
    return render_template(
        "page.html.j2", rows=rows, article=article or {}, counts=counts, meaning=_MEANING, bound=_bound
    )


def write_page(path: Path | str, verdicts: list[Verdict], article: dict[str, Any] | None = None) -> None:
    """Write the page of a checked ledger, whole or not at all.

    Parameters
    ----------
    path : path
        The HTML file.
    verdicts : list of Verdict
        As `check` gives them.
    article : dict, optional
        The ledger's `article`: title, outlet, date, url.

    Raises
    ------
    OSError
        Where the file cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from atlarge.claims import check_claims
    >>> claim = {"id": "a", "text": "as printed", "kind": "count", "measure": "at_large", "where": "US",
    ...          "when": "2017-02", "value": 3000}
    >>> with TemporaryDirectory() as folder:
    ...     write_page(Path(folder, "checked.html"), check_claims([claim]))
    ...     "as printed" in Path(folder, "checked.html").read_text(encoding="utf-8")
    True
    """
    write_atomically(path, render_page(verdicts, article).encode("utf-8"))

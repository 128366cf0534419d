"""An answer as plain text: headline, three short paragraphs, what to know before quoting, a short table.

The table holds the numbers of the sentences, printed by the same rule; `details` adds what is behind them.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from atlarge.explain.answer import Answer, Area, Interval
from atlarge.messages import Days, Message, Number, days_text, render, say

if TYPE_CHECKING:
    import datetime as dt

WIDTH = 92
Row = tuple[str, float, float, Interval]


def text_of(answer: Answer, language: str = "en", *, details: bool = False, width: int = WIDTH) -> str:
    """The answer for a terminal.

    Parameters
    ----------
    answer : Answer
        What `explain` gives.
    language : {"en", "es"}
        Language of every sentence.
    details : bool
        Also what stands behind the accounts, all areas and spans with their p-values, and every caveat.
    width : int
        Most characters in a line of text, 92 at most. Rows of a table that do not fit take two lines.

    Returns
    -------
    str
        Lines ending in a newline.

    Examples
    --------
    >>> import atlarge
    >>> from atlarge.explain.terminal import text_of
    >>> text_of(atlarge.explain("Travis County, TX", policy="travis-tx-2017")).splitlines()[0]
    'Travis County, TX: TCSO Policy on Cooperation with ICE, 1 February 2017'
    """

    def word(key: str) -> str:
        return render(say(key), language)

    width = max(20, min(width, WIDTH))
    title = _title(answer, language)
    lines = [*(_wrapped(title, width) if width < WIDTH else [title]), ""]
    for part in (answer.headline, *answer.messages):
        lines += [*_wrapped(render(part, language), width), ""]
    if answer.main_caveats:
        lines += [word("text.quote")]
        for warned in answer.main_caveats:
            lines += _bulleted(render(warned.message, language), width)
        lines += [""]
    if "says" in answer.elsewhere:
        head = "text.elsewhere_date" if answer.policy.get("kind") == "date" else "text.elsewhere"
        lines += [word(head), *_bulleted(render(answer.elsewhere["says"], language), width), ""]
    lines += _table(answer, language, width)
    if details:
        lines += ["", *_details(answer, language, width)]
    else:
        lines += ["", *_wrapped(word("text.more"), width)]
    return "\n".join(lines) + "\n"


def _title(answer: Answer, language: str) -> str:
    """Place, policy and its first day."""
    first: dt.date = answer.policy["effective"]
    day = days_text(Days(first, first), language).split(" ", 1)[1]
    name = answer.place_name
    if answer.place_kind in ("office", "aor"):
        name = render(say(f"area.{answer.place_kind}", name=name), language)
        name = name[:1].upper() + name[1:]
    if answer.policy.get("kind") == "date":
        return f"{name}, {day}"
    title = render(say("other.title", title=answer.policy["title"]), language)
    return f"{name}: {title}, {day}"


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Lines broken between words."""
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _bulleted(text: str, width: int) -> list[str]:
    return _wrapped(text, width, "  - ", "    ")


def _area(area: Area, language: str) -> str:
    """An area's name in a language: that of a county with its office area joins the two."""
    county, _, office = area.name.partition(" and the ")
    if area.level == "locality":
        if not office:
            return area.name
        name = say("area.locality", county=county, office=office.removesuffix(" office area"))
        return render(name, language)
    return render(say(f"area.{area.level}", name=area.name.removesuffix(" area of responsibility")), language)


def rows_of(answer: Answer, language: str = "en") -> list[Row]:
    """Label, observed, expected, difference: the burst, the whole time, without bursts, both sides, handoffs.

    Examples
    --------
    >>> import atlarge
    >>> from atlarge.explain.terminal import rows_of
    >>> rows = rows_of(atlarge.explain("Travis County, TX", policy="travis-tx-2017"))
    >>> [round(row[1]) for row in rows]
    [65, 192, 108, 192, 134]
    """

    def label(key: str, measure: str, **more: Days | int) -> str:
        return render(say(key, measure=say(f"table.{measure}"), **more), language)

    rows: list[Row] = []
    bursts, lasting, two = answer.bursts, answer.lasting, answer.two_sided
    if bursts is not None and bursts.verdict == "fits" and bursts.start and bursts.end:
        name = label("table.burst", "at_large", days=Days(bursts.start, bursts.end))
        rows.append((name, bursts.observed, bursts.expected, bursts.effect))
    if answer.counterfactual.value is not None:
        name = label("table.whole", "at_large")
        rows.append((name, answer.observed, answer.counterfactual.value, answer.effect))
    if lasting is not None and lasting.bursts_removed:
        rows.append((label("table.apart", "at_large"), lasting.observed, lasting.expected, lasting.effect))
    if two is not None:
        name = label("table.two_sided", "at_large")
        if two.end > answer.end:  # the other rows follow the policy for some years only
            name = label("table.two_sided_long", "at_large", n=two.months)
        rows.append((name, two.observed, two.expected, two.effect))
    jails = answer.handoffs
    if jails is not None and jails.counterfactual.value is not None:
        name = label("table.whole", "handoffs")
        rows.append((name, jails.observed, jails.counterfactual.value, jails.effect))
    return rows


def _number(value: float | None, *, is_signed: bool = False) -> str:
    text = Number(value).text()
    return (
        f"+{text}" if is_signed and value is not None and not text.startswith("-") and text != "0" else text
    )


def _table(answer: Answer, language: str, width: int) -> list[str]:
    names = ("observed", "expected", "difference", "range")
    cells = [["", *(render(say(f"table.{name}"), language) for name in names)]]
    for name, observed, expected, effect in rows_of(answer, language):
        low, high = (_number(v, is_signed=True) for v in (effect.low, effect.high))
        to = " to " if language == "en" else " a "
        between = "" if effect.low is None or effect.high is None else f"{low}{to}{high}"
        difference = _number(effect.value, is_signed=True)
        cells.append([name, _number(observed), _number(expected), difference, between])
    widths = [max(len(row[k]) for row in cells) for k in range(5)]
    lines = [
        (row[0].ljust(widths[0]) + "".join(f"  {row[k].rjust(widths[k])}" for k in range(1, 5))).rstrip()
        for row in cells
    ]
    if width < WIDTH and max(map(len, lines)) > width:  # each row's label above its numbers
        head, *rows = cells
        lines = []
        for label, *numbers in rows:
            named = ", ".join(f"{name} {n}" for name, n in zip(head[1:], numbers, strict=True) if n)
            lines += [*_wrapped(label, width), *_wrapped(named, width, "  ", "  ")]
    jails = answer.handoffs
    counted = [("at_large", answer.area)] + ([("handoffs", jails.area)] if jails else [])
    areas = [(say(f"table.{measure}"), _area(area, language)) for measure, area in counted]
    if len(areas) > 1 and len({area for _, area in areas}) == 1:
        areas = [(say("table.both"), areas[0][1])]
    says = [render(say("table.areas", measure=measure, area=area), language) for measure, area in areas]
    return [*lines, *_wrapped(" ".join(says), width)]


def _details(answer: Answer, language: str, width: int) -> list[str]:
    """What else is known: behind the accounts, of the burst's days, of other areas, and to keep in mind."""

    def word(key: str) -> str:
        return render(say(key), language)

    lines: list[str] = []
    behind: list[Message] = [m for judgement in answer.verdicts.values() for m in judgement.details]
    for title, messages in (
        ("text.details", behind),
        ("text.corroboration", [row["says"] for row in answer.corroboration]),
    ):
        if messages:
            lines.append(word(title))
            for message in messages:
                lines += _bulleted(render(message, language), width)
            lines.append("")
    lines += [word("table.title")]
    for span in answer.spans:
        effect, p = span.effect, span.p_placebo
        lines.append(
            f"  {_area(span.area, language)}, {render(say(f'table.{span.measure}'), language).lower()}, "
            f"{render(say(f'table.span.{span.span}'), language)}: {_number(span.observed)} / "
            f"{_number(span.counterfactual.value)}, {_number(effect.value, is_signed=True)} "
            f"({_number(effect.low, is_signed=True)} / {_number(effect.high, is_signed=True)})"
            f"{'' if p is None else f', p {p:.3f}'}"
        )
    main = {warned.id for warned in answer.main_caveats}
    more = [warned for warned in answer.warnings if warned.id not in main]
    if more:
        lines += ["", word("text.more_caveats")]
        for warned in more:
            lines += _bulleted(render(warned.message, language), width)
    return lines

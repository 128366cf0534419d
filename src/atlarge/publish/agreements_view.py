"""287(g) agreements over time: how many were in force at the end of each month, from ICE's own lists."""

from __future__ import annotations

import datetime as dt
from functools import cache

from atlarge.calendar import month_start
from atlarge.policies import Policy, registry
from atlarge.publish import charts
from atlarge.publish.i18n import Words
from atlarge.publish.render import Figure, Table, figure


@cache
def in_force_by_month() -> tuple[tuple[dt.date, int], ...]:
    """First day of each month, and the number of agreements in force on its last day, up to the newest
    list."""
    found = registry()
    days = [d for p in found if p.is_agreement for d in (p.effective, p.ended) if d]
    if not days:
        return ()
    month, last = max(min(days), dt.date(2015, 1, 1)).replace(day=1), max(days).replace(day=1)
    counts = []
    while month <= last:
        after = month_start(month, 1)
        counts.append((month, len(found.in_force(after - dt.timedelta(days=1), kind="287g"))))
        month = after
    return tuple(counts)


@cache
def last_known() -> dt.date:
    """Day of the newest of ICE's lists."""
    days = [d for p in registry() if p.is_agreement for d in (p.effective, p.ended) if d]
    return max(days)


@cache
def _in_force_by_county() -> dict[str, list[Policy]]:
    """Agreements in force on the last day known, by the county of their agency."""
    found: dict[str, list[Policy]] = {}
    for p in registry().in_force(last_known(), kind="287g"):
        if p.fips:
            found.setdefault(p.fips, []).append(p)
    return found


def agreements_here(level: str, code: str, w: Words) -> Table | None:
    """Agreements of a county's agencies in force on the last day known; None without any."""
    if level != "county":
        return None
    found = _in_force_by_county().get(code)
    if not found:
        return None
    rows = [
        [p.agency or p.title, p.model or "–", w.short_day(p.effective) if p.effective else "–"]
        for p in sorted(found, key=lambda p: (str(p.effective), p.id))
    ]
    head = [w("agreements.agency"), w("agreements.model"), w("agreements.since")]
    caption = w("agreements.here_says", day=w.day(last_known()))
    return Table(caption, head, rows, is_stacked=True, texts=(1,))


def agreements_figure(w: Words) -> Figure | None:
    """The line of agreements in force, with its table by the end of each quarter."""
    points = in_force_by_month()
    if len(points) < 2:
        return None
    days, values = [d for d, _ in points], [n for _, n in points]
    key = "agreements.title" if values[-1] >= values[0] else "agreements.title_fell"
    title = w(key, first=w.count(values[0]), last=w.count(values[-1]))
    sentence = w("agreements.says", **{"from": w.long_month(days[0]), "to": w.long_month(days[-1])})
    label = w("agreements.line")
    rows = [[w.month(d), w.count(n)] for d, n in points if d.month % 3 == 0 or d == days[-1]]
    table = Table(sentence, [w("report.col.period"), label], rows)
    return figure(
        charts.lines_of,
        days,
        [charts.Line(label, values)],
        w=w,
        title=title,
        sentence=sentence,
        table=table,
        id="agreements",
    )

"""What the pages of an answer say beside their tables: sentences, captions and the coordinates of charts.

Each number becomes bounds on a sum of counts, as wide as its rounding. Nothing of the package is used.
"""

from __future__ import annotations

import calendar
import datetime as dt
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

MONTHS = {name: i for i, name in enumerate(calendar.month_abbr) if name}
LONG = {name: i for i, name in enumerate(calendar.month_name) if name}
MEASURES = {"At-large arrests": "at_large", "Jail handoffs": "handoffs", "All arrests": "arrests"}
DAY = dt.timedelta(days=1)

Days = tuple[dt.date, dt.date]
Part = tuple[str, str, str, dt.date, dt.date]
"""Level, place, measure, first and last day."""


@dataclass(frozen=True)
class Statistic:
    """Bounds on a sum of coefficients times counts, and the words that give them."""

    parts: tuple[tuple[Part, float], ...]
    low: float
    high: float
    says: str


@dataclass(frozen=True)
class Series:
    """One table of a page by period: what is shown, and what is hidden (None) with its mark."""

    measure: str
    place: tuple[str, str]
    days: tuple[Days, ...]
    values: tuple[int | None, ...]
    marks: tuple[str, ...]
    caption: str


def plain(text: str) -> str:
    """The words of a page, without marks of HTML."""
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", text, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def number(text: str) -> float:
    """1,234 or 5.6, with a minus of either kind."""
    return float(text.replace(",", "").replace("−", "-"))


def rounded(text: str) -> tuple[float, float]:
    """Least and greatest number that is printed so."""
    half = 0.5 * 10.0 ** -len(text.partition(".")[2])
    return number(text) - half, number(text) + half


def span_days(text: str) -> Days:
    """1–28 Feb 2017; 1 Feb – 30 Apr 2017; 9–12 February 2017."""
    names = MONTHS | LONG
    found = re.fullmatch(r"(\d+)(?: (\w+))?(?: (\d{4}))? ?– ?(\d+) (\w+) (\d{4})", text.strip())
    assert found, text
    day, month, year, last, last_month, last_year = found.groups()
    end = dt.date(int(last_year), names[last_month], int(last))
    return dt.date(int(year or last_year), names[month or last_month], int(day)), end


def month_of(text: str) -> dt.date:
    """Feb 2017 or February 2017, as its first day."""
    name, year = text.split()
    return dt.date(int(year), (MONTHS | LONG)[name], 1)


class Page:
    """The page of one answer: its place, days and series."""

    def __init__(self, text: str, place: tuple[str, str]) -> None:
        self.text, self.words, self.place = text, plain(text), place
        found = re.search(
            r"(?:Whole life of the policy|While the policy was in force) \((\d.*?)\)", self.words
        )
        assert found, "no table of the answer's numbers"
        self.start, self.end = span_days(found[1])
        self.series = list(self._series())

    def parts_of(self, measure: str) -> tuple[str, str]:
        """The place of a measure: handoffs are those of the county, all else of all places together."""
        if measure == "handoffs" and self.place[0] == "locality":
            return "county", self.place[1].split("+")[0]
        return self.place

    def _series(self) -> Iterator[Series]:
        for caption, body in re.findall(r"<caption[^>]*>(.*?)</caption>(.*?)</table>", self.text, re.S):
            says = plain(caption).strip()
            cell = r'<tr><th scope="row">(.*?)</th><td data-label="([^"]*)"[^>]*>(.*?)</td>'
            rows = re.findall(cell, body)
            label = says if " by period" in says else html.unescape(rows[0][1]) if rows else ""
            measure = next((m for name, m in MEASURES.items() if label.startswith(name)), None)
            if measure is None or not (" by period" in says or "a change is found" in says):
                continue
            firsts = [self._first(plain(name).strip()) for name, _, _ in rows]
            days, values, marks = [], [], []
            for i, (_, _, text) in enumerate(rows):
                following = (firsts[i].replace(day=28) + 4 * DAY).replace(day=1)
                month_end = following.replace(day=firsts[i].day) - DAY
                later = firsts[i + 1] - DAY if i + 1 < len(firsts) else month_end
                days.append((firsts[i], min(later, month_end)))
                shown = plain(text).strip().replace(",", "")
                values.append(int(shown) if shown.isdigit() else None)
                marks.append("shown" if shown.isdigit() else "small" if shown.startswith("<") else "withheld")
            yield Series(measure, self.parts_of(measure), tuple(days), tuple(values), tuple(marks), says)

    @staticmethod
    def _first(name: str) -> dt.date:
        if found := re.match(r"the month from (\d+) (\w+) (\d{4})", name):
            return dt.date(int(found[3]), MONTHS[found[2]], int(found[1]))
        return month_of(name)

    def _sum(self, series: Series, low: int, high: int) -> tuple[tuple[Part, float], ...]:
        return tuple(((*series.place, series.measure, *series.days[i]), 1.0) for i in range(low, high))

    def statistics(self) -> Iterator[Statistic]:
        """Everything that sentences, captions and charts add to the tables."""
        for series in self.series:
            yield from self._highest(series)
        main = next((s for s in self.series if s.measure == "at_large"), None)
        if main is not None:
            yield from self._means(main)
            yield from self._pace(main)
        yield from self._levels()
        yield from self._shares()
        yield from self._coordinates()

    def _highest(self, series: Series) -> Iterator[Statistic]:
        """No hidden month is above the one that is called highest."""
        found = re.search(r"highest ([\d,]+) in", series.caption)
        for i, value in enumerate(series.values):
            if found and value is None:
                yield Statistic(self._sum(series, i, i + 1), 0, number(found[1]), found[0])

    def _means(self, series: Series) -> Iterator[Statistic]:
        """The mean of so many periods before the policy."""
        found = re.search(r"\(mean level ([\d.,]+); \d+ comparison places, (\d+) periods\)", self.words)
        if found:
            n = int(found[2])
            low, high = rounded(found[1])
            yield Statistic(self._sum(series, 0, n), n * low, n * high, found[0])

    def _pace(self, series: Series) -> Iterator[Statistic]:
        """The count that the mean of the periods before would give over the policy's days."""
        found = re.search(r"From ([\d.,]+) at the earlier pace to", self.words)
        periods = re.search(r"comparison places, (\d+) periods\)", self.words)
        if found and periods:
            n = int(periods[1])
            scale = sum((b - a).days + 1 for a, b in series.days[:n]) / ((self.end - self.start).days + 1)
            low, high = rounded(found[1])
            yield Statistic(self._sum(series, 0, n), scale * low, scale * high, found[0])

    def _levels(self) -> Iterator[Statistic]:
        """Levels before and after a change, from the caption of its strip, which draws how far they reach."""
        pattern = r"a change is found in (\w+ \d{4}) \(.*?\), from ([\d.,]+) to ([\d.,]+) a month"
        for svg in re.findall(r'<svg [^>]*class="chart wide".*?</svg>', self.text, re.S):
            label = html.unescape(re.search(r'aria-label="(.*?)"', svg)[1])  # type: ignore[index]
            found = re.search(pattern, label)
            series = next((s for s in self.series if s.caption in label), None)
            lines = re.findall(r'<path d="M([\d.]+) ([\d.]+)L([\d.]+) \2" class="c-band-line"', svg)
            if found is None or series is None or not lines:
                continue
            left, right = float(lines[0][0]), float(lines[-1][2])
            first, last = series.days[0][0], series.days[-1][1] + DAY
            dates = [first + (float(x) - left) / (right - left) * (last - first) for x, *_ in lines] + [last]
            at = [sum(day < date - 3 * DAY for day, _ in series.days) for date in dates]
            change = sum(day < month_of(found[1]) for day, _ in series.days)
            if change not in at:
                continue
            k = at.index(change)
            runs = [(at[k - 1], change, found[2])]
            if at[k + 1] < len(series.days):  # the last may go on beyond what is drawn
                runs.append((change, at[k + 1], found[3]))
            for low, high, text in runs:
                least, most = rounded(text)
                says = f"a change is found, level {text}"
                n = high - low
                yield Statistic(self._sum(series, low, high), n * least, n * most, says)

    def _shares(self) -> Iterator[Statistic]:
        """The share of the office area in a county and its office together."""
        found = re.search(r"([\d.]+) % name only an ICE office area", self.words)
        main = next((s for s in self.series if s.measure == "at_large"), None)
        if found and main is not None and self.place[0] == "locality":
            county, office = self.place[1].split("+")
            low, high = (x / 100 for x in rounded(found[1]))
            days = ("at_large", main.days[0][0], main.days[-1][1])
            parts = ("county", county, *days), ("office", office, *days)
            yield Statistic(((parts[0], -high), (parts[1], 1 - high)), -float("inf"), 0.0, found[0])
            yield Statistic(((parts[0], -low), (parts[1], 1 - low)), 0.0, float("inf"), found[0])

    def _coordinates(self) -> Iterator[Statistic]:
        """Counts by the height of the points of the observed line, where the table has none."""
        for svg in re.findall(r'<svg [^>]*class="chart wide".*?</svg>', self.text, re.S):
            label = html.unescape(re.search(r'aria-label="(.*?)"', svg)[1])  # type: ignore[index]
            series = next((s for s in self.series if s.caption in label), None)
            if series is not None:
                yield from points(svg, series)


def points(svg: str, series: Series) -> Iterator[Statistic]:
    """Counts of hidden periods by the height of a chart's points."""
    ticks = {
        number(value): float(y) - 4
        for y, value in re.findall(
            r'<text x="[\d.]+" y="([\d.]+)" class="c-tick" text-anchor="end">([\d,]+)<', svg
        )
    }
    line = re.search(r'<path d="([^"]*)" class="c-observed"', svg)
    spots = re.findall(r'<rect x="([\d.]+)" width="([\d.]+)" class="c-hit"', svg)
    if len(ticks) < 2 or line is None or len(spots) != len(series.days):
        return
    (a, ya), (b, yb) = min(ticks.items()), max(ticks.items())
    for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", line[1]):
        for i, (left, width) in enumerate(spots):
            if series.values[i] is None and float(left) <= float(x) < float(left) + float(width):
                value, unit = a + (float(y) - ya) / (yb - ya) * (b - a), abs((b - a) / (yb - ya)) * 0.1
                part = ((*series.place, series.measure, *series.days[i]), 1.0)
                yield Statistic((part,), value - unit, value + unit, "a point of the chart")

"""Each protection by itself: without it an attack from the files recovers a small count, with it none.

The attack reads tables, sentences, captions, coordinates of charts, scripts and downloads.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from area import area_rows, write_store
from attacker import KEYS, Attacker, Published, read_site
from prose import Page, Part, Statistic
from simulated_counts import END, arrests, simulated_store
from test_attack import SMALL, attack, only_small, residents

import atlarge
from atlarge.disclosure import ConstraintBuilder, search
from atlarge.disclosure import table as disclosure
from atlarge.disclosure.table import Counts
from atlarge.explain.answer import Answer
from atlarge.publish import answer_figures, answer_view, lineage_data, site, site_pages
from atlarge.publish.answers import Shown, show, shown_series
from atlarge.publish.i18n import Words
from atlarge.publish.reports import report_html
from atlarge.records.store import Store
from example_answer import example_answer

pytestmark = pytest.mark.slow_file

Patch = pytest.MonkeyPatch
PLACE = ("locality", "99001+EXA")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: Patch) -> None:
    """English pages alone, without pictures."""
    monkeypatch.setattr(site, "LANGUAGES", ("en",))
    monkeypatch.setattr(site, "share_png", lambda *given, **named: b"")


# What the tables of a site add up to.


def _sums(folder: Path, monkeypatch: Patch, *, protected: bool) -> int:
    store = simulated_store(folder / "store")
    if not protected:
        monkeypatch.setattr(disclosure, "search", only_small)
    site.publish(folder / "site", store, workers=1, answers=[], claims=False, every_county=False)
    return len(attack(folder / "site", store)[1])


# Numbers of rows: a release that ends three days after its last whole month, with an arrest on each.


def _rows(folder: Path, monkeypatch: Patch, *, protected: bool) -> int:
    days = [END + dt.timedelta(days=i) for i in (1, 2, 3)]
    some = arrests().filter(pl.col("county_fips") == "48453").head(3).with_columns(pl.Series("date", days))
    store = write_store(folder / "store", pl.concat([arrests(), some]), days[-1])
    if not protected:
        monkeypatch.setattr(lineage_data, "row_unit", lambda *given: 1)
        monkeypatch.setattr(site_pages, "_about", lambda rows, release, w: w.count(rows))
    levels = ("nation", "state", "aor")
    site.publish(folder / "site", store, workers=1, answers=[], claims=False, levels=levels)
    part: Part = ("nation", "US", "arrests", days[0], days[-1])
    published = read_site(folder / "site", residents())
    published.statistics.append(Statistic(((part, 1.0),), 0, np.inf, "the days in question"))
    attacker = Attacker(published, SMALL)
    low, high = attacker.range_of(part)
    assert low <= 3 <= high
    return int(high - low < 2)


# Statistics of an answer's page, of a series in which one month is small.


def _small_month(month: int = 3) -> Answer:
    """The example with a small month, and the means, levels and pace that follow from its counts."""
    answer = example_answer()
    first = shown_series(answer)[0]
    ends = [*first.period[1:], dt.date(2018, 1, 1)]
    main = replace(first, days=[(b - a).days for a, b in zip(first.period, ends, strict=True)])
    seen = [2.0 if i == month else v for i, v in enumerate(main.observed)]
    n = answer.pre_fit["periods"]
    before = float(np.mean([v or 0.0 for v in seen[:n]]))
    days = sum(main.days[:n]), (answer.end - answer.start).days + 1
    change = main.period[8]
    levels = [float(np.mean([v or 0.0 for v in some])) for some in (seen[:8], seen[8:])]
    strip = replace(
        answer.change_strips[0], measure=main.measure, label=main.label, area=main.area, period=main.period,
        value=list(seen), date=change, low=change, high=change,
        before=levels[0], after=levels[1],
        changes=[{"date": change, "before": levels[0], "after": levels[1]}],
    )  # fmt: skip
    series = [replace(main, observed=seen) if s is first else s for s in answer.series]
    return replace(
        answer, series=series, change_strips=[strip],
        baseline=before * n / days[0] * days[1], pre_fit=answer.pre_fit | {"mean": before},
    )  # fmt: skip


def _recovered_of(text: str, kind: str) -> int:
    """Small months of a report's main table known to within one by one kind of statistic."""
    page = Page(text, PLACE)
    series = next(s for s in page.series if s.measure == "at_large")
    rows: list[tuple[Any, ...]] = [
        (*PLACE, "at_large", "window", *days, value, mark)
        for days, value, mark in zip(series.days, series.values, series.marks, strict=True)
    ]
    table = pl.DataFrame(rows, schema=[*KEYS, "value", "mark"], orient="row")
    hidden = [row[:6] for row in rows if row[-1] == "withheld"]
    assert any(row[-1] == "small" for row in rows)
    statistics = [s for s in page.statistics() if kind in s.says]
    attacker = Attacker(Published(table, {}, {}, [], statistics), SMALL, hidden)
    return len(attacker.recovered(whole=True, width=2))


def _said(kind: str) -> Callable[..., int]:
    def run(folder: Path, monkeypatch: Patch, *, protected: bool) -> int:
        if not protected:
            monkeypatch.setattr(Shown, "is_whole", lambda self, counts, periods: True)
            monkeypatch.setattr(Shown, "is_all_shown", True)
        return _recovered_of(report_html(_small_month()), kind)

    return run


def _drawn(folder: Path, monkeypatch: Patch, *, protected: bool) -> int:
    """A chart that is drawn from the counts as they are, beside a table that hides."""
    if not protected:
        timeline, answer = answer_figures.charts.timeline, _small_month()
        raw = tuple(int(v or 0) for v in shown_series(answer)[0].observed)

        def unprotected(counts: list[Counts], **named: Any) -> Any:
            if len(counts[0].values) == len(raw):
                marks = ("shown",) * len(raw)
                counts = [replace(counts[0], values=raw, marks=marks)]
            return timeline(counts, **named)

        monkeypatch.setattr(answer_figures.charts, "timeline", unprotected)
    return _recovered_of(report_html(_small_month()), "a point of the chart")


def _expected(folder: Path, monkeypatch: Patch, *, protected: bool) -> int:
    """Expected counts that are a multiple of what three other places had together: one total, published
    elsewhere, gives all of them."""
    answer = example_answer()
    main = shown_series(answer)[0]
    others = [2 if k == 5 else 7 + 3 * (k % 5) for k in range(len(main.period))]
    share = [0.37 * n for n in others]
    few = replace(
        answer,
        pre_fit=answer.pre_fit | {"donors": 3},
        series=[replace(s, counterfactual=share) if s is main else s for s in answer.series],
    )
    if not protected:
        monkeypatch.setattr(sys.modules[Shown.__module__], "printable", lambda answer, *given: answer)
        monkeypatch.setattr(Shown, "is_closed", False)
    figures = answer_view.context(show(few), Words("en"))["figures"]
    rows = next(f.table.rows for f in figures if f.id == "chart-at_large")
    expected = [float(row[-2]) for row in rows if re.fullmatch(r"\d+(\.\d)?", str(row[-2]))]
    found = [e * others[-1] / expected[-1] for e in expected]
    return sum(abs(total - 2) < 0.2 for total in found)


PROTECTIONS: dict[str, Callable[..., int]] = {
    "sums of the tables": _sums,
    "numbers of rows": _rows,
    "the mean of a fit": _said("mean level"),
    "levels before and after a change": _said("a change is found"),
    "the pace before a policy": _said("at the earlier pace"),
    "coordinates of a chart": _drawn,
    "expected counts of few places": _expected,
}


@pytest.mark.parametrize("name", PROTECTIONS)
def test_without_a_protection_a_small_count_follows_and_with_it_none(
    name: str, tmp_path: Path, monkeypatch: Patch
) -> None:
    assert PROTECTIONS[name](tmp_path / "with", monkeypatch, protected=True) == 0
    assert PROTECTIONS[name](tmp_path / "without", monkeypatch, protected=False) > 0


def test_whole_numbers_see_what_real_ones_do_not() -> None:
    """Of 3 a + 5 b = 14 with counts from 1 to 4 only a = 3, b = 1 is whole; no mark can hide that."""
    day = dt.date(2017, 1, 1)
    rows = [("county", c, "arrests", "year", day, day, None, "small") for c in ("48001", "48003")]
    table = pl.DataFrame(rows, schema=[*KEYS, "value", "mark"], orient="row")
    parts = tuple(((*row[:3], day, day), weight) for row, weight in zip(rows, (3.0, 5.0), strict=True))
    attacker = Attacker(Published(table, {}, {}, [], [Statistic(parts, 14, 14, "")]), SMALL)
    assert attacker.recovered() == {}
    assert attacker.recovered(whole=True) == {0: 3, 1: 1}
    builder = ConstraintBuilder()
    builder.add_interval([0, 1], low=14, high=14, coefficients=[3, 5])
    with pytest.raises(ValueError, match="small count"):
        search([3, 1], [True, True], builder.build())


# A part of the embedded records, with an answer.


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Answer]:
    store = write_store(tmp_path_factory.mktemp("area") / "store", area_rows())
    return store, atlarge.explain("48453", policy="travis-tx-2017", store=store)


def test_no_small_count_of_an_area_with_an_answer_is_known_to_within_one(
    area: tuple[Store, Answer], tmp_path: Path
) -> None:
    """In real and in whole numbers, from all files with the pages of the answer."""
    store, answer = area
    site.publish(tmp_path / "site", store, workers=1, answers=[answer], claims=False, every_county=False)
    attacker, found = attack(tmp_path / "site", store)
    assert len(attacker.targets()) > 200
    assert found == {}
    assert attacker.recovered(width=2) == {}
    assert attacker.recovered(width=2, whole=True) == {}

"""The parts of an answer's page, each number worked out from the example by hand; and the table of a site
before disclosure, from its records."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from simulated_counts import (
    END,
    START,
    STORY_COUNTIES,
    STORY_END,
    STORY_OFFICES,
    arrests,
    few_arrests,
    few_store,
    story_store,
)

from atlarge.disclosure import disclose
from atlarge.explain.answer import Answer, Interval
from atlarge.policies import registry
from atlarge.publish import agreements_view, answer_figures, answers, pooled_view, reports
from atlarge.publish.answer_figures import peak
from atlarge.publish.answer_pages import answer_series, answer_stem, series_key
from atlarge.publish.answer_text import p_text
from atlarge.publish.answer_view import context
from atlarge.publish.answers import Shown, show, shown_series
from atlarge.publish.brief import MARGIN, WIDTH, _Page, brief_of
from atlarge.publish.day_ranges import Window, count_between, daily_counts, tie_windows, weights
from atlarge.publish.editions import Edition, record_of, windows_before
from atlarge.publish.forecast_view import past_forecast
from atlarge.publish.i18n import Words
from atlarge.publish.lineage_data import rounded, row_unit
from atlarge.publish.release_table import cost, gather, parentage, site_cells
from atlarge.records.store import Store
from example_answer import example_answer

W = Words("en")
MINUS = "\u2212"
METHODS = {"at_large": ["Located", "Non-Custodial Arrest"], "handoffs": ["CAP Local Incarceration"]}
COLUMN = {"county": "county_fips", "state": "state", "aor": "aor", "office": "office"}


@pytest.fixture(scope="module")
def shown() -> Shown:
    """The example with all of its counts, each alone: they describe no place, and do not add up."""
    answer = example_answer()
    cells = {answers.key_of(window): value for window, value in answers.entries(answer) if value is not None}
    names = ["measure", "area", "start", "end", "value"]
    frame = pl.DataFrame([(*key, int(v)) for key, v in cells.items()], schema=names, orient="row")
    return Shown(answer, disclose(frame))


@pytest.fixture(scope="module")
def parts(shown: Shown) -> dict[str, Any]:
    return context(shown, W)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return few_store(tmp_path_factory.mktemp("few") / "store")


def _between(low: str, high: str) -> str:
    return W("interval", low=low, high=high)


def test_chances_are_printed_with_two_or_three_decimals() -> None:
    cases = {None: W("cell.unknown"), 0.0: "<0.001", 0.0009: "<0.001", 0.001: "0.001", 0.0994: "0.099",
             0.1: "0.10", 0.456: "0.46", 1.0: "1.00"}  # fmt: skip
    assert {p: p_text(p, W) for p in cases} == cases


def test_the_spans_of_an_answer_are_its_numbers(parts: dict[str, Any]) -> None:
    days = ("1–31 Mar 2017", "1 Mar – 31 May 2017", "1 Mar – 24 Oct 2017")
    rows = parts["numbers"].rows
    assert [row[0] for row in rows] == [
        f"{W(f'span.{span}')} ({text})"
        for span, text in zip(("month", "quarter", "policy"), days, strict=True)
    ]
    assert [list(row[1:]) for row in rows] == [
        ["71", "26", "+45", _between("+36", "+54"), "0.017", "11"],
        ["122", "79", "+43", _between("+34", "+52"), "0.069", "11"],
        ["205", "188", "+17", _between(f"{MINUS}11", "+45"), "0.41", "11"],
    ]
    assert [list(row[3:]) for row in parts["areas"].rows] == [[*r[1:3], r[4], r[5]] for r in rows]
    assert [list(row) for row in parts["schemes"].rows] == [
        ["ddp", "205", "+17", "0.41"], ["biglocal", "260", "+21", "0.38"],
    ]  # fmt: skip
    assert parts["coverage"] == W("report.coverage", start="1 October 2015", end="1 September 2019")
    assert parts["fit"] == W("report.fit", rmse="4.2", mean="22.6", donors=58, periods=14)
    assert [s["url"] for s in parts["sources"]] == ["https://example.org/records"]


def _figure(parts: dict[str, Any], name: str) -> Any:
    return next(f for f in (*parts["figures"], *parts["method_figures"]) if f.id == name)


def test_the_charts_of_an_answer_have_the_tables_of_their_numbers(parts: dict[str, Any]) -> None:
    expected = [20.0 + 0.4 * k for k in range(24)]
    observed = [round(e * (1.0 if k < 14 else 1.6)) + (k * 7) % 5 - 2 for k, e in enumerate(expected)]
    months = [dt.date(2016 + k // 12, k % 12 + 1, 1) for k in range(24)]
    rows = {
        f"{day:%b %Y}": [f"{seen}", f"{e:.1f}", _between(f"{e - 8:.1f}", f"{e + 8:.1f}")]
        for day, seen, e in zip(months, observed, expected, strict=True)
    }
    drawn = _figure(parts, "chart-at_large").table.rows
    assert len(drawn) > 20
    assert all(list(row[1:]) == rows[row[0]] for row in drawn)
    most = max(observed)
    said = _figure(parts, "chart-at_large").wide.sentence
    assert W("chart.peak", peak=str(most), when=f"{months[observed.index(most)]:%b %Y}") in said
    assert all(n in said for n in ("188", "160", "216", "Jan 2016"))
    gaps = [round(o - e, 1) for o, e in zip(observed, expected, strict=True)]
    event = _figure(parts, "chart-event")
    assert [row[0] for row in event.table.rows] == [W.signed(k - 14) if k != 14 else "0" for k in range(24)]
    said_of = [row[1] for row in event.table.rows]
    is_said = [text != W("cell.withheld") for text in said_of]
    assert sum(is_said) > 20
    assert [t for t in said_of if t != W("cell.withheld")] == [
        W.signed(g, 1) for g, known in zip(gaps, is_said, strict=True) if known
    ]
    largest = max((g for g, known in zip(gaps[14:], is_said[14:], strict=True) if known), key=abs)
    out = [abs(g) > 8 and known for g, known in zip(gaps, is_said, strict=True)]
    assert event.wide.sentence == W(
        "chart.event_says",
        measure=W("measure.at_large").lower(),
        largest=W.signed(largest, 1),
        month=gaps.index(largest) - 14 + 1,
        out=sum(out[14:]),
        n=sum(is_said[14:]),
        before=sum(out[:14]),
        m=sum(is_said[:14]),
    )
    fall = _figure(parts, "chart-parts")
    assert [list(row) for row in fall.table.rows] == [
        [W("part.baseline"), "156", ""],
        [W("part.trend"), "+32", _between("+4", "+60")],
        [W("part.substitution"), "+9", _between(f"{MINUS}4", "+22")],
        [W("part.residual"), "+8", _between(f"{MINUS}23", "+39")],
        [W("part.observed"), "205", ""],
    ]
    tried = parts["method_figures"][0]
    assert [list(row[1:]) for row in tried.table.rows] == [
        ["+17", _between(f"{MINUS}11", "+45"), "0.41"], ["+25", _between(f"{MINUS}6", "+56"), "0.33"],
    ]  # fmt: skip
    assert tried.wide.sentence == W("chart.sensitivity_says", n=2, low="+17", high="+25")
    [strip] = [f for f in parts["figures"] if "Jail" in f.wide.title and f.id == ""]
    assert strip.wide.sentence == W(
        "chart.strip_says",
        date="October 2016",
        low="Sep 2016",
        high="Nov 2016",
        before="51.0",
        after="22.0",
        p="0.002",
    )
    assert len(strip.table.rows) == 24


def test_without_a_change_or_with_one_month_less_a_strip_says_less() -> None:
    answer = example_answer()
    [strip] = answer.change_strips
    none = context(show(replace(answer, change_strips=[replace(strip, date=None)])), W)
    assert any(f.wide.sentence == W("chart.strip_none") for f in none["figures"])
    short = replace(strip, period=strip.period[:2], value=strip.value[:2])
    assert (
        len(context(show(replace(answer, change_strips=[short])), W)["figures"]) == len(none["figures"]) - 1
    )


def test_the_highest_month_is_the_first_of_the_highest(shown: Shown) -> None:
    main = shown_series(shown.answer)[0]
    counts = shown.counts(main, "x")
    twice = replace(
        counts, values=(7, 9, 9), marks=("shown",) * 3, periods=tuple(dt.date(2016, m, 1) for m in (1, 2, 3))
    )
    assert peak(twice, W, "month") == W("chart.peak", peak="9", when="Feb 2016")
    small = replace(twice, values=(0, None, 0), marks=("shown", "small", "shown"))
    assert peak(small, W, "month") == W("chart.peak", peak=W("chart.no_peak", threshold=5), when="Feb 2016")
    assert peak(replace(twice, marks=("shown", "withheld", "shown")), W, "month") == ""
    assert peak(replace(twice, values=(None,) * 3, marks=("uncovered",) * 3), W, "month") == ""


def test_the_script_of_an_answer_has_its_series_and_marks(shown: Shown) -> None:
    name, document = re.fullmatch(r'atlargeSeries\("([^"]*)",(.*)\);\n', answer_series(shown)).groups()  # type: ignore[union-attr]
    found = json.loads(document)
    assert name == found["code"] == series_key(shown.answer) == "answer-example-ex-2017"
    assert found["page"] == "answers/example-ex-2017.html"
    main = next(s for s in shown.answer.series if s.measure == "at_large")
    counts = shown.counts(main, "")
    known = dict(zip(main.period, main.observed, strict=True))
    assert found["counts"]["at_large"] == [known[p] for p in counts.periods]
    assert found["at"]["at_large"][0] == "2016-01-01"
    assert found["expected"]["at_large"] == [
        [round(e, 1), round(e - 8, 1), round(e + 8, 1)] for e in main.counterfactual if e is not None
    ]
    assert [(p["day"], p["kind"], p["soft"]) for p in found["policies"]] == [
        ("2017-02-20", "limits", True), ("2017-03-01", "limits", False), ("2017-10-24", "ended", False),
    ]  # fmt: skip
    [burst] = found["surges"]
    assert (burst["start"], burst["end"], burst["rank"]) == ("2017-03-09", "2017-03-12", 1)
    [drawn] = answer_figures.bursts_of(shown, main, W)
    assert burst["labels"]["en"] == drawn.text
    assert drawn.text.endswith("9–12 Mar 2017")
    bare = replace(shown.answer, policy={}, place="48 453", start=dt.date(2017, 3, 1))
    assert answer_stem(bare) == "answers/48-453-2017-03-01"
    assert found["every"] == "month_from"
    daily = SimpleNamespace(days=[7, 7, 31])
    assert answer_figures.every_of(daily) == "day"  # type: ignore[arg-type]


def test_verdicts_keep_their_order_kinds_and_chances(shown: Shown, parts: dict[str, Any]) -> None:
    assert [c["kind"] for c in parts["cards"]] == ["fits", "", ""]
    tested = {n: replace(v, p=0.02, q=0.2) for n, v in shown.answer.verdicts.items()}
    cards = context(show(replace(shown.answer, verdicts=tested)), W)["cards"]
    assert all(c["details"][-1] == W("report.tested", p="0.020", q="0.20") for c in cards)
    assert all(W("report.tested", p="0.020", q="0.20") not in c["details"] for c in parts["cards"])


def test_a_brief_sets_its_text_within_its_margins(shown: Shown) -> None:
    page = _Page()
    page.text("word " * 60, 10, "bold", indent=20, after=3)
    lines = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)', "".join(page.marks))
    assert {x for x, *_ in lines} == {"60"}
    most = max(len(text) for *_, text in lines)
    room = WIDTH - 2 * MARGIN - 20
    assert most * 10 * 0.54 <= room < (most + 6) * 10 * 0.54
    assert [float(y) for _, y, _ in lines] == [
        pytest.approx(40 + 12.8 * (i + 1), abs=0.06) for i in range(len(lines))
    ]
    assert page.y == pytest.approx(40 + 12.8 * len(lines) + 3)
    page.y = 700
    page.text("word " * 200, 10)
    assert page.left_out == 1
    assert page.y == 700
    page.rule()
    assert page.y == 705
    page.row(["a", "b", "c", "d", "e"])
    assert re.findall(r'<text x="([\d.]+)" y="717.3"', "".join(page.marks)) == [
        "40",
        "255",
        "335",
        "425",
        "555",
    ]
    few = brief_of(shown, W).numbers
    assert few.head == [
        W(f"report.col.{k}") for k in ("span", "observed", "expected", "difference", "interval")
    ]
    assert [len(row) for row in few.rows] == [5, 5, 5]


def test_agreements_in_force_are_counted_at_the_end_of_each_month() -> None:
    points = dict(agreements_view.in_force_by_month())
    assert min(p.effective for p in registry() if p.is_agreement) < dt.date(2015, 1, 1)
    assert min(points) == dt.date(2015, 1, 1)
    assert max(points) == agreements_view.last_known().replace(day=1)
    spells = [p.spell for p in registry() if p.is_agreement]
    last = agreements_view.last_known()
    for month in (dt.date(2017, 1, 1), dt.date(2019, 6, 1), dt.date(2025, 3, 1)):
        day = (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        surely = sum(
            s.start_latest is not None and s.start_latest <= day and (s.end_earliest or dt.date.max) > day
            for s in spells
        )
        perhaps = sum(
            s.start_earliest is not None and s.start_earliest <= day and (s.end_latest or dt.date.max) >= day
            for s in spells
        )
        assert surely <= points[month] <= perhaps
    here: dict[str, int] = {}
    for p in registry().in_force(last, kind="287g"):
        if p.fips:
            here[p.fips] = here.get(p.fips, 0) + 1
    for fips in sorted(here)[:40]:
        listed = agreements_view.agreements_here("county", fips, W)
        assert listed is not None
        assert len(listed.rows) == here[fips]
    assert agreements_view.agreements_here("state", "TX", W) is None
    drawn = agreements_view.agreements_figure(W)
    assert drawn is not None
    assert drawn.table is not None
    quarters = [d for d in points if d.month in (3, 6, 9, 12) or d == max(points)]
    assert [list(r) for r in drawn.table.rows] == [[f"{d:%b %Y}", f"{points[d]:,}"] for d in quarters]


def _pooled(left: bool) -> dict[str, Any]:
    low = 1.02 if left else 0.9
    rows: list[dict[str, Any]] = [{"month": m, "ratio": 1.1, "low": low, "high": 1.3} for m in range(-3, 4)]
    rows.append({"month": 4, "ratio": None, "low": None, "high": None})
    return {
        "direction": "limits",
        "decisions": 12,
        "places": 15,
        "at_large": {"event_time": rows},
        "handoffs": {"event_time": rows},
    }


def test_pooled_ratios_stand_in_a_table_by_month() -> None:
    drawn = pooled_view._figure(_pooled(False), W)
    assert drawn is not None
    assert drawn.table is not None
    assert [list(r) for r in drawn.table.rows] == [[str(m), *["1.10 (0.90–1.30)"] * 2] for m in range(-3, 4)]
    assert pooled_view._caveat(_pooled(False), W) == ""
    both = W("pooled_chart.and").join(W(f"measure.{m}").lower() for m in ("at_large", "handoffs"))
    assert pooled_view._caveat(_pooled(True), W) == W("pooled_chart.left", list=both)
    few = {**_pooled(True), "at_large": {"event_time": []}, "handoffs": {"event_time": []}}
    assert pooled_view._figure(few, W) is None


# ---- the table of a site ---------------------------------------------------------------------------------


def _true(level: str, place: str, measure: str, first: dt.date, last: dt.date) -> int:
    rows = few_arrests().filter(pl.col("date").is_between(first, last))
    if level != "nation":
        rows = rows.filter(pl.col(COLUMN[level]) == place)
    if measure in METHODS:
        rows = rows.filter(pl.col("method").is_in(METHODS[measure]))
    return int(rows["n"].sum())


def test_a_past_forecast_is_of_the_last_six_months_of_every_area(tmp_path: Path) -> None:
    found = past_forecast(story_store(tmp_path / "store"))
    assert found is not None
    areas = {aor for _, aor, _ in STORY_COUNTIES.values()}
    assert (found["areas"], found["cells"]) == (len(areas), 6 * len(areas))
    assert found["as_of"] == dt.date(2019, 2, 1)
    assert found["months"] == [dt.date(2019, m, 1) for m in range(3, 9)]
    rows = arrests(5, STORY_END, STORY_COUNTIES, STORY_OFFICES).filter(
        pl.col("method").is_in(METHODS["at_large"])
    )
    sizes = rows.group_by("aor").agg(pl.col("n").sum()).sort("n")
    assert found["place"] == sizes["aor"][-1]
    own = (
        rows.filter(pl.col("aor") == found["place"])
        .group_by(pl.col("date").dt.truncate("1mo"))
        .agg(pl.col("n").sum())
    )
    counts = dict(own.iter_rows())
    inside = 0
    for (low, middle, high), month in zip(found["bands"], found["months"], strict=True):
        assert low < middle < high
        inside += low <= counts[month] <= high
    assert inside <= found["inside"] <= inside + 6 * (len(areas) - 1)


@pytest.mark.slow
def test_the_cells_of_a_site_are_the_counts_of_its_records(store: Store) -> None:
    cells, fine = gather(store)
    finest = {row[:2]: row[2] for row in fine.rows()}
    for (level, place), every in finest.items():
        mean = _true(level, place, "arrests", START, END) / 24
        assert every == ("month" if mean >= 10 else "quarter" if mean * 3 >= 10 else "year")
    some = cells.filter(pl.col("every") != "month").rows(named=True)
    some += cells.filter(pl.col("every") == "month", pl.col("start").dt.month() == 5).rows(named=True)
    for c in some:
        days = c["start"], c["end"]
        count = _true(c["level"], c["place"], c["measure"].removesuffix("-others"), *days)
        if c["measure"].endswith("-others"):
            count -= sum(_true(c["level"], c["place"], m, *days) for m in METHODS)
            assert not c["published"]
        else:
            assert c["published"]
        assert c["value"] == count
        months = {"year": 12, "quarter": 3, "month": 1}[c["every"]]
        ends = dt.date(
            c["start"].year + (c["start"].month - 1 + months) // 12,
            (c["start"].month - 1 + months) % 12 + 1,
            1,
        )
        assert c["end"] == ends - dt.timedelta(days=1)
        assert c["start"].month == 10 or c["every"] != "year"
        assert c["every"] in ("year", finest[c["level"], c["place"]])
    held = {row[:2]: [] for row in parentage(store).rows()}  # type: ignore[var-annotated]
    for level, place, above, parent in parentage(store).rows():
        rows = few_arrests().filter(pl.col(COLUMN[level]) == place)
        column = COLUMN.get(above)
        assert parent == "US" if column is None else rows[column].unique().to_list() == [parent]
        held[level, place].append(above)
    assert held["county", "48453"] == ["aor", "state"]
    assert held["office", "AUS"] == ["aor"]
    weight = cost(cells, [("county", "48453")])
    worth = {"nation": 1000, "aor": 30, "state": 10}
    for c, price in zip(cells.rows(named=True), weight, strict=True):
        times = worth.get(c["level"], 1) * {"year": 10, "quarter": 2}.get(c["every"], 1)
        times *= 2 if c["measure"] == "arrests" else 1
        times *= 30 if (c["level"], c["place"]) == ("county", "48453") else 1
        assert price == c["value"] * times


WINDOWS = [
    Window((("county", "48453"),), "at_large", dt.date(2017, 2, 7), dt.date(2017, 3, 20), weight=3.0),
    Window((("county", "48453"),), "arrests", dt.date(2017, 2, 7), dt.date(2017, 3, 20)),
    Window((("county", "48453"), ("office", "AUS")), "at_large", dt.date(2017, 1, 5), dt.date(2017, 2, 9)),
    Window((("county", "48453"),), "at_large", dt.date(2017, 2, 7), dt.date(2017, 3, 20), "biglocal"),
]


def test_days_of_their_own_are_cut_and_tied_to_the_months_around_them(store: Store) -> None:
    cells, fine = gather(store)
    daily = daily_counts(store, WINDOWS)
    key = (("county", "48453"), "at_large", "ddp")
    first, stop = dt.date(2017, 2, 7).toordinal(), dt.date(2017, 3, 21).toordinal()
    begin = START.toordinal()
    whole = _true("county", "48453", "at_large", dt.date(2017, 2, 7), dt.date(2017, 3, 20))
    assert count_between(daily, key, first, stop) == whole
    assert count_between(daily, key, begin, END.toordinal() + 1) == _true(
        "county", "48453", "at_large", START, END
    )
    assert count_between(daily, key, begin - 1, stop) is None
    assert count_between(daily, key, first, END.toordinal() + 2) is None
    assert count_between(daily, key, stop, first) is None
    assert count_between(daily, (("county", "1"), "at_large", "ddp"), first, stop) is None
    more, published, sums = tie_windows(cells, fine, WINDOWS, daily)
    assert published.tolist() == (more["every"] == "window").to_list()
    assert sum(published) == 4
    rows = more.rows(named=True)
    for row in rows:
        if row["measure"] not in ("at_large", "arrests"):
            continue
        level, place = row["level"], row["place"].split("+")
        count = (
            _true("county", place[0], row["measure"], row["start"], row["end"])
            + _true("office", place[1], row["measure"], row["start"], row["end"])
            if level == "locality"
            else _true(level, place[0], row["measure"], row["start"], row["end"])
        )
        assert row["value"] == count
    pieces = [
        (r["start"], r["end"]) for r in rows
        if r["every"] == "piece" and r["measure"] == "at_large" and r["level"] == "county"
    ]  # fmt: skip
    d = dt.date
    edges = [
        d(2017, 1, 1),
        d(2017, 1, 5),
        d(2017, 2, 1),
        d(2017, 2, 7),
        d(2017, 2, 10),
        d(2017, 3, 1),
        d(2017, 3, 21),
    ]
    ends = [e - dt.timedelta(days=1) for e in [*edges[1:], d(2017, 4, 1)]]
    assert pieces == list(zip(edges, ends, strict=True))
    values = [*cells["value"].to_list(), *more["value"].to_list()]
    for i in range(len(sums)):
        inside = sums.row == i
        total = sum(c * values[k] for c, k in zip(sums.coefficient[inside], sums.cell[inside], strict=True))
        assert sums.lower[i] <= total <= sums.upper[i]
    tied = {int(k) for k in sums.cell}
    months = cells.with_row_index("row").filter(
        pl.col("place") == "48453", pl.col("measure") == "at_large", pl.col("every") == "month",
        pl.col("start").is_between(d(2017, 1, 1), d(2017, 3, 1)),
    )["row"].to_list()  # fmt: skip
    assert tied >= {*months, *range(cells.height, cells.height + more.height)}
    weighed = weights(more, WINDOWS)
    for kind, name, level, weight in zip(more["every"], more["measure"], more["level"], weighed, strict=True):
        assert weight == (3.0 if (kind, name, level) == ("window", "at_large", "county") else 1.0)


@pytest.mark.slow
def test_an_edition_says_what_it_disclosed_and_the_next_counts_it_again(store: Store) -> None:
    found = site_cells(store, WINDOWS[:2], levels=("nation", "aor", "county"))
    record = record_of(found.table)
    assert record.height == found.table.frame.height
    assert set(record["threshold"]) == {5}
    before = Edition(record, ("a",))
    assert (before.threshold, before.levels) == (5, {"nation", "aor", "county"})
    again = before.joined(Edition(record, ("b",)))
    assert again.rows.height == record.height
    assert again.sources == ("a", "b")
    cells, fine = gather(store)
    windows = windows_before(before, cells, set(fine.select("level", "place").rows()))
    assert {(w.members, w.measure, w.start, w.end) for w in windows} == {
        (w.members, w.measure, w.start, w.end) for w in WINDOWS[:2]
    }
    assert windows_before(before, cells, set()) == []
    after = site_cells(store, levels=("nation", "aor", "county"), threshold=9, before=before)
    assert after.table.threshold == 5
    keys = ["level", "place", "measure", "every", "start", "end"]
    joined = found.table.frame.join(after.table.frame, on=keys, suffix="_after")
    assert joined.height == after.table.frame.height
    assert (joined["mark"] == joined["mark_after"]).mean() > 0.95
    both = joined.drop_nulls(["value", "value_after"])
    assert (both["value"] == both["value_after"]).all()


def test_numbers_of_rows_are_rounded_so_that_a_few_more_do_not_show() -> None:
    assert [rounded(n, 10) for n in (0, 4, 5, 14, 15, 25)] == [0, 0, 10, 10, 20, 30]
    for published in (0, 37, 94, 95, 996, 12_345):
        unit = row_unit(published, 5)
        assert rounded(published, unit) == rounded(published + 5, unit)
        assert unit >= 10


def test_an_answer_without_its_parts_shows_none_of_their_charts() -> None:
    answer: Answer = example_answer()
    for bare, gone in (
        (replace(answer, baseline=None), "chart-parts"),
        (replace(answer, parts={}), "chart-parts"),
        (replace(answer, event_time=answer.event_time[:2]), "chart-event"),
        (replace(answer, event_time=[p for p in answer.event_time if p.month < 0]), "chart-event"),
    ):
        ids = [f.id for f in context(show(bare), W)["figures"]]
        assert gone not in ids
        assert "chart-at_large" in ids
    assert context(show(replace(answer, sensitivity=[])), W)["method_figures"] == []
    assert context(show(replace(answer, pre_fit={})), W)["fit"] == ""
    assert context(show(replace(answer, schemes={})), W)["schemes"] is None
    span = replace(answer.spans[0], counterfactual=Interval(None))
    first = context(show(replace(answer, spans=[span])), W)["numbers"].rows[0]
    assert first[2] == W("cell.withheld")


def test_an_answer_that_does_not_say_what_it_covers_is_of_the_months_of_its_series(shown: Shown) -> None:
    unsaid = replace(shown, answer=replace(shown.answer, coverage={}))
    assert "2016-01-01" in reports._cite(unsaid, W)
    assert "2017-12-01" in reports._cite(unsaid, W)
    assert context(unsaid, W)["coverage"] == W(
        "report.coverage", start="1 January 2016", end="1 December 2017"
    )
    bare = replace(unsaid, answer=replace(unsaid.answer, series=[]))
    assert reports._cite(bare, W).count("2017-03-01") == 2
    assert "2015-10-01" in reports._cite(shown, W)
    assert reports.policy_line(shown, W) == W(
        "report.policy_line",
        title="Sheriff declines detainers without a warrant",
        announced="20 February 2017",
        effective="1 March 2017",
        ended="24 October 2017",
    )

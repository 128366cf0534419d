"""Charts by hand: where each mark stands, worked out from the numbers that it stands for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlarge.disclosure import disclose
from atlarge.disclosure.table import Counts
from atlarge.publish import charts
from atlarge.publish.charts import parts, ratios
from atlarge.publish.charts.choropleth import PATTERNS
from atlarge.publish.charts.plain import Line
from atlarge.publish.i18n import Words
from atlarge.publish.svg import Drawing, Scale, area, number, path, style, tag, ticks, words

W = Words("en")
Shape = dict[str, str]
MONTHS = [dt.date(2015 + m // 12, m % 12 + 1, 1) for m in range(9, 33)]


def _shapes(marks: str, name: str, kind: str | None = None) -> list[Shape]:
    """Elements of a name, by attribute; of one class."""
    found = [
        {**dict(re.findall(r'([\w-]+)="([^"]*)"', some)), "text": text}
        for some, text in re.findall(rf"<{name}\b([^>]*?)/?>(?:([^<]*)</{name}>)?", marks)
    ]
    return [s for s in found if kind is None or s.get("class") == kind]


def _texts(marks: str) -> dict[str, tuple[float, float]]:
    return {s["text"]: (float(s["x"]), float(s["y"])) for s in _shapes(marks, "text")}


def _points(shape: Shape) -> list[list[float]]:
    return [[float(v) for v in p.split()] for p in re.findall(r"[\d.-]+ [\d.-]+", shape["d"])]


def _near(value: float) -> object:
    return pytest.approx(value, abs=0.11)


def _axis(marks: str, values: Sequence[float]) -> tuple[float, float]:
    """Pixel of zero, and pixels a unit, as the labels of the value axis stand."""
    at = {s["text"]: float(s["y"]) - 4 for s in _shapes(marks, "text", "c-tick")}
    low, high = (at[W.count(v)] for v in (values[0], values[-1]))
    slope = (high - low) / (values[-1] - values[0])
    return low - slope * values[0], slope


def _counts(values: Sequence[int], days: Sequence[dt.date] = MONTHS, label: str = "Arrests") -> Counts:
    frame = pl.DataFrame({"period": list(days)[: len(values)], "value": list(values)})
    return disclose(frame).counts(label)


def _month(day: dt.date) -> dt.date:
    return (day + dt.timedelta(days=31)).replace(day=1)


def test_numbers_tags_and_lines() -> None:
    assert [number(v) for v in (3.0, 3.04, 3.06, -0.5, 10.0)] == ["3", "3", "3.1", "-0.5", "10"]
    assert tag("g", "<b/>", class_="a&b", text_anchor="end", x=None) == (
        '<g class="a&amp;b" text-anchor="end"><b/></g>'
    )
    assert words(1, 2, "a<b", "k") == '<text x="1" y="2" class="k">a&lt;b</text>'
    assert path([(0, 1), (2, 3), (4, None), (5, 6)], "k") == (
        '<path d="M0 1L2 3" class="k"/><circle cx="5" cy="6" r="2" class="k dot"/>'
    )
    assert path([], "k") == ""
    band = area([0, 1, 2, 3], [0, 1, None, 4], [5, 6, 7, 8], "k")
    assert band == '<path d="M0 5L1 6L1 1L0 0ZM1.5 8L4.5 8L4.5 4L1.5 4Z" class="k"/>'
    assert area([0], [None], [1], "k") == ""


@given(st.floats(-1e4, 1e4), st.floats(0.1, 1e5), st.integers(1, 8))
def test_ticks_span_the_values_evenly_and_round(low: float, wide: float, about: int) -> None:
    found = ticks(low, low + wide, about)
    steps = [b - a for a, b in pairwise(found)]
    assert found[0] <= low + 1e-6 * wide
    assert found[-1] >= low + wide - 1e-6 * wide
    assert max(steps) == pytest.approx(min(steps))
    assert found[1] > low
    assert found[-2] < low + wide
    assert f"{steps[0]:.3e}"[:4] in ("1.00", "2.00", "2.50", "5.00")
    assert 0.79 * wide / about <= steps[0] <= 2.01 * wide / about
    if wide >= 4 and low == 0:
        assert all(t == int(t) for t in found)


def test_ticks_of_counts() -> None:
    assert ticks(0, 10, 4) == [0, 2, 4, 6, 8, 10]
    assert ticks(0, 4, 4) == [0, 1, 2, 3, 4]
    assert ticks(0, 9, 4) == [0, 2, 4, 6, 8, 10]
    assert ticks(0, 11, 4) == [0, 5, 10, 15]
    assert ticks(0, 0, 4) == [0, 0.25, 0.5, 0.75, 1]
    assert ticks(0, 1000, 4) == [0, 250, 500, 750, 1000]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=5))
def test_labels_keep_apart_and_their_order(wanted: list[float]) -> None:
    placed = parts.apart(wanted, 16, 0, 100)
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    for a, b in pairwise(order):
        assert placed[b] - placed[a] >= 16 - 1e-9
    assert max(placed) <= 100 + 1e-9
    assert parts.apart([50.0, 20.0], 16, 0, 100) == [50.0, 20.0]
    assert parts.apart([50.0, 50.0], 16, 0, 100) == [50.0, 66.0]
    assert parts.apart([99.0, 98.0], 16, 0, 100) == [100.0, 84.0]


def test_labels_above_a_plot_take_lanes() -> None:
    wide = 5 * 6.6 * 1.08
    marks = parts.lanes(
        [(10, "first", "k"), (20, "again", "k"), (30, "third", "k"), (190, "right", "k")], 200, 12, 2
    )
    at = _texts(marks)
    assert at["first"] == (_near(13), 12)
    assert at["again"] == (_near(23), 27)
    assert "third" not in at  # no lane is free
    assert at["right"] == (_near(187 - wide), 12)
    assert (
        _texts(parts.lanes([(10, "first", "k"), (10 + wide + 9, "again", "k")], 200, 12, 2))["again"][1] == 12
    )
    assert (
        _texts(parts.lanes([(10, "first", "k"), (10 + wide + 7, "again", "k")], 200, 12, 2))["again"][1] == 27
    )
    assert _texts(parts.lanes([(5, "x" * 30, "k")], 100, 12, 1))["x" * 30] == (2, 12)


def test_a_time_axis_names_years_and_as_many_months_as_fit() -> None:
    first, last = dt.date(2015, 10, 1), dt.date(2017, 10, 1)
    scale = Scale(first.toordinal(), last.toordinal(), 0, 730)  # a pixel or so a day: every second month
    marks = parts.time_axis(scale, 200, W)
    at = _texts(marks)
    for year in (2016, 2017):
        assert at[str(year)] == (_near(scale(dt.date(year, 1, 1).toordinal())), 220)
    assert {t for t in at if not t.isdigit()} == {"Nov", "Mar", "May", "Jul", "Sep"}
    ends = [p[1][1] for s in _shapes(marks, "path", "c-axis") for p in [_points(s)]]
    assert ends.count(207) == 2
    assert set(ends) == {204, 207}
    assert len(ends) == 12
    assert [s["class"] for s in _shapes(marks, "text") if s["text"].isdigit()] == ["c-strong"] * 2
    few = parts.time_axis(Scale(first.toordinal(), last.toordinal(), 0, 24 * 46), 200, W)
    assert len(_shapes(few, "path")) == 25
    narrow = parts.time_axis(Scale(first.toordinal(), last.toordinal(), 0, 96), 200, W)
    assert set(_texts(narrow)) == {"2016", "2017"}


def test_a_value_axis_stands_at_its_values() -> None:
    marks = parts.value_axis(Scale(0, 10, 110, 10), [0, 2.5, 10], 30, 200, W)
    at = _texts(marks)
    assert at == {"0": (24, 114), "2.5": (24, 89), "10": (24, 14)}
    lines = [(s["class"], _points(s)) for s in _shapes(marks, "path")]
    assert lines == [
        ("c-axis", [[30, 110], [200, 110]]),
        ("c-grid", [[30, 85], [200, 85]]),
        ("c-grid", [[30, 10], [200, 10]]),
    ]


def test_breaks_stand_at_their_days_with_labels_apart() -> None:
    days = [dt.date(2020, 1, 1), dt.date(2020, 1, 3), dt.date(2020, 4, 8), dt.date(2021, 1, 1)]
    breaks = [parts.BreakMark(d, "new form", "said & done") for d in days]
    scale = Scale(days[0].toordinal() - 10, days[0].toordinal() + 100, 0, 220)
    marks = parts.break_marks(scale, 10, 90, breaks)
    lines = [_points(s) for s in _shapes(marks, "path", "c-break")]
    assert lines == [[[x, 10], [x, 90]] for x in (20, 24, 216)]
    places = [(float(s["x"]), float(s["y"]), s["text-anchor"]) for s in _shapes(marks, "text")]
    assert places == [(24, 84, "start"), (28, 69, "start"), (212, 84, "end")]
    assert marks.count("<title>said &amp; done</title>") == 3


def test_text_is_wrapped_to_its_room_and_cells_say_what_they_are() -> None:
    assert parts.wrapped("one two three", 7 * 6.6 + 1) == ["one two", "three"]
    assert parts.wrapped("", 10) == [""]
    assert parts.text_width("abcd") == pytest.approx(26.4)
    counts = _counts([0, 3, 1234])
    assert [parts.cell(counts, i, W) for i in range(3)] == ["0", "<5", "1,234"]
    other = counts.over((MONTHS[0], MONTHS[2], MONTHS[5]))
    assert parts.cell(other, 2, W) == W("cell.uncovered")
    assert parts.cell(counts.less(counts), 1, W) == W("cell.withheld")
    assert parts.key_rows([("a", "c-band"), ("b", "c-second")]) == (
        '<rect x="2" y="6" width="18" height="9" class="c-band"/><text x="26" y="14" class="c-tick">a</text>'
        '<path d="M2 29L20 29" class="c-second"/><text x="26" y="33" class="c-tick">b</text>'
    )
    assert parts.hover(10, 30, 5, 25, "a<b") == (
        '<rect x="10" width="20" class="c-hit" y="5" height="20"><title>a&lt;b</title></rect>'
    )


VALUES = [10, 3, 20, 40, 15, 12, 11, 9, 8, 7, 6, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 21, 22, 23]


def test_a_timeline_draws_each_count_in_the_middle_of_its_month_at_its_height() -> None:
    drawn = charts.timeline([_counts(VALUES)], w=W)
    zero, slope = _axis(drawn.marks, [0, 40])
    assert zero == _near(294)
    left = max(float(s["x"]) for s in _shapes(drawn.marks, "text", "c-tick") if s["text"] == "0") + 6
    right = 720 - (len("Arrests") * 6.6 + 14)
    span = (MONTHS[-1] - MONTHS[0]).days + (MONTHS[-1] - MONTHS[-2]).days

    def x(day: dt.date, plus: float = 0) -> float:
        return left + ((day - MONTHS[0]).days + plus) / span * (right - left)

    middles = [x(a, (b - a).days / 2) for a, b in pairwise([*MONTHS, MONTHS[-1] + (MONTHS[-1] - MONTHS[-2])])]
    circle = _shapes(drawn.marks, "circle", "c-observed dot")
    found = [[float(circle[0]["cx"]), float(circle[0]["cy"])]]
    found += [p for s in _shapes(drawn.marks, "path", "c-observed") for p in _points(s)]
    wanted = [(m, zero + slope * v) for m, v in zip(middles, VALUES, strict=True) if v != 3]
    assert len(found) == len(wanted)
    for one, two in zip(found, wanted, strict=True):
        assert one == [_near(two[0]), _near(two[1])]
    [hidden] = _shapes(drawn.marks, "path", "c-hidden")
    assert _points(hidden) == [
        [_near(middles[1]), _near(zero + slope)],
        [_near(middles[1]), _near(zero + 4 * slope)],
    ]
    strips = re.findall(r'<rect x="([\d.]+)" width="([\d.]+)" class="c-hit"[^>]*><title>([^<]*)', drawn.marks)
    assert [t for *_, t in strips][:3] == [
        "Oct 2015 · Arrests: 10",
        "Nov 2015 · Arrests: &lt;5",
        "Dec 2015 · Arrests: 20",
    ]
    for (start, wide, _), day in zip(strips, MONTHS, strict=True):
        assert float(start) == _near(x(day))
        assert float(start) + float(wide) == pytest.approx(
            x(_month(day)) if day != MONTHS[-1] else right, abs=0.2
        )
    at = _texts(drawn.marks)
    assert at["Arrests"] == (_near(right + 6), _near(zero + slope * VALUES[-1] + 4))


def test_a_timeline_draws_policies_surges_reports_and_what_was_expected() -> None:
    counts = _counts(VALUES)
    plain = tuple(float(v) for v in VALUES)
    expected = parts.Estimate(
        "Expected", tuple(MONTHS), plain, tuple(v - 12 for v in plain), tuple(v + 5 for v in plain), "Band"
    )
    policy = parts.PolicyMark("p", dt.date(2016, 2, 1), dt.date(2016, 3, 1), dt.date(2017, 1, 1))
    bursts = [parts.Burst(dt.date(2016, 8, k), dt.date(2016, 8, k + 1), f"burst {k}", k) for k in (1, 5, 9)]
    report = parts.ReportMark(dt.date(2017, 3, 1), dt.date(2017, 3, 10), "a report")
    drawn = charts.timeline(
        [counts], w=W, estimate=expected, policies=[policy], bursts=bursts, reports=[report]
    )
    left = float(next(s["x"] for s in _shapes(drawn.marks, "text", "c-tick") if s["text"] == "0")) + 6
    right = 720 - (len("Expected") * 6.6 + 14)
    span = (MONTHS[-1] - MONTHS[0]).days + 31

    def x(day: dt.date, plus: float = 0) -> float:
        return left + ((day - MONTHS[0]).days + plus) / span * (right - left)

    [bar] = _shapes(drawn.marks, "rect", "c-policy")
    assert [float(bar[k]) for k in ("x", "width", "y", "height")] == [
        _near(x(policy.effective)), _near(x(dt.date(2017, 1, 1)) - x(policy.effective)), 40, 3,
    ]  # fmt: skip
    [line] = _shapes(drawn.marks, "path", "c-policy-line")
    assert _points(line) == [[_near(x(policy.effective)), 37], [_near(x(policy.effective)), 294]]
    [soft] = _shapes(drawn.marks, "path", "c-policy-soft")
    assert _points(soft)[0][0] == _near(x(dt.date(2016, 2, 1)))
    wedges = _shapes(drawn.marks, "path", "c-surge")
    tops = [x(b.start) / 2 + x(b.end, 1) / 2 for b in bursts]
    starts = [float(re.match(r"M([\d.]+) ([\d.]+)", s["d"])[1]) for s in wedges]  # type: ignore[index]
    assert starts == [_near(tops[0] - 5), _near(tops[1] - 3), _near(tops[2] - 3)]  # a lane is the policy's
    assert "burst 1" in drawn.marks
    assert "burst 5" not in drawn.marks
    diamond = re.search(
        r'd="M([\d.]+) ([\d.]+)l5 6l-5 6l-5-6z"[^>]*><title>a report', drawn.marks
    ) or re.search(r'<path d="M([\d.]+) ([\d.]+)l5 6l-5 6l-5-6z"', drawn.marks)
    assert diamond is not None
    assert float(diamond[1]) == _near((x(report.start) + x(report.end, 1)) / 2)
    zero, slope = _axis(drawn.marks, [0, 60])
    [band] = _shapes(drawn.marks, "path", "c-band")
    there = _points(band)
    assert len(there) == 48
    assert [p[1] for p in there[:24]] == [_near(zero + slope * (v + 5)) for v in VALUES]
    assert [p[1] for p in there[24:]] == [_near(zero + slope * max(v - 12, 0)) for v in VALUES[::-1]]
    assert "Expected: 10.0" in drawn.marks
    assert W("chart.in_effect", day="1 Mar 2016") in drawn.marks
    narrow = charts.timeline([counts], w=W, estimate=expected, policies=[policy], width=340)
    assert [
        s["y"] for s in _shapes(narrow.marks, "text") if s["text"] in ("Arrests", "Expected", "Band")
    ] == ["14", "33", "52"]


def test_what_is_not_covered_is_shaded() -> None:
    days = tuple(MONTHS[:12])
    counts = _counts(VALUES[:4] + VALUES[8:12], [*days[:4], *days[8:]]).over(days)
    drawn = charts.timeline([counts], w=W)
    left = float(next(s["x"] for s in _shapes(drawn.marks, "text", "c-tick") if s["text"] == "0")) + 6
    right = 720 - (len("Arrests") * 6.6 + 14)
    span = (days[-1] - days[0]).days + 31
    [shade] = _shapes(drawn.marks, "rect", "c-uncovered")
    start, end = (left + (d - days[0]).days / span * (right - left) for d in (days[4], days[8]))
    assert [float(shade["x"]), float(shade["width"])] == [_near(start), _near(end - start)]
    assert float(shade["y"]) + float(shade["height"]) == _near(294)
    assert _texts(drawn.marks)[W("chart.uncovered")][0] == _near((start + end) / 2)


def test_lines_of_figures_stand_at_the_middle_of_their_months() -> None:
    values: list[float | None] = [10, 20, None, 40, 35, 30]
    drawn = charts.lines_of(MONTHS[:6], [Line("Held", values)], w=W)
    zero, slope = _axis(drawn.marks, [0, 40])
    assert zero == _near(234)
    assert zero + 40 * slope == _near(14)
    left, right = 2 * 6.6 + 10, 720 - (2 * 6.6 + 14)
    end = dt.date(2016, 4, 1)
    found = [p for s in _shapes(drawn.marks, "path", "c-observed") for p in _points(s)]
    known = [(d, v) for d, v in zip(MONTHS, values, strict=False) if v is not None]
    for (px, py), (day, v) in zip(found, known, strict=True):
        middle = (day.toordinal() + _month(day).toordinal()) / 2 - MONTHS[0].toordinal()
        assert px == _near(left + middle / (end - MONTHS[0]).days * (right - left))
        assert py == _near(zero + slope * v)
    [last] = _shapes(drawn.marks, "text", "c-observed-t")
    assert (last["text"], float(last["y"])) == ("30", _near(zero + slope * 30 + 4))
    titles = re.findall(r"<title>([^<]*)", drawn.marks)
    assert titles[:3] == ["Oct 2015 · Held: 10", "Nov 2015 · Held: 20", "Dec 2015 · –"]
    two = charts.lines_of(MONTHS[:6], [Line("Held", values), Line("Freed", values[::-1])], w=W, width=340)
    assert [s["text"] for s in _shapes(two.marks, "text")][-2:] == ["Held", "Freed"]
    assert re.findall(r"<title>([^<]*)", two.marks)[0] == "Oct 2015 · Held: 10 · Freed: 30"


def test_strips_of_coverage_join_months_of_one_kind() -> None:
    shares = [1.0, 1.0, 0.4, 0.0, 1.0, 1.0]
    drawn = charts.coverage([("Arrests", list(zip(MONTHS, shares, strict=False)))], w=W)
    left, right = 7 * 6.6 + 14, 716
    span = (MONTHS[6] - MONTHS[0]).days
    edges = [(0, 2, "c-covered"), (2, 3, "c-partly"), (3, 4, "c-missing"), (4, 6, "c-covered")]
    strips = [s for s in _shapes(drawn.marks, "rect") if s["height"] == "13"]
    for (a, b, kind), shape in zip(edges, strips, strict=True):
        x1, x2 = (left + (MONTHS[i] - MONTHS[0]).days / span * (right - left) for i in (a, b))
        assert shape["class"] == kind
        assert [float(shape["x"]), float(shape["width"]), float(shape["y"])] == [
            _near(x1),
            _near(x2 - x1 - 0.6),
            6,
        ]
    assert drawn.height == 6 + 24 + 46
    keys = [s for s in _shapes(drawn.marks, "rect") if s["height"] == "10"]
    assert [s["class"] for s in keys] == ["c-covered", "c-partly", "c-missing"]
    assert float(keys[1]["x"]) == _near(4 + 6.6 * len(W("coverage.covered")) + 36)


def test_bars_of_years_stand_in_their_slots() -> None:
    days = [dt.date(y, 10, 1) for y in (2015, 2016, 2017)]
    whole, part = _counts([100, 200, 3], days, "All"), _counts([60, 150, 0], days, "Some")
    drawn = charts.years(whole, [part, whole.less(part).named("Rest")], w=W, partial=[days[2]])
    left = 3 * 6.6 + 10
    slot = (720 - left - 4) / 3
    zero, slope = _axis(drawn.marks, [0, 200])
    assert zero == _near(224)
    fills = _shapes(drawn.marks, "rect", "c-observed-fill")[1:]
    for i, (shape, n) in enumerate(zip(fills, (60, 150), strict=True)):
        assert float(shape["x"]) == _near(left + slot * i + (slot - 84) / 2)
        assert (float(shape["width"]), float(shape["height"])) == (84, _near(-slope * n))
        assert float(shape["y"]) == _near(zero + slope * n)
    above = _shapes(drawn.marks, "rect", "c-second-fill")[1:]
    assert [float(s["y"]) for s in above] == [_near(zero + slope * n) for n in (100, 200)]
    assert [float(s["height"]) for s in above] == [_near(-slope * n) for n in (40, 50)]
    at = _texts(drawn.marks)
    assert at["FY2016"] == (_near(left + slot / 2), 242)
    [small] = [s for s in _shapes(drawn.marks, "text") if s["text"] == "&lt;5"]
    assert float(small["x"]) == _near(left + 2.5 * slot)
    [shade] = _shapes(drawn.marks, "rect", "c-in-part")
    assert [float(shade["x"]), float(shade["width"])] == [_near(left + 2 * slot), _near(slot)]
    assert f"FY2018 · All: &lt;5 · Some: 0 · Rest: {W('cell.withheld')} · {W('js.in_part')}" in drawn.marks
    assert "FY2016 · All: 100 · Some: 60 · Rest: 40<" in drawn.marks


def test_a_waterfall_goes_from_part_to_part() -> None:
    rows = [charts.Valued("Up", 50.0, 30.0, 70.0), charts.Valued("Down", -20.0, -25.0, -15.0)]
    drawn = charts.waterfall(charts.Valued("Before", 100.0), rows, charts.Valued("After", 130.0), w=W)
    at = _texts(drawn.marks)
    zero, slope = at["0"][0], (at["200"][0] - at["0"][0]) / 200
    bars = _shapes(drawn.marks, "rect")
    assert [s["class"] for s in bars] == ["c-bar", "c-up", "c-down", "c-bar"]
    spans = [(0, 100), (100, 150), (130, 150), (0, 130)]
    for i, (shape, (a, b)) in enumerate(zip(bars, spans, strict=True)):
        assert [float(shape["x"]), float(shape["width"])] == [_near(zero + slope * a), _near(slope * (b - a))]
        assert float(shape["y"]) == 6 + 34 * i + 5
    whiskers = [_points(s) for s in _shapes(drawn.marks, "path", "c-whisker")][::3]
    assert whiskers == [
        [[_near(zero + slope * a), y], [_near(zero + slope * b), y]]
        for a, b, y in ((130, 170, 53), (125, 135, 87))
    ]
    assert {"100", "+50", "\u221220", "130"} <= set(at)
    assert at["+50"][0] == _near(zero + slope * 170 + 6)
    assert drawn.height == 6 + 34 * 4 + 26
    gone = charts.waterfall(
        charts.Valued("Before", 100.0), [charts.Valued("Up", None)], charts.Valued("After", 100.0), w=W
    )
    assert W("cell.unknown") in _texts(gone.marks)


def test_a_forest_stands_on_its_axis() -> None:
    rows = [
        charts.Valued("Main", 10.0, -5.0, 25.0),
        charts.Valued("Other", None),
        charts.Valued("Third", 5.0),
    ]
    drawn = charts.forest(rows, w=W)
    at = _texts(drawn.marks)
    zero, slope = at["0"][0], (at["20"][0] - at["0"][0]) / 20
    dots = _shapes(drawn.marks, "circle", "c-dot")
    assert [float(d["cx"]) for d in dots] == [_near(zero + slope * v) for v in (10, 5)]
    assert [float(d["cy"]) for d in dots] == [4 + 14, 4 + 28 * 2 + 14]
    [whisker] = _shapes(drawn.marks, "path", "c-whisker")[:1]
    assert _points(whisker) == [[_near(zero - 5 * slope), 18], [_near(zero + 25 * slope), 18]]
    assert at[W("cell.unknown")] == (_near(zero + 6), 4 + 28 + 14 + 4)
    kinds = {s["text"]: s["class"] for s in _shapes(drawn.marks, "text")}
    assert (kinds["Main"], kinds["Other"]) == ("c-strong", "c-tick")
    axis = _shapes(drawn.marks, "path", "c-axis")
    assert [_points(s) for s in axis] == [[[_near(zero), 2], [_near(zero), 4 + 28 * 3]]]
    assert drawn.height == 4 + 28 * 3 + 26


def test_gaps_by_month_stand_around_the_day_of_the_policy() -> None:
    points = [(m, charts.Valued("", float(m * 10), m * 10 - 5.0, m * 10 + 5.0)) for m in range(-3, 5)]
    drawn = charts.event_time(points, w=W)
    at = _texts(drawn.marks)
    month = (at["+4"][0] - at["0"][0]) / 4
    zero, slope = _axis(drawn.marks, [-50, 50])
    dots = _shapes(drawn.marks, "circle", "c-dot")
    assert [float(d["cx"]) for d in dots] == [_near(at["0"][0] + month * m) for m, _ in points]
    assert [float(d["cy"]) for d in dots] == [_near(zero + slope * m * 10) for m, _ in points]
    [line] = _shapes(drawn.marks, "path", "c-policy-line")
    assert _points(line) == [[_near(at["0"][0] - month / 2), 20], [_near(at["0"][0] - month / 2), 238]]
    [band] = _shapes(drawn.marks, "path", "c-band")
    assert [p[1] for p in _points(band)][:8] == [_near(zero + slope * (m * 10 + 5)) for m, _ in points]
    assert {"\u22123", "+1"} <= set(at)


def test_a_strip_shows_the_change_and_the_levels_around_it() -> None:
    counts = _counts(VALUES)
    change = dt.date(2016, 9, 1), dt.date(2016, 8, 1), dt.date(2016, 10, 31)
    segments = [(MONTHS[0], change[0], 12.0), (change[0], None, 30.0)]
    drawn = charts.change_strip(counts, change, segments, dt.date(2017, 3, 1), w=W)
    left, right = 2 * 6.6 + 12, 712
    span = (MONTHS[-1] - MONTHS[0]).days + 30

    def x(day: dt.date, plus: float = 0) -> float:
        return left + ((day - MONTHS[0]).days + plus) / span * (right - left)

    zero, slope = _axis(drawn.marks, [0, 40])
    assert (zero, zero + 40 * slope) == (_near(144), _near(40))
    [band] = _shapes(drawn.marks, "rect", "c-band")
    wide = x(change[2], 1) - x(change[1])
    assert [float(band[k]) for k in ("x", "width", "y", "height")] == [
        _near(x(change[1])),
        _near(wide),
        36,
        108,
    ]
    levels = [_points(s) for s in _shapes(drawn.marks, "path", "c-band-line")]
    assert levels == [
        [[_near(left), _near(zero + slope * 12)], [_near(x(change[0])), _near(zero + slope * 12)]],
        [[_near(x(change[0])), _near(zero + slope * 30)], [_near(right), _near(zero + slope * 30)]],
        [[_near(x(change[0])), 32], [_near(x(change[0])), 144]],
    ]
    at = _texts(drawn.marks)
    assert at[W("chart.change_found", day="Sep 2016")] == (_near(x(change[0]) + 4), 13)
    assert at[W("chart.in_effect", day="1 Mar 2017")] == (_near(x(dt.date(2017, 3, 1)) + 4), 29)
    [hidden] = _shapes(drawn.marks, "path", "c-hidden")
    assert _points(hidden) == [[_near(x(MONTHS[1], 15)), _near(zero + slope * n)] for n in (1, 4)]
    [seen] = _shapes(drawn.marks, "path", "c-observed")
    assert _points(seen)[-1] == [_near(x(MONTHS[23], 15)), _near(zero + slope * 23)]


def test_ratios_stand_around_one() -> None:
    months = (-2, -1, 0, 1, 2, 3)
    values = (1.0, 1.0, 1.5, 2.0, 1.0, 0.5)
    series = ratios.Ratios(
        "Arrests", months, values, tuple(v - 0.25 for v in values), tuple(v + 0.25 for v in values)
    )
    drawn = ratios.ratios([series], w=W)
    at = _texts(drawn.marks)
    zero, slope = at["0×"][1] - 4, at["1×"][1] - at["0×"][1]
    month = (at["+3"][0] - at["0"][0]) / 3
    [line] = _shapes(drawn.marks, "path", "c-surge-line-strong")
    assert _points(line) == [
        [_near(at["0"][0] + month * m), _near(zero + slope * v)] for m, v in zip(months, values, strict=True)
    ]
    [one] = _shapes(drawn.marks, "path", "c-whisker")
    assert {p[1] for p in _points(one)} == {round(zero + slope, 1)}
    [day] = _shapes(drawn.marks, "path", "c-policy-line")
    assert _points(day) == [[_near(at["0"][0]), 18], [_near(at["0"][0]), 258]]
    titles = re.findall(r"<title>([^<]*)", drawn.marks)
    assert titles[0] == "\u22122 · Arrests: 1.00× (0.75–1.25)"
    assert titles[3] == "+1 · Arrests: 2.00× (1.75–2.25)"
    strips = [(float(s["x"]), float(s["width"])) for s in _shapes(drawn.marks, "rect", "c-hit")]
    assert strips[0] == (_near(at["0"][0] - 2 * month), _near(month / 2))
    assert strips[3] == (_near(at["0"][0] + month / 2), _near(month))
    assert at["Arrests"][1] == _near(zero + slope * 0.5 + 4)


@given(st.lists(st.floats(0.01, 1e4), min_size=5, max_size=60))
def test_borders_of_classes_are_rounded_fifths_and_rise(values: list[float]) -> None:
    found = charts.cuts([*values, 0.0])
    fifths = [sorted(values)[k * len(values) // 5] for k in range(1, 5)]
    assert len(found) == 4
    for cut, fifth, before in zip(found, fifths, [0.0, *found], strict=False):
        assert cut == float(f"{fifth:.2g}") or (before and before <= cut <= before * 1.11)
    assert charts.cuts([0, 0]) == [1, 2, 5, 10]


def test_counties_are_coloured_by_their_class() -> None:
    drawn = charts.choropleth({"48453": "q4", "48029": "qx"})
    assert re.search(r'<path id="c48453" class="q4" d="M', drawn.marks)
    assert re.search(rf'<path id="c48029" class="qx" fill="url\(#{PATTERNS["qx"]}\)" d="M', drawn.marks)
    assert re.search(r'<path id="c22071" class="qn" d="M', drawn.marks)
    assert set(charts.shapes()["counties"]) == set(re.findall(r'id="c(\d{5})"', drawn.marks))
    assert charts.shapes()["borders"] in drawn.marks
    assert 'class="q3"/>' in charts.swatch("q3")
    assert f"url(#{PATTERNS['qs']})" in charts.swatch("qs")


def test_a_drawing_as_a_file_has_its_heading_and_room_for_it() -> None:
    drawn = Drawing(100, 50, "<g/>").named("A & B", "Says.")
    assert 'viewBox="0 0 100 50" role="img" aria-label="A &amp; B. Says." class="chart x"' in drawn.inline(
        "x"
    )
    alone = drawn.standalone()
    assert 'viewBox="0 0 100 84" width="100" height="84"' in alone
    assert '<g class="chart" transform="translate(0 34)"><g/></g>' in alone
    assert "<title>A &amp; B</title><desc>Says.</desc>" in alone
    assert "var(--" not in alone


def _drawn() -> list[Drawing]:
    """Every kind of chart, wide and narrow."""
    counts, few = _counts(VALUES), _counts([100, 200, 3], [dt.date(y, 10, 1) for y in (2015, 2016, 2017)])
    plain = tuple(float(v) for v in VALUES)
    expected = parts.Estimate("Expected", tuple(MONTHS), plain, plain, plain, "Band")
    policy = parts.PolicyMark("p", None, dt.date(2016, 3, 1), None)
    change = dt.date(2016, 9, 1), dt.date(2016, 8, 1), dt.date(2016, 10, 31)
    rows = [charts.Valued("Main", 10.0, -5.0, 25.0), charts.Valued("Other", None)]
    points = [(m, charts.Valued("", float(m), m - 5.0, m + 5.0)) for m in range(-3, 5)]
    months, values = (-1, 0, 1), (1.0, 2.0, 0.5)
    found = []
    for width in (charts.NARROW, charts.WIDE):
        found += [
            charts.timeline([counts, counts], w=W, estimate=expected, policies=[policy], width=width),
            charts.years(few, [few], w=W, partial=[few.periods[0]], width=width),
            charts.lines_of(MONTHS, [Line("Held", plain), Line("Freed", plain)], w=W, width=width),
            charts.coverage([("Arrests", [(m, 1.0) for m in MONTHS])], w=W, width=width),
            charts.waterfall(rows[0], rows, rows[0], w=W, width=width),
            charts.forest(rows, w=W, width=width),
            charts.event_time(points, w=W, width=width),
            charts.change_strip(counts, change, [(MONTHS[0], None, 9.0)], MONTHS[9], w=W, width=width),
            ratios.ratios([ratios.Ratios("Arrests", months, values, values, values)], w=W, width=width),
        ]
    return found


def test_every_mark_has_a_style_and_every_text_lies_in_its_drawing() -> None:
    known = set(re.findall(r"\.((?:c|m|q)-[\w-]+)", style()))
    for drawn in _drawn():
        used = {name for some in re.findall(r'class="([^"]*)"', drawn.marks) for name in some.split()}
        assert {name for name in used if name.startswith("c-")} - known <= {"c-break-group", "c-tick"}
        for text in _shapes(drawn.marks, "text"):
            anchor = text.get("text-anchor", "start")
            share = {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
            left = float(text["x"]) - share * 0.8 * parts.text_width(text["text"])
            assert left > -8, text
            assert left < drawn.width, text
            assert 0 < float(text["y"]) < drawn.height, text
        for shape in _shapes(drawn.marks, "rect"):
            assert float(shape["width"]) > 0
            assert float(shape["height"]) > 0
            assert -1 <= float(shape["x"]) <= float(shape["x"]) + float(shape["width"]) <= drawn.width + 1


def test_labels_of_rows_end_at_the_plot_or_stand_above_it() -> None:
    rows = [charts.Valued("Main", 10.0, -5.0, 25.0), charts.Valued("Other", 3.0)]
    months = [(m, 1.0) for m in MONTHS]
    for wide, narrow in (
        (charts.forest(rows, w=W), charts.forest(rows, w=W, width=charts.NARROW)),
        (
            charts.waterfall(rows[0], [], rows[1], w=W),
            charts.waterfall(rows[0], [], rows[1], w=W, width=charts.NARROW),
        ),
        (
            charts.coverage([("Main", months)], w=W),
            charts.coverage([("Main", months)], w=W, width=charts.NARROW),
        ),
    ):
        [one] = [s for s in _shapes(wide.marks, "text") if s["text"] == "Main"]
        [two] = [s for s in _shapes(narrow.marks, "text") if s["text"] == "Main"]
        assert (one["text-anchor"], two["text-anchor"]) == ("end", "start")
        assert float(one["x"]) > 4 * 6.6
        assert float(two["x"]) in (4, 8)

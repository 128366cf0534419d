"""Panels of random records against a count made again, record by record and day by day, without the package.

What lies in what is written here by hand: three counties, three offices, their states and areas.
"""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from atlarge.errors import CoverageError
from atlarge.panel import panel
from simulated_files import HandStore, Span

pytestmark = pytest.mark.slow_file

D = dt.date
FIRST, DAYS = D(2017, 1, 25), 45
# places none of whose records are of another area, so that an absent row means zero in a cut to theirs
HOMES = {"county_fips": {"48453": ("TX", "SNA"), "13063": ("GA", "ATL"), "53021": ("WA", "SEA")},
         "office": {"DHD": ("TX", "SNA"), "STG": ("GA", "ATL"), "WNT": ("WA", "SEA")}}  # fmt: skip
WHOLE_STATES = {"GA": {"ATL"}, "WA": {"SEA"}, "TX": {"DAL", "ELP", "HOU", "SNA"}}
SCOPES = ["nation", "aor:SNA", "aor:ATL,SEA", "state:TX,WA", "aor:DAL,ELP,HOU,SNA"]
AT_LARGE = {"Located", "Non-Custodial Arrest"}
HANDOFF = {"CAP Local Incarceration", "287(g) Program"}
METHODS = [*sorted(AT_LARGE), *sorted(HANDOFF), "Custodial Arrest", "Never seen", None]
LEVELS = {"county": "county_fips", "office": "office", "aor": "aor", "state": "state", "nation": None}


def _records(rng: np.random.Generator) -> list[dict[str, Any]]:
    rows = []
    for _ in range(150):
        column = str(rng.choice(list(HOMES)))
        place = str(rng.choice(list(HOMES[column])))
        state, aor = HOMES[column][place]
        row = {"county_fips": None, "office": None, column: place}
        row |= {"state": state, "aor": aor if rng.random() < 0.9 else None}
        row["date"] = FIRST + dt.timedelta(days=int(rng.integers(-6, DAYS + 6)))
        row["method"] = METHODS[rng.integers(len(METHODS))]
        row |= {"operation_mark": bool(rng.random() < 0.2), "n": int(rng.integers(1, 9))}
        rows.append(row)
    return rows


def _spans(rng: np.random.Generator) -> list[Span]:
    """One to three releases, with gaps or overlaps, of some places or all."""
    rows = []
    for i in range(rng.integers(1, 4)):
        start = FIRST + dt.timedelta(days=int(rng.integers(0, DAYS - 8)))
        end = min(start + dt.timedelta(days=int(rng.integers(0, 30))), FIRST + dt.timedelta(days=DAYS))
        rows.append(Span(f"r{i}", start, end, SCOPES[rng.integers(len(SCOPES))]))
    return rows


def _inside(scope: str, by: str, place: str) -> bool:
    kind, _, codes = scope.partition(":")
    listed = set(codes.split(","))
    if scope == "nation" or by == "nation":
        return scope == "nation"
    if by in ("county", "office"):
        return HOMES[LEVELS[by] or ""][place][kind == "aor"] in listed
    if kind == by:
        return place in listed
    return by == "state" and WHOLE_STATES[place] <= listed


def _period(day: dt.date, every: str) -> dt.date:
    back = {"day": 0, "week": day.weekday(), "month": day.day - 1}[every]
    return day - dt.timedelta(days=back)


def _length(period: dt.date, every: str) -> int:
    return {"day": 1, "week": 7, "month": calendar.monthrange(period.year, period.month)[1]}[every]


def _counts(row: dict[str, Any], measure: str) -> bool:
    return {
        "arrests": True,
        "at_large": row["method"] in AT_LARGE,
        "handoffs": row["method"] in HANDOFF,
        "operation_marked": row["operation_mark"],
    }[measure]


MEASURES = ["arrests", "at_large", "handoffs", "operation_marked"]


def _again(
    rows: list[dict[str, Any]],
    spans: list[Span],
    by: str,
    every: str,
    start: dt.date | None,
    end: dt.date | None,
) -> list[tuple[Any, ...]]:
    """Place, period, measure, value, days covered, days in the period, as they have to be."""
    column = LEVELS[by]
    span = [FIRST + dt.timedelta(days=i) for i in range(DAYS + 1)]
    query = [d for d in span if (start is None or d >= start) and (end is None or d <= end)]
    first = min(d for d in query if any(s.start <= d <= s.end for s in spans))
    last = max(d for d in query if any(s.start <= d <= s.end for s in spans))
    reported = [r for r in rows if first <= r["date"] <= last]
    places = {r[column] for r in reported} - {None} if column else {"US"} if reported else set()
    covered = {
        p: [d for d in query if any(s.start <= d <= s.end and _inside(s.scope, by, p) for s in spans)]
        for p in places
    }
    days = [d for inside in covered.values() for d in inside]
    if not days:
        return []
    low, high = _period(min(days), every), _period(max(days), every)
    axis = sorted({_period(d, every) for d in span if low <= _period(d, every) <= high})
    found = []
    for measure, place, period in itertools.product(MEASURES, sorted(places), axis):
        inside = [d for d in covered[place] if _period(d, every) == period]
        if not covered[place]:
            continue
        value = sum(
            r["n"] for r in reported
            if (column is None or r[column] == place) and r["date"] in inside and _counts(r, measure)
        )  # fmt: skip
        # other areas record arrests in a state, too: a cut to areas shows no zero of it
        is_zero = by != "state" or all(
            any(s.start <= d <= s.end and not s.scope.startswith("aor") and _inside(s.scope, by, place)
                for s in spans) for d in inside
        )  # fmt: skip
        known = value if inside and (value or is_zero) else None
        found.append((place, period, measure, known, len(inside), _length(period, every)))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_a_panel_is_what_counting_again_gives(tmp_path: Path, seed: int) -> None:
    """Only records of covered days count, whatever the releases' gaps, overlaps and places."""
    rng = np.random.default_rng(seed)
    rows, spans = _records(rng), _spans(rng)
    frame = pl.DataFrame(
        rows, schema_overrides={"n": pl.UInt32, "office": pl.String}, infer_schema_length=None
    )
    store = HandStore(tmp_path, frame, spans)
    middle = spans[0].start + dt.timedelta(days=3)
    questions = [(by, every, None, None) for by in LEVELS for every in ("day", "week", "month")]
    questions += [("county", "week", spans[0].start, middle), ("county", "month", middle, None)][
        : 1 + (middle <= spans[0].end)
    ]
    for by, every, start, end in questions:
        expected = _again(rows, spans, by, every, start, end)
        question: dict[str, Any] = {
            "by": by,
            "every": every,
            "measures": MEASURES,
            "start": start,
            "end": end,
        }
        if not expected:
            with pytest.raises(CoverageError, match="nothing to count"):
                panel(store, **question)
            continue
        result = panel(store, **question)
        columns = ["place", "period", "measure", "value", "days_covered", "days_in_period"]
        assert result.frame.select(columns).rows() == sorted(expected, key=lambda r: (r[2], r[0], r[1]))
        matrix, places, periods = result.matrix("at_large", whole=True)
        at_large = {(r[0], r[1]): r[3] if r[4] == r[5] else None for r in expected if r[2] == "at_large"}
        whole = [[at_large[p, day] for day in periods] for p in places]
        np.testing.assert_array_equal(matrix, np.array(whole, float))

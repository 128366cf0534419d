"""Frames as people have them: gaps, months, zones, strings, rows in no order, weeks, names of groups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from atlarge.errors import QuestionError
from atlarge.surveillance import (
    WEEKS,
    Options,
    day_classes,
    ears,
    farrington_flexible,
    read_counts,
    scan,
    scan_clusters,
    weekdays,
)

COLUMNS = {"unit": "place", "time": "when", "value": "n"}
DETECTORS: dict[str, Callable[..., Any]] = {
    "farrington": lambda data, **k: farrington_flexible(data, options=Options(years=2), **k).alarm,
    "ears": lambda data, **k: ears(data, **k).alarm,
    "scan": lambda data, **k: scan(data, **k).p,
}


def _weekly(seed: int, weeks: int = 200, start: str = "2019-01-07") -> pd.DataFrame:
    """Two series by week; the middle of the second is high."""
    draw = np.random.default_rng(seed)
    days = pd.date_range(start, periods=weeks, freq="7D")
    frames = [
        pd.DataFrame({"place": p, "when": days, "n": draw.poisson(m, weeks)}) for p, m in (("A", 9), ("B", 4))
    ]
    frames[1].loc[weeks - 20, "n"] += 25
    return pd.concat(frames, ignore_index=True)


def _array(frame: pd.DataFrame, days: Any) -> np.ndarray:
    """The counts as an array, by hand: NaN where the frame has no row."""
    wide = frame.pivot(index="place", columns="when", values="n")
    return wide.reindex(columns=days).to_numpy(dtype=float)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("detector", DETECTORS)
def test_times_that_no_row_has_are_not_observed_and_not_left_out(detector: str, seed: int) -> None:
    draw = np.random.default_rng(seed)
    frame = _weekly(seed)
    days = sorted(frame["when"].unique())
    gone = set(draw.choice(days[10:-30], size=draw.integers(1, 9), replace=False))
    cut = frame[~frame["when"].isin(gone)].sample(frac=1, random_state=seed)
    expected = _array(cut, days)
    assert np.isnan(expected).any()
    order = read_counts(cut, **COLUMNS).units.tolist()
    expected = expected[[sorted(order).index(name) for name in order]]
    times = {"times": days} if detector == "farrington" else {"settings": WEEKS} if detector == "scan" else {}
    found = DETECTORS[detector](cut, **COLUMNS)
    np.testing.assert_allclose(found, DETECTORS[detector](expected, **times))


def _as(kind: str, days: pd.Series) -> Any:
    return {
        "date": days.dt.date,
        "string": days.dt.strftime("%Y-%m-%d"),
        "stamp": days.dt.strftime("%Y-%m-%dT21:30:00"),
        "offset": days.dt.strftime("%Y-%m-%d 21:30:00-06:00"),
        "late in a zone": (days + pd.Timedelta(hours=23)).dt.tz_localize("US/Pacific"),
        "early in a zone": days.dt.tz_localize("Asia/Tokyo"),
        "period": days.dt.to_period("D"),
    }[kind]


@pytest.mark.parametrize(
    "kind", ["date", "string", "stamp", "offset", "late in a zone", "early in a zone", "period"]
)
def test_a_day_stays_its_own_whatever_its_clock_and_zone(kind: str) -> None:
    frame = _weekly(1, weeks=30)
    read = read_counts(frame.assign(when=_as(kind, frame["when"])), **COLUMNS)
    assert read.times.tolist() == [d.date() for d in frame["when"][:30]]
    assert read.counts[0].tolist() == frame["n"][:30].tolist()


@pytest.mark.parametrize("day", [1, 15, 31])
@pytest.mark.parametrize("start", ["2014-03", "2015-12"])
def test_months_are_evenly_spaced_and_twelve_make_a_year(start: str, day: int) -> None:
    months = pd.period_range(start, periods=84, freq="M")
    counts = np.random.default_rng(day).poisson(12, 84)
    days = [dt.date(m.year, m.month, min(day, m.days_in_month)) for m in months]
    frame = pl.DataFrame({"when": days, "n": counts}).sample(fraction=1.0, shuffle=True, seed=3)
    options = Options(years=3, half_width=1)
    found = farrington_flexible(frame, time="when", value="n", options=options)
    by_hand = farrington_flexible(counts, options=Options(years=3, half_width=1, frequency=12))
    np.testing.assert_allclose(found.upper, by_hand.upper)
    assert found.series.times.tolist() == days
    short = read_counts(frame.filter(pl.col("when") != days[40]), time="when", value="n")
    assert short.times.tolist() == days
    assert np.flatnonzero(np.isnan(short.counts[0])).tolist() == [40]


@pytest.mark.slow
def test_weeks_are_scanned_as_weeks_unless_told_otherwise() -> None:
    frame = _weekly(5)
    found = scan(frame, **COLUMNS)
    np.testing.assert_allclose(found.p, scan(frame, settings=WEEKS, **COLUMNS).p)
    days = frame.assign(when=pd.date_range("2019-01-01", periods=200).tolist() * 2)
    assert not np.allclose(scan(days, **COLUMNS).p, found.p, equal_nan=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.assign(when=[201901 + i % 12 + 100 * (i // 12) for i in range(200)] * 2), "one number"),
        (lambda f: f.assign(when=f["when"].where(f.index != 7)), "row 7 has no time"),
        (lambda f: f.assign(place=f["place"].where(f.index != 9)), "row 9 names no series"),
        (lambda f: f.assign(n=-f["n"] - 1), "series A, time 2019-01-07"),
        (
            lambda f: f.assign(when=f["when"] + pd.to_timedelta((f["place"] == "B") * 2, "D")),
            "not evenly spaced",
        ),
        (lambda f: pl.from_pandas(f).lazy(), "a lazy one, collected"),
        (lambda f: f.assign(when=f["when"].dt.strftime("%m/%d/%Y")), "row 0 is '01/07/2019'"),
        (lambda f: f.assign(when=f["when"].dt.strftime("%Y%m%d").astype(int)), "holds dates as numbers"),
        (
            lambda f: f.assign(when=f["when"] + pd.to_timedelta([i % 7 % 3 for i in range(len(f))], "D")),
            "not evenly spaced",
        ),
        (lambda f: f.to_dict(), "unit, time and value name columns"),
    ],
)
@pytest.mark.parametrize("detector", DETECTORS)
def test_what_cannot_be_read_is_refused_in_a_line_that_names_the_row(
    detector: str, change: Callable[[pd.DataFrame], Any], message: str
) -> None:
    with pytest.raises(QuestionError, match=message) as error:
        DETECTORS[detector](change(_weekly(2)), **COLUMNS)
    assert "\n" not in str(error.value)


def test_groups_are_named_as_the_frame_names_them() -> None:
    frame = _weekly(3)
    more = frame.assign(place=frame["place"].map({"A": "C", "B": "D"}))
    both = pd.concat([frame, more], ignore_index=True)
    found, members = scan_clusters(both, [["B", "D"], ["A", "C"]], **COLUMNS)
    counts = read_counts(both, **COLUMNS).counts
    at, by_position = scan_clusters(counts, [[1, 3], [0, 2]], settings=WEEKS)
    np.testing.assert_allclose(found.p, at.p)
    names = ["A", "B", "C", "D"]
    assert members == [[names[i] for i in some] for some in by_position]
    assert found.to_frame()["unit"].iloc[0] == "B + D"
    with pytest.raises(QuestionError, match="no series 'E'"):
        scan_clusters(both, [["A", "E"]], **COLUMNS)


@pytest.mark.parametrize("alpha", [0, 1, 5, -0.1])
def test_a_level_that_is_none_is_refused(alpha: float) -> None:
    for detector in (ears, scan):
        with pytest.raises(QuestionError, match="alpha"):
            detector(_weekly(1), alpha=alpha, **COLUMNS)


def test_settings_that_are_none_are_refused() -> None:
    with pytest.raises(QuestionError, match="WEEKS"):
        scan(_weekly(1), settings="weeks", **COLUMNS)


@pytest.mark.parametrize("read", [weekdays, day_classes])
def test_days_may_be_dates_strings_or_an_index(read: Callable[[Any], Any]) -> None:
    index = pd.date_range("2016-12-20", periods=20)
    expected = read(index.to_numpy().astype("datetime64[D]")).tolist()
    for days in (index, index.date.tolist(), index.strftime("%Y-%m-%d").tolist(), pl.Series(index.date)):
        assert read(days).tolist() == expected
    with pytest.raises(QuestionError, match="give days"):
        read(["the first of May"])


@pytest.mark.parametrize("form", ["%Y%m%d", "%G-W%V-%u", "%G-W%V", "%Y-%m-%d 00:00:00"])
def test_iso_text_is_the_day_that_it_names(form: str) -> None:
    frame = _weekly(3)
    text = frame.assign(when=frame["when"].dt.strftime(form))
    assert read_counts(text, **COLUMNS).times.tolist() == read_counts(frame, **COLUMNS).times.tolist()


@pytest.mark.parametrize("dtype", ["Int64", "int64[pyarrow]", "float64", "object"])
def test_what_is_missing_is_not_observed_in_every_type(dtype: str) -> None:
    frame = _weekly(4)
    missing = frame.index % 11 == 3
    counts = read_counts(frame.assign(n=frame["n"].astype(dtype).where(~missing)), **COLUMNS).counts
    assert (np.isnan(counts).ravel() == missing).all()
    masked = np.ma.MaskedArray(frame["n"].to_numpy().reshape(2, -1), missing.reshape(2, -1))
    np.testing.assert_array_equal(read_counts(masked).counts, counts)


@pytest.mark.parametrize("nothing", [None, {}, {"A": [1, 2]}, "counts.csv", []])
def test_what_is_no_array_is_refused(nothing: Any) -> None:
    with pytest.raises(QuestionError, match="counts"):
        read_counts(nothing)

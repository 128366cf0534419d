"""Forecasts cover what they say on worlds whose next counts are known; scores are those of a hand count."""

from __future__ import annotations

import datetime as dt
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from atlarge import ingest
from atlarge.errors import CoverageError, QuestionError
from atlarge.forecast import QUANTILES, Forecast, forecast, pinball, quantiles, score, seasonal_naive
from command_line import run

pytestmark = pytest.mark.slow_file


def _drifting(seed: int, units: int = 60, periods: int = 150) -> np.ndarray:
    """Poisson counts about levels that wander."""
    draw = np.random.default_rng(seed)
    start = draw.uniform(0.5, 4.0, (units, 1))
    return draw.poisson(np.exp(start + np.cumsum(draw.normal(0, 0.06, (units, periods)), axis=1))).astype(
        float
    )


def test_nine_in_ten_counts_fall_within_the_ninety_per_cent_interval() -> None:
    inside, half = [], []
    for seed in range(4):
        counts = _drifting(seed)
        found, _ = quantiles(counts, 8, "week", origin=140)
        later = counts[:, 140:148]
        inside.append((later >= found[:, :, 0]) & (later <= found[:, :, 4]))
        half.append((later >= found[:, :, 1]) & (later <= found[:, :, 3]))
    assert 0.86 <= np.mean(inside) <= 0.95
    assert 0.42 <= np.mean(half) <= 0.62


def test_nothing_after_the_origin_is_used() -> None:
    counts = _drifting(1)
    changed = counts.copy()
    changed[:, 120:] = 999
    assert np.array_equal(
        quantiles(counts, 4, "week", origin=120)[0], quantiles(changed, 4, "week", origin=120)[0]
    )


def test_quantiles_are_in_order_and_widen() -> None:
    found, _ = quantiles(_drifting(2), 12, "week")
    assert (np.diff(found, axis=2) >= 0).all()
    width = (found[:, :, 4] - found[:, :, 0]).mean(0)
    assert width[-1] > width[0]


def test_the_quantile_loss_of_a_hand_count() -> None:
    """Observed 10, every quantile 8: the loss is 2 times the mean of level times gap, 2 x 2 x 0.5."""
    assert pinball(np.array([10.0]), np.full((1, 5), 8.0))[0] == pytest.approx(2 * 2 * np.mean(QUANTILES))


def test_the_seasonal_naive_forecast_is_the_year_before() -> None:
    counts = np.tile(np.arange(1.0, 13.0), (2, 3))
    naive = seasonal_naive(counts, 24, 3, 12)
    assert naive[0, :, 2] == pytest.approx([1, 2, 3])


def _registered(rows: list[dict[str, object]]) -> Forecast:
    return Forecast("arrests", "nation", "month", "ddp", dt.date(2018, 12, 31), 0.75, "", "", rows)


def _row(month: int, low: float, high: float) -> dict[str, object]:
    middle = {"q25": low, "q50": (low + high) / 2, "q75": high}
    return {
        "place": "US",
        "place_name": "",
        "period": dt.date(2017, month, 1),
        "q05": low,
        **middle,
        "q95": high,
    }


def test_scores_of_months_that_are_known() -> None:
    """January to March 2017 had some 10,000 arrests each: two intervals hold them, one lies far above."""
    done = score(_registered([_row(1, 5_000, 20_000), _row(2, 5_000, 20_000), _row(3, 90_000, 99_000)]))
    assert (done.n, done.waiting) == (3, 0)
    assert done.coverage_90 == pytest.approx(2 / 3)
    observed = done.rows[2]["observed"]
    assert done.interval_score == pytest.approx((15_000 * 2 + 9_000 + 20 * (90_000 - observed)) / 3)


def test_a_forecast_survives_its_file_and_waits_for_its_records(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    done = run(
        ["forecast", "--by", "aor", "--measure", "at_large", "--months", "3", "--out", str(path), "--json"],
    )
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    assert {"place", "period", "q05", "q50", "q95"} <= set(rows[0])
    document = json.loads(path.read_text())
    assert len(document["code"]) == len(document["data"]) == 64
    scored = json.loads(run(["score", str(path), "--json"]).stdout)
    assert (scored["n"], scored["waiting"]) == (0, len(rows))


def test_what_cannot_be_forecast_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="a forecast is of 1 to 26"):
        forecast(periods=40)
    with pytest.raises(QuestionError, match="needs"):
        quantiles(_drifting(1)[:, :50], 12, "week")
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(QuestionError, match="is not a forecast"):
        score(tmp_path / "x.json")


def test_a_registered_file_that_was_edited_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    forecast(by="nation", measure="at_large", periods=2, every="month").write(path)
    assert score(path).waiting == 2
    document = json.loads(path.read_text())
    document["rows"][0]["q95"] += 1
    path.write_text(json.dumps(document))
    with pytest.raises(QuestionError, match="was edited after it was registered"):
        score(path)


def test_scores_say_whether_what_the_forecast_rests_on_was_revised(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    result = forecast(by="aor", measure="at_large", periods=2, every="month")
    result.write(path)
    done = score(path)
    assert (done.same_program, done.same_history) == (True, True)
    changed = score(replace(result, history="0" * 64, code="0" * 64))
    assert (changed.same_program, changed.same_history) == (False, False)


def test_a_rise_that_lasted_is_no_season() -> None:
    """A step a year ago, nothing since: the forecast is the level now, not another step."""
    counts = np.repeat(np.array([[100.0] * 52 + [200.0] * 60]), 8, axis=0)
    found, _ = quantiles(counts + np.arange(8)[:, None], 8, "week")
    assert np.abs(found[:, :, 2] - 203).max() < 30


class _Months:
    """A store of one measure by month, whose panel is given."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame, self.fingerprint = frame, str(frame.height)

    def coverage(self, table: str) -> list[object]:
        del table
        return [SimpleNamespace(end=self.frame["period"].max())]


def _months(values: dict[str, list[float | None]], start: dt.date, *, keeps: bool = False) -> _Months:
    """Counts of months by place; None for a month that nothing covers, or (`keeps`) that has no count."""
    rows = [
        {"place": place, "place_name": place, "period": period, "value": value, "days_covered": 30,
         "days_in_period": 30}
        for place, series in values.items()
        for period, value in zip(_month_list(start, len(series)), series, strict=True)
        if keeps or value is not None
    ]  # fmt: skip
    return _Months(pl.DataFrame(rows, infer_schema_length=None))


def _month_list(start: dt.date, n: int) -> list[dt.date]:
    return [
        dt.date(start.year + (start.month - 1 + i) // 12, (start.month - 1 + i) % 12 + 1, 1) for i in range(n)
    ]


def _store_of(monkeypatch: pytest.MonkeyPatch, store: _Months) -> _Months:
    module = sys.modules["atlarge.forecast.registered"]
    monkeypatch.setattr(module, "open_store", lambda given: given)
    monkeypatch.setattr(module, "panel", lambda given, **_: SimpleNamespace(frame=given.frame))
    return store


@pytest.mark.parametrize("missing", [[], [20], [40], [41, 42], [5, 30, 43]])
def test_months_that_nothing_covers_are_neither_zero_nor_closed_up(
    missing: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Observed counts stand at their own months, whichever months are missing before or after the origin."""
    draw = np.random.default_rng(3)
    whole = {f"p{i:02d}": draw.poisson(30 + i, 46).astype(float).tolist() for i in range(12)}
    cut = {p: [None if t in missing else v for t, v in enumerate(s)] for p, s in whole.items()}
    start = dt.date(2015, 10, 1)
    before = _store_of(monkeypatch, _months({p: s[:40] for p, s in cut.items()}, start))
    result = forecast(before, by="aor", measure="arrests", periods=6, every="month")
    months = _month_list(start, 46)
    assert sorted({row["period"] for row in result.rows}) == months[40:]
    done = score(result, _months(cut, start))
    assert done.waiting == 12 * sum(t >= 40 for t in missing)
    for row in done.rows:
        assert row["observed"] == cut[row["place"]][months.index(row["period"])]
    assert done.same_history


def test_places_of_zeros_and_places_that_end_are_left_out_not_guessed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = np.random.default_rng(4)
    series: dict[str, list[float | None]] = {
        f"p{i:02d}": draw.poisson(30, 44).astype(float).tolist() for i in range(12)
    }
    series["zero"], series["ends"] = [0.0] * 44, [*[20.0] * 10, *[None] * 34]
    result = forecast(_store_of(monkeypatch, _months(series, dt.date(2015, 10, 1))), measure="arrests",
                    periods=3, every="month")  # fmt: skip
    assert result.left_out == ["ends", "zero"]
    later = _months(
        {p: [*s, 30.0, 30.0, 30.0] for p, s in series.items() if p != "p00"}, dt.date(2015, 10, 1)
    )
    done = score(result, later)
    assert (done.n, done.waiting, done.same_history) == (11 * 3, 3, False)


@pytest.mark.parametrize("change", ["seal", "number", "row", "day", "none"])
def test_every_edit_of_a_registration_is_seen(change: str, tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    forecast(by="nation", measure="arrests", periods=2, every="month").write(path)
    document = json.loads(path.read_text())
    if change == "seal":
        document["seal"] = ""
    elif change == "number":
        document["rows"][0]["q95"] += 1
    elif change == "row":
        document["rows"].pop()
    elif change == "day":
        document["as_of"] = "2019-01-01"
    path.write_text(json.dumps(document))
    if change == "none":
        assert score(path).waiting == 2
    else:
        with pytest.raises(QuestionError, match="was edited"):
            score(path)


@pytest.mark.parametrize("lost", [3, 6, 14])
def test_a_measure_that_ended_has_no_next_count(monkeypatch: pytest.MonkeyPatch, lost: int) -> None:
    """As jail handoffs do in July 2025: refused where all places ended, left out where one did."""
    draw = np.random.default_rng(5)
    series: dict[str, list[float | None]] = {
        f"p{i:02d}": [*draw.poisson(30, 44 - lost).astype(float).tolist(), *[None] * lost] for i in range(12)
    }
    store = _store_of(monkeypatch, _months(series, dt.date(2015, 10, 1), keeps=True))
    with pytest.raises(CoverageError, match="is last counted in the month of"):
        forecast(store, measure="arrests", periods=3, every="month")
    on = {f"on {i}": draw.poisson(30, 44).astype(float).tolist() for i in range(12)}
    series |= on
    store = _store_of(monkeypatch, _months(series, dt.date(2015, 10, 1), keeps=True))
    result = forecast(store, measure="arrests", periods=3, every="month")
    assert {row["place"] for row in result.rows} == set(on)


@pytest.mark.parametrize("states", [["MN"], ["TX", "OK"]])
def test_a_store_of_some_states_is_forecast_at_the_levels_that_it_covers(
    tmp_path: Path, states: list[str]
) -> None:
    """No area of responsibility is covered there, and a level of few places is forecast all the same."""
    store = tmp_path / "store"
    _ingest_of_states(tmp_path, states, store)
    found = forecast(store, by="state", measure="arrests", periods=2, every="month")
    assert {row["place"] for row in found.rows} == set(states)
    assert len(found.rows) == 2 * len(states)
    with pytest.raises(CoverageError):
        forecast(store, by="aor", measure="arrests", periods=2, every="month")


def test_what_was_registered_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    found = forecast(by="nation", measure="arrests", periods=2, every="month")
    found.write(path)
    first = path.read_bytes()
    with pytest.raises(QuestionError, match="is there already"):
        found.write(path)
    assert path.read_bytes() == first


def _ingest_of_states(folder: Path, states: list[str], store: Path) -> None:
    """Three years of arrests of some states, in a release of 2025, as a file cut to them."""
    draw = np.random.default_rng(3)
    names = {"MN": ("MINNESOTA", "St. Paul"), "TX": ("TEXAS", "Dallas"), "OK": ("OKLAHOMA", "Dallas")}
    jails = {
        "MN": ("HENNEPIN", "RAMSEY", "DAKOTA", "ANOKA", "OLMSTED", "STEARNS"),
        "TX": ("DALLAS", "TARRANT", "COLLIN", "DENTON"),
        "OK": ("TULSA", "OKLAHOMA", "CLEVELAND"),
    }
    rows = []
    for state in states:
        (name, area), named = names[state], jails[state]
        for day in range(760):
            date = dt.datetime(2022, 10, 1, 9) + dt.timedelta(days=day)
            rows += [
                {
                    "apprehension_date": date.isoformat(sep=" "),
                    "apprehension_state": name,
                    "apprehension_aor": f"{area} Area of Responsibility",
                    "apprehension_method": "Located",
                    "apprehension_site_landmark": f"{named[k % len(named)]} COUNTY JAIL, {state}",
                    "unique_identifier": f"{len(rows) + k:040x}",
                }
                for k in range(int(draw.poisson(9.0)))
            ]
    path = folder / "cut.csv"
    pl.DataFrame(rows).write_csv(path)
    ingest([path], store, covers=f"state:{','.join(states)}")


def test_too_few_places_to_learn_errors_from_end_in_one_line(tmp_path: Path) -> None:
    _ingest_of_states(tmp_path, ["OK"], tmp_path / "store")
    with pytest.raises(CoverageError, match=r"4 places have enough records.*at least 5"):
        forecast(tmp_path / "store", by="state", measure="arrests", periods=2, every="month")

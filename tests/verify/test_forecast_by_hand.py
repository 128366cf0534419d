"""Forecasts and scores worked out by plain loops, and the weeks and months that they are for."""

from __future__ import annotations

import datetime as dt
import math
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from atlarge.effects import learn_errors, unsteadiness
from atlarge.errors import CoverageError, QuestionError
from atlarge.forecast import (
    QUANTILES,
    Forecast,
    forecast,
    interval_score,
    learning_series,
    pinball,
    quantiles,
    score,
    seasonal_naive,
)

pytestmark = pytest.mark.slow_file

YEARS = {"week": 52, "month": 12}
LEAST = {"week": 60, "month": 18}
OVER = {"week": 26, "month": 12}


def _season(total: np.ndarray, origin: int, horizon: int, year: int, weight: float) -> list[float]:
    rises = []
    for back in (1, 2, 3):
        then, before = origin - back * year, max(3, year // 6)
        if then < before or weight == 0:
            continue
        log = [math.log(max(one, 1.0)) for one in total]
        level = np.mean(log[then - before : then])
        kept = np.mean(log[min(then + horizon, then + year - 1) : then + year]) - level
        kept = min(max(kept, -1.0), 1.0)
        rises.append([log[then + h] - level - kept * (h + 1) / horizon for h in range(horizon)])
    if not rises:
        return [1.0] * horizon
    return [min(max(math.exp(weight * np.mean([r[h] for r in rises])), 0.5), 2.0) for h in range(horizon)]


def _expected(
    counts: np.ndarray, origin: int, horizon: int, discount: float, season: float, year: int
) -> np.ndarray:
    factor = _season(np.nansum(counts, axis=0), origin, horizon, year, season)
    out = np.full((len(counts), horizon), np.nan)
    for unit, row in enumerate(counts):
        seen = [t for t in range(origin) if not np.isnan(row[t])]
        if seen:
            weights = [discount ** (origin - 1 - t) for t in seen]
            out[unit] = np.average(row[seen], weights=weights) * np.array(factor)
    return out


@pytest.mark.parametrize(("every", "periods", "horizon"), [("month", 44, 2), ("week", 80, 2)])
def test_quantiles_are_those_of_errors_at_earlier_origins(every: str, periods: int, horizon: int) -> None:
    rng = np.random.default_rng(periods)
    season = 1 + 0.3 * np.sin(np.arange(periods) * 2 * np.pi / YEARS[every])
    counts = rng.poisson(rng.uniform(8, 60, (6, 1)) * season).astype(float)
    counts[2, 5:9] = np.nan
    found, discount = quantiles(counts, horizon, every)
    year, first = YEARS[every], LEAST[every]
    latest = periods - horizon
    origins = sorted({int(o) for o in np.linspace(first, latest, min(24, latest - first + 1))})
    best: tuple[float, float, float] | None = None
    for one in (0.5, 0.65, 0.75, 0.85, 0.92, 0.96):
        for weight in (0.0, 0.25, 0.5):
            errors = [
                np.abs(
                    np.sqrt(counts[:, o : o + horizon] + 0.4)
                    - np.sqrt(_expected(counts, o, horizon, one, weight, year) + 0.4)
                )
                for o in origins
            ]
            loss = float(np.nanmean(np.concatenate(errors, axis=1)))
            if best is None or loss < best[0] - 1e-12:
                best = (loss, one, weight)
    assert best is not None
    assert discount == best[1]
    now = _expected(counts, periods, horizon, *best[1:], year)
    before = [_expected(counts, o, horizon, *best[1:], year) for o in origins]
    steady = unsteadiness(counts, [*origins, periods], length=OVER[every])
    for h in range(horizon):
        cells = [(u, k) for u in range(6) for k in range(len(origins))]
        errors = learn_errors(
            [counts[u, origins[k] + h] for u, k in cells], [before[k][u, h] for u, k in cells],
            [steady[u, k] for u, k in cells], [u for u, _ in cells], [origins[k] for _, k in cells],
            factor=1.0,
        )  # fmt: skip
        for u in range(6):
            size = float(errors.size(now[u, h], steady[u, -1]))
            for k, q in enumerate(QUANTILES):
                edge = max(math.sqrt(now[u, h] + 0.4) + errors.quantile(q) * size, 0.0) ** 2 - 0.4
                assert found[u, h, k] == pytest.approx(max(edge, 0.0), rel=1e-6)


def test_the_season_of_a_series_that_has_one_is_followed() -> None:
    month = np.arange(60)
    shape = np.where(month % 12 == 6, 2.0, 1.0)
    counts = np.random.default_rng(0).poisson(200 * shape, (8, 60)).astype(float)
    found, _ = quantiles(counts, 3, "month", origin=53)  # the last of the three is a seventh month
    assert (found[:, 1, 2] > 1.2 * found[:, 0, 2]).all()
    assert month[54] % 12 == 6


@pytest.mark.parametrize(("every", "short", "enough"), [("week", 63, 64), ("month", 21, 22)])
def test_a_forecast_needs_its_history_the_horizon_and_one_more(every: str, short: int, enough: int) -> None:
    counts = np.random.default_rng(1).poisson(20.0, (40, enough)).astype(float)
    with pytest.raises(QuestionError, match=f"{short} {every}s are covered; a forecast of 3 needs {enough}"):
        quantiles(counts[:, :short], 3, every)
    assert quantiles(counts, 3, every)[0].shape == (40, 3, 5)
    with pytest.raises(QuestionError, match="no count was observed"):
        quantiles(np.full((40, enough), np.nan), 3, every)


def test_losses_of_quantiles_and_intervals_are_those_of_their_definitions() -> None:
    rng = np.random.default_rng(2)
    y = rng.poisson(20.0, 50).astype(float)
    q = np.sort(rng.gamma(20, 1.0, (50, 5)), axis=1)
    loss = [
        2 * np.mean([level * (a - b) if a >= b else (1 - level) * (b - a)
                     for level, b in zip(QUANTILES, row, strict=True)])
        for a, row in zip(y, q, strict=True)
    ]  # fmt: skip
    assert pinball(y, q) == pytest.approx(np.array(loss))
    width = [
        high - low + 20 * (low - a if a < low else a - high if a > high else 0)
        for a, low, high in zip(y, q[:, 0], q[:, 4], strict=True)
    ]
    assert interval_score(y, q[:, 0], q[:, 4]) == pytest.approx(np.array(width))


def test_the_naive_forecast_has_the_errors_of_its_own_past() -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(30.0, (4, 40)).astype(float)
    counts[1] = np.nan
    counts[2, 10] = np.nan
    origin, horizon, year = 32, 3, 12
    found = seasonal_naive(counts, origin, horizon, year)
    assert np.isnan(found[1]).all()
    for unit in (0, 2, 3):
        error = [
            math.sqrt(counts[unit, t] + 0.4) - math.sqrt(counts[unit, t - year] + 0.4)
            for t in range(year, origin)
            if not np.isnan(counts[unit, [t, t - year]]).any()
        ]
        for h in range(horizon):
            for k, level in enumerate(QUANTILES):
                ahead = math.sqrt(counts[unit, origin - year + h] + 0.4)
                edge = max(ahead + np.quantile(error, level), 0.0) ** 2 - 0.4
                assert found[unit, h, k] == pytest.approx(max(edge, 0.0))
    assert np.isnan(seasonal_naive(counts, 19, 3, 12)).all()  # eight errors at least
    assert np.isfinite(seasonal_naive(counts, 20, 3, 12)[0]).all()
    assert np.isnan(seasonal_naive(counts, 36, 13, 12)).all()  # past the year before


class _Store:
    """Counts by place and period, as a panel would give them."""

    def __init__(self, values: np.ndarray, starts: list[dt.date], end: dt.date, name: str = "p") -> None:
        self.frame = pl.DataFrame(
            [
                {"place": f"{name}{i:02d}", "place_name": f"Place {i}", "period": day,
                 "value": None if np.isnan(v) else float(v), "days_covered": 7, "days_in_period": 7}
                for i, row in enumerate(values)
                for day, v in zip(starts, row, strict=True)
            ]
        )  # fmt: skip
        self.end, self.fingerprint = end, "f"

    def coverage(self, name: str) -> list[Any]:
        del name
        return [SimpleNamespace(end=self.end)]


@pytest.fixture
def of_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["atlarge.forecast.registered"]
    monkeypatch.setattr(module, "open_store", lambda given: given)

    def panel(given: Any, *, by: str, **_: Any) -> Any:
        levels = getattr(given, "levels", {})
        if levels and by not in levels:
            raise CoverageError("not covered")
        return SimpleNamespace(frame=levels[by].frame if levels else given.frame)

    monkeypatch.setattr(module, "panel", panel)


def _weeks(n: int, first: dt.date = dt.date(2016, 10, 3)) -> list[dt.date]:
    return [first + dt.timedelta(weeks=k) for k in range(n)]


@pytest.mark.usefixtures("of_frames")
def test_weeks_follow_the_last_one_and_a_gap_is_kept() -> None:
    rng = np.random.default_rng(4)
    starts = [day for k, day in enumerate(_weeks(90)) if k != 70]  # one that nothing covers
    values = rng.poisson(20.0, (14, 89)).astype(float)
    values[3] = rng.poisson(0.5, 89)  # too few to forecast
    store = _Store(values, starts, starts[-1] + dt.timedelta(days=6))
    found = forecast(store, by="county", measure="arrests", periods=3)
    assert sorted({row["period"] for row in found.rows}) == _weeks(93)[90:]
    assert found.left_out == ["p03"]
    assert found.as_of == store.end
    counts = np.full((14, 90), np.nan)
    counts[:, [k for k in range(90) if k != 70]] = values
    kept = [k for k in range(14) if k != 3]
    expected, discount = quantiles(counts[kept], 3, "week")
    assert found.discount == discount
    by = {(row["place"], row["period"]): row for row in found.rows}
    for i, unit in enumerate(kept):
        for h, day in enumerate(_weeks(93)[90:]):
            row = by[f"p{unit:02d}", day]
            assert row["place_name"] == f"Place {unit}"
            shown = [row[f"q{q}"] for q in ("05", "25", "50", "75", "95")]
            assert shown == pytest.approx(expected[i, h].round(1).tolist())
    assert repr(found) == f"Forecast(arrests by county and week, {13 * 3} rows, as of {store.end})"
    assert found.to_frame().height == 13 * 3


@pytest.mark.usefixtures("of_frames")
def test_a_level_of_few_places_learns_from_another_over_the_same_periods() -> None:
    rng = np.random.default_rng(5)
    days = _weeks(80)
    end = days[-1] + dt.timedelta(days=6)
    nation, areas = rng.poisson(300.0, (1, 80)).astype(float), rng.poisson(20.0, (6, 80)).astype(float)
    eleven, short = rng.poisson(20.0, (11, 80)).astype(float), rng.poisson(9.0, (8, 79)).astype(float)
    levels = {"nation": _Store(nation, days, end), "county": _Store(areas, days, end)}
    store = SimpleNamespace(levels=levels, coverage=levels["nation"].coverage, fingerprint="f")
    counts, added = learning_series(store, "arrests", "nation", "week", "ddp")  # type: ignore[arg-type]
    assert added == 6
    assert counts.tolist() == [*nation.tolist(), *areas.tolist()]
    assert {row["place"] for row in forecast(store, by="nation", measure="arrests", periods=2).rows} == {
        "p00"
    }
    levels["aor"] = _Store(short, days[1:], end)  # of other periods: not used
    assert learning_series(store, "arrests", "nation", "week", "ddp")[1] == 6  # type: ignore[arg-type]
    levels["aor"] = _Store(eleven, days, end)
    assert learning_series(store, "arrests", "nation", "week", "ddp")[1] == 11  # type: ignore[arg-type]
    own, added = learning_series(store, "arrests", "aor", "week", "ddp")  # type: ignore[arg-type]
    assert (added, own.tolist()) == (0, eleven.tolist())  # more than ten need no others
    levels["aor"] = _Store(eleven[:10], days, end)
    assert learning_series(store, "arrests", "aor", "week", "ddp")[1] == 6  # type: ignore[arg-type]
    del levels["county"], levels["aor"]
    assert learning_series(store, "arrests", "nation", "week", "ddp")[1] == 0  # type: ignore[arg-type]
    with pytest.raises(CoverageError, match="1 places have enough records"):
        forecast(store, by="nation", measure="arrests", periods=2)


@pytest.mark.usefixtures("of_frames")
def test_what_cannot_be_forecast_is_refused_in_a_line() -> None:
    days = _weeks(80)
    store = _Store(np.full((12, 80), 0.5), days, days[-1])
    with pytest.raises(CoverageError, match="no county has 1 arrests a week: too few to forecast"):
        forecast(store, by="county", measure="arrests", periods=2)
    with pytest.raises(QuestionError, match="no period 'day'; there are: week, month"):
        forecast(store, every="day")
    for every, most in (("week", 26), ("month", 12)):
        for periods in (0, most + 1):
            with pytest.raises(QuestionError, match=f"a forecast is of 1 to {most}"):
                forecast(store, every=every, periods=periods)
    part = _Store(np.full((12, 80), 9.0), days, days[-1])
    part.frame = part.frame.with_columns(days_covered=pl.lit(6))
    with pytest.raises(CoverageError, match="no whole week of arrests is covered"):
        forecast(part, measure="arrests", periods=2)


@pytest.mark.usefixtures("of_frames")
def test_scores_are_those_of_the_counts_that_have_come() -> None:
    rng = np.random.default_rng(6)
    days = _weeks(90)
    values = rng.poisson(20.0, (3, 90)).astype(float)
    values[1, 88] = np.nan
    rows, q = [], []
    for place in ("p00", "p01", "p02", "gone"):
        for day in (*days[86:], days[-1] + dt.timedelta(weeks=1)):
            edges = np.sort(rng.gamma(20.0, 1.0, 5))
            names = ("q05", "q25", "q50", "q75", "q95")
            rows.append(
                {"place": place, "place_name": place, "period": day, **dict(zip(names, edges, strict=True))}
            )
            q.append(edges)
    found = score(
        Forecast("arrests", "county", "week", "ddp", days[85], 0.75, "", "", rows),
        _Store(values, days, days[-1]),
    )
    y, kept, naive = [], [], []
    peers = seasonal_naive(np.hstack([values, np.full((3, 1), np.nan)]), 86, 5, 52)
    for row, edges in zip(rows, q, strict=True):
        at = (row["period"] - days[0]).days // 7
        unit = int(row["place"][1:]) if row["place"] != "gone" else None
        if unit is None or at > 89 or np.isnan(values[unit, at]):
            continue
        y.append(values[unit, at])
        kept.append(edges)
        naive.append(peers[unit, at - 86])
    assert (found.n, found.waiting) == (len(y), len(rows) - len(y)) == (11, 9)
    a, b = np.array(y), np.array(kept)
    assert found.coverage_90 == pytest.approx(np.mean((a >= b[:, 0]) & (a <= b[:, 4])))
    assert found.coverage_50 == pytest.approx(np.mean((a >= b[:, 1]) & (a <= b[:, 3])))
    assert found.pinball == pytest.approx(pinball(a, b).mean())
    assert found.interval_score == pytest.approx(interval_score(a, b[:, 0], b[:, 4]).mean())
    assert found.skill == pytest.approx(1 - pinball(a, b).mean() / pinball(a, np.array(naive)).mean())
    assert (found.same_program, found.same_history) == (None, None)
    assert repr(found) == f"Scores(11 counts, 9 to come, 90% coverage {found.coverage_90})"
    for row in found.rows:
        at = (row["period"] - days[0]).days // 7
        is_known = row["place"] != "gone" and at < 90 and not np.isnan(values[int(row["place"][1:]), at])
        assert row["observed"] == (values[int(row["place"][1:]), at] if is_known else None)


def test_files_that_are_no_forecast_are_refused(tmp_path: Any) -> None:
    with pytest.raises(QuestionError, match="cannot be read"):
        score(tmp_path / "none.json")
    empty = Forecast("arrests", "aor", "week", "ddp", dt.date(2018, 1, 1), 0.75, "", "", [])
    empty.write(tmp_path / "empty.json")
    with pytest.raises(QuestionError, match="holds no forecasts"):
        score(tmp_path / "empty.json")

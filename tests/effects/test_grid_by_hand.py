"""Placebo grids and what they say of a total, by plain loops over units, dates and periods."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from atlarge.effects import PlaceboGrid, expected_counts, learn_errors, placebo_grid, sdid_grid, sdid_paths
from atlarge.effects.cells import MIN_LIKE_UNITS
from atlarge.effects.prediction import PredictionErrors, unsteadiness
from atlarge.errors import QuestionError


def _root(value: float) -> float:
    return math.sqrt(max(value, 0.0) + 0.4)


def _panel(seed: int, n: int = 36, periods: int = 34) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = rng.gamma(1.5, 12, (n, 1))
    level[-4:] = [[0.1], [0.2], [0.3], [0.35]]
    drift = np.exp(np.cumsum(rng.normal(0, 0.05, (n, periods)), axis=1))
    return rng.poisson(level * drift).astype(float)


def _last(y: np.ndarray, unit: int, start: int, length: int = 12) -> np.ndarray:
    own = y[unit, max(0, start - length) : start]
    return own[~np.isnan(own)]


def _placebos(
    y: np.ndarray, target: int, here: int, ahead: list[int], moved: np.ndarray, out: set[int], after: int
) -> list[tuple[int, int]]:
    """Units and dates whose totals are compared with the target's."""
    n, periods = y.shape
    moved = moved.copy()
    moved[target, here] = True
    mean = {(u, s): np.mean(_last(y, u, s)) if len(_last(y, u, s)) else 0.0 for u in range(n)
            for s in range(6, periods)}  # fmt: skip
    own = mean[target, here]
    small = {u for u in range(n) if u != target and np.nanmean(y[u]) < 0.5}
    found = []
    for u, s in mean:
        end = s + max(ahead) + 1
        if u in small or u in out or mean[u, s] < min(1.0, own / 2) or end + after > periods:
            continue
        until = s + max(ahead) + 1 + after if after == 0 else s + len(ahead) + after
        if moved[u, max(0, s - 6) : until].any() or np.isnan(y[u, [s + k for k in ahead]]).any():
            continue
        found.append((u, s))
    reach = 4.0
    while reach < 1e5:
        near = [(u, s) for u, s in found if own / reach <= mean[u, s] <= own * reach]
        if len(near) >= 100 and len({u for u, _ in near}) >= 12:
            return near
        reach *= 1.5
    return found


def _case(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    y = _panel(seed)
    moved = np.zeros(y.shape, dtype=bool)
    moved[3, 20] = moved[6, 9] = moved[11, 27] = True
    out = np.arange(len(y)) == 8
    if seed % 2:
        y[5, 12], y[9, 22:25] = np.nan, np.nan
    group = np.array(list("abc"))[rng.integers(0, 3, len(y))] if seed > 1 else None
    order = np.argsort(np.where(np.arange(len(y)) > 31, np.inf, np.nanmean(y, axis=1)))
    target = int(next(u for u in order[[2, 25, 12, 31][seed] :] if u not in (3, 5, 6, 8, 9, 11)))
    return {"y": y, "target": target, "moved": moved, "out": out, "group": group}


def _forecasts(case: dict[str, Any], starts: list[int], horizon: int, after: int = 0) -> np.ndarray:
    """Of units from dates, with those that are too small added up, and those that changed near left out."""
    y, target, here_moved = case["y"], case["target"], case["moved_too"]
    small = [u for u in range(len(y)) if u != target and np.nanmean(y[u]) < 0.5]
    groups = np.zeros(len(y), dtype=int) if case["group"] is None else case["group"]
    kept = [u for u in range(len(y)) if u not in small]
    rows, labels = [y[kept]], list(groups[kept])
    for label in sorted({groups[u] for u in small}):
        rows.append(np.nansum(y[[u for u in small if groups[u] == label]], axis=0)[None])
        labels.append(label)
    panel = np.vstack(rows)
    pool = np.ones((len(starts), len(panel)), dtype=bool)
    for k, u in enumerate(kept):
        for d, s in enumerate(starts):
            stop = min(s + horizon, y.shape[1])
            pool[d, k] = not here_moved[u, max(0, s - 4) : stop].any() and not case["out"][u]
    group = None if case["group"] is None else np.array(labels)
    found = expected_counts(panel, starts, horizon, pool=pool, group=group, after=after)
    full = np.full((len(y), *found.shape[1:]), np.nan)
    full[kept] = found[: len(kept)]
    return full


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("after", [0, 3])
def test_placebos_of_a_question_are_units_and_dates_where_nothing_changed(seed: int, after: int) -> None:
    case, here, horizon = _case(seed), 20, 5
    y, target = case["y"], case["target"]
    grid = placebo_grid(
        y, target, here, horizon, changed=case["moved"], group=case["group"], leave_out=case["out"],
        after=after,
    )  # fmt: skip
    case["moved_too"] = case["moved"].copy()
    case["moved_too"][target, here] = True
    starts = list(range(6, y.shape[1]))
    forecasts = _forecasts(case, starts, horizon, after)
    out = set(np.flatnonzero(case["out"]))
    every = list(range(horizon))
    used = _placebos(y, target, here, every, case["moved"], out, after)
    seen = sum(y[u, s : s + horizon].sum() for u, s in used)
    factor = seen / sum(forecasts[u, s - 6, :].sum() for u, s in used)
    assert grid.factor == pytest.approx(min(max(factor, 0.5), 2.0))
    for ahead in (every, [0], [1, 3]):
        used = _placebos(y, target, here, ahead, case["moved"], out, after) if not after else None
        judged = grid.judge(ahead)
        assert judged.expected == pytest.approx(factor * forecasts[target, here - 6, ahead].sum())
        assert judged.observed == y[target, [here + k for k in ahead]].sum()
        if used is None:
            continue
        assert judged.n_placebos == len(used)
        assert judged.n_units == len({u for u, _ in used})
        assert judged.n_dates == len({s for _, s in used})
        errors = learn_errors(
            [y[u, [s + k for k in ahead]].sum() for u, s in used],
            [forecasts[u, s - 6, ahead].sum() for u, s in used],
            [unsteadiness(y, [s])[u, 0] for u, s in used],
            [u for u, _ in used], [s for _, s in used], length=len(ahead), here=here, factor=grid.factor,
        )  # fmt: skip
        own = unsteadiness(y, [here])[target, 0]
        again = errors.judge(judged.observed, judged.expected, own)
        for name in ("low", "high", "p", "p_material", "power", "mde"):
            assert getattr(judged, name) == pytest.approx(getattr(again, name), rel=1e-6), name


def test_a_history_that_begins_late_is_read_from_there() -> None:
    case = _case(0)
    y, target = case["y"], case["target"]
    later = placebo_grid(y, target, 20, 4, first=9)
    other = y.copy()
    other[target, :9] *= 7
    small = other[:, 9:]
    assert later.own()[later.at] == pytest.approx(
        expected_counts(other, [20], 4, first=9)[target, 0], rel=0.02
    )
    assert not np.allclose(later.own()[later.at], placebo_grid(y, target, 20, 4).own()[later.at])
    assert np.isfinite(small).all()


@pytest.mark.parametrize("here", [3, 5, 6])
def test_dates_begin_with_six_periods_of_history_or_with_the_question(here: int) -> None:
    y = np.random.default_rng(here).poisson(20.0, (30, 24)).astype(float)
    starts = placebo_grid(y, 0, here, 3).starts
    assert starts.tolist() == list(range(min(here, 6), 24))


@pytest.mark.parametrize("seed", range(3))
def test_a_path_is_one_period_ahead_before_and_the_forecast_after(seed: int) -> None:
    y = _panel(seed)[:30]
    target, here, horizon = 4, 21, 9
    grid = placebo_grid(y, target, here, horizon)
    path = grid.path()
    one = expected_counts(y, range(6, here), horizon)  # nothing changed, but for the target itself
    assert np.isnan(path[:6]).all()
    for s in range(6, here):
        if s + horizon <= here:  # the target is in no comparison with itself in any case
            assert path[s] == pytest.approx(grid.factor * one[target, s - 6, 0])
    assert path[here : here + horizon] == pytest.approx(grid.factor * grid.own()[grid.at])
    assert np.isnan(path[here + horizon :]).all()
    low, high = grid.band()
    unsteady = unsteadiness(y, [here])[target]
    edges = [0, 1, 2, 4, 7]
    for t in range(6, here + horizon):
        ahead = max(k for k in edges if k <= max(t - here, 0))
        found = grid.errors([ahead]).interval([path[t]], unsteady, 0.9)
        assert (low[t], high[t]) == pytest.approx((found[0][0], found[1][0])), t
    assert np.isnan(low[here + horizon :]).all()
    assert np.isnan(high[:6]).all()
    gaps = grid.gaps(26)
    others = [u for u in range(len(y)) if u != target and y[u, here - 12 : here].mean() >= 1]
    assert grid.others().tolist() == others
    assert gaps.shape == (1 + len(others), 26)
    assert gaps[0] == pytest.approx(y[target, :26] - path[:26], nan_ok=True)
    for row, u in enumerate(others, start=1):
        assert gaps[row, here:26] == pytest.approx(
            y[u, here:26] - grid.factor * grid.expected[u, here - 6, : 26 - here]
        )
        assert gaps[row, 10] == pytest.approx(y[u, 10] - grid.factor * grid.expected[u, 4, 0])
    assert grid.gaps(26, slice(2, 5)) == pytest.approx(gaps[[0, 3, 4, 5]], nan_ok=True)


@pytest.mark.parametrize("seed", range(4))
def test_a_departure_is_the_clearest_of_some_lags_against_every_placebo(seed: int) -> None:
    y = _panel(seed)[:32]
    target, here = 7, 24
    y[target] = np.random.default_rng(seed).poisson(20.0, y.shape[1])
    y[target, here - 6 : here] *= [1, 3, 2, 1][seed]
    grid = placebo_grid(y, target, here, 12)
    found = grid.departure()
    assert found is not None
    totals, own = {}, {}
    for lag in (3, 6, 9, 12):
        ahead = np.arange(lag)
        model = grid.errors(ahead, start=here - lag)
        for d, s in enumerate(grid.starts):
            if s + lag > y.shape[1]:
                continue
            used = grid.is_placebo[:, d, lag - 1]
            for u in range(len(y)):
                like = grid.size[target, grid.at] / 4 <= grid.size[u, d] <= grid.size[target, grid.at] * 4
                is_own = u == target and s == here - lag
                if not is_own and not (used[u] and like):
                    continue
                expected = grid.expected[u, d, :lag].sum() * model.factor
                size = float(model.size(expected, grid.unsteady[u, d]))
                z = (_root(y[u, s : s + lag].sum()) - _root(expected)) / size
                if is_own:
                    own[lag] = z
                if used[u] and like:
                    totals.setdefault((u, int(s) + lag), []).append(abs(z))
    worst = [max(of) for of in totals.values() if len(of) == 4]
    clearest = max(own, key=lambda lag: abs(own[lag]))
    assert (found.lag, found.start) == (clearest, here - clearest)
    count = sum(one >= abs(own[clearest]) - 1e-12 for one in worst)
    assert found.p == pytest.approx((1 + count) / (1 + len(worst)))
    assert found.judged == grid.judge(np.arange(clearest), start=here - clearest)
    assert found.judged.observed == y[target, here - clearest : here].sum()


def test_a_departure_needs_history_and_a_horizon_as_long() -> None:
    y = np.random.default_rng(3).poisson(20.0, (40, 30)).astype(float)
    assert placebo_grid(y, 0, 8, 12).departure() is None  # three periods earlier there are but five
    short = placebo_grid(y, 0, 20, 4).departure()
    assert short is not None
    assert short.lag == 3
    nine = placebo_grid(y, 0, 9, 12).departure()
    assert nine is not None
    assert nine.lag == 3


def test_a_second_opinion_is_made_of_the_same_placebos() -> None:
    y = _panel(5, n=30)[:26]
    target, here, horizon = 3, 20, 5
    y[target] = np.random.default_rng(1).poisson(18.0, y.shape[1])
    y[9, 4] = np.nan  # with a gap it serves nobody
    grid = placebo_grid(y, target, here, horizon)
    with pytest.raises(QuestionError, match="placebo totals"):
        sdid_grid(grid, horizon, dates=1)  # one date has too few
    for dates in (3, 4):
        two = sdid_grid(grid, horizon, dates=dates)
        assert two.here == here
        assert here in two.starts
        assert len(two.starts) <= dates
        assert set(two.starts) <= set(grid.starts)
        possible = [
            int(s) for d, s in enumerate(grid.starts)
            if grid.is_placebo[:, d, horizon - 1].sum() >= MIN_LIKE_UNITS
        ]  # fmt: skip
        assert min(two.starts) == min(possible)
        for d, s in enumerate(two.starts):
            k = int(np.flatnonzero(grid.starts == s)[0])
            serve = grid.is_placebo[:, k, :horizon].all(1) & ~np.isnan(y).any(1)
            serve[target] = False
            assert two.is_placebo[:, d, horizon - 1].tolist() == serve.tolist()
            path = sdid_paths(np.sqrt(np.nan_to_num(y) + 0.4), int(s), int(s) + horizon, serve, [target, 5])
            path = np.maximum(path, 0) ** 2 - 0.4
            assert two.expected[target, d] == pytest.approx(np.maximum(path[0], 0))
            if serve[5]:
                assert two.expected[5, d] == pytest.approx(np.maximum(path[1], 0))
        assert two.unsteady.shape == two.size.shape == (len(y), len(two.starts))
        at = int(np.flatnonzero(grid.starts == here)[0])
        assert two.size[:, two.at].tolist() == grid.size[:, at].tolist()
        assert two.unsteady[:, two.at].tolist() == grid.unsteady[:, at].tolist()


def _learnt(seed: int) -> tuple[PredictionErrors, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    unit, date = np.divmod(np.arange(25 * 12), 12)
    expected = rng.gamma(2, 20, 25)[unit] * rng.uniform(0.8, 1.2, len(unit))
    unsteady = rng.gamma(1.0, 0.4, len(unit))
    observed = rng.poisson(expected * np.exp(rng.normal(0.1, 0.1 + 0.1 * unsteady))).astype(float)
    observed[[7, 100]] = np.nan
    drawn = {"observed": observed, "expected": expected, "unsteady": unsteady, "units": unit, "dates": date}
    return learn_errors(*drawn.values(), length=3, here=7 if seed else None), drawn


@pytest.mark.parametrize("seed", range(3))
def test_the_size_of_an_error_is_a_shrunk_regression(seed: int) -> None:
    found, d = _learnt(seed)
    good = ~np.isnan(d["observed"])
    y, e, u = d["observed"][good], d["expected"][good], d["unsteady"][good]
    factor = y.sum() / e.sum()
    assert found.factor == pytest.approx(factor)
    e = e * factor
    error = np.sqrt(y + 0.4) - np.sqrt(e + 0.4)
    log = np.log(np.abs(error) + 0.05)
    features = np.column_stack([np.log(e + 2), u])
    centred = features - features.mean(0)
    # least squares of the rows, each unit counting once, and two rows that stand for the usual slopes
    weight = np.sqrt(25 / len(y))
    prior = np.diag(np.sqrt(20 * np.array([0.05, 0.05])))
    matrix = np.vstack([centred * weight, prior])
    right = np.concatenate([(log - log.mean()) * weight, prior @ [0.3, 0.1]])
    slopes = np.linalg.lstsq(matrix, right, rcond=None)[0]
    slopes = np.clip(slopes, [0.0, -0.2], [0.5, 0.6])
    rest = log - log.mean() - centred @ slopes
    noise = rest.var()
    unsure = noise * np.linalg.inv(matrix.T @ matrix)
    shift = 0.0
    z = error / np.exp(log.mean() + centred @ slopes)
    if seed:
        at = d["dates"][good] == 7
        own, usual = np.median(np.abs(z[at])), np.median(np.abs(z))
        shift = float(np.clip(at.sum() / (at.sum() + 30) * np.log(own / usual), -0.25, 0.7))
        z[at] /= np.exp(shift)
        assert found.same == pytest.approx(np.sort(z[at]))
    assert found.z == pytest.approx(np.sort(z))
    assert found.blocks == pytest.approx(min(len(y), 25 * math.sqrt((11 + 3) / 3)))
    for total, spread in ((4.0, 0.0), (60.0, 0.5), (900.0, 3.0)):
        x = np.array([math.log(total + 2), spread]) - features.mean(0)
        variance = noise / 25 + x @ unsure @ x
        size = math.exp(log.mean() + shift + x @ slopes + 0.5 * min(variance, 0.5))
        assert float(found.size(total, spread)) == pytest.approx(size)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("observed", "total"), [(90.0, 60.0), (20.0, 60.0), (3.0, 2.0), (61.0, 60.0)])
def test_a_total_is_judged_by_counting_placebos(seed: int, observed: float, total: float) -> None:
    model, _ = _learnt(seed)
    size, blocks = float(model.size(total, 0.3)), model.blocks
    for material, alpha, level in ((None, 0.05, 0.9), (9.0, 0.2, 0.5)):
        found = model.judge(observed, total, 0.3, material=material, alpha=alpha, level=level)

        def chances(count: float) -> tuple[float, float]:
            at = (_root(count) - _root(total)) / size
            both = []
            for side in (model.z >= at - 1e-12, model.z <= at + 1e-12):
                both.append((side.mean() * blocks + 1) / (blocks + 1))
            if len(model.same):
                k = len(model.same)
                near = [(model.same >= at - 1e-12).sum(), (model.same <= at + 1e-12).sum()]
                both = [max(b, (n + 10 * b) / (k + 10)) for b, n in zip(both, near, strict=True)]
            return both[0], both[1]

        p_high, p_low = chances(observed)
        assert (found.p_high, found.p_low) == pytest.approx((p_high, p_low))
        assert found.p == pytest.approx(min(1.0, 2 * min(p_high, p_low)))
        least = total / 4 if material is None else material
        assert found.material == pytest.approx(least)
        without = observed * 0.8 if material is None else max(observed - material, 0.0)
        assert found.p_material == pytest.approx(chances(without)[1])
        tail = (1 - level) / 2
        ends = []
        for q in (1 - tail, tail):
            outward = min(1.0, max(0.0, 0.5 + (q - 0.5) * (blocks + 1) / blocks))
            ends.append(max((_root(total) + size * np.quantile(model.z, outward)) ** 2 - 0.4, 0.0))
        low, high = (observed - end for end in ends)
        low, high = min(low, observed - total), max(high, observed - total)
        if p_high > tail:
            low = min(low, 0.0)
        if p_low > tail:
            high = max(high, 0.0)
        assert (found.low, found.high) == pytest.approx((low, high))
        assert found.effect == pytest.approx(observed - total)
        # power: of the counts that placebos would have here, how many are found once the excess is added
        nothing = [max((_root(total) + size * z) ** 2 - 0.4, 0.0) for z in model.z]

        def power(excess: float) -> float:
            found_too = [chances(count + excess)[0] <= alpha for count in nothing]  # noqa: B023
            return float(np.mean(found_too))

        assert found.power == pytest.approx(power(least), abs=0.02)
        if found.mde > 0.1:
            assert power(found.mde * 1.001 + 1e-3) >= 0.8 - 0.011
            assert power(found.mde * 0.98 - 1e-3) < 0.82


@pytest.mark.parametrize(("n", "units", "is_enough"), [(30, 5, True), (29, 5, False), (40, 4, False)])
def test_errors_are_learnt_from_thirty_totals_of_five_units(n: int, units: int, is_enough: bool) -> None:
    rng = np.random.default_rng(0)
    args = (rng.poisson(9.0, n), np.full(n, 9.0), np.zeros(n), np.arange(n) % units, np.arange(n) // units)
    if is_enough:
        assert learn_errors(*args).n_units == units
    else:
        with pytest.raises(QuestionError, match=f"only {n} placebo totals of {units}"):
            learn_errors(*args)


@pytest.mark.parametrize(("ratio", "factor"), [(0.2, 0.5), (0.8, 0.8), (1.7, 1.7), (9.0, 2.0)])
def test_totals_are_corrected_by_half_or_twice_at_most(ratio: float, factor: float) -> None:
    expected = np.linspace(10, 90, 120)
    found = learn_errors(expected * ratio, expected, np.zeros(120), np.arange(120) % 20, np.arange(120) // 20)
    assert found.factor == pytest.approx(factor)


def test_a_grid_of_part_of_the_horizon_is_that_part() -> None:
    y = _panel(2)[:30]
    whole, part = placebo_grid(y, 4, 18, 10), placebo_grid(y, 4, 18, 10, only=4)
    assert part.horizon == 4
    assert isinstance(part, PlaceboGrid)
    assert part.expected == pytest.approx(whole.expected[:, :, :4], nan_ok=True)
    calibrated = placebo_grid(y, 4, 18, 10, calibrated_on=np.arange(4))
    assert part.factor == pytest.approx(calibrated.factor)


@pytest.mark.parametrize("length", [12, 5])
def test_unsteadiness_is_variance_beyond_that_of_chance(length: int) -> None:
    y = _panel(1)
    y[4] = np.tile([0.0, 60.0], y.shape[1])[: y.shape[1]]
    y[2, 8:11] = np.nan
    starts = [1, 7, 20]
    found = unsteadiness(y, starts) if length == 12 else unsteadiness(y, starts, length=length)
    for u in range(len(y)):
        for d, s in enumerate(starts):
            own = _last(y, u, s, length)
            mean, variance = (own.mean(), own.var()) if len(own) else (0.0, 0.0)
            expected = math.log(1 + max(variance / max(mean, 0.1) - 1, 0.0))
            assert found[u, d] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("few", [3, 8])
def test_few_placebos_find_only_what_is_clearer_than_all_of_them(few: int) -> None:
    n = 30
    rng = np.random.default_rng(few)
    model = learn_errors(
        rng.poisson(30.0, n),
        np.full(n, 30.0),
        np.zeros(n),
        np.arange(n) % 5,
        np.arange(n) // 5,
        length=few * 9,
    )
    found = model.judge(200.0, 30.0, 0.0, alpha=0.05)
    assert found.p_high == pytest.approx(1 / (model.blocks + 1))
    assert found.p_high > 0.05
    assert (found.power, found.mde) == (0.0, None)

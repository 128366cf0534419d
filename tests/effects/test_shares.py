"""Forecasts by share, placebo errors, bursts and switches, against values obtained in another way."""

from __future__ import annotations

import pickle

import numpy as np
import polars as pl
import pytest

from atlarge.effects import (
    cap_bursts,
    expected_counts,
    learn_errors,
    mix_switch,
    panel_of,
    placebo_grid,
    q_values,
    sdid_grid,
    sdid_paths,
    share_effect,
    watch_bursts,
)
from atlarge.effects.mixes import MIN_SIDE, _scores
from atlarge.effects.shares import ShareForecast, ShareSettings
from atlarge.errors import QuestionError


def test_a_share_by_hand() -> None:
    """One memory of one half, no group: 3 units, 4 periods before, two ahead."""
    y = np.array([[4.0, 2, 6, 8, 0, 0], [10, 10, 20, 20, 30, 10], [5, 15, 10, 20, 10, 30]])
    one = ShareSettings(decay=(0.5,), on_capped=(False,))
    found = expected_counts(y, [4], 2, settings=one)[0, 0]
    weight = np.array([1 / 8, 1 / 4, 1 / 2, 1])
    others = y[1] + y[2]
    share = (weight * y[0, :4]).sum() / (weight * others[:4]).sum()
    assert found == pytest.approx(share * others[4:])
    # after the change: two periods that follow the horizon of one weigh 1 and 1/2
    both = expected_counts(y, [4], 1, after=1, settings=one)[0, 0]
    share = ((weight * y[0, :4]).sum() + y[0, 5]) / ((weight * others[:4]).sum() + others[5])
    assert both == pytest.approx(share * others[4])


def test_a_region_is_followed_in_part_and_within_bounds() -> None:
    y = np.full((6, 8), 10.0)
    y[1:3, 5:] = 20.0  # the region doubles
    group = np.array([0, 0, 0, 1, 1, 1])
    whole = ShareSettings(decay=(0.5,), on_capped=(False,), damping=1.0, reliable=0.0)
    part = ShareSettings(decay=(0.5,), on_capped=(False,), damping=0.5, reliable=0.0)
    # of the whole (50, then 70) the share is 1/5: 14; the region goes 20/50 -> 40/70
    factor = (40 / 70) / (20 / 50)
    assert expected_counts(y, [5], 1, group=group, settings=whole)[0, 0, 0] == pytest.approx(14 * factor)
    assert expected_counts(y, [5], 1, group=group, settings=part)[0, 0, 0] == pytest.approx(14 * factor**0.5)
    y[1:3, 5:] = 2000.0
    bounded = expected_counts(y, [5], 1, group=group, settings=whole)[0, 0, 0]
    assert bounded == pytest.approx(10 / 50 * (4000 + 30) * min(3.0, (4000 / 4030) / 0.4))


def test_a_unit_is_never_in_its_own_comparison_and_others_may_be_left_out() -> None:
    rng = np.random.default_rng(0)
    y = rng.poisson(20.0, (9, 12)).astype(float)
    base = expected_counts(y, [8], 3)[2, 0]
    other = y.copy()
    other[2, 8:] *= 50
    assert expected_counts(other, [8], 3)[2, 0] == pytest.approx(base)
    pool = np.ones(9, dtype=bool)
    pool[5] = False
    less = expected_counts(y, [8], 3, pool=pool)[2, 0]
    y[5, 8:] += 1000
    assert expected_counts(y, [8], 3, pool=pool)[2, 0] == pytest.approx(less)


def test_missing_cells_of_others_are_filled_and_own_ones_not_used() -> None:
    y = np.tile(np.array([[5.0], [10.0], [20.0], [40.0]]), (1, 20))
    y[3, 4] = np.nan
    y[0, 6] = np.nan
    assert expected_counts(y, [14], 2)[0, 0] == pytest.approx([5.0, 5.0], abs=1e-6)


def test_prop_99_by_synthetic_difference_in_differences() -> None:
    """Published: -15.6 packs a head (Arkhangelsky and others 2021, table 1)."""
    synthdid = pytest.importorskip("synthdid")
    table = synthdid.load_california_prop99().pivot(index="State", columns="Year", values="PacksPerCapita")
    y, row = table.to_numpy(), list(table.index).index("California")
    path = sdid_paths(y, 19, 31, np.arange(len(y)) != row, [row])[0]
    assert (y[row, 19:] - path).mean() == pytest.approx(-15.6, abs=0.06)


def _panel(seed: int, n: int = 90, periods: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = np.exp(rng.normal(2.0, 0.9, n))
    drift = np.exp(np.cumsum(rng.normal(0, 0.08, (n, periods)), axis=1))
    return rng.poisson(rng.gamma(5.0, level[:, None] * drift / 5.0)).astype(float)


def test_intervals_cover_and_tails_are_even_on_units_that_taught_nothing() -> None:
    """Errors learnt on one half of the units, held against the other half."""
    inside, high, n = 0, 0, 0
    for seed in range(6):
        y = _panel(seed)
        starts = np.arange(8, 34)
        expected = expected_counts(y, starts, 6).sum(2)
        seen = np.stack([y[:, s : s + 6].sum(1) for s in starts], axis=1)
        unit = np.arange(len(y))[:, None] * np.ones_like(seen, dtype=int)
        date = starts[None, :] * np.ones_like(seen, dtype=int)
        zero = np.zeros_like(seen)
        large = y.mean(1) >= 1
        a, b = np.zeros_like(large), np.zeros_like(large)
        a[::2], b[1::2] = large[::2], large[1::2]
        model = learn_errors(seen[a].ravel(), expected[a].ravel(), zero[a].ravel(), unit[a].ravel(),
                             date[a].ravel(), length=6)  # fmt: skip
        total = expected[b] * model.factor
        low, up = model.interval(total, zero[b], 0.9)
        inside += int(((seen[b] >= low) & (seen[b] <= up)).sum())
        tails = [
            model.judge(float(s), float(e), 0.0).p_high
            for s, e in zip(seen[b].ravel()[::7], total.ravel()[::7], strict=True)
        ]
        high += sum(p <= 0.1 for p in tails)
        n += len(tails)
    cells = 6 * 26 * 45
    assert 0.86 <= inside / cells <= 0.95
    assert 0.05 <= high / n <= 0.13


@pytest.mark.parametrize(("missing", "is_used"), [(0.2, True), (0.3, False)])
def test_a_unit_that_misses_more_than_a_quarter_is_in_no_comparison(missing: float, is_used: bool) -> None:
    y = _panel(5)
    target, other = np.argsort(y.mean(1))[[-15, -10]]
    y[other, :: round(1 / missing)] = np.nan
    if missing > 0.25:
        y[other, 1::7] = np.nan
    before = share_effect(y, int(target), 24, 30).total.expected
    y[other, 20:] *= 4
    after = share_effect(y, int(target), 24, 30).total.expected
    assert (after != before) is is_used


def test_an_effect_that_was_added_is_found_judged_material_and_from_both_sides() -> None:
    y = _panel(11)
    target = int(np.argsort(y.mean(1))[-15])
    quiet = share_effect(y, target, 24, 30)
    added = 3 * y[target, :24].mean()
    y[target, 24:30] += np.round(added)
    loud = share_effect(y, target, 24, 30)
    assert loud.total.effect == pytest.approx(quiet.total.effect + 6 * np.round(added), rel=0.02)
    assert loud.total.p_high <= 0.02
    assert loud.total.p_material > 0.5
    assert loud.total.material == pytest.approx(0.25 * loud.total.expected)
    assert loud.two_sided is not None
    assert loud.two_sided.low > 0
    assert loud.two_sided.high - loud.two_sided.low < loud.total.high - loud.total.low
    assert quiet.total.mde > quiet.total.material
    assert 0 <= quiet.total.power <= 1
    none = share_effect(np.where(np.arange(90)[:, None] == target, 0, y) + 0.0 * y, 3, 24)
    assert none.two_sided is None
    with pytest.raises(QuestionError, match="all values before the change are zero"):
        share_effect(np.where(np.arange(90)[:, None] == target, 0.0, y), target, 24)


def test_the_power_reported_is_the_power_reached() -> None:
    y = _panel(3, n=120)
    target = int(np.argsort(y.mean(1))[-40])
    grid = placebo_grid(y, target, 24, 6)
    judged = grid.judge(np.arange(6))
    z = grid.standard_errors(np.arange(6))
    model = grid.errors(np.arange(6))
    result = model.draw(judged.expected, float(grid.unsteady[grid.target, grid.at]), z[np.isfinite(z)])
    found = [
        model.judge(float(v + judged.mde), judged.expected, float(grid.unsteady[grid.target, grid.at])).p_high
        for v in result[::9]
    ]
    assert np.mean([p <= 0.05 for p in found]) == pytest.approx(0.8, abs=0.08)


def test_a_departure_before_the_date_is_dated_and_a_quiet_past_has_none() -> None:
    y = _panel(5)
    target = int(np.argsort(y.mean(1))[-20])
    grid = placebo_grid(y, target, 30, 8)
    before = grid.departure()
    y[target, 24:] *= 4
    left = placebo_grid(y, target, 30, 8).departure()
    assert before is not None
    assert left is not None
    assert left.p < 0.05 < before.p + 0.05
    assert left.lag in (3, 6, 9)
    assert left.judged.effect > 0


@pytest.mark.slow
def test_a_second_opinion_covers_as_well_where_nothing_happened() -> None:
    y = _panel(7)
    inside = []
    for target in np.argsort(y.mean(1))[-40::4]:
        grid = placebo_grid(y, int(target), 24, 6)
        two = sdid_grid(grid, 6).judge(np.arange(6))
        inside.append(two.low <= 0 <= two.high)
        assert two.n_dates <= 4
    assert sum(inside) >= 7  # nine of ten, less twice the standard error


def test_few_placebos_are_refused() -> None:
    y = _panel(1, n=4)
    with pytest.raises(QuestionError, match="placebo totals"):
        share_effect(y, 0, 20)


def test_bursts_are_cut_to_the_level_around_them() -> None:
    weeks = np.random.default_rng(1).poisson(6.0, (40, 60)).astype(float)
    plain, _ = cap_bursts(weeks)
    assert plain.sum() > 0.98 * weeks.sum()
    weeks[5, 30] += 60
    kept, level = cap_bursts(weeks)
    assert kept[5, 30] == pytest.approx(level[5, 30] + 0.5 * np.sqrt(level[5, 30]))
    assert kept[5, :30].sum() == pytest.approx(plain[5, :30].sum(), rel=0.05)


def test_a_burst_is_dated_and_an_operation_everywhere_singles_out_none() -> None:
    rng = np.random.default_rng(2)
    days = rng.poisson(rng.gamma(2.0, 0.4, (80, 1)), (80, 900)).astype(float)
    target = int(np.argsort(days.mean(1))[40])
    quiet = watch_bursts(days, target, [500])
    assert quiet is not None
    assert quiet.p > 0.02
    lone = days.copy()
    lone[target, 510:513] += 8
    found = watch_bursts(lone, target, [500])
    assert found is not None
    assert found.start is not None
    assert abs(found.start - 510) <= 1
    assert found.p <= 0.02
    assert found.low > 0
    assert found.elsewhere == 0
    everywhere = days.copy()
    everywhere[:, 510:513] += 8
    crowd = watch_bursts(everywhere, target, [500])
    assert crowd is not None
    assert crowd.p > 0.1
    assert crowd.elsewhere > 40
    days[target, 505] = np.nan
    assert watch_bursts(days, target, [500]) is None


@pytest.mark.slow
def test_false_bursts_are_as_rare_as_the_bar_says() -> None:
    rng = np.random.default_rng(4)
    days = rng.poisson(rng.gamma(2.0, 0.3, (120, 1)), (120, 700)).astype(float)
    hits = [
        found.p <= 0.05
        for unit in range(0, 120, 2)
        if (found := watch_bursts(days, unit, [int(rng.integers(200, 640))])) is not None
    ]
    assert np.mean(hits) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / len(hits))


def test_a_switch_of_method_is_dated_and_an_unsteady_mix_is_none() -> None:
    rng = np.random.default_rng(6)
    whole = rng.poisson(30.0, 40)
    part = rng.binomial(whole, np.where(np.arange(40) < 22, 0.85, 0.2))
    found = mix_switch(part, whole)
    assert found.is_switch
    assert found.low <= 22 <= found.high
    assert (found.before, found.after) == (pytest.approx(0.85, abs=0.08), pytest.approx(0.2, abs=0.08))
    unsteady, steady = [], []
    for seed in range(60):
        r = np.random.default_rng(seed)
        n = r.poisson(25.0, 40)
        unsteady.append(mix_switch(r.binomial(n, r.beta(4, 4, 40)), n, draws=99, seed=seed))
        few = r.poisson(4.0, 40)  # so few that the share of a steady mix moves by a fifth by chance
        steady.append(mix_switch(r.binomial(few, 0.4), few, draws=99, seed=seed))
    assert np.mean([one.is_switch for one in unsteady]) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)
    # of steady mixes p is spread evenly over 0 to 1: its mean has a standard error of 0.037
    assert np.mean([one.p for one in steady]) == pytest.approx(0.5, abs=0.15)
    with pytest.raises(QuestionError, match="at least 8"):
        mix_switch([1, 2, 3], [4, 5, 6])


def test_a_switch_is_scored_by_the_test_of_two_shares() -> None:
    """Nine periods on either side of the date, fewer at the ends; no fifth of a shift, no score."""
    rng = np.random.default_rng(8)
    n = rng.poisson(30.0, 40).astype(float)
    a = rng.binomial(n.astype(int), np.where(np.arange(40) < 22, 0.8, 0.3)).astype(float)
    found = _scores(a[None], n, 1.0)[0]
    for at in range(MIN_SIDE, 40 - MIN_SIDE + 1):
        left, right = slice(max(0, at - 9), at), slice(at, min(40, at + 9))
        m, k = n[left].sum(), n[right].sum()
        shift = a[right].sum() / k - a[left].sum() / m
        pooled = (a[left].sum() + a[right].sum()) / (m + k)
        z = abs(shift) / np.sqrt(pooled * (1 - pooled) * (1 / m + 1 / k))
        assert found[at - MIN_SIDE] == pytest.approx(z if abs(shift) >= 0.2 else 0.0)
    assert found.argmax() + MIN_SIDE == 22


def test_q_values_are_those_of_benjamini_and_hochberg() -> None:
    p = np.array([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216])
    order = p * 10 / np.arange(1, 11)
    by_hand = np.minimum.accumulate(order[::-1])[::-1]
    assert q_values(p) == pytest.approx(by_hand)
    with_none = q_values([0.02, np.nan, 0.5])
    assert with_none[0] == pytest.approx(0.04)
    assert np.isnan(with_none[1])


def test_any_frame_serves_and_mistakes_are_named() -> None:
    pandas = pytest.importorskip("pandas")
    y = _panel(2, n=40, periods=30)
    rows = [(f"u{i:02d}", t, y[i, t]) for i in range(40) for t in range(30)]
    long = pl.DataFrame(rows, schema=["place", "month", "n"], orient="row")
    columns = {"unit": "place", "time": "month", "value": "n"}
    one = share_effect(long, "u07", 20, **columns)
    two = share_effect(pandas.DataFrame(rows, columns=["place", "month", "n"]), "u07", 20, **columns)
    bare = share_effect(y, 7, 20)
    assert one.total == two.total == bare.total
    assert one.to_frame().shape == (30, 6)
    assert "u07" in one.summary()
    assert "u07" in repr(one)
    with pytest.raises(QuestionError, match="missing: absent"):
        panel_of(long, unit="place", time="month", value="absent")
    with pytest.raises(QuestionError, match="more than one row"):
        panel_of(pl.concat([long, long]), **columns)
    with pytest.raises(QuestionError, match="no unit"):
        share_effect(long, "u99", 20, **columns)


def test_every_result_has_a_frame_a_summary_and_a_short_form() -> None:
    from atlarge.effects import change_point, counterfactual, pooled_effect

    y = _panel(9, n=50)
    starts = np.full(50, -1)
    starts[:5] = 20
    path = counterfactual(y, 3, 24)
    pooled = pooled_effect(y, starts, draws=40)
    for found in (share_effect(y, 3, 24).total, path, pooled, change_point(y[3])):
        assert len(repr(found)) < 200
        assert "\n" in found.summary()
        assert found.to_frame().height >= 1
    assert path.to_frame().height == 40
    assert pooled.to_frame()["time"].to_list() == list(range(-6, 12))


def test_a_chance_is_never_less_than_among_the_placebos_of_the_same_date() -> None:
    """Errors drawn wider below at one date: its chance is counted by hand, with ten placebos of all dates."""
    rng = np.random.default_rng(5)
    units, dates = np.divmod(np.arange(60 * 20), 20)
    expected = np.full(len(units), 40.0)
    observed = rng.poisson(expected).astype(float)
    observed[dates == 7] = rng.poisson(np.where(rng.random(60) < 0.3, 12.0, 40.0))
    steady = np.zeros(len(units))
    usual = learn_errors(observed, expected, steady, units, dates)
    here = learn_errors(observed, expected, steady, units, dates, here=7)
    at = float(np.quantile(here.same, 0.2))
    pooled = ((here.z <= at).mean() * here.blocks + 1) / (here.blocks + 1)
    by_hand = ((here.same <= at).sum() + 10 * pooled) / (60 + 10)
    assert (len(usual.same), len(here.same)) == (0, 60)
    assert by_hand > pooled
    assert here.tail(at)[1] == pytest.approx(by_hand)
    assert here.tail(here._bar(0.05))[0] <= 0.05
    assert here.tail(here._bar(0.05) - 0.3)[0] > 0.05


@pytest.mark.parametrize("alpha", [0.01, 0.03, 0.1, 0.5])
@pytest.mark.parametrize(("n_units", "n_dates"), [(5, 6), (12, 4), (40, 20)])
def test_power_and_least_effect_are_those_of_the_test_itself(
    n_units: int, n_dates: int, alpha: float
) -> None:
    """However large: an excess that no p can show is never called detectable; else p tells it from less."""
    units, dates = np.divmod(np.arange(n_units * n_dates), n_dates)
    expected = np.full(len(units), 30.0)
    observed = np.random.default_rng(n_units).poisson(expected).astype(float)
    model = learn_errors(observed, expected, np.zeros(len(units)), units, dates, here=2)
    judged = model.judge(1e6, 30.0 * model.factor, 0.0, alpha=alpha)
    assert (judged.mde is None) == (judged.p_high > alpha)
    if judged.mde is None:
        assert judged.power == 0
        return
    nothing = model.draw(judged.expected, 0.0, model.z)
    found = [model.judge(one + judged.mde + 1e-6, judged.expected, 0.0).p_high <= alpha for one in nothing]
    missed = [model.judge(one + judged.mde - 0.5, judged.expected, 0.0).p_high <= alpha for one in nothing]
    assert np.mean(found) >= 0.8 > np.mean(missed)


def test_questions_that_the_data_do_not_allow_are_refused_in_one_line() -> None:
    y = np.random.default_rng(3).poisson(12, (40, 48)).astype(float)

    def changed(row: int, period: int | slice, value: float) -> np.ndarray:
        other = y.copy()
        other[row, period] = value
        return other

    months = [f"{2015 + k // 12}-{k % 12 + 1:02}-01" for k in range(48)]
    long = pl.DataFrame(
        {
            "place": np.repeat([f"u{k}" for k in range(40)], 48),
            "month": months * 40,
            "n": y.ravel(),
        }
    ).with_columns(pl.col("month").str.to_date())
    named = {"unit": "place", "time": "month", "value": "n"}
    cases = [
        (y[0], 0, 30, {}, "1 dimension"),
        (y, 0, 0, {}, "only 0 of the periods before"),
        (y, 0, 4, {}, "only 4 of the periods before"),
        (y, 0, 48, {}, "after the last of 48 periods"),
        (y, 99, 30, {}, "no unit 99"),
        (y, 0, 30, {"end": 30}, "ends before its first"),
        (changed(5, 5, -1.0), 0, 30, {}, "5 has -1 in 5"),
        (changed(5, 5, np.inf), 0, 30, {}, "5 has inf in 5"),
        (changed(0, 35, np.nan), 0, 30, {}, "no record in 35"),
        (changed(0, slice(None), 0.0), 0, 30, {}, "zero"),
        (long, "u0", "spring", named, "not a time as in"),
        (long, "u0", "2030-01-01", named, "after the last"),
        (long.vstack(long[:1]), "u0", "2018-04-01", named, "more than one row"),
        (long.filter(pl.col("month") != pl.date(2016, 9, 1)), "u0", "2018-04-01", named, "not evenly spaced"),
        (long.with_columns(n=pl.lit("many")), "u0", "2018-04-01", named, "n is not a number"),
        (long, "u0", "2018-04-01", {}, "name the columns"),
    ]
    for data, unit, start, more, why in cases:
        with pytest.raises(QuestionError, match=why) as refused:
            share_effect(data, unit, start, **more)
        assert "\n" not in str(refused.value)


def test_a_day_as_text_is_the_day() -> None:
    y = np.random.default_rng(3).poisson(12, (40, 48)).astype(float)
    months = pl.date_range(pl.date(2015, 1, 1), pl.date(2018, 12, 1), "1mo", eager=True)
    long = pl.DataFrame({"u": np.repeat(np.arange(40), 48), "t": months.to_list() * 40, "n": y.ravel()})
    for frame in (long, long.with_columns(pl.col("t").cast(pl.Datetime))):
        found = share_effect(frame, 0, "2017-07-01", unit="u", time="t", value="n")
        assert found.total == share_effect(y, 0, 30).total


@pytest.mark.parametrize("seed", range(4))
def test_forecasts_of_some_units_are_those_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.poisson(rng.gamma(2, 8, (30, 1)), (30, 30)).astype(float)
    if seed % 2:
        y[rng.random(y.shape) < 0.05] = np.nan
    group = np.array(list("abc"))[rng.integers(0, 3, 30)] if seed > 1 else None
    pool = rng.random((3, 30)) < 0.8
    starts, shared = [10, 14, 20], {"capped": np.minimum(y, 30), "pool": pool, "group": group}
    whole = expected_counts(y, starts, 6, **shared)
    some = rng.permutation(30)[:7]
    part = ShareForecast(y, starts, 6, **shared).of(some)
    assert part == pytest.approx(whole[some], nan_ok=True)
    # by hand, one unit and date: memories on the counts as they are and on capped ones, geometric mean
    if group is None and seed == 0:
        others = pool[1] & (np.arange(30) != some[0])
        memories = []
        for decay, values in ((0.65, y), (0.88, np.minimum(y, 30))):
            weight = decay ** np.arange(13, -1, -1)
            share = (values[some[0], :14] @ weight) / (values[others][:, :14].sum(0) @ weight)
            memories.append(share * y[others, 16].sum() + 0.05)
        assert part[0, 1, 2] == pytest.approx(np.sqrt(memories[0] * memories[1]) - 0.05)


def test_a_grid_can_be_sent_to_another_process() -> None:
    y = np.random.default_rng(3).poisson(20, (40, 40)).astype(float)
    grid = placebo_grid(y, 0, 30, 6, first=4)
    again = pickle.loads(pickle.dumps(grid))
    assert again.judge(np.arange(6)) == grid.judge(np.arange(6))
    assert again.expected == pytest.approx(grid.expected, nan_ok=True)

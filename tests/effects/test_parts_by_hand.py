"""Parts of a change, switches of a mix, frames and printed results: counted, or from the formulas."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from scipy import stats

from atlarge.effects import (
    PlaceboGrid,
    Ratio,
    decompose,
    kitagawa,
    mix_switch,
    panel_of,
    placebo_grid,
    pool_ratio,
    q_values,
)
from atlarge.effects.decompose import Surroundings, began_at, paired_errors, surroundings, transfer_ratio
from atlarge.effects.results import EventTimes, Paths, Result
from atlarge.errors import QuestionError


def _drawn(seed: int, n: int = 30, periods: int = 30) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    level = rng.gamma(4, 6, (n, 1))
    return rng.poisson(level, (n, periods)).astype(float), rng.poisson(2 * level, (n, periods)).astype(float)


@pytest.mark.parametrize("seed", range(3))
def test_the_rate_is_pooled_over_gains_and_losses_of_the_others(seed: int) -> None:
    y, x = _drawn(seed)
    starts = np.full(30, -1)
    starts[[0, 2, 4, 6, 8, 10]] = [18, 18, 21, 26, 28, 18]
    moved = np.zeros(y.shape, dtype=bool)
    for unit in np.flatnonzero(starts >= 0):
        x[unit, starts[unit] :] *= 0.4
        y[unit, starts[unit] :] += 0.2 * x[unit, starts[unit] :]
        moved[unit, starts[unit]] = True
    x[10, 20] = np.nan  # a total that is not known says nothing
    main, path = (placebo_grid(one, 0, 18, 8, changed=moved) for one in (y, x))
    found = []
    for unit in (2, 4, 6):  # the target gives nothing, the fifth has but two periods of eight
        start = starts[unit]
        n = min(8, 30 - start)
        row = []
        for grid, one in ((main, y), (path, x)):
            model = grid.errors(np.arange(n))
            expected = grid.expected[unit, start - 6, :n].sum() * model.factor
            unsteady = grid.unsteady[unit, start - 6]
            z = (model.quantile(0.84) - model.quantile(0.16)) / 2
            size = 2 * math.sqrt(expected + 0.4) * float(model.size(expected, unsteady)) * z
            change = one[unit, start : start + n].sum() - expected
            row.append((change * 8 / n, size * 8 / n, one[unit, start - 12 : start].mean() * 8))
        (gain, gain_se, _), (loss, loss_se, before) = row
        found.append((gain, -loss, gain_se, loss_se, before))
    pooled = pool_ratio(*np.array(found).T, level=0.8)
    own = transfer_ratio(main, path, starts, 0, 8, level=0.8)
    for name in ("value", "se", "between", "low", "high", "n", "is_known"):
        assert getattr(own, name) == pytest.approx(getattr(pooled, name), rel=1e-6), name
    none = transfer_ratio(main, path, np.where(np.arange(30) == 0, 18, -1), 0, 8)
    assert (none.is_known, none.n, none.value, none.low, none.high) == (False, 0, 0.5, 0.0, 1.0)


def test_without_noise_the_chances_of_the_residual_are_those_of_its_units() -> None:
    level = np.linspace(5, 60, 30)
    trend = 1 + 0.2 * np.cos(np.arange(30) / 3)
    y, x = level[:, None] * trend, 2 * level[:, None] * trend[::-1]
    x[4, 18:] -= 6.0
    half = Ratio(0.5, 0.0, 0.0, 0.5, 0.5, 20, True)
    for more, high, two in ((60.0, None, None), (3.0, 0.5, 1.0), (-60.0, 1.0, None), (-2.0, 1.0, None)):
        other = y.copy()
        other[4, 18:] = np.maximum(other[4, 18:] + more, 0)
        found = decompose(other, x, 4, 18, ratio=half)
        smallest = 1 / (found.outcome.n_units + 1)
        assert found.outcome.n_units >= 12
        assert found.p_residual_high == pytest.approx(smallest if high is None else high, abs=0.05)
        assert found.p_residual == pytest.approx(2 * smallest if two is None else two, abs=0.09)
    # of 72 lost half turn up, give or take what chance gives to 72 draws of one half
    reach = stats.norm.ppf(0.95) * math.sqrt(72 / 4)
    assert found.substitution.value == pytest.approx(36.0)
    assert found.substitution.low == pytest.approx(36 - reach, rel=0.02)
    assert found.substitution.high == pytest.approx(36 + reach, rel=0.02)
    assert found.periods.tolist() == list(range(18, 30))
    same = decompose(other, x, 4, 18, ratio=half, draws=50, seed=3)
    assert same.substitution.value == found.substitution.value
    assert same.substitution.low != found.substitution.low
    # what grew has lost nothing, and nothing of it can turn up
    x[4, 18:] += 30.0
    grown = decompose(y, x, 4, 18, ratio=half)
    assert grown.loss.value == pytest.approx(-24 * 12)
    assert (grown.substitution.value, grown.substitution.low, grown.substitution.high) == (0, 0, 0)


def test_the_parts_are_bounded_by_the_draws_and_hold_their_values() -> None:
    y, x = _drawn(3)
    x[0, 20:] *= 0.4
    widths = []
    for level in (0.9, 0.5):
        found = decompose(y, x, 0, 20, ratio=Ratio(0.3, 0.1, 0.1, 0.0, 0.6, 8, True), level=level)
        for part in (found.trend, found.substitution, found.residual, found.effect, found.loss):
            assert part.low <= part.value <= part.high
        assert found.trend.value == pytest.approx(found.observed - found.baseline - found.effect.value)
        assert found.trend.high - found.trend.low == pytest.approx(found.effect.high - found.effect.low)
        assert found.loss.value == pytest.approx(-found.exposure.effect)
        widths.append(found.residual.high - found.residual.low)
    assert widths[0] > widths[1]


def test_a_loss_that_set_in_before_the_date_reaches_back() -> None:
    y, x = _drawn(5, n=40, periods=40)
    x[0] = np.random.default_rng(1).poisson(60.0, 40)
    quiet = decompose(y, x, 0, 28, range(28, 34), ratio=Ratio(0.3, 0.1, 0.1, 0.0, 0.6, 8, True))
    assert (quiet.loss.low, quiet.loss.high) == (-quiet.exposure.high, -quiet.exposure.low)
    x[0, 22:] *= 0.4
    found = decompose(y, x, 0, 28, range(28, 34), ratio=Ratio(0.3, 0.1, 0.1, 0.0, 0.6, 8, True))
    moved = np.zeros(x.shape, dtype=bool)
    path = placebo_grid(x, 0, 28, 18, changed=moved, calibrated_on=np.arange(6))
    left = path.departure()
    assert left is not None
    early = path.judge(np.arange(6) + left.lag, start=left.start)
    assert found.loss.value == pytest.approx(-found.exposure.effect)
    assert found.loss.high == pytest.approx(max(-found.exposure.low, -early.low))
    assert found.loss.low == pytest.approx(min(-found.exposure.high, -early.high))
    assert found.loss.high > 150  # of 36 a period over six periods, with what was lost before


def test_errors_are_paired_by_unit_and_date() -> None:
    y, x = _drawn(6)
    x[7] = 0.1  # too small to be a placebo in the second
    x[9, 10] = np.nan
    one, two = placebo_grid(y, 0, 20, 5), placebo_grid(x, 0, 20, 5)
    ahead = np.arange(5)
    first, second = one.standard_errors(ahead), two.standard_errors(ahead)
    rows = {int(u): k for k, u in enumerate(two.rows) if u >= 0}
    pairs = [
        (first[u, d], second[rows[u], d])
        for u in range(30)
        for d in range(first.shape[1])
        if u in rows and np.isfinite(first[u, d]) and np.isfinite(second[rows[u], d])
    ]
    assert paired_errors(one, two, ahead) == pytest.approx(np.array(pairs))


@pytest.mark.parametrize("seed", range(5))
def test_when_a_rise_began_is_a_matter_of_two_likelihoods(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.negative_binomial(6, 0.4, 30) * np.where(np.arange(30) < 15, 1.0, 2.0)
    own = counts.copy()
    if seed > 2:
        own[4] = np.nan
    seen = own[np.isfinite(own)]
    where = np.flatnonzero(np.isfinite(own))
    here = 15 + seed % 2
    log = []
    for k in range(2, len(seen) - 1):
        a, b = seen[:k].mean(), seen[k:].mean()
        gain = stats.poisson.logpmf(seen[:k], a).sum() + stats.poisson.logpmf(seen[k:], b).sum()
        gain -= stats.poisson.logpmf(seen, seen.mean()).sum()
        log.append((gain, b > a, k))
    _, _, best = max(log)
    mean = np.where(np.arange(len(seen)) < best, seen[:best].mean(), seen[best:].mean())
    spread = max(1.0, ((seen - mean) ** 2 / mean).sum() / (len(seen) - 2))
    weight = {k: math.exp((gain if rises else 0.0) / spread) for gain, rises, k in log}
    at = int(np.searchsorted(where, here))
    near = np.mean([weight[k] for k in (at - 1, at, at + 1)])
    assert began_at(own, here) == pytest.approx(near / (near + np.mean(list(weight.values()))))


@pytest.mark.parametrize(("here", "is_known"), [(0, False), (1, True), (28, True), (29, True), (30, False)])
def test_a_date_at_either_end_says_nothing_of_when_a_rise_began(here: int, is_known: bool) -> None:
    counts = np.where(np.arange(30) < 15, 3.0, 9.0)
    assert (began_at(counts, here) != 0.5) is is_known


def test_a_gain_around_with_no_other_units_is_judged_by_its_own_months() -> None:
    own = np.array([4.0, 6, 5, np.nan, 3, 7, 5, 5, 9, 14, 12, 11, 10, np.nan])
    before, after = np.arange(14) < 8, np.arange(14) >= 8

    def none() -> PlaceboGrid:
        raise QuestionError("no others")

    found = surroundings(none, np.arange(6), own, before, after)
    earlier, later = own[:8][~np.isnan(own[:8])], own[8:13]
    gain = later.sum() - 5 * earlier.mean()
    spread = max(earlier.var(), earlier.mean())
    assert found.gain == pytest.approx(gain)
    assert found.size == pytest.approx(math.sqrt(spread * 5 * (1 + 5 / 7) + gain))
    assert found.errors == pytest.approx(stats.norm.ppf((np.arange(200) + 0.5) / 200))
    assert found.began == began_at(own, 8)
    nothing = surroundings(none, np.arange(6), np.full(14, np.nan), before, after)
    assert (nothing.gain, nothing.size) == (0.0, 1.0)


@pytest.mark.parametrize("began", [1.0, 0.4])
@pytest.mark.parametrize(
    ("gain", "size", "loss"), [(30.0, 10.0, 50.0), (-4.0, 3.0, 10.0), (900.0, 2.0, 40.0)]
)
def test_the_chance_that_a_gain_is_the_loss_follows_from_its_error(
    began: float, gain: float, size: float, loss: float
) -> None:
    moved = np.mean(stats.norm.pdf((gain - np.linspace(0, loss, 20_001)) / size))
    none = stats.norm.pdf(gain / size)
    expected = began * 0.35 * moved / max(0.35 * moved + 0.65 * none, 1e-300)
    found = Surroundings(gain, size, np.zeros(1), began).chance(loss)
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_a_switch_of_a_mix_has_the_shares_and_the_dates_that_its_counts_have(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = rng.poisson(20.0, 36).astype(float)
    n[[3, 30]] = [0.0, 2.0]
    a = rng.binomial(n.astype(int), np.where(np.arange(36) < 20, 0.75, 0.3)).astype(float)
    n[7] = np.nan
    where = [t for t in range(36) if t != 7]
    m, k = n[where], a[where]
    good = m >= 3
    x, size = k[good] / m[good], m[good]
    share = min(max(k[good].sum() / size.sum(), 0.02), 0.98)
    ratios = sorted(
        (q - p) ** 2 / (share * (1 - share) * (1 / v + 1 / w))
        for (p, v), (q, w) in pairwise(zip(x, size, strict=True))
    )
    spread = max(1.0, 1.15 * float(np.mean(ratios[:-2])))
    scores = {}
    for at in range(3, 33):
        left, right = slice(max(0, at - 9), at), slice(at, at + 9)
        before, after = k[left].sum() / m[left].sum(), k[right].sum() / m[right].sum()
        both = (k[left].sum() + k[right].sum()) / (m[left].sum() + m[right].sum())
        error = math.sqrt(spread * both * (1 - both) * (1 / m[left].sum() + 1 / m[right].sum()))
        enough = min(m[left].sum(), m[right].sum()) >= 10 and abs(after - before) >= 0.2
        scores[at] = (abs(after - before) / error if enough else 0.0, before, after)
    best = max(scores, key=lambda at: scores[at][0])
    found = mix_switch(a, n, draws=99)
    assert found.index == where[best]
    assert (found.before, found.after) == pytest.approx(scores[best][1:])
    near = [at for at, (score, *_) in scores.items() if score >= scores[best][0] - 1.645]
    assert (found.low, found.high) == (where[min(near)], where[max(near)])
    assert 100 * found.p == pytest.approx(round(100 * found.p))
    assert found.is_switch
    assert not mix_switch(a, n, draws=9).is_switch  # one of ten is no twentieth
    assert mix_switch(a, n, draws=9, alpha=0.2).is_switch == (found.p < 0.2)


@pytest.mark.parametrize(("periods", "events", "is_enough"), [(8, 20, True), (7, 80, False), (8, 19, False)])
def test_a_switch_needs_eight_periods_and_twenty_events(periods: int, events: int, is_enough: bool) -> None:
    whole = np.full(periods, events // periods)
    whole[: events - whole.sum()] += 1
    if is_enough:
        assert mix_switch(whole, whole, draws=9).p == 1.0
    else:
        with pytest.raises(QuestionError, match="at least 8 and 20"):
            mix_switch(whole, whole)


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_errors_of_a_change_of_shares_are_those_of_poisson_counts(confidence: float) -> None:
    """Of a change of a share in one group, by hand: cases c of n, others o; slopes o / n^2 and -c / n^2."""
    frame = pl.DataFrame({"group": ["a", "a"], "period": [1, 2], "size": [50, 80], "cases": [20, 48]})
    found = kitagawa(frame, confidence=confidence)
    variance = sum((o / n**2) ** 2 * c + (c / n**2) ** 2 * o for n, c, o in ((50, 20, 30), (80, 48, 32)))
    reach = stats.norm.ppf(0.5 + confidence / 2) * math.sqrt(variance)
    assert found.change.value == pytest.approx(0.2)
    assert (found.change.low, found.change.high) == pytest.approx((0.2 - reach, 0.2 + reach), rel=1e-5)
    assert found.composition.value == pytest.approx(0)
    assert found.within.to_dict() == pytest.approx(
        {"value": 0.2, "low": 0.2 - reach, "high": 0.2 + reach}, rel=1e-5
    )
    for wrong in (0.0, 1.0):
        with pytest.raises(QuestionError, match="lies between 0 and 1"):
            kitagawa(frame, confidence=wrong)


def test_groups_without_any_unit_in_both_periods_are_left_out() -> None:
    frame = pl.DataFrame({
        "group": [*"abab", "c"], "period": [1, 1, 2, 2, 3],
        "size": [10, 0, 20, 0, 5], "cases": [5, 0, 5, 0, 1],
    })  # fmt: skip
    found = kitagawa(frame, before=1, after=2)
    assert found.groups == ("a",)
    assert found.weights.tolist() == [[1.0], [1.0]]
    for periods in ((1, 1), (1, 9)):
        with pytest.raises(QuestionError, match="must be two of its periods"):
            kitagawa(frame, before=periods[0], after=periods[1])
    rows = found.summary().splitlines()
    assert rows[0] == "share: 50.0% before, 25.0% after"
    value, low, high = (100 * getattr(found.within, name) for name in ("value", "low", "high"))
    assert rows[3] == f"other shares within groups: {value:+.1f} points ({low:+.1f} to {high:+.1f})"


@pytest.mark.parametrize("seed", range(3))
def test_false_discovery_rates_of_any_shape_leave_what_is_missing_out(seed: int) -> None:
    p = np.random.default_rng(seed).beta(0.5, 2.0, (4, 6))
    p[1, 2] = p[3, 5] = np.nan
    found = q_values(p)
    known = p[~np.isnan(p)]
    assert found[~np.isnan(p)] == pytest.approx(stats.false_discovery_control(known))
    assert np.isnan(found[1, 2])
    for wrong in (1.5, -0.5):
        with pytest.raises(QuestionError, match="0 to 1"):
            q_values([0.1, wrong])


def _months(n: int, kind: type) -> list[dt.date]:
    return [kind(2020 + k // 12, k % 12 + 1, 1) for k in range(n)]


@pytest.mark.parametrize("kind", [dt.date, dt.datetime])
@pytest.mark.parametrize(
    ("wanted", "column"),
    [("2020-03-01", 2), ("2020-02-15", 2), (dt.date(2020, 5, 2), 5), (dt.datetime(2020, 1, 1), 0)],
)
def test_a_period_is_the_first_at_or_after_a_day(kind: type, wanted: object, column: int) -> None:
    times = _months(7, kind)
    frame = pl.DataFrame({"u": ["a"] * 7, "t": times, "n": range(7)})
    panel = panel_of(frame, unit="u", time="t", value="n")
    assert panel.column(wanted) == column
    with pytest.raises(QuestionError, match="after the last of 7 periods"):
        panel.column("2020-07-02")
    with pytest.raises(QuestionError, match="not a time as in"):
        panel.column("soon")
    assert panel.row("a") == 0
    with pytest.raises(QuestionError, match="no unit 'b'; there are 1: a"):
        panel.row("b")


def test_months_are_even_and_a_missing_one_is_found_wherever_it_lies() -> None:
    times = _months(9, dt.date)
    for gone in range(1, 8):
        some = [t for k, t in enumerate(times) if k != gone]
        frame = pl.DataFrame({"u": ["a"] * 8, "t": some, "n": range(8)})
        with pytest.raises(QuestionError, match=f"from {times[gone - 1]} to {times[gone + 1]}"):
            panel_of(frame, unit="u", time="t", value="n")
    for ends in (times[1:], times[:-1], [0, 1], [0, 5], [1.0, 2.0, 3.3], ["a", "b", "x"]):
        frame = pl.DataFrame({"u": ["a"] * len(ends), "t": ends, "n": range(len(ends))})
        assert panel_of(frame, unit="u", time="t", value="n").values.tolist() == [list(range(len(ends)))]


@pytest.mark.parametrize("values", [["3", None, "4.5"], [True, None, False], [3, None, 1]])
def test_numbers_may_be_text_or_missing(values: list[object]) -> None:
    frame = pl.DataFrame({"u": ["a", "a", "b"], "t": [1, 2, 2], "n": values})
    panel = panel_of(frame, unit="u", time="t", value="n")
    assert panel.units == ("a", "b")
    first, last = float(values[0]), float(values[2])  # type: ignore[arg-type]
    assert panel.values == pytest.approx(np.array([[first, np.nan], [np.nan, last]]), nan_ok=True)
    assert np.asarray(panel) is panel.values
    assert repr(panel) == "<Panel: 2 units x 2 periods>"
    rows = panel.to_frame()
    assert rows["unit"].to_list() == ["a", "a", "b", "b"]
    assert rows["time"].to_list() == [1, 2, 1, 2]
    with pytest.raises(QuestionError, match="empty in some row"):
        panel_of(frame.with_columns(u=pl.Series(["a", None, "b"])), unit="u", time="t", value="n")


@dataclass(frozen=True, repr=False)
class _Found(Result):
    effect: float
    low: float
    high: float
    n: int
    is_clear: bool
    nothing: float | None
    path: np.ndarray


def test_a_result_prints_its_numbers_with_four_figures() -> None:
    found = _Found(1234.567, -0.0123456, np.float64(9.0), 12, True, None, np.zeros(3))
    assert repr(found) == "<_Found: effect 1235, low -0.01235, high 9, n 12>"
    assert found.summary().splitlines() == [
        "effect: 1235", "low: -0.01235", "high: 9", "n: 12", "is_clear: True", "nothing: None",
    ]  # fmt: skip
    assert found.to_frame().row(0) == (1234.567, -0.0123456, 9.0, 12, True, None)


def test_event_times_and_paths_are_drawn_with_their_intervals() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    events = EventTimes()
    events.event_time, events.event_ratio = np.array([-2, -1, 0, 1]), np.array([1.0, 1.1, 1.5, 2.0])
    events.event_low, events.event_high = events.event_ratio - 0.25, events.event_ratio + 0.5
    ax = events.plot()
    (bars,) = ax.containers
    segments = bars.lines[2][0].get_segments()
    assert [(s[0][0], s[0][1], s[1][1]) for s in segments] == [
        (t, r - 0.25, r + 0.5) for t, r in zip([-2, -1, 0, 1], [1.0, 1.1, 1.5, 2.0], strict=True)
    ]
    assert -0.5 in [line.get_xdata()[0] for line in ax.lines]
    path = Paths()
    path.observed, path.fitted, path.post = np.arange(4.0), np.arange(4.0) + 1, np.arange(4) > 2
    path.low, path.high = path.fitted - 2, path.fitted + 2
    rows = path.to_frame()
    assert rows["is_after"].to_list() == [False, False, False, True]
    assert rows["high"].to_list() == [3.0, 4.0, 5.0, 6.0]
    (band,) = path.plot().collections
    corners = {(float(x), float(v)) for x, v in band.get_paths()[0].vertices}
    assert corners == {(t, t + 1 + side) for t in range(4) for side in (-2, 2)}

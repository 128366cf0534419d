"""The estimate pooled over many places, through small stores of drawn counts and a registry of their own."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from small_store import FIRST, JAIL, LARGE, LAST, POLICY

from atlarge.effects import pooled_effect
from atlarge.errors import QuestionError
from atlarge.explain.pooled_answer import by_decision, pooled
from atlarge.policies import Policy
from atlarge.reference import table
from simulated_files import Span, counted_store

DAYS = (LAST - FIRST).days + 1
MONTHS = [dt.date(2015 + (9 + k) // 12, (9 + k) % 12 + 1, 1) for k in range(47)]
FACTOR = {LARGE: 1.5, JAIL: 0.5}


def _policy(name: str, fips: str | None, day: dt.date, **more: Any) -> Policy:
    given = {"announced": None, "ended": None, "effective": day, "latest": day, **more}
    return replace(POLICY, id=name, fips=fips, **given)


def _counties(number: int) -> list[str]:
    """Counties of states without any other of them in question, and with no office of their own."""
    seats = table("offices")["seat_county_fips"].drop_nulls()
    known = table("counties").filter(
        pl.col("state").is_in(["IA", "KS", "NE"])
        & (pl.col("vintage") == "all")
        & ~pl.col("fips").is_in(seats.implode())
    )
    return known["fips"].to_list()[:number]


def _store(folder: Path, counts: dict[tuple[str, str], np.ndarray]) -> Path:
    """A store of daily counts by county and method."""
    days = pl.date_range(FIRST, LAST, "1d", eager=True)
    parts = [
        pl.DataFrame({"date": days, "n": n}).with_columns(county_fips=pl.lit(fips), method=pl.lit(method))
        for (fips, method), n in counts.items()
    ]
    one_office = pl.DataFrame({"date": [FIRST], "n": [1], "office": ["???"], "method": [JAIL]})
    rows = pl.concat([*parts, one_office], how="diagonal").filter(pl.col("n") > 0)
    return counted_store(folder, rows, Span("only", FIRST, LAST))


def _monthly(counts: np.ndarray) -> np.ndarray:
    """Sums by calendar month of counts by day [..., days]."""
    edges = [(day - FIRST).days for day in MONTHS]
    return np.add.reduceat(counts.astype(float), edges, axis=-1)


@pytest.fixture(scope="module")
def drawn() -> dict[tuple[str, str], np.ndarray]:
    """Sixty counties; twelve have half again the arrests and half the handoffs from their own month on."""
    rng = np.random.default_rng(2)
    counts = {}
    for k, fips in enumerate(_counties(60)):
        for method, factor in FACTOR.items():
            rate = np.ones(DAYS)
            if k < 12:
                rate[(MONTHS[12 + 2 * k] - FIRST).days :] *= factor
            counts[fips, method] = rng.poisson(rate)
    return counts


@pytest.fixture(scope="module")
def registry() -> list[Policy]:
    return [_policy(f"p{k}", fips, MONTHS[12 + 2 * k]) for k, fips in enumerate(_counties(12))]


@pytest.mark.slow
def test_a_planted_rise_and_fall_are_found_and_are_the_engines_numbers(
    tmp_path: Path, drawn: dict[tuple[str, str], np.ndarray], registry: list[Policy]
) -> None:
    found = pooled(_store(tmp_path / "s", drawn), direction="limits", registry=registry)
    counties = sorted(_counties(60))
    starts = np.array([12 + 2 * k if k < 12 else -1 for k in range(60)])
    assert counties == _counties(60)
    assert [row["place"] for row in found["localities"]] == counties[:12]
    assert [row["policy"] for row in found["localities"]] == [p.id for p in registry]
    assert (found["decisions"], found["comparison"]) == (12, 48)
    assert (found["direction"], found["scheme"], found["method"]) == ("limits", "ddp", "imputation")
    for measure, method in (("at_large", LARGE), ("handoffs", JAIL)):
        ratio = found[measure]["ratio"]
        assert ratio["low"] <= FACTOR[method] <= ratio["high"]
        assert ratio["value"] == pytest.approx(FACTOR[method], rel=0.08)  # 3,000 counts: 2 standard errors
        matrix = _monthly(np.array([drawn[fips, method] for fips in counties]))
        engine = pooled_effect(matrix, starts, horizon=12, level=0.9)
        assert [ratio["value"], ratio["low"], ratio["high"]] == [
            round(v, 2) for v in (engine.ratio, engine.low, engine.high)
        ]
        assert found[measure]["p"] == round(engine.p, 4)
        assert found[measure]["extra"] == round(engine.extra, 1)
        assert (found[measure]["localities"], found[measure]["comparison"]) == (12, 48)
        events = found[measure]["event_time"]
        assert [e["month"] for e in events] == engine.event_time.tolist()
        assert [e["ratio"] for e in events] == np.round(engine.event_ratio, 3).tolist()
        assert [e["low"] for e in events] == np.round(engine.event_low, 3).tolist()
        assert [e["high"] for e in events] == np.round(engine.event_high, 3).tolist()
        assert [e["localities"] for e in events] == engine.event_units.tolist()


@pytest.mark.slow
def test_places_need_six_months_and_two_handoffs_a_month_before_and_a_law_is_one_witness(
    tmp_path: Path,
) -> None:
    """Half a handoff a day is fifteen a month, a hundredth is a third; which places are left is by hand."""
    early, late, few, *rest = _counties(40)
    nebraska = table("counties").filter(pl.col("state") == "DC")["fips"].to_list()
    rates = dict.fromkeys([early, late, few, *nebraska, *rest], 0.5)
    rates[few] = rates[rest[0]] = 0.01
    rng = np.random.default_rng(4)
    counts = {
        (fips, method): rng.poisson(1.0 if method == LARGE else rate, DAYS)
        for fips, rate in rates.items()
        for method in FACTOR
    }
    store = _store(tmp_path / "s", counts)
    known = [
        _policy("too-early", early, MONTHS[5]),
        _policy("in-time", late, MONTHS[6]),
        _policy("too-few", few, MONTHS[20]),
        _policy("law", None, MONTHS[30], level="state", state="DC"),
        _policy("other-way", rest[1], MONTHS[9], direction="extends"),
    ]
    found = pooled(store, direction="limits", registry=known)
    assert [(row["place"], row["policy"]) for row in found["localities"]] == sorted(
        [(late, "in-time"), *((fips, "law") for fips in nebraska)]
    )
    assert found["decisions"] == 2
    assert found["comparison"] == len(rest) - 2  # one has too few handoffs, one changed the other way
    with pytest.raises(QuestionError, match="only 1 localities"):
        pooled(store, direction="limits", registry=known[:3])
    with pytest.raises(QuestionError, match="no direction 'sideways'"):
        pooled(store, direction="sideways", registry=known)


def test_what_cannot_be_pooled_has_the_reason_in_place_of_numbers(tmp_path: Path) -> None:
    """Both places changed: none is left to compare with."""
    places = _counties(2)
    rng = np.random.default_rng(5)
    counts = {(fips, method): rng.poisson(1.0, DAYS) for fips in places for method in FACTOR}
    known = [_policy(f"p{k}", places[k], MONTHS[20]) for k in range(2)]
    found = pooled(_store(tmp_path / "s", counts), direction="limits", registry=known)
    assert found["handoffs"]["ratio"] == {"value": None, "low": None, "high": None}
    assert (found["handoffs"]["p"], bool(found["handoffs"]["note"])) == (None, True)


def test_rows_of_one_decision_are_added_up() -> None:
    y = np.arange(12.0).reshape(4, 3)
    total, begun = by_decision(y, np.array([2, 2, 1, -1]), ["law", "law", "sheriff", "quiet"])
    np.testing.assert_array_equal(total, [y[0] + y[1], y[2], y[3]])
    assert begun.tolist() == [2, 1, -1]

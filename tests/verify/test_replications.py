"""Replications: the estimator finds a planted effect, and published numbers come out of the records."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

pytestmark = pytest.mark.slow_file

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


def _panel(effect: float, seed: int, units: int = 60, periods: int = 40) -> pl.DataFrame:
    """Counts of units and periods with levels, a common trend, and an effect in a third of the units."""
    draw = np.random.default_rng(seed)
    level, trend = draw.uniform(1, 4, (units, 1)), np.cumsum(draw.normal(0, 0.1, periods))
    start = np.where(np.arange(units) < units // 3, draw.integers(10, 30, units), periods)
    treated = np.arange(periods) >= start[:, None]
    n = draw.poisson(np.exp(level + trend + np.log1p(effect) * treated))
    unit, period = (a.ravel() for a in np.indices((units, periods)))
    return pl.DataFrame(
        {"place": unit, "period": period, "n": n.ravel(), "treated": treated.ravel().astype(int)}
    )


@pytest.mark.parametrize("effect", [-1 / 3, 0.0, 0.5])
def test_the_estimator_finds_a_planted_effect(effect: float) -> None:
    from replications.result import poisson_did

    inside = []
    for seed in range(6):
        mean, low, high = poisson_did(_panel(effect, seed))
        inside.append(low <= effect <= high)
        assert mean == pytest.approx(effect, abs=0.12)
    assert sum(inside) >= 4


def test_agreement_is_by_tolerance_or_interval() -> None:
    from replications.result import Result

    assert Result("s", "r", "", 100, 100.4).agrees is True
    assert Result("s", "r", "", 100, 100.6).agrees is False
    assert Result("s", "r", "", -0.33, -0.2, low=-0.4, high=0.0).agrees is True
    assert Result("s", "r", "", None, 1.0).agrees is None


def test_statements_on_arrests_and_book_ins_come_out_of_the_embedded_tables(tmp_path: Path) -> None:
    """Those that do not agree are known: a share one point off, and arrests that are no book-ins."""
    from replications import detention_series, trac_arrests

    results = [*trac_arrests.replicate(tmp_path), *detention_series.replicate(tmp_path)]
    assert len(results) > 10
    failing = [one.result for one in results if one.agrees is False]
    words = ("state and federal prisons", "jails and prisons", "at large", "multiple of 2024")
    assert len(failing) == len(words)
    assert all(word in one for word, one in zip(words, failing, strict=True))


@pytest.mark.parametrize("left_out", [{"b"}, {"a", "d"}, set("abcd")])
def test_a_planted_set_of_values_is_found_and_no_other(left_out: set[str]) -> None:
    """Rows of some values are left out of all five counts; one count that does not fit leaves no set."""
    from replications.gao_arrests import a_set_that_fits, five

    draw = np.random.default_rng(3)
    rows = pl.DataFrame(
        {
            "method": draw.choice(list("abcd"), 4000, p=[0.1, 0.2, 0.3, 0.4]),
            "Area of Responsibility": draw.choice(["Salt Lake City Area", "Dallas Area", None], 4000),
            "year": draw.choice([2016, 2017, 2018], 4000),
        }
    )
    gap = five(rows.filter(pl.col("method").is_in(list(left_out))))
    assert set(a_set_that_fits(rows, "method", gap)) == left_out
    assert a_set_that_fits(rows, "method", gap * np.array([1, 1, 1, 1.2, 0.8])) == []


@pytest.mark.data
def test_removals_by_conviction_and_citizenship_are_those_of_the_agency(data_dir: Path) -> None:
    from replications import removals

    results = {one.result: one for one in removals.replicate(data_dir)}
    assert results["removals to Mexico, FY2018"].ours == 141_045
    assert results["removals to Guatemala, Honduras and El Salvador, FY2018"].ours == 94_729
    assert [name for name, one in results.items() if not one.agrees] == [
        "removals of citizens of Mexico, 2018"
    ]


def test_the_shipped_tables_of_checks_are_those_of_the_benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    from atlarge.reference import table

    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    sys.modules.pop("checks", None)
    import checks

    numbers = {(r["check"], r["key"]): float(r["value"]) for r in checks.checks()}
    assert {(c, k): v for c, k, v in table("checks").iter_rows()} == numbers
    verdicts = {r["id"]: r["verdict"] for r in checks.figures()}
    assert dict(table("figures_checked").select("id", "verdict").iter_rows()) == verdicts
    assert set(verdicts) == set(table("published_figures")["id"])


def test_twos_of_values_that_hold_a_planted_gap_are_counted() -> None:
    """Ten values of counts apart by orders; the gap is that of two of them, and of no one alone."""
    from replications.gao_arrests import that_meet

    parts = np.outer(3.0 ** np.arange(10), np.array([1.0, 1.1, 0.9, 1.2, 0.8]))
    published = np.full(5, 1_000.0)
    alone, pairs, nearest = that_meet(parts, parts[7] + parts[9], published)
    assert (alone, pairs) == (0, 1)
    assert nearest < 1e-12
    assert that_meet(parts, parts[8], published)[0] == 1


def test_rules_of_placing_give_each_arrest_the_county_that_they_say() -> None:
    """An arrest in Newark's office area, one that names Hudson County, and one that names nothing."""
    from replications.trac_counties import RULES, companions, placed

    rows = pl.DataFrame(
        {
            "method": ["Located", "CAP Local Incarceration", "Located"],
            "aor": ["NEW"] * 3,
            "office": ["NEW", None, None],
            "county_fips": [None, "34017", None],
            "n": [5, 1, 7],
        }
    )
    essex = {
        rule: dict(placed(rows, rule).group_by("at").agg(pl.col("n").sum()).iter_rows()).get("34013", 0)
        for rule in RULES
    }
    assert list(essex.values()) == [0, 5, 12, 12, 13]
    found = companions(placed(rows, RULES[2]))
    assert (found["counties with custodial arrests"], found["of these with one"]) == (1, 1)
    assert (found["Essex, community"], found["Essex, custodial"]) == (12, 0)

"""A whole answer on a small store of drawn counts: what it prints, counted again from the rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import small_store
from small_store import AGREEMENT, BURST, FALL, FIRST, JAIL, LARGE, LAST, OFFICE_AOR, OTHER, POLICY

import atlarge
from atlarge.errors import QuestionError
from atlarge.explain import Answer
from atlarge.explain.population import metro_of
from atlarge.policies import Policy, Registry
from atlarge.reference import table

pytestmark = pytest.mark.slow_file

DAY = dt.timedelta(days=1)
START, END = POLICY.effective, dt.date(2018, 9, 9)
LEVELS = {
    "county": pl.col("county_fips") == "48453",
    "office": pl.col("office") == "AUS",
    "aor": pl.col("aor") == "SNA",
}
LEVELS["locality"] = LEVELS["county"].fill_null(value=False) | LEVELS["office"].fill_null(value=False)
METHODS = {"at_large": [LARGE], "handoffs": [JAIL, AGREEMENT]}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_store.write(tmp_path_factory.mktemp("small") / "store")


@pytest.fixture(scope="module")
def answer(store: Path) -> Answer:
    return atlarge.explain("48453", policy=POLICY.id, store=store, registry=[POLICY])


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    return small_store.rows()


def _count(rows: pl.DataFrame, where: pl.Expr, methods: list[str], start: dt.date, end: dt.date) -> int:
    """A plain sum over the rows of a place and days, both ends inside."""
    inside = rows.filter(where, pl.col("method").is_in(methods), pl.col("date").is_between(start, end))
    return int(inside["n"].sum())


def test_every_span_of_every_area_counts_its_own_rows_once(answer: Answer, rows: pl.DataFrame) -> None:
    """County, office area, AOR and the county with its office area; the office's five are no comparison."""
    month, quarter = START + 30 * DAY, dt.date(2017, 6, 9)
    days = {"month": (START, month), "quarter": (START, quarter), "rest": (month + DAY, END)}
    days["policy"] = START, END
    seen = [(s.area.level, s.measure, s.span) for s in answer.spans]
    wanted = [
        ("locality", "at_large"), ("county", "handoffs"), ("county", "at_large"), ("aor", "at_large"),
        ("aor", "handoffs"),
    ]  # fmt: skip
    assert seen == [(*pair, span) for pair in wanted for span in days]
    for span in answer.spans:
        assert (span.start, span.end) == days[span.span]
        counted = _count(rows, LEVELS[span.area.level], METHODS[span.measure], span.start, span.end)
        assert span.observed == counted, (span.area.level, span.measure, span.span)
        assert span.observed - span.counterfactual.value == pytest.approx(span.effect.value)  # type: ignore[operator]
    assert {"office at_large", "office handoffs"} <= set(answer.method["not_told"])
    assert [(s.area.level, s.measure) for s in answer.series] == wanted


def test_only_the_headline_says_how_much_of_it_lies_in_bursts(answer: Answer) -> None:
    shares = {(s.area.level, s.measure): s.burst_share for s in answer.spans if s.span == "month"}
    (found,) = [s for s in answer.surges if s["place"] == "48453" and s["start"] <= "2017-03-16" <= s["end"]]
    month = next(s for s in answer.spans if s.span == "month")
    # every surge of that month lies wholly in it; its excess over what was expected, over the span's own
    inside = [s for s in answer.surges if s["start"] >= "2017-03-10" and s["end"] <= "2017-04-09"]
    assert found in inside
    excess = sum(s["observed"] - s["expected"] for s in inside)
    assert shares.pop(("locality", "at_large")) == pytest.approx(excess / month.effect.value)  # type: ignore[operator]
    assert set(shares.values()) == {None}


def test_each_reading_of_the_methods_counts_its_own_rows(
    answer: Answer, store: Path, rows: pl.DataFrame
) -> None:
    own = {"ddp": [LARGE], "biglocal": [LARGE, OTHER]}
    assert list(answer.schemes) == ["ddp", "biglocal"]
    for scheme, methods in own.items():
        counted = _count(rows, LEVELS["locality"], methods, START, END)
        assert answer.schemes[scheme]["observed"] == pytest.approx(counted, abs=0.11)  # of rounded parts
    last = answer.sensitivity[-1]
    assert (last["variant"], "biglocal" in last["label"]) == ("scheme_biglocal", True)
    assert last["value"] == answer.schemes["biglocal"]["effect"]["value"]
    turned = atlarge.explain("48453", policy=POLICY.id, store=store, registry=[POLICY], scheme="biglocal")
    assert turned.observed == _count(rows, LEVELS["locality"], own["biglocal"], START, END)
    assert turned.effect.to_dict() == answer.schemes["biglocal"]["effect"]
    assert turned.schemes["ddp"]["effect"] == answer.effect.to_dict()
    assert turned.sensitivity[-1]["variant"] == "scheme_ddp"


def _estimate(store: Path, policy: Policy) -> dict[str, Any]:
    found = atlarge.explain("48453", policy=policy.id, store=store, registry=[policy])
    return {"value": round(found.effect.value or 0.0, 2), "expected": round(found.counterfactual.value, 1)}  # type: ignore[arg-type]


def test_a_variant_is_the_answer_to_the_question_put_that_way(answer: Answer, store: Path) -> None:
    by_name = {row["variant"]: row for row in answer.sensitivity}
    assert list(by_name) == [
        "main", "sdid", "ascm", "announced", "before_fall", "other_aors", "in_time", "scheme_biglocal",
    ]  # fmt: skip
    assert all(row["note"] == "" for row in by_name.values())

    def close(variant: str, wanted: dict[str, Any]) -> bool:
        return all(by_name[variant][k] == pytest.approx(v, abs=0.051) for k, v in wanted.items())

    assert close("main", _estimate(store, POLICY))
    announced = POLICY.announced
    assert announced is not None
    assert close("announced", _estimate(store, replace(POLICY, effective=announced, latest=announced)))
    assert close(
        "before_fall", _estimate(store, replace(POLICY, announced=FALL))
    )  # its months end where it begins
    assert not close("before_fall", _estimate(store, POLICY))
    # all places but Bexar County with the San Antonio office, the only one of the same AOR
    assert by_name["other_aors"]["donors"] == by_name["main"]["donors"] - 1
    # 16 months before, from the tenth to the ninth: a false policy in the last five
    assert by_name["in_time"]["date"] == "2016-09-10"


def test_a_question_without_an_earlier_day_has_no_such_variant(store: Path) -> None:
    plain = replace(POLICY, announced=None, effective=FALL - 30 * DAY, latest=FALL - 30 * DAY)
    found = atlarge.explain("48453", policy=plain.id, store=store, registry=[plain])
    assert [r["variant"] for r in found.sensitivity] == [
        "main", "sdid", "ascm", "other_aors", "in_time", "scheme_biglocal",
    ]  # fmt: skip
    known = replace(plain, announced=plain.effective)
    same = atlarge.explain("48453", policy=known.id, store=store, registry=[known])
    assert [r["variant"] for r in same.sensitivity] == [r["variant"] for r in found.sensitivity]


def test_the_parts_and_the_fit_are_of_the_months_before(answer: Answer, rows: pl.DataFrame) -> None:
    first, last = dt.date(2015, 10, 10), dt.date(2017, 2, 9)  # the days since the announcement are neither
    fit = answer.pre_fit
    assert (fit["start"], fit["end"], fit["periods"]) == ("2015-10-10", "2017-02-09", 16)
    before = _count(rows, LEVELS["locality"], [LARGE], first, last)
    assert fit["mean"] == pytest.approx(before / 16, abs=0.01)
    series = answer.series[0]
    index = [k for k, day in enumerate(series.period) if day <= last]
    gaps = [
        (series.observed[k] - series.counterfactual[k]) ** 2  # type: ignore[operator]
        for k in index
        if series.counterfactual[k] is not None
    ]
    assert fit["rmse"] == pytest.approx((sum(gaps) / len(gaps)) ** 0.5, abs=0.01)
    assert fit["relative_rmse"] == pytest.approx(fit["rmse"] / fit["mean"], abs=0.001)
    past, life = (last - first).days + 1, (END - START).days + 1
    assert answer.baseline == pytest.approx(before / past * life)
    parts = {name: part.value or 0.0 for name, part in answer.parts.items()}
    assert answer.baseline + sum(parts.values()) == pytest.approx(answer.observed)  # type: ignore[operator]


def test_the_level_counts_the_metropolitan_area_and_what_names_no_place(
    answer: Answer, rows: pl.DataFrame
) -> None:
    inside = metro_of("48453")
    assert inside is not None
    own = pl.col("county_fips").is_in(list(inside[2])).fill_null(value=False)
    seated = (pl.col("office") == "AUS").fill_null(value=False)
    counted = _count(rows, own | seated, [LARGE], START, END)
    whole = _count(rows, LEVELS["aor"], [LARGE], START, END)
    nowhere = pl.col("county_fips").is_null() & pl.col("office").is_null()
    found = answer.concentration
    assert found["arrests"] == counted
    unplaced = _count(rows, LEVELS["aor"] & nowhere, [LARGE], START, END)
    assert found["arrests_unplaced_in_aor"] == unplaced
    assert 0 < unplaced < whole
    days, people = (END - START).days + 1, found["population"]
    assert found["per_10k"]["value"] == pytest.approx(counted / people * 1e4 * 365.25 / days, abs=0.01)
    nation = _count(rows, pl.lit(value=True), [LARGE], START, END)
    reported = table("pew_metros").filter(
        (pl.col("place_kind") == "nation") & (pl.col("year") == found["population_year"])
    )["estimate"][0]
    ratio = (counted / nation) / (people / reported)
    assert found["share_ratio"]["value"] == pytest.approx(ratio, abs=0.01)
    assert found["verdict"] == answer.verdicts["concentration"].verdict


def test_the_fall_and_the_burst_are_dated_and_charts_go_a_year_beyond(answer: Answer) -> None:
    change = answer.change_point
    assert change.date is not None
    assert abs((change.date - FALL).days) <= 14
    assert (change.area.level, change.area.code, change.measure) == ("county", "48453", "handoffs")
    assert [(s.area.level, s.measure) for s in answer.change_strips] == [
        ("county", "handoffs"), ("office", "handoffs"), ("locality", "at_large"),
    ]  # fmt: skip
    assert {s.period[0] for s in answer.change_strips} == {FIRST}
    assert {s.period[-1] for s in answer.change_strips} == {dt.date(2019, 8, 1)}
    assert answer.bursts is not None
    assert answer.bursts.start == BURST - DAY or answer.bursts.start == BURST
    assert answer.burst is not None
    assert answer.burst["start"] == answer.bursts.start.isoformat()
    assert answer.relabelling["since"] == change.date.isoformat()
    assert answer.relabelling["verdict"] == "does not fit"  # the office area's handoffs stay as they were


def test_a_short_policys_charts_end_a_year_after_it(store: Path) -> None:
    short = replace(POLICY, ended=dt.date(2017, 9, 10))
    found = atlarge.explain("48453", policy=short.id, store=store, registry=[short])
    assert {s.period[-1] for s in found.change_strips} == {dt.date(2018, 9, 1)}


@pytest.mark.parametrize(("place", "level", "column"), [("SNA", "aor", "aor"), ("TX", "state", "state")])
def test_an_aor_and_a_state_are_answered_by_all_their_own_rows(
    store: Path, rows: pl.DataFrame, place: str, level: str, column: str
) -> None:
    found = atlarge.explain(place, date=START, store=store, registry=[POLICY])
    own = pl.col(column) == place
    assert (found.start, found.end, found.area.level) == (START, LAST, level)
    assert found.observed == _count(rows, own, [LARGE], START, LAST)
    assert {(s.area.level, s.measure) for s in found.spans} == {(level, "at_large"), (level, "handoffs")}
    assert found.concentration["arrests"] == found.observed
    assert found.change_point.area.level == level
    assert [s.measure for s in found.change_strips] == ["handoffs", "at_large"]
    if place == "TX":  # nothing to leave out: a state is compared with other states
        assert "other_aors" not in {r["variant"] for r in found.sensitivity}


def test_too_few_offices_are_no_comparison(store: Path) -> None:
    with pytest.raises(QuestionError, match=r"only \d+ placebo totals of 4 comparison units"):
        atlarge.explain("AUS", date=START, store=store, registry=[POLICY])


def test_an_answer_names_the_releases_the_policy_and_its_tables(answer: Answer, store: Path) -> None:
    titles = [s["title"] for s in answer.sources]
    assert titles[:3] == [
        "first (2015-10-01 to 2017-09-30)", "second (2017-10-01 to 2019-08-31)", "Policy: An example policy",
    ]  # fmt: skip
    assert {"title": titles[2], "url": POLICY.source_url} in answer.sources
    assert answer.concentration["source_url"] in {s["url"] for s in answer.sources}
    assert all(titles)
    assert answer.coverage == {"start": FIRST, "end": LAST}
    assert answer.store == store
    without = replace(POLICY, source_url="")
    found = atlarge.explain("48453", policy=without.id, store=store, registry=[without])
    assert len(found.sources) == len(answer.sources) - 1


def test_policies_of_ones_own_stand_for_the_registry(answer: Answer, store: Path, tmp_path: Path) -> None:
    """As a list, a CSV and the path of one; the shipped ones are then neither found nor left out."""
    path = tmp_path / "own.csv"
    Registry((POLICY,)).write(path)
    for registry in (path, str(path)):
        found = atlarge.explain("48453", policy=POLICY.id, store=store, registry=registry)
        assert found.effect == answer.effect
        with pytest.raises(QuestionError, match="no policy"):
            atlarge.explain("48453", policy="travis-tx-2017", store=store, registry=registry)
    with pytest.raises(QuestionError, match="not both"):
        atlarge.explain("48453", policy=POLICY.id, date="2017-03-01", store=store, registry=[POLICY])
    # Kings County changed too: no comparison from then on, and none at all for methods of fixed places
    kings = replace(
        POLICY, id="example-2", fips="36047", effective=dt.date(2017, 5, 1), latest=dt.date(2017, 5, 1)
    )
    fewer = atlarge.explain("48453", policy=POLICY.id, store=store, registry=[POLICY, kings])
    used, still = ({r["variant"]: r["donors"] for r in one.sensitivity}["ascm"] for one in (answer, fewer))
    assert still == used - 1
    assert fewer.effect != answer.effect


def test_other_policies_of_the_place_or_its_state_are_named(answer: Answer, store: Path) -> None:
    law = replace(
        POLICY,
        id="law",
        level="state",
        fips=None,
        effective=dt.date(2018, 2, 1),
        latest=dt.date(2018, 2, 1),
        title="A law of the state",
        announced=None,
        ended=None,
    )
    far = replace(law, id="far", state="CA", title="A law of another state")
    found = atlarge.explain("48453", policy=POLICY.id, store=store, registry=[POLICY, law, far])
    (text,) = [w.text for w in found.warnings if "A law of" in w.text]
    assert "A law of the state, from 1 February 2018" in text
    assert "another" not in text
    assert not any("A law" in w.text for w in answer.warnings)


def test_the_offices_of_an_aor_serve_it() -> None:
    """The store's own codes are right: another check of the test than of the program."""
    aors = dict(table("offices").select("office", "aor").iter_rows())
    assert {code: aors[code] for code in OFFICE_AOR} == OFFICE_AOR

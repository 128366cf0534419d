"""Simulated releases of 2022 to 2026: the whole way from files to answers, and the known truth comes back."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import atlarge
from atlarge.composition import composition
from atlarge.errors import CoverageError, QuestionError
from atlarge.publish.answers import show
from atlarge.simulate import Recent, recent_world, simulate_recent
from atlarge.surges import find_surges
from command_line import run

pytestmark = pytest.mark.slow_file

WORLD = recent_world(places=40, policies=3)
EXACT = ["arrests", "at_large", "convicted", "pending", "no_charge", "program_287g", "at_courthouse",
         "at_office", "at_workplace", "at_home_or_street"]  # fmt: skip
ONLY_B = ["targeted", "collateral", "arrested_by_cbp", "operation_marked"]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, pl.DataFrame, dict[str, Any]]]:
    """Of each form: the store, the true panel, the truth."""
    found = {}
    for form in "abc":
        folder = tmp_path_factory.mktemp(form)
        simulated = simulate_recent(folder, form=form, seed=5, world=WORLD, arrests=25_000)
        audit = atlarge.ingest([*simulated.arrests, simulated.detainers], folder / "store", covers="nation")
        kept = {r["family"]: r["rows_kept"] for r in audit.to_dict()["releases"]}
        assert kept == {
            f"ddp-arrests-{form}": simulated.rows["arrests"],
            f"ddp-detainers-{form}": simulated.rows["detainers"],
        }
        truth = json.loads(simulated.truth.read_text(encoding="utf-8"))
        found[form] = (folder / "store", pl.read_parquet(simulated.truth_panel), truth)
    return found


def _both(store: Path, truth: pl.DataFrame, measures: list[str]) -> pl.DataFrame:
    """Counted and true values by area and week, where a release covers them."""
    counted = atlarge.panel(store, by="aor", every="week", measures=measures).frame
    true = truth.group_by("aor", "week", "measure").agg(pl.col("value").sum().alias("true"))
    joined = counted.join(
        true, left_on=["place", "period", "measure"], right_on=["aor", "week", "measure"], how="left"
    )
    return joined.drop_nulls("value").with_columns(pl.col("true").fill_null(0))


@pytest.mark.parametrize("form", ["a", "b", "c"])
def test_composition_comes_back_to_the_record(worlds: Any, form: str) -> None:
    store, truth, _ = worlds[form]
    both = _both(store, truth, [*EXACT, *(ONLY_B if form == "b" else [])])
    wrong = both.filter(pl.col("value") != pl.col("true"))
    assert wrong.is_empty(), wrong.head()
    assert both.filter(measure="convicted")["value"].sum() > 4_000


def test_what_a_form_does_not_have_is_refused(worlds: Any) -> None:
    for form, measure in (
        ("a", "targeted"),
        ("c", "collateral"),
        ("a", "arrested_by_ice"),
        ("c", "operation_marked"),
    ):
        with pytest.raises(CoverageError, match=f"no release in the store reports {measure}"):
            atlarge.panel(worlds[form][0], by="nation", measures=[measure])


@pytest.mark.parametrize("form", ["b", "c"])
def test_inferred_handoffs_hold_the_truth(worlds: Any, form: str) -> None:
    store, truth, _ = worlds[form]
    both = _both(store, truth.with_columns(pl.col("measure").replace("handoffs", "handoffs_inferred")),
                 ["handoffs_inferred"])  # fmt: skip
    before, after = both.filter(part="recorded"), both.filter(part="inferred")
    assert before["value"].to_list() == before["true"].to_list()
    inside = (after["true"] >= after["low"]) & (after["true"] <= after["high"])
    assert inside.sum() >= 0.9 * after.height
    assert abs(int(after["value"].sum()) / int(after["true"].sum()) - 1) < 0.05
    # what is plainly recorded is far from it: the methods are gone
    recorded = atlarge.panel(store, by="nation", every="week", measures=["local_jails"], start="2025-08-04")
    assert recorded.frame["value"].null_count() == recorded.frame.height


def test_an_answer_across_the_break_counts_what_is_inferred_and_hides_it_from_publication(
    worlds: Any,
) -> None:
    store, truth, about = worlds["b"]
    signed = [a for a in about["agreements"] if "2025-01-01" < a["from"] < "2025-12-01"]
    local = [p for p in about["policies"] if p["effective"] < "2025-07-01"]
    questions = [(a["place"], a["from"]) for a in signed] + [(p["place"], p["effective"]) for p in local]
    counted, inside, across = 0, 0, 0
    for place, day in questions:
        try:
            answer = atlarge.explain(place, date=day, store=store)
        except QuestionError:  # nothing to compare there
            continue
        text = json.dumps(answer.to_dict(), default=str) + "".join(map(str, answer.sentences))
        assert not re.search(r"\bnan\b", text, re.IGNORECASE)
        span = answer.handoffs
        if span is None:
            continue
        across += 1
        assert span.inferred > 0
        rows = truth.filter(
            pl.col("week").is_between(span.start, span.end), place=span.area.code, measure="handoffs"
        )
        if span.area.level == "county":
            # some are recorded under the office's area alone, so the county's count is no more than the truth
            counted += 1
            inside += span.observed <= 1.15 * int(rows["value"].sum()) + 5
        assert {"handoffs_inferred"} & {w.id for w in answer.warnings}
        series = next(s for s in answer.series if s.measure == "handoffs" and s.area == span.area)
        assert all(v is not None for v in series.observed)
    assert across >= 4
    assert inside == counted > 0
    shown = show(answer).table.frame  # what is inferred stands in no table that may be passed on
    late = shown.filter(pl.col("end") >= dt.date(2025, 7, 21), pl.col("measure").str.contains("handoffs"))
    assert late.is_empty()
    assert not shown.filter(measure="handoffs").is_empty()


def test_the_change_of_the_convicted_share_is_that_of_the_truth(worlds: Any) -> None:
    store, truth, _ = worlds["b"]
    spans = {"before": ("2024-01-01", "2024-12-29"), "after": ("2025-02-03", "2026-03-01")}
    found = composition("US", store=store, **spans)  # type: ignore[arg-type]
    when = [pl.col("week").is_between(*map(dt.date.fromisoformat, span)) for span in spans.values()]
    total = [truth.filter(w, measure="arrests")["value"].sum() for w in when]
    convicted = [truth.filter(w, measure="convicted")["value"].sum() for w in when]
    assert found.change.before == pytest.approx(int(convicted[0]) / int(total[0]))
    assert found.change.after == pytest.approx(int(convicted[1]) / int(total[1]))
    # the world makes more arrests at large, with a lower share: both parts are below zero
    assert found.change.composition.high < 0
    assert found.change.within.high < 0
    groups = found.to_frame().select("group", "composition", "within")
    assert groups["composition"].sum() + groups["within"].sum() == pytest.approx(found.change.change.value)


@pytest.mark.parametrize("form", ["b", "c"])
def test_operations_are_found_where_and_when_they_were(worlds: Any, form: str) -> None:
    """Every planted operation, and at most two surges of other areas or weeks in fourteen months."""
    store, _, about = worlds[form]
    found = find_surges(store, by="aor", measure="at_large", start=dt.date(2025, 6, 1)).surges
    hit = {
        (s.place, o["id"])
        for s in found
        for o in about["operations"]
        if s.place == o["aor"] and str(s.start) <= o["end"] and str(s.end) >= o["start"]
    }
    assert hit == {(o["aor"], o["id"]) for o in about["operations"]}
    others = [s for s in found if s.place not in {o["aor"] for o in about["operations"]}]
    assert len(others) <= 2


def test_more_handoffs_under_agreements_are_in_the_estimates(worlds: Any, tmp_path: Path) -> None:
    """Agreements add 30% to handoffs, three quarters of them under the county's own label."""
    store, truth, about = worlds["c"]
    limited = {p["place"] for p in about["policies"]}
    signed = [a for a in about["agreements"] if a["place"] not in limited and a["from"] < "2025-12-01"]
    table = tmp_path / "agreements.csv"
    lines = [f"sim-{a['place']},{a['place']},{a['from']},extends" for a in signed]
    table.write_text("\n".join(["id,fips,effective,direction", *lines]) + "\n", encoding="utf-8")
    inside, answered = 0, 0
    for one in signed[:4]:
        day = dt.date.fromisoformat(one["from"])
        answer = atlarge.explain(one["place"], policy=f"sim-{one['place']}", store=store, registry=table)
        span = answer.handoffs
        if span is None or span.area.level != "county" or span.effect.low is None:
            continue
        mine = truth.filter(pl.col("week") < day, place=one["place"], measure="handoffs")
        weeks = (day - truth["week"].min()).days / 7
        true = 0.75 * 0.3 * mine["value"].sum() / weeks * (span.end - day).days / 7
        answered += 1
        inside += span.effect.low <= true <= (span.effect.high or 0.0)
    assert answered >= 2
    assert inside >= answered - 1


def test_the_forms_of_one_seed_are_vintages_of_one_world(worlds: Any, tmp_path: Path) -> None:
    _, early, _ = worlds["b"]
    _, late, _ = worlds["c"]
    weeks = pl.col("week").is_between(dt.date(2023, 1, 2), dt.date(2026, 3, 2))
    same = [t.filter(weeks, measure="arrests").sort("place", "week") for t in (early, late)]
    assert same[0].equals(same[1])


def test_late_arrests_are_in_the_later_release_only(tmp_path: Path) -> None:
    world = recent_world(places=12, policies=1, reporting_delay_weeks=4.0)
    weeks = {}
    for form in "bc":
        simulated = simulate_recent(tmp_path / form, form=form, seed=1, world=world, arrests=6_000)
        rows = pl.read_parquet(simulated.truth_panel).filter(measure="arrests")
        weeks[form] = dict(rows.group_by("week").agg(pl.col("value").sum()).iter_rows())
    last, old = dt.date(2026, 3, 2), dt.date(2024, 1, 1)
    assert weeks["b"][old] == weeks["c"][old]
    assert weeks["b"].get(last, 0) < 0.5 * weeks["c"][last]


def test_same_seed_same_bytes_and_another_form_is_refused(tmp_path: Path) -> None:
    world = recent_world(places=12, policies=1)
    once, again = (simulate_recent(tmp_path / k, seed=2, world=world, arrests=2_000) for k in "xy")
    for name in ("arrests", "detainers", "truth", "truth_panel"):
        a, b = (getattr(result, name) for result in (once, again))
        a, b = (a[0], b[0]) if name == "arrests" else (a, b)
        assert a.read_bytes() == b.read_bytes()
    with pytest.raises(QuestionError, match="no form 'd'"):
        simulate_recent(tmp_path / "z", form="d")
    with pytest.raises(QuestionError, match="add up to more than 1"):
        Recent(convicted=0.9, pending=0.2)


def test_the_command_takes_a_form(tmp_path: Path) -> None:
    arguments = [
        "simulate",
        "--form",
        "c",
        "--places",
        "12",
        "--policies",
        "1",
        "--arrests",
        "2000",
        "--json",
    ]
    done = run([*arguments, "--out", str(tmp_path / "c"), "--set", "convicted=0.6"])
    document = json.loads(done.stdout)
    assert document["arrests"][0].endswith("arrests_form_c.csv.gz")
    truth = json.loads((tmp_path / "c" / "truth.json").read_text(encoding="utf-8"))
    assert truth["recent"]["convicted"] == 0.6
    wrong = run([*arguments, "--out", str(tmp_path / "w"), "--weeks", "30"])
    assert wrong.exit_code == 2


@pytest.mark.slow
def test_policy_effects_lie_within_their_intervals(tmp_path: Path) -> None:
    """Local decisions and a state law: the true effect on arrests at large, and the jail handoffs lost."""
    simulated = simulate_recent(
        tmp_path / "world", form="c", seed=3, world=recent_world(places=150, policies=6), arrests=150_000
    )
    atlarge.ingest(simulated.arrests, tmp_path / "store", covers="nation")
    truth = json.loads(simulated.truth.read_text(encoding="utf-8"))["policies"]
    lines = [f"sim-{p['place']},{p['place']},{p['announced']},{p['effective']}" for p in truth]
    table = tmp_path / "policies.csv"
    table.write_text("\n".join(["id,fips,announced,effective", *lines]) + "\n", encoding="utf-8")
    store = atlarge.open_store(tmp_path / "store")
    inside = []
    for policy in sorted(truth, key=lambda p: -p["lost_handoffs"])[:5]:
        answer = atlarge.explain(
            policy["place"], policy=f"sim-{policy['place']}", store=store, registry=table
        ).to_dict()
        effect = next(
            s["effect"] for s in answer["spans"] if (s["span"], s["measure"]) == ("policy", "at_large")
        )
        true = policy["at_large_after"] - policy["at_large_after_without_policy"]
        inside.append(effect["low"] <= true <= effect["high"])
    assert sum(inside) >= 4

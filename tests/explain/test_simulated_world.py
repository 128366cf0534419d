"""Releases of a simulated world, ingested and explained: the whole way, against what truly happened."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

import atlarge
from atlarge.simulate import World, simulate

WORLD = World(places=150, weeks=170, policies=8, retaliation_share=0.5, retaliation_size=12.0)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(truth, answer) of every policy of the world."""
    folder = tmp_path_factory.mktemp("world")
    simulated = simulate(folder / "releases", seed=8, world=WORLD)
    atlarge.ingest(simulated.arrests, folder / "store")
    truth = json.loads(simulated.truth.read_text(encoding="utf-8"))["policies"]
    lines = [f"p-{p['place']},{p['place']},{p['announced']},{p['effective']}" for p in truth]
    table = folder / "policies.csv"
    table.write_text("\n".join(["id,fips,announced,effective", *lines]) + "\n", encoding="utf-8")
    store = atlarge.open_store(folder / "store")
    return [
        (p, atlarge.explain(p["place"], policy=f"p-{p['place']}", store=store, registry=table).to_dict())
        for p in truth
    ]


@pytest.mark.slow
def test_true_bursts_are_found_on_their_days_and_no_others(answers: list[Any]) -> None:
    loud = [pair for pair in answers if pair[0]["burst"] >= 30]
    quiet = [pair for pair in answers if pair[0]["burst"] == 0]
    assert loud
    assert quiet
    for truth, answer in loud:
        assert answer["verdicts"]["singling_out"]["verdict"] == "fits"
        begin = dt.date.fromisoformat(truth["burst_start"])
        found = dt.date.fromisoformat(answer["burst"]["start"])
        # the burst halves every week: its clearest days lie in its first two
        assert dt.timedelta(0) <= found - begin <= dt.timedelta(days=13)
    # the burst's bar is 2%: two of a handful would be one chance in a hundred or less
    assert sum(answer["bursts"]["verdict"] == "fits" for _, answer in quiet if answer["bursts"]) <= 1


@pytest.mark.slow
def test_lost_handoffs_are_dated_and_counted(answers: list[Any]) -> None:
    lost = [(truth, answer) for truth, answer in answers if truth["lost_handoffs"] >= 100]
    assert len(lost) >= 4
    near, covered = 0, 0
    for truth, answer in lost:
        change = answer["change_point"]["date"]
        day = dt.date.fromisoformat(truth["effective"])
        near += change is not None and abs((dt.date.fromisoformat(change) - day).days) <= 31
        loss = answer["substitution_rate"]["lost_handoffs"]
        covered += loss["low"] <= truth["lost_handoffs"] <= loss["high"]
    # nine of ten are dated within a month (benchmarks/explain_worlds.py), and 90% intervals miss one of ten
    assert near >= len(lost) - 2
    assert covered >= len(lost) - 2

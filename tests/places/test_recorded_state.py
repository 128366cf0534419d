"""A recorded state that contradicts its landmark: the place that text and area agree on, never surely."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
import variants

from atlarge.ingest import ingest
from atlarge.places import resolve
from atlarge.places.gazetteer import gazetteer
from atlarge.records.store import open_store

pytestmark = pytest.mark.slow_file

SURE = 0.9


@pytest.fixture(scope="module")
def answers() -> pl.DataFrame:
    """Texts of counties, cities and facilities, placed without a state, with the right and a wrong one."""
    rng = random.Random(61)
    texts = pl.concat(
        [variants.counties(rng, 0.04), variants.cities(rng, 60), variants.facilities(rng).sample(300, seed=1)]
    )
    states = sorted(gazetteer().states)
    right = [gazetteer().counties[fips].state for fips in texts["truth"]]
    wrong = [rng.choice([s for s in states if s != own]) for own in right]
    frame = texts.with_columns(right=pl.Series(right), wrong=pl.Series(wrong))
    plain = resolve(frame).select(fips="county_fips", sure=pl.col("place_confidence") >= SURE)
    recorded = resolve(frame, state="right").select(with_right="county_fips")
    against = resolve(frame, state="wrong").select(
        "county_fips", "place_kind", "place_confidence", "state_resolved", "place_basis"
    )
    return pl.concat([frame, plain, recorded, against], how="horizontal")


def test_a_place_outside_the_recorded_state_is_never_sure_and_says_so(answers: pl.DataFrame) -> None:
    outside = answers.filter(
        pl.col("place_kind").is_in(["county", "state"]), pl.col("state_resolved") != pl.col("wrong")
    )
    assert outside.height > 100
    assert outside["place_confidence"].max() < SURE
    assert outside["place_basis"].str.contains("recorded|hand decision").all()


def test_a_wrong_state_moves_few_texts_to_a_county_of_its_own(answers: pl.DataFrame) -> None:
    sure = answers.filter("sure", pl.col("fips") == pl.col("truth"))
    moved = sure.filter(pl.col("county_fips") != pl.col("truth"), pl.col("place_confidence") >= SURE)
    # a county, town or facility of the very name lies in the state recorded
    assert moved.height <= 0.15 * sure.height
    kept = sure.filter(pl.col("county_fips") == pl.col("truth"))
    assert kept.height >= 0.7 * sure.height


def test_the_right_state_takes_nothing_away(answers: pl.DataFrame) -> None:
    sure = answers.filter("sure", pl.col("fips") == pl.col("truth"))
    assert sure.filter(pl.col("with_right") == pl.col("truth")).height >= 0.995 * sure.height


def test_the_audit_counts_rows_whose_landmark_lies_outside_the_state_recorded(tmp_path: Path) -> None:
    rows = [
        ("Travis County Jail", "San Antonio Area of Responsibility", state)
        for state in ["TEXAS"] * 30 + ["OHIO"] * 7 + [""] * 3
    ]
    frame = pl.DataFrame(
        {
            "Apprehension Date": [f"2025-03-{1 + i % 28:02d} 10:00:00" for i in range(40)],
            "Apprehension State": [row[2] for row in rows],
            "Apprehension AOR": [row[1] for row in rows],
            "Apprehension Method": ["CAP Local Incarceration"] * 40,
            "Apprehension Site Landmark": [row[0] for row in rows],
            "Unique Identifier": [f"{i:040x}" for i in range(1000, 1040)],
        }
    )
    frame.write_csv(tmp_path / "arrests.csv")
    audit = ingest([tmp_path / "arrests.csv"], tmp_path / "store").releases[0]
    assert [note for note in audit.notes if "outside the state recorded in 7 rows" in note]
    stored = open_store(tmp_path / "store").scan("arrests").collect()
    assert stored.filter(pl.col("county_fips") == "48453").height == 40
    assert stored.filter(pl.col("place_confidence") < SURE).height == 7

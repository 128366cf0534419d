"""The labelled pairs: what the resolver must reach on pairs that nothing was built from."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from atlarge.places import resolve

TRUTH = Path(__file__).parent / "truth" / "pairs.csv"
MISSED = {
    "FEDERAL DETENTION CENTER (FDC)", "SOUTH CENTRAL REGIONAL JAIL", "CANTON TWP POLICE DEPARTMENT",
    "CAMDEN/NASSAU CO LN TO S OF JEKYLL ISLAND RD, TO 12 NM OUT INTO ATLANTIC", "DELANO CCF",
    "ENGLISTOWN BOROUGH PD", "POO CAP NON-CUSTODIAL ARREST", "HALAWA CORRECTIONAL FACILITY",
    "VIRGINIA PENINSULA COUNTY JAIL - VA",
}  # fmt: skip
"""Labelled texts that are not placed as a person placed them."""


@pytest.fixture(scope="module")
def labelled() -> pl.DataFrame:
    with TRUTH.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    answers = resolve(
        pl.DataFrame({"landmark": [r["landmark"] for r in rows], "aor": [r["aor"] for r in rows]})
    )
    right = []
    for row, answer in zip(rows, answers.rows(named=True), strict=True):
        got = answer["county_fips"] if answer["place_kind"] == "county" else answer["place_kind"]
        got = f"state:{answer['state_resolved']}" if got == "state" else got
        right.append(got == row["label"] or got in row["also"].split())
    return answers.with_columns(
        landmark=pl.Series([r["landmark"] for r in rows]),
        is_right=pl.Series(right),
        part=pl.Series([r["part"] for r in rows]),
        label=pl.Series([r["label"] for r in rows]),
        also=pl.Series([r["also"] for r in rows]),
        weight=pl.Series([int(r["weight"]) for r in rows]),
    )


@pytest.fixture(scope="module")
def judged(labelled: pl.DataFrame) -> pl.DataFrame:
    return labelled.filter(pl.col("part") == "score")


def test_the_truth_set_is_of_the_promised_size() -> None:
    pairs = pl.read_csv(TRUTH, infer_schema=False)
    assert pairs.height >= 400
    assert pairs["reason"].null_count() == 0
    assert pairs.select("aor", "landmark").is_unique().all()
    assert pairs.filter(pl.col("part") == "score").height >= 200


def test_every_labelled_text_is_placed_as_a_person_placed_it_but_for_those_known_not_to_be(
    labelled: pl.DataFrame,
) -> None:
    assert set(labelled.filter(~pl.col("is_right"))["landmark"]) <= MISSED
    right = labelled.filter("is_right", place_kind="county")
    # of the counties right some nine in ten are sure; doubt that nothing calls for makes them fewer
    assert (right["place_confidence"] >= 0.9).sum() >= 0.91 * right.height
    assert right["place_confidence"].is_between(0.5, 0.991).all()


def test_counties_answered_with_certainty_are_right(judged: pl.DataFrame) -> None:
    certain = judged.filter((pl.col("place_kind") == "county") & (pl.col("place_confidence") >= 0.9))
    assert certain["is_right"].mean() >= 0.98


def test_texts_that_name_a_county_city_or_prison_get_it(judged: pl.DataFrame) -> None:
    named = judged.filter(pl.col("label").str.contains(r"^\d{5}$"))
    assert named.filter("is_right")["weight"].sum() / named["weight"].sum() >= 0.9
    assert named["is_right"].mean() >= 0.9


def test_office_areas_get_no_county(judged: pl.DataFrame) -> None:
    offices = judged.filter((pl.col("label") == "office_area") & (pl.col("also") == ""))
    assert offices.height >= 15
    assert (offices["place_kind"] != "county").all()


@pytest.mark.data
def test_no_general_area_of_the_vocabulary_gets_a_county(data_dir: Path) -> None:
    path = data_dir / "raw" / "UWCHR__ice-enforce" / "apprehension_landmark_aor.csv"
    texts = pl.read_csv(path, infer_schema=False).select("aor", landmark="apprehension_landmark")
    areas = texts.filter(pl.col("landmark").str.contains(r"^[A-Z]{3} GENERAL (AREA, )?NON-SPECIFIC"))
    answers = resolve(areas)
    assert areas.height > 700
    assert (answers["place_kind"] == "office_area").all()
    assert answers["county_fips"].null_count() == areas.height
    assert (answers["office"] == areas["landmark"].str.slice(0, 3)).all()

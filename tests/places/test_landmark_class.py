"""Landmark classes: against labels that a person gave to distinct texts, and in the records."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from atlarge import panel
from atlarge.places.landmark_class import classes_of, landmark_class, landmark_classes

LABELLED = Path(__file__).parent / "truth" / "landmark_classes.csv"


def _scored() -> pl.DataFrame:
    rows = pl.read_csv(LABELLED).filter(part="score")
    return rows.with_columns(classes_of(rows["landmark"]).alias("read"))


@pytest.mark.parametrize("name", ["jail", "prison", "courthouse", "office", "home_or_street", "unknown"])
def test_precision_and_recall_on_texts_kept_out_of_the_rules_building(name: str) -> None:
    rows = _scored()
    is_right = (pl.col("label") == name) & (pl.col("read") == name)
    right = rows.filter(is_right).height
    assert rows.filter(label=name).height >= 20
    assert right / rows.filter(read=name).height >= 0.9
    assert right / rows.filter(label=name).height >= 0.9


def test_labels_are_classes_and_no_text_is_in_both_parts() -> None:
    rows = pl.read_csv(LABELLED)
    assert set(rows["label"]) <= set(landmark_classes())
    assert rows["landmark"].n_unique() == rows.height


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acme Poultry Processing Plant, Springdale, AR", "workplace"),
        ("construction site, unit block of Main", "workplace"),
        ("Traffic stop I-35 mile marker 210", "home_or_street"),
        ("Immigration Court, 3rd floor", "courthouse"),
        ("ISAP check-in", "office"),
        ("ADAMS COUNTY PROBATION, DISTRICT COURT BUILDING", "office"),
        ("SOMEWHERE COUNTY PRISON", "jail"),
        ("Somewhere State Prison", "prison"),
        ("LEAR - SOMEWHERE POLICE DEPARTMENT", "home_or_street"),
        ("SOMEWHERE POLICE DEPARTMENT", "jail"),
        ("SOMEWHERE COUNTY GENERAL AREA", "unknown"),
        ("", None),
        (None, None),
        ("\x00\x01", "unknown"),
    ],
)
def test_texts_of_each_kind(text: str | None, expected: str | None) -> None:
    assert landmark_class(text) == expected


def test_classes_part_the_arrests_that_have_a_landmark() -> None:
    names = [
        "at_jail",
        "at_prison",
        "at_courthouse",
        "at_office",
        "at_workplace",
        "at_home_or_street",
        "at_unknown_site",
    ]
    frame = panel(None, by="nation", measures=[*names, "arrests"]).frame
    totals = dict(frame.group_by("measure").agg(pl.col("value").sum()).iter_rows())
    blank = 14_843  # rows of the four files without a landmark
    assert sum(totals[name] for name in names) == totals["arrests"] - blank

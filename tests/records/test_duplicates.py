"""The rule for duplicates, against the same rule written in plain Python row by row, and by hand."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections import Counter
from pathlib import Path

import ddp_forms
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlarge.ingest import ingest
from atlarge.records.duplicates import RULES, Duplicates

pytestmark = pytest.mark.slow_file

DAY = dt.timedelta(hours=24)
START = dt.datetime(2024, 3, 1)


def _frame(rows: list[tuple]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema={
            "subject_key": pl.String,
            "moment": pl.Datetime("us"),
            "method": pl.String,
            "detainer_type": pl.String,
            "facility": pl.String,
        },
        orient="row",
    ).with_columns(
        pl.lit("FY").alias("sheet"), pl.int_range(2, 2 + pl.len(), dtype=pl.UInt32).alias("row"),
        pl.col("facility").alias("facility_code"), pl.col("moment").alias("stay_book_in"),
    )  # fmt: skip


def _judged(name: str, frame: pl.DataFrame) -> Duplicates:
    return RULES[name].judge(RULES[name].looked_at(frame))


def _arrest_rule(rows: list[tuple]) -> tuple[list[bool], list[bool]]:
    """As the publisher documents it: sort by identifier, time, reprocessed last; chain gaps of 24 h."""
    order = sorted(
        range(len(rows)),
        key=lambda i: (
            rows[i][0] is None,
            rows[i][0] or "",
            rows[i][1],
            "Reprocessed" in (rows[i][2] or ""),
            i,
        ),
    )
    episode: dict[int, int] = {}
    number, last = -1, None
    for i in order:
        same = last is not None and rows[i][0] is not None and rows[i][0] == rows[last][0]
        if not same or rows[i][1] - rows[last][1] > DAY:
            number += 1
        episode[i] = number
        last = i
    sizes = Counter(episode.values())
    seen: set[int] = set()
    likely, drop = [False] * len(rows), [False] * len(rows)
    for i in order:
        likely[i] = sizes[episode[i]] > 1
        drop[i] = episode[i] in seen
        seen.add(episode[i])
    return likely, drop


_ROW = st.tuples(
    st.sampled_from([None, "a", "b", "c"]),
    st.integers(0, 12).map(lambda h: START + dt.timedelta(hours=12 * h)),
    st.sampled_from(["Located", "ERO Reprocessed Arrest", None]),
    st.sampled_from(["I247A", "I247G"]),
    st.sampled_from(["x", "y", None]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_ROW, max_size=25))
def test_arrests_agree_with_the_rule_row_by_row(rows: list[tuple]) -> None:
    found = _judged("arrest_episodes", _frame(rows))
    likely, drop = _arrest_rule(rows)
    assert found.likely.to_list() == likely
    assert found.dropped.to_list() == drop


@settings(max_examples=100, deadline=None)
@given(st.lists(_ROW, max_size=25))
def test_one_row_of_a_group_is_always_kept(rows: list[tuple]) -> None:
    """Whatever the table: no group loses all its rows, and no row without an identifier is dropped."""
    frame = _frame(rows)
    for rule in RULES:
        found = _judged(rule, frame)
        kept = frame.filter(~found.dropped)
        assert set(kept["subject_key"]) == set(frame["subject_key"])
        assert not found.dropped.filter(frame["subject_key"].is_null()).any()
        assert not (found.dropped & ~found.likely).any()


def test_chained_gaps_by_hand() -> None:
    """Arrests at hour 0, 24 and 48 are one episode: each gap is 24 hours. At 72:01 a new one begins."""
    hours = [0, 24, 48, 72 + 1 / 60]
    found = _judged(
        "arrest_episodes",
        _frame([("a", START + dt.timedelta(hours=h), "Located", None, None) for h in hours]),
    )
    assert found.dropped.to_list() == [False, True, True, False]
    assert found.likely.to_list() == [True, True, True, False]


def test_a_reprocessed_arrest_gives_way_at_the_same_time() -> None:
    rows = [("a", START, "ERO Reprocessed Arrest", None, None), ("a", START, "Located", None, None)]
    assert _judged("arrest_episodes", _frame(rows)).dropped.to_list() == [True, False]


def test_detainers_of_two_types_or_facilities_are_two() -> None:
    rows = [
        ("a", START, None, "I247A", "x"),
        ("a", START, None, "I247G", "x"),
        ("a", START, None, "I247A", "y"),
        ("a", START, None, "I247A", "x"),
        ("a", START + DAY, None, "I247A", "x"),
    ]
    assert _judged("detainer_days", _frame(rows)).dropped.to_list() == [False, False, False, True, False]
    assert _judged("detainer_episodes", _frame(rows)).dropped.to_list() == [False, False, False, True, True]


def test_removals_keep_the_last_of_a_day() -> None:
    rows = [("a", START + dt.timedelta(hours=h), None, None, None) for h in (9, 1, 30)]
    assert _judged("removal_days", _frame(rows)).dropped.to_list() == [True, False, False]


def test_form_c_agrees_with_the_published_flags(tmp_path: Path) -> None:
    """A cleaned release of form C, flags made by the documented rule: every row agrees, the first is kept."""
    rows = ddp_forms.rows_of("ddp-arrests-c", 300, seed=8, people=25)
    as_tuples = [
        (r["Anonymized Unique Identifier"], r["Apprehension Date"], r["Apprehension Method"]) for r in rows
    ]
    likely, drop = _arrest_rule(as_tuples)
    path = tmp_path / "arrests.csv"
    pl.DataFrame(
        {
            "apprehension_date_time": [str(r["Apprehension Date"]) for r in rows],
            "apprehension_aor": [r["AOR"] for r in rows],
            "apprehension_state_original": [r["State"] for r in rows],
            "event_landmark": [r["Event Landmark"] for r in rows],
            "apprehension_method": [r["Apprehension Method"] for r in rows],
            "apprehension_method_simple": ["Other"] * len(rows),
            "unique_identifier": [r["Anonymized Unique Identifier"] for r in rows],
            "duplicate_likely": [
                None if t[0] is None else f"{f}".upper() for t, f in zip(as_tuples, likely, strict=True)
            ],
            "duplicate_drop_row": [f"{f}".upper() for f in drop],
        }
    ).write_csv(path)
    audit = ingest([path], tmp_path / "store").releases[0]
    assert audit.family == "ddp-arrests-c"
    missing = sum(t[0] is None for t in as_tuples)
    assert audit.checks["published_flags"] == {
        "published_likely": {"agree": 300 - missing, "differ": 0, "not_flagged": missing},
        "published_drop": {"agree": 300, "differ": 0, "not_flagged": 0},
    }
    assert audit.rows_dropped == {"duplicate": sum(drop)}
    assert sum(likely) > sum(drop) > 0  # dropping all that are likely would lose the kept rows too


@pytest.mark.parametrize(
    "form", ["ddp-arrests-c", "ddp-detainers-c", "ddp-encounters-b", "ddp-removals-c", "ddp-stints-b"]
)
def test_a_release_in_blocks_is_judged_as_a_whole(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of one person stand in many blocks: the rows kept and the account are those of one reading."""
    from atlarge.releases import opening

    rows = ddp_forms.rows_of(form, 400, seed=5, people=30)
    rows += rows[:100]  # the same once more, far from where they first stand
    path = tmp_path / "release.csv"
    pl.DataFrame([{name: None if v is None else str(v) for name, v in r.items()} for r in rows]).write_csv(
        path
    )
    whole = ingest([path], tmp_path / "whole").releases[0].to_dict()
    assert whole["rows_dropped"]["duplicate"] > 20
    table = whole["table"]
    kept = pl.read_parquet(tmp_path / "whole" / table / "*.parquet").sort("row")
    for block in (5_000, 20_000):
        monkeypatch.setattr(opening, "BLOCK", block)
        result = ingest([path], tmp_path / f"by-{block}").releases[0].to_dict()
        assert len(result["tables"]) > len(whole["tables"])
        assert {k: v for k, v in result.items() if k != "tables"} == {
            k: v for k, v in whole.items() if k != "tables"
        }
        assert pl.read_parquet(tmp_path / f"by-{block}" / table / "*.parquet").sort("row").equals(kept)


def _people(rows: int, seed: int) -> list[tuple[str, dt.datetime, int, str]]:
    """Arrests of as many persons, a tenth of them recorded again within the day: identifier, time, birth year
    and country."""
    draw = random.Random(seed)
    found = []
    for at in range(rows):
        when = START + dt.timedelta(minutes=draw.randrange(60 * 24 * 120))
        person = (
            f"{at:040x}",
            when,
            draw.randrange(1950, 2005),
            draw.choice(["MEXICO", "CUBA", "PERU", "HAITI"]),
        )
        found.append(person)
        if draw.random() < 0.1:
            found.append((person[0], when + dt.timedelta(minutes=draw.randrange(1, 600)), *person[2:]))
    return sorted(found, key=lambda row: row[1])


WRONG = {
    "batches of 40": lambda at, who: f"batch{at // 40}",
    "batches of 12": lambda at, who: f"{at // 12:x}f",
    "one for two who stand together": lambda at, who: f"{at // 2:x}e",
    "the start of a hash": lambda at, who: hashlib.sha1(who.encode()).hexdigest()[:2] + "z",
    "15 digits": lambda at, who: f"{10**17 + int(who, 16) * 37:d}"[:14] + "7",
    "row numbers begun again": lambda at, who: str(at % 200 + 1),
    "row numbers": lambda at, who: str(at + 1),
    "every 30th row the same": lambda at, who: "desk 4" if at % 30 == 0 else who,
}


@pytest.mark.parametrize("column", ["birth_year", "citizenship_country"])
@pytest.mark.parametrize("kind", [*WRONG, "right"])
def test_an_identifier_of_several_persons_drops_no_row_of_another(
    kind: str, column: str, tmp_path: Path
) -> None:
    rows = _people(800, seed=len(kind))
    ids = [WRONG[kind](at, row[0]) if kind in WRONG else row[0] for at, row in enumerate(rows)]
    path = tmp_path / "a.csv"
    pl.DataFrame(
        {
            "apprehension_date_time": [str(row[1]) for row in rows],
            "apprehension_aor": ["San Antonio Area of Responsibility"] * len(rows),
            "apprehension_state": ["TEXAS"] * len(rows),
            "apprehension_method": ["Located"] * len(rows),
            "apprehension_site_landmark": ["TRAVIS COUNTY JAIL, AUSTIN, TX"] * len(rows),
            column: [str(row[2]) if column == "birth_year" else row[3] for row in rows],
            "unique_identifier": ids,
        }
    ).write_csv(path)
    audit = ingest([path], tmp_path / "store").releases[0]
    again = len(rows) - 800
    if kind == "right":
        assert audit.rows_dropped == {"duplicate": again}
    elif kind == "every 30th row the same":
        assert again * 0.85 <= audit.rows_dropped["duplicate"] <= again
        assert any("in more rows than a person can have" in note for note in audit.notes)
    else:
        assert audit.rows_dropped == {}
        assert any("identifier" in note for note in audit.notes)


@pytest.mark.parametrize("dense", [2, 20, 120])
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_batches_are_told_without_anything_of_the_person(dense: int, share: float) -> None:
    """Identifiers shared by batches of 40, over as many days, in a part of a file or in all of it."""
    draw = random.Random(dense)
    rows = []
    for batch in range(30):
        for _ in range(40):
            when = START + dt.timedelta(minutes=draw.randrange(60 * 24 * dense))
            rows.append((f"b{batch}", when, "Located", "I247A", "x"))
    for at in range(int(1200 / share) - 1200):
        when = START + dt.timedelta(minutes=draw.randrange(60 * 24 * 120))
        rows.append((f"p{at}", when, "Located", "I247A", "x"))
    frame = _frame(rows)
    found = RULES["arrest_episodes"].judge_release(RULES["arrest_episodes"].looked_at(frame))
    assert int(found.dropped.sum()) == 0


def test_copies_of_a_file_joined_to_it_are_dropped() -> None:
    rows = [(f"p{at}", START + dt.timedelta(hours=7 * at), "Located", "I247A", "x") for at in range(300)]
    rule = RULES["arrest_episodes"]
    for copies in (2, 3, 9):
        found = rule.judge_release(rule.looked_at(_frame(rows * copies)))
        assert int(found.dropped.sum()) == 300 * (copies - 1)

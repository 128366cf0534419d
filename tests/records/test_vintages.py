"""A later release of a series counts alone on the days and in the places that it shows to cover."""

from __future__ import annotations

import csv
import datetime as dt
import random
from itertools import permutations
from pathlib import Path
from typing import Any

import ddp_forms
import polars as pl
import pytest

from atlarge.ingest import ingest
from atlarge.records.store import open_store

pytestmark = pytest.mark.slow_file

FAMILIES = (
    "ddp-arrests-b",
    "ddp-arrests-c",
    "ddp-detainers-b",
    "ddp-detainers-c",
    "ddp-encounters-b",
    "ddp-removals-c",
)
PEOPLE = 10**9
Rows = list[dict[str, Any]]


def _written(path: Path, rows: Rows) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _put_in_one_place(row: dict[str, Any]) -> None:
    """State and area follow the landmark or facility, as they do in records."""
    in_seattle = any("KING" in str(value) for value in row.values())
    for name in row:
        if name.endswith("AOR"):
            row[name] = f"{'Seattle' if in_seattle else 'San Antonio'} Area of Responsibility"
        if name.endswith("State"):
            row[name] = "WASHINGTON" if in_seattle else "TEXAS"


def _vintages(family: str, seed: int, without_identifiers: bool) -> tuple[Rows, Rows, list[int]]:
    """An earlier release, a later one that has taken rows out and added others, and which it took out."""
    draw = random.Random(seed)
    main = ddp_forms.main_date(family)
    earlier = ddp_forms.rows_of(family, 400, seed=seed, people=PEOPLE)
    late = ddp_forms.rows_of(family, 60, seed=seed + 1000, people=PEOPLE)
    for row in late:
        row[main] += dt.timedelta(days=60)
    for row in earlier:  # two months whole
        row[main] = dt.datetime(2023, 1, 1) + 3 * (row[main] - dt.datetime(2023, 1, 1))
    for row in (*earlier, *late):
        _put_in_one_place(row)
    if without_identifiers:
        for row in (*earlier, *late):
            row.update({name: None for name in row if name.endswith("Identifier")})
    gone = draw.sample(range(len(earlier)), 12)
    later = [row for i, row in enumerate(earlier) if i not in gone] + late
    draw.shuffle(later)
    return earlier, later, gone


def _counts(store: Path, table: str) -> pl.DataFrame:
    keys = [pl.col("date"), *(pl.col(c).fill_null("") for c in ("aor", "state", "county_fips"))]
    rows = open_store(store).scan(table).select(*keys, "n").collect()
    return rows.group_by("date", "aor", "state", "county_fips").agg(pl.col("n").sum()).sort(pl.all())


@pytest.mark.parametrize("without_identifiers", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_rows_that_a_later_release_takes_out_are_not_counted(
    family: str, without_identifiers: bool, tmp_path: Path
) -> None:
    """Counts are those of the later release alone, in whatever order both came, and the audit says so."""
    table = family.split("-")[1]
    earlier, later, gone = _vintages(family, FAMILIES.index(family), without_identifiers)
    paths = [_written(tmp_path / "earlier.csv", earlier), _written(tmp_path / "later.csv", later)]
    ingest([paths[1]], tmp_path / "alone")
    ingest([paths[0]], tmp_path / "both")
    before = _counts(tmp_path / "both", table)
    audit = ingest([paths[1]], tmp_path / "both")
    ingest(paths, tmp_path / "turned")
    alone = _counts(tmp_path / "alone", table)
    assert _counts(tmp_path / "both", table).equals(alone)
    assert _counts(tmp_path / "turned", table).equals(alone)
    releases = open_store(tmp_path / "both").releases
    lost = next(r for r in releases if r["file"] == "earlier.csv")["overlaps"]
    # a duplicate that the earlier release dropped is no row that the later one takes out
    assert 0 < lost[0]["no_longer_listed"] <= len(gone)
    whole = pl.col("date").is_between(dt.date(2023, 1, 1), dt.date(2023, 2, 28))
    removed = int(before.filter(whole)["n"].sum()) - int(alone.filter(whole)["n"].sum())
    changed: dict[str, int] = {}
    for row in audit.revisions:
        changed[row["place_kind"]] = changed.get(row["place_kind"], 0) - row["change"]
    assert removed > 0
    # detainers of two facilities cover their counties on the days with a row, hardly ever a whole month
    assert max(changed.values()) == removed or (table == "detainers" and 0 < max(changed.values()) < removed)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cut", ["method", "aor", "days", "half"])
def test_what_was_cut_from_a_later_file_is_still_counted(cut: str, seed: int, tmp_path: Path) -> None:
    """A later file without a method, an area, a fortnight or every third row takes out nothing of these."""
    earlier, later, gone = _vintages("ddp-arrests-c", 50 + seed, seed % 2 == 1)
    draw = random.Random(seed)
    main = "Apprehension Date"
    away = {
        "method": lambda row: row["Apprehension Method"] == "287(g) Program",
        "aor": lambda row: str(row["AOR"]).startswith("Seattle"),
        "days": lambda row: row[main].month == 2 and row[main].day > 14,
        "half": lambda row: draw.random() < 0.3,
    }[cut]  # fmt: skip
    kept = [row for row in later if not away(row) or row[main].month > 2]
    paths = [_written(tmp_path / "earlier.csv", earlier), _written(tmp_path / "later.csv", kept)]
    ingest([paths[0]], tmp_path / "store")
    before = open_store(tmp_path / "store").scan("arrests").collect()
    ingest([paths[1]], tmp_path / "store")
    after = open_store(tmp_path / "store").scan("arrests").collect()
    cell = ["date", "method", "aor", "county_fips"]
    cells = before.group_by(cell).agg(pl.col("n").sum()).filter(pl.col("n") >= 2)
    missing = cells.join(after.group_by(cell).agg(m=pl.col("n").sum()), on=cell, how="anti", nulls_equal=True)
    assert missing.is_empty()
    assert after["n"].sum() >= before["n"].sum() - len(gone)


def _said(earlier: Rows, main: str) -> list[str]:
    """Columns of words that differ between rows."""
    return [
        name
        for name in earlier[0]
        if name != main and not name.endswith("Identifier")
        and len({row[name] for row in earlier}) > 1 and any(isinstance(row[name], str) for row in earlier)
    ]  # fmt: skip


@pytest.mark.parametrize("without_identifiers", [False, True])
@pytest.mark.parametrize("change", ["renamed", "mostly blank", "renamed, and another blank"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_later_release_in_other_words_counts_each_row_once(
    family: str, change: str, without_identifiers: bool, tmp_path: Path
) -> None:
    """A common value of a column has another name, or most rows leave a column blank; columns are drawn."""
    table, main = family.split("-")[1], ddp_forms.main_date(family)
    draw = random.Random(f"{family} {change} {without_identifiers}")
    earlier, later, _ = _vintages(family, draw.randrange(1000), without_identifiers)
    later = [dict(row) for row in later]
    first, second = draw.sample(_said(earlier, main), 2)
    common = max(sorted({row[first] for row in later if row[first]}), key=[r[first] for r in later].count)
    for row in later:
        if "renamed" in change and row[first] == common:
            row[first] = "NAME OF ANOTHER KIND"
        if "blank" in change and draw.random() < 0.8:
            row[second] = None
    paths = [_written(tmp_path / "earlier.csv", earlier), _written(tmp_path / "later.csv", later)]
    ingest([paths[1]], tmp_path / "alone", covers="nation")
    for order in (paths, paths[::-1]):
        for path in order:
            ingest([path], tmp_path / order[0].stem, covers="nation")
        both, alone = (
            open_store(tmp_path / store).scan(table).select(pl.col("n").sum()).collect().item()
            for store in (order[0].stem, "alone")
        )
        assert both == alone, (first, second)


def _dense(draw: random.Random, rows: int) -> Rows:
    """Arrests of an area in two months, of which every day has many that are alike."""
    methods = ["Located", "CAP Local Incarceration", "Boat Patrol"]
    jails = [f"{county} COUNTY JAIL" for county in ("TRAVIS", "BEXAR", "WEBB")]
    return [
        {
            "apprehension_date": dt.date(2025, 9, 1) + dt.timedelta(days=draw.randrange(60)),
            "apprehension_aor": "San Antonio Area of Responsibility",
            "apprehension_method": draw.choices(methods, [6, 3, 1])[0],
            "apprehension_criminality": draw.choices(["1 Convicted Criminal", "3 Other"], [9, 1])[0],
            "event_landmark": draw.choices(jails, [6, 3, 1])[0],
        }
        for _ in range(rows)
    ]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("part", ["a method", "a landmark", "a criminality", "a tenth", "half"])
def test_parts_of_a_release_add_up(part: str, seed: int, tmp_path: Path) -> None:
    """What one file has and the other has not is counted, though each day has many rows like it."""
    draw = random.Random(f"{part} {seed}")
    rows = _dense(draw, 3_000)
    is_part = {
        "a method": lambda row: row["apprehension_method"] == "Boat Patrol",
        "a landmark": lambda row: row["event_landmark"] == "WEBB COUNTY JAIL",
        "a criminality": lambda row: row["apprehension_criminality"] == "3 Other",
        "a tenth": lambda row: draw.random() < 0.1,
        "half": lambda row: draw.random() < 0.5,
    }[part]
    parts: tuple[Rows, Rows] = ([], [])
    for row in rows:
        parts[is_part(row)].append(row)
    paths = [_written(tmp_path / f"{i}.csv", kept) for i, kept in enumerate(parts)]
    ingest(paths, tmp_path / "store", covers="nation")
    assert open_store(tmp_path / "store").scan("arrests").select(pl.col("n").sum()).collect().item() == 3_000


@pytest.mark.parametrize("has_identifiers", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_cuts_by_different_columns_count_what_both_hold_once(
    seed: int, has_identifiers: bool, tmp_path: Path
) -> None:
    """Two or three cuts, none of which holds most of another, in any order; with identifiers samples, too."""
    draw = random.Random(f"{seed} {has_identifiers}")
    rows = _dense(draw, 2_000)
    ways = [
        lambda row: row["apprehension_criminality"].startswith("1") or row["apprehension_date"].month == 9,
        lambda row: row["apprehension_method"] != "Located",
        lambda row: row["event_landmark"].startswith("TRAVIS"),
    ][: draw.choice([2, 3])]
    if has_identifiers:
        for row in rows:
            row["unique_identifier"] = f"{draw.getrandbits(160):040x}"
        ways.append(lambda row: int(row["unique_identifier"], 16) % 3 == 0)
    cuts = [[row for row in rows if is_kept(row)] for is_kept in ways]
    paths = [_written(tmp_path / f"{i}.csv", kept) for i, kept in enumerate(cuts)]
    own = pl.DataFrame([row for row in rows if any(is_kept(row) for is_kept in ways)])
    wanted = own.group_by("apprehension_date", "apprehension_method").len().sort(pl.all())
    for number, order in enumerate(draw.sample([*permutations(paths)], 2)):
        for path in order:
            ingest([path], tmp_path / f"s{number}", covers="nation", allow_loss=True)
        found = open_store(tmp_path / f"s{number}").scan("arrests").group_by("date", "method").len()
        assert found.sort(pl.all()).collect().rows() == wanted.rows()

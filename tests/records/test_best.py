"""Where releases overlap, each row keeps the best-known value of every column, in whatever order."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from pathlib import Path

import ddp_forms
import polars as pl
import pytest

from atlarge.ingest import ingest
from atlarge.records.lineage import lineage
from atlarge.records.matching import paired
from atlarge.records.store import open_store

pytestmark = pytest.mark.slow_file

B = (
    "apprehension_date_time,state,toa_current_duty_aor,apprehension_method,apprehension_criminality,"
    "apprehension_site_landmark,operation,toa_current_duty_site,anonymized_identifier"
)
C = (
    "apprehension_date_time,apprehension_state_original,apprehension_aor,apprehension_method,"
    "apprehension_criminality,event_landmark,apprehension_city_original,unique_identifier"
)
TEXTS = [
    "TRAVIS COUNTY JAIL, AUSTIN, TX",
    "HARRIS COUNTY JAIL, HOUSTON, TX",
    "BEXAR COUNTY JAIL, SAN ANTONIO, TX",
]


def _releases(folder: Path, seed: int, identified: bool) -> tuple[list[Path], list[str]]:
    """An older release with landmarks, a newer one that blanks some, and the landmark of each arrest."""
    draw = random.Random(seed)
    older, newer, truth = [B], [C], []
    for i in range(60):
        day = dt.datetime(2025, 9, 1, 8, 0) + dt.timedelta(days=draw.randrange(90))
        text, method = draw.choice(TEXTS), draw.choice(["Located", "Custodial Arrest"])
        who = f"{i:040x}" if identified else ""
        area = "San Antonio Area of Responsibility"
        older.append(f'{day},TEXAS,{area},{method},1 Convicted Criminal,"{text}",,,{who}')
        kept = text if draw.random() < 0.3 else ""
        newer.append(f'{day},TEXAS,{area},{method},1 Convicted Criminal,"{kept}",,{who}')
        truth.append(text)
    draw.shuffle(newer[1:])
    paths = [folder / "older.csv", folder / "newer.csv"]
    for path, lines in zip(paths, (older, newer), strict=True):
        path.write_text("\n".join(lines) + "\n")
    return paths, truth


@pytest.mark.parametrize("identified", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_no_place_is_lost_to_a_newer_release(seed: int, identified: bool, tmp_path: Path) -> None:
    paths, truth = _releases(tmp_path, seed, identified)
    found = []
    for number, order in enumerate(itertools.permutations(paths)):
        for path in order:
            ingest([path], tmp_path / str(number))
        store = open_store(tmp_path / str(number))
        rows = store.scan("arrests").collect()
        assert rows.height == len(truth)
        assert rows.group_by("landmark").len().sort("landmark").rows() == sorted(
            (text, truth.count(text)) for text in set(truth)
        )
        assert rows["county_fips"].null_count() == 0
        filled = rows.filter(pl.col("filled_from").is_not_null()).height
        traced = lineage(store, "arrests").explode("rows").group_by("file").len().sort("file").rows()
        assert traced == [("newer.csv", len(truth)), ("older.csv", filled)]
        found.append(rows.sort("file", "row").drop("filled_from"))
    assert found[0].equals(found[1])


def test_a_third_release_starts_from_what_the_releases_say(tmp_path: Path) -> None:
    """Fills are made again from the rows as published, not from rows filled before."""
    paths, truth = _releases(tmp_path, 5, True)
    third = tmp_path / "third.csv"
    lines = paths[0].read_text().splitlines()
    third.write_text("\n".join([lines[0], *lines[1:31]]) + "\n")
    stores = []
    for number, order in enumerate(([0, 1, 2], [2, 1, 0], [1, 2, 0])):
        files = [*paths, third]
        for i in order:
            ingest([files[i]], tmp_path / f"s{number}")
        rows = open_store(tmp_path / f"s{number}").scan("arrests").collect()
        assert rows["county_fips"].null_count() == 0
        assert rows.height == len(truth)
        stores.append(rows.group_by("county_fips", "date").len().sort("county_fips", "date"))
    assert stores[0].equals(stores[1])
    assert stores[0].equals(stores[2])


AREAS = ("Denver", "Saint Paul", "Seattle", "Chicago", "San Antonio")
COUNTIES = tuple(f"{name} COUNTY JAIL" for name in ("JEFFERSON", "FRANKLIN", "DOUGLAS", "BENTON", "LINN"))
FARTHER = {"DENVER COUNTY JAIL, CO": "08031", "COVINA POLICE DEPT, COVINA, CA": "06037"}


def _vintages(folder: Path, seed: int, change: str) -> tuple[list[Path], int]:
    """A release of three months, a later one of four with the same rows, changed; how many they are."""
    draw = random.Random(seed)
    rows = [
        {
            "apprehension_date": dt.date(2025, 9, 1) + dt.timedelta(days=i % 122),
            "apprehension_aor": f"{draw.choice(AREAS)} Area of Responsibility",
            "apprehension_method": draw.choice(["Located", "CAP Local Incarceration", "Other Efforts"]),
            "apprehension_criminality": draw.choice(["1 Convicted Criminal", "3 Other Immigration Violator"]),
            "event_landmark": draw.choice([*COUNTIES, *FARTHER]),
            "unique_identifier": f"{i + 1000 * seed:040x}",
        }
        for i in range(1_500)
    ]
    whole = pl.DataFrame(rows)
    earlier = whole.filter(pl.col("apprehension_date") < dt.date(2025, 12, 1))
    blank = pl.lit(None, pl.String).alias("event_landmark")
    some = pl.int_range(pl.len()) % 30 == seed
    others = pl.when(some).then(pl.lit("287(g) Program")).otherwise("apprehension_method")
    label = pl.col("event_landmark")
    later = {
        "landmarks blank": whole.with_columns(blank),
        "no area": whole.drop("apprehension_aor"),
        "no area, no identifiers": whole.drop("apprehension_aor", "unique_identifier"),
        "no landmarks, no identifiers, no criminality": whole.drop(
            "unique_identifier", "apprehension_criminality"
        ).with_columns(blank),
        "no area, no landmarks, no identifiers, other methods": whole.drop(
            "apprehension_aor", "unique_identifier"
        ).with_columns(blank, others.alias("apprehension_method")),
        "a jail called by another name": whole.drop("unique_identifier").with_columns(
            label.replace("LINN COUNTY JAIL", "LCJ ANNEX")
        ),
    }[change]
    if "no identifiers" in change or "another name" in change:
        earlier = earlier.drop("unique_identifier")
    paths = [folder / "earlier.csv", folder / "later.csv"]
    for path, frame in zip(paths, (earlier, later.sample(fraction=1, shuffle=True, seed=seed)), strict=True):
        frame.write_csv(path)
    return paths, earlier.height


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("change", "stay"),
    [
        ("landmarks blank", True),
        ("no area", True),
        ("no area, no identifiers", False),
        ("no landmarks, no identifiers, no criminality", True),
        ("no area, no landmarks, no identifiers, other methods", False),
        ("a jail called by another name", False),
    ],
)
def test_a_later_release_that_lacks_columns_counts_each_row_once(
    change: str, stay: bool, seed: int, tmp_path: Path
) -> None:
    """And its rows stay where the earlier one placed them, wherever rows can be matched (`stay`)."""
    paths, number = _vintages(tmp_path, seed, change)
    counted = []
    for path in paths:
        ingest([path], tmp_path / "store", covers="nation")
        rows = open_store(tmp_path / "store").scan("arrests").collect()
        rows = rows.filter(pl.col("date") < dt.date(2025, 12, 1))
        assert rows["n"].sum() == number
        counted.append(rows.drop_nulls("county_fips").group_by("county_fips", "date").agg(pl.col("n").sum()))
    both = counted[0].join(counted[1], on=["county_fips", "date"], how="left", suffix="_later").fill_null(0)
    assert set(FARTHER.values()) <= set(both["county_fips"])
    if stay:
        assert (both["n_later"] >= both["n"]).all()


@pytest.mark.parametrize("seed", range(2))
def test_an_outcome_is_kept_with_the_reason_that_it_is_read_from(seed: int, tmp_path: Path) -> None:
    """A newer release of detainers that leaves reasons blank changes no outcome that was known."""
    earlier = ddp_forms.rows_of("ddp-detainers-c", 300, seed=seed, people=10**9)
    area = {"AOR": "San Antonio Area of Responsibility", "State": "TEXAS", "Detention Facility": TEXTS[0]}
    who = "Anonymized Unique Identifier"
    earlier = [row | area | {who: f"1{i:039x}"} for i, row in enumerate(earlier)]
    draw = random.Random(seed)
    main = ddp_forms.main_date("ddp-detainers-c")
    late = [row | {main: row[main] + dt.timedelta(days=30)} for row in earlier[:20]]
    late = [row | {who: f"2{i:039x}"} for i, row in enumerate(late)]
    later = [row | ({"Detainer Lift Reason": None} if draw.random() < 0.8 else {}) for row in earlier]
    later += late
    draw.shuffle(later)
    for name, rows in (("earlier", earlier), ("later", later)):
        pl.DataFrame(rows).write_csv(tmp_path / f"{name}.csv", datetime_format="%Y-%m-%d %H:%M:%S")
        ingest([tmp_path / f"{name}.csv"], tmp_path / "both")
    ingest([tmp_path / "earlier.csv"], tmp_path / "alone")
    last = max(row[main] for row in earlier).date()
    alone, both = (
        open_store(tmp_path / name).scan("detainers").filter(pl.col("date") <= last).collect()
        for name in ("alone", "both")
    )
    for outcome in ("booked", "declined"):
        assert alone.filter(outcome=outcome).height == both.filter(outcome=outcome).height > 50
    assert both.filter(outcome="missing")["lift_reason"].count() == 0


def test_rows_in_other_words_are_paired_by_the_finest_that_both_say() -> None:
    """Removals have no text of place: those of one day are paired by area and state before area alone."""
    rows = [("SNA", "TX"), ("SNA", "NM"), ("PHO", "AZ"), ("PHO", None)]
    schema = {"_at": pl.UInt32, "date": pl.Date, "aor": pl.String, "state": pl.String}
    schema["criminality"] = pl.String
    sides = [
        pl.DataFrame(
            [(at, dt.date(2025, 6, 1), *rows[at], word) for at in order], schema=schema, orient="row"
        )
        for word, order in (("1 Convicted", [0, 1, 2, 3]), ("Convicted", [3, 2, 1, 0]))
    ]
    pairs = paired(*sides, "removals")
    assert sorted(pairs.iter_rows()) == [(at, at) for at in range(4)]

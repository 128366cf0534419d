"""Where releases overlap, each row keeps the best-known value of every column, in whatever order."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from pathlib import Path

import polars as pl
import pytest

from atlarge.ingest import ingest
from atlarge.records.lineage import lineage
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

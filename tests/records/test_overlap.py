"""Two releases of the same events are counted once, whatever the order they come in."""

from __future__ import annotations

import datetime as dt
import random
from itertools import permutations
from pathlib import Path
from typing import Any

import ddp_forms
import polars as pl
import pytest

import cuts
import simulated_files
from atlarge.ingest import ingest
from atlarge.records.store import open_store
from atlarge.releases import families

pytestmark = pytest.mark.slow_file


def _kept(store: Path) -> dict[str, tuple[int, dict[str, int]]]:
    return {r["file"]: (r["rows_kept"], r["rows_dropped"]) for r in open_store(store).releases}


def _arrest_file(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join([simulated_files.ARRESTS_HEADER, *lines]) + "\n")
    return path


def _counted(store: Path) -> int:
    """Events in the files that the manifest names: those superseded stay a while for who still reads them."""
    return int(open_store(store).scan("arrests").select(pl.col("n").sum()).collect().item())


def test_a_part_of_a_release_is_not_counted_again(tmp_path: Path) -> None:
    """A user's cut of one area loses to the whole, before it or after it, and the audit says which won."""
    lines = simulated_files.arrest_lines(600, seed=1)
    whole = _arrest_file(tmp_path / "whole.csv", lines)
    part = _arrest_file(tmp_path / "part.csv", [line for line in lines if line.startswith("San Antonio")])
    rows = sum(line.startswith("San Antonio") for line in lines)
    for order in ([whole, part], [part, whole]):
        store = tmp_path / f"store-{order[0].stem}"
        for path in order:
            ingest([path], store)
        assert _kept(store) == {"whole.csv": (600, {}), "part.csv": (0, {"overlap": rows})}
        lost = next(r for r in open_store(store).releases if r["file"] == "part.csv")["overlaps"]
        assert [(o["won_file"], o["rows"], o["matched"]) for o in lost] == [("whole.csv", rows, rows)]
        assert _counted(store) == 600


def test_the_store_is_the_same_whatever_the_order(tmp_path: Path) -> None:
    """Three releases that overlap, in all six orders: the same manifest and the same counted rows."""
    lines = simulated_files.arrest_lines(400, seed=2)
    files = [
        _arrest_file(tmp_path / "whole.csv", lines),
        _arrest_file(tmp_path / "half.csv", lines[:200]),
        _arrest_file(tmp_path / "area.csv", [line for line in lines if line.startswith("Seattle")]),
    ]
    stores = []
    for order in permutations(files):
        store = tmp_path / "-".join(p.stem for p in order)
        for path in order:
            ingest([path], store)
        named = {e["path"] for r in open_store(store).releases for e in r["tables"]}
        stores.append(
            ((store / "manifest.json").read_bytes(), {n: (store / n).read_bytes() for n in sorted(named)})
        )
    assert all(one == stores[0] for one in stores)
    assert {_counted(tmp_path / "-".join(p.stem for p in order)) for order in permutations(files)} == {400}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("blank", "later_blank"), [(0.0, 0.7), (0.7, 0.0), (0.3, 0.5), (0.1, 0.1), (0.0, 1.0)]
)
def test_rows_of_which_one_vintage_leaves_the_landmark_blank_are_counted_once(
    blank: float, later_blank: float, seed: int, tmp_path: Path
) -> None:
    """Without identifiers, in every order; what either file says of a row's place is kept."""
    draw = random.Random(seed)
    known: set[int] = set()
    files = []
    whole = [line.split("|") for line in simulated_files.arrest_lines(200, seed=seed)]
    for name, share in (("a.csv", blank), ("b.csv", later_blank)):
        kept = [draw.random() >= share for _ in whole]
        known |= {at for at, is_kept in enumerate(kept) if is_kept and whole[at][3]}
        lines = ["|".join([*c[:3], c[3] if k else "", *c[4:]]) for c, k in zip(whole, kept, strict=True)]
        draw.shuffle(lines)
        files.append(_arrest_file(tmp_path / name, lines))
    stores = []
    for at, order in enumerate(permutations(files)):
        for file in order:
            ingest([file], tmp_path / f"s{at}")
        stores.append(open_store(tmp_path / f"s{at}").scan("arrests").collect())
    assert [frame.height for frame in stores] == [200, 200]
    assert stores[0].equals(stores[1], null_equal=True)
    assert stores[0]["landmark"].count() == len(known)


def test_halves_of_a_release_are_both_counted(tmp_path: Path) -> None:
    """Rows split by chance into two files share days, landmarks and methods, and are not the same rows."""
    lines = simulated_files.arrest_lines(600, seed=3)
    random.Random(3).shuffle(lines)
    store = tmp_path / "store"
    ingest(
        [_arrest_file(tmp_path / "a.csv", lines[:300]), _arrest_file(tmp_path / "b.csv", lines[300:])], store
    )
    assert _kept(store) == {"a.csv": (300, {}), "b.csv": (300, {})}


@pytest.mark.parametrize("blank", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("parts", ["halves", "copies", "part and whole"])
def test_many_alike_rows_a_day_are_counted_by_their_number(parts: str, blank: float, tmp_path: Path) -> None:
    """Eighty rows a day of four landmarks: parts of a release add up, and what both hold is counted once."""
    draw = random.Random(f"{parts} {blank}")
    lines = []
    for day in range(1, 31):
        for _ in range(80):
            method = draw.choice(["Located", "CAP Local Incarceration"])
            county = draw.choice(["TRAVIS", "BEXAR", "HIDALGO", "WEBB"])
            text = "" if draw.random() < blank else f"{county} COUNTY JAIL"
            line = f"San Antonio Area of Responsibility|1/{day}/2017|{method}|{text}||Voluntary Departure"
            lines.append(f"{line}|MEXICO|Male|(B)(6)")
    draw.shuffle(lines)
    half = len(lines) // 2
    first, second = {
        "halves": (lines[:half], lines[half:]),
        "copies": (lines, lines[::-1]),
        "part and whole": (lines[:half], lines),
    }[parts]
    paths = [_arrest_file(tmp_path / "a.csv", first), _arrest_file(tmp_path / "b.csv", second)]
    for at, order in enumerate(permutations(paths)):
        for path in order:
            ingest([path], tmp_path / f"store{at}")
        assert _counted(tmp_path / f"store{at}") == len(lines)


@pytest.mark.parametrize("seed", range(3))
def test_a_later_vintage_that_blanks_a_few_landmarks_unplaces_none(seed: int, tmp_path: Path) -> None:
    """Without identifiers, most rows the same: blanks are filled, and what was taken out stays out."""
    draw = random.Random(seed)
    lines = simulated_files.arrest_lines(400, seed=seed)
    later = [line.split("|") for line in lines[:-6]]
    for cells in draw.sample(later, 30):
        cells[3] = ""
    last = max(lines, key=lambda line: dt.datetime.strptime(line.split("|")[1], "%m/%d/%Y"))
    moved = dt.datetime.strptime(last.split("|")[1], "%m/%d/%Y") + dt.timedelta(days=3)
    added = "|".join([*last.split("|")[:1], f"{moved.month}/{moved.day}/{moved.year}", *last.split("|")[2:]])
    paths = [
        _arrest_file(tmp_path / "earlier.csv", lines),
        _arrest_file(tmp_path / "later.csv", ["|".join(cells) for cells in later] + [added]),
    ]
    stores = []
    for at, order in enumerate(permutations(paths)):
        for path in order:
            ingest([path], tmp_path / f"s{at}")
        stores.append(open_store(tmp_path / f"s{at}").scan("arrests").collect())
    assert stores[0].equals(stores[1], null_equal=True)
    named = sum(bool(line.split("|")[3]) for line in [*lines[:-6], added])
    assert named - 2 <= stores[0]["landmark"].count() <= named + 2
    assert len(lines) - 6 <= stores[0].height <= len(lines) + 1


def _in_form_a(row: dict[str, Any]) -> dict[str, Any]:
    """An arrest of form C as form A has it."""
    return {
        "Apprehension Date": row["Apprehension Date"], "Apprehension Method": row["Apprehension Method"],
        "Apprehension AOR": row["AOR"], "Apprehension Site Landmark": row["Event Landmark"],
        "Unique Identifier": row["Anonymized Unique Identifier"],
    }  # fmt: skip


def test_a_later_form_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    """The same arrests in forms A and C: C is kept, A is set aside on the days that C covers."""
    rows = ddp_forms.rows_of("ddp-arrests-c", 200, seed=4, people=100_000)
    older = [_in_form_a(row) for row in rows]
    newer = [r for r in rows if r["Apprehension Date"].day > 5]
    a = ddp_forms.write(tmp_path / "a.xlsx", "ddp-arrests-a", {"ERO": older})
    c = ddp_forms.write(tmp_path / "c.xlsx", "ddp-arrests-c", {"ARS": newer})
    ingest([a.path, c.path], tmp_path / "store")
    kept = _kept(tmp_path / "store")
    assert kept["c.xlsx"] == (len(newer), {})
    assert kept["a.xlsx"] == (200 - len(newer), {"overlap": len(newer)})
    assert families()["ddp-arrests-c"].rank > families()["ddp-arrests-a"].rank


CUT_BY = {
    "method": lambda row: row["Apprehension Method"] != "Located",
    "criminality": lambda row: row["Apprehension Criminality"] == "YES",
    "landmark": lambda row: "KING" in str(row["Event Landmark"]),
    "citizenship": lambda row: row["Citizenship Country"] == "YES",
}


@pytest.mark.slow
@pytest.mark.parametrize("has_identifiers", [False, True])
@pytest.mark.parametrize("column", CUT_BY)
def test_a_cut_in_a_later_form_takes_no_arrest_away(
    column: str, has_identifiers: bool, tmp_path: Path
) -> None:
    """What a cut left out is counted by the earlier form, which is whole; no arrest gets another's place."""
    rows = ddp_forms.rows_of("ddp-arrests-c", 400, seed=len(column), people=10**9)
    if not has_identifiers:
        rows = [row | {"Anonymized Unique Identifier": None} for row in rows]
    older = [_in_form_a(row) for row in rows]
    cut = [row for row in rows if CUT_BY[column](row)]
    assert 0 < len(cut) < len(rows)
    paths = [
        ddp_forms.write(tmp_path / "a.xlsx", "ddp-arrests-a", {"ERO": older}).path,
        ddp_forms.write(tmp_path / "c.xlsx", "ddp-arrests-c", {"ARS": cut}).path,
    ]
    key = ["date", "method", "landmark"]
    ingest(paths[:1], tmp_path / "alone", covers="nation")
    wanted = open_store(tmp_path / "alone").scan("arrests").group_by(key).len().sort(key).collect()
    for order in (paths, paths[::-1]):
        for path in order:
            ingest([path], tmp_path / order[0].stem, covers="nation")
        found = open_store(tmp_path / order[0].stem).scan("arrests").group_by(key).len().sort(key).collect()
        assert found.equals(wanted)


@pytest.mark.parametrize("has_identifiers", [False, True])
@pytest.mark.parametrize("parts", ["halves", "copies", "part and whole"])
def test_stints_of_two_files_are_counted_once(parts: str, has_identifiers: bool, tmp_path: Path) -> None:
    rows = ddp_forms.rows_of("ddp-stints-b", 300, seed=3, people=10**9)
    if not has_identifiers:
        rows = [row | {name: None for name in row if "Identifier" in name} for row in rows]
    first, second = {
        "halves": (rows[::2], rows[1::2]),
        "copies": (rows, rows[::-1]),
        "part and whole": (rows[::2], rows),
    }[parts]
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path, of_file in zip(paths, (first, second), strict=True):
        frame = pl.DataFrame(of_file, infer_schema_length=None)
        frame.write_csv(path, datetime_format="%Y-%m-%d %H:%M:%S")
    for order in (paths, paths[::-1]):
        for path in order:
            ingest([path], tmp_path / order[0].stem, covers="nation")
        found = open_store(tmp_path / order[0].stem).scan("stints").collect()
        assert found["n"].sum() == len(rows)


RECODED = {"Located": "At-large", "Non-Custodial Arrest": "At-large"}
JAILS = ("TRAVIS COUNTY JAIL, AUSTIN, TX", "HARRIS COUNTY JAIL, HOUSTON, TX")


@pytest.mark.parametrize("blank", [0.0, 0.3, 1.0])
def test_a_newsrooms_recoded_form_is_counted_once(blank: float, tmp_path: Path) -> None:
    """Its methods are two words of its own, so that no row agrees in them with one of the agency's."""
    draw = random.Random(int(10 * blank))
    methods = ("Located", "CAP Local Incarceration", "287(g) Program", "Non-Custodial Arrest")
    days = [dt.date(2025, 2, 1) + dt.timedelta(days=draw.randrange(90)) for _ in range(400)]
    used, jails = draw.choices(methods, k=400), draw.choices(JAILS, k=400)
    kept = [None if draw.random() < blank else jail for jail in jails]
    forms = {
        "ddp": {"apprehension_date": days, "apprehension_method": used, "apprehension_site_landmark": kept},
        "news": {
            "arrest_date": days,
            "arrest_street_custodial": [RECODED.get(method, "Custodial") for method in used],
            "apprehension_site_landmark": jails,
        },
    }
    for name, columns in forms.items():
        states = {"apprehension_state": ["TEXAS"] * 400} if name == "ddp" else {}
        pl.DataFrame(columns | states).write_csv(tmp_path / f"{name}.csv")
    for order in permutations([tmp_path / "ddp.csv", tmp_path / "news.csv"]):
        store = tmp_path / order[0].stem
        for path in order:
            ingest([path], store, covers="state:TX")
        assert _counted(store) == 400


@pytest.mark.data
@pytest.mark.parametrize(
    "forms", [("arrests, form a", "arrests, form c"), ("encounters, form a", "encounters, form b")]
)
@pytest.mark.parametrize("parts", ["halves", "by sex", "by landmark", "copies", "part and whole"])
def test_real_records_in_two_forms_add_up(
    parts: str, forms: tuple[str, str], data_dir: Path, tmp_path: Path
) -> None:
    """What one form has and the other has not counts, what both have counts once, in either order."""
    rows, _, name = cuts.release(forms[0], data_dir / "raw", 3000)
    draw = random.Random(parts)
    chance = pl.Series([draw.random() < 0.5 for _ in range(rows.height)])
    landmark = next(c for c in rows.columns if "Landmark" in c)
    first = {
        "by sex": pl.col("Gender") == "Male",
        "by landmark": pl.col(landmark).hash() % 2 == 0,
        "copies": pl.lit(True),
    }.get(parts, chance)
    is_first = rows.select(first.fill_null(False)).to_series()
    is_second = ~is_first if parts in ("halves", "by sex", "by landmark") else is_first | True
    paths = []
    for form, kept in zip(forms, (is_first, is_second), strict=True):
        other, *_ = cuts.release(form, data_dir / "raw", 3000)
        drawn = [
            c for c in other.columns if "Criminality" in c or c.endswith("_original")
        ]  # anew for each form
        paths.append(cuts.written(other.drop(drawn).filter(kept), tmp_path / f"{form}.csv"))
    for order in permutations(paths):
        for path in order:
            ingest([path], tmp_path / order[0].stem, covers="nation")
        found = open_store(tmp_path / order[0].stem).scan(name).select(pl.col("n").sum()).collect().item()
        assert found == rows.height


@pytest.mark.data
def test_pennsylvania_inside_the_national_detainers(data_dir: Path, tmp_path: Path) -> None:
    """The 1,799 Pennsylvania rows from October 2014 on stand in both; the national release is counted."""
    raw = data_dir / "raw"
    national = next((raw / "nprapps__sanctuary-cities").glob("*.xlsx"))
    state = raw / "eads__geocode-pa-detainers" / "pa_detainers.csv"
    ingest([state], tmp_path / "store")
    ingest([national], tmp_path / "store")
    kept = _kept(tmp_path / "store")
    assert kept[national.name] == (79_053, {})
    assert kept[state.name] == (32_757 - 1_799, {"overlap": 1_799})
    opened = open_store(tmp_path / "store").scan("detainers")
    late = opened.filter(pl.col("date") >= pl.date(2014, 10, 1), pl.col("state") == "PA").collect()
    assert late["release_id"].unique().to_list() == [
        r["id"] for r in open_store(tmp_path / "store").releases if r["file"] == national.name
    ]


@pytest.mark.data
def test_seattle_inside_the_national_arrests(data_dir: Path, tmp_path: Path) -> None:
    """Of Seattle's rows, those of the national year are set aside; the others stay."""
    raw = data_dir / "raw" / "UWCHR__ice-enforce"
    seattle, national = raw / "arrests_with_state.csv.gz", raw / "EROArrests_FY2017.csv.gz"
    ingest([national, seattle], tmp_path / "store")
    kept = _kept(tmp_path / "store")
    dates = pl.read_csv(seattle, columns=["arrest_date"])["arrest_date"].str.to_date("%m/%d/%Y")
    inside = sum(dt.date(2016, 10, 1) <= day <= dt.date(2017, 9, 30) for day in dates.to_list())
    assert kept[seattle.name] == (32_549 - inside, {"overlap": inside})
    lost = next(r for r in open_store(tmp_path / "store").releases if r["file"] == seattle.name)["overlaps"]
    assert (lost[0]["matched"], lost[0]["compared"]) == (inside, inside)


@pytest.mark.parametrize("seed", range(4))
def test_a_later_vintage_that_moves_dates_counts_each_arrest_once(seed: int, tmp_path: Path) -> None:
    """Dates put right by up to three weeks, late records added; some people are arrested twice."""
    draw = random.Random(seed)
    header = (
        "apprehension_date_time,apprehension_state,apprehension_aor,apprehension_method,"
        "apprehension_site_landmark,unique_identifier"
    )
    earlier, later = [], []
    for i in range(150):
        again = i >= 130  # of someone who was arrested seven weeks before
        first = i if i < 20 else draw.randrange(90)
        day = dt.datetime(2025, 3, 1, 8) + dt.timedelta(days=i - 80 if again else first)
        who = f"{i - 130 if again else i:040x}"
        jail = draw.choice(["TRAVIS COUNTY JAIL", "BEXAR COUNTY JAIL"])
        rest = f"TEXAS,San Antonio Area of Responsibility,Located,{jail},{who}"
        moved = dt.timedelta(days=draw.randint(1, 20)) if draw.random() < 0.08 else dt.timedelta()
        earlier.append(f"{day},{rest}")
        later.append(f"{day + moved},{rest if draw.random() < 0.8 else rest.replace(jail, '')}")
    late = [line.replace("Located", "Non-Custodial Arrest")[:-40] for line in earlier[:9]]
    later += [f"{line}{900 + i:040x}" for i, line in enumerate(late)]
    paths = [tmp_path / "earlier.csv", tmp_path / "later.csv"]
    for path, lines in zip(paths, (earlier, later), strict=True):
        path.write_text("\n".join([header, *lines]) + "\n")
    alone, both, turned = (tmp_path / name for name in ("alone", "both", "turned"))
    ingest([paths[1]], alone)
    for path in paths:
        ingest([path], both)
    for path in reversed(paths):
        ingest([path], turned)
    ingest([paths[0]], tmp_path / "first")
    stores = [open_store(tmp_path / "first"), *(open_store(store) for store in (alone, both, turned))]
    first, *rows = (store.scan("arrests").collect() for store in stores)
    month = pl.col("date").dt.month().alias("month")
    counts = [r.group_by(month).len().sort("month") for r in rows]
    assert counts[0].equals(counts[1])
    places = [r.group_by("county_fips", "date").len().sort("county_fips", "date") for r in rows]
    assert places[1].equals(places[2])
    assert rows[1]["county_fips"].null_count() == first["county_fips"].null_count() == 0
    assert rows[0]["county_fips"].null_count() > 0, "the later vintage blanks places"

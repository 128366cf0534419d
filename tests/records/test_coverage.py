"""A file covers the places and days that it can be shown to cover: no cut makes a false zero."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import polars as pl
import pytest

from atlarge.errors import AtlargeError, QuestionError
from atlarge.ingest import ingest
from atlarge.panel import panel
from atlarge.records.coverage import parse_scope, places_of, spans_of
from atlarge.records.doubts import sentences
from atlarge.records.store import Store, open_store

LEVELS = ("nation", "aor", "state", "county")
Cells = dict[str, dict[tuple[str, dt.date], int | None]]


def _cells(store: Store, places: dict[str, list[str]]) -> Cells:
    result: Cells = {}
    for by in LEVELS:
        try:
            frame = panel(store, by=by, places=places.get(by)).frame
        except AtlargeError:
            result[by] = {}
            continue
        result[by] = {(p, t): v for p, t, v in frame.select("place", "period", "value").iter_rows()}
    return result


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, pl.DataFrame]:
    """The shipped national records, and their rows by place."""
    store = open_store(None)
    columns = ["date", "aor", "aor_basis", "state", "office", "county_fips", "landmark", "n", "method"]
    rows = store.scan("arrests").filter(pl.col("date") < dt.date(2016, 10, 1)).select(columns)
    return store, rows.collect()


def _coverage(rows: pl.DataFrame) -> list[tuple[str, tuple[str, ...] | None, tuple[str, ...]]]:
    names = ["aor", "state", "office", "county_fips"]
    found = places_of(rows.group_by(names).agg(pl.col("n").sum()), "nation", None, True, has_state=False)
    return [(s.places, s.levels, s.without) for s in found]


def test_a_whole_release_covers_the_nation(whole: tuple[Store, pl.DataFrame]) -> None:
    assert _coverage(whole[1]) == [("nation", None, ())]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("column", ["aor", "state", "county_fips"])
def test_a_cut_covers_what_it_was_cut_to(whole: tuple[Store, pl.DataFrame], column: str, seed: int) -> None:
    rows = whole[1]
    counts = rows.drop_nulls(column).group_by(column).agg(pl.col("n").sum()).filter(pl.col("n") >= 100)
    value = random.Random(seed).choice(sorted(counts.filter(pl.col(column) != "HQ")[column].to_list()))
    kind = "county" if column == "county_fips" else column
    home = {"state": 2}.get(kind, len(value))
    covered = _coverage(rows.filter(pl.col(column) == value))
    assert covered
    for scope, _, without in covered:
        level, _, codes = scope.partition(":")
        assert level != "nation"
        if level == kind:
            assert codes == value
        elif level == "aor":  # all of an area's records may lie in one state
            inside = rows.filter(pl.col("aor").is_in(codes.split(",")) & pl.col(column).is_not_null())
            assert inside.filter(pl.col(column) == value)["n"].sum() > 0.85 * inside["n"].sum()
        else:
            assert level in ("county", "office")
            assert home
        assert not without


@pytest.mark.parametrize("column", ["aor", "state"])
@pytest.mark.parametrize("seed", range(6))
def test_a_release_that_lacks_a_place_says_so(
    whole: tuple[Store, pl.DataFrame], column: str, seed: int
) -> None:
    rows = whole[1]
    counts = rows.drop_nulls(column).group_by(column).agg(pl.col("n").sum()).filter(pl.col("n") >= 300)
    value = random.Random(seed).choice(sorted(counts[column].to_list()))
    ((scope, _, without),) = _coverage(rows.filter((pl.col(column) != value).fill_null(True)))
    assert scope == "nation"
    assert f"{column}:{value}" in without


@pytest.mark.parametrize("seed", range(8))
def test_months_and_weeks_that_were_left_out_are_not_covered(
    whole: tuple[Store, pl.DataFrame], seed: int
) -> None:
    rows = whole[1]
    draw = random.Random(seed)
    start = dt.date(2015, 11, 1) + dt.timedelta(days=draw.randrange(200))
    length = draw.choice([7, 14, 30])
    end = start + dt.timedelta(days=length - 1)
    kept = rows.filter(~pl.col("date").is_between(start, end))
    spans = spans_of(kept.select(pl.col("date").alias("day"), "n"))
    assert len(spans) == 2
    assert (spans[0][1], spans[1][0]) == (start - dt.timedelta(days=1), end + dt.timedelta(days=1))
    assert len(spans_of(rows.select(pl.col("date").alias("day"), "n"))) == 1


HEADER = (
    "apprehension_date_time,apprehension_aor,apprehension_method,apprehension_state,"
    "apprehension_site_landmark,unique_identifier"
)


def _state_file(path: Path, rows: int = 40) -> Path:
    lines = [
        f"2025-0{5 + i % 2}-1{i % 10} 08:00:00,St. Paul Area of Responsibility,Located,MINNESOTA,"
        f'"HENNEPIN COUNTY JAIL, MN",{i:040x}'
        for i in range(rows)
    ]
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def test_a_cut_to_one_state_says_nothing_of_its_neighbour(tmp_path: Path) -> None:
    audit = ingest([_state_file(tmp_path / "a.csv")], tmp_path / "store").releases[0]
    assert {c["scope"] for c in audit.coverage} == {"state:MN", "county:27053"}
    cells = _cells(
        open_store(tmp_path / "store"), {"state": ["MN", "IA"], "county": ["27053", "19153", "27123"]}
    )
    assert {v for (p, _), v in cells["state"].items() if p == "MN"} == {20}
    assert {v for (p, _), v in cells["county"].items() if p == "27053"} == {20}
    assert not {v for by in LEVELS for (p, _), v in cells[by].items() if p in ("IA", "19153", "27123")} - {
        None
    }


def test_the_user_may_say_what_a_file_covers(tmp_path: Path) -> None:
    path = _state_file(tmp_path / "a.csv")
    ingest([path], tmp_path / "store")
    ingest([path], tmp_path / "store", covers="state:MN,IA")  # held already: only its coverage changes
    cells = _cells(open_store(tmp_path / "store"), {"state": ["MN", "IA"], "county": ["19153"]})
    assert {v for (p, _), v in cells["state"].items() if p == "IA"} == {0}
    assert set(cells["county"].values()) == {0}
    fresh = ingest([path], tmp_path / "other", covers="nation").releases[0]
    assert {c["scope"] for c in fresh.coverage} == {"nation"}


@pytest.mark.parametrize("words", ["", "Minnesota", "state:", "state:XX", "county:MN", "planet:EARTH"])
def test_a_scope_that_is_no_place_is_refused(words: str) -> None:
    with pytest.raises(QuestionError, match="--covers"):
        parse_scope(words)


def test_a_file_without_texts_of_place_counts_no_county(tmp_path: Path) -> None:
    """A national file whose landmarks are blank tells of areas, not of counties: these are not zero."""
    areas = (
        open_store(None).scan("arrests").select("aor").unique().collect()["aor"].drop_nulls().sort().to_list()
    )
    lines = [
        f"2025-06-{1 + i % 28:02} 08:00:00,{areas[i % len(areas)]},Located,,,{i:040x}" for i in range(2000)
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    audit = ingest([path], tmp_path / "store").releases[0]
    assert all("county" not in c["levels"] for c in audit.coverage)
    cells = _cells(open_store(tmp_path / "store"), {"county": ["48453"]})
    assert not set(cells["county"].values()) - {None}
    assert sum(v or 0 for v in cells["aor"].values()) > 0


@pytest.mark.parametrize(
    "scope", ["county:30031", "county:48453,48491", "office:AUS", "aor:SEA", "state:TX", "state:OR,WA"]
)
def test_a_family_may_cover_places_of_any_level(scope: str) -> None:
    frame = pl.DataFrame(
        {
            "aor": ["SNA", "SLC"],
            "state": ["TX", "MT"],
            "office": ["AUS", None],
            "county_fips": ["48453", "30031"],
            "n": [3, 2],
        }
    )
    found = places_of(frame, scope, 2, True)
    assert found
    assert all(one.places.partition(":")[0] in ("county", "office", "aor", "state") for one in found)


@pytest.mark.parametrize("kept", [{1}, {5, 20}, {3, 11, 12}])
def test_a_file_cut_to_days_of_each_month_covers_these_alone(kept: set[int]) -> None:
    """And one of as few rows on every day, or of a surge, covers all its time."""
    every = [dt.date(2017, 1, 1) + dt.timedelta(days=i) for i in range(365)]
    days = [day for day in every if day.day in kept]
    spans = spans_of(pl.DataFrame({"day": days, "n": [9] * len(days)}))
    assert {day for start, end in spans for day in every if start <= day <= end} == set(days)
    draw = random.Random(len(kept))
    few = sorted(draw.choices(every, k=9 * len(days)) + draw.choices(every[200:210], k=400))
    assert len(spans_of(pl.DataFrame({"day": few, "n": [1] * len(few)}))) == 1


@pytest.mark.parametrize("kept", [{2, 4, 9, 11}, {1, 3, 5, 7, 9, 11}, {6}])
def test_a_file_cut_to_months_of_each_year_covers_these_alone(kept: set[int]) -> None:
    every = [dt.date(2013, 1, 1) + dt.timedelta(days=i) for i in range(5 * 365)]
    days = [day for day in every if day.month in kept]
    draw = random.Random(1)
    rows = [draw.randint(3, 15) for _ in days]
    spans = spans_of(pl.DataFrame({"day": days, "n": rows}))
    assert {day for start, end in spans for day in every if start <= day <= end} == set(days)


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_few_rows_of_a_facility_out_of_a_states_file_are_not_the_states(
    tmp_path: Path, seed: int, is_known: bool
) -> None:
    """Where it is not known what was published, nothing shows it: the audit says what the counts are of."""
    facility = ["YORK COUNTY JAIL, PA", "LEWISBURG U.S. PEN.", "BERKS COUNTY JAIL"][seed]
    first = dt.date(2014, 10, 1) if is_known else dt.date(2020, 10, 1)
    days = pl.date_range(first, first + dt.timedelta(days=243), "9d", eager=True)
    few = pl.DataFrame({"date": days.cast(pl.String) + " 00:00:00"}).with_columns(
        lift_reason=pl.lit("Case Closed"),
        det_facility=pl.lit(facility),
        city=pl.lit(facility.split()[0]),
        state=pl.lit("PENNSYLVANIA"),
        detainer_type=pl.lit("I247 - Immigration Detainer - Notice of Action"),
    )
    few.write_csv(tmp_path / "cut.csv")
    account = ingest([tmp_path / "cut.csv"], tmp_path / "store").releases[0]
    notes = account.notes
    cells = open_store(tmp_path / "store").coverage("detainers")
    assert any(c.scope == "state:PA" for c in cells) != is_known
    wanted = ("taken for a cut to county:42", "--covers state:PA")
    if not is_known:
        wanted = ("counts of state:PA are of these rows alone", "--covers county:42")
        (said,) = sentences(account.to_dict())
        assert "rows were taken out of cut.csv here and there" in said
        for every, has_zero in (("week", True), ("month", False)):
            counts = panel(tmp_path / "store", by="state", every=every, measures="detainers_issued")
            assert (counts.frame["value"] == 0).any() == has_zero
            assert counts.coverage["detainers"]["caveats"] == [said] * has_zero
    assert all(any(words in note for note in notes) for words in wanted), notes

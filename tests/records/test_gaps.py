"""No cut of a release by any column, alone or with others, makes a zero where the release has rows."""

from __future__ import annotations

import datetime as dt
import gzip
import random
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from atlarge.errors import CoverageError
from atlarge.ingest import ingest
from atlarge.panel import panel
from atlarge.panel.counting import sparse
from atlarge.records.gaps import Gap, gaps_of, shown
from atlarge.records.store import Store, open_store
from atlarge.reference import table

pytestmark = pytest.mark.slow_file

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
LEVELS = ("nation", "aor", "state", "county", "office")
MEASURES = ("arrests", "at_large", "custodial", "program_287g", "handoffs", "operation_marked")
CUT_BY = (
    "Area of Responsibility", "Apprehension Method", "Apprehension Landmark", "Operation",
    "Processing Disposition", "Citizenship", "Gender",
)  # fmt: skip
Cells = dict[tuple[str, str, dt.date, str], int | None]


def _rows(path: Path) -> pl.DataFrame:
    lines = gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines(keepends=True)
    start = next(
        i for i, line in enumerate(lines) if "Area of Responsibility" in line and "Citizenship" in line
    )
    return pl.read_csv("".join(lines[start:]).encode(), separator="|", infer_schema=False)


def _written(rows: pl.DataFrame, path: Path) -> Path:
    rows.write_csv(path, separator="|", quote_style="always")
    return path


def _cells(store: Store, places: dict[str, list[str]]) -> Cells:
    found: Cells = {}
    for by in LEVELS:
        for measure in MEASURES:
            try:
                frame = panel(store, by=by, measures=[measure], places=places.get(by)).frame
            except CoverageError:
                continue
            found |= {
                (by, p, t, measure): v for p, t, v in frame.select("place", "period", "value").iter_rows()
            }
    return found


def _places(cells: Cells) -> dict[str, list[str]]:
    """Places of the whole; an office that no table knows can be named only where records have it."""
    found = {by: {place for level, place, _, _ in cells if level == by} for by in LEVELS}
    found["office"] &= set(table("offices")["office"])
    return {by: sorted(places) for by, places in found.items()}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, Cells]:
    folder = tmp_path_factory.mktemp("whole")
    rows = _rows(SAMPLES / "EROArrests_FY2017.csv.gz")
    ingest([_written(rows, folder / "whole.csv")], folder / "store")
    return rows, _cells(open_store(folder / "store"), {})


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", ["EROArrests_FY*", "EROEncounters_FY*", "ICERemovals_FY*"])
def test_a_whole_release_lacks_nothing_that_is_always_there(
    data_dir: Path, tmp_path: Path, name: str
) -> None:
    """Small places without a record in one whole year have none, and are not closed."""
    paths = sorted((data_dir / "raw" / "UWCHR__ice-enforce").glob(f"{name}.csv.gz"))
    assert len(paths) >= 3
    for path in paths:
        ingest([path], tmp_path / path.name)
        store = open_store(tmp_path / path.name)
        assert [c.gaps for table in store.tables() for c in store.coverage(table)] == [()], path.name


def _store(rows: pl.DataFrame, folder: Path, covers: str | None = None) -> Store:
    ingest([_written(rows, folder / "a.csv")], folder / "store", covers=covers)
    return open_store(folder / "store")


AT_LARGE = ["Non-Custodial Arrest", "Located", "Probation and Parole"]


def test_a_cut_to_arrests_at_large_counts_these_and_no_others(
    sample: tuple[pl.DataFrame, Cells], tmp_path: Path
) -> None:
    rows, _ = sample
    part = rows.filter(pl.col("Apprehension Method").is_in(AT_LARGE))
    store = _store(part, tmp_path)
    notes = " ".join(store.releases[0]["notes"])
    assert "CAP LOCAL INCARCERATION" in notes
    assert "--covers" in notes
    assert int(panel(store, by="nation", measures=["at_large"]).frame["value"].sum()) == part.height
    for measure in ("arrests", "custodial", "handoffs"):
        with pytest.raises(CoverageError, match="no row has method CAP LOCAL INCARCERATION"):
            panel(store, by="nation", measures=[measure])
    ingest([tmp_path / "a.csv"], tmp_path / "again", covers="nation")
    declared = open_store(tmp_path / "again")
    assert int(panel(declared, by="nation", measures=["custodial"]).frame["value"].sum()) == 0


def test_a_cut_by_citizenship_lacks_what_every_count_counts() -> None:
    """Guatemala alone: a national release of 2,000 arrests would have some thousand of Mexico."""
    draw = random.Random(2)
    frame = pl.DataFrame(
        {
            "date": [dt.date(2017, 1, 1) + dt.timedelta(days=i % 365) for i in range(2000)],
            "disposition": [draw.choice("ABCDEFGH") for _ in range(2000)],
            "_seen_citizenship": ["GUATEMALA"] * 2000,
            "_seen_gender": ["(b)(6)"] * 2000,  # withheld: says nothing
            "aor": ["SNA"] * 2000,
        }
    )
    (gap,) = gaps_of(shown(frame, "arrests"), "arrests")
    assert gap.closes
    assert "MEXICO" in gap.values
    assert 2000 * 0.5 < gap.rows < 2000


def test_a_file_bound_of_a_whole_and_a_cut_release_says_which_months_lack_what() -> None:
    """All methods until June, arrests at large from July on; other columns as varied as records are."""
    draw = random.Random(1)
    methods = ["CAP Local Incarceration"] * 5 + ["CAP Federal Incarceration"] * 2 + AT_LARGE
    days = [dt.date(2017, 1, 1) + dt.timedelta(days=i % 365) for i in range(12_000)]
    frame = pl.DataFrame(
        {
            "date": days,
            "method": [draw.choice(methods if d.month < 7 else AT_LARGE) for d in days],
            "disposition": [draw.choice("ABCDEFGH") for _ in days],
            "aor": [draw.choice(["ATL", "BOS", "CHI", "DAL", "DEN", "DET", "ELP", "HOU", "LOS", "MIA", "NEW",
                                 "NOL", "NYC", "PHI", "PHO", "SEA"]) for _ in days],
        }
    )  # fmt: skip
    found = [
        gap for gap in gaps_of(shown(frame, "arrests"), "arrests") if "CAP LOCAL INCARCERATION" in gap.values
    ]
    spans = {(gap.start, gap.end) for gap in found if not gap.where}
    assert spans == {(dt.date(2017, 7, 1), dt.date(2017, 12, 31))}


def test_a_file_of_one_kind_of_row_is_not_judged_by_shares() -> None:
    """Simulated and recoded files have a method and a place, and nothing else that varies."""
    days = [dt.date(2017, 1, 1) + dt.timedelta(days=i % 365) for i in range(3000)]
    frame = pl.DataFrame({"date": days, "method": ["Located"] * 3000, "aor": ["SNA"] * 3000})
    assert gaps_of(shown(frame, "arrests"), "arrests") == []


def test_a_gap_is_kept_in_the_manifest_as_it_is() -> None:
    gap = Gap("method", ("LOCATED",), 12.5, 0.25, "aor:SEA", dt.date(2017, 1, 1), dt.date(2017, 1, 31))
    assert Gap.of(gap.to_dict()) == gap
    assert not gap.closes
    assert Gap("method", ("LOCATED",), 120.0, 0.25).closes


LOST = {
    "Apprehension Method": "^287",
    "Processing Disposition": "^Bag",
    "Area of Responsibility": "^Dallas",
    "Apprehension Landmark": "TEXAS|DALLAS",
}


@pytest.mark.parametrize("column", LOST)
def test_counts_for_estimates_are_missing_where_a_panel_is(
    sample: tuple[pl.DataFrame, Cells], tmp_path: Path, column: str
) -> None:
    """Of a cut file, in places and months without a row: the array of an estimate and the panel agree."""
    rows, _ = sample
    store = _store(rows.filter(~pl.col(column).str.contains(LOST[column]).fill_null(False)), tmp_path)
    compared = 0
    for by, measure in ((by, m) for by in ("county", "aor") for m in MEASURES):
        try:
            cells = panel(store, by=by, measures=[measure]).frame
        except CoverageError:
            continue
        counts, covered, unsure = sparse(store, by=by, every="month", measures=[measure])
        has = set(counts.filter(pl.col(measure) > 0).select("place", "period").rows())
        months = set(unsure[measure].rows()) if measure in unsure else set()
        inside = {place for _, places in covered for place in places}
        for place, month, value in cells.select("place", "period", "value").iter_rows():
            if place in inside and (place, month) not in has:
                assert ((place, month) in months) == (value is None), (measure, place, month)
                compared += value is None
    assert compared


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_a_whole_release_of_later_years_is_not_taken_for_a_cut(
    data_dir: Path, tmp_path: Path, seed: int
) -> None:
    """A national year drawn anew, with other shares of areas, methods, citizenships and places."""
    rows = _rows(data_dir / "raw" / "UWCHR__ice-enforce" / "EROArrests_FY2018.csv.gz")
    draw = np.random.default_rng(seed)
    weight = np.ones(rows.height)
    for column, spread in (
        ("Area of Responsibility", 0.4),
        ("Apprehension Method", 0.5),
        ("Citizenship", 0.6),
    ):
        words = rows[column].fill_null("")
        values = words.unique().sort().to_list()
        weight *= words.replace_strict(values, np.exp(draw.normal(0, spread, len(values)))).to_numpy()
    size = int(rows.height * draw.uniform(0.8, 2.0))
    drawn = rows[np.sort(draw.choice(rows.height, size, p=weight / weight.sum()))]
    day = drawn["Apprehension Date"].str.strip_chars().str.to_date("%m/%d/%Y").dt.offset_by("6y")
    store = _store(drawn.with_columns(day.dt.strftime("%m/%d/%Y").alias("Apprehension Date")), tmp_path)
    assert {c.scope for c in store.coverage("arrests")} == {"nation"}
    gaps = [gap for c in store.coverage("arrests") for gap in c.gaps]
    assert len(gaps) <= 3  # of counties that have no row any more
    assert all(gap.where.startswith("county:") and not gap.closes for gap in gaps)
    for by in ("nation", "aor", "state", "office"):
        frame = panel(store, by=by, measures=["arrests", "at_large", "custodial"]).frame
        assert frame["value"].null_count() == 0

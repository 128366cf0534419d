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
from atlarge.records.expected_rows import Numbers, rows_lacking
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


NUMBERED = {
    "Area of Responsibility": "AOR", "Apprehension Landmark": "Event Landmark",
    "Apprehension Method": "Apprehension Method", "Citizenship": "Citizenship Country", "Gender": "Gender",
}  # fmt: skip


def _numbered(sample: pl.DataFrame, is_sorted: bool) -> pl.DataFrame:
    """The rows in a form of 2026, by day, as that project saves them: with their row in the agency's file."""
    day = pl.col("Apprehension Date").str.to_date("%m/%d/%Y").dt.offset_by("7y")
    rows = sample.select(
        day.alias("Apprehension Date"), *(pl.col(old).alias(new) for old, new in NUMBERED.items())
    ).sort("Apprehension Date", maintain_order=True)
    numbers = list(range(8, 8 + rows.height))
    if not is_sorted:
        random.Random(4).shuffle(numbers)
    blank = pl.lit(None, pl.String)
    return rows.with_columns(
        blank.alias("State"), blank.alias("County"), blank.alias("Anonymized Unique Identifier"),
        pl.lit("a.xlsx").alias("file_original"), pl.lit("Arrests").alias("sheet_original"),
        pl.Series("row_original", numbers),
    )  # fmt: skip


def _holes(rows: pl.DataFrame) -> list[tuple[float, dt.date | None]]:
    """The numbers that are lacking in each month; in all together if every month lacks some."""
    by_month: dict[dt.date, list[int]] = {}
    for day, number in rows.select("Apprehension Date", "row_original").iter_rows():
        by_month.setdefault(day.replace(day=1), []).append(number)
    found: list[tuple[float, dt.date | None]] = []
    for month, numbers in sorted(by_month.items()):
        within = range(min(numbers), max(numbers) + 1)
        if set(within) - set(numbers):
            found.append((len(set(within) - set(numbers)), month))
    if len(found) < len(by_month):
        return found
    every = rows["row_original"].to_list()
    first = min(every) if min(every) <= 50 else 1
    return [(max(every) - first + 1 - len(every), None)]


def _shown_lacking(rows: pl.DataFrame, folder: Path) -> list[tuple[float, dt.date | None]]:
    """Rows that the numbers show to be lacking, and from when."""
    audit = ingest([_written(rows, folder / "a.csv")], folder / "store").releases[0]
    gaps = {
        g
        for c in open_store(folder / "store").coverage("arrests")
        for g in c.gaps
        if g.values == ("numbered rows",)
    }
    assert any("publisher's numbers" in note for note in audit.notes) == bool(gaps)
    return sorted((gap.rows, gap.start) for gap in gaps)


@pytest.mark.parametrize("is_sorted", [True, False])
@pytest.mark.parametrize(
    "cut", ["every second", "all but a hundredth", "all but one facility", "one area's third"]
)
def test_rows_that_were_cut_out_are_shown_by_the_numbers_of_the_others(
    sample: tuple[pl.DataFrame, Cells], cut: str, is_sorted: bool, tmp_path: Path
) -> None:
    """By chance, one by one, or of a facility: their number is stated, and no place keeps a zero."""
    rows = _numbered(sample[0], is_sorted)
    first = rows["Event Landmark"].drop_nulls()[0]
    area = rows["AOR"].value_counts(sort=True)["AOR"][0]
    part = {
        "every second": lambda: rows.gather_every(2),
        "all but a hundredth": lambda: rows.sample(fraction=0.99, seed=1),
        "all but one facility": lambda: rows.filter(pl.col("Event Landmark") != first),
        "one area's third": lambda: rows.filter(pl.col("AOR") == area).gather_every(3),
    }[cut]()
    assert _shown_lacking(part, tmp_path) == sorted(_holes(part))


@pytest.mark.parametrize("cut", ["whole", "later months", "no month", "duplicates", "another file's numbers"])
def test_whole_releases_and_cuts_by_days_lack_no_number(
    sample: tuple[pl.DataFrame, Cells], cut: str, tmp_path: Path
) -> None:
    rows = _numbered(sample[0], is_sorted=True)
    month = pl.col("Apprehension Date").dt.truncate("1mo")
    months = rows.select(month.unique().sort()).to_series()
    part = {
        "whole": lambda: rows.sample(fraction=1.0, shuffle=True, seed=2),
        "later months": lambda: rows.filter(month > months[2]),
        "no month": lambda: rows.filter(month != months[3]),
        "duplicates": lambda: rows.sample(fraction=0.9, seed=3).with_columns(
            duplicate_drop_row=pl.lit("FALSE")
        ),
        "another file's numbers": lambda: rows.drop("row_original").with_columns(row=pl.lit("see note")),
    }[cut]()
    assert _shown_lacking(part, tmp_path) == []


def test_a_month_that_lacks_rows_is_told_from_the_whole_ones(
    sample: tuple[pl.DataFrame, Cells], tmp_path: Path
) -> None:
    rows = _numbered(sample[0], is_sorted=True)
    month = pl.col("Apprehension Date").dt.truncate("1mo")
    months = rows.select(month.unique().sort()).to_series()
    of_month = rows.filter(month == months[4])
    kept = of_month.gather_every(2)
    part = pl.concat([rows.filter(month != months[4]), kept])
    length = int(kept["row_original"].max()) - int(kept["row_original"].min()) + 1  # type: ignore[arg-type]
    assert _shown_lacking(part, tmp_path) == [(length - kept.height, months[4])]


def test_a_national_file_of_too_few_arrests_for_its_months_shows_no_zero() -> None:
    """Against book-ins after the agency's own arrests, which are fewer than its arrests."""
    book_ins = table("detention_monthly").filter(
        pl.col("measure") == "book_ins_ice", pl.col("month").dt.year() == 2024
    )
    for share, is_short in ((1.05, False), (0.9, False), (0.5, True), (0.33, True)):
        months = book_ins["month"].cast(pl.String).cast(pl.Categorical)
        seen = pl.DataFrame({"month": months, "n": (book_ins["value"] * share).cast(pl.UInt32)}).select(
            column=pl.lit("method", pl.Categorical), level=pl.lit("all", pl.Categorical), unit="month",
            value=pl.lit("", pl.Categorical), n="n",
        )  # fmt: skip
        several = seen.head(1).with_columns(
            column=pl.lit("citizenship", pl.Categorical), level=pl.lit("distinct", pl.Categorical),
            n=pl.lit(30, pl.UInt32),
        )  # fmt: skip
        seen = pl.concat([seen, several])
        found = rows_lacking("arrests", seen, Numbers(pl.DataFrame()), 1.0, [])
        assert bool(found) == is_short, share
        assert rows_lacking("arrests", seen, Numbers(pl.DataFrame()), 0.1, []) == []

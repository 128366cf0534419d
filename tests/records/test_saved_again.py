"""Releases as other programs save them again: names, joined files, grouped tables, midnights."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable
from pathlib import Path

import ddp_forms
import polars as pl
import pytest

from atlarge.codes import as_texts
from atlarge.errors import ReleaseError
from atlarge.ingest import ingest
from atlarge.records.prepare import begin
from atlarge.records.store import open_store
from atlarge.records.typed import type_release
from atlarge.releases import read_release
from atlarge.releases.catalogue import families, header_of, recognise
from atlarge.releases.family import plain

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
NAMES = ("apprehension_date", "apprehension_state", "apprehension_aor", "apprehension_method",
         "apprehension_site_landmark", "gender")  # fmt: skip
AREAS = {"TEXAS": "San Antonio Area of Responsibility", "ILLINOIS": "Chicago Area of Responsibility"}
WRITERS: dict[str, Callable[[str], str]] = {
    "Power BI": lambda name: f"Arrests[{name}]",
    "Power BI, blanks": lambda name: f"'All arrests'[{name}]",
    "SQL": lambda name: f"a.{plain(name)}",
    "R join": lambda name: f"{plain(name)}.x",
    "unit": lambda name: f"{name} (local)" if "Date" in name else name,
    "form": lambda name: f"{name} [YYYY-MM-DD]" if "Date" in name else name,
    "Stata": lambda name: name.replace(" ", "").lower(),
    "SQL Server": lambda name: name.replace(" ", ""),
    "Stata in capitals": lambda name: name.replace(" ", "").upper(),
}


def rows(count: int = 120, seed: int = 3) -> pl.DataFrame:
    """Arrests of two areas, one a row, without an identifier."""
    draw = random.Random(seed)
    found = []
    for _ in range(count):
        state = draw.choice(list(AREAS))
        day = dt.date(2025, 3, 1) + dt.timedelta(days=draw.randrange(60))
        jail = {"TEXAS": "TRAVIS COUNTY JAIL", "ILLINOIS": "COOK COUNTY JAIL"}[state]
        method = draw.choice(["Located", "CAP Local Incarceration"])
        found.append((day.isoformat(), state, AREAS[state], method, jail, draw.choice(["Male", "Female"])))
    return pl.DataFrame(found, schema=list(NAMES), orient="row")


def days(store: Path) -> list[dt.date]:
    stored = open_store(store).scan("arrests").collect()
    return sorted(day for day, n in stored.select("date", "n").rows() for _ in range(n))


@pytest.mark.parametrize("writer", WRITERS)
def test_a_columns_name_is_known_with_its_table_or_unit(writer: str) -> None:
    for family, header in ddp_forms.HEADERS.items():
        found, _ = header_of(WRITERS[writer](name) for name in header.split("|"))
        assert found is not None, family
        assert found.id == family


def test_a_short_name_is_known_with_its_table_too() -> None:
    for family in families().values():
        for name in family.plain_read:
            assert plain(f"Table1[{name}]") == plain(f"'My data'[{name}]") == name


def test_a_header_whose_date_is_unknown_is_of_no_other_table() -> None:
    for name, header in ddp_forms.HEADERS.items():
        own = families()[name]
        dates = own.main.plain_names if own.main else ()
        columns = [plain(column) for column in header.split("|")]
        found = recognise(frozenset("when_it_was" if column in dates else column for column in columns))
        assert found is None or found.table == own.table, (name, found.id)


@pytest.mark.parametrize("count", ["cnt", "qty", "number_of", "V1", "how_many", "Anzahl", "x"])
@pytest.mark.parametrize("left", [2, 3, 4, 6])
def test_records_grouped_and_counted_are_refused(tmp_path: Path, count: str, left: int) -> None:
    names = list(NAMES[:1] + NAMES[2 : left + 1])
    grouped = rows(400).group_by(names, maintain_order=True).len(count)
    grouped.write_csv(tmp_path / "grouped.csv")
    with pytest.raises(ReleaseError):
        ingest([tmp_path / "grouped.csv"], tmp_path / "store")


IS_LOCATED = pl.col("apprehension_method") == "Located"
SUMMED = {
    "shares": [(pl.len() / 7).alias("z")],
    "zeros": [IS_LOCATED.sum().alias("z")],
    "two columns": [IS_LOCATED.sum().alias("Male"), (~IS_LOCATED).sum().alias("Female")],
    "persons": [pl.len().alias("unique_identifier")],
    "every column counted": [pl.len().alias(name) for name in (*NAMES[2:], "unique_identifier")],
}


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("how", SUMMED)
def test_records_summed_in_any_way_are_refused(tmp_path: Path, how: str, form: str) -> None:
    grouped = rows(600).group_by(NAMES[:2], maintain_order=True).agg(SUMMED[how])
    getattr(grouped, f"write_{form}")(path := tmp_path / f"grouped.{form}")
    with pytest.raises(ReleaseError, match="seems to count records"):
        ingest([path], tmp_path / "store")


@pytest.mark.parametrize("kept", [2, 3, 4])
def test_records_without_their_repeated_rows_are_refused(tmp_path: Path, kept: int) -> None:
    names = list(NAMES[:kept])
    frame = rows(600).select(names)
    frame.write_csv(tmp_path / "records.csv")
    assert ingest([tmp_path / "records.csv"], tmp_path / "store").releases[0].rows_kept == 600
    frame.unique().sort(names).write_csv(tmp_path / "distinct.csv")
    with pytest.raises(ReleaseError, match="repeated rows have been taken out"):
        ingest([tmp_path / "distinct.csv"], tmp_path / "none")
    once = frame.unique().with_columns(
        pl.Series("unique_identifier", range(frame.n_unique())).hash().cast(str)
    )
    once.write_csv(tmp_path / "identified.csv")
    assert ingest([tmp_path / "identified.csv"], tmp_path / "other").releases[0].rows_kept == once.height


@pytest.mark.parametrize("times", [2, 3])
def test_rows_that_all_stand_several_times_are_refused(tmp_path: Path, times: int) -> None:
    """By chance some rows of so few columns are alike, but never all of them so often."""
    frame = rows(200)
    pl.concat([frame] * times).write_csv(tmp_path / "twice.csv")
    with pytest.raises(ReleaseError, match=r"every row stands (twice|three times)"):
        ingest([tmp_path / "twice.csv"], tmp_path / "store")
    pl.concat([frame, frame[:100]]).write_csv(tmp_path / "once.csv")
    assert ingest([tmp_path / "once.csv"], tmp_path / "store").releases[0].rows_kept == 300


@pytest.mark.parametrize("extra", ["age", "row_no", "priors"])
def test_a_number_of_each_record_is_no_count(tmp_path: Path, extra: str) -> None:
    draw = random.Random(7)
    frame = rows(400)
    cells = {
        "age": [draw.randint(18, 70) for _ in range(400)],
        "row_no": list(range(1, 401)),
        "priors": [draw.choice([0, 0, 0, 1, 2]) for _ in range(400)],
    }
    times = pl.Series("time", [f" {n // 60:02}:{n % 60:02}" for n in draw.sample(range(1440), 400)])
    for form, dates in (("days", pl.col(NAMES[0])), ("times", pl.col(NAMES[0]) + times)):
        frame.with_columns(dates, pl.Series(extra, cells[extra])).write_csv(tmp_path / f"{form}.csv")
        assert ingest([tmp_path / f"{form}.csv"], tmp_path / form).releases[0].rows_kept == 400


@pytest.mark.parametrize("seed", range(6))
def test_a_second_header_in_another_order_is_refused_and_in_the_same_dropped(
    tmp_path: Path, seed: int
) -> None:
    frame = rows(60)
    order = list(NAMES)
    while order == list(NAMES):
        random.Random(seed).shuffle(order)
    lines = frame.write_csv().splitlines()
    other = frame.select(order).write_csv().splitlines()
    (tmp_path / "same.csv").write_text("\n".join([*lines[:31], lines[0], *lines[31:]]), encoding="utf-8")
    (tmp_path / "twice.csv").write_text("\n".join(lines + lines), encoding="utf-8")
    (tmp_path / "other.csv").write_text("\n".join(lines + other), encoding="utf-8")
    assert ingest([tmp_path / "same.csv"], tmp_path / "store").releases[0].rows_kept == 60
    with pytest.raises(ReleaseError, match="every row stands twice"):
        ingest([tmp_path / "twice.csv"], tmp_path / "none", allow_loss=True)
    with pytest.raises(ReleaseError, match="second header"):
        ingest([tmp_path / "other.csv"], tmp_path / "none", allow_loss=True)


@pytest.mark.parametrize(
    ("own", "zone"),
    [
        ("UTC", "America/New_York"), ("UTC", "America/Chicago"), ("UTC", "America/Phoenix"),
        ("UTC", "Pacific/Honolulu"), ("Europe/Berlin", "UTC"), ("Europe/Athens", "UTC"),
        ("Africa/Lagos", "UTC"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["text", "parquet"])
def test_midnight_moved_to_the_evening_before_is_refused(
    tmp_path: Path, own: str, zone: str, form: str
) -> None:
    midnight = pl.col("apprehension_date").str.to_datetime("%Y-%m-%d").dt.replace_time_zone(own)
    moved = rows().with_columns(midnight.dt.convert_time_zone(zone).dt.replace_time_zone(None))
    path = tmp_path / ("a.csv" if form == "text" else "a.parquet")
    moved.write_csv(path) if form == "text" else moved.write_parquet(path)
    with pytest.raises(ReleaseError, match="one too early"):
        ingest([path], tmp_path / "store")


@pytest.mark.parametrize("name", ["EROArrests_FY2017.csv.gz", "ICERemovals_FY2017.csv.gz", "bookins.csv.gz"])
def test_a_header_in_the_middle_is_no_birth_date(tmp_path: Path, name: str) -> None:
    """Where two releases are joined, the column's name stands among birth dates that are all redacted."""
    frame = pl.concat([sheet.frame for sheet in read_release(SAMPLES / name).sheets])
    text = frame.write_csv() + frame.head(0).write_csv()
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    audit = ingest([tmp_path / "a.csv"], tmp_path / "store").releases[0]
    assert audit.rows_kept == frame.height
    assert audit.rows_dropped == {"repeated_header": 1}


@pytest.mark.parametrize("hour", [0, 4, 5, 12])
def test_one_hour_for_all_that_moves_no_day_is_read(tmp_path: Path, hour: int) -> None:
    frame = rows()
    frame.with_columns(pl.col("apprehension_date") + f"T{hour:02d}:00:00Z").write_csv(tmp_path / "a.csv")
    ingest([tmp_path / "a.csv"], tmp_path / "store")
    assert days(tmp_path / "store") == sorted(dt.date.fromisoformat(d) for d in frame["apprehension_date"])


@pytest.mark.parametrize("cell", ["12:30.0", "########", "0:00", "noon"])
def test_a_time_that_cannot_be_read_leaves_the_date_beside_it(tmp_path: Path, cell: str) -> None:
    frame = rows().with_columns(pl.lit(cell).alias("apprehension_date_time"))
    frame.write_csv(tmp_path / "a.csv")
    audit = ingest([tmp_path / "a.csv"], tmp_path / "store").releases[0]
    assert any("no time can be read in 120 rows" in note for note in audit.notes)
    assert days(tmp_path / "store") == sorted(dt.date.fromisoformat(d) for d in frame["apprehension_date"])


@pytest.mark.parametrize("point", [",", "."])
def test_serial_numbers_with_a_decimal_comma_are_dates(tmp_path: Path, point: str) -> None:
    frame = rows()
    origin = dt.date(1899, 12, 30)
    serials = [
        f"{(dt.date.fromisoformat(d) - origin).days}{point}{i % 9}25"
        for i, d in enumerate(frame["apprehension_date"])
    ]
    frame.with_columns(pl.Series("apprehension_date", serials)).write_csv(tmp_path / "a.csv", separator=";")
    ingest([tmp_path / "a.csv"], tmp_path / "store")
    assert days(tmp_path / "store") == sorted(dt.date.fromisoformat(d) for d in frame["apprehension_date"])


def test_days_of_eight_digits_that_pandas_made_floats_are_dates(tmp_path: Path) -> None:
    frame = rows()
    floats = frame["apprehension_date"].str.replace_all("-", "") + ".0"
    frame.with_columns(floats.alias("apprehension_date")).write_csv(tmp_path / "a.csv")
    ingest([tmp_path / "a.csv"], tmp_path / "store")
    assert days(tmp_path / "store") == sorted(dt.date.fromisoformat(d) for d in frame["apprehension_date"])


@pytest.mark.parametrize("column", ["aor", "area_of_responsibility", "Apprehension AOR", "Docket AOR"])
def test_a_release_of_one_area_names_no_area(column: str) -> None:
    """A national table in the columns of a family of one area is not that area's."""
    for one in (f for f in families().values() if "aor" in f.constants):
        header = frozenset(name for c in one.columns.values() for name in c.plain_names)
        assert recognise(header) == one
        found = recognise(header | {plain(column)})
        assert found is None or "aor" not in found.constants, found.id


def _table_of_r(frame: pl.DataFrame) -> str:
    """As `write.table` writes it: blanks between, quotation marks, NA, and numbers of rows without a name."""
    names = " ".join(f'"{name}"' for name in frame.columns)
    rows = frame.with_row_index("row", 1).with_columns(pl.col("row").cast(pl.String))
    body = rows.write_csv(include_header=False, separator=" ", quote_style="always", null_value="NA")
    return names + "\n" + body


RESAVED: dict[str, Callable[[pl.DataFrame], str]] = {
    "write.table": _table_of_r,
    "single quotation marks": lambda f: f.write_csv(quote_char="'", quote_style="always"),
    "a comma after each row": lambda f: f.write_csv().replace("\n", ",\n").replace(",\n", "\n", 1),
    "a comma after the header": lambda f: f.write_csv().replace("\n", ",\n", 1),
    "columns in JSON": lambda f: json.dumps({c: dict(enumerate(f[c].to_list())) for c in f.columns}),
    "names with their table": lambda f: f.rename(lambda name: f"tbl_{plain(name)}").write_csv(),
}


@pytest.mark.parametrize("family", ddp_forms.HEADERS)
@pytest.mark.parametrize("way", RESAVED)
def test_every_form_is_read_the_same_when_saved_again(family: str, way: str, tmp_path: Path) -> None:
    names = ddp_forms.HEADERS[family].split("|")
    rows = ddp_forms.rows_of(family, 30, seed=5, people=9)
    cells = [[None if row[n] is None else str(row[n]) for n in names] for row in rows]
    frame = pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String), orient="row")
    frame.write_csv(tmp_path / "a.csv")
    (tmp_path / "b.txt").write_text(RESAVED[way](frame), encoding="utf-8")
    one, other = (as_texts(type_release(read_release(tmp_path / name)).frame) for name in ("a.csv", "b.txt"))
    left = [name for name in one.columns if name not in ("release_id", "file") and not name.startswith("_")]
    assert other.select(left).equals(one.select(left))


PAIRS = [
    (one, other)
    for one in ddp_forms.HEADERS
    for other in ddp_forms.HEADERS
    if one != other and one.rpartition("-")[0] == other.rpartition("-")[0] and "h" not in (one[-1], other[-1])
]


def _place_and_person(path: Path) -> list[tuple[str, ...]]:
    """When, where and who each row says, as read."""
    frame = as_texts(begin(read_release(path)).typed.frame)
    names = ["moment", *(n for n in ("landmark", "facility") if n in frame.columns), "subject_key"]
    return sorted(frame.select(pl.col(names).cast(pl.String).fill_null("")).rows())


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_forms_joined_lose_nothing_of_either(tmp_path: Path, one: str, other: str) -> None:
    """As `bind_rows` joins them: a row has what its own form's columns say, blank in the other's."""
    frames = []
    for seed, form in enumerate((one, other)):
        names = ddp_forms.HEADERS[form].split("|")
        drawn = ddp_forms.rows_of(form, 60, seed + 3, 30)
        cells = [[None if row[n] is None else str(row[n]) for n in names] for row in drawn]
        frames.append(pl.DataFrame(cells, schema=dict.fromkeys(map(plain, names), pl.String), orient="row"))
        frames[-1].write_csv(tmp_path / f"{seed}.csv")
    pl.concat(frames, how="diagonal").write_csv(tmp_path / "both.csv")
    each = [*_place_and_person(tmp_path / "0.csv"), *_place_and_person(tmp_path / "1.csv")]
    assert _place_and_person(tmp_path / "both.csv") == sorted(each)

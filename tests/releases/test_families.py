"""The catalogue of families: what each states holds together, and recognition looks at content alone."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from atlarge.errors import ReleaseError
from atlarge.records.duplicates import RULES
from atlarge.records.prepare import prepare
from atlarge.records.tables import DERIVED, NOT_KEPT, TABLES
from atlarge.releases import catalogue, families, read_release
from atlarge.releases.catalogue import header_of, nearest, recognise
from atlarge.releases.family import family_of, plain
from atlarge.releases.faults import faults, faults_of
from atlarge.releases.privacy import names_persons
from atlarge.releases.unknown import unknown
from command_line import run

FAMILIES = families()


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_states_what_it_must(name: str) -> None:
    one = FAMILIES[name]
    assert one.table in TABLES
    assert one.title and one.publisher and one.covers and one.licence  # noqa: PT018
    assert one.url.startswith("https://")
    assert one.duplicates is None or one.duplicates in RULES
    assert one.scope == "nation" or one.scope.split(":")[0] in ("aor", "state", "county")
    dated = [c for c in one.columns.values() if c.is_main]
    assert len(dated) <= 1
    for url, sha256 in one.fetch.items():
        assert url.startswith("https://")
        assert len(sha256) == 64
    if one.spread is None:
        assert set(one.columns) - NOT_KEPT <= set(TABLES[one.table]), name


@pytest.mark.parametrize(
    ("name", "said"),
    [(name, rf".* no column '{name}'; (did|it)") for name in ("landmrk", "methd", "critereon", "subjct")]
    + [(name, f"'{name}' is worked out from '{source}'") for name, source in DERIVED["arrests"].items()],
)
def test_a_family_with_a_misspelt_or_derived_column_is_refused_by_its_first_file(
    name: str, said: str, tmp_path: Path
) -> None:
    """As a contributor meets it, who declares a family and ingests an example."""
    one = FAMILIES["ero-arrests"]
    path = tmp_path / "a.csv"
    row = ["San Antonio Area of Responsibility", "2/1/2017", "Located", "TRAVIS COUNTY JAIL", "", "Other"]
    path.write_bytes(_text("ero-arrests", row))
    columns = {name if known == "landmark" else known: column for known, column in one.columns.items()}
    release = replace(read_release(path), family=replace(one, columns=columns))
    with pytest.raises(ReleaseError, match=f"release family ero-arrests: {said}"):
        prepare(release)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_header_is_that_of_its_own_family(name: str) -> None:
    """A header as published is recognised as its own family's, in any spelling and order of columns."""
    one = FAMILIES[name]
    header = frozenset(c.plain_names[0] for c in one.columns.values()) | {plain(k) for k in one.known}
    found = recognise(header)
    assert found is not None
    assert found.id == name
    needed = frozenset(c.plain_names[0] for c in one.columns.values() if c.is_needed)
    assert recognise(needed) is not None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"covrs": "Texas"}, "covrs"),
        ({"columns": {"date": {"needed": True}}}, "one kind of"),
        ({"columns": {"date": {"day": "Day", "text": "Day"}}}, "one kind of"),
        ({"columns": {"date": {"day": "Day", "optional": True}}}, "optional"),
        ({"spread": "into_rows"}, "into_rows"),
    ],
)
def test_a_file_that_states_no_family_is_named(wrong: dict[str, object], said: str) -> None:
    texts = dict.fromkeys(("title", "publisher", "url", "table", "covers"), "a text")
    right = {"id": "an-example", **texts, "columns": {"date": {"day": ["Day", "DAY"]}}}
    assert family_of(right, {}).columns["date"].plain_names == ("day", "day")
    with pytest.raises(ValueError, match=f"an-example.*{said}"):
        family_of(right | wrong, {})


def _text(name: str, row: list[str], spelled: str = "as published") -> bytes:
    one = FAMILIES[name]
    names = [c.names[0] for c in one.columns.values()]
    names = [n.upper() if spelled == "upper" else n for n in names]
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=one.delimiters[0])
    writer.writerow(names)
    writer.writerow(row)
    return stream.getvalue().encode()


@pytest.mark.parametrize("file_name", ["ICERemovals_FY2016.csv.gz", "x", "pa_detainers.csv", "notes.txt"])
def test_the_file_name_tells_nothing(file_name: str, tmp_path: Path) -> None:
    path = tmp_path / file_name
    row = ["San Antonio Area of Responsibility", "2/1/2017", "Located", "TRAVIS COUNTY JAIL", "", "Other"]
    path.write_bytes(_text("ero-arrests", row, "upper"))
    assert read_release(path).family.id == "ero-arrests"


def test_a_plain_header_needs_the_whole_of_it(tmp_path: Path) -> None:
    """`city,year,count` with another column beside it is any table, not the release."""
    path = tmp_path / "cities.csv"
    path.write_text("city,year,count\nFRESNO,2010,5\n")
    assert read_release(path).family.id == "california-detainer-years"
    path.write_text("city,year,count,park\nFRESNO,2010,5,x\n")
    with pytest.raises(ReleaseError, match="others beside"):
        read_release(path)


def test_the_nearest_family_is_named(tmp_path: Path) -> None:
    path = tmp_path / "part.csv"
    path.write_text("date,lift_reason,det_facility,city,detainer_type\n2010-01-01,,,,\n")
    with pytest.raises(ReleaseError, match="nearest is pa-detainers, whose column 'state' it lacks"):
        read_release(path)


@pytest.mark.parametrize("beside", ["Port of Departure", "Birth Country"])
def test_a_column_that_only_some_tables_have_tells_a_subset(beside: str) -> None:
    """Removals cut to their date, port and country are removals; a date and a sex may be anybody's."""
    found, _ = header_of(["Departed Date", beside, "Departure Country"])
    assert found is not None
    assert found.table == "removals"
    assert header_of(["Departed Date", "Gender", "Departure Country"])[0] is None


@pytest.mark.parametrize(
    "date", ["Departed Date", "Apprehension Date", "Detainer Prepare Date", "Event Date"]
)
def test_a_date_without_a_column_of_its_table_is_refused_by_what_lacks(date: str, tmp_path: Path) -> None:
    path = tmp_path / "part.csv"
    path.write_text(f"{date},Citizenship Country,Gender\n2025-01-02,MEXICO,Male\n")
    with pytest.raises(ReleaseError, match="but no column beside it tells so; keep one more of the release"):
        read_release(path)


def test_a_roster_is_refused_for_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("booking,last_name,first_name,dob\n1,DOE,JANE,1/1/1980\n")
    with pytest.raises(
        ReleaseError, match=r"roster\.csv: .* column 'dob' may name persons, their births or homes; refused"
    ):
        read_release(path)


@pytest.mark.parametrize("fault", faults(), ids=lambda f: f.id)
def test_a_fault_states_reason_source_and_rows(fault) -> None:  # type: ignore[no-untyped-def]
    assert fault.what and fault.reason and fault.source  # noqa: PT018
    assert fault.action in ("drop", "blank", "note")
    assert set(fault.families) <= set(FAMILIES)
    assert bool(fault.columns) == (fault.action == "blank")
    assert (fault.rows is None) == (not fault.whole_sha256)
    if fault.action != "note":
        assert fault.rows, "a fault that changes rows states how many"
    for family in fault.families:
        columns = [*FAMILIES[family].columns]
        assert fault.touches(columns) is not None, "a condition on a column the family does not read"


def test_conditions_of_faults_by_hand() -> None:
    fault = next(f for f in faults_of("texas-jails") if f.id == "texas-repeated-2017-02")
    frame = pl.DataFrame(
        {"label_year": [2017, 2017, 2016, None], "label_month": ["february", "march", "february", "february"]}
    )
    touched = fault.touches(frame.columns)
    assert touched is not None
    assert frame.select(touched).to_series().to_list() == [True, False, False, False]


def test_releases_command_lists_all() -> None:
    done = run(["releases", "--json"])
    assert done.exit_code == 0
    assert [row["id"] for row in json.loads(done.output)] == list(FAMILIES)
    one = run(["releases", "texas-jails"])
    assert "known fault texas-repeated-2017-02 (drop)" in one.output
    assert "num_of_inmates" in one.output


def test_every_family_is_in_the_docs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "releases.md").read_text(encoding="utf-8")
    assert not [name for name in FAMILIES if f"`{name}`" not in text]
    assert not [fault.id for fault in faults() if f"`{fault.id}`" not in text]


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": {"date": {"day": "Date", "blank": True}}},  # no such setting
        {"columns": {"date": {"day": "Date", "text": "Date"}}},
        {"columns": {"date": {"needed": False}}},
        {"columns": {}, "spread": "no function of the module"},
        {"columns": {}, "colour": "blue"},
        {},
    ],
)
def test_a_family_that_is_stated_wrongly_is_named(wrong: dict[str, object]) -> None:
    row = {"id": "mine", "title": "x", "publisher": "x", "url": "x", "table": "arrests"} | wrong
    with pytest.raises(ValueError, match=r"^release family mine: "):
        family_of(row, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "must be `families:`"),
        (b"family:\n- id: mine\n", "must be `families:`"),
        (b"families:\n  id: mine\n", "must be `families:`"),
        (b"families:\n- id: mine\n  columns:\n day: x\n", "no YAML"),
        (b"families:\n- id: mine\xff\n", "byte 20 is not UTF-8"),
        (b"families:\n- id: mine\n  colour: blue\n  columns: {}\n", "release family mine: .*colour"),
    ],
)
def test_a_file_of_a_new_family_is_refused_by_its_name_in_one_line(
    text: bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new_family.yaml").write_bytes(text)
    monkeypatch.setattr(catalogue, "files", lambda _: tmp_path)
    with pytest.raises(ReleaseError, match=f"^new_family.yaml: .*{said}") as error:
        list(catalogue._stated())
    assert "\n" not in str(error.value)


def test_a_release_that_lacks_a_column_is_not_taken_for_a_table_of_persons() -> None:
    """Its other columns, as an address of facilities or a birth date that is redacted, are known."""
    tried = 0
    for one in FAMILIES.values():
        needed = [column for column in one.columns.values() if column.is_needed]
        for column in needed if names_persons(one.plain_known) else ():
            header = one.plain_known.difference(column.plain_names)
            if recognise(header) is None and nearest(header) is not None:
                tried += 1
                assert "may name persons" not in str(unknown(Path("x.csv"), header, "in its first lines"))
    assert tried > 3

"""Census table B05001 and citizens of voting age, in every form that people have them, to one store."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from atlarge.errors import ReleaseError
from atlarge.explain.areas import where_of
from atlarge.explain.concentration import population_of
from atlarge.ingest import ingest
from atlarge.records.store import open_store
from atlarge.reference import table
from atlarge.releases.families.census import survey_years

Places = list[tuple[str, str, int, int, int]]  # fips, name, residents, noncitizens, margin


def _places(seed: int) -> Places:
    """Some counties of the table of counties, with numbers drawn."""
    draw = np.random.default_rng(seed)
    rows = table("counties").filter(pl.col("vintage") == "all").sample(12, seed=seed).sort("fips")
    return [
        (
            fips,
            f"{name}, {state}",
            *(int(draw.integers(a, b)) for a, b in ((9000, 90_000), (0, 8000), (3, 900))),
        )
        for fips, name, state in rows.select("fips", "name", "state_name").iter_rows()
    ]


def _lines(rows: list[list[object]], delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _download(places: Places) -> str:
    """data.census.gov: a second row of labels, annotations, a comma at the end of every line."""
    header: list[object] = ["GEO_ID", "NAME"]
    labels: list[object] = ["Geography", "Geographic Area Name"]
    words = ("Estimate!!Total:", "Margin of Error!!Total:", "Annotation of Estimate", "Annotation of Margin")
    for number in range(1, 7):
        header += [f"B05001_{number:03}{kind}" for kind in ("E", "M", "EA", "MA")]
        labels += words
    rows = [[*header, ""], [*labels, ""]]
    for fips, name, residents, people, margin in places:
        cells: list[object] = [f"0500000US{fips}", name, residents, "*****", "null", "*****"]
        cells += [1, 2, "null", "null"] * 4 + [people, margin, "null", "null", ""]
        rows.append(cells)
    return _lines(rows, quoting=csv.QUOTE_ALL)


def _older_download(places: Places) -> str:
    rows: list[list[object]] = [
        ["GEO_ID", "NAME", "B05001_001E", "B05001_001M", "B05001_006E", "B05001_006M"]
    ]
    rows.append(["id", "Geographic Area Name", "Estimate!!Total", "Margin", "Estimate", "Margin"])
    rows += [[f"0500000US{f}", n, r, "*****", f"{p:,}", f"±{m:,}"] for f, n, r, p, m in places]
    return _lines(rows)


def _summary_file(places: Places) -> str:
    rows: list[list[object]] = [["GEO_ID", "B05001_E001", "B05001_M001", "B05001_E006", "B05001_M006"]]
    rows += [[f"0500000US{f}", r, -555555555, p, m] for f, _, r, p, m in places]
    return _lines(rows, delimiter="|")


def _interface(places: Places) -> str:
    rows: list[list[object]] = [["NAME", "B05001_001E", "B05001_006E", "B05001_006M", "state", "county"]]
    rows += [[n, str(r), str(p), str(m), f[:2], f[2:]] for f, n, r, p, m in places]
    return json.dumps(rows).replace("], [", "],\n[")


def _interface_csv(places: Places) -> str:
    rows: list[list[object]] = [["NAME", "B05001_006E", "B05001_006M", "state", "county"]]
    rows += [[n, p, m, int(f[:2]), int(f[2:])] for f, n, _, p, m in places]  # zeros lost in a spreadsheet
    return _lines(rows)


def _long(places: Places) -> str:
    rows: list[list[object]] = [["GEOID", "NAME", "variable", "estimate", "moe"]]
    for fips, name, residents, people, margin in places:
        rows += [[fips, name, "B05001_001", residents, "NA"], [fips, name, "B05001_006", people, margin]]
    return _lines(rows)


def _wide(places: Places) -> str:
    rows: list[list[object]] = [["GEOID", "NAME", "B05001_006E", "B05001_006M"]]
    rows += [[int(f), n, p, m] for f, n, _, p, m in places]
    return _lines(rows)


def _voting_age(places: Places) -> str:
    cells = [f"{group}_{kind}" for group in ("tot", "adu", "cit", "cvap") for kind in ("est", "moe")]
    rows: list[list[object]] = [["geoname", "lntitle", "geoid", "lnnumber", *cells]]
    for fips, name, residents, people, margin in places:
        whole = [residents, 0, residents, 0, residents - people, margin, residents // 2, 5]
        for line, (title, cells) in enumerate([("Total", whole), ("Not Hispanic or Latino", [1] * 8)], 1):
            rows.append([name, title, f"05000US{fips}", line, *cells])
    return _lines(rows)


FORMS: dict[str, tuple[Callable[[Places], str], str]] = {
    "download": (_download, "ACSDT5Y2019.B05001-Data.csv"),
    "older download": (_older_download, "ACSDT5Y2019.B05001_data_with_overlays_2021-04-01T120000.csv"),
    "summary file": (_summary_file, "acsdt5y2019-b05001.dat"),
    "interface": (_interface, "acs5_2019.json"),
    "interface as CSV": (_interface_csv, "acs5_2019.csv"),
    "long": (_long, "noncitizens_2015-2019.csv"),
    "wide": (_wide, "B05001_2015_2019.csv"),
    "voting age": (_voting_age, "CVAP_2015-2019_ACS_County.csv"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_form_gives_the_same_noncitizens_and_margins(tmp_path: Path, form: str, seed: int) -> None:
    write, name = FORMS[form]
    places = _places(seed)
    (tmp_path / name).write_text(write(places))
    ingest([tmp_path / name], tmp_path / "store")
    rows = (
        open_store(tmp_path / "store").scan("aggregates").filter(pl.col("place_kind") == "county").collect()
    )
    for measure, at in (("noncitizens", 3), ("noncitizens: margin", 4)):
        found = dict(rows.filter(pl.col("measure") == measure).select("place", "value").iter_rows())
        assert found == {row[0]: float(row[at]) for row in places}
    assert rows["every"].unique().to_list() == ["survey of 2015 to 2019"]
    assert rows["as_of"].unique().to_list() == [dt.date(2019, 12, 31)]


def test_answers_set_arrests_against_the_numbers_that_were_brought(tmp_path: Path) -> None:
    path = tmp_path / "B05001.csv"
    path.write_text(_download([("48301", "Loving County, Texas", 96, 8, 6)]))
    ingest([path], tmp_path / "store")
    found = population_of(
        where_of("county", "48301", "Loving County, TX"), 2019, open_store(tmp_path / "store")
    )
    assert found is not None
    assert (found.kind, found.group, found.estimate, found.low, found.high, found.year) == (
        "measured", "noncitizens", 8, 2, 14, None,
    )  # fmt: skip


def test_the_nation_states_and_other_areas_are_distinguished(tmp_path: Path) -> None:
    lines = ["GEO_ID|B05001_E006|B05001_M006", "0100000US|21000000|60000", "0400000US48|2900000|30000"]
    lines += ["1400000US48453000101|12|9", "0500000US48453|140000|-222222222", "0500000US48001|-666666666|-1"]
    path = tmp_path / "acsdt5y2021-b05001.dat"
    path.write_text("\n".join(lines) + "\n")
    ingest([path], tmp_path / "store")
    rows = open_store(tmp_path / "store").scan("aggregates").collect()
    people = rows.filter(pl.col("measure") == "noncitizens")
    assert set(people.select("place_kind", "place").iter_rows()) == {
        ("nation", "US"), ("state", "TX"), ("county", "48453"), ("other area", "1400000US48453000101"),
    }  # fmt: skip
    margins = rows.filter(pl.col("measure") == "noncitizens: margin")
    assert "48453" not in margins["place"].to_list()  # a code for a margin that could not be worked out


def test_json_that_is_no_table_is_refused_in_one_line(tmp_path: Path) -> None:
    for name, text in (("cut.json", '[["NAME","B05001_006E"],["Autauga'), ("deep.json", '[["NAME",["x"]]]')):
        (tmp_path / name).write_text(text)
        with pytest.raises(ReleaseError, match="JSON") as caught:
            ingest([tmp_path / name], tmp_path / "store")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "folder", "years"),
    [
        ("ACSDT1Y2023.B05001-Data.csv", "", (2023, 2023)),
        ("ACSDT5Y2024.B05001-Data.csv", "x", (2020, 2024)),
        ("acsdt5y2022-b05001.dat", "", (2018, 2022)),
        ("County.csv", "CVAP_2019-2023_ACS_csv_files", (2019, 2023)),
        ("noncitizens_2018.csv", "", (2018, 2018)),
        ("B05001.csv", "files of 2019", None),
    ],
)
def test_years_are_those_that_the_name_states(name: str, folder: str, years: tuple[int, int] | None) -> None:
    assert survey_years(name, folder) == years

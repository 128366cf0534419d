"""Published rows of small families as figures, each worked out by hand; and what families and faults ask."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from atlarge.errors import ReleaseError
from atlarge.releases import families
from atlarge.releases.areas import area_code, county_code, state_code
from atlarge.releases.averages import refuse_averages
from atlarge.releases.catalogue import family, nearest, recognise
from atlarge.releases.families.participating_agencies import signing_day
from atlarge.releases.family import Column, Family, plain
from atlarge.releases.faults import Fault, faults
from atlarge.releases.marks import bare_words
from atlarge.releases.sheet import Sheet

D = dt.date
FAMILIES = families()


def _spread(name: str, columns: dict[str, list[Any]], **schema: Any) -> list[tuple[Any, ...]]:
    n = len(next(iter(columns.values())))
    frame = pl.DataFrame({"row": list(range(2, 2 + n)), **columns}, schema_overrides=schema, strict=False)
    spread = FAMILIES[name].spread
    assert spread is not None
    found = spread(frame)
    kept = ("row", "date", "every", "place_kind", "place", "measure", "value")
    return sorted(found.select(kept).rows(), key=str)


def test_aggregates_of_cities_and_counties() -> None:
    days = [D(2017, 1, 1), D(2017, 1, 1), D(2017, 1, 1)]
    austin = {"geography": ["National", "Texas", "Austin area"], "date": days, "arrests": [9, 5, None]}
    assert _spread(_of_module("city_aggregates", "austin"), austin) == [
        (2, D(2017, 1, 1), "month", "nation", "US", "arrests followed by detention", 9.0),
        (3, D(2017, 1, 1), "month", "state", "TX", "arrests followed by detention", 5.0),
    ]
    austin["arrests"] = [None, None, 7]
    assert _spread(_of_module("city_aggregates", "austin"), austin)[0][3:5] == ("area", "Austin area")
    travis = {"label": ["2019-02", "not a month"], "total": [5, 6], "felony": [2, None], "violent": [0, None]}
    assert _spread(_of_module("city_aggregates", "travis"), travis)[:3] == [
        (2, D(2019, 2, 1), "month", "county", "48453", "detainers", 5.0),
        (2, D(2019, 2, 1), "month", "county", "48453", "detainers: at least one felony", 2.0),
        (2, D(2019, 2, 1), "month", "county", "48453", "detainers: at least one violent crime", 0.0),
    ]
    california = {"city": ["SAN JOSE"], "year": [2011], "count": [4]}
    assert _spread(_of_module("city_aggregates", "california"), california) == [
        (2, D(2011, 1, 1), "year", "city", "San Jose, CA", "detainers", 4.0)
    ]


def _of_module(module: str, function: str) -> str:
    """The family whose rows a function reshapes."""
    for name, one in FAMILIES.items():
        if one.spread is not None and (one.spread.__module__, one.spread.__name__) == (
            f"atlarge.releases.families.{module}", function
        ):  # fmt: skip
            return name
    raise AssertionError((module, function))


def test_aggregates_of_states() -> None:
    quarters = {
        "quarter": ["2025Q1", "2025Q4", "2024-3"], "county": ["King", "Multnomah", "Nowhere"],
        "state": ["Washington", "OR", "Oregon"], "arrests": [3, 4, 5],
    }  # fmt: skip
    assert _spread(_of_module("state_aggregates", "quarters"), quarters) == [
        (2, D(2025, 1, 1), "quarter", "county", "53033", "arrests", 3.0),
        (3, D(2025, 10, 1), "quarter", "county", "41051", "arrests", 4.0),
        (4, D(2024, 7, 1), "quarter", "county", "Nowhere, Oregon", "arrests", 5.0),
    ]
    criminality = {
        "state": ["Washington", "Elsewhere"], "date": [D(2025, 2, 1), D(2025, 3, 1)],
        "criminality": ["convicted", None], "value": [8, 9],
    }  # fmt: skip
    assert _spread(_of_module("state_aggregates", "criminality"), criminality) == [
        (2, D(2025, 2, 1), "month", "state", "WA", "arrests: convicted", 8.0),
        (3, D(2025, 3, 1), "month", "state", "Elsewhere", "arrests: criminality not recorded", 9.0),
    ]
    by_state = _spread(_of_module("state_aggregates", "by_state"), {"state": ["TEXAS"], "arrests": [7]})
    assert by_state == [(2, D(2025, 1, 1), "2025-01-01..2026-07-31", "state", "TX", "arrests", 7.0)]
    day = [D(2025, 9, 1)]
    assert _spread("minnesota-detainer-days", {"date": day, "count": [3]}) == [
        (2, day[0], "day", "state", "MN", "detainers_issued", 3.0)
    ]
    names = ("TEXAS", "WISCONSIN", "ILLINOIS", "MINNESOTA", "OREGON")
    counts = {"date": day, **{name: [k] for k, name in enumerate(names)}}
    found = _spread("minnesota-arrest-days", counts)
    assert {row[4]: row[6] for row in found} == {"TX": 0, "WI": 1, "IL": 2, "MN": 3, "OR": 4}
    collateral = _spread("minnesota-collateral-days", {"date": day, "collateral": [2], "targeted": [5]})
    assert [row[5:] for row in collateral] == [("arrests: collateral", 2.0), ("arrests: targeted", 5.0)]
    reasons = _spread(
        "minnesota-lift-reasons", {"place": ["A JAIL"], "booked": [4], "missing": [None], "total": [9]}
    )
    assert [(row[1], row[2], row[3], row[4], row[6]) for row in reasons] == [
        (None, None, "facility", "A JAIL", 4.0), (None, None, "facility", "A JAIL", 9.0)
    ]  # fmt: skip
    names = {"n_encounters": [1], "n_arrests": [2], "n_removals": [None]}
    found = _spread(_of_module("enforcement_days", "spread"), {"date": day, "place": ["SNA"], **names})
    assert [row[3:] for row in found] == [("aor", "SNA", "arrests", 2.0), ("aor", "SNA", "encounters", 1.0)]


def test_a_label_of_a_jail_report_is_for_the_month_before() -> None:
    spread = FAMILIES["texas-jails"].spread
    assert spread is not None
    found = spread(
        pl.DataFrame(
            {
                "county": ["Travis", "DEAF SMITH", "WILLACY (private)", "Nowhere"],
                "label_year": [2012, 2012, 2013, 2014],
                "label_month": ["January", "march", "DECEMBER", "Smarch"],
            }
        )
    )
    assert found["month"].to_list() == [D(2011, 12, 1), D(2012, 2, 1), D(2013, 11, 1), None]
    assert found["county_fips"].to_list() == ["48453", "48117", "48489", None]
    assert found["facility"].to_list() == [None, None, "Willacy (Private)", None]
    assert found["state"].to_list() == ["TX"] * 4
    assert found["aor"].to_list()[0] == "SNA"


def test_a_workbook_of_detention_gives_facilities_and_book_ins_to_its_day() -> None:
    spread = FAMILIES["detention-statistics"].spread
    assert spread is not None
    months = ("oct", "nov", "dec", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep")
    counts = {m: [None, 10 + k if k < 5 else 0, 0] for k, m in enumerate(months)}
    frame = pl.DataFrame(
        {
            "release_id": ["r"] * 3, "file": ["f"] * 3,
            "sheet": ["Facilities FY25", "Detention FY25", "Detention EOFY2024"], "row": [8, 9, 10],
            "facility": ["A CENTER", None, None],
            "level_a": [1.5, None, None], "level_b": [2.0, None, None],
            "level_c": [0.0, None, None], "level_d": [4.0, None, None], "alos_days": [30.0, None, None],
            "agency": [None, " ICE ", "CBP"], "as_of": [D(2025, 2, 10), D(2025, 2, 10), None],
            **counts,
        }
    )  # fmt: skip
    rows = spread(frame).to_dicts()
    held = {r["measure"]: r for r in rows if r["place_kind"] == "facility"}
    assert {name: r["value"] for name, r in held.items()} == {
        "average daily population": 7.5,
        "average daily population: level a": 1.5,
        "average daily population: level b": 2.0,
        "average daily population: level c": 0.0,
        "average daily population: level d": 4.0,
        "average length of stay in days": 30.0,
    }
    one = held["average daily population"]
    assert (one["date"], one["every"], one["fiscal_year"], one["as_of"], one["place"]) == (
        D(2024, 10, 1), "fiscal year to date", 2025, D(2025, 2, 10), "A CENTER",
    )  # fmt: skip
    ice = [r for r in rows if r["measure"] == "initial book-ins: ICE"]
    assert [(r["date"], r["value"], r["every"], r["fiscal_year"]) for r in ice] == [
        (D(2024, 10, 1), 10, "month", 2025), (D(2024, 11, 1), 11, "month", 2025),
        (D(2024, 12, 1), 12, "month", 2025), (D(2025, 1, 1), 13, "month", 2025),
        (D(2025, 2, 1), 14, "month to date", 2025),
    ]  # fmt: skip
    assert {(r["place"], r["place_kind"]) for r in ice} == {("US", "nation")}
    assert not [r for r in rows if "CBP" in r["measure"]]  # no day and no count: nothing is known
    pulls = FAMILIES["ddp-detention-management"].spread
    assert pulls is not None
    joined = frame.head(1).drop("agency", "alos_days", "as_of").with_columns(
        fiscal_year=pl.lit(2021), alos_fy21=pl.lit(12.0), alos_fy22=pl.lit(99.0),
        pull_date=pl.lit(None, pl.Date), file_date=pl.lit(D(2021, 8, 1)),
    )  # fmt: skip
    by = {r["measure"]: r for r in pulls(joined).to_dicts()}
    stay = by["average length of stay in days"]
    assert (stay["value"], stay["date"], stay["as_of"], stay["fiscal_year"]) == (
        12.0, D(2020, 10, 1), D(2021, 8, 1), 2021,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("2020-03-05", D(2020, 3, 5)), ("3/5/2020", D(2020, 3, 5)), ("3/5/20", D(2020, 3, 5)),
        ("March 5, 2020", D(2020, 3, 5)), ("Mar 5, 2020", D(2020, 3, 5)), ("05-Mar-20", D(2020, 3, 5)),
        ("03-05-2020", D(2020, 3, 5)), ("03/052020", D(2020, 3, 5)), ("0305/2020", D(2020, 3, 5)),
        ("3/5/2020 12:30 PM", D(2020, 3, 5)), ("2020-03-05T00:00:00", D(2020, 3, 5)),
        ("43895", D(2020, 3, 5)), ("43895.0", D(2020, 3, 5)), (" 3/5/2020 ", D(2020, 3, 5)),
        ("soon", None), ("", None), ("13/45/2020", None),
    ],
)  # fmt: skip
def test_a_day_of_signing_is_read_however_it_is_printed(printed: str, day: D | None) -> None:
    frame = pl.DataFrame({"w": [printed]})
    assert frame.select(signing_day(pl.col("w"))).item() == day


def test_agreements_keep_what_was_printed() -> None:
    spread = FAMILIES["participating-agencies"].spread
    assert spread is not None
    frame = pl.DataFrame({"state": ["TEXAS", "fl ", "Nowhere "], "signed": ["3/5/2020", "x", None]})
    found = spread(frame)
    assert found["state"].to_list() == ["TX", "FL", "Nowhere"]
    assert found["signed"].to_list() == [D(2020, 3, 5), None, None]
    assert found["signed_printed"].to_list() == ["3/5/2020", "x", None]
    assert "last_seen" not in found.columns
    seen = spread(frame.with_columns(last_seen=pl.Series(["2026/02/01", None, "2026-02-03"])))
    assert seen["last_seen"].to_list() == [D(2026, 2, 1), None, D(2026, 2, 3)]


def test_names_of_areas_states_and_counties_have_codes() -> None:
    areas = pl.Series(["San Antonio Area of Responsibility", "St. Paul Field Office", "Saint Paul", " sna ",
                       "New York City", "New York", "Nowhere", None])  # fmt: skip
    assert area_code(areas).to_list() == ["SNA", "SPM", "SPM", "SNA", "NYC", "NYC", None, None]
    assert state_code(pl.Series(["texas", "TX", " New Mexico", "x"])).to_list() == ["TX", "TX", "NM", None]
    counties = pl.Series(
        ["Travis", "TRAVIS COUNTY", "St. Tammany Parish", "DeKalb", "Doña Ana", "Baltimore", "X"]
    )
    states = pl.Series(["TX", "TX", "LA", "GA", "NM", "MD", "TX"])
    assert county_code(counties, states).to_list()[:4] == ["48453", "48453", "22103", "13089"]
    assert county_code(counties, states).to_list()[6] is None


def test_columns_of_counts_may_hold_a_fraction_here_and_there() -> None:
    one = Family("x", "t", "p", "u", "aggregates", "c", {"n": Column(("n",), "count")})
    for fractions, total, is_refused in ((20, 100, True), (19, 60, False), (20, 101, False), (20, 20, True)):
        values = [f"{k}.5" if k < fractions else str(k) for k in range(total)]
        for cells in (pl.Series("n", values), pl.Series("n", [float(v) for v in values])):
            rows = pl.Series(range(2, 2 + total))
            sheet = Sheet("S", cells.to_frame(), rows, [])
            if is_refused:
                with pytest.raises(
                    ReleaseError, match=r"sheet 'S', row 2: the column 'n' holds fractions in 20 rows"
                ):
                    refuse_averages(Path("f"), one, sheet)
            else:
                refuse_averages(Path("f"), one, sheet)
    blank = pl.Series("n", ["1.5"] * 20 + [None] * 500)  # of those filled all are fractions
    with pytest.raises(ReleaseError, match="20 rows"):
        refuse_averages(Path("f"), one, Sheet(None, blank.to_frame(), pl.Series(range(520)), []))
    whole = pl.Series("n", ["1.0"] * 50)
    refuse_averages(Path("f"), one, Sheet(None, whole.to_frame(), pl.Series(range(50)), []))


@pytest.mark.parametrize(
    ("mark", "is_blank"),
    [
        ("", True), ("-", True), ("N/A", True), ("#N/A", True), ("NULL", True), ("<NA>", True), ("?", True),
        (" nan ", True), ("(b)(6)", True), ("(B)(6);(B)(7)(C)", True), ("b(6), b(7)c", True),
        ("(b)(7)e)", True), ("no", False), ("None of these", False), ("0", False), ("B(6) JAIL", False),
        ("\u00a0x\u00a0", False),
    ],
)  # fmt: skip
def test_marks_for_nothing_and_for_what_was_withheld_are_blank(mark: str, is_blank: bool) -> None:
    found = bare_words(pl.Series([mark])).to_list()
    assert found == [None if is_blank else mark.strip().strip("\u00a0")]


def test_faults_touch_the_rows_that_meet_all_their_conditions() -> None:
    frame = pl.DataFrame(
        {"date": [D(2017, 1, 1), D(2017, 6, 1), None, D(2018, 1, 1)], "method": ["a", "b", "a", None]}
    )

    def touched(**where: Any) -> list[bool]:
        fault = Fault("f", ("x",), "w", "r", "s", "drop", where)
        found = fault.touches(frame.columns)
        assert found is not None
        return frame.with_columns(t=found)["t"].to_list()

    assert touched(method="a") == [True, False, True, False]
    assert touched(date={"from": D(2017, 6, 1)}) == [False, True, False, True]
    assert touched(date={"before": D(2017, 6, 1)}) == [True, False, False, False]
    assert touched(date={"from": D(2017, 1, 1), "before": D(2018, 1, 1)}) == [True, True, False, False]
    assert touched(method={"is_missing": True}) == [False, False, False, True]
    assert touched(method={"is_missing": False}, date={"from": D(2017, 1, 1)}) == [True, True, False, False]
    assert touched() == [True] * 4
    assert Fault("f", (), "w", "r", "s", "drop", {"landmark": "x"}).touches(frame.columns) is None
    moments = frame.select(pl.col("date").cast(pl.Datetime).alias("moment"))
    by_moment = Fault("f", (), "w", "r", "s", "drop", {"date": D(2017, 6, 1)}).touches(["moment"])
    assert by_moment is not None
    assert moments.select(by_moment).to_series().to_list() == [False, True, False, False]
    with pytest.raises(ValueError, match="a known fault asks for 'until'"):
        touched(date={"until": 3})
    assert [f.id for f in faults()] == sorted(f.id for f in faults())
    assert len({f.id for f in faults()}) == len(faults()) > 10


def test_families_are_known_by_their_names_and_the_nearest_by_what_it_lacks() -> None:
    assert list(FAMILIES) == sorted(FAMILIES)
    with pytest.raises(ReleaseError, match="no release family 'x'; there are: "):
        family("x")
    for name, one in FAMILIES.items():
        needed = {c.plain_names[0] for c in one.columns.values() if c.is_needed}
        if len(needed) < 4 or one.is_exact:
            continue
        header = frozenset({c.plain_names[0] for c in one.columns.values()} | {plain(k) for k in one.known})
        gone = sorted(needed)[0]
        found = nearest(header - {gone})
        assert found is not None
        if found[0].id == name:
            assert plain(found[1][0]) in {
                p for c in one.columns.values() for p in c.plain_names if c.is_needed
            }
    assert nearest(frozenset({"a", "b", "c"})) is None
    assert recognise(frozenset({"a", "b"})) is None


@pytest.mark.parametrize(
    ("extra", "is_part"),
    [
        ([], True), (["apprehension_method", "unique_identifier"], True), (["n"], False), (["total"], False),
        (["arrest_count"], False), (["count_of_arrests"], False), (["a", "b", "c", "d", "e"], False),
    ],
)  # fmt: skip
def test_a_part_of_a_releases_columns_is_that_release_but_not_a_table_of_counts(
    extra: list[str], is_part: bool
) -> None:
    header = frozenset({"apprehension_date", "apprehension_state", *extra})
    found = recognise(header)
    assert (found is not None and found.table == "arrests") is is_part

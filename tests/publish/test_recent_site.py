"""A site of files of 2025 and 2026: handoffs end in July 2025, files cover some states, months are cut."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

import atlarge
from atlarge.calendar import month_end
from atlarge.errors import CoverageError
from atlarge.messages import render
from atlarge.publish.answers import show
from atlarge.publish.brief import brief_page
from atlarge.publish.i18n import LANGUAGES, Words
from atlarge.publish.pages import finding_of, place_page, rates_table
from atlarge.publish.reports import report_html
from atlarge.publish.site_data import PlaceInfo, SiteData, gather_site
from atlarge.publish.site_pages import SINGLE
from atlarge.simulate import recent_world, simulate_recent
from command_line import run

pytestmark = pytest.mark.slow_file

NUMBER = r"([\d,]+)"


@pytest.fixture(scope="module", params=["b", "c"])
def recent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The file of arrests, and the store that holds it."""
    folder = tmp_path_factory.mktemp(request.param)
    world = recent_world(places=14, policies=2)
    simulated = simulate_recent(folder, form=request.param, seed=6, world=world, arrests=9_000)
    atlarge.ingest([*simulated.arrests, simulated.detainers], folder / "store")
    return simulated.arrests[0], folder / "store"


@pytest.fixture(scope="module")
def data(recent: tuple[Path, Path]) -> SiteData:
    store = atlarge.open_store(recent[1])
    return gather_site(store, every_county=False)[0]


def _days(file: Path) -> pl.DataFrame:
    """State and day of each row, read by hand."""
    rows = pl.read_csv(file, skip_rows=6, infer_schema=False)
    state = next(c for c in ("State", "Apprehension State") if c in rows.columns)
    return rows.select(
        pl.col(state).str.to_titlecase().alias("state"),
        pl.col("Apprehension Date").str.head(10).str.to_date().alias("day"),
    )


def test_what_a_state_page_says_first_is_the_count_of_its_whole_months(
    recent: tuple[Path, Path], data: SiteData
) -> None:
    rows = _days(recent[0])
    whole = rows.filter(pl.col("day").dt.truncate("1mo").is_between(*data.whole_months("arrests")))
    assert whole.height < rows.height
    by_state = Counter(whole["state"].to_list())
    w, seen = Words("en"), 0
    for place in data.places.values():
        if place.level != "state":
            continue
        page = place_page(data, place, w)
        said = re.search(rf"From (.+?) to (.+?) the records show (at least )?{NUMBER} arrests in", page)
        assert said is not None
        first, last = (w.long_month(day) for day in data.whole_months("arrests"))
        assert said.group(1, 2) == (first, last)
        if said[3] is None:
            assert int(said[4].replace(",", "")) >= by_state[place.name] > 0  # more are placed by their text
            seen += 1
    assert seen > 3


def test_kinds_of_arrests_add_up_in_every_row_and_in_the_sentence(data: SiteData) -> None:
    w, sums = Words("en"), 0
    for place in data.places.values():
        if not place.fine:
            continue
        for row in rates_table(data, place, w, "").rows:
            cells = [str(c).replace(",", "") for c in row[1:5]]
            if all(c.isdigit() or c == "not covered" for c in cells):
                whole, *parts = (int(c) if c.isdigit() else 0 for c in cells)
                assert whole == sum(parts), (place, row)
                sums += "not covered" in cells
        said = re.search(rf"<p>{NUMBER} arrests: (.*?)</p>", place_page(data, place, w))
        if said:
            parts = [int(n.replace(",", "")) for n in re.findall(rf"{NUMBER} (?:at|in)\b", said[2])]
            assert int(said[1].replace(",", "")) == sum(parts), said[0]
    assert sums


def test_a_title_never_sets_a_year_in_part_against_a_whole_one(data: SiteData) -> None:
    """Handoffs end within FY2025, and the records within FY2026: neither is in a title about them."""
    w, could = Words("en"), 0
    assert data.parts_end is not None
    assert data.parts_end.month not in (1, 10)
    for place in data.places.values():
        counts = data.series(place, "handoffs", "year")
        known = [] if counts is None else [v for v in counts.values if v]
        could += len(known) > 1
        title = finding_of(data, place, w)
        if "handoffs" in title:
            assert "FY2025" not in title
            assert "FY2026" not in title
    assert could > 2


def test_the_commands_of_a_page_count_its_numbers_again(recent: tuple[Path, Path], data: SiteData) -> None:
    w, counted = Words("en"), 0
    shown = [p for p in data.places.values() if p.level in ("county", "state") and p.fine][::4]
    for place in shown:
        page = place_page(data, place, w)
        table = {str(row[0].text): str(row[1]) for row in rates_table(data, place, w, "").rows}
        for year, first, last in re.findall(
            r'<dt id="from-arrests-\d+">[^<]*, (FY\d+)</dt>.*?--from (\S+) --to (\S+)</code>', page, re.DOTALL
        ):
            rows = atlarge.panel(
                recent[1], by=place.level, places=[place.code], measures=["arrests"], start=first, end=last
            ).frame
            if table[year].replace(",", "").isdigit():
                assert rows["value"].sum() == int(table[year].replace(",", ""))
                counted += 1
    assert counted > 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_simulated_records_says_that_they_are(data: SiteData, language: str) -> None:
    w = Words(language)
    said = w("site.simulated")
    for stem, page in SINGLE.items():
        assert said in page(data, w), stem
    for level in {p.level for p in data.places.values()}:
        place = next(p for p in data.places.values() if p.level == level)
        assert said in place_page(data, place, w), place


def test_an_answer_from_simulated_records_says_it_first(recent: tuple[Path, Path]) -> None:
    answer = atlarge.explain("Los Angeles County, CA", date="2024-09-02", store=recent[1])
    assert [c.id for c in answer.warnings][1] == answer.main_caveats[0].id == "simulated"
    for language in LANGUAGES:
        assert "simula" in render(answer.main_caveats[0].message, language)
    assert len({c.id for c in answer.main_caveats}) == len(answer.main_caveats)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_about_a_day_speaks_of_no_policy(recent: tuple[Path, Path], language: str) -> None:
    answer = atlarge.explain("Los Angeles County, CA", date="2024-09-02", store=recent[1])
    w = Words(language)
    for page in (brief_page(show(answer), w), report_html(answer, language=language)):
        text = re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", page, flags=re.DOTALL)
        said = text.replace(w("report.kicker"), "")
        assert not re.findall(r".{0,60}(?:polic|polít).{0,60}", said, re.IGNORECASE)
        assert "2024-09-02" not in text.split(w("report.cite"))[0]
        assert w.day(dt.date(2024, 9, 2)) in text


@pytest.mark.parametrize("place", ["Colorado", "Denver County, CO", "DEN", "PHO", "Cook County, MN", "HOU"])
def test_a_place_that_no_file_covers_has_no_count_rather_than_none(
    recent: tuple[Path, Path], place: str
) -> None:
    with pytest.raises(CoverageError, match="no release in the store covers"):
        atlarge.explain(place, date="2024-09-02", store=recent[1])


def _traced(store: Path, *words: str) -> list[int]:
    """Row numbers that `audit --trace` lists."""
    found = run(["audit", "--store", str(store), "--trace", *words, "--json"])
    return [row for one in json.loads(found.stdout)["trace"] for row in one["rows"]]


@pytest.mark.parametrize("measure", ["arrests", "at_large", "handoffs", "detainers_declined"])
def test_every_count_leads_back_to_as_many_rows(recent: tuple[Path, Path], measure: str) -> None:
    counted = atlarge.panel(recent[1], by="county", every="month", measures=[measure]).frame
    known = counted.drop_nulls("value").sort("value", descending=True).gather_every(7).head(4)
    for place, name, first, value in known.select("place", "place_name", "period", "value").iter_rows():
        days = ["--from", str(first), "--to", str(month_end(first))]
        for asked in (place, name):
            rows = _traced(recent[1], measure, "--place", asked, *days)
            assert len(rows) == len(set(rows)) == value


def test_the_rows_behind_a_count_are_those_of_the_file(recent: tuple[Path, Path]) -> None:
    lines = gzip.decompress(recent[0].read_bytes()).decode().splitlines()
    rows = _traced(recent[1], "at_large", "--place", "TX")
    assert len(rows) > 20
    in_texas = [row for row in rows if "TEXAS" in lines[row - 1] or ", TX" in lines[row - 1]]
    assert len(in_texas) > 0.8 * len(rows)  # others are placed by an office area or a city
    assert not any("CAP Local Incarceration" in lines[row - 1] for row in rows)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--trace", "arrests", "--place", "Haris County, TX"], "did you mean Harris County, TX"),
        (["--trace", "at_larg"], "no measure 'at_larg'"),
        (["--trace", "arrests", "--place", "Denver County, CO"], "no row stands behind this count"),
    ],
)
def test_a_trace_of_nothing_says_so(recent: tuple[Path, Path], words: list[str], message: str) -> None:
    found = run(["audit", "--store", str(recent[1]), *words])
    assert message in found.output + str(found.exception)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_county_that_no_file_covers_is_not_one_without_arrests(data: SiteData, language: str) -> None:
    w = Words(language)
    states = {o.scope for o in data.origins if o.table == "arrests"}
    assert all(scope.startswith("state:") for scope in states)
    for fips, name in (("08031", "Denver County, CO"), ("48301", "Loving County, TX")):
        page = place_page(data, PlaceInfo("county", fips, name, ""), w)
        assert (w("where.none", place=name) in page) == data.covers(("county", fips)) == (name[-2:] == "TX")
        assert (w("where.not_covered", place=name) in page) == (name[-2:] == "CO")


def test_commands_of_pages_name_the_store_that_is_not_embedded(data: SiteData) -> None:
    w = Words("en")
    pages = [page(data, w) for page in SINGLE.values()]
    pages += [place_page(data, place, w) for place in list(data.places.values())[:12]]
    commands = [
        c
        for page in pages
        for c in re.findall(r"<code>(atlarge (?:panel|explain|surges|compare)[^<]*)", page)
    ]
    assert len(commands) > 10
    assert all("--store STORE" in command for command in commands), commands

"""Five readers, each from the first page to the end: found, read, printed, checked, downloaded."""

from __future__ import annotations

import contextlib
import io
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pypdf
import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser
HARRIS, TRAVIS = "/place/county/48201.html", "/place/county/48453.html"


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A phone."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, accept_downloads=True
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    """A desktop."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def counted(site: Path, code: str, measure: str, month: str) -> int:
    """A month's count as the downloads of the whole site give it."""
    frame = pl.read_parquet(site / "data" / "all.parquet").filter(
        pl.col("place") == code,
        pl.col("measure") == measure,
        pl.col("period") == "month",
        pl.col("start") == pl.lit(month).str.to_date(),
    )
    return int(frame["value"].item())


def test_a_reporter_on_a_phone_finds_harris_reads_june_2019_and_takes_the_chart(
    phone: Page, story_address: str, story_site: Path
) -> None:
    phone.goto(story_address + "/index.html")
    phone.locator("#find").tap()
    phone.keyboard.type("harris", delay=5)
    first = phone.locator("#find-list li").first
    assert "Harris County, Texas" in first.inner_text()  # not the one in Georgia
    assert phone.url.endswith("/index.html")
    first.tap()
    phone.wait_for_url("**" + HARRIS)
    phone.locator("#timeline svg.live").wait_for()
    plot = phone.locator("#timeline .c-hit-all")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    readout = phone.locator("#timeline .readout")
    # 47 months from October 2015 to August 2019, of about one width: the middle of June 2019 is at 44.5
    plot.tap(position={"x": box["width"] * 44.5 / 47, "y": box["height"] / 2})
    expect(readout).to_contain_text("Jun 2019")
    expect(readout).to_contain_text(f"At large: {counted(story_site, '48201', 'at_large', '2019-06-01')}")
    with phone.expect_download() as got:
        phone.locator("#timeline [data-tool=png]").tap()
    assert got.value.suggested_filename == "atlarge-county-48201-parts.png"
    assert Path(got.value.path()).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    phone.locator("#timeline [data-tool=measure]").select_option("at_large")
    sent = phone.url
    assert sent.endswith(HARRIS + "?m=at_large")
    phone.goto(sent)
    expect(phone.locator("#timeline [data-tool=measure]")).to_have_value("at_large")


def _words_by_page(pdf: bytes) -> list[int]:
    return [len((page.extract_text() or "").split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def test_a_commissioner_prints_the_brief_and_the_page_of_the_county(desk: Page, story_address: str) -> None:
    desk.goto(story_address + TRAVIS)
    desk.get_by_role("link", name="The whole answer: numbers, explanations, method").click()
    desk.get_by_role("link", name="One-page brief to print").click()
    headline = desk.locator("h1").inner_text()
    for size in ("Letter", "A4"):
        words = _words_by_page(desk.pdf(format=size))
        assert len(words) == 1, size
        assert words[0] > 100, size
    assert "arrests at large around Travis County" in headline
    for path in (TRAVIS, HARRIS, "/place/aor/SNA.html", "/place/state/TX.html"):
        desk.goto(story_address + path)
        for size in ("Letter", "A4"):
            words = _words_by_page(desk.pdf(format=size))
            assert len(words) <= 2, (path, size)
            assert min(words) > 20, (path, size)


def test_a_statistician_reaches_method_coverage_and_code_in_two_clicks(
    desk: Page, story_address: str
) -> None:
    answer = story_address + "/answers/travis-tx-2017.html"
    desk.goto(answer)
    desk.get_by_text("Other areas, other readings, other methods").click()
    # The other readings; with few places to compare they are not printed, and the table of all counts is.
    opened = desk.locator("details[open]").get_by_role("heading")
    expect(opened.first).to_be_visible()
    desk.goto(answer)
    desk.locator("main").get_by_role("link", name="Methods").click()
    assert desk.get_by_role("heading", name="What is hidden, and why").is_visible()
    expect(desk.locator("main")).to_contain_text("placebo")
    desk.goto(answer)
    desk.locator("main").get_by_role("link", name="How right is this?").click()
    expect(desk.locator("main")).to_contain_text("90%")
    desk.goto(answer)
    desk.locator("main").get_by_role("link", name="Data and audit").click()
    assert desk.locator("pre", has_text="import polars as pl").is_visible()
    desk.locator("main").get_by_role("link", name=re.compile("Where the numbers come from")).click()
    expect(desk.locator("main")).to_contain_text("atlarge")


def test_a_fact_checker_follows_a_claim_to_the_rows_counted(
    desk: Page, story_address: str, story_site: Path
) -> None:
    desk.goto(story_address + "/index.html")
    desk.get_by_role("link", name="Claims", exact=True).click()
    desk.locator("[data-filter]").fill("Austin operation 51")
    claim = desk.locator("article:visible")
    assert claim.count() >= 1
    claim.first.locator("summary").click()
    figures = claim.first.locator("table")
    assert figures.is_visible()
    desk.goto(story_address + TRAVIS)  # the place it is about: a number leads to its files and its command
    desk.locator("#timeline > details summary").click()
    row = desk.locator("#timeline tbody tr", has_text="Feb 2017")
    shown = row.locator("td").nth(1).inner_text()
    assert shown == str(counted(story_site, "48453", "handoffs", "2017-02-01"))
    row.locator("a").first.click()
    reported = desk.locator("dt:target + dd")
    expect(reported).to_contain_text("atlarge panel --by county --place 48453")
    reported.get_by_role("link").first.click()
    assert re.search(r"lineage\.html#", desk.url)
    expect(desk.locator("span:target")).to_be_visible()
    desk.get_by_role("link", name="Hashes, rows read, kept and dropped").click()
    expect(desk.locator("tr", has_text="made.csv")).to_contain_text("0" * 12)  # the release's hash


def test_a_data_engineer_takes_the_counts_and_reads_them_back_equal(
    desk: Page, story_address: str, tmp_path: Path
) -> None:
    desk.goto(story_address + "/data.html")
    assert desk.get_by_role("rowheader", name="mark", exact=True).is_visible()  # the types are documented
    names = {
        "all.csv": "All published counts (CSV)",
        "all.parquet": "All published counts (Parquet)",
        "atlarge.sqlite": "All published counts as one SQLite file",
    }
    for name, text in names.items():
        with desk.expect_download() as got:
            desk.get_by_role("link", name=text).click()
        got.value.save_as(tmp_path / name)
    counts = pl.read_parquet(tmp_path / "all.parquet")
    csv = pl.read_csv(tmp_path / "all.csv", schema_overrides=counts.schema)
    assert csv.equals(counts)
    with contextlib.closing(sqlite3.connect(tmp_path / "atlarge.sqlite")) as base:
        rows = base.execute(
            "select level, place, measure, start, value from counts order by rowid"
        ).fetchall()
    mine = counts.with_columns(pl.col("start").cast(pl.String))
    assert rows == mine.select("level", "place", "measure", "start", "value").rows()
    harris = counts.filter(pl.col("place") == "48201", pl.col("period") == "month")
    desk.goto(story_address + HARRIS)
    desk.locator("#timeline svg.live").wait_for()
    with desk.expect_download() as got:
        desk.locator("#timeline [data-tool=csv]").click()
    chart = pl.read_csv(got.value.path(), schema_overrides={"place": pl.String, "value": pl.Int64})
    joined = chart.with_columns(pl.col("start").str.to_date()).join(
        harris, on=["place", "measure", "start"], how="left", suffix="_all"
    )
    assert joined.height == chart.height > 90
    assert joined["value"].to_list() == joined["value_all"].to_list()

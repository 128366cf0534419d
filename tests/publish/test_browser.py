"""The made site in Chromium: search, map, charts, downloads, language, print, errors, axe, 320 px."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from atlarge.explain.example import example_answer
from atlarge.publish import report

pytestmark = pytest.mark.browser
PLACE = "/place/county/48453.html"
PAGES = (
    "/index.html",
    PLACE,
    "/es/place/county/48453.html",
    "/surges.html",
    "/places.html",
    "/data.html",
    "/lineage.html",
    "/policies.html",
    "/es/methods.html",
)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that fails its test on any console error, policy violation or request to elsewhere."""
    context = browser.new_context(viewport={"width": 1100, "height": 900}, accept_downloads=True)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.on(
        "request", lambda r: None if r.url.startswith((address, "file:", "data:")) else faults.append(r.url)
    )
    yield page
    context.close()
    assert faults == []


def test_search_by_keyboard_finds_a_city(page: Page, address: str) -> None:
    page.goto(address + "/index.html")
    page.get_by_role("combobox", name="Find a county").focus()
    page.keyboard.type("Austin", delay=20)
    page.wait_for_selector("#found li")
    page.keyboard.press("ArrowDown")
    assert page.locator("#find").get_attribute("aria-activedescendant") == "found-0"
    page.locator("#found li", has_text="Travis County, TX").first.wait_for()
    index = page.locator("#found li").all_inner_texts()
    for _ in range(next(i for i, text in enumerate(index) if "Travis County" in text)):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**" + PLACE)
    assert page.locator("h1").inner_text() == "Travis County, TX"


@pytest.mark.parametrize(
    ("typed", "found"),
    [("Travsi", "Travis County, TX"), ("bexra", "Bexar County, TX"), ("travis texas", "Travis County, TX")],
)
def test_a_misspelt_name_finds_what_was_meant(page: Page, address: str, typed: str, found: str) -> None:
    page.goto(address + "/index.html")
    page.get_by_role("combobox", name="Find a county").focus()
    page.keyboard.type(typed, delay=10)
    page.locator("#found li", has_text=found).first.wait_for()


def test_a_name_of_nothing_says_so(page: Page, address: str) -> None:
    page.goto(address + "/index.html")
    page.get_by_role("combobox", name="Find a county").focus()
    page.keyboard.type("qqqqqqqq", delay=10)
    page.locator("#found-say", has_text="No place of that name").wait_for()


def test_a_number_leads_to_its_files_and_to_what_is_counted(page: Page, address: str) -> None:
    page.goto(address + PLACE)
    page.locator("#timeline summary").press("Enter")
    page.locator("#timeline tbody a").first.click()
    told = page.locator("dt:target + dd")
    assert "made.csv" in told.inner_text()
    assert "atlarge panel" in told.inner_text()
    told.get_by_role("link", name="made.csv").click()
    assert page.locator("span:target").inner_text() == "made"
    page.goto(address + PLACE)
    page.locator("table").get_by_role("link", name="At-large arrests").last.click()
    page.wait_for_url("**/lineage.html#m-at_large")
    assert page.locator("dt:target").inner_text() == "At-large arrests"


def test_nothing_moves_while_a_page_loads(page: Page, address: str) -> None:
    page.goto(address + PLACE)
    moved = page.evaluate(
        """() => new Promise(done => {
          let sum = 0;
          new PerformanceObserver(list => list.getEntries().forEach(e => { sum += e.value; }))
            .observe({type: 'layout-shift', buffered: true});
          setTimeout(() => done(sum), 300);
        })"""
    )
    assert moved < 0.1  # the bound below which a page counts as steady (web.dev, cumulative layout shift)


def test_without_script_a_page_has_its_charts_tables_and_ways_on(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + PLACE)
    assert page.locator("#timeline svg.wide").is_visible()
    page.locator("#timeline summary").click()
    assert page.locator("#timeline table").is_visible()
    page.get_by_role("link", name="All places by name").click()
    assert page.get_by_role("link", name="Travis County, TX").count() > 0
    context.close()


def test_map_slider_recolours_and_a_county_opens(page: Page, address: str) -> None:
    page.goto(address + "/index.html")
    before = page.locator("#c22051").get_attribute("class")
    title = page.locator("#map-title").inner_text()
    page.locator("#map-year").focus()
    page.keyboard.press("Home")
    assert page.locator("#map-title").inner_text() != title
    page.locator("#map-measure").select_option("at_large")
    assert "At-large" in page.locator("#map-title").inner_text()
    assert before
    page.locator("#c48453").dispatch_event("click")
    page.wait_for_url("**" + PLACE)


def test_a_chart_is_read_by_keyboard_and_has_its_table(page: Page, address: str) -> None:
    page.goto(address + PLACE)
    page.locator("#timeline .readout").focus()
    page.keyboard.press("ArrowRight")
    assert "At-large arrests:" in page.locator("#timeline .readout").inner_text()
    page.locator("#timeline summary").press("Enter")
    assert page.locator("#timeline table").is_visible()
    assert "In effect 1 Feb 2017" in page.locator("#timeline svg.wide").inner_html()


def test_downloads_and_language(page: Page, address: str) -> None:
    page.goto(address + PLACE)
    with page.expect_download() as got:
        page.get_by_role("link", name="These counts as CSV").click()
    assert (
        Path(got.value.path())
        .read_text()
        .startswith("level,place,place_name,measure,period,start,end,value,mark")
    )
    page.get_by_role("link", name="En español").click()
    page.wait_for_url("**/es/place/county/48453.html")
    assert page.locator("html").get_attribute("lang") == "es"
    page.get_by_role("link", name="In English").click()
    page.wait_for_url("**" + PLACE)


def test_print_view_hides_controls(page: Page, address: str) -> None:
    page.goto(address + PLACE)
    page.emulate_media(media="print")
    assert not page.locator("#find").is_visible()
    assert page.locator("#timeline svg.wide").is_visible()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, address: str, path: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(address + path)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    assert found.response["violations"] == [], found.generate_report()


@pytest.mark.parametrize("path", PAGES)
def test_no_sideways_scroll_at_320(page: Page, address: str, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_report_opens_from_a_file(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(report(example_answer(), tmp_path / "r.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag22aa"]}})
    assert found.response["violations"] == [], found.generate_report()

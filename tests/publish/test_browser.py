"""The made site in Chromium: search, map, charts, lists, files, language, print, errors, axe, widths."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from atlarge.publish import report
from command_line import run
from example_answer import example_answer

pytestmark = pytest.mark.browser
HERE = ("http://127.0.0.1:", "file:", "data:")
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
    "/compare.html?with=county-48453,county-48029",
    "/es/embed.html?with=county-48453&m=stack",
    "/claims.html",
)
ANSWER = "/answers/travis-tx-2017.html"
BRIEF = "/answers/travis-tx-2017-brief.html"
STORY_PAGES = (
    ANSWER,
    "/es" + ANSWER,
    BRIEF,
    "/how-right.html",
    "/claims.html",
    "/es/index.html",
    "/es/pooled.html",
    "/policies/map.html",
    "/place/office/AUS.html",
    "/es/place/state/TX.html",
)
"""Pages of the longer site: an answer, the checks, the ledger, the front with all its sections."""
STORY_CHARTS = (
    ANSWER,
    "/es" + ANSWER,
    ANSWER + "?with=county-48029,county-48201&m=handoffs",
    "/es/embed.html?with=answer-travis-tx-2017&m=at_large",
    "/es/how-right.html",
    "/index.html",
    "/es/index.html",
    BRIEF,
    "/es" + BRIEF,
    "/place/nation/US.html",
)
CHARTS = (
    PLACE,
    "/es/place/county/48453.html",
    "/place/aor/SNA.html",
    "/index.html",
    "/es/index.html",
    "/policies.html",
    "/compare.html?with=county-48453,county-48029,aor-SNA",
    "/embed.html?with=county-48453",
)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails its test on any console error, policy violation or request to elsewhere."""
    context = browser.new_context(viewport={"width": 1100, "height": 900}, accept_downloads=True)
    context.set_default_timeout(10_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.on("request", lambda r: None if r.url.startswith(HERE) else faults.append(r.url))
    yield page
    context.close()
    assert faults == []


def search(page: Page, text: str) -> list[str]:
    """Type into the search of the page's head and return what it finds."""
    page.locator("#find").fill("")
    page.locator("#find").focus()
    page.keyboard.type(text, delay=5)
    page.locator("#find-list li").first.wait_for()
    return page.locator("#find-list li").all_inner_texts()


def test_search_by_keyboard_finds_a_city_and_opens_nothing_unseen(page: Page, address: str) -> None:
    page.goto(address + "/index.html")
    assert "Travis County, Texas" in search(page, "Austin")[0]
    page.keyboard.press("Enter")
    assert page.url.endswith("/index.html")  # the first is marked, not opened
    assert page.locator("#find").get_attribute("aria-activedescendant") == "find-0"
    page.keyboard.press("Enter")
    page.wait_for_url("**" + PLACE)
    assert page.locator("h1").inner_text() == "Travis County, Texas"


def test_search_knows_codes_cities_aliases_and_typos(page: Page, address: str) -> None:
    page.goto(address + "/index.html")
    for typed, found in (
        ("Travsi", "Travis County, Texas"),
        ("bexra", "Bexar County, Texas"),
        ("travis texas", "Travis County, Texas"),
        ("travis county jail", "Travis County, Texas"),
        ("tra vis", "Travis County, Texas"),
        ("san antonio", "Bexar County, Texas"),
        ("san antonio aor", "San Antonio area of responsibility"),
        ("travis, tx", "Travis County, Texas"),
        ("48453", "FIPS 48453"),
        ("78701", "Travis County, Texas"),
        ("new orleans", "Orleans Parish, Louisiana"),
        ("nola", "Orleans Parish, Louisiana"),
        ("LA", "Louisiana"),
    ):
        page.locator("#find").fill("")
        page.locator("#find-list li").first.wait_for(state="hidden")
        assert any(found in text for text in search(page, typed)), typed


def test_a_name_of_nothing_says_so(page: Page, address: str) -> None:
    page.goto(address + "/index.html")
    page.locator("#find").focus()
    page.keyboard.type("qqqqqqqq", delay=10)
    page.locator("#find-say", has_text="No place is found").wait_for()


def test_a_number_leads_to_its_files_and_to_what_is_counted(page: Page, address: str) -> None:
    page.goto(address + PLACE)
    page.locator("#timeline summary").press("Enter")
    page.locator("#timeline tbody a").first.click()
    reported = page.locator("dt:target + dd")
    assert "made.csv" in reported.inner_text()
    assert "atlarge panel" in reported.inner_text()
    reported.get_by_role("link", name="made.csv").click()
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
    assert not page.locator("#timeline .tools").is_visible()
    page.locator("#timeline summary").click()
    assert page.locator("#timeline table").is_visible()
    page.get_by_role("link", name="All places by name").click()
    page.get_by_text("Texas: 5 counties").click()
    assert page.get_by_role("link", name="Travis County, TX").is_visible()
    context.close()


def test_the_map_is_coloured_played_zoomed_and_read(page: Page, address: str) -> None:
    page.goto(address + "/index.html")
    expect(page.locator("#map-when")).to_have_attribute("max", "1")
    page.locator("#map").scroll_into_view_if_needed()
    page.locator("svg.map-svg").wait_for()  # it comes when it is near
    page.locator("#map-level").select_option("county")
    title = page.locator("#map-title").inner_text()
    page.locator("#map-when").focus()
    page.keyboard.press("Home")
    assert page.locator("#map-title").inner_text() != title
    page.locator("#map-measure").select_option("at_large")
    assert "At-large" in page.locator("#map-title").inner_text()
    page.locator("#map-level").select_option("aor")
    assert "Sep 2017" in page.locator("#map-when-say").inner_text()
    page.locator("#map-play").click()
    expect(page.locator("#map-when-say")).to_contain_text("2016")
    page.locator("#map-play").click()
    page.locator("#map-level").select_option("county")
    page.locator("#map-in").click()
    assert "scale(1.8)" in (page.locator(".m-zoom").get_attribute("transform") or "")
    page.locator("#map-whole").click()
    page.locator("#c48453").dispatch_event("click")
    sheet = page.locator("#map-sheet")
    assert sheet.locator("h4").inner_text() == "Travis County, TX"
    assert page.url.endswith("/index.html")  # the sheet opens, the page stays
    svg = page.locator("svg.map-svg")
    svg.focus()
    page.keyboard.press("ArrowRight")
    assert sheet.locator("h4").inner_text() != "Travis County, TX"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    assert not sheet.is_visible()
    page.locator("#c48453").dispatch_event("click")
    sheet.get_by_role("link").click()
    page.wait_for_url("**" + PLACE)


def test_the_map_by_month_draws_only_what_the_tables_publish(page: Page, address: str, site: Path) -> None:
    """Each sheet against the downloads: the month where published, else its quarter or year."""
    page.goto(address + "/index.html")
    page.locator("#map").scroll_into_view_if_needed()
    page.locator("svg.map-svg").wait_for()
    expect(page.locator("#map-level")).to_have_value("county_month")
    expect(page.locator("#map-when")).to_have_attribute("max", "23")
    table = pl.read_parquet(site / "data" / "all.parquet").filter(
        pl.col("level") == "county", pl.col("measure") == "arrests", pl.col("start") <= dt.date(2017, 2, 1)
    )
    page.locator("#map-when").evaluate("(e) => { e.value = 16; e.dispatchEvent(new Event('input')); }")
    assert "Feb 2017" in page.locator("#map-title").inner_text()
    seen = set()
    for code in table["place"].unique().sort():
        own = table.filter(pl.col("place") == code, pl.col("end") >= dt.date(2017, 2, 28))
        finest = next(e for e in ("month", "quarter", "year") if e in own["period"].to_list())
        value, mark = own.filter(pl.col("period") == finest).select("value", "mark").row(0)
        page.locator(f"#c{code}").dispatch_event("click")
        text = page.locator("#map-sheet dd").first.inner_text()
        said = f"{value:,} arrests" if mark == "shown" else {"small": "under 5", "withheld": "withheld"}[mark]
        assert text.startswith(said), (code, text)
        assert ("Jan–Mar 2017" in text) == (finest == "quarter"), text
        assert ("FY2017" in text) == (finest == "year"), text
        classes = (page.locator(f"#c{code}").get_attribute("class") or "").split()
        assert ("own" in classes) == (finest == "month") or "qr" in classes  # of too few people for a rate
        seen.add(finest)
    assert seen == {"month", "quarter", "year"}


def test_the_maps_table_sorts(page: Page, address: str) -> None:
    page.goto(address + "/index.html")
    page.locator("#map summary").click()
    page.locator("svg.map-svg").wait_for()
    page.locator("#map-level").select_option("county")
    page.locator("#map th button", has_text="All arrests").click()
    cells = page.locator("#map tbody tr td:nth-child(2)").all_inner_texts()
    numbers = [int(c.replace(",", "")) for c in cells if c[0].isdigit()]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) > 3


def month_of(site: Path, measure: str, month: str) -> str:
    """A month's count as the downloads give it."""
    frame = pl.read_parquet(site / "data" / "county-48453.parquet")
    keep = (pl.col("measure") == measure) & (pl.col("period") == "month")
    row = frame.filter(keep & (pl.col("start") == pl.lit(month).str.to_date()))
    value = row["value"].item()
    return row["mark"].item() if value is None else str(value)


def test_a_chart_gives_its_values_to_keyboard_pointer_and_tap(
    page: Page, browser: Browser, address: str, site: Path
) -> None:
    page.goto(address + PLACE)
    plot, readout = page.locator("#timeline .plot"), page.locator("#timeline .readout")
    page.locator("#timeline svg.live").wait_for()
    plot.focus()
    page.keyboard.press("Home")
    assert "Oct 2015" in readout.inner_text()
    assert f"Jail handoffs: {month_of(site, 'handoffs', '2015-10-01')}" in readout.inner_text()
    page.keyboard.press("End")
    assert "Sep 2017" in readout.inner_text()
    page.locator("#timeline .c-hit-all").hover()
    assert "2016" in readout.inner_text()
    phone = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    small = phone.new_page()
    small.goto(address + PLACE)
    small.locator("#timeline svg.live").wait_for()
    small.locator("#timeline .c-hit-all").tap()
    assert "At large:" in small.locator("#timeline .readout").inner_text()
    small.locator("#years .c-hit:visible").first.tap()
    assert "All arrests:" in small.locator("#years .readout").inner_text()
    phone.close()


def test_a_period_covered_in_part_is_shaded_and_says_so(
    page: Page, story_address: str, story_site: Path
) -> None:
    """The last fiscal year of the longer site ends a month early."""
    page.goto(story_address + "/compare.html?with=aor-SNA,county-13145&m=arrests")
    page.locator("svg.live").wait_for()
    assert page.locator("svg.live .c-in-part").count() == 1
    page.locator(".plot").focus()
    page.keyboard.press("End")
    said = page.locator(".readout").inner_text()
    assert said.startswith("FY2019")
    assert said.endswith("covered in part")
    page.keyboard.press("ArrowLeft")
    assert "in part" not in page.locator(".readout").inner_text()


def test_a_charts_state_is_in_the_address_and_comes_back(page: Page, address: str) -> None:
    page.goto(address + PLACE)
    page.locator("#timeline svg.live").wait_for()
    page.locator("#timeline [data-tool=measure]").select_option("handoffs")
    page.locator("#timeline [data-tool=from]").select_option("2016-01")
    page.locator("#timeline-with").focus()
    page.keyboard.type("bexar", delay=5)
    page.locator("#timeline-with-list li").first.click()
    page.locator("#timeline .chips a", has_text="Bexar").wait_for()
    assert "m=handoffs" in page.url
    assert "from=2016-01" in page.url
    assert "with=county-48029" in page.url
    page.goto(page.url)
    page.locator("#timeline .chips a", has_text="Bexar").wait_for()
    assert page.locator("#timeline [data-tool=measure]").input_value() == "handoffs"
    page.locator("#timeline .plot").focus()
    page.keyboard.press("Home")
    assert "Jan 2016" in page.locator("#timeline .readout").inner_text()
    page.locator("#timeline .chips button").click()
    expect(page).to_have_url(re.compile(r"^[^=]*m=handoffs[^=]*from=[^=]*$"))


@pytest.mark.parametrize("kind", ["png", "svg", "csv"])
def test_a_chart_is_taken_along(page: Page, address: str, site: Path, kind: str) -> None:
    page.goto(address + PLACE)
    page.locator("#timeline svg.live").wait_for()
    with page.expect_download() as got:
        page.locator(f"#timeline [data-tool={kind}]").click()
    raw = Path(got.value.path()).read_bytes()
    assert got.value.suggested_filename.endswith(f".{kind}")
    if kind == "png":
        assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    elif kind == "svg":
        text = raw.decode()
        assert "U.S. Immigration and Customs Enforcement" in text
        assert "var(--" not in text
    else:
        frame = pl.read_csv(raw, schema_overrides={"place": pl.String, "value": pl.Int64})
        one = frame.filter((pl.col("measure") == "at_large") & (pl.col("start") == "2017-02-01"))[
            "value"
        ].item()
        assert ("withheld" if one is None else str(one)) == month_of(site, "at_large", "2017-02-01")


def test_a_chart_is_embedded_by_its_code(page: Page, address: str) -> None:
    page.goto(address + PLACE)
    page.locator("#timeline svg.live").wait_for()
    page.locator("#timeline [data-tool=measure]").select_option("stack")
    page.locator("#timeline [data-tool=embed]").click()
    code = page.locator("#timeline .embed-code textarea").input_value()
    source = code.split('src="')[1].split('"')[0].replace("&amp;", "&")
    page.goto(source)
    page.locator("svg.live").wait_for()
    assert "Travis County" in page.locator("figcaption h3").inner_text()
    assert not page.locator("header").count()


def test_a_list_filters(page: Page, address: str) -> None:
    page.goto(address + "/places.html")
    page.locator("[data-filter]").fill("bexar")
    assert page.locator("li:visible", has_text="Bexar County").count() == 1
    assert page.locator("[data-tally]").inner_text() == "1 places"


OVERLAPS = """() => {
  const faults = [];
  for (const svg of document.querySelectorAll('svg.chart')) {
    const frame = svg.getBoundingClientRect();
    if (!frame.width) continue;
    const texts = [...svg.querySelectorAll('text')].filter(t => t.textContent.trim());
    const boxes = texts.map(t => [t.textContent, t.getBoundingClientRect()]);
    boxes.forEach(([a, x], i) => {
      const wide = document.documentElement.clientWidth;
      if (x.left < Math.min(0, frame.left) - 1 || x.right > wide + 1) faults.push('clipped: ' + a);
      if (x.left < frame.left - 2 || x.right > frame.right + 2) faults.push('outside its chart: ' + a);
      boxes.slice(i + 1).forEach(([b, y]) => {
        const wide = Math.min(x.right, y.right) - Math.max(x.left, y.left);
        const tall = Math.min(x.bottom, y.bottom) - Math.max(x.top, y.top);
        if (wide > 1.5 && tall > 3) faults.push('over each other: ' + a + ' | ' + b);
      });
    });
  }
  return faults;
}"""


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_no_label_is_clipped_or_over_another(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in CHARTS:
        page.goto(address + path)
        if page.locator("[data-live]").count():
            page.locator("svg.live").first.wait_for()
        assert page.evaluate(OVERLAPS) == [], path


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_no_label_of_an_answer_is_clipped_or_over_another(page: Page, story_address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in STORY_CHARTS:
        page.goto(story_address + path)
        if page.locator("[data-live]").count():
            page.locator("svg.live").first.wait_for()
        assert page.evaluate(OVERLAPS) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_no_label_is_clipped_on_the_page_of_any_place(page: Page, address: str, site: Path) -> None:
    """Every place of the site, in the language and at the width that its turn gives it."""
    found = sorted(site.glob("place/*/*.html"))
    assert len(found) > 15
    for i, path in enumerate(found):
        width = (320, 390, 768, 1440)[i % 4]
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{address}{'/es' if i % 8 > 3 else ''}/{path.relative_to(site).as_posix()}")
        if page.locator("[data-live]").count():
            page.locator("svg.live").first.wait_for()
        assert page.evaluate(OVERLAPS) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_an_answers_chart_has_its_measures_dates_and_other_places(
    page: Page, story_address: str, story_site: Path
) -> None:
    page.goto(story_address + ANSWER)
    chart = page.locator("figure[data-live]")
    chart.locator("svg.live").wait_for()
    chart.locator(".plot").focus()
    page.keyboard.press("End")
    said = chart.locator(".readout").inner_text()
    assert re.search(r"Observed: [\d,<]+", said)
    # With so few places to compare, no estimate is printed from which their counts could be worked back.
    drawn = chart.locator("svg.live .c-band").count() > 0
    assert bool(re.search(r"Expected: [\d.,]+ \([\d.,]+ to [\d.,]+\)", said)) == drawn
    chart.locator("[data-tool=measure]").select_option("handoffs")
    page.goto(page.url)  # the address keeps it
    expect(chart.locator("[data-tool=measure]")).to_have_value("handoffs")
    chart.locator("[role=combobox]").focus()
    page.keyboard.type("harris", delay=5)
    chart.locator("[role=option]").first.click()
    chart.locator(".chips a", has_text="Harris County").wait_for()
    chart.locator(".plot").focus()
    page.keyboard.press("Home")
    first = chart.locator(".readout b").inner_text()
    harris = re.search(r"Harris County, TX: (\d+)", chart.locator(".readout").inner_text())
    assert harris
    frame = pl.read_parquet(story_site / "data" / "county-48201.parquet").filter(
        pl.col("measure") == "handoffs", pl.col("period") == "month"
    )
    shown = frame.filter(pl.col("start").dt.strftime("%b %Y") == first)["value"].item()
    assert int(harris.group(1)) == shown
    with page.expect_download() as got:
        chart.locator("[data-tool=csv]").click()
    assert set(pl.read_csv(got.value.path())["measure"]) == {"handoffs"}


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
    assert page.locator("#timeline svg").first.is_visible()


def _axe(page: Page, address: str) -> None:
    """Axe finds nothing on a page in the light, nor in the dark, where only colours are others."""
    tags = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    colours = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(address)
    for scheme, rules in (("light", tags), ("dark", colours)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found = Axe().run(page, options={"runOnly": rules})
        assert found.response["violations"] == [], (scheme, found.generate_report())


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(page: Page, address: str, path: str) -> None:
    _axe(page, address + path)


@pytest.mark.parametrize("path", STORY_PAGES)
def test_axe_finds_nothing_on_answers_and_checks(page: Page, story_address: str, path: str) -> None:
    _axe(page, story_address + path)


@pytest.mark.parametrize("path", PAGES)
def test_no_sideways_scroll_at_320(page: Page, address: str, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_text_of_twice_the_size_makes_no_page_wider_than_a_phone(
    page: Page, story_address: str, tmp_path: Path
) -> None:
    """Long names of places, of measures and of columns, in both languages, on pages, briefs and ledgers."""
    page.set_viewport_size({"width": 390, "height": 800})
    ledger = tmp_path / "ledger.html"
    (tmp_path / "ledger.yaml").write_text(run(["claims", "example"]).stdout, encoding="utf-8")
    run(["check", str(tmp_path / "ledger.yaml"), "--out", str(ledger)])
    for address in (*(story_address + path for path in STORY_PAGES), ledger.as_uri()):
        page.goto(address)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address


@pytest.mark.parametrize("width", [320, 390])
def test_what_is_known_of_a_policy_fits_a_phone(page: Page, address: str, site: Path, width: int) -> None:
    """Long addresses and notes break instead of reaching beyond the screen."""
    page.set_viewport_size({"width": width, "height": 800})
    for file in sorted((site / "policy").glob("*.html"))[::40]:
        page.goto(f"{address}/policy/{file.name}")
        over = "es => es.filter(e => e.scrollWidth > e.clientWidth).length"
        assert page.eval_on_selector_all(".scroll", over) == 0, file.name


def test_the_report_opens_from_a_file(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(report(example_answer(), tmp_path / "r.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag22aa"]}})
    assert found.response["violations"] == [], found.generate_report()

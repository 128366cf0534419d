"""The made site: nothing small in it, nothing that follows, the same bytes twice, safe names and paths."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from simulated_counts import HOSTILE, few_store, simulated_store

from atlarge.disclosure.table import Counts, Disclosed
from atlarge.errors import QuestionError
from atlarge.publish import report
from atlarge.publish.i18n import catalogue
from atlarge.publish.place_facts import recovered
from atlarge.publish.release_table import gather
from atlarge.publish.reports import report_html
from atlarge.publish.site import publish
from atlarge.records.store import open_store
from example_answer import example_answer

pytestmark = pytest.mark.slow_file


def test_only_disclose_makes_what_can_be_drawn() -> None:
    with pytest.raises(TypeError, match="disclose"):
        Disclosed(pl.DataFrame({"value": [3], "mark": ["shown"]}), 5, object())
    with pytest.raises(TypeError, match="disclose"):
        Counts("x", (), (), (), 5)


def test_no_small_count_is_published(site: Path, tmp_path: Path) -> None:
    """Everything the site publishes, against the truth, which is known from the made records."""
    store = simulated_store(tmp_path / "store")
    table = pl.read_parquet(site / "data" / "all.parquet")
    assert not table.filter((pl.col("value") > 0) & (pl.col("value") < 5)).height
    truth = gather(store)[0].filter("published").rename({"every": "period", "value": "truth"})
    keys = ["level", "place", "measure", "period", "start", "end"]
    joined = table.join(truth.select(*keys, "truth"), on=keys)
    shown = joined.filter(pl.col("mark") == "shown")
    assert shown.height > 100
    assert (shown["value"] == shown["truth"]).all()
    hidden = joined.filter(pl.col("mark") == "small")
    assert hidden.height > 20
    assert hidden["truth"].is_between(1, 4).all()


def test_the_same_store_gives_the_same_bytes_and_nothing_is_rewritten(site: Path, tmp_path: Path) -> None:
    store = simulated_store(tmp_path / "store")
    publish(tmp_path / "site", store, workers=1, answers=[], claims=False, every_county=False)

    def digest(folder: Path) -> dict[str, str]:
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    assert digest(site) == digest(tmp_path / "site")
    (tmp_path / "site" / "CNAME").write_text("example.org")
    before = (tmp_path / "site" / "index.html").stat()
    again = publish(tmp_path / "site", store, workers=1, answers=[], claims=False, every_county=False)
    after = (tmp_path / "site" / "index.html").stat()
    assert again.written == 0
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert (tmp_path / "site" / "CNAME").read_text() == "example.org"


def test_what_was_changed_is_mended_and_other_settings_make_another_site(tmp_path: Path) -> None:
    store, out = simulated_store(tmp_path / "store"), tmp_path / "site"
    some: dict[str, Any] = {"workers": 1, "answers": [], "claims": False, "levels": ("nation", "state")}
    first = publish(out, store, **some)
    page = out / "place" / "state" / "TX.html"
    reported = page.read_bytes()
    page.write_bytes(b"changed by hand")
    again = publish(out, store, **some)
    assert (again.written, again.hidden) == (1, first.hidden)
    assert page.read_bytes() == reported
    third = publish(out, store, **some)
    assert (third.written, third.files, third.bytes) == (0, first.files, first.bytes)
    other = publish(out, store, **{**some, "levels": ("nation", "state", "aor")})
    assert 0 < other.written < other.files
    more = publish(out, store, threshold=11, **some)  # the threshold of the first edition stays
    assert more.hidden == first.hidden
    assert "&lt;5" in (out / "methods.html").read_text()
    publish(tmp_path / "another", store, threshold=11, **some)
    assert "&lt;11" in (tmp_path / "another" / "methods.html").read_text()


def test_one_level_alone_has_pages_of_its_own(tmp_path: Path) -> None:
    store = simulated_store(tmp_path / "store")
    publish(tmp_path / "site", store, workers=1, levels=("aor",), claims=False)
    assert list((tmp_path / "site" / "place" / "aor").glob("*.html"))
    assert not (tmp_path / "site" / "place" / "county").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(QuestionError, match="not a site"):
        publish(tmp_path, None)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_the_folder_that_one_stands_in_takes_a_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here" / "in").mkdir(parents=True)
    store = few_store(tmp_path / "store")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    given = {"workers": 1, "levels": ("nation",), "answers": [], "claims": False, "every_county": False}
    publish(Path(), store, **given)
    assert (tmp_path / "empty" / "index.html").is_file()
    (tmp_path / "here" / "link").symlink_to(tmp_path / "empty")
    publish(tmp_path / "here" / "link", store, **given | {"levels": ("nation", "state")})
    assert (tmp_path / "here" / "link").is_symlink()
    assert (tmp_path / "empty" / "place" / "state").is_dir()
    (tmp_path / "here" / "loop").symlink_to(tmp_path / "here" / "loop")
    with pytest.raises(QuestionError, match="leads to itself"):
        publish(tmp_path / "here" / "loop", store, **given)
    monkeypatch.chdir(tmp_path / "here" / "in")
    with pytest.raises(QuestionError, match="not empty"):
        publish("..", store, **given)
    with pytest.raises(QuestionError, match="name a folder in it"):
        publish("/", store, **given)
    assert {p.name for p in tmp_path.iterdir()} == {"here", "store", "empty"}


def test_text_of_the_data_is_shown_not_run(site: Path) -> None:
    pages = [p.read_text() for p in sorted(site.rglob("*.html"))]
    assert not any(HOSTILE in page for page in pages)
    assert any("&lt;script&gt;alert(" in page for page in pages)
    assert all(re.fullmatch(r"[\w./-]+", str(p.relative_to(site))) for p in site.rglob("*"))


def test_budgets(site: Path) -> None:
    """A place page with all it loads stays under 300 kB; the search index is loaded only when used."""
    shared = sum(
        (site / "static" / name).stat().st_size
        for name in ("site.css", "site.js", "chart.js", "words-en.js", "icon.svg")
    )
    pages = list(site.rglob("place/**/*.html"))
    assert len(pages) > 10
    for page in pages:
        assert page.stat().st_size + shared < 300_000


def test_both_languages_have_every_word() -> None:
    for key, texts in catalogue().items():
        assert set(texts) == {"en", "es"}, key
        assert set(re.findall(r"\{\w+\}", texts["es"])) <= set(re.findall(r"\{\w+\}", texts["en"])), key


def test_the_server_gives_only_what_the_site_lists(address: str, site: Path) -> None:
    (site.parent / "secret.txt").write_text("secret")
    host = address.removeprefix("http://")
    for path, status in (
        ("/", 200),
        ("/../secret.txt", 404),
        ("/%2e%2e/secret.txt", 404),
        ("/site.json", 404),
    ):
        connection = http.client.HTTPConnection(host)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status, path
        connection.close()


def test_the_report_stands_alone_and_is_the_same_twice(tmp_path: Path) -> None:
    text = report(example_answer(), tmp_path / "r.html").read_text()
    assert text == report_html(example_answer())
    assert "<script" not in text
    assert not re.search(r"(?:src|href)=\"(?!https?://|#)", text)
    assert "default-src &#39;none&#39;" in text
    assert "Example County, EX" in report_html(example_answer(), language="es")


def test_the_vendored_library_is_the_one_that_is_named() -> None:
    vendor = files("atlarge.publish").joinpath("static/vendor")
    reported = json.loads(vendor.joinpath("d3.json").read_text())
    assert hashlib.sha256(vendor.joinpath("d3.min.js").read_bytes()).hexdigest() == reported["sha256"]
    assert {p["licence"] for p in reported["packages"]} == {"ISC", "BSD-3-Clause"}
    assert "Bostock" in vendor.joinpath("LICENSE-d3").read_text()


def test_a_county_that_no_record_names_has_a_page_that_says_so(tmp_path: Path) -> None:
    store = simulated_store(tmp_path / "store")
    publish(tmp_path / "site", store, workers=1, answers=[], claims=False, levels=("nation", "aor", "county"))
    page = (tmp_path / "site" / "place" / "county" / "48137.html").read_text()
    assert "Edwards County" in page
    assert "No arrest record names Edwards County" in page
    assert "place/aor/" in page
    assert len(list((tmp_path / "site" / "place" / "county").glob("*.html"))) > 3100


def test_a_county_page_adds_up_and_gives_no_rate_where_few_records_name_one(site: Path) -> None:
    """The kinds of a year are its whole; Travis, beside its larger office area, has no rate."""
    years = pl.read_parquet(site / "data" / "all.parquet").filter(
        (pl.col("level") == "county") & (pl.col("period") == "year")
    )
    wide = years.pivot("measure", index=["place", "start"], values="value").drop_nulls()
    place, start, whole, large, jails = wide.select("place", "start", "arrests", "at_large", "handoffs").row(
        0
    )
    page = (site / "place" / "county" / f"{place}.html").read_text()
    rates = page[page.index('id="rates-h"') :]
    row = re.search(rf"FY{start.year + 1}</a></th>(.*?)</tr>", rates, re.S)
    assert row
    shown = re.findall(r"<td[^>]*>([\d,]+)</td>", row.group(1))
    assert [int(n.replace(",", "")) for n in shown[:4]] == [whole, large, jails, whole - large - jails]
    travis = (site / "place" / "county" / "48453.html").read_text()
    assert "No rate is given here" in travis
    assert "Arrests per 100,000" not in travis[travis.index('id="rates-h"') : travis.index('id="policies-h"')]


def test_a_county_stands_beside_its_office_and_its_area(site: Path) -> None:
    """The totals side by side against the downloads; about how many are recovered, never how many exactly."""
    page = (site / "place" / "county" / "48453.html").read_text()
    section = page.split('id="sides-h"')[1].split("</section>")[0]
    table = pl.read_parquet(site / "data" / "all.parquet").filter(
        pl.col("measure") == "arrests", pl.col("period") == "year"
    )
    for level, code in (("county", "48453"), ("office", "AUS"), ("aor", "SNA")):
        own = table.filter(pl.col("level") == level, pl.col("place") == code)
        total = f"{own['value'].sum():,}"
        assert (total if own["value"].null_count() == 0 else f"at least {total}") in section
    assert "compare.html?with=county-48453,office-AUS,aor-SNA" in section
    other = (site / "place" / "office" / "AUS.html").read_text()
    assert "compare.html?with=office-AUS,aor-SNA" in other


def test_recovered_areas_are_rounded() -> None:
    """From the embedded records: the numbers recovered are multiples of ten, and small ones are not given."""
    store = open_store(None)
    rows = (
        store.scan("arrests").filter(pl.col("aor_basis") == "landmark").group_by("aor").agg(pl.col("n").sum())
    )
    exact = dict(rows.collect().iter_rows())
    counts = {}
    for area in exact:
        counts["aor", area, "arrests", "year"] = SimpleNamespace(values=(5_000,))
    found = recovered(store, counts)  # type: ignore[arg-type]
    assert set(found) >= set(exact)
    assert all(n % 10 == 0 and abs(n - exact.get(area, 0)) <= 5 for area, n in found.items())
    assert {n for area, n in found.items() if exact.get(area, 0) < 5} <= {0}

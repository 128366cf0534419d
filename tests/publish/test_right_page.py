"""The page of checks: every testable figure with its verdict, and none of our own counts beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from atlarge.reference import table

pytestmark = pytest.mark.slow_file

PAGES = ("how-right.html", "es/how-right.html")


@pytest.mark.parametrize("page", PAGES)
def test_every_testable_figure_stands_on_the_page(site: Path, page: str) -> None:
    text = (site / page).read_text(encoding="utf-8")
    tested = table("figures_checked").filter(pl.col("verdict") != "not_testable").height
    body = text.split("<tbody>")[-1]
    assert len(re.findall(r"<tr", body)) == tested
    assert "{" not in re.sub(r"<script.*?</script>|<style.*?</style>", "", text, flags=re.S)


@pytest.mark.parametrize("page", PAGES)
def test_verdicts_do_not_tell_equal_from_near(site: Path, page: str) -> None:
    """Were they told apart, the difference from a published total would give a small count away."""
    text = (site / page).read_text(encoding="utf-8").split("<tbody>")[-1]
    plain = re.sub(r"<[^>]+>", "|", text)
    verdicts = {cell.strip() for cell in plain.split("|")} & {
        "agrees", "equal", "within tolerance", "differs, explained", "cannot be told from these records",
        "coincide", "igual", "difiere, explicado", "no se puede aclarar con estos registros",
    }  # fmt: skip
    assert len(verdicts) == 3
    assert not verdicts & {"equal", "within tolerance", "igual"}


def test_the_methods_lead_to_it(site: Path) -> None:
    assert 'href="how-right.html"' in (site / "methods.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_checks_lead_to_their_numbers(site: Path, page: str) -> None:
    """Every link of the table of checks ends at a page or section; studies add up to their sum."""
    text = (site / page).read_text(encoding="utf-8")
    checks = text.split("<tbody>")[1].split("</tbody>")[0]
    links = re.findall(r'href="([^"]+)"', checks)
    assert len(links) >= 5
    for link in links:
        name, _, anchor = link.partition("#")
        target = text if not name else ((site / page).parent / name).read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in target
    agree, of = table("replications_checked").select(pl.col("agree").sum(), pl.col("of").sum()).row(0)
    shown = {(c, k): v for c, k, v in table("checks").iter_rows()}
    assert (shown["replications", "agree"], shown["replications", "of"]) == (agree, of)


ROOT = Path(__file__).resolve().parents[2]


def _plain(html: str) -> str:
    """Text of a page with plain spaces and signs."""
    text = re.sub(r"<[^>]+>", " ", html)
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("\u202f", " ").replace("&nbsp;", " "))


def _stated() -> dict[str, list[str]]:
    """The numbers of each check, from the results that benchmarks saved."""
    read = {
        name: json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("verify", "replications", "forecast")
    }
    whole = read["verify"]["whole"]
    results = [one["agrees"] for s in read["replications"]["studies"] for one in s["results"]]
    cases = read["forecast"]["cases"]
    inside = [case["every_origin"]["coverage_90"] for case in cases]
    agree = whole["equal"] + whole["within_tolerance"]
    return {
        "published": [f"{agree} of {whole['figures'] - whole['not_testable']}", f"{whole['not_understood']}"],
        "replications": [f"{results.count(True)} of {sum(one is not None for one in results)}"],
        "forecasts": [f"{100 * sum(inside) / len(inside):.1f}", f"{100 * min(inside):.1f}"],
    }


def test_page_and_docs_state_the_numbers_of_the_results(site: Path) -> None:
    """One number, one place: the site, docs/how-right.md and the saved results say the same."""
    page = _plain(
        (site / "how-right.html").read_text(encoding="utf-8").split("<tbody>")[1].split("</tbody>")[0]
    )
    docs = (ROOT / "docs" / "how-right.md").read_text(encoding="utf-8")
    for check, numbers in _stated().items():
        for number in numbers:
            assert re.search(rf"(?<![\d.,]){re.escape(number)}(?![\d,])", page), (check, number)
            assert re.search(rf"(?<![\d.,]){re.escape(number)}(?![\d,])", docs), (check, number)


def test_what_cannot_be_told_stands_with_what_was_tried(site: Path) -> None:
    found = table("figures_checked").filter(pl.col("verdict") == "differs", ~pl.col("understood"))
    assert found["definitions"].min() >= 1
    assert found["would_decide"].null_count() == 0
    page = (site / "how-right.html").read_text(encoding="utf-8")
    sections = page.split("What cannot be told")
    assert len(re.findall(r"<tr", sections[-1].split("<tbody>")[1].split("</tbody>")[0])) == found.height

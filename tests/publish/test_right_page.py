"""The page of checks: every testable figure with its verdict, and none of our own counts beside it."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from atlarge.reference import table

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

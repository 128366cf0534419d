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
        "agrees", "equal", "within tolerance", "differs, explained", "differs, not understood",
        "coincide", "igual", "difiere, explicado", "difiere, sin explicación",
    }  # fmt: skip
    assert len(verdicts) == 3
    assert not verdicts & {"equal", "within tolerance", "igual"}


def test_the_methods_lead_to_it(site: Path) -> None:
    assert 'href="how-right.html"' in (site / "methods.html").read_text(encoding="utf-8")

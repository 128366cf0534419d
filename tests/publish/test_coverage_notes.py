"""Fiscal years of which a part is covered: which they are, and the sentence that says so."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from atlarge.calendar import month_end
from atlarge.publish import site_pages
from atlarge.publish.i18n import Words
from atlarge.publish.pages import partial_note
from atlarge.publish.site_data import SiteData


def _months(start: dt.date, shares: list[float]) -> list[tuple[dt.date, float]]:
    found = []
    for share in shares:
        found.append((start, share))
        start = month_end(start) + dt.timedelta(days=1)
    return found


@pytest.mark.parametrize(
    ("shares", "partial"),
    [
        ([1.0] * 24, []),
        ([1.0] * 11 + [0.9] + [1.0] * 12, [2016]),
        ([1.0] * 12 + [1.0] + [0.0] * 11, [2017]),
        ([0.0] * 12 + [1.0] * 12, []),
        ([0.5] * 12 + [1.0] * 12, []),  # no month of it whole: it has no count at all
        ([1.0] * 3 + [0.2] * 9 + [0.0] * 9 + [1.0] * 3, [2016, 2017]),
    ],
)
def test_years_covered_in_part_have_some_whole_months_and_not_all(
    shares: list[float], partial: list[int]
) -> None:
    data: Any = SimpleNamespace(coverage={"arrests": _months(dt.date(2015, 10, 1), shares)})
    found = SiteData.partial_years(data)
    assert found == [dt.date(year - 1, 10, 1) for year in partial]
    assert SiteData.partial_years(data, "detainers") == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_note_names_the_years_covered_in_part_and_is_empty_where_none_is(language: str) -> None:
    w = Words(language)
    whole: Any = SimpleNamespace(partial_years=lambda *_: [], parts_end=None)
    part: Any = SimpleNamespace(
        partial_years=lambda *_: [dt.date(2016, 10, 1)], last_day=dt.date(2017, 5, 31), parts_end=None,
        coverage={"arrests": _months(dt.date(2016, 10, 1), [1.0] * 8)},
    )  # fmt: skip
    assert partial_note(whole, w) == ""
    assert "2017" in partial_note(part, w)


def test_the_national_sentence_ends_with_the_note_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    w, data, nation = Words("en"), SimpleNamespace(series=lambda *_: SimpleNamespace(periods=[])), None
    for note, ending in (("FY2017: in part.", " FY2017: in part."), ("", "")):
        monkeypatch.setattr(site_pages, "partial_note", lambda *_, note=note: note)
        said = site_pages._national(data, nation, w)  # type: ignore[arg-type]
        assert said == w("front.nation_says", list="") + ending

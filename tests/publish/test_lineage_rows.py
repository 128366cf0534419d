"""Rows that a page gives of a release: rounded so far that no suppressed month follows from them."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from atlarge.calendar import month_end
from atlarge.publish.lineage_data import _published

FIRST = dt.date(2016, 1, 1)
MONTHS = [dt.date(2016 + k // 12, k % 12 + 1, 1) for k in range(24)]


def _shown(**changed: Any) -> Any:
    """Months of two years, the nation's value 1, 2, 4, 8 ...; changed columns of one month on demand."""
    rows = [
        {"level": level, "place": place, "measure": measure, "every": "month", "start": month,
         "end": month_end(month), "value": 2**k if level == "nation" else 3**15, "mark": "shown"}
        for level, place in (("nation", "US"), ("state", "TX"))
        for measure in ("arrests", "at_large")
        for k, month in enumerate(MONTHS)
    ]  # fmt: skip
    rows[5] |= changed
    return SimpleNamespace(frame=pl.DataFrame(rows, infer_schema_length=None))


def _covers(start: str, end: str, scope: str = "nation") -> list[dict[str, Any]]:
    return [{"table": "arrests", "scope": scope, "start": start, "end": end}]


@pytest.mark.parametrize(
    ("start", "end", "first", "stop"),
    [
        ("2016-01-01", "2017-12-31", 0, 24),
        ("2016-02-01", "2017-11-30", 1, 23),
        ("2016-01-02", "2017-12-30", 1, 23),  # its first and last month are cut short
        ("2016-03-01", "2016-03-31", 2, 3),
    ],
)
def test_the_months_of_a_release_are_those_whole_within_its_days(
    start: str, end: str, first: int, stop: int
) -> None:
    groups = {"arrests": ["arrests", "at_large"]}
    assert _published(_covers(start, end), _shown(), groups) == sum(2**k for k in range(first, stop))
    of_texas = _published(_covers(start, end, "state:TX"), _shown(), groups)
    assert of_texas == 3**15 * (stop - first)


def test_what_cannot_be_summed_is_not_given() -> None:
    groups = {"arrests": ["arrests"]}
    whole = _covers("2016-01-01", "2017-12-31")
    assert _published(whole, _shown(value=None, mark="withheld"), groups) is None
    assert _published(whole, _shown(mark="uncovered"), groups) is not None  # a month in no release
    assert _published(whole + whole, _shown(), groups) is None
    assert _published(whole, _shown(), {"detainers": ["issued"]}) is None
    assert _published(_covers("2015-06-01", "2017-12-31"), _shown(), groups) is None  # months on no page

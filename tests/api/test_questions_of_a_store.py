"""The questions of a store are the functions; days may be ISO text; no store means the embedded records."""

from __future__ import annotations

import datetime as dt

import pytest

import atlarge
from atlarge.errors import QuestionError

pytestmark = pytest.mark.slow_file


def test_a_method_gives_what_its_function_gives() -> None:
    store = atlarge.open_store()
    span = {"by": "nation", "every": "month", "start": "2016-10-01", "end": dt.date(2017, 9, 30)}
    assert store.panel(**span).frame.equals(atlarge.panel(**span).frame)
    assert int(store.panel(**span).frame["value"].sum()) == 143_470
    days = {"by": "nation", "start": "2017-02-01", "end": "2017-03-01"}
    assert store.surges(**days).surges == atlarge.find_surges(**days).surges


def test_a_store_is_opened_once() -> None:
    store = atlarge.open_store()
    assert atlarge.open_store(store) is store


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(QuestionError, match="write it as 2017-02-01"):
        atlarge.panel(start="1 February 2017")

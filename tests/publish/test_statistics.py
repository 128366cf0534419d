"""Statistics of a series are printed only where all of its counts are: prose gives away what tables
suppress."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pytest

from atlarge.explain.answer import Answer
from atlarge.explain.example import example_answer
from atlarge.messages import CountKey, Number, say
from atlarge.publish.answer_view import context
from atlarge.publish.answers import Shown, show, shown_series, windows_of
from atlarge.publish.i18n import Words


def _with_small(month: int = 3) -> Answer:
    """The example with one small month in its first series, and in its change strip."""
    answer = example_answer()
    main = shown_series(answer)[0]
    observed = list(main.observed)
    observed[month] = 2.0
    series = [replace(s, observed=observed) if s is main else s for s in answer.series]
    strips = [
        replace(
            s, value=[2.0 if i == month else v for i, v in enumerate(s.value)], date=s.period[6], before=9.3
        )
        if s.measure == main.measure
        else s
        for s in answer.change_strips
    ]
    return replace(answer, series=series, change_strips=strips)


def _text(shown: Shown) -> str:
    parts = context(shown, Words("en"))
    said = [parts["fit"], *parts["sentences"]]
    said += [f.table.caption for f in (*parts["figures"], *parts["method_figures"]) if f.table is not None]
    return " ".join(str(s) for s in said)


def test_a_mean_over_a_suppressed_month_is_not_printed() -> None:
    """With the other months, the mean would give it away: months times mean, less the others."""
    whole, some = show(example_answer()), show(_with_small())
    strip = whole.answer.change_strips[0]
    shown = whole.strip_counts(strip, "")
    assert whole.is_whole(shown, len(shown.periods))
    assert not whole.is_whole(shown, len(shown.periods) + 1)
    assert context(some, Words("en"))["fit"] == ""
    main = shown_series(some.answer)[0]
    counts = some.counts(main, "")
    assert "small" in counts.marks
    known = [v for v in main.observed if v is not None]
    for digits in (1, 2):
        assert f"{np.mean(known):.{digits}f}" not in re.findall(r"\d+\.\d+", _text(some))


def test_the_levels_before_and_after_a_change_need_all_of_their_months() -> None:
    some = show(_with_small())
    assert "9.3" not in _text(some)


def test_the_highest_month_is_not_named_where_one_is_withheld() -> None:
    some = show(_with_small())
    main = shown_series(some.answer)[0]
    captions = [f.table.caption for f in context(some, Words("en"))["figures"] if f.table is not None]
    if "withheld" in some.counts(main, "").marks:
        assert "highest" not in str(captions[0])
    whole = context(show(example_answer()), Words("en"))["figures"]
    assert "highest" in str([f.table.caption for f in whole])


@pytest.mark.parametrize("kind", ["count", "mean", "difference", "ratio"])
def test_a_number_is_printed_only_where_the_counts_behind_it_are(kind: str) -> None:
    answer = _with_small()
    main = shown_series(answer)[0]
    small = main.period[3]
    last = main.period[4] - dt.timedelta(days=1)
    key = CountKey(main.area.level, main.area.code, main.measure, small, last)
    number = Number(2.0, kind, (key,))  # type: ignore[arg-type]
    told = replace(answer, messages=[say("join", part0=say("count", n=number))])
    assert any(w.start == small for w in windows_of(told))
    mark = show(told).mark_of(key)
    assert mark != "shown"


def test_what_has_no_key_in_the_table_is_withheld() -> None:
    shown = show(example_answer())
    day = shown.answer.start
    assert shown.mark_of(CountKey("county", "99999", "at_large", day, day)) == "withheld"

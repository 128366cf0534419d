"""Statistics of a series are printed only where all of its counts are: prose gives away what tables
suppress."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pytest

from atlarge.explain.answer import Answer
from atlarge.messages import CountKey, Number, say
from atlarge.publish.answer_view import context
from atlarge.publish.answers import Shown, show, shown_series, windows_of
from atlarge.publish.estimates import gives_a_month_away
from atlarge.publish.i18n import Words
from example_answer import example_answer


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
    shown = whole.counts(strip, "")
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
    reported = replace(answer, messages=[say("join", part0=say("count", n=number))])
    assert any(w.start == small for w in windows_of(reported))
    mark = show(reported).mark_of(key)
    assert mark != "shown"


def test_what_has_no_key_in_the_table_is_withheld() -> None:
    shown = show(example_answer())
    day = shown.answer.start
    assert shown.mark_of(CountKey("county", "99999", "at_large", day, day)) == "withheld"


def _expected_in(answer: Answer) -> set[str]:
    """The numbers of the answer's columns of expected counts, and of its charts and further tables."""
    shown = show(answer)
    parts = context(shown, Words("en"))
    rows = [row[2] for row in parts["numbers"].rows]
    rows += [row[-2] for f in parts["figures"] if f.id == "chart-at_large" for row in f.table.rows]
    drawn = [
        f for f in (*parts["figures"], *parts["method_figures"]) if f.id in ("chart-event", "chart-parts")
    ]
    said = " ".join(parts["sentences"]) + parts["headline"]
    numbers = {str(row) for row in rows if re.search(r"\d", str(row)) and " 20" not in str(row)}
    return numbers | {f.id for f in drawn} | set(re.findall(r"\b188\b", said))


@pytest.mark.parametrize("places", [0, 1, 5, 29])
def test_no_estimate_is_printed_from_few_places(places: int) -> None:
    """Expected counts of one area are a multiple of what its few other places had together."""
    answer = example_answer()
    assert len(_expected_in(answer)) > 3
    few = replace(answer, pre_fit={**answer.pre_fit, "donors": places})
    assert _expected_in(few) == set()


@pytest.mark.parametrize(("ago", "small", "is_closed"), [(1, 1, True), (1, 2, True), (13, 1, False)])
def test_no_estimate_is_printed_from_which_a_small_month_follows(
    ago: int, small: int, is_closed: bool
) -> None:
    """The share before the policy weighs the last months: of few small ones among them, each would follow.

    A reader who knows the model solves for the small month; where one count more would not show in the
    estimate by a hundredth, it may stay.
    """
    answer = example_answer()
    main = shown_series(answer)[0]
    at = sum(p < answer.start for p in main.period) - ago
    observed = [3.0 if at - small < k <= at else v for k, v in enumerate(main.observed)]
    reported = replace(main, observed=observed)
    short = replace(answer, series=[reported if s is main else s for s in answer.series])
    assert gives_a_month_away(reported, answer.start, 5) is is_closed
    assert show(short).is_closed is is_closed
    weights = [0.65**k for k in range(40)], [0.88**k for k in range(40)]
    past = [v for p, v in zip(reported.period, reported.observed, strict=True) if p < answer.start][::-1]

    def share(counts: list[float]) -> float:
        sums = [sum(w * c for w, c in zip(each, counts, strict=False)) for each in weights]
        return float(np.sqrt(sums[0] * sums[1]))

    more = [v + 2.0 * (k == ago - 1) for k, v in enumerate(past)]
    assert (share(more) / share(past) - 1 > 0.01) is is_closed


def test_the_gaps_of_single_comparison_places_are_not_drawn() -> None:
    answer = example_answer()
    assert answer.placebos
    assert show(answer).answer.placebos == []

"""Every chart of an answer shows what its table says, and levels are drawn as the document has them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from pictures import disagreements, levels, numbers_in

from atlarge.explain import explain
from atlarge.explain.answer import Answer
from atlarge.publish.answer_view import context
from atlarge.publish.answers import drawn_strips, show
from atlarge.publish.i18n import Words
from atlarge.publish.render import Figure
from example_answer import example_answer

pytestmark = pytest.mark.slow_file

PLACES = [
    ("48453", "travis-tx-2017"),
    ("37119", "mecklenburg-nc-2018"),
    ("24003", "anne-arundel-md-287g-2017"),
]


def figures_of(answer: Answer, language: str) -> list[Figure]:
    """The charts of an answer's report."""
    parts = context(show(answer), Words(language))
    more = [parts["corroboration_figure"]] if parts["corroboration_figure"] else []
    return [*parts["figures"], *more, *parts["method_figures"]]


@pytest.fixture(scope="module", params=PLACES, ids=[name for _, name in PLACES])
def answer(request: pytest.FixtureRequest) -> Answer:
    place, policy = request.param
    return explain(place, policy=policy)


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_chart_of_an_answer_shows_its_table(answer: Answer, language: str) -> None:
    figures = figures_of(answer, language)
    assert len(figures) >= 4
    assert [line for figure in figures for line in disagreements(figure)] == []


def test_levels_are_drawn_as_the_document_has_them() -> None:
    answer = explain("NJ", policy="new-jersey-trust-directive-2019")
    document = {
        (point["measure"], point["place"]): [s["level"] for s in point["segments"]]
        for point in answer.to_dict()["change_points"]
    }
    strips = [f for f in figures_of(answer, "en") if 'class="c-band-line"' in f.wide.marks]
    assert strips  # no month of New Jersey is too small to show
    wanted = [document[s.measure, s.area.code] for s in drawn_strips(answer)]
    for figure in strips:
        for drawing in (figure.wide, figure.narrow):
            drawn = levels(drawing)
            assert any(
                len(drawn) == len(found)
                and all(abs(a - b) < 0.02 * max(found) + 0.3 for a, b in zip(drawn, found, strict=True))
                for found in wanted
            ), (drawn, wanted)


def test_a_picture_that_differs_from_its_table_is_found() -> None:
    """One digit of one coordinate, or of one cell: a check that cannot fail checks nothing."""
    checked = 0
    for figure in figures_of(example_answer(), "en"):
        assert disagreements(figure) == []
        table = figure.table
        assert table is not None
        row = next(k for k, cells in enumerate(table.rows) if numbers_in(cells[1]))
        cells = list(table.rows[row])
        cells[1] = f"{numbers_in(cells[1])[0] * 2 + 9:.1f}"
        wrong = replace(table, rows=[*table.rows[:row], cells, *table.rows[row + 1 :]])
        assert disagreements(replace(figure, table=wrong))
        moved = re.sub(
            r'(class="c-tick" text-anchor="(?:end|middle)">)(\d+)', r"\g<1>\g<2>7", figure.wide.marks
        )
        assert disagreements(replace(figure, wide=replace(figure.wide, marks=moved)))
        checked += 1
    assert checked >= 3

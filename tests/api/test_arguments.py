"""Public functions take one thing or several, and answer a wrong one in a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import atlarge
from atlarge.errors import AtlargeError
from atlarge.wording import some

TEXTS = ["TRAVIS COUNTY JAIL, AUSTIN, TX", "SOMEWHERE NOT KNOWN", None]
CODES = ["48453", None, None]


@pytest.mark.parametrize(
    "given",
    [
        TEXTS,
        tuple(TEXTS),
        pl.Series(TEXTS),
        pd.Series(TEXTS),
        pl.DataFrame({"landmark": TEXTS}),
        pd.DataFrame({"landmark": TEXTS, "aor": ["SNA"] * 3}),
        pa.table({"landmark": TEXTS}),
    ],
    ids=lambda given: f"{type(given).__module__.partition('.')[0]}.{type(given).__name__}",
)
def test_places_are_read_from_texts_and_frames_of_any_library(given: Any) -> None:
    assert atlarge.resolve(given)["county_fips"].to_list() == CODES


def test_one_text_is_one_row() -> None:
    assert atlarge.resolve(TEXTS[0])["county_fips"].to_list() == CODES[:1]


@pytest.mark.parametrize(
    ("one", "several"),
    [
        ({"measures": "handoffs"}, {"measures": ["handoffs"]}),
        ({"places": "48453"}, {"places": ["48453"]}),
        ({"places": "Travis County, TX"}, {"places": ["48453"]}),
        ({"measures": ["handoffs", "handoffs"], "places": ["48453", "Travis County, TX"]}, None),
    ],
)
def test_one_name_is_not_read_letter_by_letter(one: dict[str, Any], several: dict[str, Any] | None) -> None:
    days = {"start": "2019-05-01", "end": "2019-06-30"}
    expected = several or {"measures": ["handoffs"], "places": ["48453"]}
    assert atlarge.panel(**one, **days).frame.equals(atlarge.panel(**expected, **days).frame)


WRONG: dict[str, Callable[[Any], Any]] = {
    "panel_measures": lambda x: atlarge.panel(by="nation", measures=x),
    "panel_places": lambda x: atlarge.panel(places=x),
    "panel_by": lambda x: atlarge.panel(by=x),
    "panel_every": lambda x: atlarge.panel(by="nation", every=x),
    "panel_scheme": lambda x: atlarge.panel(by="nation", scheme=x),
    "panel_engine": lambda x: atlarge.panel(by="nation", engine=x),
    "panel_start": lambda x: atlarge.panel(by="nation", start=x),
    "explain_place": lambda x: atlarge.explain(x, date="2017-02-01"),
    "explain_policy": lambda x: atlarge.explain("48453", policy=x),
    "explain_date": lambda x: atlarge.explain("48453", date=x),
    "surges_by": lambda x: atlarge.find_surges(by=x),
    "surges_measure": lambda x: atlarge.find_surges(measure=x),
    "surges_every": lambda x: atlarge.find_surges(every=x),
    "open_store": atlarge.open_store,
    "resolve": atlarge.resolve,
    "ingest": lambda x: atlarge.ingest(x, Path("not-written")),
    "check": atlarge.check,
}


@pytest.mark.parametrize(
    "value", [3, 2.5, ["zz", 4], object(), {"a": 1}], ids=["int", "float", "list", "object", "dict"]
)
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_thing_is_answered_in_a_line(name: str, value: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((AtlargeError, TypeError)) as error:
        WRONG[name](value)
    assert "\n" not in str(error.value)
    if isinstance(error.value, TypeError):  # of a list where a name is wanted
        assert "unhashable" in str(error.value) or "PathLike" in str(error.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [0, 1, 2, 1_000])
def test_a_number_agrees_with_its_noun(number: int) -> None:
    assert some(number, "row") == f"{number:,} row{'' if number == 1 else 's'}"

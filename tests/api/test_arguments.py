"""Public functions take one thing or several, and answer a wrong one in a line."""

from __future__ import annotations

import datetime as dt
import html
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import atlarge
from atlarge.calendar import as_day
from atlarge.errors import AtlargeError
from atlarge.wording import some

pytestmark = pytest.mark.slow_file

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


DAY = dt.date(2017, 2, 1)
DAYS: list[Any] = [
    "2017-02-01", "2017-02-01T23:00", "2017-02-01 23:00:00-06:00", dt.datetime(2017, 2, 1, 23),
    np.datetime64("2017-02-01"), np.datetime64("2017-02-01T23:00:00.000000000"), pd.Timestamp(DAY),
    pd.Timestamp("2017-02-01T23:00", tz="US/Pacific"), pd.Series(pd.to_datetime([DAY])).to_numpy()[0],
]  # fmt: skip


@pytest.mark.parametrize("day", DAYS, ids=repr)
def test_a_day_may_be_of_any_library_and_stays_its_own(day: Any) -> None:
    assert as_day(day) == DAY
    rows = atlarge.panel(by="nation", every="day", measures="arrests", start=day, end=day).frame
    assert rows["period"].to_list() == [DAY]


@pytest.mark.parametrize(
    "day",
    ["2017-02", "02/01/2017", "", 3.5, pd.NaT, np.datetime64("NaT"), np.datetime64("2017-02")],
    ids=repr,
)
def test_what_is_no_day_is_refused(day: Any) -> None:
    with pytest.raises(AtlargeError, match="is not a date"):
        atlarge.panel(by="nation", start=day)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda path: atlarge.open_store(path), "is a file, not the folder of a store"),
        (lambda path: atlarge.panel(path), "is a file, not the folder of a store"),
        (lambda path: atlarge.ingest(path, None), "name the folder of the store"),
        (lambda path: atlarge.check({"claims": []}), "a ledger is named by its file"),
        (lambda path: atlarge.publish(path.parent / "x", base_url="javascript:1"), "not a web address"),
        (lambda path: atlarge.panel(measures="at_lrge"), "did you mean at_large"),
    ],
)
def test_a_thing_of_the_wrong_kind_is_named_in_one_line(
    call: Callable[[Path], Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "arrests.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(AtlargeError, match=message) as error:
        call(path)
    assert "\n" not in str(error.value)


def test_a_script_without_a_main_guard_runs_once(tmp_path: Path) -> None:
    """Processes that draw pages do not run the script that wants them again."""
    script = tmp_path / "mine.py"
    script.write_text(
        "import math\nfrom atlarge.publish.findings import Workers\nprint('runs')\n"
        "with Workers(2) as crew:\n    print(list(crew.map(math.sqrt, [1, 4])), crew._pool is not None)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["runs", "[1.0, 2.0] True"]
    assert "bootstrapping" not in done.stderr


RESULTS: dict[str, Callable[[], Any]] = {
    "panel": lambda: atlarge.panel(by="county", places=["48453"], start="2017-01-01", end="2017-03-31"),
    "surges": lambda: atlarge.find_surges(by="aor", start="2017-02-01", end="2017-02-28"),
    "answer": lambda: atlarge.explain("Travis County, TX", date="2017-02-01"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_notebook_shows_a_result_as_its_summary_and_its_table(name: str) -> None:
    result = RESULTS[name]()
    shown = result._repr_html_()
    said = result.summary(0) if name == "surges" else result.summary()
    for line in filter(None, map(str.strip, said.split("\n"))):
        assert f"<p>{html.escape(line)}</p>" in shown
    assert ("<table" in shown) == (name != "answer")
    if name == "surges":
        assert all(s.place_name in shown for s in result.surges[:3])

"""What a panel counts follows the columns that a release reports; names of scopes and measures are plain."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from atlarge.errors import CoverageError, QuestionError
from atlarge.panel import panel
from atlarge.records.coverage import short_scope
from atlarge.records.store import Coverage
from simulated_files import HandStore

DAYS = [dt.date(2020, 1, 1), dt.date(2020, 1, 31)]
ROWS = pl.DataFrame({"date": DAYS, "aor": ["SNA", "SNA"], "method": [None, None], "n": [2, 3]})


def test_a_release_without_methods_counts_arrests_and_nothing_by_method(tmp_path: Path) -> None:
    rows = ROWS.with_columns(pl.col("method").cast(pl.String))
    store = HandStore(tmp_path, rows, [Coverage("a", *DAYS, "nation", lacks=("method",))])  # type: ignore[list-item]
    assert panel(store, by="aor", measures=["arrests"]).frame["value"].to_list() == [5]  # type: ignore[arg-type]
    with pytest.raises(CoverageError, match="reports at_large"):
        panel(store, by="aor", measures=["at_large"])  # type: ignore[arg-type]


def test_a_plot_of_several_measures_needs_a_name(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    found = panel(
        by="nation", every="month", measures=["arrests", "handoffs"], start="2017-01-01", end="2017-03-31"
    )
    with pytest.raises(QuestionError, match="name one of arrests, handoffs"):
        found.plot()
    assert found.plot("handoffs").get_ylabel() == "arrests"


def test_long_scopes_are_shortened_and_short_ones_are_not() -> None:
    assert short_scope("state:AL,AZ,CA,CO") == "state:AL,AZ,CA,CO"
    assert short_scope("state:AL,AZ,CA,CO,DE") == "state:AL,AZ,CA and 2 more"
    assert short_scope("nation") == "nation"

"""Tables as an office has them: totals among the rows, empty names, fractions, thresholds, lazy frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from atlarge.disclosure import disclose, protect
from atlarge.errors import QuestionError

TABLE = pl.DataFrame({"region": ["N", "N", "S", "S"], "sex": ["f", "m", "f", "m"], "n": [3, 20, 30, 40]})
REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: protect(TABLE.lazy(), ["region", "sex"], "n"), "a lazy one, collected"),
    (lambda: protect(TABLE.with_columns(region=pl.Series(["N", None, "S", "S"])), ["region", "sex"], "n"),
     "row 1 has no 'region'"),
    (lambda: protect(TABLE.with_columns(sex=pl.Series(["f", "total", "f", "m"])), ["region", "sex"], "n"),
     "row 1: 'sex' is 'total'. Leave totals out"),
    *((lambda word=word: protect(TABLE.with_columns(sex=pl.Series(["f", "m", "f", word])), ["sex"], "n"),
       f"row 3: 'sex' is '{word}'. Leave totals") for word in ("Total", "ALL", "Grand total", " total ")),
    (lambda: protect(TABLE, ["region", "region"], "n"), "name a column twice"),
    (lambda: protect(TABLE, ["region", "n"], "n"), "name a column twice"),
    (lambda: protect(TABLE, ["region", "sex"], "n", keep=["year"]), "keep='year' is not a dimension"),
    (lambda: protect(TABLE.with_columns(n=pl.Series([3, None, 3, 4])), ["sex"], "n"), "row 1 has no count"),
    (lambda: protect(TABLE, ["region", "sex"], "n", threshold=-3), "threshold is a whole number"),
    (lambda: protect(TABLE, ["region", "sex"], "n", threshold="5"), "threshold is a whole number"),  # type: ignore[arg-type]
    (lambda: disclose(TABLE.with_columns(value=pl.col("n") + 0.5)), "row 0 is 3.5, not a count"),
    (lambda: disclose(TABLE.with_columns(value=pl.col("n").cast(pl.String))), "row 0 is '3', not a count"),
    (lambda: disclose(TABLE), "no column 'value'; it has region, sex, n"),
    *((lambda call=call: call(pd.DataFrame({2023: [3], 2024: [20]})), "no column '.*'; it has 2023, 2024")
      for call in (disclose, lambda wide: protect(wide, "region", "n"))),
    (lambda: disclose(TABLE.lazy()), "a lazy one, collected"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_what_is_no_table_of_counts_is_refused_in_one_line(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(QuestionError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("as_frame", [lambda f: f, pl.DataFrame.to_pandas, pl.DataFrame.to_arrow])
def test_one_dimension_may_be_named_alone(as_frame: Callable[[pl.DataFrame], Any]) -> None:
    alone = protect(as_frame(TABLE), "sex", "n").to_frame()
    listed = protect(as_frame(TABLE), ["sex"], "n").to_frame()
    rows = alone.to_pylist() if isinstance(alone, pa.Table) else pl.DataFrame(alone).to_dicts()
    assert isinstance(alone, pd.DataFrame | pl.DataFrame | pa.Table)
    assert [(r["sex"], r["value"]) for r in rows] == [("f", 33), ("m", 60), ("total", 93)]
    assert pl.DataFrame(alone).equals(pl.DataFrame(listed))


@pytest.mark.parametrize("threshold", [0, 1])
def test_a_threshold_of_none_suppresses_nothing_and_says_so(threshold: int) -> None:
    found = protect(TABLE, ["region", "sex"], "n", threshold=threshold)
    assert found.suppressed == {"small": 0, "withheld": 0}
    assert "(1 to" not in found.summary()


def test_a_value_named_all_is_kept_where_totals_have_another_name() -> None:
    named = TABLE.with_columns(region=pl.Series(["N", "N", "all", "all"]))
    plain = protect(TABLE, ["region", "sex"], "n").to_frame()
    found = protect(named, ["region", "sex"], "n", total="sum of all").to_frame()
    assert found["value"].to_list() == plain["value"].to_list()

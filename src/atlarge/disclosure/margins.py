"""Tables with margins: the sums over every dimension of a table of counts, protected together."""

from __future__ import annotations

import itertools
import numbers
from collections.abc import Sequence
from typing import Any

from atlarge.disclosure.constraints import ConstraintBuilder
from atlarge.disclosure.suppression import SPREAD
from atlarge.disclosure.table import THRESHOLD, Disclosed, disclose, framed
from atlarge.errors import QuestionError

_TOTALS = ("total", "totals", "all", "overall", "sum", "subtotal", "grand total", "margin", "margins")


def protect(
    frame: Any,
    by: Sequence[str],
    value: str,
    *,
    threshold: int = THRESHOLD,
    total: str = "total",
    keep: Sequence[str] = (),
    spread: int = SPREAD,
) -> Disclosed:
    """Protect a table of counts with all its margins: rows, columns and the grand total are published too.

    Parameters
    ----------
    frame
        Any dataframe (polars, pandas, pyarrow) in long form: a column for each dimension and one of counts.
        Rows of the same dimensions are added up.
    by
        The dimensions, such as ["county", "year"]; no row may be a total itself.
    value
        The column of counts.
    threshold
        Counts from 1 to threshold - 1 are suppressed.
    total
        What stands in a dimension that is summed over.
    keep
        Dimensions of which the totals are suppressed last.
    spread
        How far apart the least and greatest possible count of a small cell shall be.

    Returns
    -------
    Disclosed
        One row a cell, those of the table first, then its margins: the dimensions as text, `value` and
        `mark`.

    Raises
    ------
    QuestionError
        For a dimension or column that the frame lacks, counts that are negative or missing, a dimension that
        is empty or has a value of the name of the total or such as "All", a column named twice, and a
        threshold that is not a whole number.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"county": ["A", "A", "B", "B"], "year": [1, 2, 1, 2], "n": [2, 30, 40, 50]})
    >>> print(protect(frame, by=["county", "year"], value="n").summary())
             5  published
             1  primary suppression (1 to 4)
             3  complementary suppression
             0  not covered
    """
    import narwhals.stable.v1 as nw

    by = [by] if isinstance(by, str) else list(by)
    table = framed(frame, *by, value)
    if len({*by, value}) <= len(by):
        raise QuestionError(f"by={by} and value={value!r} name a column twice")
    keep = [keep] if isinstance(keep, str) else list(keep)
    if unknown := [name for name in keep if name not in by]:
        raise QuestionError(f"keep={unknown[0]!r} is not a dimension; there are {', '.join(by)}")
    totals = {total.casefold(), *(_TOTALS if total == "total" else ())}
    cells: dict[tuple[str, ...], int] = {}
    for row, (*key, n) in enumerate(table.select(*by, value).iter_rows()):
        if not isinstance(n, numbers.Real) or n != n or n < 0 or n != round(float(n)):
            lacks = n is None or (n != n) is not False  # of pandas' NA neither is true
            said = "has no count: leave out rows that were not counted" if lacks else f"is {n!r}, not a count"
            raise QuestionError(f"column {value!r}: row {row} {said}")
        for name, label in zip(by, key, strict=True):
            if label is None or label != label:
                raise QuestionError(f"row {row} has no {name!r}: name what is not known, such as 'unknown'")
            if str(label).strip().casefold() in totals:
                raise QuestionError(
                    f"row {row}: {name!r} is {str(label)!r}. Leave totals out: they are worked out here. If "
                    "it is a value of its own, give totals another name by total="
                )
        cells[tuple(map(str, key))] = cells.get(tuple(map(str, key)), 0) + int(float(n))
    rows, builder = _with_margins(cells, len(by), total)
    columns: dict[str, list[Any]] = {name: [key[i] for key in rows] for i, name in enumerate(by)}
    columns["value"] = list(rows.values())
    native = nw.from_dict(columns, native_namespace=nw.get_native_namespace(table)).to_native()
    kept = [i for i, name in enumerate(by) if name in keep]
    cost = [
        n * 10.0 ** key.count(total) * (100.0 if any(key[i] == total for i in kept) else 1.0)
        for key, n in rows.items()
    ]
    return disclose(native, builder.build(), threshold=threshold, cost=cost, spread=spread)


def _with_margins(
    cells: dict[tuple[str, ...], int], n: int, total: str
) -> tuple[dict[tuple[str, ...], int], ConstraintBuilder]:
    """The cells and all their sums over dimensions, and which add up to which."""
    rows = dict(sorted(cells.items()))
    for size in range(1, n + 1):
        for over in itertools.combinations(range(n), size):
            for key, count in cells.items():
                margin = tuple(total if i in over else k for i, k in enumerate(key))
                rows[margin] = rows.get(margin, 0) + count
    number = {key: i for i, key in enumerate(rows)}
    parts: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    for key, i in number.items():
        for dimension, k in enumerate(key):
            if k != total:
                whole = (*key[:dimension], total, *key[dimension + 1 :])
                parts.setdefault((dimension, whole), []).append(i)
    builder = ConstraintBuilder()
    for (_, whole), inside in parts.items():
        builder.add(inside, [number[whole]])
    return rows, builder

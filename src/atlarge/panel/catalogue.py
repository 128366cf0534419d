"""The named measures, and the rows of a table that each counts."""

from __future__ import annotations

import datetime as dt
import operator
from dataclasses import dataclass
from functools import cache, reduce
from typing import TYPE_CHECKING, Any

import polars as pl

from atlarge.errors import QuestionError
from atlarge.files import shipped_yaml
from atlarge.records.schemes import Scheme
from atlarge.records.schemes import scheme as scheme_of
from atlarge.records.store import Store
from atlarge.wording import did_you_mean

if TYPE_CHECKING:
    import narwhals as nw


@dataclass(frozen=True)
class Measure:
    """A named count: which table it counts, and which rows of it.

    Attributes
    ----------
    name, label, unit, description : str
        As `measures.yaml` states them.
    table : str
        Table of the store; a table of reported figures is not filled with zero, since a month without a row
        was not reported.
    category : str or None
        Category of methods, read under a scheme.
    equals : tuple
        Columns with the values that a row must have one of.
    value, date : str
        Columns that are summed and dated.
    unmeasured_from, unmeasured_reason : date or None, and str
        First day on which the records no longer tell it apart, and why.
    inferred_from : date or None
        First day from which it is inferred, not counted.
    """

    name: str
    table: str
    label: str
    unit: str
    description: str
    category: str | None = None
    equals: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    value: str = "n"
    date: str = "date"
    unmeasured_from: dt.date | None = None
    unmeasured_reason: str = ""
    inferred_from: dt.date | None = None

    @property
    def is_inferred(self) -> bool:
        """Whether a part of the counts is inferred, not counted."""
        return self.inferred_from is not None

    @property
    def is_reported(self) -> bool:
        """Whether the table holds monthly figures rather than records."""
        return self.date == "month"


@cache
def measures() -> dict[str, Measure]:
    """All measures by name, as `measures.yaml` states them."""
    catalogue = {}
    for name, about in shipped_yaml("atlarge", "measures.yaml").items():
        equals = tuple((column, tuple(values)) for column, values in about.pop("equals", {}).items())
        catalogue[name] = Measure(name=name, equals=equals, **about)
    return catalogue


def measure(name: str) -> Measure:
    """One measure by its name.

    Parameters
    ----------
    name : str
        As the data dictionary lists it.

    Returns
    -------
    Measure
        Which rows of which table it counts.

    Raises
    ------
    QuestionError
        That lists the names if there is none of that name.

    Examples
    --------
    >>> measure("at_large").table
    'arrests'
    """
    known = measures()
    if name not in known:
        hint = did_you_mean(str(name), known)
        raise QuestionError(f"no measure {name!r}; {hint}{' ' if hint else ''}there are: {', '.join(known)}")
    return known[name]


def rows_counted(m: Measure, read_as: Scheme) -> nw.Expr | None:
    """The rows that a measure counts, as an expression; None for all rows.

    QuestionError for a measure that is inferred: its values are no sums of rows.
    """
    import narwhals as nw

    if m.is_inferred:
        raise QuestionError(f"{m.name} is inferred, not counted: it is answered by `panel` alone")
    conditions = [nw.col(column).is_in(list(values)) for column, values in m.equals]
    if m.category is not None:
        inside = nw.col("method").is_in(list(read_as.methods(m.category)))
        if read_as.unlisted == m.category:
            inside = inside | ~nw.col("method").is_in(list(read_as.listed)) | nw.col("method").is_null()
        conditions.append(inside)
    return reduce(operator.and_, conditions) if conditions else None


def rows_of(store: Store, m: Measure, scheme: str, inside: pl.Expr) -> pl.LazyFrame:
    """The rows of its table that a measure counts and that meet a condition."""
    return only_counted(store.scan(m.table).filter(inside), m, scheme)


def only_counted(rows: pl.LazyFrame, m: Measure, scheme: str) -> pl.LazyFrame:
    """Those of some rows that a measure counts."""
    import narwhals as nw

    condition = rows_counted(m, scheme_of(scheme))
    return rows if condition is None else nw.from_native(rows).filter(condition).to_native()

"""Several measures of the same days, in one table and in tables beside a site, give no small count away."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog
from simulated_counts import METHODS, few_store

from atlarge.calendar import month_end
from atlarge.disclosure.table import Disclosed
from atlarge.publish.day_ranges import Window, daily_counts
from atlarge.publish.editions import Edition, record_of
from atlarge.publish.release_table import site_cells, window_cells
from atlarge.records.store import Store

pytestmark = pytest.mark.slow_file

COUNTED = {
    "arrests": METHODS,
    "at_large": METHODS[:2],
    "at_large_agency": METHODS[:2],
    "custodial": METHODS[2:],
    "handoffs": METHODS[2:3],
    "local_jails": METHODS[2:3],
    "prisons": METHODS[3:],
    "program_287g": [],
    "other_methods": [],
}
"""What each measure counts of the methods that the records have, written out by hand."""
PLACES = {"county": ("48453", "48029", "22071", "48491", "22051"), "office": ("AUS", "NOL")}
MEMBERS = [(level, code) for level, codes in PLACES.items() for code in codes]
FEW = (("county", "48453"), ("county", "48029"), ("office", "AUS"))
MONTHS = [dt.date(2016, month, 1) for month in range(1, 13)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return few_store(tmp_path_factory.mktemp("classes") / "store")


def _windows(
    names: Iterable[str], schemes: Sequence[str] = ("ddp",), members: Sequence[tuple[str, str]] = MEMBERS
) -> list[Window]:
    return [
        Window((member,), name, day, month_end(day), scheme)
        for member in members for name in names for day in MONTHS for scheme in schemes
    ]  # fmt: skip


def _alone(store: Store, windows: list[Window], *, knows: bool) -> Disclosed:
    return window_cells((windows, daily_counts(store, windows)), store=store if knows else None)


def _known(tables: Sequence[Disclosed], store: Store) -> tuple[int, int]:
    """Small counts of places and months that are known exactly from the tables together, of all that are
    suppressed. The unknowns are the arrests by each method."""
    month = pl.col("date").dt.truncate("1mo").alias("month")
    counts = store.scan("arrests").group_by("county_fips", "office", "method", month)
    truth = {
        (place, month, method): n
        for county, office, method, month, n in counts.agg(pl.col("n").sum()).collect().iter_rows()
        for place in (county, office)
    }  # fmt: skip
    facts: dict[tuple[str, dt.date], list[tuple[str, int | None, str]]] = defaultdict(list)
    for table in tables:
        for level, place, name, start, end, value, mark in table.frame.select(
            "level", "place", "measure", "start", "end", "value", "mark"
        ).iter_rows():
            if level in PLACES and start in MONTHS and end == month_end(start):
                facts[place, start].append((name.partition("@")[0], value, mark))
    tried = recovered = 0
    for (place, month), rows in facts.items():
        true = [truth.get((place, month, method), 0) for method in METHODS]
        matrix = [[float(method in COUNTED[name]) for method in METHODS] for name, _, _ in rows]
        low, high = [], []
        for weights, (_, value, mark) in zip(matrix, rows, strict=True):
            least = 1 if mark == "small" or np.dot(weights, true) < 5 else 5
            low.append(least if value is None else value)
            high.append((4 if mark == "small" else 1e6) if value is None else value)
        bounds = np.vstack([matrix, -np.array(matrix)]), [*high, *(-np.array(low))]
        for weights, (_, value, _) in zip(matrix, rows, strict=True):
            if value is None and 0 < np.dot(weights, true) < 5:
                ends = [linprog(np.array(weights) * sign, *bounds).fun for sign in (1, -1)]
                tried += 1
                recovered += ends[0] > -ends[1] - 0.5
    return recovered, tried


SETS = {
    "the categories": (("arrests", "at_large", "custodial", "program_287g", "other_methods"), ("ddp",)),
    "overlapping ones": (("arrests", "at_large_agency", "handoffs", "custodial", "prisons"), ("ddp",)),
    "categories without their whole": (("handoffs", "custodial", "local_jails", "prisons"), ("ddp",)),
    "by two schemes": (("arrests", "at_large", "custodial"), ("ddp", "biglocal")),
}


@pytest.mark.parametrize("name", SETS)
def test_no_small_count_follows_from_several_measures_of_a_table(name: str, store: Store) -> None:
    windows = _windows(*SETS[name])
    naive, n = _known([_alone(store, windows, knows=False)], store)
    assert naive > 2
    assert n > naive
    assert _known([_alone(store, windows, knows=True)], store)[0] == 0


def test_no_small_count_follows_from_tables_of_other_measures_beside_a_site(store: Store) -> None:
    """A site, a table beside it, and one that knows both: three in a row."""
    site = site_cells(store)
    before = Edition(record_of(site.table), ("site",))
    first, second = (_windows([name], members=FEW) for name in ("custodial", "prisons"))
    one = site_cells(store, first, before=before, only_windows=True).table
    both = Edition(record_of(one, before), ("site", "table"))
    two = site_cells(store, second, before=both, only_windows=True).table
    assert set(two.frame["measure"]) == {"prisons"}
    naive = [site.table, *(_alone(store, windows, knows=True) for windows in (first, second))]
    assert _known(naive, store)[0] > 2
    recovered, n = _known([site.table, one, two], store)
    assert n > 20
    assert recovered == 0


def test_a_site_after_a_table_of_other_measures_gives_none_away(store: Store) -> None:
    table = _alone(store, _windows(["custodial", "prisons"], members=FEW), knows=True)
    site = site_cells(store, before=Edition(record_of(table), ("table",))).table
    assert "custodial" not in set(site.frame["measure"])
    assert _known([table, site_cells(store).table], store)[0] > 0
    assert _known([table, site], store)[0] == 0


def test_what_answers_count_adds_no_classes(store: Store) -> None:
    """Windows of a site's own measures are tied as before."""
    from atlarge.publish.record_classes import companions, record_classes

    windows = _windows(["at_large", "handoffs"], ("ddp", "biglocal"))
    assert companions(windows, ["arrests", "at_large", "handoffs"]) == []
    assert record_classes(store, windows, [], ["arrests", "at_large", "handoffs"]) == {}

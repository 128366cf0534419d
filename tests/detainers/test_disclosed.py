"""Reports of detainers that know of each other, and what two that do not would give away."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from joint import Joint, records, store_of

from atlarge.detainers import detainer_report
from atlarge.detainers.disclosed import disclose_report
from atlarge.detainers.outcomes import OUTCOMES
from atlarge.detainers.report_cells import COUNTS
from atlarge.disclosure.table import SHOWN, SMALL
from atlarge.errors import QuestionError
from atlarge.publish.editions import read_edition, record_of
from atlarge.publish.release_table import site_cells
from atlarge.records.store import Store

pytestmark = pytest.mark.slow_file

FIRST, LAST = dt.date(2016, 1, 1), dt.date(2016, 6, 30)


def _records(seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    n = 400
    place = rng.choice(["48453", "48491", "48021", "06037"], n, p=[0.4, 0.1, 0.05, 0.45])
    days = rng.integers(0, (LAST - FIRST).days + 1, n)
    return pl.DataFrame(
        {
            "date": [FIRST + dt.timedelta(days=int(d)) for d in days],
            "county_fips": place,
            "state": [p[:2] for p in place],
            "facility": [f"JAIL {p}" for p in place],
            "outcome": rng.choice(OUTCOMES, n, p=[0.3, 0.2, 0.1, 0.05, 0.05, 0.1, 0.2]),
            "charge": rng.choice(["THEFT", "DWI"], n),
            "n": 1,
        }
    )


def _report(records: pl.DataFrame, last: dt.date, after: Any = ()) -> dict[str, Any]:
    found = disclose_report(records, "county", "all", FIRST, last, threshold=5, after=after)
    rows = [
        {
            "place": place,
            "period": None,
            **{n: found.counts.get(("rows", place, *_name(found, place), n), 0) for n in COUNTS},
        }
        for place in sorted(records["county_fips"].unique())
    ]
    return {
        "by": "county",
        "every": "all",
        "from": str(FIRST),
        "to": str(last),
        "rows": rows,
        "total": found.total(),
        "disclosed": True,
    }


def _name(found: Any, place: str) -> tuple[Any, ...]:
    """The key columns between the place and the count: the period alone."""
    return next(key[2:-1] for key in found.counts if key[0] == "rows" and key[1] == place)


@pytest.mark.parametrize("seed", range(3))
def test_no_small_difference_of_two_reports_is_known(seed: int) -> None:
    """Of January to May and January to June, June alone follows where both are shown: it must not be
    small."""
    records = _records(seed)
    first = _report(records, dt.date(2016, 5, 31))
    naive = _report(records, LAST)
    second = _report(records, LAST, after=[json.loads(json.dumps(first))])

    def small(report: dict[str, Any]) -> int:
        both = zip(first["rows"], report["rows"], strict=True)
        gained = [b[n] - a[n] for a, b in both for n in COUNTS if a[n] is not None and b[n] is not None]
        return sum(0 < g < 5 for g in gained)

    assert small(naive) > 0
    assert small(second) == 0


SITE_DAYS = (dt.date(2016, 2, 1), dt.date(2016, 5, 31))
WINDOWS = {
    "ends later": (SITE_DAYS[0], LAST),
    "starts earlier": (FIRST, SITE_DAYS[1]),
    "both": (FIRST, LAST),
    "mid month": (SITE_DAYS[0], dt.date(2016, 5, 12)),
    "from mid month to mid month": (dt.date(2016, 2, 20), dt.date(2016, 5, 9)),
    "earlier and mid month": (dt.date(2016, 1, 11), dt.date(2016, 5, 18)),
    "a month and a half": (dt.date(2016, 4, 1), dt.date(2016, 5, 15)),
}


def _site(found: pl.DataFrame, spans: list[tuple[dt.date, dt.date]]) -> pl.DataFrame:
    """A site that shows what is no small count of each county, and what counties have together."""
    rows = []
    for place in [*sorted(found["county_fips"].unique()), "US"]:
        for (start, end), name in itertools.product(spans, ("issued", "declined")):
            n = _count(found, place, name, start, end)
            mark = SMALL if 0 < n < 5 else SHOWN
            level = "nation" if place == "US" else "county"
            rows.append((level, place, f"detainers_{name}", start, end, n if mark == SHOWN else None, mark))
    names = ["level", "place", "measure", "start", "end", "value", "mark"]
    site = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    return site.with_columns(period=pl.lit("month" if len(spans) > 1 else "all"), threshold=5)


def _count(found: pl.DataFrame, place: str, name: str, start: dt.date, end: dt.date) -> int:
    rows = found.filter(pl.col("date").is_between(start, end))
    rows = rows if place == "US" else rows.filter(pl.col("county_fips") == place)
    return rows.height if name == "issued" else rows.filter(pl.col("outcome") == name).height


def _follow(report: Any, site: pl.DataFrame, first: dt.date, last: dt.date) -> list[int]:
    """Small counts that a reader has by taking from a count of the report what the site shows of its days, or
    by taking the count from what the site shows of all months that it touches."""
    found = []
    for (place, measure), cells in site.group_by("place", "measure"):
        name = str(measure).removeprefix("detainers_")
        key = ("total", name) if place == "US" else ("rows", place, None, name)
        n = report.counts.get(key, None if place in report.left_out else 0)
        within = cells.filter(pl.col("start") >= first, pl.col("end") <= last)
        touched = cells.filter(pl.col("start") <= last, pl.col("end") >= first)
        if n is None:
            continue
        found.append(n - int(within["value"].sum()))  # with the hidden ones of its days, if any
        starts, ends = touched["start"].to_list(), touched["end"].to_list()
        if None not in touched["value"].to_list() and min(starts) <= first and max(ends) >= last:
            found.append(int(touched["value"].sum()) - n)
    return [n for n in found if 0 < n < 5]


@pytest.mark.parametrize(
    ("seed", "by_month", "windows"),
    [
        (0, False, WINDOWS),
        pytest.param(1, True, ("both", "mid month", "a month and a half"), marks=pytest.mark.slow),
    ],
)
def test_no_small_difference_to_a_site_is_known(seed: int, by_month: bool, windows: Iterable[str]) -> None:
    """What a report counts beyond the days of a site, or a month of the site beyond the report, must not
    follow where it is small."""
    found = _records(seed)
    first, last = SITE_DAYS
    months = [(day, day + dt.timedelta(days=32)) for day in pl.date_range(first, last, "1mo", eager=True)]
    spans = [(a, b.replace(day=1) - dt.timedelta(days=1)) for a, b in months] if by_month else [SITE_DAYS]
    site = _site(found, spans)
    alone_gives = 0
    for start, end in (WINDOWS[name] for name in windows):
        alone = disclose_report(found, "county", "all", start, end, threshold=5)
        alone_gives += len(_follow(alone, site, start, end))
        beside = disclose_report(found, "county", "all", start, end, threshold=5, beside=site)
        assert _follow(beside, site, start, end) == []
    assert alone_gives > 0


HALF_YEAR = (dt.date(2015, 10, 1), dt.date(2016, 3, 31))
DAYS_BESIDE = {
    "past": (dt.date(2015, 12, 1), HALF_YEAR[1]),
    "before": (HALF_YEAR[0], dt.date(2016, 1, 31)),
    "half months": (dt.date(2015, 11, 16), dt.date(2016, 2, 15)),
}


def _alike(kind: str, k: int) -> pl.DataFrame:
    """Detainers of three counties over half a year: as many of each outcome, of one month each, or few."""
    rng = np.random.default_rng(k)
    rows = []
    for place, outcome in itertools.product(("48453", "48491", "06037"), OUTCOMES):
        n = {"constant": k, "by month": 6 * k, "few": int(rng.integers(0, 2 * k + 1)), "mixed": 0}[kind]
        n = int(rng.choice([0, 1, k, 3 * k, 20 * k])) if kind == "mixed" else n
        for i in range(n if kind != "few" or rng.random() < 0.4 else 0):
            month = i % 6 if kind == "by month" else int(rng.integers(6))
            day = (HALF_YEAR[0] + dt.timedelta(days=31 * month)).replace(day=1 + int(rng.integers(28)))
            rows.append((day, place, "TX" if place.startswith("48") else "CA", outcome))
    names = ["date", "county_fips", "state", "outcome"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    aor = pl.col("state").replace_strict({"TX": "SNA", "CA": "LOS"})
    none = [pl.lit(None, pl.String).alias(c) for c in ("office", "city", "facility_code", "charge")]
    return frame.with_columns(
        aor.alias("aor"), pl.lit("JAIL").alias("facility"), pl.lit(1, pl.UInt32).alias("n"), *none
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "k", "threshold", "days", "is_cut"),
    [
        ("constant", 1, 5, "past", False),
        ("constant", 3, 5, "half months", False),
        ("few", 4, 5, "past", False),
        ("mixed", 3, 5, "before", True),
        ("mixed", 5, 8, "half months", True),
        ("mixed", 3, 3, "past", False),
    ],
)
def test_reports_of_odd_records_beside_a_site_give_no_small_count_away(
    tmp_path: Path, kind: str, k: int, threshold: int, days: str, is_cut: bool
) -> None:
    """The days of the report go past those of the site, end before it, or cut its months; a site that was
    made earlier (`is_cut`) ends before the report. The mark "<3" itself allows but two counts."""
    rows = _alike(kind, k)
    store = store_of(tmp_path / "store", rows, *HALF_YEAR)
    site = record_of(site_cells(store, threshold=threshold).table)
    if is_cut:
        site = site.filter(pl.col("end") <= dt.date(2015, 12, 31))
    first, last = DAYS_BESIDE[days]
    joint = Joint(rows, halves=True, all_have_states=False)
    joint.site(site)
    joint.report(_disclosed(store, start=first, end=last, threshold=threshold, beside=site))
    assert joint.targets
    assert joint.known(width=1 if threshold == 3 else 2) == []


def test_what_is_no_report_is_named() -> None:
    with pytest.raises(QuestionError, match="earlier report"):
        disclose_report(_records(0), "county", "all", FIRST, LAST, threshold=5, after=[{"rows": []}])


def _disclosed(store: Store, **options: Any) -> dict[str, Any]:
    """A report that may be passed on, as its JSON document."""
    report = detainer_report(store, **options).without_accounts()
    return dict(json.loads(json.dumps(report.to_dict(), default=str)))


def test_two_reports_of_which_the_later_knows_the_earlier_give_no_small_count_away(tmp_path: Path) -> None:
    """The days of the second are one month more; without knowing of the first it gives that month away."""
    rows = records(1)
    store = store_of(tmp_path / "store", rows)
    first = _disclosed(store, end="2016-08-31")
    for after, is_safe in (((), False), ([first], True)):
        joint = Joint(rows)
        joint.report(first)
        joint.report(_disclosed(store, after=after))
        joint.month(dt.date(2016, 9, 1))
        assert (joint.known(width=2) == []) is is_safe


def test_the_threshold_of_an_earlier_report_stays(tmp_path: Path) -> None:
    """The marks of two thresholds would say more together than either."""
    store = store_of(tmp_path / "store", records(1, 100))
    first = _disclosed(store, end="2016-08-31", threshold=9)
    second = _disclosed(store, after=[first], threshold=4)
    assert second["threshold"] == 9
    shown = [row[name] for row in second["rows"] for name in COUNTS if row[name]]
    assert shown
    assert min(shown) >= 9


@pytest.mark.slow
def test_a_report_beside_a_site_gives_no_small_count_away(tmp_path: Path) -> None:
    """The site has months and four of the outcomes, the report has all outcomes of the whole time."""
    rows = records(1, 100)
    store = store_of(tmp_path / "store", rows)
    site = record_of(site_cells(store).table)
    for beside, is_safe in ((None, False), (site, True)):
        joint = Joint(rows)
        joint.site(site)
        joint.report(_disclosed(store, beside=beside))
        assert len(joint.targets) > 10
        assert (joint.known(width=2) == []) is is_safe


def test_a_site_after_a_report_gives_no_small_count_away(tmp_path: Path) -> None:
    """The other way round: the site is solved against what the report said."""
    rows = records(1)
    store = store_of(tmp_path / "store", rows)
    report = _disclosed(store) | {"disclosed": True}
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    before = read_edition(path)
    assert {"detainers_lifted", "detainers_issued"} <= set(before.rows["measure"])
    for known, is_safe in ((None, False), (before, True)):
        joint = Joint(rows)
        joint.report(report)
        joint.site(record_of(site_cells(store, before=known).table))
        assert len(joint.targets) > 10
        assert (joint.known(width=2) == []) is is_safe


def test_a_table_that_no_site_can_know_of_is_named(tmp_path: Path) -> None:
    store, path = store_of(tmp_path / "store", records(1)), tmp_path / "table.json"
    for document, message in (
        ("no table", "neither the folder of a site nor a table"),
        (json.dumps({"disclosed": False, "threshold": 5, "rows": []}), "neither"),
        (json.dumps(_disclosed(store, by="facility") | {"disclosed": True}), "by facility"),
    ):
        path.write_text(document)
        with pytest.raises(QuestionError, match=message):
            read_edition(path)


def test_charges_of_two_reports_leave_no_small_difference(tmp_path: Path) -> None:
    for seed in range(4):
        store = store_of(tmp_path / f"store{seed}", records(seed, 500))
        first = _disclosed(store, end="2016-08-31")
        second = _disclosed(store, after=[first])
        one, two = (
            {(r["place"], r["charge"]): r["declined"] for r in d["declined"]} for d in (first, second)
        )
        gained = [two[k] - one[k] for k in one if one[k] is not None and two.get(k) is not None
                  and k[1] != "other charges"]  # fmt: skip
        assert not any(0 < g < 5 for g in gained)

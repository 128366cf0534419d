"""Two publications of the same records, attacked together; and a report beside a site."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest
from attacker import KEYS, Attacker, Cell, Published
from prose import Statistic
from simulated_counts import END, START, arrests, simulated_store, store_of

from atlarge.errors import QuestionError
from atlarge.publish.day_ranges import Window
from atlarge.publish.editions import RECORD, Edition, read_edition, record_of
from atlarge.publish.release_table import SiteCells, site_cells
from atlarge.publish.site import publish
from atlarge.records.store import Store, open_store

pytestmark = pytest.mark.slow_file

Settings = dict[str, object]
PLACES = (("county", "48453"), ("county", "48029"), ("office", "AUS"), ("county", "22071"), ("aor", "NOL"))


def _windows(seed: int) -> list[Window]:
    """Spans of days as answers have them, across the months."""
    found = []
    for i, member in enumerate(PLACES):
        first = START + dt.timedelta(days=(37 * (seed + 1) * (i + 3)) % 500)
        for k, days in enumerate((9 + seed, 40 + 3 * i, 200)):
            day = first + dt.timedelta(days=k)  # the attacker tells windows apart by their first day
            for measure in ("at_large", "handoffs"):
                found.append(Window((member,), measure, day, day + dt.timedelta(days=days)))
    return found


PAIRS: dict[str, tuple[Settings, Settings]] = {
    "other answers": ({"windows": _windows(0)}, {"windows": _windows(1)}),
    "no answers, then some": ({}, {"windows": _windows(2)}),
    "a higher threshold": ({"windows": _windows(0)}, {"windows": _windows(0), "threshold": 9}),
    "a lower threshold": ({"threshold": 9}, {"windows": _windows(1), "threshold": 4}),
    "other levels": ({"levels": ("nation", "state"), "windows": _windows(5)}, {}),
}


def _table(cells: SiteCells) -> pl.DataFrame:
    frame: pl.DataFrame = cells.table.frame
    return frame.rename({"every": "period"}).select(*KEYS, "value", "mark")


def _edition(cells: SiteCells) -> Edition:
    return Edition(record_of(cells.table), ("first",))


def _truth(store: Store) -> dict[Cell, int]:
    """Raw counts of all cells and of all windows used here."""
    windows = [w for pair in PAIRS.values() for s in pair for w in s.get("windows", [])]  # type: ignore[attr-defined]
    plain = site_cells(store, windows, threshold=1).table.frame.rename({"every": "period"})
    return {row[:-1]: row[-1] for row in plain.select(*KEYS, "value").drop_nulls().iter_rows()}


def _attack(store: Store, one: SiteCells, two: SiteCells) -> list[Cell]:
    """Small counts, under both thresholds, that follow from two publications laid beside each other."""
    tables = [(_table(cells), cells.table.threshold) for cells in (one, two)]
    truth = _truth(store)
    shown: dict[Cell, int] = {}
    marks: dict[Cell, str] = {}
    between: dict[Cell, tuple[float, float]] = {}
    blurred = set()
    lowest = min(threshold for _, threshold in tables)
    for table, threshold in tables:
        for *key, value, mark in table.iter_rows():
            cell: Cell = tuple(key)  # type: ignore[assignment]
            low, high = between.get(cell, (0.0, float("inf")))
            if mark == "shown":
                shown[cell] = value
            elif mark == "small":
                between[cell] = (max(low, 1), min(high, threshold - 1))
            elif mark == "withheld":
                is_small = 0 < truth[cell] < threshold
                blurred |= {cell} if is_small else set()
                between[cell] = (max(low, 1 if is_small else threshold), high)
            kept = "small" if "small" in (mark, marks.get(cell)) else mark
            marks[cell] = "shown" if cell in shown else kept
    rows = [(*cell, shown.get(cell), mark) for cell, mark in marks.items()]
    union = pl.DataFrame(rows, schema=tables[0][0].schema, orient="row")
    attacker = Attacker(
        Published(union, {}, {k[:5]: v for k, v in between.items()}, list(two.pairs.iter_rows())),
        max(threshold for _, threshold in tables),
        blurred,
    )
    found = [tuple(attacker.rows[i][k] for k in KEYS) for i in attacker.recovered()]
    return [cell for cell in found if 0 < truth.get(cell, 0) < lowest]  # type: ignore[misc]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return simulated_store(tmp_path_factory.mktemp("editions") / "store")


@pytest.mark.parametrize("name", PAIRS)
def test_no_small_count_follows_from_two_editions_together(name: str, store: Store) -> None:
    first, second = PAIRS[name]
    one = site_cells(store, **first)  # type: ignore[arg-type]
    two = site_cells(store, **second, before=_edition(one))  # type: ignore[arg-type]
    assert _attack(store, one, two) == []


@pytest.mark.parametrize("name", PAIRS)
def test_the_attack_succeeds_on_editions_that_do_not_know_of_each_other(name: str, store: Store) -> None:
    first, second = PAIRS[name]
    one, two = site_cells(store, **first), site_cells(store, **second)  # type: ignore[arg-type]
    assert len(_attack(store, one, two)) > 0


def _last_days(store: Store, one: SiteCells, two: SiteCells, windows: list[Window]) -> int:
    """Small counts of the days of months that windows leave over, known from both tables."""
    day = dt.timedelta(days=1)
    parts = [
        (w.level, w.place, w.name, w.end + day, (w.start + 31 * day).replace(day=1) - day) for w in windows
    ]
    rests = [Window(((p[0], p[1]),), p[2], p[3], p[4]) for p in parts]
    true = site_cells(store, rests, threshold=1).table.frame.filter(pl.col("every") == "window")
    counts = {row[:5]: row[5] for row in true.select(*KEYS[:3], "start", "end", "value").iter_rows()}
    small = [part for part in parts if 0 < counts[part] < 5]
    union = pl.concat([_table(one), _table(two)]).unique(KEYS, keep="first", maintain_order=True)
    said = [Statistic(((part, 1.0),), 0, float("inf"), "") for part in small]
    attacker = Attacker(Published(union, {}, {}, list(one.pairs.iter_rows()), said), 5)
    ranges = [attacker.range_of(part) for part in small[:40]]
    return sum(low == high for low, high in ranges)


def test_a_report_beside_a_site_leaves_no_days_over(store: Store) -> None:
    """The report has each month but its last days, the site has the month."""
    days = [dt.date(2016, month, 1) for month in range(1, 13)]
    windows = [Window((place,), "at_large", d, d.replace(day=26)) for place in PLACES[:3] for d in days]
    one = site_cells(store)
    naive = site_cells(store, windows, only_windows=True)
    ours = site_cells(store, windows, only_windows=True, before=_edition(one))
    assert _last_days(store, one, naive, windows) > 0
    assert _last_days(store, one, ours, windows) == 0


def test_what_was_published_stays_and_what_was_not_stays_suppressed(store: Store) -> None:
    one = site_cells(store, _windows(0))
    two = site_cells(store, _windows(0), before=_edition(one))
    joined = _table(one).join(_table(two), on=KEYS, suffix="_again")
    shown = joined.filter(pl.col("mark") == "shown")
    assert (shown["mark_again"] == "shown").all()
    assert (shown["value"] == shown["value_again"]).all()


def test_a_release_that_adds_months_is_disclosed_against_the_first(tmp_path: Path) -> None:
    """The first edition ends in the middle of a fiscal year, the second has the whole of it."""
    whole = simulated_store(tmp_path / "whole")
    cut = tmp_path / "cut"
    (cut / "arrests").mkdir(parents=True)
    end = dt.date(2017, 6, 30)
    arrests().filter(pl.col("date") <= end).write_parquet(cut / "arrests" / "made.parquet")
    manifest = json.loads((tmp_path / "whole" / "manifest.json").read_text())
    manifest["releases"][0]["coverage"][0]["end"] = str(end)
    manifest["releases"][0]["tables"][0]["rows"] = arrests().filter(pl.col("date") <= end).height
    (cut / "manifest.json").write_text(json.dumps(manifest))
    one = site_cells(open_store(cut))
    two = site_cells(whole, before=_edition(one))
    years = pl.col("period") == "year"
    before = _table(one).filter(years, pl.col("end") == end)
    assert before.height > 10
    # Where both years are published the months between them are no small count.
    both = before.join(
        _table(two).filter(years), on=["level", "place", "measure", "start"], suffix="_later"
    ).filter((pl.col("mark") == "shown") & (pl.col("mark_later") == "shown"))
    gained = both["value_later"] - both["value"]
    assert not gained.is_between(1, 4).any()
    assert both.height > 5
    assert end < END


def test_a_site_carries_its_record_and_the_next_one_follows_it(store: Store, tmp_path: Path) -> None:
    settings: Settings = {"workers": 1, "answers": [], "claims": False, "levels": ("nation", "state")}
    first = publish(tmp_path / "one", store, **settings)  # type: ignore[arg-type]
    record = read_edition(tmp_path / "one")
    table = pl.read_parquet(tmp_path / "one" / "data" / "all.parquet")
    assert (
        record.rows.select(*KEYS, "value", "mark")
        .sort(KEYS)
        .equals(table.select(*KEYS, "value", "mark").sort(KEYS))
    )
    assert record.threshold == 5
    publish(tmp_path / "two", store, after=tmp_path / "one", threshold=3, **settings)  # type: ignore[arg-type]
    again = read_edition(tmp_path / "two")
    assert again.threshold == 5  # another would say more of what was withheld
    assert set(record.rows.rows()) <= set(again.rows.rows())
    settings["levels"] = ("nation", "state", "aor")
    more = publish(tmp_path / "one", store, threshold=8, **settings)  # type: ignore[arg-type]
    assert more.pages > first.pages
    assert read_edition(tmp_path / "one").threshold == 5
    assert set(record.rows.rows()) < set(read_edition(tmp_path / "one").rows.rows())


def test_what_is_no_site_is_named(tmp_path: Path, store: Store) -> None:
    with pytest.raises(QuestionError, match="nothing: there is no such folder or file"):
        publish(tmp_path / "site", store, after=tmp_path / "nothing")
    (tmp_path / "bad" / "data").mkdir(parents=True)
    with pytest.raises(QuestionError, match="no record of what it disclosed"):
        publish(tmp_path / "site", store, after=tmp_path / "bad")
    (tmp_path / "bad" / RECORD).write_bytes(b"no table")
    with pytest.raises(QuestionError, match="is damaged"):
        publish(tmp_path / "site", store, after=tmp_path / "bad")
    assert not (tmp_path / "site").exists()


def test_other_records_are_refused_before_any_work(store: Store, tmp_path: Path) -> None:
    """Another draw of the same places and rates; a revised store of the same records is published."""
    settings: Settings = {"workers": 1, "answers": [], "claims": False, "levels": ("nation", "state", "aor")}
    settings["every_county"] = False
    publish(tmp_path / "site", store, **settings)  # type: ignore[arg-type]
    before = (tmp_path / "site" / RECORD).read_bytes()
    steps: list[str] = []
    with pytest.raises(QuestionError, match=r"site: of \d+ counts published there, .* into a new folder"):
        publish(
            tmp_path / "site",
            simulated_store(tmp_path / "other", seed=5),
            progress=lambda what, *_: steps.append(what),
            **settings,  # type: ignore[arg-type]
        )
    assert steps == []
    assert (tmp_path / "site" / RECORD).read_bytes() == before
    fewer = arrests().with_row_index().filter(pl.col("index") % 40 > 0).drop("index")
    publish(tmp_path / "site", store_of(tmp_path / "revised", fewer, END), **settings)  # type: ignore[arg-type]

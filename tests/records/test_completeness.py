"""Completeness on simulated vintages whose delays are known, and what is made of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from atlarge.ingest import ingest
from atlarge.records.completeness import completeness
from atlarge.records.store import Store, open_store
from simulated_files import ARRESTS_HEADER

pytestmark = pytest.mark.slow_file

START = dt.date(2016, 10, 3)  # a Monday
WEEKS = 50
DELAYS = np.array([0.55, 0.2, 0.1, 0.07, 0.05, 0.03])  # by weeks
CUTS = (30, 36, 41, 46, 50)
JAILS = ["TRAVIS COUNTY JAIL, AUSTIN, TX", "COBB COUNTY JAIL", "KING COUNTY JAIL, SEATTLE, WA"]
AREAS = ["San Antonio", "Atlanta", "Seattle"]


def _vintages(folder: Path, seed: int, late: np.ndarray = DELAYS) -> list[Path]:
    """The same arrests as five releases have them, each as of its cut."""
    rng = np.random.default_rng(seed)
    lines = []
    for week in range(WEEKS):
        for _ in range(int(rng.poisson(60))):
            day = START + dt.timedelta(weeks=week, days=int(rng.integers(7)))
            at, known = int(rng.integers(3)), week + int(rng.choice(len(late), p=late))
            method = ("Located", "CAP Local Incarceration", "Non-Custodial Arrest")[int(rng.integers(3))]
            place = f"{AREAS[at]} Area of Responsibility|{day:%m/%d/%Y}|{method}|{JAILS[at]}"
            line = f"{place}||Warrant|MEXICO|Male|"
            lines.append((known, week, line))
    paths = []
    for cut in CUTS:
        path = folder / f"arrests_{cut}.csv"
        # the last day of a vintage has a row, so that it covers its last week whole
        last = START + dt.timedelta(weeks=cut, days=-1)
        end = f"Atlanta Area of Responsibility|{last:%m/%d/%Y}|Located|COBB COUNTY JAIL||Warrant|MEXICO|Male|"
        kept = [line for known, week, line in lines if known < cut and week < cut]
        path.write_text("\n".join([ARRESTS_HEADER, *kept, end]) + "\n")
        paths.append(path)
    return paths


def _store(folder: Path, paths: list[Path]) -> Store:
    for path in paths:
        ingest([path], folder / "store")
    return open_store(folder / "store")


def test_the_delay_distribution_is_recovered_within_its_interval(tmp_path: Path) -> None:
    found = completeness(_store(tmp_path, _vintages(tmp_path, 1)))
    assert found.is_known
    assert len(found.vintages) == len(CUTS)
    truth = np.cumsum(DELAYS)
    assert found.delays is not None
    for delay, share in enumerate(truth):
        assert found.delays.share[delay] == pytest.approx(share, abs=0.05)
    inside = [found.delays.low[d] <= truth[d] <= found.delays.high[d] for d in range(5)]
    assert sum(inside) >= 4  # each holds nine times in ten
    assert found.as_of == START + dt.timedelta(weeks=50, days=-1)
    # 95% are in after four weeks (0.55 + 0.2 + 0.1 + 0.07 + 0.05 = 0.97), perhaps five by the lower end
    weeks = (found.as_of - found.complete_until).days // 7 if found.complete_until else 0
    assert weeks in (4, 5)
    assert found.weeks[-1].share == pytest.approx(0.55, abs=0.06)
    document = found.to_dict()
    assert document["weeks"][-1]["week"] == (START + dt.timedelta(weeks=49)).isoformat()
    assert all(row["low"] < 0.95 for row in document["weeks"])


def test_releases_that_follow_each_other_are_no_vintages(tmp_path: Path) -> None:
    early, late = tmp_path / "a.csv", tmp_path / "b.csv"
    line = "Atlanta Area of Responsibility|{:%m/%d/%Y}|Located|COBB COUNTY JAIL||Warrant|MEXICO|Male|"
    for path, first in ((early, START), (late, START + dt.timedelta(days=200))):
        days = [line.format(first + dt.timedelta(days=k)) for k in range(200)]
        path.write_text("\n".join([ARRESTS_HEADER, *days]) + "\n")
    found = completeness(_store(tmp_path, [early, late]))
    assert not found.is_known
    assert "one vintage" in found.why


def test_a_table_that_is_not_there_says_so(tmp_path: Path) -> None:
    store = _store(tmp_path, _vintages(tmp_path, 2)[:1])
    assert "no events" in completeness(store, "detainers").why
    assert completeness(store).complete_until is None


def test_an_update_raises_no_alarm_in_weeks_that_are_not_in_yet(tmp_path: Path) -> None:
    """The same burst of arrests in a complete week and in the last one; only the first is raised."""
    from atlarge.update import _alarms

    paths = _vintages(tmp_path, 3)
    for week in (43, 49):
        for path, cut in zip(paths, CUTS, strict=True):
            if week < cut:
                day = START + dt.timedelta(weeks=week, days=2)
                row = f"Atlanta Area of Responsibility|{day:%m/%d/%Y}|Located|COBB COUNTY JAIL||W||Male|"
                path.write_text(path.read_text() + (row + "\n") * 90)
    store = _store(tmp_path, paths)
    raised, known = _alarms(tmp_path / "store", lambda _: None)
    assert known is not None
    assert known["complete_until"] == completeness(store).complete_until.isoformat()  # type: ignore[union-attr]
    days = [(START + dt.timedelta(weeks=week, days=2)).isoformat() for week in (43, 49)]
    hit = [[one["place"] for one in raised if one["start"] <= day <= one["end"]] for day in days]
    assert hit == [["13067"], []]  # Cobb County: these files cover three counties
    assert all(one["end"] <= known["complete_until"] for one in raised)


def test_pages_show_how_much_of_the_last_weeks_is_in_and_no_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The true share of a week by its age is on the page, in percent; a form that is closed has none."""
    from atlarge.cli._output import note_open_end
    from atlarge.publish.i18n import Words
    from atlarge.publish.pages import ends_of, ends_says
    from atlarge.publish.site_data import Findings, gather_site

    paths = _vintages(tmp_path, 6)
    store = _store(tmp_path, paths)
    data, _ = gather_site(store, Findings(), levels=("county",))
    assert data.ends is not None
    assert data.ends.until is not None
    drawn = ends_of(data, Words("en"))
    assert drawn is not None
    assert drawn.table is not None
    assert len(drawn.table.rows) == len(data.ends.weeks) >= 3
    for (day, share, low, high), row in zip(data.ends.weeks, drawn.table.rows, strict=True):
        age = (START + dt.timedelta(weeks=WEEKS - 1) - day).days // 7
        assert share == pytest.approx(np.cumsum(DELAYS)[age], abs=0.06)
        assert low <= share <= high
        assert str(row[1]) == f"{round(100 * share)}%"
    axis = START, START + dt.timedelta(weeks=60)
    [end] = data.dated(["at_large"], *axis)
    assert (end.kind, end.date) == ("incomplete", data.ends.until)
    assert data.dated(["at_large"], START, data.ends.until) == []
    for language in ("en", "es"):
        assert Words(language).day(data.ends.until) in ends_says(data, Words(language))
    for last, lines in ((data.ends.until, 0), (data.ends.until + dt.timedelta(days=1), 1)):
        note_open_end(store, last)
        assert capsys.readouterr().err.count("not all in yet") == lines
    alone, _ = gather_site(_store(tmp_path / "x", paths[-1:]), Findings(), levels=("county",))
    assert alone.ends is None  # this form is closed: nobody adds to it
    assert ends_says(alone, Words("en")) == ""

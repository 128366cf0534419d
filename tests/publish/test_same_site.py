"""What a site hides it does not depend on: records that differ in hidden counts alone give the same files.

Records of a county and records that name no place change their months, so that hidden counts of the county
move and nothing that is published does. With the suppression as it was, every file but the estimates of an
answer has to be the same to the byte: sentences, pictures, downloads, coordinates.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from area import area_rows, write_store
from prose import Page

import atlarge
from atlarge.disclosure import table as disclosure
from atlarge.disclosure.constraints import COMPLEMENTARY, OPEN, PRIMARY, UNMARKED
from atlarge.disclosure.suppression import Suppression, search
from atlarge.publish import release_table, site

pytestmark = pytest.mark.slow_file

PARTS = {
    "at_large": {"Located", "Non-Custodial Arrest"},
    "handoffs": {"CAP Local Incarceration", "287(g) Program"},
}
ROOM = {PRIMARY: (1, 4), COMPLEMENTARY: (5, 10**9), UNMARKED: (1, 10**9)}
Cell = tuple[str, str, dt.date]


def _period(day: dt.date, every: str) -> dt.date:
    if every == "month":
        return day.replace(day=1)
    if every == "quarter":
        return dt.date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return dt.date(day.year - (day.month < 10), 10, 1)


def moved(rows: pl.DataFrame, cells: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The records with some of counties and some that name no place in each other's months, and how many.

    `cells`: the table of a site with the `status` of each. A hidden count moves once, by one, within its
    mark.
    """
    used = {code for place in cells.filter(pl.col("every") == "window")["place"] for code in place.split("+")}
    county = cells.filter(pl.col("level") == "county", pl.col("every").is_in(["month", "quarter", "year"]))
    finest = {p: e for p, e in county.sort("every").select("place", "every").iter_rows() if e != "year"}
    hidden: dict[tuple[str, ...], tuple[int, int]] = {
        row[:4]: row[4:]
        for row in county.filter(pl.col("status").is_in(list(ROOM)))
        .select("place", "measure", "every", "start", "value", "status")
        .iter_rows()
    }
    free: dict[Any, list[dict[str, Any]]] = {}
    some = rows.to_dicts()
    for row in some:
        if row["county_fips"] is None and row["office"] is None:
            free.setdefault((row["method"], row["state"], row["operation_mark"]), []).append(row)
    done, new = 0, []

    def room(row: dict[str, Any], place: str, step: int) -> list[Any]:
        every = finest.get(place, "year")
        names = ["arrests", *(m for m, methods in PARTS.items() if row["method"] in methods)]
        keys = [(place, name, every, _period(row["date"], every)) for name in names]
        fits = [
            k in hidden and ROOM[hidden[k][1]][0] <= hidden[k][0] + step <= ROOM[hidden[k][1]][1]
            for k in keys
        ]
        return keys if all(fits) else []

    for row in some:
        place = row["county_fips"]
        if place is None or place in used or row["office"] is not None or row["n"] < 1:
            continue
        for other in free.get((row["method"], row["state"], row["operation_mark"]), []):
            down, up = room(row, place, -1), room(other, place, 1)
            same_year = place not in finest or _period(row["date"], "year") == _period(other["date"], "year")
            if other["n"] < 1 or not down or not up or down == up or not same_year:
                continue
            row["n"], other["n"] = row["n"] - 1, other["n"] - 1
            new += [{**row, "n": 1, "county_fips": None}, {**other, "n": 1, "county_fips": place}]
            for key in (*down, *up):
                del hidden[key]
            done += 1
            break
    frame = pl.DataFrame([*some, *new], schema=rows.schema).filter(pl.col("n") > 0)
    keys = [c for c in frame.columns if c != "n"]
    return frame.group_by(keys).agg(pl.col("n").sum()).sort(keys), done


def test_a_site_depends_on_nothing_that_it_hides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = area_rows()
    kept: list[Any] = []

    def keep(values: Any, covered: Any, r: Any, **options: Any) -> Suppression:
        kept.append((np.array(values), search(values, covered, r, **options)))
        return kept[-1][1]

    def again(values: Any, *given: Any, **options: Any) -> Suppression:
        before, found = kept[0]
        assert (np.array(values) != before).sum() > 10
        assert (np.array(values) == before)[found.status == OPEN].all()
        return found

    def cells(frame: pl.DataFrame, *given: Any, **options: Any) -> disclosure.Disclosed:
        frames.append(frame)
        return disclosure.disclose(frame, *given, **options)

    frames: list[pl.DataFrame] = []
    monkeypatch.setattr(release_table, "disclose", cells)
    monkeypatch.setattr(site, "LANGUAGES", ("en",))
    monkeypatch.setattr(
        site, "share_png", lambda name, line, series, *given, **named: repr((line, series)).encode()
    )
    sites: dict[str, Path] = {}
    for name, how in (("first", keep), ("second", again)):
        if name == "second":
            rows, done = moved(rows, frames[0].with_columns(pl.Series("status", kept[0][1].status)))
            assert done >= 5
        store = write_store(tmp_path / f"{name}-store", rows)
        answer = atlarge.explain("48453", policy="travis-tx-2017", store=store)
        monkeypatch.setattr(disclosure, "search", how)
        sites[name] = tmp_path / name
        site.publish(sites[name], store, workers=1, answers=[answer], claims=False, every_county=False)
    estimates = ("answers/", "data/series/answer-", "place/county/48453.", "place/office/AUS.", "site.json")
    differ = [
        str(path.relative_to(sites["first"]))
        for path in sorted(sites["first"].rglob("*"))
        if path.is_file()
        and path.read_bytes() != (sites["second"] / path.relative_to(sites["first"])).read_bytes()
    ]
    assert [name for name in differ if not name.startswith(estimates)] == []
    pages = [
        Page((sites[name] / "answers" / "travis-tx-2017.html").read_text(), ("locality", "48453+AUS"))
        for name in ("first", "second")
    ]
    shown = [[(s.days, s.values, s.marks) for s in page.series] for page in pages]
    assert shown[0] == shown[1]
    assert list(pages[0].statistics()) == list(pages[1].statistics())

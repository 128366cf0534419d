"""What the pages of a site are made of, each value got another way: from the records, the reference tables,
or by hand. The site is gathered from a few places and never written."""

from __future__ import annotations

import datetime as dt
import html
import json
import math
import posixpath
import re
import sqlite3
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats
from simulated_counts import END, START, few_arrests, few_store

import atlarge
from atlarge.disclosure.table import Disclosed
from atlarge.publish import pages, search_data, where_view
from atlarge.publish.dataset import dataset_jsonld
from atlarge.publish.i18n import Words
from atlarge.publish.layout import path_of
from atlarge.publish.lineage_view import year_id as lineage_year
from atlarge.publish.live import spans_of
from atlarge.publish.map_data import first_classes, map_data
from atlarge.publish.pages import place_page
from atlarge.publish.place_facts import homes, known_sum
from atlarge.publish.policy_pages import policy_files
from atlarge.publish.render import Link
from atlarge.publish.series_files import key_of, series_of
from atlarge.publish.site import download_frame
from atlarge.publish.site_data import PlaceInfo, SiteData, gather_site
from atlarge.publish.site_pages import SINGLE
from atlarge.publish.sqlite_file import place_rows, sqlite_bytes
from atlarge.publish.surges_view import surges_table
from atlarge.reference import table

EN = Words("en")
METHODS = {
    "at_large": ["Located", "Non-Custodial Arrest"],
    "handoffs": ["CAP Local Incarceration"],
}
COLUMN = {"county": "county_fips", "state": "state", "aor": "aor", "office": "office"}


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> tuple[SiteData, Disclosed]:
    store = few_store(tmp_path_factory.mktemp("few") / "store")
    return gather_site(store, every_county=False)


@pytest.fixture(scope="module")
def data(gathered: tuple[SiteData, Disclosed]) -> SiteData:
    return gathered[0]


@cache
def _rows() -> pl.DataFrame:
    return few_arrests()


def _true(place: PlaceInfo, measure: str, first: dt.date, last: dt.date) -> int:
    """The count of the records themselves."""
    rows = _rows().filter(pl.col("date").is_between(first, last))
    if place.level != "nation":
        rows = rows.filter(pl.col(COLUMN[place.level]) == place.code)
    if measure in METHODS:
        rows = rows.filter(pl.col("method").is_in(METHODS[measure]))
    return int(rows["n"].sum())


def _fiscal(year: int) -> tuple[dt.date, dt.date]:
    return dt.date(year - 1, 10, 1), dt.date(year, 9, 30)


def _number(text: object) -> int:
    return int(str(text).replace(",", ""))


@cache
def _residents() -> pl.DataFrame:
    """Residents of counties: one row a county."""
    return table("counties").unique("fips", keep="first", maintain_order=True)


def _people(place: PlaceInfo, year: int) -> int:
    rows, column = _residents(), {"county": "fips"}.get(place.level, place.level)
    if place.level != "nation":
        rows = rows.filter(pl.col(column) == place.code)
    return int(rows[f"population_{year}"].sum())


@pytest.mark.slow
def test_places_are_those_of_the_records_each_in_what_holds_it(data: SiteData) -> None:
    named = {("nation", "US")}
    for level, column in COLUMN.items():
        named |= {(level, code) for code in _rows()[column].drop_nulls().unique()}
    assert set(data.places) == named
    held = _rows().drop_nulls("county_fips").select("county_fips", "state", "aor").unique().rows()
    for fips, state, aor in held:
        assert set(data.places["county", fips].parents) >= {("state", state), ("aor", aor)}
    links = {(p, c) for p, place in data.places.items() for c in place.children}
    assert links == {(p, c) for c, place in data.places.items() for p in place.parents}
    travis = data.places["county", "48453"]
    assert (travis.name, travis.stem) == ("Travis County, TX", "place/county/48453")
    odd = PlaceInfo("office", "../x", "x", "month")
    assert re.fullmatch(r"x[0-9a-f]{12}", odd.slug)


def test_the_table_of_years_has_the_counts_of_the_records_and_their_rates(data: SiteData) -> None:
    seen = Counter[str]()
    for place in data.places.values():
        shown = pages.rates_table(data, place, EN, "")
        has_rate = place.level != "office" and (place.level, place.code) not in data.unrated
        assert len(shown.head) == (7 if has_rate else 5), place.code
        assert shown.caption == EN("place.rates_caption" if has_rate else "place.counts_caption")
        for row, year in zip(shown.rows, (2016, 2017), strict=True):
            head = row[0]
            assert isinstance(head, Link)
            assert (head.text, head.href) == (f"FY{year}", f"#{year_id(year)}")
            truth = [_true(place, m, *_fiscal(year)) for m in ("arrests", "at_large", "handoffs")]
            truth.append(truth[0] - truth[1] - truth[2])
            for said, count in zip(row[1:5], truth, strict=True):
                if said == "<5":
                    assert 0 < count < 5
                elif said != EN("cell.withheld"):
                    assert _number(said) == count
                    seen[place.level] += 1
            for said, count, rate in zip(row[1:3], truth, row[5:], strict=False):
                if not re.match(r"\d", str(said)):
                    assert rate == "–"
                    continue
                people = _people(place, year) / 1e5
                low, high = (stats.gamma.ppf(p, n) for p, n in ((0.05, max(count, 1)), (0.95, count + 1)))
                value = count / people
                digits = 0 if value >= 100 else 1
                numbers = [f"{v:,.{digits}f}" for v in (value, low / people * (count > 0), high / people)]
                assert re.findall(r"[\d.,]+", str(rate)) == numbers
                seen["rate"] += 1
    assert min(seen[k] for k in ("nation", "aor", "state", "county", "office", "rate")) > 3


def year_id(year: int) -> str:
    """The part of a page that says where a year's numbers are from."""
    return lineage_year(dt.date(year - 1, 10, 1))


def test_what_a_page_says_first_are_the_sums_of_what_it_shows(data: SiteData) -> None:
    kinds = Counter[str]()
    for place in data.places.values():
        said = pages.lede(data, place, EN)
        for m in ("arrests", "at_large", "handoffs"):
            counts = data.series(place, m, "year")
            assert counts is not None
            whole = _true(place, m, START, END)
            known = [v for v in counts.values if v is not None]
            if len(known) == 2:
                assert sum(known) == whole
                assert f"{whole:,}" in said
                kinds["whole"] += 1
            elif sum(known):
                assert f"at least {sum(known):,}" in said
                assert sum(known) <= whole
                kinds["part"] += 1
            assert known_sum(counts) == sum(known)
            assert (counts.total is None) == (len(known) < 2)
        assert "October 2015" in said
        assert "September 2017" in said
        added = pages.adds(data, place, EN)
        if added:
            total, *parts = (_number(n) for n in re.findall(r"\d[\d,]*", added)[:4])
            assert total == sum(parts) == _true(place, "arrests", START, END)
    assert kinds["whole"] > 10
    assert kinds["part"] > 1


def test_a_title_says_how_the_kind_that_changed_most_went(data: SiteData) -> None:
    for place in data.places.values():
        said = pages.finding_of(data, place, EN)
        found = []
        for m in METHODS:
            counts = data.series(place, m, "year")
            assert counts is not None
            a, b = counts.values
            if a and b is not None:
                found.append((abs(b - a) / math.sqrt(a + b), m, a, b))
        if not found or (place.level, place.code) in data.unrated:
            assert said == EN("place.timeline", place=pages.in_sentence(place, EN))
            continue
        score, measure, a, b = max(found)
        way = "steady" if score < 2 or abs(b - a) / a < 0.1 else "fell" if b < a else "rose"
        name = "the United States" if place.level == "nation" else place.name
        texts = {"measure": EN(f"measure.{measure}"), "place": pages.in_sentence(place, EN)}
        assert name.split(",")[0].split(" area")[0] in said or place.code in said
        years = {"first": "FY2016", "last": "FY2017"}
        assert said == EN(f"place.finding_{way}", a=f"{a:,}", b=f"{b:,}", **texts, **years)


def test_the_search_knows_each_place_its_residents_its_records_and_its_cities(data: SiteData) -> None:
    index = search_data.search_index(data, EN)
    assert len(index["rows"]) == len(data.places)
    states = dict(table("counties").select("state", "state_name").iter_rows())
    for name, path, where, code, people, records, cities in index["rows"]:
        _, level, slug = path.removesuffix(".html").split("/")
        place = data.places[level, code]
        assert slug == place.slug
        assert people == (0 if level == "office" else _people(place, 2019))
        counts = data.series(place, "arrests", "year")
        assert counts is not None
        known = sum(v or 0 for v in counts.values)
        assert records == (known or -1)
        if level == "county":
            state = table("counties").filter(pl.col("fips") == code)["state"][0]
            assert name.endswith(f", {states[state]}")
            assert where == f"{states[state]} {state}"
            own = table("cities").filter(pl.col("county_fips") == code).sort("population", nulls_last=True)
            largest = own.filter(pl.col("population") == own["population"].max()).row(0, named=True)
            first, thousands = cities.split(";")[0].split("|")
            assert first.lower() == largest["city"].lower()
            assert int(thousands) == pytest.approx(largest["population"] / 1000, abs=0.51)
            sizes = [int(c.split("|")[1]) if "|" in c else 0 for c in cities.split(";")]
            assert sizes == sorted(sizes, reverse=True)
        else:
            assert cities == ""
    zips = search_data.zip_index(data)
    pairs = ((start, one.split(":")) for start, some in zips.items() for one in some.split(";"))
    found = {start + rest: fips for start, (rest, fips) in pairs}
    zip_rows = table("zips").select("zip", "county_fips").iter_rows()
    expected = {code: fips for code, fips in zip_rows if ("county", fips) in data.places}
    assert found == expected
    assert found["78701"] == "48453"


def test_the_map_has_the_counts_of_the_records_and_fifths_of_their_rates(data: SiteData) -> None:
    found = map_data(data)
    for view, (level, every) in {"county": ("county", "year"), "state": ("state", "month")}.items():
        own = found["levels"][view]
        for measure, rows in own["counts"].items():
            for period, row in zip(own["periods"], rows, strict=True):
                year, *month = (int(x) for x in period.split("-"))
                span = _fiscal(year)
                if month:
                    first = dt.date(year, month[0], 1)
                    span = first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
                assert bool(month) is (every == "month")
                for code, n in zip(own["codes"], row, strict=True):
                    truth = _true(data.places[level, code], measure, *span)
                    assert n == truth or n == -2 or (n == -1 and 0 < truth < 5)
        for year, people in own["people"].items():
            assert people == [_people(data.places[level, c], int(year)) for c in own["codes"]]
    assert found["levels"]["county"]["periods"] == ["2016", "2017"]
    assert len(found["levels"]["state"]["periods"]) == 24
    assert found["threshold"] == 5
    assert found["homes"]["48453"] == ["TX", "SNA"]
    own = found["levels"]["county"]
    rates = [
        n / p * 1e5
        for year, row in zip(own["periods"], own["counts"]["arrests"], strict=True)
        for code, n, p in zip(own["codes"], row, own["people"][year], strict=True)
        if n > 0 and code not in found["norate"]
    ]
    wanted = [float(f"{sorted(rates)[k * len(rates) // 5]:.2g}") for k in (1, 2, 3, 4)]
    assert all(a == b or a > b for a, b in zip(own["cuts"]["arrests"], wanted, strict=True))
    assert own["cuts"]["arrests"][0] == wanted[0]
    classes = first_classes(found)
    for code, n, people in zip(
        own["codes"], own["counts"]["arrests"][-1], own["people"]["2017"], strict=True
    ):
        if code in found["norate"]:
            assert classes[code] == "qr"
        elif n > 0:
            assert (
                classes[code]
                == f"q{1 + int(np.searchsorted(own['cuts']['arrests'], n / people * 1e5, 'right'))}"
            )
        else:
            assert classes[code] == {-1: "qs", -2: "qx", 0: "q0"}[n]


def test_the_bar_of_a_county_divides_the_arrests_of_its_area(data: SiteData) -> None:
    for place in data.places.values():
        found = where_view.where_of(data, place, EN, "../../")
        if place.level != "county":
            assert found is None
            continue
        assert found is not None
        area = data.places["aor", next(code for level, code in place.parents if level == "aor")]
        whole = data.series(area, "arrests", "year")
        own = data.series(place, "arrests", "year")
        assert whole is not None
        assert own is not None
        k = sum(v or 0 for v in whole.values)
        parts = found["parts"]
        assert parts[0]["kind"] == "w-county"
        assert parts[-1]["kind"] == "w-rest"
        assert parts[-1]["href"] == f"../../{area.stem}.html"
        offices = [p for p in parts if p["kind"] == "w-office"]
        for part in offices:
            assert re.fullmatch(r"\.\./\.\./place/office/(AUS|NOL)\.html", part["href"])
        n = sum(v or 0 for v in own.values)
        codes = [part["href"].split("/")[-1].removesuffix(".html") for part in offices]
        beside = [_true(data.places["office", code], "arrests", START, END) for code in codes]
        assert [_number(part["n"]) for part in offices] == beside
        assert _number(parts[-1]["n"]) == k - n - sum(beside)
        shares = [n / k, *(b / k for b in beside), (k - n - sum(beside)) / k]
        drawn = [
            (float(x), float(wide)) for x, wide in re.findall(r'x="([\d.]+)" width="([\d.]+)"', found["bar"])
        ]
        at = [1000 * sum(shares[:i]) for i in range(len(shares))]
        wide = [(x, 1000 * s) for x, s in zip(at, shares, strict=True) if s]
        assert len(drawn) == len(wide)
        for one, other in zip(drawn, wide, strict=True):
            assert one == pytest.approx((other[0], max(other[1], 4)), abs=0.06)
        for part, share in zip(parts, shares, strict=True):
            assert part["share"] == (EN.percent(share) if share else "")


def test_places_stand_side_by_side_with_their_sums_and_years(data: SiteData) -> None:
    assert where_view.sides_of(data, data.places["state", "TX"], EN, "") is None
    found = where_view.sides_of(data, data.places["county", "48453"], EN, "../")
    assert found is not None
    assert found["chart"] == "../compare.html?with=county-48453,office-AUS,aor-SNA"
    heads = [h.href for h in found["totals"].head[1:] if isinstance(h, Link)]
    assert heads == [f"../place/{p}.html" for p in ("county/48453", "office/AUS", "aor/SNA")]
    some = [data.places[c] for c in (("county", "48453"), ("office", "AUS"), ("aor", "SNA"))]
    for row, measure in zip(found["totals"].rows, ("arrests", "at_large", "handoffs"), strict=True):
        assert row[0] == EN(f"measure.{measure}")
        for said, place in zip(row[1:], some, strict=True):
            assert _number(said) == _true(place, measure, START, END)
    for row, year in zip(found["years"].rows, (2016, 2017), strict=True):
        assert row[0] == f"FY{year}"
        assert [_number(n) for n in row[1:]] == [_true(p, "arrests", *_fiscal(year)) for p in some]


def test_shares_that_name_a_county_are_those_of_the_shown_counts(data: SiteData) -> None:
    for area, share in data.named_shares.items():
        counties = [p for p in data.places.values() if p.level == "county" and ("aor", area) in p.parents]
        sums = [sum(v or 0 for v in (data.series(p, "arrests", "year") or _none()).values) for p in counties]
        assert share == pytest.approx(sum(sums) / _true(data.places["aor", area], "arrests", START, END))
    for (_, code), reason in data.unrated.items():
        home = homes()["county", code]
        offices = [data.places["office", o] for o in home.offices if ("office", o) in data.places]
        beside = sum(_true(o, "arrests", START, END) for o in offices)
        own = data.series(data.places["county", code], "arrests", "year")
        assert own is not None
        is_office = beside > sum(v or 0 for v in own.values)
        assert reason == ("office" if is_office else "area")
        assert is_office or data.named_shares[home.aor] < 0.5
    assert data.unplaced == 0  # every one of these records gives its area


def _none() -> Any:
    raise AssertionError("a county without arrests")


def test_months_and_quarters_of_a_script_add_up(data: SiteData) -> None:
    quarters = 0
    for place in data.places.values():
        found = series_of(data, place)
        assert found["names"]["en"] == pages.name_of(place, EN)
        assert (found["level"], found["code"], found["page"]) == (
            place.level,
            place.code,
            f"{place.stem}.html",
        )
        assert found["fine"] == place.fine
        for every, months in (("month", 1), ("quarter", 3), ("year", 12)):
            for measure, values in found["series"].get(every, {}).items():
                start = dt.date.fromisoformat(f"{found['start'][every]}-01")
                for i, n in enumerate(values):
                    at = start.year * 12 + start.month - 1 + i * months
                    first = dt.date(at // 12, at % 12 + 1, 1)
                    after = dt.date((at + months) // 12, (at + months) % 12 + 1, 1)
                    truth = _true(place, measure, first, after - dt.timedelta(days=1))
                    assert n in (truth, -2) or (n == -1 and 0 < truth < 5)
                    quarters += every == "quarter" and n == truth
                assert len(values) == 24 // months
        people = found["people"]
        assert people is None or people[2017] == _people(place, 2017)
        for mark in found["policies"]:
            assert dt.date.fromisoformat(mark["day"]) <= END
    assert quarters > 50
    assert found["partial"] == {"month": [], "year": []}


def test_surges_have_the_counts_of_their_days(data: SiteData) -> None:
    shown = [(code, s) for code, some in data.surges.items() for s in some]
    assert ("office", "AUS") in data.surges
    for code, s in shown:
        truth = _true(data.places[code], "at_large", s["start"], s["end"])
        assert s["observed"] in ("", f"{truth:,}")
        assert (s["q_text"] == "–") == (s["observed"] == "")
    rows = [s for _, s in shown]
    listed = surges_table(rows, EN, data.places, "../")
    for row, (code, s) in zip(listed.rows, shown, strict=True):
        link, when, observed, expected = row[:4]
        assert isinstance(link, Link)
        assert link.href == f"../{data.places[code].stem}.html"
        assert when == EN.days(s["start"], s["end"])
        assert observed == (s["observed"] or EN("cell.withheld"))
        assert expected == ("<0.1" if s["expected"] < 0.1 else f"{s['expected']:,.1f}")
    assert len(listed.head) == 6
    assert len(surges_table(rows, EN).head) == 5
    marks = series_of(data, data.places["county", "48453"])["surges"]
    around = sorted((s for s in data.surges["aor", "SNA"] if s["observed"]), key=lambda s: s["rank"])[:2]
    assert [(m["count"], m["rank"], m["area"]) for m in marks if m["area"]] == [
        (s["observed"], s["rank"] + 1000, data.places["aor", "SNA"].name) for s in around
    ]


def test_policies_and_days_of_a_site_end_with_its_records(data: SiteData) -> None:
    assert (data.first_day, data.last_month, data.last_day) == (START, dt.date(2017, 9, 1), END)
    assert data.partial_years() == []
    assert [share for _, share in data.coverage["arrests"]] == [1.0] * 24
    known = table("policies").filter(pl.col("effective").cast(pl.String) <= END.isoformat())
    texas = known.filter(pl.col("level") == "state", pl.col("state") == "TX")["id"].to_list()
    dated = [r["id"] for r in data.policies["state", "TX"] if r["effective"]]
    assert set(texas) <= set(dated)
    for rows in data.policies.values():
        days = [str(r["effective"]) for r in rows if r["effective"]]
        assert days == sorted(days)
        assert all(day <= END.isoformat() for day in days)
    starts, ends = spans_of(data, EN)
    assert starts == [("", "Oct 2015"), ("2016-01", "Jan 2016"), ("2017-01", "Jan 2017")]
    assert ends == [("", "Sep 2017"), ("2016-12", "Dec 2016"), ("2015-12", "Dec 2015")]


def test_the_question_of_a_page_is_its_first_policy_that_can_be_answered(data: SiteData) -> None:
    made = {"announced": None, "ended": None, "level": "county", "id": "here-2016"}
    place = data.places["county", "48453"]
    # Seven months before and three after the day are needed: from May 2016 to June 2017.
    for day, is_asked in (
        (dt.date(2016, 4, 30), False),
        (dt.date(2016, 5, 1), True),
        (dt.date(2017, 6, 1), True),
        (dt.date(2017, 6, 2), False),
    ):
        said = pages.ask_command(data, place, [{**made, "effective": day}])
        assert said == (
            "atlarge explain 48453 --policy here-2016"
            if is_asked
            else "atlarge surges --by county --place 48453"
        )
    state = {**made, "level": "state", "effective": dt.date(2016, 9, 1)}
    assert pages.ask_command(data, place, [state]) == "atlarge explain 48453 --date 2016-09-01"


def test_the_database_has_the_rows_of_the_download(
    gathered: tuple[SiteData, Disclosed], tmp_path: Path
) -> None:
    data, disclosed = gathered
    frame = download_frame(disclosed, {code: p.name for code, p in data.places.items()})
    assert frame.height == disclosed.frame.height
    (tmp_path / "x.sqlite").write_bytes(sqlite_bytes(data, frame))
    base = sqlite3.connect(tmp_path / "x.sqlite")
    rows = base.execute(
        "select level, place, measure, period, start, end, value, mark from counts"
    ).fetchall()
    names = ["level", "place", "measure", "period", "start", "end", "value", "mark"]
    assert Counter(rows) == Counter(
        frame.with_columns(pl.col("start", "end").cast(pl.String)).select(names).rows()
    )
    for level, place, name, parents, fine, people, page in base.execute("select * from places"):
        known = data.places[level, place]
        assert (name, fine, page) == (known.name, known.fine, f"{known.stem}.html")
        assert {tuple(p.split(":")) for p in parents.split()} == set(known.parents)
        assert people == (None if level == "office" else _people(known, 2019))
    assert len(place_rows(data)) == len(data.places)
    assert [r[0] for r in base.execute("select id from releases")] == ["made"]
    assert "at_large" in [r[0] for r in base.execute("select measure from measures")]
    base.close()


def _all_pages(data: SiteData) -> dict[str, str]:
    made: dict[str, str] = {}
    for language in ("en", "es"):
        w = Words(language)
        made |= {path_of(p.stem, w): place_page(data, p, w) for p in data.places.values()}
        made |= {path_of(stem, w): page(data, w) for stem, page in SINGLE.items()}
    return made


@pytest.mark.slow
def test_every_link_of_every_page_leads_to_a_file_of_the_site(data: SiteData) -> None:
    made = _all_pages(data)
    known = set(made) | {path for path, _ in policy_files(data)}
    ids = {path: set(re.findall(r'\sid="([^"]+)"', text)) for path, text in made.items()}
    for path, text in made.items():
        for address in set(re.findall(r'href="([^"]*)"', text)):
            if re.match(r"[a-z]+:|//", address):
                continue
            there, _, part = html.unescape(address).partition("#")
            target = (
                posixpath.normpath(posixpath.join(posixpath.dirname(path), there.split("?")[0]))
                if there
                else path
            )
            if target.endswith(".html"):
                assert target in known, (path, address)
                assert not part or target not in ids or part in ids[target], (path, address)
            else:
                assert re.match(r"(static|data|img|es/img)(/|$)", target), (path, address)
    for path in made:  # each page leads to itself in the other language
        other = path.removeprefix("es/") if path.startswith("es/") else f"es/{path}"
        up = "../" * path.count("/")
        assert f'href="{up}{other}"' in made[path], path


def test_the_pages_have_the_names_ways_up_and_data_of_their_place(data: SiteData) -> None:
    travis = data.places["county", "48453"]
    text = place_page(data, travis, EN)
    assert re.search(r"<h1>([^<]*)</h1>", text)[1] == "Travis County, Texas"  # type: ignore[index]
    crumbs = re.search(r'<nav class="crumbs".*?</nav>', text, re.S)
    assert crumbs is not None
    assert re.findall(r'href="([^"]*)"', crumbs[0]) == [
        f"../../place/{p}.html" for p in ("nation/US", "aor/SNA", "state/TX")
    ]
    for name in ("data/county-48453.csv", "data/county-48453.parquet", "img/county-48453.png"):
        assert f'href="../../{name}" download' in text
    assert atlarge.__version__ in pages.cite(data, travis, EN)
    assert "made" in pages.cite(data, travis, EN)
    within = pages.within(data, data.places["state", "TX"], EN)
    counties = {p.code: p for p in data.places.values() if ("state", "TX") in p.parents}
    assert {e["href"] for e in within} == {f"{p.stem}.html" for p in counties.values()}
    for e in pages.within(data, data.places["nation", "US"], EN):
        level, code = e["href"].removesuffix(".html").split("/")[1:]
        assert level in ("state", "aor")
        counts = data.series(data.places[level, code], "arrests", "year")
        assert counts is not None
        assert _number(e["note"]) == sum(v or 0 for v in counts.values)
    about = json.loads(str(dataset_jsonld(data, travis, EN)).replace("\\u003c", "<"))
    assert "Travis County" in about["name"]
    assert key_of(travis) == "county-48453"


def test_the_chart_of_a_page_has_the_table_of_its_months(data: SiteData) -> None:
    drawn = 0
    for place in data.places.values():
        figure = pages.timeline_of(data, place, EN)
        if place.fine != "month":
            continue
        assert figure is not None
        assert figure.table is not None
        for row in figure.table.rows:
            link = row[0]
            assert isinstance(link, Link)
            first = dt.datetime.strptime(link.text, "%b %Y").date()
            assert link.href == f"#{year_id(first.year + (first.month > 9))}"
            last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
            for said, measure in zip(row[1:], METHODS, strict=True):
                if re.fullmatch(r"[\d,]+", str(said)):
                    assert _number(said) == _true(place, measure, first, last)
                    drawn += 1
        assert len(figure.table.rows) == 24
        assert "Oct 2015 to Sep 2017" in figure.wide.sentence
    assert drawn > 200


def test_pages_load_the_scripts_of_live_charts_where_they_have_one(data: SiteData) -> None:
    """A place without months has none to work, and yet says which it could be laid beside."""
    for path, text in _all_pages(data).items():
        loads, has = "static/vendor/d3.min.js" in text, "data-live" in text
        assert loads or not has, path
        assert not loads or has or "place/" in path or path.endswith("index.html"), path

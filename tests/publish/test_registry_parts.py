"""Pages of the registry, the ledger and the way back to the records, their values got another way."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import re
import threading
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from atlarge.disclosure import disclose
from atlarge.policies import registry
from atlarge.publish import policy_pages, share
from atlarge.publish.claims_view import _table, _view
from atlarge.publish.i18n import Words
from atlarge.publish.lineage_data import Origin
from atlarge.publish.lineage_view import _command, lineage_of, year_id
from atlarge.publish.preview import server
from atlarge.publish.render import Link, counts_table, hidden_note, source_link
from atlarge.publish.site_data import PlaceInfo
from atlarge.publish.sqlite_file import data_package
from atlarge.publish.writer import Folder
from atlarge.reference import table
from atlarge.regimes import months_between
from atlarge.wording import web_link

W = Words("en")
MONTHS = months_between(policy_pages.FIRST_MONTH, policy_pages.last_month())


@pytest.mark.slow
def test_the_map_of_the_registry_unrolls_to_the_regime_of_each_month() -> None:
    found = policy_pages._map_values()
    rows = policy_pages._regimes().filter(pl.col("place").is_in(["48453", "06037", "17031", "12086"]))
    assert len(found["kinds"]) == len(found["fills"]) == len(policy_pages.CLASSES)
    for place, month, jail, force, governing in rows.select(
        "place", "month", "agreement_jail", "agreement_task_force", "governing"
    ).iter_rows():
        steps = found["changes"][place]
        at = MONTHS.index(month)
        now = [kind for start, kind in zip(steps[::2], steps[1::2], strict=True) if start <= at][-1]
        name = "jail" if jail else "task_force" if force else governing
        assert policy_pages.CLASSES[now] == name
    for steps in found["changes"].values():
        starts, kinds = steps[::2], steps[1::2]
        assert starts[0] == 0
        assert starts == sorted(set(starts))
        assert all(a != b for a, b in pairwise(kinds))


@pytest.mark.parametrize("state", [None, "TX"])
def test_counties_and_residents_under_each_regime_each_may(state: str | None) -> None:
    shown = policy_pages._year_table(W, state)
    counties = table("counties").select("fips", "state")
    rows = policy_pages._each_may().join(
        counties.unique("fips"), left_on="place", right_on="fips", how="left"
    )
    if state:
        rows = rows.filter(pl.col("state") == state)
    assert [row[0] for row in shown.rows] == [f"May {year}" for year in range(2015, 2015 + len(shown.rows))]
    for row in shown.rows:
        here = rows.filter(pl.col("month").dt.year() == int(str(row[0])[-4:]))
        some = here.filter(pl.col("agreement_jail"))
        n, people = re.fullmatch(r"([\d,]+) \(([\d,.]+)\)", str(row[2])).groups()  # type: ignore[union-attr]
        assert int(n.replace(",", "")) == some["place"].n_unique()
        assert float(people) == pytest.approx(float(some["residents"].sum()) / 1e6, abs=0.051)


def test_a_policy_has_the_days_of_the_registry() -> None:
    known = {p.id: p for p in registry() if not p.is_agreement}
    exact = 0
    for p in known.values():
        said = policy_pages._when(p, W)
        if p.spell.start_earliest == p.spell.start_latest:
            assert said == W.short_day(p.spell.start_earliest)
            exact += 1
        else:
            assert str(p.spell.start_latest.year) in said
        if p.ended is None and p.spell.end_earliest is None:
            assert policy_pages._until(p, W) == "–"
    assert exact > 20
    travis = known["travis-tx-2017"]
    row = policy_pages._row(travis, W, "../")
    assert isinstance(row[0], Link)
    assert row[0].href == "../policy/travis-tx-2017.html"
    assert row[1:3] == [travis.place_name, W(f"direction.{travis.direction}")]
    assert [path for path, _ in policy_pages.downloads(registry())] == [
        "data/policies.csv", "data/policies.parquet", "data/policies.ics",
    ]  # fmt: skip


def _claim(**more: Any) -> dict[str, Any]:
    evidence = {
        "measure": "at_large", "level": "county", "place": "48453", "name": "Travis County, TX",
        "start": dt.date(2017, 2, 1), "end": dt.date(2017, 2, 28),
        "is_counted": True, "scheme": "ddp", "party": "",
        "url": "", "rows": "", "shown": "", "value": 71, "mark": "shown",
    }  # fmt: skip
    said = {**evidence, "is_counted": False, "party": "ICE", "url": "https://ice.example/x", "shown": "51%"}
    return {
        "id": "c1", "text": "said", "speaker": "A", "heard": "", "verdict": "supported", "claimed": "70",
        "found": "71", "fits": "", "needs": "", "answers": [], "explained": ["answers of travis-tx-2017"],
        "is_shown": True,
        "evidence": [evidence, {**evidence, "value": None, "mark": "small"}, said, {**said, "url": ""}],
    } | more  # fmt: skip


def test_a_claim_shows_the_counts_behind_it_as_they_were_disclosed() -> None:
    place = PlaceInfo("county", "48453", "Travis County, TX", "month")
    answer = SimpleNamespace(answer=SimpleNamespace(policy={"id": "travis-tx-2017"}))
    data: Any = SimpleNamespace(places={("county", "48453"): place}, threshold=5, answers=[answer])
    shown = _table(_claim(), data, W)
    assert shown is not None
    assert [row[3] for row in shown.rows] == ["71", "<5", "51%", "51%"]
    assert [row[2] for row in shown.rows] == ["1–28 Feb 2017"] * 4
    assert shown.rows[0][1] == Link("Travis County, TX", "place/county/48453.html")
    assert shown.rows[2][1] == "Travis County, TX"
    assert shown.rows[0][4] == Link(W("claims.records"), "data.html")
    assert shown.rows[2][4] == Link("ICE", "https://ice.example/x", True)
    assert shown.rows[3][4] == "ICE"
    assert _table(_claim(evidence=[]), data, W) is None
    half = _table(
        _claim(evidence=[{**_claim()["evidence"][0], gone: None} for gone in ("start", "end")]), data, W
    )
    assert half is not None
    assert [row[2] for row in half.rows] == ["–", "–"]
    view = _view(_claim(), data, W)
    assert (view["kind"], view["who"], view["hidden"]) == ("fits", "A", "")
    assert view["compared"] == W("claims.compared", claimed="70", found="71")
    assert view["explained"] == ["answers/travis-tx-2017"]
    assert _view(_claim(found=None), data, W)["compared"] == ""
    assert _view(_claim(is_shown=False), data, W)["hidden"] == W("claims.hidden")
    read = {"reading": "r", "verdict": "supported", "shown": "1"}
    assert _view(_claim(answers=[read]), data, W)["compared"] == ""


def test_the_way_back_names_files_of_the_year_and_the_command() -> None:
    place = PlaceInfo("office", "A B", "x", "month")
    counts = disclose(
        pl.DataFrame({"period": [dt.date(2015, 10, 1), dt.date(2016, 10, 1)], "value": [10, 20]})
    ).counts("x")
    spans = [(dt.date(2015, 10, 1), dt.date(2016, 9, 30)), (dt.date(2016, 12, 1), dt.date(2017, 3, 1))]
    from_files = [
        Origin("arrests", f"r{i}", f"f{i}.csv", "", False, a, b, "nation") for i, (a, b) in enumerate(spans)
    ]
    data: Any = SimpleNamespace(
        groups={"arrests": ["arrests", "at_large"]},
        origins=from_files,
        has_rows=True,
        series=lambda *_: counts,
        whole_months=lambda _table: (dt.date(2015, 10, 1), dt.date(2017, 9, 1)),
    )
    years = lineage_of(data, place, "../", W)["years"]
    assert [y["id"] for y in years] == ["from-arrests-2016", "from-arrests-2017"]
    assert [[(f.text, f.href) for f in y["files"]] for y in years] == [
        [(f"f{i}.csv", f"../lineage.html#r-r{i}")] for i in (0, 1)
    ]
    assert years[0]["command"] == (
        "atlarge panel --store STORE --by office --place 'A B' --measure arrests,at_large "
        "--from 2015-10-01 --to 2016-09-30"
    )
    nation = PlaceInfo("nation", "US", "x", "month")
    data.has_rows = False
    said = _command(data, nation, dt.date(2016, 1, 1), dt.date(2016, 2, 1), ["arrests"])
    assert said == "atlarge panel --by nation --measure arrests --from 2016-01-01 --to 2016-02-01"
    assert year_id(dt.date(2016, 9, 30)) == "from-arrests-2016"


def test_links_lead_to_web_addresses_alone_under_the_name_of_their_host() -> None:
    assert web_link("javascript:x") == web_link(None) == web_link("ftp://x") == ""
    assert web_link("https://a.example/x") == "https://a.example/x"
    assert source_link("https://www.ice.example/x") == Link("ice.example", "https://www.ice.example/x", True)
    assert source_link("") == "–"


def test_a_table_behind_a_chart_has_a_row_a_period() -> None:
    days = [dt.date(2016, 1, 1), dt.date(2016, 4, 1)]
    counts = disclose(pl.DataFrame({"period": days, "value": [1200, 2]})).counts("Arrests")
    shown = counts_table(
        [counts, counts], W, "caption", "quarter", [("More", ["a", "b"])], lead=lambda d: f"#{d}"
    )
    assert shown.head == [W("report.col.period"), "Arrests", "Arrests", "More"]
    assert [list(row) for row in shown.rows] == [
        [Link("Jan–Mar 2016", "#2016-01-01"), "1,200", "1,200", "a"],
        [Link("Apr–Jun 2016", "#2016-04-01"), "<5", "<5", "b"],
    ]
    assert hidden_note([counts], W) == W("chart.small_note", most=4)
    assert hidden_note([disclose(pl.DataFrame({"period": days, "value": [9, 9]})).counts("x")], W) == ""


def test_words_of_numbers_and_days() -> None:
    d = dt.date
    assert [W.percent(s) for s in (0, 0.0005, 0.0123, 0.0994, 0.0996, 0.25, 0.994, 0.9999, 1)] == [
        "0%", "<0.1%", "1.2%", "9.9%", "10%", "25%", "99.4%", "100%", "100%",
    ]  # fmt: skip
    assert [W.signed(v) for v in (5, -5, 0, 1234.4)] == ["+5", "\u22125", "0", "+1,234"]
    assert W.signed(-0.04, 1).strip("\u2212") == "0.0"
    assert [W.count(v, n) for v, n in ((-0.2, 0), (1234.56, 1), (-3, 0))] == ["0", "1,234.6", "\u22123"]
    assert W.days(d(2017, 2, 9), d(2017, 2, 9)) == "9 Feb 2017"
    assert W.days(d(2017, 2, 9), d(2017, 2, 12)) == "9–12 Feb 2017"
    assert W.days(d(2017, 2, 9), d(2017, 3, 12)) == "9 Feb – 12 Mar 2017"
    assert W.days(d(2016, 12, 9), d(2017, 1, 2)) == "9 Dec 2016 – 2 Jan 2017"
    assert [W.period(d(2016, 10, 1), e) for e in ("year", "month", "quarter", "day", "month_from")] == [
        "FY2017", "Oct 2016", "Oct–Dec 2016", "1 Oct 2016", "Oct 2016",
    ]  # fmt: skip
    assert W.period(d(2016, 10, 5), "month_from") == W("period.month_from", day="5 Oct 2016")
    assert Words("es").percent(0.25) == "25\u202f%"


def test_bars_of_a_share_picture_are_as_tall_as_their_counts() -> None:
    days = [dt.date(y, 10, 1) for y in (2015, 2016, 2017)]
    counts = disclose(pl.DataFrame({"period": days, "value": [100, 200, 3]})).counts("x")
    picture: share.Levels = np.zeros((share.HEIGHT, share.WIDTH), np.uint8)
    share._bars(picture, counts, W, [days[2]])
    full = picture == share._full(share._BAR)
    columns = np.flatnonzero(full.any(axis=0))
    slot = (576 - 24) / 3
    for i, n in enumerate((100, 200)):
        own = columns[(columns >= 24 + slot * i) & (columns < 24 + slot * (i + 1))]
        assert len(own) == 90
        assert (own[0] + own[-1] + 1) / 2 == pytest.approx(24 + slot * (i + 0.5), abs=1)
        assert full[:, own[45]].sum() == pytest.approx((262 - 126) * n / 200, abs=1)
    assert not (columns >= 24 + 2 * slot).any()
    dashes = np.flatnonzero((picture[:262] == share._full(share._SOFT)).sum(axis=0) > 1)
    assert dashes.size
    face = share.letters(30, True)
    cut = share._fitted("a very long name of a place " * 4, face)
    assert cut.endswith("…")
    assert face.width(cut) <= 552 < face.width(cut) + 40
    assert share._fitted("short", face) == "short"
    edge: share.Levels = np.zeros((20, 60), np.uint8)
    face.put(edge, -4, 12, "HHH", 1)  # cut at the left and above, to the last row and column
    whole: share.Levels = np.zeros((60, 90), np.uint8)
    face.put(whole, 16, 42, "HHH", 1)
    assert edge[0].any()
    assert (edge == whole[30:50, 20:80]).all()
    plates = share._palette()
    assert len(plates) == 1 + 4 * share.LEVELS
    assert plates[0] == (255, 255, 255)
    assert [plates[share._full(c)] for c in share._COLOURS] == list(share._COLOURS)


def test_a_package_lists_its_files_with_size_and_hash() -> None:
    data: Any = SimpleNamespace(
        threshold=5, releases=[{"id": "r", "file": None}], groups={"arrests": ["arrests"]}
    )
    sizes = {
        f"data/{name}": (i, f"hash{i}") for i, name in enumerate(("all.csv", "all.parquet", "places.csv"))
    }
    found = json.loads(data_package(data, sizes))
    assert [(r["path"], r["bytes"], r["hash"], r["format"]) for r in found["resources"]] == [
        ("all.csv", 0, "sha256:hash0", "csv"),
        ("all.parquet", 1, "sha256:hash1", "parquet"),
        ("places.csv", 2, "sha256:hash2", "csv"),
    ]
    assert found["sources"] == [{"title": "r", "name": "r"}]
    assert found["measures"][0]["name"] == "arrests"


def test_a_file_that_stays_the_same_is_not_written_again(tmp_path: Path) -> None:
    first, second = tmp_path / "site", tmp_path / "new"
    first.mkdir()
    second.mkdir()
    before = Folder(tmp_path / "none", first)
    before.put("a.txt", "same")
    before.put("b.txt", "old")
    before.put_built("c.txt", "key", lambda: "built")
    assert before.tally.written == 3
    said = {"format": 1, "files": before.tally.files, "keys": before.tally.keys}
    (first / "site.json").write_text(json.dumps(said))
    folder = Folder(first, second)
    folder.put("a.txt", "same")
    folder.put("b.txt", "new")
    folder.put_built("c.txt", "key", lambda: pytest.fail("is built already"))
    assert folder.tally.written == 1
    assert folder.tally.sizes == {"a.txt": 4, "b.txt": 3, "c.txt": 5}
    assert [(second / name).read_text() for name in ("a.txt", "b.txt", "c.txt")] == ["same", "new", "built"]
    assert (second / "a.txt").stat().st_ino == (first / "a.txt").stat().st_ino
    with pytest.raises(ValueError, match="twice"):
        folder.put("a.txt", "same")
    (first / "a.txt").write_text("by hand")
    other = Folder(first, tmp_path / "third")
    other.put("a.txt", "same")
    assert other.tally.written == 1


@pytest.mark.parametrize(
    ("files", "on_disk", "is_own"),
    [
        (["index.html", "404.html"], True, True),
        (["index.html"], True, False),  # a file of the folder that is not the site's
        (["index.html", "404.html"], False, False),
    ],
)
def test_a_page_that_is_not_there_is_answered_by_the_site_only_with_its_own_page(
    tmp_path: Path, files: list[str], on_disk: bool, is_own: bool
) -> None:
    (tmp_path / "site.json").write_text(json.dumps({"format": 1, "files": dict.fromkeys(files, "")}))
    (tmp_path / "index.html").write_text("front")
    if on_disk:
        (tmp_path / "404.html").write_text("own page")
    with server(tmp_path) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        connection = http.client.HTTPConnection("127.0.0.1", served.server_address[1], timeout=10)
        for path, status in (("/", 200), ("/gone.html", 404)):
            connection.request("GET", path)
            found = connection.getresponse()
            body = found.read().decode()
            assert found.status == status
            assert (body == "own page") == (is_own and status == 404)
            assert found.headers["X-Content-Type-Options"] == "nosniff"
        connection.close()
        served.shutdown()

"""Newest releases from a server on this machine: fetched once, taken up, refused, ingested, compared."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import json
import threading
import urllib.error
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import simulated_files
from atlarge.errors import ReleaseError
from atlarge.ingest import ingest
from atlarge.records.store import Store, open_store
from atlarge.releases.fetch import fetch
from atlarge.releases.latest import RECORD, fetch_latest
from atlarge.update import update
from command_line import run

pytestmark = pytest.mark.slow_file

SITES = ("TRAVIS COUNTY JAIL, AUSTIN, TX", "WILLIAMSON COUNTY JAIL, TX", "AUS GENERAL AREA, NON-SPECIFIC")
OTHERS = [
    f"{name} COUNTY JAIL, TX"
    for name in (
        "BEXAR", "HAYS", "COMAL", "BASTROP", "CALDWELL", "BURNET", "BLANCO", "LLANO", "KENDALL", "KERR",
        "MEDINA", "UVALDE", "WEBB", "FRIO", "ATASCOSA", "WILSON", "GUADALUPE", "GONZALES", "LEE", "BELL",
    )
]  # fmt: skip


class _Files(BaseHTTPRequestHandler):
    """Gives files by name, with an entity tag that changes with the content; breaks off where asked to.

    `ways`: what else servers do. "no 304" gives the file again; "no ranges" starts it anew; "wrong range"
    starts it anew and calls that the rest; "no tags" gives none.
    """

    files: dict[str, bytes] = {}  # noqa: RUF012
    ways: set[str] = set()  # noqa: RUF012
    requests: list[tuple[str, str, str | None]] = []  # noqa: RUF012
    breaks: list[int] = []  # noqa: RUF012

    def do_GET(self) -> None:
        body = self.files.get(self.path.rsplit("/", 1)[-1])
        wanted = self.headers.get("Range")
        type(self).requests.append((self.command, self.path, wanted))
        if body is None:
            self.send_error(404)
            return
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == tag and "no 304" not in self.ways:
            self.send_response(304)
            self.end_headers()
            return
        goes_on = wanted and self.headers.get("If-Range", tag) == tag and "no ranges" not in self.ways
        start = (
            int(str(wanted).split("=")[1].rstrip("-")) if goes_on and "wrong range" not in self.ways else 0
        )
        self.send_response(206 if goes_on else 200)
        if goes_on:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if "no tags" not in self.ways:
            self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        part = body[start:]
        self.wfile.write(part[: self.breaks.pop()] if self.breaks else part)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def source() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _Files.files, _Files.requests, _Files.breaks, _Files.ways = {}, [], [], set()
    yield f"http://127.0.0.1:{server.server_port}/data"
    server.shutdown()
    server.server_close()


def arrests(changed: dict[str, str] | None = None, extra: int = 0, start: int = 0) -> bytes:
    """One vintage of the newest arrests, three a day; `changed` gives some another landmark, by id."""
    day = dt.date(2025, 1, 1)
    rows = [
        {
            "apprehension_date": str(day + dt.timedelta(days=i // 3)),
            "apprehension_aor": "San Antonio Area of Responsibility",
            "apprehension_method": "Located" if i % 3 else "CAP Local Incarceration",
            "event_landmark": (changed or {}).get(f"p{i}", SITES[i % 6] if i % 6 < 3 else OTHERS[i % 20]),
            "apprehension_state_original": "TEXAS",
            "unique_identifier": f"p{i}",
        }
        for i in range(start, 600 + extra)
    ]
    stream = io.BytesIO()
    pl.DataFrame(rows).write_parquet(stream)
    return stream.getvalue()


@pytest.mark.parametrize("ways", [set(), {"no 304"}, {"no tags"}])
def test_a_newest_release_is_fetched_once(ways: set[str], source: str, tmp_path: Path) -> None:
    _Files.ways = ways
    _Files.files = {"arrests-latest.parquet": arrests()}
    first = fetch_latest("arrests-latest", tmp_path, source=source)
    assert (first.status, first.sha256) == ("new", hashlib.sha256(arrests()).hexdigest())
    assert fetch_latest("arrests-latest", tmp_path, source=source).status == "unchanged"
    _Files.files = {"arrests-latest.parquet": arrests(extra=9)}
    again = fetch_latest("arrests-latest", tmp_path, source=source)
    assert (again.status, again.bytes) == ("new", len(arrests(extra=9)))
    assert json.loads((tmp_path / RECORD).read_text())["arrests-latest.parquet"]["sha256"] == again.sha256
    assert fetch("arrests-latest", tmp_path, source=source) == [tmp_path / "arrests-latest.parquet"]
    assert fetch("ddp-arrests-c", tmp_path, source=source) == [tmp_path / "arrests-latest.parquet"]


def test_a_refused_request_lets_go_of_its_connection(source: str, tmp_path: Path) -> None:
    """Left to the garbage collector, it may be found open: a warning in whatever runs then."""
    with pytest.raises(ReleaseError, match="HTTP 404") as refusal:
        fetch_latest("arrests-latest", tmp_path, source=source)
    error: BaseException | None = refusal.value
    while error is not None and not isinstance(error, urllib.error.HTTPError):
        error = error.__context__
    assert error is not None
    assert error.fp.closed


@pytest.mark.parametrize("cut", [1, 2_000, -1])
@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize("ways", [set(), {"no ranges"}, {"wrong range"}, {"no tags"}])
def test_a_broken_download_goes_on_unless_the_file_was_replaced(
    ways: set[str], replaced: bool, cut: int, source: str, tmp_path: Path
) -> None:
    """Whatever the server does with a part of a file, what comes in the end is one file, never two mixed."""
    _Files.files, _Files.ways = {"arrests-latest.parquet": arrests()}, ways
    _Files.breaks = [cut % len(arrests())]
    with pytest.raises(ReleaseError, match=r"cannot be downloaded.*deportationdata\.org"):
        fetch_latest("arrests-latest", tmp_path, source=source)
    assert not (tmp_path / "arrests-latest.parquet").exists()
    if replaced:
        _Files.files = {"arrests-latest.parquet": arrests(extra=50)}
    if ways == {"wrong range"} and not replaced:
        with pytest.raises(ReleaseError, match="another part than the one that was requested"):
            fetch_latest("arrests-latest", tmp_path, source=source)
    done = fetch_latest("arrests-latest", tmp_path, source=source)
    assert Path(str(done.file)).read_bytes() == _Files.files["arrests-latest.parquet"]
    if not ways:
        assert _Files.requests[-1][2] == f"bytes={cut % len(arrests())}-"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["arrests-latest.parquet", RECORD]


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_file_that_was_damaged_here_is_fetched_again(is_cut: bool, source: str, tmp_path: Path) -> None:
    content = arrests()
    _Files.files = {"arrests-latest.parquet": content}
    file = Path(str(fetch_latest("arrests-latest", tmp_path, source=source).file))
    file.write_bytes(content[:2_000] + (b"" if is_cut else b"??" + content[2_002:]))
    assert fetch_latest("arrests-latest", tmp_path, source=source).status == "new"
    assert file.read_bytes() == content


@pytest.mark.parametrize("record", ["{", "[]", '{"arrests-latest.parquet": null}', "{}"])
def test_a_damaged_record_of_what_was_fetched_is_made_anew(record: str, source: str, tmp_path: Path) -> None:
    _Files.files = {"arrests-latest.parquet": arrests()}
    fetch_latest("arrests-latest", tmp_path, source=source)
    (tmp_path / RECORD).write_text(record)
    (tmp_path / "arrests-latest.parquet.part").write_bytes(b"PAR1")
    (tmp_path / "arrests-latest.parquet.part.tag").write_bytes(b"\xff\n\xfe")
    with contextlib.suppress(ReleaseError):  # no tag of any server
        fetch_latest("arrests-latest", tmp_path, source=source)
    assert fetch_latest("arrests-latest", tmp_path, source=source).status == "new"
    assert fetch_latest("arrests-latest", tmp_path, source=source).status == "unchanged"


@pytest.mark.parametrize(
    "address", ["a/folder", "/a/folder", "http://[::1/", "http://127.0.0.1:9/añb", "x://y"]
)
def test_an_address_that_is_none_is_named_in_one_line(address: str, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="cannot be downloaded") as refusal:
        fetch_latest("arrests-latest", tmp_path, source=address)
    assert address in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "a pointer of Git LFS"),
        (b"<!DOCTYPE html><html>not found</html>", "no Parquet file"),
        (b"PAR1 cut short", "no Parquet file"),
        (None, "HTTP 404"),
    ],
)
def test_what_to_do_is_said_where_it_fails(
    content: bytes | None, why: str, source: str, tmp_path: Path
) -> None:
    _Files.files = {"arrests-latest.parquet": content} if content else {}
    with pytest.raises(
        ReleaseError, match=f"{why}.*open https://deportationdata.org.*atlarge ingest FILE"
    ) as raised:
        fetch_latest("arrests-latest", tmp_path, source=source)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "arrests-latest.parquet").exists()


def test_an_unknown_name_lists_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="there are: arrests-latest, detainers-latest"):
        fetch_latest("arrests", tmp_path)


def test_an_update_reports_what_a_later_vintage_changed(source: str, tmp_path: Path) -> None:
    store = tmp_path / "store"
    _Files.files = {"arrests-latest.parquet": arrests()}
    first = update(store, names=["arrests-latest"], source=source)
    assert ([one.status for one in first.fetched], first.revisions) == (["new"], [])
    assert (tmp_path / "releases" / "arrests-latest.parquet").exists()
    old = open_store(store).scan("arrests").collect()

    # 20 arrests of Williamson County become Travis County's
    moved = {f"p{i}": SITES[0] for i in range(1, 120, 6)}
    _Files.files = {"arrests-latest.parquet": arrests(moved, extra=30)}
    second = update(store, source=source)
    assert [one.status for one in second.fetched] == ["new"]
    new = open_store(store).scan("arrests").collect()
    by_place = {
        (row["place"], row["date"]): (row["before"], row["after"])
        for row in second.revisions
        if row["place_kind"] == "county"
    }
    for county in ("48453", "48491"):
        for month in pl.date_range(dt.date(2025, 1, 1), dt.date(2025, 6, 1), "1mo", eager=True):
            counts = tuple(
                frame.filter(
                    pl.col("county_fips") == county, pl.col("date").dt.truncate("1mo") == month
                ).height
                for frame in (old, new)
            )
            assert by_place.get((county, str(month)), (counts[0], counts[0])) == counts
    assert {place for place, _ in by_place} == {"48453", "48491"}
    assert second.revisions == sorted(second.revisions, key=lambda row: -abs(row["change"]))

    third = update(store, source=source)
    assert ([one.status for one in third.fetched], third.revisions) == (["unchanged"], [])


def test_both_vintages_stay_in_the_store(source: str, tmp_path: Path) -> None:
    store = tmp_path / "store"
    for content in (arrests(), arrests({"p1": SITES[0]}, extra=30)):
        _Files.files = {"arrests-latest.parquet": content}
        update(store, names=["arrests-latest"], source=source)
    opened = open_store(store)
    assert len(opened.releases) == 2
    kept = sum(opened.scan("arrests").collect()["n"])
    aside = sum(pl.read_parquet(store / r["overlap"])["n"].sum() for r in opened.releases if r["overlap"])
    assert kept + aside == 600 + 630


def test_answers_that_read_differently_are_named(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answers themselves are simulated: one that follows the county's count, one that does not."""
    import atlarge.update as updating

    def read(policy: Any, opened: Store) -> dict[str, Any]:
        rows = opened.scan("arrests").filter(pl.col("county_fips") == str(policy.place)).collect()
        return {"headline": f"{rows.height} arrests", "verdicts": {}, "spans": []}

    monkeypatch.setattr(updating, "_read", read)
    store = tmp_path / "store"
    _Files.files = {"arrests-latest.parquet": arrests()}
    update(store, names=["arrests-latest"], source=source)
    moved = {f"p{i}": SITES[0] for i in range(1, 120, 6)}
    _Files.files = {"arrests-latest.parquet": arrests(moved, extra=30)}
    done = update(store, source=source)
    own = [changed for changed in done.answers_changed if changed["place"] == "48453"]
    assert own
    assert all(changed["place"] in ("48453", "48491") for changed in done.answers_changed)
    assert (own[0]["before"]["headline"], own[0]["after"]["headline"]) == ("100 arrests", "125 arrests")


def test_an_update_that_fetches_nothing_says_so(source: str, tmp_path: Path) -> None:
    done = run(["update", "--store", str(tmp_path / "s"), "--from", source, "--json"])
    assert isinstance(done.exception, ReleaseError)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("is_parquet", [False, True])
def test_a_file_that_is_refused_keeps_no_other_out(is_parquet: bool, source: str, tmp_path: Path) -> None:
    """Neither one that no reader reads nor one of no known family; where all are, it is the error."""
    stream = io.BytesIO()
    pl.DataFrame({"some column": [1, 2], "other column": ["x", "y"]}).write_parquet(stream)
    broken = stream.getvalue() if is_parquet else b"PAR1" + bytes(500) + b"PAR1"
    _Files.files = {"arrests-latest.parquet": arrests(), "detainers-latest.parquet": broken}
    names = ["detainers-latest", "arrests-latest"]
    lines: list[str] = []
    done = update(tmp_path / "store", names=names, source=source, on_progress=lines.append)
    assert [one.status for one in done.fetched] == ["failed", "new"]
    assert str(done.fetched[0].why) in lines
    assert str(tmp_path / "releases" / "detainers-latest.parquet") in str(done.fetched[0].why)
    kept = simulated_files.tree(tmp_path / "store")
    assert open_store(tmp_path / "store").tables() == ["arrests"]
    again = update(tmp_path / "store", names=names, source=source)
    assert [one.status for one in again.fetched] == ["failed", "unchanged"]
    _Files.files["arrests-latest.parquet"] = broken
    with pytest.raises(ReleaseError, match=r"detainers-latest\.parquet"):
        update(tmp_path / "store", names=names, source=source)
    assert simulated_files.tree(tmp_path / "store") == kept


def test_the_command_prints_one_json_document(source: str, tmp_path: Path) -> None:
    _Files.files = {"arrests-latest.parquet": arrests()}
    command = ["update", "--store", str(tmp_path / "s"), "--from", source, "--json", "--no-answers"]
    printed = json.loads(run(command).stdout)
    assert {one["name"]: one["status"] for one in printed["fetched"]} == {
        "arrests-latest": "new",
        "detainers-latest": "failed",
        "detention-stays-latest": "failed",
        "detention-stints-latest": "failed",
    }
    assert (printed["revisions"], printed["answers_changed"]) == ([], [])


def test_a_later_workbook_of_a_year_is_counted_and_the_revision_reported(tmp_path: Path) -> None:
    """Two files of one series of figures: of each day the newer figure is counted, the older one is kept."""
    days = pl.date_range(dt.date(2025, 8, 2), dt.date(2025, 9, 20), eager=True)
    states = ("TEXAS", "WISCONSIN", "ILLINOIS", "MINNESOTA", "OREGON")
    old = pl.DataFrame({"apprehension_date": days.cast(pl.String), **{s: [5] * len(days) for s in states}})
    later = pl.date_range(dt.date(2025, 8, 2), dt.date(2025, 10, 1), eager=True)
    new = pl.DataFrame({"apprehension_date": later.cast(pl.String), **{s: [5] * len(later) for s in states}})
    is_day = pl.col("apprehension_date") == "2025-09-01"
    new = new.with_columns(pl.when(is_day).then(9).otherwise("TEXAS").alias("TEXAS"))
    for order in ((old, new), (new, old)):
        store = tmp_path / f"store{order[0].height}"
        changed = []
        for at, frame in enumerate(order):
            frame.write_csv(tmp_path / f"{at}.csv")
            changed = ingest([tmp_path / f"{at}.csv"], store).revisions
        counted = open_store(store).scan("aggregates").collect()
        assert counted.height == new.height * len(states)
        texas = counted.filter(pl.col("place") == "TX", pl.col("date") == dt.date(2025, 9, 1))
        assert texas["value"].to_list() == [9.0]
        audits = open_store(store).releases
        assert (
            sum(pl.read_parquet(store / r["overlap"]).height for r in audits if r["overlap"])
            == old.height * 5
        )
        assert all(r["rows_read"] == r["rows_kept"] + sum(r["rows_dropped"].values()) for r in audits)
        if order[0] is old:
            assert [(row["place"], row["date"], row["before"], row["after"]) for row in changed] == [
                ("TX", "2025-09-01", 5, 9)
            ]
        else:
            assert changed == []


def test_places_that_were_not_covered_before_are_no_revision(tmp_path: Path) -> None:
    """A cut to one state, then the whole: only the state's own counts can be revised."""
    frame = pl.read_parquet(io.BytesIO(arrests(extra=600)))
    areas = ["San Antonio", "Atlanta", "Chicago", "Seattle", "Boston", "Denver"]
    names = pl.Series([f"{areas[i % 6]} Area of Responsibility" for i in range(frame.height)])
    sites = ["TRAVIS COUNTY JAIL, TX", "COBB COUNTY JAIL, GA", "COOK COUNTY JAIL, IL", "KING COUNTY JAIL, WA",
             "SUFFOLK COUNTY HOC, MA", "DENVER COUNTY JAIL, CO"]  # fmt: skip
    states = ["TEXAS", "GEORGIA", "ILLINOIS", "WASHINGTON", "MASSACHUSETTS", "COLORADO"]
    whole = frame.with_columns(
        apprehension_aor=names,
        event_landmark=pl.Series([sites[i % 6] for i in range(frame.height)]),
        apprehension_state_original=pl.Series([states[i % 6] for i in range(frame.height)]),
    )
    whole.filter(pl.col("apprehension_state_original") == "TEXAS").write_parquet(tmp_path / "cut.parquet")
    whole.write_parquet(tmp_path / "whole.parquet")
    ingest([tmp_path / "cut.parquet"], tmp_path / "store", covers="state:TX")
    done = ingest([tmp_path / "whole.parquet"], tmp_path / "store", covers="nation")
    assert done.revisions == []

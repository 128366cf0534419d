"""Pages, briefs, records of editions and folders of sites, each worked out by hand."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from atlarge.disclosure import disclose
from atlarge.disclosure.table import Counts
from atlarge.errors import QuestionError
from atlarge.policies import policies
from atlarge.publish import demo, writer
from atlarge.publish.answers import show
from atlarge.publish.brief import CHART_HEIGHT, HEIGHT, MARGIN, WIDTH, brief_of, brief_svg
from atlarge.publish.editions import Edition, prior_of, read_edition, record_of
from atlarge.publish.findings import Workers, requested_policies
from atlarge.publish.forecast_view import forecast_section
from atlarge.publish.i18n import Words
from atlarge.publish.layout import crumbs, crumbs_to, page_of, path_of
from atlarge.publish.pages import reports_table
from atlarge.publish.render import Table, figure
from atlarge.publish.reports import export_charts, policy_line, report_html, squeezed, title_of
from atlarge.publish.site_data import PlaceInfo
from atlarge.publish.svg import Drawing
from atlarge.publish.writer import Tally, building, finish, read_manifest, standing
from atlarge.wording import style_source
from example_answer import example_answer

W, ES = Words("en"), Words("es")
D = dt.date


def _texts(svg: str) -> list[dict[str, Any]]:
    """Texts of a page in their order, outside its chart."""
    outside = re.sub(r'<g class="chart".*?</g>(?=<)', "", svg, flags=re.S)
    return [
        {"x": float(x), "y": float(y), "size": float(size), "rest": rest, "text": text}
        for x, y, size, rest, text in re.findall(
            r'<text x="([\d.]+)" y="([\d.]+)" font-family="[^"]*" font-size="([\d.]+)"([^>]*)>([^<]*)<',
            outside,
        )
    ]


def test_the_page_of_a_brief_runs_down_in_its_order_and_keeps_apart() -> None:
    b = brief_of(show(example_answer()), W)
    svg = brief_svg(b)
    texts = _texts(svg)
    said = " ".join(t["text"] for t in texts)
    wanted = [b.title, b.policy, b.headline, b.verdicts[0]["title"], b.not_why[:40], str(b.numbers.head[0]),
              b.heads["before_quote"], b.caveats[0][:30], b.cite[:30]]  # fmt: skip
    at = [said.find(part.split(" (")[0]) for part in wanted]
    assert -1 not in at
    assert at == sorted(at)
    ys = [t["y"] for t in texts]
    assert ys == sorted(ys)
    for one, two in pairwise(texts):
        if two["y"] != one["y"]:  # cells of a row stand beside each other
            assert two["y"] - one["y"] >= 1.2 * two["size"]
    assert min(t["x"] for t in texts) == MARGIN
    assert max(ys) <= HEIGHT - MARGIN
    # the chart stands below the headline, as wide as the page or as tall as it may be
    moved = r'class="chart" transform="translate\(([\d.]+) ([\d.]+)\) scale\(([\d.]+)\)'
    x, y, scale = (float(v) for v in re.findall(moved, svg)[0])
    assert b.figure is not None
    drawing = b.figure.wide
    assert x == MARGIN
    assert scale == pytest.approx(min((WIDTH - 80) / drawing.width, CHART_HEIGHT / drawing.height), abs=6e-4)
    last_above = max(t["y"] for t in texts if t["y"] < y)
    assert y >= last_above
    first_below = min(t["y"] for t in texts if t["y"] > y)
    assert first_below > y + drawing.height * scale
    # rules across the page part what they stand between
    rules = [float(v) for v in re.findall(rf'd="M40 ([\d.]+)H{WIDTH - MARGIN:g}"', svg)]
    assert len(rules) == 4
    for rule in rules:
        assert all(abs(t["y"] - rule) > 1 for t in texts)
        below = min(t["y"] - t["size"] for t in texts if t["y"] > rule)
        assert below > rule - 2
    # the table: a head and a row a span, its numbers at the right of their columns
    rows = {}
    for t in texts:
        rows.setdefault(t["y"], []).append(t)
    table = [row for row in rows.values() if len(row) == 5]
    assert [[t["text"] for t in row] for row in table] == [
        [str(c) for c in b.numbers.head], *([str(c) for c in row] for row in b.numbers.rows)
    ]  # fmt: skip
    for row in table:
        assert [t["x"] for t in row] == [40, 255, 335, 425, 555]
        assert ['text-anchor="end"' in t["rest"] for t in row] == [False, True, True, True, True]
    assert all('font-weight="bold"' in t["rest"] for t in table[0])
    assert not any('font-weight="bold"' in t["rest"] for t in table[1])
    rule = b.verdicts[0]["rule"]
    assert f"{b.verdicts[0]['title']}: {b.verdicts[0]['verdict']}. {rule[0].upper()}" in said
    assert svg.count("\u2022 ") == len(b.caveats)
    assert f'lang="{b.language}"' in svg
    bare = brief_svg(replace(b, figure=None, elsewhere=""))
    assert 'class="chart"' not in bare
    more = brief_svg(replace(b, elsewhere="What happened elsewhere."))
    assert "What happened elsewhere." in more


def test_the_worked_case_names_the_numbers_of_its_own_measure_and_area(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def span(name: str, measure: str, area: str, observed: float, expected: float) -> dict[str, Any]:
        return {"span": name, "measure": measure, "area": area, "observed": observed,
                "counterfactual": {"value": expected}}  # fmt: skip

    spans = [
        span("month", "at_large", "A", 71.0, 25.6), span("month", "at_large", "B", 5.0, 4.0),
        span("month", "handoffs", "A", 9.0, 8.0), span("policy", "at_large", "A", 2050.0, 1880.4),
    ]  # fmt: skip
    document = {"place_name": "P", "policy": {"title": "T"}, "sentences": ["s"], "spans": spans}
    monkeypatch.setattr(demo, "explain", lambda place, policy: SimpleNamespace(to_dict=lambda: document))
    monkeypatch.setattr(demo, "report", lambda answer, path: path)
    monkeypatch.setattr(demo, "publish", lambda path, **more: SimpleNamespace(path=path))
    _, found = demo.demo(Path("out"))
    assert (found["title"], found["report"], found["site"]) == ("P: T", "out/report.html", "out/site")
    assert [(row["label"], row["text"]) for row in found["headline"]] == [
        (f"Arrests at large, {W('span.month').lower()}", "71 observed, 26 expected"),
        (f"Arrests at large, {W('span.policy').lower()}", "2,050 observed, 1,880 expected"),
    ]
    assert found["headline"][1]["observed"] == 2050.0


@pytest.mark.slow
def test_a_report_has_its_title_its_policy_and_a_file_a_chart(tmp_path: Path) -> None:
    answer = example_answer()
    shown = show(answer)
    place = answer.place_name
    assert title_of(shown, W) == W("report.title_policy", place=place)
    grows = replace(answer, policy={**answer.policy, "direction": "extends"})
    assert title_of(show(grows), W) == W("report.title_change", place=place)
    bare = show(replace(answer, policy={}))
    assert title_of(bare, ES) == ES("report.title_date", place=place, day=ES.day(answer.start))
    assert policy_line(bare, W) == W("report.coverage_day", day=W.day(answer.start))
    said = policy_line(shown, W)
    assert said == W(
        "report.policy_line", title=answer.policy["title"], announced="20 February 2017",
        effective="1 March 2017", ended="24 October 2017",
    )  # fmt: skip
    still = {k: v for k, v in answer.policy.items() if k not in ("announced", "ended")}
    said = policy_line(show(replace(answer, policy=still)), W)
    assert W("report.unknown_day") in said
    assert said.endswith(f"on an unknown day; in effect 1 March 2017; {W('report.in_force')}.")
    files = export_charts(answer, tmp_path)
    stems = list(dict.fromkeys(f.stem for f in files))
    assert len(files) == 2 * len(stems)
    assert [stem[:3] for stem in stems] == [f"{k:02d}-" for k in range(1, len(stems) + 1)]
    assert all(re.fullmatch(r"[\w-]{1,60}", stem) and not stem.endswith("-") for stem in stems)
    for file in files:
        head = file.read_bytes()[:8]
        assert head == (b"\x89PNG\r\n\x1a\n" if file.suffix == ".png" else b"<svg xml")
    page = report_html(answer, threshold=9)
    assert html.escape(W("report.privacy", most=8, threshold=9)) in page
    assert "/*" not in squeezed("a {\n  b: c; /* a\nnote */\n\n}  ")
    assert squeezed("a {\n  b: c; /* a\nnote */\n\n}  ") == "a {\nb: c;\n}"
    css = re.search(r"<style>(.*?)</style>", page, re.S).group(1)  # type: ignore[union-attr]
    assert style_source(css) in page.replace("&#43;", "+")


def _place(level: str, code: str, *parents: tuple[str, str]) -> PlaceInfo:
    return PlaceInfo(level, code, f"Name {code}", "month", parents=tuple(parents))


def test_pages_know_where_they_are_and_what_holds_their_place() -> None:
    county = _place("county", "48453", ("state", "TX"), ("aor", "SNA"), ("state", "ZZ"))
    every = (county, _place("state", "TX"), _place("aor", "SNA"), _place("nation", "US"))
    places = {(p.level, p.code): p for p in every}
    data: Any = SimpleNamespace(
        places=places, groups={"arrests": ["arrests"]}, threshold=5, is_simulated=False,
        whole_months=lambda *_: (D(2016, 10, 1), D(2019, 8, 1)), base_url="https://x.org",
    )  # fmt: skip
    assert [c["href"] for c in crumbs(data, county, W)] == [
        f"{places[key].stem}.html" for key in (("nation", "US"), ("aor", "SNA"), ("state", "TX"))
    ]
    assert crumbs(data, places["nation", "US"], W) == []
    assert crumbs_to(data, ("state", "TX"), W) == [
        {"name": W("level.state", name="Name TX", code="TX"), "href": f"{places['state', 'TX'].stem}.html"}
    ]
    assert crumbs_to(data, ("state", "CA"), W) == []
    for stem, w, root, home, other in (
        ("index", W, "", "", "es/index.html"),
        ("place/county/48453", W, "../../", "../../", "../../es/place/county/48453.html"),
        ("index", ES, "../", "../es/", "../index.html"),
        ("place/county/48453", ES, "../../../", "../../../es/", "../../../place/county/48453.html"),
    ):  # fmt: skip
        page = page_of(data, w, stem, "T", "D", live=True)
        assert (page["root"], page["home"], page["other_href"], page["live"]) == (root, home, other, True)
        assert (page["title"], page["description"], page["nav"], page["threshold"]) == ("T", "D", stem, 5)
        assert page["other"] == ("es" if w is W else "en")
    assert page_of(data, W, "index", "T", "D")["live"] is False
    assert (path_of("a/b", W), path_of("a/b", ES)) == ("a/b.html", "es/a/b.html")


def test_a_figure_is_drawn_for_desktop_and_phone() -> None:
    def chart(value: int, *, width: float, height: float = 9.0) -> Drawing:
        return Drawing(width, height, f"<g>{value}</g>")

    whole = figure(chart, 3, title="T", sentence="S", height=7.0, id="i", note="n")
    assert (whole.wide.width, whole.narrow.width, whole.wide.height, whole.kind) == (720, 340, 7, "wide")
    assert (whole.wide.title, whole.narrow.sentence, whole.id, whole.note) == ("T", "S", "i", "n")
    half = figure(chart, 3, title="T", sentence="S", is_half=True, table=Table("c", ["h"], [["r"]]))
    assert (half.wide.width, half.kind) == (540, "wide half")
    assert half.table is not None


def test_a_past_forecast_says_how_many_counts_fell_within_and_draws_the_largest_area() -> None:
    months = tuple(D(2018 + (k + 2) // 12, (k + 2) % 12 + 1, 1) for k in range(9))
    values = [40, 50, 60, 70, 80, 90, 100, 95, 85]
    frame = pl.DataFrame({"period": list(months), "value": values})
    counts = disclose(frame).counts("x")
    found = {
        "measure": "at_large", "inside": 130, "cells": 144, "areas": 24, "as_of": D(2018, 5, 1),
        "place": "CHI",
        "months": list(months[3:]), "bands": [[10.0 * k, 10.0 * k + 5, 10.0 * k + 9] for k in range(1, 7)],
    }  # fmt: skip
    place = _place("aor", "CHI")

    def series(*wanted: Any) -> Counts | None:
        return counts if wanted == (place, "at_large", "month") else None

    data: Any = SimpleNamespace(forecast=found, places={("aor", "CHI"): place}, series=series)
    section = forecast_section(data, W)
    assert section is not None
    assert section.paragraphs[0] == W(
        "forecast.past_says",
        as_of="May 2018",
        areas=24,
        months=6,
        inside=130,
        cells=144,
        share=W.percent(130 / 144),
    )
    assert section.figure is not None
    table = section.figure.table
    assert table is not None
    cells = [[str(c) for c in row] for row in table.rows]
    assert [row[1] for row in cells] == [str(v) for v in values]
    assert [row[-1] for row in cells][:3] == ["", "", ""]
    assert [row[-1] for row in cells][3:] == [
        W("interval", low=f"{10 * k}.0", high=f"{10 * k + 9}.0") for k in range(1, 7)
    ]
    assert section.figure.wide.marks.count("c-expected") >= 1
    hidden = disclose(pl.DataFrame({"period": list(months), "value": [2, *values[1:]]})).counts("x")
    data.series = lambda *_: hidden
    none = forecast_section(data, W)
    assert none is not None
    assert none.figure is None  # the band would follow from a count that is withheld
    data.forecast = None
    assert forecast_section(data, W) is None


def _edition(*rows: tuple[Any, ...], threshold: int = 5) -> Edition:
    schema = ["level", "place", "measure", "period", "start", "end", "value", "mark", "threshold"]
    frame = pl.DataFrame(
        [(*row[:6], row[6], row[7], threshold) for row in rows], schema=schema, orient="row",
        schema_overrides={"value": pl.Int64},
    )  # fmt: skip
    return Edition(frame, ("a",))


def test_what_earlier_editions_said_binds_the_cells_of_the_next() -> None:
    day = (D(2017, 1, 1), D(2017, 1, 31))
    cells = pl.DataFrame(
        [("county", f"0000{k}", "arrests", "month", *day, n) for k, n in enumerate((7, 9, 4, 3, 8, 0, 2))],
        schema=["level", "place", "measure", "every", "start", "end", "value"], orient="row",
    )  # fmt: skip
    said = [
        (7, "shown"), (6, "shown"), (6, "shown"), (None, "small"), (None, "withheld"), (None, "withheld"),
        (None, "withheld"),
    ]  # fmt: skip
    before = _edition(*(("county", f"0000{k}", "arrests", "month", *day, *one) for k, one in enumerate(said)))
    prior = prior_of(cells, before)
    assert (prior.known.least[0], prior.known.most[0]) == (7, 7)  # published, and the same
    assert prior.extra == [3, 2]  # published, and now three more, and two fewer
    assert (prior.known.least[3], prior.known.most[3]) == (1, 4)  # between one and the threshold
    assert prior.known.least[4] == 5  # withheld, and not small
    assert prior.known.least[5] == 0
    assert prior.known.least[6] == 1
    assert prior.withheld == {4, 6}
    assert before.threshold == 5
    assert before.levels == {"county"}
    again = before.joined(_edition(("state", "TX", "arrests", "month", *day, 9, "shown"), threshold=9))
    assert (again.threshold, again.levels, again.rows.height) == (9, {"county", "state"}, 8)
    assert before.joined(None) is before
    assert before.joined(before).rows.height == 7


def _json(path: Path, **document: Any) -> Path:
    path.write_text(json.dumps(document))
    return path


def test_tables_and_reports_that_were_passed_on_are_editions(tmp_path: Path) -> None:
    row = {"level": "county", "place": "48453", "measure": "arrests", "start": "2017-01-01",
           "end": "2017-01-31", "value": 7, "mark": "shown"}  # fmt: skip
    one = read_edition(_json(tmp_path / "a.json", disclosed=True, threshold=6, rows=[row, row]))
    assert one.rows.rows() == [
        ("county", "48453", "arrests", "window", D(2017, 1, 1), D(2017, 1, 31), 7, "shown", 6)
    ]
    assert one.sources == (str(tmp_path / "a.json"),)
    report = {
        "disclosed": True, "threshold": 5, "by": "county", "every": "month", "from": "2017-01-10",
        "to": "2017-02-20", "total": {"issued": 50, "declined": 9},
        "rows": [
            {"place": "48453", "period": "2017-01-01", "issued": 20, "declined": None},
            {"place": "48453", "period": "2017-02-01", "issued": 30, "declined": 6},
            {"place": None, "period": "2017-02-01", "issued": 5, "declined": 5},
        ],
        "highest_volume": [{"place": "48453", "issued": 50, "declined": 9}],
        "declined": [{"place": "48029", "charge": "x", "n": 7}, {"place": "48453", "charge": "y", "n": 6}],
    }  # fmt: skip
    found = {
        (level, place, name, start, end): (value, mark)
        for level, place, name, _, start, end, value, mark, _ in read_edition(
            _json(tmp_path / "r.json", **report)
        ).rows.rows()
    }
    assert found == {
        ("county", "48453", "detainers_issued", D(2017, 1, 10), D(2017, 1, 31)): (20, "shown"),
        ("county", "48453", "detainers_declined", D(2017, 1, 10), D(2017, 1, 31)): (None, "withheld"),
        ("county", "48453", "detainers_issued", D(2017, 2, 1), D(2017, 2, 20)): (30, "shown"),
        ("county", "48453", "detainers_declined", D(2017, 2, 1), D(2017, 2, 20)): (6, "shown"),
        ("county", "48453", "detainers_issued", D(2017, 1, 10), D(2017, 2, 20)): (50, "shown"),
        ("county", "48453", "detainers_declined", D(2017, 1, 10), D(2017, 2, 20)): (9, "shown"),
        ("county", "48029", "detainers_declined", D(2017, 1, 10), D(2017, 2, 20)): (None, "withheld"),
        ("nation", "US", "detainers_issued", D(2017, 1, 10), D(2017, 2, 20)): (50, "shown"),
        ("nation", "US", "detainers_declined", D(2017, 1, 10), D(2017, 2, 20)): (9, "shown"),
    }
    for change in ({"disclosed": False}, {"threshold": "x"}, {"rows": [{}]}, {"rows": 3}):
        wrong = {"disclosed": True, "threshold": 6, "rows": [row], **change}
        with pytest.raises(QuestionError, match="neither the folder of a site nor a table"):
            read_edition(_json(tmp_path / "w.json", **wrong))
    with pytest.raises(QuestionError, match="a report by facility"):
        read_edition(_json(tmp_path / "f.json", **{**report, "by": "facility"}))
    with pytest.raises(QuestionError, match="has no record of what it disclosed"):
        read_edition(tmp_path)
    (tmp_path / "data").mkdir()
    old = pl.DataFrame([{k: v for k, v in row.items() if k not in ("start", "end")}]).with_columns(
        period=pl.lit("month"), start=pl.lit(D(2017, 1, 1)), end=pl.lit(D(2017, 1, 31))
    )
    old.write_parquet(tmp_path / "data" / "all.parquet")  # of a site from before there was a record
    assert read_edition(tmp_path).threshold == 5
    old.with_columns(mark=pl.lit("seen")).write_parquet(tmp_path / "data" / "all.parquet")
    with pytest.raises(QuestionError, match="is damaged"):
        read_edition(tmp_path)
    table = disclose(pl.DataFrame({
        "level": ["county"] * 2, "place": ["48453", "48029"], "measure": ["arrests"] * 2,
        "every": ["month"] * 2, "start": [D(2017, 1, 1)] * 2, "end": [D(2017, 1, 31)] * 2, "value": [9, 2],
    }))  # fmt: skip
    record = record_of(table, one)
    assert sorted(record.select("place", "period", "value", "threshold").rows(), key=str) == [
        ("48029", "month", None, 5), ("48453", "month", 9, 5), ("48453", "window", 7, 6)
    ]  # fmt: skip


def _site(folder: Path, files: dict[str, str], key: str = "k", hidden: dict[str, int] | None = None) -> Tally:
    with building(folder) as new:
        made = writer.Folder(folder, new)
        for name, content in files.items():
            made.put(name, content)
        finish(folder, made.tally, key, hidden)
    return made.tally


def test_a_site_is_swapped_in_whole_and_what_its_owner_added_stays(tmp_path: Path) -> None:
    out = tmp_path / "in" / "site"
    first = _site(out, {"index.html": "one", "a/b.html": "x"}, hidden={"small": 3})
    assert first.written == 2
    assert sorted(p.name for p in out.parent.iterdir()) == ["site"]
    (out / "CNAME").write_text("x.org")
    (out / "a" / "own.txt").write_text("beside a page")
    second = _site(out, {"index.html": "two", "a/b.html": "x"})
    assert second.written == 1
    assert (out / "index.html").read_text() == "two"
    assert (out / "CNAME").read_text() == "x.org"
    assert sorted(p.name for p in out.parent.iterdir()) == ["site"]
    manifest = read_manifest(out)
    assert manifest is not None
    assert list(manifest["files"]) == ["a/b.html", "index.html"]
    found = standing(out, "k")
    assert found is not None
    assert (found[0].sizes, found[1], found[0].written) == ({"index.html": 3, "a/b.html": 1}, {}, 0)
    assert standing(out, "other") is None
    assert standing(out, "") is None
    (out / "index.html").write_text("by hand")
    assert standing(out, "k") is None
    (out / "index.html").unlink()
    assert standing(out, "k") is None
    assert standing(tmp_path / "none", "k") is None


def test_a_site_that_is_not_finished_leaves_the_one_before(tmp_path: Path) -> None:
    out = tmp_path / "site"
    _site(out, {"index.html": "one"})

    def stopped() -> None:
        with building(out) as new:
            (new / "index.html").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert (out / "index.html").read_text() == "one"
    assert [p.name for p in tmp_path.iterdir()] == ["site"]
    # a swap that was cut short: the old one is put back, the rest of the new one goes
    out.rename(tmp_path / ".site.old")
    (tmp_path / ".site.new").mkdir()
    (tmp_path / ".site.new" / "rest").write_text("x")
    with building(out) as new:
        assert list(new.iterdir()) == []
        assert (out / "index.html").read_text() == "one"
        finish(out, Tally())
    assert read_manifest(out) is not None
    # one that was cut short after the swap: what the owner had added is taken along
    old = tmp_path / ".site.old"
    old.mkdir()
    (old / "site.json").write_text(json.dumps({"format": 1, "files": {"index.html": ""}}))
    (old / "index.html").write_text("old")
    (old / "CNAME").write_text("x.org")
    with building(out) as new:
        assert (out / "CNAME").read_text() == "x.org"
        assert not (out / "index.html").exists()
        finish(out, Tally())
    assert not old.exists()


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("x")
    with pytest.raises(QuestionError, match="is not empty and not a site"), building(other):
        pass
    assert (other / "mine.txt").read_text() == "x"
    (tmp_path / "file").write_text("x")
    with pytest.raises(QuestionError, match="is a file; name a folder"), building(tmp_path / "file"):
        pass
    empty = tmp_path / "empty"
    empty.mkdir()
    _site(empty, {"index.html": "one"})
    assert (empty / "index.html").read_text() == "one"
    for content in ("[]", '{"format": 2}', "no json"):
        (empty / "site.json").write_text(content)
        assert read_manifest(empty) is None
    busy = pytest.raises(QuestionError, match="another publish into it is under way")
    with building(tmp_path / "x"), busy, building(tmp_path / "x"):
        pass


def test_words_of_answers_name_their_policies() -> None:
    every = [p.id for p in policies()]
    assert requested_policies("all") == every
    assert requested_policies("none") == []
    dated = requested_policies("dated")
    assert 0 < len(dated) < len(every)
    for p in policies():
        is_dated = (
            p.level in ("county", "city") and p.is_jail_rule and p.precision == "day"
            and p.confidence == "high" and p.direction == "limits"
        )  # fmt: skip
        assert (p.id in dated) is is_dated
    assert requested_policies("worked") == ["travis-tx-2017"]
    with pytest.raises(QuestionError, match="no answers called 'some'; there are: worked, dated, all, none"):
        requested_policies("some")
    with Workers(1) as crew:
        assert list(crew.map(lambda v: v * v, [1, 2, 3])) == [1, 4, 9]


@pytest.mark.parametrize(
    ("share", "plain", "fine"),
    [
        (0.0, "0", "0"), (0.0004, "<0.1", "<0.1"), (0.001, "0.1", "0.1"), (0.0314, "3.1", "3.1"),
        (0.0994, "9.9", "9.9"), (0.0995, "10", "10"), (0.123, "12", "12.3"), (0.9899, "99", "99"),
        (0.9901, "99", "99"), (0.995, "99.5", "99.5"), (0.9996, "100", "100"), (1.0, "100", "100"),
        (1.234, "123", "123.4"),
    ],
)  # fmt: skip
def test_shares_are_percentages_with_a_decimal_under_ten(share: float, plain: str, fine: str) -> None:
    percent = W.percent(0.5).removeprefix("50")
    assert W.percent(share).removesuffix(percent) == plain
    assert W.percent(share, is_fine=True).removesuffix(percent) == fine


def test_counts_of_a_label_and_the_parts_of_a_drawing() -> None:
    counts = disclose(pl.DataFrame({"period": [D(2017, 1, 1)], "value": [9]})).counts("x")
    assert isinstance(counts, Counts)
    drawing = Drawing(10, 20.04, "<g/>").named("A & b", 'say "so"')
    assert drawing.inline("k").startswith(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 20" role="img" aria-label="A &amp; b. say '
        '&quot;so&quot;" class="chart k">'
    )
    assert 'class="chart">' in drawing.inline()
    assert np.isfinite(len(drawing.standalone()))


def test_a_published_percentage_stands_as_one_and_a_count_as_a_count() -> None:
    about = {
        "report": "R",
        "measure": "arrests",
        "start": D(2019, 1, 1),
        "end": D(2019, 12, 31),
        "source_url": "",
    }
    rows = [
        {**about, "value": 37.0, "unit": "percent", "source_url": ""},
        {**about, "value": 1204.0, "unit": "count", "start": None, "source_url": ""},
    ]
    first, second = reports_table(rows, W).rows
    assert (first[3], second[3]) == ("37%", "1,204")
    assert "2019" in str(first[2])
    assert second[2] == "–"

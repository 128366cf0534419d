"""Build a static site of a store: pages in two languages, downloads and pictures; written atomically."""

from __future__ import annotations

import csv
import hashlib
import io
import pickle
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import polars.selectors as cs

from atlarge.calendar import period_end
from atlarge.disclosure.table import THRESHOLD, Counts, Disclosed
from atlarge.errors import QuestionError
from atlarge.explain.answer import Answer
from atlarge.files import parquet_bytes, without_formulas
from atlarge.publish.answer_pages import answer_page, answer_series, answer_stem, series_key
from atlarge.publish.answer_view import context
from atlarge.publish.brief import brief_page
from atlarge.publish.charts import shapes
from atlarge.publish.editions import RECORD, Edition, earlier, record_of
from atlarge.publish.findings import Step, Workers, findings, requested_policies
from atlarge.publish.i18n import LANGUAGES, Words
from atlarge.publish.layout import name_of, path_of
from atlarge.publish.live import script_words
from atlarge.publish.map_data import map_data
from atlarge.publish.pages import WHOLE, image_path, place_page
from atlarge.publish.policy_pages import policy_files
from atlarge.publish.release_table import LEVELS, require_same_records
from atlarge.publish.render import static
from atlarge.publish.search_data import search_index, zip_index
from atlarge.publish.series_files import series_file, setting
from atlarge.publish.share import PICTURE, share_png
from atlarge.publish.site_data import PlaceInfo, SiteData, gather_site
from atlarge.publish.site_pages import SINGLE, map_drawing, missing_page
from atlarge.publish.sqlite_file import (
    PLACE_COLUMNS,
    data_package,
    datasette_metadata,
    place_rows,
    sqlite_bytes,
)
from atlarge.publish.where_view import at_least
from atlarge.publish.writer import Folder, Tally, build_key, building, finish, standing, whole_name
from atlarge.records.store import Store, open_store
from atlarge.wording import some

_CHUNK = 48


@dataclass(frozen=True)
class SiteAudit:
    """What was published."""

    path: Path
    pages: int
    files: int
    bytes: int
    written: int
    hidden: dict[str, int]

    def summary(self) -> str:
        """Pages, and how many counts are suppressed, in one line."""
        return (
            f"{self.path}: {some(self.pages, 'page')}; {some(sum(self.hidden.values()), 'count')} suppressed"
        )

    __str__ = summary

    def __repr__(self) -> str:
        return f"<SiteAudit: {self.summary()}>"

    def to_dict(self) -> dict[str, Any]:
        """The JSON of `atlarge publish`."""
        return {
            "path": str(self.path),
            "pages": self.pages,
            "files": self.files,
            "bytes": self.bytes,
            "files_written": self.written,
            "files_unchanged": self.files - self.written,
            "cells_suppressed": sum(self.hidden.values()),
            "cells_small": self.hidden.get("small", 0),
            "cells_complementary": self.hidden.get("withheld", 0),
        }


def publish(
    out: Path | str,
    store: Store | Path | str | None = None,
    *,
    threshold: int = THRESHOLD,
    base_url: str = "",
    workers: int = 2,
    progress: Step | None = None,
    levels: Sequence[str] = LEVELS,
    answers: Sequence[Answer | str] | str | None = None,
    claims: bool | None = None,
    after: Path | str | Sequence[Path | str] = (),
    every_county: bool = True,
) -> SiteAudit:
    """Publish a store as a static site in a folder.

    The folder must be new, empty, or a site written before; it changes all at once, and files that stay the
    same are not rewritten. A site that was built from the very same code, records and settings is checked
    file by file and left as it is.

    Parameters
    ----------
    out : path
        The folder.
    store : Store or path, optional
        Left out: the embedded records.
    threshold : int
        Counts of 1 to threshold - 1 are hidden.
    base_url : str
        Where the site will stand, for the pictures that links carry.
    workers : int
        Processes that draw pages.
    progress : Step, optional
        Called with each step.
    levels : sequence of str
        Levels that get pages: nation, state, aor, office, county.
    answers : answers, ids of policies, or one of ANSWERS, optional
        The worked case; all policies of counties and cities that limit cooperation from a day that is known
        with high confidence; all policies with a date; none. A policy that the records cannot answer is
        passed over. None takes the worked case where counties have pages.
    claims : bool, optional
        Whether to check the shipped ledger; None does where counties have pages.
    after : path or paths
        Folders of earlier sites of the same records, against which this one is disclosed, so that no
        suppressed count follows from both; a site that stands in `out` is one of them without being named;
        its threshold stays.
    every_county : bool
        Counties that no record names get a page too, which says so and leads to their area.

    Returns
    -------
    SiteAudit
        Pages, counts shown and suppressed.

    Raises
    ------
    QuestionError
        For a folder that holds something else, or a site of other records, a word that is not one of
        ANSWERS, or an address of the site that is none.
    StoreError
        For a store that cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     audit = publish(Path(folder, "site"), levels=["nation"], every_county=False)
    ...     Path(folder, "site", "index.html").exists()
    True
    """
    if threshold < 2:
        raise QuestionError(f"the threshold {threshold} hides nothing; give 2 or more")
    if base_url and urlsplit(base_url).scheme not in ("http", "https"):
        raise QuestionError(f"{base_url!r} is not a web address; it must begin with https:// or http://")
    from atlarge.explain.verdicts import with_q_values

    target = whole_name(out)
    others = [after] if isinstance(after, Path | str) else list(after)
    named = earlier(None, others)
    with building(target) as new:
        opened = open_store(store)
        ids, given = _requested(answers, levels)
        checked = "county" in levels if claims is None else claims
        settings = {"threshold": threshold, "base": base_url, "levels": levels, "answers": ids}
        settings |= {"claims": checked, "after": _digest(named), "every": every_county}
        key = "" if given else build_key(opened, **settings)
        stands = standing(target, key)
        if stands is not None:
            shutil.rmtree(new)
            return _audit(target, *stands)
        before = earlier(target, others)
        if before is not None:
            require_same_records(opened, before)
        with Workers(workers) as crew:
            pooled = bool(ids or given)
            found = findings(crew, opened, levels, ids, pooled=pooled, claims=checked, progress=progress)
            data, table = gather_site(
                opened,
                replace(found, answers=with_q_values([*given, *found.answers])),
                threshold=threshold,
                base_url=base_url,
                levels=levels,
                before=before,
                every_county=every_county,
            )
            folder = Folder(target, new)
            folder.put(RECORD, parquet_bytes(record_of(table, before)))
            _write_pages(crew, target, new, data, table, folder.tally, progress)
        total = folder.tally
        finish(target, total, key, data.hidden)
    return _audit(target, total, data.hidden)


def _requested(
    answers: Sequence[Answer | str] | str | None, levels: Sequence[str]
) -> tuple[list[str], list[Answer]]:
    """Split `answers` into ids of policies to answer and answers that are already computed."""
    which = ("worked" if "county" in levels else "none") if answers is None else answers
    chosen = requested_policies(which) if isinstance(which, str) else which
    return [a for a in chosen if isinstance(a, str)], [a for a in chosen if not isinstance(a, str)]


def _digest(edition: Edition | None) -> str:
    """Hash of what earlier editions disclosed."""
    return "" if edition is None else hashlib.sha256(parquet_bytes(edition.rows)).hexdigest()


def _audit(path: Path, total: Tally, hidden: dict[str, int]) -> SiteAudit:
    """Summarise the contents of a site and how much was written this time."""
    pages = sum(name.endswith(".html") for name in total.files)
    return SiteAudit(path, pages, len(total.files), sum(total.sizes.values()), total.written, hidden)


def _write_shared(folder: Folder, data: SiteData, table: Disclosed) -> None:
    """Write shared files, and the pages that do not belong to one place."""
    css = "".join(static(name) for name in ("charts.css", "page.css", "site.css"))
    folder.put("static/site.css", re.sub(r"/\*.*?\*/\s*", "", css, flags=re.S))
    for name in ("site.js", "icon.svg", "chart.js", "map.js", "vendor/d3.min.js"):
        folder.put(f"static/{name}", static(name))
    for language in LANGUAGES:
        folder.put(f"static/words-{language}.js", setting("atlargeWords", script_words(Words(language))))
    folder.put("static/places.js", setting("atlargePlaces", search_index(data, Words("en"))))
    folder.put("static/zips.js", setting("atlargeZips", zip_index(data)))
    counted = map_data(data)
    folder.put("static/mapdata.js", setting("atlargeMap", counted))
    folder.put("static/mapshape.js", setting("atlargeShapes", shapes()))
    folder.put("404.html", missing_page(data))
    for language in LANGUAGES:
        w = Words(language)
        if "county" in counted["levels"]:
            path = path_of("img/map", w).replace(".html", ".svg")
            folder.put(path, map_drawing(counted, w).standalone())
        for stem, make in SINGLE.items():
            folder.put(path_of(stem, w), make(data, w))
        for shown in data.answers:
            parts = context(shown, w)
            folder.put(path_of(answer_stem(shown.answer), w), answer_page(data, shown, w, parts))
            folder.put(path_of(f"{answer_stem(shown.answer)}-brief", w), brief_page(shown, w, parts))
    for shown in data.answers:
        folder.put(f"data/series/{series_key(shown.answer)}.js", answer_series(shown))
    for path, content in policy_files(data):
        folder.put(path, content)
    frame = download_frame(table, {code: p.name for code, p in data.places.items()})
    folder.put("data/all.csv", _csv(frame))
    folder.put("data/all.parquet", parquet_bytes(frame))
    places = pl.DataFrame(
        place_rows(data), schema=list(PLACE_COLUMNS), orient="row", infer_schema_length=None
    )
    folder.put("data/places.csv", _csv(places))
    folder.put("data/places.parquet", parquet_bytes(places))
    folder.put("data/atlarge.sqlite", sqlite_bytes(data, frame))
    folder.put("data/metadata.json", datasette_metadata(data))
    tally = folder.tally
    sizes = {path: (size, tally.files[path]) for path, size in tally.sizes.items()}
    folder.put("data/datapackage.json", data_package(data, sizes))


def download_frame(table: Disclosed, names: dict[tuple[str, str], str]) -> pl.DataFrame:
    """The published counts as a plain table: hidden ones empty, with the mark that says why."""
    keys = pl.DataFrame(
        [(*code, name) for code, name in names.items()], schema=["level", "place", "place_name"], orient="row"
    )
    frame: pl.DataFrame = table.frame
    return (
        frame.join(keys, on=["level", "place"], how="left")
        .rename({"every": "period"})
        .select("level", "place", "place_name", "measure", "period", "start", "end", "value", "mark")
        .sort("level", "place", "measure", "period", "start", "end")
    )


_MANY_ROWS = 10_000
_PERIODS = ("month", "quarter", "year")


def _csv(frame: pl.DataFrame) -> str:
    """A table as CSV in which no cell from the data can be run as a formula."""
    safe = without_formulas(frame)
    if safe.height > _MANY_ROWS:
        return safe.write_csv()
    text = io.StringIO()  # Polars' threads would take longer to start than these small tables take
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(safe.columns)
    writer.writerows(safe.with_columns(cs.boolean().cast(pl.String)).iter_rows())  # true, not True
    return text.getvalue()


def _write_pages(
    crew: Workers, out: Path, new: Path, data: SiteData, table: Disclosed, tally: Tally, progress: Step | None
) -> None:
    """Write shared files and, in parallel, the pages, downloads and pictures of all places in chunks."""
    places = sorted(data.places)
    chunks = [places[i : i + _CHUNK] for i in range(0, len(places), _CHUNK)]
    raw = pickle.dumps((out, new, data, table))
    # Each worker reads it once; its name separates the state of one site from that of the next.
    state = new / f".state-{hashlib.sha256(raw).hexdigest()[:16]}.pickle"
    state.write_bytes(raw)
    done = 0
    jobs = [(state, chunk) for chunk in ([], *chunks)]  # the shared pages, which take longest, come first
    for (_, chunk), written in zip(jobs, crew.map(_work, jobs), strict=True):
        tally.add(written)
        done += len(chunk)
        if progress and done:
            progress("places", done, len(places))
    state.unlink()


@lru_cache(maxsize=1)
def _state(path: Path) -> tuple[Path, Path, SiteData, Disclosed]:
    state: tuple[Path, Path, SiteData, Disclosed] = pickle.loads(path.read_bytes())
    return state


def _work(job: tuple[Path, Sequence[tuple[str, str]]]) -> Tally:
    """Write the files of some places or, if none are given, those that all pages share."""
    path, codes = job
    out, new, data, table = _state(path)
    folder = Folder(out, new)
    if not codes:
        _write_shared(folder, data, table)
    for code in codes:
        _write_place(folder, data, data.places[code])
    return folder.tally


def _write_place(folder: Folder, data: SiteData, place: PlaceInfo) -> None:
    for language in LANGUAGES:
        w = Words(language)
        folder.put(path_of(place.stem, w), place_page(data, place, w))
    if not place.fine:
        return
    folder.put(f"data/series/{place.level}-{place.slug}.js", series_file(data, place))
    frame = _place_frame(data, place)
    folder.put(f"data/{place.level}-{place.slug}.csv", _csv(frame))
    folder.put(f"data/{place.level}-{place.slug}.parquet", parquet_bytes(frame))
    w = Words(LANGUAGES[0])
    series = data.series(place, WHOLE, "year")
    name, line = name_of(place, w), _total(series, w)
    first, last = (w.month(day) for day in data.whole_months(WHOLE))
    source = w("share.simulated" if data.is_simulated else "share.source", first=first, last=last)
    caveat = w("share.names") if place.level == "county" else ""
    partial = [d for d in data.partial_years() if series is not None and d in series.periods]
    shown = (series.periods, series.values, series.marks, series.threshold) if series else ()
    key = hashlib.sha256(repr((PICTURE, name, line, shown, source, caveat, partial)).encode()).hexdigest()
    folder.put_built(
        image_path(place),
        key,
        lambda: share_png(name, line, series, w, source=source, caveat=caveat, partial=partial),
    )


def _total(series: Counts | None, w: Words) -> str:
    """All arrests of the place and the years they are of, as short as can be."""
    if series is None or not series.periods:
        return ""
    first, last = series.periods[0].year + 1, series.periods[-1].year + 1
    return w("share.line", n=at_least(series, w), first=first, last=last)


def _place_frame(data: SiteData, place: PlaceInfo) -> pl.DataFrame:
    """The published counts of one place, from the disclosed series."""
    rows = []
    for measures in data.groups.values():
        for measure in measures:
            for every in _PERIODS:
                counts = data.series(place, measure, every)
                if counts is not None:
                    for start, value, mark in zip(counts.periods, counts.values, counts.marks, strict=True):
                        rows.append((measure, every, start, period_end(start, every), value, mark))
    named = {"level": place.level, "place": place.code, "place_name": place.name}
    same = [pl.Series(key, [text] * len(rows), dtype=pl.String) for key, text in named.items()]
    kinds = {"measure": pl.String, "period": pl.String, "start": pl.Date, "end": pl.Date}
    kinds |= {"value": pl.Int64, "mark": pl.String}
    columns = zip(*rows, strict=True) if rows else ((),) * len(kinds)
    own = [pl.Series(k, c, dtype=t) for (k, t), c in zip(kinds.items(), columns, strict=True)]
    return pl.DataFrame([*same, *own])

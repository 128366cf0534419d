"""A static site of a store: pages in two languages, downloads and pictures; written whole or not at all."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from atlarge.errors import QuestionError
from atlarge.publish.cells import LEVELS
from atlarge.publish.disclosure import THRESHOLD, Counts, Disclosed
from atlarge.publish.i18n import LANGUAGES, Words
from atlarge.publish.pages import PARTS, WHOLE, at_least, image_path, name_of, path_of, place_page
from atlarge.publish.render import static
from atlarge.publish.share import share_svg
from atlarge.publish.site_data import PlaceInfo, SiteData, gather_site
from atlarge.publish.site_pages import SINGLE, map_data, script, search_index
from atlarge.publish.svg import to_png
from atlarge.publish.writer import Folder, Tally, finish, prepare

if TYPE_CHECKING:
    from atlarge.records.store import Store

_CHUNK = 48
Step = Callable[[int, int], None]


@dataclass(frozen=True)
class SiteAudit:
    """What was published."""

    path: Path
    pages: int
    files: int
    bytes: int
    written: int
    hidden: dict[str, int]

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
) -> SiteAudit:
    """Publish a store (None: the embedded one) as a static site in a folder.

    The folder must be new, empty, or a site made before; it changes all at once, and files that stay the
    same are not rewritten. `threshold`: counts of 1 to threshold - 1 are hidden. `base_url`: where the site
    will stand, for the pictures that links carry. `progress` is called with (done, all) places.
    `levels`: those that get pages (nation, state, aor, office, county). Raises
    QuestionError for a folder that holds something else, StoreError for a store that cannot be read.
    """
    if threshold < 2:
        raise QuestionError(f"the threshold {threshold} hides nothing; give 2 or more")
    target = Path(out)
    new = prepare(target)
    data, table = gather_site(_opened(store), threshold=threshold, base_url=base_url, levels=levels)
    folder = Folder(target, new)
    _write_shared(folder, data, table)
    total = folder.tally
    places = sorted(data.places.values(), key=lambda p: (p.level, p.code))
    chunks = [places[i : i + _CHUNK] for i in range(0, len(places), _CHUNK)]
    done = 0
    for chunk, tally in zip(chunks, _in_parallel(target, new, data, chunks, workers), strict=True):
        total.add(tally)
        done += len(chunk)
        if progress:
            progress(done, len(places))
    finish(target, total)
    return SiteAudit(
        target,
        sum(path.endswith(".html") for path in total.files),
        len(total.files),
        sum(total.sizes.values()),
        total.written,
        data.hidden,
    )


def _opened(store: Store | Path | str | None) -> Store:
    from atlarge.records.store import open_store

    return open_store(store) if store is None or isinstance(store, Path | str) else store


def _write_shared(folder: Folder, data: SiteData, table: Disclosed) -> None:
    """What all pages share, and the pages that are not of one place."""
    css = "".join(static(name) for name in ("charts.css", "page.css", "site.css"))
    folder.put("static/site.css", re.sub(r"/\*.*?\*/\s*", "", css, flags=re.S))
    folder.put("static/site.js", static("site.js"))
    folder.put("static/icon.svg", static("icon.svg"))
    folder.put("static/places.js", script("atlargePlaces", search_index(data, Words("en"))))
    folder.put("static/mapdata.js", script("atlargeMap", map_data(data)))
    for language in LANGUAGES:
        w = Words(language)
        for stem, make in SINGLE.items():
            folder.put(path_of(stem, w), make(data, w))
    frame = download_frame(table, {code: p.name for code, p in data.places.items()})
    folder.put("data/all.csv", frame.write_csv())
    folder.put("data/all.parquet", _parquet(frame))


def download_frame(table: Disclosed, names: dict[tuple[str, str], str]) -> pl.DataFrame:
    """The published counts as a plain table: hidden ones empty, with the mark that says why."""
    keys = pl.DataFrame(
        [(*code, name) for code, name in names.items()], schema=["level", "place", "place_name"], orient="row"
    )
    return (
        table.frame.join(keys, on=["level", "place"], how="left")
        .rename({"every": "period"})
        .select("level", "place", "place_name", "measure", "period", "start", "end", "value", "mark")
        .sort("level", "place", "measure", "period", "start", "end")
    )


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def _in_parallel(
    out: Path, new: Path, data: SiteData, chunks: Sequence[Sequence[PlaceInfo]], workers: int
) -> Iterable[Tally]:
    """Write the pages of places, by chunks, in as many processes as asked for."""
    jobs = [[(p.level, p.code) for p in chunk] for chunk in chunks]
    if workers < 2 or len(chunks) < 4:
        _start(out, new, data)
        yield from map(_work, jobs)
        return
    from multiprocessing import get_context

    done = 0
    try:
        with ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=_start, initargs=(out, new, data)
        ) as pool:
            for tally in pool.map(_work, jobs):
                done += 1
                yield tally
    except BrokenProcessPool:  # a script without a main guard cannot start processes: go on in this one
        _start(out, new, data)
        yield from map(_work, jobs[done:])


_STATE: dict[str, Any] = {}


def _start(out: Path, new: Path, data: SiteData) -> None:
    """Give a worker what every page needs."""
    _STATE.update(out=out, new=new, data=data)


def _work(codes: Sequence[tuple[str, str]]) -> Tally:
    """Write the files of some places."""
    data: SiteData = _STATE["data"]
    folder = Folder(_STATE["out"], _STATE["new"])
    for code in codes:
        _write_place(folder, data, data.places[code])
    return folder.tally


def _write_place(folder: Folder, data: SiteData, place: PlaceInfo) -> None:
    for language in LANGUAGES:
        w = Words(language)
        folder.put(path_of(place.stem, w), place_page(data, place, w))
    frame = _place_frame(data, place)
    folder.put(f"data/{place.level}-{place.code}.csv", frame.write_csv())
    folder.put(f"data/{place.level}-{place.code}.parquet", _parquet(frame))
    w = Words(LANGUAGES[0])
    series = [
        c.named(w(f"measure.{m}"))
        for m in (WHOLE, *PARTS)
        if (c := data.series(place, m, "year")) is not None
    ]
    svg = share_svg(name_of(place, w), _total(series, w), series, w)
    key = hashlib.sha256(svg.encode()).hexdigest()
    folder.put_made(image_path(place), key, lambda: to_png(svg))


def _total(series: Sequence[Counts], w: Words) -> str:
    """All arrests of the place and the years they are of, as short as can be."""
    if not series:
        return ""
    first, last = series[0].periods[0].year + 1, series[0].periods[-1].year + 1
    return w("share.line", n=at_least(series[0], w), first=first, last=last)


def _place_frame(data: SiteData, place: PlaceInfo) -> pl.DataFrame:
    """The published counts of one place, from the disclosed series."""
    rows = []
    for measures in data.groups.values():
        for measure in measures:
            for every in ("month", "quarter", "year"):
                counts = data.series(place, measure, every)
                if counts is not None:
                    step = {"month": "1mo", "quarter": "3mo", "year": "1y"}[every]
                    for start, value, mark in zip(counts.periods, counts.values, counts.marks, strict=True):
                        rows.append(
                            (place.level, place.code, place.name, measure, every, start, step, value, mark)
                        )
    names = ["level", "place", "place_name", "measure", "period", "start", "step", "value", "mark"]
    schema = dict.fromkeys(names, pl.String) | {"start": pl.Date, "value": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    end = pl.col("start").dt.offset_by(pl.col("step")).dt.offset_by("-1d").alias("end")
    return frame.with_columns(end).select(*names[:6], "end", "value", "mark")

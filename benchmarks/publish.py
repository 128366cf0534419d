"""The full site of the embedded records: time, processor time, bytes, and how soon a page answers a reader;
and the site with the answers about all policies.

Run: python benchmarks/publish.py. The peer is the write of the same files without making them (a plain copy).
Pages are opened in Chromium from a server on this machine, with an empty cache, as a phone would see them;
without Chromium those rows are left out, and the table says so.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from atlarge.publish.preview import server
from atlarge.publish.site import publish

RESULTS = Path(__file__).with_name("results") / "publish.json"
CHROMIUM = Path("/usr/bin/chromium")
PAGES = {
    "place": "place/county/48453.html",
    "front": "index.html",
    "surges": "surges.html",
    "answer": "answers/travis-tx-2017.html",
    "compare": "compare.html",
}
LIVE = ("vendor/d3.min.js", "chart.js")
REPEATS = 5
MEASURED = """() => new Promise(done => {
  const shift = performance.getEntriesByType('layout-shift');
  let moved = shift.reduce((sum, e) => sum + e.value, 0);
  new PerformanceObserver(list => list.getEntries().forEach(e => { moved += e.value; }))
    .observe({type: 'layout-shift', buffered: true});
  setTimeout(() => {
    const nav = performance.getEntriesByType('navigation')[0];
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    done({interactive: nav.domContentLoadedEventEnd, paint: paint ? paint.startTime : null, moved});
  }, 300);
})"""


def _processor_seconds() -> float:
    own, kids = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + kids.ru_utime + kids.ru_stime


def _timed(work: Any) -> tuple[Any, float, float]:
    start, processor = time.perf_counter(), _processor_seconds()
    result = work()
    return result, time.perf_counter() - start, _processor_seconds() - processor


def _gzipped(*files: Path) -> int:
    return sum(len(gzip.compress(file.read_bytes(), 6)) for file in files)


def _wire_bytes(site: Path, page: str) -> dict[str, int]:
    """Bytes of a page, of what the site shares (once for all pages), and of what comes when it is wanted.

    Each as a host sends it: text compressed by gzip.
    """
    static, text = site / "static", (site / page).read_text(encoding="utf-8")
    shared = [static / name for name in ("site.css", "site.js", "words-en.js", "icon.svg")]
    shared += [static / name for name in LIVE if name in text]
    later = [static / name for name in ("map.js", "mapdata.js", "mapshape.js")] if "map.js" in text else []
    keys = re.search(r'data-places="([^",]+)"', text)
    own = [site / page] + ([site / "data" / "series" / f"{keys.group(1)}.js"] if keys else [])
    return {"wire_bytes": _gzipped(*own), "shared_bytes": _gzipped(*shared), "later_bytes": _gzipped(*later)}


def _largest(site: Path) -> str:
    """The place page with the most bytes."""
    pages = sorted(site.glob("place/*/*.html"), key=lambda p: (-p.stat().st_size, str(p)))
    return str(pages[0].relative_to(site))


def _opened(site: Path, page: str) -> dict[str, float]:
    """Medians over fresh openings: milliseconds to first paint and to an interactive page; layout shift."""
    from playwright.sync_api import sync_playwright

    opened_at = []
    with server(site) as served, sync_playwright() as play:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{served.server_address[1]}/{page}"
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        for _ in range(REPEATS):
            context = browser.new_context(viewport={"width": 360, "height": 740})
            opened = context.new_page()
            opened.goto(address)
            opened_at.append(opened.evaluate(MEASURED))
            context.close()
        browser.close()
        served.shutdown()
    return {
        key: round(
            statistics.median(t[key] for t in opened_at if t[key] is not None), 4 if key == "moved" else 0
        )
        for key in ("paint", "interactive", "moved")
    }


def _answers(site: Path) -> int:
    """Answers that a site gives, without their briefs."""
    return sum(not p.stem.endswith("-brief") for p in (site / "answers").glob("*.html"))


def _pages(site: Path) -> dict[str, dict[str, Any]]:
    """By kind of page: its bytes over the wire and, with Chromium, how soon it answers."""
    rows = {}
    for name, page in (*PAGES.items(), ("largest_place", _largest(site))):
        row: dict[str, Any] = {"path": page, **_wire_bytes(site, page)}
        if CHROMIUM.exists():
            times = _opened(site, page)
            row |= {
                "first_paint_ms": times["paint"],
                "interactive_ms": times["interactive"],
                "layout_shift": times["moved"],
            }
        rows[name] = row
    return rows


def main() -> None:
    """Measure and save."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        site = Path(name) / "site"
        first, wall, processor = _timed(lambda: publish(site))
        again, wall_again, _ = _timed(lambda: publish(site))
        _, copy, _ = _timed(lambda: shutil.copytree(site, Path(name) / "copy"))
        pages = _pages(site)
        answers = _answers(site)
        shutil.rmtree(site)
        whole, wall_all, processor_all = _timed(lambda: publish(site, answers="all"))
        answers_all = _answers(site)
    result = {
        **{k: v for k, v in first.to_dict().items() if k != "path"},
        "answers": answers,
        "processors": os.cpu_count(),
        "seconds": round(wall, 1),
        "processor_seconds": round(processor, 1),
        "seconds_unchanged": round(wall_again, 1),
        "files_written_unchanged": again.written,
        "seconds_copy": round(copy, 2),
        "ratio_to_copy": round(wall / copy, 1),
        "opened": pages,
        "all_answers": {
            "answers": answers_all,
            "pages": whole.pages,
            "seconds": round(wall_all, 1),
            "processor_seconds": round(processor_all, 1),
            "load_before": round(load, 1),
        },
        "load_before": round(load, 1),
    }
    for key, value in result.items():
        if key != "opened":
            print(f"{key:28} {value}")
    for name, row in pages.items():
        print(name, "  ".join(f"{k} {v}" for k, v in row.items()))
    if not CHROMIUM.exists():
        print(f"no Chromium at {CHROMIUM}: how soon pages answer was not measured")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

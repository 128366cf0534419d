"""The full site of the embedded records: time, processor time, bytes; and a second run that changes nothing.

Run: python benchmarks/publish.py. The peer is the write of the same files without making them (a plain copy).
"""

from __future__ import annotations

import json
import resource
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from atlarge.publish.site import publish

RESULTS = Path(__file__).with_name("results") / "publish.json"


def _processor_seconds() -> float:
    own, kids = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + kids.ru_utime + kids.ru_stime


def _timed(work: Any) -> tuple[Any, float, float]:
    start, processor = time.perf_counter(), _processor_seconds()
    result = work()
    return result, time.perf_counter() - start, _processor_seconds() - processor


def main() -> None:
    """Measure and save."""
    with tempfile.TemporaryDirectory() as name:
        site = Path(name) / "site"
        first, wall, processor = _timed(lambda: publish(site))
        again, wall_again, _ = _timed(lambda: publish(site))
        _, copy, _ = _timed(lambda: shutil.copytree(site, Path(name) / "copy"))
        largest = max((p.stat().st_size for p in site.rglob("place/**/*.html")), default=0)
    told = {
        **{k: v for k, v in first.to_dict().items() if k != "path"},
        "seconds": round(wall, 1),
        "processor_seconds": round(processor, 1),
        "seconds_unchanged": round(wall_again, 1),
        "files_written_unchanged": again.written,
        "seconds_copy": round(copy, 2),
        "ratio_to_copy": round(wall / copy, 1),
        "largest_place_page_bytes": largest,
    }
    for key, value in told.items():
        print(f"{key:28} {value}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(told, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

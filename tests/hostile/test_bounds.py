"""Every kind of hostile file in a process of its own: one line, bounded memory, the store as it was.

How long it may take is bounded too: `within` ends a process after two minutes, and so fails the test.
"""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import workbooks as wb

import simulated_files

MIB = 1024 * 1024
HEADER = simulated_files.ARRESTS_HEADER.encode()
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _entities(path: Path) -> Path:
    """Ten to the ninth of ten letters, if a reader wrote the entities out."""
    names = "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    doctype = f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{names}]>'
    return wb.write(path, wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER, ("&j;",) * 5), doctype)))


def _far_cells(path: Path) -> Path:
    """Two cells between which a reader would fill seventeen thousand million."""
    stray = f'<row r="1048576">{wb.cell("XFD1048576", "x")}</row>'
    return wb.write(path, wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW) + stray)))


def _shared_text(path: Path) -> Path:
    """A million cells that name one text of 30,000 characters."""
    rows = "".join(
        f'<row r="{r}">' + "".join(f'<c r="{c}{r}" t="s"><v>0</v></c>' for c in "ABCDE") + "</row>"
        for r in range(2, 200_000)
    )
    shared = f'<sst xmlns="{MAIN}"><si><t>{"x" * 30_000}</t></si></sst>'
    return wb.write(path, wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER) + rows), shared=shared))


def _many_parts(path: Path) -> Path:
    """A hundred thousand parts of nothing."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW))).items():
            archive.writestr(name, content)
        for i in range(100_000):
            archive.writestr(f"xl/media/{i}.png", "")
    return path


def _deep_xml(path: Path) -> Path:
    """Half a million elements within each other."""
    return wb.write(path, wb.parts(wb.sheet_xml("<row>" * 500_000)))


def _quotes(path: Path) -> Path:
    """A quotation mark on every line, so that each could be the end of the last."""
    path.write_bytes(HEADER + b"\n" + b'"|||||||\n' * 5_000_001)
    return path


def _wide(path: Path) -> Path:
    """A header of a million columns."""
    path.write_bytes(HEADER + b"|" + b"|".join(b"c%d" % i for i in range(1_000_000)) + b"\n")
    return path


def _short_lines(path: Path) -> Path:
    """A hundred million lines of nothing."""
    member = gzip.compress(b"\n" * 16 * MIB, 9)
    path.write_bytes(gzip.compress(HEADER + b"\n") + member * 6)
    return path


def _not_text(path: Path) -> Path:
    """Bytes that no encoding gives, far behind a sound beginning."""
    lines = ("\n".join(simulated_files.arrest_lines(2_000)) + "\n").encode()
    path.write_bytes(HEADER + b"\n" + lines * 300 + b"\xff\xfe\x80" * 1_000 + b"\n")
    return path


HOSTILE: dict[str, tuple[Callable[[Path], Path], str, int]] = {
    "entities": (_entities, "xlsx", 300),
    "far cells": (_far_cells, "xlsx", 300),
    "shared text": (_shared_text, "xlsx", 400),
    "many parts": (_many_parts, "xlsx", 400),
    "deep xml": (_deep_xml, "xlsx", 400),
    "quotes": (_quotes, "csv", 700),
    "wide": (_wide, "csv", 500),
    "short lines": (_short_lines, "csv.gz", 900),
    "not text": (_not_text, "csv", 700),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", HOSTILE)
def test_refused_within_bounds(kind: str, tmp_path: Path, within: Any, full_store: Path) -> None:
    make, ending, mebibytes = HOSTILE[kind]
    before = simulated_files.tree(full_store)
    path = make(tmp_path / f"hostile.{ending}")
    done = within(["ingest", str(path), "--store", str(full_store)], mebibytes)
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 0, done.stderr
    assert path.name in done.stderr
    assert simulated_files.tree(full_store) == before

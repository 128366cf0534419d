"""Broken and hostile text releases: refused in one line, the store as it was, memory within bounds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import simulated_files
from atlarge.ingest import ingest

pytestmark = pytest.mark.slow_file

MIB = 1024 * 1024
HEADER = simulated_files.ARRESTS_HEADER.encode()
LINES = "\n".join(simulated_files.arrest_lines(5)).encode()
Refused = Callable[[Path], str]

BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "blanks": (b" \n\t\n  ", "blanks"),
    "zeros": (bytes(4096), ""),
    "random": (bytes(range(256)) * 20, ""),
    "zero byte inside": (HEADER + b"\n" + LINES + b"\n" + b"a|b\0c|d|e|f|g|h|i|j\n", "zero byte"),
    "UTF-16": ("\ufeff" + simulated_files.ARRESTS_HEADER).encode("utf-16"),
    "UTF-32": ("\ufeff" + simulated_files.ARRESTS_HEADER).encode("utf-32"),
    "UTF-16 without mark": simulated_files.ARRESTS_HEADER.encode("utf-16-le"),
    "an encoding of old Macs": (HEADER + b"\n" + LINES + b"\n||Pe\x96a\x83||||||\n", "UTF-8"),
    "unclosed quote": HEADER + b"\n" + LINES + b'\n||"Located||||||\n',
    "only a header of another kind": b"Name,Age,City\n",
    "commas for bars": HEADER.replace(b"|", b",") + b"\n",
    "header and no rows": HEADER + b"\n",
    "most lines ragged": HEADER + b"\n" + b"a|b\n" * 9,
    "names of persons": HEADER + b"|Last Name\n" + LINES.replace(b"\n", b"|DOE\n") + b"|ROE\n",
    "birth dates": HEADER + b"\n" + LINES.replace(b"Male|", b"Male|4/1/1980"),
    "web page": b"<!DOCTYPE html><html><body>Not found</body></html>",
    "JSON": b'{"message": "not found"}',
    "Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "PDF": b"%PDF-1.7\n%\xe2\xe3",
    "gzip in gzip in gzip, and on": gzip.compress(gzip.compress(gzip.compress(gzip.compress(HEADER)))),
    "gzip cut short": gzip.compress(HEADER + b"\n" + LINES * 50)[:-20],
    "gzip with a wrong checksum": gzip.compress(HEADER + b"\n" + LINES)[:-6] + b"abcdef",
    "gzip with rubbish after": gzip.compress(HEADER + b"\n" + LINES) + b"rubbish",
    "quotes in quotes": HEADER + b"\n" + b'"' * 10_001,
    "a megabyte of header": b"|".join([HEADER, b"x" * 2 * MIB]) + b"\n",
}  # type: ignore[assignment]


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_text_is_refused(kind: str, tmp_path: Path, refused: Refused) -> None:
    result: Any = BROKEN[kind]
    content, words = result if isinstance(result, tuple) else (result, "")
    path = tmp_path / "release.csv"
    path.write_bytes(content)
    assert words in refused(path)


def test_names_that_play_tricks(tmp_path: Path, refused: Refused, full_store: Path) -> None:
    """A file's name is told, never followed, and its control characters never reach the terminal."""
    for name in (
        "re\nlease.csv",
        "release\x1b[31m.csv",
        "release\u202ecsv.csv",
        "-rf *;.csv",
        "release\r.csv",
    ):
        path = tmp_path / name
        path.write_bytes(b"")
        refused(path)
    for name in ("..%2f..%2fetc.csv", "$(touch owned).csv", "'; DROP TABLE arrests; --.csv"):
        ingest([simulated_files.arrests(tmp_path / name, 5, seed=len(name))], full_store)
    outside = {p.name for p in tmp_path.iterdir()} - {"store"}
    assert "owned" not in outside
    for file in full_store.rglob("*"):
        assert file.resolve().is_relative_to(full_store.resolve())


def test_what_is_harmless_is_read(tmp_path: Path) -> None:
    """A byte order mark, Windows line ends, gzip members one after another, and trailing blank lines."""
    plain = HEADER + b"\n" + LINES + b"\n"
    forms = {
        "mark.csv": b"\xef\xbb\xbf" + plain,
        "windows.csv": plain.replace(b"\n", b"\r\n"),
        "members.csv.gz": gzip.compress(HEADER + b"\n") + gzip.compress(LINES + b"\n"),
        "trailing.csv": plain + b"\n\n",
    }
    for name, content in forms.items():
        path = tmp_path / name
        path.write_bytes(content)
        audit = ingest([path], tmp_path / f"store-{name}")
        assert audit.releases[0].rows_kept == 5, name


def test_formula_cells_go_to_quarantine(tmp_path: Path) -> None:
    path = tmp_path / "release.csv"
    bad = b'|2/1/2017|Located|"=HYPERLINK(""http://example.org"",""x"")"||Other|MEXICO|Male|\n'
    path.write_bytes(HEADER + b"\n" + LINES + b"\n" + bad)
    audit = ingest([path], tmp_path / "store").releases[0]
    assert (audit.rows_read, audit.rows_kept, audit.rows_dropped) == (6, 5, {"quarantine": 1})


def _members(path: Path, blocks: int, block: bytes, head: bytes) -> Path:
    """A gzip file of a head and many times a block."""
    member = gzip.compress(block, 6)
    with path.open("wb") as file:
        file.write(gzip.compress(head))
        for _ in range(blocks):
            file.write(member)
    return path


@pytest.mark.slow
def test_gzip_bombs_are_refused_within_bounds(
    tmp_path: Path, within: Any, full_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gigabytes in a few kilobytes, in one member and in many."""
    before = simulated_files.tree(full_store)
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    packed = packer.compress(HEADER + b"\n")
    packed += b"".join(packer.compress(bytes(16 * MIB)) for _ in range(32)) + packer.flush()
    one = tmp_path / "one.csv.gz"
    one.write_bytes(packed)
    lines = (LINES + b"\n") * (16 * MIB // len(LINES))
    zeros = _members(tmp_path / "zeros.csv.gz", 512, bytes(16 * MIB), HEADER + b"\n")
    rows = _members(tmp_path / "rows.csv.gz", 40, lines, HEADER + b"\n")
    monkeypatch.setenv("ATLARGE_MAX_BYTES", str(200 * MIB))
    for bomb in (one, zeros, rows):
        done = within(["ingest", str(bomb), "--store", str(full_store)], 1000)
        assert done.returncode == 1
        assert "unpacks to more than" in done.stderr or "long" in done.stderr or "zero byte" in done.stderr
        assert simulated_files.tree(full_store) == before


@pytest.mark.slow
def test_a_line_of_a_gigabyte_is_refused_within_bounds(tmp_path: Path, within: Any, full_store: Path) -> None:
    before = simulated_files.tree(full_store)
    packed = _members(tmp_path / "line.csv.gz", 64, b"A" * 16 * MIB, HEADER + b"\n")
    plain = tmp_path / "line.csv"
    with plain.open("wb") as file:
        file.write(HEADER + b"\n")
        for _ in range(64):
            file.write(b"A" * 16 * MIB)
    for path in (packed, plain):
        done = within(["ingest", str(path), "--store", str(full_store)], 600)
        assert done.returncode == 1
        assert simulated_files.tree(full_store) == before
    assert "line 2 is over a million characters" in done.stderr


def test_a_file_changed_while_it_is_read(
    tmp_path: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashed before and while it is read: the rows in the store are those of the hash."""
    from atlarge.releases import opening

    monkeypatch.setattr(opening, "BLOCK", 1000)
    path = simulated_files.arrests(tmp_path / "release.csv", 200)
    first = opening.hashlib.file_digest

    def changed(file: Any, kind: str) -> Any:
        result = first(file, kind)
        with path.open("ab") as end:
            end.write(LINES + b"\n")
        return result

    monkeypatch.setattr(opening.hashlib, "file_digest", changed)
    assert "changed while it was read" in refused(path)


def test_blocks_give_what_the_whole_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in blocks of any size, the rows, their numbers and the account are the same."""
    import polars as pl

    from atlarge.releases import opening

    lines = [simulated_files.ARRESTS_HEADER, *simulated_files.arrest_lines(400, 5)]
    lines[50] = '|2/1/2017|Located|"A LANDMARK\nON TWO LINES | WITH A BAR"||Other|MEXICO|Male|'
    lines[70] = "|not a day|Located|X||Other|MEXICO|Male|"
    lines[90] = "too|few"
    for line in (20, 200, 201, 390):  # words of an area that there is not, in several blocks
        lines[line] = "Atlantis Area of Responsibility|2/1/2017|Located|X||Other|MEXICO|Male|"
    path = tmp_path / "release.csv"
    path.write_text("\n".join(lines) + "\n")
    whole = ingest([path], tmp_path / "whole").releases[0].to_dict()
    assert any("names no area of responsibility in 4 rows" in note for note in whole["notes"])
    rows = pl.read_parquet(tmp_path / "whole" / "arrests" / "*.parquet").sort("row")
    for size in (600, 1_777, 10_000):
        monkeypatch.setattr(opening, "BLOCK", size)
        result = ingest([path], tmp_path / f"blocks-{size}").releases[0].to_dict()
        assert len(result["tables"]) > 1
        for account in (result, whole):
            account["notes"].sort()  # a note stands where the first block has reason for it
        assert result | {"tables": None} == whole | {"tables": None}
        assert pl.read_parquet(tmp_path / f"blocks-{size}" / "arrests" / "*.parquet").sort("row").equals(rows)

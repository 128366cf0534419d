"""Bytes of releases: packed, cut, in lines and pages that are counted by hand."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

import simulated_files
from atlarge import codes
from atlarge.codes import as_texts
from atlarge.errors import ReleaseError
from atlarge.releases import families, opening, read_release
from atlarge.releases.arrowform import arrow_bytes
from atlarge.releases.opening import open_release
from atlarge.releases.parquetform import DamagedError, unpacked_bytes
from atlarge.releases.textform import _parse, read_blocks, read_text, unique_names
from atlarge.releases.unpacking import allowed_bytes, bounded, from_blocks, from_gzip, member_of, most_bytes

MIB = 1024 * 1024
HERE = Path("f")
HEADER = simulated_files.ARRESTS_HEADER
LINES = simulated_files.arrest_lines(6)


def _pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[i : i + size] for i in range(0, len(content), size))


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("pack", "unpack"),
    [(gzip.compress, from_gzip), (bz2.compress, from_blocks), (lzma.compress, from_blocks)],
)
def test_streams_one_after_another_are_one_text(
    pack: Callable[[bytes], bytes], unpack: Callable[..., Iterator[bytes]], size: int
) -> None:
    first, second = b"abc" * 500, bytes(range(256)) * 8
    for content in (
        pack(first) + pack(second),
        pack(first) + bytes(64) + pack(second) + bytes(16),  # zeros between and after are padding
    ):
        parts = list(unpack(HERE, _pieces(content, size), 100))
        assert b"".join(parts) == first + second
        assert max(map(len, parts)) <= 100
    whole = pack(second)
    for cut in (3, len(whole) // 2, len(whole) - 1):
        with pytest.raises(ReleaseError, match="ends early, after"):
            list(unpack(HERE, _pieces(whole[:cut], size), 100))
    with pytest.raises(ReleaseError, match="stream is damaged"):
        list(unpack(HERE, _pieces(pack(first) + b"no more of it" * 20, size), 100))
    broken = bytearray(whole)
    broken[len(whole) // 2 : len(whole) // 2 + 8] = b"\xff" * 8
    with pytest.raises(ReleaseError, match=r"stream is damaged|ends early"):
        list(unpack(HERE, _pieces(bytes(broken), size), 100))


def test_what_may_be_unpacked_is_bounded_by_size_and_by_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATLARGE_MAX_BYTES", raising=False)
    assert most_bytes() == 4096 * MIB
    assert allowed_bytes(1000) == 64 * MIB
    assert allowed_bytes(MIB) == 200 * MIB
    assert allowed_bytes(MIB, 1000) == 1000 * MIB
    assert allowed_bytes(1024 * MIB) == 4096 * MIB
    monkeypatch.setenv("ATLARGE_MAX_BYTES", "12")
    assert (most_bytes(), allowed_bytes(5)) == (12, 12)
    assert b"".join(bounded(HERE, iter([b"123456", b"123456"]), 5)) == b"123456123456"
    with pytest.raises(ReleaseError, match="unpacks to more than 12 bytes from 5"):
        list(bounded(HERE, iter([b"123456", b"1234567"]), 5))
    for wrong in ("many", "-1", "1.5"):
        monkeypatch.setenv("ATLARGE_MAX_BYTES", wrong)
        with pytest.raises(ReleaseError, match="give a whole number of bytes"):
            most_bytes()


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["a.csv"], "a.csv"), (["folder/a.CSV", "folder/"], "folder/a.CSV"),
        (["a.csv", "README.txt"], "a.csv"), (["a.csv", "codebook.xlsx", "LICENSE.txt"], "a.csv"),
        (["a.csv", "__MACOSX/._a.csv", ".hidden.csv"], "a.csv"), (["readme.csv"], "readme.csv"),
        (["a.csv", "picture.png"], "a.csv"), (["a.csv.gz"], "a.csv.gz"),
    ],
)  # fmt: skip
def test_the_one_table_of_an_archive_is_read(names: list[str], wanted: str) -> None:
    found = member_of(HERE, _zip({name: name.encode() for name in names}), is_inside=False)
    assert found is not None
    assert found[0] == wanted
    assert b"".join(found[1]) == wanted.encode()


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["a.png"], "without a table in it"), ([], "without a table in it"),
        (["a.csv", "b.csv"], r"several tables \(a.csv, b.csv\)"),
        ([f"{k}.csv" for k in range(6)], r"several tables \(0.csv, 1.csv, 2.csv, 3.csv and 2 more\)"),
        (["content.xml"], "OpenDocument"), (["word/document.xml"], "Word document"),
    ],
)  # fmt: skip
def test_an_archive_of_none_or_several_tables_is_refused(names: list[str], why: str) -> None:
    with pytest.raises(ReleaseError, match=why):
        member_of(HERE, _zip(dict.fromkeys(names, b"x")), is_inside=False)


def test_workbooks_and_archives_within_are_told_apart() -> None:
    assert member_of(HERE, _zip({"[Content_Types].xml": b"x", "a.csv": b"x"}), is_inside=False) is None
    assert member_of(HERE, _zip({"xl/workbook.xml": b"x"}), is_inside=True) is None
    with pytest.raises(ReleaseError, match="an archive within an archive"):
        member_of(HERE, _zip({"a.csv": b"x"}), is_inside=True)
    with pytest.raises(ReleaseError, match="damaged"):
        member_of(HERE, _zip({"a.csv": b"x"})[:-8], is_inside=False)
    locked = bytearray(_zip({"a.csv": b"x"}))
    for at in (6, locked.index(b"PK\x01\x02") + 8):  # the flag of a password, in both headers
        locked[at] |= 1
    with pytest.raises(ReleaseError, match="password"):
        member_of(HERE, bytes(locked), is_inside=False)


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_a_text_may_be_packed_three_times(layers: int, tmp_path: Path) -> None:
    content = text = ("\n".join([HEADER, *LINES]) + "\n").encode()
    for k in range(layers):
        content = (gzip.compress, bz2.compress, lzma.compress)[k % 3](content)
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    if layers < 4:
        opened = open_release(path)
        assert (opened.form, opened.content, opened.notes) == ("text", text, [])
    else:
        with pytest.raises(ReleaseError):
            read_release(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the file is empty"), (b" \n\t ", "nothing but blanks"),
        (gzip.compress(b"", mtime=0), "nothing but blanks"),
        (b"%PDF-1.7", "is a PDF"), (b"<!DOCTYPE html><p>no</p>", "a web page or a document"),
        (b"<html><TABLE><tr></tr></TABLE>", "a web page, not a spreadsheet"),
        (b"\x89PNG\r\n", "is a picture"),
        (b"x" * 257 + b"ustar", "is a tar archive"),
        (b"\xef\xbb\xbf  <html>", "a web page or a document"),
    ],
)  # fmt: skip
def test_what_is_plainly_no_table_is_named(content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ReleaseError, match=why) as refused:
        open_release(path)
    assert str(path) in str(refused.value)


def test_paths_that_are_no_files_say_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReleaseError, match="is an address, and files are read; download it first"):
        open_release(Path("https://example.org/releases/arrests.csv"))
    with pytest.raises(ReleaseError, match="there is no such file"):
        open_release(tmp_path / "none.csv")
    with pytest.raises(ReleaseError, match="is a folder"):
        open_release(tmp_path)
    path = tmp_path / "a.csv"
    path.write_text("\n".join([HEADER, *LINES]))
    monkeypatch.setenv("ATLARGE_MAX_BYTES", str(path.stat().st_size - 1))
    with pytest.raises(ReleaseError, match="more than ATLARGE_MAX_BYTES"):
        open_release(path)
    monkeypatch.setenv("ATLARGE_MAX_BYTES", str(path.stat().st_size))
    assert open_release(path).form == "text"


@pytest.mark.parametrize("block", [200, 333, 1000, 10**6])
def test_a_long_text_is_read_in_blocks_with_its_rows_numbered_through(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = simulated_files.arrest_lines(40)
    lines[7] = "San Antonio|too few"
    lines[20] = lines[20].replace("MEXICO", '"MEX\nICO"')
    lines[21] += "|one too many"
    text = "\n".join(["A title", "", HEADER, *lines]).encode()  # no line end at the end
    path = tmp_path / "a.csv"
    path.write_bytes(text)
    whole = read_text(path, text)
    assert [(r.row, r.reason) for r in whole.ragged] == [
        (11, "2 fields where the header has 9"), (25, "10 fields where the header has 9")
    ]  # fmt: skip
    # a cell of two lines is one row of the table
    assert whole.rows.to_list() == [k for k in range(4, 44) if k not in (11, 25)]
    assert whole.preamble == ["A title"]
    assert whole.frame["citizenship"][19] == "MEX\nICO"
    monkeypatch.setattr(opening, "BLOCK", block)
    opened = open_release(path)
    tables = list(read_blocks(path, opened.content, opened.rest or iter(())))
    assert pl.concat([as_texts(t.frame) for t in tables]).equals(as_texts(whole.frame))
    assert [k for t in tables for k in t.rows.to_list()] == whole.rows.to_list()
    assert [r for t in tables for r in t.ragged] == whole.ragged


@pytest.mark.parametrize("delimiter", list("|,\t;"))
@pytest.mark.parametrize("above", [0, 1, 39])
def test_a_header_is_found_within_forty_lines_whatever_separates_its_cells(
    delimiter: str, above: int
) -> None:
    header = HEADER.replace("|", delimiter)
    row = LINES[0].replace(",", "").replace(";", "").replace("|", delimiter)
    text = "\n".join([*(f"line {k}" for k in range(above)), header, row]) + "\n"
    table = read_text(HERE, text.encode())
    assert (table.family.id, table.frame.height, table.rows.to_list()) == ("ero-arrests", 1, [above + 2])
    assert len(table.preamble) == above
    with pytest.raises(ReleaseError, match="no header of a known release in its first 40 lines"):
        read_text(HERE, ("x\n" * 40 + header + "\n" + row + "\n").encode())


def _written(draw: random.Random, oddity: float) -> bytes:
    """Lines of three cells, some of which no program writes."""
    lines = []
    is_marked, end = draw.random() < 0.5, draw.choice(["\n", "\r\n"])
    for _ in range(draw.randint(1, 8)):
        cells = []
        for _ in range(3):
            is_odd = draw.random() < oddity
            cell = "".join(
                draw.choice('ab"|\n ,é' if is_odd else "ab ,éñ") for _ in range(draw.randint(0, 5))
            )
            if draw.random() >= oddity:
                bare = "".join(letter for letter in cell if letter not in '"|\n')
                cell = '"' + cell.replace('"', '""') + '"' if is_marked or draw.random() < 0.5 else bare
            cells.append(cell)
        lines.append("|".join(cells))
    return (end.join(lines) + draw.choice(["", end])).encode()


@pytest.mark.slow
def test_cells_are_read_as_categories_only_where_these_are_the_texts() -> None:
    """Polars cuts a letter off a cell with something after its closing mark, where it reads categories."""
    names = ["x", "y", "z"]
    numbered = 0
    draws = [_written(random.Random(seed), (0.0, 0.02, 0.2, 0.5)[seed % 4]) for seed in range(150)]
    in_balance = b'"a""b"|"cd"e|f\n'  # a mark more in one cell, a letter less in the other
    for odd in [in_balance, b'"ab"c|b|c', '"ab"é|b|c\r\n'.encode(), b'a|"|"|\n', *draws]:
        sound = "a|b|c\r\n" if b"\r" in odd else "a|b|c\n"
        body = sound.encode() * codes.LOOKED_AT * 2 + odd  # whose first lines are read as texts
        try:
            texts = pl.read_csv(
                body,
                separator="|",
                has_header=False,
                new_columns=names,
                schema=dict.fromkeys(names, pl.String),
            )
        except pl.exceptions.PolarsError:
            with pytest.raises(pl.exceptions.PolarsError):
                _parse(body, "|", names, 0)
            continue
        frame, _ = _parse(body, "|", names, 0)
        numbered += all(isinstance(kind, pl.Categorical) for kind in frame.dtypes)
        assert as_texts(frame).equals(texts), odd
    assert numbered > 40


def test_row_names_that_r_adds_are_left_out_and_other_first_columns_are_not() -> None:
    named = "\n".join([HEADER, *(f"{k}|{line}" for k, line in enumerate(LINES, 1))]) + "\n"
    table = read_text(HERE, named.encode())
    assert (table.frame.height, table.ragged, table.rows.to_list()) == (6, [], list(range(2, 8)))
    assert table.frame.columns[0] == "area_of_responsibility"
    for first in ((2, 1, 3, 4, 5, 6), ("a", "b", "c", "d", "e", "f")):
        lines = [HEADER, *(f"{k}|{line}" for k, line in zip(first, LINES, strict=True))]
        again = read_text(HERE, ("\n".join(lines) + "\n").encode())
        assert as_texts(again.frame).equals(as_texts(table.frame))
    # one name twice is no name of rows, and a first column whose absence takes the dates away is the table's
    repeated = [f"{k}|{line}" for k, line in zip((1, 1, 2, 3, 4, 5), LINES, strict=True)]
    beyond = [f"{line}|{word}" for line, word in zip(LINES, "abcdef", strict=True)]
    numbered = [f"{k}|{line}|{k}" for k, line in enumerate(LINES)]
    for names, wrong in ((HEADER, repeated), (HEADER, beyond), (f"id|{HEADER}", numbered)):
        with pytest.raises(
            ReleaseError,
            match=r"6 of 6 lines do not have the (9|10) columns of the header on line 1.*quotation marks",
        ):
            read_text(HERE, ("\n".join([names, *wrong]) + "\n").encode())


@pytest.mark.parametrize(("bad", "is_read"), [(3, True), (4, False)])
def test_a_file_is_refused_where_most_of_its_lines_are_ragged(bad: int, is_read: bool) -> None:
    lines = ["a|b" if k < bad else line for k, line in enumerate(LINES)]
    text = ("\n".join([HEADER, *lines]) + "\n").encode()
    if is_read:
        assert len(read_text(HERE, text).ragged) == bad
    else:
        with pytest.raises(ReleaseError, match="4 of 6 lines do not have"):
            read_text(HERE, text)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda t: t.replace(b"MEXICO", b"M\xffXICO", 1), "line 2 is not in UTF-8"),
        (lambda t: t.replace(b"MEXICO", b"M\0XICO", 1), "line 2 holds a zero byte"),
        (lambda t: t + b'"open|' + b"|" * 7 + b"\n", "quotation mark is opened and never closed"),
        (lambda t: t + b"x" * (2 * MIB), "line 8 is over a million characters long"),
        (lambda t: b"here,there\n" * 5, "no header of a known release"),
    ],
)
def test_what_is_wrong_with_a_text_is_said_with_its_line(change: Callable[[bytes], bytes], why: str) -> None:
    text = ("\n".join([HEADER, *LINES]) + "\n").encode()
    with pytest.raises(ReleaseError, match=why):
        read_text(HERE, change(text))


def _workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_table_that_stands_anywhere_in_another_sheet_is_read_to_its_end(tmp_path: Path) -> None:
    family = families()["detention-statistics"]
    head = [c.names[0] for name, c in family.columns.items() if c.is_needed]
    facility = [f"cell {k}" for k in range(len(head))]
    months = list(family.block)
    book = [["ICE Detention"], [], [None, None, *months], [None, None, "ICE", *range(12), 66],
            [None, None, "CBP", *range(12), 66], [None, None, None, 5],
            [None, None, "a note", 7]]  # fmt: skip
    sheets = {
        "Facilities FY25": [["Facilities"], head, facility], "Detention FY25": book,
        "Notes": [["one"], ["two"]],
    }  # fmt: skip
    release = read_release(_workbook(tmp_path / "a.xlsx", sheets))
    assert release.family.id == "detention-statistics"
    assert release.passed_sheets == ["Notes"]
    assert release.preamble == ["Facilities"]
    first, second = release.sheets
    assert (first.name, first.rows.to_list(), first.frame.row(0)) == ("Facilities FY25", [3], tuple(facility))
    assert (second.name, second.rows.to_list()) == ("Detention FY25", [4, 5])
    assert second.frame["agency"].to_list() == ["ICE", "CBP"]
    assert second.frame["sep"].to_list() == ["11", "11"]
    assert release.rows_read == 3


def test_a_sheet_that_goes_on_without_a_header_is_named(tmp_path: Path) -> None:
    head, rows = HEADER.split("|"), [line.split("|") for line in LINES]
    for more, is_refused in ((rows, True), ([["x"] * len(head)], False), ([row[:3] for row in rows], False)):
        path = _workbook(tmp_path / f"{len(list(tmp_path.iterdir()))}.xlsx", {"A": [head, *rows], "B": more})
        if is_refused:
            with pytest.raises(
                ReleaseError, match="sheet 'B' holds rows like those of sheet 'A', but no header"
            ):
                read_release(path)
        else:
            assert read_release(path).passed_sheets == ["B"]
    both = _workbook(tmp_path / "both.xlsx", {"A": [head, *rows], "B": [["a title"], [], head, *rows[:2]]})
    release = read_release(both)
    assert [sheet.rows.to_list() for sheet in release.sheets] == [list(range(2, 8)), [4, 5]]
    assert release.id == f"ero-arrests-{release.sha256[:12]}"
    assert not release.is_simulated


def test_names_of_columns_are_made_plain_and_different() -> None:
    names = ["A b", None, "A.B", "", "aB", "A b"]
    assert unique_names(names) == ["a_b", "unnamed", "a_b_2", "unnamed_2", "ab", "a_b_3"]


def _number(value: int) -> bytes:
    """An unsigned number as the compact protocol writes it, seven bits at a time."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _signed(value: int) -> bytes:
    return _number(value << 1 if value >= 0 else (-value << 1) - 1)


def _thrift(fields: dict[int, Any]) -> bytes:
    """A struct of numbers, texts, flags, lists and structs."""
    out, last = b"", 0
    for number, value in fields.items():
        kind, body = _value(value)
        step = number - last
        out += bytes([step << 4 | kind]) if 0 < step < 16 else bytes([kind]) + _signed(number)
        out, last = out + body, number
    return out + b"\0"


def _value(value: Any) -> tuple[int, bytes]:
    if isinstance(value, bool):
        return (1 if value else 2), b""
    if isinstance(value, int):
        return 6, _signed(value)
    if isinstance(value, float):
        return 7, struct.pack("<d", value)
    if isinstance(value, bytes):
        return 8, _number(len(value)) + value
    if isinstance(value, list):
        kind = _value(value[0])[0] if value else 12
        n = bytes([len(value) << 4 | kind]) if len(value) < 15 else bytes([0xF0 | kind]) + _number(len(value))
        return 9, n + b"".join(_value(v)[1] for v in value)
    return 12, _thrift(value)


def _parquet(
    change: Callable[[dict[int, Any], list[dict[int, Any]]], None] | None = None, rows: int = 20
) -> bytes:
    """A file of two columns in one group, with a page of ten values and another of the rest in each."""
    pages = [
        {1: 0, 2: 100 * (k + 1), 3: 8, 5: {1: 10 if k % 2 == 0 else rows - 10, 2: 0}, 20: 3.5, 21: True}
        for k in range(4)
    ]
    footer: dict[int, Any] = {
        1: 1,
        2: [{4: b"schema", 5: 2}, *({4: b"c" * 20, 3: 1} for _ in range(2))],
        3: rows,
        4: [{1: [], 2: 0, 3: rows}],
        6: b"a test",
    }
    if change is not None:
        change(footer, pages)
    body = b"PAR1"
    for column in range(2):
        start = len(body)
        for page in pages[2 * column : 2 * column + 2]:
            body += _thrift(page) + b"x" * 8
        about = {5: rows, 7: len(body) - start, 9: start}
        chunk: dict[int, Any] = {2: 0, 3: about}
        if change is not None and (also := footer.get("chunk")):
            also(column, chunk, about)
        footer[4][0][1].append(chunk)
    footer.pop("chunk", None)
    footer |= footer.pop("last", {})
    foot = _thrift(footer)
    return body + foot + len(foot).to_bytes(4, "little") + b"PAR1"


def test_pages_are_added_up_as_they_were_written() -> None:
    assert unpacked_bytes(_parquet()) == 100 + 200 + 300 + 400

    def many(footer: dict[int, Any], pages: list[dict[int, Any]]) -> None:
        footer[2][1:] = [{4: b"c", 3: 1} for _ in range(2)]
        footer[7] = [{1: k} for k in range(40)]  # a list longer than fits in its first byte
        pages[0][2] = 2**40
        del pages[1][20]

    assert unpacked_bytes(_parquet(many)) == 2**40 + 200 + 300 + 400


def _set(where: str, key: Any, value: Any) -> Callable[[dict[int, Any], list[dict[int, Any]]], None]:
    def change(footer: dict[Any, Any], pages: list[dict[int, Any]]) -> None:
        if where == "footer":
            footer[key] = value
        elif where == "group":
            footer[4][0][key] = value
        elif where == "page":
            pages[1][key] = value
        elif where == "data":
            pages[1][5][key] = value
        else:

            def also(column: int, chunk: dict[int, Any], about: dict[int, Any]) -> None:
                if column == 1:
                    (chunk if where == "chunk" else about)[key] = value

            footer["chunk"] = also

    return change  # fmt: skip


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_set("footer", 3, 19), "another number of rows than its footer"),
        (_set("footer", 3, -1), "missing or below zero"),
        (_set("group", 3, 21), "another number of values than the others"),
        (_set("data", 1, 11), "pages of a column have another number of values"),
        (_set("page", 2, -5), "missing or below zero"),
        (_set("page", 4, 12345), "checksum of one of its pages is wrong"),
        (_set("chunk", 1, b"other.parquet"), "names another file"),
        (_set("about", 7, 10_000), "goes beyond the end of the file"),
        (_set("about", 9, 4), "two of its columns lie in the same place"),
        (_set("about", 5, 3), "another number of values than the others"),
        (
            _set("footer", 2, [{4: b"s", 5: 3}, {4: b"a", 3: 1}, {4: b"b", 3: 1}, {4: b"c", 3: 1}]),
            "lacks a column",
        ),
        (_set("footer", "last", {4: 7}), "not those of the format"),
    ],
)
def test_headers_of_pages_that_cannot_be_are_refused(change: Any, why: str) -> None:
    with pytest.raises(DamagedError, match=why):
        unpacked_bytes(_parquet(change))


def test_a_checksum_that_is_right_is_believed() -> None:
    assert unpacked_bytes(_parquet(_set("page", 4, zlib.crc32(b"x" * 8)))) == 1000
    assert unpacked_bytes(_parquet(_set("page", 4, zlib.crc32(b"x" * 8) - 2**32))) == 1000


def test_columns_of_lists_may_have_other_numbers_of_values() -> None:
    def lists(footer: dict[int, Any], pages: list[dict[int, Any]]) -> None:
        footer[2][1][3] = 2
        pages[1][5][1] = 99

    assert unpacked_bytes(_parquet(lists)) == 1000


def test_a_footer_that_is_none_is_refused() -> None:
    sound = _parquet()
    for content in (sound[:-1], b"PAR2" + sound[4:], sound[:11], sound[:-8] + b"\xff\xff\xff\x7f" + b"PAR1"):
        with pytest.raises(DamagedError, match="does not end as a Parquet file"):
            unpacked_bytes(content)
    # no end of a number, nothing but structs within structs, and a list of more than the file has
    for body, why in (
        (b"\x16" + b"\xff" * 12, "too long"),
        (b"\x1c" * 40 + b"\0" * 40, "headers within headers"),
        (b"\x19\xfc" + _number(10**6), "lists more than the file can hold"),
        (b"\x1b" + _number(10**6) + b"\x88", "lists more than the file can hold"),
        (b"\x1e\0", "a kind that there is not"),
        (b"\x18" + _number(500) + b"x", "beyond the end of the file"),
    ):
        with pytest.raises(DamagedError, match=why):
            unpacked_bytes(b"PAR1" + body + len(body).to_bytes(4, "little") + b"PAR1")


def _arrow(form: str, compression: str | None = None) -> bytes:
    frame = pl.DataFrame({"a": [1, 2, None] * 50, "b": ["xy", "z", None] * 50})
    out = io.BytesIO()
    write = frame.write_ipc if form == "file" else frame.write_ipc_stream
    write(out, compression=compression or "uncompressed")  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("form", ["file", "stream"])
def test_any_byte_of_an_arrow_file_may_be_wrong(form: str) -> None:
    """Every byte of a sound file, set to four values in turn: a number of bytes or one kind of error."""
    sound = _arrow(form)
    n = arrow_bytes(sound)
    assert 150 * 8 <= n < len(sound)
    refused = 0
    for at in range(0, len(sound), 3):
        for value in (0, 0x7F, 0xFF):
            changed = bytearray(sound)
            changed[at] = value
            try:
                assert arrow_bytes(bytes(changed)) >= 0
            except DamagedError:
                refused += 1
    assert refused > 50


def test_arrow_files_that_end_elsewhere_are_refused() -> None:
    for form, why in (("file", "does not end as an Arrow file"), ("stream", "beyond the end|begin as one")):
        sound = _arrow(form)
        cuts = (len(sound) // 2, len(sound) - 20) if form == "file" else (len(sound) // 2, 60)
        for cut in cuts:
            with pytest.raises(DamagedError, match=why):
                arrow_bytes(sound[:cut])
    assert arrow_bytes(_arrow("stream")) == arrow_bytes(_arrow("file"))


def test_a_footer_of_arrow_must_agree_with_its_messages() -> None:
    """Where the footer says a batch begins, how long its header is and its body: each changed alone."""
    sound = _arrow("file")
    size = int.from_bytes(sound[-10:-6], "little")
    found = []
    for at in range(len(sound) - 10 - size, len(sound) - 34):
        begin, header, length = struct.unpack_from("<qi4xq", sound, at)
        if (
            0 < begin < len(sound)
            and sound[begin : begin + 4] == b"\xff" * 4
            and 0 < header < 4096
            and length > 0
        ):
            found.append((at, begin, header, length))
    assert len(found) == 1
    ((at, begin, header, length),) = found
    for changed in (
        (begin, header + 8, length),
        (begin, header, length + 8),
        (begin, header - 8, length + 8),
    ):
        wrong = bytearray(sound)
        struct.pack_into("<qi4xq", wrong, at, *changed)
        with pytest.raises(DamagedError, match="not as long as its footer states"):
            arrow_bytes(bytes(wrong))
    wrong = bytearray(sound)
    struct.pack_into("<qi4xq", wrong, at, begin - 8, header, length)
    with pytest.raises(DamagedError):
        arrow_bytes(bytes(wrong))

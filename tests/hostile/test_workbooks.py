"""Broken and hostile workbooks: refused in one line, the store as it was, memory within bounds."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import workbooks as wb
import xlsxwriter

import simulated_files
from atlarge.ingest import ingest
from atlarge.releases import archive, read_release
from atlarge.releases.archive import _Walk

pytestmark = pytest.mark.slow_file

Refused = Callable[[Path], str]
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)
)


def test_a_sound_workbook_is_read(tmp_path: Path) -> None:
    audit = ingest([wb.workbook(tmp_path / "a.xlsx")], tmp_path / "store").releases[0]
    assert (audit.family, audit.rows_read, audit.rows_kept) == ("ero-arrests", 1, 1)


def test_entity_bombs(tmp_path: Path, refused: Refused) -> None:
    bomb = wb.sheet_xml(wb.rows_xml(wb.HEADER, ("&j;",) * 5), ENTITIES + "]>")
    assert "entities" in refused(wb.write(tmp_path / "sheet.xlsx", wb.parts(bomb)))
    outer = '<!DOCTYPE x SYSTEM "file:///etc/passwd">' + wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW))
    assert "entities" in refused(wb.write(tmp_path / "system.xlsx", wb.parts(outer)))
    shared = ENTITIES + ']><sst xmlns="x"><si><t>&j;</t></si></sst>'
    result = wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW)), shared=shared)
    assert "entities" in refused(wb.write(tmp_path / "shared.xlsx", result))


def test_names_that_play_tricks(tmp_path: Path, refused: Refused, full_store: Path) -> None:
    """Sheet names are told, never followed; parts outside the archive are not written anywhere."""
    for number, name in enumerate(("../../../etc/passwd", "a\x1b[2Jb", "C:\\x", "..", "=cmd()", "x" * 300)):
        path = wb.workbook(tmp_path / f"{number}.xlsx", name=name.replace("\x1b", "&#27;"))
        try:
            ingest([path], full_store)
        except Exception:  # noqa: BLE001
            refused(path)
    result = wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW)))
    ingest(
        [wb.write(tmp_path / "slip.xlsx", {**result, "../../slipped.txt": "x", "/slipped.txt": "x"})],
        full_store,
    )
    assert not list(tmp_path.parent.rglob("slipped.txt"))
    assert not Path("/slipped.txt").exists()
    for file in full_store.rglob("*"):
        assert file.resolve().is_relative_to(full_store.resolve())


@pytest.mark.parametrize("way", ["by a filter", "by hand"])
@pytest.mark.parametrize("rows", [1, 40])
def test_hidden_rows_are_read_and_told(tmp_path: Path, way: str, rows: int) -> None:
    path = tmp_path / "hidden.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    names = simulated_files.ARRESTS_HEADER.split("|")
    lines = [line.split("|") for line in simulated_files.arrest_lines(60, seed=4)]
    for number, cells in enumerate([names, *lines]):
        sheet.write_row(number, 0, cells)
    if way == "by a filter":
        sheet.autofilter(0, 0, len(lines), len(names) - 1)
    for number in range(3, 3 + rows):
        sheet.set_row(number, None, None, {"hidden": True})
    sheet.set_column(1, 1, None, None, {"hidden": True})  # a hidden column is no hidden row
    book.close()
    release = read_release(path)
    assert release.rows_read == 60
    assert [note for note in release.notes if "hides 1 row (" in note or f"hides {rows} rows (" in note]


def test_formula_cells_are_read_as_saved_and_never_run(tmp_path: Path) -> None:
    row = '<row r="3"><c r="A3"><f>HYPERLINK("http://example.org")</f><v>1</v></c></row>'
    result = wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW) + row))
    release = read_release(wb.write(tmp_path / "formula.xlsx", result))
    assert release.sheets[0].frame.to_series(0).to_list()[-1] == "1"
    assert any("no formula is run" in note for note in release.notes)


def test_two_cells_at_the_ends_of_a_sheet(tmp_path: Path, refused: Refused) -> None:
    """A reader would fill the seventeen thousand million cells between them."""
    for far in ("XFD1048576", "ZZ1048576", "XFD99999"):
        stray = f'<row r="{far.lstrip("XFDZ")}">{wb.cell(far, "x")}</row>'
        result = wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW) + stray))
        assert "stray cells" in refused(wb.write(tmp_path / f"{far}.xlsx", result))
    hidden = wb.parts(
        wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW) + f"<row>{wb.cell('XFD1048576', 'x')}</row>")
    )
    assert "stray cells" in refused(wb.write(tmp_path / "hidden.xlsx", hidden))


SPELT = {
    "plain": 'r="XFD1048576"',
    "in other quotes": "r='XFD1048576'",
    "with blanks": 'r = "XFD1048576"',
    "after a tab": '\tr="XFD1048576"',
    "in small letters": 'r="xfd1048576"',
    "by character references": 'r="&#88;FD1048576"',
    "of letters without end": f'r="{"E" * 37}2"',
    "of digits without end": 'r="A99999999999"',
    "after the end of a tag that is none": 'a=">" r="XFD1048576"',
    "with the signs of formulas": 'r="$XFD$1048576"',
}


@pytest.mark.parametrize("chunk", [97, 1 << 20])
@pytest.mark.parametrize("spelt", SPELT)
def test_far_cells_however_they_are_spelt(
    spelt: str, chunk: int, tmp_path: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader takes them all; some make it lose count, and the process with it."""
    monkeypatch.setattr(archive, "_CHUNK", chunk)
    stray = f'<row><c {SPELT[spelt]} t="inlineStr"><is><t>x</t></is></c></row>'
    result = wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW) + stray))
    line = refused(wb.write(tmp_path / "far.xlsx", result))
    assert "stray cells" in line or "names cells as no spreadsheet program does" in line


def test_a_sheet_in_another_encoding(tmp_path: Path, refused: Refused) -> None:
    """What is looked for byte by byte would not be found in it."""
    result = wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW)))
    path = tmp_path / "utf16.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in result.items():
            packed.writestr(name, text.encode("utf-16" if "sheet1" in name else "utf-8"))
    assert "not in UTF-8" in refused(path)


ODD = re.compile(rb"""["'/][rt]\s*=|\s[rt]\s+=|\sr=(?!"[A-Z]{0,3}\d{1,7}")|\st=(?!"[A-Za-z]{1,20}")""")
REFERENCE = re.compile(rb'\sr="([A-Z]{0,3})(\d{1,7})"')
PIECES = (
    "<c", "<row", " ", "\t", "\n", "r", "t", "s", "=", '"', "'", "/", ">", "x", "A1", "AB12", "XFD1048576",
    "12345678", "7", ' r="B2"', ' r="CA31"', ' t="s"', ' t="inlineStr"', ' t="n"', ' s="1"', "<v>3</v>", "é",
    ' r=\'A1\'', ' t=""', f' t="{"n" * 20}"', f' t="{"n" * 21}"', "</c>", "<t>a = b</t>", ' ref="A1:B2"',
)  # fmt: skip
SOUND = [piece for piece in PIECES if not ODD.search(f"<c{piece}".encode()) and piece not in "rt='\"/"]


@pytest.mark.parametrize("seed", range(8))
def test_attributes_are_judged_as_an_expression_over_the_whole_would(seed: int) -> None:
    """One pass in pieces of any size finds what a regular expression finds that sees the sheet at once."""
    draw = random.Random(seed)
    seen = {True: 0, False: 0}
    for _ in range(250):
        pieces = PIECES if draw.random() < 0.3 else SOUND
        xml = ("<c" + "".join(draw.choices(pieces, k=draw.randrange(1, 60)))).encode()
        size = draw.choice((1, 7, 50, 10_000))
        extent = archive._Extent()
        attributes = archive._Attributes(extent)
        odd = any(attributes.odd(xml[i : i + size]) for i in range(0, len(xml), size))
        odd = attributes.odd(b"", is_last=True) or odd
        assert odd == (ODD.search(xml) is not None), xml
        seen[odd] += 1
        if not odd:
            found = REFERENCE.findall(xml)
            columns = [column_number(letters) for letters, _ in found]
            assert extent.columns == max([26, *columns])
            assert extent.rows == max([0, *(int(row) for _, row in found)])
            assert extent.shared == len(re.findall(rb'\st="s"', xml))
    assert min(seen.values()) > 20


def column_number(letters: bytes) -> int:
    """The number of a column from its letters, by hand."""
    return sum((letter - 64) * 26**i for i, letter in enumerate(reversed(letters)))


def test_cells_and_rows_that_name_no_place(tmp_path: Path, refused: Refused) -> None:
    """Each follows the one before it: a cell far to the right and one far down need no reference at all."""
    far = {
        "rows": f'<row r="3">{wb.cell("XFD3", "x")}</row>'
        + "<row/>" * 1_000_000
        + "<row><c><v>1</v></c></row>",
        "prefixed": f'<row r="3">{wb.cell("XFD3", "x")}</row>'
        + "<x:row/>" * 90_000
        + "<row><c><v>1</v></c></row>",
        "cells": "<row>" + "<c/>" * 90_000 + '<c><v>1</v></c></row><row r="100000"><c><v>1</v></c></row>',
        "both": "<row>" + "<c />" * 90_000 + "<c><v>1</v></c></row>" + "<row/>" * 9_000 + "<row><c/></row>",
        "hidden": "<row>"
        + '<c/><!--<row><c r="A1"/>-->' * 90_000
        + "<c><v>1</v></c></row>"
        + "<row/>" * 90_000,
    }
    for name, rows in far.items():
        result = wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW) + rows))
        assert refused(wb.write(tmp_path / f"{name}.xlsx", result))


def test_a_long_sheet_whose_cells_name_no_place_is_read(tmp_path: Path) -> None:
    """Some programs write no references."""
    count = 60_000
    row = "<row>" + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in wb.ROW) + "</row>"
    header = (
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in wb.HEADER) + "</row>"
    )
    path = wb.write(tmp_path / "plain.xlsx", wb.parts(wb.sheet_xml(header + row * count)))
    assert read_release(path).rows_read == count


def test_blanks_without_end(tmp_path: Path, refused: Refused) -> None:
    """Blanks between a name and its equals sign that no piece holds whole, and many such."""
    for stray in (
        f'<row><c r{" " * 3_000}="XFD1048576"/></row>',
        f"<row><c x{' ' * 500}='1'/></row>" * 9_000,
    ):
        result = wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW) + stray))
        assert "as no spreadsheet program does" in refused(wb.write(tmp_path / "blanks.xlsx", result))


@pytest.mark.parametrize("chunk", [61, 97, 1_000])
def test_a_sound_workbook_however_it_is_cut(
    chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No reference that lies across two pieces is taken for an odd one."""
    monkeypatch.setattr(archive, "_CHUNK", chunk)
    rows = [wb.ROW] * 200
    audit = ingest([wb.workbook(tmp_path / "a.xlsx", *rows)], tmp_path / "store").releases[0]
    assert audit.rows_kept == 201


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="{}" t="s"><v>0</v></c>',
        "<c r=\"{}\" t='s'><v>0</v></c>",
        '<c r="{}" t = "s"><v>0</v></c>',
        '<c r="{}" t="s"><v xml:space="preserve">0</v></c>',
        '<c r="{}" t="s"><v>&#48;</v></c>',
        '<c r="{}" t="s"><f></f><v>0</v></c>',
        '<c r="{}" t="&#115;"><v>0</v></c>',
    ],
)
def test_one_long_text_however_it_is_named(cell: str, tmp_path: Path, refused: Refused) -> None:
    rows = "".join(
        f'<row r="{r}">' + "".join(cell.format(f"{c}{r}") for c in "ABCDEFGHIJ") + "</row>"
        for r in range(2, 20_000)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    shared = f'<sst xmlns="{main}"><si><t>{"x" * 30_000}</t></si></sst>'
    result = wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER) + rows), shared=shared)
    line = refused(wb.write(tmp_path / "named.xlsx", result))
    assert "texts of its cells" in line or "as no spreadsheet program does" in line


def test_one_long_text_in_many_cells(tmp_path: Path, refused: Refused) -> None:
    """A million cells that name one text of 30,000 characters: 30 gigabytes from a few kilobytes."""
    cells = "".join(
        f'<row r="{r}">' + "".join(f'<c r="{c}{r}" t="s"><v>0</v></c>' for c in "ABCDEFGHIJ") + "</row>"
        for r in range(2, 20_000)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    shared = f'<sst xmlns="{main}"><si><t>{"x" * 30_000}</t></si></sst>'
    result = wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER) + cells), shared=shared)
    assert "texts of its cells" in refused(wb.write(tmp_path / "shared.xlsx", result))
    result = wb.parts(
        wb.sheet_xml(wb.rows_xml(wb.HEADER)), shared=f"<sst><si><t>{'x' * 2_000_000}</t></si></sst>"
    )
    assert "million characters" in refused(wb.write(tmp_path / "long.xlsx", result))


def test_archives_that_are_not_what_they_say(tmp_path: Path, refused: Refused) -> None:
    sound = wb.workbook(tmp_path / "sound.xlsx").read_bytes()
    name = b"xl/worksheets/sheet1.xml"
    lying = bytearray(sound)
    at = sound.rindex(name) - 46  # its entry in the central directory
    lying[at + 24 : at + 28] = struct.pack("<I", 10)
    wrong = bytearray(sound)
    wrong[at + 16 : at + 20] = b"\0\0\0\0"
    locked = bytearray(sound)
    locked[at + 8] |= 1
    result = {
        "empty.xlsx": b"PK\5\6" + bytes(18),
        "lying.xlsx": bytes(lying),
        "checksum.xlsx": bytes(wrong),
        "locked.xlsx": bytes(locked),
        "cut.xlsx": sound[: len(sound) // 2],
        "tail.xlsx": sound[:-30],
        "plain.xlsx": b"PK" + bytes(200),
    }
    for file, content in result.items():
        (tmp_path / file).write_bytes(content)
        refused(tmp_path / file)
    with zipfile.ZipFile(tmp_path / "word.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert "is a Word document" in refused(tmp_path / "word.xlsx")
    twice = io.BytesIO(sound)
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(name.decode(), wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW, wb.ROW)))
    (tmp_path / "twice.xlsx").write_bytes(twice.getvalue())
    assert "two parts of one name" in refused(tmp_path / "twice.xlsx")


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/workbook.xml", "<workbook>"),
        ("xl/workbook.xml", ""),
        ("xl/_rels/workbook.xml.rels", "<Relationships/>"),
        ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row r='1'><c r='A1' t='s'><v>99</v></c>"),
        ("xl/worksheets/sheet1.xml", wb.sheet_xml('<row r="1"><c r="A1" t="s"><v>99</v></c></row>')),
        ("xl/worksheets/sheet1.xml", wb.sheet_xml('<row r="x"><c r="!!"><v>1</v></c></row>')),
        ("xl/worksheets/sheet1.xml", wb.sheet_xml('<row r="0"><c r="A0"><v>1</v></c></row>')),
        ("xl/worksheets/sheet1.xml", wb.sheet_xml("<row>" * 50_000)),
        ("xl/worksheets/sheet1.xml", "\0\1\2"),
        ("xl/sharedStrings.xml", "<sst><si>"),
    ],
)
def test_parts_that_are_broken(part: str, content: str, tmp_path: Path, refused: Refused) -> None:
    result = wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW)))
    if part == "xl/sharedStrings.xml":
        result["xl/worksheets/sheet1.xml"] = wb.sheet_xml('<row r="1"><c r="A1" t="s"><v>0</v></c></row>')
    refused(wb.write(tmp_path / "broken.xlsx", {**result, part: content}))


@pytest.mark.slow
def test_a_zip_bomb_is_refused_within_bounds(tmp_path: Path, within: Any, full_store: Path) -> None:
    before = simulated_files.tree(full_store)
    bomb = tmp_path / "bomb.xlsx"
    rows = wb.rows_xml(wb.HEADER, wb.ROW)
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in wb.parts(wb.sheet_xml(rows)).items():
            archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet2.xml", "w") as part:
            for _ in range(20):
                part.write(b" " * (16 << 20))
    done = within(["ingest", str(bomb), "--store", str(full_store)], 400)
    assert done.returncode == 1
    assert "unpacks to" in done.stderr
    assert simulated_files.tree(full_store) == before


@pytest.mark.parametrize(
    ("cells", "rows", "columns"),
    [
        (["A1"], 1, 1),
        (["Z9"], 9, 26),
        (["AA10"], 10, 27),
        (["XFD1048576"], 1_048_576, 16_384),
        (["C2", ""], 2, 4),  # a cell without a place follows the one before
        (["", "", ""], 0, 3),
        (["B3", "A7"], 7, 2),
    ],
)
def test_how_far_cells_reach_is_read_from_their_places(cells: list[str], rows: int, columns: int) -> None:
    walk = _Walk()
    for place in cells:
        walk.start("x:c", {"r": place} if place else {})
    assert (walk.rows, walk.columns) == (rows, columns)
    walk.start("row", {})
    assert walk.row == rows + 1

"""Whatever program wrote a table: its rows on their days, or one clear line."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest
from strange_files import DAYS, SITUATIONS, base, members, text

from atlarge.errors import ReleaseError
from atlarge.records.prepare import prepare
from atlarge.releases import opening, read_releases
from atlarge.releases.encoding import NOTE
from atlarge.releases.reading import read_parts


def read(path: Path) -> tuple[list[object], tuple[str, ...]]:
    """The days of a file's rows, and the notes on how it was read."""
    (release,) = read_releases(path)
    prepared = prepare(release)
    assert prepared.audit.table == "arrests"
    return prepared.frame["date"].sort().to_list(), release.notes


def outcome(path: Path) -> str:
    """What comes of a file: "read", "not a date", or the line of its refusal."""
    try:
        days, _ = read(path)
    except ReleaseError as error:
        return str(error)
    return "read" if days == DAYS else "not a date" if not days else f"other days: {days}"


@pytest.mark.filterwarnings("ignore:'epoch' date format is deprecated")
@pytest.mark.parametrize("name", SITUATIONS)
def test_read_or_refused_in_one_line(name: str, tmp_path: Path) -> None:
    ending, write, expected = SITUATIONS[name]
    path = tmp_path / f"arrests.{ending}"
    write(path)
    came = outcome(path)
    assert expected in (came if expected != "read" else came.split())
    assert "\n" not in came


def test_a_text_of_windows_is_read_with_its_letters_and_a_note(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text(base(Apprehension_Site_Landmark="DOÑA ANA COUNTY JAIL")).encode("cp1252"))
    (release,) = read_releases(path)
    assert set(release.sheets[0].frame["apprehension_site_landmark"]) == {"DOÑA ANA COUNTY JAIL"}
    assert NOTE in release.notes


@pytest.mark.parametrize("seed", range(6))
def test_an_encoding_is_the_same_however_the_blocks_fall(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long file whose one accent stands anywhere, read in blocks that may cut a letter of UTF-8."""
    draw = random.Random(seed)
    landmarks = ["TRAVIS COUNTY JAIL"] * len(DAYS)
    landmarks[draw.randrange(len(DAYS))] = "DOÑA ANA “JAIL”"
    path = tmp_path / "a.csv"
    for encoding in ("utf-8", "cp1252"):
        path.write_bytes(text(base(Apprehension_Site_Landmark=landmarks)).encode(encoding))
        monkeypatch.setattr(opening, "BLOCK", draw.randrange(500, 4000))
        parts = list(read_parts(path, opening.open_release(path)))
        found = [x for p in parts for x in p.sheets[0].frame["apprehension_site_landmark"]]
        assert found == landmarks
        assert (NOTE in parts[-1].notes) == (encoding == "cp1252")


@pytest.mark.parametrize("byte", [0x81, 0x83, 0x8D, 0x9D, 0xB1, 0xB3, 0xD7, 0xF7])
def test_a_byte_that_no_word_has_is_damage(byte: int, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text().encode().replace(b"MEXICO", b"M" + bytes([byte]) + b"XICO"))
    with pytest.raises(ReleaseError, match="line 2 is not in UTF-8"):
        read(path)


@pytest.mark.slow
def test_an_archive_that_unpacks_too_large_is_refused_without_reading_on(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", text() + "x" * 80_000_000)
    with pytest.raises(ReleaseError, match="unpacks to more than"):
        read(path)


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/evil.csv", "C:\\evil.csv", "a\nb\x1b[31m.csv"])
def test_names_in_an_archive_lead_nowhere(name: str, tmp_path: Path) -> None:
    inside = tmp_path / "one" / "two"
    inside.mkdir(parents=True)
    path = inside / "a.zip"
    members({name: text()})(path)
    days, notes = read(path)
    assert days == DAYS
    assert all(note.isprintable() for note in notes)
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["a.zip"]


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_archive_is_refused_or_read_whole(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    members({"a.csv": text()})(path)
    content = bytearray(path.read_bytes())
    draw = random.Random(seed)
    for _ in range(draw.choice([1, 1, 3])):
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(content)
    came = outcome(path)
    assert came == "read" or (str(path) in came and "\n" not in came)


@pytest.mark.parametrize("seed", range(4))
def test_merged_cells_hold_their_text_in_every_row(seed: int, tmp_path: Path) -> None:
    """Runs of rows of one state whose cells are merged: all but the first of each are empty in the file."""
    import openpyxl

    draw = random.Random(seed)
    states = [state for state in ("TEXAS", "OHIO", "UTAH", "IOWA") for _ in range(draw.randint(2, 9))]
    book = openpyxl.Workbook()
    sheet = book.create_sheet("made last, first in order", 0)
    for row in [["About"], ["Apprehension Date", "Apprehension State", "Apprehension Method"]]:
        sheet.append(row)
    for number, state in enumerate(states):
        sheet.append([DAYS[number], state, "Located"])
    at = 3
    for state in ("TEXAS", "OHIO", "UTAH", "IOWA"):
        sheet.merge_cells(start_row=at, end_row=at + states.count(state) - 1, start_column=2, end_column=2)
        at += states.count(state)
    book.save(tmp_path / "a.xlsx")
    (release,) = read_releases(tmp_path / "a.xlsx")
    assert release.sheets[0].frame["apprehension_state"].to_list() == states

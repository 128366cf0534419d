"""Tables that people save are read alike by every command, whatever program wrote them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import run

POLICIES = 'id,fips,effective,title\nours,48453,2017-02-01,"Doña Ana, first\nline"\n'
LANDMARKS = 'aor,landmark\nSPM,"AUSTIN, MN"\nELP,"DOÑA ANA COUNTY, NM"\n'
FIGURES = (
    'measure,place,value,window\narrests,"Doña Ana County, NM",12,FY2017\narrests,"Austin, MN",12,FY2017\n'
)


def _saved(text: str, way: str) -> bytes:
    """The same table as other programs save it; cells in quotation marks keep their commas."""
    separator = {"semicolons": ";", "tabs": "\t"}.get(way, ",")
    parts = text.split('"')
    text = '"'.join(part if i % 2 else part.replace(",", separator) for i, part in enumerate(parts))
    if way == "carriage returns":
        text = text.replace("\n", "\r")
    encoding = {"utf-16": "utf-16", "mark": "utf-8-sig", "windows": "cp1252"}.get(way, "utf-8")
    return text.encode(encoding)


WAYS = ("plain", "semicolons", "tabs", "carriage returns", "utf-16", "mark", "windows")


@pytest.mark.parametrize("way", WAYS)
def test_a_table_is_the_same_however_it_was_saved(way: str, tmp_path: Path) -> None:
    files = {}
    for name, text in (("policies", POLICIES), ("landmarks", LANDMARKS), ("figures", FIGURES)):
        files[name] = tmp_path / f"{name}.csv"
        files[name].write_bytes(_saved(text, way))
    checked = run(["policies", "--check", str(files["policies"]), "--json"])
    assert json.loads(checked.stdout) == {"rows": 1, "dated": 1, "undated": 0}
    placed = run(["place", "--file", str(files["landmarks"]), "--json"])
    assert [row["fips"] for row in json.loads(placed.stdout)] == ["27099", "35013"]
    verified = run(["verify", "--figures", str(files["figures"]), "--json"])
    assert sorted(row["place"] for row in json.loads(verified.stdout)) == [
        "Austin, MN",
        "Doña Ana County, NM",
    ]


@pytest.mark.parametrize("words", [["policies", "--check"], ["place", "--file"]])
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK\x03\x04", "is a workbook"),
        (b"a\0b", "is not a text table"),
        (b"", "no column"),
        (b"id,effective,aor,landmark,id,aor\n", "stands twice"),
        (b'id,effective,aor,landmark\n"a,2017-02-01,SNA,JAIL\nb,2017-02-01,SNA,JAIL\n', "line 3: cannot"),
        (b"id,effective,aor,landmark\na,2017-02-01,SNA,JAIL, AUSTIN, TX\n", "line 2: has 6 cells"),
    ],
)
def test_a_table_that_is_none_is_refused_in_one_line(
    words: list[str], content: bytes, why: str, tmp_path: Path
) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    found = run([*words, str(file)])
    assert found.exit_code == 1
    assert str(file) in str(found.exception)
    assert why in str(found.exception)

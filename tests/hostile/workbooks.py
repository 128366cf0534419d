"""Workbooks written part by part, so that each part can be wrong in its own way."""

from __future__ import annotations

import zipfile
from pathlib import Path

HEADER = (
    "Area of Responsibility",
    "Apprehension Date",
    "Apprehension Method",
    "Apprehension Landmark",
    "Operation",
)
ROW = ("San Antonio Area of Responsibility", "2/1/2017", "Located", "TRAVIS COUNTY JAIL, AUSTIN, TX", "")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def cell(reference: str, text: str) -> str:
    """A cell with text in it."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def sheet_xml(rows: str, before: str = "") -> str:
    """A sheet of these rows."""
    return (
        f'<?xml version="1.0"?>{before}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    )


def rows_xml(*rows: tuple[str, ...]) -> str:
    """Rows of text cells from A1."""
    return "".join(
        f'<row r="{i}">' + "".join(cell(f"{chr(65 + j)}{i}", text) for j, text in enumerate(row)) + "</row>"
        for i, row in enumerate(rows, 1)
    )


def parts(sheet: str, name: str = "Arrests", shared: str | None = None) -> dict[str, str]:
    """The parts of a workbook of one sheet."""
    result = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_RELS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELS}"><sheets>'
            f'<sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_RELS}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId2" Type="{_RELS}/sharedStrings" Target="sharedStrings.xml"/>'
            "</Relationships>"
        ),
        "xl/worksheets/sheet1.xml": sheet,
    }
    if shared is not None:
        result["xl/sharedStrings.xml"] = f'<?xml version="1.0"?>{shared}'
    return result


def write(path: Path, contents: dict[str, str]) -> Path:
    """Pack the parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def workbook(path: Path, *more: tuple[str, ...], name: str = "Arrests") -> Path:
    """A workbook that is a release."""
    return write(path, parts(sheet_xml(rows_xml(HEADER, ROW, *more)), name))

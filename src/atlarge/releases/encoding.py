"""Convert text to UTF-8 from UTF-16, Windows-1252 or Latin-1; ambiguous bytes are left as they are."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from atlarge.errors import ReleaseError

_LETTERS = "".join(chr(c) for c in range(0xC0, 0x100) if chr(c) not in "×÷ÐðÞþÿ") + "ŠšŽžŒœ"
_SIGNS = "‘’“”–—…•™€\u00a0\u00ad¡¿«»°ºª§®©½¼¾´·"
WINDOWS = frozenset((_LETTERS + _SIGNS).encode("cp1252"))
"""Bytes over 127 that a table of English and Spanish words holds in Windows-1252, or Latin-1."""
_PAIR = re.compile(rb"[\xc2\xc3][\x80-\xbf]")
"""A letter in UTF-8. In Windows-1252 it is a capital with a sign after it, which no word has."""
_RUN = re.compile(rb"[\x80-\xff]{4}")
"""Four such letters together: Cyrillic, Chinese or no text at all."""
NOTE = "the text is not in UTF-8: it is read as Windows-1252, as Excel on Windows writes it"


def from_utf16(path: Path, packed: Iterator[bytes], _most: int, *, order: str = "") -> Iterator[bytes]:
    """The text of a file in UTF-16 (Excel's "Unicode text") in UTF-8; never more than a piece ahead.

    `order`: of the bytes of a letter (`-le`, `-be`); without it the file begins with a mark of it.
    """
    decoder, given = codecs.getincrementaldecoder("utf-16" + order)(), 0
    try:
        for piece in packed:
            given += len(piece)
            yield decoder.decode(piece).encode()
        decoder.decode(b"", final=True)
    except UnicodeError:
        raise ReleaseError(
            f"{path}: is in UTF-16, but damaged or cut short after {given:,} bytes; save it as UTF-8"
        ) from None


def is_ascii(text: bytes, least: int = 0) -> bool:
    """Whether every byte is from `least` to 127; unlike `bytes.isascii`, other threads go on meanwhile."""
    return int(np.frombuffer(text, np.int8).min(initial=127)) >= least


def _is_windows(block: bytes) -> bool:
    """Whether every byte over 127 is a letter or sign of Windows-1252, few of them one after the other."""
    return WINDOWS.issuperset(block.translate(None, bytes(range(128)))) and not _RUN.search(block)


class Decoded:
    """Blocks of text in UTF-8 with line feeds, from UTF-8, Windows-1252 or Latin-1, and any line ends.

    A block whose bytes fit neither, or a text in which both occur, passes as it is and is refused later, by
    its line. `notes` says how the text was read, once all blocks have passed.
    """

    def __init__(self, notes: list[str]) -> None:
        self.notes = notes
        self._has_utf8 = False
        self._from_mac: bool | None = None

    def blocks(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The same text, block by block."""
        cut = b""
        for block in blocks:
            whole = cut + block
            end = _end_of_letters(whole)
            cut = whole[end:]
            yield self._one(whole[:end])
        if cut:
            yield self._one(cut)

    def _one(self, block: bytes) -> bytes:
        if self._from_mac is None:
            self._from_mac = b"\n" not in block and b"\r" in block
        if self._from_mac:
            block = block.replace(b"\r", b"\n")
        if is_ascii(block):
            return block
        try:
            block.decode()
        except UnicodeDecodeError:
            if self._has_utf8 or _PAIR.search(block) or not _is_windows(block):
                return block
        else:
            self._has_utf8 = True
            return block
        if NOTE not in self.notes:
            self.notes.append(NOTE)
        return block.decode("cp1252").encode()


def _end_of_letters(block: bytes) -> int:
    """Where the last whole letter of UTF-8 ends: the block may end within one."""
    for back in range(1, min(4, len(block) + 1)):
        byte = block[-back]
        if byte >= 0xC0:
            return len(block) - back if back < 2 + (byte >= 0xE0) + (byte >= 0xF0) else len(block)
        if byte < 0x80:
            break
    return len(block)

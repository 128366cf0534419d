"""Reads mutants of columnar files in a process of its own: python mutants.py FOLDER FIRST LAST.

Prints the number of each mutant before it is read, so that the parent knows which one ended the process.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path


def mutant(content: bytes, seed: int) -> bytes:
    """Bits flipped, bytes set, blanked, swapped or cut, anywhere or in the header or footer."""
    draw, changed = random.Random(seed), bytearray(content)
    kind = draw.choice(["flip", "flip", "set", "footer", "header", "cut", "swap", "blank"])
    first = max(0, len(changed) - 600) if kind == "footer" else 0
    last = min(400, len(changed)) if kind == "header" else len(changed)
    for _ in range(draw.choice([1, 1, 1, 2, 5, 20])):
        at = draw.randrange(first, min(last, len(changed)))
        if kind == "set":
            changed[at] = draw.choice([0, 1, 127, 128, 255])
        elif kind == "swap":
            other = draw.randrange(len(changed))
            changed[at], changed[other] = changed[other], changed[at]
        elif kind == "cut":
            del changed[at : at + draw.randrange(1, 50)]
            break
        elif kind == "blank":
            changed[at : at + 4] = draw.choice([b"\0\0\0\0", b"\xff\xff\xff\xff"])
        else:
            changed[at] ^= 1 << draw.randrange(8)
    return bytes(changed)


def main(folder: Path, first: int, last: int) -> None:
    """Read the mutants of every file in the folder; ReleaseError is the one error that may come."""
    from atlarge.errors import ReleaseError
    from atlarge.releases import read_releases

    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        changed = folder.parent / path.name
        for seed in range(first, last):
            changed.write_bytes(mutant(content, seed))
            print(path.name, seed, flush=True)
            try:
                read_releases(changed)
            except ReleaseError as error:
                assert str(error).isprintable()  # noqa: PT017


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))

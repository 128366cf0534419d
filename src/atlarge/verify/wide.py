"""Wide tables, with a column for each year or each measure, as agencies print them."""

from __future__ import annotations

import re

from atlarge.periods import parse_period
from atlarge.verify.counting import is_measure

_COUNTED = re.compile(
    r"arrest|removal|deport|detainer|encounter|book[- _]?in|detained|agreement|287", re.IGNORECASE
)
"""Words of a head that counts something, even where no measure does."""


def head_of(name: str) -> tuple[str, str]:
    """The measure and the period that the head of a column names; empty where it names none.

    Examples
    --------
    >>> head_of("FY2017"), head_of("At-large arrests"), head_of("Removals (FY 2018)"), head_of("Notes")
    (('', 'FY2017'), ('At-large arrests', ''), ('Removals', 'FY 2018'), ('', ''))
    """
    words = re.sub(r"[()\[\],:;_]+", " ", name).split()
    for parts in ((0, len(words)), *((k, len(words)) for k in range(1, len(words)))):
        period = " ".join(words[parts[0] :])
        if _is_period(period):
            return _measure(" ".join(words[: parts[0]])), period
    for k in range(len(words) - 1, 0, -1):
        if _is_period(" ".join(words[:k])):
            return _measure(" ".join(words[k:])), " ".join(words[:k])
    return (name.strip(), "") if is_measure(name) or _COUNTED.search(name) else ("", "")


def _measure(words: str) -> str:
    """A measure without the word that joins it to its period."""
    return re.sub(r"(?i)^(?:in|of|for)\s+|\s+(?:in|of|for|during)$", "", words).strip()


def _is_period(words: str) -> bool:
    try:
        parse_period(words)
    except ValueError:
        return False
    return bool(re.search(r"\d", words))


def long_form(
    names: list[str], body: list[tuple[int, list[str]]], known: set[str]
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Convert a wide table to one figure per line; other tables are returned unchanged.

    Parameters
    ----------
    names, body : list of str, and list of numbered rows of str
        Heads, and rows with their line numbers.
    known : set of str
        Which of measure, window and value the table has a column for.

    Returns
    -------
    tuple
        Heads and rows; the columns id, measure, window and value are added. Empty cells give no row.
    """
    found = {i: head for i, name in enumerate(names) if any(head := head_of(name))}
    if "measure" in known:
        found = {i: head for i, head in found.items() if head[1]}
    elif "value" not in known or "window" not in known:
        found = {i: head for i, head in found.items() if head[0]}
    else:
        return names, body
    has_windows = any(period for _, period in found.values())
    if not found or ("value" in known and not has_windows):
        return names, body
    rest = [i for i in range(len(names)) if i not in found]
    rows: list[tuple[int, list[str]]] = []
    for at, cells in body:
        padded = [*cells, *[""] * (len(names) - len(cells))]
        for i, (measure, period) in found.items():
            if padded[i].strip():
                added = [*([measure] if "measure" not in known else []), *([period] if has_windows else [])]
                own = [padded[k] for k in rest] + cells[len(names) :]
                rows.append((at, [f"line {at}, {names[i].strip()}", *added, padded[i], *own]))
    heads = [
        "id",
        *(["measure"] if "measure" not in known else []),
        *(["window"] if has_windows else []),
        "value",
    ]
    return [*heads, *(names[i] for i in rest)], rows

"""Reading and validating a ledger: every error names the file, the line and the field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from atlarge.claims.words import find_word, word_names
from atlarge.claims.yaml_lines import MOST_CHARACTERS, LineError, read_yaml
from atlarge.errors import QuestionError
from atlarge.files import shipped_text
from atlarge.periods import parse_period
from atlarge.records.dates import DateOrder
from atlarge.wording import did_you_mean, is_web_address

if TYPE_CHECKING:
    from jsonschema import ValidationError  # type: ignore[import-untyped]

_SHOWN = 10
Problems = list[tuple[tuple[str | int, ...], str]]
"""Where in a ledger something is wrong, and what."""
MOST_CLAIMS = 2_000
MOST_BYTES = 4 * MOST_CHARACTERS  # of UTF-8; a larger file is refused before it is read
_ONLY_FOR = {  # fields that only some kinds have
    "of": ("share", "rank", "comparison", "timing"),
    "against": ("comparison", "timing"),
    "among": ("rank",),
    "event": ("timing",),
    "every": ("timing",),
}
_TESTED = ("count", "share", "rank", "comparison", "timing")


class LedgerError(QuestionError):
    """A ledger cannot be read as one: the message has a line for each problem, with its place and field."""

    def __init__(self, file: str, problems: list[tuple[int, str]]) -> None:
        self.problems = sorted(problems)
        shown = self.problems[:_SHOWN]
        lines = [f"{file}:{line}: {text}" if line else f"{file}: {text}" for line, text in shown]
        if len(self.problems) > _SHOWN:
            lines.append(f"{file}: and {len(self.problems) - _SHOWN} more problems")
        super().__init__(*lines)


@cache
def ledger_schema() -> dict[str, Any]:
    """The published JSON Schema of a ledger (draft 2020-12)."""
    return dict(json.loads(shipped_text(__package__, "ledger.schema.json")))


def read_ledger(path: Path | str) -> dict[str, Any]:
    r"""Read a YAML ledger and validate it; no network.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    dict
        The ledger.

    Raises
    ------
    LedgerError
        With every problem found, each with its line and field, and the nearest field name where one is
        misspelt; also for a file that is not there or is not text.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "claims.yaml")
    ...     size = file.write_text("claims:\n  - {id: a, txt: as printed}\n", encoding="utf-8")
    ...     try:
    ...         read_ledger(file)
    ...     except LedgerError as error:
    ...         print("txt" in str(error))
    True
    """
    if not isinstance(path, str | Path):
        raise QuestionError(
            f"a ledger is named by its file, not by a {type(path).__name__}; claims that are read already "
            "are checked by check_claims"
        )
    target = Path(path)
    try:
        if not target.is_file() and target.exists():
            raise LedgerError(str(path), [(0, "is not a regular file; a ledger is a YAML file")])
        if target.stat().st_size > MOST_BYTES:
            raise LedgerError(str(path), [(0, f"over {MOST_BYTES:,} bytes long: it is not a ledger")])
        text = target.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise LedgerError(str(path), [(0, "there is no such file")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(str(path), [(0, f"cannot be read as UTF-8 text: {error}")]) from None
    return parse_ledger(text, target.name)


def parse_ledger(text: str, file: str = "ledger") -> dict[str, Any]:
    """Validate the text of a ledger; `file` is the name shown in errors. Raises LedgerError."""
    from jsonschema import Draft202012Validator

    try:
        document, lines = read_yaml(text)
    except LineError as error:
        raise LedgerError(file, [(error.line, error.message)]) from None
    if not isinstance(document, dict):
        raise LedgerError(file, [(1, "a ledger is a mapping with the fields article and claims")])
    claims = document.get("claims")
    if isinstance(claims, list) and len(claims) > MOST_CLAIMS:
        message = f"claims: {len(claims):,} claims; a ledger holds at most {MOST_CLAIMS:,}, so split it"
        raise LedgerError(file, [(_line(lines, ("claims",)), message)])
    problems: list[tuple[int, str]] = []
    for found in Draft202012Validator(ledger_schema()).iter_errors(document):
        for path, message in _explain(found):
            problems.append((_line(lines, path), f"{_field(path)}: {message}" if path else message))
    if not problems:
        problems = [(_line(lines, path), f"{_field(path)}: {m}") for path, m in _meaning(document)]
    if problems:
        raise LedgerError(file, sorted(set(problems)))
    return document


def _line(lines: dict[tuple[str | int, ...], int], path: tuple[str | int, ...]) -> int:
    """Line of a path, or of the nearest field above it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _field(path: tuple[str | int, ...]) -> str:
    """A path as a person writes it: claims[2].speaker.name."""
    field = ""
    for part in path:
        field += f"[{part}]" if isinstance(part, int) else f".{part}" if field else str(part)
    return field


def _known_fields(schema: dict[str, Any]) -> list[str]:
    """The fields that a schema allows, its `allOf` parts included."""
    known = list(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        known += _known_fields(_resolved(part))
    return known


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a local reference."""
    reference = schema.get("$ref")
    return dict(ledger_schema()["$defs"][reference.rsplit("/", 1)[-1]]) if reference else schema


def _nearest(word: str, known: list[str]) -> str:
    """ "did you mean ...?" or the list of what is allowed."""
    return did_you_mean(word.lower(), known) or f"allowed: {', '.join(known)}"


def _explain(error: ValidationError) -> Problems:
    """A schema error as paths and messages for a person."""
    path = tuple(error.absolute_path)
    if error.validator in ("additionalProperties", "unevaluatedProperties"):
        known = _known_fields(error.schema)
        extra = [key for key in error.instance if key not in known]
        return [((*path, key), f"unknown field; {_nearest(str(key), known)}") for key in extra]
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return [(path, f"the field {missing[0]!r} is missing")] if missing else []
    if error.validator == "enum":
        known = [str(v) for v in error.validator_value]
        return [(path, f"{error.instance!r} is not one of them; {_nearest(str(error.instance), known)}")]
    if error.validator == "anyOf":
        return _best_branch(error, path)
    if error.validator == "type":
        wanted = error.validator_value
        names = ", ".join(wanted) if isinstance(wanted, list) else str(wanted)
        return [(path, f"is {_type_name(error.instance)}, but must be {names}")]
    if error.validator == "pattern":
        return [(path, f"{error.instance!r} must be letters, digits, '.', '_' or '-', without spaces")]
    return [(path, error.message)]


def _type_name(value: object) -> str:
    """The type of a YAML value in its own words."""
    names = {
        dict: "a mapping",
        list: "a list",
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "empty" if value is None else type(value).__name__)


def _best_branch(error: ValidationError, path: tuple[str | int, ...]) -> Problems:
    """Of the alternatives a value could have been, say what is wrong with the one of its type."""
    kind = {"dict": "object", "list": "array"}.get(type(error.instance).__name__)
    for i, branch in enumerate(error.validator_value):
        types = _resolved(branch).get("type")
        if kind is not None and types == kind:
            inside = [e for e in error.context or [] if e.schema_path and e.schema_path[0] == i]
            messages = [line for e in inside for line in _explain(e)]
            if messages:
                return messages
    about = error.schema.get("description", "a value of another form")
    return [(path, f"{error.instance!r} cannot be read here. {about}")]


def _meaning(document: dict[str, Any]) -> Problems:
    """What the schema cannot check: repeated ids, periods, words, and fields that a kind needs."""
    found: Problems = []
    seen: dict[str, int] = {}
    url = document.get("article", {}).get("url")
    if url is not None and not is_web_address(url):
        found.append(
            (("article", "url"), f"{url!r} is not a web address; it must begin with http:// or https://")
        )
    for i, claim in enumerate(document["claims"]):
        path: tuple[str | int, ...] = ("claims", i)
        if claim["id"] in seen:
            found.append(((*path, "id"), f"{claim['id']!r} is also the id of claims[{seen[claim['id']]}]"))
        seen.setdefault(claim["id"], i)
        found += _periods(claim, path)
        found += _words(claim, path, claim["kind"])
        found += _needed(claim, path)
        for j, reading in enumerate(claim.get("readings", [])):
            found += _words(reading, (*path, "readings", j), claim["kind"])
        for j, implied in enumerate(claim.get("implies", [])):
            found += _words(implied, (*path, "implies", j), implied["kind"])
            found += _needed(implied, (*path, "implies", j))
    return found + _order_problems(document)


def _periods(value: Any, path: tuple[str | int, ...]) -> Problems:
    """Every `when` below a value that is not a period."""
    found = []
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "when" or (key == "date" and path[-1:] == ("expected",)):
                try:
                    parse_period(inner)
                except ValueError as error:
                    found.append(((*path, key), str(error)))
            else:
                found += _periods(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            found += _periods(inner, (*path, i))
    return found


def _order_problems(document: dict[str, Any]) -> Problems:
    """Dates in numbers whose order of day and month the ledger does not show to be the US one."""
    written = [
        (path, str(text))
        for path, text in _leaves(document["claims"], ("claims",))
        if _is_period(path) and "/" in str(text)
    ]
    shown = [(path, DateOrder(), text) for path, text in written]
    for _, order, text in shown:
        order.look_at(pl.Series(re.findall(r"\d+/\d+/\d+", text), dtype=pl.String))
    if any(order.month_first for _, order, _ in shown) and not any(order.day_first for _, order, _ in shown):
        return []
    return [
        (
            path,
            f"in {text!r} day or month may come first; no date of the ledger shows which; write 2017-02-01",
        )
        for path, order, text in shown
        if order.either
    ]


def _leaves(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value below another, with its path."""
    if not isinstance(value, dict | list):
        yield path, value
        return
    for key, one in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _leaves(one, (*path, key))


def _is_period(path: tuple[str | int, ...]) -> bool:
    return "when" in path or path[-2:] == ("expected", "date")


def _words(test: dict[str, Any], path: tuple[str | int, ...], kind: str) -> Problems:
    """A tolerance word that is not known or does not serve the kind."""
    expected = test.get("expected")
    if not isinstance(expected, dict) or "word" not in expected:
        return []
    word, where = expected["word"], (*path, "expected", "word")
    entry = find_word(word, kind) if kind in _TESTED else find_word(word)
    if entry is None:
        serving = word_names(kind) if kind in _TESTED else word_names()
        if find_word(word) is not None:
            return [(where, f"{word!r} is not a word for a claim of kind {kind}; {_nearest(word, serving)}")]
        return [(where, f"{word!r} has no stated reading; {_nearest(word, serving)} (atlarge claims words)")]
    if entry.get("needs_value") and "value" not in expected:
        return [((*path, "expected"), f"the word {word!r} needs a value")]
    return []


def _needed(test: dict[str, Any], path: tuple[str | int, ...]) -> Problems:
    """Fields without which a test of this kind says nothing."""
    kind = test["kind"]
    expected = test.get("expected")
    if kind not in _TESTED:
        return []
    for name, kinds in _ONLY_FOR.items():
        if name in test and kind not in kinds:
            return [((*path, name), f"a claim of kind {kind} has no {name!r}; it is for {', '.join(kinds)}")]
    if "measure" in test and expected is None and "event" not in test:
        return [(path, "a claim with a measure needs 'expected': what it says the value is")]
    if kind == "share" and "measure" in test and "of" not in test and not _is_percent(test):
        return [(path, "a claim of kind share needs 'of': the whole that it is a share of")]
    has_other_side = any("against" in reading for reading in (test, *test.get("readings", [])))
    if kind == "comparison" and "measure" in test and not has_other_side:
        return [(path, "a claim of kind comparison needs 'against': the other side")]
    if isinstance(expected, dict) and expected.get("low", 0) > expected.get("high", float("inf")):
        return [((*path, "expected"), "low is above high")]
    return []


def _is_percent(test: dict[str, Any]) -> bool:
    """Whether a share may stand without `of`: the measure's own figures are percents, or a reading has it."""
    named = str(test.get("measure", ""))
    return named.endswith(("_percent", "_share")) or any("of" in r for r in test.get("readings", []))

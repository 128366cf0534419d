"""Read YAML with the line number of every field, so that errors can point to it."""

from __future__ import annotations

from typing import Any

import yaml

Path = tuple[str | int, ...]
MOST_VALUES = 200_000
MOST_CHARACTERS = 1_000_000
MOST_MERGES = 1_000


class LineError(Exception):
    """The text is not YAML that a ledger can be read from."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class _Loader(yaml.SafeLoader):
    """Reads dates as text, so that one day and one month are read alike."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _whole_number(loader: _Loader, node: yaml.ScalarNode) -> int | str:
    """A whole number; one with a leading zero is a code (06037), which YAML 1.1 would read as octal."""
    text = str(node.value)
    is_code = len(text) > 1 and text.startswith("0") and text.isdigit()
    return text if is_code or ":" in text else int(loader.construct_yaml_int(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)


def read_yaml(text: str) -> tuple[Any, dict[Path, int]]:
    """Parse one document; returns its value and the line (from 1) of each path in it.

    A path is the chain of keys and positions, e.g. ("claims", 2, "when"). LineError for text that is not
    YAML, a repeated key, a key that is not text, or more values than any ledger holds.
    """
    if len(text) > MOST_CHARACTERS:
        raise LineError(1, f"over {MOST_CHARACTERS:,} characters long: it is not a ledger")
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise LineError(line, f"not readable as YAML: {error.reason}") from error
    try:
        node = loader.get_single_node()
        if node is None:
            raise LineError(1, "the file is empty")
        lines: dict[Path, int] = {}
        _count_merges(node)
        _walk(node, (), lines)
        return loader.construct_document(node), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise LineError(mark.line + 1 if mark else 1, f"not readable as YAML: {error.problem}") from error
    except (ValueError, RecursionError) as error:
        raise LineError(1, f"not readable as YAML: {error}") from error
    finally:
        loader.dispose()


def _count_merges(node: yaml.Node) -> None:
    """LineError for more merge keys (<<) than a person writes; each is copied when the document is built."""
    merges, seen, waiting = 0, set(), [node]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, yaml.ScalarNode):
            continue
        seen.add(id(one))
        for entry in one.value:
            if not isinstance(one, yaml.MappingNode):
                waiting.append(entry)
                continue
            key, value = entry
            waiting.append(value)
            if key.tag == "tag:yaml.org,2002:merge":
                merges += len(value.value) if isinstance(value, yaml.SequenceNode) else 1
                if merges > MOST_MERGES:
                    line = key.start_mark.line + 1
                    raise LineError(line, f"over {MOST_MERGES:,} merge keys (<<): it is not a ledger")


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int]) -> None:
    """Note the line of every path below a node. What an alias names counts as often as it is named."""
    lines[path] = node.start_mark.line + 1
    if len(lines) > MOST_VALUES:
        raise LineError(lines[path], f"over {MOST_VALUES:,} values, written out: it is not a ledger")
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise LineError(line, "a field name must be plain text")
            if key.value in seen:
                raise LineError(line, f"the field {key.value!r} is written twice")
            seen.add(key.value)
            _walk(value, (*path, key.value), lines)
            lines[(*path, key.value)] = line
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _walk(value, (*path, i), lines)

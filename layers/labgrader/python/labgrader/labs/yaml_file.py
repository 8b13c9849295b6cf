"""Reading YAML with the line of every key, for the problems of a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from labgrader.errors import Problem

MAX_DEPTH = 100
"""Levels of lists and objects in a file; labs have about ten. Python follows some hundreds."""

_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"

_FAST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FAST_TEXT_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""libyaml's, ten times as fast; PyYAML is built without it on some machines."""


class Lines:
    """Where each value of a YAML file stands: the line of the key of ``checks[3].with.memory``."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str | int, ...], int] = {}

    def record(self, path: tuple[str | int, ...], line: int) -> None:
        """Keep the line (from 1) of a value."""
        self._lines[path] = line

    def of(self, path: Sequence[str | int]) -> int:
        """Return the line of a value, or of the innermost value around it that has one."""
        for length in range(len(path), -1, -1):
            if tuple(path[:length]) in self._lines:
                return self._lines[tuple(path[:length])]
        return 1


def read_yaml(file: Path) -> tuple[Any, list[Problem], Lines]:
    """Read YAML with the line of every value.

    Returns:
        The document, what is wrong with it as YAML (duplicate keys included), and the lines.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        return None, [Problem(error.strerror or str(error), str(file))], Lines()
    return parse_yaml(content, str(file))


def parse_yaml(content: bytes, source: str, *, as_text: bool = False) -> tuple[Any, list[Problem], Lines]:
    """Read YAML with the line of every value, as ``read_yaml`` does.

    Args:
        content: a file's bytes.
        source: its name, for messages.
        as_text: whether every value is the text that stands there: YAML itself takes ``22:30`` for the number 1350.
    """
    document, problems, lines = _parsed(content, source, as_text)
    return deepcopy(document), list(problems), lines


@lru_cache(maxsize=16)
def _parsed(content: bytes, source: str, as_text: bool) -> tuple[Any, list[Problem], Lines]:
    """Parse YAML, once for each content: the time of a file does not tell two edits within a clock tick apart."""
    lines = Lines()
    try:
        text = content.decode("utf-8-sig")
        try:
            document, twice = _read(text, _FAST_TEXT_LOADER if as_text else _FAST_LOADER, lines)
        except yaml.YAMLError:  # the other loader says what is wrong in the same words on every machine
            document, twice = _read(text, yaml.BaseLoader if as_text else yaml.SafeLoader, lines)
    except UnicodeDecodeError:
        return None, [Problem("not UTF-8 text", source)], lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return None, [Problem(f"not YAML: {error.problem}", source, mark.line + 1 if mark else None)], lines
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, [Problem(f"not YAML: {error}", source)], lines
    return (
        document,
        [Problem(f"{key!r} is given twice", source, line, dotted(path)) for path, key, line in twice],
        lines,
    )


def _read(text: str, loader_class: Any, lines: Lines) -> tuple[Any, list[tuple[tuple[str | int, ...], str, int]]]:
    """Return what YAML says, and the keys that are given twice; record the line of every value."""
    loader = loader_class(text)
    try:
        node = loader.get_single_node()
        twice = list(_walk(node, (), lines))  # before the values are made: that resolves merge keys in place
        return None if node is None else loader.construct_document(node), twice
    finally:
        loader.dispose()


def _walk(
    node: yaml.Node | None, path: tuple[str | int, ...], lines: Lines, above: tuple[yaml.Node, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str, int]]:
    """Record the line of every value below a node; yield the keys that are given twice."""
    if node is None:
        return
    if node in above:
        raise yaml.MarkedYAMLError(problem="found unconstructable recursive node", problem_mark=node.start_mark)
    if len(path) > MAX_DEPTH:
        raise ValueError(f"nested more than {MAX_DEPTH} levels deep")
    lines.record(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        node.value = [(_as_text(key), value) for key, value in node.value]
        for key, value in node.value:
            name = str(getattr(key, "value", ""))
            if name in seen:
                yield path, name, key.start_mark.line + 1
            seen.add(name)
            yield from _walk(value, (*path, name), lines, (*above, node))
            lines.record((*path, name), key.start_mark.line + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*path, index), lines, (*above, node))


def _as_text(key: yaml.Node) -> yaml.Node:
    """Return a key as the text that stands in the file: YAML reads ``on`` as true, and JSON has no such keys."""
    if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
        return yaml.ScalarNode(_TEXT, key.value, key.start_mark, key.end_mark, key.style)
    return key


def dotted(path: Sequence[str | int]) -> str:
    """Return a path as text: ``checks[3].with.memory``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text

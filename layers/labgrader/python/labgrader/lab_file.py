"""Reading a lab file: YAML with the line of every value, held against the schema of a lab."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from labgrader.errors import Problem


class Lines:
    """Where each value of a YAML file stands: the line of ``checks[3].with.memory``."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str | int, ...], int] = {}

    def record(self, path: tuple[str | int, ...], line: int) -> None:
        """Keep the line (from 1) of a value."""
        self._lines[path] = line

    def of(self, path: Sequence[str | int]) -> int:
        """The line of a value, or of the nearest thing around it."""
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
    lines = Lines()
    try:
        text = content.decode("utf-8-sig")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.load(text, Loader=yaml.BaseLoader if as_text else yaml.SafeLoader)  # noqa: S506  (both are safe)
        twice = list(_walk(node, (), lines))
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


def shape_problems(document: Any, file: Path, lines: Lines | None = None) -> list[Problem]:
    """Hold a lab document against ``lab.schema.json``, and what it expects of answers against JSON Schema's own."""
    from jsonschema import Draft202012Validator  # 60 ms at import, and only those who read lab files need it

    from labgrader.judging.schema_reading import schema_problems

    schema = json.loads((Path(__file__).parent / "schemas" / "lab.schema.json").read_text(encoding="utf-8"))
    where = lines or Lines()
    problems = [
        Problem(error.message, str(file), where.of(list(error.absolute_path)), dotted(error.absolute_path))
        for error in sorted(
            Draft202012Validator(schema).iter_errors(document), key=lambda error: list(map(str, error.absolute_path))
        )
    ]
    if not problems:
        for path, expectation in _expectations(document):
            problems += [
                Problem(message, str(file), where.of([*path, *below]), dotted([*path, *below]))
                for message, below in schema_problems(expectation)
            ]
    return problems


def _expectations(document: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every schema of an answer, with its path: the parameter ``matches`` of whatever check."""
    for section in ("checks", "advice"):
        for index, item in enumerate(document.get(section, ())):
            if isinstance(item.get("with", {}).get("matches"), dict):
                yield (section, index, "with", "matches"), item["with"]["matches"]


def _walk(
    node: yaml.Node | None, path: tuple[str | int, ...], lines: Lines
) -> Iterator[tuple[tuple[str | int, ...], str, int]]:
    """Record the line of every value below a node; yield the keys that are given twice."""
    if node is None:
        return
    lines.record(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(getattr(key, "value", ""))
            if name in seen:
                yield path, name, key.start_mark.line + 1
            seen.add(name)
            yield from _walk(value, (*path, name), lines)
            lines.record((*path, name), key.start_mark.line + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*path, index), lines)


def dotted(path: Sequence[str | int]) -> str:
    """``checks[3].with.memory`` from its parts."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text

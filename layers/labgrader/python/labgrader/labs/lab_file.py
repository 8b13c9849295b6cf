"""Reading a lab file: YAML with the line of every value, held against the schema of a lab."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from labgrader.errors import Problem
from labgrader.labs.extension import SECTIONS, Extended, extend, extension_problems
from labgrader.labs.search_path import lab_files
from labgrader.schemas import read_schema

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

MAX_DEPTH = 100
"""Levels of lists and objects in a file; labs have about ten. Python follows some hundreds."""

_FAST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FAST_TEXT_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""libyaml's, ten times as fast; PyYAML is built without it on some machines."""


class Lines:
    """Where each value of a YAML file stands: the line of ``checks[3].with.memory``."""

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


@dataclass(frozen=True)
class LabFile:
    """What a lab file says, merged with the lab that it extends.

    Args:
        file: the file.
        document: the whole lab; ``None`` where the file is not YAML.
        problems: what is wrong with its shape. With any problem, the rest need not be checked.
        own: the content of the file itself, if it extends another lab.
        extended: the merged lab, if it extends another lab.
        lines: the lines of the file's values.
    """

    file: Path
    document: Any
    problems: Sequence[Problem] = ()
    own: Mapping[str, Any] | None = None
    extended: Extended | None = None
    lines: Lines = field(default_factory=Lines)

    def problem(self, message: str, *path: str | int) -> Problem:
        """Return a problem of a value of the whole lab; where the file does not name it, at the line of `extends`."""
        if self.extended is None or self.own is None:
            return Problem(message, str(self.file), self.lines.of(path), dotted(path))
        here = self.extended.origin(path, self.own)
        if here is not None:
            return Problem(message, str(self.file), self.lines.of(here), dotted(here))
        if len(path) > 1 and path[0] in SECTIONS:
            message = f"{self.document[path[0]][path[1]]['id']}: {message}"
        return Problem(message, str(self.file), self.lines.of(("extends",)), "extends")

    def line(self, *path: str | int) -> int:
        """Return the line of a value of the whole lab."""
        return self.problem("", *path).line or 1


def read_lab_file(file: Path, extending: tuple[str, ...] = ()) -> LabFile:
    """Read a lab file, with the lab that it extends, and hold it against the schema of a lab.

    Args:
        file: the file.
        extending: the ids of the labs that extend this one.
    """
    document, problems, lines = read_yaml(file)
    read = LabFile(file, document, problems, lines=lines)
    if problems:
        return read
    if not isinstance(document, Mapping) or "extends" not in document:
        return replace(read, problems=_shape_problems(document, "lab", read.problem))
    problems = _shape_problems(document, "extension", read.problem)
    if problems:
        return replace(read, problems=problems)
    base_id = document["extends"]
    if base_id in (*extending, document["id"]):
        loop = " → ".join([*extending, document["id"], base_id])
        return replace(read, problems=[read.problem(f"the labs extend each other: {loop}", "extends")])
    files = lab_files()
    if base_id not in files:
        said = f"there is no lab {base_id!r} to extend; the labs are: {', '.join(files)}"
        return replace(read, problems=[read.problem(said, "extends")])
    base = read_lab_file(files[base_id], (*extending, document["id"]))
    if base.problems:
        said = f"{base_id} cannot be extended: {base.problems[0]}"
        return replace(read, problems=[read.problem(said, "extends")])
    problems = [read.problem(message, *path) for message, path in extension_problems(base.document, document)]
    if problems:
        return replace(read, problems=problems)
    extended = extend(base.document, document)
    whole = replace(read, document=extended.document, own=document, extended=extended)
    return replace(whole, problems=_shape_problems(whole.document, "lab", whole.problem))


def _shape_problems(document: Any, shape: str, problem: Callable[..., Problem]) -> list[Problem]:
    """Hold a document against ``lab.schema.json``, and what it expects of answers against JSON Schema's own.

    Args:
        document: the document.
        shape: ``lab``, or ``extension`` for a file that extends a lab.
        problem: makes a problem of a message and a path.
    """
    from labgrader.labs.answer_schema import schema_problems  # jsonschema: 60 ms at import

    key = shape, repr(document)
    if key in _sound:
        return []
    problems = [
        problem(error.message, *error.absolute_path)
        for error in sorted(
            _validator(shape).iter_errors(document), key=lambda error: list(map(str, error.absolute_path))
        )
    ]
    if not problems:
        for path, expectation in _expectations(document):
            problems += [problem(message, *path, *below) for message, below in schema_problems(expectation)]
    if not problems:
        _sound.add(key)
    return problems


_sound: set[tuple[str, str]] = set()
"""Documents without a problem, and their shapes: one command reads a lab file several times, 20 ms each."""


@cache
def _validator(shape: str) -> Draft202012Validator:
    """Return the validator of lab files of one shape: ``lab`` or ``extension``."""
    from jsonschema import Draft202012Validator  # 60 ms at import, and only those who read lab files need it

    schema = read_schema("lab")
    return Draft202012Validator({"$ref": f"#/$defs/{shape}", "$defs": schema["$defs"]})


def _expectations(document: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield every schema of an answer with its path: the parameter ``matches`` of any check."""
    for section in SECTIONS:
        for index, item in enumerate(document.get(section, ())):
            if isinstance(item.get("with", {}).get("matches"), dict):
                yield (section, index, "with", "matches"), item["with"]["matches"]


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


def dotted(path: Sequence[str | int]) -> str:
    """Return a path as text: ``checks[3].with.memory``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text

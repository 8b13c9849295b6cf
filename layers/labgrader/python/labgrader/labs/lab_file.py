"""Reading a lab file: YAML with the line of every key, held against the schema of a lab."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labgrader.errors import Problem
from labgrader.labs.extension import SECTIONS, Extended, extend, extension_problems
from labgrader.labs.search_path import lab_files
from labgrader.labs.suggestions import lab_not_found
from labgrader.labs.yaml_file import Lines, dotted, read_yaml
from labgrader.schemas import read_schema

if TYPE_CHECKING:
    from labgrader.labs.schema_faults import Fault

_STILL_USABLE = frozenset({"pattern", "minLength", "minItems", "uniqueItems", "required", "additionalProperties"})
"""Keywords with faults that leave a value of the right type, so that it can be looked at further."""


@dataclass(frozen=True)
class LabFile:
    """What a lab file says, merged with the lab that it extends.

    Args:
        file: the file.
        document: the whole lab; ``None`` where the file is not YAML.
        problems: what is wrong with its shape and with its schemas of answers. With any of them, it is no lab.
        usable: the document with ``None`` for each value that cannot be looked at further; ``lint`` looks at the rest.
            ``None`` if nothing can be looked at.
        merged: whether the document is the whole lab; false if the lab that the file extends cannot be read.
        own: what stands in the file itself, if it extends another lab.
        extended: the merged lab, if it extends another lab.
        lines: the lines of the file's keys.
    """

    file: Path
    document: Any
    problems: Sequence[Problem] = ()
    usable: Any = None
    merged: bool = True
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

    def with_problems(self, faults: Iterable[tuple[str, tuple[str | int, ...]]]) -> LabFile:
        """Return the file with more problems: a sentence and a path for each."""
        return replace(self, problems=[*self.problems, *(self.problem(message, *path) for message, path in faults)])


def read_lab_file(file: Path, extending: tuple[str, ...] = ()) -> LabFile:
    """Read a lab file, with the lab that it extends, and hold it against the schema of a lab.

    Args:
        file: the file.
        extending: the ids of the labs that extend this one.
    """
    document, problems, lines = read_yaml(file)
    read = LabFile(file, document, problems, lines=lines)
    if document is None:
        has = ", ".join(read_schema("lab")["$defs"]["lab"]["required"])
        return (
            read if problems else replace(read, problems=[Problem(f"the file is empty; a lab has: {has}", str(file))])
        )
    extends = isinstance(document, Mapping) and "extends" in document
    faults = _shape_faults(document, "extension" if extends else "lab")
    read = read.with_problems((fault.message, fault.path) for fault in faults)
    read = replace(
        read, usable=_usable(document, [fault.path for fault in faults if fault.keyword not in _STILL_USABLE])
    )
    read = read.with_problems(_answer_problems(read.usable))
    return _merged(read, extending) if extends else read


def _merged(read: LabFile, extending: tuple[str, ...]) -> LabFile:
    """Return an extending file, merged with the lab that it extends, with the problems of that."""
    own, base_id = read.usable, read.usable["extends"]
    alone = replace(read, merged=False)
    if not isinstance(base_id, str):
        return alone
    chain = [*extending, str(own.get("id"))]
    if base_id in chain:
        loop = " → ".join([*chain, base_id])
        return alone.with_problems([(f"the labs extend each other: {loop}", ("extends",))])
    files = lab_files()
    if base_id not in files:
        return alone.with_problems([(lab_not_found(base_id, repr(base_id), files, "to extend"), ("extends",))])
    base = read_lab_file(files[base_id], tuple(chain))
    if base.problems:
        return alone.with_problems([(f"{base_id} cannot be extended: {base.problems[0]}", ("extends",))])
    found = list(extension_problems(base.document, own))
    read = read.with_problems(found)
    own = _usable(own, [path[:2] for _, path in found])
    extended = extend(base.document, own)
    usable = dict(extended.document)
    if any(len(list(items_of(own, section))) < len(own.get(section) or ()) for section in SECTIONS):
        usable["points"] = None  # without an item, the sum of the points is unknown
    whole = replace(read, document=extended.document, usable=usable, own=read.document, extended=extended)
    # a value with a fault in the file itself became None, and must not be reported twice
    faults = [
        fault
        for fault in _shape_faults(whole.document, "lab")
        if not whole.problems or (fault.keyword == "minItems" and fault.path == ("checks",))
    ]
    return whole.with_problems((fault.message, fault.path) for fault in faults)


def _usable(document: Any, faulty: Iterable[Sequence[str | int]]) -> Any:
    """Return a copy of a document with ``None`` in the place of values that cannot be used."""
    copy = [deepcopy(document)]
    for path in faulty:
        at: Any = copy
        steps = [0, *path]
        for step in steps[:-1]:
            at = at[step] if at is not None else None
        if at is not None:
            at[steps[-1]] = None
    return copy[0]


def _shape_faults(document: Any, shape: str) -> list[Fault]:
    """Hold a document against ``lab.schema.json``.

    Args:
        document: the document.
        shape: ``lab``, or ``extension`` for a file that extends a lab.
    """
    key = shape, repr(document)
    if key in _sound:
        return []
    from labgrader.labs.schema_faults import schema_faults  # jsonschema: 60 ms at import

    faults = list(schema_faults(_validator(shape).iter_errors(document)))
    if not faults:
        _sound.add(key)
    return faults


_sound: set[tuple[str, str]] = set()
"""Documents without a fault, and their shapes: one command reads a lab file several times, 20 ms each."""


@cache
def _validator(shape: str) -> Any:
    """Return the validator of lab files of one shape: ``lab`` or ``extension``."""
    from labgrader.labs.schema_faults import strict_validator  # jsonschema, and only those who read lab files need it

    schema = read_schema("lab")
    return strict_validator({"$ref": f"#/$defs/{shape}", "$defs": schema["$defs"]})


def _answer_problems(document: Any) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield what is wrong with each schema of an answer, the parameter ``matches`` of any check, and the path."""
    if not isinstance(document, Mapping):
        return
    for section in SECTIONS:
        for index, item in items_of(document, section):
            parameters = item.get("with")
            matches = parameters.get("matches") if isinstance(parameters, Mapping) else None
            if isinstance(matches, dict):
                yield from (
                    (message, (section, index, "with", "matches", *below))
                    for message, below in _schema_problems(matches)
                )


def _schema_problems(schema: Mapping[str, Any]) -> list[tuple[str, tuple[str | int, ...]]]:
    key = "answer", repr(schema)
    if key in _sound:
        return []
    from labgrader.labs.answer_schema import schema_problems  # jsonschema: 60 ms at import

    problems = list(schema_problems(schema))
    if not problems:
        _sound.add(key)
    return problems


def items_of(document: Mapping[str, Any], section: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the checks or the advice of a document with their positions, without entries that cannot be used."""
    entries = document.get(section)
    for index, item in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(item, Mapping):
            yield index, item

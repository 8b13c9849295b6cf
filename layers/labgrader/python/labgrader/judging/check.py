"""`@check` turns a pure function of evidence into a check, with its name as id and its parameters as schema."""

from __future__ import annotations

import importlib
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from labgrader.errors import BadInputError
from labgrader.evidence.load.load_test import LoadTest
from labgrader.evidence.probe import Probe
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.verdict import Verdict
from labgrader.labs.file_import import import_added_check
from labgrader.labs.search_path import added_folders, check_files

Kind = Literal["configuration", "behaviour", "performance"]

_KINDS: dict[type, Kind] = {Snapshot: "configuration", Probe: "behaviour", LoadTest: "performance"}


@dataclass(frozen=True)
class Check:
    """A check in the registry.

    Args:
        name: the name of its function and of its file.
        kind: its kind of evidence, from its first parameter: ``Snapshot``, ``Probe`` or ``LoadTest``.
        title: what must be true, for a report.
        hint: the command that fixes it; ``{parameter}``, ``{username}``, ``{account_id}``, ``{region}`` are filled in.
        judge: the function.
        fills: by parameter, the placeholders in it that the check fills itself.
        paths: parameters that hold paths of an API, where ``{id}`` is a path parameter and no placeholder.
    """

    name: str
    kind: Kind
    title: str
    hint: str
    judge: Callable[..., Verdict]
    fills: Mapping[str, Sequence[str]] = field(default_factory=dict)
    paths: Sequence[str] = ()

    @property
    def description(self) -> str:
        """The docstring, for the catalogue."""
        return inspect.getdoc(self.judge) or ""

    def takes(self, parameter: str, name: str) -> bool:
        """Return whether a parameter may have this name in braces: the check fills it, or it is in an API's path."""
        return parameter in self.paths or name in self.fills.get(parameter, ())

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its parameters, from the signature's annotations and defaults."""
        hints = typing.get_type_hints(self.judge)
        parameters = list(inspect.signature(self.judge).parameters.values())[1:]
        return {
            "type": "object",
            "properties": {parameter.name: _schema_of(hints[parameter.name]) for parameter in parameters},
            "required": [parameter.name for parameter in parameters if parameter.default is parameter.empty],
            "additionalProperties": False,
        }


def check(
    *, title: str, hint: str, fills: Mapping[str, Sequence[str]] | None = None, paths: Sequence[str] = ()
) -> Callable[[Callable[..., Verdict]], Check]:
    """Turn a function into a check. Its first parameter is the evidence, the others are keyword-only.

    Args:
        title: what must be true, in a few words.
        hint: the exact command that fixes it.
        fills: by parameter, the placeholders in it that the check fills itself; a lab may use them there.
        paths: parameters that hold paths of an API, where ``{id}`` is a path parameter and no placeholder.

    Raises:
        TypeError: the signature is not that of a check, or ``fills`` or ``paths`` names an unknown parameter.
    """

    def register(judge: Callable[..., Verdict]) -> Check:
        name = judge.__name__
        parameters = list(inspect.signature(judge).parameters.values())
        evidence = typing.get_type_hints(judge).get(parameters[0].name) if parameters else None
        kind = _KINDS.get(evidence) if isinstance(evidence, type) else None
        if kind is None:
            raise TypeError(f"check {name}: the first parameter is annotated Snapshot, Probe or LoadTest")
        if any(parameter.kind is not parameter.KEYWORD_ONLY for parameter in parameters[1:]):
            raise TypeError(f"check {name}: every parameter but the first is keyword-only")
        if bare := [parameter.name for parameter in parameters if parameter.annotation is parameter.empty]:
            raise TypeError(f"check {name}: every parameter is annotated with its type; {', '.join(bare)} is not")
        made = Check(name, kind, title, hint, judge, fills or {}, paths)
        known = made.schema["properties"]  # an annotation that has no schema is refused when the file is loaded
        if unknown := sorted({*made.fills, *made.paths} - set(known)):
            raise TypeError(f"check {name} has no parameter {', '.join(unknown)}")
        return made

    return register


def find_check(name: str) -> Check:
    """Return the check in ``checks/SERVICE/NAME.py``, or in ``checks/NAME.py`` of an added folder.

    Raises:
        BadInputError: the check does not exist, or its file cannot be imported.
    """
    return _find_check(name, added_folders())


@cache
def _find_check(name: str, _folders: tuple[Path, ...]) -> Check:
    files = check_files()
    if name not in files:
        raise BadInputError([f"there is no check {name!r}"])
    file = files[name]
    module = importlib.import_module(file.module) if file.module else import_added_check(file.path)
    found = getattr(module, name, None)
    if isinstance(found, Check):
        return found
    raise BadInputError([f"{file.path} defines no check called {name}"])


def check_names() -> list[str]:
    """Return the names of all checks, which are the names of the files below ``checks/``."""
    return list(check_files())


def all_checks() -> list[Check]:
    """Return every check by name."""
    return [find_check(name) for name in check_names()]


def _schema_of(annotation: Any) -> dict[str, Any]:
    """Return the JSON Schema of one annotation. Numbers are strict: ``true`` is not an integer, ``1`` is a float."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    plain: Mapping[Any, dict[str, Any]] = {
        str: {"type": "string"},
        int: {"type": "integer"},
        float: {"type": "number"},
        bool: {"type": "boolean"},
        type(None): {"type": "null"},
        Any: {},
    }
    if annotation in plain:
        return plain[annotation]
    if origin is list:
        return {"type": "array", "items": _schema_of(arguments[0]), "minItems": 1}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema_of(arguments[1]), "minProperties": 1}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_schema_of(argument) for argument in arguments]}
    raise TypeError(f"a check's parameter cannot be annotated {annotation!r}")

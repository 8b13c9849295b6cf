"""Named mistakes and their changes to the steps of a solution."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from checks.simulation.student import Change, SimulatedStudent, Step

CLASSMATE = "classmate"
"""Prefix of resources that mistakes borrow. No student of the class has it. It is deleted with the class."""


@dataclass(frozen=True)
class Mistake:
    """One mistake that a student can make.

    Args:
        id: unique in its lab (``wrong-memory``).
        description: what the student did, as a phrase that follows the student's name.
        fails: the ids of the checks that must find it, with ``failed`` or ``partial``. Checks that require one of them
            are skipped. All other checks pass.
        apply: adds the mistake to the student. It is called before the lab is built.
        slow: whether grading takes minutes, as with a function that hangs. Simulated classes omit it.
        not_graded: the ids of the checks that cannot be graded because of it. They cost no points, and neither do the
            checks that require one of them.
    """

    id: str
    description: str
    fails: AbstractSet[str]
    apply: Callable[[SimulatedStudent], None]
    slow: bool = False
    not_graded: AbstractSet[str] = frozenset()


def changed(*changes: Callable[[SimulatedStudent], Change]) -> Callable[[SimulatedStudent], None]:
    """Return a mistake that changes steps while the student builds."""

    def apply(student: SimulatedStudent) -> None:
        student.changes += [change(student) for change in changes]

    return apply


def afterwards(deed: Callable[[SimulatedStudent], None]) -> Callable[[SimulatedStudent], None]:
    """Return a mistake that the student makes after everything is built."""

    def apply(student: SimulatedStudent) -> None:
        student.epilogue.append(lambda: deed(student))

    return apply


def classmate(student: SimulatedStudent) -> SimulatedStudent:
    """Return a classmate to borrow from, outside of the class and without mistakes. Each student has another one."""
    return SimulatedStudent(f"{CLASSMATE}-{student.username}", student.connections)


def parameters(operation: str, target: str, name: str = "", /, **values: Any) -> Callable[[SimulatedStudent], Change]:
    """Change the parameters of a call. ``None`` removes a parameter, and ``{username}`` in a text is replaced."""
    return _changing(operation, target, name, lambda step, student: _given(step.parameters, values, student))


def within(
    operation: str, target: str, path: str, name: str = "", /, **values: Any
) -> Callable[[SimulatedStudent], Change]:
    """Change the fields of an object in a call's parameters, as ``parameters`` changes the parameters.

    Args:
        operation, target, name: the call.
        path: the object, with dots between levels (``Environment.Variables``, ``throttle``). A missing object is
            created.
    """

    def change(step: Step, student: SimulatedStudent) -> None:
        place = step.parameters
        for key in path.split("."):
            place[key] = dict(place.get(key) or {})
            place = place[key]
        _given(place, values, student)

    return _changing(operation, target, name, change)


def document(
    operation: str, target: str, parameter: str, edit: Callable[[Any], None], name: str = ""
) -> Callable[[SimulatedStudent], Change]:
    """Change a parameter that is an object, a list, or JSON text (a policy, a dashboard's body)."""

    def change(step: Step, _: SimulatedStudent) -> None:
        if parameter not in step.parameters:
            return
        value = step.parameters[parameter]
        content = json.loads(value) if isinstance(value, str) else copy.deepcopy(value)
        edit(content)
        step.parameters[parameter] = json.dumps(content) if isinstance(value, str) else content

    return _changing(operation, target, name, change)


def renamed(
    target: str, parameter: str, rename: Callable[[str], str], *, operation: str = "", service: str = ""
) -> Callable[[SimulatedStudent], Change]:
    """Rename a resource in all of its calls that have the parameter.

    Args:
        target: the resource.
        parameter: the parameter with its name (``FunctionName``, ``RoleName``, ``name``).
        rename: returns the new name for the old one. Both include the prefix.
        operation, service: limit the change to these calls, because a queue may have the same target as a function.
            Empty for all calls.
    """

    def change(step: Step, _: SimulatedStudent) -> None:
        if parameter in step.parameters:
            step.parameters[parameter] = rename(step.parameters[parameter])

    return _changing(operation, target, "", change, service)


def edited(file: str, edit: Callable[[str], str], target: str = "") -> Callable[[SimulatedStudent], Change]:
    """Change the text of a file in every package that contains it, or only in those of one function or layer."""

    def change(step: Step) -> bool:
        if step.files and file in step.files and target in ("", step.target):
            step.files[file] = edit(step.files[file])
        return True

    return lambda _: change


def replaced(old: str, new: str) -> Callable[[str], str]:
    """Return an edit for ``edited`` that replaces a text, which must exist, by another."""

    def edit(text: str) -> str:
        if old not in text:  # a mistake that changes nothing would prove nothing
            raise ValueError(f"{old!r} is not in the student's code")
        return text.replace(old, new)

    return edit


def files(
    operation: str, target: str, change_files: Callable[[dict[str, str]], None]
) -> Callable[[SimulatedStudent], Change]:
    """Add, remove or rename files of a package."""

    def change(step: Step, _: SimulatedStudent) -> None:
        if step.files is not None:
            change_files(step.files)

    return _changing(operation, target, "", change)


def without(
    operation: str = "", target: str = "", name: str = "", *, service: str = ""
) -> Callable[[SimulatedStudent], Change]:
    """Omit the calls that match all arguments (``service="sqs"``: every call to SQS). Without arguments, omit all.

    Later calls of the same service that need an omitted resource are also omitted.
    """
    return lambda _: lambda step: not _is(step, operation, target, name, service)


def _changing(
    operation: str, target: str, name: str, change: Callable[[Step, SimulatedStudent], None], service: str = ""
) -> Callable[[SimulatedStudent], Change]:
    """Return a change to the matching calls, which are still made."""

    def for_student(student: SimulatedStudent) -> Change:
        def change_step(step: Step) -> bool:
            if _is(step, operation, target, name, service):
                change(step, student)
            return True

        return change_step

    return for_student


def _is(step: Step, operation: str, target: str, name: str, service: str) -> bool:
    return (
        operation in ("", step.operation)
        and target in ("", step.target)
        and name in ("", step.name)
        and service in ("", step.service)
    )


def _given(place: dict[str, Any], values: dict[str, Any], student: SimulatedStudent) -> None:
    for key, value in values.items():
        if value is None:
            place.pop(key, None)
        else:
            place[key] = _filled(value, student)


def _filled(value: Any, student: SimulatedStudent) -> Any:
    if isinstance(value, str):
        return value.replace("{username}", student.username)
    if isinstance(value, list):
        return [_filled(entry, student) for entry in value]
    if isinstance(value, dict):
        return {key: _filled(entry, student) for key, entry in value.items()}
    return value

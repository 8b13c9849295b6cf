"""Named mistakes, and the changes they are made of."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from checks.simulation.student import Change, SimulatedStudent, Step

CLASSMATE = "classmate"
"""The prefix of what mistakes borrow; it is nobody's in the class, and is taken down with the class."""


@dataclass(frozen=True)
class Mistake:
    """One thing a student can do wrong.

    Args:
        id: unique in its lab (``wrong-memory``).
        description: what the student did.
        fails: the ids of the checks that must find it, ``failed`` or ``partial``; those that require one of them are
            skipped, and all others pass.
        apply: makes the student do it; called before the lab is built.
        slow: whether grading it takes minutes, as a function that hangs does. Left out of simulated classes.
        not_graded: the ids of checks that nobody can grade because of it: they, and those that require one of them,
            cost nothing.
    """

    id: str
    description: str
    fails: AbstractSet[str]
    apply: Callable[[SimulatedStudent], None]
    slow: bool = False
    not_graded: AbstractSet[str] = frozenset()


def changed(*changes: Callable[[SimulatedStudent], Change]) -> Callable[[SimulatedStudent], None]:
    """Make a mistake of changes to the steps, which are made while the student builds."""

    def apply(student: SimulatedStudent) -> None:
        student.changes += [change(student) for change in changes]

    return apply


def afterwards(deed: Callable[[SimulatedStudent], None]) -> Callable[[SimulatedStudent], None]:
    """Make a mistake of something that the student does when everything is built."""

    def apply(student: SimulatedStudent) -> None:
        student.epilogue.append(lambda: deed(student))

    return apply


def classmate(student: SimulatedStudent) -> SimulatedStudent:
    """Return a classmate to borrow from, who is in no class and makes no mistakes; each student has another one."""
    return SimulatedStudent(f"{CLASSMATE}-{student.username}", student.connections)


def parameters(operation: str, target: str, name: str = "", /, **values: Any) -> Callable[[SimulatedStudent], Change]:
    """Give other parameters to a call; ``None`` takes one away, and ``{username}`` in a text is filled in."""
    return _changing(operation, target, name, lambda step, student: _given(step.parameters, values, student))


def within(
    operation: str, target: str, path: str, name: str = "", /, **values: Any
) -> Callable[[SimulatedStudent], Change]:
    """Give other values to an object among a call's parameters, as ``parameters`` does to the parameters.

    Args:
        operation, target, name: the call.
        path: the object, with dots where it is within another one (``Environment.Variables``, ``throttle``); it is
            made where it is not there.
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
    """Change one parameter in place that is an object, a list, or JSON text (a policy, a dashboard's body)."""

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
    """Give a resource another name, in every call about it that has the parameter.

    Args:
        target: the resource.
        parameter: what its calls name it with (``FunctionName``, ``RoleName``, ``name``).
        rename: makes the new name of the old one, prefix included.
        operation, service: only calls of these; empty for all. A queue may have a function's target.
    """

    def change(step: Step, _: SimulatedStudent) -> None:
        if parameter in step.parameters:
            step.parameters[parameter] = rename(step.parameters[parameter])

    return _changing(operation, target, "", change, service)


def edited(file: str, edit: Callable[[str], str], target: str = "") -> Callable[[SimulatedStudent], Change]:
    """Change the text of a file in every package that holds it, or in those of one function or layer."""

    def change(step: Step) -> bool:
        if step.files and file in step.files and target in ("", step.target):
            step.files[file] = edit(step.files[file])
        return True

    return lambda _: change


def replaced(old: str, new: str) -> Callable[[str], str]:
    """Make an edit for ``edited``: one text, which must be there, is replaced by another."""

    def edit(text: str) -> str:
        if old not in text:  # a mistake that changes nothing would prove nothing
            raise ValueError(f"{old!r} is not in the student's code")
        return text.replace(old, new)

    return edit


def files(
    operation: str, target: str, change_files: Callable[[dict[str, str]], None]
) -> Callable[[SimulatedStudent], Change]:
    """Add files to a package, take some out, or rename them."""

    def change(step: Step, _: SimulatedStudent) -> None:
        if step.files is not None:
            change_files(step.files)

    return _changing(operation, target, "", change)


def without(
    operation: str = "", target: str = "", name: str = "", *, service: str = ""
) -> Callable[[SimulatedStudent], Change]:
    """Leave calls out: those that have all that is given (``service="sqs"``: every call to SQS); with nothing, all.

    What a mistake leaves out is not there for later calls: those about it are left out too, in the same service.
    """
    return lambda _: lambda step: not _is(step, operation, target, name, service)


def _changing(
    operation: str, target: str, name: str, change: Callable[[Step, SimulatedStudent], None], service: str = ""
) -> Callable[[SimulatedStudent], Change]:
    """A change to the calls that it is about; they are still made."""

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
        return [_filled(one, student) for one in value]
    if isinstance(value, dict):
        return {key: _filled(one, student) for key, one in value.items()}
    return value

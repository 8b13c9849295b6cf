"""Named mistakes, and the changes they are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cli.simulation.student import Change, SimulatedStudent, Step


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
    """

    id: str
    description: str
    fails: frozenset[str]
    apply: Callable[[SimulatedStudent], None]
    slow: bool = False


def changed(*changes: Callable[[SimulatedStudent], Change]) -> Callable[[SimulatedStudent], None]:
    """A mistake that is made while building: all of the changes."""

    def apply(student: SimulatedStudent) -> None:
        student.changes += [change(student) for change in changes]

    return apply


def afterwards(deed: Callable[[SimulatedStudent], None]) -> Callable[[SimulatedStudent], None]:
    """A mistake that is made when everything is built."""

    def apply(student: SimulatedStudent) -> None:
        student.epilogue.append(lambda: deed(student))

    return apply


def parameters(operation: str, target: str, name: str = "", **values: Any) -> Callable[[SimulatedStudent], Change]:
    """Give other parameters to a call; ``None`` takes one away, and ``{username}`` in a text is filled in."""

    def for_student(student: SimulatedStudent) -> Change:
        def change(step: Step) -> bool:
            if _is(step, operation, target, name):
                for key, value in values.items():
                    if value is None:
                        step.parameters.pop(key, None)
                    else:
                        step.parameters[key] = _filled(value, student)
            return True

        return change

    return for_student


def edited(file: str, edit: Callable[[str], str], target: str = "") -> Callable[[SimulatedStudent], Change]:
    """Change the text of a file in every package that holds it, or in those of one function or layer."""

    def change(step: Step) -> bool:
        if step.files and file in step.files and target in ("", step.target):
            step.files[file] = edit(step.files[file])
        return True

    return lambda _: change


def files(operation: str, target: str, change_files: Callable[[dict[str, str]], None]) -> Callable[[Any], Change]:
    """Add files to a package, take some out, or rename them."""

    def change(step: Step) -> bool:
        if step.files is not None and _is(step, operation, target, ""):
            change_files(step.files)
        return True

    return lambda _: change


def without(operation: str, target: str = "", name: str = "") -> Callable[[SimulatedStudent], Change]:
    """Leave a call out; with an empty operation, every call about the target; with no arguments, all of them."""
    return lambda _: lambda step: not _is(step, operation, target, name)


def _is(step: Step, operation: str, target: str, name: str) -> bool:
    return operation in ("", step.operation) and target in ("", step.target) and name in ("", step.name)


def _filled(value: Any, student: SimulatedStudent) -> Any:
    if isinstance(value, str):
        return value.replace("{username}", student.username)
    if isinstance(value, list):
        return [_filled(one, student) for one in value]
    return value

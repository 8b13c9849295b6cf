"""A lab pack: the solution and the mistakes in the folder of a ``lab.yaml``."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from checks.simulation.mistake import Mistake
from checks.simulation.student import Change, Connections, SimulatedStudent, Step
from labgrader.errors import BadInputError, LabgraderError, Problem
from labgrader.labs.file_import import import_file
from labgrader.labs.lab import find_lab
from labgrader.labs.lab_file import read_lab_file
from labgrader.labs.search_path import added_folders, lab_files

_OURS = ("solution.py", "mistakes.py")


@dataclass(frozen=True)
class Pack:
    """The solution and the mistakes that prove a lab.

    Args:
        lab_id: the lab.
        build: builds a student, with the changes that a mistake added.
        mistakes: the mistakes, in the order of the lab's file.
        half_done: the ids of the mistakes of a student who did about half of the lab. They affect different checks.
            Empty if the lab names none.
    """

    lab_id: str
    build: Callable[[SimulatedStudent], None]
    mistakes: tuple[Mistake, ...]
    half_done: tuple[str, ...] = ()

    def mistake(self, mistake_id: str) -> Mistake:
        """Return one mistake by its id.

        Raises:
            BadInputError: the lab has no such mistake.
        """
        for mistake in self.mistakes:
            if mistake.id == mistake_id:
                return mistake
        raise BadInputError([f"lab {self.lab_id} has no mistake {mistake_id!r}"])


def load_pack(lab_id: str) -> Pack:
    """Load ``solution.py`` and ``mistakes.py`` of a lab by path, because the folder of an added lab may have a hyphen.

    A lab that extends another one uses the files of the other if it has none. Then mistakes that no check of the lab
    finds are omitted.

    Raises:
        BadInputError: the lab has no such file, or a file cannot be imported.
    """
    files = lab_files()
    if lab_id not in files:
        find_lab(lab_id)  # raises an error with the names of the labs
    return _load_pack(lab_id, files[lab_id], added_folders())


@cache
def _load_pack(lab_id: str, lab_file: Path, _folders: tuple[Path, ...]) -> Pack:
    build: Callable[[SimulatedStudent], None] = _load(lab_id, lab_file, "solution.py", "build")
    mistakes: Sequence[Mistake] = _load(lab_id, lab_file, "mistakes.py", "MISTAKES")
    if not (lab_file.parent / "mistakes.py").is_file():
        checks = {item.id for item in find_lab(lab_id).checks}
        mistakes = [replace(mistake, fails=mistake.fails & checks) for mistake in mistakes if mistake.fails & checks]
    known = {mistake.id for mistake in mistakes}
    half_done = [name for name in _load(lab_id, lab_file, "mistakes.py", "HALF_DONE", ()) if name in known]
    return Pack(lab_id, build, tuple(mistakes), tuple(half_done))


def build_student(pack: Pack, username: str, connections: Connections, *mistakes: Mistake | None) -> SimulatedStudent:
    """Build the resources of one student, perfect or with mistakes.

    Args:
        pack: the lab.
        username: the prefix of the student's resources.
        connections: the AWS to build in.
        mistakes: the student's mistakes. ``None`` is ignored.

    Raises:
        BadInputError: the solution or a mistake raised an error, or a single mistake changed no step.
    """
    student = SimulatedStudent(username, connections)
    made = [mistake for mistake in mistakes if mistake is not None]
    watched: dict[str, list[_Watched]] = {}
    try:
        for mistake in made:
            before = len(student.changes)
            mistake.apply(student)
            watched[mistake.id] = [_Watched(change) for change in student.changes[before:]]
            student.changes[before:] = watched[mistake.id]
        pack.build(student)
        student.finish()
    except (LabgraderError, BotoCoreError, ClientError, OSError) as error:
        if not isinstance(error, ParamValidationError):
            raise
        raise BadInputError([_fault(error, made)]) from error
    except Exception as error:  # a teacher's file may raise anything
        raise BadInputError([_fault(error, made)]) from error
    for mistake_id, changes in watched.items():
        if len(made) == 1 and changes and not any(change.effective for change in changes):
            raise BadInputError([f"the mistake {mistake_id} changes nothing: no step of the solution matches it"])
    return student


class _Watched:
    """A change of a mistake, which records whether it changed any step."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self.effective = False

    def __call__(self, step: Step) -> bool:
        before = copy.deepcopy(step)
        taken = self._change(step)
        self.effective = self.effective or not taken or step != before
        return taken


def _fault(error: Exception, mistakes: Sequence[Mistake]) -> Problem:
    """Return the error of building a student, with its line in the solution or in the mistakes."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).name in _OURS]
    source, line = (frames[-1].filename, frames[-1].lineno) if frames else ("", None)
    doing = f"with the mistake {', '.join(mistake.id for mistake in mistakes)}: " if mistakes else ""
    return Problem(f"{doing}{type(error).__name__}: {error}", source, line)


def _load(lab_id: str, lab_file: Path, name: str, attribute: str, default: Any = None) -> Any:
    """Return an attribute of a pack's file, or of the extended lab's file. ``default`` if the attribute is missing."""
    file = lab_file.parent / name
    if not file.is_file():
        base = read_lab_file(lab_file).own
        if base is None:
            raise BadInputError([f"{lab_id} cannot be simulated, because it has no {name}"])
        return _load(base["extends"], lab_files()[base["extends"]], name, attribute, default)
    module = import_file(f"labgrader_pack_{lab_id.replace('-', '_')}_{file.stem}", file)
    if default is None and not hasattr(module, attribute):
        raise BadInputError([Problem(f"{attribute} is not defined", str(file))])
    return getattr(module, attribute, default)

"""A lab's simulated side: its solution and its mistakes, found beside its ``lab.yaml``."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from cli.simulation.mistake import Mistake
from cli.simulation.student import Connections, SimulatedStudent
from labgrader.errors import BadInputError
from labgrader.lab import labs_folder


@dataclass(frozen=True)
class Pack:
    """What a lab needs to be proven.

    Args:
        lab_id: the lab.
        build: builds a perfect student, with whatever changes a mistake has made to that student.
        mistakes: in the order of the lab's file.
    """

    lab_id: str
    build: Callable[[SimulatedStudent], None]
    mistakes: tuple[Mistake, ...]

    def mistake(self, mistake_id: str) -> Mistake:
        """Return one mistake by its id.

        Raises:
            BadInputError: the lab has no such mistake.
        """
        for mistake in self.mistakes:
            if mistake.id == mistake_id:
                return mistake
        raise BadInputError([f"lab {self.lab_id} has no mistake {mistake_id!r}"])


@cache
def load_pack(lab_id: str) -> Pack:
    """Load ``solution.py`` and ``mistakes.py`` of a lab; its folder has a hyphen, so they are loaded by path.

    Raises:
        BadInputError: the lab has none.
    """
    folder = labs_folder() / lab_id
    return Pack(lab_id, _load(folder / "solution.py").build, tuple(_load(folder / "mistakes.py").MISTAKES))


def build_student(
    pack: Pack, username: str, connections: Connections, mistake: Mistake | None = None
) -> SimulatedStudent:
    """Build everything one student has, perfect or with one mistake.

    Args:
        pack: the lab.
        username: the prefix.
        connections: where it is built.
        mistake: what goes wrong, or ``None``.
    """
    student = SimulatedStudent(username, connections)
    if mistake is not None:
        mistake.apply(student)
    pack.build(student)
    student.finish()
    return student


def _load(file: Path) -> ModuleType:
    if not file.is_file():
        raise BadInputError([f"{file.parent.name} has no {file.name}: it cannot be simulated"])
    name = f"labgrader_pack_{file.parent.name.replace('-', '_')}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise BadInputError([f"{file} cannot be loaded"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

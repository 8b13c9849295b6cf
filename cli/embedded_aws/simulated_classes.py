"""Which simulated students an embedded AWS has: one class for each lab, with names that no other class has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = "simulated.json"
"""The file in the work folder of the embedded AWS. It is deleted with the embedded AWS and its students."""


@dataclass(frozen=True)
class SimulatedClass:
    """The students of one simulated class: ``user1``, ``user2``, and so on.

    Args:
        first: the number of the first student.
        students: the number of students.
    """

    first: int
    students: int

    @property
    def usernames(self) -> list[str]:
        """The usernames of the students."""
        return [f"user{number}" for number in range(self.first, self.first + self.students)]

    def overlaps(self, other: SimulatedClass) -> bool:
        """Return whether a student is in both classes."""
        return self.first < other.first + other.students and other.first < self.first + self.students


def simulated_classes(work: Path) -> dict[str, SimulatedClass]:
    """Return the simulated classes of an embedded AWS by lab.

    Args:
        work: the work folder of the embedded AWS.
    """
    file = work / FILE
    if not file.is_file():
        return {}
    document = json.loads(file.read_text(encoding="utf-8"))
    return {lab: SimulatedClass(**members) for lab, members in document.items()}


def remember_class(work: Path, lab: str, members: SimulatedClass) -> None:
    """Record the class of a lab. Replace an earlier one.

    Args:
        work: the work folder of the embedded AWS.
        lab: the id of the lab.
        members: the class.
    """
    classes = {**simulated_classes(work), lab: members}
    document = {lab_id: vars(known) for lab_id, known in classes.items()}
    (work / FILE).write_text(json.dumps(document), encoding="utf-8")


def place_class(classes: dict[str, SimulatedClass], lab: str, students: int) -> SimulatedClass:
    """Return a class of a lab with names that no class of another lab has.

    A class of the same lab is replaced: the new one begins with the same student, if it has room there.

    Args:
        classes: the classes that exist, by lab.
        lab: the lab of the new class.
        students: the number of its students.
    """
    others = [known for other_lab, known in classes.items() if other_lab != lab]
    wanted = SimulatedClass(classes[lab].first if lab in classes else 1, students)
    if not any(wanted.overlaps(other) for other in others):
        return wanted
    return SimulatedClass(max(other.first + other.students for other in others), students)

"""The gradebook of a course: its students, and the result of each student in each lab. Pure.

A student may have several results in a lab: of the class run, and of later runs for some students. A policy decides
which of them counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from labgrader.reporting.gradebook import SCHEMA, GradebookDocument, StudentRow, lab_points


class Policy(StrEnum):
    """Which of a student's results in a lab counts."""

    LATEST = "latest"
    BEST = "best"
    LAST_BEFORE_DUE = "last-before-due"


@dataclass(frozen=True)
class LabResult:
    """The result of a student in a run.

    Args:
        run_id: the run.
        finished_at: when the run finished, ISO 8601 in UTC.
        private: whether students do not see the results of the run.
        row: the student's row in the gradebook of the run.
    """

    run_id: str
    finished_at: str
    private: bool
    row: StudentRow

    @property
    def complete(self) -> bool:
        """Whether the student is fully graded."""
        return self.row["status"] == "complete"

    @property
    def graded_at(self) -> str:
        """When the student was graded, ISO 8601 in UTC; the end of the run if an earlier version did not store it."""
        return self.row.get("graded_at") or self.finished_at

    @property
    def recorded_at(self) -> datetime:
        """When the student's work was recorded: the time of the snapshot, which decides whether it was in time."""
        return datetime.fromisoformat(self.row.get("snapshot_taken_at") or self.graded_at)


@dataclass(frozen=True)
class LabColumn:
    """A lab of the course.

    Args:
        id: the lab's id.
        due: the due date with its time zone, or None.
        newest: the gradebook of the newest run with results, for the title, the points and the checks; None if no
            student was graded.
    """

    id: str
    due: datetime | None = None
    newest: GradebookDocument | None = None

    @property
    def title(self) -> str:
        """The title of the lab, or its id if the title is not known."""
        return (self.newest.get("lab_title") if self.newest else "") or self.id

    @property
    def max_points(self) -> float | None:
        """The points of the lab; None if no student was graded."""
        return lab_points(self.newest) if self.newest else None


@dataclass(frozen=True)
class CourseStudent:
    """A student of the course.

    Args:
        student_id, username, name, email, section: as the class list has them.
        enrolled: whether the student is on a class list now.
        results: the result that counts, by lab. A lab without a result is missing.
    """

    student_id: str
    username: str
    name: str
    email: str
    section: str
    enrolled: bool
    results: Mapping[str, LabResult]


@dataclass(frozen=True)
class CourseGradebook:
    """The gradebook of a course.

    Args:
        course: the id of the course.
        policy: which of several results counts.
        labs: in the order of the course.
        students: in the order of the class lists. Students who are not on a class list anymore come last.
    """

    course: str
    policy: Policy
    labs: Sequence[LabColumn]
    students: Sequence[CourseStudent]


def choose_result(results: Iterable[LabResult], policy: Policy, due: datetime | None = None) -> LabResult | None:
    """Return the result of a student in a lab that counts, or None.

    A result that is not fully graded never counts if there is one that is.

    Args:
        results: the results of the student in the lab.
        policy: ``latest`` is the result that was graded last. Of two at the same time, the one with the greater run id
            counts. ``best`` has the most points; of equal ones, the first counts. ``last-before-due`` is the latest of
            the results with work that was recorded at the due date or before it.
        due: the due date with its time zone. Without one, every result is in time.
    """
    found = sorted(results, key=lambda result: (result.graded_at, result.run_id))
    if policy is Policy.LAST_BEFORE_DUE and due is not None:
        found = [result for result in found if result.recorded_at <= due]
    found = [result for result in found if result.complete] or found
    if not found:
        return None
    return max(found, key=lambda result: result.row["points"]) if policy is Policy.BEST else found[-1]


def gradebook_of_lab(gradebook: CourseGradebook, lab: LabColumn, *, with_ungraded: bool = False) -> GradebookDocument:
    """Return the gradebook of one lab of a course. Each row has the run that it comes from.

    Students who are on no class list have no row: their usernames may be those of other students now.

    Args:
        gradebook: the gradebook of the course.
        lab: the lab.
        with_ungraded: whether students without a result have a row, too. All of their points are open.
    """
    rows = [
        row_of_student(student, lab)
        for student in gradebook.students
        if student.enrolled and (with_ungraded or lab.id in student.results)
    ]
    return {
        "schema": SCHEMA,
        "run_id": gradebook.course,
        "mode": "grade",
        "finished_at": "",
        "lab": lab.id,
        "lab_title": lab.title,
        "checks": lab.newest["checks"] if lab.newest else [],
        "students": rows,
    }


def row_of_student(student: CourseStudent, lab: LabColumn) -> StudentRow:
    """Return the row of a student in a lab: the identity of the class list, and the result, or all points open."""
    result = student.results.get(lab.id)
    ungraded: StudentRow = {
        "student_id": student.student_id,
        "username": student.username,
        "name": student.name,
        "email": student.email,
        "section": student.section,
        "status": "incomplete",
        "points": 0,
        "max_points": lab.max_points or 0,
        "percent": 0,
        "open_points": lab.max_points or 0,
        "checks": [],
    }
    if result is None:
        return ungraded
    row: StudentRow = {
        **result.row,
        "student_id": student.student_id,
        "username": student.username,
        "name": student.name,
        "email": student.email,
        "section": student.section,
        "run_id": result.run_id,
        "run_finished_at": result.finished_at,
    }
    return row

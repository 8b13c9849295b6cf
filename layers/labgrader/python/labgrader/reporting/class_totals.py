"""The numbers of a class or of a section: mean, median, full marks, not graded. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labgrader.labs.points import points_text, rounded_below
from labgrader.reporting.formatting import counted


@dataclass(frozen=True)
class ClassTotals:
    """The totals of some students. A student who is not fully graded counts in ``students`` and ``not_graded`` only.

    Args:
        students: how many there are.
        percents: the percent of the points of each student who is fully graded.
        points: the points of each student who is fully graded.
        max_points: the points of the lab; a mean below them is never rounded up to them.
    """

    students: int
    percents: tuple[float, ...]
    points: tuple[float, ...]
    max_points: float = 0.0

    @property
    def mean(self) -> float | None:
        """The mean percent, rounded to one decimal; ``None`` if no student is fully graded."""
        return rounded_below(statistics.fmean(self.percents), 100, 1) if self.percents else None

    @property
    def median(self) -> float | None:
        """The median percent, rounded to one decimal; ``None`` if no student is fully graded."""
        return rounded_below(statistics.median(self.percents), 100, 1) if self.percents else None

    @property
    def mean_points(self) -> float | None:
        """The mean of the points, rounded to one decimal; ``None`` if no student is fully graded."""
        return rounded_below(statistics.fmean(self.points), self.max_points, 1) if self.points else None

    @property
    def full_marks(self) -> int:
        """How many students have all points."""
        return sum(percent == 100 for percent in self.percents)

    @property
    def not_graded(self) -> int:
        """How many students are not fully graded."""
        return self.students - len(self.percents)

    @property
    def words(self) -> str:
        """The totals as the last line of a class table: ``12 students: mean 71.3%, full marks 3, not fully graded 1``.

        The line says how many students the mean is of if that is not all of them.
        """
        mean = "–" if self.mean is None else f"{points_text(self.mean)}%"
        of_graded = f" (of {len(self.percents)} fully graded)" if self.percents and self.not_graded else ""
        return (
            f"{counted(self.students, 'student')}: mean {mean}{of_graded}, full marks {self.full_marks}, "
            f"not fully graded {self.not_graded}"
        )


def class_totals(reports: Iterable[Mapping[str, Any]]) -> ClassTotals:
    """Return the totals of students.

    Args:
        reports: the report of each student.
    """
    listed = list(reports)
    graded = [report["score"] for report in listed if report["status"] == "complete"]
    return ClassTotals(
        students=len(listed),
        percents=tuple(score["percent"] for score in graded),
        points=tuple(score["points"] for score in graded),
        max_points=max((score["max_points"] for score in graded), default=0.0),
    )

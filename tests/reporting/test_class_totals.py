"""The totals of a class: mean, median, full marks, not graded."""

from __future__ import annotations

from typing import Any

from labgrader.reporting.class_totals import class_totals


def test_a_student_who_is_not_fully_graded_counts_in_no_mean(example: Any) -> None:
    totals = class_totals([example.perfect(), example.mixed(), example.empty()])
    assert (totals.students, totals.percents, totals.points) == (3, (100, 0), (100, 0))
    assert (totals.mean, totals.median, totals.mean_points, totals.full_marks, totals.not_graded) == (50, 50, 50, 1, 1)
    assert totals.words == "3 students: mean 50% (of 2 fully graded), full marks 1, not fully graded 1"


def test_all_students_are_graded(example: Any) -> None:
    assert class_totals([example.perfect()]).words == "1 student: mean 100%, full marks 1, not fully graded 0"


def test_no_student_is_graded(example: Any) -> None:
    totals = class_totals([example.mixed()])
    assert (totals.mean, totals.median, totals.mean_points) == (None, None, None)
    assert totals.words == "1 student: mean –, full marks 0, not fully graded 1"
    assert class_totals([]).words == "0 students: mean –, full marks 0, not fully graded 0"

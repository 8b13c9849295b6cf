"""The gradebook of a course: its class lists and all of its graded runs, merged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from labgrader.errors import BadInputError, MissingError
from labgrader.reporting.course_gradebook import CourseGradebook, Policy
from labgrader.rosters import Student
from labgrader.runs.course_gradebook import load_course_gradebook, runs_without_course
from labgrader.store import Store
from tests.graded_course import ADA, BOB, COURSE_ID, EVE, FIRST_LAB, SECOND_LAB, graded, pushed_course

Cells = dict[str, dict[str, tuple[str, float]]]


@pytest.fixture
def course(store: Store, tmp_path: Path) -> Store:
    pushed_course(store, tmp_path / "course")
    return store


def load(store: Store, policy: Policy = Policy.LATEST, lab: str = "") -> CourseGradebook:
    return load_course_gradebook(store, COURSE_ID, policy, lab)


def cells(store: Store, policy: Policy = Policy.LATEST) -> Cells:
    """Return the run and the points of each student and lab."""
    return {
        student.username: {lab: (found.run_id, found.row["points"]) for lab, found in student.results.items()}
        for student in load(store, policy).students
    }


def test_a_rerun_of_one_student_is_merged_with_the_class_run(course: Store) -> None:
    graded(course, "r1", {ADA: 50, BOB: 60})
    graded(course, "r2", {BOB: 90}, at="2026-11-21T10:00:00Z")
    graded(course, "r3", {BOB: 10, EVE: 20}, lab=SECOND_LAB)
    assert cells(course) == {
        "user1": {FIRST_LAB: ("r1", 50)},
        "user2": {FIRST_LAB: ("r2", 90), SECOND_LAB: ("r3", 10)},
        "user3": {SECOND_LAB: ("r3", 20)},
    }


def test_the_policy_uses_the_due_date_of_the_course(course: Store) -> None:
    graded(course, "r1", {ADA: 50}, at="2026-12-01T22:59:00Z")  # due at 23:59 in Berlin
    graded(course, "r2", {ADA: 70}, at="2026-12-01T22:59:01Z")
    graded(course, "r3", {ADA: 60}, at="2026-12-03T10:00:00Z")
    assert cells(course)["user1"] == {FIRST_LAB: ("r3", 60)}
    assert cells(course, Policy.BEST)["user1"] == {FIRST_LAB: ("r2", 70)}
    assert cells(course, Policy.LAST_BEFORE_DUE)["user1"] == {FIRST_LAB: ("r1", 50)}


def test_students_without_a_result_and_labs_without_a_student_are_listed(course: Store) -> None:
    graded(course, "r1", {ADA: 50})
    found = load(course)
    assert [(student.username, dict(student.results)) for student in found.students[1:]] == [
        ("user2", {}),
        ("user3", {}),
    ]
    assert [(lab.id, lab.title, lab.max_points) for lab in found.labs] == [
        (FIRST_LAB, f"Title of {FIRST_LAB}", 100),
        (SECOND_LAB, SECOND_LAB, None),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": "audit"},
        {"mode": "self-check"},
        {"course": ""},
        {"course": "other"},
        {"lab": "another-lab"},
        {"status": "running"},
        {"status": "failed"},
    ],
)
def test_other_runs_do_not_count(changes: dict[str, str], course: Store) -> None:
    graded(course, "r1", {ADA: 50}, **changes)
    assert cells(course)["user1"] == {}


def test_a_private_run_counts_and_is_marked(course: Store) -> None:
    course.keep_private("r1")
    graded(course, "r1", {ADA: 50, BOB: 60})
    graded(course, "r2", {BOB: 90}, at="2026-11-21T10:00:00Z")
    ada, bob, _ = load(course).students
    assert (ada.results[FIRST_LAB].private, bob.results[FIRST_LAB].private) == (True, False)


def test_a_username_that_changed_hands_does_not_pass_on_its_results(course: Store) -> None:
    graded(course, "r1", {Student("user1", "s-0", "Zoe"): 50})
    found = load(course).students
    assert [(student.student_id, student.enrolled, sorted(student.results)) for student in found] == [
        ("s-1", True, []),
        ("s-2", True, []),
        ("s-3", True, []),
        ("s-0", False, [FIRST_LAB]),
    ]


def test_the_student_id_decides_also_if_the_username_changed(course: Store) -> None:
    graded(course, "r1", {replace(ADA, username="user9", student_id="S-1"): 50})
    assert cells(course)["user1"] == {FIRST_LAB: ("r1", 50)}


def test_the_username_decides_if_the_class_list_had_no_ids(course: Store) -> None:
    graded(course, "r1", {replace(ADA, student_id="user1"): 50})
    assert cells(course)["user1"] == {FIRST_LAB: ("r1", 50)}


def test_one_lab(course: Store) -> None:
    graded(course, "r1", {BOB: 50})
    found = load(course, lab=SECOND_LAB)
    assert [lab.id for lab in found.labs] == [SECOND_LAB]
    assert [(student.username, dict(student.results)) for student in found.students] == [("user2", {}), ("user3", {})]


def test_a_lab_that_the_course_does_not_have_is_refused(course: Store) -> None:
    with pytest.raises(BadInputError) as refused:
        load(course, lab="nope")
    assert refused.value.problems[0].message == (
        "the course serverless-2026 has no lab nope; its labs are: lambda-optimization, performance-scaling"
    )


def test_an_unknown_course_is_missing(store: Store) -> None:
    with pytest.raises(MissingError, match=r"^there is no course serverless-2026$"):
        load(store)


def test_graded_runs_without_a_course_are_found(course: Store) -> None:
    graded(course, "r1", {ADA: 50}, course="")
    graded(course, "r2", {ADA: 50}, course="", mode="audit")
    graded(course, "r3", {ADA: 50})
    assert runs_without_course(course, [FIRST_LAB]) == ["r1"]

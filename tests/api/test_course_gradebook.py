"""An instructor fetches the gradebook of a course."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgrader.api.models import CourseGradebook
from tests.api.conftest import INSTRUCTOR, OTHER_STUDENT, STUDENT, World
from tests.graded_course import ADA, BOB, COURSE_ID, FIRST_LAB, SECOND_LAB, graded, pushed_course

GRADEBOOK = f"/v1/courses/{COURSE_ID}/gradebook"


@pytest.fixture
def course(world: World, tmp_path: Path) -> World:
    """A world with a course, a class run, and a private rerun of one student."""
    pushed_course(world.store, tmp_path / "course")
    graded(world.store, "r1", {ADA: 50, BOB: 60})
    world.store.keep_private("r2")
    graded(world.store, "r2", {BOB: 40}, at="2026-11-21T10:00:00Z")
    return world


def test_the_gradebook_as_csv(course: World) -> None:
    answer = course.ask("GET", GRADEBOOK, INSTRUCTOR)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="gradebook-serverless-2026.csv"'
    assert answer.body.split("\r\n")[1:] == [
        "s-1,user1,Ada,,,yes,50,100,complete,0,r1,2026-11-20T10:00:00Z,no,,,,,,,",
        "s-2,user2,Bob,,,yes,40,100,complete,0,r2,2026-11-21T10:00:00Z,yes,,,,,,,",
        "s-3,user3,,,,yes,,,,,,,,,,,,,,",
        "",
    ]


def test_the_gradebook_as_json_with_a_policy(course: World) -> None:
    answer = course.ask("GET", GRADEBOOK, INSTRUCTOR, query={"format": "json", "policy": "best"})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert "Content-Disposition" not in answer.headers
    CourseGradebook.model_validate(answer.json)
    bob = answer.json["students"][1]
    assert (bob["results"][0]["points"], bob["results"][0]["run_id"], bob["results"][0]["private"]) == (60, "r1", False)
    assert answer.json["policy"] == "best"


def test_one_lab_has_every_format(course: World) -> None:
    answer = course.ask("GET", GRADEBOOK, INSTRUCTOR, query={"format": "moodle", "lab": FIRST_LAB})
    assert answer.status == 200
    assert [line.split(",")[0] for line in answer.body.splitlines()][:2] == ["username", "user1"]
    only = course.ask("GET", GRADEBOOK, INSTRUCTOR, query={"format": "json", "lab": SECOND_LAB}).json
    assert [lab["lab"] for lab in only["labs"]] == [SECOND_LAB]


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        (
            {"format": "moodle"},
            "format",
            "the format moodle holds one lab: add the parameter lab, or use one of: canvas, csv, json",
        ),
        (
            {"lab": "nope"},
            "lab",
            "the course serverless-2026 has no lab nope; its labs are: lambda-optimization, performance-scaling",
        ),
        ({"policy": "worst"}, "policy", "worst is not one of: latest, best, last-before-due"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(query: dict[str, str], field: str, message: str, course: World) -> None:
    (error,) = course.ask("GET", GRADEBOOK, INSTRUCTOR, query=query).problem(422, "bad-input")["errors"]
    assert error == {"field": field, "message": message}


def test_an_unknown_course_is_not_found(world: World) -> None:
    problem = world.ask("GET", GRADEBOOK, INSTRUCTOR).problem(404, "not-found")
    assert problem["detail"] == "there is no course serverless-2026"


@pytest.mark.parametrize("path", ["/v1/courses/../gradebook", "/v1/courses/A/gradebook", "/v1/courses/a%2Fb/gradebook"])
def test_an_id_that_no_course_has_reads_nothing(path: str, course: World) -> None:
    assert course.ask("GET", path, INSTRUCTOR).status in (404, 422)


@pytest.mark.parametrize("caller", [STUDENT, OTHER_STUDENT])
@pytest.mark.parametrize("query", [None, {"format": "json"}, {"policy": "best"}, {"lab": FIRST_LAB}])
def test_a_student_gets_403_and_no_grade(caller: dict[str, str], query: dict[str, str] | None, course: World) -> None:
    answer = course.ask("GET", GRADEBOOK, caller, query=query)
    answer.problem(403, "not-yours")
    assert "user2" not in answer.body.replace(caller["subject"], "")


def test_a_student_cannot_tell_whether_a_course_exists(course: World) -> None:
    there = course.ask("GET", GRADEBOOK, STUDENT).problem(403, "not-yours")
    unknown = course.ask("GET", "/v1/courses/nope/gradebook", STUDENT).problem(403, "not-yours")
    assert there == unknown

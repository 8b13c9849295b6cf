"""An instructor fetches the gradebook of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from labgrader.api.models import Gradebook
from labgrader.api.openapi import document
from labgrader.labs.lab import Item, Lab
from labgrader.reporting.exports import exports
from labgrader.reporting.gradebook import build_gradebook, build_row
from labgrader.rosters import Student
from labgrader.store import Keys
from tests.api.conftest import INSTRUCTOR, World
from tests.api.reports import LAB, RUN_ID

GRADEBOOK = f"/v1/runs/{RUN_ID}/gradebook"
LIKE_COLUMNS = ("points", "status", "name", "email")


def checked(check_id: str, status: str, points: float) -> Any:
    return {"id": check_id, "title": check_id, "status": status, "points": points, "max_points": 5}


def graded_student(ids: Sequence[str] = ("first", "second")) -> tuple[Lab, Student, Any]:
    """Return a student who passed every check except the last, which was not graded."""
    most = 5 * len(ids)
    lab = Lab(LAB, "1.0.0", "Lab", "", most, tuple(Item(check_id, "a", "A", points=5) for check_id in ids))
    checks = [checked(check_id, "passed", 5) for check_id in ids[:-1]] + [checked(ids[-1], "not_graded", 0)]
    score = {"points": most - 5, "max_points": most, "percent": 100 * (most - 5) / most, "open_points": 5}
    student = Student("user1", "-s1", "=cmd()", "ada@example.edu", "A")
    return lab, student, {"status": "incomplete", "score": score, "checks": checks}


def has_gradebook(world: World, ids: Sequence[str] = ("first", "second")) -> None:
    lab, student, report = graded_student(ids)
    world.has_run(status="incomplete")
    world.store.put_json(Keys(RUN_ID).gradebook_json, build_gradebook(RUN_ID, lab, [build_row(student, report)]))


def has_gradebook_of_an_earlier_version(world: World) -> None:
    """Store a run with its gradebook as CSV only, from before each check had its own column."""
    lab, student, report = graded_student(LIKE_COLUMNS)
    world.has_run(status="incomplete")
    world.store.put_json(Keys(RUN_ID).lab, lab.to_dict())
    world.store.put_json(Keys(RUN_ID).students, [student.to_dict()])
    world.store.put_json(Keys(RUN_ID).report("user1"), report)
    header = (
        "student_id,username,name,email,section,status,points,max_points,percent,open_points,points,status,name,email"
    )
    row = "'-s1,user1,'=cmd(),ada@example.edu,A,incomplete,15,20,75,5,5,5,5,"
    world.store.put(Keys(RUN_ID).gradebook, f"{header}\r\n{row}\r\n".encode())


@pytest.mark.parametrize("query", [None, {"format": "csv"}])
def test_the_gradebook_as_csv(world: World, query: dict[str, str] | None) -> None:
    has_gradebook(world)
    answer = world.ask("GET", f"/v1/runs/{RUN_ID}/gradebook", INSTRUCTOR, query=query)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="gradebook-{RUN_ID}.csv"'
    assert answer.body.split("\r\n") == [
        "student_id,username,name,email,section,status,points,max_points,percent,open_points,first,second,"
        "run_id,run_mode,run_finished_at",
        f"'-s1,user1,'=cmd(),ada@example.edu,A,incomplete,5,10,50,5,5,,{RUN_ID},grade,2026-03-01T09:01:00Z",  # safe
        "",
    ]


def test_the_gradebook_as_json_has_the_original_texts(world: World) -> None:
    has_gradebook(world)
    answer = world.ask("GET", f"/v1/runs/{RUN_ID}/gradebook", INSTRUCTOR, query={"format": "json"})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert "Content-Disposition" not in answer.headers
    Gradebook.model_validate(answer.json)
    assert answer.json == {
        "run_id": RUN_ID,
        "lab": LAB,
        "checks": ["first", "second"],
        "students": [
            {
                "student_id": "-s1",
                "username": "user1",
                "name": "=cmd()",
                "email": "ada@example.edu",
                "section": "A",
                "status": "incomplete",
                "points": 5,
                "max_points": 10,
                "percent": 50,
                "open_points": 5,
                "check_points": [5, None],
            }
        ],
    }


@pytest.mark.parametrize(
    "written", [lambda world: has_gradebook(world, LIKE_COLUMNS), has_gradebook_of_an_earlier_version]
)
def test_checks_named_like_fixed_columns_keep_their_points(world: World, written: Callable[[World], None]) -> None:
    written(world)
    (student,) = world.ask("GET", GRADEBOOK, INSTRUCTOR, query={"format": "json"}).json["students"]
    assert {name: student[name] for name in ("points", "status", "name", "email", "percent")} == {
        "points": 15,
        "status": "incomplete",
        "name": "=cmd()",
        "email": "ada@example.edu",
        "percent": 75,
    }
    assert student["check_points"] == [5, 5, 5, None]
    assert world.ask("GET", GRADEBOOK, INSTRUCTOR, query={"format": "json"}).json["checks"] == list(LIKE_COLUMNS)
    answer = world.ask("GET", GRADEBOOK, INSTRUCTOR)
    assert answer.body.split("\r\n") == [
        "student_id,username,name,email,section,status,points,max_points,percent,open_points,"
        "check:points,check:status,check:name,check:email,run_id,run_mode,run_finished_at",
        f"'-s1,user1,'=cmd(),ada@example.edu,A,incomplete,15,20,75,5,5,5,5,,{RUN_ID},grade,2026-03-01T09:01:00Z",
        "",
    ]


def test_a_run_that_failed_has_no_gradebook(world: World) -> None:
    world.has_run(status="failed")
    problem = world.ask("GET", GRADEBOOK, INSTRUCTOR).problem(404, "not-found")
    assert problem["detail"] == f"run {RUN_ID} failed and has no gradebook; it graded no student"


def test_every_registered_format_is_accepted_and_described(world: World) -> None:
    has_gradebook(world)
    for name, export in exports().items():
        answer = world.ask("GET", GRADEBOOK, INSTRUCTOR, query={"format": name})
        assert (answer.status, answer.headers["Content-Type"]) == (200, export.content_type)
    operation = document(world.api)["paths"]["/v1/runs/{run_id}/gradebook"]["get"]
    (parameter,) = [parameter for parameter in operation["parameters"] if parameter["name"] == "format"]
    assert parameter["schema"] == {"type": "string", "enum": list(exports()), "default": "csv"}
    descriptions = parameter["description"].split("; ")
    assert descriptions == [f"{name} {export.description}" for name, export in exports().items()]
    assert {"csv for spreadsheets, a column for each check", "json for programs"} <= set(descriptions)


def test_a_running_run_has_no_gradebook(world: World) -> None:
    world.has_run(status="running")
    problem = world.ask("GET", f"/v1/runs/{RUN_ID}/gradebook", INSTRUCTOR).problem(404, "not-found")
    assert problem["detail"] == f"run {RUN_ID} is still running; its gradebook is available when it has ended"


def test_an_unknown_format_is_refused(world: World) -> None:
    world.has_run()
    answer = world.ask("GET", f"/v1/runs/{RUN_ID}/gradebook", INSTRUCTOR, query={"format": "xlsx"})
    (error,) = answer.problem(422, "bad-input")["errors"]
    assert error == {"field": "format", "message": f"xlsx is not one of: {', '.join(exports())}"}

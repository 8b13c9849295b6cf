"""An instructor has a class graded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.lab import Item, Lab
from labgrader.reporting.gradebook import render_gradebook
from labgrader.roster import Student
from labgrader.store import Keys
from tests.api.conftest import INSTRUCTOR, STUDENT, World
from tests.api.reports import LAB, RUN_ID, report_of

CSV = "username,name\nuser1,Ada\nuser2,Grace\n"


def start(world: World, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    return world.ask("POST", "/v1/runs", INSTRUCTOR, {"lab": LAB, "roster": CSV, **fields}, headers=headers)


def asked_of(world: World) -> list[dict[str, Any]]:
    return [json.loads(one["input"]) for one in world.executions("grade_class")]


@pytest.mark.parametrize(
    "roster",
    [
        CSV,
        "\ufeffusername;name\r\nuser1;Ada\r\nuser2;Grace\r\n",
        '[{"username": "user1"}, {"username": "user2"}]',
        [{"username": "user1", "name": "Ada"}, {"username": "user2"}],
        "rosters/kept.csv",
        "courses/day-2/rosters/kept.csv",
    ],
)
def test_a_run_is_started_for_any_kind_of_roster(world: World, roster: Any) -> None:
    if isinstance(roster, str) and roster.endswith("kept.csv"):
        world.store.put(roster, CSV.encode())
    answer = start(world, roster=roster)
    assert answer.status == 202, answer.body
    run_id = answer.json["run_id"]
    assert answer.json == {
        "run_id": run_id,
        "status_url": f"/v1/runs/{run_id}",
        "gradebook_url": f"/v1/runs/{run_id}/gradebook",
    }
    (asked,) = asked_of(world)
    assert (asked["lab"], asked["mode"], asked["requested_by"]) == (LAB, "grade", "instructor ada")
    assert b"user2" in world.store.get(asked["roster"])
    followed = world.ask("GET", f"/v1/runs/{run_id}", INSTRUCTOR).json
    assert (followed["status"], followed["progress"]) == ("running", {"done": 0, "total": 2})


def test_an_audit_of_some_students(world: World) -> None:
    assert start(world, mode="audit", students=["user2"]).status == 202
    (asked,) = asked_of(world)
    assert (asked["mode"], asked["students"]) == ("audit", ["user2"])


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        (
            {"roster": "user1\nuser2\n"},
            {
                "roster: line 1: user1": "unknown column; a roster has: student_id, username, name, ",
                "roster: line 1: username": "the column is missing",
                "roster: line 2: username": "is empty",
            },
        ),
        ({"roster": "rosters/none.csv"}, {"roster": "there is no roster at rosters/none.csv"}),
        ({"roster": "rosters/../runs/x.csv"}, {"roster": "rosters/../runs/x.csv is not a key below rosters/"}),
        ({"roster": "runs/r1/students.json"}, {"roster": "runs/r1/students.json is not a key below rosters/"}),
        ({"students": ["user3"]}, {"": "user3 is not on the roster"}),
        ({"mode": "self-check"}, {"mode": "self-check is not one of: 'grade' or 'audit'"}),
        ({"roster": 5}, {"roster": "is not text"}),
        ({"roster": [5]}, {"roster[0]": "is not an object"}),
        ({"roster": [{"name": "Ada"}]}, {"roster[0].username": "is missing"}),
        ({"roster": [{"username": "u", "grade": 1}]}, {"roster[0].grade": "is not known here"}),
        ({"students": "user1"}, {"students": "is not a list"}),
        ({"students": ["User One"]}, {"students[0]": None}),
        ({"username": "user1", "role": "student"}, {"username": "is not known here", "role": "is not known here"}),
        ({"requested_by": "root"}, {"requested_by": "is not known here"}),
        ({"course": "day-2"}, {"course": "is not known here"}),
        ({"client_token": "with blank"}, {"client_token": None}),
        ({"lab": "Lab!", "mode": 1}, {"lab": None, "mode": None}),
    ],
)
def test_what_cannot_be_used_is_said_field_by_field_and_nothing_starts(
    world: World, fields: dict[str, Any], errors: dict[str, str | None]
) -> None:
    problem = start(world, **fields).problem(422, "bad-input")
    said = {error["field"]: error["message"] for error in problem["errors"]}
    assert said.keys() == errors.keys(), said
    for field, message in errors.items():
        assert message is None or said[field].startswith(message), said
    assert world.executions("grade_class") == []
    assert world.store.keys("rosters/") == []


def test_a_run_is_followed_with_the_students_who_are_done(world: World) -> None:
    world.has_run(status="running", finished_at="", counts={"students": 2, "complete": 0, "incomplete": 0}, course="c")
    world.has_report(RUN_ID, "user1", report_of())
    answer = world.ask("GET", f"/v1/runs/{RUN_ID}", INSTRUCTOR)
    assert answer.json == {
        "run_id": RUN_ID,
        "lab": LAB,
        "mode": "grade",
        "status": "running",
        "started_at": "2026-03-01T09:00:00Z",
        "finished_at": None,
        "course": "c",
        "requested_by": "instructor ada",
        "error": None,
        "progress": {"done": 1, "total": 2},
        "students": [
            {
                "username": "user1",
                "student_id": "s-user1",
                "status": "complete",
                "points": 13,
                "max_points": 15,
                "open_points": 0,
                "percent": 86.67,
                "graded_at": "2026-03-01T09:00:30Z",
                "report_url": f"/v1/runs/{RUN_ID}/students/user1",
            }
        ],
        "gradebook_url": f"/v1/runs/{RUN_ID}/gradebook",
    }


def test_an_older_record_without_the_new_fields_is_shown_too(world: World) -> None:
    record = world.has_run()
    world.store.record_run({name: record[name] for name in record if name not in ("requested_by", "course")})
    answer = world.ask("GET", f"/v1/runs/{RUN_ID}", INSTRUCTOR).json
    assert (answer["requested_by"], answer["course"], answer["status"]) == ("", "", "complete")


def test_a_self_check_is_not_a_run(world: World) -> None:
    run_id = world.ask("POST", "/v1/self-checks", STUDENT, {"lab": LAB}).json["run_id"]
    for below in ("", "/gradebook", "/students/user1"):
        problem = world.ask("GET", f"/v1/runs/{run_id}{below}", INSTRUCTOR).problem(404, "not-found")
        assert problem["detail"] == f"there is no run {run_id}"


def test_the_instructor_reads_the_whole_report(world: World) -> None:
    world.has_run()
    world.has_report(RUN_ID, "user1", report_of())
    answer = world.ask("GET", f"/v1/runs/{RUN_ID}/students/user1", INSTRUCTOR)
    assert answer.json == report_of()
    problem = world.ask("GET", f"/v1/runs/{RUN_ID}/students/user2", INSTRUCTOR).problem(404, "not-found")
    assert problem["detail"] == f"run {RUN_ID} has no report of user2; it is written when the student is done"


def has_gradebook(world: World) -> None:
    lab = Lab(LAB, "1.0.0", "Lab", "", 10, (Item("first", "a", "A", points=5), Item("second", "b", "B", points=5)))
    student = Student("user1", "-s1", "=cmd()", "ada@example.edu", "A")
    checks = [{"id": "first", "status": "passed", "points": 5}, {"id": "second", "status": "not_graded", "points": 0}]
    score = {"points": 5, "max_points": 10, "percent": 50, "open_points": 5}
    report = {"status": "incomplete", "score": score, "checks": checks}
    world.has_run(status="incomplete")
    world.store.put(Keys(RUN_ID).gradebook, render_gradebook(lab, [(student, report)]))
    world.store.put_json(Keys(RUN_ID).students, [student.to_dict()])


@pytest.mark.parametrize("query", [None, {"format": "csv"}])
def test_the_gradebook_as_csv(world: World, query: dict[str, str] | None) -> None:
    has_gradebook(world)
    answer = world.ask("GET", f"/v1/runs/{RUN_ID}/gradebook", INSTRUCTOR, query=query)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="gradebook-{RUN_ID}.csv"'
    assert answer.body.encode() == world.store.get(Keys(RUN_ID).gradebook)
    assert "'=cmd()" in answer.body, "safe for a spreadsheet"


def test_the_gradebook_as_json_has_the_words_as_they_are(world: World) -> None:
    has_gradebook(world)
    answer = world.ask("GET", f"/v1/runs/{RUN_ID}/gradebook", INSTRUCTOR, query={"format": "json"})
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


def test_a_run_that_goes_on_has_no_gradebook_yet(world: World) -> None:
    world.has_run(status="running")
    problem = world.ask("GET", f"/v1/runs/{RUN_ID}/gradebook", INSTRUCTOR).problem(404, "not-found")
    assert problem["detail"] == f"run {RUN_ID} is running and has no gradebook; it is written when a run has ended"


def test_an_unknown_format_is_refused(world: World) -> None:
    world.has_run()
    answer = world.ask("GET", f"/v1/runs/{RUN_ID}/gradebook", INSTRUCTOR, query={"format": "xlsx"})
    (error,) = answer.problem(422, "bad-input")["errors"]
    assert error == {"field": "format", "message": "xlsx is not one of: 'csv' or 'json'"}

"""An instructor has a class graded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.events import Event
from labgrader.runs.event_trigger import start_from_event
from tests.api.conftest import INSTRUCTOR, STUDENT, World
from tests.api.reports import LAB, RUN_ID, report_of
from tests.stored_runs import put_run

UNKNOWN_FIELD = (
    "unknown field; a request has: lab, roster, mode, students, course, username_from, accounts, private, client_token"
)
CSV = "username,name\nuser1,Ada\nuser2,Grace\n"


def start(world: World, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    return world.ask("POST", "/v1/runs", INSTRUCTOR, {"lab": LAB, "roster": CSV, **fields}, headers=headers)


def asked_of(world: World) -> list[dict[str, Any]]:
    return [json.loads(execution["input"]) for execution in world.executions("grade_class")]


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
                "roster: line 1: user1": "unknown column; the columns are: student_id, username, name, ",
                "roster: line 1: username": "this column is required",
                "roster: line 2: username": "is empty",
            },
        ),
        ({"roster": "rosters/none.csv"}, {"roster": "there is no roster at rosters/none.csv"}),
        (
            {"roster": "rosters/../runs/x.csv"},
            {"roster": "rosters/../runs/x.csv is not a key below rosters/ or courses/COURSE/rosters/"},
        ),
        (
            {"roster": "runs/r1/students.json"},
            {"roster": "runs/r1/students.json is not a key below rosters/ or courses/COURSE/rosters/"},
        ),
        ({"students": ["User3"]}, {"students": "User3 is not on the roster"}),
        ({"students": []}, {"students": "is empty; omit it to grade the whole roster"}),
        ({"students": None}, {"students": "is not a list of usernames"}),
        ({"mode": "self-check"}, {"mode": "self-check is not one of: grade, audit"}),
        ({"mode": "foo"}, {"mode": "foo is not one of: grade, audit"}),
        ({"roster": 5}, {"roster": "is neither a key below rosters/ or courses/COURSE/rosters/, nor CSV text, nor a "}),
        ({"roster": []}, {"roster": "has no students"}),
        ({"roster": " "}, {"roster": "is empty"}),
        ({"roster": [5]}, {"roster[0]": "is not an object"}),
        ({"roster": [{"name": "Ada"}]}, {"roster[0].username": "is missing"}),
        (
            {"roster": [{"username": "u", "grade": 1}]},
            {"roster[0].grade": "unknown column; the columns are: student_id, "},
        ),
        (
            {"roster": [{"username": "u"}, {"username": "U", "region": "mars"}, 5, {"email": ["x"]}]},
            {
                "roster[1].username": "U is already at roster[0]",
                "roster[1].region": "mars is not a Region such as us-east-1",
                "roster[2]": "is not an object",
                "roster[3].email": "is not text",
                "roster[3].username": "is missing",
            },
        ),
        (
            {"roster": "username\nuser1\n\n User1\n"},
            {"roster: line 4: username": "User1 is already on row 2"},
        ),
        (
            {"roster": [{"username": "user1", "account_id": "222233334444"}]},
            {"roster": "user1 has account 222233334444 and no role_arn; labgrader runs in 123456789012"},
        ),
        ({"students": "user1"}, {"students": "is not a list of usernames"}),
        ({"students": ["User One", 5, ""]}, {"students[1]": "is not text", "students[2]": "is empty"}),
        (
            {"lab": "lab-5", "roster": [], "mode": 1},
            {"lab": "there is no lab lab-5", "roster": "has no", "mode": "1 is"},
        ),
        (
            {"lab": "lab-5", "roster": "rosters/no.csv", "x": 1},
            {
                "lab": "there",
                "roster": "there is no",
                "x": UNKNOWN_FIELD,
            },
        ),
        (
            {"username": "user1", "role": "student"},
            {
                "username": UNKNOWN_FIELD,
                "role": UNKNOWN_FIELD,
            },
        ),
        (
            {"requested_by": "root"},
            {"requested_by": UNKNOWN_FIELD},
        ),
        ({"course": "day-9"}, {"course": "there is no course day-9; list them with `labgrader course list`"}),
        ({"course": "../x"}, {"course": "../x is not the id of a course: 1 to 40 lower-case letters, digits and "}),
        ({"client_token": "with blank"}, {"client_token": "is not 1 to 200 printable ASCII characters"}),
        ({"client_token": ""}, {"client_token": "is empty; omit it if you have none"}),
        ({"lab": "Lab!", "mode": 1}, {"lab": "there is no lab Lab!", "mode": "1 is not one of: grade, audit"}),
    ],
)
def test_an_invalid_request_lists_its_problems_by_field_and_starts_nothing(
    world: World, fields: dict[str, Any], errors: dict[str, str | None]
) -> None:
    answer = start(world, **fields)
    problem = answer.problem(422, "bad-input")
    assert "requested_by" not in answer.body or "requested_by" in fields
    said = {error["field"]: error["message"] for error in problem["errors"]}
    assert said.keys() == errors.keys(), said
    for field, message in errors.items():
        assert message is None or said[field].startswith(message), said
    assert world.executions("grade_class") == []
    assert world.store.keys("rosters/") == []


def test_a_run_in_progress_lists_the_students_who_are_done(world: World) -> None:
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
        "private": False,
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


def test_an_older_record_without_the_new_fields_is_shown(world: World) -> None:
    record = world.has_run()
    put_run(world.store, {name: record[name] for name in record if name not in ("requested_by", "course")})
    answer = world.ask("GET", f"/v1/runs/{RUN_ID}", INSTRUCTOR).json
    assert (answer["requested_by"], answer["course"], answer["status"]) == ("", "", "complete")


@pytest.mark.parametrize(
    ("fields", "course"),
    [
        ({"roster": "courses/day-2/rosters/kept.csv"}, "day-2"),
        ({"roster": "courses/day-2/rosters/kept.csv", "course": "day-2"}, "day-2"),
        ({"course": "day-2"}, "day-2"),
        ({"course": ""}, ""),
        ({}, ""),
    ],
)
def test_a_run_gets_its_course_from_the_request_or_the_roster_key(
    world: World, fields: dict[str, Any], course: str
) -> None:
    world.store.record_course({"course": "day-2", "title": "Day 2", "pushed_at": "2026-02-01T00:00:00Z"})
    world.store.put("courses/day-2/rosters/kept.csv", CSV.encode())
    run_id = start(world, **fields).json["run_id"]
    assert [asked["course"] for asked in asked_of(world)] == [course]
    assert world.ask("GET", f"/v1/runs/{run_id}", INSTRUCTOR).json["course"] == course


def test_a_roster_of_another_course_is_refused(world: World) -> None:
    world.store.record_course({"course": "day-3", "title": "Day 3", "pushed_at": "2026-02-01T00:00:00Z"})
    world.store.put("courses/day-2/rosters/kept.csv", CSV.encode())
    answer = start(world, roster="courses/day-2/rosters/kept.csv", course="day-3")
    (error,) = answer.problem(422, "bad-input")["errors"]
    assert error == {"field": "course", "message": "is day-3, but the roster belongs to the course day-2"}


def test_a_failed_run_of_an_invalid_event_is_shown(world: World) -> None:
    bus: list[Event] = []
    event = {"id": "e-1", "time": "2026-03-01T09:00:00Z", "source": "school.lms", "detail": {"lab": 5}}
    machine = world.machines["grade_class"]
    run_id, started = start_from_event(world.store, world.states, machine, lambda *sent: bus.extend(sent), event)
    assert started is None
    answer = world.ask("GET", f"/v1/runs/{run_id}", INSTRUCTOR)
    assert answer.status == 200, answer.body
    shown = {name: answer.json[name] for name in ("lab", "mode", "status", "requested_by", "error", "students")}
    assert shown == {
        "lab": "",
        "mode": "grade",
        "status": "failed",
        "requested_by": "event e-1",
        "error": "lab: is not text · roster: is missing",
        "students": [],
    }
    assert bus[0].detail["run_id"] == run_id


def test_a_self_check_is_not_a_run(world: World) -> None:
    run_id = world.ask("POST", "/v1/self-checks", STUDENT, {"lab": LAB}).json["run_id"]
    for below in ("", "/gradebook", "/students/user1"):
        problem = world.ask("GET", f"/v1/runs/{run_id}{below}", INSTRUCTOR).problem(404, "not-found")
        assert problem["detail"] == f"there is no run {run_id}"


def test_an_instructor_reads_the_full_report(world: World) -> None:
    world.has_run()
    world.has_report(RUN_ID, "user1", report_of())
    answer = world.ask("GET", f"/v1/runs/{RUN_ID}/students/user1", INSTRUCTOR)
    assert answer.json == report_of()
    problem = world.ask("GET", f"/v1/runs/{RUN_ID}/students/user2", INSTRUCTOR).problem(404, "not-found")
    assert (
        problem["detail"] == f"run {RUN_ID} has no report for user2; a report is available when the student is graded"
    )

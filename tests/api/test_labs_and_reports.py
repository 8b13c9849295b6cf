"""The list of labs, and a student's earlier reports."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import FormatChecker

from labgrader.api.app import described
from labgrader.api.lab_routes import hidden_of
from labgrader.api.openapi import document
from labgrader.courses.course_file import read_course
from labgrader.courses.enrolment import push_course
from labgrader.labs.lab import Item, Lab, Visibility
from labgrader.rosters import Student
from labgrader.schemas import validate
from tests.api.conftest import INSTRUCTOR, OTHER_STUDENT, STUDENT, World
from tests.api.reports import LAB, RUN_ID, report_of
from tests.checks.test_labs import LABS


def test_a_student_sees_every_lab_with_allowance_and_due_date(world: World) -> None:
    world.store.enrol("day-2", "Day 2", "2026-02-01T00:00:00Z", {"user1": {LAB: Student("user1", "s-1")}})
    due = {"lab": LAB, "roster": "r.csv", "due": "2026-03-15 23:59", "students": 1}
    course = {"course": "day-2", "title": "Day 2", "pushed_at": "2026-02-01T00:00:00Z", "labs": [due]}
    world.store.record_course({**course, "time_zone": "Europe/Berlin"})
    world.ask("POST", "/v1/self-checks", STUDENT, {"lab": LAB})
    labs = {lab["id"]: lab for lab in world.ask("GET", "/v1/labs", STUDENT).json["labs"]}
    assert sorted(set(LABS) - set(labs)) == []
    mine = labs[LAB]
    assert (mine["points"], mine["visible_points"], mine["version"]) == (100, 100, "1.0.0")
    assert mine["hidden"] == {"checks": 0, "points": 0, "message": None}
    assert mine["self_checks"] == {"per_hour": 5, "per_day": 20}
    assert (mine["allowance"]["remaining_this_hour"], mine["allowance"]["remaining_today"]) == (4, 19)
    assert mine["due"] == "2026-03-15T23:59:00+01:00"
    other = labs["lambda-fundamentals"]
    assert (other["allowance"]["remaining_today"], other["due"]) == (20, None)


@pytest.mark.parametrize(
    ("time_zone", "due", "shown"),
    [
        ("Europe/Berlin", "2026-03-28 23:59", "2026-03-28T23:59:00+01:00"),
        ("Europe/Berlin", "2026-03-29 23:59", "2026-03-29T23:59:00+02:00"),
        ("America/New_York", "2026-03-15 23:59", "2026-03-15T23:59:00-04:00"),
        ("UTC", "2026-03-15 00:00", "2026-03-15T00:00:00+00:00"),
        ("Asia/Kolkata", "2026-03-15 00:00", "2026-03-15T00:00:00+05:30"),
    ],
)
def test_due_has_the_utc_offset_of_the_course(
    world: World, tmp_path: Path, time_zone: str, due: str, shown: str
) -> None:
    (tmp_path / "r.csv").write_text("username\nuser1\n")
    file = tmp_path / "course.yaml"
    labs = f"labs:\n  - lab: {LAB}\n    roster: r.csv\n    due: {due}\n"
    file.write_text(f"id: day-2\ntitle: Day 2\ntime_zone: {time_zone}\n{labs}")
    push_course(world.store, read_course(file), world.now)
    labs_shown = world.ask("GET", "/v1/labs", STUDENT).json["labs"]
    assert {lab["due"] for lab in labs_shown if lab["id"] == LAB} == {shown}
    schema = document(described())["components"]["schemas"]["LabEntry"]["properties"]["due"]
    assert [schema.get("format") for schema in schema["anyOf"]] == ["date-time", None]
    assert FormatChecker().conforms(shown, "date-time")


def test_only_students_of_a_course_see_its_due_dates(world: World) -> None:
    world.store.enrol("day-2", "Day 2", "2026-02-01T00:00:00Z", {"user1": {LAB: Student("user1", "s-1")}})
    for caller in (OTHER_STUDENT, INSTRUCTOR):
        labs = world.ask("GET", "/v1/labs", caller).json["labs"]
        assert {lab["due"] for lab in labs} == {None}


def test_an_instructor_has_no_allowance(world: World) -> None:
    labs = world.ask("GET", "/v1/labs", INSTRUCTOR).json["labs"]
    assert [lab["allowance"] for lab in labs] == [None] * len(labs)


def test_hidden_checks_are_counted_with_their_points() -> None:
    visibilities: tuple[Visibility, ...] = ("visible", "hidden", "hidden")
    checks = tuple(
        Item(f"check-{number}", "function_exists", "Exists", points=10, visibility=visibility)
        for number, visibility in enumerate(visibilities)
    )
    hidden = hidden_of(Lab("example", "1.0.0", "Example", "", 30, checks))
    assert (hidden.checks, hidden.points) == (2, 20)
    assert hidden.message == (
        "2 more checks, worth 20 points, are not shown to you. Full marks need more than the checks shown."
    )


def test_my_reports_are_listed_newest_first_without_hidden_points(world: World) -> None:
    world.has_report(RUN_ID, "user1", report_of())
    later = report_of("r2", mode="self-check", graded_at="2026-03-01T10:00:00Z")
    world.has_report("r2", "user1", later, visible_open_points=2.0)
    world.has_report("r3", "user2", report_of("r3", "user2"))
    reports = world.ask("GET", "/v1/me/reports", STUDENT).json["reports"]
    assert [report["run_id"] for report in reports] == ["r2", RUN_ID]
    assert reports[1] == {
        "run_id": RUN_ID,
        "lab": LAB,
        "mode": "grade",
        "status": "complete",
        "points": 8,
        "max_points": 10,
        "open_points": 0,
        "percent": 80,
        "hidden": None,
        "graded_at": "2026-03-01T09:00:30Z",
        "report_url": f"/v1/me/reports/{RUN_ID}",
    }
    assert (reports[0]["mode"], reports[0]["status"], reports[0]["open_points"]) == ("self-check", "incomplete", 2)


def test_each_of_my_reports_counts_hidden_checks_but_not_their_result(world: World) -> None:
    all_visible = {"visible_points": 10.0, "hidden_points": 5, "points": 10.0, "max_points": 15}
    world.has_report(RUN_ID, "user1", report_of(), hidden_checks=1, **all_visible)
    (mine,) = world.ask("GET", "/v1/me/reports", STUDENT).json["reports"]
    assert (mine["points"], mine["max_points"], mine["percent"]) == (10, 10, 100)
    assert mine["hidden"] == {
        "checks": 1,
        "points": 5,
        "message": "1 more check, worth 5 points, is not shown to you. Full marks need more than the checks shown.",
    }


def test_my_reports_of_one_lab(world: World) -> None:
    world.has_report(RUN_ID, "user1", report_of())
    world.has_report("r2", "user1", report_of("r2"), lab="performance-scaling")
    mine = world.ask("GET", "/v1/me/reports", STUDENT, query={"lab": "performance-scaling"}).json
    assert [report["run_id"] for report in mine["reports"]] == ["r2"]
    assert world.ask("GET", "/v1/me/reports", STUDENT, query={"lab": "no-such-lab"}).json == {"reports": []}


def test_my_report_has_no_hidden_checks(world: World) -> None:
    world.has_report(RUN_ID, "user1", report_of())
    answer = world.ask("GET", f"/v1/me/reports/{RUN_ID}", STUDENT)
    assert answer.status == 200
    validate(answer.json, "report")
    assert [check["id"] for check in answer.json["checks"]] == ["shown-check"]
    assert answer.json["hidden"]["message"] == (
        "1 more check, worth 5 points, is not shown to you. Full marks need more than the checks shown."
    )
    assert "secret" not in answer.body


def test_another_students_report_is_not_found(world: World) -> None:
    world.has_report(RUN_ID, "user1", report_of())
    problem = world.ask("GET", f"/v1/me/reports/{RUN_ID}", OTHER_STUDENT).problem(404, "not-found")
    assert problem["detail"] == f"you have no report for run {RUN_ID}"


def test_an_instructor_gets_403_for_my_reports(world: World) -> None:
    for path in ("/v1/me/reports", f"/v1/me/reports/{RUN_ID}"):
        world.ask("GET", path, INSTRUCTOR).problem(403, "not-yours")

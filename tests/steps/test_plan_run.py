"""The plan of a run: frozen lab and students, and errors with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from labgrader.errors import BadInputError
from labgrader.rosters import GraderAccount, Student
from labgrader.runs.request import Request
from labgrader.steps.plan_run import plan_run
from labgrader.store import Store
from tests.steps.example_run import RUN, STARTED

HOME = GraderAccount.from_arn("arn:aws:lambda:us-east-1:111122223333:function:labgrader-plan-run")


def test_plan_run_freezes_lab_and_students_and_sorts_checks_by_kind(store: Store) -> None:
    store.put("rosters/r.csv", b"username\nuser1\nuser2\n")
    plan = plan_run(store, RUN, STARTED, Request("lambda-optimization", "rosters/r.csv", students=("user2",)), HOME)
    assert plan["students_key"] == f"runs/{RUN}/students.json"
    assert [student.username for student in store.students(RUN)] == ["user2"]
    assert set(plan["checks"]) == {"configuration", "behaviour", "performance"}
    assert sum(map(len, plan["checks"].values())) == len(store.lab(RUN).checks)
    run = store.run(RUN)
    assert run is not None
    assert (run.status, run.counts.students) == ("running", 1)


@pytest.mark.parametrize(("names", "planned_for"), [((" USER2 ",), "user2"), ((), None), (("user1", "user2"), None)])
def test_plan_run_of_one_student_requires_one_name(
    store: Store, names: tuple[str, ...], planned_for: str | None
) -> None:
    store.put("rosters/r.csv", b"username\nuser1\nuser2\n")
    request = Request("lambda-optimization", "rosters/r.csv", students=names)
    if planned_for:
        assert plan_run(store, RUN, STARTED, request, HOME, alone=True)["username"] == planned_for
    else:
        with pytest.raises(BadInputError, match="a run of one student needs one name in students, not 2"):
            plan_run(store, RUN, STARTED, request, HOME, alone=True)


def test_plan_run_is_the_same_twice(store: Store) -> None:
    store.put("rosters/r.csv", b"username\nuser1\n")
    request = Request("lambda-optimization", "rosters/r.csv")
    first = plan_run(store, RUN, STARTED, request, HOME)
    store.put("rosters/r.csv", b"username\nuser1\nuser2\n")
    assert plan_run(store, RUN, STARTED, request, HOME) == first
    assert [student.username for student in store.students(RUN)] == ["user1"]


def test_plan_run_reads_stored_students_and_no_roster(store: Store) -> None:
    rows = [Student("user1", "s-1", account_id="111122223333", region="us-east-1")]
    store.put_students_once(RUN, rows)
    store.put("rosters/r.csv", b"\xff is no roster")
    for roster in ("rosters/r.csv", "rosters/none.csv"):
        assert plan_run(store, RUN, STARTED, Request("lambda-optimization", roster), HOME)["username"] == "user1"
    assert store.students(RUN) == rows


@pytest.mark.parametrize(("alone", "students"), [(True, 2), (False, 2), (True, 1)])
def test_plan_run_of_one_student_refuses_several_stored_students(store: Store, alone: bool, students: int) -> None:
    names = ("user1", "user2")[:students]
    store.put_students_once(RUN, [Student(name, account_id="111122223333", region="us-east-1") for name in names])
    request = Request("lambda-optimization", "rosters/none.csv")
    if alone and students == 2:
        with pytest.raises(BadInputError, match="a run of one student needs one name in students, not 2"):
            plan_run(store, RUN, STARTED, request, HOME, alone=True)
    else:
        assert plan_run(store, RUN, STARTED, request, HOME, alone=alone)["username"] == "user1"


def test_students_without_an_account_are_in_the_graders_account(store: Store) -> None:
    role = "arn:aws:iam::444455556666:role/labgrader-reader"
    store.put("rosters/r.csv", f"username,role_arn,region\nuser1,,\nuser2,{role},eu-west-1\n".encode())
    plan_run(store, RUN, STARTED, Request("lambda-optimization", "rosters/r.csv"), HOME)
    assert [(student.account_id, student.region) for student in store.students(RUN)] == [
        ("111122223333", "us-east-1"),
        ("444455556666", "eu-west-1"),
    ]


def test_plan_run_requires_a_role_for_another_account(store: Store) -> None:
    store.put("rosters/r.csv", b"username,account_id\nuser1,444455556666\n")
    with pytest.raises(BadInputError, match="user1 has account 444455556666 and no role_arn"):
        plan_run(store, RUN, STARTED, Request("lambda-optimization", "rosters/r.csv"), HOME)


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (Request("lab-5", "rosters/r.csv"), "there is no lab 'lab-5'"),
        (Request("lambda-optimization", "rosters/none.csv"), "there is no roster at rosters/none.csv"),
        (Request("lambda-optimization", "rosters/r.csv", students=("user9",)), "user9 is not on the roster"),
    ],
)
def test_plan_run_reports_why_it_fails(store: Store, request_: Request, problem: str) -> None:
    store.put("rosters/r.csv", b"username\nuser1\n")
    with pytest.raises(BadInputError, match=problem):
        plan_run(store, RUN, STARTED, request_, HOME)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("x", "a request is an object"),
        ({"roster": "rosters/r.csv"}, "lab: is missing or not text"),
        ({"lab": "x", "roster": "runs/other/students.json"}, "roster: runs/other/students.json is not a key below"),
        ({"lab": "x", "roster": "rosters/../runs/x"}, "is not a key below rosters/"),
        ({"lab": "x", "roster": "rosters/r.csv", "mode": "exam"}, "mode: exam is not one of: grade, audit"),
        ({"lab": "x", "roster": "rosters/r.csv", "students": "user1"}, "students: is not a list of usernames"),
        ({"lab": "x", "roster": "rosters/r.csv", "force": True}, "force: unknown field"),
    ],
)
def test_malformed_request_is_reported_field_by_field(document: Any, problem: str) -> None:
    with pytest.raises(BadInputError, match=problem):
        Request.from_dict(document)


@pytest.mark.parametrize(
    ("course", "mode", "private"),
    [
        ({"results": "published"}, "grade", True),
        ({"results": "published"}, "audit", True),
        ({"results": "at_once"}, "grade", False),
        ({}, "grade", False),  # an earlier version pushed the course
        (None, "grade", False),
    ],
)
def test_a_course_says_whether_its_runs_are_private(
    store: Store, course: dict[str, str] | None, mode: str, private: bool
) -> None:
    if course is not None:
        store.record_course({"course": "c", "title": "C", "labs": [], **course})
    store.put("rosters/r.csv", b"username\nuser1\n")
    plan_run(store, RUN, STARTED, Request("lambda-optimization", "rosters/r.csv", mode, course="c"), HOME)
    assert store.is_private(RUN) is private


def test_a_self_check_is_never_private(store: Store) -> None:
    store.record_course({"course": "c", "title": "C", "labs": [], "results": "published"})
    store.put("rosters/r.csv", b"username\nuser1\n")
    request = Request("lambda-optimization", "rosters/r.csv", "self-check", course="c")
    plan_run(store, RUN, STARTED, request, HOME, alone=True)
    assert not store.is_private(RUN)


def test_a_plan_that_is_made_again_does_not_hide_a_published_run(store: Store) -> None:
    store.record_course({"course": "c", "title": "C", "labs": [], "results": "published"})
    store.put("rosters/r.csv", b"username\nuser1\n")
    request = Request("lambda-optimization", "rosters/r.csv", course="c")
    plan_run(store, RUN, STARTED, request, HOME)
    run = store.run(RUN)
    assert run is not None
    store.record_run(replace(run, status="complete", finished_at=STARTED))
    store.end_private(RUN)
    plan_run(store, RUN, STARTED, request, HOME)
    assert not store.is_private(RUN)
